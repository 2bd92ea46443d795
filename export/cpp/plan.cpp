// Plans: made from bytes, run in frames.
#include "plan.h"

#include <ATen/ScalarOps.h>
#include <c10/core/InferenceMode.h>

namespace tx {

namespace {

std::vector<uint64_t> read_places(Reader &in, size_t limit) {
  std::vector<uint64_t> places(in.u64());
  for (auto &place : places) {
    place = in.u64();
    if (place != NOTHING && place >= limit)
      throw std::runtime_error("a register outside of the frame");
  }
  return places;
}

// What typed calls need of a constant: they get it in the form of the C++ function.
void prepare(Operand &o) {
  const auto &v = o.value;
  if (v.isTensor())
    o.tensor = v.toTensor();
  if (v.isIntList())
    o.ints = v.toIntVector();
  if (v.isDoubleList())
    o.floats = v.toDoubleVector();
  if (v.isScalar())
    o.scalar = v.toScalar();
}

Operand read_operand(Reader &in, const tx_plan &plan, const c10::Argument &argument) {
  Operand o;
  o.from = static_cast<From>(in.u8());
  o.argument = &argument;
  auto type = argument.real_type();
  if (const auto *optional = type->castRaw<c10::OptionalType>()) {
    o.optional = true;
    type = optional->getElementType();
  }
  o.kind = type->kind();
  if (const auto *list = type->castRaw<c10::ListType>())
    o.element = list->getElementType()->kind();
  switch (o.from) {
  case From::Default:
    if (!argument.default_value())
      throw BadArgument("a value: it has no default");
    o.value = *argument.default_value();
    prepare(o);
    break;
  case From::Value:
    o.value = read_value(in, argument, {});
    prepare(o);
    break;
  case From::Tensor:
  case From::Tensors: {
    o.places = read_places(in, plan.registers);
    const bool list = o.from == From::Tensors;
    if (list ? o.kind != c10::TypeKind::ListType : o.kind != c10::TypeKind::TensorType)
      throw BadArgument(argument.real_type()->str());
    break;
  }
  case From::Number:
    o.places = read_places(in, plan.numbers);
    break;
  case From::Numbers:
    o.entries.resize(in.u64());
    for (auto &entry : o.entries) {
      entry.computed = in.u8() != 0;
      entry.value = in.i64();
      if (entry.computed && static_cast<uint64_t>(entry.value) >= plan.numbers)
        throw std::runtime_error("a number outside of the frame");
    }
    if (o.kind != c10::TypeKind::ListType)
      throw BadArgument(argument.real_type()->str());
    break;
  default:
    throw std::runtime_error("an unknown source of an argument");
  }
  return o;
}

Call read_call(Reader &in, const tx_plan &plan, c10::OperatorHandle op) {
  Call call(std::move(op));
  const auto &schema = call.op.schema();
  const auto given = in.u64();
  if (given != schema.arguments().size())
    throw std::runtime_error("the op has another number of arguments");
  for (const auto &argument : schema.arguments()) {
    try {
      call.operands.push_back(read_operand(in, plan, argument));
    } catch (const BadArgument &e) {
      Writer text;
      text.u64(call.operands.size());
      throw BadArgument(text.bytes() + e.what());
    }
  }
  call.results.resize(in.u64());
  for (auto &result : call.results) {
    result.to = static_cast<To>(in.u8());
    result.places = read_places(in, result.to == To::Number ? plan.numbers : plan.registers);
  }
  call.drops = read_places(in, plan.registers);
  call.run = typed_call(call);
  if (!call.run)
    call.run = run_boxed;
  return call;
}

tx_number number_at(const tx_frame &frame, const Entry &entry, bool floats) {
  if (entry.computed)
    return frame.numbers[entry.value];
  return {floats ? tx_number::Float : tx_number::Int, entry.value};
}

c10::IValue list_of(const Operand &o, const tx_frame &frame) {
  switch (o.element) {
  case c10::TypeKind::FloatType: {
    c10::List<double> list;
    for (const auto &entry : o.entries)
      list.push_back(number_at(frame, entry, true).as_float());
    return list;
  }
  case c10::TypeKind::BoolType: {
    c10::List<bool> list;
    for (const auto &entry : o.entries)
      list.push_back(number_at(frame, entry, false).is_true());
    return list;
  }
  default: {
    c10::List<int64_t> list;
    list.reserve(o.entries.size());
    for (const auto &entry : o.entries)
      list.push_back(int_of(o, number_at(frame, entry, false)));
    return list;
  }
  }
}

c10::IValue tensors_of(const Operand &o, const tx_frame &frame) {
  if (o.element == c10::TypeKind::OptionalType) {
    c10::List<std::optional<at::Tensor>> list;
    list.reserve(o.places.size());
    for (auto place : o.places)
      list.push_back(place == NOTHING ? std::nullopt : std::optional<at::Tensor>(frame.tensors[place]));
    return list;
  }
  c10::List<at::Tensor> list;
  list.reserve(o.places.size());
  for (auto place : o.places)
    list.push_back(frame.tensors[place]);
  return list;
}

c10::IValue scalar_of(const Operand &o, const tx_number &n) {
  switch (o.kind) {
  case c10::TypeKind::FloatType:
  case c10::TypeKind::SymFloatType:
    return n.as_float();
  case c10::TypeKind::BoolType:
  case c10::TypeKind::SymBoolType:
    return n.is_true();
  case c10::TypeKind::NumberType:
    return n.is_float() ? c10::IValue(n.as_float()) : n.kind == tx_number::Bool ? c10::IValue(n.bits != 0) : c10::IValue(n.bits);
  case c10::TypeKind::TensorType:
    // As in Python, the number does not change the type of the other tensor.
    if (n.is_float())
      return at::native::wrapped_scalar_tensor(n.as_float());
    return at::native::wrapped_scalar_tensor(n.kind == tx_number::Bool ? at::Scalar(n.bits != 0) : at::Scalar(n.bits));
  default:
    return int_of(o, n);
  }
}

void push(torch::jit::Stack &stack, const Operand &o, const tx_frame &frame) {
  switch (o.from) {
  case From::Tensor: {
    const auto place = o.places[0];
    const bool missing = place == NOTHING || !frame.tensors[place].defined();
    if (!missing)
      stack.emplace_back(frame.tensors[place]);
    else if (o.optional)
      stack.emplace_back();
    else
      stack.emplace_back(at::Tensor());
    return;
  }
  case From::Tensors:
    stack.push_back(tensors_of(o, frame));
    return;
  case From::Number:
    stack.push_back(scalar_of(o, frame.numbers[o.places[0]]));
    return;
  case From::Numbers:
    stack.push_back(list_of(o, frame));
    return;
  default:
    stack.push_back(o.value);
  }
}

void store(const Result &result, c10::IValue &value, tx_frame &frame) {
  switch (result.to) {
  case To::Nowhere:
    return;
  case To::Tensor:
    frame.tensors[result.places[0]] = value.isTensor() ? std::move(value).toTensor() : at::Tensor();
    return;
  case To::Number:
    frame.numbers[result.places[0]] = number_of(value);
    return;
  case To::Tensors: {
    const auto &items = value.toListRef();
    if (items.size() < result.places.size())
      throw std::runtime_error("the op gives " + std::to_string(items.size()) + " tensors, and the program uses " +
                               std::to_string(result.places.size()));
    for (size_t i = 0; i < result.places.size(); ++i)
      if (result.places[i] != NOTHING)
        frame.tensors[result.places[i]] = items[i].isTensor() ? items[i].toTensor() : at::Tensor();
  }
  }
}

} // namespace

int64_t int_of(const Operand &o, const tx_number &n) {
  if (n.is_float())
    throw std::runtime_error("argument '" + o.argument->name() + "' must be an int, not a float");
  return n.bits;
}

tx_number number_of(const c10::IValue &value) {
  const auto of_float = [](double v) {
    tx_number n{tx_number::Float, 0};
    std::memcpy(&n.bits, &v, sizeof v);
    return n;
  };
  if (value.isDouble())
    return of_float(value.toDouble());
  if (value.isBool())
    return {tx_number::Bool, value.toBool()};
  if (value.isInt())
    return {tx_number::Int, value.toInt()};
  if (value.isSymInt() && value.toSymInt().maybe_as_int())
    return {tx_number::Int, *value.toSymInt().maybe_as_int()};
  throw std::runtime_error("the op gives a value that is not a number of Python: " + value.tagKind());
}

void run_boxed(const Call &call, tx_frame &frame) {
  auto &stack = frame.stack;
  stack.clear();
  for (const auto &operand : call.operands)
    push(stack, operand, frame);
  call.op.callBoxed(&stack);
  for (size_t i = 0; i < call.results.size() && i < stack.size(); ++i)
    store(call.results[i], stack[i], frame);
  stack.clear();
}

} // namespace tx

using namespace tx;

extern "C" int tx_plan_new(const uint8_t *bytes, size_t len, tx_plan **plan, uint64_t *failed, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    auto made = std::make_unique<tx_plan>();
    Reader in(bytes, len);
    made->registers = in.u64();
    made->numbers = in.u64();
    for (*failed = 0; !in.done(); ++*failed) {
      const auto name = in.text();
      const auto overload = in.text();
      const auto op = c10::Dispatcher::singleton().findSchema({name, overload});
      if (!op)
        return TX_NO_SUCH_OP;
      try {
        made->calls.push_back(read_call(in, *made, *op));
      } catch (const BadArgument &e) {
        give(error, e.what());
        return TX_BAD_ARGUMENT;
      }
    }
    *plan = made.release();
    return TX_OK;
  });
}

extern "C" void tx_plan_free(tx_plan *plan) { delete plan; }

extern "C" int tx_plan_run(const tx_plan *plan, tx_frame *frame, size_t from, size_t to, int inference,
                           uint64_t *failed, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    // The end of the mode is the end of this function, so ops that a callback of the user runs are not in it.
    std::optional<c10::InferenceMode> mode;
    if (inference)
      mode.emplace();
    for (*failed = from; *failed < to; ++*failed) {
      const auto &call = plan->calls[*failed];
      call.run(call, *frame);
      for (auto place : call.drops)
        frame->tensors[place].reset();
    }
    return TX_OK;
  });
}

extern "C" int tx_frame_new(const tx_plan *plan, tx_frame **frame, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    auto made = std::make_unique<tx_frame>();
    made->tensors.resize(plan->registers);
    made->numbers.resize(plan->numbers);
    *frame = made.release();
    return TX_OK;
  });
}

extern "C" void tx_frame_free(tx_frame *frame) { delete frame; }

extern "C" tx_number *tx_frame_numbers(tx_frame *frame) { return frame->numbers.data(); }

extern "C" void tx_frame_set(tx_frame *frame, uint64_t place, void *tensor) {
  frame->tensors[place] = tensor_of(tensor);
}

extern "C" void tx_frame_move(tx_frame *frame, uint64_t from, uint64_t to, int keep) {
  if (keep)
    frame->tensors[to] = frame->tensors[from];
  else
    frame->tensors[to] = std::move(frame->tensors[from]);
}

extern "C" int tx_frame_get(tx_frame *frame, uint64_t place, int keep, void **tensor, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    auto &t = frame->tensors[place];
    *tensor = keep ? new at::Tensor(t) : new at::Tensor(std::move(t));
    return TX_OK;
  });
}

namespace {

// An ordinary tensor on the memory of one that was made in inference mode. Those cannot be written to or differentiated
// outside of that mode, which would surprise a caller that has not asked for it.
at::Tensor ordinary(const at::Tensor &t) {
  if (!t.defined() || !t.is_inference() || !t.has_storage() || t.layout() != at::kStrided || t.is_quantized())
    return t;
  // Outside of inference mode the constructor adds the keys that make it an ordinary tensor.
  auto made = at::detail::make_tensor<c10::TensorImpl>(c10::Storage(t.storage()), t.key_set(), t.dtype());
  made.unsafeGetTensorImpl()->set_storage_offset(t.storage_offset());
  made.unsafeGetTensorImpl()->set_sizes_and_strides(t.sizes(), t.strides());
  return made;
}

} // namespace

extern "C" int tx_frame_take(tx_frame *frame, uint64_t place, int keep, void **tensor, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    auto t = ordinary(frame->tensors[place]);
    if (!keep)
      frame->tensors[place].reset();
    *tensor = new at::Tensor(std::move(t));
    return TX_OK;
  });
}

extern "C" void tx_frame_clear(tx_frame *frame, uint64_t from) {
  for (size_t i = from; i < frame->tensors.size(); ++i)
    frame->tensors[i].reset();
  frame->stack.clear();
}
