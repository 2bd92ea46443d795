// Real tensors in a fake run: their twins without data, and how the run is undone.
#include "run.h"

#include <c10/core/StorageImpl.h>
#include <torch/csrc/autograd/variable.h>

namespace tx {

static at::Tensor make_twin(const at::Tensor &t) {
  if (t.layout() != at::kStrided || t.is_quantized())
    throw std::runtime_error("a tensor of layout " + c10::str(t.layout()) + " and element type " +
                             c10::toString(t.scalar_type()) + " has no form without data");
  auto twin = fake_strided(t.sizes(), t.strides(), t.scalar_type(), t.device());
  auto *impl = twin.unsafeGetTensorImpl();
  impl->set_storage_offset(t.storage_offset());
  if (t.unsafeGetTensorImpl()->is_wrapped_number())
    impl->set_wrapped_number(true);
  impl->_set_conj(t.is_conj());
  impl->_set_neg(t.is_neg());
  return twin;
}

at::Tensor twin_of(const at::Tensor &t) {
  const auto *s = current_session();
  if (!s || !s->fake())
    return make_twin(t);
  auto &twins = s->reference->twins;
  const auto known = twins.find(t.unsafeGetTensorImpl());
  if (known != twins.end()) {
    const auto &twin = known->second.second;
    if (twin.sizes() == t.sizes() && twin.strides() == t.strides() && twin.dtype() == t.dtype() &&
        known->second.first.held.storage == storage_key(t))
      return twin;
  }
  auto twin = make_twin(t);
  twins.insert_or_assign(t.unsafeGetTensorImpl(), std::pair(Snapshot(t), twin));
  return twin;
}

c10::IValue with_twins(const c10::IValue &v) {
  const auto swap = [](const at::Tensor &t) { return !t.defined() || is_fake(t) ? t : twin_of(t); };
  if (v.isTensor())
    return swap(v.toTensor());
  if (v.isTensorList()) {
    c10::List<at::Tensor> list;
    for (const at::Tensor &t : v.toTensorList())
      list.push_back(swap(t));
    return list;
  }
  if (v.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> list;
    for (const auto &e : v.toListRef()) {
      const bool present = e.isTensor() && e.toTensor().defined();
      list.push_back(present ? std::optional<at::Tensor>(swap(e.toTensor())) : std::nullopt);
    }
    return list;
  }
  return v;
}

struct AutogradState {
  bool requires_grad;
  at::Tensor grad;
  c10::intrusive_ptr<torch::autograd::Node> grad_fn;
  uint32_t output;
};

Snapshot::Snapshot(const at::Tensor &t) : held(t) {
  if (const auto *meta = torch::autograd::impl::get_autograd_meta(t))
    state = std::make_shared<AutogradState>(
        AutogradState{meta->requires_grad_, meta->grad_, meta->grad_fn_, meta->output_nr_});
}

void Snapshot::restore() const {
  auto *meta = static_cast<torch::autograd::AutogradMeta *>(held.weak.expired() ? nullptr : held.impl->autograd_meta());
  if (!meta)
    return;
  if (!state) {
    held.impl->set_autograd_meta(nullptr);
    return;
  }
  meta->requires_grad_ = state->requires_grad;
  if (!meta->grad_.is_same(state->grad))
    meta->grad_ = state->grad;
  if (meta->grad_fn_ != state->grad_fn) {
    meta->grad_fn_ = state->grad_fn;
    meta->output_nr_ = state->output;
  }
}

void restore(tx_session &s) {
  for (auto &[key, storage] : s.unreal) {
    auto *impl = storage.unsafeGetStorageImpl();
    impl->clear_materializer();
    impl->clear_data_ptr_access_error_msg_();
  }
  s.unreal.clear();
  for (const auto &snapshot : s.snapshots)
    snapshot.restore();
  if (!s.fake())
    return;
  auto &twins = s.reference->twins;
  for (auto twin = twins.begin(); twin != twins.end();) {
    // Constants of single runs come and go.
    if (twin->second.first.held.weak.expired()) {
      twin = twins.erase(twin);
    } else {
      twin->second.first.restore();
      ++twin;
    }
  }
}

void mark_unreal(tx_session &s, const c10::OperatorHandle &op, const at::Tensor &t) {
  ++s.writes;
  if (!t.has_storage())
    return stop_by_name(op, StopKind::State, "it writes to a tensor without a storage");
  const auto [at, fresh] = s.unreal.emplace(storage_key(t), t.storage());
  if (!fresh)
    return;
  auto *storage = t.storage().unsafeGetStorageImpl();
  if (storage->has_materializer()) {
    s.unreal.erase(at);
    return stop_by_name(op, StopKind::State, "it writes to a tensor whose memory is shared until it is written to");
  }
  // A read of it is a read of data.
  storage->set_materializer(&data_asked);
}

} // namespace tx
