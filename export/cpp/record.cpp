// Recording: a boxed fallback on a mode key, switched on for one thread at a time.
#include "run.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_local_scalar_dense.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include <mutex>

#ifdef __GLIBC__
#include <malloc.h>
#endif

// Of torch/csrc/autograd/engine.h, which includes much more: -1 outside of a backward pass.
namespace torch::autograd {
TORCH_API int get_current_graph_task_id();
}

using namespace tx;

static thread_local tx_session *current = nullptr;

tx_session *tx::current_session() { return current; }

static uint64_t tensor_number(tx_session &s, const at::Tensor &t) {
  const auto [it, fresh] = s.tensors.try_emplace(t.unsafeGetTensorImpl(), s.tensors.size() + 1);
  if (fresh)
    s.held_tensors.emplace_back(t.getIntrusivePtr());
  return it->second;
}

static uint64_t storage_number(tx_session &s, const at::Tensor &t) {
  if (!t.has_storage())
    return 0;
  const auto &storage = t.storage();
  const auto [it, fresh] = s.storages.try_emplace(storage.unsafeGetStorageImpl(), s.storages.size() + 1);
  if (fresh)
    s.held_storages.push_back(storage.getWeakStorageImpl());
  return it->second;
}

// Logs a tensor that an op (or the caller) uses. The first use of one made from Rust data copies its content.
static void write_seen(tx_session &s, Writer &out, const at::Tensor &t) {
  const auto storage = storage_number(s, t);
  out.u64(tensor_number(s, t));
  const bool lift = s.unread.erase(storage_key(t)) != 0;
  out.u8(lift);
  if (lift) {
    out.u64(s.lifted.size());
    lift_constant(s, t);
  }
  write_description(out, t, storage);
}

static void write_made(tx_session &s, Writer &out, const at::Tensor &t) {
  const auto storage = storage_number(s, t);
  out.u64(tensor_number(s, t));
  out.u8(0);
  write_description(out, t, storage);
}

// `tch` makes a tensor from Rust data as `torch::zeros(sizes, dtype)` and a raw copy. Those options hold no device;
// every factory that a tch user can call passes one.
bool tx::is_filled_from_rust(const c10::FunctionSchema &schema, at::ArrayRef<c10::IValue> args) {
  return schema.name() == "aten::zeros" && schema.overload_name().empty() && args.size() == 5 && !args[1].isNone() &&
         args[2].isNone() && args[3].isNone() && args[4].isNone();
}

// `Tensor::from(number)` goes on with `view([])`. The one-element tensor under it is a temporary of tch's, so the
// constant is what the view shows.
bool tx::is_scalar_from_rust(tx_session &s, const c10::FunctionSchema &schema, at::ArrayRef<c10::IValue> args) {
  return schema.name() == "aten::view" && schema.overload_name().empty() && args.size() == 2 && args[0].isTensor() &&
         args[0].toTensor().defined() && s.unread.count(storage_key(args[0].toTensor())) != 0 &&
         args[1].isList() && args[1].toListRef().empty();
}

// What a session refers to weakly stays allocated: small blocks between the large ones of results. Until version 2.38 glibc
// does not use those again, so a recording would take as much memory as all results together. It gives them back if it is
// asked to, which is done after so many bytes.
constexpr size_t GIVEN_BACK = size_t{32} << 20;

static void give_back(tx_session &s, at::ArrayRef<c10::IValue> results) {
#ifdef __GLIBC__
  for (const auto &result : results)
    if (result.isTensor() && result.toTensor().defined() && result.toTensor().has_storage() && result.toTensor().is_cpu())
      s.made_bytes += result.toTensor().storage().nbytes();
  if (s.made_bytes < GIVEN_BACK)
    return;
  s.made_bytes = 0;
  malloc_trim(0);
#endif
}

// An argument as it is logged, and its type.
static std::pair<c10::IValue, c10::TypePtr> logged(const tx_session &s, const c10::IValue &value, const c10::TypePtr &type) {
  if (!s.numbers || !value.isTensor() || !value.toTensor().defined() ||
      !value.toTensor().unsafeGetTensorImpl()->is_wrapped_number())
    return {value, type};
  const c10::impl::ExcludeDispatchKeyGuard unfaked(c10::DispatchKey::Fake);
  return {at::_local_scalar_dense(value.toTensor()), c10::NumberType::get()};
}

static void record_call(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  c10::impl::ExcludeDispatchKeyGuard below(RECORD_KEY);
  tx_session *s = current;
  if (!s)
    return op.callBoxed(stack);
  if (s->fake())
    return fake_call(*s, op, stack);
  if (s->without_data && s->stop.kind != StopKind::None)
    throw_stopped(*s);

  const auto &schema = op.schema();
  const auto &arguments = schema.arguments();
  const at::ArrayRef<c10::IValue> args(stack->data() + (stack->size() - arguments.size()), arguments.size());
  if (is_scalar_from_rust(*s, schema, args)) {
    const PassThrough real(*s);
    return op.callBoxed(stack);
  }
  s->gradients = s->gradients || torch::autograd::get_current_graph_task_id() != -1;
  const bool from_rust = is_filled_from_rust(schema, args);
  Writer event;
  event.text(schema.name());
  event.text(schema.overload_name());
  event.u8(from_rust);
  if (s->frames)
    write_frames(event);
  else
    event.u64(0);
  event.u64(args.size());
  if (!from_rust)
    note_call(*s, op);
  for (size_t i = 0; i < args.size(); ++i) {
    const auto [value, type] = logged(*s, args[i], arguments[i].real_type());
    write_value(event, value, type, [s](Writer &w, const at::Tensor &t) { write_seen(*s, w, t); });
    if (!from_rust)
      note_argument(*s, i, value);
  }
  try {
    // What `one_hot` becomes does not show how many classes it found.
    if (from_rust) {
      const PassThrough real(*s);
      op.callBoxed(stack);
    } else if (s->without_data)
      run_without_data(*s, op, stack);
    else if (schema.name() == "aten::one_hot")
      call_counting(*s, op, stack);
    else
      op.callBoxed(stack);
    if (reads_data(op))
      note_read(*s, stack->back());
  } catch (...) {
    event.u8(0);
    event.text(current_message());
    s->log.append(event);
    if (!from_rust)
      note_failure(*s);
    throw;
  }
  const auto &returns = schema.returns();
  const at::ArrayRef<c10::IValue> results(stack->data() + (stack->size() - returns.size()), returns.size());
  event.u8(1);
  event.u64(results.size());
  for (size_t i = 0; i < results.size(); ++i)
    write_value(event, results[i], returns[i].real_type(),
                [s](Writer &w, const at::Tensor &t) { write_made(*s, w, t); });
  if (from_rust) {
    const auto &made = results[0].toTensor();
    s->unread.insert(storage_key(made));
    if (s->without_data)
      s->made.emplace(storage_key(made), made.storage());
  } else
    note_results(*s, results);
  s->log.append(event);
  give_back(*s, results);
}

// Runs once per process, at the first recording: a second registration on a key throws, and a throw in a static
// initialiser would end the process. The libraries are leaked, since destroying them at exit races with torch's own exit.
void tx::register_fallbacks() {
  static std::mutex lock;
  static torch::Library *library = nullptr;
  const std::lock_guard<std::mutex> held(lock);
  if (library)
    return;
  auto made =
      std::make_unique<torch::Library>(torch::Library::IMPL, "_", RECORD_KEY, __FILE__, static_cast<uint32_t>(__LINE__));
  made->fallback(torch::CppFunction::makeFromBoxedFunction<&record_call>());
  register_fake();
  library = made.release();
}

extern "C" int tx_session_new(int frames, int numbers, int without_data, tx_session **session, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    register_fallbacks();
    *session = new tx_session();
    (*session)->frames = frames != 0;
    (*session)->numbers = numbers != 0;
    (*session)->without_data = without_data != 0;
    return TX_OK;
  });
}

extern "C" void tx_session_free(tx_session *session) { delete session; }

extern "C" int tx_session_start(tx_session *session, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    if (current)
      throw std::runtime_error("a session is already at work on this thread");
    current = session;
    session->started = true;
    c10::impl::tls_set_dispatch_key_included(RECORD_KEY, true);
    c10::impl::tls_set_dispatch_key_included(c10::DispatchKey::Fake, true);
    return TX_OK;
  });
}

extern "C" void tx_session_stop(void) {
  c10::impl::tls_set_dispatch_key_included(RECORD_KEY, false);
  c10::impl::tls_set_dispatch_key_included(c10::DispatchKey::Fake, false);
  tx_session *session = current;
  current = nullptr;
  if (session && session->unreal_run())
    restore(*session);
}

extern "C" int tx_session_see(tx_session *session, void *tensor, tx_bytes *out) {
  return guarded(out, [&]() -> int {
    if (!tensor_of(tensor).defined())
      throw std::runtime_error("an undefined tensor has no value");
    Writer w;
    write_seen(*session, w, tensor_of(tensor));
    if (!session->started) {
      declare(*session, tensor_of(tensor));
      if (session->without_data && !is_fake(tensor_of(tensor)))
        session->snapshots.emplace_back(tensor_of(tensor));
    }
    give(out, w.bytes());
    return TX_OK;
  });
}

extern "C" int tx_session_take_log(tx_session *session, tx_bytes *out) {
  return guarded(out, [&]() -> int {
    give(out, session->log.bytes());
    session->log.clear();
    return TX_OK;
  });
}

extern "C" uint64_t tx_session_lifted_count(const tx_session *session) { return session->lifted.size(); }

extern "C" int tx_session_stopped(const tx_session *session) { return session->stop.kind != StopKind::None; }

extern "C" int tx_session_keeps(const tx_session *session) {
  try {
    const auto &names = session->compact.values;
    // An op that has nothing to do returns its argument, and a view has the memory of its base.
    std::unordered_set<const void *> before;
    const auto note = [&before](const Held &held) {
      before.insert(held.impl);
      before.insert(held.storage);
    };
    for (const auto &held : session->foreign)
      note(held);
    for (size_t i = 0; i < names.size() && i < session->values.size(); ++i)
      if (names[i].kind != ValueKind::Output)
        note(session->values[i]);
    for (size_t i = 0; i < names.size() && i < session->values.size(); ++i) {
      const auto &held = session->values[i];
      if (names[i].kind != ValueKind::Output)
        continue;
      const bool tensor = !held.weak.expired() && before.count(held.impl) == 0;
      // `data()` is another tensor on the same memory.
      const bool memory = held.weak_storage && !held.weak_storage->expired() && before.count(held.storage) == 0;
      if (tensor || memory)
        return 1;
    }
    return 0;
  } catch (...) {
    return 1;
  }
}

extern "C" int tx_session_gradients(const tx_session *session) { return session->gradients; }

extern "C" int tx_session_lifted(tx_session *session, uint64_t index, void **tensor, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    *tensor = new at::Tensor(session->lifted.at(index));
    return TX_OK;
  });
}

extern "C" int tx_session_tensor(tx_session *session, uint64_t number, void **tensor, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    auto held = session->held_tensors.at(number - 1).lock();
    if (!held)
      throw std::runtime_error("the tensor does not exist any more");
    *tensor = new at::Tensor(std::move(held));
    return TX_OK;
  });
}
