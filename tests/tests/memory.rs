//! The memory of a load is at most four times what the members of the file unpack to, however the file is made.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "../../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub, clippy::expect_used, reason = "the file is a library of its own in `fuzz`")]
mod promises;

use peak_alloc::PeakAlloc;
use promises::{EMPTY_MODEL, pt2, zip};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Memory is counted for the whole process, so one test runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many bytes a file has that is made of many small parts. What a small file takes besides is nothing to it.
const BYTES: usize = 250_000;

/// The largest factor by which a load exceeds the unpacked members.
const FACTOR: usize = 4;

/// No file takes longer, even in a debug build on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

const WEIGHTS: &str = "data/weights/model_weights_config.json";
const CONSTANTS: &str = "data/constants/model_constants_config.json";
const NO_TENSORS: &[u8] = br#"{"config":{}}"#;

/// As many parts as fit, each with its number where it has a `#`, with commas between them.
fn many(part: &str) -> String {
    let mut text = String::with_capacity(BYTES + part.len());
    for i in 0.. {
        if text.len() >= BYTES {
            break;
        }
        text.push_str(if i == 0 { "" } else { "," });
        text.push_str(&part.replace('#', &i.to_string()));
    }
    text
}

fn list(part: &str) -> String {
    format!("[{}]", many(part))
}

fn table(entry: &str) -> String {
    format!("{{{}}}", many(entry))
}

/// The empty model with other texts at these places.
fn model(parts: &[(&str, String)]) -> String {
    let mut model: Value = serde_json::from_slice(EMPTY_MODEL).unwrap();
    for (place, _) in parts {
        let (parent, key) = place.rsplit_once('/').unwrap();
        let parent = model.pointer_mut(parent).unwrap();
        let mark = Value::String(format!("<{place}>"));
        match parent {
            Value::Object(entries) => drop(entries.insert(key.to_owned(), mark)),
            parent => parent[key.parse::<usize>().unwrap()] = mark,
        }
    }
    let mut text = model.to_string();
    for (place, part) in parts {
        text = text.replacen(&format!("\"<{place}>\""), part, 1);
    }
    text
}

const GRAPH: &str = "/graph_module/graph/";

fn graph(part: &str, text: String) -> String {
    model(&[(&format!("{GRAPH}{part}"), text)])
}

/// A model with one node that has these arguments and this metadata.
fn node(inputs: &str, metadata: &str) -> String {
    let target = "torch.ops.test.op.default";
    let node = format!(r#"{{"target":"{target}","inputs":{inputs},"outputs":[],"metadata":{metadata},"name":"n"}}"#);
    graph("nodes", format!("[{node}]"))
}

fn argument(kind: &str, value: &str) -> String {
    node(&format!(r#"[{{"name":"x","arg":{{"{kind}":{value}}},"kind":1}}]"#), "{}")
}

/// A model with one tensor as its input, of these sizes.
fn sizes(sizes: &str) -> String {
    let meta = format!(
        r#"{{"dtype":7,"sizes":{sizes},"requires_grad":false,"device":{{"type":"cpu","index":null}},"strides":{sizes},
        "storage_offset":{{"as_int":0}},"layout":7}}"#
    );
    model(&[
        ("/graph_module/graph/inputs", r#"[{"as_tensor":{"name":"x"}}]"#.to_owned()),
        ("/graph_module/graph/tensor_values", format!(r#"{{"x":{meta}}}"#)),
    ])
}

fn size(expr: &str) -> String {
    sizes(&format!(r#"[{{"as_expr":{{"expr_str":"{expr}","hint":null}}}}]"#))
}

/// A model whose inputs have this structure.
fn structure(spec: &str) -> String {
    model(&[("/graph_module/module_call_graph/0/signature/in_spec", Value::String(spec.to_owned()).to_string())])
}

/// Models of many small parts: what they are, and their JSON.
fn models() -> Vec<(String, String)> {
    let mut models = Vec::new();
    let mut add = |what: &str, text: String| models.push((what.to_owned(), text));
    for (kind, entry) in [
        ("as_ints", "1"),
        ("as_ints", "[]"),
        ("as_int_lists", "[]"),
        ("as_int_lists", "[1]"),
        ("as_floats", "1"),
        ("as_floats", "\"NaN\""),
        ("as_float_lists", "[]"),
        ("as_bools", "true"),
        ("as_strings", "\"\""),
        ("as_strings", "\"\\n\""),
        ("as_nested_tensors", "[]"),
        ("as_tensors", r#"{"name":""}"#),
        ("as_optional_tensors", r#"{"as_none":true}"#),
        ("as_sym_ints", r#"{"as_int":1}"#),
        ("as_sym_floats", r#"{"as_float":1}"#),
        ("as_sym_bools", r#"{"as_bool":true}"#),
    ] {
        add(&format!("{kind} of {entry}"), argument(kind, &list(entry)));
    }
    add("a dict of many", argument("as_string_to_argument", &table(r##""#":{"as_none":true}"##)));
    add("a deep list", argument("as_int_lists", &("[".repeat(BYTES / 2) + &"]".repeat(BYTES / 2))));
    let nest = |open: &str, close: &str| {
        let depth = BYTES / (open.len() + close.len());
        open.repeat(depth) + "0" + &close.repeat(depth)
    };
    add("a deep dict", argument("as_string_to_argument", &nest(r#"{"k":{"as_string_to_argument":"#, "}}")));
    add("many arguments", node(&list(r#"{"name":"","arg":{"as_none":true},"kind":1}"#), "{}"));
    add("many bad arguments", node(&list(r#"{"name":"","arg":{"as_int":1},"kind":2}"#), "{}"));
    add("much metadata", node("[]", &table(r##""#":"#b""##)));
    add("metadata with one key", node("[]", &table(r##""":"#""##)));
    add("many nodes", graph("nodes", list(r#"{"target":"torch.ops.a.b.c","inputs":[],"outputs":[]}"#)));
    let results = r##"{"target":"torch.ops.a.b.c","inputs":[],"outputs":[{"as_sym_int":{"as_name":"a#"}}]}"##;
    add("nodes with results", graph("nodes", list(results)));
    let sum = r#"{"target":"_operator.add","inputs":[],"outputs":[]}"#;
    add("wrong nodes", graph("nodes", list(sum)));
    let known = r#"{"target":"torch.ops.aten.relu.default","inputs":[],"outputs":[]}"#;
    add("nodes without arguments", graph("nodes", list(known)));
    add("nodes that are empty", graph("nodes", list("{}")));
    let unused = r#"[{"target":"torch.ops.a.b.c","inputs":[],"outputs":[{"as_none":true}]}]"#;
    add("a none", graph("nodes", unused.replace("[{\"as_none\":true}]", &list(r#"{"as_none":true}"#))));
    add("inputs", graph("inputs", list(r#"{"as_none":true}"#)));
    add("outputs", graph("outputs", list(r#"{"as_none":true}"#)));
    for values in ["tensor_values", "sym_int_values", "sym_bool_values", "sym_float_values", "custom_obj_values"] {
        add(values, graph(values, table(r##""#":1"##)));
    }
    add("sizes", sizes(&list(r#"{"as_int":1}"#)));
    add("sizes that differ", sizes(&list(r##"{"as_int":9#}"##)));
    add("symbols", sizes(&list(r##"{"as_expr":{"expr_str":"Symbol('s#')","hint":{"as_int":1}}}"##)));
    for function in ["Add", "Mul", "Max", "Min", "And", "Or", "Piecewise", "Mod"] {
        for part in ["Symbol('s#', positive=True, integer=True)", "Integer(#)", "s"] {
            add(&format!("{function} of {part}"), size(&format!("{function}({})", many(part))));
        }
    }
    add("a deep expression", size(&nest("FloorDiv(Symbol('s0'),", ")")));
    let condition = format!(
        r#"{{"b":{{"as_expr":{{"expr_str":"And({})"}}}}}}"#,
        many("LessThan(Symbol('s#', integer=True), Integer(1))")
    );
    add(
        "a condition",
        model(&[
            ("/graph_module/graph/inputs", r#"[{"as_sym_bool":{"as_name":"b"}}]"#.to_owned()),
            ("/graph_module/graph/sym_bool_values", condition),
        ]),
    );
    add("ranges", model(&[("/range_constraints", table(r##""s#":{"min_val":0,"max_val":1}"##))]));
    add("operator sets", model(&[("/opset_version", table(r##""#":1"##))]));
    add("verifiers", model(&[("/verifiers", list("\"\""))]));
    add("guards", model(&[("/guards_code", list("\"\""))]));
    add("a version", model(&[("/torch_version", format!("\"{}\"", "\\u00e4".repeat(BYTES / 6)))]));
    add("metadata of the graph", model(&[("/graph_module/metadata", table(r##""#":"""##))]));
    let fields = "/graph_module/treespec_namedtuple_fields";
    add("namedtuples", model(&[(fields, table(r##""#":{"field_names":[]}"##))]));
    add("fields", model(&[(fields, format!(r#"{{"a":{{"field_names":{}}}}}"#, list("\"\"")))]));
    let signature = "/graph_module/signature/";
    add("input specs", model(&[(&format!("{signature}input_specs"), list(r#"{"token":{"arg":{"name":""}}}"#))]));
    let none = r#"{"user_output":{"arg":{"as_none":true}}}"#;
    add("output specs", model(&[(&format!("{signature}output_specs"), list(none))]));
    let specs = model(&[
        (&format!("{signature}output_specs"), list(none)),
        ("/graph_module/graph/outputs", list(r#"{"as_none":true}"#)),
    ]);
    add("outputs with specs", specs);
    let call: Value = serde_json::from_slice(EMPTY_MODEL).unwrap();
    let root = call["graph_module"]["module_call_graph"][0].to_string();
    let calls = |entry: &str| model(&[("/graph_module/module_call_graph", format!("[{root},{}]", many(entry)))]);
    add("module calls", calls(r#"{"fqn":""}"#));
    add("module calls with signatures", calls(&root.replace("\"fqn\":\"\"", "\"fqn\":\"a\"")));
    let leaf = r#"{"type":null,"context":null,"children_spec":[]}"#;
    let tuple = |context: &str, children: &str| {
        format!(r#"[1,{{"type":"builtins.tuple","context":{context},"children_spec":{children}}}]"#)
    };
    add("leaves", structure(&tuple("\"null\"", &list(leaf))));
    add("contexts", structure(&tuple(&list("[]"), "[]")));
    let dict = format!(r#"[1,{{"type":"builtins.dict","context":{},"children_spec":[]}}]"#, Value::from(list("\"#\"")));
    add("keys", structure(&dict));
    add(
        "a deep structure",
        structure(&nest(r#"[1,{"type":"builtins.tuple","context":"null","children_spec":["#, "]}]")),
    );
    let long = "x".repeat(BYTES);
    let target = "torch.ops.aten.relu.default";
    let wrong = r#"{"name":"y","arg":{"as_int":1},"kind":2}"#.to_owned() + ",";
    let wrong = wrong.repeat(2000);
    let named =
        format!(r#"[{{"target":"{target}","inputs":[{}],"outputs":[],"name":"{long}"}}]"#, &wrong[..wrong.len() - 1]);
    add("a long name and many findings", graph("nodes", named));
    add("a long target", graph("nodes", format!(r#"[{{"target":"{long}","inputs":[],"outputs":[]}}]"#)));
    add("a long text", argument("as_string", &format!("\"{long}\"")));
    add("a graph in a graph", {
        let empty: Value = serde_json::from_slice(EMPTY_MODEL).unwrap();
        let empty = empty["graph_module"]["graph"].to_string();
        let (before, after) = empty.split_once("\"nodes\":[").unwrap();
        let cond = r#"{"target":"torch.ops.higher_order.cond","outputs":[],"inputs":[{"name":"","arg":{"as_graph":"#;
        let open = format!(r#"{{"name":"g","graph":{before}"nodes":[{cond}"#);
        let depth = BYTES / (open.len() + after.len());
        let inner = open.repeat(depth) + "0" + &format!("}},\"kind\":1}}]}}{after}}}").repeat(depth);
        argument("as_graph", &inner)
    });
    models
}

/// Loads a file. What it is, and the memory and time of the load.
fn load(what: &str, bytes: &[u8], unpacked: usize) -> (usize, String) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let started = Instant::now();
    let outcome = match program::Archive::read_with(bytes, program::Limits::default()) {
        Ok(archive) => archive.program("model").map(drop).map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    // The bytes of the file themselves are copied by `read`.
    let peak = MEMORY.peak_usage().saturating_sub(before).saturating_sub(bytes.len());
    assert!(started.elapsed() < LONGEST, "{what}: it takes {:?}", started.elapsed());
    let outcome = outcome.map_or_else(|e| e.chars().take(160).collect(), |()| "it loads".to_owned());
    println!("{:.2} {what}: {outcome}", peak as f64 / unpacked as f64);
    (peak, outcome)
}

fn deflated(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default().compression_method(::zip::CompressionMethod::Deflated);
    for (name, bytes) in members {
        archive.start_file(format!("model/{name}"), options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Loads a file of these members, stored and deflated; what exceeds the limit.
fn exceeding(what: &str, members: &[(&str, &[u8])], exceeded: &mut Vec<String>) {
    let all = [&[("archive_format", b"pt2".as_slice()), ("archive_version", b"0")], members].concat();
    let unpacked: usize = all.iter().map(|(_, bytes)| bytes.len()).sum();
    for (how, bytes) in [("stored", pt2(members)), ("deflated", deflated(&all))] {
        let (peak, outcome) = load(&format!("{what}, {how}"), &bytes, unpacked.max(bytes.len()));
        if peak > FACTOR * unpacked.max(bytes.len()) {
            let factor = peak as f64 / unpacked as f64;
            exceeded.push(format!("{what}, {how}: {factor:.1} times its {unpacked} bytes ({outcome})"));
        }
    }
}

#[test]
fn models_of_many_small_parts() {
    let _alone = alone();
    let mut exceeded = Vec::new();
    for (what, model) in models() {
        serde_json::from_str::<&RawValue>(&model).unwrap_or_else(|e| panic!("{what} is not JSON: {e}"));
        let newer = model.replacen(r#""minor":20"#, r#""minor":21"#, 1);
        assert_ne!(newer, model, "{what}");
        for (what, model) in [(what.clone(), model), (format!("{what} (newer)"), newer)] {
            let members = [("models/model.json", model.as_bytes()), (WEIGHTS, NO_TENSORS), (CONSTANTS, NO_TENSORS)];
            exceeding(&what, &members, &mut exceeded);
        }
    }
    assert!(exceeded.is_empty(), "{exceeded:#?}");
}

#[test]
fn tables_of_many_small_tensors() {
    let _alone = alone();
    let mut exceeded = Vec::new();
    let meta = |sizes: &str| {
        json!({"dtype": 7, "sizes": "<>", "requires_grad": false, "device": {"type": "cpu", "index": null},
            "strides": "<>", "storage_offset": {"as_int": 0}, "layout": 7})
        .to_string()
        .replace("\"<>\"", sizes)
    };
    let entry = |meta: &str| {
        format!(r##""#":{{"path_name":"weight_0","is_param":false,"use_pickle":false,"tensor_meta":{meta}}}"##)
    };
    for (what, entries) in [
        ("objects", many(&entry("null"))),
        ("tensors", many(&entry(&meta("[]")))),
        ("a tensor", entry(&meta(&list(r#"{"as_int":1}"#)))),
        ("nothing", many(r##""#":{}"##)),
    ] {
        let config = format!(r#"{{"config":{{{entries}}}}}"#);
        let members = [
            ("models/model.json", EMPTY_MODEL),
            (WEIGHTS, config.as_bytes()),
            ("data/weights/weight_0", &[7; 64]),
            (CONSTANTS, NO_TENSORS),
        ];
        exceeding(what, &members, &mut exceeded);
    }
    assert!(exceeded.is_empty(), "{exceeded:#?}");
}

#[test]
fn pickles_of_many_small_values() {
    let _alone = alone();
    let mut exceeded = Vec::new();
    let repeated = |opcodes: &[u8]| opcodes.repeat(BYTES / opcodes.len());
    // A tuple of many ints, and many storages and tensors that have it as sizes.
    let shared = {
        let mut pickle = b"(".to_vec();
        pickle.extend(b"K\x01".repeat(BYTES / 4));
        pickle.extend(b"tq\x010ctorch._utils\n_rebuild_tensor_v2\nq\x02}(");
        pickle
    };
    for (what, opcodes) in [
        ("None", repeated(b"N")),
        ("marks", repeated(b"(")),
        ("empty tuples", repeated(b")")),
        ("dicts", repeated(b"}")),
        ("ints", repeated(b"K\x01")),
        ("texts", repeated(b"X\x00\x00\x00\x00")),
        ("a memo", (0..BYTES as u32 / 6).flat_map(|i| [b"Nr".as_slice(), &i.to_le_bytes()].concat()).collect()),
        ("copies", [b"Nq\x01".to_vec(), repeated(b"h\x01")].concat()),
        ("tuples", [b"N".to_vec(), repeated(b"\x85")].concat()),
        ("items", [b"}(".to_vec(), repeated(b"N"), b"u.".to_vec()].concat()),
        ("a tuple", [b"(".to_vec(), repeated(b"N"), b"t.".to_vec()].concat()),
        ("globals", repeated(b"ccollections\nOrderedDict\n")),
        ("shared sizes", shared),
    ] {
        let pickle = [b"\x80\x02".as_slice(), &opcodes].concat();
        let inner = zip("archive", &[("data.pkl", &pickle), ("byteorder", b"little"), ("data/0", &[7; 64])]);
        let members = [("models/model.json", EMPTY_MODEL), ("data/weights/model.pt", &inner), (CONSTANTS, NO_TENSORS)];
        exceeding(what, &members, &mut exceeded);
    }
    assert!(exceeded.is_empty(), "{exceeded:#?}");
}

#[test]
fn archives_of_many_small_members() {
    let _alone = alone();
    let mut exceeded = Vec::new();
    for prefix in ["", "extra/", "data/aotinductor/", "models/"] {
        let names: Vec<String> = (0..16_000)
            .map(|i| match prefix {
                "data/aotinductor/" => format!("{prefix}{i}/a"),
                "models/" => format!("{prefix}{i}.json"),
                _ => format!("{prefix}{i}"),
            })
            .collect();
        let mut members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        members.push(("models/model.json", EMPTY_MODEL));
        members.extend([(WEIGHTS, NO_TENSORS), (CONSTANTS, NO_TENSORS)]);
        exceeding(&format!("members {prefix:?}"), &members, &mut exceeded);
    }
    assert!(exceeded.is_empty(), "{exceeded:#?}");
}

/// A program that is as dense as PyTorch writes them is far from the limit.
#[test]
fn programs_of_pytorch_take_less_than_a_half() {
    let _alone = alone();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("zoo");
    for program in tests::zoo::programs(&folder).unwrap() {
        let bytes = std::fs::read(program.folder.join("model.pt2")).unwrap();
        let (peak, _) = load(&program.folder.display().to_string(), &bytes, bytes.len());
        assert!(peak <= 2 * bytes.len(), "{}: {peak} bytes for {}", program.folder.display(), bytes.len());
    }
}

/// Weights are neither read by a load nor copied by a save.
#[test]
fn weights_are_not_held_in_memory() {
    let _alone = alone();
    const WEIGHT: usize = 48 << 20;
    const SMALL: usize = 1 << 20;
    let folder = std::env::temp_dir().join(format!("torch-export-memory-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (first, second) = (folder.join("first.pt2"), folder.join("second.pt2"));
    let config =
        json!({"config": {"w": {"path_name": "weight_0", "is_param": false, "use_pickle": false, "tensor_meta": {
        "dtype": 1, "sizes": [{"as_int": WEIGHT}], "requires_grad": false, "device": {"type": "cpu", "index": null},
        "strides": [{"as_int": 1}], "storage_offset": {"as_int": 0}, "layout": 7}}}})
        .to_string();
    let weight = vec![7; WEIGHT];
    let members = [
        ("models/model.json", EMPTY_MODEL),
        (WEIGHTS, config.as_bytes()),
        ("data/weights/weight_0", &weight),
        (CONSTANTS, NO_TENSORS),
    ];
    std::fs::write(&first, pt2(&members)).unwrap();
    drop(weight);
    let peak = |run: &mut dyn FnMut()| {
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        run();
        MEMORY.peak_usage() - before
    };
    let mut program = None;
    let loading = peak(&mut || program = Some(program::ExportedProgram::load(&first).unwrap()));
    let program = program.unwrap();
    assert_eq!(program.state_dict["w"].storage.as_bytes().len(), WEIGHT);
    let saving = peak(&mut || program.save(&second).unwrap());
    let copying = peak(&mut || drop(program.to_bytes().unwrap()));
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(loading < SMALL && saving < SMALL, "{loading} bytes to load, {saving} to save");
    // The bytes themselves, once.
    assert!(copying < WEIGHT + SMALL, "{copying}");
}
