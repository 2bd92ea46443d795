//! YOLO as in tch's example: blocks that refer to earlier blocks, and detections that are computed in place.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, FuncT, ModuleT, VarStore};
use tch::{Device, Kind, Tensor};
use torch_export::nn::Layer;

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[Model { name: "yolo", record: yolo }];

const HEIGHT: i64 = 64;
const CLASSES: i64 = 4;

/// A line of the configuration.
#[derive(Clone, Copy)]
enum Block {
    /// Filters, size of the kernel, stride, and whether there is a batch norm and an activation.
    Conv(i64, i64, i64, bool),
    Upsample,
    Route(&'static [usize]),
    Shortcut(usize),
    Yolo(&'static [(i64, i64)]),
}

const BLOCKS: [Block; 11] = [
    Block::Conv(16, 3, 2, true),
    Block::Conv(32, 3, 2, true),
    Block::Conv(16, 1, 1, true),
    Block::Conv(32, 3, 1, true),
    Block::Shortcut(1),
    Block::Conv(32, 3, 2, true),
    Block::Conv(2 * (5 + CLASSES), 1, 1, false),
    Block::Yolo(&[(30, 61), (62, 45)]),
    Block::Route(&[5]),
    Block::Upsample,
    Block::Route(&[9, 4]),
];

/// The last layers, which see the features of two scales.
const LAST: [Block; 2] = [Block::Conv(2 * (5 + CLASSES), 3, 1, false), Block::Yolo(&[(10, 13), (16, 30)])];

enum Bl {
    Layer(Box<dyn ModuleT>),
    Route(Vec<usize>),
    Shortcut(usize),
    Yolo(i64, Vec<(i64, i64)>),
}

fn conv(vs: nn::Path<'_>, from: i64, (filters, size, stride, normed): (i64, i64, i64, bool)) -> Bl {
    let bn = normed.then(|| nn::batch_norm2d(&vs / "batch_norm", filters, Default::default()));
    let config = nn::ConvConfig { stride, padding: (size - 1) / 2, bias: !normed, ..Default::default() };
    let conv = nn::conv2d(&vs / "conv", from, filters, size, config);
    Bl::Layer(Box::new(nn::func_t(move |xs, train| {
        let xs = xs.apply(&conv);
        match &bn {
            Some(bn) => {
                let xs = xs.apply_t(bn, train);
                xs.maximum(&(&xs * 0.1))
            }
            None => xs,
        }
    })))
}

fn upsample() -> Bl {
    Bl::Layer(Box::new(nn::func_t(|xs, _is_training| {
        let (_n, _c, h, w) = xs.size4().unwrap_or_default();
        xs.upsample_nearest2d([2 * h, 2 * w], 2.0, 2.0)
    })))
}

/// Applies `f` to a part of a tensor, and replaces the part.
fn slice_apply_and_set(xs: &mut Tensor, start: i64, len: i64, f: impl FnOnce(&Tensor) -> Tensor) {
    let mut slice = xs.narrow(2, start, len);
    let src = f(&slice);
    slice.copy_(&src)
}

fn detect(xs: &Tensor, image_height: i64, classes: i64, anchors: &[(i64, i64)]) -> Tensor {
    let (bsize, _channels, height, _width) = xs.size4().unwrap_or_default();
    let stride = image_height / height;
    let grid_size = image_height / stride;
    let bbox_attrs = 5 + classes;
    let nanchors = anchors.len() as i64;
    let mut xs = xs.view((bsize, bbox_attrs * nanchors, grid_size * grid_size)).transpose(1, 2).contiguous().view((
        bsize,
        grid_size * grid_size * nanchors,
        bbox_attrs,
    ));
    let grid = Tensor::arange(grid_size, tch::kind::FLOAT_CPU);
    let a = grid.repeat([grid_size, 1]);
    let b = a.tr().contiguous();
    let x_offset = a.view((-1, 1));
    let y_offset = b.view((-1, 1));
    let xy_offset = Tensor::cat(&[x_offset, y_offset], 1).repeat([1, nanchors]).view((-1, 2)).unsqueeze(0);
    let anchors: Vec<f32> =
        anchors.iter().flat_map(|&(x, y)| [x as f32 / stride as f32, y as f32 / stride as f32]).collect();
    let anchors = Tensor::from_slice(&anchors).view((-1, 2)).repeat([grid_size * grid_size, 1]).unsqueeze(0);
    slice_apply_and_set(&mut xs, 0, 2, |xs| xs.sigmoid() + xy_offset);
    slice_apply_and_set(&mut xs, 4, 1 + classes, Tensor::sigmoid);
    slice_apply_and_set(&mut xs, 2, 2, |xs| xs.exp() * anchors);
    slice_apply_and_set(&mut xs, 0, 4, |xs| xs * stride);
    xs
}

fn darknet(vs: &nn::Path<'_>) -> FuncT<'static> {
    let mut blocks: Vec<(i64, Bl)> = vec![];
    let mut channels = 3;
    for (index, block) in BLOCKS.iter().chain(&LAST).enumerate() {
        let made = match *block {
            Block::Conv(filters, size, stride, normed) => {
                (filters, conv(vs / index, channels, (filters, size, stride, normed)))
            }
            Block::Upsample => (channels, upsample()),
            Block::Route(from) => (from.iter().map(|&i| blocks[i].0).sum(), Bl::Route(from.to_vec())),
            Block::Shortcut(from) => (channels, Bl::Shortcut(from)),
            Block::Yolo(anchors) => (channels, Bl::Yolo(CLASSES, anchors.to_vec())),
        };
        channels = made.0;
        blocks.push(made);
    }
    nn::func_t(move |xs, train| {
        let mut prev_ys: Vec<Tensor> = vec![];
        let mut detections: Vec<Tensor> = vec![];
        for (_, b) in blocks.iter() {
            let last = prev_ys.last().unwrap_or(xs);
            let ys = match b {
                Bl::Layer(l) => l.forward_t(last, train),
                Bl::Route(layers) => {
                    let layers: Vec<_> = layers.iter().map(|&i| &prev_ys[i]).collect();
                    Tensor::cat(&layers, 1)
                }
                Bl::Shortcut(from) => last + &prev_ys[*from],
                Bl::Yolo(classes, anchors) => {
                    detections.push(detect(last, HEIGHT, *classes, anchors));
                    Tensor::default()
                }
            };
            prev_ys.push(ys);
        }
        Tensor::cat(&detections, 1)
    })
}

fn yolo(recorder: &Recorder<'_>) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let network = darknet(&store.root());
    let args = |batch| Layer::args(Tensor::rand([batch, 3, HEIGHT, HEIGHT], (Kind::Float, Device::Cpu)));
    let case = Case::new(Layer::eval(&network), [args(2), args(3)], [args(4), args(1), args(5)]);
    recorder.case(&case, |_, export| export.parameters(&store))
}
