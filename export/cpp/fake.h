// Fake tensors: libtorch's tensors without data, which report a real device. What the rules need.
#pragma once

#include "wire.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace tx {

using Args = at::ArrayRef<c10::IValue>;
// The results of an op, from its arguments alone. No tensor in `Args` has data.
using Rule = std::vector<c10::IValue> (*)(Args);

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

inline const void *storage_key(const at::Tensor &t) {
  return t.has_storage() ? t.storage().unsafeGetStorageImpl() : nullptr;
}

template <class F> void each_tensor(const c10::IValue &v, const F &f) {
  if (v.isTensor()) {
    const auto &t = v.toTensor();
    if (t.defined())
      f(t);
  } else if (v.isList()) {
    for (const auto &e : v.toListRef())
      each_tensor(e, f);
  }
}

inline bool is_fake(const at::Tensor &t) {
  return t.defined() && t.unsafeGetTensorImpl()->key_set().has(c10::DispatchKey::Fake);
}

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
