//! A value in one line: `DynamicCache(key_cache=#2[T1s2x4x3x7,T1s2x4x3x7], value_cache=..)`.

mod summary;

pub use summary::{Number, TensorSummary};

use crate::classes;
use crate::cursor::Cursor;
use pytree_core::{
    Context, DType, DescribeTensor, Device, Flat, Key, KeyPath, LeafRef, PyTree, TensorMeta, TreeError, TreeSpec,
    flatten, python,
};
use std::fmt::Write;

/// What [`string_type`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StringTypeOptions {
    /// Sizes (`s2x3`) instead of the number of dimensions (`r2`).
    pub with_shape: bool,
    /// Values of numbers, and the range and mean of tensors where [`string_type_with`] can tell them.
    pub with_min_max: bool,
    /// `C` or `G` before a tensor: on the CPU or on an accelerator.
    pub with_device: bool,
    /// Tuples and lists of this many items or more are cut after the first. 20 by default.
    pub limit: usize,
}

impl Default for StringTypeOptions {
    fn default() -> Self {
        StringTypeOptions { with_shape: false, with_min_max: false, with_device: false, limit: 20 }
    }
}

impl StringTypeOptions {
    /// The default with sizes: what one mostly wants.
    pub fn shapes() -> Self {
        StringTypeOptions { with_shape: true, ..Self::default() }
    }
}

/// A value that cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StringTypeError {
    /// The element type has no ONNX number, which the text is made of.
    #[error("Unable to convert torch dtype torch.{dtype} to onnx dtype, at the tensor {path}; convert it first")]
    DType {
        /// Where; empty when the value is the tensor.
        path: KeyPath,
        /// The element type.
        dtype: DType,
    },
    /// A limit of 0 asks for the first item of an empty container.
    #[error("list index out of range: the container {path} is empty and the limit is 0; use a limit of 1 or more")]
    Limit {
        /// Where; empty when the value is the container.
        path: KeyPath,
    },
    /// Range and mean of a tensor could not be told.
    #[error("the tensor {path}: {message}")]
    Summary {
        /// Where; empty when the value is the tensor.
        path: KeyPath,
        /// Why.
        message: String,
    },
    /// The value could not be read as a tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// A value in one line (`onnx_diagnostic.helpers.string_type`).
///
/// `T` is a tensor, followed by the ONNX number of its element type (1 float32, 7 int64, 9 bool, 10 float16, 11 float64,
/// 16 bfloat16) and its rank or sizes; `#2[..]` is a list of two, `(..)` a tuple, `dict(a:..)` a dict, `Name(x:..)` a
/// dataclass, `Name[serialized](..)` any other registered class.
///
/// ```
/// use pytree_core::{DType, TensorMeta};
/// use shapes::{StringTypeOptions, string_type};
/// let x = TensorMeta::new(DType::Float32, [5, 6]);
/// assert_eq!(string_type(&(x.clone(), vec![x, TensorMeta::new(DType::Int64, [])], 3_i64), StringTypeOptions::shapes())?,
///     "(T1s5x6,#2[T1s5x6,T7s],int)");
/// # Ok::<(), shapes::StringTypeError>(())
/// ```
///
/// # Errors
/// [`StringTypeError`] for an element type that ONNX does not number, and for an empty list under a limit of 0.
pub fn string_type<F: DescribeTensor, X: PyTree<F> + ?Sized>(
    tree: &X,
    options: StringTypeOptions,
) -> Result<String, StringTypeError> {
    print(tree, options, None)
}

/// As [`string_type`], with the data of tensors under `with_min_max`: `summarize` tells range and mean of one.
///
/// # Errors
/// As [`string_type`], and [`StringTypeError::Summary`] with the message of `summarize`.
pub fn string_type_with<F: DescribeTensor, X: PyTree<F> + ?Sized>(
    tree: &X,
    options: StringTypeOptions,
    mut summarize: impl FnMut(&F::Tensor) -> Result<TensorSummary, String>,
) -> Result<String, StringTypeError> {
    print(tree, options, Some(&mut summarize))
}

type Summarize<'s, T> = Option<&'s mut dyn FnMut(&T) -> Result<TensorSummary, String>>;

fn print<F: DescribeTensor, X: PyTree<F> + ?Sized>(
    tree: &X,
    options: StringTypeOptions,
    summarize: Summarize<'_, F::Tensor>,
) -> Result<String, StringTypeError> {
    let Flat { leaves, spec } = flatten(tree)?;
    let mut printer = Printer { options, leaves: &leaves, spec: &spec, summarize, out: String::new() };
    printer.show(Cursor::root(spec.root()))?;
    Ok(printer.out)
}

struct Printer<'a, 's, 't, F: DescribeTensor> {
    options: StringTypeOptions,
    leaves: &'a [LeafRef<'t, F>],
    spec: &'a TreeSpec,
    summarize: Summarize<'s, F::Tensor>,
    out: String,
}

type Shown = Result<(), StringTypeError>;

/// How the items of a list are shown.
#[derive(Clone, Copy)]
enum Mode {
    /// As what they are.
    Plain,
    /// As the children of a registered class: every node is a list, and every leaf but a tensor an empty one.
    Serialized,
}

impl<'t, F: DescribeTensor> Printer<'_, '_, 't, F> {
    fn show(&mut self, at: Cursor<'_>) -> Shown {
        let Some(context) = at.node.context() else { return self.leaf(at) };
        let items: Vec<_> = at.children().collect();
        match context {
            Context::Tuple => self.tuple(at, &items),
            Context::List => self.list(at, &items, Mode::Plain),
            Context::Dict(keys) => self.dict(keys, &items),
            Context::Dataclass { present, .. } => {
                self.push(context.short_name());
                self.fields(present.iter().zip(items))
            }
            Context::Mapping { fields, .. } if classes::is_model_output(context) => {
                self.push(context.short_name());
                self.fields(fields.iter().zip(items))
            }
            Context::Mapping { fields, .. } if classes::is_cache_by_fields(context) => {
                self.push(context.short_name());
                self.parts(fields.iter().zip(items), Self::show)
            }
            _ => match classes::layers(at) {
                Some((keys, values)) => {
                    self.push(context.short_name());
                    let parts = [("key_cache", keys), ("value_cache", values)];
                    self.parts(parts, |printer, layers: Vec<Cursor<'_>>| printer.list(at, &layers, Mode::Plain))
                }
                None => {
                    self.push(context.short_name());
                    self.push("[serialized](");
                    self.list(at, &items, Mode::Serialized)?;
                    self.close(")")
                }
            },
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn close(&mut self, text: &str) -> Shown {
        self.push(text);
        Ok(())
    }

    /// Items between commas.
    fn items(&mut self, items: &[Cursor<'_>], mode: Mode) -> Shown {
        for (i, item) in items.iter().enumerate() {
            self.push(if i == 0 { "" } else { "," });
            self.item(*item, mode)?;
        }
        Ok(())
    }

    fn tuple(&mut self, at: Cursor<'_>, items: &[Cursor<'_>]) -> Shown {
        match items {
            [only] => {
                self.push("(");
                self.show(*only)?;
                self.close(",)")
            }
            _ if items.len() < self.options.limit => {
                self.push("(");
                self.items(items, Mode::Plain)?;
                self.close(")")
            }
            _ => {
                let first = self.first(at, items)?;
                _ = write!(self.out, "#{}(", items.len());
                self.show(first)?;
                self.push(",...)");
                if let Some((min, max, mean)) = self.range(items) {
                    _ = write!(self.out, "[{min},{max}:A[{mean}]]");
                }
                Ok(())
            }
        }
    }

    fn list(&mut self, at: Cursor<'_>, items: &[Cursor<'_>], mode: Mode) -> Shown {
        if items.len() < self.options.limit {
            _ = write!(self.out, "#{}[", items.len());
            self.items(items, mode)?;
            return self.close("]");
        }
        let first = self.first(at, items)?;
        _ = write!(self.out, "#{}[", items.len());
        self.item(first, mode)?;
        self.push(",...]");
        if let (Mode::Plain, Some((min, max, mean))) = (mode, self.range(items)) {
            _ = write!(self.out, "[{min},{max}:{mean}]");
        }
        Ok(())
    }

    fn first<'s>(&self, at: Cursor<'_>, items: &[Cursor<'s>]) -> Result<Cursor<'s>, StringTypeError> {
        items.first().copied().ok_or_else(|| StringTypeError::Limit { path: self.path(at) })
    }

    /// Range and mean of a container that was cut, when it holds nothing but numbers.
    fn range(&self, items: &[Cursor<'_>]) -> Option<(Number, Number, python::Float)> {
        let number = |item: &Cursor<'_>| match self.leaf_at(*item)? {
            LeafRef::Int(v) => Some(Number::Int(v)),
            LeafRef::Float(v) => Some(Number::Float(v)),
            LeafRef::Bool(v) => Some(Number::Bool(v)),
            _ => None,
        };
        if !self.options.with_min_max {
            return None;
        }
        let numbers: Vec<Number> = items.iter().map(number).collect::<Option<_>>()?;
        let (min, max) = Number::range(&numbers)?;
        let sum: f64 = numbers.iter().map(|n| n.as_f64()).sum();
        Some((min, max, python::Float(sum / numbers.len() as f64)))
    }

    fn dict(&mut self, keys: &[Key], items: &[Cursor<'_>]) -> Shown {
        let numbered = !keys.is_empty() && keys.iter().all(|key| matches!(key, Key::Int(_) | Key::Bool(_)));
        match items {
            [] => self.close("{}"),
            _ if numbered && items.iter().all(|item| matches!(self.leaf_at(*item), Some(LeafRef::Str(_)))) => {
                // Numbers to texts: dimensions to their names, as guessing with names gives them.
                self.push("{");
                let keys: Vec<_> = keys.iter().map(Key::text).collect();
                self.pairs(keys.iter().map(AsRef::as_ref).zip(items), ":", ",", |printer, name| {
                    if let Some(LeafRef::Str(name)) = printer.leaf_at(*name) {
                        _ = write!(printer.out, "DYN({name})");
                    }
                    Ok(())
                })?;
                self.close("}")
            }
            _ => {
                self.push(if numbered { "{" } else { "dict(" });
                let keys: Vec<_> = keys.iter().map(Key::text).collect();
                self.pairs(keys.iter().map(AsRef::as_ref).zip(items.iter().copied()), ":", ",", Self::show)?;
                self.close(if numbered { "}" } else { ")" })
            }
        }
    }

    /// The fields of a dataclass that are not None; no parentheses when none is left.
    fn fields<'k, 's>(&mut self, fields: impl Iterator<Item = (&'k str, Cursor<'s>)>) -> Shown {
        let none = |at: Cursor<'_>| matches!(self.leaf_at(at), Some(LeafRef::None));
        let fields: Vec<_> = fields.filter(|(_, field)| !none(*field)).collect();
        if fields.is_empty() {
            return Ok(());
        }
        self.push("(");
        self.pairs(fields, ":", ",", Self::show)?;
        self.close(")")
    }

    /// The parts of a cache.
    fn parts<'k, T>(
        &mut self,
        parts: impl IntoIterator<Item = (&'k str, T)>,
        show: impl FnMut(&mut Self, T) -> Shown,
    ) -> Shown {
        self.push("(");
        self.pairs(parts, "=", ", ", show)?;
        self.close(")")
    }

    fn pairs<'k, T>(
        &mut self,
        pairs: impl IntoIterator<Item = (&'k str, T)>,
        equals: &str,
        comma: &str,
        mut show: impl FnMut(&mut Self, T) -> Shown,
    ) -> Shown {
        for (i, (key, value)) in pairs.into_iter().enumerate() {
            self.push(if i == 0 { "" } else { comma });
            self.push(key);
            self.push(equals);
            show(self, value)?;
        }
        Ok(())
    }

    fn item(&mut self, at: Cursor<'_>, mode: Mode) -> Shown {
        match (mode, self.leaf_at(at)) {
            (Mode::Plain, _) | (Mode::Serialized, Some(LeafRef::Tensor(_))) => self.show(at),
            (Mode::Serialized, _) => self.list(at, &at.children().collect::<Vec<_>>(), mode),
        }
    }

    fn leaf_at(&self, at: Cursor<'_>) -> Option<LeafRef<'t, F>> {
        if at.node.is_leaf() { self.leaves.get(at.first_leaf).copied() } else { None }
    }

    fn path(&self, at: Cursor<'_>) -> KeyPath {
        let mut path = KeyPath::default();
        let mut here = self.spec.root();
        while here.index() < at.node.index() {
            let below = here.children().enumerate().filter(|(_, child)| child.index() <= at.node.index()).last();
            let Some((i, child)) = below else { break };
            path.0.push(here.entry(i));
            here = child;
        }
        path
    }

    fn leaf(&mut self, at: Cursor<'_>) -> Shown {
        let number = match self.leaf_at(at) {
            Some(LeafRef::Tensor(tensor)) => return self.tensor(at, tensor),
            Some(LeafRef::Int(v)) => ("int", Number::Int(v)),
            Some(LeafRef::Float(v)) => ("float", Number::Float(v)),
            Some(LeafRef::Bool(v)) => ("bool", Number::Bool(v)),
            Some(LeafRef::Str(_)) => return self.close("str"),
            Some(LeafRef::None) | None => return self.close("None"),
        };
        self.push(number.0);
        if self.options.with_min_max {
            _ = write!(self.out, "={}", number.1);
        }
        Ok(())
    }
    fn tensor(&mut self, at: Cursor<'_>, tensor: &F::Tensor) -> Shown {
        let TensorMeta { dtype, sizes, device } = F::describe(tensor);
        if self.options.with_device {
            self.push(if matches!(device, Device::Cpu | Device::Meta) { "C" } else { "G" });
        }
        let code = onnx_number(dtype).ok_or_else(|| StringTypeError::DType { path: self.path(at), dtype })?;
        _ = write!(self.out, "T{code}");
        if self.options.with_shape {
            for (i, size) in sizes.iter().enumerate() {
                _ = write!(self.out, "{}{size}", if i == 0 { "s" } else { "x" });
            }
            self.push(if sizes.is_empty() { "s" } else { "" });
        } else {
            _ = write!(self.out, "r{}", sizes.len());
        }
        let Some(summarize) = self.summarize.as_mut().filter(|_| self.options.with_min_max) else { return Ok(()) };
        match summarize(tensor) {
            Ok(summary) => _ = write!(self.out, "{summary}"),
            Err(message) => return Err(StringTypeError::Summary { path: self.path(at), message }),
        }
        Ok(())
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
