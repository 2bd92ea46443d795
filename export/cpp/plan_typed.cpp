// Calls of ops by their C++ functions. A boxed call puts every argument into an IValue and every list of ints into a list of
// IValues, which costs about as much as a small op. So ops that have one of the signatures below, which are those of nine in
// ten calls of programs, are called directly.
#include "plan.h"

#include <ATen/core/List.h>
#include <c10/core/SymIntArrayRef.h>
#include <c10/util/SmallVector.h>

namespace tx {

namespace typed {

using Kind = c10::TypeKind;

const at::Tensor &undefined() {
  static const at::Tensor none;
  return none;
}

// `In<T>` makes an argument of type T. `accepts` says whether it can, once and for all; the constructor runs in each call.
template <class T> struct In;

template <> struct In<const at::Tensor &> {
  static bool accepts(const Operand &o) {
    return o.kind == Kind::TensorType && !o.optional && (o.from == From::Tensor || (o.fixed() && o.tensor.defined()));
  }
  In(const Operand &o, tx_frame &f)
      : t(o.fixed() ? o.tensor : o.places[0] == NOTHING ? undefined() : f.tensors[o.places[0]]) {}
  const at::Tensor &get() { return t; }
  const at::Tensor &t;
};

template <> struct In<at::Tensor &> {
  static bool accepts(const Operand &o) {
    return o.kind == Kind::TensorType && !o.optional && o.from == From::Tensor && o.places[0] != NOTHING;
  }
  In(const Operand &o, tx_frame &f) : t(f.tensors[o.places[0]]) {}
  at::Tensor &get() { return t; }
  at::Tensor &t;
};

template <> struct In<const std::optional<at::Tensor> &> {
  static bool accepts(const Operand &o) {
    return o.kind == Kind::TensorType && o.optional && (o.from == From::Tensor || o.fixed());
  }
  In(const Operand &o, tx_frame &f) {
    if (o.fixed()) {
      if (o.tensor.defined())
        t = o.tensor;
    } else if (o.places[0] != NOTHING && f.tensors[o.places[0]].defined()) {
      t = f.tensors[o.places[0]];
    }
  }
  const std::optional<at::Tensor> &get() { return t; }
  std::optional<at::Tensor> t;
};

struct InTensors {
  static bool accepts(const Operand &o) {
    return o.kind == Kind::ListType && !o.optional && o.element == Kind::TensorType && o.from == From::Tensors;
  }
  InTensors(const Operand &o, tx_frame &f) {
    items.reserve(o.places.size());
    for (auto place : o.places)
      items.push_back(f.tensors[place]);
  }
  c10::SmallVector<at::Tensor, 8> items;
};

template <> struct In<at::TensorList> : InTensors {
  using InTensors::InTensors;
  at::TensorList get() { return items; }
};

template <> struct In<const at::ITensorListRef &> : InTensors {
  using InTensors::InTensors;
  const at::ITensorListRef &get() { return list.emplace(at::TensorList(items)); }
  std::optional<at::ITensorListRef> list;
};

template <> struct In<const c10::List<std::optional<at::Tensor>> &> {
  static bool accepts(const Operand &o) {
    return o.kind == Kind::ListType && !o.optional && o.element == Kind::OptionalType && o.from == From::Tensors;
  }
  In(const Operand &o, tx_frame &f) {
    list.reserve(o.places.size());
    for (auto place : o.places)
      list.push_back(place == NOTHING ? std::nullopt : std::optional<at::Tensor>(f.tensors[place]));
  }
  const c10::List<std::optional<at::Tensor>> &get() { return list; }
  c10::List<std::optional<at::Tensor>> list;
};

int64_t int_of(const Operand &o, const tx_frame &f) {
  return o.fixed() ? o.value.toInt() : tx::int_of(o, f.numbers[o.places[0]]);
}

struct InInt {
  static bool accepts(const Operand &o, Kind kind) {
    return !o.optional && o.kind == kind && (o.from == From::Number || (o.fixed() && o.value.isInt()));
  }
  InInt(const Operand &o, tx_frame &f) : v(int_of(o, f)) {}
  int64_t v;
};

template <> struct In<int64_t> : InInt {
  using InInt::InInt;
  static bool accepts(const Operand &o) { return InInt::accepts(o, Kind::IntType); }
  int64_t get() { return v; }
};

template <> struct In<c10::SymInt> : InInt {
  using InInt::InInt;
  static bool accepts(const Operand &o) { return InInt::accepts(o, Kind::SymIntType); }
  c10::SymInt get() { return c10::SymInt(v); }
};

struct InOptionalInt {
  static bool accepts(const Operand &o, Kind kind) {
    return o.optional && o.kind == kind &&
           (o.from == From::Number || (o.fixed() && (o.value.isInt() || o.value.isNone())));
  }
  InOptionalInt(const Operand &o, tx_frame &f) {
    if (!o.fixed() || !o.value.isNone())
      v = int_of(o, f);
  }
  std::optional<int64_t> v;
};

template <> struct In<std::optional<int64_t>> : InOptionalInt {
  using InOptionalInt::InOptionalInt;
  static bool accepts(const Operand &o) { return InOptionalInt::accepts(o, Kind::IntType); }
  std::optional<int64_t> get() { return v; }
};

template <> struct In<std::optional<c10::SymInt>> : InOptionalInt {
  using InOptionalInt::InOptionalInt;
  static bool accepts(const Operand &o) { return InOptionalInt::accepts(o, Kind::SymIntType); }
  std::optional<c10::SymInt> get() { return v ? std::optional<c10::SymInt>(*v) : std::nullopt; }
};

// A list of ints: constants stay where they are.
struct InInts {
  static bool accepts(const Operand &o, Kind element, bool optional) {
    return o.kind == Kind::ListType && o.optional == optional && o.element == element &&
           (o.from == From::Numbers || (o.fixed() && (o.value.isIntList() || (optional && o.value.isNone()))));
  }
  InInts(const Operand &o, const tx_frame &f)
      : missing(o.fixed() && o.value.isNone()), computed(o.from == From::Numbers), constant(o.ints) {
    items.reserve(o.entries.size());
    for (const auto &entry : o.entries)
      items.push_back(entry.computed ? tx::int_of(o, f.numbers[entry.value]) : entry.value);
  }
  // Not before the object is where it stays: a small list is inside of it.
  at::IntArrayRef ref() const { return computed ? at::IntArrayRef(items) : constant; }
  bool missing;
  bool computed;
  c10::SmallVector<int64_t, 8> items;
  at::IntArrayRef constant;
};

template <> struct In<at::IntArrayRef> : InInts {
  using InInts::InInts;
  static bool accepts(const Operand &o) { return InInts::accepts(o, Kind::IntType, false); }
  at::IntArrayRef get() { return ref(); }
};

template <> struct In<c10::SymIntArrayRef> : InInts {
  using InInts::InInts;
  static bool accepts(const Operand &o) { return InInts::accepts(o, Kind::SymIntType, false); }
  c10::SymIntArrayRef get() { return c10::fromIntArrayRefSlow(ref()); }
};

template <> struct In<at::OptionalIntArrayRef> : InInts {
  using InInts::InInts;
  static bool accepts(const Operand &o) { return InInts::accepts(o, Kind::IntType, true); }
  at::OptionalIntArrayRef get() { return missing ? at::OptionalIntArrayRef() : at::OptionalIntArrayRef(ref()); }
};

template <> struct In<at::OptionalSymIntArrayRef> : InInts {
  using InInts::InInts;
  static bool accepts(const Operand &o) { return InInts::accepts(o, Kind::SymIntType, true); }
  at::OptionalSymIntArrayRef get() {
    return missing ? at::OptionalSymIntArrayRef() : at::OptionalSymIntArrayRef(c10::fromIntArrayRefSlow(ref()));
  }
};

template <> struct In<std::optional<at::ArrayRef<double>>> {
  static bool accepts(const Operand &o) {
    return o.kind == Kind::ListType && o.optional && o.element == Kind::FloatType && o.fixed();
  }
  In(const Operand &o, tx_frame &) {
    if (!o.value.isNone())
      v = o.floats;
  }
  std::optional<at::ArrayRef<double>> get() { return v; }
  std::optional<at::ArrayRef<double>> v;
};

template <> struct In<const at::Scalar &> {
  static bool accepts(const Operand &o) {
    return o.kind == Kind::NumberType && !o.optional && (o.from == From::Number || (o.fixed() && o.value.isScalar()));
  }
  In(const Operand &o, const tx_frame &f) {
    if (o.fixed()) {
      v = o.scalar;
      return;
    }
    const auto &n = f.numbers[o.places[0]];
    if (n.is_float())
      v = n.as_float();
    else if (n.kind == tx_number::Bool)
      v = n.bits != 0;
    else
      v = n.bits;
  }
  const at::Scalar &get() { return v; }
  at::Scalar v;
};

template <> struct In<const std::optional<at::Scalar> &> {
  static bool accepts(const Operand &o) { return o.kind == Kind::NumberType && o.optional && o.fixed(); }
  In(const Operand &o, tx_frame &) {
    if (!o.value.isNone())
      v = o.scalar;
  }
  const std::optional<at::Scalar> &get() { return v; }
  std::optional<at::Scalar> v;
};

template <> struct In<double> {
  static bool accepts(const Operand &o) {
    return !o.optional && (o.kind == Kind::FloatType || o.kind == Kind::SymFloatType) &&
           (o.from == From::Number || (o.fixed() && o.value.isDouble()));
  }
  In(const Operand &o, const tx_frame &f) : v(o.fixed() ? o.value.toDouble() : f.numbers[o.places[0]].as_float()) {}
  double get() { return v; }
  double v;
};

template <> struct In<bool> {
  static bool accepts(const Operand &o) { return !o.optional && o.kind == Kind::BoolType && o.fixed() && o.value.isBool(); }
  In(const Operand &o, tx_frame &) : v(o.value.toBool()) {}
  bool get() { return v; }
  bool v;
};

template <> struct In<c10::string_view> {
  static bool accepts(const Operand &o) {
    return !o.optional && o.kind == Kind::StringType && o.fixed() && o.value.isString();
  }
  In(const Operand &o, tx_frame &) : v(o.value.toStringRef()) {}
  c10::string_view get() { return v; }
  c10::string_view v;
};

// A constant of a type that an IValue holds: `K` is the type in the schema.
template <class T, Kind K> struct InConstant {
  static bool accepts(const Operand &o) { return !o.optional && o.kind == K && o.fixed() && !o.value.isNone(); }
  InConstant(const Operand &o, tx_frame &) : v(o.value.to<T>()) {}
  T get() { return v; }
  T v;
};

template <class T, Kind K> struct InOptional {
  static bool accepts(const Operand &o) { return o.optional && o.kind == K && o.fixed(); }
  InOptional(const Operand &o, tx_frame &) {
    if (!o.value.isNone())
      v = o.value.to<T>();
  }
  std::optional<T> get() { return v; }
  std::optional<T> v;
};

#define TX_CONSTANT(T, K)                                                                                              \
  template <> struct In<T> : InConstant<T, K> {                                                                        \
    using InConstant<T, K>::InConstant;                                                                                \
  };
#define TX_OPTIONAL(T, K)                                                                                              \
  template <> struct In<std::optional<T>> : InOptional<T, K> {                                                         \
    using InOptional<T, K>::InOptional;                                                                                \
  };
TX_CONSTANT(at::ScalarType, Kind::ScalarTypeType)
TX_CONSTANT(at::MemoryFormat, Kind::MemoryFormatType)
TX_CONSTANT(at::Device, Kind::DeviceObjType)
TX_OPTIONAL(at::ScalarType, Kind::ScalarTypeType)
TX_OPTIONAL(at::MemoryFormat, Kind::MemoryFormatType)
TX_OPTIONAL(at::Layout, Kind::LayoutType)
TX_OPTIONAL(at::Device, Kind::DeviceObjType)
TX_OPTIONAL(bool, Kind::BoolType)
TX_OPTIONAL(double, Kind::FloatType)
#undef TX_CONSTANT
#undef TX_OPTIONAL

// `Out<T>` takes a result of type T.
template <class T> struct Out;

// Whether an op gives the argument that it writes to.
bool gives_argument(const Call &call) {
  const auto &returns = call.op.schema().returns();
  return returns.size() == 1 && returns[0].alias_info() && returns[0].alias_info()->isWrite();
}

bool gives_tensor(const Call &call) {
  const auto &r = call.results;
  return r.size() == 1 && (r[0].to == To::Tensor || r[0].to == To::Nowhere);
}

template <> struct Out<at::Tensor> {
  static bool accepts(const Call &call) { return gives_tensor(call) && !gives_argument(call); }
  static void store(const std::vector<Result> &r, at::Tensor &&t, tx_frame &f) {
    if (r[0].to == To::Tensor)
      f.tensors[r[0].places[0]] = std::move(t);
  }
};

template <> struct Out<at::Tensor &> {
  static bool accepts(const Call &call) { return gives_tensor(call) && gives_argument(call); }
  static void store(const std::vector<Result> &r, at::Tensor &t, tx_frame &f) {
    if (r[0].to == To::Tensor)
      f.tensors[r[0].places[0]] = t;
  }
};

template <> struct Out<std::vector<at::Tensor>> {
  static bool accepts(const Call &call) {
    const auto &r = call.results;
    return r.size() == 1 && (r[0].to == To::Tensors || r[0].to == To::Nowhere);
  }
  static void store(const std::vector<Result> &r, std::vector<at::Tensor> &&items, tx_frame &f) {
    const auto &places = r[0].places;
    if (items.size() < places.size())
      throw std::runtime_error("the op gives " + std::to_string(items.size()) + " tensors, and the program uses " +
                               std::to_string(places.size()));
    for (size_t i = 0; i < places.size(); ++i)
      if (places[i] != NOTHING)
        f.tensors[places[i]] = std::move(items[i]);
  }
};

template <class... T> struct Out<std::tuple<T...>> {
  static bool accepts(const Call &call) {
    const auto &r = call.results;
    const auto tensor = [](const Result &one) { return one.to == To::Tensor || one.to == To::Nowhere; };
    return r.size() == sizeof...(T) && std::all_of(r.begin(), r.end(), tensor);
  }
  static void store(const std::vector<Result> &r, std::tuple<T...> &&items, tx_frame &f) {
    store_each(r, std::move(items), f, std::index_sequence_for<T...>());
  }
  template <size_t... I>
  static void store_each(const std::vector<Result> &r, std::tuple<T...> &&items, tx_frame &f, std::index_sequence<I...>) {
    const auto one = [&](const Result &result, at::Tensor &&t) {
      if (result.to == To::Tensor)
        f.tensors[result.places[0]] = std::move(t);
    };
    (one(r[I], std::move(std::get<I>(items))), ...);
  }
};

template <> struct Out<c10::SymInt> {
  static bool accepts(const Call &call) { return call.results.size() == 1 && call.results[0].to == To::Number; }
  static void store(const std::vector<Result> &r, c10::SymInt &&v, tx_frame &f) {
    f.numbers[r[0].places[0]] = {tx_number::Int, v.guard_int(__FILE__, __LINE__)};
  }
};

template <class F> struct Typed;

template <class R, class... A> struct Typed<R(A...)> {
  using Indices = std::index_sequence_for<A...>;

  static bool fits(const Call &call) {
    return call.operands.size() == sizeof...(A) && Out<R>::accepts(call) && accepts(call, Indices());
  }
  template <size_t... I> static bool accepts(const Call &call, std::index_sequence<I...>) {
    return (In<A>::accepts(call.operands[I]) && ...);
  }
  static void run(const Call &call, tx_frame &frame) { run(call, frame, Indices()); }
  template <size_t... I> static void run(const Call &call, tx_frame &frame, std::index_sequence<I...>) {
    std::tuple<In<A>...> in{In<A>(call.operands[I], frame)...};
    Out<R>::store(call.results, call.op.typed<R(A...)>().call(std::get<I>(in).get()...), frame);
  }
};

using T = at::Tensor;
using Opt = std::optional<at::Tensor>;
using DType = std::optional<at::ScalarType>;
using Layout = std::optional<at::Layout>;
using Device = std::optional<at::Device>;
using Flag = std::optional<bool>;
using Format = std::optional<at::MemoryFormat>;
using Size = c10::SymInt;
using OptSize = std::optional<c10::SymInt>;
using Sizes = c10::SymIntArrayRef;
using OptSizes = at::OptionalSymIntArrayRef;
using Ints = at::IntArrayRef;
using OptInts = at::OptionalIntArrayRef;
using Factors = std::optional<at::ArrayRef<double>>;
using Indices = c10::List<std::optional<at::Tensor>>;
using Text = c10::string_view;
using Scalar = at::Scalar;

template <class... F> struct Signatures {
  static Run find(const Call &call) {
    Run found = nullptr;
    (one<F>(call, found) || ...);
    return found;
  }
  template <class S> static bool one(const Call &call, Run &found) {
    if (!Typed<S>::fits(call))
      return false;
    try {
      // libtorch knows the C++ type of each op, and throws if it is another one.
      call.op.typed<S>();
    } catch (const c10::Error &) {
      return false;
    }
    found = Typed<S>::run;
    return true;
  }
};

// Without a kernel of C++, libtorch does not know the type of an op and accepts every one. Ops of `aten` have kernels.
using Frequent = Signatures<
    T(const T &), T(const T &, const T &), T(const T &, const T &, const T &), T(const T &, const T &, const Scalar &),
    T(const T &, const Scalar &), T(const T &, const Scalar &, const Scalar &), T(const T &, int64_t),
    T(const T &, int64_t, int64_t), T(const T &, int64_t, int64_t, int64_t), T(const T &, int64_t, bool),
    T(const T &, int64_t, DType), T(const T &, int64_t, bool, DType), T(const T &, DType), T(const T &, double, bool),
    T(const T &, Text), T(const T &, Sizes), T(const T &, Sizes, bool), T(const T &, Ints),
    T(const T &, OptInts, bool), T(const T &, OptInts, bool, DType), T(const T &, int64_t, Size),
    T(const T &, int64_t, OptSize, OptSize, Size), T(const T &, int64_t, const T &),
    T(const T &, int64_t, const T &, const T &), T(const T &, int64_t, const T &, const Scalar &),
    T(const T &, const T &, const Opt &), T(const T &, const T &, bool),
    T(const T &, const T &, const T &, const Scalar &, const Scalar &), T(const T &, const T &, Size, bool, bool),
    T(const T &, Format), T(const T &, at::MemoryFormat), T(const T &, at::ScalarType, bool, bool, Format),
    T(const T &, DType, Layout, Device, Flag, bool, bool, Format),
    T(const T &, at::Device, at::ScalarType, bool, bool, Format), T(const T &, DType, Layout, Device, Flag, Format),
    T(const T &, Sizes, DType, Layout, Device, Flag), T(Sizes, DType, Layout, Device, Flag),
    T(Sizes, const Scalar &, DType, Layout, Device, Flag), T(const Scalar &, DType, Layout, Device, Flag),
    T(const Scalar &, const Scalar &, DType, Layout, Device, Flag),
    T(const Scalar &, const Scalar &, const Scalar &, DType, Layout, Device, Flag),
    T(const at::ITensorListRef &, int64_t), T(at::TensorList, int64_t), T(const T &, const Indices &),
    T(const T &, const T &, const Opt &, Sizes, Sizes, Sizes, Size),
    T(const T &, const T &, const Opt &, Sizes, Sizes, Sizes, Size, Sizes),
    T(const T &, const Opt &, const Opt &, const Opt &, const Opt &, bool, double, double, bool),
    T(const T &, Sizes, const Opt &, const Opt &, double, bool), T(const T &, Sizes, const Opt &, std::optional<double>),
    T(const T &, int64_t, const Opt &, const Opt &, double, bool),
    T(const T &, const T &, const T &, const Opt &, double, bool, std::optional<double>, bool),
    T(const T &, Ints, Ints, Ints, Ints, bool), T(const T &, Ints, Ints, Ints, bool, bool, std::optional<int64_t>),
    T(const T &, Sizes, Text, std::optional<double>), T(const T &, OptSizes, bool, Factors),
    T(const T &, OptSizes, Factors), T(const T &, std::optional<int64_t>, bool), T &(T &), T &(T &, const T &),
    T &(T &, const T &, const Scalar &), T &(T &, const Scalar &), T &(T &, const Scalar &, const Scalar &),
    T &(T &, const T &, bool), T &(T &, int64_t, const T &, const T &), std::vector<T>(const T &, int64_t, int64_t),
    std::vector<T>(const T &, Size, int64_t), std::vector<T>(const T &, Sizes, int64_t), std::vector<T>(const T &, int64_t),
    std::tuple<T, T>(const T &, int64_t, bool), std::tuple<T, T, T>(const T &, Sizes, const Opt &, const Opt &, double),
    Size(const T &, int64_t)>;

} // namespace typed

Run typed_call(const Call &call) {
  const auto &name = call.op.schema().name();
  return name.rfind("aten::", 0) == 0 ? typed::Frequent::find(call) : nullptr;
}

} // namespace tx
