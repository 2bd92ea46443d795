//! Compiles and runs regions of `torch.vmap`, which PyTorch writes as calls of `torch._functorch.predispatch`.

use super::super::CallError;
use super::compile::{Compiler, Scope, operand};
use super::execute::Execution;
use super::registers::value_of;
use super::step::{Operand, Passed, Place, Step, Vmap};
use crate::dispatch::DispatchError;
use crate::dispatch::ffi::{Moved, enter_vmap, leave_vmap};
use crate::run::number::Number;
use program::{Argument, NamedArgument, Node, NodeId};

/// Compiles a call of a function that marks a region.
pub(super) fn compile(
    compiler: &mut Compiler<'_>,
    scope: &mut Scope<'_>,
    id: NodeId,
    node: &Node,
    function: &str,
    arguments: &[NamedArgument],
) -> Result<(), CallError> {
    // A result is on the memory of the argument.
    compiler.writes.enter(scope.graph, id, arguments);
    compiler.writes.leave();
    let values: Vec<&Argument> = arguments.iter().map(|argument| &argument.value).collect();
    let op = match (function, values.as_slice()) {
        // Python loads rules for some ops here. Those of libtorch are always there.
        ("lazy_load_decompositions", []) => return Ok(()),
        ("_vmap_increment_nesting", [size, Argument::Str(randomness)]) => {
            let randomness = match randomness.as_str() {
                "error" => 0,
                "same" => 1,
                "different" => 2,
                _ => return Err(CallError::invalid(node, format!("has an unknown randomness `{randomness}`"))),
            };
            Vmap::Enter { size: operand(scope, node, size)?, randomness }
        }
        ("_vmap_decrement_nesting", []) => Vmap::Leave,
        ("_add_batch_dim", [Argument::Tensor(tensor), dim, level]) => {
            let (dim, level) = (operand(scope, node, dim)?, operand(scope, node, level)?);
            Vmap::Add { tensor: passed(compiler, scope, id, node, *tensor)?, dim, level }
        }
        ("_remove_batch_dim", [Argument::Tensor(tensor), level, size, dim]) => {
            let (level, size) = (operand(scope, node, level)?, operand(scope, node, size)?);
            let dim = operand(scope, node, dim)?;
            Vmap::Remove { tensor: passed(compiler, scope, id, node, *tensor)?, level, size, dim }
        }
        _ => {
            let problem = format!("calls `torch._functorch.predispatch.{function}`, which cannot be run here");
            return Err(CallError::invalid(node, problem));
        }
    };
    let node = compiler.name(node);
    scope.body.steps.push(Step::Vmap { node, op });
    Ok(())
}

fn passed(
    compiler: &mut Compiler<'_>,
    scope: &mut Scope<'_>,
    id: NodeId,
    node: &Node,
    tensor: NodeId,
) -> Result<Passed, CallError> {
    let Some(Place::Register(from)) = scope.places.get(value_of(scope.graph, tensor)) else {
        return Err(CallError::invalid(node, "takes a value that is not a tensor"));
    };
    let to = compiler.registers.tensor();
    scope.places.set((id, None), Place::Register(to), false);
    let ended = compiler.end_uses(scope, [tensor]);
    let keep = ended.is_empty();
    ended.into_iter().for_each(|register| compiler.registers.free(register));
    if !scope.uses.is_used((id, None)) {
        compiler.registers.free(to);
    }
    Ok(Passed { from, keep, to })
}

impl Execution<'_> {
    pub(super) fn vmap(&mut self, node: usize, op: Vmap) -> Result<(), CallError> {
        match op {
            Vmap::Enter { size, randomness } => {
                let size = self.int(node, size)?;
                enter_vmap(size, randomness).map_err(|e| self.failed(node, DispatchError::tensor(e)))?;
                self.regions += 1;
            }
            Vmap::Leave => {
                let Some(regions) = self.regions.checked_sub(1) else {
                    return Err(CallError::graph(self.name(node), "ends a region that has not begun"));
                };
                self.regions = regions;
                leave_vmap().map_err(|e| self.failed(node, DispatchError::tensor(e)))?;
            }
            Vmap::Add { tensor, dim, level } => {
                let (dim, level) = (self.int(node, dim)?, self.int(node, level)?);
                let moved = self.moved(tensor);
                let added = self.frame.add_batch(moved, dim, level);
                added.map_err(|e| self.failed(node, DispatchError::tensor(e)))?;
            }
            Vmap::Remove { tensor, level, size, dim } => {
                let (level, size, dim) = (self.int(node, level)?, self.int(node, size)?, self.int(node, dim)?);
                let moved = self.moved(tensor);
                let removed = self.frame.remove_batch(moved, level, size, dim);
                removed.map_err(|e| self.failed(node, DispatchError::tensor(e)))?;
            }
        }
        Ok(())
    }

    /// Ends the regions that a call which failed has left open: the next call of this thread must not be in them.
    pub(super) fn leave_regions(&mut self) {
        for _ in 0..std::mem::take(&mut self.regions) {
            // libtorch only fails when no region is open.
            let _ = leave_vmap();
        }
    }

    fn moved(&self, Passed { from, keep, to }: Passed) -> Moved {
        Moved { from, to, keep, inference: self.is_inference() }
    }

    fn int(&mut self, node: usize, operand: Operand) -> Result<i64, CallError> {
        match self.operand(operand) {
            Number::Int(v) => Ok(v),
            _ => Err(CallError::graph(self.name(node), "takes a number that is not an int")),
        }
    }

    fn failed(&self, node: usize, error: DispatchError) -> CallError {
        CallError::op(self.name(node), error)
    }
}
