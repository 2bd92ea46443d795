//! The programs of the two example pages.

use anyhow::Result;
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

use crate::custom_class_page::{self, ModelTakingDynamicCacheAsInput};
use crate::dynamic_cache_page::{CacheModel, DynamicCache, Model};
use crate::record::{Case, Recorder};

pub(crate) fn record(recorder: &mut Recorder) -> Result<()> {
    let x = |n, m| randn(&[n, m]);
    let args = |n, m| Model::args((x(n, m), x(1, m)));
    let fixed = vec![args(5, 6)];
    let shapes = Some(DynamicShapes::NONE);
    recorder.record(Case { name: "page_static", model: Model, sets: fixed, shapes, unseen: [args(5, 6), args(5, 6)] });
    recorder.record(Case::guessed("page_args", Model, [args(5, 6), args(7, 8)], [args(3, 11), args(9, 4)]));

    let kwargs = |n, m| Model::kwargs().x(x(n, m)).y(x(1, m));
    recorder.record(Case::guessed("page_kwargs", Model, [kwargs(5, 6), kwargs(7, 8)], [kwargs(3, 11), kwargs(9, 4)]));

    let mixed = |n, m| Model::args(x(n, m)).y(x(1, m));
    recorder.record(Case::guessed("page_mixed", Model, [mixed(5, 6), mixed(7, 8)], [mixed(3, 11), mixed(9, 4)]));

    let cache = |b, s, d| CacheModel::args((DynamicCache::randn(2, [b, 4, s, d]), randn(&[1, 1, 1, d])));
    let sets = [cache(2, 3, 7), cache(3, 4, 8)];
    recorder.record(Case::guessed("page_cache", CacheModel, sets, [cache(5, 2, 9), cache(4, 10, 3)]));

    let custom = |b, s| -> Result<_> {
        let cache = custom_class_page::DynamicCache::of([b, 8, s, 6])?;
        Ok(ModelTakingDynamicCacheAsInput::args((randn(&[b, 8, 7, 1]), cache)))
    };
    recorder.record(Case {
        name: "page_custom_class",
        model: ModelTakingDynamicCacheAsInput,
        sets: vec![custom(4, 11)?],
        shapes: Some(custom_class_page::dynamic_shapes()?),
        unseen: [custom(3, 5)?, custom(9, 2)?],
    });
    Ok(())
}

/// Random numbers of these sizes.
pub(crate) fn randn(sizes: &[i64]) -> Tensor {
    Tensor::randn(sizes, (Kind::Float, Device::Cpu))
}
