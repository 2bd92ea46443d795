//! Writing a spec as JSON: `treespec_dumps`.

use super::{SpecNode, TreeSpec, python_json};
use crate::key::At;
use crate::{Context, KeyPath};
use std::fmt::Write;

/// A spec cannot be written as treespec JSON. The messages are torch's, with the place in front.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// A node whose class has no serialized name: a constant, or a class of `torch.return_types`.
    #[error(
        "at {}: No registered serialization name for <class '{class}'> found. Please update your _register_pytree_node call with a `serialized_type_name` kwarg.",
        At(path)
    )]
    NoSerializedName {
        /// The path of the node.
        path: KeyPath,
        /// The class.
        class: String,
    },
    /// A `defaultdict` without a factory, which torch cannot name.
    #[error(
        "at {}: 'NoneType' object has no attribute '__module__': a defaultdict needs a default_factory to be written; use a dict",
        At(path)
    )]
    NoFactory {
        /// The path of the node.
        path: KeyPath,
    },
}

impl TreeSpec {
    /// The spec as the JSON that Python's `treespec_loads` reads (`treespec_dumps`), byte for byte as Python writes it.
    ///
    /// # Errors
    /// [`DumpError`] for the nodes that torch cannot write either: constants, return types, a `defaultdict` without a
    /// factory.
    pub fn to_json(&self) -> Result<String, DumpError> {
        let mut out = String::with_capacity(self.num_nodes() * 64);
        out.push_str("[1, ");
        // A stack of open nodes, since a spec may be too deep for recursion.
        let mut open: Vec<(Vec<SpecNode<'_>>, bool)> = Vec::new();
        begin(&mut out, self.root(), &mut open)?;
        while let Some((rest, first)) = open.last_mut() {
            match rest.pop() {
                Some(child) => {
                    if !std::mem::replace(first, false) {
                        out.push_str(", ");
                    }
                    begin(&mut out, child, &mut open)?;
                }
                None => {
                    open.pop();
                    out.push_str("]}");
                }
            }
        }
        out.push(']');
        Ok(out)
    }
}

fn begin<'s>(out: &mut String, node: SpecNode<'s>, open: &mut Vec<(Vec<SpecNode<'s>>, bool)>) -> Result<(), DumpError> {
    let Some(context) = node.context() else {
        out.push_str(r#"{"type": null, "context": null, "children_spec": []}"#);
        return Ok(());
    };
    out.push_str(r#"{"type": "#);
    python_json::string(out, context.type_name());
    out.push_str(r#", "context": "#);
    write_context(out, context, node)?;
    out.push_str(r#", "children_spec": ["#);
    let mut children: Vec<_> = node.children().collect();
    children.reverse();
    open.push((children, true));
    Ok(())
}

/// The context as treespec JSON holds it: for most classes the text of `json.dumps`, written as a JSON string.
fn write_context(out: &mut String, context: &Context, node: SpecNode<'_>) -> Result<(), DumpError> {
    let mut inner = String::new();
    match context {
        Context::List | Context::Tuple | Context::Size | Context::ImmutableList | Context::Deque { maxlen: None } => {
            inner.push_str("null");
        }
        Context::Deque { maxlen: Some(maxlen) } => _ = write!(inner, "{maxlen}"),
        Context::Dict(keys) | Context::OrderedDict(keys) | Context::ImmutableDict(keys) => {
            python_json::keys(&mut inner, keys);
        }
        Context::Dataclass { present, absent, statics, .. } => {
            inner.push('[');
            python_json::list(&mut inner, present.iter(), python_json::string);
            inner.push_str(", ");
            python_json::list(&mut inner, absent.iter(), python_json::string);
            if let Some(statics) = statics {
                inner.push_str(", ");
                python_json::value(&mut inner, statics);
            }
            inner.push(']');
        }
        Context::Mapping { fields, statics: None, .. } => {
            python_json::list(&mut inner, fields.iter(), python_json::string);
        }
        Context::Mapping { fields, statics: Some(statics), .. } => {
            inner.push('[');
            python_json::list(&mut inner, fields.iter(), python_json::string);
            inner.push_str(", ");
            python_json::value(&mut inner, statics);
            inner.push(']');
        }
        // These have dump functions of their own, whose results are written as they are.
        Context::NamedTuple(class) => {
            python_json::string(out, &class.name);
            return Ok(());
        }
        Context::Custom { context, .. } => {
            python_json::value(out, context);
            return Ok(());
        }
        Context::DefaultDict { factory: Some(factory), keys } => {
            out.push_str(r#"{"default_factory_module": "#);
            python_json::string(out, &factory.module);
            out.push_str(r#", "default_factory_name": "#);
            python_json::string(out, &factory.name);
            out.push_str(r#", "dict_context": "#);
            python_json::keys(out, keys);
            out.push('}');
            return Ok(());
        }
        Context::DefaultDict { factory: None, .. } => return Err(DumpError::NoFactory { path: node.path() }),
        Context::ReturnType(class) | Context::Constant { class, .. } => {
            return Err(DumpError::NoSerializedName { path: node.path(), class: class.to_string() });
        }
    }
    python_json::string(out, &inner);
    Ok(())
}
