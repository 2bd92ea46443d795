//! Models without parameters: trees of every kind, computed sizes, ops with several results.

use anyhow::Result;
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

use crate::pages::randn;
use crate::record::{Case, Recorder};

/// Sizes computed from sizes: products and quotients.
struct View;

#[module]
impl View {
    fn forward(&self, x: &Tensor) -> (Tensor, Tensor) {
        let sizes = x.size();
        let (batch, length) = (sizes[0], sizes[1]);
        let rows = x.view([batch * length, 6]);
        let halves = x.reshape([batch, length * 2, 3]);
        (rows.relu(), halves.tanh())
    }
}

/// A part whose length is computed.
struct Half;

#[module]
impl Half {
    fn forward(&self, x: &Tensor) -> Tensor {
        let half = x.size()[0] / 2;
        x.narrow(0, 0, half) + x.narrow(0, half, half)
    }
}

/// Ops with several results, some of them unused.
struct Several;

#[module]
impl Several {
    fn forward(&self, x: &Tensor) -> (Tensor, Tensor) {
        let parts = x.split_with_sizes([2, 2, 2], 1);
        let (largest, _) = x.max_dim(1, false);
        (&parts[0] + &parts[2], largest)
    }
}

/// Equal parts, a stack of them and its mean.
struct Chunks;

#[module]
impl Chunks {
    fn forward(&self, x: &Tensor) -> Tensor {
        let parts = x.split(3, 1);
        Tensor::stack(&parts, 0).mean_dim([0].as_slice(), false, None::<Kind>)
    }
}

/// Positions made from a size.
struct Positions;

#[module]
impl Positions {
    fn forward(&self, x: &Tensor) -> Tensor {
        let positions = Tensor::arange(x.size()[1], (Kind::Int64, Device::Cpu));
        x + positions.unsqueeze(-1)
    }
}

/// A number as an input.
struct Scalar;

#[module]
impl Scalar {
    fn forward(&self, x: &Tensor) -> Tensor {
        (x + 1.5).sigmoid()
    }
}

/// Rows that a mask selects, and where the others are.
struct Masked;

#[module]
impl Masked {
    fn forward(&self, x: &Tensor) -> (Tensor, Tensor) {
        let mask = x.sum_dim_intlist([1].as_slice(), false, None::<Kind>).gt(0.0);
        let rows = x.index(&[Some(&mask)]);
        (&rows + rows.exp(), mask.logical_not().nonzero())
    }
}

/// Numbers that come out of tensors: as a length, as a size, in arithmetic, and a float.
struct Taken;

#[module]
impl Taken {
    fn forward(&self, x: &Tensor, count: &Tensor, scale: &Tensor) -> (Tensor, Tensor, Tensor) {
        let (count, scale) = (count.int64_value(&[]), scale.double_value(&[]));
        let steps = Tensor::arange(count, (Kind::Int64, Device::Cpu));
        (x.narrow(0, 0, count) * (2 * count + 1), steps, x * (scale * 0.75))
    }
}

/// Inputs and outputs as dataclasses, with a field that may be missing.
#[derive(PyTree)]
#[pytree(name = "conformance.Inputs")]
struct Inputs {
    x: Tensor,
    bias: Option<Tensor>,
    mask: Tensor,
}

#[derive(PyTree)]
#[pytree(name = "conformance.Outputs")]
struct Outputs {
    masked: Tensor,
    total: Tensor,
}

struct Dataclasses;

#[module]
impl Dataclasses {
    fn forward(&self, inputs: &Inputs) -> Outputs {
        let x = match &inputs.bias {
            Some(bias) => &inputs.x + bias,
            None => inputs.x.shallow_clone(),
        };
        let masked = x.masked_fill(&inputs.mask, 0.0);
        let total = masked.sum_dim_intlist([1].as_slice(), false, None::<Kind>);
        Outputs { masked, total }
    }
}

/// Lists and tuples in and out, and a plain number.
struct Nested;

#[module]
impl Nested {
    fn forward(&self, pairs: &[(Tensor, Tensor)], width: i64) -> (Vec<Tensor>, Tensor) {
        let sums: Vec<Tensor> = pairs.iter().map(|(a, b)| a + b).collect();
        let all = Tensor::cat(&sums, 0).narrow(1, 0, width);
        (sums, all)
    }
}

/// A cache in, a longer cache out.
#[derive(PyTree)]
#[pytree(name = "conformance.Cache", as = "mapping")]
struct Cache {
    keys: Vec<Tensor>,
    values: Vec<Tensor>,
}

struct Grow;

#[module]
impl Grow {
    fn forward(&self, cache: &Cache, key: &Tensor, value: &Tensor) -> (Tensor, Cache) {
        let keys = Tensor::cat(&[&cache.keys[0], key], 2);
        let values = Tensor::cat(&[&cache.values[0], value], 2);
        let scores = key.matmul(&keys.transpose(2, 3)).softmax(-1, None::<Kind>);
        (scores.matmul(&values), Cache { keys: vec![keys], values: vec![values] })
    }
}

pub(crate) fn record(recorder: &mut Recorder) -> Result<()> {
    let view = |b, s| View::args(randn(&[b, s, 6]));
    recorder.record(Case::guessed("view", View, [view(3, 5), view(4, 7)], [view(2, 9), view(8, 3)]));

    // An even size, declared as a dim derived from its half.
    let half = Dim::with_range("half", 1, Some(50))?;
    let even = ShapeSpec::dims([(0, half.affine(2, 0)?)]);
    let pair = |n| Half::args(randn(&[n, 4]));
    recorder.record(Case {
        name: "half",
        model: Half,
        sets: vec![pair(8)],
        shapes: Some(DynamicShapes::Tuple(vec![DynamicShapes::leaf(even)])),
        unseen: [pair(6), pair(22)],
    });

    let several = |n| Several::args(randn(&[n, 6]));
    recorder.record(Case::guessed("several", Several, [several(4), several(5)], [several(9), several(2)]));
    let chunks = |n| Chunks::args(randn(&[n, 6]));
    recorder.record(Case::guessed("chunks", Chunks, [chunks(4), chunks(5)], [chunks(9), chunks(2)]));
    let positions = |b, s| Positions::args(randn(&[b, s, 3]));
    let sets = [positions(2, 5), positions(3, 4)];
    recorder.record(Case::guessed("positions", Positions, sets, [positions(7, 9), positions(4, 12)]));
    let scalar = |n| Scalar::args(randn(&[n, 6]));
    recorder.record(Case::guessed("scalar", Scalar, [scalar(4), scalar(5)], [scalar(9), scalar(2)]));

    let masked = |n| Masked::args(randn(&[n, 6]));
    recorder.record(Case::guessed("masked", Masked, [masked(4), masked(5)], [masked(9), masked(2)]));
    let taken =
        |n, count: i64, scale: f32| Taken::args(randn(&[n, 6])).count(Tensor::from(count)).scale(Tensor::from(scale));
    let unseen = [taken(9, 0, -0.75), taken(7, 7, 3.0)];
    recorder.record(Case::guessed("taken", Taken, [taken(4, 2, 1.5), taken(5, 3, 0.25)], unseen));

    let inputs = |n| Dataclasses::args(Inputs { x: randn(&[n, 5]), bias: None, mask: randn(&[n, 5]).gt(0.5) });
    recorder.record(Case::guessed("dataclasses", Dataclasses, [inputs(4), inputs(6)], [inputs(9), inputs(2)]));

    let pairs = |n| Nested::args(vec![(randn(&[n, 5]), randn(&[n, 5])), (randn(&[2, 5]), randn(&[2, 5]))]).width(3);
    recorder.record(Case::guessed("nested", Nested, [pairs(4), pairs(6)], [pairs(9), pairs(3)]));

    let grow = |b, past, new| {
        let cache = Cache { keys: vec![randn(&[b, 2, past, 4])], values: vec![randn(&[b, 2, past, 4])] };
        Grow::args((cache, randn(&[b, 2, new, 4]), randn(&[b, 2, new, 4])))
    };
    recorder.record(Case::guessed("grow", Grow, [grow(2, 7, 3), grow(3, 9, 5)], [grow(4, 5, 2), grow(6, 12, 8)]));
    Ok(())
}
