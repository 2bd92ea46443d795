//! # Custom classes as inputs, and why not a module
//!
//! This page exports a model with its own cache class and named dimensions. It follows experimental-experiment's page "Do
//! no use Module as inputs!", which exports the same model with a cache that is a plain class, and then with a cache that is
//! a `torch.nn.Module`.
//!
//! ```text
//! cargo run -p examples --example custom_class_inputs [FOLDER]
//! ```
//!
//! ## Why this shows a symbol where the original page shows 4
//!
//! The original page declares a dynamic batch but prints `x: "f32[4, 8, 7, 1]"`. Its cache calls
//! `len(self.key_cache[layer_idx])`, and in non-strict mode `len()` of a tensor must give Python a plain number, which fixes
//! the batch at 4. PyTorch rejects such an export ("You marked batch as dynamic but your code specialized it to be a
//! constant (4)"), but an earlier call in the page's process had replaced the check with one that ignores the error. In Rust
//! `size()` always gives plain numbers, and the export finds out how each of them follows from the inputs, so nothing is
//! fixed. The program is the one that PyTorch 2.13 gives for the same model without that `len()`: `x: "f32[s31, 8, 7, 1]"`.
//!
//! ## The lesson of the page: do not use a module as an input
//!
//! In Python a cache can be a `torch.nn.Module`, and an export then treats it as a part of the model. This cannot happen in
//! Rust: a layer is not a tree, so a struct with a layer does not compile as an input.
//!
//! ```compile_fail
//! #[derive(PyTree)]
//! struct Cache {
//!     key_cache: Vec<Tensor>,
//!     projection: nn::Linear, // error[E0277]: the trait bound `Linear: PyTree<_>` is not satisfied
//! }
//! ```
//!
//! Keep a layer in the struct of the model, which has the forward, and declare its weights with `Export::parameters`. A
//! field that is not a tensor, such as a counter, needs an attribute: `#[pytree(static)]` keeps it in the structure, and
//! `#[pytree(skip)]` leaves it out.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::symbolic::Naming;

fn main() -> Result<()> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("out");
    let folder = std::env::args_os().nth(1).map_or_else(default, PathBuf::from);
    run(&mut io::stdout().lock(), &folder)
}

/// A cache like `transformers.cache_utils.DynamicCache`, as a class of its own.
#[derive(PyTree, Default)]
#[pytree(name = "custom_class_inputs.DynamicCache", as = "mapping")]
pub(crate) struct DynamicCache {
    /// One tensor per layer: `[batch, heads, length, dim]`.
    key_cache: Vec<Tensor>,
    /// One tensor per layer, like `key_cache`.
    value_cache: Vec<Tensor>,
    /// How many tokens were added. The page's class counts them as well; the export does not need the number.
    #[pytree(skip)]
    seen_tokens: i64,
}

impl DynamicCache {
    /// Adds the keys and values of new tokens to a layer.
    pub(crate) fn update(&mut self, keys: Tensor, values: Tensor, layer: usize) -> Result<()> {
        let [_, _, length, _] = keys.size()[..] else {
            anyhow::bail!("keys are [batch, heads, length, dim], not {:?}", keys.size())
        };
        if layer == 0 {
            self.seen_tokens += length;
        }
        match (self.key_cache.get_mut(layer), self.value_cache.get_mut(layer)) {
            (Some(old_keys), Some(old_values)) => {
                *old_keys = Tensor::f_cat(&[&*old_keys, &keys], -2)?;
                *old_values = Tensor::f_cat(&[&*old_values, &values], -2)?;
            }
            _ => {
                ensure!(layer == self.key_cache.len(), "layer {layer} comes after layer {}", self.key_cache.len());
                self.key_cache.push(keys);
                self.value_cache.push(values);
            }
        }
        Ok(())
    }

    /// How many tokens a layer holds, or 0 if the layer does not exist.
    pub(crate) fn seq_length(&self, layer: usize) -> i64 {
        self.key_cache.get(layer).and_then(|keys| keys.size().get(2).copied()).unwrap_or(0)
    }

    /// A cache of one layer in which all keys are 1 and all values 2.
    pub(crate) fn of(sizes: [i64; 4]) -> Result<DynamicCache> {
        let ones = || Tensor::ones(sizes, (Kind::Float, Device::Cpu));
        let mut cache = DynamicCache::default();
        cache.update(ones(), ones() * 2, 0)?;
        Ok(cache)
    }
}

/// A model with such a cache as an input.
pub(crate) struct ModelTakingDynamicCacheAsInput;

#[module]
impl ModelTakingDynamicCacheAsInput {
    fn forward(&self, x: &Tensor, dc: &DynamicCache) -> Tensor {
        let kc = Tensor::cat(&dc.key_cache, 1);
        let vc = Tensor::cat(&dc.value_cache, 1);
        let length = dc.seq_length(0);
        let sizes = dc.key_cache[0].size();
        let ones = Tensor::zeros([sizes[0], sizes[1], length, sizes[3]], (Kind::Float, Device::Cpu));
        let w = vc + kc + ones;
        let y = w.sum_dim_intlist([2].as_slice(), true, None::<Kind>);
        x + y
    }
}

/// The page's `dynamic_shapes`. All dimensions named `batch` are equal, and so are those named `clength`.
pub(crate) fn dynamic_shapes() -> Result<DynamicShapes> {
    let batch = Dim::with_range("batch", 1, Some(1024))?;
    let clength = Dim::with_range("clength", 1, Some(1024))?;
    let x = DynamicShapes::leaf(ShapeSpec::dims([(0, batch.clone())]));
    let layer = DynamicShapes::leaf(ShapeSpec::dims([(0, batch), (2, clength)]));
    // A registered class is the list of its children.
    let layers = || DynamicShapes::List(vec![layer.clone()]);
    Ok(DynamicShapes::Tuple(vec![x, DynamicShapes::List(vec![layers(), layers()])]))
}

/// Writes the whole page to `out` and the files to `folder`.
pub(crate) fn run(out: &mut dyn Write, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let model = ModelTakingDynamicCacheAsInput;
    let randn = |sizes: [i64; 4]| Tensor::randn(sizes, (Kind::Float, Device::Cpu));

    writeln!(out, "Let's check that the model runs, and that it works with other shapes.\n")?;
    let expected = model.forward(&randn([3, 8, 7, 1]), &DynamicCache::of([3, 8, 5, 6])?);
    writeln!(out, "torch.Size({:?})", expected.size())?;
    let (x, cache) = (randn([4, 8, 7, 1]), DynamicCache::of([4, 8, 11, 6])?);
    let expected = model.forward(&x, &cache);
    writeln!(out, "torch.Size({:?})\n", expected.size())?;

    writeln!(out, "The derive registers the class, so nothing else is needed. The inputs are\n")?;
    let inputs = (x, cache);
    writeln!(out, "{}\n", string_type(&inputs, StringTypeOptions::shapes())?)?;

    let shapes = dynamic_shapes()?;
    writeln!(out, "and their dynamic shapes, with one size named `batch` and one named `clength`:\n\n{shapes}\n")?;

    let inputs = ModelInputs::new(&model, [ModelTakingDynamicCacheAsInput::args(inputs)])?;
    let program = Export::new(&model, &inputs).dynamic_shapes(&shapes).naming(Naming::Sequential).run()?;
    writeln!(out, "The program, with symbols numbered as in PyTorch up to 2.7:\n\n{program}")?;

    let program = export(&model, &inputs, &shapes)?;
    writeln!(out, "and as in PyTorch 2.13:\n\n{program}")?;
    // Every export is checked at sizes that it did not use.
    if let Some(verification) = &program.verification {
        writeln!(out, "It was {verification}.")?;
    }

    let file = folder.join("custom_class.pt2");
    program.save(&file)?;
    let module = file.with_extension("py");
    fs::write(&module, program.python_module()).with_context(|| format!("cannot write {}", module.display()))?;
    writeln!(out, "Saved as {}. torch.export.load opens it after", file.display())?;
    writeln!(out, "importing {}, which registers the class.", module.display())?;
    Ok(())
}
