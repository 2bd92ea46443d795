//! Ops with a CPU kernel and without a meta kernel: each has a rule, or a reason why it is refused.

use crate::dispatch::ffi::{self, Way};

/// What libtorch 2.13 has no meta kernel for, as `name.overload`.
const WITHOUT_META: &str = "\
    __lshift__.Scalar __lshift__.Tensor __rshift__.Scalar __rshift__.Tensor _adaptive_avg_pool2d \
    _adaptive_avg_pool3d _add_relu.Scalar _add_relu.Tensor _aminmax _aminmax.dim _assert_async _assert_async.msg \
    _batch_norm_with_update _cdist_forward _cholesky_solve_helper _compute_linear_combination _ctc_loss.Tensor \
    _cummax_helper _cummin_helper _dirichlet_grad _embedding_bag _embedding_bag_forward_only _fft_c2c _fft_c2r \
    _fft_r2c _functional_assert_async.msg _int_mm _linalg_eigvals _local_scalar_dense _logcumsumexp \
    _masked_softmax _native_batch_norm_legit _native_batch_norm_legit.no_stats _native_multi_head_attention \
    _pdist_forward _prelu_kernel _sample_dirichlet _scaled_dot_product_flash_attention_for_cpu \
    _slow_conv2d_forward _slow_conv2d_forward.output _standard_gamma _standard_gamma_grad \
    _transform_bias_rescale_qkv _transformer_encoder_layer_fwd _unique _unique2 _weight_norm_interface addbmm \
    angle batch_norm_update_stats binary_cross_entropy bincount binomial bucketize.Scalar bucketize.Tensor \
    channel_shuffle cholesky cholesky_inverse col2im count_nonzero.dim_IntList dot equal flip floor_divide \
    from_file geqrf geqrf.a glu_jvp grid_sampler_2d grid_sampler_3d hardswish hardtanh histc histogram.bin_ct \
    histogram.bins_tensor huber_loss im2col index_select is_set_to isnan kthvalue.values linalg_eig \
    linalg_householder_product linalg_matrix_exp linalg_solve_triangular log_sigmoid_forward \
    log_sigmoid_forward.output logit masked_select max max_pool3d_with_indices max_unpool2d max_unpool3d median \
    median.dim_values min mode multi_margin_loss multilabel_margin_loss_forward \
    multilabel_margin_loss_forward.output multinomial nanmedian nanmedian.dim_values nansum native_batch_norm \
    nll_loss2d_forward nll_loss2d_forward.output nonzero nonzero_static ormqr poisson prod reflection_pad2d relu \
    remainder.Scalar_Tensor repeat_interleave.Tensor roll rrelu_with_noise rsub.Tensor searchsorted.Scalar \
    searchsorted.Tensor segment_reduce slow_conv3d_forward slow_conv3d_forward.output slow_conv_dilated2d \
    slow_conv_dilated3d slow_conv_transpose3d std.correction std_mean.correction take trace tril_indices \
    triu_indices unique_consecutive unique_dim unique_dim_consecutive var.correction var_mean.correction vdot \
    where.self";

#[test]
fn each_has_a_rule_or_a_reason() {
    let mut missing = Vec::new();
    for name in WITHOUT_META.split_whitespace() {
        let (name, overload) = name.split_once('.').unwrap_or((name, ""));
        let c = |text: String| std::ffi::CString::new(text).unwrap();
        let way = ffi::op_way(&c(format!("aten::{name}")), &c(overload.to_owned())).unwrap();
        if way == Way::Missing {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
