//! Describes any recorded object for `string_type`.

use crate::json::{Miss, Outcome, array, fail, flag, float, int, ints, member, not_yet, pairs, text, texts, two};
use crate::read;
use pytree_core::{DType, Key, TensorMeta};
use serde_json::Value;
use shapes::{Described, DescribedLayer, Dim, Number, Numbers, TensorError, TensorSummary};

/// Reads a value of `string_type_cases.json`.
pub(super) fn described(json: &Value) -> Outcome<Described> {
    let Some((tag, content)) = json.as_object().and_then(|o| o.iter().next()) else {
        return fail(format!("not a value: {json}"));
    };
    let items = |content: &Value| array(content)?.iter().map(described).collect::<Outcome<Vec<_>>>();
    let unsupported = |class: &str| Ok(Described::Unsupported(class.to_owned()));
    Ok(match tag.as_str() {
        "none" => Described::None,
        "int" => Described::Int(int(content)?),
        "float" => Described::Float(float(content)?),
        "bool" => Described::Bool(flag(content)?),
        "str" => Described::Str(text(content)?.to_owned()),
        "slice" => Described::Slice,
        "complex" | "range" | "bytes" => return unsupported(tag),
        "opaque" | "dict_subclass" => return unsupported(text(content)?),
        "np_scalar" if content == "float64" => Described::Float(float(member(json, "value")?)?),
        "np_scalar" => return unsupported(text(content)?),
        "dim" => Described::Dim(Dim::new(text(content)?).map_err(|e| Miss::Failed(e.to_string()))?.into()),
        "derived_dim" => {
            let derived = Dim::new("d").and_then(|d| d.affine(2, 0)).map_err(|e| Miss::Failed(e.to_string()))?;
            Described::Dim(derived.into())
        }
        "hint" => Described::Dim(read::hint(text(content)?)?.into()),
        "device" => Described::Constant { class: "device".to_owned(), value: text(content)?.to_owned() },
        "torch_dtype" => Described::Constant { class: "dtype".to_owned(), value: text(content)?.to_owned() },
        "module" => Described::Model(text(content)?.to_owned()),
        "parameter" => described(content)?,
        "tuple" => Described::Tuple(items(content)?),
        "list" => Described::List(items(content)?),
        "set" => Described::Set(items(content)?),
        "namedtuple" => Described::Tuple(fields(member(json, "fields")?)?.into_iter().map(|(_, item)| item).collect()),
        "dict" if json.get("dict_subclass").is_some() => return unsupported(text(member(json, "dict_subclass")?)?),
        "dict" => dict(content)?,
        "odict" | "deque" => Described::Registered {
            class: if tag == "odict" { "OrderedDict" } else { "deque" }.to_owned(),
            children: match tag.as_str() {
                "odict" => pairs(content)?.into_iter().map(|(_, v)| described(v)).collect::<Outcome<_>>()?,
                _ => items(content)?,
            },
        },
        "dataclass" | "class" => {
            Described::Dataclass { class: text(content)?.to_owned(), fields: fields(member(json, "fields")?)? }
        }
        "node" => {
            Described::Registered { class: text(content)?.to_owned(), children: items(member(json, "children")?)? }
        }
        "batch" => {
            let data = pairs(member(json, "data")?)?.into_iter().map(|(k, v)| Ok((read::key(k)?, described(v)?)));
            Described::Batch { class: text(content)?.to_owned(), data: data.collect::<Outcome<_>>()? }
        }
        "t" | "tensor" => Described::Tensor(numbers(json, content, torch_summary)?),
        "np" => Described::Array(numbers(json, content, numpy_summary)?),
        "fake" => Described::Fake(numbers(json, content, torch_summary)?.meta),
        "cache" => cache(text(content)?, json)?,
        other => return not_yet(format!("a value of kind `{other}`")),
    })
}

fn fields(json: &Value) -> Outcome<Vec<(String, Described)>> {
    pairs(json)?.into_iter().map(|(name, item)| Ok((text(name)?.to_owned(), described(item)?))).collect()
}

fn dict(json: &Value) -> Outcome<Described> {
    let given = pairs(json)?;
    if given.iter().any(|(key, _)| key.is_array()) {
        let items = given.into_iter().map(|(key, item)| Ok((key_text(key)?, described(item)?)));
        return Ok(Described::DictOfOther(items.collect::<Outcome<_>>()?));
    }
    let items = given.into_iter().map(|(key, item)| Ok((read::key(key)?, described(item)?)));
    Ok(Described::Dict(items.collect::<Outcome<Vec<(Key, _)>>>()?))
}

/// Python's `str` of a key. A tuple is recorded as an array.
fn key_text(json: &Value) -> Outcome<String> {
    let Value::Array(items) = json else { return Ok(read::key(json)?.text().into_owned()) };
    let repr = |item: &Value| if item.is_array() { key_text(item) } else { Ok(read::key(item)?.to_string()) };
    let items = items.iter().map(repr).collect::<Outcome<Vec<_>>>()?;
    Ok(if let [only] = items.as_slice() { format!("({only},)") } else { format!("({})", items.join(", ")) })
}

fn cache(class: &str, json: &Value) -> Outcome<Described> {
    let class = class.rsplit('.').next().unwrap_or(class).to_owned();
    if json.get("self").is_some() {
        let part = |name: &str, key: &str| Ok::<_, Miss>((name.to_owned(), described(member(json, key)?)?));
        let parts = vec![part("self_attention_cache", "self")?, part("cross_attention_cache", "cross")?];
        return Ok(Described::Parts { class, parts });
    }
    let layers = pairs(member(json, "pairs")?)?.into_iter();
    let layers = layers.map(|(k, v)| Ok(DescribedLayer { key: described(k)?, value: described(v)? }));
    let layers = layers.collect::<Outcome<Vec<_>>>()?;
    match json.get("layers") {
        None => Ok(Described::Cache { class, layers }),
        Some(classes) => {
            let classes = texts(classes)?;
            if classes.len() != layers.len() {
                return fail("a cache whose number of classes differs from its number of layers");
            }
            let layers = classes.into_iter().zip(layers).collect();
            Ok(Described::LayerCache { class, layers })
        }
    }
}

type Summary = fn(&[Number], &TensorMeta) -> Result<TensorSummary, TensorError>;

fn numbers(json: &Value, sizes: &Value, summary: Summary) -> Outcome<Numbers> {
    let name = json.get("dtype").map_or(Ok("float32"), text)?;
    // Numpy's own types: texts of one length, and any object
    let of_texts = name == "object" || name.starts_with(['<', '>', '|']);
    let dtype = if of_texts { Ok(DType::Other) } else { name.parse() };
    let dtype = dtype.map_err(|e: pytree_core::UnknownDType| Miss::NotYet(e.to_string()))?;
    let meta = TensorMeta::new(dtype, ints(sizes)?);
    let summary = match json.get("data").filter(|_| !of_texts) {
        Some(data) => summary(&array(data)?.iter().map(element).collect::<Outcome<Vec<_>>>()?, &meta),
        None => Err(TensorError::new("the case has no data")),
    };
    Ok(Numbers { meta, text: of_texts, summary: Some(summary) })
}

/// Reads an element of recorded data.
pub(crate) fn element(value: &Value) -> Outcome<Number> {
    Ok(match value {
        Value::Array(_) => {
            let (re, im) = two(value)?;
            Number::Complex(float(re)?, float(im)?)
        }
        Value::Bool(b) => Number::Bool(*b),
        Value::Number(n) if n.is_i64() => Number::Int(int(value)?),
        _ => Number::Float(float(value)?),
    })
}

/// The summary that torch computes.
pub(super) fn torch_summary(data: &[Number], meta: &TensorMeta) -> Result<TensorSummary, TensorError> {
    if meta.rank() > 0 && matches!(meta.dtype, DType::UInt16 | DType::UInt32 | DType::UInt64) && !data.is_empty() {
        return Err(TensorError::new(format!("\"min_all\" not implemented for '{}'", meta.dtype)));
    }
    if meta.dtype == DType::Complex64 && meta.rank() > 0 {
        return TensorSummary::of(data, meta.rank()).map(|summary| in_single(data, summary));
    }
    TensorSummary::of(data, meta.rank())
}

/// The summary of single-precision complex numbers, whose absolute values and mean have single precision as well.
fn in_single(data: &[Number], summary: TensorSummary) -> TensorSummary {
    let single = |n: &Number| match n {
        Number::Complex(re, im) => (*re as f32).hypot(*im as f32),
        other => other.as_f64() as f32,
    };
    let numbers: Vec<Number> = data.iter().map(|n| Number::Float(single(n).into())).collect();
    let mean = data.iter().map(single).sum::<f32>() / data.len() as f32;
    match (Number::range(&numbers), summary) {
        (Some((min, max)), TensorSummary::Range { nans, .. }) => {
            TensorSummary::Range { min, max, mean: mean.into(), nans }
        }
        (_, summary) => summary,
    }
}

/// The summary that numpy computes: nans are left out, complex numbers are compared by their parts, and their mean is real.
fn numpy_summary(data: &[Number], meta: &TensorMeta) -> Result<TensorSummary, TensorError> {
    let numbers: Vec<Number> = data.iter().copied().filter(|n| !n.as_f64().is_nan()).collect();
    let nans = data.len() - numbers.len();
    if meta.rank() == 0 || data.is_empty() {
        return TensorSummary::of(data, meta.rank());
    }
    let parts = |n: &Number| match n {
        Number::Complex(re, im) => (*re, *im),
        other => (other.as_f64(), 0.0),
    };
    let order = |a: &&Number, b: &&Number| {
        let ((a, b), (c, d)) = (parts(a), parts(b));
        a.total_cmp(&c).then(b.total_cmp(&d))
    };
    let (Some(min), Some(max)) = (numbers.iter().min_by(order), numbers.iter().rev().max_by(order)) else {
        return Ok(TensorSummary::Nans(nans));
    };
    let mean = numbers.iter().map(|n| parts(n).0).fold(0.0, |sum: f64, x| sum + x) / numbers.len() as f64;
    Ok(TensorSummary::Range { min: *min, max: *max, mean, nans })
}
