//! Calls an op without a shape rule at several sizes, to find which sizes are fixed and which are equal.

use crate::ExportError;
use crate::dispatch;
use crate::record::{Call, ValueId};
use program::Value;
use pytree_core::TensorType;
use std::collections::HashMap;
use symbolic::{Expr, ShapeEnv, Symbol};
use tch::Tensor;

/// How far a symbol is moved from its example.
const STEPS: [i64; 2] = [1, 3];

/// A recorded call of an op that can be repeated with tensors of other sizes.
pub(crate) struct OpProbe<'a> {
    pub(crate) call: &'a Call,
    /// Integers as expressions, tensors by name.
    pub(crate) arguments: &'a [Value<ValueId, Expr>],
    /// The sizes of the tensors.
    pub(crate) sizes: &'a HashMap<ValueId, Vec<Expr>>,
    /// The types of the tensors.
    pub(crate) infos: &'a HashMap<ValueId, TensorType>,
}

impl OpProbe<'_> {
    /// Calls the op with one symbol moved, then with pairs of equal symbols moved together. Symbols that can only move
    /// together are unified in `env`, and a symbol that cannot move is specialised.
    pub(crate) fn relate(&self, env: &mut ShapeEnv) -> Result<(), ExportError> {
        let op = self.call.op.to_string();
        let mut symbols: Vec<Symbol> = Vec::new();
        for id in self.arguments.iter().flat_map(Value::tensors) {
            for size in self.sizes.get(id).into_iter().flatten() {
                for symbol in env.replace(size)?.free_symbols() {
                    if !symbols.contains(&symbol) {
                        symbols.push(symbol);
                    }
                }
            }
        }
        let hints: HashMap<Symbol, i64> =
            symbols.iter().filter_map(|s| Some((s.clone(), env.info(s)?.hint?))).collect();
        if symbols.is_empty() || !self.works(env, &hints)? {
            return Ok(());
        }
        let mut stuck = Vec::new();
        for symbol in &symbols {
            if !self.moves(env, &hints, std::slice::from_ref(symbol))? {
                stuck.push(symbol.clone());
            }
        }
        while let Some(first) = stuck.pop() {
            let mut tied = false;
            for second in stuck.clone() {
                let pair = [first.clone(), second.clone()];
                if hints.get(&first) == hints.get(&second) && self.moves(env, &hints, &pair)? {
                    env.guard_eq(&Expr::symbol(&first), &Expr::symbol(&second), &op)?;
                    tied = true;
                }
            }
            // The last symbol of a unified group is alone on the stack, but it is not fixed.
            let known = env.replace(&Expr::symbol(&first))?;
            let equal = symbols.iter().any(|s| *s != first && env.replace(&Expr::symbol(s)).is_ok_and(|e| e == known));
            if !tied && !equal {
                env.specialize(&Expr::symbol(&first), &op)?;
            }
        }
        Ok(())
    }

    /// Whether the op accepts other values of these symbols.
    fn moves(&self, env: &ShapeEnv, hints: &HashMap<Symbol, i64>, symbols: &[Symbol]) -> Result<bool, ExportError> {
        for step in STEPS {
            let mut values = hints.clone();
            for symbol in symbols {
                if let Some(value) = values.get_mut(symbol) {
                    let Some(moved) = value.checked_add(step) else { return Ok(false) };
                    *value = moved;
                }
            }
            if !self.works(env, &values)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the op accepts tensors of these sizes. The tensors hold zeros, which are also valid indices.
    fn works(&self, env: &ShapeEnv, values: &HashMap<Symbol, i64>) -> Result<bool, ExportError> {
        let eval = |expr: &Expr| Ok::<i64, ExportError>(env.replace(expr)?.eval(&|s| values.get(s).copied())?);
        let tensor = |id: ValueId| {
            let (Some(sizes), Some(info)) = (self.sizes.get(&id), self.infos.get(&id)) else {
                return Err(ExportError::UnknownTensor { op: self.call.op.clone() });
            };
            let sizes = sizes.iter().map(eval).collect::<Result<Vec<i64>, _>>()?;
            let kind = info.dtype.to_tch().unwrap_or(tch::Kind::Float);
            Tensor::f_zeros(&sizes, (kind, info.device.to_tch().unwrap_or(tch::Device::Cpu)))
                .map_err(ExportError::Inputs)
        };
        let mut arguments = Vec::with_capacity(self.arguments.len());
        for argument in self.arguments {
            let argument = argument.clone().try_map(tensor)?;
            arguments.push(argument.try_map_ints(|expr| eval(&expr))?);
        }
        Ok(dispatch::call(&self.call.op, &arguments).is_ok())
    }
}
