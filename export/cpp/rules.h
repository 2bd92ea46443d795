// What the tables of rules share.
#pragma once

#include "fake.h"

#include <ATen/ops/empty_strided.h>

namespace tx {

using Values = std::vector<c10::IValue>;
using Ints = std::vector<int64_t>;

inline const at::Tensor &tensor(const c10::IValue &v) { return v.toTensor(); }
// The results of an op that returns nothing.
inline Values nothing(Args) { return {}; }

// The result of an op that computes each element alone: broadcast sizes, and the strides that TensorIterator chooses.
at::Tensor pointwise(at::ArrayRef<at::Tensor> inputs, at::ScalarType dtype);
// The dtype that tensors and numbers have together.
at::ScalarType promoted(const at::Tensor &a, const at::Tensor &b);
// The dtype for results that cannot be integers.
at::ScalarType floating(at::ScalarType dtype);

inline at::Tensor contiguous_like(const at::Tensor &t) { return fake_empty(t.sizes(), t.scalar_type(), t.device()); }
inline at::Tensor contiguous_like(const at::Tensor &t, const Ints &sizes) {
  return fake_empty(sizes, t.scalar_type(), t.device());
}
// `empty_like`: dense strides are kept, others become dense in the same order.
at::Tensor dense_like(const at::Tensor &t, at::ScalarType dtype);
inline at::Tensor dense_like(const at::Tensor &t) { return dense_like(t, t.scalar_type()); }
// Sizes in a memory format.
at::Tensor in_format(const Ints &sizes, at::ScalarType dtype, at::MemoryFormat format, c10::Device device = c10::kCPU);
// Matrices whose columns are contiguous, as LAPACK has them.
at::Tensor column_major(const Ints &sizes, at::ScalarType dtype, c10::Device device = c10::kCPU);

// The sizes after a reduction; `None` and an empty list reduce all dimensions.
Ints reduced(const at::Tensor &t, const c10::IValue &dims, bool keepdim);
int64_t wrapped(int64_t dim, int64_t dims);
inline void check(bool holds, const char *text) {
  if (!holds)
    refuse(text);
}

} // namespace tx
