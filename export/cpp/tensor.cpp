// Tensors as memory: identity, deep copies, whole storages.
#include "wire.h"

#include <ATen/ops/_lazy_clone.h>
#include <ATen/ops/as_strided.h>
#include <ATen/ops/empty.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <torch/version.h>

#include <cstring>

using namespace tx;

namespace {

// These functions are not part of a forward: they are neither recorded nor differentiated.
struct Aside {
  c10::impl::ExcludeDispatchKeyGuard unrecorded{RECORD_KEY};
  at::NoGradGuard no_grad;
};

const at::Tensor &with_storage(void *handle) {
  const auto &t = tensor_of(handle);
  if (!t.defined())
    throw std::runtime_error("the tensor is undefined");
  if (!t.has_storage())
    throw std::runtime_error("the tensor has no storage (its layout is not strided)");
  return t;
}

// A tensor with this geometry on a storage that is large enough for it.
at::Tensor on_storage(const at::Tensor &like, const c10::Storage &storage, at::ScalarType dtype, int64_t offset,
                      at::IntArrayRef sizes, at::IntArrayRef strides) {
  auto t = at::empty({0}, like.options().dtype(dtype).requires_grad(false));
  t.set_(storage, offset, sizes, strides);
  return t;
}

// The storage as one-dimensional bytes.
at::Tensor bytes_of(const at::Tensor &t) {
  return on_storage(t, t.storage(), at::kByte, 0, {static_cast<int64_t>(t.storage().nbytes())}, {1});
}

} // namespace

extern "C" int tx_describe(void *tensor, tx_bytes *out) {
  return guarded(out, [&]() -> int {
    const auto &t = tensor_of(tensor);
    if (!t.defined())
      throw std::runtime_error("the tensor is undefined");
    Writer w;
    write_description(w, t, t.has_storage() ? 1 : 0);
    w.u64(t.has_storage() ? t.storage().nbytes() : 0);
    give(out, w.bytes());
    return TX_OK;
  });
}

extern "C" int tx_sizes(void *tensor, const int64_t **sizes, size_t *dims, int *dtype) {
  // A tensor of another kind may have sizes that are not numbers, and throws.
  try {
    const auto &t = tensor_of(tensor);
    if (!t.defined() || t.is_nested())
      return TX_TORCH;
    *sizes = t.sizes().data();
    *dims = t.sizes().size();
    *dtype = static_cast<int>(t.scalar_type());
    return TX_OK;
  } catch (...) {
    return TX_TORCH;
  }
}

extern "C" const char *tx_version(void) { return TORCH_VERSION; }

extern "C" int tx_identity(void *tensor, uint64_t *impl, uint64_t *storage, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const auto &t = tensor_of(tensor);
    *impl = reinterpret_cast<uint64_t>(t.unsafeGetTensorImpl());
    *storage = t.has_storage() ? reinterpret_cast<uint64_t>(t.storage().unsafeGetStorageImpl()) : 0;
    return TX_OK;
  });
}

extern "C" int tx_same_content(void *left, void *right, int *same, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const Aside aside;
    const auto &a = with_storage(left), &b = with_storage(right);
    *same = a.scalar_type() == b.scalar_type() && a.device() == b.device() && a.sizes() == b.sizes() &&
            a.strides() == b.strides() && a.is_conj() == b.is_conj() && a.is_neg() == b.is_neg();
    if (!*same || a.const_data_ptr() == b.const_data_ptr() || a.numel() == 0)
      return TX_OK;
    // The bytes as they lie there, bits not applied.
    const auto dense = [](const at::Tensor &t) {
      const auto bare = on_storage(t, t.storage(), t.scalar_type(), t.storage_offset(), t.sizes(), t.strides());
      return bare.cpu().contiguous();
    };
    const auto first = dense(a), second = dense(b);
    *same = std::memcmp(first.const_data_ptr(), second.const_data_ptr(), first.nbytes()) == 0;
    return TX_OK;
  });
}

extern "C" int tx_deep_copy(void *tensor, void **copy, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const Aside aside;
    const auto source = tensor_of(tensor).detach();
    // A dense tensor keeps its strides in `clone`; one with gaps or overlaps (expanded, sliced) needs its whole storage.
    const bool simple = !source.has_storage() || source.is_non_overlapping_and_dense();
    auto made = simple ? source.clone()
                       : on_storage(source, bytes_of(source).clone().storage(), source.scalar_type(),
                                    source.storage_offset(), source.sizes(), source.strides());
    made.set_requires_grad(tensor_of(tensor).requires_grad());
    *copy = new at::Tensor(std::move(made));
    return TX_OK;
  });
}

extern "C" int tx_storage_read(void *tensor, uint8_t *into, size_t len, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const Aside aside;
    const auto &t = with_storage(tensor);
    if (t.storage().nbytes() != len)
      throw std::runtime_error("the storage changed its size");
    const auto bytes = bytes_of(t).cpu();
    if (len > 0)
      std::memcpy(into, bytes.const_data_ptr<uint8_t>(), len);
    return TX_OK;
  });
}

extern "C" int tx_storage_keep(void *tensor, void **kept, const uint8_t **bytes, size_t *len, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const Aside aside;
    const auto &t = with_storage(tensor);
    if (!t.device().is_cpu())
      throw std::runtime_error("the storage is on another device");
    auto made = at::_lazy_clone(bytes_of(t));
    // The address stays: who writes to the other side gets other memory first, and nobody writes to this one.
    *bytes = made.const_data_ptr<uint8_t>();
    *len = static_cast<size_t>(made.numel());
    *kept = new at::Tensor(std::move(made));
    return TX_OK;
  });
}

extern "C" int tx_storage_new(const uint8_t *bytes, size_t len, void **tensor, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const Aside aside;
    auto t = at::empty({static_cast<int64_t>(len)}, at::TensorOptions().dtype(at::kByte).device(at::kCPU));
    if (len > 0)
      std::memcpy(t.mutable_data_ptr<uint8_t>(), bytes, len);
    *tensor = new at::Tensor(std::move(t));
    return TX_OK;
  });
}

extern "C" int tx_storage_view(void *base, int dtype, const int64_t *sizes, const int64_t *strides, size_t dims,
                               int64_t offset, void **tensor, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const Aside aside;
    const auto &t = with_storage(base);
    // `set_` would grow the storage silently, so the end is computed here first, in 128 bits.
    bool empty = false;
    bool sane = offset >= 0;
    __int128 last = offset;
    for (size_t i = 0; i < dims && sane; ++i) {
      sane = sizes[i] >= 0 && strides[i] >= 0;
      empty = empty || sizes[i] == 0;
      if (sizes[i] > 0)
        last += static_cast<__int128>(sizes[i] - 1) * strides[i];
      sane = sane && last <= INT64_MAX;
    }
    const auto type = static_cast<at::ScalarType>(dtype);
    const auto nbytes = static_cast<__int128>(t.storage().nbytes());
    const __int128 end = empty || !sane ? 0 : (last + 1) * static_cast<__int128>(c10::elementSize(type));
    if (!sane || end > nbytes)
      throw std::runtime_error("the sizes, strides and offset reach outside the storage of " +
                               std::to_string(t.storage().nbytes()) + " bytes");
    *tensor = new at::Tensor(on_storage(t, t.storage(), type, offset, at::IntArrayRef(sizes, dims),
                                        at::IntArrayRef(strides, dims)));
    return TX_OK;
  });
}
