//! The shapes of a call, argument by argument.

use super::error::distinct;
use super::object::Object;
use super::shapes::{Guesser, of_alike};
use super::{Auto, GuessError, GuessOptions, masks};
use crate::inputs::argument::{ArgumentPath, Input};
use crate::inputs::{InputSet, InputSets};
use crate::spec::DynamicShapes;
use indexmap::IndexMap;
use pytree_core::{KeyPath, ParameterKind, Signature};
use std::collections::BTreeSet;

/// Names that onnx-diagnostic keeps for itself.
const RESERVED: [&str; 2] = ["_diag", "verbose"];

/// The dynamic shapes of these sets, as the pair `(args, kwargs)`.
pub(super) fn guess(inputs: &InputSets, options: &GuessOptions) -> Result<DynamicShapes, GuessError> {
    let guesser = Guesser { options, model: inputs.model() };
    let plain = options.unregistered.is_empty() && !matches!(options.auto, Auto::Names(_));
    let masks = if plain { masks::of_alike(inputs.sets()) } else { None };
    let (args, kwargs) = match (masks, inputs.sets()) {
        (_, [only]) => one(&guesser, only)?,
        (Some(masks), [first, ..]) => in_order(alike(&guesser, first, masks)?, inputs),
        (_, sets) => in_order(several(&guesser, sets, inputs.signature())?, inputs),
    };
    Ok(DynamicShapes::pair(args, kwargs.into_iter().map(|(name, shapes)| (name.to_owned(), shapes))))
}

/// The positional arguments of a set, and the named ones.
type Given<'s> = (Vec<Object<'s>>, Vec<(&'s str, Object<'s>)>);

/// The shapes of positional arguments, and of named ones.
type Arguments<'s> = (Vec<DynamicShapes>, IndexMap<&'s str, DynamicShapes>);

fn at(input: impl Into<Input>) -> ArgumentPath {
    ArgumentPath { input: input.into(), path: KeyPath::default() }
}

/// One set alone, in the order of its arguments.
fn one<'s>(guesser: &Guesser<'_>, set: &'s InputSet) -> Result<Arguments<'s>, GuessError> {
    let auto = &guesser.options.auto;
    let (args, kwargs) = Object::arguments(set);
    let shapes = |object, input: Input| guesser.value(&[object], auto, &mut at(input));
    let args = args.into_iter().enumerate().map(|(i, object)| shapes(object, i.into())).collect::<Result<_, _>>()?;
    let kwargs = kwargs.into_iter().map(|(name, object)| Ok((name, shapes(object, name.into())?)));
    Ok((args, kwargs.collect::<Result<_, _>>()?))
}

/// Sets that are alike: the first shows the tree, the masks what is dynamic in it.
fn alike<'s>(guesser: &Guesser<'_>, first: &'s InputSet, masks: Vec<u64>) -> Result<Arguments<'s>, GuessError> {
    let (args, kwargs) = Object::arguments(first);
    let mut masks = masks.into_iter();
    let mut shapes = |object| of_alike(object, &mut masks, &guesser.options.auto, guesser.options.exportable);
    let args = args.into_iter().map(&mut shapes).collect();
    let mut kwargs: IndexMap<&str, _> = kwargs.into_iter().map(|(name, object)| (name, shapes(object))).collect();
    kwargs.sort_keys();
    kwargs.keys().try_for_each(|name| refuse_reserved(guesser, name))?;
    Ok((args, kwargs))
}

/// The first parameter that a set gives by position and another one by name: its name and these two sets.
fn mixed(sets: &[Given<'_>], signature: &Signature) -> Option<(String, usize, usize)> {
    let positional =
        signature.parameters().iter().take_while(|parameter| parameter.kind != ParameterKind::VarPositional);
    positional.enumerate().find_map(|(place, parameter)| {
        let by_position = sets.iter().position(|(args, _)| args.len() > place)?;
        let by_name = sets.iter().position(|(_, named)| named.iter().any(|(name, _)| *name == parameter.name))?;
        Some((parameter.name.to_string(), by_position, by_name))
    })
}

/// Sets that may differ in structure, argument by argument.
fn several<'s>(
    guesser: &Guesser<'_>,
    sets: &'s [InputSet],
    signature: Option<&Signature>,
) -> Result<Arguments<'s>, GuessError> {
    let auto = &guesser.options.auto;
    let sets: Vec<_> = sets.iter().map(Object::arguments).collect();
    let counts = distinct(sets.iter().map(|(args, _)| args.len()));
    if counts.len() > 1 {
        let mixed = signature.and_then(|signature| mixed(&sets, signature));
        return Err(GuessError::ArgsCountMismatch { counts, model: guesser.model.map(str::to_owned), mixed });
    }
    let mut args = Vec::new();
    for i in 0..counts.first().copied().unwrap_or(0) {
        let objects: Vec<_> = sets.iter().filter_map(|(args, _)| args.get(i).copied()).collect();
        args.push(guesser.value(&objects, &auto.below(format_args!("{i}I")), &mut at(i))?);
    }
    // Python numbers the names of a set object where not every set has every name; sorted order is one of its orders.
    let names: BTreeSet<&str> = sets.iter().flat_map(|(_, kwargs)| kwargs.iter().map(|(name, _)| *name)).collect();
    let mut kwargs = IndexMap::new();
    for (i, name) in names.into_iter().enumerate() {
        refuse_reserved(guesser, name)?;
        let given = sets.iter().filter_map(|(_, kwargs)| kwargs.iter().find(|(given, _)| *given == name));
        let objects: Vec<_> = given.map(|(_, object)| *object).collect();
        kwargs.insert(name, guesser.value(&objects, &auto.below(format_args!("{i}I")), &mut at(name))?);
    }
    Ok((args, kwargs))
}

fn refuse_reserved(guesser: &Guesser<'_>, name: &str) -> Result<(), GuessError> {
    if RESERVED.contains(&name) {
        return Err(GuessError::ReservedName { name: name.to_owned(), model: guesser.model.map(str::to_owned) });
    }
    Ok(())
}

/// Named arguments in the order of the signature; without one, in that of the first set that has them all.
fn in_order<'s>((args, mut kwargs): Arguments<'s>, inputs: &InputSets) -> Arguments<'s> {
    let parameters = inputs.signature().map(|s| s.parameters()).unwrap_or_default();
    let order: Vec<&str> = match parameters {
        [] => {
            let full = inputs.sets().iter().find(|set| set.names().count() == kwargs.len());
            full.map(|set| set.names().collect()).unwrap_or_default()
        }
        parameters => parameters.iter().map(|p| p.name.as_ref()).collect(),
    };
    let first: Vec<_> = order.into_iter().filter_map(|name| kwargs.shift_remove_entry(name)).collect();
    (args, first.into_iter().chain(kwargs).collect())
}
