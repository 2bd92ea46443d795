//! The other shapes of types: tuple, unit and newtype structs, enums with every kind of variant, and the kinds of nodes.

use crate::{paths, round_trips, tensor};
use pytree_core::{
    Leaf, LeafMut, Meta, PyTree, TensorMeta, TreeSpec, UnflattenError, for_each_mut, leaves, map, structure, unflatten,
};

#[test]
fn a_tuple_struct_is_a_tuple() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    struct Pair<A, B>(A, B);
    #[derive(PyTree, Clone, Debug, PartialEq)]
    struct Wrapped<T>(T);
    let tree = Pair(Wrapped(tensor(1)), Wrapped(2_i64));
    assert_eq!(round_trips(&tree), structure::<Meta, _>(&((tensor(1),), (2_i64,))).unwrap());
    assert_eq!(paths(&tree), ["[0][0]", "[1][0]"]);
    let mapped: Pair<Wrapped<TensorMeta>, Wrapped<i64>> = map::<Meta, Meta, _>(&tree, |_| tensor(9)).unwrap();
    assert_eq!(mapped, Pair(Wrapped(tensor(9)), Wrapped(2)));
}

#[test]
fn a_tuple_struct_may_be_another_node() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "dataclass", name = "my.Scaled")]
    struct Scaled<T>(T, #[pytree(static)] f64, #[pytree(rename = "rest")] Option<T>);
    let tree = Scaled(tensor(1), 0.5, None);
    assert_eq!(round_trips(&tree).to_string(), "TreeSpec(Scaled, [['_0'], ['rest'], {'_1': 0.5}], [*])");
    assert_eq!(paths(&tree), ["._0"]);

    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "list", family = Meta)]
    struct Two(i64, #[pytree(skip)] usize, i64);
    assert_eq!(round_trips(&Two(1, 0, 2)), structure::<Meta, _>(&vec![1_i64, 2]).unwrap());
}

#[test]
fn a_unit_struct_is_an_empty_tuple() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    struct Nothing;
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "dataclass", name = "my.Nothing")]
    struct Named;
    // A type without children is a tree of every family.
    assert_eq!(round_trips(&Nothing), structure::<Meta, _>(&()).unwrap());
    assert_eq!(round_trips(&Named).to_string(), "TreeSpec(Nothing, [[], []], [])");
}

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(name = "my.Mask")]
enum Mask<T> {
    /// No children.
    Causal,
    Dense(T),
    #[pytree(rename = "sliding")]
    Window {
        mask: Option<T>,
        #[pytree(static)]
        size: usize,
        #[pytree(skip)]
        seen: u8,
    },
    Other(#[pytree(rename = "first")] i64, Box<Mask<T>>),
}

#[test]
fn the_variant_of_an_enum_is_in_the_context() {
    let text = |tree: &Mask<TensorMeta>| round_trips(tree).to_string();
    assert_eq!(text(&Mask::Causal), "TreeSpec(Mask, [[], [], {'variant': 'Causal'}], [])");
    assert_eq!(text(&Mask::Dense(tensor(1))), "TreeSpec(Mask, [['_0'], [], {'variant': 'Dense'}], [*])");
    let window = Mask::Window { mask: None, size: 4, seen: 0 };
    assert_eq!(text(&window), "TreeSpec(Mask, [[], ['mask'], {'variant': 'sliding', 'size': 4}], [])");
    let other = Mask::Other(3, Box::new(Mask::Window { mask: Some(tensor(2)), size: 4, seen: 0 }));
    assert_eq!(round_trips(&other).num_leaves(), 2);
    assert_eq!(paths(&other), [".first", "._1.mask"]);
    assert_ne!(structure::<Meta, _>(&Mask::<TensorMeta>::Causal).unwrap(), structure::<Meta, _>(&window).unwrap());
}

#[test]
fn an_enum_is_changed_in_place_and_mapped() {
    let mut tree = Mask::Other(3, Box::new(Mask::Dense(tensor(2))));
    for_each_mut::<Meta, _>(&mut tree, |leaf| match leaf {
        LeafMut::Int(n) => *n += 1,
        LeafMut::Tensor(t) => *t = tensor(7),
        _ => {}
    });
    assert_eq!(tree, Mask::Other(4, Box::new(Mask::Dense(tensor(7)))));
    let mapped: Mask<TensorMeta> = map::<Meta, Meta, _>(&tree, |t| tensor(2 * t.sizes[0])).unwrap();
    assert_eq!(mapped, Mask::Other(4, Box::new(Mask::Dense(tensor(14)))));
}

#[test]
fn a_spec_of_an_unknown_variant_is_refused_with_its_place() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(name = "my.Mask", family = Meta)]
    enum Fewer {
        Causal,
        Window {
            mask: TensorMeta,
            #[pytree(static)]
            size: usize,
        },
    }
    let spec = structure::<Meta, _>(&vec![Mask::<TensorMeta>::Dense(tensor(1))]).unwrap();
    let error = unflatten::<Meta, Vec<Fewer>>([Leaf::Tensor(tensor(1))], &spec).unwrap_err();
    assert_eq!(error.to_string(), "at [0]: the variants of `Fewer` are 'Causal', 'Window', but the spec has 'Dense'");
    let spec = structure::<Meta, _>(&(1_i64,)).unwrap();
    let error = unflatten::<Meta, Fewer>([Leaf::Int(1)], &spec).unwrap_err();
    assert!(matches!(error, UnflattenError::Node { .. }), "{error}");
    // A struct of the same name is not an enum, and no variant has all of its fields.
    #[derive(PyTree)]
    #[pytree(name = "my.Mask", family = Meta)]
    struct Same {
        mask: i64,
        #[pytree(static)]
        variant: String,
    }
    let spec = structure::<Meta, _>(&Same { mask: 1, variant: "Causal".into() }).unwrap();
    let error = unflatten::<Meta, Fewer>([Leaf::Int(1)], &spec).unwrap_err();
    assert!(matches!(error, UnflattenError::Fields { .. }), "{error}");
}

#[test]
fn an_enum_of_units_has_no_leaves() {
    #[derive(PyTree, Clone, Copy, Debug, PartialEq)]
    #[pytree(as = "mapping", name = "my.Mode")]
    enum Mode {
        Train,
        r#Eval,
    }
    assert_eq!(round_trips(&Mode::Train).to_string(), "TreeSpec(Mode, [[], {'variant': 'Train'}], [])");
    assert_eq!(round_trips(&Mode::r#Eval).to_string(), "TreeSpec(Mode, [[], {'variant': 'Eval'}], [])");
    assert!(leaves::<Meta, _>(&Mode::Train).is_empty());
}

#[test]
fn an_enum_may_borrow_and_have_every_kind_of_parameter() {
    #[derive(PyTree)]
    enum View<'a, T: ?Sized, U, const N: usize> {
        One(&'a T),
        Many {
            items: &'a [U],
            #[pytree(skip)]
            sizes: [usize; N],
            #[pytree(static)]
            n: i64,
        },
    }
    let items = [tensor(1), tensor(2)];
    let one: View<'_, _, i64, 1> = View::One(&items[0]);
    assert_eq!(leaves::<Meta, _>(&one).len(), 1);
    let many: View<'_, i64, TensorMeta, 1> = View::Many { items: &items, sizes: [3], n: 1 };
    assert_eq!(paths(&many), [".items[0]", ".items[1]"]);
    assert!(matches!(many, View::Many { sizes: [3], .. }));
}

#[test]
fn every_kind_of_node_can_be_named() {
    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "namedtuple", name = "my.Point")]
    struct Point<T>(#[pytree(rename = "x")] T, #[pytree(rename = "y")] T);
    let spec = structure::<Meta, _>(&Point(1_i64, 2)).unwrap();
    assert!(spec.to_json().unwrap().contains(r#""type": "collections.namedtuple""#), "{}", spec.to_json().unwrap());
    assert_eq!(paths(&Point(1_i64, 2)), [".x", ".y"]);
    assert_eq!(unflatten::<Meta, Point<i64>>([3, 4].map(Leaf::Int), &spec).unwrap(), Point(3, 4));

    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "OrderedDict")]
    struct State<T> {
        weight: T,
        bias: Option<T>,
    }
    let state = State { weight: tensor(1), bias: None };
    let spec = round_trips(&state);
    assert_eq!(spec.to_string(), "TreeSpec(OrderedDict, ['weight', 'bias'], [*,\n  *])");
    assert_eq!(paths(&state), ["['weight']", "['bias']"]);

    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "custom", name = "my.Sparse")]
    struct Sparse<T> {
        indices: T,
        values: T,
        #[pytree(static)]
        size: (i64, i64),
    }
    let sparse = Sparse { indices: tensor(1), values: tensor(2), size: (3, 4) };
    assert_eq!(round_trips(&sparse).num_leaves(), 2);
    let other = Sparse { size: (3, 5), ..sparse.clone() };
    assert_ne!(structure::<Meta, _>(&sparse).unwrap(), structure::<Meta, _>(&other).unwrap());

    #[derive(PyTree, Clone, Debug, PartialEq)]
    #[pytree(as = "constant", name = "my.Config")]
    struct Config {
        #[pytree(static)]
        heads: usize,
        #[pytree(static)]
        scale: f64,
    }
    let config = Config { heads: 2, scale: 0.5 };
    let spec = structure::<Meta, _>(&config).unwrap();
    assert_eq!(spec.to_string(), "TreeSpec(Config, ConstantNode(value=Config(heads=2, scale=0.5)), [])");
    assert_eq!(unflatten::<Meta, Config>([], &spec).unwrap(), config);
}

#[test]
fn containers_of_torch_have_the_specs_of_the_librarys_own() {
    use pytree_core::{Deque, ImmutableDict, ImmutableList, OrderedDict};
    #[derive(PyTree)]
    #[pytree(as = "OrderedDict", family = Meta)]
    struct Ordered {
        a: i64,
        b: i64,
    }
    #[derive(PyTree)]
    #[pytree(as = "immutable_dict", family = Meta)]
    struct Frozen {
        a: i64,
        b: i64,
    }
    #[derive(PyTree)]
    #[pytree(as = "immutable_list", family = Meta)]
    struct FrozenList(i64, i64);
    #[derive(PyTree)]
    #[pytree(as = "deque", family = Meta)]
    struct Queue(i64, i64);

    fn same<X: PyTree<Meta>, Y: PyTree<Meta>>(derived: &X, library: &Y) {
        assert_eq!(structure::<Meta, _>(derived).unwrap(), structure::<Meta, _>(library).unwrap());
    }
    let items = || [("a".to_owned(), 1_i64), ("b".to_owned(), 2)].into_iter().collect();
    same(&Ordered { a: 1, b: 2 }, &OrderedDict { items: items() });
    same(&Frozen { a: 1, b: 2 }, &ImmutableDict { items: items() });
    same(&FrozenList(1, 2), &ImmutableList(vec![1_i64, 2]));
    same(&Queue(1, 2), &Deque { items: [1_i64, 2].into(), maxlen: None });
}

/// `specs.json` holds the specs that PyTorch dumps for the same values.
#[test]
fn the_json_of_a_derived_type_is_that_of_torch() {
    #[derive(PyTree)]
    #[pytree(name = "my.Mask", family = Meta)]
    enum Window {
        Causal,
        Window {
            mask: Option<TensorMeta>,
            x: TensorMeta,
            #[pytree(static)]
            size: i64,
        },
    }
    #[derive(PyTree)]
    #[pytree(as = "namedtuple", name = "my.Point")]
    struct Point<T> {
        x: T,
        y: T,
    }
    #[derive(PyTree)]
    #[pytree(as = "custom", name = "my.Sparse")]
    struct Sparse<T> {
        i: T,
        v: T,
        #[pytree(static)]
        size: (i64, i64),
    }
    #[derive(PyTree)]
    #[pytree(as = "OrderedDict")]
    struct Ordered<T> {
        a: T,
        b: T,
    }
    let recorded: serde_json::Value = serde_json::from_str(include_str!("specs.json")).unwrap();
    let is = |name: &str, spec: TreeSpec| {
        assert_eq!(Some(spec.to_json().unwrap().as_str()), recorded[name].as_str(), "{name}");
    };
    is("causal", structure::<Meta, _>(&Window::Causal).unwrap());
    is("window", structure::<Meta, _>(&Window::Window { mask: None, x: tensor(1), size: 4 }).unwrap());
    is("point", structure::<Meta, _>(&Point { x: 1_i64, y: 2 }).unwrap());
    is("sparse", structure::<Meta, _>(&Sparse { i: tensor(1), v: tensor(2), size: (3, 4) }).unwrap());
    is("ordered", structure::<Meta, _>(&Ordered { a: 1_i64, b: 2 }).unwrap());
}
