//! Caches: specs as transformers and onnx-diagnostic dump them (recorded from Python), and updates as their layers make
//! them, of tensors without data here and of tensors with data, which need libtorch, in `of_tensors`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

#[cfg(feature = "tch")]
mod of_tensors;

use pytree_core::cache::{
    CacheError, CacheLayer, DynamicCache, EncoderDecoderCache, ExportersCache, ExportersEncoderDecoderCache,
    ExportersStaticCache, HybridCache, InterleavedCache, LayerKind, MambaCache, SlidingWindowCache, StaticCache,
    make_dynamic_cache,
};
use pytree_core::{
    DType, Meta, OwnedTree, Retype, TensorMeta, TreeSpec, UnflattenError, flatten, into_leaves, map, structure,
    unflatten,
};

fn state(length: i64) -> TensorMeta {
    TensorMeta::new(DType::Float32, [2, 4, length, 7])
}

fn json<X: pytree_core::PyTree<Meta>>(tree: &X) -> String {
    structure(tree).expect("a tree").to_json().expect("JSON")
}

fn there_and_back<X: OwnedTree<Meta> + Retype<As<TensorMeta> = X> + PartialEq + std::fmt::Debug + Clone>(cache: &X) {
    let spec = TreeSpec::from_json(&json(cache)).expect("our own");
    assert_eq!(structure(cache).as_ref(), Ok(&spec));
    let (leaves, same) = into_leaves(cache.clone()).expect("a tree");
    assert_eq!(same, spec);
    assert_eq!(unflatten(leaves, &spec).as_ref(), Ok(cache));
    assert_eq!(map::<Meta, Meta, _>(cache, Clone::clone).as_ref(), Ok(cache));
}

const L: &str = r#"{"type": null, "context": null, "children_spec": []}"#;

#[test]
fn two_lists_as_transformers_has_them() {
    let list = |n: usize| {
        format!(r#"{{"type": "builtins.list", "context": "null", "children_spec": [{}]}}"#, vec![L; n].join(", "))
    };
    let want = |context: &str, n: usize| {
        let name = "transformers.cache_utils.DynamicCache";
        format!(r#"[1, {{"type": "{name}", "context": "{context}", "children_spec": [{0}, {0}]}}]"#, list(n))
    };
    let names = r#"[\"key_cache\", \"value_cache\"]"#;
    let mut cache = make_dynamic_cache([(state(3), state(3)), (state(3), state(3))]);
    assert_eq!(json(&cache), want(names, 2));
    there_and_back(&cache);
    there_and_back(&DynamicCache::<TensorMeta>::default());
    for (windows, context, layers) in [
        (vec![None, None], format!("[{names}, [null, null]]"), 2),
        (vec![Some(8), None], format!("[{names}, [8, null]]"), 2),
        (vec![], format!("[{names}, []]"), 0),
    ] {
        cache.windows = Some(windows);
        cache.key_cache.truncate(layers);
        cache.value_cache.truncate(layers);
        assert_eq!(json(&cache), want(&context, layers));
        there_and_back(&cache);
    }
}

#[test]
fn layer_by_layer_as_onnx_diagnostic_has_them() {
    let want = |class: &str, names: &[&str]| {
        let names: Vec<_> = names.iter().map(|n| format!(r#"\"{n}\""#)).collect();
        let leaves = vec![L; names.len()].join(", ");
        format!(
            r#"[1, {{"type": "transformers.cache_utils.{class}", "context": "[{}]", "children_spec": [{leaves}]}}]"#,
            names.join(", ")
        )
    };
    let pairs = || [(state(3), state(3)), (state(3), state(3))];
    let plain = ["key_0", "value_0", "key_1", "value_1"];
    assert_eq!(json(&InterleavedCache::new(pairs())), want("DynamicCache", &plain));
    assert_eq!(json(&StaticCache::new(pairs())), want("StaticCache", &plain));
    assert_eq!(json(&SlidingWindowCache::new(pairs())), want("SlidingWindowCache", &plain));
    assert_eq!(json(&InterleavedCache::<TensorMeta>::default()), want("DynamicCache", &[]));
    let mut mixed = InterleavedCache::new(pairs());
    mixed.layers[1].kind = LayerKind::SlidingWindow(3);
    assert_eq!(json(&mixed), want("DynamicCache", &["key_D_0", "value_D_0", "key_W3_1", "value_W3_1"]));
    let hybrid: HybridCache<TensorMeta> = [LayerKind::Static, LayerKind::StaticSlidingWindow(10)]
        .into_iter()
        .map(|kind| CacheLayer::new(state(10), state(10), kind))
        .collect();
    assert_eq!(json(&hybrid), want("HybridCache", &["key_S_0", "value_S_0", "key_X10_1", "value_X10_1"]));
    there_and_back(&InterleavedCache::new(pairs()));
    there_and_back(&mixed);
    there_and_back(&hybrid);
    there_and_back(&StaticCache::new(pairs()));
    there_and_back(&EncoderDecoderCache::new(mixed.clone(), mixed));
    there_and_back(&MambaCache::new([(state(1), state(2))]));
}

#[test]
fn the_exporters_description() {
    let cache = ExportersCache::new([(state(3), state(3))]);
    let want = r#"[1, {"type": "transformers.cache_utils:DynamicCache", "context": "{\"_t\": \"obj\", \"p\": \"transformers.cache_utils:DynamicCache\", \"s\": {\"layers\": [{\"_t\": \"obj\", \"p\": \"transformers.cache_utils:DynamicLayer\", \"s\": {\"keys\": {\"_t\": \"tensor\", \"i\": 0}, \"values\": {\"_t\": \"tensor\", \"i\": 1}, \"is_initialized\": true, \"dtype\": {\"_t\": \"dtype\", \"n\": \"float32\"}, \"device\": {\"_t\": \"device\", \"s\": \"cpu\"}}}], \"layer_class_to_replicate\": {\"_t\": \"type\", \"p\": \"transformers.cache_utils:DynamicLayer\"}, \"offloading\": false}}", "children_spec": [L, L]}]"#;
    assert_eq!(json(&cache), want.replace("[L, L]", &format!("[{L}, {L}]")));
    there_and_back(&cache);
    there_and_back(&ExportersCache::<TensorMeta>::new([]));
    assert_eq!(ExportersCache::from(DynamicCache::from(cache.clone())), cache);
    // A sliding window is another description.
    let other = json(&cache).replace("DynamicLayer", "DynamicSlidingWindowLayer");
    let other = TreeSpec::from_json(&other).expect("a treespec");
    let leaves = [state(1), state(1)].map(pytree_core::Leaf::Tensor);
    let error = unflatten::<Meta, ExportersCache<TensorMeta>>(leaves, &other).expect_err("another layer");
    assert!(matches!(&error, UnflattenError::Node { path, .. } if path.0.is_empty()), "{error}");
}

/// The context of the root, as the exporters package describes the object.
fn description<X: pytree_core::PyTree<Meta>>(cache: &X) -> String {
    let file: serde_json::Value = serde_json::from_str(&json(cache)).expect("JSON");
    file[1]["context"].as_str().expect("a text").to_owned()
}

#[test]
fn the_exporters_description_of_a_fixed_length() {
    let states = || TensorMeta::new(DType::Float32, [1, 2, 10, 4]);
    let count = || TensorMeta::new(DType::Int64, []);
    let mut cache = ExportersStaticCache::new([(states(), states(), count()), (states(), states(), count())])
        .expect("four dimensions");
    there_and_back(&cache);
    // A layer before its first update: one leaf.
    cache.layers[1].states = None;
    let want = r#"{"_t": "obj", "p": "transformers.cache_utils:StaticCache", "s": {"layers": [{"_t": "obj", "p": "transformers.cache_utils:StaticLayer", "s": {"keys": {"_t": "tensor", "i": 0}, "values": {"_t": "tensor", "i": 1}, "is_initialized": true, "max_cache_len": 10, "cumulative_length": {"_t": "tensor", "i": 2}, "dtype": {"_t": "dtype", "n": "float32"}, "device": {"_t": "device", "s": "cpu"}, "batch_size": 1, "num_heads": 2, "v_head_dim": 4, "k_head_dim": 4}}, {"_t": "obj", "p": "transformers.cache_utils:StaticLayer", "s": {"keys": null, "values": null, "is_initialized": false, "max_cache_len": 10, "cumulative_length": {"_t": "tensor", "i": 3}}}], "layer_class_to_replicate": null, "offloading": false}}"#;
    assert_eq!(description(&cache), want);
    let paths: Vec<String> = structure(&cache).expect("a tree").leaf_paths().map(|path| path.to_string()).collect();
    assert_eq!(paths, ["[0]", "[1]", "[2]", "[3]"]);
    there_and_back(&cache);
    let error = ExportersStaticCache::new([(count(), count(), count())]).expect_err("no heads");
    assert_eq!(error, CacheError::Rank { rank: 0, dim: -4 });
    // A description with more in it is another object.
    let (leaves, spec) = into_leaves(cache).expect("a tree");
    let more = spec.to_json().expect("JSON").replacen("offloading", "onloading", 1);
    let error =
        unflatten::<Meta, ExportersStaticCache<TensorMeta>>(leaves, &TreeSpec::from_json(&more).expect("a spec"))
            .expect_err("another attribute");
    let place =
        "at the root: the type is a custom node `transformers.cache_utils:StaticCache` that describes plain layers";
    assert!(error.to_string().starts_with(place), "{error}");
}

#[test]
fn the_exporters_description_of_two_caches() {
    let states = || TensorMeta::new(DType::Float32, [1, 2, 3, 4]);
    let dynamic = |layers: usize| ExportersCache::new((0..layers).map(|_| (states(), states())));
    let mut cache = ExportersEncoderDecoderCache {
        self_attention_cache: dynamic(1),
        cross_attention_cache: dynamic(0),
        is_updated: Default::default(),
    };
    let want = r#"{"_t": "obj", "p": "transformers.cache_utils:EncoderDecoderCache", "s": {"self_attention_cache": {"_t": "obj", "p": "transformers.cache_utils:DynamicCache", "s": {"layers": [{"_t": "obj", "p": "transformers.cache_utils:DynamicLayer", "s": {"keys": {"_t": "tensor", "i": 0}, "values": {"_t": "tensor", "i": 1}, "is_initialized": true, "dtype": {"_t": "dtype", "n": "float32"}, "device": {"_t": "device", "s": "cpu"}}}], "layer_class_to_replicate": {"_t": "type", "p": "transformers.cache_utils:DynamicLayer"}, "offloading": false}}, "cross_attention_cache": {"_t": "obj", "p": "transformers.cache_utils:DynamicCache", "s": {"layers": [], "layer_class_to_replicate": {"_t": "type", "p": "transformers.cache_utils:DynamicLayer"}, "offloading": false}}, "is_updated": {}}}"#;
    assert_eq!(description(&cache), want);
    there_and_back(&cache);
    cache.cross_attention_cache = dynamic(1);
    cache.is_updated.insert(0, true);
    // The tensors of the second cache are numbered on; a dict by layer is written by its items.
    assert!(description(&cache).contains(r#""keys": {"_t": "tensor", "i": 2}"#), "{}", description(&cache));
    assert!(description(&cache).ends_with(r#""is_updated": {"_t": "items", "v": [[0, true]]}}}"#));
    there_and_back(&cache);
}

#[test]
fn a_cache_that_is_another() {
    let spec = structure(&InterleavedCache::new([(state(3), state(3))])).expect("a tree");
    let leaves = || [state(1), state(1)].map(pytree_core::Leaf::Tensor);
    let error = unflatten::<Meta, DynamicCache<TensorMeta>>(leaves(), &spec).expect_err("other fields");
    assert!(error.to_string().contains("key_cache"), "{error}");
    let error = unflatten::<Meta, StaticCache<TensorMeta>>(leaves(), &spec).expect_err("another class");
    assert!(error.to_string().contains("transformers.cache_utils.StaticCache"), "{error}");
    for names in [
        ["key_1", "value_1"],
        ["value_0", "key_0"],
        ["key_0", "value_W3_0"],
        ["key_Q_0", "value_Q_0"],
        ["key_W_0", "value_W_0"],
    ] {
        let text = json(&InterleavedCache::new([(state(3), state(3))]));
        let text = text.replace("key_0", "K").replace("value_0", names[1]).replace('K', names[0]);
        let spec = TreeSpec::from_json(&text).expect("a treespec");
        assert!(unflatten::<Meta, InterleavedCache<TensorMeta>>(leaves(), &spec).is_err(), "{names:?}");
    }
}

#[test]
fn update_grows_a_cache() {
    let mut cache = DynamicCache::default();
    assert_eq!((cache.len(), cache.get_seq_length(0)), (0, 0));
    assert_eq!(cache.update(0, state(3), state(3)), Ok((state(3), state(3))));
    assert_eq!(cache.update(0, state(1), state(1)), Ok((state(4), state(4))));
    assert_eq!((cache.key_cache.clone(), cache.get_seq_length(0)), (vec![state(4)], 4));
    assert_eq!(cache.update(2, state(1), state(1)), Err(CacheError::NoLayer { layer: 2, layers: 1 }));
    let other = TensorMeta::new(DType::Float32, [2, 4, 1, 8]);
    let error = cache.update(0, other.clone(), other).expect_err("another head size");
    assert_eq!(
        error.to_string(),
        "f32[2, 4, 4, 7] and f32[2, 4, 1, 8] cannot be joined along dimension -2: everything else has to be equal"
    );
    assert_eq!(cache.key_cache, [state(4)]);
    let half = TensorMeta::new(DType::Float16, [2, 4, 1, 7]);
    assert!(matches!(cache.update(0, half.clone(), half), Err(CacheError::Join { .. })));
    let flat = TensorMeta::new(DType::Float32, [2]);
    assert_eq!(
        DynamicCache { key_cache: vec![flat.clone()], value_cache: vec![flat.clone()], windows: None }.update(
            0,
            flat.clone(),
            flat
        ),
        Err(CacheError::Rank { rank: 1, dim: -2 })
    );
}

#[test]
fn windows_slide_as_in_transformers() {
    // DynamicSlidingWindowLayer(4): keeps three states, gives all.
    let mut cache = DynamicCache { windows: Some(vec![Some(4)]), ..DynamicCache::default() };
    assert_eq!(cache.update(0, state(2), state(2)), Ok((state(2), state(2))));
    assert_eq!(cache.update(0, state(3), state(3)), Ok((state(5), state(5))));
    assert_eq!(cache.get_seq_length(0), 3);
    assert_eq!(cache.update(0, state(1), state(1)), Ok((state(4), state(4))));
    assert_eq!(cache.update(1, state(5), state(5)), Ok((state(5), state(5))));
    assert_eq!((cache.get_seq_length(1), cache.windows.as_deref()), (5, Some(&[Some(4), None][..])));
    let mut layers: InterleavedCache<TensorMeta> =
        [CacheLayer::new(state(3), state(3), LayerKind::SlidingWindow(4))].into_iter().collect();
    assert_eq!(layers.update(0, state(1), state(1)), Ok((state(4), state(4))));
    assert_eq!(layers.get_seq_length(0), 3);
    assert_eq!(layers.update_at(0, 0, &state(1), &state(1)), Err(CacheError::Position));
    assert_eq!(layers.update(1, state(1), state(1)), Ok((state(1), state(1))));
}

#[test]
fn fixed_lengths_are_written_in_place() {
    let mut cache = StaticCache::new([(state(6), state(6))]);
    assert_eq!(cache.update_at(0, 4, &state(2), &state(2)), Ok((state(6), state(6))));
    assert_eq!(cache.update_at(0, 5, &state(2), &state(2)), Err(CacheError::Range { start: 5, end: 7, size: 6 }));
    assert_eq!(cache.update(0, state(1), state(1)), Err(CacheError::Position));
    assert!(matches!(cache.update(1, state(1), state(1)), Err(CacheError::NoLayer { .. })));
    let mut window = SlidingWindowCache::new([(state(4), state(4))]);
    assert_eq!(window.update_at(0, 0, &state(3), &state(3)), Ok((state(4), state(4))));
    // Filling up: three that are there and three more; then full: the oldest goes.
    assert_eq!(window.update_at(0, 3, &state(3), &state(3)), Ok((state(6), state(6))));
    assert_eq!(window.update_at(0, 6, &state(1), &state(1)), Ok((state(4), state(4))));
    assert_eq!(flatten(&window).expect("a tree").leaves.len(), 2);
}
