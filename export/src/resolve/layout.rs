//! Strides as expressions.

use crate::ExportError;
use crate::setup::Setup;
use pytree_core::TensorType;
use shapes::{InputLeaf, Placeholder, PlaceholderShape, Solved};
use symbolic::{Expr, ExprError};

/// The order of the dimensions, from the outermost to the innermost, in which a tensor is dense in every run. Each run
/// gives sizes and strides.
pub(super) fn dense(seen: &[(Vec<i64>, Vec<i64>)]) -> Option<Vec<usize>> {
    // A run in which no size is 1 determines the order best.
    let (sizes, strides) = seen.iter().min_by_key(|(sizes, _)| sizes.iter().filter(|size| **size <= 1).count())?;
    let order = dense_order(sizes, strides);
    seen.iter().all(|(sizes, strides)| is_dense(sizes, strides, &order)).then_some(order)
}

/// The tensors among the inputs, with the sizes that were solved.
pub(super) fn inputs(setup: &Setup, solved: &Solved) -> Result<Vec<Option<TensorType<Expr>>>, ExportError> {
    let input = |(placeholder, leaf): (&Placeholder, &InputLeaf)| {
        let (PlaceholderShape::Tensor(sizes), Some(known)) = (&placeholder.shape, leaf.value.as_tensor()) else {
            return Ok(None);
        };
        let order = dense_order(&known.sizes, &known.strides);
        let dense = is_dense(&known.sizes, &known.strides, &order);
        let numbers = known.map(|n| Expr::int(*n));
        let strides = if dense { dense_strides(sizes, &order)? } else { numbers.strides };
        Ok(Some(TensorType { sizes: sizes.clone(), strides, ..numbers }))
    };
    solved.placeholders.iter().zip(&setup.leaves).map(input).collect()
}

/// The dimensions from the outermost to the innermost. If strides are equal, the later dimension is the inner one, as in a
/// contiguous tensor.
fn dense_order(sizes: &[i64], strides: &[i64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len().min(strides.len())).collect();
    order.sort_by(|a, b| strides[*b].cmp(&strides[*a]).then(a.cmp(b)));
    order
}

/// Whether the strides are the products of the inner sizes, in this order. The stride of a size of 1 does not matter.
fn is_dense(sizes: &[i64], strides: &[i64], order: &[usize]) -> bool {
    let mut expected = 1_i64;
    order.iter().rev().all(|dim| {
        let fits = strides[*dim] == expected || sizes[*dim] == 1;
        expected = expected.saturating_mul(sizes[*dim].max(1));
        fits
    })
}

/// The products of the inner sizes, in this order.
pub(super) fn dense_strides(sizes: &[Expr], order: &[usize]) -> Result<Vec<Expr>, ExprError> {
    let mut strides = vec![Expr::int(1); sizes.len()];
    let mut inside = Expr::int(1);
    for dim in order.iter().rev() {
        strides[*dim] = inside.clone();
        if sizes[*dim].as_int() != Some(0) {
            inside = inside.try_mul(&sizes[*dim])?;
        }
    }
    Ok(strides)
}
