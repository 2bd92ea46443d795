//! The custom classes in specs.

use pytree_core::{Context, Kind, Names, SpecNode, TreeSpec};
use serde_json::Value;

/// A class that must be registered before Python opens the file. Its values may have different contexts.
pub(super) struct Class {
    pub(super) kind: Kind,
    /// The serialized name.
    pub(super) name: String,
    /// What is known of its values, without repetitions.
    pub(super) values: Vec<ClassValue>,
}

/// The context of a value of a class.
#[derive(Clone, PartialEq)]
pub(super) struct ClassValue {
    /// The names of the children; for a dataclass those of the fields that are not `None`.
    pub(super) names: Vec<String>,
    /// For a dataclass the names of the fields that are `None`.
    pub(super) absent: Vec<String>,
    /// What the context holds besides the names.
    pub(super) rest: Option<Value>,
}

impl Class {
    /// The classes of some specs, in the order in which the specs have them.
    pub(super) fn all(specs: [&TreeSpec; 2]) -> Vec<Class> {
        let mut classes: Vec<Class> = Vec::new();
        for spec in specs {
            let mut open = vec![spec.root()];
            while let Some(node) = open.pop() {
                if let Some((kind, name, value)) = class_of(node) {
                    match classes.iter_mut().find(|class| class.name == name) {
                        Some(class) if class.values.contains(&value) => {}
                        Some(class) => class.values.push(value),
                        None => classes.push(Class { kind, name, values: vec![value] }),
                    }
                }
                let from = open.len();
                open.extend(node.children());
                open[from..].reverse();
            }
        }
        classes
    }

    /// All fields of a dataclass, in an order in which every value has its fields.
    ///
    /// A context has the fields that are `None` apart from the others, so one value does not say how both lists mix.
    pub(super) fn fields(&self) -> Vec<&str> {
        let mut lists: Vec<Vec<&str>> = Vec::new();
        for value in &self.values {
            for names in [&value.names, &value.absent] {
                lists.push(names.iter().map(String::as_str).collect());
            }
        }
        let mut fields = Vec::new();
        while let Some(first) = lists.iter().find_map(|list| list.first().copied()) {
            // A field comes next when no list has another field before it.
            let ready = |field: &&str| lists.iter().all(|list| list.iter().position(|f| f == field).unwrap_or(0) == 0);
            let next = lists.iter().filter_map(|list| list.first().copied()).find(ready);
            // Contexts that contradict each other have no such order.
            let next = next.unwrap_or(first);
            fields.push(next);
            lists.iter_mut().for_each(|list| list.retain(|field| *field != next));
        }
        fields
    }

    /// The rest of the context of the first value.
    pub(super) fn rest(&self) -> Option<&Value> {
        self.values.first().and_then(|value| value.rest.as_ref())
    }
}

/// The class and the context of a node, if its class must be registered.
fn class_of(node: SpecNode<'_>) -> Option<(Kind, String, ClassValue)> {
    let context = node.context()?;
    let owned = |names: &Names| names.iter().map(str::to_owned).collect::<Vec<_>>();
    let value = match context {
        Context::Dataclass { present, absent, statics, .. } => {
            ClassValue { names: owned(present), absent: owned(absent), rest: statics.clone() }
        }
        Context::Mapping { fields, statics, .. } => {
            ClassValue { names: owned(fields), absent: Vec::new(), rest: statics.clone() }
        }
        Context::Custom { context, .. } => {
            ClassValue { names: Vec::new(), absent: Vec::new(), rest: Some(context.clone()) }
        }
        // Without the names of its fields a namedtuple cannot be declared.
        Context::NamedTuple(class) => {
            let value = ClassValue { names: owned(class.fields.as_ref()?), absent: Vec::new(), rest: None };
            return Some((Kind::NamedTuple, class.name.to_string(), value));
        }
        _ => return None,
    };
    Some((context.kind(), context.type_name().to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(values: &[(&[&str], &[&str])]) -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let value = |(names, absent): &(&[&str], &[&str])| ClassValue {
            names: owned(names),
            absent: owned(absent),
            rest: None,
        };
        let values = values.iter().map(value).collect();
        let class = Class { kind: Kind::Dataclass, name: String::new(), values };
        class.fields().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn the_order_of_fields_fits_every_value() {
        assert_eq!(fields(&[(&["a", "c"], &["b"])]), ["a", "c", "b"]);
        // The second value says where `b` stands.
        assert_eq!(fields(&[(&["a", "c"], &["b"]), (&["a", "b", "c"], &[])]), ["a", "b", "c"]);
        assert_eq!(fields(&[(&["c"], &["a", "b"]), (&["b"], &["a", "c"]), (&["b", "c"], &["a"])]), ["a", "b", "c"]);
        // Two values that no class can have still give every field once.
        assert_eq!(fields(&[(&["a", "b"], &[]), (&["b", "a"], &[])]), ["a", "b"]);
    }
}
