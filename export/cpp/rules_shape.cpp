// Rules of ops that move, pick and transform elements.
#include "rules.h"

#include <ATen/Context.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/narrow.h>

#include <algorithm>
#include <numeric>

namespace tx {

namespace {


Values flip(Args a) {
  for (const auto dim : a[1].toIntVector())
    wrapped(dim, tensor(a[0]).dim());
  return {dense_like(tensor(a[0]))};
}

Values roll(Args a) {
  auto x = tensor(a[0]);
  auto shifts = a[1].toIntVector(), dims = a[2].toIntVector();
  if (dims.empty() && shifts.size() == 1)
    return {contiguous_like(x)};
  check(shifts.size() == dims.size(), "roll: shifts and dimensions must align");
  if (x.numel() == 0)
    return {dense_like(x)};
  // A roll is two parts in another order, one dimension after the other.
  for (size_t i = 0; i < dims.size(); ++i) {
    const auto dim = wrapped(dims[i], x.dim());
    const auto size = x.size(dim);
    auto start = (size - shifts[i]) % size;
    start = start < 0 ? start + size : start;
    x = on_meta([&] {
      const auto first = x.narrow(dim, start, size - start), second = x.narrow(dim, 0, start);
      return at::cat({first, second}, dim);
    });
  }
  return {x};
}

Values repeat(Args a) {
  const auto &x = tensor(a[0]);
  auto sizes = a[1].toIntVector();
  const auto more = static_cast<int64_t>(sizes.size()) - x.dim();
  check(more >= 0, "repeat: fewer numbers than dimensions");
  for (int64_t i = 0; i < x.dim(); ++i)
    sizes[more + i] *= x.size(i);
  return {contiguous_like(x, sizes)};
}

Values channel_shuffle(Args a) {
  const auto &x = tensor(a[0]);
  check(x.dim() > 2 && a[1].toInt() > 0 && x.size(1) % a[1].toInt() == 0,
        "channel_shuffle: the channels are not divisible by the groups");
  return {in_format(x.sizes().vec(), x.scalar_type(), x.suggest_memory_format(), x.device())};
}

Values index_select(Args a) {
  const auto &x = tensor(a[0]), &index = tensor(a[2]);
  check(index.dim() <= 1, "index_select: the index needs one dimension");
  auto sizes = x.sizes().vec();
  if (sizes.empty())
    check(index.numel() == 1, "index_select: a number has one element");
  else
    sizes[wrapped(a[1].toInt(), x.dim())] = index.numel();
  return {contiguous_like(x, sizes)};
}

Values take(Args a) { return {contiguous_like(tensor(a[0]), tensor(a[1]).sizes().vec())}; }

Values one_hot(Args a) {
  const auto &x = tensor(a[0]);
  auto classes = a[1].toInt();
  if (classes < 0)
    classes = next_data("the number of classes of `one_hot` depends on data");
  auto sizes = x.sizes().vec();
  sizes.push_back(classes);
  return {fake_empty(sizes, at::kLong, x.device())};
}

Values reflection_pad2d(Args a) {
  const auto &x = tensor(a[0]);
  const auto pad = a[1].toIntVector();
  check(x.dim() == 3 || x.dim() == 4, "reflection_pad2d: the input has another number of dimensions");
  auto sizes = x.sizes().vec();
  for (size_t i = 0; i < 2; ++i) {
    auto &size = sizes[sizes.size() - 1 - i];
    check(pad[2 * i] < size && pad[2 * i + 1] < size, "reflection_pad2d: the padding is not less than the input");
    size += pad[2 * i] + pad[2 * i + 1];
    check(size >= 1, "reflection_pad2d: the result would be empty");
  }
  const auto format = x.dim() == 4 ? x.suggest_memory_format() : at::MemoryFormat::Contiguous;
  return {in_format(sizes, x.scalar_type(), format, x.device())};
}

Values replication_pad(Args a) {
  const auto &x = tensor(a[0]);
  const auto pad = a[1].toIntVector();
  const auto n = static_cast<int64_t>(pad.size()) / 2;
  check(x.dim() == n + 1 || x.dim() == n + 2, "replication_pad: the input has another number of dimensions");
  auto sizes = x.sizes().vec();
  for (int64_t i = 0; i < n; ++i) {
    auto &size = sizes[sizes.size() - 1 - i];
    check(size > 0, "replication_pad: the input is empty");
    size += pad[2 * i] + pad[2 * i + 1];
    check(size >= 1, "replication_pad: the result would be empty");
  }
  const auto format = n == 2 && x.dim() == 4 ? x.suggest_memory_format() : at::MemoryFormat::Contiguous;
  return {in_format(sizes, x.scalar_type(), format, x.device())};
}

// The channels become parts of the pixels, or the other way round.
Values pixels(Args a, bool shuffle) {
  const auto &x = tensor(a[0]);
  const auto f = a[1].toInt();
  check(x.dim() >= 3 && f > 0, "pixel_shuffle: the input needs 3 dimensions and a positive factor");
  auto sizes = x.sizes().vec();
  auto *last = &sizes[sizes.size() - 3];
  if (shuffle) {
    check(last[0] % (f * f) == 0, "pixel_shuffle: the channels are not divisible by the square of the factor");
    last[0] /= f * f;
    last[1] *= f;
    last[2] *= f;
  } else {
    check(last[1] % f == 0 && last[2] % f == 0, "pixel_unshuffle: the sizes are not divisible by the factor");
    last[0] *= f * f;
    last[1] /= f;
    last[2] /= f;
  }
  return {in_format(sizes, x.scalar_type(), x.suggest_memory_format(), x.device())};
}
Values pixel_shuffle(Args a) { return pixels(a, true); }
Values pixel_unshuffle(Args a) { return pixels(a, false); }

// self, kernel_size, dilation, padding, stride
Values im2col(Args a) {
  const auto &x = tensor(a[0]);
  const auto k = a[1].toIntVector(), d = a[2].toIntVector(), p = a[3].toIntVector(), s = a[4].toIntVector();
  check(x.dim() == 3 || x.dim() == 4, "im2col: the input has another number of dimensions");
  int64_t blocks = 1;
  for (int64_t i = 0; i < 2; ++i) {
    const auto room = x.size(x.dim() - 2 + i) + 2 * p[i] - d[i] * (k[i] - 1) - 1;
    check(room >= 0, "im2col: the kernel is larger than the padded input");
    blocks *= room / s[i] + 1;
  }
  Ints sizes;
  if (x.dim() == 4)
    sizes.push_back(x.size(0));
  sizes.push_back(x.size(x.dim() - 3) * k[0] * k[1]);
  sizes.push_back(blocks);
  return {contiguous_like(x, sizes)};
}

// self, output_size, kernel_size, dilation, padding, stride
Values col2im(Args a) {
  const auto &x = tensor(a[0]);
  const auto out = a[1].toIntVector(), k = a[2].toIntVector(), d = a[3].toIntVector(), p = a[4].toIntVector(),
             s = a[5].toIntVector();
  check(x.dim() == 2 || x.dim() == 3, "col2im: the input has another number of dimensions");
  check(x.size(x.dim() - 2) % (k[0] * k[1]) == 0, "col2im: the channels are not divisible by the kernel");
  int64_t blocks = 1;
  for (size_t i = 0; i < 2; ++i)
    blocks *= (out[i] + 2 * p[i] - d[i] * (k[i] - 1) - 1) / s[i] + 1;
  check(x.size(x.dim() - 1) == blocks, "col2im: the number of blocks does not fit the sizes");
  Ints sizes;
  if (x.dim() == 3)
    sizes.push_back(x.size(0));
  sizes.insert(sizes.end(), {x.size(x.dim() - 2) / (k[0] * k[1]), out[0], out[1]});
  return {contiguous_like(x, sizes)};
}

Values grid_sampler(Args a) {
  const auto &x = tensor(a[0]), &grid = tensor(a[1]);
  check(x.dim() == grid.dim() && x.size(0) == grid.size(0) && grid.size(grid.dim() - 1) == x.dim() - 2,
        "grid_sampler: input and grid do not fit");
  Ints sizes{x.size(0), x.size(1)};
  for (int64_t i = 1; i + 1 < grid.dim(); ++i)
    sizes.push_back(grid.size(i));
  return {contiguous_like(x, sizes)};
}

// --- Fourier transforms

// The strides that MKL's transforms leave: batch dimensions by stride, then the transformed ones.
at::Tensor transformed(const at::Tensor &x, const Ints &sizes, at::ScalarType dtype, const Ints &dims) {
  if (!at::hasMKL())
    return fake_empty(sizes, dtype, x.device());
  const auto n = x.dim();
  std::vector<bool> is_transformed(static_cast<size_t>(n), false);
  for (const auto dim : dims)
    is_transformed[dim] = true;
  Ints order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto batch_end =
      std::partition(order.begin(), order.end(), [&](int64_t dim) { return !is_transformed[dim]; });
  const auto strides = x.strides();
  std::sort(order.begin(), batch_end, [&](int64_t p, int64_t q) { return strides[p] > strides[q]; });
  std::copy(dims.begin(), dims.end(), batch_end);
  const auto batches = n - static_cast<int64_t>(dims.size());
  Ints result(static_cast<size_t>(n));
  int64_t step = 1;
  for (auto i = n - 1; i >= batches; --i) {
    result[order[i]] = step;
    step *= std::max<int64_t>(sizes[order[i]], 1);
  }
  for (auto i = batches - 1; i >= 0; --i) {
    result[order[i]] = step;
    step *= sizes[order[i]];
  }
  return fake_strided(sizes, result, dtype, x.device());
}

// The transformed dimensions by the strides of the input, the last one kept in its place.
Ints sorted(const at::Tensor &x, Ints dims, bool last_stays) {
  const auto strides = x.strides();
  std::sort(dims.begin(), dims.end() - (last_stays ? 1 : 0),
            [&](int64_t p, int64_t q) { return strides[p] > strides[q]; });
  return dims;
}

// self, dim, normalization, onesided
Values fft_r2c(Args a) {
  const auto &x = tensor(a[0]);
  const auto dims = a[1].toIntVector();
  auto sizes = x.sizes().vec();
  if (a[3].toBool())
    sizes[dims.back()] = sizes[dims.back()] / 2 + 1;
  return {transformed(x, sizes, c10::toComplexType(x.scalar_type()), sorted(x, dims, true))};
}
at::Tensor complex_to_complex(const at::Tensor &x, const Ints &dims) {
  return dims.empty() ? dense_like(x)
                      : transformed(x, x.sizes().vec(), x.scalar_type(), sorted(x, dims, false));
}
Values fft_c2c(Args a) { return {complex_to_complex(tensor(a[0]), a[1].toIntVector())}; }
// self, dim, normalization, last_dim_size
Values fft_c2r(Args a) {
  const auto &x = tensor(a[0]);
  const auto dims = a[1].toIntVector();
  auto sizes = x.sizes().vec();
  sizes[dims.back()] = a[3].toInt();
  // The last dimension comes after the others, on their result.
  const auto inner = dims.size() > 1 ? complex_to_complex(x, Ints(dims.begin(), dims.end() - 1)) : x;
  return {transformed(inner, sizes, c10::toRealValueType(x.scalar_type()), {dims.back()})};
}

// --- factories

// How many elements a triangle holds whose row `r` has the columns up to `r + offset`.
int64_t triangle(int64_t rows, int64_t columns, int64_t offset) {
  check(rows >= 0 && columns >= 0, "a triangle has negative sizes");
  // Rows before `first` hold none, rows from `full` on hold all columns.
  const auto first = std::clamp<int64_t>(-offset, 0, rows);
  const auto full = std::clamp<int64_t>(columns - offset, first, rows);
  const auto growing = full - first;
  return growing * (first + offset + 1) + growing * (growing - 1) / 2 + (rows - full) * columns;
}
Values indices(int64_t count, const c10::IValue &dtype) {
  return {fake_empty({2, count}, dtype.isNone() ? at::kLong : dtype.toScalarType())};
}
// row, col, offset, dtype
Values tril_indices(Args a) { return indices(triangle(a[0].toInt(), a[1].toInt(), a[2].toInt()), a[3]); }
Values triu_indices(Args a) {
  const auto rows = a[0].toInt(), columns = a[1].toInt();
  return indices(rows * columns - triangle(rows, columns, a[2].toInt() - 1), a[3]);
}

Values randperm(Args a) {
  check(a[0].toInt() >= 0, "randperm: n must not be negative");
  return {fake_empty({a[0].toInt()}, a[1].isNone() ? at::kLong : a[1].toScalarType())};
}

Values is_set_to(Args a) {
  const auto &x = tensor(a[0]), &y = tensor(a[1]);
  return {storage_key(x) == storage_key(y) && x.sizes() == y.sizes() && x.strides() == y.strides() &&
          x.storage_offset() == y.storage_offset()};
}

// grad_in, input_sizes, dim, size, step
Values unfold_backward(Args a) { return {contiguous_like(tensor(a[0]), a[1].toIntVector())}; }

} // namespace

at::ArrayRef<RuleRow> shape_rules() {
  static const std::vector<RuleRow> rows{
      {"flip", flip},
      {"roll", roll},
      {"repeat", repeat},
      {"channel_shuffle", channel_shuffle},
      {"index_select", index_select},
      {"take", take},
      {"one_hot", one_hot, nullptr, true},
      {"reflection_pad2d", reflection_pad2d},
      {"replication_pad2d", replication_pad},
      {"pixel_shuffle", pixel_shuffle},
      {"pixel_unshuffle", pixel_unshuffle},
      {"im2col", im2col},
      {"col2im", col2im},
      {"grid_sampler_2d", grid_sampler},
      {"grid_sampler_3d", grid_sampler},
      {"_fft_r2c", fft_r2c},
      {"_fft_c2c", fft_c2c},
      {"_fft_c2r", fft_c2r},
      {"tril_indices", tril_indices},
      {"triu_indices", triu_indices},
      {"randperm", randperm},
      {"is_set_to", is_set_to},
      {"unfold_backward", unfold_backward},
      {"from_file", nullptr, "it reads a file; read it before the forward and declare the tensor"},
  };
  return rows;
}

} // namespace tx
