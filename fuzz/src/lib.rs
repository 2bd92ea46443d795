//! The promises of the readers: any text is read or rejected, and what was read can be used and written again.
//!
//! The fuzz targets check them on texts from libFuzzer, and `tests/tests/fuzz_sample.rs` on a sample in every test run.

use program::{Archive, ExportedProgram};
use pytree_core::{Leaf, Meta, Names, TreeSpec, Value, flatten, unflatten};
use shapes::{Dim, DynamicShapes, PathPattern, ShapeSpec, refine_dynamic_shapes_from_suggested_fixes};
use symbolic::{parse_srepr, parse_srepr_bool};

/// Treespec JSON: all functions of a spec that was read work.
pub fn treespec(text: &str) {
    // A namedtuple has as many fields as children, or one made-up field.
    let fields = |name: &str| (name.len() % 2 == 1).then(|| Names::from(vec!["x".into()]));
    let Ok(spec) = TreeSpec::from_json_with(text, fields) else { return };

    // The size is bounded by the text: every node takes some forty bytes of it.
    assert!(spec.num_nodes() <= 1 + text.len() / 40, "{} nodes of {} bytes", spec.num_nodes(), text.len());
    assert!(spec.depth() <= text.len());

    // A spec that was read can be written, and reads back as the same spec.
    let written = spec.to_json().expect("a file holds neither constants nor return types");
    let again = TreeSpec::from_json_with(&written, fields).expect("what is written can be read");
    assert_eq!(again, spec);
    assert_eq!(again.to_json().as_ref(), Ok(&written));

    let paths: Vec<_> = spec.leaf_paths().collect();
    assert_eq!(paths.len(), spec.num_leaves());
    for (i, path) in paths.iter().enumerate() {
        assert_eq!(spec.leaf_path(i).as_ref(), Some(path));
        assert!(spec.at(path).is_some_and(|node| node.is_leaf()));
    }
    let _ = (spec.to_string(), spec.pprint(), paths.iter().map(ToString::to_string).collect::<String>());

    let leaves = (0..spec.num_leaves()).map(|i| Leaf::<Meta>::Int(i as i64));
    let tree: Value<Meta> = unflatten(leaves, &spec).expect("a value takes any leaves");
    let flat = flatten(&tree).expect("what was rebuilt can be read");
    assert_eq!(flat.spec, spec);
    assert!(spec.flatten_up_to(flat.root()).is_ok_and(|parts| parts.len() == flat.leaves.len()));
}

/// Sympy expressions as in a `.pt2` file: what was read can be written and read again.
pub fn srepr(text: &str) {
    if let Ok(condition) = parse_srepr_bool(text) {
        let written = condition.srepr();
        assert_eq!(parse_srepr_bool(&written).as_ref(), Ok(&condition), "{written}");
        let _ = (condition.to_string(), condition.decided());
    }
    let Ok(expr) = parse_srepr(text) else { return };
    let written = expr.srepr();
    assert_eq!(parse_srepr(&written).as_ref(), Ok(&expr), "{written}");
    let _ = (expr.to_string(), expr.expand());
}

/// `DynamicShapes` as JSON: what was read can be printed, written and read again.
pub fn dynamic_shapes(text: &str) {
    let Ok(shapes) = serde_json::from_str::<DynamicShapes>(text) else { return };
    let written = serde_json::to_string(&shapes).expect("shapes are JSON");
    let again: DynamicShapes = serde_json::from_str(&written).expect("what is written can be read");
    assert_eq!(again, shapes);
    let _ = (shapes.to_string(), shapes.legacy().to_string());
}

/// Texts that a user may paste: patterns of key paths, and error messages with suggested fixes.
pub fn pattern(text: &str) {
    if let Ok(pattern) = text.parse::<PathPattern>() {
        let written = pattern.to_string();
        let again: PathPattern = written.parse().expect("what is written can be read");
        assert_eq!(again, pattern, "{written}");
    }
    let dims = ["n", "m"].into_iter().zip(0..).filter_map(|(name, i)| Some((i, Dim::new(name).ok()?)));
    let shapes = DynamicShapes::Tuple(vec![DynamicShapes::Leaf(ShapeSpec::dims(dims))]);
    if let Ok(refined) = refine_dynamic_shapes_from_suggested_fixes(&format!("Suggested fixes:\n{text}"), &shapes) {
        let _ = refined.to_string();
    }
}

/// A `.pt2` file: what was read keeps all rules, prints, and is saved as a file that reads and prints the same.
pub fn archive(bytes: &[u8]) {
    let Ok(archive) = Archive::read(bytes) else { return };
    let _ = archive.verify();
    for name in archive.programs() {
        if let Ok(program) = archive.program(name) {
            used(&program);
        }
    }
}

fn used(program: &ExportedProgram) {
    assert_eq!(program.check().findings, [], "a loaded program keeps all rules");
    let text = program.to_string();
    let _ = (program.summary(), program.requirements(), program::passes::Mutations::of(program));
    assert!(program.diff(program).is_empty());
    // What a file cannot hold is an error, and so are bytes whose checksum is wrong.
    let Ok(bytes) = program.to_bytes() else { return };
    let again = ExportedProgram::read(bytes.clone()).expect("what is saved can be read");
    assert_eq!(again.to_string(), text);
    assert_eq!(again.to_bytes().expect("what was read can be saved"), bytes);
}

/// The JSON of a program.
pub fn model(text: &str) {
    archive(&pt2(&[("models/model.json", text.as_bytes()), NO_WEIGHTS, NO_CONSTANTS]));
}

/// The table of the weights of a program without inputs.
pub fn payload(text: &str) {
    let config = ("data/weights/model_weights_config.json", text.as_bytes());
    archive(&pt2(&[("models/model.json", EMPTY_MODEL), config, ("data/weights/weight_0", &[7; 64]), NO_CONSTANTS]));
}

/// The pickle of weights in a file of torch 2.8.
pub fn pickle(bytes: &[u8]) {
    let inner = zip("archive", &[("data.pkl", bytes), ("byteorder", b"little"), ("data/0", &[7; 64])]);
    archive(&pt2(&[("models/model.json", EMPTY_MODEL), ("data/weights/model.pt", &inner), NO_CONSTANTS]));
}

/// A program without inputs and outputs.
pub const EMPTY_MODEL: &[u8] = br#"{
"graph_module": {
    "graph": {
        "inputs": [], "outputs": [], "nodes": [], "tensor_values": {}, "sym_int_values": {}, "sym_bool_values": {}
    },
    "signature": {"input_specs": [], "output_specs": []},
    "module_call_graph": [{"fqn": "", "signature": {
        "inputs": [],
        "outputs": [],
        "in_spec": "[1, {\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": [{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": []}, {\"type\": \"builtins.dict\", \"context\": \"[]\", \"children_spec\": []}]}]",
        "out_spec": "[1, {\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": []}]"
    }}]
},
"opset_version": {"aten": 10},
"range_constraints": {},
"schema_version": {"major": 8, "minor": 20}
}"#;

const NO_WEIGHTS: (&str, &[u8]) = ("data/weights/model_weights_config.json", br#"{"config":{}}"#);
const NO_CONSTANTS: (&str, &[u8]) = ("data/constants/model_constants_config.json", br#"{"config":{}}"#);

/// A `.pt2` archive of these members.
pub fn pt2(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all: Vec<(&str, &[u8])> = vec![("archive_format", b"pt2"), ("archive_version", b"0")];
    all.extend(members);
    zip("model", &all)
}

/// A zip archive of stored members below a folder.
pub fn zip(root: &str, members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let name = format!("{root}/{name}");
        let (checksum, size) = (crc32fast::hash(bytes).to_le_bytes(), (bytes.len() as u32).to_le_bytes());
        let at = (out.len() as u32).to_le_bytes();
        // Version, flags, method and date are 0.
        let common = [&[0; 10][..], &checksum, &size, &size, &(name.len() as u16).to_le_bytes(), &[0; 2]].concat();
        out.extend([b"PK\x03\x04", common.as_slice(), name.as_bytes(), bytes].concat());
        directory.extend([b"PK\x01\x02\0\0", common.as_slice(), &[0; 10], &at, name.as_bytes()].concat());
    }
    let (count, size) = ((members.len() as u16).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    let at = (out.len() as u32).to_le_bytes();
    out.extend(&directory);
    out.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size, &at, &[0; 2]].concat());
    out
}
