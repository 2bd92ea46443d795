//! The values in a file: expressions, the types of tensors, and the numbers of the schema's enums.

use super::error::ContentError;
use super::schema::{self, Hint, SymBool, SymExpr, SymFloat, SymInt};
use crate::graph::{Frame, Literal, Metadata, NodeValue};
use indexmap::{IndexMap, IndexSet};
use pytree_core::{DType, Device, Layout, Leaf, MemoryFormat, TensorType};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use symbolic::{BoolExpr, Expr, Symbol, parse_srepr, parse_srepr_bool};

/// The metadata of a node, of which the JSON has not been read.
pub(super) type Unread<'j> = Option<&'j RawValue>;

/// Reads values. Equal texts are read once, and their results share memory.
#[derive(Default)]
pub(super) struct Values {
    numbers: HashMap<Box<str>, Expr>,
    /// Those that are offsets of tensors. PyTorch does not read these.
    offsets: HashMap<Box<str>, Expr>,
    conditions: HashMap<Box<str>, BoolExpr>,
    /// Expressions that have a value in the example.
    hints: IndexMap<Expr, Hint>,
    texts: HashSet<Arc<str>>,
    frames: HashMap<Arc<str>, Option<Frame>>,
}

impl Values {
    fn number(&mut self, text: &str, hint: Option<Hint>, is_offset: bool) -> Result<Expr, ContentError> {
        let known = if is_offset { &mut self.offsets } else { &mut self.numbers };
        let expr = match known.get(text) {
            Some(expr) => expr.clone(),
            None => {
                let expr = parse_srepr(text).map_err(|source| ContentError::expr(text, source))?;
                known.insert(text.into(), expr.clone());
                expr
            }
        };
        if let Some(hint) = hint
            && !expr.is_number()
        {
            self.hints.entry(expr.clone()).or_insert(hint);
        }
        Ok(expr)
    }

    fn condition(&mut self, text: &str) -> Result<BoolExpr, ContentError> {
        if let Some(condition) = self.conditions.get(text) {
            return Ok(condition.clone());
        }
        let condition = parse_srepr_bool(text).map_err(|source| ContentError::expr(text, source))?;
        self.conditions.insert(text.into(), condition.clone());
        Ok(condition)
    }

    fn sym_int(&mut self, value: &SymInt, is_offset: bool) -> Result<Expr, ContentError> {
        match value {
            SymInt::AsInt(number) => Ok(Expr::int(*number)),
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

    pub(super) fn tensor_type(&mut self, meta: &schema::TensorMeta) -> Result<TensorType<Expr>, ContentError> {
        let mut all =
            |sizes: &[SymInt]| sizes.iter().map(|size| self.sym_int(size, false)).collect::<Result<Vec<_>, _>>();
        let (sizes, strides) = (all(&meta.sizes)?, all(&meta.strides)?);
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
    fn text(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.texts.get(text.as_str()) {
            return known.clone();
        }
        let text: Arc<str> = text.into();
        self.texts.insert(text.clone());
        text
    }

    /// The metadata of a node, and the source line in its stack trace.
    pub(super) fn metadata(&mut self, raw: Unread<'_>) -> Result<(Metadata, Option<Frame>), ContentError> {
        let Some(raw) = raw else { return Ok((Metadata::default(), None)) };
        let entries: schema::NodeMetadata = serde_json::from_str(raw.get())
            .map_err(|e| ContentError::unsupported(format!("metadata that is not a dict of texts ({e})")))?;
        let entries: Vec<_> = entries.into_iter().map(|(key, text)| (self.text(key), self.text(text))).collect();
        let trace = entries.iter().find(|(key, _)| &**key == "stack_trace").map(|(_, text)| text);
        let frame = trace.and_then(|text| {
            let frame = self.frames.entry(text.clone()).or_insert_with(|| Frame::innermost(text));
            frame.clone()
        });
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
    match (device.kind.as_str(), device.index) {
        ("cpu", None) => Ok(Device::Cpu),
        ("cuda", Some(index)) => Ok(Device::Cuda(index)),
        ("mps", None) => Ok(Device::Mps),
        ("vulkan", None) => Ok(Device::Vulkan),
        ("meta", None) => Ok(Device::Meta),
        (kind, None) => Err(ContentError::Device { device: kind.to_owned() }),
        (kind, Some(index)) => Err(ContentError::Device { device: format!("{kind}:{index}") }),
    }
}

/// A plain value; `None` if the argument is something else.
pub(super) fn literal<M>(arg: &schema::Arg<M>) -> Option<Literal> {
    Some(match arg {
        schema::Arg::AsNone(_) => Leaf::None,
        schema::Arg::AsInt(value) => Leaf::Int(*value),
        schema::Arg::AsFloat(value) => Leaf::Float(value.0),
        schema::Arg::AsBool(value) => Leaf::Bool(*value),
        schema::Arg::AsString(value) => Leaf::Str(value.clone()),
        _ => return None,
    })
}
