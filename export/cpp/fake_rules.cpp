// Rules of ops that compute each element alone.
#include "fake.h"

#include <ATen/Functions.h>

namespace tx {

at::ArrayRef<RuleRow> pointwise_rules() {
  static const std::vector<RuleRow> rows{
      {"relu", [](Args a) { return std::vector<c10::IValue>{on_meta([&] { return at::clamp_min(a[0].toTensor(), 0); })}; }},
      {"relu_", [](Args a) { return std::vector<c10::IValue>{a[0]}; }},
  };
  return rows;
}
at::ArrayRef<RuleRow> reduction_rules() { return {}; }
at::ArrayRef<RuleRow> network_rules() { return {}; }
at::ArrayRef<RuleRow> shape_rules() { return {}; }
at::ArrayRef<RuleRow> linalg_rules() { return {}; }
at::ArrayRef<RuleRow> data_rules() { return {}; }

} // namespace tx
