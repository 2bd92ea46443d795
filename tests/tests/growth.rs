//! What it costs to read, print and walk a text or a tree grows with its size and no faster.
//!
//! The cost is counted: the bytes that are allocated, and the most that are held at once. What allocates nothing while it
//! compares is also bounded by the time of the processor, with so much room that only a square is too slow.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "../../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub, clippy::expect_used, reason = "the file is a library of its own in `fuzz`")]
mod promises;

use program::{ExportedProgram, OpName};
use promises::{EMPTY_MODEL, pt2};
use pytree_core::{Context, Key, KeyEntry, KeyPath, Leaf, Meta, SpecBuilder, TreeSpec, Value, flatten, unflatten};
use shapes::{
    Dim, DynamicShapes, InputSets, PathPattern, ShapeSpec, refine_dynamic_shapes_from_suggested_fixes, string_type,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::hint::black_box;
use symbolic::{Expr, parse_srepr, parse_srepr_bool};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How much more twice the size may cost. Tables that double when they are full make a factor of 2 a little more.
const TWICE: f64 = 2.6;

/// How much more of the processor's time eight times the size may take. A square takes 64 times as much.
const EIGHT_TIMES: f64 = 28.0;

/// So little time says nothing.
const LEAST: f64 = 2e6;

/// Something that is read or printed, made for a size. What is done to it is measured, how it is made is not.
struct Row {
    name: &'static str,
    size: usize,
    make: fn(usize) -> Box<dyn Fn()>,
}

/// The bytes that a run allocates.
fn allocated(run: &dyn Fn()) -> f64 {
    let region = Region::new(ALLOCATOR);
    run();
    region.change().bytes_allocated as f64
}

/// The nanoseconds of the processor that this thread has taken, where the system says so.
fn spent() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// The least time that one of some runs takes.
fn time(run: &dyn Fn()) -> Option<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let before = spent()?;
        run();
        least = least.min(spent()? - before);
    }
    Some(least)
}

fn many(part: &str, n: usize, between: &str) -> String {
    (0..n).map(|i| part.replace('#', &i.to_string())).collect::<Vec<_>>().join(between)
}

fn read_treespec(text: String) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(TreeSpec::from_json(&text))))
}

fn read_shapes(text: String) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(serde_json::from_str::<DynamicShapes>(&text))))
}

fn read_expr(text: String) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(parse_srepr(&text).map(|expr| expr.to_string()))))
}

fn read_condition(text: String) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(parse_srepr_bool(&text).map(|condition| condition.to_string()))))
}

fn read_pattern(text: String) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(text.parse::<PathPattern>().map(|pattern| pattern.to_string()))))
}

/// A file with other text at places of its model.
fn file(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut model = String::from_utf8(EMPTY_MODEL.to_vec()).unwrap();
    for (from, to) in parts {
        assert!(model.contains(from), "{from}");
        model = model.replacen(from, to, 1);
    }
    let none: &[u8] = br#"{"config":{}}"#;
    pt2(&[
        ("models/model.json", model.as_bytes()),
        ("data/weights/model_weights_config.json", none),
        ("data/constants/model_constants_config.json", none),
    ])
}

/// Reads a file, and prints and checks what was read.
fn read_file(bytes: Vec<u8>) -> Box<dyn Fn()> {
    Box::new(move || {
        if let Ok(program) = black_box(ExportedProgram::read(bytes.clone())) {
            drop(black_box((program.to_string(), program.check(), program.summary(), program.requirements())));
        }
    })
}

/// A file with one input of these sizes, and these ranges.
fn sized(sizes: &str, strides: &str, ranges: &str) -> Vec<u8> {
    let meta = format!(
        r#"{{"dtype":7,"sizes":[{sizes}],"requires_grad":false,"device":{{"type":"cpu","index":null}},"strides":[{strides}],
        "storage_offset":{{"as_int":0}},"layout":7}}"#
    );
    let call =
        r#"{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": []}, {\"type\": \"builtins.dict\""#;
    let one = r#"{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": [{\"type\": null, \"context\": null, \"children_spec\": []}]}, {\"type\": \"builtins.dict\""#;
    file(&[
        (r#""inputs": []"#, r#""inputs": [{"as_tensor":{"name":"x"}}]"#),
        (r#""tensor_values": {}"#, &format!(r#""tensor_values": {{"x":{meta}}}"#)),
        (r#""input_specs": []"#, r#""input_specs": [{"user_input":{"arg":{"as_tensor":{"name":"x"}}}}]"#),
        (call, one),
        (r#""range_constraints": {}"#, &format!(r#""range_constraints": {{{ranges}}}"#)),
    ])
}

/// Nodes that each add the input to the value before them.
fn chain(n: usize) -> Vec<u8> {
    let meta = r#"{"dtype":7,"sizes":[{"as_int":2}],"requires_grad":false,"device":{"type":"cpu","index":null},"strides":[{"as_int":1}],"storage_offset":{"as_int":0},"layout":7}"#;
    let name = |i: usize| if i == 0 { "x".to_owned() } else { format!("relu_{i}") };
    let node = |i: usize| {
        format!(
            r#"{{"target":"torch.ops.aten.relu.default","inputs":[{{"name":"self","arg":{{"as_tensor":{{"name":"{}"}}}},"kind":1}}],"outputs":[{{"as_tensor":{{"name":"{}"}}}}],"metadata":{{"stack_trace":"File \"a.py\", line {i}, in forward\n    x = x.relu()"}},"name":"{}"}}"#,
            name(i - 1),
            name(i),
            name(i)
        )
    };
    let nodes: Vec<String> = (1..=n).map(node).collect();
    let values: Vec<String> = (0..=n).map(|i| format!(r#""{}":{meta}"#, name(i))).collect();
    let call =
        r#"{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": []}, {\"type\": \"builtins.dict\""#;
    let one = r#"{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": [{\"type\": null, \"context\": null, \"children_spec\": []}]}, {\"type\": \"builtins.dict\""#;
    file(&[
        (r#""inputs": []"#, r#""inputs": [{"as_tensor":{"name":"x"}}]"#),
        (r#""nodes": []"#, &format!(r#""nodes": [{}]"#, nodes.join(","))),
        (r#""tensor_values": {}"#, &format!(r#""tensor_values": {{{}}}"#, values.join(","))),
        (r#""input_specs": []"#, r#""input_specs": [{"user_input":{"arg":{"as_tensor":{"name":"x"}}}}]"#),
        (call, one),
    ])
}

/// A spec that is as deep as it has nodes.
fn deep_spec(n: usize) -> TreeSpec {
    let mut builder = SpecBuilder::default();
    (0..n).for_each(|_| builder.open(Context::List, 1));
    builder.leaf();
    builder.finish()
}

/// A spec of a tuple of dicts.
fn wide_spec(n: usize) -> TreeSpec {
    TreeSpec::tuple((0..n).map(|i| TreeSpec::dict([(format!("key_{i}"), TreeSpec::leaf())])))
}

fn wide_tree(n: usize) -> Value<Meta> {
    Value::list((0..n).map(|i| Value::dict([(format!("k{i}"), Value::from(Leaf::Int(i as i64)))])))
}

fn wide_shapes(n: usize) -> DynamicShapes {
    let leaf = |i: usize| DynamicShapes::leaf(ShapeSpec::dims([(0, Dim::new(&format!("d{i}")).unwrap())]));
    DynamicShapes::Dict((0..n).map(|i| (Key::from(format!("k{i}")), leaf(i))).collect())
}

fn deep_shapes(n: usize) -> DynamicShapes {
    (0..n).fold(DynamicShapes::NONE, |shapes, _| DynamicShapes::List(vec![shapes]))
}

const LEAF: &str = r#"{"type": null, "context": null, "children_spec": []}"#;

fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "treespec JSON with many children",
            size: 4000,
            make: |n| {
                read_treespec(format!(
                    r#"[1, {{"type": "builtins.list", "context": "null", "children_spec": [{}]}}]"#,
                    many(LEAF, n, ", ")
                ))
            },
        },
        Row {
            name: "treespec JSON with many keys",
            size: 2000,
            make: |n| {
                let keys = serde_json::Value::from(format!("[{}]", many("\"k#\"", n, ", "))).to_string();
                read_treespec(format!(
                    r#"[1, {{"type": "builtins.dict", "context": {keys}, "children_spec": [{}]}}]"#,
                    many(LEAF, n, ", ")
                ))
            },
        },
        Row {
            name: "treespec JSON that is too deep",
            size: 20_000,
            make: |n| read_treespec(format!("[1, {}", "[".repeat(n))),
        },
        Row {
            name: "treespec JSON with much that is ignored",
            size: 8000,
            make: |n| {
                read_treespec(format!(
                    r#"[1, {{"type": null, "more": {}{}, "context": null, "children_spec": []}}]"#,
                    "[".repeat(n),
                    "]".repeat(n)
                ))
            },
        },
        Row {
            name: "a deep spec as text and JSON",
            size: 2000,
            make: |n| {
                let spec = deep_spec(n);
                Box::new(move || drop(black_box((spec.to_string(), spec.pprint(), spec.to_json()))))
            },
        },
        Row {
            name: "a wide spec as text, JSON and paths",
            size: 1000,
            make: |n| {
                let spec = wide_spec(n);
                Box::new(move || {
                    let paths: Vec<String> = spec.leaf_paths().map(|path| path.to_string()).collect();
                    drop(black_box((spec.to_string(), spec.pprint(), spec.to_json(), paths)));
                })
            },
        },
        Row {
            name: "a wide tree flattened and rebuilt",
            size: 1000,
            make: |n| {
                let tree = wide_tree(n);
                Box::new(move || {
                    let flat = flatten(&tree).unwrap();
                    let leaves: Vec<Leaf<Meta>> = (0..flat.leaves.len()).map(|i| Leaf::Int(i as i64)).collect();
                    drop(black_box(unflatten::<Meta, Value<Meta>>(leaves, &flat.spec).unwrap()));
                })
            },
        },
        Row {
            name: "inputs described and guessed from",
            size: 500,
            make: |n| {
                let set = |rows: i64| {
                    let tensor = pytree_core::TensorMeta::new(pytree_core::DType::Float32, [rows, 3]);
                    Value::tuple([Value::list((0..n).map(|_| Value::<Meta>::tensor(tensor.clone())))])
                };
                let sets = [set(2), set(3)];
                Box::new(move || {
                    let inputs = InputSets::of(&sets).unwrap();
                    drop(black_box((
                        inputs.guess_dynamic_shapes().unwrap(),
                        string_type(&sets[0], Default::default()),
                    )));
                })
            },
        },
        Row {
            name: "shapes JSON with many dims",
            size: 4000,
            make: |n| read_shapes(format!(r#"{{"Leaf":{{"Dict":{{{}}}}}}}"#, many(r##""#":{"Int":3}"##, n, ","))),
        },
        Row {
            name: "shapes JSON with many entries",
            size: 4000,
            make: |n| read_shapes(format!(r#"{{"Dict":[{}]}}"#, many(r##"["k#",{"Leaf":"None"}]"##, n, ","))),
        },
        Row { name: "shapes JSON that is too deep", size: 20_000, make: |n| read_shapes(r#"{"List":["#.repeat(n)) },
        Row {
            name: "wide shapes printed and written",
            size: 1000,
            make: |n| {
                let shapes = wide_shapes(n);
                Box::new(move || {
                    drop(black_box((
                        shapes.to_string(),
                        shapes.repr(),
                        shapes.legacy().to_string(),
                        serde_json::to_string(&shapes).unwrap(),
                    )))
                })
            },
        },
        Row {
            name: "deep shapes printed",
            size: 100,
            make: |n| {
                let shapes = deep_shapes(n);
                Box::new(move || drop(black_box((shapes.to_string(), shapes.repr()))))
            },
        },
        Row {
            name: "a pattern of many steps",
            size: 4000,
            make: |n| read_pattern(format!("x{}", ".a[*]['b c']".repeat(n))),
        },
        Row { name: "a pattern of many rests", size: 4000, make: |n| read_pattern(format!("**{}", ".**".repeat(n))) },
        Row {
            name: "a pattern of many rests on a long path",
            size: 8000,
            // The cost is the product of both lengths, so only one of them grows.
            make: |n| {
                let pattern: PathPattern = format!("{}b", "**.a.".repeat(12)).parse().unwrap();
                let path: KeyPath = (0..n).map(|_| KeyEntry::GetAttr("a".into())).collect();
                Box::new(move || assert!(!black_box(pattern.matches(&path))))
            },
        },
        Row {
            name: "suggested fixes",
            size: 500,
            make: |n| {
                let shapes = wide_shapes(n);
                let text = format!("Suggested fixes:\n{}", many("  d# = Dim('d#', min=3, max=8)", n, "\n"));
                Box::new(move || drop(black_box(refine_dynamic_shapes_from_suggested_fixes(&text, &shapes).unwrap())))
            },
        },
        Row {
            name: "a sum",
            size: 1000,
            make: |n| read_expr(format!("Add({})", many("Symbol('s#', positive=True, integer=True)", n, ", "))),
        },
        Row {
            name: "a sum of one symbol",
            size: 2000,
            make: |n| read_expr(format!("Add({})", many("Symbol('s', positive=True, integer=True)", n, ", "))),
        },
        Row {
            name: "a product",
            size: 1000,
            make: |n| read_expr(format!("Mul({})", many("Symbol('s#', positive=True, integer=True)", n, ", "))),
        },
        Row {
            name: "a sum of products",
            size: 500,
            make: |n| read_expr(format!("Add({})", many("Mul(Integer(#), Symbol('s#', integer=True))", n, ", "))),
        },
        Row {
            name: "a maximum",
            size: 500,
            make: |n| read_expr(format!("Max({})", many("Symbol('s#', positive=True, integer=True)", n, ", "))),
        },
        Row {
            name: "a choice",
            size: 300,
            make: |n| {
                read_expr(format!(
                    "Piecewise({})",
                    many("ExprCondPair(Integer(#), StrictLessThan(Symbol('s', integer=True), Integer(#)))", n, ", ")
                ))
            },
        },
        Row {
            name: "a conjunction",
            size: 500,
            make: |n| {
                read_condition(format!("And({})", many("LessThan(Symbol('s#', integer=True), Integer(1))", n, ", ")))
            },
        },
        Row {
            name: "a disjunction",
            size: 500,
            make: |n| {
                read_condition(format!("Or({})", many("LessThan(Symbol('s#', integer=True), Integer(1))", n, ", ")))
            },
        },
        Row { name: "an expression that is too deep", size: 8000, make: |n| read_expr("FloorDiv(".repeat(n)) },
        Row { name: "a condition that is too deep", size: 8000, make: |n| read_condition("Not(".repeat(n)) },
        Row {
            name: "a long name of a symbol",
            size: 20_000,
            make: |n| read_expr(format!("Symbol('{}')", "s".repeat(n))),
        },
        Row {
            name: "a sum made term by term",
            size: 200,
            make: |n| {
                Box::new(move || {
                    let terms = (0..n).map(|i| Expr::size(&format!("s{i}")));
                    drop(black_box(Expr::sum(terms).unwrap().srepr()));
                })
            },
        },
        Row {
            name: "the name of an op",
            size: 20_000,
            make: |n| {
                let text = format!("aten.{}.default", "a".repeat(n));
                Box::new(move || drop(black_box(text.parse::<OpName>())))
            },
        },
        Row {
            name: "the name of an op with many dots",
            size: 20_000,
            make: |n| {
                let text = "a.".repeat(n);
                Box::new(move || drop(black_box(text.parse::<OpName>())))
            },
        },
        Row { name: "a file of a chain of nodes", size: 100, make: |n| read_file(chain(n)) },
        Row {
            name: "a file with a size for each symbol",
            size: 100,
            make: |n| {
                let size =
                    r#"{"as_expr":{"expr_str":"Symbol('s#', positive=True, integer=True)","hint":{"as_int":7}}}"#;
                read_file(sized(
                    &many(size, n, ","),
                    &many(r#"{"as_int":1}"#, n, ","),
                    &many(r##""s#":{"min_val":0,"max_val":null}"##, n, ","),
                ))
            },
        },
        Row {
            name: "a file with much metadata",
            size: 1000,
            make: |n| {
                read_file(file(&[(
                    r#""nodes": []"#,
                    &format!(
                        r#""nodes": [{{"target":"torch.ops.a.b.c","inputs":[],"outputs":[],"metadata":{{{}}}}}]"#,
                        many(r##""k#":"v#""##, n, ",")
                    ),
                )]))
            },
        },
        Row {
            name: "a file with unknown targets",
            size: 300,
            make: |n| {
                read_file(file(&[(
                    r#""nodes": []"#,
                    &format!(
                        r#""nodes": [{}]"#,
                        many(r##"{"target":"torch.ops.a#.b.c","inputs":[],"outputs":[],"metadata":{}}"##, n, ",")
                    ),
                )]))
            },
        },
        Row {
            name: "a file with a long target",
            size: 10_000,
            make: |n| {
                read_file(file(&[(
                    r#""nodes": []"#,
                    &format!(
                        r#""nodes": [{{"target":"torch.ops.{}","inputs":[],"outputs":[],"metadata":{{}}}}]"#,
                        "a.".repeat(n)
                    ),
                )]))
            },
        },
        Row {
            name: "a file with many modules",
            size: 200,
            make: |n| {
                read_file(file(&[(
                    r#""module_call_graph": ["#,
                    &format!(r#""module_call_graph": [{},"#, many(r##"{"fqn":"a.b.c#"}"##, n, ",")),
                )]))
            },
        },
        Row {
            name: "a file with a module of a dotted name",
            size: 5000,
            make: |n| {
                read_file(file(&[(
                    r#""module_call_graph": ["#,
                    &format!(r#""module_call_graph": [{{"fqn":"{}a"}},"#, "a.".repeat(n)),
                )]))
            },
        },
        #[cfg(feature = "tch")]
        Row {
            name: "guards of a program",
            size: 100,
            make: |n| guarded((0..n).map(|i| format!("L['x'].size()[0] != {}", 1000 + i)).collect()),
        },
        #[cfg(feature = "tch")]
        Row {
            name: "a long guard of a program",
            size: 200,
            make: |n| guarded(vec![format!("L['x'].size()[0] {} >= 0", "+ 1 ".repeat(n))]),
        },
        #[cfg(feature = "tch")]
        Row { name: "a guard that is too deep", size: 5000, make: |n| guarded(vec![format!("{}1", "(".repeat(n))]) },
    ]
}

/// A program with conditions on its input, made into a module.
#[cfg(feature = "tch")]
fn guarded(guards: Vec<String>) -> Box<dyn Fn()> {
    use torch_export::RunProgram;
    let size = r#"{"as_expr":{"expr_str":"Symbol('s0', positive=True, integer=True)","hint":{"as_int":7}}}"#;
    let mut program =
        ExportedProgram::read(sized(size, r#"{"as_int":1}"#, r#""s0":{"min_val":0,"max_val":null}"#)).unwrap();
    program.argument_names = vec!["x".to_owned()];
    program.guards = guards.into_iter().map(program::Guard::of_code).collect();
    Box::new(move || drop(black_box(program.module())))
}

#[test]
fn costs_grow_with_the_size_and_no_faster() {
    let mut wrong = Vec::new();
    let only = std::env::var("ONLY").ok();
    for Row { name, size, make } in rows() {
        if only.as_deref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let (once, twice, eight) = (make(size), make(2 * size), make(8 * size));
        // What is made once in a process is not counted.
        once();
        let (a, b) = (allocated(&once), allocated(&twice));
        let factor = b / a.max(1000.0);
        let times = time(&once).zip(time(&eight)).map(|(a, b)| (b / a.max(LEAST), a, b));
        println!("{name}: {factor:.2} times the memory of {a} bytes, {times:.1?} times the time");
        if factor > TWICE {
            wrong.push(format!("{name}: twice the size takes {factor:.2} times the memory, {a} and {b} bytes"));
        }
        if let Some((times, a, b)) = times.filter(|(times, ..)| *times > EIGHT_TIMES) {
            wrong.push(format!("{name}: eight times the size takes {times:.1} times the time, {a} and {b} ns"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A square is found: the test would fail for it.
#[test]
fn a_square_is_seen() {
    let square = |n: usize| move || drop(black_box((0..n).map(|i| vec![0_u8; i]).collect::<Vec<_>>()));
    let (once, twice) = (square(500), square(1000));
    assert!(allocated(&twice) / allocated(&once) > TWICE);
}

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
