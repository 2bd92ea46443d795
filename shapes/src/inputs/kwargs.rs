//! Dynamic shapes of a mixed call, all by name.

use crate::inputs::{InputSets, InputsError, ModelInputs};
use crate::spec::DynamicShapes;
use indexmap::IndexMap;
use pytree_core::{DescribeTensor, Key, Module, ParameterKind, Signature};

/// What [`ModelInputs::move_to_kwargs`](crate::ModelInputs::move_to_kwargs) gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedShapes {
    /// The shapes, as the pair `((), kwargs)`: every parameter's by its name, in the order of the signature.
    pub shapes: DynamicShapes,
    /// The names of the named arguments in the order in which the call should give them: the signature's, then the rest.
    pub names: Vec<String>,
}

/// The shapes cannot be moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoveError {
    /// The sets belong to no model.
    #[error("model was None when the class was initialized, cannot move args to kwargs without the signature.")]
    NoModel,
    /// The shapes are not the pair that guessing gives.
    #[error(
        "the shapes of a mixed call are a pair, a tuple for the positional arguments and a dict for the named ones; this is {found}"
    )]
    NotAPair {
        /// What was given.
        found: String,
    },
    /// There is no such set.
    #[error(transparent)]
    Inputs(#[from] InputsError),
}

impl InputSets {
    /// Moves the shapes of positional arguments to the named ones (`ModelInputs.move_to_kwargs`), since
    /// `torch.export.export` takes the shapes of a mixed call by name. The values themselves stay where they are.
    ///
    /// # Errors
    /// [`MoveError`] without a signature, when there is no such set, or when `shapes` is not a pair `(args, kwargs)`.
    pub fn move_to_kwargs(&self, set: usize, shapes: &DynamicShapes) -> Result<MovedShapes, MoveError> {
        let signature = self.signature().ok_or(MoveError::NoModel)?;
        let count = self.sets().len();
        let set = self.sets().get(set).ok_or(InputsError::NoSuchSet { index: set, count })?;
        move_to_kwargs(signature, set.names(), shapes)
    }
}

impl<M: Module<Family: DescribeTensor>> ModelInputs<'_, M> {
    /// Moves the shapes of positional arguments to the named ones (`ModelInputs.move_to_kwargs`).
    ///
    /// # Errors
    /// As [`InputSets::move_to_kwargs`].
    pub fn move_to_kwargs(&self, set: usize, shapes: &DynamicShapes) -> Result<MovedShapes, MoveError> {
        self.described().move_to_kwargs(set, shapes)
    }
}

/// onnx-diagnostic's three steps: positional shapes take the names of the parameters in order, extra names move below
/// the name of `**kwargs`, and everything is put in the order of the signature.
///
/// A parameter `*args` counts as one, so it keeps the shape of its first item only, as in Python.
fn move_to_kwargs<'n>(
    signature: &Signature,
    names: impl Iterator<Item = &'n str>,
    shapes: &DynamicShapes,
) -> Result<MovedShapes, MoveError> {
    let (args, kwargs) = shapes.as_pair().ok_or_else(|| MoveError::NotAPair { found: shapes.repr() })?;
    let parameters = signature.parameters();
    let mut moved = kwargs.clone();
    for (parameter, shape) in parameters.iter().zip(args) {
        moved.insert(Key::Str(parameter.name.clone()), shape.clone());
    }
    if let Some(rest) = parameters.iter().find(|p| p.kind == ParameterKind::VarKeyword) {
        let plain = |key: &Key| {
            let of_key = parameters.iter().find(|p| Some(p.name.as_ref()) == key.as_str());
            of_key.is_some_and(|p| !matches!(p.kind, ParameterKind::VarKeyword | ParameterKind::VarPositional))
        };
        let (own, extra): (IndexMap<_, _>, IndexMap<_, _>) = moved.into_iter().partition(|(key, _)| plain(key));
        moved = own;
        if !extra.is_empty() {
            moved.insert(Key::Str(rest.name.clone()), DynamicShapes::Dict(extra));
        }
    }
    let position = |name: Option<&str>| name.and_then(|n| signature.position(n)).unwrap_or(parameters.len());
    moved.sort_by_key(|key, _| position(key.as_str()));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_by_key(|name| position(Some(name)));
    let shapes = DynamicShapes::Tuple(vec![DynamicShapes::Tuple(Vec::new()), DynamicShapes::Dict(moved)]);
    Ok(MovedShapes { shapes, names })
}
