//! Networks that make images: a VAE, and the two networks of a GAN as in tch's example.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, VarStore};
use tch::{Device, Kind, Tensor};
use torch_export::nn::Layer;
use torch_export::prelude::*;

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[
    Model { name: "vae", record: vae },
    Model { name: "gan_generator", record: gan_generator },
    Model { name: "gan_discriminator", record: gan_discriminator },
];

const WIDTH: i64 = 16;
const LATENT: i64 = 8;

/// A convolutional VAE for images of all sizes.
struct Vae {
    down1: nn::Conv2D,
    down2: nn::Conv2D,
    mean: nn::Conv2D,
    log_variance: nn::Conv2D,
    inside: nn::Conv2D,
    up: nn::ConvTranspose2D,
    out: nn::Conv2D,
}

impl Vae {
    fn new(p: &nn::Path<'_>) -> Vae {
        let half = nn::ConvConfig { stride: 2, padding: 1, ..Default::default() };
        let same = nn::ConvConfig { padding: 1, ..Default::default() };
        let double = nn::ConvTransposeConfig { stride: 2, padding: 1, ..Default::default() };
        Vae {
            down1: nn::conv2d(p / "down1", 3, WIDTH, 3, half),
            down2: nn::conv2d(p / "down2", WIDTH, 2 * WIDTH, 3, half),
            mean: nn::conv2d(p / "mean", 2 * WIDTH, LATENT, 1, Default::default()),
            log_variance: nn::conv2d(p / "log_variance", 2 * WIDTH, LATENT, 1, Default::default()),
            inside: nn::conv2d(p / "inside", LATENT, WIDTH, 3, same),
            up: nn::conv_transpose2d(p / "up", WIDTH, WIDTH, 4, double),
            out: nn::conv2d(p / "out", WIDTH, 3, 3, same),
        }
    }

    /// The mean and the logarithm of the variance, `[batch, latent, places]`.
    fn encode(&self, image: &Tensor) -> (Tensor, Tensor) {
        let features = image.apply(&self.down1).relu().apply(&self.down2).relu();
        let size = features.size();
        let flat = |layer: &nn::Conv2D| features.apply(layer).view([size[0], LATENT, size[2] * size[3]]);
        (flat(&self.mean), flat(&self.log_variance))
    }

    fn decode(&self, z: &Tensor, h: i64, w: i64) -> Tensor {
        let z = z.view([-1, LATENT, (h + 3) / 4, (w + 3) / 4]);
        let image = z.apply(&self.inside).relu().apply(&self.up).relu();
        image.upsample_nearest2d([h, w], None, None).apply(&self.out).sigmoid()
    }
}

#[module]
impl Vae {
    fn forward(&self, image: &Tensor, eps: &Tensor) -> (Tensor, Tensor, Tensor) {
        let (mean, log_variance) = self.encode(image);
        let z = &mean + eps * (&log_variance * 0.5).exp();
        let size = image.size();
        (self.decode(&z, size[2], size[3]), mean, log_variance)
    }
}

fn vae(recorder: &Recorder<'_>) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let model = Vae::new(&store.root());
    let float = (Kind::Float, Device::Cpu);
    let args = |[n, h, w]: [i64; 3]| {
        let eps = Tensor::randn([n, LATENT, 1], float);
        Vae::args(Tensor::randn([n, 3, h, w], float)).eps(eps)
    };
    let unseen = [[4, 21, 26], [1, 9, 40], [5, 33, 11]].map(args);
    let case = Case::new(model, [args([2, 16, 22]), args([3, 25, 19])], unseen);
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn tr2d(p: nn::Path<'_>, from: i64, to: i64, padding: i64, stride: i64) -> nn::ConvTranspose2D {
    let config = nn::ConvTransposeConfig { stride, padding, bias: false, ..Default::default() };
    nn::conv_transpose2d(p, from, to, 4, config)
}

fn conv2d(p: nn::Path<'_>, from: i64, to: i64, padding: i64, stride: i64) -> nn::Conv2D {
    let config = nn::ConvConfig { stride, padding, bias: false, ..Default::default() };
    nn::conv2d(p, from, to, 4, config)
}

fn generator(p: nn::Path<'_>) -> nn::SequentialT {
    nn::seq_t()
        .add(tr2d(&p / "tr1", LATENT, 4 * WIDTH, 0, 1))
        .add(nn::batch_norm2d(&p / "bn1", 4 * WIDTH, Default::default()))
        .add_fn(|xs| xs.relu())
        .add(tr2d(&p / "tr2", 4 * WIDTH, 2 * WIDTH, 1, 2))
        .add(nn::batch_norm2d(&p / "bn2", 2 * WIDTH, Default::default()))
        .add_fn(|xs| xs.relu())
        .add(tr2d(&p / "tr3", 2 * WIDTH, 3, 1, 2))
        .add_fn(|xs| xs.tanh())
}

fn leaky_relu(xs: &Tensor) -> Tensor {
    xs.maximum(&(xs * 0.2))
}

fn discriminator(p: nn::Path<'_>) -> nn::SequentialT {
    nn::seq_t()
        .add(conv2d(&p / "conv1", 3, WIDTH, 1, 2))
        .add_fn(leaky_relu)
        .add(conv2d(&p / "conv2", WIDTH, 2 * WIDTH, 1, 2))
        .add(nn::batch_norm2d(&p / "bn2", 2 * WIDTH, Default::default()))
        .add_fn(leaky_relu)
        .add(conv2d(&p / "conv3", 2 * WIDTH, 1, 0, 1))
}

fn layer(recorder: &Recorder<'_>, make: fn(nn::Path<'_>) -> nn::SequentialT, sizes: [[i64; 4]; 5]) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let network = make(store.root());
    let [first, second, a, b, c] = sizes.map(|size| Layer::args(Tensor::randn(size, (Kind::Float, Device::Cpu))));
    let case = Case::new(Layer::eval(&network), [first, second], [a, b, c]);
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn gan_generator(recorder: &Recorder<'_>) -> Result<Value> {
    let l = LATENT;
    layer(recorder, generator, [[2, l, 3, 4], [3, l, 5, 2], [4, l, 7, 3], [1, l, 2, 6], [5, l, 4, 4]])
}

fn gan_discriminator(recorder: &Recorder<'_>) -> Result<Value> {
    layer(recorder, discriminator, [[2, 3, 32, 40], [3, 3, 36, 28], [4, 3, 33, 47], [1, 3, 64, 20], [5, 3, 27, 29]])
}
