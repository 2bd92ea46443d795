//! ResNet-18 of `tch::vision`.

use crate::{fastest, torchscript};
use tch::nn::{self, ModuleT};
use tch::{Device, IValue, Kind, Tensor};
use torch_export::prelude::*;

struct ResNet {
    weights: nn::VarStore,
    layers: nn::FuncT<'static>,
}

#[module]
impl ResNet {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.layers.forward_t(x, false)
    }
}

pub(crate) fn measure() {
    let weights = nn::VarStore::new(Device::Cpu);
    let layers = tch::vision::resnet::resnet18(&weights.root(), 1000);
    let model = ResNet { weights, layers };
    let image = |batch| Tensor::randn([batch, 3, 224, 224], (Kind::Float, Device::Cpu));
    let inputs = ModelInputs::new(&model, [ResNet::args(image(2)), ResNet::args(image(3))]).expect("inputs");
    let shapes = inputs.guess_dynamic_shapes().expect("shapes");
    let export = || {
        let export = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&model.weights);
        export.run().expect("a program")
    };
    let show = |name: &str, figure: f64| println!("ours {name}_resnet {figure:.0}");
    let program = export();
    show("export", fastest(2, || drop(export())));
    let module = program.module().expect("a module");
    let args = ResNet::args(image(1));
    show("call_by_hand", fastest(30, || drop(torch_export::inference_mode(|| model.call(&args)))));
    show("call", fastest(30, || drop(module.call::<_, Tensor>(&args).expect("a result"))));
    torchscript("resnet.ts", "call_resnet", 30, &[IValue::Tensor(image(1))]);
}
