//! Static fields of every kind, with the values that JSON holds badly: each round-trips or is refused, and values that differ
//! never have the same spec.

use pytree_core::{Meta, OwnedTree, PyTree, TreeError, TreeSpec, into_leaves, structure, unflatten};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Debug;

/// The JSON of the spec of each value that is accepted.
fn accepted<X: OwnedTree<Meta> + Clone + PartialEq + Debug>(values: &[X]) -> Vec<(TreeSpec, String)> {
    let one = |value: &X| {
        let (leaves, spec) = into_leaves::<Meta, _>(value.clone()).unwrap_or_else(|e| panic!("{value:?}: {e}"));
        let json = spec.to_json().unwrap_or_else(|e| panic!("{value:?}: {e}"));
        let read = TreeSpec::from_json(&json).unwrap_or_else(|e| panic!("{value:?}: {e} in {json}"));
        assert_eq!(read, spec, "{value:?}");
        assert_eq!(read.to_json().unwrap(), json, "{value:?}");
        let again: X = unflatten(leaves, &read).unwrap_or_else(|e| panic!("{value:?}: {e}"));
        assert_eq!(&again, value, "{json}");
        // The same bytes every time, though a hash map is in another order each time that it is made.
        assert_eq!(structure::<Meta, _>(&again).unwrap().to_json().unwrap(), json, "{value:?}");
        (spec, json)
    };
    values.iter().map(one).collect()
}

/// Values that are all different: the `good` ones round-trip, the `bad` ones are refused with the name of the field.
fn check<X: OwnedTree<Meta> + Clone + PartialEq + Debug>(good: &[X], bad: &[X]) {
    let specs = accepted(good);
    for (i, (spec, json)) in specs.iter().enumerate() {
        for (j, (other, other_json)) in specs.iter().enumerate().skip(i + 1) {
            assert!(good[i] != good[j], "{:?} is listed twice", good[i]);
            assert_ne!(spec, other, "{:?} and {:?}", good[i], good[j]);
            assert_ne!(json, other_json, "{:?} and {:?}", good[i], good[j]);
        }
    }
    for value in bad {
        let error = structure::<Meta, _>(value).err().unwrap_or_else(|| panic!("{value:?} is accepted"));
        assert!(matches!(error, TreeError::Static { .. }), "{value:?}: {error:?}");
        let text = error.to_string();
        assert!(text.contains("static field of `Held`") && text.contains("field `value`"), "{value:?}: {text}");
    }
}

/// Checks a type: the values that round-trip, and those that are refused.
macro_rules! held {
    ($ty:ty: $good:expr; refused $bad:expr) => {{
        #[derive(PyTree, Clone, Debug, PartialEq)]
        #[pytree(family = Meta)]
        struct Held {
            x: i64,
            #[pytree(static)]
            value: $ty,
        }
        let held = |values: Vec<$ty>| values.into_iter().map(|value| Held { x: 1, value }).collect::<Vec<_>>();
        check(&held($good), &held($bad));
    }};
    ($ty:ty: $good:expr) => {
        held!($ty: $good; refused vec![])
    };
}

fn texts() -> Vec<String> {
    let mut all: Vec<String> =
        (0_u8..=0x20).chain([0x22, 0x27, 0x2f, 0x5c, 0x7f]).map(|c| char::from(c).to_string()).collect();
    let more = [
        "", "null", "NaN", "Infinity", "true", "1", "[]", "{}", "\u{80}", "ü", "\u{2028}", "\u{feff}", "\u{fffe}",
        "😀", "\r\n",
    ];
    all.extend(more.map(str::to_owned));
    all
}

fn floats() -> Vec<f64> {
    vec![
        0.0,
        1.0,
        -1.0,
        0.1,
        1e-7,
        1e15,
        1e16,
        1e22,
        1e23,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        f64::EPSILON,
        1.0 + f64::EPSILON,
        std::f64::consts::PI,
        9_007_199_254_740_993.0,
    ]
}

const NOT_FINITE: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

#[test]
fn numbers() {
    held!(bool: vec![true, false]);
    held!(i8: vec![0, i8::MIN, i8::MAX]);
    held!(i16: vec![0, i16::MIN, i16::MAX]);
    held!(i32: vec![0, i32::MIN, i32::MAX]);
    held!(i64: vec![0, -1, i64::MIN, i64::MIN + 1, i64::MAX, i64::MAX - 1, 1 << 53, (1 << 53) + 1]);
    held!(isize: vec![0, isize::MIN, isize::MAX]);
    held!(u8: vec![0, u8::MAX]);
    held!(u16: vec![0, u16::MAX]);
    held!(u32: vec![0, u32::MAX]);
    held!(u64: vec![0, u64::MAX, u64::MAX - 1, i64::MAX as u64, i64::MAX as u64 + 1]);
    held!(usize: vec![0, usize::MAX]);
    held!(i128: vec![0, i64::MIN.into(), u64::MAX.into()]; refused vec![i128::MIN, i128::MAX, i128::from(u64::MAX) + 1]);
    held!(u128: vec![0, u64::MAX.into()]; refused vec![u128::MAX]);
    held!(f64: floats(); refused NOT_FINITE.to_vec());
    held!(f32: vec![0.0, 0.1, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e-45]; refused NOT_FINITE.map(|v| v as f32).to_vec());
    held!(std::num::NonZeroU8: vec![std::num::NonZeroU8::MIN, std::num::NonZeroU8::MAX]);
    held!(std::time::Duration: vec![std::time::Duration::ZERO, std::time::Duration::MAX]);
    held!((): vec![()]);
}

#[test]
fn the_sign_of_zero_is_kept() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    struct Held {
        #[pytree(static)]
        value: (f64, f32),
    }
    let (leaves, spec) = into_leaves::<Meta, _>(Held { value: (-0.0, -0.0) }).unwrap();
    let read = TreeSpec::from_json(&spec.to_json().unwrap()).unwrap();
    let again: Held = unflatten(leaves, &read).unwrap();
    assert!(again.value.0.is_sign_negative() && again.value.1.is_sign_negative(), "{again:?}");
}

#[test]
fn texts_and_characters() {
    held!(String: texts());
    held!(Box<str>: texts().into_iter().map(String::into_boxed_str).collect());
    held!(char: vec!['a', '\0', '"', '\\', '\u{7f}', '\u{d7ff}', '\u{e000}', char::MAX]);
    held!(std::path::PathBuf: vec!["".into(), "/a b".into(), "ü".into()]);
    held!(Vec<String>: vec![vec![], vec![String::new()], texts()]);
}

#[test]
fn options() {
    held!(Option<i64>: vec![None, Some(0), Some(i64::MIN)]);
    held!(Option<String>: vec![None, Some(String::new()), Some("null".into())]);
    held!(Option<f64>: vec![None, Some(0.0)]; refused NOT_FINITE.map(Some).to_vec());
    // JSON has one `null` for both levels.
    held!(Option<Option<i64>>: vec![None, Some(Some(1))]; refused vec![Some(None)]);
    held!(Option<()>: vec![None]; refused vec![Some(())]);
    held!(Option<Vec<Option<f64>>>:
        vec![None, Some(vec![]), Some(vec![None]), Some(vec![None, None]), Some(vec![Some(1.0), None])];
        refused vec![Some(vec![Some(f64::INFINITY)]), Some(vec![None, Some(f64::NAN)])]);
    held!(Result<i64, String>: vec![Ok(1), Err(String::new()), Err("1".into())]);
}

#[test]
fn lists_and_tuples() {
    held!(Vec<f64>: vec![vec![], floats(), vec![1.0, 2.0], vec![2.0, 1.0]]; refused NOT_FINITE.map(|v| vec![0.0, v]).to_vec());
    held!([f64; 2]: vec![[0.0, 1.0], [1.0, 0.0]]; refused vec![[f64::NAN, 0.0], [0.0, f64::NEG_INFINITY]]);
    held!((i64, f32, String): vec![(1, 0.5, String::new()), (1, 0.5, "\0".into())]; refused vec![(1, f32::NAN, String::new())]);
    held!(VecDeque<u64>: vec![[].into(), [u64::MAX].into(), [1, 2].into(), [2, 1].into()]);
    held!(Vec<Vec<()>>: vec![vec![], vec![vec![]], vec![vec![()]], vec![vec![], vec![]]]);
    held!(std::ops::Range<i64>: vec![0..0, 0..1, i64::MIN..i64::MAX]);
    held!(BTreeSet<String>: vec![[].into(), ["b".to_owned(), "a".to_owned()].into()]);
}

#[test]
fn maps() {
    let text = |s: &str| s.to_owned();
    held!(BTreeMap<String, f64>:
        vec![[].into(), texts().into_iter().map(|t| (t, 1.0)).collect(), [(text("a"), 1.0)].into()];
        refused NOT_FINITE.map(|v| [(text("a"), v)].into()).to_vec());
    held!(BTreeMap<i64, String>: vec![[].into(), [(i64::MIN, text("")), (-1, text("")), (i64::MAX, text(""))].into()]);
    held!(BTreeMap<bool, Option<i64>>: vec![[(true, None)].into(), [(false, None)].into(), [].into()]);
    held!(BTreeMap<char, ()>: vec![[('\0', ()), ('"', ())].into(), [].into()]);
    held!(BTreeMap<(i64, i64), i64>: vec![[].into()]; refused vec![[((1, 2), 3)].into()]);
    held!(Vec<BTreeMap<String, Option<Vec<u8>>>>: vec![vec![], vec![[].into()], vec![[(text("a"), None)].into()]]);
    held!(pytree_core::IndexMap<String, i64>: vec![[].into(), [(text("b"), 1), (text("a"), 2)].into()]);
}

#[test]
fn maps_and_sets_without_order_are_the_same_every_time() {
    let many = || (0..40).map(|i| (format!("key {i}"), i)).collect::<HashMap<String, i64>>();
    held!(HashMap<String, i64>: vec![HashMap::new(), many(), [("a".to_owned(), i64::MIN)].into()]);
    held!(HashMap<i64, Vec<i64>>: vec![[(3, vec![2, 1]), (1, vec![])].into(), [(3, vec![1, 2]), (1, vec![])].into()]);
    held!((i64, Option<std::collections::HashMap<String, i64>>): vec![(1, None), (1, Some(many()))]);
    held!(HashMap<String, f64>: vec![]; refused NOT_FINITE.map(|v| [("a".to_owned(), v)].into()).to_vec());
    held!(HashSet<String>: vec![HashSet::new(), many().into_keys().collect()]);
    held!(Vec<HashMap<String, i64>>: vec![vec![many(), HashMap::new()], vec![HashMap::new(), many()]]);
    let json = |map: HashMap<String, i64>| {
        #[derive(PyTree)]
        struct Held {
            #[pytree(static)]
            value: HashMap<String, i64>,
        }
        structure::<Meta, _>(&Held { value: map }).unwrap().to_json().unwrap()
    };
    let first = json(many());
    assert!((0..20).all(|_| json(many()) == first));
}

#[test]
fn types_of_the_user() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Mode {
        Train,
        Scaled(f64),
        Named { name: Option<String>, of: Box<Mode> },
    }
    held!(Mode:
        vec![
            Mode::Train,
            Mode::Scaled(-1.5),
            Mode::Named { name: None, of: Box::new(Mode::Train) },
            Mode::Named { name: Some(String::new()), of: Box::new(Mode::Scaled(0.0)) },
        ];
        refused vec![Mode::Scaled(f64::NAN), Mode::Named { name: None, of: Box::new(Mode::Scaled(f64::INFINITY)) }]);

    /// A type that serde does not write whole: two values would have the same spec.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Partial {
        a: i64,
        #[serde(skip)]
        b: i64,
    }
    held!(Partial: vec![Partial { a: 1, b: 0 }, Partial { a: 2, b: 0 }]; refused vec![Partial { a: 1, b: 1 }]);
}
