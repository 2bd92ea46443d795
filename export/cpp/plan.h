// A program as prepared calls: ops are looked up and their constant arguments are made once, before the first call.
//
// A plan does not change once it is made, so threads share it. Each call has a frame of its own: registers with tensors and
// numbers. Rust decides which calls run, and computes numbers between them (`run/plan`).
#pragma once

#include "wire.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

// A number of a program as in Rust (`RawNumber`).
struct tx_number {
  enum Kind : int64_t { Int, Float, Bool };
  int64_t kind;
  int64_t bits;

  bool is_float() const { return kind == Float; }
  bool is_true() const { return is_float() ? as_float() != 0 : bits != 0; }
  double as_float() const {
    double v;
    std::memcpy(&v, &bits, sizeof v);
    return is_float() ? v : static_cast<double>(bits);
  }
};

// The registers of a call. The first ones hold the tensors of the program's state; a call leaves them there.
struct tx_frame {
  std::vector<at::Tensor> tensors;
  std::vector<tx_number> numbers;
  torch::jit::Stack stack;
};

namespace tx {

// In place of a register: a missing tensor.
constexpr uint64_t NOTHING = std::numeric_limits<uint64_t>::max();

enum class From : uint8_t {
  Default, // the schema's default
  Value,   // a value that is in the program
  Tensor,  // a register
  Tensors, // registers
  Number,  // a number of the frame
  Numbers, // a list of numbers, some of which are in the frame
};

struct Entry {
  bool computed;
  // The place in the frame, or the bits of the number.
  int64_t value;
};

// Where an argument comes from.
struct Operand {
  From from = From::Default;
  const c10::Argument *argument = nullptr;
  // The type without its `?`.
  c10::TypeKind kind = c10::TypeKind::NoneType;
  c10::TypeKind element = c10::TypeKind::NoneType;
  bool optional = false;
  // Default and Value, and what a typed call makes of them.
  c10::IValue value;
  at::Tensor tensor;
  std::vector<int64_t> ints;
  std::vector<double> floats;
  at::Scalar scalar;
  // Tensor and Number have one, Tensors several.
  std::vector<uint64_t> places;
  std::vector<Entry> entries;

  bool fixed() const { return from == From::Default || from == From::Value; }
};

enum class To : uint8_t { Nowhere, Tensor, Number, Tensors };

// Where a result goes.
struct Result {
  To to = To::Nowhere;
  std::vector<uint64_t> places;
};

struct Call;
using Run = void (*)(const Call &, tx_frame &);

struct Call {
  explicit Call(c10::OperatorHandle o) : op(std::move(o)) {}
  c10::OperatorHandle op;
  std::vector<Operand> operands;
  std::vector<Result> results;
  // Registers that no later call uses.
  std::vector<uint64_t> drops;
  Run run = nullptr;
};

// A call through the boxed interface, which every op has.
void run_boxed(const Call &call, tx_frame &frame);

// A call of the op's C++ function without boxes, if it has one of the signatures that are frequent in programs.
Run typed_call(const Call &call);

tx_number number_of(const c10::IValue &value);

// A number as an int. Throws for a float, which an input of another type can give.
int64_t int_of(const Operand &o, const tx_number &n);

} // namespace tx

struct tx_plan {
  std::vector<tx::Call> calls;
  size_t registers = 0;
  size_t numbers = 0;
};
