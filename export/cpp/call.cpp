// Schemas and boxed calls.
#include "wire.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <cstdlib>
#include <cstring>

namespace tx {

bool reads_data(const c10::OperatorHandle &op) {
  // `is_nonzero` calls `item`, and is not tagged itself.
  return op.hasTag(at::Tag::data_dependent_output) || op.schema().name() == "aten::is_nonzero";
}

static std::optional<c10::OperatorHandle> find(const char *name, const char *overload) {
  return c10::Dispatcher::singleton().findSchema({name, overload});
}

static void write_argument(Writer &out, const c10::Argument &a) {
  out.text(a.name());
  out.text(a.real_type()->str());
  out.u8(a.kwarg_only());
  const auto *alias = a.alias_info();
  out.u8(alias && alias->isWrite());
  // The letters of `Tensor(a!)`: a return with the same set is (a view of) that argument.
  out.u64(alias ? alias->beforeSets().size() : 0);
  if (alias)
    for (const auto &symbol : alias->beforeSets())
      out.text(symbol.toUnqualString());
  out.u8(a.default_value().has_value());
  if (a.default_value())
    write_value(out, *a.default_value(), a.real_type(),
                [](Writer &, const at::Tensor &) { throw std::runtime_error("a tensor as a default"); });
}

static int call(const c10::OperatorHandle &op, Reader &in, const std::vector<at::Tensor> &tensors, tx_bytes *out,
                tx_tensors *out_tensors) {
  const auto &schema = op.schema();
  torch::jit::Stack stack;
  const auto bad = [&](const std::string &why) {
    Writer text;
    text.u64(stack.size());
    give(out, text.bytes() + why);
    return TX_BAD_ARGUMENT;
  };
  for (const auto &argument : schema.arguments()) {
    if (in.done()) {
      if (!argument.default_value())
        return bad("a value: it has no default");
      stack.push_back(*argument.default_value());
      continue;
    }
    try {
      stack.push_back(read_value(in, argument, tensors));
    } catch (const BadArgument &e) {
      return bad(e.what());
    }
  }
  if (!in.done())
    return bad("nothing: the op takes fewer arguments");
  op.callBoxed(&stack);

  std::vector<at::Tensor> results;
  Writer values;
  values.u64(stack.size());
  for (size_t i = 0; i < stack.size(); ++i)
    write_value(values, stack[i], schema.returns()[i].real_type(), [&](Writer &w, const at::Tensor &t) {
      w.u64(results.size());
      results.push_back(t);
    });
  auto **items = static_cast<void **>(std::malloc(sizeof(void *) * (results.size() + 1)));
  if (!items)
    throw std::bad_alloc();
  for (size_t i = 0; i < results.size(); ++i)
    items[i] = new at::Tensor(std::move(results[i]));
  *out_tensors = {items, results.size()};
  give(out, values.bytes());
  return TX_OK;
}

} // namespace tx

using namespace tx;

extern "C" void tx_bytes_free(tx_bytes bytes) { std::free(bytes.data); }

extern "C" void tx_tensors_free(tx_tensors tensors) { std::free(tensors.items); }

extern "C" int tx_schema(const char *name, const char *overload, tx_bytes *out) {
  return guarded(out, [&]() -> int {
    const auto op = find(name, overload);
    if (!op)
      return TX_NO_SUCH_OP;
    Writer w;
    const auto &schema = op->schema();
    for (const auto *side : {&schema.arguments(), &schema.returns()}) {
      w.u64(side->size());
      for (const auto &a : *side)
        write_argument(w, a);
    }
    w.u8(op->hasTag(at::Tag::dynamic_output_shape));
    w.u8(reads_data(*op));
    w.u8(op->hasKernelForDispatchKey(c10::DispatchKey::CompositeImplicitAutograd));
    w.u8(op->hasTag(at::Tag::nondeterministic_seeded));
    give(out, w.bytes());
    return TX_OK;
  });
}

extern "C" int tx_call(const char *name, const char *overload, const uint8_t *args, size_t args_len,
                       void *const *tensors, size_t tensors_len, tx_bytes *out, tx_tensors *out_tensors) {
  return guarded(out, [&]() -> int {
    const auto op = find(name, overload);
    if (!op)
      return TX_NO_SUCH_OP;
    std::vector<at::Tensor> given;
    given.reserve(tensors_len);
    for (size_t i = 0; i < tensors_len; ++i)
      given.push_back(tensor_of(tensors[i]));
    Reader in(args, args_len);
    return call(*op, in, given, out, out_tensors);
  });
}
