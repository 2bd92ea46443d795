//! The grammar of `string_type`.

use super::described::Numbers;
use super::look::{Label, Look, Object, Summarize};
use super::{StringTypeError, StringTypeOptions};
use crate::spec::dim::{DimSpec, HintKind};
use crate::tensor::Number;
use pytree_core::{DType, Device, Key, KeyEntry, KeyPath, python};
use std::borrow::Cow;
use std::fmt::Write;

/// An object as a line of text. `summarize` gives range and mean of a tensor whose numbers are not described.
pub(super) fn print<O: Object>(
    object: O,
    options: StringTypeOptions,
    summarize: Summarize<'_, O>,
) -> Result<String, StringTypeError> {
    let mut printer = Printer { options, summarize, out: String::new() };
    printer.show(&object, options.ignore)?;
    Ok(printer.out)
}

struct Printer<'s, O> {
    options: StringTypeOptions,
    summarize: Summarize<'s, O>,
    out: String,
}

type Shown = Result<(), StringTypeError>;

/// How an item of a list is shown.
#[derive(Clone, Copy)]
enum Mode {
    /// As what it is.
    Plain,
    /// As a child of a registered class: every node is a list, and every leaf but a tensor an empty one.
    Serialized,
}

impl<O: Object> Printer<'_, O> {
    /// `ignore` is whether an unknown class is named instead of refused; caches and registered classes do not pass it on.
    fn show(&mut self, object: &O, ignore: bool) -> Shown {
        match object.look() {
            Look::None => self.text("None"),
            Look::Bool(v) => self.number("bool", Number::Bool(v)),
            Look::Int(v) => self.number("int", Number::Int(v)),
            Look::Float(v) => self.number("float", Number::Float(v)),
            Look::Text(_) => self.text("str"),
            Look::Fixed(text) => self.text(&text),
            Look::Dim(dim) => self.text(&dim_text(dim)),
            Look::Tuple(items) => self.tuple(&items, ignore),
            Look::List(items) => self.list(&items, Mode::Plain, ignore),
            Look::Set(items) => self.set(&items, ignore),
            Look::Dict(items) => self.dict(&items, ignore),
            Look::Fields(class, fields) => {
                self.push(class);
                self.fields(&fields, ignore)
            }
            Look::Parts(class, parts) => {
                self.push(class);
                self.parts(parts, |printer, part| printer.show(&part, false))
            }
            Look::Layered(class, keys, values) => {
                self.push(class);
                let parts = [("key_cache", keys), ("value_cache", values)];
                self.parts(parts, |printer, layers| printer.list(&layers, Mode::Plain, false))
            }
            Look::Layers(class, layers, _) => {
                self.push(class);
                self.layers(&layers)
            }
            Look::Batch(class, data) => {
                self.push(class);
                self.push("(data=");
                self.dict(&data, false)?;
                self.text(")")
            }
            Look::Serialized(class, children) => {
                self.push(class);
                self.push("[serialized](");
                self.list(&children, Mode::Serialized, false)?;
                self.text(")")
            }
            Look::Numbers(letter, numbers) => self.numbers(letter, &numbers, object),
            Look::Unsupported(class) if ignore => {
                self.push(class);
                self.text("(...)")
            }
            Look::Unsupported(class) => {
                Err(StringTypeError::Unsupported { path: KeyPath::default(), class: class.to_owned() })
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn text(&mut self, text: &str) -> Shown {
        self.push(text);
        Ok(())
    }

    /// A number without the machinery of formatting, which would take most of the time here.
    fn integer(&mut self, n: i64) {
        let (mut digits, mut at, mut rest) = ([0u8; 20], 20, n.unsigned_abs());
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if n < 0 {
            self.out.push('-');
        }
        self.out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
    }

    fn number(&mut self, class: &str, number: Number) -> Shown {
        self.push(class);
        if self.options.with_min_max {
            _ = write!(self.out, "={number}");
        }
        Ok(())
    }

    /// Items between commas.
    fn items(&mut self, items: &[O], mode: Mode, ignore: bool) -> Shown {
        for (i, item) in items.iter().enumerate() {
            self.push(if i == 0 { "" } else { "," });
            self.item(item, mode, ignore).map_err(|e| e.below(|| KeyEntry::Sequence(i)))?;
        }
        Ok(())
    }

    fn item(&mut self, item: &O, mode: Mode, ignore: bool) -> Shown {
        match mode {
            Mode::Plain => self.show(item, ignore),
            Mode::Serialized => match item.look() {
                Look::Numbers('T' | 'F', _) => self.show(item, ignore),
                other => self.list(&children(other), mode, ignore),
            },
        }
    }

    fn tuple(&mut self, items: &[O], ignore: bool) -> Shown {
        if let [only] = items {
            self.push("(");
            self.item(only, Mode::Plain, ignore).map_err(|e| e.below(|| KeyEntry::Sequence(0)))?;
            return self.text(",)");
        }
        if items.len() < self.options.limit {
            self.push("(");
            self.items(items, Mode::Plain, ignore)?;
            return self.text(")");
        }
        let first = first(items)?;
        _ = write!(self.out, "#{}(", items.len());
        self.item(first, Mode::Plain, ignore).map_err(|e| e.below(|| KeyEntry::Sequence(0)))?;
        self.push(",...)");
        if let Some((min, max, mean)) = self.range(items) {
            _ = write!(self.out, "[{min},{max}:A[{mean}]]");
        }
        Ok(())
    }

    fn list(&mut self, items: &[O], mode: Mode, ignore: bool) -> Shown {
        if items.len() < self.options.limit {
            _ = write!(self.out, "#{}[", items.len());
            self.items(items, mode, ignore)?;
            return self.text("]");
        }
        let first = first(items)?;
        _ = write!(self.out, "#{}[", items.len());
        self.item(first, mode, ignore).map_err(|e| e.below(|| KeyEntry::Sequence(0)))?;
        self.push(",...]");
        if let (Mode::Plain, Some((min, max, mean))) = (mode, self.range(items)) {
            _ = write!(self.out, "[{min},{max}:{mean}]");
        }
        Ok(())
    }

    /// A set is cut from ten elements on, whatever the limit.
    fn set(&mut self, items: &[O], ignore: bool) -> Shown {
        if items.len() < 10 {
            self.push("{");
            self.items(items, Mode::Plain, ignore)?;
            return self.text("}");
        }
        self.push("{...}");
        match self.range(items) {
            Some((min, max, mean)) => _ = write!(self.out, "#{}[{min},{max}:A{mean}]", items.len()),
            None if self.options.with_shape => _ = write!(self.out, "#{}", items.len()),
            None => {}
        }
        Ok(())
    }

    /// Range and mean of a container that was cut, when they are wanted and it holds nothing but numbers.
    fn range(&self, items: &[O]) -> Option<(Number, Number, python::Float)> {
        if !self.options.with_min_max {
            return None;
        }
        let number = |item: &O| match item.look() {
            Look::Int(v) => Some(Number::Int(v)),
            Look::Float(v) => Some(Number::Float(v)),
            Look::Bool(v) => Some(Number::Bool(v)),
            _ => None,
        };
        let numbers: Vec<Number> = items.iter().map(number).collect::<Option<_>>()?;
        let (min, max) = Number::range(&numbers)?;
        let sum: f64 = numbers.iter().map(|n| n.as_f64()).sum();
        Some((min, max, python::Float(sum / numbers.len() as f64)))
    }

    fn dict(&mut self, items: &[(Label<'_>, O)], ignore: bool) -> Shown {
        if items.is_empty() {
            return self.text("{}");
        }
        let numbered = items.iter().all(|(key, _)| key.is_int());
        let dimension = |item: &O| matches!(item.look(), Look::Text(_) | Look::Dim(_));
        // Numbers to dimensions, or to their names: the dynamic shape of a tensor.
        let shape = numbered && items.iter().all(|(_, item)| dimension(item));
        self.push(if numbered { "{" } else { "dict(" });
        for (i, (key, item)) in items.iter().enumerate() {
            self.push(if i == 0 { "" } else { "," });
            self.push(&key.text());
            self.push(":");
            match item.look() {
                Look::Text(name) if shape => _ = write!(self.out, "DYN({name})"),
                _ => self.show(item, ignore).map_err(|e| e.below(|| KeyEntry::Mapping(key.key())))?,
            }
        }
        self.text(if numbered { "}" } else { ")" })
    }

    /// The fields of a dataclass that are not None; no parentheses when none is left.
    fn fields(&mut self, fields: &[(&str, O)], ignore: bool) -> Shown {
        let mut open = "(";
        for (name, field) in fields {
            if matches!(field.look(), Look::None) {
                continue;
            }
            self.push(open);
            self.push(name);
            self.push(":");
            self.show(field, ignore).map_err(|e| e.below(|| KeyEntry::GetAttr(Cow::Owned((*name).to_owned()))))?;
            open = ",";
        }
        self.text(if open == "," { ")" } else { "" })
    }

    /// The parts of a cache.
    fn parts<'k, T>(
        &mut self,
        parts: impl IntoIterator<Item = (&'k str, T)>,
        mut show: impl FnMut(&mut Self, T) -> Shown,
    ) -> Shown {
        for (i, (name, part)) in parts.into_iter().enumerate() {
            self.push(if i == 0 { "(" } else { ", " });
            self.push(name);
            self.push("=");
            show(self, part).map_err(|e| e.below(|| KeyEntry::Mapping(Key::from(name.to_owned()))))?;
        }
        self.text(")")
    }

    /// A cache with layers of several classes: onnx-diagnostic shows the key where the value belongs.
    fn layers(&mut self, layers: &[(&str, O)]) -> Shown {
        self.push("(");
        for (i, (class, key)) in layers.iter().enumerate() {
            self.push(if i == 0 { "" } else { ", " });
            self.push(class);
            self.push("(");
            self.show(key, false).map_err(|e| e.below(|| KeyEntry::Sequence(i)))?;
            self.push(", ");
            self.show(key, false).map_err(|e| e.below(|| KeyEntry::Sequence(i)))?;
            self.push(")");
        }
        self.text(")")
    }

    /// A tensor or an array.
    fn numbers(&mut self, letter: char, numbers: &Numbers, object: &O) -> Shown {
        let meta = &numbers.meta;
        if self.options.with_device && letter != 'A' {
            self.push(if matches!(meta.device, Device::Cpu | Device::Meta) { "C" } else { "G" });
        }
        let code = if numbers.text { Some(8) } else { onnx_number(meta.dtype) };
        let code = code.ok_or_else(|| StringTypeError::DType { path: KeyPath::default(), dtype: meta.dtype })?;
        self.out.push(letter);
        self.integer(i64::from(code));
        if self.options.with_shape {
            self.out.push('s');
            for (i, size) in meta.sizes.iter().enumerate() {
                if i > 0 {
                    self.out.push('x');
                }
                self.integer(*size);
            }
        } else {
            _ = write!(self.out, "r{}", meta.sizes.len());
        }
        if !self.options.with_min_max || letter == 'F' {
            return Ok(());
        }
        let summary = match (&numbers.summary, self.summarize.as_mut()) {
            (Some(summary), _) => Some(summary.clone()),
            (None, Some(summarize)) => summarize(object),
            (None, None) => None,
        };
        match summary {
            Some(Ok(summary)) => _ = write!(self.out, "{summary}"),
            Some(Err(source)) => return Err(StringTypeError::Summary { path: KeyPath::default(), source }),
            None => {}
        }
        Ok(())
    }
}

fn first<O>(items: &[O]) -> Result<&O, StringTypeError> {
    items.first().ok_or_else(|| StringTypeError::Limit { path: KeyPath::default() })
}

/// What is inside an object, as the pytree flattens it.
fn children<O>(look: Look<'_, O>) -> Vec<O> {
    match look {
        Look::Tuple(items) | Look::List(items) | Look::Serialized(_, items) | Look::Layers(_, _, items) => items,
        Look::Dict(items) => items.into_iter().map(|(_, item)| item).collect(),
        Look::Fields(_, items) | Look::Parts(_, items) => items.into_iter().map(|(_, item)| item).collect(),
        Look::Layered(_, keys, values) => keys.into_iter().zip(values).flat_map(|(k, v)| [k, v]).collect(),
        _ => Vec::new(),
    }
}

fn dim_text(dim: &DimSpec) -> Cow<'_, str> {
    match dim {
        DimSpec::None => Cow::Borrowed("None"),
        DimSpec::Int(_) => Cow::Borrowed("int"),
        DimSpec::Text(_) => Cow::Borrowed("str"),
        DimSpec::Named(dim) => Cow::Owned(format!("Dim({})", dim.name())),
        DimSpec::Derived(_) => Cow::Borrowed("DerivedDim"),
        DimSpec::Hint(hint) => Cow::Borrowed(match hint.kind() {
            HintKind::Auto => "AUTO",
            HintKind::Dynamic => "DYNAMIC",
            HintKind::Static => "DimHint(STATIC)",
        }),
    }
}

/// The number of an element type in ONNX (`onnx.TensorProto`).
fn onnx_number(dtype: DType) -> Option<u8> {
    Some(match dtype {
        DType::Float32 => 1,
        DType::UInt8 => 2,
        DType::Int8 => 3,
        DType::UInt16 => 4,
        DType::Int16 => 5,
        DType::Int32 => 6,
        DType::Int64 => 7,
        DType::Bool => 9,
        DType::Float16 => 10,
        DType::Float64 => 11,
        DType::UInt32 => 12,
        DType::UInt64 => 13,
        DType::Complex64 => 14,
        DType::Complex128 => 15,
        DType::BFloat16 => 16,
        _ => return None,
    })
}
