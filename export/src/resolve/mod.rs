//! From runs to symbols: integers are solved from the runs, sizes and equalities follow from the shape rules of the ops.

mod layout;
mod op_probe;
mod rules;

use crate::ExportError;
use crate::dispatch::{self, Schema};
use crate::record::{Call, OutputLeaf, Sample, ValueId};
use crate::setup::Setup;
use crate::solve::Basis;
use crate::variable::{LeafSizes, Variable};
use op_probe::OpProbe;
use program::Value;
use pytree_core::TensorType;
use shapes::{Solved, SymbolicInputs};
use std::collections::HashMap;
use symbolic::{Expr, ShapeEnv, Symbol};

/// Everything that varies with the input sizes, as expressions.
pub(crate) struct Resolved {
    pub(crate) solved: Solved,
    /// The symbol or number that each input dimension had at first, by leaf and dimension.
    pub(crate) created: Vec<Vec<Expr>>,
    /// One per call of the example.
    pub(crate) calls: Vec<ResolvedCall>,
    /// The tensors among the inputs, by leaf.
    pub(crate) inputs: Vec<Option<TensorType<Expr>>>,
    /// The integers among the outputs.
    pub(crate) output_ints: Vec<Option<Expr>>,
}

/// A call whose integers and sizes are expressions.
pub(crate) struct ResolvedCall {
    /// Its arguments, in the order of the schema.
    pub(crate) arguments: Vec<Value<ValueId, Expr>>,
    /// The tensors that it returns, in order.
    pub(crate) results: Vec<TensorType<Expr>>,
}

/// Solves the integers of the samples, replays the graph through the rules, and imposes the spec.
pub(crate) fn resolve(setup: &Setup, samples: &[Sample]) -> Result<Resolved, ExportError> {
    let mut inputs = SymbolicInputs::declare(setup.leaves.clone(), &setup.order, setup.naming)?;
    let created: Vec<Vec<Expr>> = (0..setup.leaves.len()).map(|leaf| inputs.sizes(leaf)).collect::<Result<_, _>>()?;
    let basis = basis(setup, &created, samples);
    let example = &samples[0].trace.calls;
    let observed: Vec<_> = samples.iter().map(|sample| observed_sizes(setup, sample)).collect();
    let mut arguments = Vec::with_capacity(example.len());
    for (at, call) in example.iter().enumerate() {
        let near = near(call, &observed);
        let mut solved = Vec::with_capacity(call.args.len());
        for (i, argument) in call.args.iter().enumerate() {
            let mut place = 0;
            let value = argument.value.clone().try_map_ints(|_| {
                let seen = seen_argument(samples, at, i, place);
                place += 1;
                let expr = solve(&basis, &seen, || format!("argument `{}` of `{}`", argument.name, call.op))?;
                basis.nearest(expr, &near).map_err(ExportError::from)
            })?;
            solved.push(value);
        }
        arguments.push(solved);
    }
    let output_ints = output_ints(&basis, samples)?;
    let sizes = replay(setup, &mut inputs, samples, (&created, &basis), &arguments)?;
    let solved = inputs.finish(setup.tolerance)?;
    let known = |expr: &Expr| solved.env.replace(expr);
    let output_ints = output_ints.into_iter().map(|e| e.map(|e| known(&e)).transpose()).collect::<Result<_, _>>()?;
    let mut calls = Vec::with_capacity(arguments.len());
    for (at, (arguments, sizes)) in arguments.into_iter().zip(sizes).enumerate() {
        let arguments = arguments.into_iter().map(|value| value.try_map_ints(|e| known(&e)));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let mut results = Vec::with_capacity(sizes.len());
        for (i, sizes) in sizes.iter().enumerate() {
            let sizes = sizes.iter().map(known).collect::<Result<Vec<_>, _>>()?;
            let observed: Vec<&TensorType> = each_result(samples, at, i).collect();
            let strides = layout::strides(&basis, &observed, &sizes)?;
            results.extend(samples[0].trace.output(at, i).map(|output| output.resolved(sizes, strides)));
        }
        calls.push(ResolvedCall { arguments, results });
    }
    let inputs = layout::inputs(setup, &solved)?;
    Ok(Resolved { solved, created, calls, inputs, output_ints })
}

/// The sizes of every tensor of a run that is an input or the result of a call.
fn observed_sizes<'s>(setup: &Setup, sample: &'s Sample) -> HashMap<ValueId, &'s [i64]> {
    let inputs = setup.tensor_leaves.iter().enumerate();
    let inputs = inputs.filter_map(|(i, leaf)| Some((ValueId::Known(i), sample.sizes.leaf(*leaf)?)));
    let outputs = sample.trace.calls.iter().flat_map(|call| call.output_tensors());
    inputs.chain(outputs.map(|output| (output.id, output.tensor.sizes.as_slice()))).collect()
}

/// The dimensions of the tensors that a call takes, each with its size in every run.
fn near(call: &Call, observed: &[HashMap<ValueId, &[i64]>]) -> Vec<Vec<i64>> {
    let mut near = Vec::new();
    for id in call.args.iter().flat_map(|argument| argument.value.tensors()) {
        let rank = observed[0].get(id).map_or(0, |sizes| sizes.len());
        let dim = |dim: usize| observed.iter().map(move |run| run.get(id)?.get(dim).copied()).collect::<Option<_>>();
        near.extend((0..rank).filter_map(dim));
    }
    near
}

/// The inputs that explain the integers of the graph. Of dimensions that were equal in every run, only the first is
/// returned.
pub(crate) fn variables_in_integers(setup: &Setup, samples: &[Sample]) -> Result<Vec<Variable>, ExportError> {
    let inputs = SymbolicInputs::declare(setup.leaves.clone(), &setup.order, setup.naming)?;
    let created: Vec<Vec<Expr>> = (0..setup.leaves.len()).map(|leaf| inputs.sizes(leaf)).collect::<Result<_, _>>()?;
    let basis = basis(setup, &created, samples);
    let mut seen: Vec<Vec<i64>> = Vec::new();
    for (at, call) in samples[0].trace.calls.iter().enumerate() {
        for (i, argument) in call.args.iter().enumerate() {
            let places = 0..argument.value.ints().len();
            seen.extend(places.map(|place| seen_argument(samples, at, i, place)));
        }
    }
    seen.extend((0..samples[0].outputs.len()).map(|i| seen_output(samples, i)));
    seen.sort_unstable();
    seen.dedup();
    let mut symbols: Vec<Symbol> = Vec::new();
    for seen in seen {
        if let Some(expr) = basis.solve(&seen)? {
            symbols.extend(expr.free_symbols());
        }
    }
    let symbols_of = |(variable, expr): (Variable, &Expr)| Some((variable, expr.as_symbol()?.clone()));
    let created = variables(setup, &created).filter_map(symbols_of);
    Ok(created.filter(|(_, symbol)| symbols.contains(symbol)).map(|(variable, _)| variable).collect())
}

/// Every size and int of the inputs, with its first symbol or number.
fn variables<'a>(setup: &'a Setup, created: &'a [Vec<Expr>]) -> impl Iterator<Item = (Variable, &'a Expr)> {
    created.iter().enumerate().flat_map(|(leaf, exprs)| {
        let tensor = setup.tensor_leaves.contains(&leaf);
        let variable = move |dim| if tensor { Variable::InputDim { leaf, dim } } else { Variable::InputInt { leaf } };
        exprs.iter().enumerate().map(move |(dim, expr)| (variable(dim), expr))
    })
}

/// The input symbols, with their value in each sample.
fn basis(setup: &Setup, created: &[Vec<Expr>], samples: &[Sample]) -> Basis {
    let mut basis = Basis::default();
    for (variable, expr) in variables(setup, created).filter(|(_, expr)| expr.as_symbol().is_some()) {
        basis.add(expr.clone(), samples.iter().filter_map(|sample| sample.sizes.get(variable)).collect());
    }
    basis
}

fn solve(basis: &Basis, seen: &[i64], what: impl FnOnce() -> String) -> Result<Expr, ExportError> {
    basis.solve(seen)?.ok_or_else(|| ExportError::Unsolved { what: what(), seen: format!("{seen:?}") })
}

/// An integer argument of a call, in every run.
fn seen_argument(samples: &[Sample], call: usize, argument: usize, place: usize) -> Vec<i64> {
    let value = |s: &Sample| s.trace.calls[call].args[argument].value.ints().get(place).copied();
    samples.iter().filter_map(value).collect()
}

/// An integer output, in every run.
fn seen_output(samples: &[Sample], output: usize) -> Vec<i64> {
    samples.iter().filter_map(|s| int(&s.outputs[output])).collect()
}

/// The number, when the leaf is an int.
fn int(leaf: &OutputLeaf) -> Option<i64> {
    match leaf {
        OutputLeaf::Int(v) => Some(*v),
        _ => None,
    }
}

fn output_ints(basis: &Basis, samples: &[Sample]) -> Result<Vec<Option<Expr>>, ExportError> {
    samples[0]
        .outputs
        .iter()
        .enumerate()
        .map(|(i, leaf)| int(leaf).map(|_| solve(basis, &seen_output(samples, i), || format!("output {i}"))))
        .map(Option::transpose)
        .collect()
}

/// Replays the graph through the shape rules; only they unify, relate or specialise symbols. Returns the sizes of the
/// tensors of every call.
fn replay(
    setup: &Setup,
    inputs: &mut SymbolicInputs,
    samples: &[Sample],
    (created, basis): (&[Vec<Expr>], &Basis),
    arguments: &[Vec<Value<ValueId, Expr>>],
) -> Result<Vec<Vec<Vec<Expr>>>, ExportError> {
    let mut known: HashMap<ValueId, Vec<Expr>> = HashMap::new();
    let infos = infos(setup, &samples[0])?;
    for (position, leaf) in setup.tensor_leaves.iter().enumerate() {
        known.insert(ValueId::Known(position), inputs.sizes(*leaf)?);
    }
    let numbers = |sizes: &[i64]| sizes.iter().map(|s| Expr::int(*s)).collect::<Vec<_>>();
    for (i, info) in setup.declared_infos.iter().enumerate() {
        known.insert(ValueId::Known(setup.tensor_leaves.len() + i), numbers(&info.sizes));
    }
    for (i, lifted) in samples[0].trace.lifted.iter().enumerate() {
        known.insert(ValueId::Lifted(i), numbers(&lifted.tensor.size()));
    }
    let values: Vec<HashMap<Symbol, i64>> = samples.iter().map(|s| created_values(created, &s.sizes)).collect();
    let mut all = Vec::with_capacity(arguments.len());
    for (at, call) in samples[0].trace.calls.iter().enumerate() {
        let outputs: Vec<_> = call.output_tensors().collect();
        let ruled = match rules::sizes(call, &arguments[at], &known, &infos, inputs.env_mut())? {
            Some(sizes) if sizes.len() == outputs.len() => sizes,
            _ if Schema::of(&call.op)?.sizes_from_data => {
                return Err(ExportError::DataDependentSize { op: call.op.clone() });
            }
            _ => {
                let arguments = arguments[at].as_slice();
                OpProbe { call, arguments, sizes: &known, infos: &infos }.relate(inputs.env_mut())?;
                observed(basis, samples, at, outputs.len())?
            }
        };
        for (i, (output, sizes)) in outputs.iter().zip(&ruled).enumerate() {
            check_rule(samples, &values, inputs.env(), at, i, sizes)?;
            known.insert(output.id, sizes.clone());
        }
        all.push(ruled);
    }
    Ok(all)
}

/// The type of every tensor of a run.
fn infos(setup: &Setup, sample: &Sample) -> Result<HashMap<ValueId, TensorType>, ExportError> {
    let inputs = setup.leaves.iter().filter_map(|leaf| leaf.value.as_tensor());
    let inputs = inputs.chain(&setup.declared_infos).cloned();
    let mut infos: HashMap<ValueId, TensorType> =
        inputs.enumerate().map(|(i, info)| (ValueId::Known(i), info)).collect();
    for (i, lifted) in sample.trace.lifted.iter().enumerate() {
        infos.insert(ValueId::Lifted(i), dispatch::tensor_type(&lifted.tensor)?);
    }
    for output in sample.trace.calls.iter().flat_map(|call| call.output_tensors()) {
        infos.insert(output.id, output.tensor.clone());
    }
    Ok(infos)
}

/// The sizes of an op that has no rule, solved from the runs.
fn observed(basis: &Basis, samples: &[Sample], at: usize, outputs: usize) -> Result<Vec<Vec<Expr>>, ExportError> {
    let call = &samples[0].trace.calls[at];
    (0..outputs)
        .map(|i| {
            let rank = call.output_tensors().nth(i).map_or(0, |o| o.tensor.sizes.len());
            (0..rank)
                .map(|dim| {
                    let seen: Vec<i64> =
                        each_result(samples, at, i).filter_map(|o| o.sizes.get(dim).copied()).collect();
                    solve(basis, &seen, || {
                        format!("size {dim} of result {i} of `{}`, an op without a shape rule,", call.op)
                    })
                })
                .collect()
        })
        .collect()
}

fn each_result(samples: &[Sample], at: usize, output: usize) -> impl Iterator<Item = &TensorType> {
    samples.iter().filter_map(move |s| s.trace.calls.get(at)?.output_tensors().nth(output).map(|o| &o.tensor))
}

/// The value of each input symbol in a run with these sizes.
pub(crate) fn created_values(created: &[Vec<Expr>], sizes: &LeafSizes) -> HashMap<Symbol, i64> {
    let leaves = created.iter().zip(sizes.iter()).filter_map(|(exprs, sizes)| Some((exprs, sizes?)));
    let dims = leaves.flat_map(|(exprs, sizes)| exprs.iter().zip(sizes));
    dims.filter_map(|(expr, size)| Some((expr.as_symbol()?.clone(), *size))).collect()
}

/// Whether the rules so far allow the sizes of a run. A run at sizes that they exclude, such as an early probe, says nothing
/// about the program.
fn allows(env: &ShapeEnv, values: &HashMap<Symbol, i64>) -> bool {
    let value = |symbol: &Symbol| values.get(symbol).copied();
    let kept = |symbol: &Symbol, size: i64| {
        let now = env.replace(&Expr::symbol(symbol)).ok().and_then(|expr| expr.eval(&value).ok());
        now.is_none_or(|now| now == size)
    };
    let guards = || env.guards().iter().all(|guard| guard.rel.eval(&value).unwrap_or(true));
    values.iter().all(|(symbol, size)| kept(symbol, *size)) && guards()
}

/// Checks that a rule agrees with every run.
fn check_rule(
    samples: &[Sample],
    values: &[HashMap<Symbol, i64>],
    env: &ShapeEnv,
    at: usize,
    output: usize,
    sizes: &[Expr],
) -> Result<(), ExportError> {
    for ((sample, info), values) in samples.iter().zip(each_result(samples, at, output)).zip(values) {
        let predicted = sizes.iter().map(|size| size.eval(&|symbol| values.get(symbol).copied()));
        let predicted = predicted.collect::<Result<Vec<_>, _>>()?;
        if predicted != info.sizes && allows(env, values) {
            let predicted = format!("[{}]", sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
            let op = sample.trace.calls[at].op.clone();
            return Err(ExportError::RuleMismatch { op, predicted, observed: info.sizes.clone() });
        }
    }
    Ok(())
}
