// Rules of ops whose results have as many elements as the data say. The caller of a fake run gives these numbers.
#include "rules.h"

#include <c10/util/strides.h>

#include <ATen/ExpandUtils.h>
#include <ATen/ops/index.h>

namespace tx {

namespace {


int64_t count() {
  const auto n = next_data("the number of elements depends on data");
  check(n >= 0, "a negative number of elements");
  return n;
}

Values nonzero(Args a) {
  const auto &x = tensor(a[0]);
  const auto n = count();
  // The kernel writes coordinates in columns.
  return {fake_strided({n, x.dim()}, {1, n}, at::kLong, x.device())};
}
Values nonzero_static(Args a) {
  const auto &x = tensor(a[0]);
  check(a[1].toInt() >= 0, "nonzero_static: size must not be negative");
  return {fake_empty({a[1].toInt(), x.dim()}, at::kLong, x.device())};
}

Values masked_select(Args a) {
  const auto &x = tensor(a[0]), &mask = tensor(a[1]);
  check(mask.scalar_type() == at::kBool, "masked_select: expected a mask of bools");
  pointwise({x, mask}, x.scalar_type());
  return {contiguous_like(x, {count()})};
}

Values bincount(Args a) {
  const auto &x = tensor(a[0]);
  check(x.dim() == 1, "bincount: expected a vector");
  const auto weights = a[1].isTensor() ? tensor(a[1]) : at::Tensor();
  const auto dtype = !weights.defined() ? at::kLong : weights.scalar_type() == at::kFloat ? at::kFloat : at::kDouble;
  return {fake_empty({count()}, dtype, x.device())};
}

bool is_mask(const at::Tensor &t) { return t.scalar_type() == at::kBool || t.scalar_type() == at::kByte; }

using Indices = c10::List<std::optional<at::Tensor>>;

// The indices with a list of coordinates in place of each mask.
Indices without_masks(const at::Tensor &x, const c10::IValue &given) {
  Indices indices;
  for (const auto &item : given.toListRef()) {
    const auto t = item.isTensor() ? item.toTensor() : at::Tensor();
    if (!t.defined()) {
      indices.push_back(std::nullopt);
      continue;
    }
    if (!is_mask(t)) {
      indices.push_back(t);
      continue;
    }
    const auto first = static_cast<int64_t>(indices.size());
    for (int64_t i = 0; i < t.dim(); ++i)
      check(first + i < x.dim() && t.size(i) == x.size(first + i), "index: a mask does not fit the tensor");
    const auto n = count();
    for (int64_t i = 0; i < t.dim(); ++i)
      indices.push_back(fake_empty({n}, at::kLong, x.device()));
  }
  return indices;
}

// self, indices
Values index(Args a) {
  const auto &x = tensor(a[0]);
  const auto indices = without_masks(x, a[1]);
  return {on_meta([&] { return at::index(x, indices); })};
}

// self, indices, values: the values that a mask selects are as many as the data say, so they are not checked.
Values index_put(Args a) {
  const auto &x = tensor(a[0]);
  bool masks = false;
  each_tensor(a[1], [&](const at::Tensor &t) { masks = masks || is_mask(t); });
  if (!masks) {
    const auto indices = without_masks(x, a[1]);
    const auto selected = on_meta([&] { return at::index(x, indices); });
    check(at::is_expandable_to(tensor(a[2]).sizes(), selected.sizes()), "index_put: the values do not fit the indices");
  }
  check(tensor(a[2]).scalar_type() == x.scalar_type(), "index_put: the values have another dtype");
  return {a[0]};
}

// The elements that differ, where each element of the input is among them, and how often each is there.
Values unique_of(const at::Tensor &x, bool inverse, bool counts, const Ints &inverse_sizes) {
  const auto n = count();
  return {contiguous_like(x, {n}), fake_empty(inverse ? inverse_sizes : Ints{0}, at::kLong, x.device()),
          fake_empty({counts ? n : 0}, at::kLong, x.device())};
}
// self, sorted, return_inverse
Values unique(Args a) {
  const auto &x = tensor(a[0]);
  auto results = unique_of(x, a[2].toBool(), false, x.sizes().vec());
  results.pop_back();
  return results;
}
// self, sorted, return_inverse, return_counts
Values unique2(Args a) {
  const auto &x = tensor(a[0]);
  return unique_of(x, a[2].toBool(), a[3].toBool(), x.sizes().vec());
}
// self, return_inverse, return_counts, dim
Values unique_consecutive(Args a) {
  const auto &x = tensor(a[0]);
  check(a[3].isNone(), "unique_consecutive along a dimension has no form without data");
  return unique_of(x, a[1].toBool(), a[2].toBool(), x.sizes().vec());
}
// self, dim
Values unique_dim(Args a) {
  const auto &x = tensor(a[0]);
  const auto dim = wrapped(a[1].toInt(), x.dim());
  auto sizes = x.sizes().vec();
  const auto before = sizes[dim];
  sizes[dim] = count();
  // The kernel moves the dimension to the front and back.
  auto front = sizes;
  front.erase(front.begin() + dim);
  front.insert(front.begin(), sizes[dim]);
  auto strides = c10::contiguous_strides(front);
  const auto step = strides.front();
  strides.erase(strides.begin());
  strides.insert(strides.begin() + dim, step);
  return {fake_strided(sizes, strides, x.scalar_type(), x.device()), fake_empty({before}, at::kLong, x.device()),
          fake_empty({sizes[dim]}, at::kLong, x.device())};
}

// repeats, output_size
Values repeat_interleave(Args a) {
  const auto &repeats = tensor(a[0]);
  check(repeats.dim() == 1, "repeat_interleave: repeats must be a vector");
  return {fake_empty({a[1].isNone() ? count() : a[1].toInt()}, repeats.scalar_type(), repeats.device())};
}

} // namespace

at::ArrayRef<RuleRow> data_rules() {
  static const std::vector<RuleRow> rows{
      {"nonzero", nonzero},
      {"nonzero_static", nonzero_static},
      {"masked_select", masked_select},
      {"bincount", bincount},
      {"index.Tensor", index},
      {"_unsafe_index.Tensor", index},
      {"_index_put_impl_", index_put},
      {"_unique", unique},
      {"_unique2", unique2},
      {"unique_consecutive", unique_consecutive},
      {"unique_dim", unique_dim},
      {"unique_dim_consecutive", nullptr, "the number of its results depends on data; use `unique_dim`"},
      {"repeat_interleave.Tensor", repeat_interleave},
      {"segment_reduce", nullptr, "it reads the lengths of the segments"},
  };
  return rows;
}

} // namespace tx
