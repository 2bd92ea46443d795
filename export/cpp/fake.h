// Fake tensors: libtorch's tensors without data, which report a real device. What the fallback and the rules share.
#pragma once

#include "session.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace tx {

using Args = at::ArrayRef<c10::IValue>;
// The results of an op, from its arguments alone. No tensor in `Args` has data.
using Rule = std::vector<c10::IValue> (*)(Args);

// How an op runs on tensors without data.
enum class Way : uint8_t {
  Meta,      // libtorch's meta kernel
  Rule,      // a rule of ours
  Composite, // its kernel calls other ops, which come back here
  Read,      // returns the content of a tensor
  Refused,   // cannot run, for a reason that is known
  Missing,   // cannot run: neither a meta kernel nor a rule
};

struct OpInfo {
  Way way = Way::Missing;
  Rule rule = nullptr;
  const char *refusal = nullptr;
  // The rule stands for the whole op: what it decomposes to depends on data or takes a step for each element.
  bool whole = false;
  bool view = false;
  bool mutates = false;
  bool reads = false;
  int device = -1;
  // For each argument: whether an int in it is a number (and not a dtype, layout or memory format).
  std::vector<bool> numbers;
};

const OpInfo &info_of(const c10::OperatorHandle &op);
std::string full_name(const c10::OperatorHandle &op);

// A row of a table of rules: an op with its rule, or with the reason why it cannot run without data.
struct RuleRow {
  const char *op;
  Rule rule;
  const char *refusal = nullptr;
  bool whole = false;
};
at::ArrayRef<RuleRow> pointwise_rules();
at::ArrayRef<RuleRow> reduction_rules();
at::ArrayRef<RuleRow> network_rules();
at::ArrayRef<RuleRow> shape_rules();
at::ArrayRef<RuleRow> linalg_rules();
at::ArrayRef<RuleRow> data_rules();

inline bool is_fake(const at::Tensor &t) {
  return t.defined() && t.unsafeGetTensorImpl()->key_set().has(c10::DispatchKey::Fake);
}

// A fake tensor, or a real one whose content a fake op has replaced.
bool is_unreal(const at::Tensor &t);

// Runs the rule of an op on twins of its real tensors.
void run_rule(const c10::OperatorHandle &op, const OpInfo &info, torch::jit::Stack *stack);

// Ops run as they are while it lives.
struct PassThrough {
  explicit PassThrough(tx_session &s) : session(s), before(s.pass) { s.pass = true; }
  ~PassThrough() { session.pass = before; }
  tx_session &session;
  bool before;
};

// An op is at work while it lives.
struct InOp {
  explicit InOp(tx_session &s) : session(s) { ++s.depth; }
  ~InOp() { --session.depth; }
  tx_session &session;
};

// Ends the fake run of this thread, for good: it counts as stopped also if the forward goes on.
[[noreturn]] void stop(Stop why);
// Ends the forward of a run that has stopped already.
[[noreturn]] void throw_stopped(const tx_session &s);
// For a rule: arguments that the op refuses.
[[noreturn]] void refuse(const std::string &text);

// The next number that depends on data, in a fake run. Stops if the caller gave no more.
int64_t next_data(const char *what);

// A tensor without data. Without strides it is contiguous.
at::Tensor fake_empty(at::IntArrayRef sizes, at::ScalarType dtype, c10::Device device = c10::kCPU);
at::Tensor fake_strided(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType dtype,
                        c10::Device device = c10::kCPU);
// Makes a meta tensor a fake one.
void transmute(const at::Tensor &t, c10::Device device = c10::kCPU);

// Runs plain libtorch on tensors without data: meta kernels, no recording, no gradients.
struct OnMeta {
  c10::impl::ExcludeDispatchKeyGuard unrecorded{RECORD_KEY};
  c10::impl::ExcludeDispatchKeyGuard unfaked{c10::DispatchKey::Fake};
  at::AutoDispatchBelowADInplaceOrView below;
  c10::impl::IncludeDispatchKeyGuard meta{c10::DispatchKeySet(c10::DispatchKey::Meta)};
};

// The result of ops on meta, as a fake tensor.
template <class F> at::Tensor on_meta(const F &f) {
  at::Tensor t;
  {
    const OnMeta guard;
    t = f();
  }
  transmute(t);
  return t;
}

} // namespace tx
