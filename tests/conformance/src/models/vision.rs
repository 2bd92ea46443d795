//! The networks of `tch::vision`.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, ModuleT, VarStore};
use tch::vision::{alexnet, convmixer, densenet, dinov2, efficientnet, inception, mobilenet, resnet, squeezenet, vgg};
use tch::{Device, Kind, Tensor};
use torch_export::nn::Layer;
use torch_export::prelude::*;
use torch_export::shapes::DimSpec;

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] = &[
    Model { name: "alexnet", record: |recorder| largest(recorder, |p| Box::new(alexnet::alexnet(p, CLASSES))) },
    Model { name: "vgg11", record: |recorder| fixed(recorder, |p| Box::new(vgg::vgg11(p, CLASSES))) },
    Model { name: "vgg11_bn", record: |recorder| fixed(recorder, |p| Box::new(vgg::vgg11_bn(p, CLASSES))) },
    Model { name: "resnet18", record: |recorder| free(recorder, |p| Box::new(resnet::resnet18(p, CLASSES))) },
    Model { name: "resnet50", record: |recorder| free(recorder, |p| Box::new(resnet::resnet50(p, CLASSES))) },
    Model { name: "densenet121", record: |recorder| fixed(recorder, |p| Box::new(densenet::densenet121(p, CLASSES))) },
    Model { name: "squeezenet", record: |recorder| free(recorder, |p| Box::new(squeezenet::v1_1(p, CLASSES))) },
    Model { name: "mobilenet", record: |recorder| free(recorder, |p| Box::new(mobilenet::v2(p, CLASSES))) },
    Model { name: "inception_v3", record: |recorder| large(recorder, |p| Box::new(inception::v3(p, CLASSES))) },
    Model { name: "efficientnet_b0", record: |recorder| free(recorder, |p| Box::new(efficientnet::b0(p, CLASSES))) },
    Model { name: "convmixer", record: |recorder| free(recorder, |p| Box::new(convmixer::c1024_20(p, CLASSES))) },
    Model { name: "dinov2", record: dinov2_free },
    Model { name: "dinov2_fixed", record: dinov2_fixed },
];

const CLASSES: i64 = 10;

/// The sizes of images: batch, height and width.
type Sizes = [[i64; 3]; 5];

/// Images of any height, width and batch.
fn free(recorder: &Recorder<'_>, network: impl FnOnce(&nn::Path<'_>) -> Box<dyn ModuleT>) -> Result<Value> {
    images(recorder, network, [[2, 64, 96], [3, 96, 64], [4, 80, 112], [1, 128, 64], [5, 65, 71]])
}

/// The same for a network that needs larger images.
fn large(recorder: &Recorder<'_>, network: impl FnOnce(&nn::Path<'_>) -> Box<dyn ModuleT>) -> Result<Value> {
    images(recorder, network, [[2, 112, 128], [3, 128, 112], [4, 144, 107], [1, 160, 120], [2, 109, 111]])
}

/// The same for a network whose last pool has more than one place from 191 rows on.
fn largest(recorder: &Recorder<'_>, network: impl FnOnce(&nn::Path<'_>) -> Box<dyn ModuleT>) -> Result<Value> {
    images(recorder, network, [[2, 192, 224], [3, 224, 192], [4, 200, 208], [1, 256, 193], [2, 195, 211]])
}

/// Images of the one size that the network's last layer is made for, in batches of any size.
fn fixed(recorder: &Recorder<'_>, network: impl FnOnce(&nn::Path<'_>) -> Box<dyn ModuleT>) -> Result<Value> {
    images(recorder, network, [2, 4, 3, 1, 5].map(|batch| [batch, 224, 224]))
}

/// Exports a network of images: from the first two sizes, compared at the others.
fn images(
    recorder: &Recorder<'_>,
    network: impl FnOnce(&nn::Path<'_>) -> Box<dyn ModuleT>,
    sizes: Sizes,
) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let network = network(&store.root());
    let [first, second, a, b, c] = sizes.map(args);
    let case = Case::new(Layer::eval(network.as_ref()), [first, second], [a, b, c]);
    recorder.case(&case, |_, export| export.parameters(&store))
}

fn args([n, h, w]: [i64; 3]) -> <Layer<'static> as Module>::Args {
    Layer::args(Tensor::randn([n, 3, h, w], (Kind::Float, Device::Cpu)))
}

/// Height and width are multiples of the patch, which the network checks.
fn dinov2_free(recorder: &Recorder<'_>) -> Result<Value> {
    let (rows, columns) = (Dim::new("rows")?, Dim::new("columns")?);
    let dims = ShapeSpec::Tuple(vec![
        Dim::dynamic().into(),
        DimSpec::None,
        rows.affine(14, 0)?.into(),
        columns.affine(14, 0)?.into(),
    ]);
    let shapes = DynamicShapes::Tuple(vec![DynamicShapes::leaf(dims)]);
    dino(recorder, [[2, 42, 56], [3, 56, 70], [4, 28, 70], [1, 84, 42], [2, 98, 98]], Some(shapes))
}

fn dinov2_fixed(recorder: &Recorder<'_>) -> Result<Value> {
    dino(recorder, [2, 4, 3, 1, 5].map(|batch| [batch, 518, 518]), None)
}

fn dino(recorder: &Recorder<'_>, sizes: Sizes, shapes: Option<DynamicShapes>) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let network = dinov2::vit_small(&store.root());
    // As made, the scales of all blocks are zero, and so are the positions.
    tch::no_grad(|| store.variables().iter().for_each(|(name, variable)| noise(name, variable)));
    let [first, second, a, b, c] = sizes.map(args);
    let mut case = Case::new(Layer::new(&network), [first, second], [a, b, c]);
    case.shapes = shapes;
    recorder.case(&case, |_, export| export.parameters(&store))
}

/// Fills what would otherwise be zero.
fn noise(name: &str, variable: &Tensor) {
    if ["gamma", "pos_embed", "cls_token"].iter().any(|part| name.ends_with(part)) {
        let _ = variable.shallow_clone().normal_(0.0, 0.2);
    }
}
