// What a session holds: the log of a recording, and its compact form with which fake runs are compared.
#pragma once

#include "fake.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/util/DimVector.h>

#include <unordered_map>
#include <unordered_set>

namespace tx {

using WeakTensor = c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;

// A tensor and its storage by their addresses; weak references keep these from being used again.
struct Held {
  explicit Held(const at::Tensor &t)
      : impl(t.unsafeGetTensorImpl()), weak(t.getIntrusivePtr()),
        storage(t.has_storage() ? t.storage().unsafeGetStorageImpl() : nullptr) {
    if (storage)
      weak_storage = t.storage().getWeakStorageImpl();
  }
  c10::TensorImpl *impl;
  WeakTensor weak;
  const void *storage;
  std::optional<c10::weak_intrusive_ptr<c10::StorageImpl>> weak_storage;
};

// What a number of the compact form is. `argument` is the place of an argument in the schema, `tensor` that of a result
// among the tensors of its call.
enum class NumberKind : int32_t {
  Int,       // argument, position in its list
  Float,     // argument, position in its list; the bits of a double
  Constant,  // lifted constant: an int
  FloatConstant,  // lifted constant: the bits of a double
  Size,      // tensor, dimension
  Stride,    // tensor, dimension
  Offset,    // tensor
  Read,      // a value that left the graph: a bool or an int
  FloatRead, // a value that left the graph: the bits of a double
};

struct NumberPlace {
  int32_t call;
  NumberKind kind;
  int32_t item;
  int32_t at;
};

// A number that depends on the content of tensors: what a read gave, or how many elements an op selected.
enum class DataKind : int64_t { Int, Float, Bool, Count, Other };

struct DataNumber {
  int64_t call;
  DataKind kind;
  int64_t value;
};

// The name of a value: a declared tensor, a lifted constant, or a result (call, index among its tensors).
enum class ValueKind : int64_t { Known, Lifted, Output };

struct ValueName {
  ValueKind kind;
  int64_t a;
  int64_t b;
};

struct CompactCall {
  c10::OperatorHandle op;
  bool failed = false;
  // Its number among the calls that succeeded.
  int32_t number = 0;
  // Parts of `Compact::forms`: the arguments and the results without numbers and identities.
  uint32_t form = 0, form_end = 0, result_end = 0;
  // Part of `Compact::uses`.
  uint32_t use = 0, use_end = 0;
  // How many numbers and values there were before it.
  size_t numbers = 0, values = 0;
};

// A run without names of ops and descriptions: what two runs on one path have in common, and the numbers in it.
struct Compact {
  std::vector<CompactCall> calls;
  std::string forms;
  // The tensors that calls use: values from 0, tensors that no op made as -1, -2, ...
  std::vector<int64_t> uses;
  std::vector<int64_t> numbers;
  std::vector<NumberPlace> places;
  std::vector<DataNumber> data;
  std::vector<ValueName> values;
  int32_t succeeded = 0;
};

enum class StopKind : uint8_t {
  None,
  Path,      // another op than the reference, or one more
  Arguments, // another argument that is not a number, another list length, another tensor
  Results,   // another number of results, another rank or dtype
  Failed,    // an op failed
  Read,      // data of a tensor is read
  NoRule,    // an op whose results cannot be computed without data
  Constant,  // a constant with other content
  Foreign,   // another tensor that no op made
  State,     // a change of the model that cannot be undone
};

struct Stop {
  StopKind kind = StopKind::None;
  std::optional<c10::OperatorHandle> op;
  // For `Path`: the op of the reference. Empty: the reference has no further op.
  std::optional<c10::OperatorHandle> expected;
  // The argument, the constant or the foreign tensor; -1 if there is none.
  int64_t index = -1;
  std::string text;
};

// A real tensor as it was before fake runs: what they can change of it apart from its data.
struct AutogradState;
struct Snapshot {
  explicit Snapshot(const at::Tensor &t);
  void restore() const;
  Held held;
  // Null if autograd knows nothing of the tensor.
  std::shared_ptr<const AutogradState> state;
};

// What a call that may be repeated returned.
struct Repeat {
  struct Result {
    // The tensor among the arguments on whose memory it is; -1: it has memory of its own. `same`: it is that tensor.
    int64_t of = -1;
    bool same = false;
    c10::DimVector sizes, strides;
    int64_t offset = 0;
    at::ScalarType dtype = at::kFloat;
    c10::Device device = c10::kCPU;
    c10::DispatchKeySet keys;
  };
  bool usable = false;
  std::vector<Result> results;
};

} // namespace tx

struct tx_session {
  // --- the recording
  tx::Writer log;
  // Whether the log holds the call stack of each op.
  bool frames = false;
  // Whether a number that an op takes as a tensor is logged as the number that it is.
  bool numbers = false;
  // Whether this is a recording of tensors without data, which ends where data is asked for.
  bool without_data = false;
  // The declared tensors as they were before such a recording.
  std::vector<tx::Snapshot> snapshots;
  // Whether an op ran in a backward pass of the forward.
  bool gradients = false;
  // Numbers start at 1. Weak references keep the addresses from being used again, and unlike strong ones do not change
  // what libtorch does: its factories reuse a tensor that has no other owner.
  std::unordered_map<const void *, uint64_t> tensors;
  std::unordered_map<const void *, uint64_t> storages;
  std::vector<tx::WeakTensor> held_tensors;
  std::vector<c10::weak_intrusive_ptr<c10::StorageImpl>> held_storages;
  // Storages filled from Rust data after the op that made them, which no op has used yet.
  std::unordered_set<const void *> unread;
  std::vector<at::Tensor> lifted;
  // The bytes of results since free memory was last given back to the system.
  size_t made_bytes = 0;

  // --- the compact form
  tx::Compact compact;
  bool started = false;
  // The tensor that each value is. In a recording also the newest value of a tensor, and the values on a storage.
  std::vector<tx::Held> values;
  std::unordered_map<const void *, int64_t> value_of;
  std::unordered_map<const void *, std::vector<int64_t>> values_on;
  // Tensors that no op made and nobody declared.
  std::vector<tx::Held> foreign;
  // Twins without data of real tensors, for the fake runs that are compared with this session.
  std::unordered_map<const void *, std::pair<tx::Snapshot, at::Tensor>> twins;

  // --- a fake run
  tx_session *reference = nullptr;
  tx::Stop stop;
  // Runs ops on real tensors as they are, such as those that hold Rust data.
  bool pass = false;
  // Whether an op is at work; data that is asked for outside of one is read by the forward.
  int depth = 0;
  // The next event of the reference.
  size_t next = 0;
  std::vector<int64_t> data;
  size_t next_data = 0;
  std::string form;
  // For a loose run (loose.cpp): the run in which the sizes are equal that ops need to be equal, the values that the
  // arguments of this call are, the places of its integers among the numbers (-1: none), and the calls that got other sizes.
  const tx_session *equal = nullptr;
  std::vector<int64_t> loose_uses, loose_integers, loosened;
  // The calls of this run by what their results follow from (repeat.cpp).
  std::unordered_map<std::string, tx::Repeat> repeats;
  std::string repeat_key;
  // How often an op has written to a real tensor.
  size_t writes = 0;
  // Storages of real tensors made in this run, and those whose content a fake op has replaced.
  std::unordered_map<const void *, c10::Storage> made;
  std::unordered_map<const void *, c10::Storage> unreal;

  bool fake() const { return reference != nullptr; }
  // Whether tensors of this run hold no data.
  bool unreal_run() const { return fake() || without_data; }
};

namespace tx {

// The session of this thread.
tx_session *current_session();

// Numbers a tensor as a value that was declared before the run.
void declare(tx_session &s, const at::Tensor &t);

// The compact form of a recorded call: before it runs, for each argument, and after it.
void note_call(tx_session &s, const c10::OperatorHandle &op);
void note_argument(tx_session &s, size_t index, const c10::IValue &value);
void note_results(tx_session &s, at::ArrayRef<c10::IValue> results);
void note_failure(tx_session &s);
// What a read returned; how many elements an op selected.
void note_read(tx_session &s, const c10::IValue &value);
void note_count(tx_session &s, int64_t count);
// Runs an op on real tensors whose results have as many elements as the data say, and notes or skips these numbers.
void call_counting(tx_session &s, const c10::OperatorHandle &op, torch::jit::Stack *stack);
// Lifts a constant made from Rust data as the next value.
void lift_constant(tx_session &s, const at::Tensor &t);
// Whether a tensor of a fake run is this value of the reference. `op` uses it; it is null after the run.
bool is_value(tx_session &s, const at::Tensor &t, int64_t expected, const c10::OperatorHandle *op);
// A call of a fake run: compares it with the reference, runs it and notes its numbers.
void fake_call(tx_session &s, const c10::OperatorHandle &op, torch::jit::Stack *stack);

// For an op that failed in a loose run: its arguments with equal sizes where these are equal in the equal run. Empty if
// that changes nothing.
std::optional<std::vector<c10::IValue>> made_equal(const tx_session &s, Args args);

// Runs an op of a recording of tensors without data.
void run_without_data(tx_session &s, const c10::OperatorHandle &op, torch::jit::Stack *stack);

// Undoes what a run without data did to real tensors.
void restore(tx_session &s);

// Registers the fallbacks, once per process.
void register_fallbacks();
void register_fake();

void write_frames(Writer &out);

bool is_filled_from_rust(const c10::FunctionSchema &schema, at::ArrayRef<c10::IValue> args);
bool is_scalar_from_rust(tx_session &s, const c10::FunctionSchema &schema, at::ArrayRef<c10::IValue> args);

} // namespace tx
