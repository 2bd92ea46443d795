//! The loss of style transfer as in tch's example: the features of the two pictures are computed once and held.

use anyhow::{Context, Result};
use serde_json::Value;
use tch::nn::{self, VarStore};
use tch::{Device, Kind, Reduction, Tensor};
use torch_export::prelude::*;

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[Model { name: "style_transfer", record: style_transfer }];

const STYLE_WEIGHT: f64 = 1e2;
const STYLE_INDEXES: [usize; 3] = [0, 2, 5];
const CONTENT_INDEX: usize = 5;
const LAYERS: usize = 6;

/// The first layers of VGG, small.
fn features(p: &nn::Path<'_>) -> nn::SequentialT {
    let conv = nn::ConvConfig { padding: 1, ..Default::default() };
    nn::seq_t()
        .add(nn::conv2d(p / "0", 3, 16, 3, conv))
        .add_fn(|xs| xs.relu())
        .add(nn::conv2d(p / "2", 16, 16, 3, conv))
        .add_fn(|xs| xs.relu())
        .add_fn(|xs| xs.max_pool2d_default(2))
        .add(nn::conv2d(p / "5", 16, 32, 3, conv))
}

struct Style {
    network: nn::SequentialT,
    grams: Vec<Tensor>,
    content: Tensor,
}

fn gram_matrix(m: &Tensor) -> Result<Tensor> {
    let (a, b, c, d) = m.size4()?;
    let m = m.view([a * b, c * d]);
    let g = m.matmul(&m.tr());
    Ok(g / (a * b * c * d))
}

/// The mean over all places, `[batch, channels]`.
fn summary(features: &Tensor) -> Tensor {
    features.mean_dim([2, 3].as_slice(), false, None::<Kind>)
}

impl Style {
    fn new(network: nn::SequentialT, style: &Tensor, content: &Tensor) -> Result<Style> {
        let style = network.forward_all_t(style, false, Some(LAYERS));
        let content = network.forward_all_t(content, false, Some(LAYERS));
        let grams = STYLE_INDEXES.iter().map(|&i| gram_matrix(&style[i])).collect::<Result<_>>()?;
        Ok(Style { network, grams, content: summary(&content[CONTENT_INDEX]) })
    }
}

#[module]
impl Style {
    fn forward(&self, image: &Tensor) -> Result<Tensor> {
        let layers = self.network.forward_all_t(image, false, Some(LAYERS));
        let mut loss = summary(&layers[CONTENT_INDEX]).mse_loss(&self.content, Reduction::Mean);
        for (&i, gram) in STYLE_INDEXES.iter().zip(&self.grams) {
            loss += gram_matrix(&layers[i])?.mse_loss(gram, Reduction::Mean) * STYLE_WEIGHT;
        }
        Ok(loss)
    }
}

fn style_transfer(recorder: &Recorder<'_>) -> Result<Value> {
    let mut store = VarStore::new(Device::Cpu);
    let network = features(&store.root());
    store.freeze();
    let image = |h, w| Tensor::rand([1, 3, h, w], (Kind::Float, Device::Cpu));
    let model = Style::new(network, &image(24, 20), &image(18, 30)).context("the targets")?;
    let args = |h, w| Style::args(image(h, w));
    let case = Case::new(model, [args(16, 22), args(25, 19)], [args(21, 26), args(9, 40), args(34, 11)]);
    recorder.case(&case, |_, export| export.parameters(&store))
}
