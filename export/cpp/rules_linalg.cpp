// Rules of linear algebra.
#include "rules.h"

#include <ATen/ExpandUtils.h>

namespace tx {

namespace {


void check_square(const at::Tensor &x) {
  check(x.dim() >= 2 && x.size(-1) == x.size(-2), "expected square matrices");
}

Values columns(Args a) {
  const auto &x = tensor(a[0]);
  check(x.dim() >= 2, "expected matrices");
  return {column_major(x.sizes().vec(), x.scalar_type(), x.device())};
}
Values square_columns(Args a) {
  check_square(tensor(a[0]));
  return columns(a);
}

Values eigenvalues(Args a) {
  const auto &x = tensor(a[0]);
  check_square(x);
  auto sizes = x.sizes().vec();
  sizes.pop_back();
  return {fake_empty(sizes, c10::toComplexType(x.scalar_type()), x.device())};
}
Values eigen(Args a) {
  const auto &x = tensor(a[0]);
  auto results = eigenvalues(a);
  results.push_back(column_major(x.sizes().vec(), c10::toComplexType(x.scalar_type()), x.device()));
  return results;
}

Values matrix_exp(Args a) {
  check_square(tensor(a[0]));
  return {contiguous_like(tensor(a[0]))};
}

Values geqrf(Args a) {
  const auto &x = tensor(a[0]);
  check(x.dim() >= 2, "geqrf: expected matrices");
  auto tau = x.sizes().vec();
  tau.pop_back();
  tau.back() = std::min(x.size(-1), x.size(-2));
  return {column_major(x.sizes().vec(), x.scalar_type(), x.device()), contiguous_like(x, tau)};
}

Values householder(Args a) {
  check(tensor(a[0]).dim() >= 2 && tensor(a[0]).size(-2) >= tensor(a[0]).size(-1),
        "householder_product: a matrix has more columns than rows");
  return columns(a);
}

Values ormqr(Args a) {
  const auto &other = tensor(a[2]);
  check(other.dim() >= 2, "ormqr: expected matrices");
  return {column_major(other.sizes().vec(), other.scalar_type(), other.device())};
}

// A, B, upper, left, unitriangular
Values solve_triangular(Args a) {
  const auto &A = tensor(a[0]), &B = tensor(a[1]);
  const bool left = a[3].toBool();
  check_square(A);
  check(B.dim() >= 2 && A.size(-1) == (left ? B.size(-2) : B.size(-1)), "solve_triangular: incompatible matrices");
  auto sizes = at::infer_size(A.sizes().slice(0, A.dim() - 2), B.sizes().slice(0, B.dim() - 2));
  sizes.insert(sizes.end(), {B.size(-2), B.size(-1)});
  return {column_major(sizes, A.scalar_type(), A.device())};
}

Values dot(Args a) {
  const auto &x = tensor(a[0]), &y = tensor(a[1]);
  check(x.dim() == 1 && y.dim() == 1 && x.numel() == y.numel() && x.scalar_type() == y.scalar_type(),
        "dot: expected two vectors of one size and dtype");
  return {contiguous_like(x, {})};
}

Values addbmm(Args a) {
  const auto &input = tensor(a[0]), &x = tensor(a[1]), &y = tensor(a[2]);
  check(x.dim() == 3 && y.dim() == 3 && x.size(0) == y.size(0) && x.size(2) == y.size(1),
        "addbmm: the matrices do not fit");
  check(at::is_expandable_to(input.sizes(), {x.size(1), y.size(2)}), "addbmm: the input does not fit");
  return {contiguous_like(x, {x.size(1), y.size(2)})};
}

Values int_mm(Args a) {
  const auto &x = tensor(a[0]), &y = tensor(a[1]);
  check(x.dim() == 2 && y.dim() == 2 && x.size(1) == y.size(0), "_int_mm: the matrices do not fit");
  return {fake_empty({x.size(0), y.size(1)}, at::kInt, x.device())};
}

Values cdist(Args a) {
  const auto &x = tensor(a[0]), &y = tensor(a[1]);
  check(x.dim() >= 2 && y.dim() >= 2 && x.size(-1) == y.size(-1), "cdist: the vectors have different sizes");
  auto sizes = at::infer_size(x.sizes().slice(0, x.dim() - 2), y.sizes().slice(0, y.dim() - 2));
  sizes.insert(sizes.end(), {x.size(-2), y.size(-2)});
  return {contiguous_like(x, sizes)};
}

Values pdist(Args a) {
  const auto n = tensor(a[0]).size(0);
  return {contiguous_like(tensor(a[0]), {n <= 1 ? 0 : n * (n - 1) / 2})};
}

Values linear_combination(Args a) {
  auto sizes = tensor(a[0]).sizes().vec();
  sizes[0] = tensor(a[1]).size(0);
  return {contiguous_like(tensor(a[0]), sizes)};
}


} // namespace

at::ArrayRef<RuleRow> linalg_rules() {
  static const char *out = "it writes into tensors that the caller gives; call the op that returns new tensors";
  static const std::vector<RuleRow> rows{
      {"cholesky", square_columns},
      {"cholesky_inverse", square_columns},
      {"_cholesky_solve_helper", columns},
      {"linalg_eig", eigen},
      {"_linalg_eigvals", eigenvalues},
      {"linalg_matrix_exp", matrix_exp},
      {"geqrf", geqrf},
      {"geqrf.a", nullptr, out},
      {"linalg_householder_product", householder},
      {"ormqr", ormqr},
      {"linalg_solve_triangular", solve_triangular},
      {"dot", dot},
      {"vdot", dot},
      {"addbmm", addbmm},
      {"_int_mm", int_mm},
      {"_cdist_forward", cdist},
      {"_pdist_forward", pdist},
      {"_compute_linear_combination", linear_combination},
      {"_linalg_check_errors", nothing},
  };
  return rows;
}

} // namespace tx
