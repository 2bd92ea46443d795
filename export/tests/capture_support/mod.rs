//! Helpers of the capture tests: small models, their exports, and a comparison of program and model.
// Each test file uses a part of it, and tests fail by panicking.
#![allow(dead_code, unused_macros, clippy::unwrap_used, clippy::panic)]

use tch::{Device, Kind, Tensor};
use torch_export::ExportError;
use torch_export::prelude::*;
use torch_export::pytree::{Leaf, LeafRef, OwnedTree};
use torch_export::record::RecordError;
use torch_export::shapes::DimSpec;

/// A model without parameters: `model! { Add(x: &Tensor, y: &Tensor) -> Tensor { x + y } }`.
macro_rules! model {
    ($name:ident ($($args:tt)*) $($rest:tt)*) => {
        struct $name;
        #[torch_export::module]
        impl $name {
            fn forward(&self, $($args)*) $($rest)*
        }
    };
}

pub(crate) const F: (Kind, Device) = (Kind::Float, Device::Cpu);

pub(crate) fn randn(sizes: &[i64]) -> Tensor {
    Tensor::randn(sizes, F)
}

/// Dynamic shapes by hand: a spec per argument, a dim per dynamic dimension.
pub(crate) fn dims<D: Into<DimSpec> + Clone>(arguments: &[&[(i64, D)]]) -> DynamicShapes {
    let leaf = |dims: &&[(i64, D)]| DynamicShapes::leaf(ShapeSpec::dims(dims.to_vec()));
    DynamicShapes::Tuple(arguments.iter().map(leaf).collect())
}

pub(crate) fn named(name: &str) -> Dim {
    Dim::new(name).unwrap()
}

/// Exports with the dynamic shapes that are guessed from the sets.
pub(crate) fn guessed<M: Module<Family = Tch>>(
    model: &M,
    sets: impl IntoIterator<Item = M::Args>,
) -> Result<ExportedProgram, ExportError> {
    let inputs = ModelInputs::new(model, sets).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    export(model, &inputs, &shapes)
}

/// Exports one example with these shapes.
pub(crate) fn with_shapes<M: Module<Family = Tch>>(
    model: &M,
    example: M::Args,
    shapes: &DynamicShapes,
) -> Result<ExportedProgram, ExportError> {
    let inputs = ModelInputs::new(model, [example]).unwrap();
    export(model, &inputs, shapes)
}

/// Exports one example without dynamic dimensions.
pub(crate) fn fixed<M: Module<Family = Tch>>(model: &M, example: M::Args) -> Result<ExportedProgram, ExportError> {
    with_shapes(model, example, &DynamicShapes::NONE)
}

/// The error of an export that must fail.
pub(crate) fn refused(result: Result<ExportedProgram, ExportError>) -> ExportError {
    match result {
        Ok(program) => panic!("exported:\n{program}"),
        Err(error) => error,
    }
}

/// The error of the recording.
pub(crate) fn recording(error: &ExportError) -> &RecordError {
    match error {
        ExportError::Capture { source, .. } => source,
        other => panic!("{other:?}"),
    }
}

/// A copy of the tree with its own memory.
pub(crate) fn copied<A: OwnedTree<Tch>>(tree: &A) -> A {
    let flat = flatten(tree).unwrap();
    let copy = |leaf: &LeafRef<'_, Tch>| -> Leaf<Tch> {
        match leaf {
            LeafRef::Tensor(t) => Leaf::Tensor(torch_export::dispatch::deep_copy(t).unwrap()),
            other => other.map(Tensor::shallow_clone),
        }
    };
    let leaves: Vec<Leaf<Tch>> = flat.leaves.iter().map(copy).collect();
    unflatten(leaves, &flat.spec).unwrap()
}

/// Runs program and model on copies of each of these inputs. Outputs and inputs must be equal afterwards.
pub(crate) fn same<M: Module<Family = Tch>>(
    model: &M,
    program: &ExportedProgram,
    sets: impl IntoIterator<Item = M::Args>,
) {
    for args in sets {
        let (ours, theirs) = (copied(&args), copied(&args));
        let got: M::Output = program.call(&ours).unwrap();
        let expected = model.call(&theirs).unwrap();
        alike(&got, &expected);
        alike(&ours, &theirs);
    }
}

/// Fails unless two trees have the same structure and nearly the same values.
pub(crate) fn alike<A: OwnedTree<Tch>>(got: &A, expected: &A) {
    let (got, expected) = (flatten(got).unwrap(), flatten(expected).unwrap());
    assert_eq!(got.spec, expected.spec);
    for (a, b) in got.leaves.iter().zip(&expected.leaves) {
        match (a, b) {
            (LeafRef::Tensor(a), LeafRef::Tensor(b)) => {
                assert_eq!((a.size(), a.kind()), (b.size(), b.kind()));
                // Both parts of a complex number.
                let parts =
                    |t: &Tensor| if t.is_complex() { t.resolve_conj().view_as_real() } else { t.shallow_clone() };
                let (a, b) = (parts(a).to_kind(Kind::Double), parts(b).to_kind(Kind::Double));
                assert!(a.allclose(&b, 1e-5, 1e-6, true), "{a} is not {b}");
            }
            (a, b) => assert_eq!(format!("{a:?}"), format!("{b:?}")),
        }
    }
}

/// The statements of the program, without comments and dead values.
pub(crate) fn statements(program: &ExportedProgram) -> Vec<String> {
    let text = program.to_string();
    let body = text.lines().skip(3).take_while(|line| !line.starts_with("Graph signature"));
    let plain = body.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    plain.map(|line| line.split(";  ").next().unwrap_or(line).to_owned()).collect()
}

/// The header with the sizes of the inputs.
pub(crate) fn header(program: &ExportedProgram) -> String {
    let text = program.to_string();
    text.lines().find(|line| line.trim_start().starts_with("def forward")).unwrap_or_default().trim().to_owned()
}

/// The last line, which has the ranges.
pub(crate) fn ranges(program: &ExportedProgram) -> String {
    let text = program.to_string();
    let line = text.lines().find_map(|line| line.strip_prefix("Range constraints: "));
    line.unwrap_or_default().to_owned()
}
