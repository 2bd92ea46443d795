//! The README's first program.

use std::error::Error;

use tch::{Device, Kind, Tensor, nn, nn::Module as _};
use torch_export::prelude::*;

struct Classifier {
    layers: nn::Sequential,
}

#[module]
impl Classifier {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.layers.forward(x).softmax(-1, Kind::Float)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let store = nn::VarStore::new(Device::Cpu);
    let linear = |name, from, to| nn::linear(store.root() / name, from, to, Default::default());
    let layers = nn::seq().add(linear("up", 16, 64)).add_fn(Tensor::relu).add(linear("down", 64, 4));
    let model = Classifier { layers };

    let x = |rows| Classifier::args(Tensor::ones([rows, 16], (Kind::Float, Device::Cpu)));
    let inputs = ModelInputs::new(&model, [x(2), x(5)])?; // what differs between the sets is dynamic
    let shapes = inputs.guess_dynamic_shapes()?;
    let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).run()?;
    println!("{program}"); // as print(program) in Python
    std::fs::create_dir_all("out")?;
    program.save("out/classifier.pt2")?;
    Ok(())
}
