// Recording: a boxed fallback on a mode key, switched on for one thread at a time.
#include "wire.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#if __has_include(<unwind.h>)
#include <unwind.h>
#endif
#if defined(__linux__)
#include <link.h>
#endif

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

using namespace tx;

struct tx_session {
  Writer log;
  // Whether the log holds the call stack of each op.
  bool frames = false;
  // Numbers start at 1. Weak references keep the addresses from being used again, and unlike strong ones do not change
  // what libtorch does: its factories reuse a tensor that has no other owner.
  std::unordered_map<const void *, uint64_t> tensors;
  std::unordered_map<const void *, uint64_t> storages;
  std::vector<c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>> held_tensors;
  std::vector<c10::weak_intrusive_ptr<c10::StorageImpl>> held_storages;
  // Storages filled from Rust data after the op that made them, which no op has used yet.
  std::unordered_set<uint64_t> unread;
  std::vector<at::Tensor> lifted;
  // How many ops have returned a tensor's content to Rust so far, and which of them return altered values.
  uint64_t reads = 0;
  std::unordered_set<uint64_t> overridden;
  int way = 0;
  // How many ops may still come; counted only while reads are overridden.
  uint64_t budget = 0;
};

static thread_local tx_session *current = nullptr;

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
  const bool lift = s.unread.erase(storage) != 0;
  out.u8(lift);
  if (lift) {
    out.u64(s.lifted.size());
    c10::impl::ExcludeDispatchKeyGuard unrecorded(RECORD_KEY);
    at::NoGradGuard no_grad;
    s.lifted.push_back(t.detach().clone());
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
static bool is_filled_from_rust(const c10::FunctionSchema &schema, at::ArrayRef<c10::IValue> args) {
  return schema.name() == "aten::zeros" && schema.overload_name().empty() && args.size() == 5 && !args[1].isNone() &&
         args[2].isNone() && args[3].isNone() && args[4].isNone();
}

// `Tensor::from(number)` goes on with `view([])`. The one-element tensor under it is a temporary of tch's, so the
// constant is what the view shows.
static bool is_scalar_from_rust(tx_session &s, const c10::FunctionSchema &schema, at::ArrayRef<c10::IValue> args) {
  return schema.name() == "aten::view" && schema.overload_name().empty() && args.size() == 2 && args[0].isTensor() &&
         args[0].toTensor().defined() && s.unread.count(storage_number(s, args[0].toTensor())) != 0 &&
         args[1].isList() && args[1].toListRef().empty();
}

// The call stack of an op, innermost first, as return addresses. libtorch's own frames are left out where they can be
// recognised: they are many, no forward is among them, and resolving them would read all of its symbols.
namespace frames {

constexpr size_t MOST = 48;

struct Module {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  bool holds(uintptr_t address) const { return begin <= address && address < end; }
};

#if defined(__linux__)
// The address range of the library or program that contains `address`.
static Module module_of(uintptr_t address) {
  struct Search {
    uintptr_t address;
    Module found;
  } search{address, {}};
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *data) {
        Module all{UINTPTR_MAX, 0};
        for (int i = 0; i < info->dlpi_phnum; ++i)
          if (info->dlpi_phdr[i].p_type == PT_LOAD) {
            const uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            all = {std::min(all.begin, begin), std::max(all.end, begin + info->dlpi_phdr[i].p_memsz)};
          }
        auto *search = static_cast<Search *>(data);
        if (all.holds(search->address))
          search->found = all;
        return search->found.end != 0 ? 1 : 0;
      },
      &search);
  return search.found;
}

// The address range of libtorch, unless it is linked into the program itself.
static Module libtorch() {
  static const Module found = [] {
    const auto module = module_of(reinterpret_cast<uintptr_t>(&c10::Dispatcher::singleton()));
    return module.holds(reinterpret_cast<uintptr_t>(&module_of)) ? Module{} : module;
  }();
  return found;
}
#else
static Module libtorch() { return {}; }
#endif

static void write(Writer &out) {
  struct Stack {
    Module skip;
    size_t count = 0;
    std::array<uint64_t, MOST> addresses;
  } stack{libtorch(), 0, {}};
#if __has_include(<unwind.h>)
  _Unwind_Backtrace(
      [](_Unwind_Context *context, void *data) {
        auto *stack = static_cast<Stack *>(data);
        const auto address = static_cast<uintptr_t>(_Unwind_GetIP(context));
        if (!stack->skip.holds(address))
          stack->addresses[stack->count++] = address;
        return stack->count == MOST ? _URC_END_OF_STACK : _URC_NO_REASON;
      },
      &stack);
#endif
  out.u64(stack.count);
  for (size_t i = 0; i < stack.count; ++i)
    out.u64(stack.addresses[i]);
}

} // namespace frames

// Replaces a number or truth value that was read with another one.
static void alter(c10::IValue &value, int way) {
  constexpr int64_t LARGE = 1'000'000'000;
  if (value.isBool())
    value = !value.toBool();
  else if (value.isInt())
    value = way == 0 ? static_cast<int64_t>(static_cast<uint64_t>(value.toInt()) + 1) : way * LARGE;
  else if (value.isDouble())
    value = way == 0 ? value.toDouble() + 1 : static_cast<double>(way * LARGE);
}

static void record_call(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  c10::impl::ExcludeDispatchKeyGuard below(RECORD_KEY);
  tx_session *s = current;
  if (!s)
    return op.callBoxed(stack);

  const auto &schema = op.schema();
  const auto &arguments = schema.arguments();
  const at::ArrayRef<c10::IValue> args(stack->data() + (stack->size() - arguments.size()), arguments.size());
  if (is_scalar_from_rust(*s, schema, args))
    return op.callBoxed(stack);
  const bool from_rust = is_filled_from_rust(schema, args);
  Writer event;
  event.text(schema.name());
  event.text(schema.overload_name());
  event.u8(from_rust);
  if (s->frames)
    frames::write(event);
  else
    event.u64(0);
  event.u64(args.size());
  for (size_t i = 0; i < args.size(); ++i)
    write_value(event, args[i], arguments[i].real_type(),
                [s](Writer &w, const at::Tensor &t) { write_seen(*s, w, t); });
  try {
    if (!s->overridden.empty() && s->budget-- == 0)
      throw std::runtime_error("the forward goes on without an end");
    op.callBoxed(stack);
    if (reads_data(op) && s->overridden.count(s->reads++) != 0)
      alter(stack->back(), s->way);
  } catch (...) {
    event.u8(0);
    event.text(current_message());
    s->log.append(event);
    throw;
  }
  const auto &returns = schema.returns();
  const at::ArrayRef<c10::IValue> results(stack->data() + (stack->size() - returns.size()), returns.size());
  event.u8(1);
  event.u64(results.size());
  for (size_t i = 0; i < results.size(); ++i)
    write_value(event, results[i], returns[i].real_type(),
                [s](Writer &w, const at::Tensor &t) { write_made(*s, w, t); });
  if (from_rust)
    s->unread.insert(storage_number(*s, results[0].toTensor()));
  s->log.append(event);
}

// Runs once per process, at the first recording: a second registration on the key throws, and a throw in a static
// initialiser would end the process. The library is leaked, since destroying it at exit races with torch's own exit.
static void register_fallback() {
  static std::mutex lock;
  static torch::Library *library = nullptr;
  const std::lock_guard<std::mutex> held(lock);
  if (library)
    return;
  auto made =
      std::make_unique<torch::Library>(torch::Library::IMPL, "_", RECORD_KEY, __FILE__, static_cast<uint32_t>(__LINE__));
  made->fallback(torch::CppFunction::makeFromBoxedFunction<&record_call>());
  library = made.release();
}

extern "C" int tx_session_new(int frames, tx_session **session, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    register_fallback();
    *session = new tx_session();
    (*session)->frames = frames != 0;
    return TX_OK;
  });
}

extern "C" void tx_session_override_reads(tx_session *session, int way, const uint64_t *reads, size_t reads_len,
                                 uint64_t budget) {
  session->way = way;
  session->overridden = {reads, reads + reads_len};
  session->budget = budget;
}

extern "C" void tx_session_free(tx_session *session) { delete session; }

extern "C" int tx_session_start(tx_session *session, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    if (current)
      throw std::runtime_error("a session is already at work on this thread");
    current = session;
    c10::impl::tls_set_dispatch_key_included(RECORD_KEY, true);
    return TX_OK;
  });
}

extern "C" void tx_session_stop(void) {
  c10::impl::tls_set_dispatch_key_included(RECORD_KEY, false);
  current = nullptr;
}

extern "C" int tx_session_see(tx_session *session, void *tensor, tx_bytes *out) {
  return guarded(out, [&]() -> int {
    if (!tensor_of(tensor).defined())
      throw std::runtime_error("an undefined tensor has no value");
    Writer w;
    write_seen(*session, w, tensor_of(tensor));
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

extern "C" int tx_session_lifted(tx_session *session, uint64_t index, void **tensor, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    *tensor = new at::Tensor(session->lifted.at(index));
    return TX_OK;
  });
}
