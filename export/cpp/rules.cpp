// What the tables of rules share: strides as libtorch chooses them.
#include "rules.h"

#include <c10/util/strides.h>

#include <ATen/ExpandUtils.h>
#include <ATen/TensorIterator.h>
#include <ATen/WrapDimUtils.h>
#include <ATen/native/TypeProperties.h>
#include <ATen/ops/empty.h>

namespace tx {

at::Tensor pointwise(at::ArrayRef<at::Tensor> inputs, at::ScalarType dtype) {
  return on_meta([&] {
    at::TensorIteratorConfig config;
    config.set_check_mem_overlap(false).check_all_same_dtype(false).check_all_same_device(false);
    config.declare_static_dtype_and_device(dtype, c10::kMeta);
    config.add_owned_output(at::Tensor());
    for (const auto &input : inputs)
      config.add_owned_const_input(input);
    auto iterator = config.build();
    return at::Tensor(iterator.output(0));
  });
}

at::ScalarType promoted(const at::Tensor &a, const at::Tensor &b) {
  at::native::ResultTypeState state;
  state = at::native::update_result_type_state(a, state);
  state = at::native::update_result_type_state(b, state);
  return at::native::result_type(state);
}

at::ScalarType floating(at::ScalarType dtype) {
  return c10::isIntegralType(dtype, true) ? c10::typeMetaToScalarType(c10::get_default_dtype()) : dtype;
}

at::Tensor dense_like(const at::Tensor &t, at::ScalarType dtype) {
  if (t.is_non_overlapping_and_dense())
    return fake_strided(t.sizes(), t.strides(), dtype, t.device());
  return fake_strided(t.sizes(), at::infer_dense_strides(t.sizes(), t.strides()), dtype, t.device());
}

at::Tensor in_format(const Ints &sizes, at::ScalarType dtype, at::MemoryFormat format, c10::Device device) {
  at::Tensor t;
  {
    const OnMeta guard;
    t = at::empty(sizes, at::TensorOptions().device(c10::kMeta).dtype(dtype), format);
  }
  transmute(t, device);
  return t;
}

at::Tensor column_major(const Ints &sizes, at::ScalarType dtype, c10::Device device) {
  auto turned = sizes;
  std::swap(turned[turned.size() - 1], turned[turned.size() - 2]);
  auto strides = c10::contiguous_strides(turned);
  std::swap(strides[strides.size() - 1], strides[strides.size() - 2]);
  return fake_strided(sizes, strides, dtype, device);
}

int64_t wrapped(int64_t dim, int64_t dims) { return at::maybe_wrap_dim(dim, dims); }

Ints reduced(const at::Tensor &t, const c10::IValue &dims, bool keepdim) {
  const auto n = t.dim();
  std::vector<bool> gone(static_cast<size_t>(n), false);
  Ints list;
  if (dims.isInt())
    list = {dims.toInt()};
  else if (!dims.isNone())
    list = dims.toIntVector();
  if (list.empty())
    gone.assign(gone.size(), true);
  for (const auto dim : list) {
    const auto at = wrapped(dim, n);
    if (n == 0)
      continue;
    check(!gone[at], "a dimension appears twice in the list of dimensions");
    gone[at] = true;
  }
  Ints sizes;
  for (int64_t i = 0; i < n; ++i)
    if (!gone[i])
      sizes.push_back(t.size(i));
    else if (keepdim)
      sizes.push_back(1);
  return sizes;
}

} // namespace tx
