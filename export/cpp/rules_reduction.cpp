// Rules of reductions, sorts and searches.
#include "rules.h"

#include <ATen/ops/sum.h>

namespace tx {

namespace {


at::ScalarType real(at::ScalarType dtype) {
  return c10::isComplexType(dtype) ? c10::toRealValueType(dtype) : dtype;
}

// One element of the same dtype.
Values whole(Args a) {
  check(tensor(a[0]).numel() > 0, "the op expects a tensor that is not empty");
  return {contiguous_like(tensor(a[0]), {})};
}
Values whole_or_empty(Args a) { return {contiguous_like(tensor(a[0]), {})}; }

// dim, correction, keepdim
Values variance(Args a) {
  const auto &x = tensor(a[0]);
  check(c10::isFloatingType(x.scalar_type()) || c10::isComplexType(x.scalar_type()),
        "std and var only support floating point and complex dtypes");
  return {fake_empty(reduced(x, a[1], a[3].toBool()), real(x.scalar_type()), x.device())};
}
Values variance_mean(Args a) {
  auto results = variance(a);
  const auto &x = tensor(a[0]);
  results.push_back(contiguous_like(x, reduced(x, a[1], a[3].toBool())));
  return results;
}

at::ScalarType sum_dtype(const at::Tensor &x, const c10::IValue &given) {
  if (!given.isNone())
    return given.toScalarType();
  return c10::isIntegralType(x.scalar_type(), true) ? at::kLong : x.scalar_type();
}

Values nansum(Args a) {
  const auto &x = tensor(a[0]);
  return {fake_empty(reduced(x, a[1], a[2].toBool()), sum_dtype(x, a[3]), x.device())};
}

Values prod(Args a) {
  const auto &x = tensor(a[0]);
  return {fake_empty({}, sum_dtype(x, a[1]), x.device())};
}

Values trace(Args a) {
  const auto &x = tensor(a[0]);
  check(x.dim() == 2, "trace: expected a matrix");
  return {fake_empty({}, sum_dtype(x, c10::IValue()), x.device())};
}

Values count_nonzero(Args a) {
  const auto &x = tensor(a[0]);
  return {fake_empty(reduced(x, a[1], false), at::kLong, x.device())};
}

Values extremes(Args a) {
  const auto &x = tensor(a[0]);
  return {contiguous_like(x, {}), contiguous_like(x, {})};
}
// dim, keepdim
Values extremes_along(Args a) {
  const auto &x = tensor(a[0]);
  const auto sizes = reduced(x, a[1], a[2].toBool());
  return {contiguous_like(x, sizes), contiguous_like(x, sizes)};
}

Values picked(const at::Tensor &x, const c10::IValue &dim, bool keepdim) {
  const auto at = wrapped(dim.toInt(), x.dim());
  check(x.dim() == 0 || x.size(at) > 0, "the op expects the reduced dimension to have a size that is not zero");
  const auto sizes = x.dim() == 0 ? Ints{} : reduced(x, dim, keepdim);
  return {contiguous_like(x, sizes), fake_empty(sizes, at::kLong, x.device())};
}
Values picked_along(Args a) { return picked(tensor(a[0]), a[1], a[2].toBool()); }
Values kth(Args a) {
  const auto &x = tensor(a[0]);
  const auto k = a[1].toInt();
  check(k >= 1 && k <= (x.dim() == 0 ? 1 : x.size(wrapped(a[2].toInt(), x.dim()))),
        "kthvalue: selected number k out of range for the dimension");
  return picked(x, a[2], a[3].toBool());
}

Values scan_helper(Args) { return {}; }

// values, boundaries, out_int32
Values bucketize(Args a) { return {fake_empty(tensor(a[0]).sizes(), a[2].toBool() ? at::kInt : at::kLong)}; }
Values bucketize_scalar(Args a) { return {fake_empty({}, a[2].toBool() ? at::kInt : at::kLong)}; }
// sorted sequence, values, out_int32
Values searchsorted(Args a) {
  const auto &sorted = tensor(a[0]), &x = tensor(a[1]);
  bool fits = sorted.dim() == 1 || sorted.dim() == x.dim();
  for (int64_t i = 0; fits && sorted.dim() > 1 && i + 1 < x.dim(); ++i)
    fits = sorted.size(i) == x.size(i);
  check(fits, "searchsorted: the sequence and the values have different sizes");
  return {fake_empty(x.sizes(), a[2].toBool() ? at::kInt : at::kLong)};
}
Values searchsorted_scalar(Args a) {
  check(tensor(a[0]).dim() == 1, "searchsorted: a number needs a sequence of one dimension");
  return {fake_empty({}, a[2].toBool() ? at::kInt : at::kLong)};
}

Values histc(Args a) {
  check(a[1].toInt() > 0, "histc: bins must be > 0");
  return {contiguous_like(tensor(a[0]), {a[1].toInt()})};
}
Values histogram_count(Args a) {
  check(a[1].toInt() > 0, "histogram: bins must be > 0");
  return {contiguous_like(tensor(a[0]), {a[1].toInt()}), contiguous_like(tensor(a[0]), {a[1].toInt() + 1})};
}
Values histogram_edges(Args a) {
  const auto &edges = tensor(a[1]);
  check(edges.dim() == 1 && edges.numel() > 1, "histogram: bins must be a sequence of edges");
  return {contiguous_like(tensor(a[0]), {edges.numel() - 1}), contiguous_like(edges)};
}

} // namespace

at::ArrayRef<RuleRow> reduction_rules() {
  static const char *out = "it writes into tensors that the caller gives; call the op that returns new tensors";
  static const std::vector<RuleRow> rows{
      {"max", whole},
      {"min", whole},
      {"median", whole_or_empty},
      {"nanmedian", whole_or_empty},
      {"median.dim", picked_along},
      {"nanmedian.dim", picked_along},
      {"median.dim_values", nullptr, out},
      {"nanmedian.dim_values", nullptr, out},
      {"mode", picked_along},
      {"kthvalue", kth},
      {"kthvalue.values", nullptr, out},
      {"var.correction", variance},
      {"std.correction", variance},
      {"var_mean.correction", variance_mean},
      {"std_mean.correction", variance_mean},
      {"nansum", nansum},
      {"prod", prod},
      {"trace", trace},
      {"count_nonzero.dim_IntList", count_nonzero},
      {"_aminmax", extremes},
      {"_aminmax.dim", extremes_along},
      {"_cummax_helper", scan_helper},
      {"_cummin_helper", scan_helper},
      {"bucketize.Tensor", bucketize},
      {"bucketize.Scalar", bucketize_scalar},
      {"searchsorted.Tensor", searchsorted},
      {"searchsorted.Scalar", searchsorted_scalar},
      {"histc", histc},
      {"histogram.bin_ct", histogram_count},
      {"histogram.bins_tensor", histogram_edges},
  };
  return rows;
}

} // namespace tx
