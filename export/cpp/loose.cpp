// Loose runs: fake runs at sizes that all differ, in which an op that needs two of them to be equal gets equal ones.
//
// A run at such sizes would end at the first op that needs an equality. A loose run goes on, so one run tells for every
// integer which size it comes from. Which sizes stand for each other is known from a run in which they are equal.
#include "run.h"

#include <algorithm>
#include <numeric>

namespace tx {

namespace {

// The sizes that a call uses: as they are in the equal run, and in this one.
struct Equal {
  std::unordered_map<int64_t, int64_t> first;
  bool differ = false;
  void add(int64_t equal, int64_t own) {
    const auto [at, fresh] = first.try_emplace(equal, own);
    differ = differ || (!fresh && at->second != own);
  }
};

// Calls `see` with the sizes of each tensor that is not real, and with each integer, and their counterparts in the equal
// run. False if a counterpart is not known.
template <class Tensors, class Integers>
bool each_number(const tx_session &s, Args args, const Tensors &tensors, const Integers &integers) {
  const auto &equal = *s.equal;
  size_t use = 0, integer = 0;
  bool known = true;
  const std::function<void(const c10::IValue &)> walk = [&](const c10::IValue &v) {
    if (v.isTensor()) {
      const auto &t = v.toTensor();
      if (!t.defined())
        return;
      const auto value = use < s.loose_uses.size() ? s.loose_uses[use++] : -1;
      if (!is_fake(t))
        return;
      if (value < 0 || static_cast<size_t>(value) >= equal.values.size())
        known = false;
      else if (const auto sizes = equal.values[value].impl->sizes(); sizes.size() != static_cast<size_t>(t.dim()))
        known = false;
      else
        tensors(sizes, t);
    } else if (v.isInt()) {
      const auto at = integer < s.loose_integers.size() ? s.loose_integers[integer++] : -1;
      if (at < 0)
        return;
      if (static_cast<size_t>(at) < equal.compact.numbers.size())
        integers(equal.compact.numbers[at], v.toInt());
      else
        known = false;
    } else if (v.isList()) {
      for (const auto &item : v.toListRef())
        walk(item);
    }
  };
  for (const auto &arg : args)
    walk(arg);
  return known && use == s.loose_uses.size() && integer == s.loose_integers.size();
}

// A tensor like `t` of other sizes: dense in the order of its dimensions, and expanded where it is.
at::Tensor resized(const at::Tensor &t, at::IntArrayRef sizes) {
  std::vector<size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto old = t.strides();
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return old[a] > old[b]; });
  std::vector<int64_t> strides(sizes.size());
  int64_t inside = 1;
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    strides[*dim] = old[*dim] == 0 ? 0 : inside;
    if (old[*dim] != 0)
      inside *= std::max<int64_t>(sizes[*dim], 1);
  }
  auto made = fake_strided(sizes, strides, t.scalar_type(), t.device());
  auto *impl = made.unsafeGetTensorImpl();
  impl->_set_conj(t.is_conj());
  impl->_set_neg(t.is_neg());
  if (t.unsafeGetTensorImpl()->is_wrapped_number())
    impl->set_wrapped_number(true);
  return made;
}

} // namespace

std::optional<std::vector<c10::IValue>> made_equal(const tx_session &s, Args args) {
  Equal equal;
  const auto add = [&](int64_t of, int64_t own) { equal.add(of, own); };
  const bool known = each_number(
      s, args,
      [&](at::IntArrayRef sizes, const at::Tensor &t) {
        for (size_t i = 0; i < sizes.size(); ++i)
          add(sizes[i], t.sizes()[i]);
      },
      add);
  if (!known || !equal.differ)
    return std::nullopt;
  // What takes the place of each tensor and integer, in the order of the walk.
  std::vector<at::Tensor> tensors;
  std::vector<int64_t> integers;
  each_number(
      s, args,
      [&](at::IntArrayRef sizes, const at::Tensor &t) {
        std::vector<int64_t> own;
        for (const auto size : sizes)
          own.push_back(equal.first.at(size));
        tensors.push_back(t.sizes() == at::IntArrayRef(own) ? t : resized(t, own));
      },
      [&](int64_t of, int64_t) { integers.push_back(equal.first.at(of)); });
  size_t tensor = 0, integer = 0, number = 0;
  const auto next_tensor = [&](const at::Tensor &t) { return is_fake(t) ? tensors.at(tensor++) : t; };
  const auto next_integer = [&](int64_t n) {
    const bool given = number < s.loose_integers.size() && s.loose_integers[number] >= 0;
    ++number;
    return given ? integers.at(integer++) : n;
  };
  std::vector<c10::IValue> out;
  for (const auto &arg : args) {
    if (arg.isTensor() && arg.toTensor().defined()) {
      out.emplace_back(next_tensor(arg.toTensor()));
    } else if (arg.isInt()) {
      out.emplace_back(next_integer(arg.toInt()));
    } else if (arg.isIntList()) {
      c10::List<int64_t> list;
      for (const int64_t n : arg.toIntList())
        list.push_back(next_integer(n));
      out.emplace_back(std::move(list));
    } else if (arg.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor &t : arg.toTensorList())
        list.push_back(t.defined() ? next_tensor(t) : t);
      out.emplace_back(std::move(list));
    } else if (arg.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> list;
      for (const auto &e : arg.toListRef()) {
        const bool present = e.isTensor() && e.toTensor().defined();
        list.push_back(present ? std::optional<at::Tensor>(next_tensor(e.toTensor())) : std::nullopt);
      }
      out.emplace_back(std::move(list));
    } else {
      bool numbers = false;
      if (arg.isList())
        for (const auto &e : arg.toListRef())
          numbers = numbers || e.isInt() || e.isTensor();
      if (numbers)
        return std::nullopt;
      out.push_back(arg);
    }
  }
  return out;
}

} // namespace tx
