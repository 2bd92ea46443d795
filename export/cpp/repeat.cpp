// Calls that repeat. A deep model makes the same calls in each layer. In a run without data, the types and sizes of a result
// follow from the types, sizes and numbers of the arguments, so a call that repeats an earlier one of the run gets results
// like those of the earlier one, on memory of their own.
#include "run.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/grad_mode.h>

namespace tx {

namespace {

// A result as it was made, or nothing if it cannot be made again.
std::optional<Repeat::Result> described(const at::Tensor &t) {
  if (!is_fake(t) || t.layout() != at::kStrided || t.storage_offset() != 0 || !t.has_storage() ||
      t.unsafeGetTensorImpl()->is_wrapped_number())
    return std::nullopt;
  return Repeat::Result{c10::DimVector(t.sizes()), c10::DimVector(t.strides()), t.scalar_type(), t.device()};
}

at::Tensor make(const Repeat::Result &result) {
  at::Tensor t(at::detail::empty_strided_meta(result.sizes, result.strides, result.dtype));
  transmute(t, result.device);
  return t;
}

// Whether what is made again is of the same kind in everything that ops can ask for.
bool is_like(const at::Tensor &made, const at::Tensor &t) {
  return made.key_set() == t.key_set() && made.device() == t.device() && made.sizes() == t.sizes() &&
         made.strides() == t.strides() && made.dtype() == t.dtype() && !t.requires_grad();
}

} // namespace

bool may_repeat(const tx_session &s, const OpInfo &info) {
  // What autograd remembers of a call is not made again.
  return !s.equal && !info.mutates && !info.view && !info.reads && !info.counts && !info.refusal &&
         !info.replaces_data && !c10::GradMode::is_enabled();
}

bool repeat_key(std::string &key, const c10::OperatorHandle &op, std::string_view form, at::ArrayRef<int64_t> numbers,
                Args args) {
  const auto put = [&key](const auto &x) { key.append(reinterpret_cast<const char *>(&x), sizeof x); };
  const auto all = [&key, &put](at::ArrayRef<int64_t> x) {
    put(x.size());
    key.append(reinterpret_cast<const char *>(x.data()), x.size() * sizeof(int64_t));
  };
  key.clear();
  put(&op.operator_name());
  const auto tls = c10::impl::tls_local_dispatch_key_set();
  put(tls.included_.raw_repr());
  put(tls.excluded_.raw_repr());
  put(form.size());
  key.append(form);
  all(numbers);
  bool fake = false, known = true;
  for (const auto &arg : args)
    each_tensor(arg, [&](const at::Tensor &t) {
      const bool unreal = is_unreal(t);
      fake = fake || is_fake(t);
      known = known && t.layout() == at::kStrided;
      if (!known)
        return;
      // Some sizes follow from the content of integers, such as lengths.
      if (!unreal && !t.is_floating_point() && !t.is_complex()) {
        if (t.is_inference()) {
          known = false;
          return;
        }
        put(t.unsafeGetTensorImpl());
        put(t._version());
      }
      all(t.sizes());
      all(t.strides());
      put(t.storage_offset());
      put(t.scalar_type());
      put(t.device());
      put(t.key_set().raw_repr());
      put(t.unsafeGetTensorImpl()->is_wrapped_number());
      put(unreal);
    });
  return fake && known;
}

bool repeat(tx_session &s, const std::string &key, size_t arguments, torch::jit::Stack *stack) {
  const auto known = s.repeats.find(key);
  if (known == s.repeats.end() || !known->second.usable)
    return false;
  torch::jit::drop(*stack, arguments);
  for (const auto &result : known->second.results)
    stack->push_back(make(result));
  return true;
}

void note_repeat(tx_session &s, const std::string &key, Args args, Args results, bool quiet) {
  auto &repeat = s.repeats[key];
  repeat.usable = quiet;
  std::unordered_set<const void *> storages;
  for (const auto &arg : args)
    each_tensor(arg, [&](const at::Tensor &t) { storages.insert(storage_key(t)); });
  for (const auto &value : results) {
    if (!repeat.usable)
      return;
    repeat.usable = false;
    // A result that is an argument or a view of one is not made again.
    if (!value.isTensor() || !value.toTensor().defined() || !storages.insert(storage_key(value.toTensor())).second)
      return;
    auto result = described(value.toTensor());
    if (!result || !is_like(make(*result), value.toTensor()))
      return;
    repeat.results.push_back(std::move(*result));
    repeat.usable = true;
  }
}

} // namespace tx
