//! The end of a replay: what the spec says is put into every expression.

use super::attempt::{Attempt, Halt};
use super::{Resolved, ResolvedCall, ResolvedConstant, ResolvedDatum, ResolvedNumber, layout};
use crate::ExportError;
use crate::record::DataKind;
use shapes::ConstraintError;
use std::collections::HashMap;
use symbolic::Expr;

impl Attempt<'_, '_> {
    /// Imposes the spec, and puts what it says into every expression.
    pub(super) fn finish(&mut self, outputs: Vec<Option<ResolvedNumber>>) -> Result<Resolved, Halt> {
        let setup = self.runs.setup();
        let solved = self.inputs.clone().finish(setup.tolerance).map_err(|error| self.located(error))?;
        let known = |expr: &Expr| solved.env.replace(expr);
        let mut outputs_replaced = Vec::with_capacity(outputs.len());
        for output in outputs {
            outputs_replaced.push(output.map(|output| output.try_map_ints(&mut |e| known(e))).transpose()?);
        }
        let mut constants = HashMap::with_capacity(self.constants.len());
        for (lifted, constant) in std::mem::take(&mut self.constants) {
            let content = constant.content.try_map_ints(&mut |e| known(e))?;
            constants.insert(lifted, ResolvedConstant { content, ..constant });
        }
        let mut calls = Vec::with_capacity(self.arguments.len());
        let arguments = std::mem::take(&mut self.arguments);
        for (at, ((arguments, floats), sizes)) in arguments.into_iter().zip(self.results.clone()).enumerate() {
            let arguments = arguments.into_iter().map(|value| value.try_map_ints(|e| known(&e)));
            let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
            let floats = floats.into_iter().map(|(place, float)| Ok((place, float.try_map_ints(&mut |e| known(e))?)));
            let floats = floats.collect::<Result<HashMap<_, _>, symbolic::EnvError>>()?;
            let mut results = Vec::with_capacity(sizes.len());
            for (i, sizes) in sizes.iter().enumerate() {
                let sizes = sizes.iter().map(known).collect::<Result<Vec<_>, _>>()?;
                let strides = self.strides(at, i, &sizes)?;
                let strides = strides.iter().map(known).collect::<Result<Vec<_>, _>>()?;
                let output = self.runs.example().trace.output(at, i);
                results.extend(output.map(|output| output.resolved(sizes, strides)));
            }
            calls.push(ResolvedCall { arguments, floats, results });
        }
        let data = self.resolved_data()?;
        let inputs = layout::inputs(setup, &solved)?;
        let (created, domain) = (self.created.clone(), self.domain.clone());
        Ok(Resolved { solved, created, calls, inputs, constants, outputs: outputs_replaced, data, domain })
    }

    /// The error with the Rust lines of the calls that demand what the spec does not allow.
    fn located(&self, mut error: ConstraintError) -> ConstraintError {
        if let ConstraintError::Violated(violation) = &mut error {
            for cause in violation.bullets.iter_mut().filter_map(|bullet| bullet.cause.as_mut()) {
                // The last call before which the guard was not there yet.
                let call = self.guards_before.partition_point(|before| *before <= cause.guard).checked_sub(1);
                cause.line = call.and_then(|call| self.runs.line_of(call));
            }
        }
        error
    }

    /// Where the numbers come out of tensors.
    fn resolved_data(&self) -> Result<Vec<ResolvedDatum>, Halt> {
        let mut resolved = Vec::new();
        for datum in &self.data {
            let Some(symbol) = datum.symbol.as_ref().filter(|_| !datum.repeated) else { continue };
            let sizes = self.results.get(datum.call).into_iter().flatten().enumerate();
            let mut sizes =
                sizes.flat_map(|(result, sizes)| sizes.iter().enumerate().map(move |(dim, s)| (result, dim, s)));
            let size = sizes.find(|(.., size)| size.as_symbol() == Some(symbol)).map(|(result, dim, _)| (result, dim));
            if size.is_none() && datum.kind == DataKind::Count {
                let op = self.runs.example().trace.calls.get(datum.call).map(|call| call.op.to_string());
                let what = format!("a size of a result of `{}`", op.unwrap_or_default());
                return Err(ExportError::Unsolved { what, seen: String::new() }.into());
            }
            resolved.push(ResolvedDatum { symbol: symbol.clone(), call: datum.call, size });
        }
        Ok(resolved)
    }

    /// The strides of a result: products of its sizes if it is dense in every run, else identified.
    fn strides(&mut self, at: usize, result: usize, sizes: &[Expr]) -> Result<Vec<Expr>, Halt> {
        let numbers = self.runs.numbers().result(at, result);
        let seen = self.samples.iter().flat_map(|samples| &samples.runs).filter_map(|run| {
            let of = |numbers: &[usize]| numbers.iter().map(|n| run.number(*n)).collect::<Option<Vec<i64>>>();
            Some((of(&numbers.sizes)?, of(&numbers.strides)?))
        });
        if let Some(order) = layout::dense(&seen.collect::<Vec<_>>()) {
            return Ok(layout::dense_strides(sizes, &order)?);
        }
        let op = self.runs.example().trace.calls.get(at).map(|call| call.op.to_string()).unwrap_or_default();
        let calls = self.runs.example().trace.calls.len();
        numbers
            .strides
            .into_iter()
            .enumerate()
            .map(|(dim, number)| self.solve(number, calls, || format!("stride {dim} of result {result} of `{op}`")))
            .collect()
    }
}
