//! The recorded cases of this repository, and the runner itself.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tests::golden::{Report, run_file, run_folder};
use tests::random::Random;

/// One file of recorded cases.
struct File {
    name: &'static str,
    /// The list that holds the cases.
    list: &'static str,
    /// How many cases agree. The number may grow, but not shrink.
    passed: usize,
}

impl File {
    const fn new(name: &'static str, passed: usize) -> File {
        File { name, list: "cases", passed }
    }

    const fn list(self, list: &'static str) -> File {
        File { list, ..self }
    }

    /// True for the first file of its kind. The other files of a kind have the same form.
    fn is_first(&self) -> bool {
        !self.name.ends_with("_random") && !self.name.ends_with("_subclasses")
    }
}

/// Every file of the folder.
const FILES: [File; 13] = [
    File::new("constraint_cases", 858),
    File::new("couple_cases", 30),
    File::new("guess_cases", 96),
    File::new("guess_cases_random", 268),
    File::new("guess_cases_subclasses", 30),
    File::new("move_to_kwargs_cases", 13),
    File::new("naming_cases", 136),
    File::new("observer_cases", 21),
    File::new("observer_cases_random", 20),
    File::new("pytree_cases", 171),
    File::new("shape_expr_cases", 101).list("exprs"),
    File::new("shape_expr_cases_random", 1000).list("exprs"),
    File::new("string_type_cases", 230),
];

/// One file of each kind.
fn kinds() -> impl Iterator<Item = &'static File> {
    FILES.iter().filter(|file| file.is_first())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Runs these cases as a file of this name.
fn run(name: &str, content: impl AsRef<[u8]>) -> Report {
    let folder = std::env::temp_dir().join(format!("golden-{}-{:?}", std::process::id(), std::thread::current().id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("{name}.json"));
    std::fs::write(&path, content).expect("a file");
    let report = run_file(&path);
    std::fs::remove_dir_all(&folder).expect("the folder");
    report
}

fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn all_recorded_cases_agree() {
    let reports = run_folder(&folder()).expect("the folder");
    let wrong: Vec<String> = reports.iter().filter(|r| !r.failed.is_empty()).map(|r| format!("{r:#}")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let names: Vec<&str> = reports.iter().map(|report| report.name.as_str()).collect();
    assert_eq!(names, FILES.map(|file| file.name));
    for (report, File { name, passed, .. }) in reports.iter().zip(FILES) {
        assert!(report.passed >= passed, "{name}: {} of {passed}", report.passed);
    }
}

/// Changes the first text or number in what a case expects.
fn spoil(value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            text.push('!');
            true
        }
        Value::Number(number) => {
            *value = json!(number.as_i64().unwrap_or(0) + 1);
            true
        }
        Value::Array(items) => items.iter_mut().any(spoil),
        // The tag of a tree is kept, its content is not.
        Value::Object(items) => items.values_mut().any(spoil),
        Value::Bool(_) | Value::Null => false,
    }
}

#[test]
fn a_case_that_expects_something_else_fails() {
    for (name, expected) in [
        ("constraint_cases", vec!["ok"]),
        ("constraint_cases", vec!["message"]),
        ("couple_cases", vec!["expected", "error"]),
        ("couple_cases", vec!["expected_values"]),
        ("observer_cases", vec!["dynamic_shapes", "dynamic_shapes_error"]),
        ("observer_cases", vec!["arguments", "arguments_error"]),
        ("observer_cases", vec!["num_obs"]),
        ("guess_cases", vec!["expected", "error"]),
        ("guess_cases", vec!["expected_nested"]),
        ("guess_cases_random", vec!["expected", "error"]),
        ("move_to_kwargs_cases", vec!["expected"]),
        ("naming_cases", vec!["expected"]),
        ("pytree_cases", vec!["num_leaves"]),
        ("pytree_cases", vec!["num_nodes"]),
        ("pytree_cases", vec!["num_children"]),
        ("pytree_cases", vec!["keystr"]),
        ("pytree_cases", vec!["treespec_json"]),
        ("pytree_cases", vec!["repr"]),
        ("pytree_cases", vec!["placeholders"]),
        ("string_type_cases", vec!["output"]),
    ] {
        let mut file = read(name);
        let cases = file["cases"].as_array_mut().expect("cases");
        let mut spoiled = Vec::new();
        for case in cases.iter_mut() {
            for key in &expected {
                let part = match *key {
                    // Only the kind of an error is compared.
                    "error" => case.get_mut("error").map(|e| &mut e["kind"]),
                    "ok" => case.pointer_mut("/expected/ok"),
                    "message" => case.pointer_mut("/expected/error/message"),
                    key => case.get_mut(key),
                };
                if part.is_some_and(spoil) {
                    spoiled.push(case["id"].as_str().expect("an id").to_owned());
                }
            }
        }
        let report = run(name, file.to_string());
        let kept: Vec<&str> = report.not_yet.iter().map(|(id, _)| id.as_str()).collect();
        let failed: Vec<&str> = report.failed.iter().map(|(id, _)| id.as_str()).collect();
        let missed: Vec<&String> =
            spoiled.iter().filter(|id| !failed.contains(&id.as_str()) && !kept.contains(&id.as_str())).collect();
        assert!(missed.is_empty(), "{name} {expected:?}: these pass though spoiled: {missed:?}");
        assert!(!failed.is_empty(), "{name} {expected:?}");
    }
}

#[test]
fn what_is_not_a_case_is_a_failure_and_never_a_panic() {
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    for name in FILES.iter().map(|file| file.name).chain(["unheard_of"]) {
        for text in ["", "\u{0}\u{1}", "nonsense", "3", "[]", "{}", r#"{"cases": 3}"#, r#"{"exprs": {}}"#, &deep] {
            let report = run(name, text);
            assert_eq!((report.passed, report.failed.len()), (0, 1), "{name}: {text:.40}");
        }
    }
    for File { name, list, .. } in FILES {
        let cases = [json!(null), json!(3), json!([]), json!({}), json!({"id": "a", "tree": 3, "input": 3, "sets": 3})];
        let report = run(name, json!({ list: cases }).to_string());
        assert_eq!(report.passed, 0, "{name}");
        assert_eq!(report.failed.len() + report.not_yet.len(), cases.len(), "{name}");
    }
}

/// Replaces parts of the cases in turn by values of other types.
#[test]
fn damaged_cases_never_panic() {
    fn paths(value: &Value, at: String, into: &mut Vec<String>) {
        match value {
            Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| paths(v, format!("{at}/{i}"), into)),
            Value::Object(items) => items.iter().for_each(|(k, v)| paths(v, format!("{at}/{k}"), into)),
            _ => {}
        }
        into.push(at);
    }
    // A row of expressions is a text or two, which random bytes damage better (see below).
    for File { name, .. } in kinds().filter(|file| file.list == "cases") {
        let file = read(name);
        let mut damaged = Vec::new();
        for case in file["cases"].as_array().expect("cases").iter().step_by(7) {
            let mut places = Vec::new();
            paths(case, String::new(), &mut places);
            for (i, place) in places.iter().filter(|p| !p.contains('~')).enumerate() {
                let mut copy = case.clone();
                let wrong = [json!(null), json!(-1), json!("x"), json!([[]]), json!({"int": 1}), json!(i64::MAX)];
                if let Some(part) = copy.pointer_mut(place) {
                    *part = wrong[i % wrong.len()].clone();
                    damaged.push(copy);
                }
            }
        }
        assert!(damaged.len() > 100, "{name}: {}", damaged.len());
        let report = run(name, json!({ "cases": damaged }).to_string());
        assert_eq!(report.passed + report.failed.len() + report.not_yet.len(), damaged.len(), "{name}");
        assert!(report.failed.len() > 20, "{name}: {report}");
    }
}

/// How many spliced and how many garbled cases of each kind are made. `GOLDEN_ROUNDS` sets another number, `GOLDEN_SEED`
/// another seed.
const ROUNDS: usize = 400;

fn setting(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

/// A random part of a value.
fn somewhere<'v>(value: &'v mut Value, random: &mut Random) -> &'v mut Value {
    let items = match value {
        Value::Array(items) => items.len(),
        Value::Object(items) => items.len(),
        _ => 0,
    };
    if items == 0 || random.chance(20) {
        return value;
    }
    let at = random.below(items);
    let below = match value {
        Value::Array(items) => items.get_mut(at),
        Value::Object(items) => items.values_mut().nth(at),
        _ => None,
    };
    somewhere(below.expect("an item"), random)
}

/// The text with some bytes replaced, removed or doubled.
fn garble(text: &str, random: &mut Random) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(6)).min(bytes.len());
        match random.below(4) {
            0 => bytes[at] = random.below(256) as u8,
            1 => bytes[at] = *random.pick(b"0123456789-[]{},:\".eE"),
            2 => drop(bytes.drain(at..end)),
            _ => bytes.extend_from_within(at..end),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// Splices parts of one case into another, and damages bytes: every case gets an answer, and none ends the run.
#[test]
fn random_cases_and_random_bytes_never_panic() {
    let seed = setting("GOLDEN_SEED").unwrap_or(4);
    let rounds = setting("GOLDEN_ROUNDS").unwrap_or(ROUNDS);
    println!("seed {seed}, {rounds} rounds");
    for File { name, list, .. } in kinds() {
        let mut random = Random::new(seed as u64);
        let cases = read(name)[*list].as_array().expect("cases").clone();
        let texts: Vec<String> = cases.iter().map(Value::to_string).collect();

        let mut made: Vec<Value> = (0..rounds)
            .map(|_| {
                let (mut case, mut other) = (random.pick(&cases).clone(), random.pick(&cases).clone());
                for _ in 0..1 + random.below(2) {
                    *somewhere(&mut case, &mut random) = somewhere(&mut other, &mut random).take();
                }
                case
            })
            .collect();
        let mut nonsense = vec![(0..200).map(|_| random.below(256) as u8).collect::<Vec<u8>>()];
        for _ in 0..rounds {
            let bytes = garble(random.pick::<String>(&texts), &mut random);
            match serde_json::from_slice(&bytes) {
                Ok(case) => made.push(case),
                Err(_) => nonsense.push(bytes),
            }
        }
        let report = run(name, json!({ *list: made }).to_string());
        assert_eq!(report.passed + report.failed.len() + report.not_yet.len(), made.len(), "{name}");
        assert!(report.failed.len() > rounds / 10, "{name}: {} of {}", report.failed.len(), made.len());
        for bytes in nonsense {
            let file = [br#"{"cases": ["#.as_slice(), &bytes, b"]}"].concat();
            let report = run(name, &file);
            let answered = report.passed + report.failed.len() + report.not_yet.len();
            assert!(answered > 0, "{name}: {}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn a_report_is_a_line_and_the_ids_that_failed() {
    let case = |id: &str, leaves: i64| {
        json!({"id": id, "tree": {"int": 3}, "num_leaves": leaves, "num_nodes": 1, "num_children": 0, "keystr": [""],
            "treespec_json": "[1, {\"type\": null, \"context\": null, \"children_spec\": []}]", "repr": "*", "placeholders": ["x"]})
    };
    let mut later = case("later", 1);
    later["tree"] = json!({"unheard_of": "P"});
    let cases = json!({"cases": [case("good", 1), case("bad", 2), case("worse", 3), later]});
    assert_eq!(
        run("pytree_cases", cases.to_string()).to_string(),
        "pytree_cases: 1 passed, 2 failed, 1 not yet\nbad\nworse"
    );
    let cases = json!({"cases": [case("good", 1)]});
    assert_eq!(run("pytree_cases", cases.to_string()).to_string(), "pytree_cases: 1 passed, 0 failed");
}
