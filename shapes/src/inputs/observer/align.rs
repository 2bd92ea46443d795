//! Calls side by side, leaf by leaf.

use super::call::{Call, Constant, leaves};
use super::{Input, InputObserver, ObserverError};
use crate::spec::ShapeSpec;
use crate::spec::dim::Dim;
use crate::tensor::MakeTensor;
use indexmap::IndexMap;
use pytree_core::{KeyPath, Leaf, Sizes, Value, structure};

/// The leaves of one call in the places of the most complete one; `None` where it has none.
pub(super) type Aligned<'c, F> = Vec<Option<&'c Leaf<F>>>;

/// Which argument a leaf of the most complete call belongs to, and where in it.
pub(super) type Places = Vec<(Input, KeyPath)>;

impl<F: MakeTensor> InputObserver<F> {
    /// The most complete call: the first one with the most leaves.
    pub(super) fn best(&self) -> Result<&Call<F>, ObserverError> {
        let mut best = self.calls.first().ok_or(ObserverError::NoCalls)?;
        for call in &self.calls {
            best = if call.num_leaves() > best.num_leaves() { call } else { best };
        }
        Ok(best)
    }

    pub(super) fn places(&self, best: &Call<F>) -> Result<Places, ObserverError> {
        let mut places = Vec::new();
        for (input, value) in best.arguments() {
            places.extend(structure(value)?.leaf_paths().map(|path| (input.clone(), path)));
        }
        Ok(places)
    }

    /// Every stored call, aligned. `counts` keeps how many tensors each argument has.
    pub(super) fn aligned<'c>(
        &'c self,
        best: &Call<F>,
        counts: &mut Vec<(Input, usize)>,
    ) -> Result<Vec<Aligned<'c, F>>, ObserverError> {
        let align = |call: &'c Call<F>| {
            if call.kwargs.keys().any(|name| !best.kwargs.contains_key(name)) {
                let names = |call: &Call<F>| call.kwargs.keys().cloned().collect();
                return Err(ObserverError::NoCompleteCall { found: names(call), best: names(best) });
            }
            self.align(call, best, counts)
        };
        self.calls.iter().map(align).collect()
    }

    /// One call, aligned with the most complete one.
    pub(super) fn align<'c>(
        &self,
        call: &'c Call<F>,
        best: &Call<F>,
        counts: &mut Vec<(Input, usize)>,
    ) -> Result<Aligned<'c, F>, ObserverError> {
        let same = call.constants.len() == best.constants.len()
            && call.constants.iter().all(|(name, v)| best.constants.get(name).is_some_and(|b| v.same(b)));
        if !same {
            let (found, expected) = (dict(&call.constants), dict(&best.constants));
            return Err(ObserverError::ConstantsDiffer { found, expected });
        }
        // What the most complete call gives by name may be given by position here.
        let by_name = |name: &String| {
            let moved = self.names.iter().position(|n| n == name).filter(|i| *i >= best.args.len());
            call.kwargs.get(name).or_else(|| call.args.get(moved?))
        };
        let mut aligned = Vec::new();
        for (input, expected) in best.arguments() {
            let given = match &input {
                Input::Position(i) => call.args.get(*i),
                Input::Name(name) => by_name(name),
            };
            let Some(given) = given.filter(|value| is_given(value)) else {
                aligned.extend(leaves(expected).iter().map(|_| None));
                continue;
            };
            let given = leaves(given);
            match counts.iter().find(|(i, _)| *i == input) {
                Some((_, expected)) if *expected != given.len() => {
                    return Err(ObserverError::TensorCount { input, found: given.len(), expected: *expected });
                }
                Some(_) => {}
                None => counts.push((input, given.len())),
            }
            aligned.extend(given.into_iter().map(|leaf| if matches!(leaf, Leaf::None) { None } else { Some(leaf) }));
        }
        Ok(aligned)
    }

    /// The spec of every leaf: the dimensions in which the calls differ.
    pub(super) fn specs(
        &self,
        aligned: &[Aligned<'_, F>],
        places: &Places,
        batch: &dyn Fn(&Input) -> bool,
    ) -> Result<Vec<ShapeSpec>, ObserverError> {
        if let Some(short) = aligned.iter().find(|leaves| leaves.len() != places.len()) {
            // Cannot happen while every argument of the most complete call counts the same leaves.
            let (input, path) = (Input::Position(0), KeyPath::default());
            return Err(ObserverError::ValuesDiffer {
                input,
                path,
                found: short.len().to_string(),
                expected: places.len().to_string(),
            });
        }
        let column = |i: usize| aligned.iter().filter_map(move |leaves| leaves.get(i).copied().flatten());
        places.iter().enumerate().map(|(i, place)| self.spec(&column(i).collect::<Vec<_>>(), place, batch)).collect()
    }

    fn spec(
        &self,
        values: &[&Leaf<F>],
        (input, path): &(Input, KeyPath),
        batch: &dyn Fn(&Input) -> bool,
    ) -> Result<ShapeSpec, ObserverError> {
        let constants: Vec<Constant> = values.iter().filter_map(|leaf| Constant::of(leaf)).collect();
        if let Some((first, rest)) = constants.split_first()
            && constants.len() == values.len()
        {
            let different = rest.iter().find(|c| !c.same(first));
            let int = |c: &Constant| matches!(c, Constant::Int(_));
            return match different {
                None => Ok(ShapeSpec::None),
                Some(_) if constants.iter().all(int) => Ok(ShapeSpec::Scalar(Dim::dynamic().into())),
                Some(other) => Err(ObserverError::ValuesDiffer {
                    input: input.clone(),
                    path: path.clone(),
                    found: other.to_string(),
                    expected: first.to_string(),
                }),
            };
        }
        let sizes = |leaf: &&Leaf<F>| match leaf {
            Leaf::Tensor(tensor) => Some(F::sizes(tensor)),
            _ => None,
        };
        let shapes: Vec<Sizes> = values.iter().filter_map(sizes).collect();
        match shapes.split_first() {
            Some((first, rest)) if rest.iter().all(|sizes| sizes.len() == first.len()) => {
                let dynamic = |i: &usize| rest.iter().any(|s| s[*i] != first[*i]) || (*i == 0 && batch(input));
                let dims = (0..first.len()).filter(dynamic).map(|i| (i as i64, Dim::dynamic()));
                Ok(ShapeSpec::dims(dims))
            }
            _ => Err(ObserverError::Ranks { input: input.clone(), path: path.clone(), shapes }),
        }
    }
}

/// Whether an argument is there: not None, and no empty container.
fn is_given<F: MakeTensor>(value: &Value<F>) -> bool {
    match value {
        Value::Leaf(leaf) => !matches!(leaf, Leaf::None),
        Value::Node(..) => !leaves(value).is_empty(),
    }
}

fn dict(constants: &IndexMap<String, Constant>) -> String {
    let items = constants.iter().map(|(name, value)| format!("{}: {value}", pytree_core::python::Str(name)));
    format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
}
