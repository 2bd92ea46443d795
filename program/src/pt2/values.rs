//! The values in a file: expressions, the types of tensors, and the numbers of the schema's enums.

use super::budget::Budget;
use super::error::{ContentError, cut};
use super::json::{Json, values};
use super::schema::{self, Hint, SymBool, SymExpr, SymFloat, SymInt};
use super::unread::{Arg, Raw, TensorMeta};
use crate::graph::{Frame, Literal, Metadata, NodeValue};
use indexmap::{IndexMap, IndexSet};
use pytree_core::{DType, Device, DeviceType, Layout, Leaf, MemoryFormat, TensorType};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use symbolic::{BoolExpr, Expr, Symbol, parse_srepr, parse_srepr_bool};

/// The memory of one expression without its operands, and of a place for it.
const EXPR: usize = 64;

/// The counts of a shared text.
const COUNTS: usize = 16;

/// A text, which is a part of the file where it has no escapes.
#[derive(serde::Deserialize)]
struct Text<'j>(#[serde(borrow)] Cow<'j, str>);

/// Reads values. Equal texts are read once, and their results share memory.
pub(super) struct Values<'b> {
    json: &'b Json,
    /// The first numbers that were met. Most sizes are one of them.
    ints: HashMap<i64, Expr>,
    numbers: HashMap<Box<str>, Expr>,
    /// Those that are offsets of tensors. PyTorch does not read these.
    offsets: HashMap<Box<str>, Expr>,
    conditions: HashMap<Box<str>, BoolExpr>,
    /// Expressions that have a value in the example.
    hints: IndexMap<Expr, Hint>,
    texts: HashSet<Arc<str>>,
    frames: HashMap<Arc<str>, Option<Arc<Frame>>>,
}

/// How many numbers are stored once.
const INTS: usize = 1 << 12;

/// The longest text of an expression. PyTorch writes some hundred characters, and an operation on all operands of a longer
/// one could take minutes.
const LONGEST: usize = 1 << 16;

impl<'b> Values<'b> {
    pub(super) fn new(json: &'b Json) -> Self {
        Values {
            json,
            ints: HashMap::new(),
            numbers: HashMap::new(),
            offsets: HashMap::new(),
            conditions: HashMap::new(),
            hints: IndexMap::new(),
            texts: HashSet::new(),
            frames: HashMap::new(),
        }
    }

    /// What it reads with.
    pub(super) fn json(&self) -> &'b Json {
        self.json
    }

    /// A number as an expression.
    fn int(&mut self, number: i64) -> Result<Expr, ContentError> {
        if let Some(known) = self.ints.get(&number) {
            return Ok(known.clone());
        }
        let (expr, budget) = (Expr::int(number), &self.json.budget);
        budget.take(EXPR)?;
        if self.ints.len() < INTS {
            budget.entry::<(i64, Expr)>()?;
            self.ints.insert(number, expr.clone());
        }
        Ok(expr)
    }

    fn number(&mut self, text: &str, hint: Option<Hint>, is_offset: bool) -> Result<Expr, ContentError> {
        let known = if is_offset { &mut self.offsets } else { &mut self.numbers };
        let expr = match known.get(text) {
            Some(expr) => expr.clone(),
            None => {
                take_expr(&self.json.budget, text)?;
                let expr = parse_srepr(text).map_err(|source| ContentError::expr(text, source))?;
                known.insert(text.into(), expr.clone());
                expr
            }
        };
        if let Some(hint) = hint
            && !expr.is_number()
        {
            if !self.hints.contains_key(&expr) {
                self.json.budget.entry::<(Expr, Hint)>()?;
            }
            self.hints.entry(expr.clone()).or_insert(hint);
        }
        Ok(expr)
    }

    fn condition(&mut self, text: &str) -> Result<BoolExpr, ContentError> {
        if let Some(condition) = self.conditions.get(text) {
            return Ok(condition.clone());
        }
        take_expr(&self.json.budget, text)?;
        let condition = parse_srepr_bool(text).map_err(|source| ContentError::expr(text, source))?;
        self.conditions.insert(text.into(), condition.clone());
        Ok(condition)
    }

    fn sym_int(&mut self, value: &SymInt, is_offset: bool) -> Result<Expr, ContentError> {
        match value {
            SymInt::AsInt(number) => self.int(*number),
            SymInt::AsExpr(SymExpr { expr_str, hint: hint @ (None | Some(Hint::AsInt(_))) }) => {
                self.number(expr_str, *hint, is_offset)
            }
            SymInt::AsExpr(_) => Err(ContentError::unsupported("an int whose hint is not an int")),
        }
    }

    /// The value of a node that computes an int.
    pub(super) fn int_value(&mut self, value: &SymInt) -> Result<NodeValue, ContentError> {
        match value {
            SymInt::AsInt(number) => Ok(NodeValue::Literal(Literal::Int(*number))),
            SymInt::AsExpr(_) => Ok(NodeValue::Int(self.sym_int(value, false)?)),
        }
    }

    /// The value of a node that computes a float.
    pub(super) fn float_value(&mut self, value: &SymFloat) -> Result<NodeValue, ContentError> {
        match value {
            SymFloat::AsFloat(number) => Ok(NodeValue::Literal(Literal::Float(number.0))),
            SymFloat::AsExpr(SymExpr { expr_str, hint }) => Ok(NodeValue::Float(self.number(expr_str, *hint, false)?)),
        }
    }

    /// The value of a node that computes a bool.
    pub(super) fn bool_value(&mut self, value: &SymBool) -> Result<NodeValue, ContentError> {
        match value {
            SymBool::AsBool(value) => Ok(NodeValue::Literal(Literal::Bool(*value))),
            SymBool::AsExpr(SymExpr { expr_str, .. }) => Ok(NodeValue::Bool(self.condition(expr_str)?)),
        }
    }

    pub(super) fn tensor_type(&mut self, meta: &TensorMeta<'_>) -> Result<TensorType<Expr>, ContentError> {
        let json = self.json;
        let mut all =
            |sizes| json.list(sizes, "graph_module.graph.tensor_values.sizes.", |size| self.sym_int(&size, false));
        let (sizes, strides): (Vec<Expr>, Vec<Expr>) = (all(meta.sizes)?, all(meta.strides)?);
        let layout = layout(meta.layout)?;
        if layout == Layout::Strided && sizes.len() != strides.len() {
            let (expected, found) = (sizes.len().to_string(), strides.len().to_string());
            return Err(ContentError::Mismatch { what: "the number of strides", expected, found });
        }
        Ok(TensorType {
            dtype: dtype(meta.dtype)?,
            sizes,
            strides,
            storage_offset: self.sym_int(&meta.storage_offset, true)?,
            device: device(&meta.device)?,
            layout,
            requires_grad: meta.requires_grad,
        })
    }

    /// A text, which is stored once.
    fn text(&mut self, text: Cow<'_, str>) -> Result<Arc<str>, ContentError> {
        if let Some(known) = self.texts.get(&*text) {
            return Ok(known.clone());
        }
        self.json.budget.entry::<Arc<str>>()?;
        self.json.budget.take(text.len() + COUNTS)?;
        let text: Arc<str> = text.into();
        self.texts.insert(text.clone());
        Ok(text)
    }

    /// The metadata of a node, and the source line in its stack trace.
    pub(super) fn metadata(&mut self, part: Option<Raw<'_>>) -> Result<(Metadata, Option<Arc<Frame>>), ContentError> {
        let Some(part) = part else { return Ok((Metadata::default(), None)) };
        let json = self.json;
        // As in a dict of Python, the last of two entries with one key counts.
        let mut entries: IndexMap<Arc<str>, Arc<str>> = IndexMap::new();
        json.entries(part, "graph_module.graph.nodes.metadata.", |key, text: Text<'_>| {
            json.budget.entry::<(Arc<str>, Arc<str>)>()?;
            entries.insert(self.text(key)?, self.text(text.0)?);
            Ok::<_, ContentError>(())
        })?;
        let trace = entries.get("stack_trace").cloned();
        let frame = match trace {
            None => None,
            Some(trace) => match self.frames.get(&trace) {
                Some(frame) => frame.clone(),
                None => {
                    json.budget.entry::<(Arc<str>, Option<Arc<Frame>>)>()?;
                    json.budget.take(trace.len() + COUNTS + size_of::<Frame>())?;
                    let frame = Frame::innermost(&trace).map(Arc::new);
                    self.frames.insert(trace, frame.clone());
                    frame
                }
            },
        };
        Ok((entries.into_iter().collect(), frame))
    }

    /// The expressions with these printed texts that are parts of values, and those that are parts of offsets only.
    pub(super) fn printed(&self, keys: &IndexSet<&str>) -> (HashMap<String, Expr>, HashMap<String, Expr>) {
        let conditions = |see: &mut dyn FnMut(&Expr)| {
            self.conditions.values().for_each(|condition| condition.visit(&mut |side| side.visit(&mut &mut *see)));
        };
        (parts(keys, self.numbers.values(), conditions), parts(keys, self.offsets.values(), |_| {}))
    }

    /// The values of the symbols in the example, and those of expressions that do not follow from them.
    pub(super) fn into_hints(self) -> (IndexMap<Symbol, i64>, IndexMap<Expr, Hint>) {
        let mut symbols = IndexMap::new();
        for (expr, hint) in &self.hints {
            if let (Some(symbol), Hint::AsInt(value)) = (expr.as_symbol(), hint) {
                symbols.insert(symbol.clone(), *value);
            }
        }
        let mut rest = self.hints;
        rest.retain(|expr, hint| match hint {
            Hint::AsInt(value) => expr.eval(&|symbol| symbols.get(symbol).copied()) != Ok(*value),
            Hint::AsFloat(_) | Hint::AsBool(_) => true,
        });
        (symbols, rest)
    }
}

/// Takes the memory of an expression that a text describes, and of the text in a table.
fn take_expr(budget: &Budget, text: &str) -> Result<(), ContentError> {
    if text.len() > LONGEST {
        return Err(ContentError::unsupported(format!("an expression of {} characters", text.len())));
    }
    budget.entry::<(Box<str>, Expr)>()?;
    budget.take(text.len() + EXPR * values(text))
}

/// The parts of expressions that print as one of these texts.
fn parts<'e>(
    keys: &IndexSet<&str>,
    exprs: impl Iterator<Item = &'e Expr>,
    more: impl FnOnce(&mut dyn FnMut(&Expr)),
) -> HashMap<String, Expr> {
    let compound = keys.iter().any(|key| !is_word(key));
    let mut found = HashMap::new();
    let mut see = |part: &Expr| {
        if let Some(symbol) = part.as_symbol() {
            if keys.contains(symbol.name()) && !found.contains_key(symbol.name()) {
                found.insert(symbol.name().to_owned(), part.clone());
            }
        } else if compound && !part.is_number() {
            let text = part.to_string();
            if keys.contains(text.as_str()) {
                found.entry(text).or_insert_with(|| part.clone());
            }
        }
    };
    exprs.for_each(|expr| expr.visit(&mut see));
    more(&mut see);
    found
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The element type with this number.
pub(super) fn dtype(number: u8) -> Result<DType, ContentError> {
    DType::from_pt2(number).ok_or(ContentError::Number { number: number.into(), what: "a ScalarType" })
}

/// The layout with this number.
pub(super) fn layout(number: u8) -> Result<Layout, ContentError> {
    Layout::from_pt2(number).ok_or(ContentError::Number { number: number.into(), what: "a Layout" })
}

/// The memory format with this number.
pub(super) fn memory_format(number: u8) -> Result<MemoryFormat, ContentError> {
    MemoryFormat::from_pt2(number).ok_or(ContentError::Number { number: number.into(), what: "a MemoryFormat" })
}

/// The device of this type and index.
pub(super) fn device(device: &schema::DeviceArg) -> Result<Device, ContentError> {
    match (DeviceType::from_name(&device.kind), device.index) {
        (Some(kind), index) => Ok(Device::of(kind, index)),
        (None, None) => Err(ContentError::Device { device: cut(&device.kind) }),
        (None, Some(index)) => Err(ContentError::Device { device: format!("{}:{index}", cut(&device.kind)) }),
    }
}

/// A plain value; `None` if the argument is something else.
pub(super) fn literal(arg: &Arg<'_>) -> Option<Literal> {
    Some(match arg {
        Arg::AsNone(_) => Leaf::None,
        Arg::AsInt(value) => Leaf::Int(*value),
        Arg::AsFloat(value) => Leaf::Float(value.0),
        Arg::AsBool(value) => Leaf::Bool(*value),
        Arg::AsString(value) => Leaf::Str(value.clone()),
        _ => return None,
    })
}
