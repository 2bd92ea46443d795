//! The networks of `tch::vision`.

use anyhow::Result;
use serde_json::Value;
use tch::nn::{self, ModuleT, VarStore};
use tch::vision::resnet;
use tch::{Device, Kind, Tensor};
use torch_export::nn::Layer;

use crate::case::Case;
use crate::list::Model;
use crate::recorder::Recorder;

/// All models of this file.
pub(crate) const MODELS: &[Model] =
    &[Model { name: "resnet18", record: |recorder| free(recorder, |p| Box::new(resnet::resnet18(p, 10))) }];

/// Images of any height, width and batch.
fn free(recorder: &Recorder<'_>, network: impl FnOnce(&nn::Path<'_>) -> Box<dyn ModuleT>) -> Result<Value> {
    let sizes = [[2, 64, 96], [3, 96, 64], [4, 80, 112], [1, 128, 64], [5, 65, 71]];
    images(recorder, network, sizes)
}

/// Exports a network of images: from the first two sizes, compared at the others. Each is batch, height and width.
fn images(
    recorder: &Recorder<'_>,
    network: impl FnOnce(&nn::Path<'_>) -> Box<dyn ModuleT>,
    sizes: [[i64; 3]; 5],
) -> Result<Value> {
    let store = VarStore::new(Device::Cpu);
    let network = network(&store.root());
    let [first, second, a, b, c] =
        sizes.map(|[n, h, w]| Layer::args(Tensor::randn([n, 3, h, w], (Kind::Float, Device::Cpu))));
    let case = Case::new(Layer::eval(network.as_ref()), [first, second], [a, b, c]);
    recorder.case(&case, |_, export| export.parameters(&store))
}
