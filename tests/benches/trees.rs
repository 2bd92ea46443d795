//! The time of tree operations on a cache of 126 layers (252 tensors), compared with loops written by hand for that cache:
//! `cargo bench -p tests --no-default-features --bench trees`. See `docs/benches.md`.
//!
//! A closure drops what it makes, so that memory is reused as in a program.
#![allow(clippy::unreachable, reason = "a benchmark")]

use divan::{Bencher, black_box};
use pytree_core::cache::DynamicCache;
use pytree_core::{
    DType, Family, Leaf, LeafMut, LeafRef, Meta, OwnedTree, PyTree, Source, TensorMeta, TreeSpec, UnflattenError,
    Visitor, VisitorMut, VisitorOwned, flatten, flatten_with_keys, into_leaves, into_tensors, leaves, leaves_with_keys,
    structure, tensors, unflatten,
};
use std::ops::ControlFlow;

const LAYERS: usize = 126;

fn main() {
    // So many calls per sample that reading the clock costs little in comparison.
    divan::Divan::default().sample_count(1000).sample_size(32).config_with_args().main();
}

/// The cache as a user writes it.
#[derive(PyTree, Clone)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping")]
struct Derived<T> {
    key_cache: Vec<T>,
    value_cache: Vec<T>,
}

/// A tensor that is a handle of eight bytes, as in `tch`.
#[derive(Clone, Copy)]
struct Handle(#[expect(dead_code, reason = "it is moved and never read")] u64);

enum Handles {}

impl Family for Handles {
    type Tensor = Handle;
}

impl PyTree<Handles> for Handle {
    fn walk<'a, V: Visitor<'a, Handles>>(&'a self, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(LeafRef::Tensor(self))
    }

    fn walk_slice<'a, V: Visitor<'a, Handles>>(items: &'a [Self], visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.tensors(items)
    }
}

impl OwnedTree<Handles> for Handle {
    fn walk_mut<V: VisitorMut<Handles>>(&mut self, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(LeafMut::Tensor(self))
    }

    fn into_walk<V: VisitorOwned<Handles>>(self, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.leaf(Leaf::Tensor(self))
    }

    fn into_walk_vec<V: VisitorOwned<Handles>>(items: Vec<Self>, visitor: &mut V) -> ControlFlow<V::Break> {
        visitor.tensors(items)
    }

    fn rebuild<S: Source<Handles>>(source: &mut S) -> Result<Self, UnflattenError> {
        source.tensor()
    }

    fn rebuild_vec<S: Source<Handles>>(source: &mut S, count: usize) -> Result<Vec<Self>, UnflattenError> {
        source.tensors(count)
    }
}

fn meta(_: usize) -> TensorMeta {
    TensorMeta::new(DType::Float32, [2, 8, 30, 64])
}

fn handle(index: usize) -> Handle {
    Handle(index as u64)
}

fn derived<T>(tensor: fn(usize) -> T) -> Derived<T> {
    Derived { key_cache: (0..LAYERS).map(tensor).collect(), value_cache: (LAYERS..2 * LAYERS).map(tensor).collect() }
}

fn library<T>(tensor: fn(usize) -> T) -> DynamicCache<T> {
    let Derived { key_cache, value_cache } = derived(tensor);
    DynamicCache { key_cache, value_cache, windows: None }
}

/// A key and a leaf of the same size as those of pytree-core.
type Keyed<'a> = ((u32, u32), LeafRef<'a, Meta>);

#[divan::bench]
fn tensors_derived(bencher: Bencher<'_, '_>) {
    let cache = derived(meta);
    bencher.bench_local(|| drop(black_box(tensors::<Meta, _>(black_box(&cache)))));
}

#[divan::bench]
fn tensors_library(bencher: Bencher<'_, '_>) {
    let cache = library(meta);
    bencher.bench_local(|| drop(black_box(tensors::<Meta, _>(black_box(&cache)))));
}

#[divan::bench]
fn tensors_by_hand(bencher: Bencher<'_, '_>) {
    let cache = derived(meta);
    bencher.bench_local(|| {
        let cache = black_box(&cache);
        let mut all: Vec<&TensorMeta> = Vec::with_capacity(cache.key_cache.len() + cache.value_cache.len());
        all.extend(&cache.key_cache);
        all.extend(&cache.value_cache);
        drop(black_box(all));
    });
}

#[divan::bench]
fn leaves_derived(bencher: Bencher<'_, '_>) {
    let cache = derived(meta);
    bencher.bench_local(|| drop(black_box(leaves::<Meta, _>(black_box(&cache)))));
}

#[divan::bench]
fn leaves_library(bencher: Bencher<'_, '_>) {
    let cache = library(meta);
    bencher.bench_local(|| drop(black_box(leaves::<Meta, _>(black_box(&cache)))));
}

#[divan::bench]
fn leaves_by_hand(bencher: Bencher<'_, '_>) {
    let cache = derived(meta);
    bencher.bench_local(|| {
        let cache = black_box(&cache);
        let mut all: Vec<LeafRef<'_, Meta>> = Vec::with_capacity(cache.key_cache.len() + cache.value_cache.len());
        for tensor in &cache.key_cache {
            all.push(LeafRef::Tensor(tensor));
        }
        for tensor in &cache.value_cache {
            all.push(LeafRef::Tensor(tensor));
        }
        drop(black_box(all));
    });
}

#[divan::bench]
fn keys_derived(bencher: Bencher<'_, '_>) {
    let cache = derived(meta);
    bencher.bench_local(|| drop(black_box(leaves_with_keys::<Meta, _>(black_box(&cache)))));
}

#[divan::bench]
fn keys_library(bencher: Bencher<'_, '_>) {
    let cache = library(meta);
    bencher.bench_local(|| drop(black_box(leaves_with_keys::<Meta, _>(black_box(&cache)))));
}

#[divan::bench]
fn keys_by_hand(bencher: Bencher<'_, '_>) {
    let cache = derived(meta);
    bencher.bench_local(|| {
        let cache = black_box(&cache);
        let mut all: Vec<Keyed<'_>> = Vec::with_capacity(cache.key_cache.len() + cache.value_cache.len());
        for (field, tensors) in [&cache.key_cache, &cache.value_cache].into_iter().enumerate() {
            for (index, tensor) in tensors.iter().enumerate() {
                all.push(((field as u32, index as u32), LeafRef::Tensor(tensor)));
            }
        }
        drop(black_box(all));
    });
}

/// Leaves and spec.
#[divan::bench]
fn flatten_derived(bencher: Bencher<'_, '_>) {
    let cache = derived(meta);
    bencher.bench_local(|| drop(black_box(flatten::<Meta, _>(black_box(&cache)))));
}

#[divan::bench]
fn flatten_library(bencher: Bencher<'_, '_>) {
    let cache = library(meta);
    bencher.bench_local(|| drop(black_box(flatten::<Meta, _>(black_box(&cache)))));
}

/// Leaves and spec, and the whole path of every leaf.
#[divan::bench]
fn flatten_with_paths(bencher: Bencher<'_, '_>) {
    let cache = derived(meta);
    bencher.bench_local(|| drop(black_box(flatten_with_keys::<Meta, _>(black_box(&cache)))));
}

/// The tree from leaves and spec. Making the leaves is not measured; moving them in and dropping the tree is.
#[divan::bench]
fn unflatten_derived(bencher: Bencher<'_, '_>) {
    let (cache, spec) = (derived(handle), structure::<Handles, _>(&derived(handle)));
    let Ok(spec) = spec else { unreachable!("a cache has a structure") };
    let leaves = || leaves::<Handles, _>(&cache).into_iter().map(|leaf| leaf.map(|tensor| *tensor)).collect();
    bencher.with_inputs(leaves).bench_local_values(|leaves: Vec<Leaf<Handles>>| {
        let tree = unflatten::<Handles, Derived<Handle>>(leaves, black_box(&spec));
        drop(black_box(tree));
    });
}

/// Tensors and frame, then the tree again. The closure moves one cache over and over.
fn there_and_back<F: Family, X: OwnedTree<F>>(bencher: Bencher<'_, '_>, cache: X) {
    let mut held = Some(cache);
    bencher.bench_local(|| {
        let Some(cache) = held.take() else { return };
        let Ok((tensors, frame)) = into_tensors::<F, X>(black_box(cache)) else { return };
        held = frame.rebuild(black_box(tensors)).ok();
    });
    assert!(held.is_some(), "a cache can be rebuilt from its tensors");
}

/// Leaves of any kind and spec, then the tree again.
fn leaves_and_back<F: Family, X: OwnedTree<F>>(bencher: Bencher<'_, '_>, cache: X) {
    let mut held = Some(cache);
    bencher.bench_local(|| {
        let Some(cache) = held.take() else { return };
        let Ok((leaves, spec)) = into_leaves::<F, X>(black_box(cache)) else { return };
        held = unflatten(black_box(leaves), &spec).ok();
    });
    assert!(held.is_some(), "a cache can be rebuilt from its leaves");
}

fn there_and_back_by_hand<T>(bencher: Bencher<'_, '_>, cache: Derived<T>) {
    let mut held = cache;
    bencher.bench_local(|| {
        let empty = Derived { key_cache: Vec::new(), value_cache: Vec::new() };
        let Derived { key_cache, value_cache } = std::mem::replace(black_box(&mut held), empty);
        let (keys, all) = (key_cache.len(), key_cache.len() + value_cache.len());
        let mut leaves: Vec<T> = Vec::with_capacity(all);
        leaves.extend(key_cache);
        leaves.extend(value_cache);
        let mut leaves = black_box(leaves).into_iter();
        held = Derived { key_cache: leaves.by_ref().take(keys).collect(), value_cache: leaves.collect() };
    });
}

#[divan::bench]
fn move_derived(bencher: Bencher<'_, '_>) {
    there_and_back::<Meta, _>(bencher, derived(meta));
}

#[divan::bench]
fn move_library(bencher: Bencher<'_, '_>) {
    there_and_back::<Meta, _>(bencher, library(meta));
}

#[divan::bench]
fn move_leaves(bencher: Bencher<'_, '_>) {
    leaves_and_back::<Meta, _>(bencher, derived(meta));
}

#[divan::bench]
fn move_leaves_handles(bencher: Bencher<'_, '_>) {
    leaves_and_back::<Handles, _>(bencher, derived(handle));
}

#[divan::bench]
fn move_by_hand(bencher: Bencher<'_, '_>) {
    there_and_back_by_hand(bencher, derived(meta));
}

#[divan::bench]
fn move_handles_derived(bencher: Bencher<'_, '_>) {
    there_and_back::<Handles, _>(bencher, derived(handle));
}

#[divan::bench]
fn move_handles_by_hand(bencher: Bencher<'_, '_>) {
    there_and_back_by_hand(bencher, derived(handle));
}

/// Two equal specs in different memory.
fn two_specs() -> (TreeSpec, TreeSpec) {
    let spec = || match structure::<Meta, _>(&derived(meta)) {
        Ok(spec) => spec,
        Err(e) => unreachable!("a cache has a structure: {e}"),
    };
    (spec(), spec())
}

#[divan::bench]
fn spec_equal(bencher: Bencher<'_, '_>) {
    let (a, b) = two_specs();
    bencher.bench_local(|| black_box(&a) == black_box(&b));
}

/// Two slices of the spec's bytes, four for a node or leaf, compared twice.
#[divan::bench]
fn spec_equal_by_hand(bencher: Bencher<'_, '_>) {
    let (a, b) = two_specs();
    let bytes = |spec: &TreeSpec| vec![7_u8; 4 * spec.num_nodes()];
    let (a, b) = (bytes(&a), bytes(&b));
    bencher.bench_local(|| {
        let once = || black_box(a.as_slice()) == black_box(b.as_slice());
        once() & once()
    });
}

#[divan::bench]
fn spec_dumps(bencher: Bencher<'_, '_>) {
    let (spec, _) = two_specs();
    bencher.bench_local(|| drop(black_box(black_box(&spec).to_json())));
}

#[divan::bench]
fn spec_loads(bencher: Bencher<'_, '_>) {
    let (spec, _) = two_specs();
    let text = spec.to_json().unwrap_or_default();
    assert_eq!(TreeSpec::from_json(&text).as_ref(), Ok(&spec));
    bencher.bench_local(|| drop(black_box(TreeSpec::from_json(black_box(&text)))));
}
