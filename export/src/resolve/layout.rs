//! Strides as expressions.

use super::solve;
use crate::ExportError;
use crate::setup::Setup;
use crate::solve::Basis;
use pytree_core::TensorType;
use shapes::{InputLeaf, Placeholder, PlaceholderShape, Solved};
use symbolic::Expr;

/// Symbolic strides: products of the inner sizes, in the order of the observed strides. Any other stride is solved from the
/// runs.
pub(super) fn strides(basis: &Basis, infos: &[&TensorType], sizes: &[Expr]) -> Result<Vec<Expr>, ExportError> {
    let Some(first) = infos.first() else { return Ok(Vec::new()) };
    let order = dense_order(&first.sizes, &first.strides);
    let dense = infos.iter().all(|info| is_dense(&info.sizes, &info.strides, &order));
    if dense {
        return dense_strides(sizes, &order);
    }
    (0..first.strides.len())
        .map(|dim| {
            let seen: Vec<i64> = infos.iter().filter_map(|info| info.strides.get(dim).copied()).collect();
            solve(basis, &seen, || format!("stride {dim} of a view"))
        })
        .collect()
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

fn dense_strides(sizes: &[Expr], order: &[usize]) -> Result<Vec<Expr>, ExportError> {
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
