//! Damaged `.pt2` files: whatever a file says, it is read or refused by a typed error, quickly, and without filling the memory.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "../../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub, clippy::expect_used, reason = "the file is a library of its own in `fuzz`")]
mod promises;

use peak_alloc::PeakAlloc;
use promises::{pt2, zip};
use serde_json::{Value, json};
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tests::random::Random;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Memory is counted for the whole process, so one test runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many files are damaged at random. `DAMAGED_FILES` sets another number.
const FILES: usize = 2000;

/// No file takes longer, even in a debug build on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

/// The members of an archive below its root folder.
type Members = Vec<(String, Vec<u8>)>;

fn members(bytes: &[u8]) -> Members {
    let mut archive = ::zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut members = Members::new();
    for name in names {
        let mut bytes = Vec::new();
        archive.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
        members.push((name.split_once('/').unwrap().1.to_owned(), bytes));
    }
    members
}

fn packed(members: &Members) -> Vec<u8> {
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    zip("model", &members)
}

/// The same archive with every member deflated.
fn deflated(members: &Members) -> Vec<u8> {
    let mut archive = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default().compression_method(::zip::CompressionMethod::Deflated);
    for (name, bytes) in members {
        archive.start_file(format!("model/{name}"), options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const HUGE: [u64; 8] =
    [0xFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 40, i64::MAX as u64, u64::MAX, 0x8000_0000_0000_0000];

/// Damages the bytes of an archive.
fn damaged_bytes(random: &mut Random, mut bytes: Vec<u8>) -> Vec<u8> {
    match random.below(5) {
        0 => {
            for _ in 0..=random.below(8) {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
        }
        1 => bytes.truncate(random.below(bytes.len())),
        2 => {
            let (a, b) = (random.below(bytes.len()), random.below(bytes.len()));
            let length = random.below(64).min(bytes.len() - a.max(b));
            for i in 0..length {
                bytes.swap(a + i, b + i);
            }
        }
        3 => {
            // A number in a header or in the directory.
            let records: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"PK")).collect();
            let at = *random.pick(&records) + 4 + random.below(44);
            let number = random.pick(&HUGE).to_le_bytes();
            let length = [1, 2, 4, 8][random.below(4)].min(bytes.len().saturating_sub(at));
            bytes.get_mut(at..at + length).into_iter().for_each(|field| field.copy_from_slice(&number[..length]));
        }
        _ => {
            let at = random.below(bytes.len());
            let piece = bytes[at..(at + random.below(200)).min(bytes.len())].to_vec();
            let to = random.below(bytes.len());
            bytes.splice(to..to, piece);
        }
    }
    bytes
}

/// All places in a value.
fn places(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    found.push(path.clone());
    let entries: Vec<(String, &Value)> = match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in entries {
        path.push(key);
        places(value, path, found);
        path.pop();
    }
}

fn hostile(random: &mut Random) -> Value {
    match random.below(14) {
        0 => json!(i64::MAX),
        1 => json!(-1),
        2 => json!(u64::MAX),
        3 => json!(1e308),
        4 => Value::Null,
        5 => json!([]),
        6 => json!({}),
        7 => json!("'\"\\\n\u{0}../../etc/passwd"),
        8 => json!("Add(".repeat(5000)),
        9 => json!("(".repeat(100_000)),
        10 => json!("x".repeat(random.below(10_000))),
        11 => json!("Pow(Pow(Pow(Integer(9), Integer(9)), Integer(9)), Integer(9))"),
        12 => json!("FloorDiv(Symbol('s77', positive=True, integer=True), Integer(0))"),
        _ => json!({"as_expr": {"expr_str": "Symbol('s0')", "hint": null}}),
    }
}

/// Damages the content of a JSON member; the archive itself is right.
fn damaged_json(random: &mut Random, members: &mut Members) {
    let json: Vec<usize> = (0..members.len()).filter(|i| members[*i].0.ends_with(".json")).collect();
    let (_, bytes) = &mut members[*random.pick(&json)];
    let mut value: Value = serde_json::from_slice(bytes).unwrap();
    for _ in 0..=random.below(2) {
        let mut all = Vec::new();
        places(&value, &mut Vec::new(), &mut all);
        let (path, other) = (random.pick(&all).clone(), random.pick(&all).clone());
        let pointer = |path: &[String]| {
            path.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect::<String>()
        };
        let copy = value.pointer(&pointer(&other)).cloned().unwrap_or(Value::Null);
        match (random.below(4), path.split_last()) {
            // A removed entry.
            (0, Some((last, parent))) => match value.pointer_mut(&pointer(parent)) {
                Some(Value::Object(entries)) => drop(entries.shift_remove(last)),
                Some(Value::Array(items)) => drop(items.remove(last.parse().unwrap())),
                _ => {}
            },
            // A copy of another part.
            (1 | 2, _) => value.pointer_mut(&pointer(&path)).into_iter().for_each(|place| *place = copy.clone()),
            _ => {
                let new = hostile(random);
                value.pointer_mut(&pointer(&path)).into_iter().for_each(|place| *place = new.clone());
            }
        }
    }
    *bytes = serde_json::to_vec(&value).unwrap();
}

/// Damages a member that is not JSON, or the list of members.
fn damaged_members(random: &mut Random, members: &mut Members) {
    let at = random.below(members.len());
    let other = random.below(members.len());
    match random.below(6) {
        0 => drop(members.remove(at)),
        1 => {
            let copy = members[at].clone();
            members.push(copy);
        }
        2 => members[at].1 = members[other].1.clone(),
        3 => {
            let bytes = &mut members[at].1;
            let length = random.below(bytes.len() + 1);
            bytes.truncate(length);
        }
        4 => {
            let names = [
                "/etc/passwd",
                "../x",
                "a//b",
                "",
                "models/model.json",
                "x\\y",
                "byteorder",
                "models/b.json",
                "extra/x",
            ];
            members[at].0 = (*random.pick(&names)).to_owned();
        }
        _ => {
            let bytes = &mut members[at].1;
            for _ in 0..=random.below(6) {
                if !bytes.is_empty() {
                    let at = random.below(bytes.len());
                    bytes[at] = random.below(256) as u8;
                }
            }
        }
    }
}

/// The largest factor by which a load exceeds the unpacked members, and small programs need some memory of their own.
const FACTOR: usize = 4;
const BASE: usize = 256 << 10;

fn keeps_its_promise(what: &str, bytes: &[u8], unpacked: usize) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let started = Instant::now();
    // What `Archive::read` and `program` need by themselves; `promises::archive` also prints and saves.
    let read = std::panic::catch_unwind(|| {
        if let Ok(archive) = program::Archive::read(bytes) {
            archive.programs().iter().for_each(|name| drop(archive.program(name)));
        }
    });
    let peak = MEMORY.peak_usage().saturating_sub(before);
    assert!(read.is_ok(), "{what}: the reader panics");
    let limit = FACTOR * unpacked.max(bytes.len()) + BASE;
    assert!(peak <= limit, "{what}: a load of {unpacked} bytes takes {peak} bytes of memory");
    assert!(std::panic::catch_unwind(|| promises::archive(bytes)).is_ok(), "{what}: a promise is broken");
    assert!(started.elapsed() < LONGEST, "{what}: it takes {:?}", started.elapsed());
}

#[test]
fn two_thousand_damaged_files() {
    let _alone = alone();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("zoo");
    let programs = tests::zoo::programs(&folder).unwrap();
    let files: Vec<Vec<u8>> = programs
        .iter()
        .map(|p| std::fs::read(p.folder.join("model.pt2")).unwrap())
        .filter(|f| f.len() < 30_000)
        .collect();
    assert!(files.len() > 20);
    let mut random = Random::new(913);
    let count = std::env::var("DAMAGED_FILES").ok().and_then(|count| count.parse().ok()).unwrap_or(FILES);
    for i in 0..count {
        let file = random.pick(&files).clone();
        let mut members = members(&file);
        let unpacked: usize = members.iter().map(|(_, bytes)| bytes.len()).sum();
        let (what, bytes) = match random.below(10) {
            0..=3 => ("bytes", damaged_bytes(&mut random, file)),
            4..=7 => {
                damaged_json(&mut random, &mut members);
                ("json", packed(&members))
            }
            8 => {
                damaged_members(&mut random, &mut members);
                ("members", packed(&members))
            }
            _ => {
                let deflated = deflated(&members);
                ("deflated", damaged_bytes(&mut random, deflated))
            }
        };
        keeps_its_promise(&format!("file {i} ({what})"), &bytes, unpacked.max(bytes.len()));
    }
}

/// What loading says.
fn refused(bytes: &[u8]) -> String {
    match program::ExportedProgram::read(bytes) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("the file loads"),
    }
}

#[test]
fn deflated_and_zip64_archives_load() {
    let _alone = alone();
    let file = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("zoo/torch-2.13/hop_cond/model.pt2")).unwrap();
    let text = program::ExportedProgram::read(file.clone()).unwrap().to_string();
    let members = members(&file);
    assert_eq!(program::ExportedProgram::read(deflated(&members)).unwrap().to_string(), text);
    let mut archive = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in &members {
        let options = ::zip::write::SimpleFileOptions::default().large_file(true);
        archive.start_file(format!("model/{name}"), options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    let large = archive.finish().unwrap().into_inner();
    assert_eq!(program::ExportedProgram::read(large).unwrap().to_string(), text);
}

#[test]
fn bombs_are_refused_before_they_unpack() {
    let _alone = alone();
    let mut bomb = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default().compression_method(::zip::CompressionMethod::Deflated);
    for (name, size) in [("archive_format", 0), ("archive_version", 0), ("models/model.json", 64 << 20)] {
        bomb.start_file(format!("model/{name}"), options).unwrap();
        let text: &[u8] = match name {
            "archive_format" => b"pt2",
            "archive_version" => b"0",
            _ => b"",
        };
        bomb.write_all(text).unwrap();
        bomb.write_all(&vec![b' '; size]).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let error = refused(&bomb);
    assert!(error.contains("claims to unpack to 67108864 bytes"), "{error}");
    assert!(MEMORY.peak_usage() - before < 4 * bomb.len() + BASE);
}

#[test]
fn members_that_overlap_are_refused() {
    let _alone = alone();
    let mut bytes = pt2(&[("models/a.json", b"{}"), ("models/b.json", b"{}")]);
    // The directory entry of the second model points to the first one's header.
    let entries: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect();
    let (a, b) = (entries[2], entries[3]);
    let first: Vec<u8> = bytes[a + 42..a + 46].to_vec();
    bytes[b + 42..b + 46].copy_from_slice(&first);
    let error = refused(&bytes);
    assert!(error.contains("differ from those in the directory"), "{error}");
    let (from, to) = (bytes[b + 46..].to_vec(), "model/models/a.json");
    assert!(from.starts_with(b"model/models/b.json"));
    bytes[b + 46..b + 46 + to.len()].copy_from_slice(to.as_bytes());
    let error = refused(&bytes);
    assert!(error.contains("two members") || error.contains("overlap"), "{error}");
}

#[test]
fn deep_nests_are_refused() {
    let _alone = alone();
    for model in ["[".repeat(200_000), "{\"graph_module\":".repeat(50_000)] {
        let file = pt2(&[("models/model.json", model.as_bytes())]);
        keeps_its_promise("a deep nest", &file, file.len());
        assert!(refused(&file).contains("does not have the form of the schema"));
    }
}

#[test]
fn newer_schemas_are_read_as_far_as_they_are_known() {
    let _alone = alone();
    let model = |change: &dyn Fn(&mut Value)| {
        let mut model: Value = serde_json::from_slice(promises::EMPTY_MODEL).unwrap();
        change(&mut model);
        let empty: &[u8] = br#"{"config":{}}"#;
        let model = serde_json::to_vec(&model).unwrap();
        let (weights, constants) =
            ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json");
        pt2(&[("models/model.json", &model), (weights, empty), (constants, empty)])
    };
    assert!(program::ExportedProgram::read(model(&|_| {})).is_ok());
    assert!(program::ExportedProgram::read(model(&|m| m["schema_version"]["minor"] = json!(99))).is_ok());
    let error = refused(&model(&|m| {
        m["schema_version"]["minor"] = json!(21);
        m["graph_module"]["graph"]["as_new"] = json!({});
    }));
    assert!(error.contains("version 8.21") && error.contains("`graph_module.graph.as_new`"), "{error}");
    let error = refused(&model(&|m| m["schema_version"]["major"] = json!(9)));
    assert!(error.contains("version 9.20 of the schema"), "{error}");
}

#[test]
fn archives_with_several_programs_or_none() {
    let _alone = alone();
    let empty: &[u8] = br#"{"config":{}}"#;
    let (weights, constants) = ("data/weights/a_weights_config.json", "data/constants/a_constants_config.json");
    let (more_weights, more_constants) =
        ("data/weights/b_weights_config.json", "data/constants/b_constants_config.json");
    let machine_code: (&str, &[u8]) = ("data/aotinductor/c/model.so", b"machine code");
    let programs = [("models/a.json", promises::EMPTY_MODEL), (weights, empty), (constants, empty)];
    let one = pt2(&[programs.as_slice(), &[machine_code]].concat());
    assert!(program::ExportedProgram::read(one.clone()).is_ok());
    assert_eq!(program::Archive::read(one).unwrap().compiled_models(), ["c"]);
    let more = [("models/b.json", promises::EMPTY_MODEL), (more_weights, empty), (more_constants, empty)];
    let two = pt2(&[programs.as_slice(), &more].concat());
    assert!(refused(&two).contains("choose one of a, b"), "{}", refused(&two));
    let archive = program::Archive::read(two).unwrap();
    assert_eq!(archive.programs(), ["a", "b"]);
    assert!(archive.program("b").is_ok());
    let error = refused(&pt2(&[machine_code]));
    assert!(
        error.contains("the AOTInductor model c, which is machine code: run it with `AotiModule::load`"),
        "{error}"
    );
    let error = refused(&pt2(&programs[..2]));
    assert!(error.contains("\"data/constants/a_constants_config.json\""), "{error}");
}

#[test]
fn an_argument_without_a_kind_gets_that_of_the_schema() {
    let _alone = alone();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("zoo/torch-2.13/dt_f64_mlp/model.pt2");
    let file = std::fs::read(path).unwrap();
    let text = program::ExportedProgram::read(file.clone()).unwrap().to_string();
    let mut members = members(&file);
    let (_, json) = members.iter_mut().find(|(name, _)| name == "models/model.json").unwrap();
    let mut model: Value = serde_json::from_slice(json).unwrap();
    for node in model["graph_module"]["graph"]["nodes"].as_array_mut().unwrap() {
        for input in node["inputs"].as_array_mut().unwrap() {
            input.as_object_mut().unwrap().shift_remove("kind");
        }
    }
    *json = serde_json::to_vec(&model).unwrap();
    let again = program::ExportedProgram::read(packed(&members)).unwrap().to_string();
    // Arguments with defaults become keywords, as in PyTorch.
    assert!(again.contains("weight = p_norm_weight"), "{again}");
    assert_eq!(again.lines().count(), text.lines().count());
}
