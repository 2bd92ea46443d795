//! Compares pytree-core with a live `torch.utils._pytree` on random trees: `conformance_trees [-v] [SEED [COUNT]]`.
//!
//! `TORCH_EXPORT_PYTHON` names a Python with torch 2.13. Python reads, prints and rebuilds specs made in Rust, and Rust reads
//! and writes specs made in Python. Both match pairs of trees and bind calls to signatures. Every public function of torch's
//! pytree must be in the table of pytree-core's front page. The program prints the seed and `N passed, M failed`, and with
//! `-v` each failure. It exits with 1 if there are failures.

use conformance::{Python, seed};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use pytree_core::cache::{
    CacheLayer, DynamicCache, EncoderDecoderCache, ExportersCache, HybridCache, InterleavedCache, LayerKind,
    MambaCache, StaticCache, make_dynamic_cache,
};
use pytree_core::{DType, KeyEntry, Kind, Leaf, Meta, Names, PyTree, Subtree, TensorMeta, TreeSpec, structure};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::error::Error;
use std::process::ExitCode;
use tests::signatures::{SignatureCall, any_call};
use tests::trees::{Tree, any_pair, any_tree};

/// How many trees, pairs of trees and calls each side makes.
const COUNT: usize = 600;

/// The number of trees from which on every kind of node must occur.
const ENOUGH: usize = 500;

/// The kinds of nodes that treespec JSON can hold.
const KINDS: [Kind; 13] = [
    Kind::List,
    Kind::Tuple,
    Kind::Dict,
    Kind::OrderedDict,
    Kind::DefaultDict,
    Kind::NamedTuple,
    Kind::Deque,
    Kind::Size,
    Kind::ImmutableList,
    Kind::ImmutableDict,
    Kind::Dataclass,
    Kind::Mapping,
    Kind::Custom,
];

fn main() -> ExitCode {
    let (flags, numbers): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|a| a.starts_with('-'));
    let numbers: Result<Vec<u64>, _> = numbers.iter().map(|n| n.parse()).collect();
    let (Ok(numbers), true) = (numbers, flags.iter().all(|f| f == "-v")) else {
        eprintln!("usage: conformance_trees [-v] [SEED [COUNT]]\n  -v  print each failure");
        return ExitCode::from(2);
    };
    let seed = numbers.first().copied().unwrap_or_else(seed);
    let count = numbers.get(1).and_then(|n| usize::try_from(*n).ok()).unwrap_or(COUNT);
    println!("seed {seed}");
    match run(seed, count) {
        Ok((passed, failed)) => {
            if !flags.is_empty() {
                failed.iter().for_each(|failure| println!("{failure}"));
            }
            println!("{passed} passed, {} failed", failed.len());
            if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(e) => {
            eprintln!("{e}");
            ExitCode::from(2)
        }
    }
}

type Failures = Vec<String>;

fn run(seed: u64, count: usize) -> Result<(usize, Failures), Box<dyn Error>> {
    let python = Python::find()?;
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let mut trees = Vec::new();
    let (mut made_here, mut made_there) = (HashSet::new(), HashSet::new());
    for _ in 0..count {
        let spec = structure(&any_tree(false).new_tree(&mut runner).map_err(|e| e.to_string())?.current())?;
        made_here.extend(spec.nodes().filter_map(|node| node.kind()));
        trees.push(facts(&spec)?);
    }
    let mut pairs = Vec::new();
    while pairs.len() < count {
        let (a, b) = any_pair().new_tree(&mut runner).map_err(|e| e.to_string())?.current();
        // Constants have no treespec JSON, in which specs are sent to Python.
        if let Some(pair) = pair(&a, &b)? {
            pairs.push(pair);
        }
    }
    let mut calls = Vec::new();
    for _ in 0..count {
        calls.push(call(&any_call().new_tree(&mut runner).map_err(|e| e.to_string())?.current()));
    }
    let record = std::env::temp_dir().join(format!("pytree-{}-{seed}.json", std::process::id()));
    let asked = json!({
        "seed": seed,
        "trees": trees,
        "pairs": pairs,
        "calls": calls,
        "caches": caches()?,
        "front pages": [include_str!("../../../../pytree-core/src/lib.rs")],
    });
    std::fs::write(&record, asked.to_string())?;
    let output = python.script("trees.py").arg(&record).output()?;
    if !output.status.success() {
        return Err(format!("Python failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    std::fs::remove_file(&record)?;
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
    let mut passed = answer["passed"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let mut failed: Failures = list("failed").iter().map(|f| f.as_str().unwrap_or_default().to_owned()).collect();
    for theirs in list("trees") {
        match read(&theirs) {
            Ok(spec) => {
                made_there.extend(spec.nodes().filter_map(|node| node.kind()));
                passed += 1;
            }
            Err(e) => failed.push(format!("{e}: {theirs}")),
        }
    }
    for (made, side) in [(made_here, "in Rust"), (made_there, "by torch")] {
        let missing: Vec<String> = KINDS.iter().filter(|kind| !made.contains(kind)).map(Kind::to_string).collect();
        if !missing.is_empty() && count >= ENOUGH {
            failed.push(format!("no tree made {side} has a node of these kinds: {}", missing.join(", ")));
        }
    }
    Ok((passed, failed))
}

/// The properties of a spec that are compared.
fn facts(spec: &TreeSpec) -> Result<Value, Box<dyn Error>> {
    Ok(json!({
        "json": spec.to_json()?,
        "repr": spec.to_string(),
        "pprint": spec.pprint(),
        "keystr": spec.leaf_paths().map(|path| path.to_string()).collect::<Vec<_>>(),
        "counts": [spec.num_leaves(), spec.num_nodes(), spec.num_children()],
    }))
}

/// The properties of a pair of trees that are compared, or `None` if a tree cannot be sent to Python.
fn pair(a: &Tree, b: &Tree) -> Result<Option<Value>, Box<dyn Error>> {
    let (a, b) = (structure::<Meta, _>(a)?, structure::<Meta, _>(b)?);
    let (Ok(first), Ok(second)) = (a.to_json(), b.to_json()) else { return Ok(None) };
    let leaves: Vec<Leaf<Meta>> = (0..b.num_leaves()).map(|i| Leaf::Int(i as i64)).collect();
    let whole = Subtree::of(&b, &leaves).ok_or("the numbers of leaves differ")?;
    let number = |leaf: &Leaf<Meta>| if let Leaf::Int(v) = leaf { *v } else { -1 };
    let up_to = match a.flatten_up_to(whole) {
        Ok(parts) => {
            let parts: Vec<Vec<i64>> = parts.iter().map(|p| p.leaves().iter().map(number).collect()).collect();
            json!({ "parts": parts })
        }
        Err(e) => {
            let text = e.to_string();
            // Torch's message has no location.
            let words = text.split_once(": ").filter(|_| text.starts_with("at ")).map_or(text.as_str(), |(_, w)| w);
            let words = words.get(words.find("Node ").into_iter().chain(words.find("Type ")).min().unwrap_or(0)..);
            json!({ "error": words })
        }
    };
    Ok(Some(json!({"a": first, "b": second, "equal": a == b, "up_to": up_to})))
}

/// The properties of a call that are compared: the parameter of each argument, with the key in `*args` or `**kwargs`, or the
/// error.
fn call(call: &SignatureCall) -> Value {
    let parameters: Vec<Value> =
        call.signature.parameters().iter().map(|p| json!([p.name, p.kind as u8, p.has_default])).collect();
    let bound = match call.signature.bind_names(call.positional, &call.named) {
        Ok(bound) => {
            let text = |rest: &Option<KeyEntry>| rest.as_ref().map(ToString::to_string);
            json!({"places": bound.iter().map(|(parameter, rest)| json!([parameter, text(rest)])).collect::<Vec<_>>()})
        }
        Err(error) => json!({"error": error.to_string()}),
    };
    json!({"parameters": parameters, "positional": call.positional, "named": call.named, "bound": bound})
}

/// The caches, each with the description from which Python makes the same one.
fn caches() -> Result<Vec<Value>, Box<dyn Error>> {
    let state = || TensorMeta::new(DType::Float32, [1, 2, 3, 4]);
    let pairs = |layers: usize| (0..layers).map(move |_| (state(), state()));
    let windowed = |windows: &[Option<u64>]| DynamicCache {
        windows: Some(windows.to_vec()),
        ..make_dynamic_cache(pairs(windows.len()))
    };
    let layer = |kind| CacheLayer { key: state(), value: state(), kind };
    let hybrid: HybridCache<TensorMeta> =
        [LayerKind::Static, LayerKind::StaticSlidingWindow(9)].map(layer).into_iter().collect();
    let mixed: InterleavedCache<TensorMeta> =
        [LayerKind::Dynamic, LayerKind::SlidingWindow(3)].map(layer).into_iter().collect();
    let both = EncoderDecoderCache {
        self_attention_cache: InterleavedCache::new(pairs(2)),
        cross_attention_cache: InterleavedCache::new(pairs(2)),
    };
    let states = || (0..2).map(|_| state()).collect::<Vec<_>>();
    let mamba = MambaCache { conv_states: states(), ssm_states: states() };
    let class = |class: &str| format!("transformers.cache_utils.{class}");
    let dynamic = class("DynamicCache");
    Ok(vec![
        cache(&make_dynamic_cache(pairs(0)), json!({"form": "lists", "name": dynamic, "layers": 0}))?,
        cache(&make_dynamic_cache(pairs(2)), json!({"form": "lists", "name": dynamic, "layers": 2}))?,
        cache(&windowed(&[]), json!({"form": "lists", "name": dynamic, "layers": 0, "windows": []}))?,
        cache(
            &windowed(&[Some(8), None]),
            json!({"form": "lists", "name": dynamic, "layers": 2, "windows": [8, null]}),
        )?,
        cache(&InterleavedCache::new(pairs(0)), json!({"form": "layers", "name": dynamic, "layers": 0}))?,
        cache(&InterleavedCache::new(pairs(2)), json!({"form": "layers", "name": dynamic, "layers": 2}))?,
        cache(&mixed, json!({"form": "layers", "name": dynamic, "layers": 2, "kinds": ["D", "W3"]}))?,
        cache(&StaticCache::new(pairs(2)), json!({"form": "layers", "name": class("StaticCache"), "layers": 2}))?,
        cache(&hybrid, json!({"form": "layers", "name": class("HybridCache"), "layers": 2, "kinds": ["S", "X9"]}))?,
        cache(
            &ExportersCache::new(pairs(2)),
            json!({"form": "described", "name": "transformers.cache_utils:DynamicCache", "layers": 2}),
        )?,
        cache(
            &both,
            json!({
                "form": "parts", "name": class("EncoderDecoderCache"), "layers": 2, "inner": dynamic,
                "fields": ["self_attention_cache", "cross_attention_cache"],
            }),
        )?,
        cache(
            &mamba,
            json!({"form": "parts", "name": class("MambaCache"), "layers": 2, "fields": ["conv_states", "ssm_states"]}),
        )?,
    ])
}

fn cache<C: PyTree<Meta>>(cache: &C, mut described: Value) -> Result<Value, Box<dyn Error>> {
    let (Some(members), Value::Object(facts)) = (described.as_object_mut(), facts(&structure(cache)?)?) else {
        return Err("the description is not an object".into());
    };
    members.extend(facts);
    Ok(described)
}

/// Reads a spec that torch wrote, and compares its properties with those that torch reports.
fn read(theirs: &Value) -> Result<TreeSpec, Box<dyn Error>> {
    let text = theirs["json"].as_str().ok_or("the spec has no JSON")?;
    // The fields of namedtuples, which a file lists apart from the JSON.
    let fields = |name: &str| {
        let count: usize = name.strip_prefix("trees.P")?.parse().ok()?;
        Some((0..count).map(|i| format!("f{i}").into()).collect::<Names>())
    };
    let spec = TreeSpec::from_json_with(text, fields)?;
    let here = facts(&spec)?;
    for (name, value) in theirs.as_object().ok_or("the spec is not an object")? {
        if here[name] != *value {
            return Err(format!("{name}: torch {value}, here {}", here[name]).into());
        }
    }
    Ok(spec)
}
