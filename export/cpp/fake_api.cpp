// The flat interface of fake runs (shim.h).
#include "run.h"

using namespace tx;

extern "C" int tx_fake_tensor(void *like, const int64_t *sizes, const int64_t *strides, size_t dims, void **tensor,
                              tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const auto &t = tensor_of(like);
    if (!t.defined())
      throw std::runtime_error("an undefined tensor has no form without data");
    if (t.layout() != at::kStrided || t.is_quantized())
      throw std::runtime_error(c10::str("a tensor of layout ", t.layout(), " and element type ", t.scalar_type(),
                                        " has no form without data"));
    register_fallbacks();
    const at::IntArrayRef shape(sizes, dims);
    auto fake = strides ? fake_strided(shape, at::IntArrayRef(strides, dims), t.scalar_type(), t.device())
                        : fake_empty(shape, t.scalar_type(), t.device());
    auto *impl = fake.unsafeGetTensorImpl();
    impl->_set_conj(t.is_conj());
    impl->_set_neg(t.is_neg());
    if (t.requires_grad())
      impl->set_requires_grad(true);
    *tensor = new at::Tensor(std::move(fake));
    return TX_OK;
  });
}

extern "C" int tx_op_way(const char *name, const char *overload, int *way, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const auto op = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!op)
      return TX_NO_SUCH_OP;
    *way = static_cast<int>(info_of(*op).way);
    return TX_OK;
  });
}

extern "C" int tx_session_fake(tx_session *session, tx_session *reference, void *const *tensors, size_t tensors_len,
                               const int64_t *data, size_t data_len, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    session->reference = reference;
    session->data.assign(data, data + data_len);
    session->values.reserve(reference->values.size());
    session->compact.numbers.reserve(reference->compact.numbers.size());
    for (size_t i = 0; i < tensors_len; ++i)
      session->values.emplace_back(tensor_of(tensors[i]));
    return TX_OK;
  });
}

extern "C" void tx_session_loose(tx_session *session, const tx_session *equal) { session->equal = equal; }

extern "C" void tx_session_loosened(const tx_session *session, const int64_t **calls, size_t *len) {
  *calls = session->loosened.data();
  *len = session->loosened.size();
}

extern "C" void tx_session_numbers(const tx_session *session, const int64_t **numbers, size_t *len) {
  *numbers = session->compact.numbers.data();
  *len = session->compact.numbers.size();
}

extern "C" int tx_session_compact(const tx_session *session, tx_bytes *out) {
  return guarded(out, [&]() -> int {
    Writer w;
    const auto &c = session->compact;
    w.u64(c.calls.size());
    for (const auto &call : c.calls)
      w.u8(call.failed);
    w.u64(c.places.size());
    for (const auto &place : c.places) {
      w.i64(place.call);
      w.i64(static_cast<int64_t>(place.kind));
      w.i64(place.item);
      w.i64(place.at);
    }
    w.u64(c.data.size());
    for (const auto &data : c.data) {
      w.i64(data.call);
      w.i64(static_cast<int64_t>(data.kind));
      w.i64(data.value);
    }
    w.u64(c.values.size());
    for (const auto &value : c.values) {
      w.i64(static_cast<int64_t>(value.kind));
      w.i64(value.a);
      w.i64(value.b);
    }
    give(out, w.bytes());
    return TX_OK;
  });
}

extern "C" int tx_session_stop_reason(const tx_session *session, tx_bytes *out) {
  return guarded(out, [&]() -> int {
    Writer w;
    const auto name = [&w](const std::optional<c10::OperatorHandle> &op) {
      w.u8(op.has_value());
      if (op) {
        w.text(op->operator_name().name);
        w.text(op->operator_name().overload_name);
      }
    };
    w.u64(session->next);
    const auto &why = session->stop;
    w.u8(static_cast<uint8_t>(why.kind));
    name(why.op);
    const auto &calls = session->reference->compact.calls;
    if (why.kind == StopKind::None && session->next < calls.size())
      name(calls[session->next].op);
    else
      name(why.expected);
    w.i64(why.index);
    w.text(why.text);
    give(out, w.bytes());
    return TX_OK;
  });
}

extern "C" int tx_session_is_value(tx_session *session, void *tensor, uint64_t value, int *is, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    *is = is_value(*session, tensor_of(tensor), static_cast<int64_t>(value), nullptr);
    return TX_OK;
  });
}
