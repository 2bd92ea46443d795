//! The rows: what is read, printed and walked.

#[cfg(feature = "tch")]
use crate::made::guarded;
use crate::made::{
    chain, deep_shapes, deep_spec, file, many, read_condition, read_expr, read_file, read_pattern, read_shapes,
    read_treespec, sized, wide_shapes, wide_spec, wide_tree,
};
use program::OpName;
use pytree_core::{KeyEntry, KeyPath, Leaf, Meta, Value, flatten, unflatten};
use shapes::{InputSets, PathPattern, refine_dynamic_shapes_from_suggested_fixes, string_type};
use std::hint::black_box;
use symbolic::Expr;

/// Something that is read or printed, made for a size. What is done to it is measured, how it is made is not.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) size: usize,
    pub(crate) make: fn(usize) -> Box<dyn Fn()>,
}

const LEAF: &str = r#"{"type": null, "context": null, "children_spec": []}"#;

pub(crate) fn rows() -> Vec<Row> {
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
