//! Arguments and results of an operator, as far as shapes need them.

use indexmap::IndexMap;

use super::{Call, RuleError};
use symbolic::Expr;

/// One argument.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum ArgValue {
    /// Sizes of a tensor.
    Tensor(Vec<Expr>),
    /// What stands in the brackets of an advanced indexing; `None` for a dimension that is taken whole.
    Indices(Vec<Option<Index>>),
    /// Sizes of each tensor of a list.
    Tensors(Vec<Vec<Expr>>),
    /// An int.
    Int(Expr),
    /// A list of ints.
    Ints(Vec<Expr>),
    /// A bool.
    Bool(bool),
    /// A float.
    Float(f64),
    /// A complex number: its real and its imaginary part.
    Complex(f64, f64),
    /// A string, dtype, device, layout or memory format.
    Text(String),
    /// None.
    None,
}

/// One tensor among the indices of an advanced indexing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Index {
    /// A tensor of integers, by its sizes: each picks an element.
    Numbers(Vec<Expr>),
    /// A mask of bools or bytes. It picks as many elements as it has ones, so no size follows from its own.
    Mask(Vec<Expr>),
}

/// Arguments by schema name. Those equal to the schema's default may be left out.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Args(IndexMap<String, ArgValue>);

impl Args {
    /// From names and values.
    pub fn new<N: Into<String>>(values: impl IntoIterator<Item = (N, ArgValue)>) -> Args {
        Args(values.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// One argument; absent and None are the same.
    pub fn get(&self, name: &str) -> Option<&ArgValue> {
        self.0.get(name).filter(|v| **v != ArgValue::None)
    }

    /// Adds or replaces an argument.
    pub fn set(&mut self, name: impl Into<String>, value: ArgValue) {
        self.0.insert(name.into(), value);
    }
}

/// One result.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Output {
    /// Sizes of a tensor.
    Tensor(Vec<Expr>),
    /// An int, as `sym_size` gives.
    Int(Expr),
}

impl Output {
    /// The sizes, when the result is a tensor.
    pub fn sizes(&self) -> Option<&[Expr]> {
        match self {
            Output::Tensor(sizes) => Some(sizes),
            Output::Int(_) => None,
        }
    }

    /// The int, when the result is one.
    pub fn int(&self) -> Option<&Expr> {
        match self {
            Output::Int(value) => Some(value),
            Output::Tensor(_) => None,
        }
    }
}

impl Call<'_> {
    fn missing<T>(&self, name: &'static str) -> Result<T, RuleError> {
        Err(RuleError::Missing { op: self.op, name })
    }

    fn kind<T>(&self, name: &'static str, expected: &'static str) -> Result<T, RuleError> {
        Err(RuleError::Kind { op: self.op, name, expected })
    }

    /// Sizes of a tensor argument, with every equality known so far applied.
    pub(super) fn tensor(&self, name: &'static str) -> Result<Vec<Expr>, RuleError> {
        match self.maybe_tensor(name)? {
            Some(sizes) => Ok(sizes),
            None => self.missing(name),
        }
    }

    pub(super) fn maybe_tensor(&self, name: &'static str) -> Result<Option<Vec<Expr>>, RuleError> {
        match self.args.get(name) {
            None => Ok(None),
            Some(ArgValue::Tensor(sizes)) => sizes.iter().map(|s| self.replace(s)).collect::<Result<_, _>>().map(Some),
            // A number where a tensor is expected is a tensor without dimensions.
            Some(ArgValue::Int(_) | ArgValue::Float(_) | ArgValue::Complex(..) | ArgValue::Bool(_)) => {
                Ok(Some(Vec::new()))
            }
            Some(_) => self.kind(name, "a tensor"),
        }
    }

    pub(super) fn tensors(&self, name: &'static str) -> Result<Vec<Vec<Expr>>, RuleError> {
        match self.args.get(name) {
            None => self.missing(name),
            Some(ArgValue::Tensors(all)) => {
                all.iter().map(|sizes| sizes.iter().map(|s| self.replace(s)).collect()).collect()
            }
            Some(_) => self.kind(name, "a list of tensors"),
        }
    }

    pub(super) fn indices(&self, name: &'static str) -> Result<&[Option<Index>], RuleError> {
        match self.args.get(name) {
            None => self.missing(name),
            Some(ArgValue::Indices(all)) => Ok(all),
            Some(_) => self.kind(name, "a list of indices"),
        }
    }

    /// An int, symbolic or not.
    pub(super) fn maybe_int(&self, name: &'static str) -> Result<Option<Expr>, RuleError> {
        match self.args.get(name) {
            None => Ok(None),
            Some(ArgValue::Int(value)) => self.replace(value).map(Some),
            Some(ArgValue::Bool(value)) => Ok(Some(Expr::int((*value).into()))),
            Some(_) => self.kind(name, "an int"),
        }
    }

    pub(super) fn int(&self, name: &'static str) -> Result<Expr, RuleError> {
        match self.maybe_int(name)? {
            Some(value) => Ok(value),
            None => self.missing(name),
        }
    }

    /// A plain number, such as a dimension index.
    pub(super) fn number(&self, name: &'static str, default: i64) -> Result<i64, RuleError> {
        match self.maybe_int(name)? {
            None => Ok(default),
            Some(value) => match value.as_int() {
                Some(n) => Ok(n),
                None => self.kind(name, "a plain int, not a symbolic one"),
            },
        }
    }

    /// A list of ints; a lone int is a list of one.
    pub(super) fn maybe_ints(&self, name: &'static str) -> Result<Option<Vec<Expr>>, RuleError> {
        match self.args.get(name) {
            None => Ok(None),
            Some(ArgValue::Ints(values)) => values.iter().map(|v| self.replace(v)).collect::<Result<_, _>>().map(Some),
            Some(ArgValue::Int(value)) => Ok(Some(vec![self.replace(value)?])),
            Some(_) => self.kind(name, "a list of ints"),
        }
    }

    pub(super) fn ints(&self, name: &'static str) -> Result<Vec<Expr>, RuleError> {
        match self.maybe_ints(name)? {
            Some(values) => Ok(values),
            None => self.missing(name),
        }
    }

    /// A list of plain numbers.
    pub(super) fn numbers(&self, name: &'static str) -> Result<Option<Vec<i64>>, RuleError> {
        let Some(values) = self.maybe_ints(name)? else { return Ok(None) };
        match values.iter().map(Expr::as_int).collect() {
            Some(numbers) => Ok(Some(numbers)),
            None => self.kind(name, "a list of plain ints, not symbolic ones"),
        }
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<bool, RuleError> {
        match self.args.get(name) {
            None => Ok(false),
            Some(ArgValue::Bool(value)) => Ok(*value),
            Some(_) => self.kind(name, "a bool"),
        }
    }
}
