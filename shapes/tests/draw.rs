//! Inputs as pictures, shapes as code.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use pytree_core::{Context, DType, Key, Meta, TensorMeta, Value};
use shapes::{Dim, DimError, DimSpec, Drawing, DynamicShapes, InputSets, ShapeSpec};

type Tree = Value<Meta>;

fn t(dtype: DType, sizes: &[i64]) -> Tree {
    Tree::tensor(TensorMeta::new(dtype, sizes.iter().copied()))
}

/// The inputs of a decoder with a cache of this many layers.
fn decoder(layers: usize, batch: i64, past: i64, interleaved: bool) -> Tree {
    let layer = || t(DType::Float32, &[batch, 8, past, 64]);
    let (names, items): (Vec<String>, Vec<Tree>) = if interleaved {
        (0..layers).flat_map(|i| [(format!("key_{i}"), layer()), (format!("value_{i}"), layer())]).unzip()
    } else {
        let list = || Tree::list((0..layers).map(|_| layer()).collect::<Vec<_>>());
        [("key_cache".to_owned(), list()), ("value_cache".to_owned(), list())].into_iter().unzip()
    };
    let name = "transformers.cache_utils.DynamicCache".into();
    let fields = names.into_iter().map(Into::into).collect();
    Tree::dict([
        ("input_ids", t(DType::Int64, &[batch, 3])),
        ("attention_mask", t(DType::Int64, &[batch, past + 3])),
        ("past_key_values", Tree::Node(Context::Mapping { name, fields, statics: None }, items)),
    ])
}

fn drawn(layers: usize, interleaved: bool) -> Drawing {
    let sets = [decoder(layers, 2, 30, interleaved), decoder(layers, 3, 31, interleaved)];
    Drawing::of(&InputSets::of(&sets).expect("sets"), None).expect("shapes")
}

#[test]
fn a_small_cache_is_shown_whole_and_a_large_one_folded() {
    assert_eq!(
        drawn(2, false).to_string(),
        "\
inputs
├─ input_ids       i64  ‹2|3› × 3
├─ attention_mask  i64  ‹2|3› × ‹33|34›
└─ past_key_values  DynamicCache
   ├─ key_cache  list of 2
   │  ├─ [0]       f32  ‹2|3› × 8 × ‹30|31› × 64
   │  └─ [1]       f32  ‹2|3› × 8 × ‹30|31› × 64
   └─ value_cache  list of 2
      ├─ [0]       f32  ‹2|3› × 8 × ‹30|31› × 64
      └─ [1]       f32  ‹2|3› × 8 × ‹30|31› × 64
‹ › moves
"
    );
    assert_eq!(
        drawn(32, false).to_string(),
        "\
inputs
├─ input_ids              i64  ‹2|3› × 3
├─ attention_mask         i64  ‹2|3› × ‹33|34›
└─ past_key_values  DynamicCache
   ├─ key_cache  list of 32
   │  └─ [0] … [31]  ×32  f32  ‹2|3› × 8 × ‹30|31› × 64
   └─ value_cache  list of 32
      └─ [0] … [31]  ×32  f32  ‹2|3› × 8 × ‹30|31› × 64
‹ › moves
"
    );
    assert_eq!(
        drawn(32, true).to_string().lines().nth(4),
        Some("   └─ key_0 … value_31  ×64  f32  ‹2|3› × 8 × ‹30|31› × 64")
    );
}

#[test]
fn keys_and_values_of_other_sizes_are_folded_two_by_two() {
    let pair = |batch: i64| {
        let layer = |_| [t(DType::Float32, &[batch, 8]), t(DType::Float32, &[8, batch])];
        Tree::dict([("cache", Tree::list((0..4).flat_map(layer).collect::<Vec<_>>()))])
    };
    let drawing = Drawing::of(&InputSets::of(&[pair(2), pair(3)]).expect("sets"), None).expect("shapes");
    let lines: Vec<String> = drawing.to_string().lines().map(str::to_owned).collect();
    assert_eq!(
        lines,
        [
            "inputs",
            "└─ cache  list of 8",
            "   ├─ [0] … [6]  ×4  f32  ‹2|3› × 8",
            "   └─ [1] … [7]  ×4  f32  8 × ‹2|3›",
            "‹ › moves"
        ]
    );
}

/// Thirty-two layers, with the symbols that torch gives their sizes.
fn drawing_of_a_decoder() -> Drawing {
    let inputs = InputSets::of(&[decoder(32, 2, 30, false)]).expect("a set");
    let mut symbols = vec![vec!["s77", "3"], vec!["s77", "s27 + 3"]];
    symbols.extend((0..64).map(|_| vec!["s77", "8", "s27", "64"]));
    Drawing::with_symbols(&inputs, symbols).expect("one set")
}

#[test]
fn names_and_symbols_are_shown_with_the_sizes() {
    let inputs = InputSets::of(&[decoder(3, 2, 30, false)]).expect("a set");
    let symbols = |dims: &[&str]| dims.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut all = vec![symbols(&["s77", "3"]), symbols(&["s77", "s27 + 3"])];
    all.extend((0..6).map(|_| symbols(&["s77", "8", "s27", "64"])));
    let drawing = Drawing::with_symbols(&inputs, all).expect("one set");
    let text = drawing.to_string();
    assert!(text.contains("i64  ‹s77 = 2› × ‹s27 + 3 = 33›"), "{text}");
    assert!(text.contains("[0] … [2]  ×3  f32  ‹s77 = 2› × 8 × ‹s27 = 30› × 64"), "{text}");
    // The drawing that the docs show.
    assert_eq!(drawing_of_a_decoder().svg(), include_str!("../../docs/inputs.svg"));
    // One set without shapes: nothing moves, and nothing says so.
    let still = Drawing::of(&inputs, None).expect("one set").to_string();
    assert!(!still.contains('‹') && still.contains("f32  2 × 8 × 30 × 64"), "{still}");
}

#[test]
fn an_svg_is_well_formed_whatever_the_names_are() {
    let odd = Tree::dict([("a<b> & \"c\"\u{1}", t(DType::Float32, &[])), ("é…", Tree::list([]))]);
    let svg = Drawing::of(&InputSets::of(&[odd]).expect("a set"), None).expect("one set").svg();
    assert!(svg.contains("a&lt;b&gt; &amp; &quot;c&quot;?"), "{svg}");
    for drawing in [svg, drawn(2, true).svg(), drawn(32, false).svg()] {
        // Every element is closed where it opens or by its own end: the whole is one tree.
        let mut open: Vec<&str> = Vec::new();
        for part in drawing.split('<').skip(1) {
            let (tag, _) = part.split_once('>').expect("closed");
            match (tag.strip_prefix('/'), tag.ends_with('/')) {
                (Some(name), _) => assert_eq!(open.pop(), Some(name)),
                (None, true) => {}
                (None, false) => open.push(tag.split(' ').next().expect("a name")),
            }
        }
        assert!(open.is_empty() && drawing.ends_with("</svg>\n"));
        assert!(!drawing.contains("NaN") && drawing.len() < 20_000, "{}", drawing.len());
    }
}

/// The code in the file, as the compiler understands it.
fn compiled() -> Result<DynamicShapes, DimError> {
    Ok(include!("data/shapes_code.rs"))
}

#[test]
fn shapes_as_rust_code_make_the_same_shapes() {
    let dim = |name: &str, min, max| Dim::with_range(name, min, max).expect("a dim");
    let batch = dim("batch", 1, Some(64));
    let derived = batch.affine(2, -1).expect("derived");
    let bounded = Dim::auto().bounded(Some(2), None).expect("bounds");
    let shapes = DynamicShapes::pair(
        [
            DynamicShapes::leaf(ShapeSpec::dims([
                (0, DimSpec::from(&batch)),
                (1, derived.into()),
                (2, bounded.into()),
            ])),
            DynamicShapes::List(vec![
                DynamicShapes::NONE,
                DynamicShapes::leaf(ShapeSpec::Scalar(Dim::dynamic().into())),
            ]),
            DynamicShapes::Tuple(vec![]),
        ],
        [
            ("x y".to_owned(), DynamicShapes::leaf(ShapeSpec::Tuple(vec![DimSpec::None, DimSpec::Int(3)]))),
            ("m".to_owned(), DynamicShapes::leaf(ShapeSpec::List(vec![DimSpec::Text("a\"b".to_owned())]))),
            (
                "d".to_owned(),
                DynamicShapes::Dict(
                    [
                        (
                            Key::Int(1),
                            DynamicShapes::leaf(ShapeSpec::dims([
                                (0, dim("type", 0, None)),
                                (1, dim("batch", 0, None)),
                            ])),
                        ),
                        (Key::Float(0.5), DynamicShapes::NONE),
                    ]
                    .into_iter()
                    .collect(),
                ),
            ),
        ],
    );
    let code = shapes.to_rust();
    assert_eq!(code, include_str!("data/shapes_code.rs"), "{code}");
    assert_eq!(compiled().expect("dims"), shapes);
}
