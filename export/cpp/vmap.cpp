// Regions of `torch.vmap`: between two marks of a program, tensors have a dimension that the ops do not see. What is done here
// is what `torch._C._functorch` does, which is not in libtorch.
#include "plan.h"

#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/DynamicLayer.h>
#include <c10/core/InferenceMode.h>

using namespace tx;
namespace functorch = at::functorch;

namespace {

// The tensor of a register, which is empty afterwards unless it is kept.
at::Tensor taken(tx_frame *frame, uint64_t place, int keep) {
  if (keep)
    return frame->tensors[place];
  return std::move(frame->tensors[place]);
}

} // namespace

// The keys of the region are kept by the thread, so it must not begin or end inside of an inference mode that ends earlier.
extern "C" int tx_vmap_enter(int64_t size, int randomness, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    functorch::initAndPushDynamicLayer(functorch::TransformType::Vmap, c10::SymInt(size),
                                       static_cast<functorch::RandomnessType>(randomness));
    return TX_OK;
  });
}

extern "C" int tx_vmap_leave(tx_bytes *error) {
  return guarded(error, [&]() -> int {
    functorch::popDynamicLayerAndDeleteMetadata();
    return TX_OK;
  });
}

extern "C" int tx_vmap_add(tx_frame *frame, uint64_t from, int keep, uint64_t to, int64_t dim, int64_t level,
                           int inference, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    std::optional<c10::InferenceMode> mode;
    if (inference)
      mode.emplace();
    const auto tensor = taken(frame, from, keep);
    TORCH_CHECK(tensor.defined(), "a missing tensor has no dimensions");
    frame->tensors[to] = functorch::addBatchDim(tensor, at::maybe_wrap_dim(dim, tensor.dim()), level);
    return TX_OK;
  });
}

extern "C" int tx_vmap_remove(tx_frame *frame, uint64_t from, int keep, uint64_t to, int64_t level, int64_t size,
                              int64_t dim, int inference, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    std::optional<c10::InferenceMode> mode;
    if (inference)
      mode.emplace();
    const auto tensor = taken(frame, from, keep);
    TORCH_CHECK(tensor.defined(), "a missing tensor has no dimensions");
    const auto at = at::maybe_wrap_dim(dim, tensor.dim() + 1);
    const auto *batched = functorch::maybeGetBatchedImpl(tensor);
    if (batched && batched->level() >= level) {
      frame->tensors[to] = batched->value().movedim(batched->bdim(), at);
      return TX_OK;
    }
    // It does not depend on the inputs of the region, so it is the same for all of them.
    auto sizes = tensor.sizes().vec();
    sizes.insert(sizes.begin() + at, size);
    frame->tensors[to] = tensor.expand(sizes);
    return TX_OK;
  });
}
