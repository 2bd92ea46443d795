//! The shapes of one value, from what it is in every set.

use super::class::Class;
use super::error::distinct;
use super::masks::{bits, is_dynamic};
use super::object::Object;
use super::{Auto, GuessError, GuessOptions};
use crate::inputs::LeafDescription;
use crate::inputs::argument::ArgumentPath;
use crate::spec::{DynamicShapes, ShapeSpec};
use indexmap::IndexMap;
use pytree_core::{LeafKind, Sizes};

/// The shapes of one value of sets that are alike, as it is in the first of them. `masks` are those of its leaves and of
/// what comes after.
pub(super) fn of_alike(
    object: Object<'_>,
    masks: &mut dyn Iterator<Item = u64>,
    auto: &Auto,
    exportable: bool,
) -> DynamicShapes {
    // Inside a registered class a leaf may pass for a list, so it is asked for itself.
    let mask = object.leaf().and_then(|_| masks.next()).unwrap_or(0);
    let mut all =
        |objects: Vec<Object<'_>>| objects.into_iter().map(|o| of_alike(o, masks, auto, exportable)).collect();
    match object.class_of(exportable) {
        Class::Registered(_) if exportable => DynamicShapes::List(all(object.children())),
        Class::Plain(LeafKind::Tensor) => {
            DynamicShapes::Leaf(ShapeSpec::dims(bits(mask).map(|i| (i64::from(i), auto.dim(i as usize)))))
        }
        Class::Plain(_) | Class::Array | Class::Unknown(_) => DynamicShapes::NONE,
        Class::List | Class::ListSubclass(_) => DynamicShapes::List(all(object.children())),
        Class::Tuple | Class::TupleSubclass(_) => DynamicShapes::Tuple(all(object.children())),
        Class::Registered(_) => DynamicShapes::List(all(object.listed_children())),
        Class::Dict | Class::DictSubclass(_) => {
            let entry = |(key, o): (_, Object<'_>)| (key, of_alike(o, masks, auto, exportable));
            DynamicShapes::Dict(object.items().into_iter().map(entry).collect())
        }
    }
}

/// What the shapes of sets that differ in structure are guessed by.
pub(super) struct Guesser<'o> {
    pub(super) options: &'o GuessOptions,
    /// The name of the model, for messages.
    pub(super) model: Option<&'o str>,
}

impl Guesser<'_> {
    /// The shapes of one value, given as it is in every set that has it.
    pub(super) fn value(
        &self,
        objects: &[Object<'_>],
        auto: &Auto,
        at: &mut ArgumentPath,
    ) -> Result<DynamicShapes, GuessError> {
        let Some(first) = objects.first().copied() else { return Ok(DynamicShapes::NONE) };
        if self.options.exportable {
            // The program is exported with the first set: what is None there stays None.
            if first.is_none() {
                return Ok(DynamicShapes::NONE);
            }
            if objects.iter().any(|o| o.is_none()) {
                let given: Vec<Object<'_>> = objects.iter().filter(|o| !o.is_none()).copied().collect();
                return self.value(&given, auto, at);
            }
        }
        let mut classes: Vec<Class<'_>> = Vec::new();
        for class in objects.iter().filter(|o| !o.is_none()).map(|o| o.class()) {
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
        if classes.len() != 1 {
            let types = classes.iter().map(ToString::to_string).collect();
            return Err(GuessError::TypeMismatch { at: at.clone(), types });
        }
        let class = first.class_of(self.options.exportable);
        let none_later = objects.iter().any(|o| o.is_none());
        match class {
            Class::Plain(LeafKind::Tensor) | Class::Array => self.dims(objects, auto, at),
            // The first one decides: what is None or a number there is not a tensor, whatever it is later.
            Class::Plain(_) => Ok(DynamicShapes::NONE),
            Class::Unknown(_) => Err(GuessError::Unregistered { at: at.clone(), class: class.to_string() }),
            Class::Registered(_) if none_later => {
                Err(GuessError::NoneAfterNode { at: at.clone(), class: class.to_string() })
            }
            _ if none_later => Err(GuessError::NoneAfterContainer { at: at.clone(), class: class.to_string() }),
            Class::List | Class::ListSubclass(_) => {
                let lengths = lengths(objects);
                if lengths.len() > 1 {
                    return Err(GuessError::ListLengthMismatch { at: at.clone(), lengths });
                }
                Ok(DynamicShapes::List(self.items(objects, Object::children, 'l', auto, at)?))
            }
            Class::Tuple | Class::TupleSubclass(_) => {
                let lengths = lengths(objects);
                if lengths.len() > 1 {
                    return Err(GuessError::TupleLengthMismatch { at: at.clone(), lengths });
                }
                Ok(DynamicShapes::Tuple(self.items(objects, Object::children, 't', auto, at)?))
            }
            Class::Dict | Class::DictSubclass(_) => self.dict(objects, auto, at),
            Class::Registered(name) if self.options.unregistered.iter().any(|u| u == name) => {
                self.layers(objects, auto, at, name)
            }
            Class::Registered(name) => {
                let counts = lengths(objects);
                if counts.len() > 1 {
                    return Err(GuessError::NodeArityMismatch { at: at.clone(), class: name.to_owned(), counts });
                }
                self.same_fields(objects, at, name)?;
                let children = if self.options.exportable { Object::children } else { Object::listed_children };
                Ok(DynamicShapes::List(self.items(objects, children, 'o', auto, at)?))
            }
        }
    }

    /// The shapes of the children, position by position.
    fn items<'a>(
        &self,
        objects: &[Object<'a>],
        children: fn(Object<'a>) -> Vec<Object<'a>>,
        letter: char,
        auto: &Auto,
        at: &mut ArgumentPath,
    ) -> Result<Vec<DynamicShapes>, GuessError> {
        let Some(first) = objects.first() else { return Ok(Vec::new()) };
        let columns: Vec<_> = objects.iter().map(|o| children(*o)).collect();
        (0..columns.first().map_or(0, Vec::len))
            .map(|i| {
                let column: Vec<_> = columns.iter().filter_map(|children| children.get(i).copied()).collect();
                at.path.0.push(first.entry(i));
                let shapes = self.value(&column, &auto.below(format_args!("{i}{letter}")), at);
                at.path.0.pop();
                shapes
            })
            .collect()
    }

    /// The shapes of dicts, by the keys of the first one and in its order.
    fn dict(&self, objects: &[Object<'_>], auto: &Auto, at: &mut ArgumentPath) -> Result<DynamicShapes, GuessError> {
        let lengths = lengths(objects);
        if lengths.len() > 1 {
            return Err(GuessError::DictLengthMismatch { at: at.clone(), lengths });
        }
        let tables: Vec<IndexMap<_, _>> = objects.iter().map(|o| o.items().into_iter().collect()).collect();
        let mut result = IndexMap::new();
        for (i, key) in tables.first().into_iter().flat_map(IndexMap::keys).enumerate() {
            let column: Vec<_> = tables.iter().filter_map(|table| table.get(key).copied()).collect();
            if column.len() != tables.len() {
                return Err(GuessError::DictKeyMissing { at: at.clone(), key: key.to_string() });
            }
            at.path.0.extend(objects.first().map(|o| o.entry(i)));
            let shapes = self.value(&column, &auto.below(format_args!("{}d", key.text())), at)?;
            at.path.0.pop();
            result.insert(key.clone(), shapes);
        }
        Ok(DynamicShapes::Dict(result))
    }

    /// The shapes of a cache whose class is not registered: key, value, key, value.
    fn layers(
        &self,
        objects: &[Object<'_>],
        auto: &Auto,
        at: &mut ArgumentPath,
        name: &str,
    ) -> Result<DynamicShapes, GuessError> {
        let unregistered = || GuessError::Unregistered { at: at.clone(), class: format!("<class '{name}'>") };
        let dynamic = name.rsplit('.').next() == Some("DynamicCache");
        let caches: Option<Vec<_>> = objects.iter().map(|o| o.layers().filter(|_| dynamic)).collect();
        let caches = caches.ok_or_else(unregistered)?;
        let counts = distinct(caches.iter().flat_map(|(keys, values)| [keys.len(), values.len()]));
        if counts.len() > 1 {
            return Err(GuessError::NodeArityMismatch { at: at.clone(), class: name.to_owned(), counts });
        }
        let mut shapes = Vec::new();
        for i in 0..counts.first().copied().unwrap_or(0) {
            let keys: Vec<_> = caches.iter().filter_map(|(keys, _)| keys.get(i).copied()).collect();
            let values: Vec<_> = caches.iter().filter_map(|(_, values)| values.get(i).copied()).collect();
            shapes.push(self.dims(&keys, &auto.below(format_args!("{i}kdc")), at)?);
            shapes.push(self.dims(&values, &auto.below(format_args!("{i}vdc")), at)?);
        }
        Ok(DynamicShapes::List(shapes))
    }

    /// Children of a registered class are paired by position, which is only right when their names agree.
    fn same_fields(&self, objects: &[Object<'_>], at: &ArgumentPath, class: &str) -> Result<(), GuessError> {
        let names = |o: &Object<'_>| (0..o.arity()).map(|i| o.entry(i).to_string()).collect::<Vec<_>>().join(", ");
        let Some((expected, rest)) = objects.split_first() else { return Ok(()) };
        let expected = names(expected);
        match rest.iter().map(names).find(|found| *found != expected) {
            None => Ok(()),
            Some(found) => Err(GuessError::FieldMismatch { at: at.clone(), class: class.to_owned(), expected, found }),
        }
    }

    /// The dimensions of one tensor that differ between sets, and those that are 0 in all of them.
    fn dims(&self, tensors: &[Object<'_>], auto: &Auto, at: &ArgumentPath) -> Result<DynamicShapes, GuessError> {
        let mut shapes: Vec<Sizes> = Vec::new();
        for object in tensors {
            match object.leaf() {
                Some(LeafDescription::Tensor(meta)) => shapes.push(meta.sizes.clone()),
                // One array alone is refused by Python, several are taken.
                Some(LeafDescription::Array(meta)) if tensors.len() > 1 => shapes.push(meta.sizes.clone()),
                Some(LeafDescription::Plain(LeafKind::None)) => {
                    return Err(GuessError::NoneAfterTensor { at: at.clone() });
                }
                _ => {
                    let class = object.class().to_string();
                    return Err(GuessError::OnlyTensorsAllowed { at: at.clone(), class });
                }
            }
        }
        let Some((first, rest)) = shapes.split_first() else { return Ok(DynamicShapes::NONE) };
        if rest.iter().any(|sizes| sizes.len() != first.len()) {
            return Err(GuessError::RankMismatch { at: at.clone(), shapes, model: self.model.map(str::to_owned) });
        }
        let dynamic = |i: &usize| match rest {
            [] => *auto == Auto::Auto,
            _ => rest.iter().any(|sizes| is_dynamic(first[*i], sizes[*i])),
        };
        let dims = (0..first.len()).filter(dynamic).map(|i| (i as i64, auto.dim(i)));
        Ok(DynamicShapes::Leaf(ShapeSpec::dims(dims)))
    }
}

fn lengths(objects: &[Object<'_>]) -> Vec<usize> {
    distinct(objects.iter().map(|o| o.arity()))
}
