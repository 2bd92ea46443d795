//! Reading a spec from JSON: `treespec_loads`.

use super::{SpecBuilder, TreeSpec, python_json};
use crate::{Context, Factory, Key, NamedTuple, Names};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// The only protocol of torch's treespec JSON.
const PROTOCOL: u64 = 1;

/// The deepest nesting of JSON that is read: serde_json's own limit, within which no stack overflows.
const MAX_DEPTH: usize = 127;

/// A treespec's JSON could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeSpecError {
    /// The text is not JSON, or not of the form `[1, {"type", "context", "children_spec"}]`.
    #[error(
        "this is not a treespec: {0}; a treespec is `[1, {{\"type\": .., \"context\": .., \"children_spec\": [..]}}]`"
    )]
    Syntax(String),
    /// The JSON is nested too deep.
    #[error("the treespec is nested {depth} levels of JSON deep; at most {MAX_DEPTH} levels can be read")]
    TooDeep {
        /// How deep it is nested.
        depth: usize,
    },
    /// The protocol is another.
    #[error("Unknown protocol {0}. Available protocols: [1]")]
    Protocol(String),
    /// A node is malformed.
    #[error("{problem} (at {place})")]
    Node {
        /// The place of the node.
        place: NodePlace,
        /// What is wrong with it.
        problem: NodeError,
    },
}

/// The place of a node in treespec JSON: the index into each `children_spec` on the way to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodePlace(pub Vec<usize>);

impl fmt::Display for NodePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the root");
        }
        for (i, index) in self.0.iter().enumerate() {
            write!(f, "{}children_spec[{index}]", if i == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

/// What is wrong with a node of treespec JSON. A message begins with torch's words where torch has any.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// A node without a type is not a leaf.
    #[error(
        "Deserializing None in pytree is not registered. A leaf has type null, context null and no children, not context {context} and {children} children"
    )]
    NoLeaf {
        /// The context.
        context: String,
        /// How many children there are.
        children: usize,
    },
    /// A context is not a string of JSON where it has to be one.
    #[error(
        "Unable to deserialize context. Please make the context json load-able, or register a custom serializer using _register_pytree_node. The context of a `{type_name}` node is a JSON text, not {found}"
    )]
    NoText {
        /// The serialized name.
        type_name: String,
        /// What was found.
        found: String,
    },
    /// The context of a namedtuple is not a name.
    #[error(
        "Can't deserialize TreeSpec of namedtuple class {found} because we couldn't find a serializated name. It is a JSON text"
    )]
    NoNamedTuple {
        /// What was found.
        found: String,
    },
    /// The context of a defaultdict is not an object.
    #[error("dumpable_context must be a dict, not {found}")]
    NoObject {
        /// What was found.
        found: String,
    },
    /// The context of a defaultdict has other members.
    #[error(
        "dumpable_context keys must be {{'default_factory_module', 'default_factory_name', 'dict_context'}}, got {{{found}}}"
    )]
    FactoryKeys {
        /// The members that were found.
        found: String,
    },
    /// The context is not one that a node of this type can have.
    #[error("the context of a `{type_name}` node is {found}; it should be {expected}")]
    Context {
        /// The serialized name.
        type_name: String,
        /// What the context has to be.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// A key cannot be represented: a tuple, or an int beyond 64 bits.
    #[error(
        "the key {key} of a `{type_name}` node cannot be represented; a key is a str, an int of 64 bits, a bool, a float, None or a member of an enum"
    )]
    Key {
        /// The serialized name.
        type_name: String,
        /// The key as the JSON has it.
        key: String,
    },
    /// A key is given twice.
    #[error("the key {key} of a `{type_name}` node is given twice")]
    KeyTwice {
        /// The serialized name.
        type_name: String,
        /// The key.
        key: Key,
    },
    /// The number of keys or names differs from the number of children.
    #[error("a `{type_name}` node has {names} names for {children} children")]
    Children {
        /// The serialized name.
        type_name: String,
        /// How many keys or names there are.
        names: usize,
        /// How many children there are.
        children: usize,
    },
}

impl TreeSpec {
    /// Reads a spec from the JSON that Python's `treespec_dumps` writes (`treespec_loads`).
    ///
    /// Types that this crate does not know are kept as data, where torch requires a registration. A context that is a
    /// list with one name per child is read as a mapping, `[[present], [none]]` as a dataclass, anything else as a
    /// custom class with numbered children. The fields of a namedtuple are not in the JSON: see
    /// [`from_json_with`](TreeSpec::from_json_with).
    ///
    /// # Errors
    /// [`TreeSpecError`] when the text is not a treespec. Nothing in it is run or imported. Two things that torch
    /// accepts are refused: a number of names that differs from that of the children, and a key that is given twice.
    pub fn from_json(text: &str) -> Result<TreeSpec, TreeSpecError> {
        Self::from_json_with(text, |_| None)
    }

    /// [`from_json`](TreeSpec::from_json) with the field names of namedtuples, looked up by their serialized names.
    /// Torch has them in its registry, a `.pt2` file in `treespec_namedtuple_fields`.
    ///
    /// Without them the children of a namedtuple are numbered in key paths.
    ///
    /// # Errors
    /// As [`from_json`](TreeSpec::from_json), and when the number of fields differs from that of the children.
    pub fn from_json_with(
        text: &str,
        namedtuple_fields: impl Fn(&str) -> Option<Names>,
    ) -> Result<TreeSpec, TreeSpecError> {
        let plain = python_json::without_bare_floats(text);
        let read = serde_json::from_str(plain.as_deref().unwrap_or(text));
        // serde_json stops at its limit of depth; the true depth is only needed for the message.
        let (protocol, root): (Value, Raw<'_>) = read.map_err(|e| match python_json::depth(text) {
            depth if depth > MAX_DEPTH => TreeSpecError::TooDeep { depth },
            _ => TreeSpecError::Syntax(e.to_string()),
        })?;
        if protocol.as_u64() != Some(PROTOCOL) {
            return Err(TreeSpecError::Protocol(protocol.to_string()));
        }
        let mut builder = SpecBuilder::default();
        root.build(&mut builder, &namedtuple_fields).map_err(|(mut place, problem)| {
            place.reverse();
            TreeSpecError::Node { place: NodePlace(place), problem }
        })?;
        Ok(builder.finish())
    }
}

/// A node as the JSON has it. Other members are ignored, as in torch.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(rename = "type", borrow, deserialize_with = "null_or_text")]
    ty: Option<Cow<'a, str>>,
    context: Value,
    children_spec: Vec<Raw<'a>>,
}

/// An `Option` that must be present: serde reads a missing one as `null`, which would make a node a leaf.
fn null_or_text<'de: 'a, 'a, D: serde::Deserializer<'de>>(json: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    Option::deserialize(json)
}

type FieldsOf<'f> = &'f dyn Fn(&str) -> Option<Names>;

impl Raw<'_> {
    /// Recurses as deep as the JSON is nested, which is bounded. The error holds the place, the innermost index first.
    fn build(self, builder: &mut SpecBuilder, fields: FieldsOf<'_>) -> Result<(), (Vec<usize>, NodeError)> {
        let children = self.children_spec.len();
        let Some(name) = self.ty else {
            if self.context.is_null() && children == 0 {
                builder.leaf();
                return Ok(());
            }
            return Err((Vec::new(), NodeError::NoLeaf { context: self.context.to_string(), children }));
        };
        let mut context = read_context(&name, &self.context, children).map_err(|e| (Vec::new(), e))?;
        if let Context::NamedTuple(class) = &mut context {
            class.fields = fields(&class.name);
        }
        if let Some(names) = context.arity().filter(|names| *names != children) {
            return Err((Vec::new(), NodeError::Children { type_name: name.into_owned(), names, children }));
        }
        builder.open(context, children);
        for (i, child) in self.children_spec.into_iter().enumerate() {
            child.build(builder, fields).map_err(|(mut place, e)| {
                place.push(i);
                (place, e)
            })?;
        }
        builder.close();
        Ok(())
    }
}

fn read_context(name: &str, context: &Value, children: usize) -> Result<Context, NodeError> {
    let wrong = |expected| NodeError::Context { type_name: name.to_owned(), expected, found: context.to_string() };
    // The contexts of builtin types, and most others, are JSON inside a JSON string.
    let text =
        || context.as_str().ok_or_else(|| NodeError::NoText { type_name: name.to_owned(), found: context.to_string() });
    let null = || match text()? {
        "null" => Ok(()),
        _ => Err(wrong("the string `null`")),
    };
    Ok(match name {
        "builtins.list" => null().map(|()| Context::List)?,
        "builtins.tuple" => null().map(|()| Context::Tuple)?,
        "torch.Size" => null().map(|()| Context::Size)?,
        "torch.fx.immutable_collections.immutable_list" => null().map(|()| Context::ImmutableList)?,
        "builtins.dict" => Context::Dict(keys(name, text()?)?),
        "collections.OrderedDict" => Context::OrderedDict(keys(name, text()?)?),
        "torch.fx.immutable_collections.immutable_dict" => Context::ImmutableDict(keys(name, text()?)?),
        "collections.deque" => match text()? {
            "null" => Context::Deque { maxlen: None },
            number => match number.parse() {
                Ok(maxlen) => Context::Deque { maxlen: Some(maxlen) },
                Err(_) => return Err(wrong("a string with the maxlen, a number or `null`")),
            },
        },
        "collections.namedtuple" => match context.as_str() {
            Some(class) => Context::NamedTuple(NamedTuple { name: Cow::Owned(class.to_owned()), fields: None }),
            None => return Err(NodeError::NoNamedTuple { found: context.to_string() }),
        },
        "collections.defaultdict" => default_dict(name, context)?,
        _ => {
            if python_json::has_bare_float(context) {
                return Err(wrong("JSON without NaN and Infinity, which a spec cannot hold"));
            }
            let decoded = context.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            let known = decoded.and_then(|decoded| read_named(name, decoded, children));
            known.unwrap_or_else(|| Context::Custom { name: Cow::Owned(name.to_owned()), context: context.clone() })
        }
    })
}

fn keys(type_name: &str, text: &str) -> Result<Vec<Key>, NodeError> {
    let keys = python_json::read_keys(text).map_err(|found| match found == text {
        true => NodeError::Context { type_name: type_name.to_owned(), expected: "a string with a list of keys", found },
        false => NodeError::Key { type_name: type_name.to_owned(), key: found },
    })?;
    let mut seen = HashSet::with_capacity(keys.len());
    match keys.iter().find(|key| !seen.insert(*key)) {
        Some(key) => Err(NodeError::KeyTwice { type_name: type_name.to_owned(), key: key.clone() }),
        None => Ok(keys),
    }
}

fn default_dict(type_name: &str, context: &Value) -> Result<Context, NodeError> {
    let Some(members) = context.as_object() else {
        return Err(NodeError::NoObject { found: context.to_string() });
    };
    const MEMBERS: [&str; 3] = ["default_factory_module", "default_factory_name", "dict_context"];
    if members.len() != MEMBERS.len() || !MEMBERS.iter().all(|name| members.contains_key(*name)) {
        let found: Vec<_> = members.keys().map(|key| crate::python::Str(key).to_string()).collect();
        return Err(NodeError::FactoryKeys { found: found.join(", ") });
    }
    let text = |name: &str| {
        let found = &members[name];
        let wrong = || NodeError::Context {
            type_name: type_name.to_owned(),
            expected: "the module and the name of a factory, both strings",
            found: found.to_string(),
        };
        found.as_str().map(|s| Cow::Owned(s.to_owned())).ok_or_else(wrong)
    };
    let factory = Some(Factory { module: text(MEMBERS[0])?, name: text(MEMBERS[1])? });
    Ok(Context::DefaultDict { factory, keys: keys(type_name, &members[MEMBERS[2]].to_string())? })
}

/// The context of a class, if it has a form that this crate, torch's dataclasses or the caches of transformers write.
fn read_named(name: &str, context: Value, children: usize) -> Option<Context> {
    let Value::Array(mut parts) = context else { return None };
    let names = |values: &[Value]| -> Option<Names> {
        values.iter().map(|n| n.as_str().map(|s| Cow::Owned(s.to_owned()))).collect::<Option<Vec<_>>>().map(Into::into)
    };
    let name = || Cow::Owned(name.to_owned());
    if let Some(fields) = names(&parts).filter(|fields| fields.len() == children) {
        return Some(Context::Mapping { name: name(), fields, statics: None });
    }
    let list = |part: Option<&Value>| part.and_then(Value::as_array).and_then(|values| names(values));
    let first = list(parts.first()).filter(|fields| fields.len() == children)?;
    let absent = list(parts.get(1));
    match (parts.len(), absent) {
        // transformers 5.23 writes `[names, [window of each layer]]`, so a cache without layers looks like a dataclass.
        (2, Some(absent)) if !(absent.is_empty() && name().starts_with("transformers.cache_utils.")) => {
            Some(Context::Dataclass { name: name(), present: first, absent, statics: None })
        }
        (3, Some(absent)) if parts[2].is_object() => {
            Some(Context::Dataclass { name: name(), present: first, absent, statics: parts.pop() })
        }
        (2, _) if parts[1].is_object() || parts[1].is_array() => {
            Some(Context::Mapping { name: name(), fields: first, statics: parts.pop() })
        }
        _ => None,
    }
}
