//! The forwards, by what they do, and how they are exported.

mod numbers;
mod panics;
mod tensors;

use crate::Row;
use crate::capture_support::{dims, fixed, guessed, randn, same, with_shapes};
use tch::Tensor;
use torch_export::ExportError;
use torch_export::prelude::*;
use torch_export::shapes::DimHint;

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    [numbers::ROWS, panics::ROWS, tensors::ROWS].into_iter().flatten()
}

/// Exports one example, and compares the program.
pub(crate) fn one<M: Module<Family = Tch>>(model: &M, example: M::Args) -> Result<(), ExportError>
where
    M::Args: torch_export::pytree::OwnedTree<Tch>,
{
    let kept = crate::capture_support::copied(&example);
    let program = fixed(model, example)?;
    same(model, &program, [kept]);
    Ok(())
}

/// Exports a model whose only size is dynamic.
pub(crate) fn sized<M: Module<Family = Tch>>(model: &M, args: impl Fn(Tensor) -> M::Args) -> Result<(), ExportError> {
    let program = guessed(model, [3, 6].map(|n| args(randn(&[n]))))?;
    same(model, &program, [2, 5, 9].map(|n| args(randn(&[n]))));
    Ok(())
}

/// Exports a model that reads a number.
pub(crate) fn valued<M: Module<Family = Tch>>(
    model: &M,
    args: impl Fn(Tensor, Tensor) -> M::Args,
) -> Result<(), ExportError> {
    let shapes = dims::<DimHint>(&[&[(0, Dim::dynamic())], &[]]);
    let program = with_shapes(model, args(randn(&[4]), Tensor::from(3i64)), &shapes)?;
    same(model, &program, [1, 2, 5].map(|n| args(randn(&[4]), Tensor::from(n))));
    Ok(())
}

model! { Ordinary(x: &Tensor) -> Tensor { x.relu() + x.size()[0] } }

/// An export that must run whatever was exported before it.
pub(crate) fn an_ordinary_export() {
    sized(&Ordinary, Ordinary::args).unwrap();
    assert!(!torch_export::is_exporting());
}
