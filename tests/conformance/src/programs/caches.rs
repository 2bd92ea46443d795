//! The caches of `transformers` with all their options, and other classes whose values have several contexts.

use anyhow::Result;
use tch::{Kind, Tensor};
use torch_export::prelude::*;
use torch_export::pytree::PyTree as Tree;
use torch_export::pytree::cache::{
    CacheLayer, DynamicCache, EncoderDecoderCache, ExportersCache, ExportersEncoderDecoderCache, ExportersStaticCache,
    HybridCache, InterleavedCache, LayerKind, MambaCache, SlidingWindowCache, StaticCache, make_dynamic_cache,
};

use crate::pages::randn;
use crate::record::{Case, Recorder};

/// The input plus the sum of all tensors of two values.
fn with_leaves(x: &Tensor, values: [&dyn Fn() -> Vec<Tensor>; 2]) -> Tensor {
    let leaves = values.into_iter().flat_map(|leaves| leaves());
    leaves.fold(x.shallow_clone(), |sum, leaf| sum + leaf.sum(Kind::Float))
}

fn tensors<T: Tree<Tch>>(value: &T) -> Vec<Tensor> {
    let flat = flatten(value).map(|flat| flat.leaves).unwrap_or_default();
    flat.iter().filter_map(|leaf| leaf.tensor().map(|tensor| tensor.shallow_clone())).collect()
}

/// A model over two values of these types, and its recorded program.
macro_rules! record {
    ($recorder:ident, $name:literal, $first:ty, $second:ty, $values:expr) => {{
        struct Leaves;

        #[module]
        impl Leaves {
            fn forward(&self, x: &Tensor, cache: &$first, other: &$second) -> Tensor {
                with_leaves(x, [&|| tensors(cache), &|| tensors(other)])
            }
        }

        let values = $values;
        let call = || {
            let (first, second) = values();
            Leaves::args((randn(&[3]), first, second))
        };
        let shapes = Some(DynamicShapes::NONE);
        $recorder.record(Case { name: $name, model: Leaves, sets: vec![call()], shapes, unseen: [call(), call()] });
    }};
}

type Lists = DynamicCache<Tensor>;

fn state() -> Tensor {
    randn(&[2, 2, 5, 4])
}

fn pairs(layers: usize) -> Vec<(Tensor, Tensor)> {
    (0..layers).map(|_| (state(), state())).collect()
}

fn lists(windows: Option<Vec<Option<u64>>>) -> Lists {
    DynamicCache { windows, ..make_dynamic_cache(pairs(2)) }
}

fn layers<C: FromIterator<CacheLayer<Tensor>>>(kinds: &[LayerKind]) -> C {
    kinds.iter().map(|kind| CacheLayer::new(state(), state(), *kind)).collect()
}

fn count() -> Tensor {
    Tensor::from(5_i64)
}

/// Fields of which some are `None`.
#[derive(PyTree)]
#[pytree(name = "conformance.Fields")]
struct Fields {
    a: Option<Tensor>,
    b: Option<Tensor>,
    c: Option<Tensor>,
}

/// Children by name and static fields.
#[derive(PyTree)]
#[pytree(name = "conformance.Statics", as = "mapping")]
struct Statics {
    states: Vec<Tensor>,
    #[pytree(static)]
    window: Option<i64>,
    #[pytree(static)]
    scale: f64,
}

/// A namedtuple.
#[derive(PyTree)]
#[pytree(name = "conformance.Point", as = "namedtuple")]
struct Point {
    x: Tensor,
    y: Tensor,
}

pub(crate) fn record(recorder: &mut Recorder) -> Result<()> {
    use LayerKind::{Dynamic, SlidingWindow, Static, StaticSlidingWindow};
    type Layers = InterleavedCache<Tensor>;

    let windows = || Some(vec![None, Some(8)]);
    record!(recorder, "cache_lists", Lists, Lists, || (lists(None), lists(None)));
    record!(recorder, "cache_windows", Lists, Lists, || (lists(windows()), lists(windows())));
    record!(recorder, "cache_some_windows", Lists, Lists, || (lists(None), lists(Some(vec![None, None]))));
    record!(recorder, "cache_mixed_windows", Lists, Lists, || {
        (lists(Some(vec![Some(4), None])), lists(Some(vec![None, Some(8)])))
    });

    let exporters = || ExportersCache::new(pairs(2));
    type Exporters = ExportersCache<Tensor>;
    record!(recorder, "cache_exporters", Exporters, Exporters, || (exporters(), ExportersCache::new(pairs(1))));
    let fixed = || {
        let cache = ExportersStaticCache::new([(state(), state(), count()), (state(), state(), count())]);
        cache.unwrap_or(ExportersStaticCache { layers: Vec::new() })
    };
    type Fixed = ExportersStaticCache<Tensor>;
    record!(recorder, "cache_exporters_static", Fixed, Tensor, || (fixed(), state()));
    type Pair = ExportersEncoderDecoderCache<ExportersCache<Tensor>>;
    let pair = |updated: &[(i64, bool)]| ExportersEncoderDecoderCache {
        self_attention_cache: exporters(),
        cross_attention_cache: exporters(),
        is_updated: updated.iter().copied().collect(),
    };
    record!(recorder, "cache_exporters_pair", Pair, Tensor, || (pair(&[(0, true), (1, false)]), state()));
    record!(recorder, "cache_exporters_pair_new", Pair, Pair, || (pair(&[]), pair(&[(1, true)])));

    let plain = || Layers::new(pairs(2));
    record!(recorder, "cache_layers", Layers, Layers, || (plain(), Layers::new(pairs(3))));
    record!(recorder, "cache_layer_kinds", Layers, Layers, || {
        (layers(&[Dynamic, SlidingWindow(8)]), layers(&[Static, StaticSlidingWindow(4)]))
    });
    record!(recorder, "cache_layer_kinds_mixed", Layers, Layers, || {
        (plain(), layers(&[SlidingWindow(8), Dynamic, Static]))
    });
    record!(recorder, "cache_static", StaticCache<Tensor>, Tensor, || (StaticCache::new(pairs(2)), state()));
    record!(recorder, "cache_sliding", SlidingWindowCache<Tensor>, Tensor, || {
        (SlidingWindowCache::new(pairs(2)), state())
    });
    record!(recorder, "cache_hybrid", HybridCache<Tensor>, Tensor, || {
        (layers(&[Static, StaticSlidingWindow(4)]), state())
    });
    record!(recorder, "cache_pair", EncoderDecoderCache<Layers>, Tensor, || {
        (EncoderDecoderCache::new(plain(), plain()), state())
    });
    record!(recorder, "cache_pair_windows", EncoderDecoderCache<Lists>, Tensor, || {
        (EncoderDecoderCache::new(lists(Some(vec![None, Some(8)])), lists(None)), state())
    });
    record!(recorder, "cache_mamba", MambaCache<Tensor>, Tensor, || (MambaCache::new(pairs(2)), state()));

    let fields = |a: bool, b: bool, c: bool| Fields { a: a.then(state), b: b.then(state), c: c.then(state) };
    record!(recorder, "cache_dataclass", Fields, Fields, || (fields(true, false, true), fields(true, true, true)));
    let statics = |window, scale| Statics { states: vec![state()], window, scale };
    record!(recorder, "cache_statics", Statics, Statics, || (statics(Some(8), 0.5), statics(None, 1e-5)));
    record!(recorder, "cache_namedtuple", Point, Point, || {
        (Point { x: state(), y: state() }, Point { x: state(), y: state() })
    });
    Ok(())
}
