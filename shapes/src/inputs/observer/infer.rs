//! Dynamic shapes and arguments from the calls observed.

use super::call::{Call, Constant, copy, entry, with_leaves};
use super::{Batch, Input, InputObserver, ObserverError};
use crate::spec::{DynamicShapes, ShapeSpec};
use crate::tensor::MakeTensor;
use indexmap::IndexMap;
use pytree_core::{Context, Key, Leaf, OwnedTree, PyTree, Value, into_leaves, unflatten};

/// The arguments of a call.
type Arguments<F> = (Vec<Value<F>>, IndexMap<String, Value<F>>);

impl<F: MakeTensor> InputObserver<F> {
    /// The dimensions that differ between calls, as `Dim.DYNAMIC`: a tuple when only positional arguments are given,
    /// otherwise a dict by name, in which further positional arguments stand in a tuple below the name of `*args` and
    /// further named ones in a dict below that of `**kwargs`.
    ///
    /// Unlike guessing, a size of 0 in every call is static.
    ///
    /// # Errors
    /// [`ObserverError`] when there is no call, or the calls differ in structure.
    pub fn infer_dynamic_shapes(&self, batch: &Batch) -> Result<DynamicShapes, ObserverError> {
        self.check()?;
        let best = self.best()?;
        let places = self.places(best)?;
        let aligned = self.aligned(best, &mut Vec::new())?;
        let specs = self.specs(&aligned, &places, &|input| batch.has(input, &self.names))?;
        if self.python && specs.len() == best.args.len() + best.kwargs.len() {
            return self.one_each(best, specs);
        }
        let mut specs = specs.into_iter();
        let mut args: Vec<DynamicShapes> = best.args.iter().map(|value| shapes(value, &mut specs)).collect();
        let mut kwargs: IndexMap<Key, DynamicShapes> = IndexMap::new();
        for (name, value) in &best.kwargs {
            kwargs.insert(Key::from(name.clone()), shapes(value, &mut specs));
        }
        kwargs.extend(best.constants.keys().map(|name| (Key::from(name.clone()), DynamicShapes::NONE)));
        if kwargs.is_empty() && self.var_positional.is_none() {
            return Ok(DynamicShapes::Tuple(args));
        }
        let mut by_name: IndexMap<Key, DynamicShapes> = IndexMap::new();
        if !args.is_empty() {
            let count = args.len().min(self.var_positional.unwrap_or(usize::MAX));
            let rest = args.split_off(count);
            by_name.extend(self.names.iter().map(|name| Key::from(name.clone())).zip(args));
            if let Some(name) = self.var_positional.and_then(|i| self.names.get(i)) {
                by_name.insert(Key::from(name.clone()), DynamicShapes::Tuple(rest));
            }
        }
        by_name.extend(kwargs);
        self.nest_further(by_name)
    }

    /// Python takes as many tensors as arguments for one tensor each: then a list of one tensor has the shapes of a tensor,
    /// and the named arguments that stand where `*args` would begin count to it.
    fn one_each(&self, best: &Call<F>, specs: Vec<ShapeSpec>) -> Result<DynamicShapes, ObserverError> {
        let mut specs: Vec<DynamicShapes> = specs.into_iter().map(DynamicShapes::Leaf).collect();
        if best.kwargs.is_empty() && best.constants.is_empty() && self.var_positional.is_none() {
            return Ok(DynamicShapes::Tuple(specs));
        }
        let args = best.args.len();
        let star = self.var_positional.filter(|_| args > 0);
        let named = specs.split_off(star.map_or(args, |at| args.max(at)).min(specs.len()));
        let rest = specs.split_off(star.map_or(args, |at| args.min(at)));
        let keys = |names: &mut dyn Iterator<Item = &String>| names.cloned().map(Key::from).collect::<Vec<_>>();
        let mut shapes: IndexMap<Key, DynamicShapes> = keys(&mut self.names.iter()).into_iter().zip(specs).collect();
        if let Some(name) = star.and_then(|at| self.names.get(at)) {
            shapes.insert(Key::from(name.clone()), DynamicShapes::Tuple(rest));
        }
        shapes.extend(keys(&mut best.kwargs.keys()).into_iter().zip(named));
        shapes.extend(keys(&mut best.constants.keys()).into_iter().map(|key| (key, DynamicShapes::NONE)));
        self.nest_further(shapes)
    }

    /// Puts the names that are not parameters below the name of `**kwargs`.
    fn nest_further(&self, shapes: IndexMap<Key, DynamicShapes>) -> Result<DynamicShapes, ObserverError> {
        let Some(rest) = &self.var_keyword else { return Ok(DynamicShapes::Dict(shapes)) };
        let known = |key: &Key| self.names.iter().any(|name| key.as_str() == Some(name));
        let (mut own, further): (IndexMap<_, _>, IndexMap<_, _>) = shapes.into_iter().partition(|(key, _)| known(key));
        if !further.is_empty() {
            if own.contains_key(&Key::from(rest.clone())) {
                return Err(ObserverError::NameCollision { name: rest.clone() });
            }
            own.insert(Key::from(rest.clone()), DynamicShapes::Dict(further));
        }
        Ok(DynamicShapes::Dict(own))
    }

    /// Arguments to export with: those of the first call that has as many as the most complete one. They are a tuple,
    /// or a dict by name when any is named.
    ///
    /// A tensor that the call does not have is made of the last one seen in its place: empty in its highest dynamic
    /// dimension, or zeros of the same sizes when none is dynamic.
    ///
    /// # Errors
    /// As [`infer_dynamic_shapes`](Self::infer_dynamic_shapes), and [`ObserverError::VarPositional`] for `*args` and
    /// named arguments together.
    pub fn infer_arguments(&self) -> Result<Value<F>, ObserverError> {
        self.single(self.complete(self.usual()?)?)
    }

    /// The arguments of stored call `index`, completed as [`infer_arguments`](Self::infer_arguments) does.
    ///
    /// # Errors
    /// As [`infer_arguments`](Self::infer_arguments), and [`ObserverError::NoSuchCall`].
    pub fn infer_arguments_of(&self, index: usize) -> Result<Value<F>, ObserverError> {
        self.single(self.complete(self.stored(index)?)?)
    }

    /// These arguments, completed as [`infer_arguments`](Self::infer_arguments) does.
    ///
    /// # Errors
    /// As [`infer_arguments`](Self::infer_arguments).
    pub fn complete_arguments<X: PyTree<F> + ?Sized>(&self, inputs: &X) -> Result<Value<F>, ObserverError> {
        self.single(self.complete(&self.split_constants(Call::of(inputs)?))?)
    }

    /// As [`infer_arguments`](Self::infer_arguments), as the pair `(args, kwargs)` (`as_args_kwargs=True`): of stored call
    /// `index`, or of the one it chooses.
    ///
    /// # Errors
    /// As [`infer_arguments_of`](Self::infer_arguments_of).
    pub fn infer_args_kwargs(&self, index: Option<usize>) -> Result<Value<F>, ObserverError> {
        let call = index.map_or_else(|| self.usual(), |index| self.stored(index))?;
        let (args, kwargs) = self.complete(call)?;
        Ok(Value::tuple([Value::tuple(args), Value::dict(kwargs.into_iter().map(entry))]))
    }

    /// As [`infer_args_kwargs`](Self::infer_args_kwargs), the leaves alone, positional ones first (`flat=True`). Constants
    /// kept apart, which are not part of the structure, are not among them.
    ///
    /// # Errors
    /// As [`infer_args_kwargs`](Self::infer_args_kwargs).
    pub fn infer_flat(&self, index: Option<usize>) -> Result<Vec<Leaf<F>>, ObserverError> {
        self.check()?;
        let call = index.map_or_else(|| self.usual(), |index| self.stored(index))?;
        self.completed_leaves(call)
    }

    /// As [`infer_args_kwargs`](Self::infer_args_kwargs), as the arguments of a model: `M::Args` of the model that was
    /// observed.
    ///
    /// # Errors
    /// As [`infer_args_kwargs`](Self::infer_args_kwargs), and [`ObserverError::Unflatten`] when they are of another type.
    pub fn infer_call<X: OwnedTree<F>>(&self, index: Option<usize>) -> Result<X, ObserverError> {
        let (leaves, spec) = into_leaves(self.infer_args_kwargs(index)?)?;
        Ok(unflatten(leaves, &spec)?)
    }

    fn stored(&self, index: usize) -> Result<&Call<F>, ObserverError> {
        self.check()?;
        self.calls.get(index).ok_or(ObserverError::NoSuchCall { index, count: self.calls.len() })
    }

    /// The first call with as many arguments as the most complete one, which itself is such a call.
    fn usual(&self) -> Result<&Call<F>, ObserverError> {
        self.check()?;
        let best = self.best()?;
        let as_many = |call: &&Call<F>| call.args.len() == best.args.len() && call.kwargs.len() == best.kwargs.len();
        Ok(self.calls.iter().find(as_many).unwrap_or(best))
    }

    /// The arguments of a call, with something in every place of the most complete one.
    fn complete(&self, call: &Call<F>) -> Result<Arguments<F>, ObserverError> {
        self.check()?;
        let best = self.best()?;
        let mut completed = self.completed_leaves(call)?.into_iter();
        let args = best.args.iter().map(|value| with_leaves(value, &mut completed)).collect();
        let mut kwargs: IndexMap<String, Value<F>> = IndexMap::new();
        for (name, value) in &best.kwargs {
            kwargs.insert(name.clone(), with_leaves(value, &mut completed));
        }
        kwargs.extend(best.constants.iter().map(|(name, v)| (name.clone(), Value::Leaf(v.to_leaf()))));
        Ok((args, kwargs))
    }

    /// The leaves of a call in the places of the most complete one, with something in every place.
    fn completed_leaves(&self, call: &Call<F>) -> Result<Vec<Leaf<F>>, ObserverError> {
        let best = self.best()?;
        let places = self.places(best)?;
        let mut counts = Vec::new();
        let aligned = self.aligned(best, &mut counts)?;
        let own = self.align(call, best, &mut counts)?;
        let mut specs = Vec::new();
        if own.iter().any(Option::is_none) {
            specs = self.specs(&aligned, &places, &|_| false)?;
        }
        let complete = |(i, leaf): (usize, &Option<&Leaf<F>>)| match leaf {
            Some(leaf) => copied_leaf(leaf),
            None => {
                let seen = aligned.iter().rev().find_map(|leaves| leaves.get(i).copied().flatten());
                stand_in(seen, specs.get(i))
            }
        };
        own.iter().enumerate().map(complete).collect()
    }

    /// One tuple or one dict.
    fn single(&self, (args, kwargs): Arguments<F>) -> Result<Value<F>, ObserverError> {
        if kwargs.is_empty() {
            return Ok(Value::tuple(args));
        }
        if !args.is_empty() && self.var_positional.is_some() {
            return Err(ObserverError::VarPositional);
        }
        let mut by_name: IndexMap<String, Value<F>> = self.names.iter().cloned().zip(args).collect();
        by_name.extend(kwargs);
        Ok(Value::dict(by_name.into_iter().map(entry)))
    }
}

fn copied_leaf<F: MakeTensor>(leaf: &Leaf<F>) -> Result<Leaf<F>, ObserverError> {
    match leaf {
        Leaf::Tensor(tensor) => Ok(Leaf::Tensor(F::copied(tensor)?)),
        other => Ok(Constant::of(other).map_or(Leaf::None, |c| c.to_leaf())),
    }
}

/// What stands for a leaf that a call does not have.
fn stand_in<F: MakeTensor>(seen: Option<&Leaf<F>>, spec: Option<&ShapeSpec>) -> Result<Leaf<F>, ObserverError> {
    let Some(Leaf::Tensor(tensor)) = seen else { return seen.map_or(Ok(Leaf::None), copied_leaf) };
    let mut sizes = F::sizes(tensor);
    if sizes.contains(&0) {
        return Ok(Leaf::Tensor(F::copied(tensor)?));
    }
    let highest = spec.and_then(|spec| spec.mentioned().iter().map(|(i, _)| *i).max());
    if let Some(size) = highest.and_then(|i| sizes.get_mut(usize::try_from(i).ok()?)) {
        *size = 0;
    }
    Ok(Leaf::Tensor(F::zeros(tensor, &sizes)?))
}

/// The shapes of one value: a registered class is the list of its children.
fn shapes<F: MakeTensor>(value: &Value<F>, specs: &mut impl Iterator<Item = ShapeSpec>) -> DynamicShapes {
    match value {
        Value::Leaf(_) => DynamicShapes::Leaf(specs.next().unwrap_or_default()),
        Value::Node(context, items) => {
            let items: Vec<DynamicShapes> = items.iter().map(|item| shapes(item, specs)).collect();
            match context {
                Context::Tuple => DynamicShapes::Tuple(items),
                Context::Dict(keys) => DynamicShapes::Dict(keys.iter().cloned().zip(items).collect()),
                _ => DynamicShapes::List(items),
            }
        }
    }
}

impl<F: MakeTensor> InputObserver<F> {
    /// Applies the rules for what is missing or constant to a call.
    pub(super) fn split_constants(&self, mut call: Call<F>) -> Call<F> {
        let mut kept = IndexMap::new();
        for (name, value) in std::mem::take(&mut call.kwargs) {
            let Value::Leaf(leaf) = &value else {
                kept.insert(name, value);
                continue;
            };
            match (Constant::of(leaf), self.defaults.get(&name)) {
                (None, _) if matches!(leaf, Leaf::None) => {}
                (None, _) => _ = kept.insert(name, value),
                (Some(constant), Some(default)) if !constant.same(default) => {
                    call.constants.insert(name, constant);
                }
                // Python drops it, and with it what a parameter without default needs.
                (Some(constant), None) if self.required.contains(&name) => {
                    call.constants.insert(name, constant);
                }
                (Some(_), _) => {}
            }
        }
        call.kwargs = kept;
        if self.python {
            for value in call.args.iter_mut().chain(call.kwargs.values_mut()) {
                forget_constants(value);
            }
        }
        call
    }

    /// Adds what is missing, and puts the named arguments in the order of the signature.
    pub(super) fn fill(&self, mut call: Call<F>) -> Result<Call<F>, ObserverError> {
        for (input, value) in &self.missing {
            let unknown = || ObserverError::NotInSignature { input: input.clone(), names: self.names.clone() };
            match input {
                Input::Name(name) if call.kwargs.contains_key(name) => {}
                Input::Name(name) if !self.names.contains(name) && self.var_keyword.is_none() => return Err(unknown()),
                Input::Name(name) => _ = call.kwargs.insert(name.clone(), copy(value)?),
                Input::Position(index) if *index >= self.names.len() => return Err(unknown()),
                Input::Position(index) => match call.args.get_mut(*index) {
                    Some(place) => *place = copy(value)?,
                    None => return Err(ObserverError::NotGiven { input: input.clone(), given: call.args.len() }),
                },
            }
        }
        let position = |name: &String| self.names.iter().position(|n| n == name).unwrap_or(usize::MAX);
        call.kwargs.sort_by_cached_key(|name, _| position(name));
        Ok(call)
    }
}

/// Python keeps tensors only.
fn forget_constants<F: MakeTensor>(value: &mut Value<F>) {
    match value {
        Value::Leaf(Leaf::Tensor(_)) => {}
        Value::Leaf(leaf) => *leaf = Leaf::None,
        Value::Node(_, items) => items.iter_mut().for_each(forget_constants),
    }
}
