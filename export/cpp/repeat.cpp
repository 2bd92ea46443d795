// Calls that repeat. A deep model makes the same calls in each layer. In a run without data, the types and sizes of a result
// follow from the types, sizes and numbers of the arguments, so a call that repeats an earlier one of the run gets results
// like those of the earlier one: on memory of their own, or on that of the same argument.
#include "run.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace tx {

namespace {

std::vector<at::Tensor> tensors_of(Args args) {
  std::vector<at::Tensor> tensors;
  for (const auto &arg : args)
    each_tensor(arg, [&](const at::Tensor &t) { tensors.push_back(t); });
  return tensors;
}

// A result as it was made, or nothing if it cannot be made again.
std::optional<Repeat::Result> described(const std::vector<at::Tensor> &arguments, const at::Tensor &t) {
  if (!is_fake(t) || t.layout() != at::kStrided || !t.has_storage() || t.requires_grad() ||
      t.unsafeGetTensorImpl()->is_wrapped_number())
    return std::nullopt;
  Repeat::Result result;
  result.sizes = c10::DimVector(t.sizes());
  result.strides = c10::DimVector(t.strides());
  result.offset = t.storage_offset();
  result.dtype = t.scalar_type();
  result.device = t.device();
  result.keys = t.key_set();
  for (size_t i = 0; i < arguments.size() && !result.same; ++i)
    if (storage_key(arguments[i]) == storage_key(t)) {
      result.of = static_cast<int64_t>(i);
      result.same = arguments[i].is_same(t);
      if (!is_fake(arguments[i]) || arguments[i].is_inference())
        return std::nullopt;
    }
  if (result.of < 0 && result.offset != 0)
    return std::nullopt;
  return result;
}

at::Tensor make(const std::vector<at::Tensor> &arguments, const Repeat::Result &result) {
  if (result.of < 0) {
    at::Tensor t(at::detail::empty_strided_meta(result.sizes, result.strides, result.dtype));
    transmute(t, result.device);
    return t;
  }
  const auto &base = arguments.at(static_cast<size_t>(result.of));
  if (result.same)
    return base;
  auto t = at::detail::make_tensor<c10::TensorImpl>(c10::TensorImpl::VIEW, c10::Storage(base.storage()), result.keys,
                                                    c10::scalarTypeToTypeMeta(result.dtype));
  auto *impl = t.unsafeGetTensorImpl();
  impl->set_storage_offset(result.offset);
  impl->set_sizes_and_strides(result.sizes, result.strides);
  impl->set_version_counter(base.unsafeGetTensorImpl()->version_counter());
  transmute(t, result.device);
  return t;
}

// Whether what is made again is of the same kind in everything that ops can ask for.
bool is_like(const at::Tensor &made, const at::Tensor &t) {
  return made.key_set() == t.key_set() && made.device() == t.device() && made.sizes() == t.sizes() &&
         made.strides() == t.strides() && made.storage_offset() == t.storage_offset() && made.dtype() == t.dtype();
}

} // namespace

bool may_repeat(const tx_session &s, const OpInfo &info) {
  // What autograd remembers of a call is not made again.
  return !s.equal && !info.mutates && !info.reads && !info.counts && !info.refusal &&
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
      // A view must fit into the memory of its tensor.
      put(t.has_storage() ? t.storage().unsafeGetStorageImpl()->nbytes() : 0);
    });
  return fake && known;
}

bool repeat(tx_session &s, const std::string &key, size_t arguments, torch::jit::Stack *stack) {
  const auto known = s.repeats.find(key);
  if (known == s.repeats.end() || !known->second.usable)
    return false;
  const auto &results = known->second.results;
  std::vector<at::Tensor> tensors;
  if (std::any_of(results.begin(), results.end(), [](const auto &result) { return result.of >= 0; }))
    tensors = tensors_of(Args(stack->data() + (stack->size() - arguments), arguments));
  torch::jit::drop(*stack, arguments);
  for (const auto &result : results)
    stack->push_back(make(tensors, result));
  return true;
}

void note_repeat(tx_session &s, const std::string &key, Args args, Args results, bool quiet) {
  auto &repeat = s.repeats[key];
  repeat.usable = quiet;
  const auto tensors = tensors_of(args);
  std::unordered_set<const void *> storages;
  for (const auto &value : results) {
    if (!repeat.usable)
      return;
    repeat.usable = false;
    // Results on memory that they share with each other are not made again.
    if (!value.isTensor() || !value.toTensor().defined() || !storages.insert(storage_key(value.toTensor())).second)
      return;
    auto result = described(tensors, value.toTensor());
    if (!result || !is_like(make(tensors, *result), value.toTensor()))
      return;
    repeat.results.push_back(std::move(*result));
    repeat.usable = true;
  }
}

} // namespace tx
