//! Dynamic shapes as the Rust code that makes them.

use crate::spec::dim::{Dim, DimHint, DimSpec, HintKind};
use crate::spec::{DynamicShapes, ShapeSpec};
use indexmap::IndexMap;
use pytree_core::Key;
use std::fmt::Write;
use symbolic::Affine;

impl DynamicShapes {
    /// The Rust code that makes these shapes: a block that declares the named dims first, for a function whose errors
    /// take a [`DimError`](crate::DimError). Names in scope: `Dim`, `DimSpec`, `DynamicShapes`, `ShapeSpec`, and
    /// `pytree_core::Key`.
    ///
    /// ```
    /// use shapes::{Dim, DynamicShapes, ShapeSpec};
    /// let x = DynamicShapes::leaf(ShapeSpec::dims([(0, Dim::new("batch")?)]));
    /// assert_eq!(
    ///     DynamicShapes::Tuple(vec![x, DynamicShapes::NONE]).to_rust(),
    ///     r#"{
    ///     let batch = Dim::new("batch")?;
    ///     DynamicShapes::Tuple(vec![
    ///         DynamicShapes::Leaf(ShapeSpec::dims::<DimSpec>([(0, (&batch).into())])),
    ///         DynamicShapes::NONE,
    ///     ])
    /// }
    /// "#
    /// );
    /// # Ok::<(), shapes::DimError>(())
    /// ```
    pub fn to_rust(&self) -> String {
        let mut writer = Writer { out: String::new(), dims: IndexMap::new() };
        writer.declare(self);
        let mut code = "{\n".to_owned();
        for (dim, variable) in &writer.dims {
            _ = writeln!(code, "    let {variable} = {};", made(dim));
        }
        writer.shapes(self, 1);
        _ = write!(code, "    {}\n}}\n", writer.out);
        code
    }
}

struct Writer {
    out: String,
    /// The dims and the variables that hold them. Two dims of one name and other ranges are two.
    dims: IndexMap<Dim, String>,
}

impl Writer {
    fn declare(&mut self, shapes: &DynamicShapes) {
        for leaf in shapes.leaves() {
            let scalar = match leaf {
                ShapeSpec::Scalar(dim) => Some(dim),
                _ => None,
            };
            for dim in leaf.mentioned().into_iter().map(|(_, dim)| dim).chain(scalar) {
                let root = match dim {
                    DimSpec::Named(dim) => dim,
                    DimSpec::Derived(derived) => derived.root(),
                    _ => continue,
                };
                if !self.dims.contains_key(root) {
                    let name = variable(root.name());
                    let taken =
                        self.dims.values().filter(|v| **v == name || v.starts_with(&format!("{name}_"))).count();
                    let name = if taken == 0 { name } else { format!("{name}_{taken}") };
                    self.dims.insert(root.clone(), name);
                }
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn shapes(&mut self, shapes: &DynamicShapes, depth: usize) {
        match shapes {
            DynamicShapes::Leaf(ShapeSpec::None) => self.push("DynamicShapes::NONE"),
            DynamicShapes::Leaf(spec) => {
                let spec = self.spec(spec);
                self.push(&format!("DynamicShapes::Leaf({spec})"));
            }
            DynamicShapes::Tuple(items) => {
                self.items("DynamicShapes::Tuple(vec![", items.iter().map(|i| (None, i)), depth)
            }
            DynamicShapes::List(items) => {
                self.items("DynamicShapes::List(vec![", items.iter().map(|i| (None, i)), depth)
            }
            DynamicShapes::Dict(items) => {
                self.items("DynamicShapes::Dict([", items.iter().map(|(key, item)| (Some(key), item)), depth);
                let closed = self.out.len() - 1;
                self.out.truncate(closed);
                self.push(".into_iter().collect())");
            }
        }
    }

    fn items<'i>(
        &mut self,
        open: &str,
        items: impl Iterator<Item = (Option<&'i Key>, &'i DynamicShapes)>,
        depth: usize,
    ) {
        self.push(open);
        let mut any = false;
        for (key, item) in items {
            any = true;
            self.push("\n");
            self.push(&"    ".repeat(depth + 1));
            if let Some(key) = key {
                self.push(&format!("({}, ", key_of(key)));
            }
            self.shapes(item, depth + 1);
            self.push(if key.is_some() { ")," } else { "," });
        }
        if any {
            self.push("\n");
            self.push(&"    ".repeat(depth));
        }
        self.push("])");
    }

    fn spec(&self, spec: &ShapeSpec) -> String {
        let list = |dims: &[DimSpec]| dims.iter().map(|dim| self.dim(dim)).collect::<Vec<_>>().join(", ");
        match spec {
            ShapeSpec::None => "ShapeSpec::None".to_owned(),
            ShapeSpec::Dict(dims) => {
                let dims: Vec<String> = dims.iter().map(|(i, dim)| format!("({i}, {})", self.dim(dim))).collect();
                format!("ShapeSpec::dims::<DimSpec>([{}])", dims.join(", "))
            }
            ShapeSpec::Tuple(dims) => format!("ShapeSpec::Tuple(vec![{}])", list(dims)),
            ShapeSpec::List(dims) => format!("ShapeSpec::List(vec![{}])", list(dims)),
            ShapeSpec::Scalar(dim) => format!("ShapeSpec::Scalar({})", self.dim(dim)),
        }
    }

    fn dim(&self, dim: &DimSpec) -> String {
        let variable = |dim: &Dim| self.dims.get(dim).map_or("dim", String::as_str).to_owned();
        match dim {
            DimSpec::None => "DimSpec::None".to_owned(),
            DimSpec::Int(size) => format!("DimSpec::Int({size})"),
            DimSpec::Text(name) => format!("DimSpec::Text({name:?}.to_owned())"),
            DimSpec::Hint(hint) => format!("{}.into()", hinted(*hint)),
            DimSpec::Named(dim) => format!("(&{}).into()", variable(dim)),
            DimSpec::Derived(dim) => {
                let Affine { mul, add } = dim.form();
                format!("{}.affine({mul}, {add})?.into()", variable(dim.root()))
            }
        }
    }
}

fn made(dim: &Dim) -> String {
    match (dim.min(), dim.max()) {
        (0, None) => format!("Dim::new({:?})?", dim.name()),
        (min, max) => format!("Dim::with_range({:?}, {min}, {max:?})?", dim.name()),
    }
}

fn hinted(hint: DimHint) -> String {
    let kind = match hint.kind() {
        HintKind::Auto => "auto",
        HintKind::Dynamic => "dynamic",
        HintKind::Static => "static_",
    };
    match (hint.min(), hint.max()) {
        (None, None) => format!("Dim::{kind}()"),
        (min, max) => format!("Dim::{kind}().bounded({min:?}, {max:?})?"),
    }
}

fn key_of(key: &Key) -> String {
    match key {
        Key::Str(name) => format!("Key::from({name:?})"),
        Key::Int(v) => format!("Key::Int({v})"),
        Key::Bool(v) => format!("Key::Bool({v})"),
        Key::Float(v) if v.is_finite() => format!("Key::Float({v:?})"),
        Key::Float(v) => format!("Key::Float(f64::from_bits({}))", v.to_bits()),
        _ => "Key::None".to_owned(),
    }
}

/// A dim's name as that of a variable; a word of Rust's own gets an underscore.
fn variable(name: &str) -> String {
    const WORDS: [&str; 51] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
        "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
        "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "Self", "static", "struct",
        "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while",
    ];
    if name == "_" || name == "yield" || WORDS.contains(&name) { format!("{name}_") } else { name.to_owned() }
}
