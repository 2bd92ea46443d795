#include "wire.h"

#include <ATen/ScalarOps.h>
#include <ATen/core/jit_type.h>
#include <c10/util/Exception.h>

#include <cstdlib>
#include <cstring>

namespace tx {

using c10::IValue;
using c10::TypeKind;
using c10::TypePtr;

std::string Reader::text() {
  const auto n = u64();
  const auto *p = take(n);
  return std::string(reinterpret_cast<const char *>(p), n);
}

const uint8_t *Reader::take(size_t n) {
  if (static_cast<size_t>(end_ - at_) < n)
    throw BadArgument("a whole value, the bytes end inside one");
  const auto *p = at_;
  at_ += n;
  return p;
}

void give(tx_bytes *out, std::string_view bytes) {
  // If there is no memory for the text, it stays empty; the status still reports the error.
  out->data = static_cast<uint8_t *>(std::malloc(bytes.size() + 1));
  out->len = out->data ? bytes.size() : 0;
  if (out->data)
    std::memcpy(out->data, bytes.data(), bytes.size());
}

std::string current_message() {
  try {
    throw;
  } catch (const c10::Error &e) {
    return e.what_without_backtrace();
  } catch (const std::exception &e) {
    return e.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

static TypePtr strip_optional(const TypePtr &type, bool *optional = nullptr) {
  if (const auto *o = type->castRaw<c10::OptionalType>()) {
    if (optional)
      *optional = true;
    return o->getElementType();
  }
  return type;
}

void write_description(Writer &out, const at::Tensor &t, uint64_t storage) {
  out.u64(storage);
  out.i64(static_cast<int64_t>(t.scalar_type()));
  out.i64(static_cast<int64_t>(t.layout()));
  out.i64(static_cast<int64_t>(t.device().type()));
  out.i64(t.device().index());
  out.u8(t.requires_grad());
  out.u8(t.is_leaf());
  const bool strided = t.layout() == at::kStrided;
  out.i64(strided ? t.storage_offset() : 0);
  out.ints(t.sizes());
  out.ints(strided ? t.strides() : at::IntArrayRef());
}

static void write_scalar(Writer &out, const IValue &v, const TypePtr &type) {
  if (v.isInt()) {
    out.tag(Tag::Int);
    out.i64(v.toInt());
  } else if (v.isDouble()) {
    out.tag(Tag::Float);
    out.f64(v.toDouble());
  } else if (v.isBool()) {
    out.tag(Tag::Bool);
    out.u8(v.toBool());
  } else if (v.isComplexDouble()) {
    const auto c = v.toComplexDouble();
    out.tag(Tag::Complex);
    out.f64(c.real());
    out.f64(c.imag());
  } else if (v.isString()) {
    out.tag(Tag::Str);
    out.text(v.toStringView());
  } else if (v.isDevice()) {
    const auto d = v.toDevice();
    out.tag(Tag::Device);
    out.i64(static_cast<int64_t>(d.type()));
    out.i64(d.index());
  } else if (v.isSymInt() && v.toSymInt().maybe_as_int()) {
    out.tag(Tag::Int);
    out.i64(*v.toSymInt().maybe_as_int());
  } else {
    out.tag(Tag::Foreign);
    out.text(type->str());
  }
}

static void write_tensors(Writer &out, at::ArrayRef<IValue> items, bool optional, const TensorSink &sink) {
  auto present = [](const IValue &v) { return v.isTensor() && v.toTensor().defined(); };
  for (const auto &v : items)
    optional = optional || !present(v);
  out.tag(optional ? Tag::OptionalTensors : Tag::Tensors);
  out.u64(items.size());
  for (const auto &v : items) {
    if (optional)
      out.u8(present(v));
    if (present(v))
      sink(out, v.toTensor());
  }
}

static void write_list(Writer &out, at::ArrayRef<IValue> items, const TypePtr &element, const TensorSink &sink) {
  bool optional = false;
  const auto kind = strip_optional(element, &optional)->kind();
  auto all = [&](auto test) { return std::all_of(items.begin(), items.end(), test); };
  auto each = [&](Tag tag, auto write) {
    out.tag(tag);
    out.u64(items.size());
    for (const auto &v : items)
      write(v);
  };
  if (kind == TypeKind::TensorType)
    return write_tensors(out, items, optional, sink);
  const bool number = kind == TypeKind::NumberType;
  if (all([](const IValue &v) { return v.isInt() || (v.isSymInt() && v.toSymInt().maybe_as_int()); }) &&
      (number || kind == TypeKind::IntType || kind == TypeKind::SymIntType))
    return each(Tag::Ints, [&](const IValue &v) { out.i64(v.isInt() ? v.toInt() : *v.toSymInt().maybe_as_int()); });
  if (all([](const IValue &v) { return v.isDouble(); }) && (number || kind == TypeKind::FloatType))
    return each(Tag::Floats, [&](const IValue &v) { out.f64(v.toDouble()); });
  if (all([](const IValue &v) { return v.isBool(); }) && (number || kind == TypeKind::BoolType))
    return each(Tag::Bools, [&](const IValue &v) { out.u8(v.toBool()); });
  if (kind == TypeKind::StringType)
    return each(Tag::Strs, [&](const IValue &v) { out.text(v.toStringView()); });
  out.tag(Tag::Foreign);
  out.text("List[" + element->str() + "]");
}

void write_value(Writer &out, const IValue &value, const TypePtr &declared, const TensorSink &sink) {
  const auto type = strip_optional(declared);
  if (value.isNone() || (value.isTensor() && !value.toTensor().defined()))
    return out.tag(Tag::None);
  if (value.isTensor()) {
    out.tag(Tag::Tensor);
    return sink(out, value.toTensor());
  }
  if (value.isList()) {
    const auto *list = type->castRaw<c10::ListType>();
    return write_list(out, value.toListRef(), list ? list->getElementType() : value.toList().elementType(), sink);
  }
  const auto named = [&](Tag tag) {
    out.tag(tag);
    out.i64(value.toInt());
  };
  if (value.isInt() && type->kind() == TypeKind::ScalarTypeType)
    return named(Tag::DType);
  if (value.isInt() && type->kind() == TypeKind::LayoutType)
    return named(Tag::Layout);
  if (value.isInt() && type->kind() == TypeKind::MemoryFormatType)
    return named(Tag::MemoryFormat);
  write_scalar(out, value, type);
}

namespace {

// One value as it was sent, before it is converted to the schema's type.
struct Raw {
  Tag tag = Tag::None;
  std::vector<int64_t> ints;
  std::vector<double> floats;
  std::vector<std::string> texts;
  // In lists of optional tensors an undefined one stands for None.
  std::vector<at::Tensor> tensors;

  bool is_list() const {
    return tag == Tag::Tensors || tag == Tag::OptionalTensors || tag == Tag::Ints || tag == Tag::Floats ||
           tag == Tag::Bools || tag == Tag::Strs;
  }
  bool is_empty_list() const { return is_list() && ints.empty() && floats.empty() && texts.empty() && tensors.empty(); }
};

at::Tensor read_tensor(Reader &in, const std::vector<at::Tensor> &tensors) {
  const auto i = in.u64();
  if (i >= tensors.size())
    throw BadArgument("a tensor that was handed over");
  return tensors[i];
}

Raw read_raw(Reader &in, const std::vector<at::Tensor> &tensors) {
  Raw raw;
  raw.tag = in.tag();
  auto times = [&](uint64_t n, auto one) {
    for (uint64_t i = 0; i < n; ++i)
      one();
  };
  switch (raw.tag) {
  case Tag::None:
    break;
  case Tag::Tensor:
    raw.tensors.push_back(read_tensor(in, tensors));
    break;
  case Tag::Tensors:
    times(in.u64(), [&] { raw.tensors.push_back(read_tensor(in, tensors)); });
    break;
  case Tag::OptionalTensors:
    times(in.u64(), [&] { raw.tensors.push_back(in.u8() ? read_tensor(in, tensors) : at::Tensor()); });
    break;
  case Tag::Int:
  case Tag::DType:
  case Tag::Layout:
  case Tag::MemoryFormat:
    raw.ints.push_back(in.i64());
    break;
  case Tag::Device:
    times(2, [&] { raw.ints.push_back(in.i64()); });
    break;
  case Tag::Ints:
    times(in.u64(), [&] { raw.ints.push_back(in.i64()); });
    break;
  case Tag::Float:
    raw.floats.push_back(in.f64());
    break;
  case Tag::Complex:
    times(2, [&] { raw.floats.push_back(in.f64()); });
    break;
  case Tag::Floats:
    times(in.u64(), [&] { raw.floats.push_back(in.f64()); });
    break;
  case Tag::Bool:
    raw.ints.push_back(in.u8());
    break;
  case Tag::Bools:
    times(in.u64(), [&] { raw.ints.push_back(in.u8()); });
    break;
  case Tag::Str:
    raw.texts.push_back(in.text());
    break;
  case Tag::Strs:
    times(in.u64(), [&] { raw.texts.push_back(in.text()); });
    break;
  default:
    throw BadArgument("a known tag");
  }
  return raw;
}

// Numbers widen from int to float, as Python's do.
std::vector<double> as_floats(const Raw &raw) {
  if (!raw.floats.empty())
    return raw.floats;
  return std::vector<double>(raw.ints.begin(), raw.ints.end());
}

IValue scalar_of(const Raw &raw, TypeKind kind, const std::string &expected) {
  switch (kind) {
  case TypeKind::TensorType:
    if (raw.tag == Tag::Tensor)
      return raw.tensors[0];
    if (raw.tag == Tag::None)
      return at::Tensor();
    // Python accepts a number in place of a tensor; it does not change the other tensor's type.
    if (raw.tag == Tag::Int)
      return at::native::wrapped_scalar_tensor(raw.ints[0]);
    if (raw.tag == Tag::Float)
      return at::native::wrapped_scalar_tensor(raw.floats[0]);
    if (raw.tag == Tag::Bool)
      return at::native::wrapped_scalar_tensor(raw.ints[0] != 0);
    if (raw.tag == Tag::Complex)
      return at::native::wrapped_scalar_tensor(c10::complex<double>(raw.floats[0], raw.floats[1]));
    break;
  case TypeKind::IntType:
  case TypeKind::SymIntType:
    if (raw.tag == Tag::Int)
      return raw.ints[0];
    break;
  case TypeKind::ScalarTypeType:
    if (raw.tag == Tag::DType)
      return raw.ints[0];
    break;
  case TypeKind::LayoutType:
    if (raw.tag == Tag::Layout)
      return raw.ints[0];
    break;
  case TypeKind::MemoryFormatType:
    if (raw.tag == Tag::MemoryFormat)
      return raw.ints[0];
    break;
  case TypeKind::FloatType:
  case TypeKind::SymFloatType:
    if (raw.tag == Tag::Float || raw.tag == Tag::Int)
      return as_floats(raw)[0];
    break;
  case TypeKind::BoolType:
  case TypeKind::SymBoolType:
    if (raw.tag == Tag::Bool)
      return raw.ints[0] != 0;
    break;
  case TypeKind::NumberType:
    if (raw.tag == Tag::Int)
      return raw.ints[0];
    if (raw.tag == Tag::Float)
      return raw.floats[0];
    if (raw.tag == Tag::Bool)
      return raw.ints[0] != 0;
    if (raw.tag == Tag::Complex)
      return c10::complex<double>(raw.floats[0], raw.floats[1]);
    break;
  case TypeKind::StringType:
    if (raw.tag == Tag::Str)
      return raw.texts[0];
    break;
  case TypeKind::DeviceObjType:
    if (raw.tag == Tag::Device)
      return c10::Device(static_cast<c10::DeviceType>(raw.ints[0]), static_cast<c10::DeviceIndex>(raw.ints[1]));
    break;
  default:
    break;
  }
  throw BadArgument(expected);
}

IValue list_of(const Raw &raw, const c10::Argument &argument, const TypePtr &element, const std::string &expected) {
  bool optional = false;
  const auto kind = strip_optional(element, &optional)->kind();
  const bool empty = raw.is_empty_list();
  switch (kind) {
  case TypeKind::TensorType:
    if (optional && (raw.tag == Tag::OptionalTensors || raw.tag == Tag::Tensors || empty)) {
      c10::List<std::optional<at::Tensor>> list;
      for (const auto &t : raw.tensors)
        list.push_back(t.defined() ? std::optional<at::Tensor>(t) : std::nullopt);
      return list;
    }
    if (raw.tag == Tag::Tensors || empty)
      return c10::List<at::Tensor>(raw.tensors);
    break;
  case TypeKind::IntType:
  case TypeKind::SymIntType:
    if (raw.tag == Tag::Ints || empty)
      return c10::List<int64_t>(raw.ints);
    // `int[2] stride` accepts one number for all elements.
    if (raw.tag == Tag::Int && argument.N())
      return c10::List<int64_t>(std::vector<int64_t>(*argument.N(), raw.ints[0]));
    break;
  case TypeKind::FloatType:
    if (raw.tag == Tag::Floats || raw.tag == Tag::Ints || empty)
      return c10::List<double>(as_floats(raw));
    break;
  case TypeKind::BoolType:
    if (raw.tag == Tag::Bools || empty) {
      c10::List<bool> list;
      for (auto v : raw.ints)
        list.push_back(v != 0);
      return list;
    }
    break;
  case TypeKind::NumberType:
    if (raw.tag == Tag::Ints || raw.tag == Tag::Floats || raw.tag == Tag::Bools || empty) {
      c10::List<at::Scalar> list;
      for (auto v : raw.floats)
        list.push_back(at::Scalar(v));
      for (auto v : raw.ints)
        list.push_back(raw.tag == Tag::Bools ? at::Scalar(v != 0) : at::Scalar(v));
      return list;
    }
    break;
  case TypeKind::StringType:
    if (raw.tag == Tag::Strs || empty)
      return c10::List<std::string>(raw.texts);
    break;
  default:
    break;
  }
  throw BadArgument(expected);
}

} // namespace

IValue read_value(Reader &in, const c10::Argument &argument, const std::vector<at::Tensor> &tensors) {
  const auto raw = read_raw(in, tensors);
  bool optional = false;
  const auto type = strip_optional(argument.real_type(), &optional);
  if (raw.tag == Tag::None && (optional || type->kind() == TypeKind::GeneratorType))
    return IValue();
  const auto expected = argument.real_type()->str();
  if (const auto *list = type->castRaw<c10::ListType>())
    return list_of(raw, argument, list->getElementType(), expected);
  return scalar_of(raw, type->kind(), expected);
}

} // namespace tx
