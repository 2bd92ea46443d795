//! Models with parameters, buffers and constants.

use anyhow::Result;
use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

use crate::pages::randn;
use crate::record::{Case, Recorder};

/// Two layers and a norm, whose parameters are declared one by one.
struct Mlp {
    first: nn::Linear,
    norm: nn::LayerNorm,
    second: nn::Linear,
}

#[module]
impl Mlp {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.second.forward(&self.norm.forward(&self.first.forward(x)).gelu("none"))
    }
}

/// A convolution, whose parameters are declared through their store.
struct Conv {
    store: nn::VarStore,
    conv: nn::Conv2D,
}

#[module]
impl Conv {
    fn forward(&self, image: &Tensor) -> Tensor {
        self.conv.forward(image).relu()
    }
}

/// Token and position embeddings.
struct Embed {
    tokens: nn::Embedding,
    positions: nn::Embedding,
}

#[module]
impl Embed {
    fn forward(&self, ids: &Tensor) -> Tensor {
        let positions = Tensor::arange(ids.size()[1], (Kind::Int64, Device::Cpu));
        self.tokens.forward(ids) + self.positions.forward(&positions)
    }
}

/// A buffer and a constant.
struct Held {
    scale: Tensor,
    offset: Tensor,
}

#[module]
impl Held {
    fn forward(&self, x: &Tensor) -> Tensor {
        x * &self.scale + &self.offset
    }
}

/// Attention of four heads.
struct Attention {
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
}

#[module]
impl Attention {
    fn forward(&self, x: &Tensor) -> Tensor {
        let sizes = x.size();
        let (batch, length) = (sizes[0], sizes[1]);
        let heads = |layer: &nn::Linear| layer.forward(x).view([batch, length, 4, 8]).transpose(1, 2);
        let (q, k, v) = (heads(&self.query), heads(&self.key), heads(&self.value));
        let mixed = Tensor::scaled_dot_product_attention(&q, &k, &v, None::<&Tensor>, 0.0, false, None, false);
        mixed.transpose(1, 2).reshape([batch, length, 32])
    }
}

/// Declares weight and bias of a layer, under torch's names and in torch's order.
fn linear<'a, M: Module<Family = Tch>>(export: Export<'a, M>, name: &str, layer: &'a nn::Linear) -> Export<'a, M> {
    let export = export.parameter(&format!("{name}.weight"), &layer.ws);
    match &layer.bs {
        Some(bias) => export.parameter(&format!("{name}.bias"), bias),
        None => export,
    }
}

pub(crate) fn record(recorder: &mut Recorder) -> Result<()> {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();

    // As in an export in Python: torch switches cuDNN off while it traces.
    let norm = nn::LayerNormConfig { cudnn_enabled: false, ..Default::default() };
    let mlp = Mlp {
        first: nn::linear(&root / "first", 4, 8, nn::LinearConfig::default()),
        norm: nn::layer_norm(&root / "norm", vec![8], norm),
        second: nn::linear(&root / "second", 8, 3, nn::LinearConfig::default()),
    };
    let batch = Dim::with_range("batch", 1, Some(64))?;
    let x = |n| Mlp::args(randn(&[n, 4]));
    recorder.record_with(
        Case {
            name: "mlp",
            model: mlp,
            sets: vec![x(5)],
            shapes: Some(DynamicShapes::Tuple(vec![DynamicShapes::leaf(ShapeSpec::dims([(0, batch)]))])),
            unseen: [x(2), x(17)],
        },
        |mlp, export| {
            let mut export = linear(export, "first", &mlp.first);
            for (name, tensor) in [("norm.weight", &mlp.norm.ws), ("norm.bias", &mlp.norm.bs)] {
                if let Some(tensor) = tensor {
                    export = export.parameter(name, tensor);
                }
            }
            linear(export, "second", &mlp.second)
        },
    );

    let config = nn::ConvConfig { stride: 2, padding: 1, ..Default::default() };
    let own = nn::VarStore::new(Device::Cpu);
    let conv = nn::conv2d(own.root() / "conv", 3, 5, 3, config);
    let image = |b, h, w| Conv::args(randn(&[b, 3, h, w]));
    recorder.record_with(
        Case::guessed(
            "conv",
            Conv { store: own, conv },
            [image(2, 8, 9), image(3, 10, 12)],
            [image(4, 7, 16), image(5, 13, 6)],
        ),
        |conv, export| export.parameters(&conv.store),
    );

    let embed = Embed {
        tokens: nn::embedding(&root / "tokens", 20, 6, Default::default()),
        positions: nn::embedding(&root / "positions", 4096, 6, Default::default()),
    };
    let length = Dim::with_range("length", 2, Some(4096))?;
    let ids = |b, s| Embed::args(Tensor::randint(20, [b, s], (Kind::Int64, Device::Cpu)));
    recorder.record_with(
        Case {
            name: "embed",
            model: embed,
            sets: vec![ids(2, 5)],
            shapes: Some(DynamicShapes::Tuple(vec![DynamicShapes::leaf(ShapeSpec::Tuple(vec![
                Dim::dynamic().into(),
                length.into(),
            ]))])),
            unseen: [ids(3, 7), ids(6, 2)],
        },
        |embed, export| {
            export.parameter("tokens.weight", &embed.tokens.ws).parameter("positions.weight", &embed.positions.ws)
        },
    );

    let x = |n| Held::args(randn(&[n, 6]));
    let held = Held { scale: randn(&[6]), offset: randn(&[6]) };
    recorder.record_with(Case::guessed("held", held, [x(2), x(3)], [x(7), x(12)]), |held, export| {
        export.buffer("scale", &held.scale).constant("offset", &held.offset)
    });

    let attention = Attention {
        query: nn::linear(&root / "query", 32, 32, nn::LinearConfig::default()),
        key: nn::linear(&root / "key", 32, 32, nn::LinearConfig::default()),
        value: nn::linear(&root / "value", 32, 32, nn::LinearConfig::default()),
    };
    let x = |b, s| Attention::args(randn(&[b, s, 32]));
    recorder.record_with(
        Case::guessed("attention", attention, [x(2, 5), x(3, 7)], [x(4, 9), x(7, 3)]),
        |model, export| {
            let export = linear(linear(export, "query", &model.query), "key", &model.key);
            linear(export, "value", &model.value)
        },
    );
    Ok(())
}
