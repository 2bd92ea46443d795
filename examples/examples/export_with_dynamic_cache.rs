//! # Export with DynamicCache and dynamic shapes
//!
//! Every LLM of `transformers` uses a cache, and the size of the cache is dynamic: the context grows. This page shows
//! how to find the dynamic shapes of an export from a few valid inputs, first on a sum of two tensors, then on a cache.
//! It follows, section by section, onnx-diagnostic's page of the same name, with no Python anywhere.
//!
//! ```text
//! cargo run -p examples --example export_with_dynamic_cache [FOLDER]
//! ```
//!
//! Every program is printed twice: as the page prints it, with the symbols `s0, s1, ..` that PyTorch gave up to 2.7, and
//! as PyTorch 2.13 does, which numbers symbols by a hash of where they come from. The second is saved in FOLDER (`out`
//! beside this workspace's `Cargo.toml` by default), with the Python registrations that a file with a cache needs.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
use torch_export::symbolic::Naming;

fn main() -> Result<()> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("out");
    let folder = std::env::args_os().nth(1).map_or_else(default, PathBuf::from);
    run(&mut io::stdout().lock(), &folder)
}

/// The whole page, written to `out`; the files go to `folder`.
pub(crate) fn run(out: &mut dyn Write, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    args(out, folder)?;
    kwargs(out, folder)?;
    args_and_kwargs(out, folder)?;
    dynamic_cache(out, folder)
}

// ---------------------------------------------------------------------------------------------------------------------
// Simple examples: positional and named arguments.

/// A model is a type with a `forward`: plain `tch`, nothing else. `#[module]` makes `Model::args(..)` and
/// `Model::kwargs()`, which build the arguments of one call.
pub(crate) struct Model;

#[module]
impl Model {
    fn forward(&self, x: &Tensor, y: &Tensor) -> Tensor {
        x + y
    }
}

fn args(out: &mut dyn Write, folder: &Path) -> Result<()> {
    title(out, "args")?;

    let model = Model;
    let (x, y) = (randn(&[5, 6]), randn(&[1, 6]));
    let sum = model.forward(&x, &y); // to check it works
    writeln!(out, "The model gives {:?}. Exported with nothing said of its shapes:\n", sum.size())?;

    let inputs = ModelInputs::new(&model, [Model::args((x, y))])?;
    let program = export(&model, &inputs, &DynamicShapes::NONE)?;
    writeln!(out, "{program}")?;

    writeln!(
        out,
        "As expected, there is no dynamic shape. Two sets of valid inputs tell which dimensions move: those that"
    )?;
    writeln!(out, "differ. The result is a pair, one part for positional arguments and one for named ones.\n")?;

    let inputs = ModelInputs::new(
        &model,
        [Model::args((randn(&[5, 6]), randn(&[1, 6]))), Model::args((randn(&[7, 8]), randn(&[1, 8])))],
    )?;
    let shapes = inputs.guess_dynamic_shapes()?;
    show_shapes(out, &shapes)?;
    show_program(out, &model, &inputs, &shapes, &folder.join("args.pt2"))
}

fn kwargs(out: &mut dyn Write, folder: &Path) -> Result<()> {
    title(out, "kwargs")?;
    writeln!(out, "The same with named arguments.\n")?;

    let model = Model;
    let inputs = ModelInputs::new(
        &model,
        [Model::kwargs().x(randn(&[5, 6])).y(randn(&[1, 6])), Model::kwargs().x(randn(&[7, 8])).y(randn(&[1, 8]))],
    )?;
    let shapes = inputs.guess_dynamic_shapes()?;
    show_shapes(out, &shapes)?;
    show_program(out, &model, &inputs, &shapes, &folder.join("kwargs.pt2"))
}

fn args_and_kwargs(out: &mut dyn Write, folder: &Path) -> Result<()> {
    title(out, "args and kwargs")?;
    writeln!(out, "torch.export.export takes the shapes of a mixed call by name only.\n")?;

    let model = Model;
    let inputs = ModelInputs::new(
        &model,
        [Model::args(randn(&[5, 6])).y(randn(&[1, 6])), Model::args(randn(&[7, 8])).y(randn(&[1, 8]))],
    )?;
    let shapes = inputs.guess_dynamic_shapes()?;
    show_shapes(out, &shapes)?;

    writeln!(
        out,
        "So the positional shapes are moved to the named ones; the signature of forward knows their names.\n"
    )?;
    let moved = inputs.move_to_kwargs(0, &shapes)?;
    show_shapes(out, &moved.shapes)?;
    // Nothing is left in the first part; the second is a dict by argument name, which fits any way to pass them.
    let (_, by_name) = moved.shapes.as_pair().context("the moved shapes are a pair")?;
    let shapes = DynamicShapes::Dict(by_name.clone());
    show_program(out, &model, &inputs, &shapes, &folder.join("args_and_kwargs.pt2"))
}

// ---------------------------------------------------------------------------------------------------------------------
// DynamicCache

/// `transformers.cache_utils.DynamicCache`. In PyTorch a class has to be registered with functions that flatten and
/// unflatten it; here the derive writes them. The name is what the file says of it, and `mapping` is how `transformers`
/// registers it: children known by name.
#[derive(PyTree)]
#[pytree(name = "transformers.cache_utils.DynamicCache", as = "mapping")]
pub(crate) struct DynamicCache {
    key_cache: Vec<Tensor>,
    value_cache: Vec<Tensor>,
}

impl DynamicCache {
    /// A cache of random tensors of these sizes: `[batch, heads, length, dim]`.
    pub(crate) fn randn(layers: usize, sizes: [i64; 4]) -> DynamicCache {
        let tensors = || (0..layers).map(|_| randn(&sizes)).collect();
        DynamicCache { key_cache: tensors(), value_cache: tensors() }
    }
}

/// A model that takes a cache of two layers.
pub(crate) struct CacheModel;

#[module]
impl CacheModel {
    fn forward(&self, cache: &DynamicCache, z: &Tensor) -> Tensor {
        z + &cache.key_cache[0] + &cache.key_cache[1] + &cache.value_cache[0] + &cache.value_cache[1]
    }
}

fn dynamic_cache(out: &mut dyn Write, folder: &Path) -> Result<()> {
    title(out, "DynamicCache")?;

    let model = CacheModel;
    let (n_layers, bsize, nheads, slen, dim) = (2, 2, 4, 3, 7);
    let cache = DynamicCache::randn(n_layers, [bsize, nheads, slen, dim]);
    let z = randn(&[1, 1, 1, dim]);
    let sum = model.forward(&cache, &z); // to check it works
    writeln!(out, "The model gives {:?}. The cache looks like this:\n", sum.size())?;
    writeln!(out, "{}\n", string_type(&cache, StringTypeOptions::shapes())?)?;

    let cache2 = DynamicCache::randn(n_layers, [bsize + 1, nheads, slen + 1, dim + 1]);
    let z2 = randn(&[1, 1, 1, dim + 1]);

    writeln!(out, "and the first set of inputs like this:\n")?;
    let first = (cache, z);
    writeln!(out, "{}\n", string_type(&first, StringTypeOptions::shapes())?)?;

    writeln!(out, "The dynamic shapes follow the serialized form: a registered class is the list of its children.\n")?;
    let inputs = ModelInputs::new(&model, [CacheModel::args(first), CacheModel::args((cache2, z2))])?;
    let shapes = inputs.guess_dynamic_shapes()?;
    show_shapes(out, &shapes)?;
    show_program(out, &model, &inputs, &shapes, &folder.join("dynamic_cache.pt2"))
}

// ---------------------------------------------------------------------------------------------------------------------
// Printing and saving.

fn randn(sizes: &[i64]) -> Tensor {
    Tensor::randn(sizes, (Kind::Float, Device::Cpu))
}

fn title(out: &mut dyn Write, text: &str) -> Result<()> {
    Ok(writeln!(out, "\n{text}\n{}\n", "+".repeat(text.len()))?)
}

fn show_shapes(out: &mut dyn Write, shapes: &DynamicShapes) -> Result<()> {
    writeln!(out, "The dynamic shapes, as the page prints them:\n\n{}\n", shapes.legacy())?;
    Ok(writeln!(out, "and as PyTorch 2.13 does:\n\n{shapes}\n")?)
}

/// Exports, prints and saves.
fn show_program<M: Module<Family = Tch>>(
    out: &mut dyn Write,
    model: &M,
    inputs: &ModelInputs<'_, M>,
    shapes: &DynamicShapes,
    file: &Path,
) -> Result<()> {
    let program = Export::new(model, inputs).dynamic_shapes(shapes).naming(Naming::Sequential).run()?;
    writeln!(out, "The program, as the page prints it:\n\n{program}")?;

    let program = export(model, inputs, shapes)?;
    writeln!(out, "and as PyTorch 2.13 does:\n\n{program}")?;
    // Before it is given out, a program is run against the model at sizes that no step of the export had seen.
    if let Some(verification) = &program.verification {
        writeln!(out, "It was {verification}.")?;
    }

    program.save(file)?;
    writeln!(out, "Saved as {}: torch.export.load opens it.", file.display())?;
    let registrations = program.python_module();
    if !registrations.is_empty() {
        let module = file.with_extension("py");
        fs::write(&module, registrations).with_context(|| format!("cannot write {}", module.display()))?;
        writeln!(out, "Where DynamicCache is not registered, import {} first.", module.display())?;
    }
    Ok(())
}
