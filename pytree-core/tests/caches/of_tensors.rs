//! Caches of tensors with data: the states that the layers of transformers 5.23 keep and return for the same updates.

use pytree_core::cache::{CacheLayer, DynamicCache, LayerKind, SlidingWindowCache, StaticCache};
use tch::{Device, Kind, Tensor};

/// States of one head of size 1: `count` of them, from `first` on.
fn states(first: i64, count: i64) -> Tensor {
    Tensor::arange_start(first, first + count, (Kind::Float, Device::Cpu)).reshape([1, 1, count, 1])
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.reshape([-1])).expect("a vector of floats")
}

#[test]
fn a_dynamic_cache_grows() {
    let mut cache = DynamicCache::default();
    let first = cache.update(0, states(0, 2), states(10, 2));
    assert_eq!(first.map(|(keys, _)| numbers(&keys)), Ok(vec![0.0, 1.0]));
    let (keys, values) = cache.update(0, states(2, 1), states(12, 1)).expect("one more");
    assert_eq!((numbers(&keys), numbers(&values)), (vec![0.0, 1.0, 2.0], vec![10.0, 11.0, 12.0]));
    assert_eq!(cache.get_seq_length(0), 3);
    // The tensors that are given are those that are kept.
    assert_eq!(keys.data_ptr(), cache.key_cache[0].data_ptr());
    assert!(cache.update(0, states(0, 1).to_kind(Kind::Double), states(0, 1)).is_err());
    assert_eq!(cache.get_seq_length(0), 3);
}

#[test]
fn a_sliding_window_keeps_one_less() {
    let mut layer = CacheLayer::new(states(0, 2), states(0, 2), LayerKind::SlidingWindow(4));
    let (keys, _) = layer.update(&states(2, 3), &states(2, 3)).expect("three more");
    assert_eq!((numbers(&keys), numbers(&layer.key)), (vec![0.0, 1.0, 2.0, 3.0, 4.0], vec![2.0, 3.0, 4.0]));
    let (keys, _) = layer.update(&states(5, 1), &states(5, 1)).expect("one more");
    assert_eq!((numbers(&keys), numbers(&layer.key)), (vec![2.0, 3.0, 4.0, 5.0], vec![3.0, 4.0, 5.0]));
}

#[test]
fn a_static_window_as_transformers_fills_it() {
    let zeros = || Tensor::zeros([1, 1, 4, 1], (Kind::Float, Device::Cpu));
    let mut cache = SlidingWindowCache::new([(zeros(), zeros())]);
    let kept = cache.layers[0].key.shallow_clone();
    // StaticSlidingWindowLayer(4): what it gives and what it keeps after 3, 3, 1 and 2 new states.
    for (position, first, count, given, window) in [
        (0, 30, 3, vec![30.0, 31.0, 32.0, 0.0], [30.0, 31.0, 32.0, 0.0]),
        (3, 30, 3, vec![30.0, 31.0, 32.0, 30.0, 31.0, 32.0], [32.0, 30.0, 31.0, 32.0]),
        (6, 10, 1, vec![30.0, 31.0, 32.0, 10.0], [30.0, 31.0, 32.0, 10.0]),
        (7, 20, 2, vec![31.0, 32.0, 10.0, 20.0, 21.0], [32.0, 10.0, 20.0, 21.0]),
    ] {
        let new = states(first, count);
        let (keys, values) = cache.update_at(0, position, &new, &new).expect("it fits");
        assert_eq!((numbers(&keys), numbers(&values)), (given.clone(), given));
        // In place: the tensor that the caller holds is the one that changes.
        assert_eq!(numbers(&kept), window);
    }
}

#[test]
fn a_static_cache_is_written_in_place() {
    let zeros = || Tensor::zeros([1, 1, 4, 1], (Kind::Float, Device::Cpu));
    let mut cache = StaticCache::new([(zeros(), zeros())]);
    let (keys, _) = cache.update_at(0, 1, &states(5, 2), &states(5, 2)).expect("it fits");
    assert_eq!(numbers(&keys), [0.0, 5.0, 6.0, 0.0]);
    assert!(cache.update_at(0, 3, &states(5, 2), &states(5, 2)).is_err());
    assert_eq!(numbers(&keys), [0.0, 5.0, 6.0, 0.0]);
}
