// Rules of layers: convolutions, pools, norms, attention, recurrent networks.
#include "rules.h"

namespace tx {

namespace {

at::Tensor maybe(const c10::IValue &v) { return v.isTensor() ? v.toTensor() : at::Tensor(); }

// A list with one number for all dimensions, or with one for each.
Ints each(const c10::IValue &v, int64_t dims) {
  auto list = v.toIntVector();
  if (list.size() == 1)
    list.resize(static_cast<size_t>(dims), list[0]);
  check(static_cast<int64_t>(list.size()) == dims, "a list has another length than there are dimensions");
  return list;
}

bool suggests_channels_last(const at::Tensor &t) {
  const auto format = t.suggest_memory_format();
  return format == at::MemoryFormat::ChannelsLast || format == at::MemoryFormat::ChannelsLast3d;
}

struct Window {
  Ints stride, padding, dilation;
};

int64_t slide(int64_t in, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation) {
  return (in + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
}

// The sizes of a convolution's result.
Ints convolved(const at::Tensor &x, const at::Tensor &w, const Window &window, bool transposed,
               const Ints &output_padding, int64_t groups) {
  const auto n = w.dim() - 2;
  check(x.dim() == w.dim(), "convolution: input and weight have another number of dimensions");
  check(transposed ? x.size(1) == w.size(0) : x.size(1) == w.size(1) * groups,
        "convolution: input and weight have another number of channels");
  check(groups > 0 && w.size(0) % groups == 0, "convolution: the channels are not divisible by the groups");
  Ints sizes{x.size(0), transposed ? w.size(1) * groups : w.size(0)};
  for (int64_t i = 0; i < n; ++i) {
    const auto in = x.size(2 + i), k = w.size(2 + i);
    const auto s = window.stride[i], p = window.padding[i], d = window.dilation[i];
    check(s > 0 && d > 0 && p >= 0 && k > 0, "convolution: a stride, dilation or padding is not valid");
    check(transposed || in + 2 * p >= d * (k - 1) + 1, "convolution: the kernel is larger than the padded input");
    sizes.push_back(transposed ? (in - 1) * s - 2 * p + d * (k - 1) + output_padding[i] + 1 : slide(in, k, s, p, d));
    check(sizes.back() >= 0, "convolution: the result would have a negative size");
  }
  return sizes;
}

at::Tensor convolve(const at::Tensor &x, const at::Tensor &w, const at::Tensor &bias, const Window &window,
                    bool transposed, const Ints &output_padding, int64_t groups) {
  const auto sizes = convolved(x, w, window, transposed, output_padding, groups);
  check(x.scalar_type() == w.scalar_type(), "convolution: input and weight have different dtypes");
  check(!bias.defined() || (bias.dim() == 1 && bias.size(0) == sizes[1]), "convolution: the bias has another size");
  // In one dimension the kernels see images of height 1, and make the input contiguous first.
  const bool last = x.dim() > 3 && x.numel() > 0 && (suggests_channels_last(x) || suggests_channels_last(w));
  const auto format = !last               ? at::MemoryFormat::Contiguous
                      : x.dim() == 4 ? at::MemoryFormat::ChannelsLast
                                     : at::MemoryFormat::ChannelsLast3d;
  return in_format(sizes, x.scalar_type(), format, x.device());
}

// input, weight, bias, stride, padding, dilation, transposed, output_padding, groups
Values convolution(Args a) {
  const auto &x = tensor(a[0]), &w = tensor(a[1]);
  const auto n = w.dim() - 2;
  check(n > 0, "convolution: the weight has no window");
  const Window window{each(a[3], n), each(a[4], n), each(a[5], n)};
  return {convolve(x, w, maybe(a[2]), window, a[6].toBool(), each(a[7], n), a[8].toInt())};
}

// self, weight, bias, padding, stride, dilation, groups
Values mkldnn_convolution(Args a) {
  const auto &w = tensor(a[1]);
  const auto n = w.dim() - 2;
  const Window window{each(a[4], n), each(a[3], n), each(a[5], n)};
  return {convolve(tensor(a[0]), w, maybe(a[2]), window, false, {}, a[6].toInt())};
}

// self, weight, kernel_size, bias, stride, padding, and a dilation where there is one
at::Tensor slow_convolution(const at::Tensor &x, Args a, Ints dilation) {
  const auto &w = tensor(a[1]);
  const auto n = w.dim() - 2;
  const Window window{each(a[4], n), each(a[5], n), std::move(dilation)};
  return convolve(x, w, maybe(a[3]), window, false, {}, 1);
}
Values slow_conv(Args a) {
  const auto n = static_cast<size_t>(tensor(a[1]).dim() - 2);
  return {slow_convolution(tensor(a[0]), a, Ints(n, 1))};
}
Values slow_conv_dilated(Args a) {
  return {slow_convolution(tensor(a[0]), a, each(a[6], tensor(a[1]).dim() - 2))};
}
// self, weight, kernel_size, bias, stride, padding, output_padding, dilation
Values slow_conv_transpose(Args a) {
  const auto &w = tensor(a[1]);
  const auto n = w.dim() - 2;
  const Window window{each(a[4], n), each(a[5], n), each(a[7], n)};
  return {convolve(tensor(a[0]), w, maybe(a[3]), window, true, each(a[6], n), 1)};
}

int64_t pooled(int64_t in, int64_t k, int64_t s, int64_t p, int64_t d, bool ceil) {
  check(s > 0 && k > 0 && d > 0, "pooling: a kernel, stride or dilation is not positive");
  check(p >= 0 && 2 * p <= k, "pooling: the padding is more than half of the kernel");
  const auto room = in + 2 * p - d * (k - 1) - 1 + (ceil ? s - 1 : 0);
  auto out = (room >= 0 ? room / s : -((-room + s - 1) / s)) + 1;
  if (ceil && (out - 1) * s >= in + p)
    --out;
  check(out >= 1, "pooling: the result would be empty");
  return out;
}

// self, kernel_size, stride, padding, dilation, ceil_mode
Ints pool_sizes(Args a, int64_t n) {
  const auto &x = tensor(a[0]);
  check(x.dim() == n + 1 || x.dim() == n + 2, "pooling: the input has another number of dimensions");
  const auto k = each(a[1], n);
  const auto s = a[2].toIntVector().empty() ? k : each(a[2], n);
  const auto p = each(a[3], n), d = each(a[4], n);
  auto sizes = x.sizes().vec();
  for (int64_t i = 0; i < n; ++i) {
    auto &size = sizes[sizes.size() - n + i];
    size = pooled(size, k[i], s[i], p[i], d[i], a[5].toBool());
  }
  return sizes;
}
Values max_pool1d(Args a) { return {contiguous_like(tensor(a[0]), pool_sizes(a, 1))}; }
Values max_pool3d(Args a) {
  const auto &x = tensor(a[0]);
  const auto sizes = pool_sizes(a, 3);
  const auto format = x.dim() == 5 ? x.suggest_memory_format() : at::MemoryFormat::Contiguous;
  return {in_format(sizes, x.scalar_type(), format, x.device()), in_format(sizes, at::kLong, format, x.device())};
}

Values adaptive_avg_pool(Args a) {
  const auto &x = tensor(a[0]);
  const auto out = a[1].toIntVector();
  const auto n = static_cast<int64_t>(out.size());
  check(x.dim() == n + 1 || x.dim() == n + 2, "adaptive pooling: the input has another number of dimensions");
  auto sizes = x.sizes().vec();
  for (int64_t i = 0; i < n; ++i) {
    check(sizes[sizes.size() - n + i] > 0, "adaptive pooling: the input is empty");
    sizes[sizes.size() - n + i] = out[i];
  }
  const bool keeps = n == 2 && x.dim() == 4;
  const auto format = keeps ? x.suggest_memory_format() : at::MemoryFormat::Contiguous;
  return {in_format(sizes, x.scalar_type(), format, x.device())};
}

Values max_unpool(Args a) {
  const auto &x = tensor(a[0]);
  check(x.sizes() == tensor(a[1]).sizes(), "max_unpool: input and indices have different sizes");
  const auto out = a[2].toIntVector();
  auto sizes = x.sizes().vec();
  for (size_t i = 0; i < out.size(); ++i)
    sizes[sizes.size() - out.size() + i] = out[i];
  const bool keeps = out.size() == 2 && x.dim() == 4;
  const auto format = keeps ? x.suggest_memory_format() : at::MemoryFormat::Contiguous;
  return {in_format(sizes, x.scalar_type(), format, x.device())};
}

bool dense_in_a_format(const at::Tensor &t) {
  return !t.defined() || t.numel() == 1 || t.is_contiguous() || t.is_contiguous(at::MemoryFormat::ChannelsLast) ||
         t.is_contiguous(at::MemoryFormat::ChannelsLast3d);
}

// The results of a batch norm; `stats` are weight, bias, running mean and running variance.
Values normalized(const at::Tensor &x, const std::vector<at::Tensor> &stats, bool train) {
  check(x.dim() >= 2, "batch_norm: the input has too few dimensions");
  bool dense = dense_in_a_format(x);
  auto dtype = x.scalar_type();
  for (const auto &t : stats) {
    check(!t.defined() || (t.dim() == 1 && t.size(0) == x.size(1)), "batch_norm: a statistic has another size");
    dense = dense && (!t.defined() || t.is_contiguous());
    if (t.defined() && c10::isReducedFloatingType(dtype) && t.scalar_type() == at::kFloat)
      dtype = at::kFloat;
  }
  auto format = x.suggest_memory_format();
  if (dense && x.is_contiguous())
    format = at::MemoryFormat::Contiguous;
  const Ints saved{train ? x.size(1) : 0};
  return {in_format(x.sizes().vec(), x.scalar_type(), format, x.device()), fake_empty(saved, dtype, x.device()),
          fake_empty(saved, dtype, x.device())};
}
// input, weight, bias, running_mean, running_var, training
Values batch_norm(Args a) {
  return normalized(tensor(a[0]), {maybe(a[1]), maybe(a[2]), maybe(a[3]), maybe(a[4])}, a[5].toBool());
}
Values batch_norm_no_stats(Args a) { return normalized(tensor(a[0]), {maybe(a[1]), maybe(a[2])}, a[3].toBool()); }
Values batch_norm_with_update(Args a) {
  auto results = normalized(tensor(a[0]), {maybe(a[1]), maybe(a[2]), maybe(a[3]), maybe(a[4])}, true);
  results.push_back(fake_empty({0}, at::kByte, tensor(a[0]).device()));
  return results;
}
Values batch_norm_update(Args a) {
  const auto &x = tensor(a[0]);
  check(x.dim() >= 2, "batch_norm: the input has too few dimensions");
  return {contiguous_like(x, {x.size(1)}), contiguous_like(x, {x.size(1)})};
}

at::ScalarType statistics_dtype(const at::Tensor &x, const at::Tensor &weight) {
  const bool mixed = c10::isReducedFloatingType(x.scalar_type()) && weight.defined() &&
                     weight.scalar_type() == at::kFloat;
  return mixed ? at::kFloat : x.scalar_type();
}

// input, normalized_shape, weight, bias, eps
Values layer_norm(Args a) {
  const auto &x = tensor(a[0]);
  const auto shape = a[1].toIntVector();
  const auto first = x.dim() - static_cast<int64_t>(shape.size());
  check(!shape.empty() && first >= 0 && x.sizes().slice(static_cast<size_t>(std::max<int64_t>(first, 0))) == shape,
        "layer_norm: the input does not end with the normalized shape");
  for (const auto &v : {a[2], a[3]})
    check(!v.isTensor() || v.toTensor().sizes() == at::IntArrayRef(shape), "layer_norm: a weight has another shape");
  auto sizes = x.sizes().vec();
  std::fill(sizes.begin() + first, sizes.end(), 1);
  const auto dtype = statistics_dtype(x, maybe(a[2]));
  return {contiguous_like(x), fake_empty(sizes, dtype, x.device()), fake_empty(sizes, dtype, x.device())};
}

// input, weight, bias, N, C, HxW, group, eps
Values group_norm(Args a) {
  const auto &x = tensor(a[0]);
  const auto n = a[3].toInt(), channels = a[4].toInt(), groups = a[6].toInt();
  check(groups > 0 && channels % groups == 0 && x.dim() >= 2 && x.numel() == n * channels * a[5].toInt(),
        "group_norm: the channels are not divisible by the groups");
  const auto dtype = statistics_dtype(x, maybe(a[1]));
  return {in_format(x.sizes().vec(), x.scalar_type(), x.suggest_memory_format(), x.device()),
          fake_empty({n, groups}, dtype, x.device()), fake_empty({n, groups}, dtype, x.device())};
}

// query, key, value, dropout_p, is_causal, attn_mask
Values flash_attention(Args a) {
  const auto &q = tensor(a[0]), &k = tensor(a[1]), &v = tensor(a[2]);
  check(q.dim() == 4 && k.dim() == 4 && v.dim() == 4, "attention: query, key and value need 4 dimensions");
  const auto b = q.size(0), h = q.size(1), l = q.size(2);
  check(v.size(3) == q.size(3) && k.size(3) == q.size(3), "attention: query, key and value have different widths");
  const auto dtype = q.scalar_type();
  return {dense_like(q),
          fake_strided({b, h, l}, {l * h, 1, h}, dtype == at::kDouble ? at::kDouble : at::kFloat, q.device())};
}

// input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first
struct Recurrent {
  at::Tensor output, hidden, cell;
};
Recurrent recurrent(const at::Tensor &x, const at::Tensor &h, Args a, int64_t out) {
  check(x.dim() == 3, "rnn: the input needs 3 dimensions");
  const bool both = a[7].toBool(), batch_first = a[8].toBool();
  const auto layers = a[4].toInt() * (both ? 2 : 1);
  const auto batch = x.size(batch_first ? 0 : 1), steps = x.size(batch_first ? 1 : 0);
  check(h.dim() == 3 && h.size(0) == layers && h.size(1) == batch, "rnn: the hidden state has other sizes");
  const auto width = out * (both ? 2 : 1);
  const auto weight = a[2].toTensorVector();
  check(!weight.empty() && weight[0].size(1) == x.size(2), "rnn: input and weights have different sizes");
  check(steps > 0, "rnn: expected a sequence that is not empty");
  auto output = batch_first
                    ? fake_strided({batch, steps, width}, {width, batch * width, 1}, x.scalar_type(), x.device())
                    : contiguous_like(x, {steps, batch, width});
  return {output, contiguous_like(h, {layers, batch, out}), at::Tensor()};
}
Values lstm(Args a) {
  const auto states = a[1].toTensorVector();
  check(states.size() == 2, "lstm: expected two hidden states");
  auto r = recurrent(tensor(a[0]), states[0], a, states[0].size(2));
  check(states[1].dim() == 3 && states[1].size(0) == states[0].size(0) && states[1].size(1) == states[0].size(1),
        "lstm: the cell state has other sizes");
  return {r.output, r.hidden, contiguous_like(states[1], states[1].sizes().vec())};
}
Values rnn(Args a) {
  auto r = recurrent(tensor(a[0]), tensor(a[1]), a, tensor(a[1]).size(2));
  return {r.output, r.hidden};
}

Values weight_norm(Args a) {
  const auto &v = tensor(a[0]), &g = tensor(a[1]);
  return {contiguous_like(v), fake_strided(g.sizes(), g.strides(), g.scalar_type(), g.device())};
}

// weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset, padding_idx
Values embedding_bag(Args a) {
  const auto &w = tensor(a[0]), &indices = tensor(a[1]), &offsets = tensor(a[2]);
  check(w.dim() == 2 && indices.dim() == 1 && offsets.dim() == 1, "embedding_bag: wrong number of dimensions");
  const auto bags = offsets.size(0) - (a[7].toBool() ? 1 : 0);
  const auto mode = a[4].toInt();
  constexpr int64_t SUM = 0, MAX = 2;
  const bool fast = mode == SUM && (w.scalar_type() == at::kFloat || w.scalar_type() == at::kHalf ||
                                    w.scalar_type() == at::kBFloat16) &&
                    w.stride(1) == 1 && a[8].toInt() < 0 && (!maybe(a[6]).defined() || maybe(a[6]).stride(0) == 1);
  const auto dtype = indices.scalar_type();
  return {contiguous_like(w, {bags, w.size(1)}), fake_empty({fast ? 0 : indices.size(0)}, dtype, w.device()),
          fake_empty({bags}, dtype, w.device()),
          fake_empty(mode == MAX ? Ints{bags, w.size(1)} : Ints{bags}, dtype, w.device())};
}

} // namespace

at::ArrayRef<RuleRow> network_rules() {
  static const char *fused = "it is a fused layer for inference on its own; write its parts";
  static const char *out = "it writes into tensors that the caller gives; call the op that returns new tensors";
  static const std::vector<RuleRow> rows{
      {"convolution", convolution},
      {"_convolution", convolution},
      {"mkldnn_convolution", mkldnn_convolution},
      {"_slow_conv2d_forward", slow_conv},
      {"_slow_conv2d_forward.output", nullptr, out},
      {"slow_conv3d_forward", slow_conv},
      {"slow_conv3d_forward.output", nullptr, out},
      {"slow_conv_dilated2d", slow_conv_dilated},
      {"slow_conv_dilated3d", slow_conv_dilated},
      {"slow_conv_transpose3d", slow_conv_transpose},
      {"max_pool1d", max_pool1d, nullptr, true},
      {"max_pool3d_with_indices", max_pool3d},
      {"max_unpool2d", max_unpool},
      {"max_unpool3d", max_unpool},
      {"_adaptive_avg_pool2d", adaptive_avg_pool},
      {"_adaptive_avg_pool3d", adaptive_avg_pool},
      {"native_batch_norm", batch_norm},
      {"_native_batch_norm_legit", batch_norm},
      {"_native_batch_norm_legit.no_stats", batch_norm_no_stats},
      {"_batch_norm_with_update", batch_norm_with_update},
      {"batch_norm_update_stats", batch_norm_update},
      {"native_layer_norm", layer_norm},
      {"native_group_norm", group_norm},
      {"_scaled_dot_product_flash_attention_for_cpu", flash_attention},
      {"lstm.input", lstm, nullptr, true},
      {"gru.input", rnn, nullptr, true},
      {"rnn_tanh.input", rnn, nullptr, true},
      {"rnn_relu.input", rnn, nullptr, true},
      {"_weight_norm_interface", weight_norm},
      {"_embedding_bag", embedding_bag},
      {"_embedding_bag_forward_only", embedding_bag},
      {"log_sigmoid_forward.output", nullptr, out},
      {"nll_loss2d_forward.output", nullptr, out},
      {"multilabel_margin_loss_forward.output", nullptr, out},
      {"_native_multi_head_attention", nullptr, fused},
      {"_transformer_encoder_layer_fwd", nullptr, fused},
      {"_transform_bias_rescale_qkv", nullptr, fused},
      {"_ctc_loss.Tensor", nullptr, "it reads the lengths of the sequences; pass them as lists of integers"},
  };
  return rows;
}

} // namespace tx
