//! Sizes of 0 and 1 in dimensions that are declared dynamic, which an export would take for constants.

use super::error::FromParameter;
use super::set::{arguments, leaf_numbers};
use super::{InputSet, InputSets, ModelInputs};
use crate::inputs::LeafDescription;
use crate::inputs::couple::CoupleError;
use crate::inputs::couple::pair::{Nodes, Pair, Pairer};
use crate::inputs::guess::GuessError;
use crate::spec::DynamicShapes;
use pytree_core::{
    BoundArgument, DescribeTensor, Key, KeyEntry, KeyPath, LeafRef, Meta, Module, ParameterKind, Signature, Subtree,
};
use std::fmt;

/// A size of 0 or 1 in a dimension that is declared dynamic: an export with this input takes it for a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDimension {
    /// Which set of inputs.
    pub set: usize,
    /// Which tensor, from the argument on.
    pub path: KeyPath,
    /// Which dimension.
    pub dim: i64,
    /// Its size.
    pub size: i64,
}

/// `inputs[0] at x['a']: dimension 1 is declared dynamic and has size 1`.
impl fmt::Display for InvalidDimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InvalidDimension { set, path, dim, size } = self;
        write!(f, "inputs[{set}] at {}: dimension {dim} is declared dynamic and has size {size}", FromParameter(path))
    }
}

/// The shapes cannot be held against the inputs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidateError {
    /// No shapes were given and none can be guessed.
    #[error(transparent)]
    Guess(#[from] GuessError),
    /// The shapes have no entry for an argument.
    #[error("inputs[{set}]: the shapes have no entry for the argument `{name}`; `{{}}` makes a tensor static")]
    Missing {
        /// Which set.
        set: usize,
        /// The argument, by its name or its position.
        name: String,
    },
    /// The shapes have another structure.
    #[error("inputs[{set}]: {error}")]
    Structure {
        /// Which set.
        set: usize,
        /// Where and why.
        #[source]
        error: CoupleError,
    },
}

impl InputSets {
    /// Sizes of 0 and 1 in dimensions that the shapes declare dynamic: an export with such inputs takes them for
    /// constants (`ModelInputs.validate_inputs_for_export`, as its documentation means it; the original fails on
    /// everything but one set). Without shapes they are guessed, from two sets on.
    ///
    /// # Errors
    /// [`ValidateError`] when the shapes have another structure than the inputs, or cannot be guessed.
    pub fn validate_inputs_for_export(
        &self,
        shapes: Option<&DynamicShapes>,
    ) -> Result<Vec<InvalidDimension>, ValidateError> {
        validate(self, shapes)
    }
}

impl<M: Module<Family: DescribeTensor>> ModelInputs<'_, M> {
    /// Sizes of 0 and 1 in dynamic dimensions (`ModelInputs.validate_inputs_for_export`).
    ///
    /// # Errors
    /// As [`InputSets::validate_inputs_for_export`].
    pub fn validate_inputs_for_export(
        &self,
        shapes: Option<&DynamicShapes>,
    ) -> Result<Vec<InvalidDimension>, ValidateError> {
        self.described().validate_inputs_for_export(shapes)
    }
}

/// What `validate_inputs_for_export` is meant to do; onnx-diagnostic's fails on every input but one set.
fn validate(inputs: &InputSets, shapes: Option<&DynamicShapes>) -> Result<Vec<InvalidDimension>, ValidateError> {
    let guessed;
    let shapes = match shapes {
        Some(shapes) => shapes,
        // One set alone declares nothing.
        None if inputs.sets().len() < 2 => return Ok(Vec::new()),
        None => {
            guessed = inputs.guess_dynamic_shapes()?;
            &guessed
        }
    };
    let mut invalid = Vec::new();
    for (index, set) in inputs.sets().iter().enumerate() {
        for pair in pairs(index, set, shapes, inputs.signature())? {
            let Some(LeafDescription::Tensor(meta) | LeafDescription::Array(meta)) = set.leaves().get(pair.leaf) else {
                continue;
            };
            for (dim, size) in (0_i64..).zip(meta.sizes.iter().copied()) {
                if matches!(size, 0 | 1) && pair.dims.get(&dim).is_some_and(|dim| !dim.is_static()) {
                    invalid.push(InvalidDimension { set: index, path: pair.path.clone(), dim, size });
                }
            }
        }
    }
    Ok(invalid)
}

/// Every tensor of a set with its dimensions, argument by argument.
pub(crate) fn pairs(
    index: usize,
    set: &InputSet,
    shapes: &DynamicShapes,
    signature: Option<&Signature>,
) -> Result<Vec<Pair>, ValidateError> {
    let leaves: Vec<LeafRef<'_, Meta>> = set
        .leaves()
        .iter()
        .map(|leaf| match leaf {
            LeafDescription::Tensor(meta) | LeafDescription::Array(meta) => LeafRef::Tensor(meta),
            _ => LeafRef::None,
        })
        .collect();
    let (nodes, path) = (Nodes::Nested, KeyPath::default());
    let mut pairer = Pairer { leaves: &leaves, nodes, any_form: true, pairs: Vec::new(), path };
    let bound = signature.and_then(|s| Some((s, s.bind(set.spec()).ok()?)));
    let numbers = leaf_numbers(set.spec());
    let (args, kwargs) = arguments(Subtree::of(set.spec(), &numbers));
    let positional = args.map(|at| (None, at));
    let named = set.names().map(Some).zip(kwargs);
    for (position, (name, at)) in positional.chain(named).enumerate() {
        let argument = bound.as_ref().and_then(|(s, bound)| Some((*s, bound.get(position)?)));
        let parameter = argument.map(|(s, bound)| s.parameters()[bound.parameter].name.to_string());
        let called = name.map(str::to_owned).or_else(|| parameter.clone());
        let called = called.map_or(KeyEntry::Sequence(position), |name| KeyEntry::Mapping(Key::from(name)));
        let Some(own) = entry(shapes, position, name, argument) else {
            return Err(ValidateError::Missing { set: index, name: called.to_string() });
        };
        pairer.path = KeyPath(vec![called]);
        pairer.value(at, own).map_err(|error| ValidateError::Structure { set: index, error })?;
    }
    Ok(pairer.pairs)
}

/// The shapes of one argument: in the pair that guessing gives, by name, or by position.
fn entry<'s>(
    shapes: &'s DynamicShapes,
    position: usize,
    name: Option<&str>,
    argument: Option<(&Signature, &BoundArgument)>,
) -> Option<&'s DynamicShapes> {
    if let Some((args, kwargs)) = shapes.as_pair() {
        return match name {
            Some(name) => kwargs.get(&Key::from(name.to_owned())),
            None => args.get(position).or_else(|| {
                // Shapes that were moved to the named arguments.
                let (signature, bound) = argument?;
                kwargs.get(&Key::Str(signature.parameters().get(bound.parameter)?.name.clone()))
            }),
        }
        .or_else(|| nested(kwargs, argument));
    }
    match shapes {
        DynamicShapes::Dict(table) => {
            let own = name.and_then(|name| table.get(&Key::from(name.to_owned())));
            own.or_else(|| nested(table, argument))
        }
        DynamicShapes::Tuple(items) | DynamicShapes::List(items) => items.get(match argument {
            Some((_, bound)) => bound.parameter,
            None => position,
        }),
        DynamicShapes::Leaf(_) => None,
    }
}

/// The shapes of a bound argument by the name of its parameter, below which those of `*args` and `**kwargs` stand.
fn nested<'s>(
    table: &'s indexmap::IndexMap<Key, DynamicShapes>,
    argument: Option<(&Signature, &BoundArgument)>,
) -> Option<&'s DynamicShapes> {
    let (signature, bound) = argument?;
    let parameter = signature.parameters().get(bound.parameter)?;
    let own = table.get(&Key::Str(parameter.name.clone()))?;
    match (parameter.kind, own, &bound.rest) {
        (ParameterKind::VarPositional, DynamicShapes::Tuple(items) | DynamicShapes::List(items), Some(rest)) => {
            match rest {
                KeyEntry::Sequence(i) => items.get(*i),
                _ => None,
            }
        }
        (ParameterKind::VarKeyword, DynamicShapes::Dict(items), Some(KeyEntry::Mapping(key))) => items.get(key),
        (ParameterKind::VarPositional | ParameterKind::VarKeyword, ..) => None,
        _ => Some(own),
    }
}
