//! Which dimensions are dynamic, told from several sets of inputs.

mod error;
mod moving;
mod object;

pub use error::{GuessError, Input, Place};

use crate::inputs::{InputSets, LeafDescription};
use crate::spec::dim::{Dim, DimSpec};
use crate::spec::{DynamicShapes, ShapeSpec};
use error::distinct;
use indexmap::IndexMap;
pub(crate) use moving::moving_dims;
use moving::{alike, of_masks};
use object::{Class, Object};
use pytree_core::{KeyPath, LeafKind, Sizes};

/// What a dynamic dimension is called in the result: the argument `auto` of onnx-diagnostic's `guess_dynamic_shapes`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Auto {
    /// `Dim.DYNAMIC` (`auto=False`).
    #[default]
    Dynamic,
    /// `Dim.AUTO` (`auto=True`). A tensor known from one set only has every dimension `AUTO`.
    Auto,
    /// A name of its own, made of this text and the way to the dimension: `d_0I_1l2` (`auto="d"`).
    Names(String),
}

impl Auto {
    /// What the values one step down are called.
    fn below(&self, step: std::fmt::Arguments<'_>) -> Auto {
        match self {
            Auto::Names(name) => Auto::Names(format!("{name}_{step}")),
            other => other.clone(),
        }
    }

    fn dim(&self, index: usize) -> DimSpec {
        match self {
            Auto::Dynamic => Dim::dynamic().into(),
            Auto::Auto => Dim::auto().into(),
            Auto::Names(name) => DimSpec::Text(format!("{name}{index}")),
        }
    }
}

/// How to guess: see [`InputSets::guess_with`].
///
/// ```
/// use shapes::GuessOptions;
/// let named = GuessOptions::from("d");
/// let unregistered = GuessOptions::default().unregistered("transformers.cache_utils.DynamicCache");
/// assert_ne!(named, unregistered);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct GuessOptions {
    auto: Auto,
    unregistered: Vec<String>,
    exportable: bool,
}

impl GuessOptions {
    /// Takes a class as one that Python's pytree does not know, by its serialized name. Of these a `DynamicCache` is
    /// looked into layer by layer, key before value; any other is an error.
    #[must_use]
    pub fn unregistered(mut self, class: impl Into<String>) -> Self {
        self.unregistered.push(class.into());
        self
    }

    /// Gives shapes that fit an export, which Python's do not everywhere; [`ModelInputs`](crate::ModelInputs) always
    /// guesses this way.
    ///
    /// A `None` is a value that is not given: what is `None` in a later set is told from the others, and what is `None` in
    /// every set is `None` (Python refuses both). Inside a registered class containers stay what they are, and what is no
    /// tensor is `None` (Python has lists, and empty ones). A `ModelOutput` is the list of its children (in Python a dict).
    #[must_use]
    pub fn exportable(mut self) -> Self {
        self.exportable = true;
        self
    }
}

impl From<Auto> for GuessOptions {
    fn from(auto: Auto) -> Self {
        GuessOptions { auto, ..Self::default() }
    }
}

impl From<&str> for GuessOptions {
    fn from(name: &str) -> Self {
        Auto::Names(name.to_owned()).into()
    }
}

/// Names that onnx-diagnostic keeps for itself.
const RESERVED: [&str; 2] = ["_diag", "verbose"];

/// The dynamic shapes of these sets, as the pair `(args, kwargs)`.
pub(crate) fn guess(inputs: &InputSets, options: &GuessOptions) -> Result<DynamicShapes, GuessError> {
    let plain = options.unregistered.is_empty() && !matches!(options.auto, Auto::Names(_));
    let masks = if plain && inputs.sets().len() > 1 { alike(inputs.sets()) } else { None };
    let model = inputs.model().map(str::to_owned);
    let GuessOptions { unregistered, exportable, .. } = options;
    let guesser = Guesser { model, unregistered, exportable: *exportable, masks };
    let sets: Vec<_> = inputs.sets().iter().map(Object::arguments).collect();
    let auto = &options.auto;
    let at = |input: Input| Place { input, path: KeyPath::default() };

    if let [(args, kwargs)] = sets.as_slice() {
        let one = |(i, object): (usize, &Object<'_>)| guesser.object(&[*object], auto, &mut at(Input::Position(i)));
        let args = args.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()?;
        let named = |(name, object): &(&str, Object<'_>)| {
            let shapes = guesser.object(&[*object], auto, &mut at(Input::Name((*name).to_owned())))?;
            Ok(((*name).to_owned(), shapes))
        };
        let kwargs = kwargs.iter().map(named).collect::<Result<Vec<_>, _>>()?;
        return Ok(DynamicShapes::pair(args, kwargs));
    }

    let counts = distinct(sets.iter().map(|(args, _)| args.len()));
    if counts.len() > 1 {
        return Err(GuessError::ArgsCountMismatch { counts, model: guesser.model });
    }
    let mut args = Vec::new();
    for i in 0..counts.first().copied().unwrap_or(0) {
        let objects: Vec<_> = sets.iter().filter_map(|(args, _)| args.get(i).copied()).collect();
        args.push(guesser.object(&objects, &auto.below(format_args!("{i}I")), &mut at(Input::Position(i)))?);
    }

    // Python numbers the names of a set object where not every set has every name; sorted order is one of its orders.
    let names: std::collections::BTreeSet<&str> =
        sets.iter().flat_map(|(_, kwargs)| kwargs.iter().map(|(name, _)| *name)).collect();
    let mut kwargs = IndexMap::new();
    for (i, name) in names.iter().enumerate() {
        if RESERVED.contains(name) {
            return Err(GuessError::ReservedName { name: (*name).to_owned(), model: guesser.model });
        }
        let given = sets.iter().filter_map(|(_, kwargs)| kwargs.iter().find(|(given, _)| given == name));
        let objects: Vec<_> = given.map(|(_, object)| *object).collect();
        let place = &mut at(Input::Name((*name).to_owned()));
        kwargs.insert(*name, guesser.object(&objects, &auto.below(format_args!("{i}I")), place)?);
    }

    let parameters = inputs.signature().map(|s| s.parameters()).unwrap_or_default();
    let order: Vec<&str> = match parameters {
        [] => {
            let full = sets.iter().find(|(_, of_set)| of_set.len() == kwargs.len());
            full.map(|(_, of_set)| of_set.iter().map(|(name, _)| *name).collect()).unwrap_or_default()
        }
        parameters => parameters.iter().map(|p| p.name.as_ref()).collect(),
    };
    let first: Vec<_> = order.into_iter().filter_map(|name| kwargs.shift_remove_entry(name)).collect();
    Ok(DynamicShapes::pair(args, first.into_iter().chain(kwargs).map(|(name, shapes)| (name.to_owned(), shapes))))
}

struct Guesser<'o> {
    model: Option<String>,
    unregistered: &'o [String],
    exportable: bool,
    /// Of sets that are alike, so that one of them shows the tree.
    masks: Option<Vec<u64>>,
}

impl Guesser<'_> {
    /// The shapes of one value, given as it is in every set that has it.
    fn object(&self, objects: &[Object<'_>], auto: &Auto, place: &mut Place) -> Result<DynamicShapes, GuessError> {
        let Some(first) = objects.first().copied() else { return Ok(DynamicShapes::NONE) };
        if let Some(masks) = &self.masks {
            return Ok(of_masks(first, masks, auto, self.exportable));
        }
        if self.exportable {
            // The program is exported with the first set: what is None there stays None.
            if first.is_none() {
                return Ok(DynamicShapes::NONE);
            }
            if objects.iter().any(|o| o.is_none()) {
                let given: Vec<Object<'_>> = objects.iter().filter(|o| !o.is_none()).copied().collect();
                return self.object(&given, auto, place);
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
            return Err(GuessError::TypeMismatch { place: place.clone(), types });
        }
        let class = first.class_of(self.exportable);
        let none_later = objects.iter().any(|o| o.is_none());
        match class {
            Class::Plain(LeafKind::Tensor) | Class::Array => self.dims(objects, auto, place),
            // The first one decides: what is None or a number there is no tensor, whatever it is later.
            Class::Plain(_) => Ok(DynamicShapes::NONE),
            Class::Unknown(_) => Err(GuessError::Unregistered { place: place.clone(), class: class.to_string() }),
            Class::Registered(_) if none_later => {
                Err(GuessError::NoneAfterNode { place: place.clone(), class: class.to_string() })
            }
            _ if none_later => Err(GuessError::NoneAfterContainer { place: place.clone(), class: class.to_string() }),
            Class::List | Class::ListSubclass(_) => {
                let lengths = lengths(objects);
                if lengths.len() > 1 {
                    return Err(GuessError::ListLengthMismatch { place: place.clone(), lengths });
                }
                Ok(DynamicShapes::List(self.items(objects, Object::children, 'l', auto, place)?))
            }
            Class::Tuple | Class::TupleSubclass(_) => {
                let lengths = lengths(objects);
                if lengths.len() > 1 {
                    return Err(GuessError::TupleLengthMismatch { place: place.clone(), lengths });
                }
                Ok(DynamicShapes::Tuple(self.items(objects, Object::children, 't', auto, place)?))
            }
            Class::Dict | Class::DictSubclass(_) => self.dict(objects, auto, place),
            Class::Registered(name) if self.unregistered.iter().any(|u| u == name) => {
                self.layers(objects, auto, place, name)
            }
            Class::Registered(name) => {
                let counts = lengths(objects);
                if counts.len() > 1 {
                    return Err(GuessError::NodeArityMismatch { place: place.clone(), class: name.to_owned(), counts });
                }
                self.same_fields(objects, place, name)?;
                let children = if self.exportable { Object::children } else { Object::listed_children };
                Ok(DynamicShapes::List(self.items(objects, children, 'o', auto, place)?))
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
        place: &mut Place,
    ) -> Result<Vec<DynamicShapes>, GuessError> {
        let Some(first) = objects.first() else { return Ok(Vec::new()) };
        let columns: Vec<_> = objects.iter().map(|o| children(*o)).collect();
        (0..columns.first().map_or(0, Vec::len))
            .map(|i| {
                let column: Vec<_> = columns.iter().filter_map(|children| children.get(i).copied()).collect();
                place.path.0.push(first.entry(i));
                let shapes = self.object(&column, &auto.below(format_args!("{i}{letter}")), place);
                place.path.0.pop();
                shapes
            })
            .collect()
    }

    /// The shapes of dicts, by the keys of the first one and in its order.
    fn dict(&self, objects: &[Object<'_>], auto: &Auto, place: &mut Place) -> Result<DynamicShapes, GuessError> {
        let lengths = lengths(objects);
        if lengths.len() > 1 {
            return Err(GuessError::DictLengthMismatch { place: place.clone(), lengths });
        }
        let tables: Vec<IndexMap<_, _>> = objects.iter().map(|o| o.items().into_iter().collect()).collect();
        let mut result = IndexMap::new();
        for (i, key) in tables.first().into_iter().flat_map(IndexMap::keys).enumerate() {
            let column: Vec<_> = tables.iter().filter_map(|table| table.get(key).copied()).collect();
            if column.len() != tables.len() {
                return Err(GuessError::DictKeyMissing { place: place.clone(), key: key.to_string() });
            }
            place.path.0.extend(objects.first().map(|o| o.entry(i)));
            let shapes = self.object(&column, &auto.below(format_args!("{}d", key.text())), place)?;
            place.path.0.pop();
            result.insert(key.clone(), shapes);
        }
        Ok(DynamicShapes::Dict(result))
    }

    /// The shapes of a cache whose class is not registered: key, value, key, value.
    fn layers(
        &self,
        objects: &[Object<'_>],
        auto: &Auto,
        place: &mut Place,
        name: &str,
    ) -> Result<DynamicShapes, GuessError> {
        let unregistered = || GuessError::Unregistered { place: place.clone(), class: format!("<class '{name}'>") };
        let dynamic = name.rsplit('.').next() == Some("DynamicCache");
        let caches: Option<Vec<_>> = objects.iter().map(|o| o.layers().filter(|_| dynamic)).collect();
        let caches = caches.ok_or_else(unregistered)?;
        let counts = distinct(caches.iter().flat_map(|(keys, values)| [keys.len(), values.len()]));
        if counts.len() > 1 {
            return Err(GuessError::NodeArityMismatch { place: place.clone(), class: name.to_owned(), counts });
        }
        let mut shapes = Vec::new();
        for i in 0..counts.first().copied().unwrap_or(0) {
            let keys: Vec<_> = caches.iter().filter_map(|(keys, _)| keys.get(i).copied()).collect();
            let values: Vec<_> = caches.iter().filter_map(|(_, values)| values.get(i).copied()).collect();
            shapes.push(self.dims(&keys, &auto.below(format_args!("{i}kdc")), place)?);
            shapes.push(self.dims(&values, &auto.below(format_args!("{i}vdc")), place)?);
        }
        Ok(DynamicShapes::List(shapes))
    }

    /// Children of a registered class are paired by position, which is only right when their names agree.
    fn same_fields(&self, objects: &[Object<'_>], place: &Place, class: &str) -> Result<(), GuessError> {
        let names =
            |o: &Object<'_>| (0..o.at.node.arity()).map(|i| o.entry(i).to_string()).collect::<Vec<_>>().join(", ");
        let Some((expected, rest)) = objects.split_first() else { return Ok(()) };
        let expected = names(expected);
        match rest.iter().map(names).find(|found| *found != expected) {
            None => Ok(()),
            Some(found) => {
                Err(GuessError::FieldMismatch { place: place.clone(), class: class.to_owned(), expected, found })
            }
        }
    }

    /// The dimensions of one tensor that differ between sets, and those that are 0 in all of them.
    fn dims(&self, tensors: &[Object<'_>], auto: &Auto, place: &Place) -> Result<DynamicShapes, GuessError> {
        let mut shapes: Vec<Sizes> = Vec::new();
        for object in tensors {
            match object.leaf() {
                Some(LeafDescription::Tensor(meta)) => shapes.push(meta.sizes.clone()),
                // One array alone is refused by Python, several are taken.
                Some(LeafDescription::Array(meta)) if tensors.len() > 1 => shapes.push(meta.sizes.clone()),
                Some(LeafDescription::Plain(LeafKind::None)) => {
                    return Err(GuessError::NoneAfterTensor { place: place.clone() });
                }
                _ => {
                    let class = object.class().to_string();
                    return Err(GuessError::OnlyTensorsAllowed { place: place.clone(), class });
                }
            }
        }
        let Some((first, rest)) = shapes.split_first() else { return Ok(DynamicShapes::NONE) };
        if rest.iter().any(|sizes| sizes.len() != first.len()) {
            return Err(GuessError::RankMismatch { place: place.clone(), shapes, model: self.model.clone() });
        }
        let dynamic = |i: &usize| match rest {
            [] => *auto == Auto::Auto,
            _ => first[*i] == 0 || rest.iter().any(|sizes| sizes[*i] != first[*i]),
        };
        let dims = (0..first.len()).filter(dynamic).map(|i| (i as i64, auto.dim(i)));
        Ok(DynamicShapes::Leaf(ShapeSpec::dims(dims)))
    }
}

fn lengths(objects: &[Object<'_>]) -> Vec<usize> {
    distinct(objects.iter().map(|o| o.at.node.arity()))
}
