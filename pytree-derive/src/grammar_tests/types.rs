//! Random structs and enums for `#[derive(PyTree)]`.

use super::random::Random;
use std::fmt::Write;

/// A type, what its expansion must name, and the mistakes in it.
pub(super) struct Case {
    pub(super) source: String,
    /// The name of the type without `r#`.
    pub(super) name: String,
    /// The children of each variant, as Python names them. A struct has one variant.
    pub(super) children: Vec<Vec<String>>,
    /// The names of the variants.
    pub(super) tags: Vec<String>,
    /// The members that are named in the impls.
    pub(super) members: Vec<String>,
    /// How many errors there must be.
    pub(super) mistakes: usize,
}

const NAMES: &[&str] = &[
    "Inputs",
    "r#type",
    "r#async",
    "str",
    "i64",
    "Option",
    "Result",
    "String",
    "Vec",
    "Box",
    "Some",
    "Ok",
    "T1",
    "Größe",
    "_X",
    "PyTree",
    "OwnedTree",
    "Default",
    "Meta",
    "Self_",
    "Iterator",
    "usize_",
    "core",
    "std",
    "alloc",
    "Drop",
    "InputsArgs",
];
const FIELDS: &[&str] = &[
    "x",
    "y",
    "r#type",
    "r#match",
    "r#fn",
    "_private",
    "self_",
    "input_ids",
    "größe",
    "len",
    "walk",
    "rebuild",
    "T",
    "fields",
    "str",
    "__w1",
    "r#dyn",
    "kind",
    "statics",
    "OF",
];
const VARIANTS: &[&str] = &["A", "r#Type", "None", "Some", "Self_", "Größe", "B2", "Ok", "Err", "_C"];
const VISIBILITY: &[&str] = &["", "", "pub ", "pub(crate) ", "pub(super) ", "pub(self) ", "pub(in super) "];

/// The generics of a type.
struct Generics {
    lifetimes: Vec<&'static str>,
    /// Parameters that are trees.
    trees: Vec<&'static str>,
    /// Parameters that no child uses.
    others: Vec<&'static str>,
    constant: bool,
}

impl Generics {
    fn new(random: &mut Random) -> Self {
        let lifetimes = if random.once_in(6) { vec!["'a"] } else { vec![] };
        let trees = [vec![], vec![], vec!["T"], vec!["T", "U"]][random.below(4)].clone();
        let others = if random.once_in(5) { vec!["P"] } else { vec![] };
        Generics { lifetimes, trees, others, constant: random.once_in(4) }
    }

    /// `<'a, T: Clone, const N: usize = 2>`, and the where clause.
    fn text(&self, random: &mut Random) -> (String, String) {
        let mut all: Vec<String> = self.lifetimes.iter().map(|l| (*l).to_owned()).collect();
        let mut clause = Vec::new();
        let defaults = random.once_in(3);
        for tree in &self.trees {
            let bound =
                random.one(&["", "", ": Clone", ": ::std::fmt::Debug + Clone", ": 'static", ":", ": ?Sized + Sized"]);
            all.push(format!("{tree}{bound}{}", if defaults { " = ::pytree_core::TensorMeta" } else { "" }));
            if random.once_in(5) {
                clause.push(format!("{tree}: {}", random.one(&["Send", "Clone + Sync", ""])));
            }
        }
        all.extend(self.others.iter().map(|p| format!("{p}{}", if defaults { " = u8" } else { "" })));
        if self.constant {
            all.push(format!("const N: usize{}", if defaults || random.once_in(2) { " = 2" } else { "" }));
            // A parameter after one with a default needs one too.
        }
        let comma = if random.once_in(4) { "," } else { "" };
        let generics = if all.is_empty() { String::new() } else { format!("<{}{comma}>", all.join(", ")) };
        let clause = if clause.is_empty() && !random.once_in(8) {
            String::new()
        } else {
            format!(" where {}", clause.join(", "))
        };
        (generics, clause)
    }

    /// A random type that is a tree.
    fn tree(&self, random: &mut Random, depth: usize) -> String {
        let leaf = depth == 0 || random.once_in(3);
        if leaf {
            if !self.trees.is_empty() && random.once_in(2) {
                return self.trees[random.below(self.trees.len())].to_owned();
            }
            return random.one(&["::core::primitive::i64", "f64", "bool", "::std::string::String", "()"]).to_owned();
        }
        let inner = if random.once_in(8) { "::std::vec::Vec<Self>".to_owned() } else { self.tree(random, depth - 1) };
        let length = if self.constant { "N" } else { "2" };
        match random.below(9) {
            0 if !inner.contains("Option<") => format!("::std::option::Option<{inner}>"),
            1 => format!("::std::boxed::Box<{inner}>"),
            2 => format!("[{inner}; {length}]"),
            3 => format!("({inner}, {})", self.tree(random, 0)),
            4 => format!("({inner},)"),
            5 => format!("::pytree_core::IndexMap<::std::string::String, {inner}>"),
            6 => format!("::std::collections::BTreeMap<::core::primitive::i64, {inner}>"),
            7 => format!("(({inner}))"),
            _ => format!("::std::vec::Vec<{inner}>"),
        }
    }
}

/// The fields of a struct or variant as they are written.
struct Written {
    /// `{ .. }`, `(..)` or nothing.
    text: String,
    children: Vec<String>,
    members: Vec<String>,
}

/// The role of a field: its attribute, its type, and whether it is a child.
fn role(random: &mut Random, generics: &Generics, statics: bool) -> (String, String, bool) {
    match random.below(12) {
        0 if statics => {
            let ty = random.one(&["usize", "::std::string::String", "::std::vec::Vec<u8>", "(u8, bool)", "char"]);
            (random.one(&["#[pytree(static)]", "#[pytree(static,)]"]).to_owned(), ty.to_owned(), false)
        }
        1 => {
            let ty = random.one(&["u8", "::std::marker::PhantomData<u8>", "::std::option::Option<fn()>"]);
            (
                random.one(&["#[pytree(skip)]", "#[pytree(skip,)]", "#[pytree()] #[pytree(skip)]"]).to_owned(),
                ty.to_owned(),
                false,
            )
        }
        2 => ("#[pytree(skip, default = ::std::default::Default::default)]".to_owned(), "u8".to_owned(), false),
        3 => ("#[pytree(leaf)]".to_owned(), random.one(&["u8", "f32", "i32"]).to_owned(), true),
        _ => (String::new(), generics.tree(random, 2), true),
    }
}

/// Fields with random roles. `more` are written after them.
fn fields(random: &mut Random, generics: &Generics, style: usize, names: &Names, more: &[(&str, String)]) -> Written {
    let mut written = Written { text: String::new(), children: vec![], members: vec![] };
    if style == 2 {
        return written;
    }
    let mut free: Vec<&str> = FIELDS.to_vec();
    let count = random.below(5);
    let mut all: Vec<(String, String, bool)> = (0..count).map(|_| role(random, generics, names.statics)).collect();
    all.extend(more.iter().map(|(attribute, ty)| ((*attribute).to_owned(), ty.clone(), !attribute.contains("skip"))));
    for (i, (attribute, ty, child)) in all.into_iter().enumerate() {
        let other =
            random.one(&["", "", "", "/// A field.\n", "#[allow(unused)] ", "#[cfg(all())] ", "#[doc(hidden)] "]);
        let visibility = if names.visible { random.one(VISIBILITY) } else { "" };
        let own = free.remove(random.below(free.len()));
        let plain = own.trim_start_matches("r#").to_owned();
        let rename = names.renamed && (attribute.is_empty() || attribute.contains("static")) && random.once_in(4);
        let rename_as = format!("renamed_{i}");
        let renamed = if rename { format!("#[pytree(rename = \"{rename_as}\")] ") } else { String::new() };
        let (start, member) =
            if style == 0 { (format!("{own}: "), own.to_owned()) } else { (String::new(), i.to_string()) };
        _ = write!(written.text, "{other}{attribute} {renamed}{visibility}{start}{ty}, ");
        if child {
            let default = if style == 0 { plain } else { format!("_{i}") };
            written.children.push(if rename { rename_as } else { default });
        }
        written.members.push(member);
    }
    written.text = if style == 0 { format!("{{ {} }}", written.text) } else { format!("({})", written.text) };
    written
}

/// What fields may have.
struct Names {
    visible: bool,
    renamed: bool,
    statics: bool,
}

/// A type without mistakes. It compiles in a module of its own.
pub(super) fn valid(random: &mut Random) -> Case {
    let generics = Generics::new(random);
    let is_enum = random.once_in(3);
    let own = random.one(NAMES);
    let style = random.below(3);
    let kind = if is_enum {
        random.one(&["", "", "dataclass", "mapping"])
    } else {
        random.one(&[
            "",
            "",
            "",
            "dataclass",
            "mapping",
            "custom",
            "dict",
            "tuple",
            "list",
            "OrderedDict",
            "immutable_dict",
        ])
    };
    let named = matches!(kind, "dataclass" | "mapping" | "dict" | "OrderedDict" | "immutable_dict")
        || (kind.is_empty() && (is_enum || style == 0));
    let statics = matches!(kind, "dataclass" | "mapping" | "custom") || (kind.is_empty() && (is_enum || style == 0));
    let names = Names { visible: !is_enum, renamed: named, statics };
    // Every parameter is used, as the compiler demands.
    let mut more: Vec<(&str, String)> = Vec::new();
    for lifetime in &generics.lifetimes {
        more.push(("", format!("&{lifetime} [{}]", generics.tree(random, 1))));
    }
    more.extend(generics.trees.iter().map(|t| ("", (*t).to_owned())));
    more.extend(generics.others.iter().map(|p| ("#[pytree(skip)]", format!("::std::marker::PhantomData<{p}>"))));
    let style = if more.is_empty() { style } else { style.min(1) };
    let (parameters, clause) = generics.text(random);
    let mut attributes: Vec<String> = Vec::new();
    if !kind.is_empty() {
        attributes.push(format!("as = \"{kind}\""));
    }
    let class = matches!(kind, "dataclass" | "mapping" | "custom") || (kind.is_empty() && (is_enum || style == 0));
    if class && random.once_in(3) {
        attributes.push("name = \"my.module.Type\"".to_owned());
    }
    if generics.trees.is_empty() {
        attributes.push("family = ::pytree_core::Meta".to_owned());
    }
    if random.once_in(6) {
        attributes
            .push(random.one(&["borrow_only", "crate = \"::pytree_core\"", "crate = \"pytree_core\""]).to_owned());
    }
    let mut source = String::new();
    source.push_str(random.one(&[
        "",
        "",
        "/// Documented.\n",
        "#[allow(unused)]\n",
        "#[repr(C)]\n",
        "#[must_use]\n",
        "/** A\nblock */\n",
    ]));
    if !attributes.is_empty() {
        let split = random.once_in(3);
        let joined = attributes.join(if split { ")]\n#[pytree(" } else { ", " });
        _ = writeln!(source, "#[pytree({joined})]");
    }
    source.push_str(random.one(VISIBILITY));
    let mut case = Case {
        source: String::new(),
        name: own.trim_start_matches("r#").to_owned(),
        children: vec![],
        tags: vec![],
        members: vec![],
        mistakes: 0,
    };
    if is_enum {
        let mut free: Vec<&str> = VARIANTS.to_vec();
        _ = write!(source, "enum {own}{parameters}{clause} {{ ");
        // One variant has the fields that the parameters need.
        let count = 1 + random.below(3);
        for i in 0..count {
            let variant = free.remove(random.below(free.len()));
            let style = if i == 0 && !more.is_empty() { random.below(2) } else { random.below(3) };
            let written = fields(random, &generics, style, &names, if i == 0 { &more } else { &[] });
            let renamed = random.once_in(4);
            if renamed {
                _ = write!(source, "#[pytree(rename = \"variant {i}\")] ");
            }
            _ = write!(source, "{variant}{}, ", written.text);
            let plain = variant.trim_start_matches("r#").to_owned();
            case.tags.push(if renamed { format!("variant {i}") } else { plain });
            case.children.push(written.children);
            case.members.extend(written.members);
        }
        source.push('}');
    } else {
        let written = fields(random, &generics, style, &names, &more);
        let text = match style {
            0 => format!("{clause} {}", written.text),
            _ => format!("{} {clause};", written.text),
        };
        _ = write!(source, "struct {own}{parameters}{text}");
        case.children.push(written.children);
        case.members = written.members;
    }
    case.source = source;
    case
}

/// A valid type into which one mistake was put, or two.
pub(super) fn mistaken(random: &mut Random) -> Case {
    let own = random.one(NAMES);
    let generics = random.one(&["", "<T>", "<'a, T: Clone>", "<T, const N: usize = 1>", "<T> where T: Clone,"]);
    let (generics, clause) = generics.split_once(" where").map_or((generics, ""), |(g, c)| (g, c));
    let clause = if clause.is_empty() { String::new() } else { format!(" where{clause}") };
    let field = |attribute: &str, field: &str| {
        format!("struct {own}{generics}{clause} {{ a: i64, {attribute} {field}, z: ::std::vec::Vec<f64> }}")
    };
    let (source, mistakes) = match random.below(22) {
        0 => (field("#[pytree(statics)]", "x: i64"), 1),
        1 => (field("#[pytree(static, skip)]", "x: i64"), 1),
        2 => (field("#[pytree(leaf, flatten)]", "x: i64"), 1),
        3 => (field("#[pytree(rename = 3)]", "x: i64"), 1),
        4 => (field("#[pytree(rename = \"a\")]", "x: i64"), 1),
        5 => (field("#[pytree(rename = \"with space\")]", "x: i64"), 1),
        6 => (field("", "lambda: i64"), 1),
        7 => (field("", "x: ::std::option::Option<Option<i64>>"), 1),
        8 => (field("#[pytree(default = f)]", "x: i64"), 1),
        9 => (field("#[pytree(skip = 1)]", "x: i64"), 1),
        10 => (field("#[pytree(skip skip)]", "x: i64"), 1),
        11 => (field("#[pytree(static)] #[pytree(static)]", "x: i64"), 1),
        12 => (field("#[pytree(unknown, static, statik)]", "x: i64"), 2),
        13 => (field("#[pytree(as = \"dict\")]", "x: i64"), 1),
        14 => (format!("enum {own}{generics}{clause} {{}}"), 1),
        15 => (format!("union {own}{generics}{clause} {{ a: i64, b: f64 }}"), 1),
        16 => (format!("#[pytree(as = \"dicts\")] struct {own}{generics} {{ a: i64 }}"), 1),
        17 => (format!("#[pytree(as = \"dict\", name = \"a.B\")] struct {own}{generics} {{ a: i64 }}"), 1),
        18 => (format!("#[repr(C, packed(2))] struct {own}{generics} {{ a: i64 }}"), 1),
        19 => (format!("#[pytree(crate = \"a b\")] enum {own}{generics} {{ A, #[pytree(rename = \"A\")] B }}"), 2),
        20 => (format!("struct {own}{generics}(i64, #[pytree(rename = \"x\")] i64);"), 1),
        _ => (format!("struct {own}{generics} {{ deep: {}i64{} }}", "Vec<".repeat(200), ">".repeat(200)), 1),
    };
    let name = own.trim_start_matches("r#").to_owned();
    Case { source, name, children: vec![], tags: vec![], members: vec![], mistakes }
}
