//! UNets: one for even sizes, and one for all sizes, which pads and crops.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, VarStore};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::shapes::DimSpec;

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] =
    &[Model { name: "unet_even", record: unet_even }, Model { name: "unet_free", record: unet_free }];

const WIDTH: i64 = 16;
const CLASSES: i64 = 4;

fn double_conv(p: nn::Path<'_>, from: i64, to: i64) -> nn::SequentialT {
    let conv = nn::ConvConfig { padding: 1, bias: false, ..Default::default() };
    nn::seq_t()
        .add(nn::conv2d(&p / "conv1", from, to, 3, conv))
        .add(nn::batch_norm2d(&p / "norm1", to, Default::default()))
        .add_fn(Tensor::relu)
        .add(nn::conv2d(&p / "conv2", to, to, 3, conv))
        .add(nn::batch_norm2d(&p / "norm2", to, Default::default()))
        .add_fn(Tensor::relu)
}

/// One level: halves the image, and puts what comes back beside what it had.
#[derive(Debug)]
struct UNet {
    inside: nn::SequentialT,
    down: nn::SequentialT,
    up: nn::SequentialT,
    head: nn::Conv2D,
}

impl UNet {
    fn new(p: &nn::Path<'_>) -> UNet {
        UNet {
            inside: double_conv(p / "inside", 3, WIDTH),
            down: double_conv(p / "down", WIDTH, 2 * WIDTH),
            up: double_conv(p / "up", 3 * WIDTH, WIDTH),
            head: nn::conv2d(p / "head", WIDTH, CLASSES, 1, Default::default()),
        }
    }
}

/// For even sizes: upsampling by two gives the size back. Other sizes get the size that is asked for.
struct EvenUNet(UNet);

#[module]
impl EvenUNet {
    fn forward(&self, image: &Tensor) -> Tensor {
        let wide = image.apply_t(&self.0.inside, false);
        let deep = wide.max_pool2d_default(2).apply_t(&self.0.down, false);
        let (h, w) = (image.size()[2], image.size()[3]);
        let back = if h % 2 == 0 && w % 2 == 0 {
            let half = deep.size();
            deep.upsample_nearest2d([2 * half[2], 2 * half[3]], Some(2.0), Some(2.0))
        } else {
            deep.upsample_nearest2d([h, w], None, None)
        };
        Tensor::cat(&[wide, back], 1).apply_t(&self.0.up, false).apply(&self.0.head)
    }
}

/// For all sizes: the image is padded to a multiple of four, and the result is cropped.
struct FreeUNet(UNet);

#[module]
impl FreeUNet {
    fn forward(&self, image: &Tensor) -> Tensor {
        let (h, w) = (image.size()[2], image.size()[3]);
        let (more_h, more_w) = ((4 - h % 4) % 4, (4 - w % 4) % 4);
        let image = image.constant_pad_nd([0, more_w, 0, more_h]);
        let wide = image.apply_t(&self.0.inside, false);
        let deep = wide.max_pool2d_default(2).apply_t(&self.0.down, false);
        let size = wide.size();
        let back = deep.upsample_bilinear2d([size[2], size[3]], false, None, None);
        let out = Tensor::cat(&[wide, back], 1).apply_t(&self.0.up, false).apply(&self.0.head);
        out.narrow(2, 0, h).narrow(3, 0, w)
    }
}

fn image([n, h, w]: [i64; 3]) -> Tensor {
    Tensor::randn([n, 3, h, w], (Kind::Float, Device::Cpu))
}

fn unet_even(recorder: &Recorder<'_>) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let model = EvenUNet(UNet::new(&store.root()));
    let (h, w) = (Dim::new("h")?, Dim::new("w")?);
    let dims =
        ShapeSpec::Tuple(vec![Dim::dynamic().into(), DimSpec::None, h.affine(2, 0)?.into(), w.affine(2, 0)?.into()]);
    let args = |sizes| EvenUNet::args(image(sizes));
    let unseen = [[4, 22, 26], [1, 8, 40], [5, 34, 10]].map(args);
    let case = Case::new(model, [args([2, 16, 20]), args([3, 24, 12])], unseen)
        .shapes(DynamicShapes::Tuple(vec![DynamicShapes::leaf(dims)]));
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn unet_free(recorder: &Recorder<'_>) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let model = FreeUNet(UNet::new(&store.root()));
    let args = |sizes| FreeUNet::args(image(sizes));
    let unseen = [[4, 21, 26], [1, 8, 39], [5, 34, 11]].map(args);
    let case = Case::new(model, [args([2, 17, 22]), args([3, 25, 19])], unseen);
    recorder.case(&case, |_, export| export.parameters(&store))
}
