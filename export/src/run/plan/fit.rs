//! Checks that values fit the places where a higher-order op puts them. A file could hand over anything.

use super::super::CallError;
use super::step::{Higher, Place, Source};
use program::{Literal, Node};

/// Checks what goes into the sub-graphs of an op, around in them, and out of them.
pub(super) fn check(node: &Node, op: &Higher) -> Result<(), CallError> {
    let into = |from: &[Source], to: &[Option<Place>]| fits(node, from, to);
    match op {
        Higher::Cond { yes, no, operands, results, .. } => {
            for body in [yes, no] {
                into(operands, &body.inputs)?;
                into(&body.outputs, results)?;
            }
        }
        Higher::While { condition, body, init, more, carried } => {
            into(init, carried)?;
            for inputs in [&condition.inputs, &body.inputs] {
                let (first, rest) = inputs.split_at_checked(carried.len()).ok_or_else(|| few(node))?;
                around(node, carried, first)?;
                into(more, rest)?;
            }
            into(&body.outputs, carried)?;
            if condition.outputs.len() != 1 {
                return Err(CallError::invalid(node, "has a condition that does not give one value"));
            }
        }
        Higher::Scan { body, init, slices, more, carried, stacked } => {
            into(init, carried)?;
            let (first, rest) = body.inputs.split_at_checked(carried.len()).ok_or_else(|| few(node))?;
            let (sliced, others) = rest.split_at_checked(slices.len()).ok_or_else(|| few(node))?;
            around(node, carried, first)?;
            into(slices, sliced)?;
            into(more, others)?;
            let (first, rest) = body.outputs.split_at_checked(carried.len()).ok_or_else(|| few(node))?;
            into(first, carried)?;
            into(rest, stacked)?;
        }
        Higher::Region { body, operands, results, .. } => {
            into(operands, &body.inputs)?;
            into(&body.outputs, results)?;
        }
    }
    Ok(())
}

fn fits(node: &Node, from: &[Source], to: &[Option<Place>]) -> Result<(), CallError> {
    if from.len() < to.len() {
        return Err(few(node));
    }
    for (source, place) in from.iter().zip(to) {
        let fits = match (source, place) {
            (_, None) | (Source::Register { .. }, Some(Place::Register(_))) => true,
            (Source::Number(_), Some(Place::Number(_))) => true,
            (Source::Literal(literal), Some(Place::Number(_))) => {
                matches!(literal, Literal::Int(_) | Literal::Float(_) | Literal::Bool(_))
            }
            _ => false,
        };
        if !fits {
            return Err(CallError::invalid(node, "hands over a value of another kind than its graph takes or gives"));
        }
    }
    Ok(())
}

/// Carried values go into the graphs again.
fn around(node: &Node, carried: &[Option<Place>], inputs: &[Option<Place>]) -> Result<(), CallError> {
    let same = |(a, b): (&Option<Place>, &Option<Place>)| {
        matches!(
            (a, b),
            (_, None)
                | (Some(Place::Register(_)), Some(Place::Register(_)))
                | (Some(Place::Number(_)), Some(Place::Number(_)))
        )
    };
    if carried.iter().zip(inputs).all(same) {
        return Ok(());
    }
    Err(CallError::invalid(node, "carries a value of another kind than its graph takes"))
}

fn few(node: &Node) -> CallError {
    CallError::invalid(node, "has a graph that takes or gives too few values")
}
