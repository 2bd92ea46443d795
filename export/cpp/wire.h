// Values as tagged bytes: the only format in which arguments, results, defaults and logs pass between C++ and Rust
// (`dispatch/wire.rs` is the Rust side).
#pragma once

#include "shim.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tx {

enum class Tag : uint8_t {
  None,
  Tensor,
  Tensors,
  OptionalTensors,
  Int,
  Ints,
  Float,
  Floats,
  Bool,
  Bools,
  Str,
  Strs,
  DType,
  Layout,
  MemoryFormat,
  Device,
  Complex,
  // A value that cannot be represented (a generator, a custom object); its type follows as text.
  Foreign,
};

class Writer {
public:
  void u8(uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void u64(uint64_t v) { raw(&v, sizeof v); }
  void i64(int64_t v) { raw(&v, sizeof v); }
  void f64(double v) { raw(&v, sizeof v); }
  void tag(Tag t) { u8(static_cast<uint8_t>(t)); }
  void text(std::string_view v) {
    u64(v.size());
    raw(v.data(), v.size());
  }
  void ints(at::IntArrayRef v) {
    u64(v.size());
    raw(v.data(), v.size() * sizeof(int64_t));
  }
  void append(const Writer &other) { out_ += other.out_; }
  void clear() { out_.clear(); }
  const std::string &bytes() const { return out_; }

private:
  void raw(const void *p, size_t n) { out_.append(static_cast<const char *>(p), n); }
  std::string out_;
};

// Reads what Rust wrote; reading past the end throws.
class Reader {
public:
  Reader(const uint8_t *data, size_t len) : at_(data), end_(data + len) {}
  bool done() const { return at_ == end_; }
  uint8_t u8() { return *take(1); }
  uint64_t u64() { return number<uint64_t>(); }
  int64_t i64() { return number<int64_t>(); }
  double f64() { return number<double>(); }
  Tag tag() { return static_cast<Tag>(u8()); }
  std::string text();

private:
  const uint8_t *take(size_t n);
  template <typename T> T number() {
    T v;
    std::memcpy(&v, take(sizeof v), sizeof v);
    return v;
  }
  const uint8_t *at_;
  const uint8_t *end_;
};

// An argument that does not fit the schema.
struct BadArgument : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Writes a tensor: an index for a call, a full record for a log.
using TensorSink = std::function<void(Writer &, const at::Tensor &)>;

// Writes `value` as the schema type says: in an IValue a dtype is a plain number.
void write_value(Writer &out, const c10::IValue &value, const c10::TypePtr &type, const TensorSink &sink);

// Reads one value for a schema argument. Throws BadArgument.
c10::IValue read_value(Reader &in, const c10::Argument &argument, const std::vector<at::Tensor> &tensors);

// Storage number, dtype, layout, device, requires_grad, storage offset, sizes, strides (none for sparse layouts).
void write_description(Writer &out, const at::Tensor &tensor, uint64_t storage);

// Passes bytes to Rust.
void give(tx_bytes *out, std::string_view bytes);

// The message of the current exception, without torch's C++ backtrace.
std::string current_message();

// Runs `body` and turns exceptions into a status and a text.
template <typename F> int guarded(tx_bytes *error, F &&body) noexcept {
  try {
    return body();
  } catch (...) {
    give(error, current_message());
    return TX_TORCH;
  }
}

inline const at::Tensor &tensor_of(void *handle) { return *static_cast<const at::Tensor *>(handle); }

// The dispatch key of the recording; nothing else in torch uses it.
constexpr c10::DispatchKey RECORD_KEY = c10::DispatchKey::TESTING_ONLY_GenericMode;

// Whether an op returns the content of a tensor to Rust, where its use cannot be recorded.
bool reads_data(const c10::OperatorHandle &op);

} // namespace tx
