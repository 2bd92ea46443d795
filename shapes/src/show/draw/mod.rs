//! A picture of inputs: their structure, their sizes, and which of these are dynamic.

mod fold;
mod rust;
mod svg;
mod text;

use crate::inputs::guess::GuessError;
use crate::inputs::{InputSet, InputSets, LeafDescription, ValidateError, pairs};
use crate::spec::builders::shapes_of_tree;
use crate::spec::dim::DimSpec;
use crate::spec::{DynamicShapes, ShapeSpec};
use indexmap::IndexMap;
use pytree_core::{Context, Key, KeyEntry, KeyPath, SpecNode};

/// Sets of inputs drawn as a tree with the sizes of every tensor; a dynamic size is marked, with its name where it has
/// one and the sizes it had. Runs of equal siblings, such as the layers of a cache, are one line.
///
/// `Display` is the tree for a terminal, [`svg`](Drawing::svg) the same for a page.
///
/// ```
/// use pytree_core::{DType, Meta, TensorMeta, Value};
/// use shapes::{Drawing, InputSets};
/// let t = |sizes: [i64; 3]| Value::<Meta>::tensor(TensorMeta::new(DType::Float32, sizes));
/// let set = |b, n| {
///     let layers = |count| Value::list((0..count).map(|_| t([b, 4, n])).collect::<Vec<_>>());
///     Value::dict([("ids", t([b, 1, n])), ("cache", Value::dict([("keys", layers(32)), ("values", layers(32))]))])
/// };
/// let inputs = InputSets::of([&set(2, 3), &set(5, 8)])?;
/// let drawing = Drawing::of(&inputs, None)?;
/// assert_eq!(drawing.to_string(), "\
/// inputs
/// ├─ ids                    f32  ‹2|5› × 1 × ‹3|8›
/// └─ cache  dict of 2
///    ├─ keys  list of 32
///    │  └─ [0] … [31]  ×32  f32  ‹2|5› × 4 × ‹3|8›
///    └─ values  list of 32
///       └─ [0] … [31]  ×32  f32  ‹2|5› × 4 × ‹3|8›
/// ‹ › moves
/// ");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    title: String,
    rows: Vec<Row>,
}

/// Inputs that cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// There is no set.
    #[error("there is nothing to draw: give at least one set of inputs")]
    NoSets,
    /// No shapes were given and none can be guessed.
    #[error(transparent)]
    Guess(#[from] GuessError),
    /// The shapes are not those of the inputs.
    #[error(transparent)]
    Shapes(#[from] ValidateError),
}

/// One line: a node, a tensor or another leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// For each level above, whether more siblings follow there; the last entry is this line's own level.
    more: Vec<bool>,
    label: String,
    /// How many equal siblings the line stands for.
    times: usize,
    /// What it is: a class, an element type.
    kind: String,
    /// The sizes of a tensor.
    sizes: Option<Vec<Size>>,
}

/// One size.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Size {
    /// The sizes it has in the sets, each once.
    seen: Vec<i64>,
    moves: bool,
    /// The name of the dimension, or of a symbol.
    name: Option<String>,
}

/// A node with what is below it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    label: String,
    kind: String,
    sizes: Option<Vec<Size>>,
    times: usize,
    children: Vec<Item>,
}

impl Drawing {
    /// Draws these sets. Without shapes they are guessed where there are two sets or more; of one set nothing is dynamic.
    ///
    /// # Errors
    /// [`DrawError`] when there is no set, or the shapes do not fit the inputs.
    pub fn of(inputs: &InputSets, shapes: Option<&DynamicShapes>) -> Result<Drawing, DrawError> {
        let guessed;
        let shapes = match shapes {
            None if inputs.sets().len() > 1 => {
                guessed = inputs.guess_dynamic_shapes()?;
                Some(&guessed)
            }
            shapes => shapes,
        };
        let most = fullest(inputs)?;
        let mut dims = IndexMap::new();
        if let Some(shapes) = shapes {
            let found = pairs(0, most, shapes, inputs.signature())?;
            dims.extend(found.into_iter().map(|pair| (pair.leaf, pair.dims)));
        }
        let tables: Vec<IndexMap<KeyPath, &LeafDescription>> = inputs.sets().iter().map(leaves_by_path).collect();
        let mut leaves = most.spec().leaf_paths().zip(most.leaves()).enumerate().map(|(i, (path, leaf))| {
            let (LeafDescription::Tensor(meta) | LeafDescription::Array(meta)) = leaf else {
                return (leaf.to_string().trim_start_matches("an ").trim_start_matches("a ").to_owned(), None);
            };
            let others = tables.iter().filter_map(|table| match table.get(&path)? {
                LeafDescription::Tensor(meta) | LeafDescription::Array(meta) => Some(meta),
                _ => None,
            });
            let others: Vec<_> = others.collect();
            let size = |d: usize, own: i64| {
                let mut seen: Vec<i64> = Vec::new();
                for size in others.iter().filter_map(|meta| meta.sizes.get(d).copied()).chain([own]) {
                    if !seen.contains(&size) {
                        seen.push(size);
                    }
                }
                let dim =
                    dims.get(&i).and_then(|dims: &crate::inputs::couple::pair::Dims| dims.get(&i64::try_from(d).ok()?));
                Size { seen, moves: dim.is_some_and(|dim| !dim.is_static()), name: dim.and_then(name) }
            };
            let sizes = meta.sizes.iter().enumerate().map(|(d, own)| size(d, *own)).collect();
            (meta.dtype.abbreviation().to_owned(), Some(sizes))
        });
        let parts: Vec<SpecNode<'_>> = most.spec().root().children().collect();
        let mut arguments = Vec::new();
        for (part, positional) in parts.iter().zip([true, false]) {
            for (i, child) in part.children().enumerate() {
                let label = match (positional, inputs.signature()) {
                    (true, Some(signature)) => signature.parameters().get(i).map(|p| p.name.to_string()),
                    _ => None,
                };
                let label = label.unwrap_or_else(|| label_of(&part.entry(i)));
                arguments.push(item(child, label, &mut leaves));
            }
        }
        let mut rows = Vec::new();
        lay_out(fold::fold(arguments), &mut Vec::new(), &mut rows);
        let title = inputs.model().map_or_else(|| "inputs".to_owned(), |model| format!("{model}.forward"));
        Ok(Drawing { title, rows })
    }

    /// Draws these sets with the symbols of a program: for every tensor of the fullest set, in order, the text of each
    /// size, such as `["s77", "4", "s27"]`; what is not a number is dynamic.
    ///
    /// # Errors
    /// [`DrawError::NoSets`] when there is no set.
    pub fn with_symbols<S: Into<String>>(
        inputs: &InputSets,
        symbols: impl IntoIterator<Item = Vec<S>>,
    ) -> Result<Drawing, DrawError> {
        let most = fullest(inputs)?;
        let mut symbols = symbols.into_iter();
        let mut leaves = most.leaves().iter().map(|leaf| match leaf {
            LeafDescription::Tensor(_) | LeafDescription::Array(_) => {
                let dims = symbols.next().unwrap_or_default().into_iter().map(Into::into);
                let moving = (0_i64..).zip(dims).filter(|(_, text): &(i64, String)| text.parse::<i64>().is_err());
                DynamicShapes::leaf(ShapeSpec::dims(moving.map(|(i, text)| (i, DimSpec::Text(text)))))
            }
            _ => DynamicShapes::NONE,
        });
        let named = shapes_of_tree(most.spec().root(), &mut leaves);
        Drawing::of(inputs, Some(&named))
    }
}

/// The first of the sets that have the most leaves: it shows the most.
fn fullest(inputs: &InputSets) -> Result<&InputSet, DrawError> {
    let mut most = inputs.sets().first().ok_or(DrawError::NoSets)?;
    for set in inputs.sets() {
        most = if set.leaves().len() > most.leaves().len() { set } else { most };
    }
    Ok(most)
}

fn leaves_by_path(set: &InputSet) -> IndexMap<KeyPath, &LeafDescription> {
    set.spec().leaf_paths().zip(set.leaves()).collect()
}

fn name(dim: &DimSpec) -> Option<String> {
    match dim {
        DimSpec::Text(name) => Some(name.clone()),
        other => other.name(),
    }
}

fn label_of(entry: &KeyEntry) -> String {
    match entry {
        KeyEntry::Mapping(Key::Str(name)) | KeyEntry::GetAttr(name) => name.to_string(),
        other => other.to_string(),
    }
}

type Leaves<'l> = dyn Iterator<Item = (String, Option<Vec<Size>>)> + 'l;

fn item(at: SpecNode<'_>, label: String, leaves: &mut Leaves<'_>) -> Item {
    let Some(context) = at.context() else {
        let (kind, sizes) = leaves.next().unwrap_or_default();
        return Item { label, kind, sizes, times: 1, children: Vec::new() };
    };
    let kind = match context {
        Context::List | Context::Tuple | Context::Dict(_) => format!("{} of {}", context.short_name(), at.arity()),
        _ => context.short_name().to_owned(),
    };
    let children = at.children().enumerate().map(|(i, child)| item(child, label_of(&at.entry(i)), leaves)).collect();
    Item { label, kind, sizes: None, times: 1, children: fold::fold(children) }
}

fn lay_out(items: Vec<Item>, more: &mut Vec<bool>, rows: &mut Vec<Row>) {
    let last = items.len().saturating_sub(1);
    for (i, item) in items.into_iter().enumerate() {
        more.push(i < last);
        let Item { label, kind, sizes, times, children } = item;
        rows.push(Row { more: more.clone(), label, times, kind, sizes });
        lay_out(children, more, rows);
        more.pop();
    }
}
