//! Layers of `tch::nn` as models.

use pytree_derive::module;
use tch::Tensor;
use tch::nn;

/// A layer or a network of `tch`, as a model of one tensor.
///
/// ```
/// use tch::{Device, Kind, Tensor, nn};
/// use torch_export::nn::Layer;
/// use torch_export::prelude::*;
///
/// let store = nn::VarStore::new(Device::Cpu);
/// let root = store.root();
/// let network = nn::seq_t()
///     .add(nn::linear(&root / "hidden", 4, 8, Default::default()))
///     .add_fn(|x| x.relu())
///     .add(nn::batch_norm1d(&root / "norm", 8, Default::default()));
///
/// let x = |rows| Layer::args(Tensor::randn([rows, 4], (Kind::Float, Device::Cpu)));
/// let model = Layer::eval(&network);
/// let inputs = ModelInputs::new(&model, [x(2), x(5)])?;
/// let shapes = inputs.guess_dynamic_shapes()?;
/// let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&store).run()?;
///
/// let output: Tensor = program.call(&x(7))?;
/// assert_eq!(output.size(), [7, 8]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Layer<'m>(Kind<'m>);

#[derive(Clone, Copy, Debug)]
enum Kind<'m> {
    /// It is the same in training and in evaluation.
    Same(&'m dyn nn::Module),
    /// It is told whether it is trained.
    Mode(&'m dyn nn::ModuleT, bool),
}

impl<'m> Layer<'m> {
    /// A layer that does not depend on the mode.
    pub fn new(layer: &'m dyn nn::Module) -> Self {
        Layer(Kind::Same(layer))
    }

    /// A layer in evaluation mode (`model.eval()`): `forward_t(xs, false)`.
    pub fn eval(layer: &'m dyn nn::ModuleT) -> Self {
        Layer(Kind::Mode(layer, false))
    }

    /// A layer in training mode (`model.train()`): `forward_t(xs, true)`. Batch norm updates its running statistics, which
    /// the program does too, and dropout is random.
    pub fn train(layer: &'m dyn nn::ModuleT) -> Self {
        Layer(Kind::Mode(layer, true))
    }
}

#[module]
impl Layer<'_> {
    fn forward(&self, xs: &Tensor) -> Tensor {
        match self.0 {
            Kind::Same(layer) => layer.forward(xs),
            Kind::Mode(layer, train) => layer.forward_t(xs, train),
        }
    }
}
