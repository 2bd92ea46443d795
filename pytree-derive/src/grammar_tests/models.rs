//! Random blocks for `#[module]` and closures for `function!`.

use super::random::Random;
use std::fmt::Write;

/// A block or closure, and what its expansion must name.
pub(super) struct Model {
    /// The arguments of `#[module]`.
    pub(super) arguments: String,
    pub(super) source: String,
    /// What a block needs beside it to compile.
    pub(super) beside: String,
    /// The parameters, as Python names them.
    pub(super) parameters: Vec<String>,
    /// The name of the model.
    pub(super) name: String,
    pub(super) mistakes: usize,
}

const PARAMETERS: &[&str] = &[
    "x",
    "y",
    "r#type",
    "r#match",
    "_z",
    "größe",
    "self_",
    "input_ids",
    "args_",
    "T",
    "str",
    "forward",
    "slots",
    "rest",
];
const META: &str = "::pytree_core::TensorMeta";

/// A parameter without a pattern: attributes, whether it has a default, and its type.
fn parameter(random: &mut Random) -> (&'static str, String, bool) {
    let (attribute, ty, default) = match random.below(14) {
        0 => ("", format!("&[{META}]"), false),
        1 => ("", "&str".to_owned(), false),
        2 => ("", "i64".to_owned(), false),
        3 => ("", "f64".to_owned(), false),
        4 => ("", "bool".to_owned(), false),
        5 => ("", META.to_owned(), false),
        6 => ("", format!("(&{META})"), false),
        7 => ("#[returned] ", format!("&mut ::std::vec::Vec<{META}>"), false),
        8 => ("#[allow(unused)] ", format!("&({META}, i64)"), false),
        9 => ("", format!("::std::option::Option<&{META}>"), true),
        10 => ("", "::std::option::Option<i64>".to_owned(), true),
        11 => ("#[default(1.5)] ", "f64".to_owned(), true),
        12 => ("#[default(::std::vec![2, 3])] ", "&[i64]".to_owned(), true),
        _ => ("", format!("&{META}"), false),
    };
    (attribute, ty, default)
}

/// `x: &T, #[args] rest: &[T]`, with its names.
fn parameters(random: &mut Random, model: &str) -> (String, Vec<String>) {
    // A pattern with the name of a unit struct is that struct.
    let mut free: Vec<&str> = PARAMETERS.iter().copied().filter(|p| p.trim_start_matches("r#") != model).collect();
    let mut all: Vec<(&str, String, bool)> = (0..random.below(5)).map(|_| parameter(random)).collect();
    // Those with a default follow the others.
    all.sort_by_key(|p| p.2);
    if random.once_in(5) {
        all.push(("#[args] ", format!("&[{META}]"), true));
    }
    if random.once_in(5) {
        all.push(("#[kwargs] ", format!("&::pytree_core::IndexMap<::std::string::String, {META}>"), true));
    }
    let (mut text, mut names) = (String::new(), Vec::new());
    let count = all.len();
    for (i, (attribute, ty, _)) in all.into_iter().enumerate() {
        let own = free.remove(random.below(free.len()));
        let change = if random.once_in(4) { "mut " } else { "" };
        let comma = if i + 1 < count || random.once_in(3) { ", " } else { "" };
        _ = write!(text, "{attribute}{change}{own}: {ty}{comma}");
        names.push(own.trim_start_matches("r#").to_owned());
    }
    (text, names)
}

/// The return type.
fn output(random: &mut Random) -> &'static str {
    random.one(&[
        "",
        " -> ()",
        " -> i64",
        " -> ::pytree_core::TensorMeta",
        " -> (::pytree_core::TensorMeta, ::std::vec::Vec<f64>)",
        " -> ::std::result::Result<i64, ::std::fmt::Error>",
        " -> ::std::result::Result<(), ::std::string::String>",
        " -> (((i64)))",
    ])
}

/// A head of an impl: the parameters, the type and its name, and what must be declared beside it.
fn head(random: &mut Random) -> (String, &'static str, String) {
    let own = random.one(&["Model", "r#type", "str", "Option", "Größe", "ModelArgs", "_M", "Tensor"]);
    let name = own.trim_start_matches("r#");
    let (generics, arguments) = match random.below(6) {
        0 => ("<T: Clone>", "<T>"),
        1 => ("<'a, const N: usize>", "<'a, N>"),
        2 => ("<T,>", "<T,>"),
        _ => ("", ""),
    };
    let fields = match generics {
        "<T: Clone>" | "<T,>" => "(::std::vec::Vec<T>)",
        "" => "",
        _ => "(&'a [u8; N])",
    };
    let declared = format!("struct {own}{generics}{fields};");
    let clause = if generics == "<T,>" && random.once_in(2) { "where T: Send, " } else { "" };
    let (ty, name) = match random.below(5) {
        0 => (format!("impl{generics} ({own}{arguments}) {clause}"), name),
        1 => (format!("impl{generics} self::{own}{arguments} {clause}"), name),
        2 => return ("impl dyn Object ".to_owned(), "Object", "trait Object {}".to_owned()),
        3 => return ("impl dyn Object + Send ".to_owned(), "Object", "trait Object {}".to_owned()),
        _ => (format!("impl{generics} {own}{arguments} {clause}"), name),
    };
    (ty, name, declared)
}

/// A block without mistakes.
pub(super) fn valid(random: &mut Random) -> Model {
    let (head, name, beside) = head(random);
    let forward = random.one(&["forward", "forward", "forward", "call_it", "r#fn"]);
    let mut arguments = vec!["family = ::pytree_core::Meta".to_owned()];
    if forward != "forward" {
        arguments.push(format!("forward = {forward}"));
    }
    if random.once_in(5) {
        arguments.push("crate = \"pytree_core\"".to_owned());
    }
    let (parameters, names) = parameters(random, name);
    // The user's own `str` is another type.
    let parameters = if name == "str" { parameters.replace(": &str", ": bool") } else { parameters };
    let (output, visibility) = (output(random), random.one(&["", "pub ", "pub(crate) ", "const fn_free() {} "]));
    let visibility = if visibility.starts_with("const") { "" } else { visibility };
    let receiver = random.one(&["&self", "&self", "& self", "&'_ self", "#[allow(unused)] &self"]);
    let other =
        random.one(&["", "const LENGTH: usize = 3; ", "fn other(&self) -> i64 { 1 } ", "/// Docs.\n#[allow(unused)] "]);
    let after =
        random.one(&["", " fn forward_t(&self) {}", " const LAST: u8 = 1;", " fn generic<Z>(_: Z) where Z: Clone {}"]);
    let comma = if parameters.is_empty() { "" } else { ", " };
    let attribute = random.one(&["", "/// A model.\n", "#[allow(clippy::all)] "]);
    let source = format!(
        "{attribute}{head}{{ {other}{visibility}fn {forward}({receiver}{comma}{parameters}){output} {{ ::std::unimplemented!() }}{after} }}"
    );
    Model { arguments: arguments.join(", "), source, beside, parameters: names, name: name.to_owned(), mistakes: 0 }
}

/// A block with one mistake, or two.
pub(super) fn mistaken(random: &mut Random) -> Model {
    let block = |head: &str, signature: &str| format!("{head} {{ {signature} {{ ::std::unimplemented!() }} }}");
    let model = |signature: &str| block("impl Model", signature);
    let meta = "family = Meta";
    let (arguments, source, mistakes) = match random.below(27) {
        0 => (meta, model("fn forward(&self, _: i64)"), 1),
        1 => (meta, model("fn forward(&self, (a, b): (i64, i64))"), 1),
        2 => (meta, model("fn forward(&self, &x: &i64, y: i64)"), 1),
        3 => (meta, model("fn forward(&self, ref x: i64)"), 1),
        4 => (meta, model("fn forward(&self, Point { x, .. }: Point)"), 1),
        5 => (meta, model("fn forward(&self, a::Point(x): Point, [y, ..]: [i64; 3])"), 2),
        6 => (meta, model("fn forward(&self, x @ 1..=2: i64)"), 1),
        7 => (meta, model("fn forward(&mut self, x: &Tensor)"), 1),
        8 => (meta, model("fn forward(self: &Self, x: &Tensor)"), 1),
        9 => (meta, model("fn forward(x: &Tensor)"), 1),
        10 => (meta, model("async fn forward(&self)"), 1),
        11 => (meta, model("fn forward<T>(&self, x: &T)"), 1),
        12 => (meta, model("fn backward(&self)"), 1),
        13 => ("familie = Meta", model("fn forward(&self, x: &Tensor)"), 1),
        14 => (meta, block("impl Forward for &Model", "fn forward(&self)"), 1),
        15 => (meta, block("impl Forward for (Model, Model)", "fn forward(&self)"), 1),
        16 => (meta, block("impl Forward for [Model]", "fn forward(&self)"), 1),
        17 => (meta, block("impl Forward for fn(i64) -> i64", "fn forward(&self)"), 1),
        18 => (meta, "struct Model;".to_owned(), 1),
        19 => (meta, "impl Model".to_owned(), 1),
        20 => (meta, block("unsafe impl Model", "fn forward(&self)"), 1),
        21 => (meta, model("fn forward(&self, x: f32)"), 1),
        22 => (meta, model("fn forward(&self, x: Box<dyn Layer>, #[defaults(1)] y: i64)"), 1),
        23 => (meta, model("fn forward(&self, x: &mut Tensor) -> &Tensor"), 2),
        24 => (meta, model("fn forward(&self, lambda: i64)"), 1),
        25 => (meta, model("fn forward(&self, x)"), 1),
        _ => (meta, model("fn forward(&self, x: impl Clone, y: Option<Option<i64>>)"), 2),
    };
    let source = if random.once_in(2) { format!("#[allow(unused)] {source}") } else { source };
    let (beside, parameters) = (String::new(), vec![]);
    Model { arguments: arguments.to_owned(), source, beside, parameters, name: String::new(), mistakes }
}

/// A closure without mistakes.
pub(super) fn function(random: &mut Random) -> Model {
    let (parameters, names) = parameters(random, "");
    let (moved, comma) = (random.one(&["", "move "]), random.one(&["", ","]));
    let name = random.one(&["", "name = \"Add\", ", "name = \"str\", "]);
    let output = output(random);
    let output = if output.is_empty() { " -> ()" } else { output };
    let parameters =
        if parameters.is_empty() && random.once_in(2) { "||".to_owned() } else { format!("|{parameters}|") };
    let source =
        format!("family = ::pytree_core::Meta, {name}{moved}{parameters}{output} {{ ::std::unimplemented!() }}{comma}");
    let name = if name.is_empty() { "Function" } else { name.split('"').nth(1).unwrap_or_default() };
    Model {
        arguments: String::new(),
        source,
        beside: String::new(),
        parameters: names,
        name: name.to_owned(),
        mistakes: 0,
    }
}

/// A closure with one mistake, or two.
pub(super) fn mistaken_function(random: &mut Random) -> Model {
    let (source, mistakes) = match random.below(14) {
        0 => ("family = Meta, |x| -> i64 { 1 }", 1),
        1 => ("family = Meta, |x: i64| { 1 }", 1),
        2 => ("family = Meta, |x: i64| -> i64 1", 1),
        3 => ("family = Meta, |(a, b): (i64, i64)| -> i64 { 1 }", 1),
        4 => ("family = Meta, |_: i64, &y: &i64| -> i64 { 1 }", 2),
        5 => ("family = Meta, async |x: i64| -> i64 { 1 }", 1),
        6 => ("family = Meta, static |x: i64| -> i64 { 1 }", 1),
        7 => ("family = Meta, for<'a> |x: &'a i64| -> i64 { 1 }", 1),
        8 => ("name = \"not a name\", |x: i64| -> i64 { 1 }", 1),
        9 => ("names = \"Add\", |x: i64| -> i64 { 1 }", 1),
        10 => ("add", 1),
        11 => ("", 1),
        12 => ("|x: i64| -> i64 { 1 }, 2", 1),
        _ => ("|x: usize| -> i64 { 1 }", 1),
    };
    let (beside, parameters) = (String::new(), vec![]);
    Model { arguments: String::new(), source: source.to_owned(), beside, parameters, name: String::new(), mistakes }
}
