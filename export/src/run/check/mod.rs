//! Checks the inputs of a call as `ep.module()` does before it runs: their structure, kinds, sizes and constants.
//!
//! PyTorch has two ways. A program with example inputs, since 2.9, is checked by a function made of guards, and any other
//! one by a hook. They check the same and differ in the order and in the words.

mod guard;
mod mismatch;
mod sources;

pub use mismatch::{InputMismatch, InputPath};

use super::CallError;
use super::number::Number;
use crate::dispatch::ffi;
use guard::{Code, Values};
use program::{ExportedProgram, InputKind, Literal, NodeValue};
use pytree_core::{DType, Family, Kind, LeafRef, Tch, python};
use smallvec::SmallVec;
use sources::{Leaves, Source};
use std::collections::HashMap;
use symbolic::{Affine, Expr, Symbol, ValueRange};

/// What the inputs of a program have to be.
#[derive(Debug)]
pub(super) struct InputChecks {
    inputs: Vec<Input>,
    /// The symbols by number.
    symbols: Vec<Symbol>,
    guards: Vec<Guard>,
    words: Words,
    dtypes: bool,
}

/// Whose words the messages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    Guards,
    Hook,
}

/// One leaf of the inputs.
#[derive(Debug)]
struct Input {
    source: Source,
    wanted: Wanted,
}

#[derive(Debug)]
enum Wanted {
    Tensor { dtype: DType, shown: String, dims: Vec<Size> },
    Int(Size),
    Constant(Literal),
}

/// A size, or an int input.
#[derive(Debug)]
struct Size {
    expr: Expr,
    form: Form,
    range: Option<ValueRange>,
    /// The first place with the same expression.
    same_as: Option<(usize, Option<usize>)>,
}

#[derive(Debug)]
enum Form {
    Static(i64),
    /// A symbol by its number.
    Symbol(usize),
    /// `mul*symbol + add`
    Affine(usize, Affine),
    /// Another expression of these symbols.
    Other,
}

/// A condition, with its text for messages.
#[derive(Debug)]
struct Guard {
    code: Code,
    shown: String,
}

/// The sizes of a call.
struct Given<'l, 't> {
    leaves: &'l [LeafRef<'t, Tch>],
    sizes: SmallVec<[&'t [i64]; 16]>,
}

impl InputChecks {
    /// The checks of a program. `dtypes`: whether element types are checked, which PyTorch does not do.
    pub(super) fn of(program: &ExportedProgram, dtypes: bool) -> Result<Self, CallError> {
        let mut symbols: Vec<Symbol> = Vec::new();
        let mut first: HashMap<&Expr, (usize, Option<usize>)> = HashMap::new();
        let mut inputs = Vec::new();
        let mut paths = Vec::new();
        let user = program.signature.inputs.iter().filter(|spec| spec.kind == InputKind::UserInput);
        for (leaf, (spec, path)) in user.zip(program.in_spec.leaf_paths()).enumerate() {
            let Some(node) = program.graph.nodes.get(spec.node.0) else {
                return Err(CallError::graph("", "the signature names a node that does not exist"));
            };
            let mut size = |expr, dim: Option<usize>| {
                let range = program.range_constraints.iter().find(|(key, _)| key == expr).map(|(_, range)| *range);
                let same_as = match first.get(expr) {
                    Some(place) => Some(*place),
                    None => {
                        first.insert(expr, (leaf, dim));
                        None
                    }
                };
                Size { expr: expr.clone(), form: form(expr, &mut symbols), range, same_as }
            };
            let wanted = match &node.value {
                NodeValue::Tensor(tensor) => {
                    let dims = tensor.sizes.iter().enumerate().map(|(dim, expr)| size(expr, Some(dim))).collect();
                    let shown = tensor.sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                    Wanted::Tensor { dtype: tensor.dtype, shown, dims }
                }
                NodeValue::Int(expr) => Wanted::Int(size(expr, None)),
                NodeValue::Literal(literal) => Wanted::Constant(literal.clone()),
                _ => return Err(CallError::invalid(node, "is an input that is neither a tensor nor a plain value")),
            };
            inputs.push(Input { source: Source::of(&path, &program.argument_names), wanted });
            paths.push((path, node.name.as_str()));
        }
        let mut leaves = Leaves::of(inputs.iter().map(|input| &input.source));
        let foreign = program.in_spec.nodes().any(|node| node.kind() == Some(Kind::Custom));
        for (leaf, (input, (path, placeholder))) in inputs.iter().zip(paths).enumerate().filter(|_| foreign) {
            leaves.add_foreign(&program.in_spec, leaf, &path, &input.source, placeholder);
        }
        let guards = program.guards.iter().map(|guard| {
            let code = Code::parse(&guard.code, &leaves)
                .map_err(|error| CallError::Guard { code: guard.code.clone(), problem: error.to_string() })?;
            Ok(Guard { shown: code.to_string(), code })
        });
        let guards = guards.collect::<Result<_, CallError>>()?;
        Ok(InputChecks { inputs, symbols, guards, words: words(program), dtypes })
    }

    /// The number of leaves.
    pub(super) fn count(&self) -> usize {
        self.inputs.len()
    }

    /// Checks the leaves of a call.
    pub(super) fn check(&self, leaves: &[LeafRef<'_, Tch>]) -> Result<(), InputMismatch> {
        if self.inputs.len() != leaves.len() {
            return Err(InputMismatch::Count { expected: self.inputs.len(), found: leaves.len() });
        }
        let given = self.kinds(leaves)?;
        let mut known: SmallVec<[Option<i64>; 16]> = SmallVec::from_elem(None, self.symbols.len());
        match self.words {
            Words::Hook => {
                self.hook(&given, &mut known)?;
                self.rest(&given, &known)?;
                self.guards(&given)
            }
            Words::Guards => {
                self.inputs_as_guards(&given, &mut known)?;
                self.guards(&given)?;
                self.forms(&given, &mut known)?;
                self.rest(&given, &known)
            }
        }
    }

    /// Checks that tensors are where tensors belong, with the right number of dimensions.
    fn kinds<'l, 't>(&self, leaves: &'l [LeafRef<'t, Tch>]) -> Result<Given<'l, 't>, InputMismatch> {
        let mut sizes: SmallVec<[&'t [i64]; 16]> = SmallVec::new();
        for (input, leaf) in self.inputs.iter().zip(leaves) {
            let path = || input.source.path(None);
            let found: &'t [i64] = match (&input.wanted, leaf) {
                (Wanted::Tensor { dtype, shown, dims }, LeafRef::Tensor(tensor)) => {
                    let Some((found, number)) = ffi::sizes(tensor) else {
                        return Err(InputMismatch::Undefined { path: path() });
                    };
                    if found.len() != dims.len() {
                        let (dimensions, expected) = (dims.len(), shown.clone());
                        return Err(InputMismatch::Rank { path: path(), dimensions, expected, found: found.to_vec() });
                    }
                    let found_dtype = DType::from_libtorch(i64::from(number));
                    if self.dtypes && found_dtype != Some(*dtype) {
                        let found = found_dtype.unwrap_or(DType::Other);
                        return Err(InputMismatch::DType { path: path(), expected: *dtype, found });
                    }
                    found
                }
                (Wanted::Int(_), LeafRef::Int(_)) | (Wanted::Constant(_), _) => &[],
                (Wanted::Int(size), other) => {
                    let (path, expected) = (path(), size.expr.to_string());
                    return Err(InputMismatch::NotEqual { path, expected, found: shown(*other), fixed: false });
                }
                (_, other) => return Err(InputMismatch::NotATensor { path: path(), found: other.kind() }),
            };
            sizes.push(found);
        }
        Ok(Given { leaves, sizes })
    }

    /// Every size and int input with the input, in order.
    fn sizes(&self) -> impl Iterator<Item = (usize, Option<usize>, &Input, &Size)> {
        self.inputs.iter().enumerate().flat_map(|(leaf, input)| {
            let (dims, int): (&[Size], Option<&Size>) = match &input.wanted {
                Wanted::Tensor { dims, .. } => (dims, None),
                Wanted::Int(size) => (&[], Some(size)),
                Wanted::Constant(_) => (&[], None),
            };
            let dims = dims.iter().enumerate().map(move |(dim, size)| (leaf, Some(dim), input, size));
            dims.chain(int.into_iter().map(move |size| (leaf, None, input, size)))
        })
    }

    /// The checks of the hook, input by input.
    fn hook(&self, given: &Given<'_, '_>, known: &mut [Option<i64>]) -> Result<(), InputMismatch> {
        for (leaf, input) in self.inputs.iter().enumerate() {
            let source = &input.source;
            match &input.wanted {
                Wanted::Tensor { dims, .. } => {
                    for (dim, size) in dims.iter().enumerate() {
                        let found = given.get(leaf, Some(dim));
                        self.hook_size(size, found, known, || source.path(Some(dim)))?;
                    }
                }
                Wanted::Int(size) => self.hook_size(size, given.get(leaf, None), known, || source.path(None))?,
                Wanted::Constant(literal) => {
                    if !equal(literal, given.leaves.get(leaf), true) {
                        return Err(unlike(source.path(None), literal, given.leaves.get(leaf)));
                    }
                }
            }
        }
        Ok(())
    }

    fn hook_size(
        &self,
        size: &Size,
        found: i64,
        known: &mut [Option<i64>],
        path: impl Fn() -> InputPath,
    ) -> Result<(), InputMismatch> {
        let not_equal = |expected: i64, fixed| {
            Err(InputMismatch::NotEqual {
                path: path(),
                expected: expected.to_string(),
                found: found.to_string(),
                fixed,
            })
        };
        let value = |symbol: usize| known.get(symbol).copied().flatten();
        let (symbol, affine) = match &size.form {
            Form::Static(expected) if *expected != found => return not_equal(*expected, true),
            Form::Static(_) | Form::Other => return in_range(size.range, found, path),
            Form::Symbol(symbol) => (*symbol, Affine::IDENTITY),
            Form::Affine(symbol, affine) => (*symbol, *affine),
        };
        match value(symbol) {
            Some(value) => {
                if affine.apply(value) != Some(found) {
                    return not_equal(affine.apply(value).unwrap_or(i64::MAX), false);
                }
            }
            None => match affine.root(found) {
                Some(root) => {
                    if let Some(place) = known.get_mut(symbol) {
                        *place = Some(root);
                    }
                }
                None => {
                    let symbol = self.symbols.get(symbol).map(|symbol| symbol.name().to_owned());
                    return Err(InputMismatch::Form {
                        path: path(),
                        expected: size.expr.to_string(),
                        symbol: symbol.unwrap_or_default(),
                        found,
                    });
                }
            },
        }
        in_range(size.range, found, path)
    }

    /// The checks of the inputs in the form of guards. A symbol gets its value at the first size that is the symbol.
    fn inputs_as_guards(&self, given: &Given<'_, '_>, known: &mut [Option<i64>]) -> Result<(), InputMismatch> {
        let failed = |code: String, place: String, found: i64| {
            Err(InputMismatch::Guard { code, values: format!("{place} = {found}") })
        };
        for (leaf, input) in self.inputs.iter().enumerate() {
            if let Wanted::Constant(literal) = &input.wanted
                && !equal(literal, given.leaves.get(leaf), false)
            {
                let name = &input.source.name;
                let code = format!("{name} == {}", shown(literal.as_ref()));
                let found = given.leaves.get(leaf).map_or_else(String::new, |leaf| shown(*leaf));
                return Err(InputMismatch::Guard { code, values: format!("{name} = {found}") });
            }
        }
        for (leaf, dim, input, size) in self.sizes() {
            let found = given.get(leaf, dim);
            let place = || input.source.place(dim);
            if let Form::Static(expected) = size.form {
                if expected != found {
                    return failed(format!("{} == {expected}", place()), place(), found);
                }
                continue;
            }
            if let Some((other, other_dim)) = size.same_as {
                if given.get(other, other_dim) != found {
                    let other = self.inputs.get(other).map(|input| input.source.place(other_dim)).unwrap_or_default();
                    return failed(format!("{} == {other}", place()), place(), found);
                }
                continue;
            }
            if let Some((relation, bound)) = outside(size.range, found) {
                return failed(format!("{} {relation} {bound}", place()), place(), found);
            }
            if let Form::Symbol(symbol) = size.form
                && let Some(value) = known.get_mut(symbol)
            {
                *value = Some(found);
            }
        }
        Ok(())
    }

    /// The checks of derived dimensions. A symbol that no size is alone follows from the first size with it.
    fn forms(&self, given: &Given<'_, '_>, known: &mut [Option<i64>]) -> Result<(), InputMismatch> {
        for (leaf, dim, input, size) in self.sizes() {
            let Form::Affine(symbol, affine) = size.form else { continue };
            let found = given.get(leaf, dim);
            let Some(value) = known.get_mut(symbol) else { continue };
            match (*value, affine.root(found)) {
                (None, Some(root)) => *value = Some(root),
                (Some(value), _) if affine.apply(value) == Some(found) => {}
                (value, _) => {
                    let place = input.source.place(dim);
                    let symbol = self.symbols.get(symbol).map(|symbol| symbol.name().to_owned()).unwrap_or_default();
                    let code = format!("{place} == {}", size.expr);
                    let with = value.map_or_else(String::new, |value| format!(", {symbol} = {value}"));
                    return Err(InputMismatch::Guard { code, values: format!("{place} = {found}{with}") });
                }
            }
        }
        Ok(())
    }

    /// What PyTorch does not check: sizes whose expression has several symbols, or one that cannot be solved.
    fn rest(&self, given: &Given<'_, '_>, known: &[Option<i64>]) -> Result<(), InputMismatch> {
        for (leaf, dim, input, size) in self.sizes() {
            let Form::Other = size.form else { continue };
            let value = |symbol: &Symbol| {
                let number = self.symbols.iter().position(|known| known == symbol)?;
                known.get(number).copied().flatten()
            };
            let found = given.get(leaf, dim);
            if let Ok(expected) = size.expr.eval(&value)
                && expected != found
            {
                let path = input.source.path(dim);
                let (expected, found) = (expected.to_string(), found.to_string());
                return Err(InputMismatch::NotEqual { path, expected, found, fixed: false });
            }
        }
        Ok(())
    }

    /// The conditions under which the program was exported.
    fn guards(&self, given: &Given<'_, '_>) -> Result<(), InputMismatch> {
        for Guard { code, shown } in &self.guards {
            // Where Python would raise an error, such as a division by zero, the condition does not hold.
            if code.eval(given).is_ok_and(Number::is_true) {
                continue;
            }
            let mut inputs = Vec::new();
            code.inputs(&mut inputs);
            let value = |input: &&Code| Some(format!("{input} = {}", input.eval(given).ok()?));
            let values: Vec<String> = inputs.iter().filter_map(value).collect();
            return Err(InputMismatch::Guard { code: shown.clone(), values: values.join(", ") });
        }
        Ok(())
    }
}

impl Given<'_, '_> {
    /// A size, or an int.
    fn get(&self, leaf: usize, dim: Option<usize>) -> i64 {
        match (dim, self.leaves.get(leaf)) {
            (Some(dim), _) => self.size(leaf, dim).unwrap_or_default(),
            (None, Some(LeafRef::Int(v))) => *v,
            _ => 0,
        }
    }
}

impl Values for Given<'_, '_> {
    fn size(&self, leaf: usize, dim: usize) -> Option<i64> {
        self.sizes.get(leaf)?.get(dim).copied()
    }

    fn number(&self, leaf: usize) -> Option<Number> {
        match self.leaves.get(leaf)? {
            LeafRef::Int(v) => Some(Number::Int(*v)),
            LeafRef::Float(v) => Some(Number::Float(*v)),
            LeafRef::Bool(v) => Some(Number::Bool(*v)),
            _ => None,
        }
    }
}

/// Whose words PyTorch uses for a program. Releases before 2.9 had the hook only.
fn words(program: &ExportedProgram) -> Words {
    let version = program.origin.as_ref().map(|origin| origin.torch_version.as_str()).unwrap_or_default();
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let (major, minor) = (parts.next().flatten().unwrap_or(0), parts.next().flatten().unwrap_or(0));
    if program.sample_inputs.is_some() && (major, minor) >= (2, 9) { Words::Guards } else { Words::Hook }
}

fn form(expr: &Expr, symbols: &mut Vec<Symbol>) -> Form {
    if let Some(value) = expr.as_int() {
        return Form::Static(value);
    }
    let mut number = |symbol: &Symbol| match symbols.iter().position(|known| known == symbol) {
        Some(number) => number,
        None => {
            symbols.push(symbol.clone());
            symbols.len() - 1
        }
    };
    if let Some(symbol) = expr.as_symbol() {
        return Form::Symbol(number(symbol));
    }
    match Affine::of(expr) {
        Some((symbol, affine)) => Form::Affine(number(&symbol), affine),
        None => {
            expr.free_symbols().iter().for_each(|symbol| {
                number(symbol);
            });
            Form::Other
        }
    }
}

fn in_range(range: Option<ValueRange>, found: i64, path: impl Fn() -> InputPath) -> Result<(), InputMismatch> {
    match outside(range, found) {
        Some((relation, bound)) => Err(InputMismatch::Range { path: path(), relation, bound, found }),
        None => Ok(()),
    }
}

/// The bound that a value violates. A minimum of 2 or less is not enforced, as in PyTorch.
fn outside(range: Option<ValueRange>, found: i64) -> Option<(&'static str, i128)> {
    let range = range?;
    match (range.lower.finite(), range.upper.finite()) {
        (Some(bound), _) if bound > 2 && i128::from(found) < bound => Some((">=", bound)),
        (_, Some(bound)) if i128::from(found) > bound => Some(("<=", bound)),
        _ => None,
    }
}

/// Whether a constant input has its old value. `None` is not checked, as in PyTorch. The hook also wants the same type, and
/// guards compare as Python does.
fn equal(literal: &Literal, leaf: Option<&LeafRef<'_, Tch>>, same_type: bool) -> bool {
    let Some(leaf) = leaf else { return false };
    match (literal, leaf) {
        (Literal::None, _) => true,
        (Literal::Int(a), LeafRef::Int(b)) => a == b,
        (Literal::Float(a), LeafRef::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        (Literal::Bool(a), LeafRef::Bool(b)) => a == b,
        (Literal::Str(a), LeafRef::Str(b)) => a == b,
        (Literal::Int(_) | Literal::Float(_) | Literal::Bool(_), other) if !same_type => {
            let numbers = (number_of(literal.as_ref()), number_of(*other));
            matches!(numbers, (Some(a), Some(b)) if a.equals(b))
        }
        _ => false,
    }
}

fn number_of<F: Family>(leaf: LeafRef<'_, F>) -> Option<Number> {
    match leaf {
        LeafRef::Int(v) => Some(Number::Int(v)),
        LeafRef::Float(v) => Some(Number::Float(v)),
        LeafRef::Bool(v) => Some(Number::Bool(v)),
        _ => None,
    }
}

fn unlike(path: InputPath, literal: &Literal, leaf: Option<&LeafRef<'_, Tch>>) -> InputMismatch {
    // The hook prints values with `str`, which has no quotes.
    let plain = |text: String, is_str: bool| if is_str { text.trim_matches('\'').to_owned() } else { text };
    let expected = plain(shown(literal.as_ref()), matches!(literal, Literal::Str(_)));
    let found = leaf.map(|leaf| plain(shown(*leaf), matches!(leaf, LeafRef::Str(_)))).unwrap_or_default();
    InputMismatch::NotEqual { path, expected, found, fixed: false }
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
