//! What the shape rules say is held to the runs, and what loose runs have made equal to the rules.

use super::attempt::{Attempt, Halt};
use super::lessons::Lesson;
use super::samples::{Loose, Values};
use crate::probe::Run;
use crate::record::ValueId;
use program::Value;
use std::collections::HashMap;
use std::rc::Rc;
use symbolic::{Expr, ShapeEnv, Symbol};

impl Attempt<'_, '_> {
    /// Checks that the sizes that a rule gives are those of the example and of every generic run.
    pub(super) fn rule_agrees(&mut self, at: usize, sizes: &[Vec<Expr>]) -> Result<(), Halt> {
        for (result, sizes) in sizes.iter().enumerate() {
            let numbers = self.runs.numbers().result(at, result).sizes;
            if numbers.len() != sizes.len() {
                return Err(Halt::Learned(Lesson::RuleDiffers { call: at }));
            }
            self.predicted.extend(numbers.iter().copied().zip(sizes.iter().cloned()));
            let differs = |(values, run): (&Values, &Rc<Run>)| {
                let value = |size: &Expr| size.eval(&|symbol| values.get(symbol).copied()).ok();
                self.runs.numbers().has_results(run.count(), at)
                    && numbers.iter().zip(sizes).any(|(number, size)| value(size) != run.number(*number))
                    // What the rule has just found out may exclude the point.
                    && holds(self.inputs.env(), values)
            };
            let (samples, equal) = match &self.loose {
                // Other loose runs may hold sizes that were made equal.
                Some(loose) => (&loose.samples, Some((&loose.equal.0, &loose.equal.1))),
                None => match &self.samples {
                    Some(samples) => (samples, None),
                    None => continue,
                },
            };
            let plain = samples.places.iter().zip(&samples.runs);
            let plain = plain.take(if equal.is_some() { 1 } else { usize::MAX });
            if plain.chain(equal).any(differs) {
                return Err(Halt::Learned(Lesson::RuleDiffers { call: at }));
            }
        }
        Ok(())
    }

    /// Whether all sizes of a call that are equal in the equal run are known to be equal, so that a loose run may have taken
    /// one for another.
    pub(super) fn proves(&self, loose: &Loose, at: usize, arguments: &[Value<ValueId, Expr>]) -> bool {
        let (numbers, run) = (self.runs.numbers(), &loose.equal.1);
        let mut pairs: Vec<(Option<i64>, Expr)> = Vec::new();
        for (i, argument) in arguments.iter().enumerate() {
            for id in argument.tensors() {
                let Some(sizes) = self.known.get(id) else { return false };
                let equal: Vec<Option<i64>> = match *id {
                    ValueId::Output { call, index } => {
                        numbers.result(call, index).sizes.iter().map(|number| run.number(*number)).collect()
                    }
                    ValueId::Known(input) if input < self.runs.setup().tensor_leaves.len() => {
                        let given =
                            self.runs.setup().tensor_leaves.get(input).and_then(|leaf| run.given().sizes.leaf(*leaf));
                        given.into_iter().flatten().copied().map(Some).collect()
                    }
                    // The tensors that the model holds have the same sizes in every run.
                    _ => sizes.iter().map(Expr::as_int).collect(),
                };
                if equal.len() != sizes.len() {
                    return false;
                }
                pairs.extend(equal.into_iter().zip(sizes.iter().cloned()));
            }
            let mut ints = numbers.argument(at, i).iter();
            let pair = |expr: Expr| -> Result<(), std::convert::Infallible> {
                pairs.push((ints.next().and_then(|number| run.number(*number)), expr));
                Ok(())
            };
            let Ok(_) = argument.clone().try_map_ints(pair);
        }
        let mut first: HashMap<i64, Expr> = HashMap::new();
        pairs.into_iter().all(|(equal, expr)| {
            let (Some(equal), Ok(expr)) = (equal, self.inputs.env().replace(&expr)) else { return false };
            *first.entry(equal).or_insert_with(|| expr.clone()) == expr
        })
    }
}

/// Whether values agree with all that is known.
fn holds(env: &ShapeEnv, values: &Values) -> bool {
    let value = |symbol: &Symbol| values.get(symbol).copied();
    let equal = |(symbol, expr): (&Symbol, &Expr)| {
        value(symbol).is_none_or(|known| expr.eval(&value).is_ok_and(|value| value == known))
    };
    let relations = env.guards().iter().chain(env.asserts());
    env.replacements().iter().all(equal)
        && relations.map(|guard| &guard.rel).all(|rel| rel.eval(&value).unwrap_or(true))
}
