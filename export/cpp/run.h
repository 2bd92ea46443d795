// How ops run in a fake run: what the comparison and the fallback share.
#pragma once

#include "session.h"

namespace tx {

// How an op runs on tensors without data.
enum class Way : uint8_t {
  Meta,      // libtorch's meta kernel
  Rule,      // a rule of ours
  Composite, // its kernel calls other ops, which come back here
  Read,      // returns the content of a tensor
  Refused,   // cannot run, for a reason that is known
  Missing,   // cannot run: neither a meta kernel nor a rule
};

struct OpInfo {
  Way way = Way::Missing;
  Rule rule = nullptr;
  const char *refusal = nullptr;
  // The rule stands for the whole op: what it decomposes to depends on data or takes a step for each element.
  bool whole = false;
  // The rule is that of the op without `out`: so many arguments at the end are the results.
  size_t outs = 0;
  // It is made of other ops, and has no kernel of its own.
  bool decomposes = false;
  bool view = false;
  bool mutates = false;
  bool reads = false;
  // How many elements its results have depends on data.
  bool counts = false;
  // Gives a tensor the memory of another one, below the dispatcher.
  bool replaces_data = false;
  int device = -1;
  // The arguments that it writes to although the schema does not say so, if this flag is set (-1: always).
  std::vector<size_t> unsaid;
  int unsaid_flag = -1;
  // For each argument: whether an int in it is a number (and not a dtype, layout or memory format).
  std::vector<bool> numbers;
};

// Whether a call writes to an argument.
bool writes_to(const c10::OperatorHandle &op, const OpInfo &info, Args args, size_t index);

const OpInfo &info_of(const c10::OperatorHandle &op);
std::string full_name(const c10::OperatorHandle &op);

// A fake tensor, or a real one whose content a fake op has replaced.
bool is_unreal(const at::Tensor &t);

// Runs the rule of an op on twins of its real tensors.
void run_rule(const c10::OperatorHandle &op, const OpInfo &info, torch::jit::Stack *stack);

// Whether a call of an op may get the results of an earlier call that it repeats.
bool may_repeat(const tx_session &s, const OpInfo &info);
// What the results of a call without data follow from. False for a call whose results do not follow from that.
bool repeat_key(std::string &key, const c10::OperatorHandle &op, std::string_view form, at::ArrayRef<int64_t> numbers,
                Args args);
// Puts the results of the call that this one repeats in place of its arguments, if there is such a call.
bool repeat(tx_session &s, const std::string &key, size_t arguments, torch::jit::Stack *stack);
// Remembers a call. `quiet`: it did nothing but return its results.
void note_repeat(tx_session &s, const std::string &key, Args args, Args results, bool quiet);

// Ops run as they are while it lives.
struct PassThrough {
  explicit PassThrough(tx_session &s) : session(s), before(s.pass) { s.pass = true; }
  ~PassThrough() { session.pass = before; }
  tx_session &session;
  bool before;
};

// An op is at work while it lives.
struct InOp {
  explicit InOp(tx_session &s) : session(s) { ++s.depth; }
  ~InOp() { --session.depth; }
  tx_session &session;
};

// Ends the fake run of this thread, for good: it counts as stopped also if the forward goes on.
[[noreturn]] void stop(Stop why);
// Ends the forward of a run that has stopped already.
[[noreturn]] void throw_stopped(const tx_session &s);
[[noreturn]] void stop_by_name(const c10::OperatorHandle &op, StopKind kind, std::string text);

// libtorch calls this when somebody asks a storage without data for its data.
void data_asked(c10::StorageImpl *storage);

// The tensor without data that stands for a real one, made once for all runs against a reference.
at::Tensor twin_of(const at::Tensor &t);
c10::IValue with_twins(const c10::IValue &v);
// From now on in this run, the content of a real tensor is not what the forward computed.
void mark_unreal(tx_session &s, const c10::OperatorHandle &op, const at::Tensor &t);

} // namespace tx
