//! From runs to symbols: integers by probing, sizes and equalities by the rules of the ops.

mod op_probe;
mod rules;

use crate::ExportError;
use crate::setup::Setup;
use crate::dispatch::{self, Schema};
use crate::record::{Call, Sample, ValueId};
use crate::solve::Basis;
use op_probe::Alone;
use program::Value;
use pytree_core::TensorType;
use shapes::{Solved, SymbolicInputs};
use symbolic::{Expr, ShapeEnv, Symbol};
use std::collections::HashMap;

/// Everything that varies with the input sizes, as expressions.
pub(crate) struct Resolved {
    pub(crate) solved: Solved,
    /// The symbol or number that each input dimension was given first, by leaf and dimension.
    pub(crate) created: Vec<Vec<Expr>>,
    /// The arguments of every call.
    pub(crate) arguments: Vec<Vec<Value<ValueId, Expr>>>,
    /// The sizes of every tensor of every call.
    pub(crate) sizes: Vec<Vec<Vec<Expr>>>,
    /// The strides of every tensor of every call.
    pub(crate) strides: Vec<Vec<Vec<Expr>>>,
    /// The strides of every input leaf.
    pub(crate) input_strides: Vec<Vec<Expr>>,
    /// The integers among the outputs.
    pub(crate) output_ints: Vec<Option<Expr>>,
}

/// Solves the integers of the samples, replays the graph through the rules, and imposes the spec.
pub(crate) fn resolve(setup: &Setup, samples: &[Sample]) -> Result<Resolved, ExportError> {
    let mut inputs = SymbolicInputs::declare(setup.leaves.clone(), &setup.order, setup.naming)?;
    let created: Vec<Vec<Expr>> = (0..setup.leaves.len()).map(|leaf| inputs.sizes(leaf)).collect::<Result<_, _>>()?;
    let basis = basis(&created, samples);
    let example = &samples[0].trace.calls;
    let observed: Vec<_> = samples.iter().map(|sample| observed_sizes(setup, sample)).collect();
    let mut arguments = Vec::with_capacity(example.len());
    for (at, call) in example.iter().enumerate() {
        let near = near(call, &observed);
        let mut solved = Vec::with_capacity(call.args.len());
        for (i, argument) in call.args.iter().enumerate() {
            let mut place = 0;
            let value = argument.value.clone().try_map_ints(|_| {
                let seen = |s: &Sample| s.trace.calls[at].args[i].value.ints().get(place).copied();
                let seen: Vec<i64> = samples.iter().filter_map(seen).collect();
                place += 1;
                let expr = solve(&basis, &seen, || format!("argument `{}` of `{}`", argument.name, call.op))?;
                basis.nearest(expr, &near).map_err(ExportError::from)
            })?;
            solved.push(value);
        }
        arguments.push(solved);
    }
    let output_ints = output_ints(&basis, samples)?;
    let mut sizes = replay(setup, &mut inputs, samples, (&created, &basis), &arguments)?;
    let solved = inputs.finish(setup.tolerance)?;
    let known = |expr: &Expr| solved.env.replace(expr);
    for call in &mut sizes {
        for size in call.iter_mut().flatten() {
            *size = known(size)?;
        }
    }
    let arguments = arguments
        .into_iter()
        .map(|call| call.into_iter().map(|v| v.try_map_ints(|e| known(&e))).collect::<Result<Vec<_>, _>>())
        .collect::<Result<Vec<_>, _>>()?;
    let output_ints = output_ints.into_iter().map(|e| e.map(|e| known(&e)).transpose()).collect::<Result<_, _>>()?;
    let strides = call_strides(&basis, samples, &sizes)?;
    let input_strides = input_strides(setup, &solved)?;
    Ok(Resolved {
        solved,
        created,
        arguments,
        sizes,
        strides,
        input_strides,
        output_ints,
    })
}

/// The sizes of every tensor of a run that is an input or the result of a call.
fn observed_sizes<'s>(setup: &Setup, sample: &'s Sample) -> HashMap<ValueId, &'s [i64]> {
    let inputs = setup.tensor_leaves.iter().enumerate();
    let inputs = inputs.filter_map(|(i, leaf)| Some((ValueId::Known(i), sample.values[*leaf].as_deref()?)));
    let outputs = sample.trace.calls.iter().flat_map(|call| call.output_tensors());
    inputs.chain(outputs.map(|output| (output.id, output.tensor.sizes.as_slice()))).collect()
}

/// The sizes of the tensors that a call takes, each dimension with its size in every run.
fn near(call: &Call, observed: &[HashMap<ValueId, &[i64]>]) -> Vec<Vec<i64>> {
    let mut near = Vec::new();
    for id in call.args.iter().flat_map(|argument| argument.value.tensors()) {
        let rank = observed[0].get(id).map_or(0, |sizes| sizes.len());
        let dim = |dim: usize| observed.iter().map(move |run| run.get(id)?.get(dim).copied()).collect::<Option<_>>();
        near.extend((0..rank).filter_map(dim));
    }
    near
}

/// The input dimensions that the integers of the graph are explained by: leaf and dimension. Dimensions that have been equal
/// in every run explain the same, and only the first of them is told.
pub(crate) fn sizes_in_integers(setup: &Setup, samples: &[Sample]) -> Result<Vec<(usize, usize)>, ExportError> {
    let inputs = SymbolicInputs::declare(setup.leaves.clone(), &setup.order, setup.naming)?;
    let created: Vec<Vec<Expr>> = (0..setup.leaves.len()).map(|leaf| inputs.sizes(leaf)).collect::<Result<_, _>>()?;
    let basis = basis(&created, samples);
    let mut seen: Vec<Vec<i64>> = Vec::new();
    for (at, call) in samples[0].trace.calls.iter().enumerate() {
        for (i, argument) in call.args.iter().enumerate() {
            for place in 0..argument.value.ints().len() {
                let of = |s: &Sample| s.trace.calls[at].args[i].value.ints().get(place).copied();
                seen.push(samples.iter().filter_map(of).collect());
            }
        }
    }
    let output = |i: usize| samples.iter().filter_map(|s| s.outputs[i].int()).collect();
    seen.extend((0..samples[0].outputs.len()).map(output));
    seen.sort_unstable();
    seen.dedup();
    let mut symbols: Vec<Symbol> = Vec::new();
    for seen in seen {
        if let Some(expr) = basis.solve(&seen)? {
            symbols.extend(expr.free_symbols());
        }
    }
    let dims = created.iter().enumerate().flat_map(|(leaf, exprs)| {
        exprs.iter().enumerate().filter_map(move |(dim, expr)| Some(((leaf, dim), expr.as_symbol()?)))
    });
    Ok(dims.filter(|(_, symbol)| symbols.contains(symbol)).map(|(place, _)| place).collect())
}

/// The input symbols with the value that each sample gave them.
fn basis(created: &[Vec<Expr>], samples: &[Sample]) -> Basis {
    let mut basis = Basis::default();
    for (leaf, exprs) in created.iter().enumerate() {
        for (dim, expr) in exprs.iter().enumerate().filter(|(_, e)| e.as_symbol().is_some()) {
            let values = samples.iter().filter_map(|s| s.values[leaf].as_ref()?.get(dim).copied()).collect();
            basis.add(expr.clone(), values);
        }
    }
    basis
}

fn solve(basis: &Basis, seen: &[i64], what: impl FnOnce() -> String) -> Result<Expr, ExportError> {
    basis.solve(seen)?.ok_or_else(|| ExportError::Unsolved { what: what(), seen: format!("{seen:?}") })
}

fn output_ints(basis: &Basis, samples: &[Sample]) -> Result<Vec<Option<Expr>>, ExportError> {
    samples[0]
        .outputs
        .iter()
        .enumerate()
        .map(|(i, leaf)| {
            leaf.int().map(|_| {
                let seen: Vec<i64> = samples.iter().filter_map(|s| s.outputs[i].int()).collect();
                solve(basis, &seen, || format!("output {i}"))
            })
        })
        .map(Option::transpose)
        .collect()
}

/// Replays the graph through the shape rules: only they unify, relate or specialise. The sizes of every call's tensors.
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
    let values: Vec<HashMap<Symbol, i64>> = samples.iter().map(|s| symbol_values(created, s)).collect();
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
                Alone { call, arguments, sizes: &known, infos: &infos }.relate(inputs.env_mut())?;
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

/// What is known of every tensor of a run beside its sizes.
fn infos(setup: &Setup, sample: &Sample) -> Result<HashMap<ValueId, TensorType>, ExportError> {
    let inputs = setup.input_infos.iter().flatten().chain(&setup.declared_infos).cloned();
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
                    let seen: Vec<i64> = each_info(samples, at, i).filter_map(|o| o.sizes.get(dim).copied()).collect();
                    solve(basis, &seen, || {
                        format!("size {dim} of result {i} of `{}`, an op without a shape rule,", call.op)
                    })
                })
                .collect()
        })
        .collect()
}

fn each_info(samples: &[Sample], at: usize, output: usize) -> impl Iterator<Item = &TensorType> {
    samples.iter().filter_map(move |s| s.trace.calls.get(at)?.output_tensors().nth(output).map(|o| &o.tensor))
}

/// What each input symbol was in a run.
fn symbol_values(created: &[Vec<Expr>], sample: &Sample) -> HashMap<Symbol, i64> {
    let leaves = created.iter().zip(&sample.values).filter_map(|(exprs, values)| Some((exprs, values.as_ref()?)));
    let dims = leaves.flat_map(|(exprs, values)| exprs.iter().zip(values));
    dims.filter_map(|(expr, value)| Some((expr.as_symbol()?.clone(), *value))).collect()
}

/// Whether the sizes of a run are among those that the rules have left so far. One that they have ruled out, as a probe
/// before the first rule may be, says nothing about the program.
fn allows(env: &ShapeEnv, values: &HashMap<Symbol, i64>) -> bool {
    let value = |symbol: &Symbol| values.get(symbol).copied();
    let kept = |symbol: &Symbol, size: i64| {
        let now = env.replace(&Expr::symbol(symbol)).ok().and_then(|expr| expr.eval(&value).ok());
        now.is_none_or(|now| now == size)
    };
    let guards = || env.guards().iter().all(|guard| guard.rel.eval(&value).unwrap_or(true));
    values.iter().all(|(symbol, size)| kept(symbol, *size)) && guards()
}

/// A rule must say what every run showed.
fn check_rule(
    samples: &[Sample],
    values: &[HashMap<Symbol, i64>],
    env: &ShapeEnv,
    at: usize,
    output: usize,
    sizes: &[Expr],
) -> Result<(), ExportError> {
    for ((sample, info), values) in samples.iter().zip(each_info(samples, at, output)).zip(values) {
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

fn call_strides(
    basis: &Basis,
    samples: &[Sample],
    sizes: &[Vec<Vec<Expr>>],
) -> Result<Vec<Vec<Vec<Expr>>>, ExportError> {
    sizes
        .iter()
        .enumerate()
        .map(|(at, outputs)| {
            outputs
                .iter()
                .enumerate()
                .map(|(i, sizes)| {
                    let infos: Vec<&TensorType> = each_info(samples, at, i).collect();
                    strides(basis, &infos, sizes)
                })
                .collect()
        })
        .collect()
}

/// Symbolic strides: products of the sizes inside, in the order of the observed strides; what is no such product is solved
/// from the runs.
fn strides(basis: &Basis, infos: &[&TensorType], sizes: &[Expr]) -> Result<Vec<Expr>, ExportError> {
    let Some(first) = infos.first() else { return Ok(Vec::new()) };
    let order = dense_order(&first.sizes, &first.strides);
    let dense = infos.iter().all(|info| is_dense(&info.sizes, &info.strides, &order));
    if dense {
        return dense_strides(sizes, &order);
    }
    (0..first.strides.len())
        .map(|dim| {
            let seen: Vec<i64> = infos.iter().filter_map(|info| info.strides.get(dim).copied()).collect();
            solve(basis, &seen, || format!("stride {dim} of a view"))
        })
        .collect()
}

fn input_strides(setup: &Setup, solved: &Solved) -> Result<Vec<Vec<Expr>>, ExportError> {
    solved
        .placeholders
        .iter()
        .zip(&setup.input_infos)
        .map(|(placeholder, info)| match (&placeholder.shape, info) {
            (shapes::PlaceholderShape::Tensor(sizes), Some(info)) => {
                let order = dense_order(&info.sizes, &info.strides);
                if is_dense(&info.sizes, &info.strides, &order) {
                    dense_strides(sizes, &order)
                } else {
                    Ok(info.strides.iter().map(|s| Expr::int(*s)).collect())
                }
            }
            _ => Ok(Vec::new()),
        })
        .collect()
}

/// The dimensions from the outermost to the innermost; of equal strides the later dimension is inside, as in a contiguous
/// tensor.
fn dense_order(sizes: &[i64], strides: &[i64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len().min(strides.len())).collect();
    order.sort_by(|a, b| strides[*b].cmp(&strides[*a]).then(a.cmp(b)));
    order
}

/// Whether the strides are the products of the sizes inside, in this order. The stride of a size of 1 means nothing.
fn is_dense(sizes: &[i64], strides: &[i64], order: &[usize]) -> bool {
    let mut expected = 1_i64;
    order.iter().rev().all(|dim| {
        let fits = strides[*dim] == expected || sizes[*dim] == 1;
        expected = expected.saturating_mul(sizes[*dim].max(1));
        fits
    })
}

fn dense_strides(sizes: &[Expr], order: &[usize]) -> Result<Vec<Expr>, ExportError> {
    let mut strides = vec![Expr::int(1); sizes.len()];
    let mut inside = Expr::int(1);
    for dim in order.iter().rev() {
        strides[*dim] = inside.clone();
        if sizes[*dim].as_int() != Some(0) {
            inside = inside.try_mul(&sizes[*dim])?;
        }
    }
    Ok(strides)
}
