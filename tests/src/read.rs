//! Reads values, dynamic shapes and signatures of recorded cases.

use crate::json::{Miss, Outcome, array, fail, flag, float, int, ints, member, not_yet, pairs, text};
use crate::recorded::{Recorded, RecordedClass, RecordedTensor, RecordedValue};
use pytree_core::{
    Context, DType, Key, Leaf, NamedTuple, Parameter, ParameterKind, Signature, TensorMeta, Value as Tree,
};
use serde_json::Value;
use shapes::{Dim, DimHint, DimSpec, DynamicShapes, ShapeSpec};
use std::borrow::Cow;

/// How a key-value cache flattens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `key_0, value_0, key_1, value_1`: onnx-diagnostic from 0.8 on.
    Interleaved,
    /// `[[keys], [values]]`: transformers, and what `as = "mapping"` of a struct of two lists gives.
    Nested,
}

/// Reads a value. It knows the tags of all case files.
///
/// # Errors
/// When the JSON is not a value, or is one that has no counterpart here yet.
pub fn value(json: &Value, layout: Layout) -> Outcome<RecordedValue> {
    let Some((tag, content)) = json.as_object().and_then(|o| o.iter().next()) else {
        return fail(format!("not a value: {json}"));
    };
    let items = |content: &Value| array(content)?.iter().map(|item| value(item, layout)).collect::<Outcome<Vec<_>>>();
    match tag.as_str() {
        "none" => Ok(Leaf::None.into()),
        "int" => Ok(Leaf::Int(int(content)?).into()),
        "float" => Ok(Leaf::Float(float(content)?).into()),
        "bool" => Ok(Leaf::Bool(flag(content)?).into()),
        "str" => Ok(Leaf::Str(text(content)?.to_owned()).into()),
        "t" | "tensor" => tensor(json, content, RecordedClass::Tensor),
        "np" => tensor(json, content, RecordedClass::Array),
        "opaque" => tensor(json, &Value::Array(Vec::new()), RecordedClass::Opaque(text(content)?.to_owned())),
        "parameter" => value(content, layout),
        "tuple" => Ok(Tree::Node(Context::Tuple, items(content)?)),
        "list" => Ok(Tree::Node(Context::List, items(content)?)),
        "dict" if json.get("dict_subclass").is_none() => {
            let (keys, values): (Vec<_>, Vec<_>) = pairs(content)?.into_iter().unzip();
            let keys = keys.into_iter().map(key).collect::<Outcome<_>>()?;
            let values = values.into_iter().map(|v| value(v, layout)).collect::<Outcome<_>>()?;
            Ok(Tree::Node(Context::Dict(keys), values))
        }
        "odict" => {
            let (keys, values): (Vec<_>, Vec<_>) = pairs(content)?.into_iter().unzip();
            let keys = keys.into_iter().map(key).collect::<Outcome<_>>()?;
            let values = values.into_iter().map(|v| value(v, layout)).collect::<Outcome<_>>()?;
            Ok(Tree::Node(Context::OrderedDict(keys), values))
        }
        "namedtuple" => {
            let (fields, values): (Vec<_>, Vec<_>) = pairs(member(json, "fields")?)?.into_iter().unzip();
            let fields =
                fields.into_iter().map(|f| Ok(Cow::Owned(text(f)?.to_owned()))).collect::<Outcome<Vec<_>>>()?;
            let values = values.into_iter().map(|v| value(v, layout)).collect::<Outcome<_>>()?;
            let class = NamedTuple { name: Cow::Owned(text(content)?.to_owned()), fields: Some(fields.into()) };
            Ok(Tree::Node(Context::NamedTuple(class), values))
        }
        "class" => class(&format!("transformers.modeling_outputs.{}", text(content)?), member(json, "fields")?, layout),
        "node" => {
            let children = items(member(json, "children")?)?;
            let fields = (0..children.len()).map(|i| Cow::Owned(format!("f{i}"))).collect();
            let name = Cow::Owned(format!("lib.{}", text(content)?));
            Ok(Tree::Node(Context::Mapping { name, fields, statics: None }, children))
        }
        "dataclass" => dataclass(text(content)?, member(json, "fields")?, layout),
        "deque" => {
            let maxlen = member(json, "maxlen")?.as_u64();
            Ok(Tree::Node(Context::Deque { maxlen }, items(content)?))
        }
        "cache" if json.get("layers").is_some() => not_yet("a cache that names the classes of its layers"),
        "cache" => cache(text(content)?, json, layout),
        other => not_yet(format!("a value of kind `{other}`")),
    }
}

/// Reads the key of a dict. An integer is written as itself or as `{"int": 3}`.
///
/// # Errors
/// When the JSON is not a key, or is one that has no counterpart here yet.
pub fn key(json: &Value) -> Outcome<Key> {
    Ok(match json {
        Value::String(name) => Key::from(name.clone()),
        Value::Bool(b) => Key::Bool(*b),
        Value::Null => Key::None,
        Value::Number(_) => json.as_i64().map_or_else(|| float(json).map(Key::Float), |i| Ok(Key::Int(i)))?,
        Value::Object(_) => key(member(json, "int")?)?,
        Value::Array(_) => return not_yet("a dict key that is a tuple"),
    })
}

fn tensor(json: &Value, sizes: &Value, class: RecordedClass) -> Outcome<RecordedValue> {
    let dtype = match json.get("dtype") {
        None => DType::Float32,
        Some(name) => text(name)?.parse().map_err(|e: pytree_core::UnknownDType| Miss::NotYet(e.to_string()))?,
    };
    let data = json
        .get("data")
        .map(|data| array(data)?.iter().map(crate::golden::element).collect::<Outcome<_>>())
        .transpose()?;
    Ok(Tree::tensor(RecordedTensor { class, meta: TensorMeta::new(dtype, ints(sizes)?), data }))
}

/// A class whose children are known by name.
fn class(name: &str, fields: &Value, layout: Layout) -> Outcome<RecordedValue> {
    let fields = pairs(fields)?;
    let names = fields.iter().map(|(name, _)| Ok(Cow::Owned(text(name)?.to_owned()))).collect::<Outcome<Vec<_>>>()?;
    let children = fields.iter().map(|(_, child)| value(child, layout)).collect::<Outcome<_>>()?;
    let name = Cow::Owned(name.to_owned());
    Ok(Tree::Node(Context::Mapping { name, fields: names.into_iter().collect(), statics: None }, children))
}

fn dataclass(name: &str, fields: &Value, layout: Layout) -> Outcome<RecordedValue> {
    let (mut present, mut absent, mut children) = (Vec::new(), Vec::new(), Vec::new());
    for (name, child) in pairs(fields)? {
        let name = Cow::Owned(text(name)?.to_owned());
        if child.get("none").is_some() {
            absent.push(name);
        } else {
            present.push(name);
            children.push(value(child, layout)?);
        }
    }
    let (present, absent) = (present.into_iter().collect(), absent.into_iter().collect());
    Ok(Tree::Node(Context::Dataclass { name: Cow::Owned(name.to_owned()), present, absent, statics: None }, children))
}

fn cache(name: &str, json: &Value, layout: Layout) -> Outcome<RecordedValue> {
    let full = if name.contains('.') { name.to_owned() } else { format!("transformers.cache_utils.{name}") };
    let node = |fields: Vec<Cow<'static, str>>, children| {
        let fields = fields.into_iter().collect();
        Tree::Node(Context::Mapping { name: Cow::Owned(full.clone()), fields, statics: None }, children)
    };
    if json.get("self").is_some() {
        let children = vec![value(member(json, "self")?, layout)?, value(member(json, "cross")?, layout)?];
        return Ok(node(vec!["self_attention_cache".into(), "cross_attention_cache".into()], children));
    }
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (key, layer_value) in pairs(member(json, "pairs")?)? {
        keys.push(value(key, layout)?);
        values.push(value(layer_value, layout)?);
    }
    Ok(match layout {
        Layout::Nested => {
            node(vec!["key_cache".into(), "value_cache".into()], vec![Tree::list(keys), Tree::list(values)])
        }
        Layout::Interleaved => {
            let names = (0..keys.len()).flat_map(|i| [format!("key_{i}").into(), format!("value_{i}").into()]);
            node(names.collect(), keys.into_iter().zip(values).flat_map(|(k, v)| [k, v]).collect())
        }
    })
}

/// Reads positional and named arguments as one value, the pair `(args, kwargs)`.
///
/// # Errors
/// As [`value`].
pub fn args_kwargs(args: &Value, kwargs: &Value, layout: Layout) -> Outcome<RecordedValue> {
    let args = value(&serde_json::json!({ "tuple": args }), layout)?;
    let kwargs = value(&serde_json::json!({ "dict": kwargs }), layout)?;
    Ok(Tree::<Recorded>::tuple([args, kwargs]))
}

/// Reads a dynamic shape.
///
/// # Errors
/// When the JSON is not one.
pub fn shapes(json: &Value) -> Outcome<DynamicShapes> {
    let Some(object) = json.as_object() else {
        return if json.is_null() { Ok(DynamicShapes::NONE) } else { fail(format!("not a dynamic shape: {json}")) };
    };
    let Some((tag, content)) = object.iter().next() else { return fail("an empty dynamic shape") };
    match tag.as_str() {
        "dims" => {
            let Some(dims) = content.as_object() else { return fail(format!("not dims: {content}")) };
            let dim = |(index, dim): (&String, &Value)| {
                let index = index.parse::<i64>().map_err(|e| Miss::Failed(format!("dim {index}: {e}")))?;
                Ok((index, dim_spec(dim)?))
            };
            Ok(DynamicShapes::leaf(ShapeSpec::dims(dims.iter().map(dim).collect::<Outcome<Vec<_>>>()?)))
        }
        "tuple" => Ok(DynamicShapes::Tuple(array(content)?.iter().map(shapes).collect::<Outcome<_>>()?)),
        "list" => Ok(DynamicShapes::List(array(content)?.iter().map(shapes).collect::<Outcome<_>>()?)),
        "dict" => {
            let items = pairs(content)?.into_iter().map(|(k, v)| Ok((key(k)?, shapes(v)?)));
            Ok(DynamicShapes::Dict(items.collect::<Outcome<_>>()?))
        }
        other => fail(format!("a dynamic shape of kind `{other}`")),
    }
}

/// Reads the spec of one dimension.
///
/// # Errors
/// When the JSON is not one.
pub fn dim_spec(json: &Value) -> Outcome<DimSpec> {
    let name = |tag: &str| json.get(tag).and_then(Value::as_str);
    match (name("hint"), name("sym"), name("dim"), json.get("int")) {
        (Some(name), ..) => Ok(hint(name)?.into()),
        (None, Some(name), ..) => Ok(DimSpec::Text(name.to_owned())),
        (None, None, Some(name), _) => Dim::new(name).map(DimSpec::from).map_err(|e| Miss::Failed(e.to_string())),
        (None, None, None, Some(size)) => Ok(DimSpec::Int(int(size)?)),
        _ if json.is_null() || json.get("none").is_some() => Ok(DimSpec::None),
        _ => fail(format!("not a dim: {json}")),
    }
}

/// Reads the hint of a dimension, by its name in Python.
///
/// # Errors
/// When the name is unknown.
pub fn hint(name: &str) -> Outcome<DimHint> {
    match name {
        "AUTO" => Ok(Dim::auto()),
        "DYNAMIC" => Ok(Dim::dynamic()),
        "STATIC" => Ok(Dim::static_()),
        other => fail(format!("not a hint: {other}")),
    }
}

/// Reads `{"args": [D], "kwargs": [[name, D]]}`: the shapes of positional and named arguments.
///
/// # Errors
/// As [`shapes()`].
pub fn shapes_pair(json: &Value) -> Outcome<DynamicShapes> {
    let args = array(member(json, "args")?)?.iter().map(shapes).collect::<Outcome<Vec<_>>>()?;
    let named = pairs(member(json, "kwargs")?)?;
    let kwargs = named.into_iter().map(|(name, d)| Ok((text(name)?.to_owned(), shapes(d)?)));
    Ok(DynamicShapes::pair(args, kwargs.collect::<Outcome<Vec<_>>>()?))
}

/// Reads a signature, `[[name, kind, has_default]]`.
///
/// # Errors
/// When the JSON is not one.
pub fn signature(json: &Value) -> Outcome<Signature> {
    let parameter = |json: &Value| {
        let [name, kind, default] = array(json)? else { return fail(format!("not a parameter: {json}")) };
        Ok(Parameter {
            name: text(name)?.to_owned().into(),
            kind: parameter_kind(text(kind)?)?,
            has_default: flag(default)?,
        })
    };
    Ok(Signature::new(array(json)?.iter().map(parameter).collect::<Outcome<Vec<_>>>()?))
}

/// Reads the kind of a parameter. It knows the labels of all case files.
///
/// # Errors
/// When the label is unknown.
pub fn parameter_kind(label: &str) -> Outcome<ParameterKind> {
    Ok(match label {
        "po" => ParameterKind::PositionalOnly,
        "pk" | "pos" => ParameterKind::PositionalOrKeyword,
        "var_pos" | "varpos" => ParameterKind::VarPositional,
        "kw" | "kwonly" => ParameterKind::KeywordOnly,
        "var_kw" | "varkw" => ParameterKind::VarKeyword,
        other => return fail(format!("not a kind of parameter: {other}")),
    })
}
