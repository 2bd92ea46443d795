// Walks values in the order that the compact form of a run has.
#pragma once

#include "session.h"

#include <bit>

namespace tx {

// Passes the tensors and numbers of `v` to `sink` and appends what is left of it to `form`. `numbers`: an int is a
// number, and not a dtype, a layout or a memory format.
template <class Sink> void walk(std::string &form, const c10::IValue &v, bool numbers, Sink &sink) {
  const auto raw = [&form](const auto &x) { form.append(reinterpret_cast<const char *>(&x), sizeof x); };
  if (v.isTensor()) {
    const auto &t = v.toTensor();
    form.push_back(t.defined() ? 't' : 'n');
    if (t.defined())
      sink.tensor(t);
  } else if (v.isNone()) {
    form.push_back('n');
  } else if (v.isInt()) {
    form.push_back(numbers ? 'i' : 'd');
    if (numbers)
      sink.integer(v.toInt());
    else
      raw(v.toInt());
  } else if (v.isDouble()) {
    form.push_back('f');
    sink.real(std::bit_cast<int64_t>(v.toDouble()));
  } else if (v.isBool()) {
    sink.truth(form, v.toBool());
  } else if (v.isList()) {
    const auto items = v.toListRef();
    form.push_back('L');
    raw(items.size());
    for (const auto &item : items)
      walk(form, item, numbers, sink);
  } else if (v.isString()) {
    const auto text = v.toStringView();
    form.push_back('s');
    raw(text.size());
    form.append(text);
  } else if (v.isDevice()) {
    form.push_back('D');
    raw(static_cast<int>(v.toDevice().type()));
    raw(static_cast<int>(v.toDevice().index()));
  } else if (v.isComplexDouble()) {
    form.push_back('c');
    raw(v.toComplexDouble().real());
    raw(v.toComplexDouble().imag());
  } else if (v.isSymInt() && v.toSymInt().maybe_as_int()) {
    form.push_back('i');
    sink.integer(*v.toSymInt().maybe_as_int());
  } else {
    form.push_back('?');
  }
}

// The part of a result tensor that is not a number.
inline void write_kind(std::string &form, const at::Tensor &t) {
  form.push_back(static_cast<char>(t.scalar_type()));
  form.push_back(static_cast<char>(t.dim()));
  form.push_back(static_cast<char>(t.layout()));
  form.push_back(static_cast<char>((t.is_conj() ? 1 : 0) | (t.is_neg() ? 2 : 0)));
}

} // namespace tx
