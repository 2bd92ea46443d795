// What Rust needs from libtorch beyond `tch`: op schemas, boxed calls, recording, storages.
//
// A flat C interface. No C++ type and no C++ exception crosses it. A tensor is an `at::Tensor*`, the same pointer that
// `tch` holds as `C_tensor*`. A function that can fail returns a status; when it is not TX_OK, the text of the error
// is in the `tx_bytes` argument. Buffers and arrays handed out are freed with `tx_bytes_free` and `tx_tensors_free`.
// Values travel as tagged bytes (wire.h), numbers in native byte order: both ends are one process.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tx_status {
  TX_OK = 0,
  TX_NO_SUCH_OP = 1,
  // The text starts with the index of the argument (8 bytes); the rest is what was expected.
  TX_BAD_ARGUMENT = 2,
  TX_TORCH = 3,
};

typedef struct {
  uint8_t *data;
  size_t len;
} tx_bytes;

typedef struct {
  void **items;
  size_t len;
} tx_tensors;

typedef struct tx_session tx_session;

void tx_bytes_free(tx_bytes bytes);
// Frees the array only; the tensors in it belong to the caller.
void tx_tensors_free(tx_tensors tensors);

// Arguments and returns of an op, defaults included.
int tx_schema(const char *name, const char *overload, tx_bytes *out);
// `args` are values in schema order, tensors in them are indices into `tensors`; missing ones take their default.
int tx_call(const char *name, const char *overload, const uint8_t *args, size_t args_len, void *const *tensors,
            size_t tensors_len, tx_bytes *out, tx_tensors *out_tensors);

// A session numbers tensors and storages and keeps the log of the ops that reached the dispatcher on one thread.
// With `frames`, each op in the log has the return addresses of its call stack, innermost first. With `numbers`, a number that
// an op takes as a tensor is logged as the number that it is. A session `without_data` records tensors that have none; the declared
// real ones are afterwards as they were.
int tx_session_new(int frames, int numbers, int without_data, tx_session **session, tx_bytes *error);
// Whether a recording without data asked for some, or failed in another way, even if the forward went on.
int tx_session_stopped(const tx_session *session);
// Whether some result of a recording still lives that was not there before.
int tx_session_keeps(const tx_session *session);
// How often tensors without data were asked for it on threads without a session.
uint64_t tx_asked_elsewhere(void);
void tx_session_free(tx_session *session);
// Starts logging on this thread; fails when a session is already active on it.
int tx_session_start(tx_session *session, tx_bytes *error);
// Stops logging on this thread.
void tx_session_stop(void);
// Passes a tensor to the session as if it were an op's argument, and writes its record to `out`.
int tx_session_see(tx_session *session, void *tensor, tx_bytes *out);
// Writes the log to `out` and empties it.
int tx_session_take_log(tx_session *session, tx_bytes *out);
// How many tensors were lifted.
uint64_t tx_session_lifted_count(const tx_session *session);
// Whether ops ran in a backward pass.
int tx_session_gradients(const tx_session *session);
// A new tensor with the content that a lifted tensor had at its first use.
int tx_session_lifted(tx_session *session, uint64_t index, void **tensor, tx_bytes *error);

// A tensor without data: dtype, device, conj and neg bits, requires_grad of `like`. `strides` may be null: contiguous.
int tx_fake_tensor(void *like, const int64_t *sizes, const int64_t *strides, size_t dims, void **tensor,
                   tx_bytes *error);
// How an op runs without data: the number of a `tx::Way`.
int tx_op_way(const char *name, const char *overload, int *way, tx_bytes *error);
// Makes a session that has not started a fake run, which is compared with the recording `reference`. `tensors` are the
// declared ones in the order of the reference. `data` are the numbers that ops get in place of the content of tensors.
int tx_session_fake(tx_session *session, tx_session *reference, void *const *tensors, size_t tensors_len,
                    const int64_t *data, size_t data_len, tx_bytes *error);
// Makes a fake run that has not started a loose one: an op that fails since sizes differ gets those equal that are equal in
// the fake run `equal`, which is over and lives as long.
void tx_session_loose(tx_session *session, const tx_session *equal);
// The calls of a loose run that got other sizes, in order.
void tx_session_loosened(const tx_session *session, const int64_t **calls, size_t *len);
// The numbers of a recording or of a fake run, valid until the session goes on.
void tx_session_numbers(const tx_session *session, const int64_t **numbers, size_t *len);
// What the numbers of a recording are, which of them depend on data, and the names of its values.
int tx_session_compact(const tx_session *session, tx_bytes *out);
// How far a fake run came, and what stopped it.
int tx_session_stop_reason(const tx_session *session, tx_bytes *out);
// Whether a tensor that a fake run returned is this value of the reference.
int tx_session_is_value(tx_session *session, void *tensor, uint64_t value, int *is, tx_bytes *error);

// A tensor that the session has numbered, on the same memory. It fails if the tensor does not exist any more.
int tx_session_tensor(tx_session *session, uint64_t number, void **tensor, tx_bytes *error);

// dtype, layout, device, sizes, strides, storage: what wire.h calls a description, then the storage's size in bytes.
int tx_describe(void *tensor, tx_bytes *out);
// The sizes, which belong to the tensor, and the dtype. It fails for a tensor that has no sizes.
int tx_sizes(void *tensor, const int64_t **sizes, size_t *dims, int *dtype);
// The version of libtorch: 2.13.0.
const char *tx_version(void);
// Addresses of the TensorImpl and of the StorageImpl (0: none).
int tx_identity(void *tensor, uint64_t *impl, uint64_t *storage, tx_bytes *error);
// Whether two tensors have the same type, sizes, strides, bits and bytes. Their offsets do not matter.
int tx_same_content(void *a, void *b, int *same, tx_bytes *error);
// A copy with its own memory and the same sizes and strides, outside any recording.
int tx_deep_copy(void *tensor, void **copy, tx_bytes *error);
// Copies the whole storage to `into`, which has exactly the storage's size in bytes.
int tx_storage_read(void *tensor, uint8_t *into, size_t len, tx_bytes *error);
// Keeps the bytes of a storage in main memory without a copy: libtorch copies them for whoever writes to them first. `kept` is
// a uint8 tensor that has them, and they stay at `bytes` while it lives. An error if libtorch cannot keep such a storage.
int tx_storage_keep(void *tensor, void **kept, const uint8_t **bytes, size_t *len, tx_bytes *error);
// A one-dimensional uint8 CPU tensor with a copy of the bytes, at the start of a storage of its own.
int tx_storage_new(const uint8_t *bytes, size_t len, void **tensor, tx_bytes *error);
// A tensor on the storage of `base`. A geometry that reaches outside the storage is an error.
int tx_storage_view(void *base, int dtype, const int64_t *sizes, const int64_t *strides, size_t dims, int64_t offset,
                    void **tensor, tx_bytes *error);

// A plan: calls of ops with prepared arguments (plan.h). `bytes` are: the number of registers, the number of numbers, then for
// each call its name, overload, arguments, results and the registers to empty after it. On an error `failed` is its index.
typedef struct tx_plan tx_plan;
typedef struct tx_frame tx_frame;
typedef struct tx_number tx_number;
int tx_plan_new(const uint8_t *bytes, size_t len, tx_plan **plan, uint64_t *failed, tx_bytes *error);
void tx_plan_free(tx_plan *plan);
// Runs the calls from `from` to `to`, in inference mode if wanted. On an error `failed` is the index of the call.
int tx_plan_run(const tx_plan *plan, tx_frame *frame, size_t from, size_t to, int inference, uint64_t *failed,
                tx_bytes *error);
// A frame with empty registers. Places outside of the plan's registers must not be used.
int tx_frame_new(const tx_plan *plan, tx_frame **frame, tx_bytes *error);
void tx_frame_free(tx_frame *frame);
// Its numbers, which stay where they are.
tx_number *tx_frame_numbers(tx_frame *frame);
void tx_frame_set(tx_frame *frame, uint64_t place, void *tensor);
void tx_frame_move(tx_frame *frame, uint64_t from, uint64_t to, int keep);
// The tensor of a register: as it is, or as an ordinary tensor if it was made in inference mode.
int tx_frame_get(tx_frame *frame, uint64_t place, int keep, void **tensor, tx_bytes *error);
int tx_frame_take(tx_frame *frame, uint64_t place, int keep, void **tensor, tx_bytes *error);
// Empties the registers from this one on.
void tx_frame_clear(tx_frame *frame, uint64_t from);

// The modes of this thread that a forward can set with tch, which leaves them so after a panic.
typedef struct {
  int gradients;
  int autocast;
  int autocast_cpu;
  int nesting;
} tx_modes;
void tx_modes_get(tx_modes *modes);
void tx_modes_set(const tx_modes *modes);
// The modes of this thread that regions of a program set. Each returns what was set before.
int tx_grad_mode(int enabled);
// Whether TorchScript replaces ops of a module after its first runs; returns what was set before.
int tx_script_optimize(int enabled);
// Runs `run(data)` in a copy of this process, which ends afterwards. TX_OK if the copy came to its end, or if there cannot be
// one; TX_TORCH if it was ended, or took longer than so many seconds of the processor. `answer` is what `run` returned in a copy
// that came to its end, and 0 otherwise.
int tx_in_copy(int (*run)(void *), void *data, int seconds, int *answer);
// Enters inference mode; the guard is left on the same thread, after all that was entered later.
int tx_inference_enter(void **guard, tx_bytes *error);
void tx_inference_leave(void *guard);
typedef struct {
  int enabled;
  int dtype;
  int cache;
} tx_autocast;
int tx_autocast_enter(int device, const tx_autocast *set, tx_autocast *before, tx_bytes *error);
void tx_autocast_leave(int device, const tx_autocast *before);

// Regions of `torch.vmap`: begun and ended outside of inference mode. A tensor gets its hidden dimension, or loses it, on its
// way from one register to another; without `keep` the first one is empty afterwards, also after an error.
int tx_vmap_enter(int64_t size, int randomness, tx_bytes *error);
int tx_vmap_leave(tx_bytes *error);
int tx_vmap_add(tx_frame *frame, uint64_t from, int keep, uint64_t to, int64_t dim, int64_t level, int inference,
                tx_bytes *error);
int tx_vmap_remove(tx_frame *frame, uint64_t from, int keep, uint64_t to, int64_t level, int64_t size, int64_t dim,
                   int inference, tx_bytes *error);

#ifdef __cplusplus
}
#endif
