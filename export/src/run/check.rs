//! Checks inputs as `ep.module()` does before it runs.

use indexmap::IndexMap;
use program::{ExportedProgram, InputKind, Literal, NodeValue};
use pytree_core::{Family, KeyPath, Leaf, LeafKind, LeafRef, Tch, TreeSpec, python};
use symbolic::{Affine, Expr, Symbol, ValueRange};

/// Inputs that do not fit the program. Most messages are PyTorch's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputMismatch {
    /// The structure differs.
    #[error(
        "Trying to flatten user inputs with exported input tree spec: \n{expected}\nbut actually got inputs with tree \
         spec of: \n{found}.\nPlease check that the inputs have the same number and type of args and kwargs as the \
         ones you used when tracing."
    )]
    Structure {
        /// The structure of the program's inputs.
        expected: String,
        /// The structure of the given inputs.
        found: String,
    },
    /// The number of leaves differs.
    #[error("the program takes {expected} inputs, but {found} were given")]
    Count {
        /// The number of inputs of the program.
        expected: usize,
        /// The number of given inputs.
        found: usize,
    },
    /// An input that must be a tensor is not one.
    #[error("Expected input at {path} to be a tensor, but got {found}")]
    NotATensor {
        /// The path of the input.
        path: String,
        /// The given value.
        found: LeafKind,
    },
    /// The number of dimensions differs.
    #[error("Unexpected number of dimensions in input at {path}.shape (expected [{expected}], got {found:?})")]
    Rank {
        /// The path of the input.
        path: String,
        /// The program's sizes.
        expected: String,
        /// The given sizes.
        found: Vec<i64>,
    },
    /// A size or a constant differs.
    #[error("Expected input at {path} to be equal to {expected}, but got {found}{}", advice(*.fixed))]
    NotEqual {
        /// The path of the input.
        path: String,
        /// The value that the program has, or that follows from other inputs.
        expected: String,
        /// The given value.
        found: String,
        /// Whether the size is static in the program.
        fixed: bool,
    },
    /// A size is outside its range.
    #[error("Expected input at {path} to be {relation} {bound}, but got {found}")]
    Range {
        /// The path of the input.
        path: String,
        /// `>=` or `<=`.
        relation: &'static str,
        /// The bound.
        bound: i128,
        /// The given value.
        found: i64,
    },
    /// A condition under which the program was exported does not hold.
    #[error("Guard failed: {code}{}", with_values(values))]
    Guard {
        /// The condition as Python code.
        code: String,
        /// The symbols in it with their values: `s77 = 60`.
        values: String,
    },
    /// The element type differs. PyTorch does not check this; an op would fail or compute something else.
    #[error("Expected input at {path} to be of element type {expected}, but got {found}")]
    DType {
        /// The path of the input.
        path: String,
        /// The element type in the program.
        expected: pytree_core::DType,
        /// The element type of the given tensor.
        found: pytree_core::DType,
    },
}

fn with_values(values: &str) -> String {
    if values.is_empty() { String::new() } else { format!(" (with {values})") }
}

fn advice(fixed: bool) -> &'static str {
    if fixed {
        ". If you meant for this dimension to be dynamic, please re-export and specify dynamic_shapes (e.g. with Dim.DYNAMIC)"
    } else {
        ""
    }
}

/// Checks the structure of a call.
pub(super) fn structure(program: &ExportedProgram, spec: &TreeSpec) -> Result<(), InputMismatch> {
    if *spec == program.in_spec {
        return Ok(());
    }
    Err(InputMismatch::Structure { expected: program.in_spec.to_string(), found: spec.to_string() })
}

/// The path of an input as PyTorch's messages write it: `*args[0]`, `'z'[1]`.
fn input_path(path: &KeyPath) -> String {
    let rest = |from: usize| path.entries().iter().skip(from).map(ToString::to_string).collect::<String>();
    match path.entries() {
        [pytree_core::KeyEntry::Sequence(0), ..] => format!("*args{}", rest(1)),
        [_, pytree_core::KeyEntry::Mapping(key), ..] => format!("{key}{}", rest(2)),
        _ => rest(0),
    }
}

/// Checks the leaves of a call: kinds, ranks, static sizes, equalities and ranges. A minimum of 2 or less is not enforced,
/// as in PyTorch.
pub(super) fn values(program: &ExportedProgram, leaves: &[Leaf<Tch>]) -> Result<(), InputMismatch> {
    let user = program.signature.inputs.iter().filter(|s| s.kind == InputKind::UserInput).collect::<Vec<_>>();
    if user.len() != leaves.len() {
        return Err(InputMismatch::Count { expected: user.len(), found: leaves.len() });
    }
    let mut known: IndexMap<Symbol, i64> = IndexMap::new();
    let mut later = Vec::new();
    for ((spec, leaf), path) in user.into_iter().zip(leaves).zip(program.in_spec.leaf_paths()) {
        let path = input_path(&path);
        match (&program.graph.node(spec.node).value, leaf) {
            (NodeValue::Tensor(expected), Leaf::Tensor(tensor)) => {
                let sizes = tensor.size();
                if sizes.len() != expected.sizes.len() {
                    let expected = expected.sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                    return Err(InputMismatch::Rank { path, expected, found: sizes });
                }
                let found = tensor.f_kind().map_or(pytree_core::DType::Other, Into::into);
                if found != expected.dtype {
                    return Err(InputMismatch::DType { path, expected: expected.dtype, found });
                }
                for (i, (expr, size)) in expected.sizes.iter().zip(sizes).enumerate() {
                    later.push((format!("{path}.shape[{i}]"), expr, size));
                }
            }
            (NodeValue::Tensor(_), other) => {
                return Err(InputMismatch::NotATensor { path, found: other.kind() });
            }
            (NodeValue::Int(expr), Leaf::Int(v)) => later.push((path, expr, *v)),
            (NodeValue::Literal(literal), leaf) => constant(path, literal, leaf)?,
            (_, other) => return Err(InputMismatch::NotATensor { path, found: other.kind() }),
        }
    }
    for (path, expr, size) in &later {
        size_of(path, expr, *size, &mut known)?;
    }
    // An expression of several symbols can be checked once all of them are known.
    for (path, expr, size) in &later {
        if let Ok(expected) = expr.eval(&|symbol| known.get(symbol).copied())
            && expected != *size
        {
            return Err(not_equal(path, expected, *size, false));
        }
    }
    for (path, expr, size) in &later {
        let range = program.range_constraints.iter().find(|(key, _)| key == *expr).map(|(_, range)| range);
        if let Some(range) = range {
            in_range(path, range, *size)?;
        }
    }
    let sizes: Vec<(&Expr, i64)> = later.iter().map(|(_, expr, size)| (*expr, *size)).collect();
    guards(program, &sizes, known)
}

/// Checks the guards. A symbol that is not a size itself follows from a size that is affine in it.
fn guards(
    program: &ExportedProgram,
    sizes: &[(&Expr, i64)],
    mut known: IndexMap<Symbol, i64>,
) -> Result<(), InputMismatch> {
    for (expr, size) in sizes {
        if let Some((symbol, affine)) = Affine::of(expr)
            && !known.contains_key(&symbol)
            && let Some(root) = affine.root(*size)
        {
            known.insert(symbol, root);
        }
    }
    for guard in &program.guards {
        let Some(relation) = &guard.relation else { continue };
        // A guard over a symbol that cannot be read from the inputs says nothing about them.
        if relation.eval(&|symbol| known.get(symbol).copied()) == Ok(false) {
            let value = |symbol: Symbol| Some(format!("{symbol} = {}", known.get(&symbol)?));
            let values: Vec<String> = relation.free_symbols().into_iter().filter_map(value).collect();
            return Err(InputMismatch::Guard { code: guard.code.clone(), values: values.join(", ") });
        }
    }
    Ok(())
}

fn not_equal(path: &str, expected: i64, found: i64, fixed: bool) -> InputMismatch {
    let path = path.to_owned();
    InputMismatch::NotEqual { path, expected: expected.to_string(), found: found.to_string(), fixed }
}

/// Sets a symbol at the first size that is the symbol itself; checks constants and known symbols.
fn size_of(path: &str, expr: &Expr, size: i64, known: &mut IndexMap<Symbol, i64>) -> Result<(), InputMismatch> {
    if let Some(expected) = expr.as_int() {
        return if expected == size { Ok(()) } else { Err(not_equal(path, expected, size, true)) };
    }
    if let Some(symbol) = expr.as_symbol() {
        match known.get(symbol) {
            Some(expected) if *expected != size => return Err(not_equal(path, *expected, size, false)),
            Some(_) => {}
            None => {
                known.insert(symbol.clone(), size);
            }
        }
    }
    Ok(())
}

fn in_range(path: &str, range: &ValueRange, found: i64) -> Result<(), InputMismatch> {
    let path = path.to_owned();
    match (range.lower.finite(), range.upper.finite()) {
        (Some(bound), _) if bound > 2 && i128::from(found) < bound => {
            Err(InputMismatch::Range { path, relation: ">=", bound, found })
        }
        (_, Some(bound)) if i128::from(found) > bound => {
            Err(InputMismatch::Range { path, relation: "<=", bound, found })
        }
        _ => Ok(()),
    }
}

/// Checks that a constant input has its old value. `None` is not checked, as in PyTorch.
fn constant(path: String, literal: &Literal, leaf: &Leaf<Tch>) -> Result<(), InputMismatch> {
    let same = match (literal, leaf) {
        (Literal::None, _) => true,
        (Literal::Int(a), Leaf::Int(b)) => a == b,
        (Literal::Float(a), Leaf::Float(b)) => a.to_bits() == b.to_bits(),
        (Literal::Bool(a), Leaf::Bool(b)) => a == b,
        (Literal::Str(a), Leaf::Str(b)) => a == b,
        _ => false,
    };
    if same {
        return Ok(());
    }
    let (expected, found) = (shown(literal.as_ref()), shown(leaf.as_ref()));
    Err(InputMismatch::NotEqual { path, expected, found, fixed: false })
}

/// Python's `repr` of a plain value.
fn shown<F: Family>(leaf: LeafRef<'_, F>) -> String {
    match leaf {
        LeafRef::Tensor(_) => "a tensor".to_owned(),
        LeafRef::Int(v) => v.to_string(),
        LeafRef::Float(v) => python::Float(v).to_string(),
        LeafRef::Bool(v) => python::bool(v).to_owned(),
        LeafRef::Str(v) => python::Str(v).to_string(),
        LeafRef::None => "None".to_owned(),
    }
}
