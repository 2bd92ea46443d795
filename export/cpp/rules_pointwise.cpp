// Rules of ops that compute each element alone, of losses and of random numbers.
#include "rules.h"

#include <ATen/ExpandUtils.h>
#include <ATen/ScalarOps.h>
#include <ATen/ops/add.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/sub.h>

namespace tx {

namespace {


Values same_kind(Args a) { return {pointwise({tensor(a[0])}, tensor(a[0]).scalar_type())}; }
Values itself(Args a) { return {a[0]}; }
Values contiguous(Args a) { return {contiguous_like(tensor(a[0]))}; }
Values dense(Args a) { return {dense_like(tensor(a[0]))}; }

at::Tensor other_of(const c10::IValue &v) {
  return v.isTensor() ? v.toTensor() : at::native::wrapped_scalar_tensor(v.toScalar());
}

// Two operands in their common dtype.
Values binary(Args a) {
  const auto x = other_of(a[0]);
  if (!a[1].isTensor())
    return {on_meta([&] { return at::add(x, a[1].toScalar()); })};
  return {pointwise({x, tensor(a[1])}, promoted(x, tensor(a[1])))};
}

Values relu(Args a) {
  check(tensor(a[0]).scalar_type() != at::kBool, "Boolean inputs not supported for relu");
  return same_kind(a);
}

Values not_complex_float(Args a) { return {pointwise({tensor(a[0])}, floating(tensor(a[0]).scalar_type()))}; }

Values angle(Args a) {
  const auto &x = tensor(a[0]);
  if (c10::isComplexType(x.scalar_type()))
    return {fake_empty(x.sizes(), c10::toRealValueType(x.scalar_type()), x.device())};
  return {pointwise({x}, floating(x.scalar_type()))};
}

Values absolute(Args a) {
  const auto &x = tensor(a[0]);
  if (c10::isComplexType(x.scalar_type()))
    return {dense_like(x, c10::toRealValueType(x.scalar_type()))};
  return same_kind(a);
}

Values truth(Args a) { return {pointwise({tensor(a[0])}, at::kBool)}; }

Values logical(Args a) { return {pointwise({tensor(a[0]), tensor(a[1])}, at::kBool)}; }

Values complex(Args a) {
  check(tensor(a[0]).scalar_type() == tensor(a[1]).scalar_type(), "complex: the parts have different dtypes");
  return {pointwise({tensor(a[0]), tensor(a[1])}, c10::toComplexType(tensor(a[0]).scalar_type()))};
}

Values where(Args a) {
  const auto &x = tensor(a[1]), &y = tensor(a[2]);
  const auto dtype = promoted(x, y);
  return {pointwise({tensor(a[0]), x, y}, dtype)};
}

Values rsub(Args a) {
  return {on_meta([&] { return at::sub(tensor(a[1]), tensor(a[0]), a[2].toScalar()); })};
}

Values remainder_of_scalar(Args a) {
  const auto x = at::native::wrapped_scalar_tensor(a[0].toScalar());
  return {pointwise({x, tensor(a[1])}, promoted(x, tensor(a[1])))};
}

Values prelu(Args a) {
  check(tensor(a[0]).scalar_type() == tensor(a[1]).scalar_type(), "prelu: the dtypes differ");
  check(at::is_expandable_to(tensor(a[1]).sizes(), tensor(a[0]).sizes()), "prelu: the weight does not fit");
  return dense(a);
}

constexpr int64_t NO_REDUCTION = 0;

// A loss: for each element, or one number.
at::Tensor loss(const at::Tensor &each, int64_t reduction) {
  return reduction == NO_REDUCTION ? each : contiguous_like(each, {});
}

Values huber_loss(Args a) {
  const auto &x = tensor(a[0]), &y = tensor(a[1]);
  const auto dtype = promoted(x, y);
  const auto each = pointwise({x, y}, dtype);
  return {loss(each.sizes() == x.sizes() ? dense_like(x, dtype) : each, a[2].toInt())};
}

Values binary_cross_entropy(Args a) {
  check(tensor(a[0]).sizes() == tensor(a[1]).sizes(), "binary_cross_entropy: input and target have different sizes");
  return {loss(dense_like(tensor(a[0])), a[3].toInt())};
}

Values nll_loss2d(Args a) {
  const auto &x = tensor(a[0]), &target = tensor(a[1]);
  check(x.dim() == 4 && target.dim() == 3 && x.size(0) == target.size(0) && x.size(2) == target.size(1) &&
            x.size(3) == target.size(2),
        "nll_loss2d: input and target have different sizes");
  const auto sizes = a[3].toInt() == NO_REDUCTION ? target.sizes().vec() : Ints{};
  return {contiguous_like(x, sizes), contiguous_like(x, {})};
}

Values multi_margin_loss(Args a) {
  const auto &x = tensor(a[0]), &target = tensor(a[1]);
  const bool each = a[5].toInt() == NO_REDUCTION && target.dim() > 0;
  return {contiguous_like(x, each ? Ints{x.dim() <= 1 ? 1 : x.size(0)} : Ints{})};
}

Values multilabel_margin_loss(Args a) {
  const auto &x = tensor(a[0]), &target = tensor(a[1]);
  const bool each = a[2].toInt() == NO_REDUCTION && target.dim() > 1;
  check(target.sizes() == x.sizes() || x.dim() == 0 || target.dim() == 0, "multilabel_margin_loss: sizes differ");
  return {contiguous_like(x, each ? Ints{x.size(0)} : Ints{}), contiguous_like(x, target.sizes().vec())};
}

Values log_sigmoid(Args a) {
  return {contiguous_like(tensor(a[0])), contiguous_like(tensor(a[0]))};
}

Values rrelu(Args a) { return {contiguous_like(tensor(a[0]))}; }

Values native_dropout(Args a) {
  const auto &x = tensor(a[0]);
  const auto mask = dense_like(x, at::kBool);
  const bool drops = (a[2].isNone() || a[2].toBool()) && a[1].toDouble() != 0;
  return {drops ? pointwise({x, mask}, x.scalar_type()) : dense_like(x), mask};
}

Values copy(Args a) {
  check(at::is_expandable_to(tensor(a[1]).sizes(), tensor(a[0]).sizes()), "copy_: the sizes differ");
  return {a[0]};
}

Values multinomial(Args a) {
  auto sizes = tensor(a[0]).sizes().vec();
  check(!sizes.empty() && sizes.size() <= 2, "multinomial: prob_dist must be 1 or 2 dim");
  check(a[1].toInt() > 0, "multinomial: cannot sample n_sample <= 0 samples");
  check(a[2].toBool() || a[1].toInt() <= sizes.back(),
        "multinomial: cannot sample n_sample > prob_dist.size(-1) samples without replacement");
  sizes.back() = a[1].toInt();
  return {fake_empty(sizes, at::kLong)};
}

Values gamma_grad(Args a) { return {contiguous_like(tensor(a[0]))}; }

Values token(Args a) { return {dense_like(tensor(a[2]))}; }

} // namespace

at::ArrayRef<RuleRow> pointwise_rules() {
  static const std::vector<RuleRow> rows{
      {"relu", relu},
      {"relu_", itself},
      {"hardswish", same_kind},
      {"hardswish_", itself},
      {"hardtanh", dense},
      {"hardtanh_", itself},
      {"logit", not_complex_float},
      {"logit_", itself},
      {"angle", angle},
      {"abs", absolute},
      {"isnan", truth},
      {"logical_not", truth},
      {"logical_and", logical},
      {"logical_or", logical},
      {"logical_xor", logical},
      {"nan_to_num", dense},
      {"complex", complex},
      {"polar", complex},
      {"__lshift__.Scalar", binary},
      {"__lshift__.Tensor", binary},
      {"__rshift__.Scalar", binary},
      {"__rshift__.Tensor", binary},
      {"_add_relu.Scalar", binary},
      {"_add_relu.Tensor", binary},
      {"floor_divide", binary},
      {"rsub.Tensor", rsub},
      {"remainder.Scalar_Tensor", remainder_of_scalar},
      {"_prelu_kernel", prelu},
      {"where.self", where},
      {"copy_", copy},
      {"_logcumsumexp", contiguous},
      {"_masked_softmax", dense},
      {"log_sigmoid_forward", log_sigmoid},
      {"rrelu_with_noise", rrelu},
      {"rrelu_with_noise_", itself},
      {"native_dropout", native_dropout},
      {"binary_cross_entropy", binary_cross_entropy},
      {"huber_loss", huber_loss},
      {"nll_loss2d_forward", nll_loss2d},
      {"multi_margin_loss", multi_margin_loss},
      {"multilabel_margin_loss_forward", multilabel_margin_loss},
      {"multinomial", multinomial},
      {"poisson", contiguous},
      {"binomial", contiguous},
      {"_standard_gamma", contiguous},
      {"_standard_gamma_grad", gamma_grad},
      {"_dirichlet_grad", gamma_grad},
      {"_sample_dirichlet", contiguous},
      {"_assert_async", nothing},
      {"_assert_async.msg", nothing},
      {"_functional_assert_async.msg", token},
      {"glu_jvp", nullptr, "it is a forward-mode derivative"},
  };
  return rows;
}

} // namespace tx
