//! What inputs must satisfy, in words.

use crate::ExportedProgram;
use crate::graph::NodeValue;
use crate::signature::InputKind;
use indexmap::IndexMap;
use pytree_core::python;
use serde::Serialize;
use symbolic::{Bound, Expr, ValueRange};

/// What an input of a program must be. See [`ExportedProgram::requirements`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Requirement {
    /// The input, or nothing for a condition on several inputs.
    pub input: Option<String>,
    /// The requirement in words.
    pub text: String,
}

impl ExportedProgram {
    /// What the inputs of a call must satisfy, in words: their types and sizes, and the guards.
    pub fn requirements(&self) -> Vec<Requirement> {
        let mut requirements = Vec::new();
        // The first place of every symbol.
        let mut places: IndexMap<Expr, String> = IndexMap::new();
        for spec in self.signature.inputs.iter().filter(|spec| spec.kind == InputKind::UserInput) {
            let node = self.graph.node(spec.node);
            let mut add = |text: String| requirements.push(Requirement { input: Some(node.name.clone()), text });
            match &node.value {
                NodeValue::Tensor(tensor) => {
                    let dims = tensor.sizes.len();
                    add(format!(
                        "a tensor of {} with {dims} dimension{}",
                        tensor.dtype,
                        if dims == 1 { "" } else { "s" }
                    ));
                    for (dim, size) in tensor.sizes.iter().enumerate() {
                        let place = format!("{}.shape[{dim}]", node.name);
                        add(format!("{place} {}", self.size(size, &place, &mut places)));
                    }
                }
                NodeValue::Int(expr) => add(format!("an int: it {}", self.size(expr, &node.name, &mut places))),
                NodeValue::Literal(literal) => {
                    let shown = match literal {
                        crate::Literal::None => "None".to_owned(),
                        crate::Literal::Bool(value) => python::bool(*value).to_owned(),
                        crate::Literal::Int(value) => value.to_string(),
                        crate::Literal::Float(value) => python::Float(*value).to_string(),
                        crate::Literal::Str(value) => python::Str(value).to_string(),
                        crate::Literal::Tensor(never) => match *never {},
                    };
                    add(format!("is {shown}, a constant of the program"));
                }
                NodeValue::Float(_) => add("a float".to_owned()),
                NodeValue::Bool(_) => add("a bool".to_owned()),
                NodeValue::Object { class } => add(format!("an object of the class {class}")),
                NodeValue::Several { .. } | NodeValue::Nothing => {}
            }
        }
        requirements.extend(self.guards.iter().map(|guard| Requirement { input: None, text: in_words(&guard.code) }));
        requirements
    }

    /// What is required of a size.
    fn size(&self, size: &Expr, place: &str, places: &mut IndexMap<Expr, String>) -> String {
        if let Some(number) = size.as_int() {
            return format!("is {number}");
        }
        if let Some(first) = places.get(size) {
            return format!("equals {first}");
        }
        let range = self.range_constraints.iter().find(|(expr, _)| expr == size).map(|(_, range)| *range);
        let text = match size.as_symbol() {
            Some(symbol) => format!("is {symbol}, {}", range.map_or("any int".to_owned(), in_range)),
            None => {
                let known = |expr: &Expr| places.get(expr).map(|place| format!("{expr} is {place}"));
                let symbols = size.free_symbols();
                let parts: Vec<String> = symbols.iter().filter_map(|symbol| known(&Expr::symbol(symbol))).collect();
                match parts.is_empty() {
                    true => format!("is {size}"),
                    false => format!("is {size}, where {}", parts.join(" and ")),
                }
            }
        };
        places.insert(size.clone(), place.to_owned());
        text
    }
}

fn in_range(range: ValueRange) -> String {
    match (range.lower, range.upper) {
        (Bound::Finite(low), Bound::Finite(high)) if low == high => format!("which is {low}"),
        (Bound::Finite(low), Bound::Finite(high)) => format!("from {low} to {high}"),
        (Bound::Finite(low), _) => format!("at least {low}"),
        (_, Bound::Finite(high)) => format!("at most {high}"),
        _ => "any int".to_owned(),
    }
}

const COMPARISONS: [(&str, &str); 6] = [
    (" == ", "must equal"),
    (" != ", "must not be"),
    (" <= ", "must be at most"),
    (" >= ", "must be at least"),
    (" < ", "must be less than"),
    (" > ", "must be greater than"),
];

/// A guard in words: `L['x'].size()[0] <= 10` becomes `x.shape[0] must be at most 10`.
fn in_words(guard: &str) -> String {
    let mut text = String::with_capacity(guard.len());
    let mut rest = guard;
    while let Some(at) = rest.find("L['") {
        text.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 3..).unwrap_or_default();
        let Some((name, behind)) = after.split_once("']") else { break };
        text.push_str(name);
        rest = behind;
    }
    text.push_str(rest);
    let text = text.replace(".size()[", ".shape[");
    let joined = [" and ", " or ", "not "].iter().any(|word| text.contains(word));
    for (operator, words) in COMPARISONS {
        if let (Some((left, right)), false) = (text.split_once(operator), joined)
            && COMPARISONS.iter().all(|(other, _)| !right.contains(other))
        {
            return format!("{left} {words} {right}");
        }
    }
    format!("must hold: {text}")
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn guards_become_sentences() {
        for (guard, words) in [
            ("L['x'].size()[0] <= 10", "x.shape[0] must be at most 10"),
            ("L['x'].size()[0] // 2 != 1", "x.shape[0] // 2 must not be 1"),
            ("L['d']['a'][0].size()[0] == L['y'].size()[1]", "d['a'][0].shape[0] must equal y.shape[1]"),
            ("L['n'] > 3 and L['n'] < 9", "must hold: n > 3 and n < 9"),
        ] {
            assert_eq!(in_words(guard), words);
        }
    }
}
