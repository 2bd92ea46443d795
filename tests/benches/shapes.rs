//! The time of shape operations on a cache of 126 layers (252 tensors of rank 4), compared with loops written by hand:
//! `cargo bench -p tests --no-default-features --bench shapes`.
#![allow(clippy::unreachable, reason = "a benchmark")]

use std::fmt::Write;

use divan::{Bencher, black_box};
use pytree_core::{DType, Meta, PyTree, TensorMeta};
use shapes::{
    Dim, DimSpec, DynamicShapes, InputLeaf, InputSets, InputValue, ShapeSpec, StringTypeOptions, SymbolicInputs,
    Tolerance, string_type,
};
use symbolic::Naming;

const LAYERS: usize = 126;

fn main() {
    divan::main();
}

#[derive(PyTree, Clone)]
#[pytree(family = Meta, name = "transformers.cache_utils.DynamicCache", as = "mapping")]
struct DynamicCache {
    key_cache: Vec<TensorMeta>,
    value_cache: Vec<TensorMeta>,
}

fn cache(batch: i64, length: i64) -> DynamicCache {
    let tensors = || vec![TensorMeta::new(DType::Float32, [batch, 8, length, 64]); LAYERS];
    DynamicCache { key_cache: tensors(), value_cache: tensors() }
}

fn sets() -> InputSets {
    let sets = [(cache(2, 30),), (cache(3, 40),)];
    match InputSets::of::<Meta, _>(&sets) {
        Ok(sets) => sets,
        Err(e) => unreachable!("two sets of one cache: {e}"),
    }
}

/// A mask of dynamic dimensions for every tensor.
#[divan::bench]
fn guess_masks(bencher: Bencher<'_, '_>) {
    let sets = sets();
    bencher.bench_local(|| black_box(&sets).dynamic_dims());
}

#[divan::bench]
fn guess_masks_by_hand(bencher: Bencher<'_, '_>) {
    let (a, b) = (cache(2, 30), cache(3, 40));
    bencher.bench_local(|| {
        let (a, b) = (black_box(&a), black_box(&b));
        let one = |(x, y): (&TensorMeta, &TensorMeta)| {
            let differ = |m: u64, (i, (x, y)): (usize, (&i64, &i64))| m | (u64::from(x != y) << i);
            x.sizes.iter().zip(&y.sizes).enumerate().fold(0, differ)
        };
        let mut masks: Vec<u64> = Vec::with_capacity(2 * LAYERS);
        masks.extend(a.key_cache.iter().zip(&b.key_cache).map(one));
        masks.extend(a.value_cache.iter().zip(&b.value_cache).map(one));
        masks
    });
}

/// The whole `dynamic_shapes`.
#[divan::bench]
fn guess_shapes(bencher: Bencher<'_, '_>) {
    let sets = sets();
    bencher.bench_local(|| black_box(&sets).guess_dynamic_shapes());
}

#[divan::bench]
fn guess_shapes_by_hand(bencher: Bencher<'_, '_>) {
    let (a, b) = (cache(2, 30), cache(3, 40));
    bencher.bench_local(|| {
        let (a, b) = (black_box(&a), black_box(&b));
        let one = |(x, y): (&TensorMeta, &TensorMeta)| {
            let differ = x.sizes.iter().zip(&y.sizes).enumerate().filter(|(_, (x, y))| x != y);
            let dims = differ.map(|(i, _)| (i as i64, DimSpec::from(Dim::dynamic())));
            DynamicShapes::Leaf(ShapeSpec::dims(dims))
        };
        let keys = a.key_cache.iter().zip(&b.key_cache).map(one).collect();
        let values = a.value_cache.iter().zip(&b.value_cache).map(one).collect();
        DynamicShapes::List(vec![DynamicShapes::List(keys), DynamicShapes::List(values)])
    });
}

fn full() -> StringTypeOptions {
    StringTypeOptions { limit: 1000, ..StringTypeOptions::shapes() }
}

#[divan::bench]
fn string_of_shapes(bencher: Bencher<'_, '_>) {
    let cache = cache(2, 30);
    bencher.bench_local(|| string_type(black_box(&cache), full()));
}

#[divan::bench]
fn string_of_shapes_by_hand(bencher: Bencher<'_, '_>) {
    let cache = cache(2, 30);
    bencher.bench_local(|| {
        let cache = black_box(&cache);
        let mut out = String::new();
        for (name, tensors) in [("key_cache", &cache.key_cache), ("value_cache", &cache.value_cache)] {
            _ = write!(out, "{name}=#{}[", tensors.len());
            for tensor in tensors {
                let z = &tensor.sizes;
                _ = write!(out, "T1s{}x{}x{}x{},", z[0], z[1], z[2], z[3]);
            }
            out.push(']');
        }
        out
    });
}

/// Placeholder names, symbols and ranges of 252 tensors with three dynamic dimensions each.
#[divan::bench]
fn names_and_ranges(bencher: Bencher<'_, '_>) {
    let leaf = |(part, i): (&str, usize)| InputLeaf {
        source: format!("L['cache']['{part}'][{i}]"),
        path: format!("['cache']['{part}'][{i}]"),
        name: format!("cache_{part}_{i}"),
        value: InputValue::tensor([2, 8, 30, 64]),
        spec: ShapeSpec::dims([0, 1, 2].map(|d| (d, DimSpec::from(Dim::dynamic())))),
    };
    let all = ["key_cache", "value_cache"].into_iter().flat_map(|part| (0..LAYERS).map(move |i| (part, i)));
    let leaves: Vec<InputLeaf> = all.map(leaf).collect();
    let order: Vec<usize> = (0..leaves.len()).collect();
    bencher.with_inputs(|| leaves.clone()).bench_local_values(|leaves| {
        let inputs = SymbolicInputs::declare(leaves, &order, Naming::Hashed)?;
        inputs.finish(Tolerance::Strict)
    });
}
