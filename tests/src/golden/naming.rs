//! Placeholder names, symbolic sizes and range constraints, compared with what torch.export prints.

use crate::json::{Miss, Outcome, array, fail, index, int, ints, member, not_yet, pairs, text, two, unexpected};
use crate::read;
use crate::recorded::{RecordedClass, RecordedTensor, RecordedValue};
use program::names::{Namer, mapping_key_part, placeholder_base};
use pytree_core::{
    Context, DType, KeyEntry, KeyPath, Leaf, Parameter, Signature, TensorMeta, TensorType, Value as Tree, structure,
};
use serde_json::Value;
use shapes::{Dim, DimSpec, InputLeaf, InputValue, PlaceholderShape, ShapeSpec, Solved, SymbolicInputs, Tolerance};
use symbolic::Naming;

pub(super) fn run(case: &Value) -> Outcome {
    agree(&solve(case)?, member(case, "expected")?)
}

/// Compares placeholders and ranges with the recorded ones.
pub(super) fn agree(solved: &Solved, expected: &Value) -> Outcome {
    let got: Vec<Value> = solved
        .placeholders
        .iter()
        .map(|p| serde_json::json!({ "name": p.name, "annotation": annotation(&p.shape) }))
        .collect();
    if array(member(expected, "placeholders")?)? != got.as_slice() {
        return fail(format!("want {}\n   got  {}", expected["placeholders"], Value::from(got)));
    }
    // Torch iterates over a set for the roots that come last, so ranges are compared as a set.
    let mut got: Vec<String> = solved.ranges.0.iter().map(|(e, range)| format!("{e}: {range}")).collect();
    let recorded = pairs(member(expected, "ranges")?)?;
    let mut want =
        recorded.iter().map(|(e, range)| Ok(format!("{}: {}", text(e)?, text(range)?))).collect::<Outcome<Vec<_>>>()?;
    got.sort();
    want.sort();
    if got == want { Ok(()) } else { fail(format!("want {want:?}\n   got  {got:?}")) }
}

fn annotation(shape: &PlaceholderShape) -> Value {
    match shape {
        PlaceholderShape::Tensor(sizes) => {
            let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
            format!("f32[{}]", sizes.join(", ")).into()
        }
        PlaceholderShape::Int(value) => format!("Sym({value})").into(),
        _ => Value::Null,
    }
}

fn solve(case: &Value) -> Outcome<Solved> {
    let mode = text(member(case, "mode")?)?;
    let naming = match mode {
        "nonstrict" | "strict" => Naming::Hashed,
        "seq27" => Naming::Sequential,
        other => return not_yet(format!("mode {other}")),
    };
    let (leaves, order) = inputs(case, mode == "strict")?;
    let mut symbolic = SymbolicInputs::declare(leaves, &order, naming).map_err(unexpected)?;
    for equality in array(case.get("extra_eq").unwrap_or(&Value::Array(Vec::new())))? {
        let (a, b) = two(equality)?;
        let size = |at: &Value, symbolic: &SymbolicInputs| {
            let (row, dim) = two(at)?;
            let (row, dim) = (index(row)?, index(dim)?);
            let sizes = symbolic.sizes(row).map_err(unexpected)?;
            sizes.get(dim).cloned().ok_or_else(|| Miss::Failed(format!("row {row} has no dim {dim}")))
        };
        let (a, b) = (size(a, &symbolic)?, size(b, &symbolic)?);
        if !symbolic.env_mut().guard_eq(&a, &b, "program").map_err(unexpected)? {
            return fail(format!("{a} and {b} cannot be equal"));
        }
    }
    symbolic.finish(Tolerance::Strict).map_err(unexpected)
}

/// The leaves of the call in flattening order, and the same in the order of the signature.
pub(super) fn inputs(case: &Value, strict: bool) -> Outcome<(Vec<InputLeaf>, Vec<usize>)> {
    let parameter = |json: &Value| {
        let kind = read::parameter_kind(text(member(json, "kind")?)?)?;
        Ok(Parameter { name: text(member(json, "name")?)?.to_owned().into(), kind, has_default: true })
    };
    let signature = Signature::new(array(member(case, "params")?)?.iter().map(parameter).collect::<Outcome<Vec<_>>>()?);
    let (args, kwargs) = (array(member(case, "args")?)?, pairs(member(case, "kwargs")?)?);
    let nodes: Vec<&Value> = args.iter().chain(kwargs.iter().map(|(_, node)| *node)).collect();
    let tree = RecordedValue::tuple([
        RecordedValue::tuple(args.iter().map(tree).collect::<Outcome<Vec<_>>>()?),
        RecordedValue::dict(
            kwargs.iter().map(|(k, node)| Ok((text(k)?.to_owned(), tree(node)?))).collect::<Outcome<Vec<_>>>()?,
        ),
    ]);
    let spec = structure(&tree).map_err(unexpected)?;
    let mut bound = signature.bind(&spec).map_err(unexpected)?;
    let paths = signature.input_paths(&spec).map_err(unexpected)?;

    let mut found = Vec::new();
    for (argument, node) in bound.iter().zip(nodes) {
        let parameter = signature.parameters().get(argument.parameter).map(|p| p.name.as_ref());
        let named = match member(case, "dynamic_shapes")? {
            Value::Null => Vec::new(),
            shapes => pairs(shapes)?,
        };
        let own = named.iter().find(|(name, _)| name.as_str() == parameter).map_or(&Value::Null, |(_, spec)| *spec);
        let own = match &argument.rest {
            Some(KeyEntry::Sequence(index)) => own["items"].get(index).unwrap_or(&Value::Null),
            Some(KeyEntry::Mapping(key)) => of_key(own, &Value::from(key.text()))?,
            _ => own,
        };
        leaves(node, own, &mut found)?;
    }
    let mut namer = Namer::new();
    let leaf = |(k, ((value, spec), path)): (usize, ((InputValue, ShapeSpec), &pytree_core::InputPath))| InputLeaf {
        source: if strict { format!("L['flat_args'][{k}]") } else { format!("L{}", path.source) },
        path: path.source.to_string(),
        name: namer.placeholder(&base_name(&path.placeholder)),
        value,
        spec,
    };
    let leaves = found.into_iter().zip(&paths).enumerate().map(leaf).collect();
    bound.sort_by_key(|argument| argument.parameter);
    Ok((leaves, bound.into_iter().flat_map(|argument| argument.leaves).collect()))
}

/// The base name of the placeholder of a leaf with this path.
pub(super) fn base_name(path: &KeyPath) -> String {
    placeholder_base(path.entries().iter().map(|entry| match entry {
        KeyEntry::Sequence(index) => index.to_string(),
        KeyEntry::Mapping(key) => mapping_key_part(&key.text()),
        KeyEntry::GetAttr(name) => name.to_string(),
        // Any other kind of entry would be new to torch as well.
        other => other.to_string(),
    }))
}

fn tree(node: &Value) -> Outcome<RecordedValue> {
    let items = |items: &Value| array(items)?.iter().map(tree).collect::<Outcome<Vec<_>>>();
    Ok(match text(member(node, "t")?)? {
        "list" => Tree::list(items(member(node, "items")?)?),
        "tuple" => Tree::tuple(items(member(node, "items")?)?),
        "dict" => {
            let (keys, values): (Vec<_>, Vec<_>) = pairs(member(node, "items")?)?.into_iter().unzip();
            let keys = keys.into_iter().map(read::key).collect::<Outcome<_>>()?;
            Tree::Node(Context::Dict(keys), values.into_iter().map(tree).collect::<Outcome<_>>()?)
        }
        "dynamic_cache" => {
            let fields = ["key_cache", "value_cache"];
            let lists = fields.iter().map(|f| Ok(Tree::list(items(member(node, f)?)?))).collect::<Outcome<_>>()?;
            let fields = fields.into_iter().map(Into::into).collect();
            Tree::Node(Context::Mapping { name: "DynamicCache".into(), fields, statics: None }, lists)
        }
        "tensor" => {
            let meta = TensorMeta::new(DType::Float32, ints(member(node, "shape")?)?);
            Tree::tensor(RecordedTensor { class: RecordedClass::Tensor, meta, data: None })
        }
        // Only tensors and ints have sizes or symbols, so any leaf stands for the rest.
        "int" => Leaf::Int(int(member(node, "value")?)?).into(),
        "float" | "str" | "bool" | "none" => Leaf::None.into(),
        other => return not_yet(format!("an input of kind `{other}`")),
    })
}

/// The entry `key` of a spec that is a dict.
fn of_key<'j>(spec: &'j Value, key: &Value) -> Outcome<&'j Value> {
    if spec.is_null() {
        return Ok(spec);
    }
    Ok(pairs(member(spec, "items")?)?.into_iter().find(|(k, _)| *k == key).map_or(&Value::Null, |(_, spec)| spec))
}

/// Every leaf of a node with its spec.
fn leaves(node: &Value, spec: &Value, into: &mut Vec<(InputValue, ShapeSpec)>) -> Outcome {
    let item = |spec: &'_ Value, i: usize| spec["items"].get(i).cloned().unwrap_or_default();
    match text(member(node, "t")?)? {
        "list" | "tuple" => {
            for (i, child) in array(member(node, "items")?)?.iter().enumerate() {
                leaves(child, &item(spec, i), into)?;
            }
        }
        "dict" => {
            for (key, child) in pairs(member(node, "items")?)? {
                leaves(child, of_key(spec, key)?, into)?;
            }
        }
        "dynamic_cache" => {
            for (c, field) in ["key_cache", "value_cache"].into_iter().enumerate() {
                for (i, child) in array(member(node, field)?)?.iter().enumerate() {
                    leaves(child, &item(&item(spec, c), i), into)?;
                }
            }
        }
        kind => into.push((value(kind, node)?, shape_spec(spec)?)),
    }
    Ok(())
}

fn value(kind: &str, node: &Value) -> Outcome<InputValue> {
    Ok(match kind {
        "tensor" => {
            let mut tensor = TensorType::contiguous(DType::Float32, ints(member(node, "shape")?)?);
            if let Some(strides) = node.get("stride") {
                tensor.strides = ints(strides)?;
            }
            tensor.storage_offset = node.get("storage_offset").map_or(Ok(0), int)?;
            InputValue::Tensor(tensor)
        }
        "int" => InputValue::Int(int(member(node, "value")?)?),
        other => InputValue::Other { class: format!("<class '{other}'>") },
    })
}

fn shape_spec(spec: &Value) -> Outcome<ShapeSpec> {
    let dims = || array(member(spec, "dims")?)?.iter().map(dim).collect::<Outcome<Vec<_>>>();
    match spec.get("t").map(text).transpose()? {
        Some("shape_dict") => {
            let entry = |(index, d): (&String, &Value)| {
                let index = index.parse::<i64>().map_err(|e| Miss::Failed(format!("dim {index}: {e}")))?;
                Ok((index, dim(d)?))
            };
            let dims = member(spec, "dims")?.as_object().into_iter().flatten().map(entry);
            Ok(ShapeSpec::dims(dims.collect::<Outcome<Vec<_>>>()?))
        }
        Some("shape_list") => Ok(ShapeSpec::List(dims()?)),
        Some("shape_tuple") => Ok(ShapeSpec::Tuple(dims()?)),
        Some(other) => fail(format!("a leaf with a spec of kind `{other}`")),
        None if spec.is_null() => Ok(ShapeSpec::None),
        None => Ok(ShapeSpec::Scalar(dim(spec)?)),
    }
}

fn named(json: &Value) -> Outcome<Dim> {
    let max = json.get("max").filter(|m| !m.is_null()).map(int).transpose()?;
    Dim::with_range(text(member(json, "name")?)?, int(member(json, "min")?)?, max).map_err(unexpected)
}

fn dim(json: &Value) -> Outcome<DimSpec> {
    let bound = |name| json.get(name).and_then(Value::as_i64);
    match json {
        Value::Null => Ok(DimSpec::None),
        Value::Number(_) => Ok(DimSpec::Int(int(json)?)),
        Value::String(name) => Ok(read::hint(name)?.into()),
        _ if json.get("hint").is_some() => {
            let hint = read::hint(text(member(json, "hint")?)?)?;
            let (min, max) = (bound("min"), bound("max"));
            if min.is_none() && max.is_none() {
                return Ok(hint.into());
            }
            Ok(hint.bounded(min, max).map_err(unexpected)?.into())
        }
        _ => match json.get("root") {
            Some(root) => {
                let (mul, add) = (int(member(json, "mul")?)?, int(member(json, "add")?)?);
                Ok(named(root)?.affine(mul, add).map_err(unexpected)?.into())
            }
            None => Ok(named(json)?.into()),
        },
    }
}
