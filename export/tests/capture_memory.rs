//! An export does not copy the weights of its model, and a program keeps those that the model had.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

mod capture_support;

use std::sync::Mutex;

use capture_support::randn;
use tch::nn::{self, OptimizerConfig as _, VarStore};
use tch::{Device, Tensor};
use torch_export::nn::Layer;
use torch_export::prelude::*;

/// The memory of this process in megabytes; only Linux says that.
fn megabytes(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

/// Held by tests that measure the memory of the process.
static ALONE: Mutex<()> = Mutex::new(());

/// A model with 256 MB of weights, and few elements in its inputs and results.
fn wide(store: &VarStore) -> nn::Sequential {
    let config = nn::LinearConfig { ws_init: nn::Init::Const(0.01), ..Default::default() };
    (0..4).fold(nn::seq(), |layers, i| layers.add(nn::linear(store.root() / i, 4096, 4096, config)))
}

#[test]
fn the_weights_of_a_model_are_not_copied() {
    let _alone = ALONE.lock().unwrap();
    let store = VarStore::new(Device::Cpu);
    let layers = wide(&store);
    let x = |rows| Layer::args(randn(&[rows, 4096]));
    let model = Layer::new(&layers);
    let inputs = ModelInputs::new(&model, [x(2), x(3)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let expected = model.call(&x(1)).unwrap();
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = megabytes("VmRSS:");
    let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).run().unwrap();
    let module = program.module().unwrap();
    let _: Tensor = module.call(&x(5)).unwrap();
    drop(expected);
    if let (Some(before), Some(peak)) = (before, megabytes("VmHWM:")) {
        // Half of the weights; a copy would be twice as much. Libraries that are loaded take their part.
        assert!(peak - before < 128.0, "{} MB more", peak - before);
    }
}

#[test]
fn without_gradients_intermediate_results_are_not_kept() {
    let _alone = ALONE.lock().unwrap();
    let store = VarStore::new(Device::Cpu);
    // 48 results of 4 MB, of which autograd would keep each, and which the memory of a recording must not keep apart.
    let layers = (0..24).fold(nn::seq(), |layers, i| {
        layers.add(nn::linear(store.root() / i, 64, 64, Default::default())).add_fn(Tensor::sigmoid)
    });
    let layers = layers.add(nn::linear(store.root() / "out", 64, 1, Default::default()));
    let x = |rows| Layer::args(randn(&[rows, 64]));
    let model = Layer::new(&layers);
    let inputs = ModelInputs::new(&model, [x(16_384), x(16_000)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = megabytes("VmRSS:");
    let export = || Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).locations(false).run();
    tch::no_grad(export).unwrap();
    if let (Some(before), Some(peak)) = (before, megabytes("VmHWM:")) {
        assert!(peak - before < 96.0, "{} MB more", peak - before);
    }

    let inputs = ModelInputs::new(&model, [x(2), x(3)]).unwrap();
    let export = || Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).locations(false).run();
    assert_eq!(tch::no_grad(export).unwrap().to_string(), export().unwrap().to_string());
}

#[test]
fn a_program_keeps_the_weights_that_were_exported() {
    let _alone = ALONE.lock().unwrap();
    let store = VarStore::new(Device::Cpu);
    let layers = nn::seq().add(nn::linear(store.root() / "up", 64, 300, Default::default())).add_fn(Tensor::relu);
    let x = || Layer::args(Tensor::ones([3, 64], (tch::Kind::Float, Device::Cpu)));
    let model = Layer::new(&layers);
    let inputs = ModelInputs::new(&model, [x()]).unwrap();
    let program = Export::new(&model, &inputs).parameters(&store).run().unwrap();
    let module = program.module().unwrap();
    let first: Tensor = model.call(&x()).unwrap();
    let bytes = program.state_dict["up.weight"].storage.as_bytes().to_vec();

    // Both the model and the module are trained further, each on its own.
    let mut optimizer = nn::Sgd::default().build(&store, 0.5).unwrap();
    optimizer.backward_step(&model.call(&x()).unwrap().sum(tch::Kind::Float));
    let weight = module.state_dict().into_iter().find(|(name, _)| name == "up.weight").unwrap().1;
    let _ = tch::no_grad(|| weight.shallow_clone().fill_(0.25));
    let trained = model.call(&x()).unwrap();
    assert!(!trained.equal(&first), "the model was trained");
    let other: Tensor = module.call(&x()).unwrap();
    assert!(!other.equal(&first) && !other.equal(&trained), "the module has weights of its own");
    assert_eq!(program.state_dict["up.weight"].storage.as_bytes(), bytes, "the program has the old ones");
    let again: Tensor = program.call(&x()).unwrap();
    assert!(again.equal(&first));
    // They outlive the model.
    drop((layers, store));
    assert_eq!(program.state_dict["up.weight"].storage.as_bytes(), bytes);
    let again: Tensor = program.call(&x()).unwrap();
    assert!(again.equal(&first));
}
