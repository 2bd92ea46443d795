//! The memory layout of inputs of other sizes.

/// The strides of a tensor with these sizes that is laid out as an example: the same order of dimensions, expanded
/// dimensions stay expanded, and a gap between elements stays.
pub(crate) fn strides_like(sizes: &[i64], strides: &[i64], new_sizes: &[i64]) -> Option<Vec<i64>> {
    let rank = sizes.len();
    if strides.len() != rank || new_sizes.len() != rank {
        return None;
    }
    let mut order: Vec<usize> = (0..rank).collect();
    // Of equal strides the later dimension is the inner one, as in a contiguous tensor.
    order.sort_by(|a, b| strides[*b].cmp(&strides[*a]).then(a.cmp(b)));
    let mut new_strides = vec![0; rank];
    let (mut inside, mut new_inside) = (1_i64, 1_i64);
    for dim in order.into_iter().rev() {
        let (size, stride) = (sizes[dim], strides[dim]);
        if stride == 0 && size != 1 {
            continue;
        }
        let new = if size == 1 || stride == inside || stride == 0 {
            new_inside
        } else if stride % inside == 0 {
            new_inside.checked_mul(stride / inside)?
        } else if stride > inside {
            new_inside.checked_add(stride - inside)?
        } else {
            // The dimensions overlap, which no product of sizes describes.
            stride
        };
        new_strides[dim] = new;
        inside = stride.max(1).checked_mul(size.max(1))?.max(inside);
        new_inside = new.max(1).checked_mul(new_sizes[dim].max(1))?.max(new_inside);
    }
    Some(new_strides)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::strides_like;

    #[test]
    fn each_layout_is_kept() {
        let of = |sizes: &[i64], strides: &[i64], new: &[i64]| strides_like(sizes, strides, new).unwrap();
        assert_eq!(of(&[2, 3, 4], &[12, 4, 1], &[5, 7, 4]), [28, 4, 1], "contiguous");
        assert_eq!(of(&[3, 2], &[1, 3], &[5, 7]), [1, 5], "transposed");
        assert_eq!(of(&[2, 3, 8, 6], &[144, 1, 18, 3], &[5, 3, 7, 9]), [189, 1, 27, 3], "channels last");
        assert_eq!(of(&[3, 4], &[0, 1], &[9, 4]), [0, 1], "expanded");
        assert_eq!(of(&[3, 4], &[8, 2], &[9, 5]), [10, 2], "every second");
        assert_eq!(of(&[3, 4], &[5, 1], &[9, 6]), [7, 1], "narrowed");
        assert_eq!(of(&[1, 4], &[4, 1], &[9, 6]), [6, 1], "a size of 1");
    }
}
