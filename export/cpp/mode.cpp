// The modes of a thread: gradients, inference, autocast, TorchScript's optimizer.
#include "wire.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

using namespace tx;

extern "C" int tx_grad_mode(int enabled) {
  const bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(enabled != 0);
  return before;
}

extern "C" int tx_script_optimize(int enabled) {
  const bool before = torch::jit::getGraphExecutorOptimize();
  torch::jit::setGraphExecutorOptimize(enabled != 0);
  return before;
}

extern "C" void tx_modes_get(tx_modes *modes) {
  try {
    modes->gradients = at::GradMode::is_enabled();
    modes->autocast = at::autocast::is_autocast_enabled(at::kCUDA);
    modes->autocast_cpu = at::autocast::is_autocast_enabled(at::kCPU);
    // There is no other way to ask.
    modes->nesting = at::autocast::increment_nesting() - 1;
    at::autocast::decrement_nesting();
  } catch (...) {
  }
}

extern "C" void tx_modes_set(const tx_modes *modes) {
  try {
    at::GradMode::set_enabled(modes->gradients != 0);
    at::autocast::set_autocast_enabled(at::kCUDA, modes->autocast != 0);
    at::autocast::set_autocast_enabled(at::kCPU, modes->autocast_cpu != 0);
    int nesting = at::autocast::increment_nesting();
    do
      nesting = at::autocast::decrement_nesting();
    while (nesting > modes->nesting);
    if (nesting == 0)
      at::autocast::clear_cache();
  } catch (...) {
  }
}

extern "C" int tx_inference_enter(void **guard, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    *guard = new c10::InferenceMode();
    return TX_OK;
  });
}

extern "C" void tx_inference_leave(void *guard) { delete static_cast<c10::InferenceMode *>(guard); }

// As `torch.autocast`: the innermost region alone keeps the casts of parameters until its end.
extern "C" int tx_autocast_enter(int device, const tx_autocast *set, tx_autocast *before, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const auto type = static_cast<at::DeviceType>(device);
    before->enabled = at::autocast::is_autocast_enabled(type);
    before->dtype = static_cast<int>(at::autocast::get_autocast_dtype(type));
    before->cache = at::autocast::is_autocast_cache_enabled();
    at::autocast::set_autocast_enabled(type, set->enabled != 0);
    at::autocast::set_autocast_dtype(type, static_cast<at::ScalarType>(set->dtype));
    at::autocast::set_autocast_cache_enabled(set->cache != 0);
    at::autocast::increment_nesting();
    return TX_OK;
  });
}

extern "C" void tx_autocast_leave(int device, const tx_autocast *before) {
  const auto type = static_cast<at::DeviceType>(device);
  if (at::autocast::decrement_nesting() == 0)
    at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(type, before->enabled != 0);
  at::autocast::set_autocast_dtype(type, static_cast<at::ScalarType>(before->dtype));
  at::autocast::set_autocast_cache_enabled(before->cache != 0);
}
