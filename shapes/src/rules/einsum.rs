//! `einsum`: sizes by the letters of its equation.

use indexmap::IndexMap;

use super::{ArgValue, Call, Output, Outputs, Row, RuleError, shown};
use symbolic::Expr;

pub(super) const FAMILY: &[Row] = &[(&["aten.einsum.default"], einsum)];

/// What an equation calls a dimension: a letter, or all that it does not name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Label {
    Letter(char),
    Ellipsis,
}

fn einsum(call: &mut Call<'_>) -> Outputs {
    let Some(ArgValue::Text(equation)) = call.args.get("equation") else {
        return Err(RuleError::Kind { op: call.op, name: "equation", expected: "a text" });
    };
    let (equation, tensors) = (equation.replace(' ', ""), call.tensors("tensors")?);
    let (inputs, output) = match equation.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (equation.as_str(), None),
    };
    let inputs: Vec<Vec<Label>> = inputs.split(',').map(|part| labels(call, part)).collect::<Result<_, _>>()?;
    if inputs.len() != tensors.len() {
        let message = format!("`{equation}` is about {} tensors, got {}", inputs.len(), tensors.len());
        return call.mismatch(message);
    }
    let mut known: IndexMap<char, Expr> = IndexMap::new();
    let mut rest: Vec<Vec<Expr>> = Vec::new();
    for (labels, sizes) in inputs.iter().zip(&tensors) {
        let letters = labels.iter().filter(|l| **l != Label::Ellipsis).count();
        let unnamed = sizes.len().checked_sub(letters).filter(|n| *n == 0 || letters < labels.len());
        let Some(unnamed) = unnamed else {
            return call.mismatch(format!("`{equation}` names {letters} dimensions of a tensor {}", shown(sizes)));
        };
        let mut at = sizes.iter();
        for label in labels {
            match label {
                Label::Ellipsis => rest.push(at.by_ref().take(unnamed).cloned().collect()),
                Label::Letter(letter) => at.next().map_or(Ok(()), |size| meet(call, &mut known, *letter, size))?,
            }
        }
    }
    let output = match output {
        Some(output) => labels(call, output)?,
        None => implicit(&inputs),
    };
    let mut sizes = Vec::new();
    for (i, label) in output.iter().enumerate() {
        match label {
            Label::Ellipsis => sizes.extend(call.broadcast(&rest)?),
            Label::Letter(letter) => match known.get(letter) {
                Some(size) if !output[..i].contains(label) => sizes.push(size.clone()),
                Some(_) => return call.mismatch(format!("`{equation}` has `{letter}` twice in the result")),
                None => return call.mismatch(format!("`{equation}` has `{letter}` in the result only")),
            },
        }
    }
    Ok(vec![Output::Tensor(sizes)])
}

/// The same letter is the same size; a size that is 1 stretches.
fn meet(call: &mut Call<'_>, known: &mut IndexMap<char, Expr>, letter: char, size: &Expr) -> Result<(), RuleError> {
    match known.get(&letter).cloned() {
        Some(one) if call.is_one(&one)? => {}
        Some(_) if call.is_one(size)? => return Ok(()),
        Some(first) => return call.same(&first, size, || format!("the dimensions `{letter}` do not fit")),
        None => {}
    }
    known.insert(letter, size.clone());
    Ok(())
}

fn labels(call: &Call<'_>, part: &str) -> Result<Vec<Label>, RuleError> {
    let mut found = Vec::new();
    let mut rest = part;
    while let Some(letter) = rest.chars().next() {
        let (label, length) = match rest.strip_prefix("...") {
            Some(_) if found.contains(&Label::Ellipsis) => {
                return call.mismatch(format!("`{part}` has `...` twice"));
            }
            Some(_) => (Label::Ellipsis, 3),
            None if letter.is_ascii_alphabetic() => (Label::Letter(letter), 1),
            None => return call.mismatch(format!("`{letter}` in `{part}` is neither a letter nor `...`")),
        };
        found.push(label);
        rest = &rest[length..];
    }
    Ok(found)
}

/// The result where the equation does not name it: what is not named, then every letter that occurs once, in the order of the
/// alphabet, capitals first.
fn implicit(inputs: &[Vec<Label>]) -> Vec<Label> {
    let all = || inputs.iter().flatten();
    let mut letters: Vec<char> = all()
        .filter_map(|label| match label {
            Label::Letter(letter) if all().filter(|l| *l == label).count() == 1 => Some(*letter),
            _ => None,
        })
        .collect();
    letters.sort_unstable();
    let unnamed = all().any(|label| *label == Label::Ellipsis).then_some(Label::Ellipsis);
    unnamed.into_iter().chain(letters.into_iter().map(Label::Letter)).collect()
}
