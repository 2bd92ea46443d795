//! Deep trees and deep shapes on the stack of an ordinary thread.

use crate::made::deep_shapes;
use pytree_core::{Leaf, Meta, TreeSpec, Value, flatten};
use shapes::DynamicShapes;

/// A tree of a user, which holds itself.
#[derive(pytree_core::PyTree)]
#[pytree(family = Meta)]
struct Link {
    value: i64,
    next: Option<Box<Link>>,
    others: Vec<Link>,
}

fn links(depth: usize) -> Link {
    let end = Link { value: 0, next: None, others: Vec::new() };
    (0..depth).fold(end, |next, i| match i % 2 {
        0 => Link { value: i as i64, next: Some(Box::new(next)), others: Vec::new() },
        _ => Link { value: i as i64, next: None, others: vec![next] },
    })
}

fn deep_tree(depth: usize) -> Value<Meta> {
    (0..depth).fold(Value::from(Leaf::Int(1)), |tree, i| match i % 3 {
        0 => Value::list([tree]),
        1 => Value::tuple([tree]),
        _ => Value::dict([("key", tree)]),
    })
}

/// Too deep a tree is an error on the stack of an ordinary thread, whatever its types are. Without optimizations the derived
/// code takes more of it than a thread has by default.
#[test]
fn trees_that_are_too_deep_are_refused_on_an_ordinary_stack() {
    const STACK: usize = if cfg!(debug_assertions) { 4 << 20 } else { 2 << 20 };
    let on_a_thread = |run: fn()| std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
    on_a_thread(|| {
        for depth in [TreeSpec::MAX_DEPTH + 1, 1200, 5000] {
            let tree = deep_tree(depth);
            assert!(flatten(&tree).is_err(), "{depth}");
            // Dropping a tree is recursion of the language, so it is left out.
            std::mem::forget(tree);
        }
    });
    on_a_thread(|| {
        for depth in [TreeSpec::MAX_DEPTH, 1200, 5000] {
            let tree = links(depth);
            assert!(flatten::<Meta, _>(&tree).is_err(), "{depth}");
            std::mem::forget(tree);
        }
    });
}

/// Deep shapes are printed, written and matched, or refused, on the stack of an ordinary thread.
#[test]
fn deep_shapes_on_an_ordinary_stack() {
    const STACK: usize = 2 << 20;
    let run = || {
        for depth in [10, 60, 61, 100, 1000, 5000] {
            let shapes = deep_shapes(depth);
            let (shown, repr) = (shapes.to_string(), shapes.repr());
            assert!(shown.starts_with('[') && repr.starts_with('['), "{depth}");
            assert_eq!(repr.contains("..."), depth > 1000, "{depth}");
            let written = serde_json::to_string(&shapes);
            // What can be written can be read.
            assert!(written.is_err() || serde_json::from_str::<DynamicShapes>(&written.unwrap()).is_ok(), "{depth}");
            let _ = (shapes.legacy().to_string(), shapes.leaves().len());
            std::mem::forget(shapes);
        }
    };
    std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
}
