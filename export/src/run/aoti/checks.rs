//! What the exported program says about the inputs of its compiled model.

use super::super::check::InputChecks;
use super::AotiError;
use crate::dispatch::tensor_type;
use program::{ExportedProgram, InputKind, NodeValue};
use pytree_core::{LeafRef, Tch};
use symbolic::{Expr, Symbol};

/// The checks of a program, and the order of elements in memory, on which compiled code relies.
#[derive(Debug)]
pub(super) struct ProgramChecks {
    inputs: InputChecks,
    layouts: Vec<Option<Layout>>,
    paths: Vec<String>,
    /// Where the value of a symbol is read: a leaf and a dimension.
    symbols: Vec<(Symbol, usize, usize)>,
}

/// The strides of a tensor.
#[derive(Debug)]
struct Layout {
    strides: Vec<Expr>,
}

impl ProgramChecks {
    pub(super) fn of(program: &ExportedProgram) -> Result<Self, AotiError> {
        // Compiled code reads bytes as elements of one type, so types are always checked.
        let inputs = InputChecks::of(program, true)?;
        let users = program.signature.inputs.iter().filter(|spec| spec.kind == InputKind::UserInput);
        let (mut layouts, mut symbols) = (Vec::new(), Vec::new());
        for (leaf, spec) in users.enumerate() {
            let node = program.graph.nodes.get(spec.node.0);
            layouts.push(match node.map(|node| &node.value) {
                Some(NodeValue::Tensor(tensor)) => {
                    for (dim, size) in tensor.sizes.iter().enumerate() {
                        if let Some(symbol) = size.as_symbol() {
                            symbols.push((symbol.clone(), leaf, dim));
                        }
                    }
                    Some(Layout { strides: tensor.strides.clone() })
                }
                _ => None,
            });
        }
        let paths = program.in_spec.leaf_paths().map(|path| path.to_string()).collect();
        Ok(ProgramChecks { inputs, layouts, paths, symbols })
    }

    pub(super) fn check(&self, leaves: &[LeafRef<'_, Tch>]) -> Result<(), AotiError> {
        self.inputs.check(leaves)?;
        let size = |leaf: usize, dim: usize| match leaves.get(leaf) {
            Some(LeafRef::Tensor(tensor)) => tensor.size().get(dim).copied(),
            _ => None,
        };
        let value = |symbol: &Symbol| {
            let (_, leaf, dim) = self.symbols.iter().find(|(known, ..)| known == symbol)?;
            size(*leaf, *dim)
        };
        for (number, (layout, leaf)) in self.layouts.iter().zip(leaves).enumerate() {
            let (Some(layout), LeafRef::Tensor(tensor)) = (layout, leaf) else { continue };
            // A tensor without strides, or of a type that no program has, is refused where the code gets it.
            let Ok(ty) = tensor_type(tensor) else { continue };
            let (sizes, found) = (ty.sizes.to_vec(), ty.strides.to_vec());
            if sizes.contains(&0) || found.len() != sizes.len() {
                continue;
            }
            let expected: Vec<i64> = (layout.strides.iter().zip(&found))
                // What cannot be computed is not checked.
                .map(|(stride, found)| stride.eval(&value).unwrap_or(*found))
                .collect();
            // The stride of a dimension with one index is never used.
            let differs = sizes.iter().zip(expected.iter().zip(&found)).any(|(size, (a, b))| *size > 1 && a != b);
            if differs {
                let path = self.paths.get(number).cloned().unwrap_or_default();
                return Err(AotiError::Strides { path, expected, found });
            }
        }
        Ok(())
    }
}
