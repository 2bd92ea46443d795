// The compact form of a run: how a recording makes it, and how a fake run is compared with it.
#include "compact.h"
#include "run.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_local_scalar_dense.h>

#include <bit>
#include <cstring>

namespace tx {

namespace {

bool same_elements(const c10::TensorImpl &a, const at::Tensor &b) {
  return b.layout() == at::kStrided && a.sizes() == b.sizes() && a.strides() == b.strides() &&
         a.storage_offset() == b.storage_offset() && a.dtype() == b.dtype();
}

void add_value(tx_session &s, const at::Tensor &t, ValueName name) {
  const auto value = static_cast<int64_t>(s.values.size());
  s.values.emplace_back(t);
  if (s.fake())
    return;
  s.compact.values.push_back(name);
  s.value_of[t.unsafeGetTensorImpl()] = value;
  if (const auto *storage = storage_key(t))
    s.values_on[storage].push_back(value);
}

// The value that a tensor is, by identity or as another tensor with the same elements (`data()`).
std::optional<int64_t> find_value(tx_session &s, const at::Tensor &t) {
  const auto known = s.value_of.find(t.unsafeGetTensorImpl());
  if (known != s.value_of.end())
    return known->second;
  const auto on = s.values_on.find(storage_key(t));
  if (on == s.values_on.end())
    return std::nullopt;
  for (auto value = on->second.rbegin(); value != on->second.rend(); ++value)
    if (same_elements(*s.values[*value].impl, t))
      return *value;
  return std::nullopt;
}

int64_t use_of(tx_session &s, const at::Tensor &t) {
  if (const auto value = find_value(s, t))
    return *value;
  const auto same = [&t](const Held &held) { return held.impl == t.unsafeGetTensorImpl(); };
  auto at = std::find_if(s.foreign.begin(), s.foreign.end(), same) - s.foreign.begin();
  if (static_cast<size_t>(at) == s.foreign.size())
    s.foreign.emplace_back(t);
  return -1 - at;
}

void add_number(Compact &c, int64_t number, NumberKind kind, size_t item, size_t at, int32_t call) {
  c.numbers.push_back(number);
  c.places.push_back({call, kind, static_cast<int32_t>(item), static_cast<int32_t>(at)});
}

// What a recording does with the tensors and numbers of its arguments.
struct Note {
  tx_session &s;
  size_t index;
  int32_t at = 0;
  void tensor(const at::Tensor &t) { s.compact.uses.push_back(use_of(s, t)); }
  void integer(int64_t n) { add_number(s.compact, n, NumberKind::Int, index, at++, s.compact.succeeded); }
  void real(int64_t bits) { add_number(s.compact, bits, NumberKind::Float, index, at++, s.compact.succeeded); }
  void truth(std::string &form, bool value) { form.push_back(value ? 'T' : 'F'); }
};

// What a recording or a fake run does with its results.
struct Results {
  tx_session &s;
  int32_t call;
  int32_t index = 0;
  std::string &form;
  void number(int64_t n, NumberKind kind, size_t item, size_t at) {
    if (s.fake())
      s.compact.numbers.push_back(n);
    else
      add_number(s.compact, n, kind, item, at, call);
  }
  void tensor(const at::Tensor &t) {
    write_kind(form, t);
    const auto dims = static_cast<size_t>(t.dim());
    for (size_t i = 0; i < dims; ++i)
      number(t.sizes()[i], NumberKind::Size, index, i);
    if (t.layout() == at::kStrided) {
      for (size_t i = 0; i < dims; ++i)
        number(t.strides()[i], NumberKind::Stride, index, i);
      number(t.storage_offset(), NumberKind::Offset, index, 0);
    }
    add_value(s, t, {ValueKind::Output, call, index});
    ++index;
  }
  void integer(int64_t n) { number(n, NumberKind::Read, 0, 0); }
  void real(int64_t bits) { number(bits, NumberKind::FloatRead, 0, 0); }
  void truth(std::string &, bool value) { number(value ? 1 : 0, NumberKind::Read, 0, 0); }
};

at::Tensor content_of(const at::Tensor &t) {
  c10::impl::ExcludeDispatchKeyGuard unrecorded(RECORD_KEY);
  c10::impl::ExcludeDispatchKeyGuard unfaked(c10::DispatchKey::Fake);
  at::NoGradGuard no_grad;
  return t.detach().clone(at::MemoryFormat::Contiguous);
}

// Whether two contents have the same sizes, dtype and bytes, so that NaN is equal to itself.
bool same_content(const at::Tensor &a, const at::Tensor &b) {
  return a.sizes() == b.sizes() && a.dtype() == b.dtype() &&
         (a.nbytes() == 0 || std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0);
}

// The content of a constant with one element as a number, if it has one.
std::optional<std::pair<NumberKind, int64_t>> number_in(const at::Tensor &content) {
  if (content.numel() != 1 || content.device().type() != c10::kCPU)
    return std::nullopt;
  c10::impl::ExcludeDispatchKeyGuard unrecorded(RECORD_KEY);
  c10::impl::ExcludeDispatchKeyGuard unfaked(c10::DispatchKey::Fake);
  const auto dtype = content.scalar_type();
  if (c10::isIntegralType(dtype, false))
    return std::pair(NumberKind::Constant, at::_local_scalar_dense(content).toLong());
  if (c10::isFloatingType(dtype))
    return std::pair(NumberKind::FloatConstant, std::bit_cast<int64_t>(at::_local_scalar_dense(content).toDouble()));
  return std::nullopt;
}

} // namespace

void declare(tx_session &s, const at::Tensor &t) {
  const auto index = static_cast<int64_t>(s.values.size());
  s.values.emplace_back(t);
  s.compact.values.push_back({ValueKind::Known, index, 0});
  // A tensor that is declared twice is its first declaration.
  s.value_of.try_emplace(t.unsafeGetTensorImpl(), index);
  if (const auto *storage = storage_key(t))
    s.values_on[storage].push_back(index);
}

void lift_constant(tx_session &s, const at::Tensor &t) {
  const auto index = static_cast<int64_t>(s.lifted.size());
  s.lifted.push_back(content_of(t));
  add_value(s, t, {ValueKind::Lifted, index, 0});
  // A constant that is used nowhere is seen after the last call.
  const auto call = current_session() == &s ? s.compact.succeeded : -1;
  if (const auto number = number_in(s.lifted.back()))
    add_number(s.compact, number->second, number->first, index, 0, call);
}

void note_call(tx_session &s, const c10::OperatorHandle &op) {
  auto &c = s.compact;
  CompactCall call{op};
  call.form = static_cast<uint32_t>(c.forms.size());
  call.use = static_cast<uint32_t>(c.uses.size());
  call.number = c.succeeded;
  call.numbers = c.numbers.size();
  call.values = s.values.size();
  c.calls.push_back(std::move(call));
}

void note_argument(tx_session &s, size_t index, const c10::IValue &value) {
  Note note{s, index};
  walk(s.compact.forms, value, info_of(s.compact.calls.back().op).numbers[index], note);
}

static void end_arguments(Compact &c) {
  c.calls.back().form_end = static_cast<uint32_t>(c.forms.size());
  c.calls.back().result_end = c.calls.back().form_end;
  c.calls.back().use_end = static_cast<uint32_t>(c.uses.size());
}

void note_results(tx_session &s, at::ArrayRef<c10::IValue> results) {
  auto &c = s.compact;
  end_arguments(c);
  Results note{s, c.succeeded, 0, c.forms};
  for (const auto &value : results)
    walk(c.forms, value, true, note);
  c.calls.back().result_end = static_cast<uint32_t>(c.forms.size());
  ++c.succeeded;
}

void note_failure(tx_session &s) {
  auto &c = s.compact;
  end_arguments(c);
  auto &call = c.calls.back();
  call.failed = true;
  // Its numbers are not among those of the calls that succeeded; its constants stay.
  c.numbers.resize(call.numbers);
  c.places.resize(call.numbers);
}

void note_read(tx_session &s, const c10::IValue &value) {
  const auto note = [&s](DataKind kind, int64_t number) {
    s.compact.data.push_back({s.compact.succeeded, kind, number});
  };
  if (value.isInt())
    note(DataKind::Int, value.toInt());
  else if (value.isDouble())
    note(DataKind::Float, std::bit_cast<int64_t>(value.toDouble()));
  else if (value.isBool())
    note(DataKind::Bool, value.toBool() ? 1 : 0);
  else
    note(DataKind::Other, 0);
}

void note_count(tx_session &s, int64_t count) {
  s.compact.data.push_back({s.compact.succeeded, DataKind::Count, count});
}

namespace {

[[noreturn]] void stop_at(StopKind kind, const c10::OperatorHandle &op, int64_t index = -1, std::string text = {}) {
  Stop why;
  why.kind = kind;
  why.op = op;
  why.index = index;
  why.text = std::move(text);
  stop(std::move(why));
}

// Compares the tensors of an argument with the reference, and notes its numbers.
struct Compare {
  tx_session &s;
  const c10::OperatorHandle &op;
  size_t use;
  size_t end;
  size_t argument = 0;
  std::string &form;

  void integer(int64_t n) {
    if (s.equal)
      s.loose_integers.push_back(static_cast<int64_t>(s.compact.numbers.size()));
    s.compact.numbers.push_back(n);
  }
  void real(int64_t bits) { s.compact.numbers.push_back(bits); }
  void truth(std::string &form, bool value) { form.push_back(value ? 'T' : 'F'); }
  void tensor(const at::Tensor &t) {
    if (use == end)
      stop_at(StopKind::Arguments, op, static_cast<int64_t>(argument), "another number of tensors");
    const auto expected = s.reference->compact.uses[use++];
    if (s.equal)
      s.loose_uses.push_back(expected);
    if (expected < 0) {
      const auto &foreign = s.reference->foreign[static_cast<size_t>(-1 - expected)];
      if (foreign.impl != t.unsafeGetTensorImpl())
        stop_at(StopKind::Foreign, op, -1 - expected);
    } else if (!is_value(s, t, expected, &op)) {
      stop_at(StopKind::Arguments, op, static_cast<int64_t>(argument), "another tensor");
    }
  }
};

} // namespace

bool is_value(tx_session &s, const at::Tensor &t, int64_t expected, const c10::OperatorHandle *op) {
  const auto at = static_cast<size_t>(expected);
  const auto &reference = *s.reference;
  if (at < s.values.size()) {
    const auto &held = s.values[at];
    return held.impl == t.unsafeGetTensorImpl() ||
           (held.storage && held.storage == storage_key(t) && same_elements(*held.impl, t));
  }
  if (at != s.values.size() || at >= reference.compact.values.size() ||
      reference.compact.values[at].kind != ValueKind::Lifted || s.unread.erase(storage_key(t)) == 0)
    return false;
  const auto index = static_cast<size_t>(reference.compact.values[at].a);
  const auto &before = reference.lifted[index];
  const auto now = content_of(t);
  const auto number = number_in(now);
  const bool comparable = before.sizes() == now.sizes() && before.dtype() == now.dtype();
  if (!comparable || (!number && !same_content(before, now))) {
    Stop why;
    why.kind = StopKind::Constant;
    if (op)
      why.op = *op;
    why.index = static_cast<int64_t>(index);
    stop(std::move(why));
  }
  if (number)
    s.compact.numbers.push_back(number->second);
  s.values.emplace_back(t);
  return true;
}

namespace {

// The next number of the reference's reads, as the value that the op returns.
c10::IValue read_number(tx_session &s, const c10::OperatorHandle &op) {
  const auto &expected = s.reference->compact.data;
  if (s.next_data >= expected.size() || s.next_data >= s.data.size())
    stop_at(StopKind::Read, op);
  const auto number = s.data[s.next_data];
  switch (expected[s.next_data++].kind) {
  case DataKind::Int:
    return number;
  case DataKind::Float:
    return std::bit_cast<double>(number);
  case DataKind::Bool:
    return number != 0;
  default:
    stop_at(StopKind::Read, op);
  }
}

void run(tx_session &s, const c10::OperatorHandle &op, const OpInfo &info, size_t arguments, torch::jit::Stack *stack) {
  const Args args(stack->data() + (stack->size() - arguments), arguments);
  bool unreal = false;
  if (info.reads || info.whole || info.refusal)
    for (const auto &arg : args)
      each_tensor(arg, [&](const at::Tensor &t) { unreal = unreal || is_unreal(t); });
  if (info.replaces_data && !is_fake(args[0].toTensor()))
    stop_at(StopKind::State, op, -1, "it replaces the memory of a tensor that the model holds");
  if (info.refusal && unreal)
    stop_at(StopKind::NoRule, op, -1, info.refusal);
  if (info.reads && unreal) {
    if (!s.fake())
      stop_at(StopKind::Read, op);
    auto value = read_number(s, op);
    torch::jit::drop(*stack, arguments);
    stack->push_back(std::move(value));
  } else if (info.whole && unreal) {
    run_rule(op, info, stack);
  } else {
    op.callBoxed(stack);
    if (info.reads)
      ++s.next_data;
  }
}

// Runs an op of a loose run again, with equal sizes. Whether it succeeds.
bool run_equal(tx_session &s, const c10::OperatorHandle &op, const OpInfo &info, Args given, size_t base,
               torch::jit::Stack *stack) {
  try {
    const InOp depth(s);
    auto equal = made_equal(s, given);
    if (!equal)
      return false;
    // A tensor that is written to stays as it is.
    const auto &schema = op.schema().arguments();
    for (size_t i = 0; i < given.size(); ++i)
      if (schema[i].alias_info() && schema[i].alias_info()->isWrite() &&
          !(given[i].isTensor() && (*equal)[i].isTensor() && given[i].toTensor().is_same((*equal)[i].toTensor())))
        return false;
    stack->resize(base);
    for (auto &value : *equal)
      stack->push_back(std::move(value));
    run(s, op, info, given.size(), stack);
    return true;
  } catch (...) {
    return false;
  }
}

} // namespace

void run_without_data(tx_session &s, const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  const InOp depth(s);
  const auto arguments = op.schema().arguments().size();
  bool unreal = false;
  for (const auto &arg : Args(stack->data() + (stack->size() - arguments), arguments))
    each_tensor(arg, [&](const at::Tensor &t) { unreal = unreal || is_unreal(t); });
  // What `one_hot` becomes does not show how many classes it found.
  if (!unreal && op.schema().name() == "aten::one_hot")
    return call_counting(s, op, stack);
  run(s, op, info_of(op), arguments, stack);
  // An op below may have stopped the run and a kernel swallowed that.
  if (s.stop.kind != StopKind::None)
    throw_stopped(s);
}

void fake_call(tx_session &s, const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  if (s.stop.kind != StopKind::None)
    throw_stopped(s);
  const auto &schema = op.schema();
  const auto arguments = schema.arguments().size();
  const Args args(stack->data() + (stack->size() - arguments), arguments);
  if (is_scalar_from_rust(s, schema, args)) {
    const PassThrough real(s);
    return op.callBoxed(stack);
  }
  if (is_filled_from_rust(schema, args)) {
    const PassThrough real(s);
    op.callBoxed(stack);
    const auto &made = stack->back().toTensor();
    s.unread.insert(storage_key(made));
    s.made.emplace(storage_key(made), made.storage());
    return;
  }

  const auto &reference = s.reference->compact;
  if (s.next == reference.calls.size())
    stop_at(StopKind::Path, op);
  const auto &expected = reference.calls[s.next];
  if (!(expected.op == op)) {
    Stop why;
    why.kind = StopKind::Path;
    why.op = op;
    why.expected = expected.op;
    stop(std::move(why));
  }
  const auto &info = info_of(op);
  const auto numbers = s.compact.numbers.size();
  const std::string_view forms(reference.forms);
  size_t at = expected.form;
  s.loose_uses.clear();
  s.loose_integers.clear();
  Compare compare{s, op, expected.use, expected.use_end, 0, s.form};
  for (size_t i = 0; i < arguments; ++i) {
    s.form.clear();
    compare.argument = i;
    walk(s.form, args[i], info.numbers[i], compare);
    if (s.equal && !info.numbers[i] && args[i].isInt())
      s.loose_integers.push_back(-1);
    if (at + s.form.size() > expected.form_end || forms.substr(at, s.form.size()) != s.form) {
      s.compact.numbers.resize(numbers);
      stop_at(StopKind::Arguments, op, static_cast<int64_t>(i));
    }
    at += s.form.size();
  }
  ++s.next;

  const auto base = stack->size() - arguments;
  const auto next_data = s.next_data;
  const bool repeats = !expected.failed && may_repeat(s, info) &&
                       repeat_key(s.repeat_key, op, forms.substr(expected.form, expected.form_end - expected.form),
                                  at::ArrayRef<int64_t>(s.compact.numbers).slice(numbers), args);
  const bool repeated = repeats && repeat(s, s.repeat_key, arguments, stack);
  std::vector<c10::IValue> given;
  if ((s.equal || repeats) && !repeated && !expected.failed)
    given.assign(args.begin(), args.end());
  const auto writes = s.writes;
  try {
    const InOp depth(s);
    if (!repeated)
      run(s, op, info, arguments, stack);
  } catch (...) {
    if (s.stop.kind != StopKind::None)
      throw;
    bool mended = false;
    if (s.equal && !given.empty()) {
      s.next_data = next_data;
      mended = run_equal(s, op, info, given, base, stack);
    }
    if (mended) {
      s.loosened.push_back(expected.number);
    } else {
      if (expected.failed) {
        s.compact.numbers.resize(numbers);
      } else if (s.stop.kind == StopKind::None) {
        s.stop.kind = StopKind::Failed;
        s.stop.op = op;
        s.stop.text = current_message();
      }
      throw;
    }
  }
  // An op below may have stopped the run and a kernel swallowed that.
  if (s.stop.kind != StopKind::None)
    throw_stopped(s);
  if (expected.failed)
    stop_at(StopKind::Results, op, -1, "the op failed in the run that this one is compared with");

  const auto returns = schema.returns().size();
  const Args results(stack->data() + (stack->size() - returns), returns);
  if (repeats && !repeated)
    note_repeat(s, s.repeat_key, given, results, s.writes == writes && s.next_data == next_data);
  const auto before_results = s.compact.numbers.size();
  s.form.clear();
  Results note{s, expected.number, 0, s.form};
  for (const auto &value : results)
    walk(s.form, value, true, note);
  if (forms.substr(expected.form_end, expected.result_end - expected.form_end) != s.form) {
    s.compact.numbers.resize(before_results);
    stop_at(StopKind::Results, op);
  }
  ++s.compact.succeeded;
}

} // namespace tx
