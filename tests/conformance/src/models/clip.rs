//! CLIP: images and texts as vectors of the same space. The towers hold their position ids and the causal mask.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

use crate::attention::{FeedForward, MultiHead, norm};
use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[Model { name: "clip", record: clip }];

const VOCABULARY: i64 = 79;
const WIDTH: i64 = 32;
const HEADS: i64 = 4;
const LAYERS: usize = 2;
const SHARED: i64 = 24;
/// The longest text.
const LONGEST: i64 = 32;
const IMAGE: i64 = 32;
const PATCH: i64 = 8;

struct Layer {
    before: nn::LayerNorm,
    attention: MultiHead,
    after: nn::LayerNorm,
    inner: FeedForward,
}

impl Layer {
    fn all(path: &nn::Path<'_>) -> Vec<Layer> {
        let layer = |path: nn::Path<'_>| Layer {
            before: norm(&path / "layer_norm1", WIDTH),
            attention: MultiHead::new(&(&path / "self_attn"), WIDTH, HEADS),
            after: norm(&path / "layer_norm2", WIDTH),
            inner: FeedForward::new(&(&path / "mlp"), WIDTH),
        };
        (0..LAYERS).map(|i| layer(path / "layers" / i)).collect()
    }

    fn forward(&self, x: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let x = x + self.attention.forward(&x.apply(&self.before), mask);
        &x + x.apply(&self.after).apply(&self.inner)
    }
}

struct TextTower {
    words: nn::Embedding,
    positions: nn::Embedding,
    layers: Vec<Layer>,
    norm: nn::LayerNorm,
    projection: nn::Linear,
    position_ids: Tensor,
    mask: Tensor,
}

impl TextTower {
    fn new(path: &nn::Path<'_>) -> TextTower {
        let mask = Tensor::full([LONGEST, LONGEST], f64::NEG_INFINITY, (Kind::Float, Device::Cpu)).triu(1);
        TextTower {
            words: nn::embedding(path / "token_embedding", VOCABULARY, WIDTH, Default::default()),
            positions: nn::embedding(path / "position_embedding", LONGEST, WIDTH, Default::default()),
            layers: Layer::all(path),
            norm: norm(path / "final_layer_norm", WIDTH),
            projection: projection(path),
            position_ids: Tensor::arange(LONGEST, (Kind::Int64, Device::Cpu)),
            mask,
        }
    }

    fn forward(&self, ids: &Tensor) -> Tensor {
        let (batch, length) = ids.size2().unwrap_or_default();
        let positions = self.positions.forward(&self.position_ids.narrow(0, 0, length));
        let mask = self.mask.narrow(0, 0, length).narrow(1, 0, length);
        let mut x = self.words.forward(ids) + positions;
        for layer in &self.layers {
            x = layer.forward(&x, Some(&mask));
        }
        let x = x.apply(&self.norm);
        // The end of a text has the largest id.
        let rows = Tensor::arange(batch, (Kind::Int64, ids.device()));
        x.index(&[Some(rows), Some(ids.argmax(-1, false))]).apply(&self.projection)
    }
}

struct ImageTower {
    patches: nn::Conv2D,
    class: Tensor,
    positions: nn::Embedding,
    before: nn::LayerNorm,
    layers: Vec<Layer>,
    after: nn::LayerNorm,
    projection: nn::Linear,
    position_ids: Tensor,
}

impl ImageTower {
    fn new(path: &nn::Path<'_>) -> ImageTower {
        let config = nn::ConvConfig { stride: PATCH, bias: false, ..Default::default() };
        let tokens = (IMAGE / PATCH) * (IMAGE / PATCH) + 1;
        ImageTower {
            patches: nn::conv2d(path / "patch_embedding", 3, WIDTH, PATCH, config),
            class: path.randn_standard("class_embedding", &[WIDTH]),
            positions: nn::embedding(path / "position_embedding", tokens, WIDTH, Default::default()),
            before: norm(path / "pre_layrnorm", WIDTH),
            layers: Layer::all(path),
            after: norm(path / "post_layernorm", WIDTH),
            projection: projection(path),
            position_ids: Tensor::arange(tokens, (Kind::Int64, Device::Cpu)).unsqueeze(0),
        }
    }

    fn forward(&self, images: &Tensor) -> Tensor {
        let patches = images.apply(&self.patches).flatten(2, -1).transpose(1, 2);
        let class = self.class.expand([images.size()[0], 1, -1], false);
        let x = Tensor::cat(&[class, patches], 1) + self.positions.forward(&self.position_ids);
        let x = x.apply(&self.before);
        let x = self.layers.iter().fold(x, |x, layer| layer.forward(&x, None));
        x.select(1, 0).apply(&self.after).apply(&self.projection)
    }
}

fn projection(path: &nn::Path<'_>) -> nn::Linear {
    nn::linear(path / "projection", WIDTH, SHARED, nn::LinearConfig { bias: false, ..Default::default() })
}

#[derive(PyTree)]
#[pytree(name = "clip.Output")]
struct Output {
    logits_per_image: Tensor,
    logits_per_text: Tensor,
    text_embeds: Tensor,
    image_embeds: Tensor,
}

struct Clip {
    text: TextTower,
    image: ImageTower,
    scale: Tensor,
}

#[module]
impl Clip {
    fn forward(&self, input_ids: &Tensor, pixel_values: &Tensor) -> Output {
        let unit = |x: Tensor| &x / x.norm_scalaropt_dim(2, [-1].as_slice(), true);
        let text_embeds = unit(self.text.forward(input_ids));
        let image_embeds = unit(self.image.forward(pixel_values));
        let logits_per_text = text_embeds.matmul(&image_embeds.tr()) * self.scale.exp();
        Output { logits_per_image: logits_per_text.tr(), logits_per_text, text_embeds, image_embeds }
    }
}

fn clip(recorder: &Recorder<'_>) -> Result<Value> {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let model = Clip {
        text: TextTower::new(&(&root / "text_model")),
        image: ImageTower::new(&(&root / "vision_model")),
        scale: root.var("logit_scale", &[], nn::Init::Const(2.6592)),
    };
    let sizes = [[2, 7, 3], [3, 9, 4], [4, 5, 1], [1, 30, 6], [5, 32, 2]];
    let [first, second, unseen @ ..] = sizes.map(|[texts, length, images]| {
        let ids = Tensor::randint(VOCABULARY, [texts, length], (Kind::Int64, Device::Cpu));
        Clip::args((ids, Tensor::randn([images, 3, IMAGE, IMAGE], (Kind::Float, Device::Cpu))))
    });
    recorder.case(&Case::new(model, [first, second], unseen), |_, export| export.parameters(&store))
}
