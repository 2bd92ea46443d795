//! # Export with DynamicCache and dynamic shapes
//!
//! Every LLM of `transformers` uses a cache, and the size of the cache is dynamic, since the context grows. This page shows
//! how to find the dynamic shapes of an export from a few valid inputs, first for a sum of two tensors, then for a cache.
//! It follows onnx-diagnostic's page of the same name, section by section, without Python.
//!
//! ```text
//! cargo run -p examples --example export_with_dynamic_cache [FOLDER]
//! ```
//!
//! Every program is printed twice: as on the original page, with the symbols `s0, s1, ..` of PyTorch up to 2.7, and as in
//! PyTorch 2.13, where the number of a symbol is a hash of its source. The second program is saved in FOLDER (by default
//! `out` beside this workspace's `Cargo.toml`), with the Python registrations that a file with a cache needs.

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

/// Writes the whole page to `out` and the files to `folder`.
pub(crate) fn run(out: &mut dyn Write, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    args(out, folder)?;
    kwargs(out, folder)?;
    args_and_kwargs(out, folder)?;
    dynamic_cache(out, folder)
}

// ---------------------------------------------------------------------------------------------------------------------
// Simple examples: positional and named arguments.

/// A model is a type with a `forward` in plain `tch`. `#[module]` adds `Model::args(..)` and `Model::kwargs()`, which build
/// the arguments of one call.
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
    writeln!(out, "The model gives {:?}. This is the program without dynamic shapes:\n", sum.size())?;

    let inputs = ModelInputs::new(&model, [Model::args((x, y))])?;
    let program = export(&model, &inputs, &DynamicShapes::NONE)?;
    writeln!(out, "{program}")?;

    writeln!(
        out,
        "As expected, no dimension is dynamic. With two sets of valid inputs, the dimensions that differ are dynamic."
    )?;
    writeln!(out, "The result is a pair: the shapes of positional arguments, and those of named arguments.\n")?;

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
    writeln!(out, "torch.export.export accepts the shapes of a mixed call by name only.\n")?;

    let model = Model;
    let inputs = ModelInputs::new(
        &model,
        [Model::args(randn(&[5, 6])).y(randn(&[1, 6])), Model::args(randn(&[7, 8])).y(randn(&[1, 8]))],
    )?;
    let shapes = inputs.guess_dynamic_shapes()?;
    show_shapes(out, &shapes)?;

    writeln!(
        out,
        "So the shapes of positional arguments are moved to the named ones. The names come from the signature of forward.\n"
    )?;
    let moved = inputs.move_to_kwargs(0, &shapes)?;
    show_shapes(out, &moved.shapes)?;
    // The first part is empty now. The second is a dict by argument name, which fits any way of passing the arguments.
    let (_, by_name) = moved.shapes.as_pair().context("the moved shapes are a pair")?;
    let shapes = DynamicShapes::Dict(by_name.clone());
    show_program(out, &model, &inputs, &shapes, &folder.join("args_and_kwargs.pt2"))
}

// ---------------------------------------------------------------------------------------------------------------------
// DynamicCache

/// `transformers.cache_utils.DynamicCache`. In PyTorch a class must be registered with functions that flatten and unflatten
/// it. In Rust the derive writes them. The file has the name given here, and `mapping` is how `transformers` registers the
/// class: as children with names.
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

/// A model with a cache of two layers as an input.
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

    writeln!(
        out,
        "The dynamic shapes follow the serialized form, in which a registered class is the list of its children.\n"
    )?;
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
    writeln!(out, "The dynamic shapes, as on the original page:\n\n{}\n", shapes.legacy())?;
    Ok(writeln!(out, "and as in PyTorch 2.13:\n\n{shapes}\n")?)
}

/// Exports the model, prints the program and saves it.
fn show_program<M: Module<Family = Tch>>(
    out: &mut dyn Write,
    model: &M,
    inputs: &ModelInputs<'_, M>,
    shapes: &DynamicShapes,
    file: &Path,
) -> Result<()> {
    let program = Export::new(model, inputs).dynamic_shapes(shapes).naming(Naming::Sequential).run()?;
    writeln!(out, "The program, as on the original page:\n\n{program}")?;

    let program = export(model, inputs, shapes)?;
    writeln!(out, "and as in PyTorch 2.13:\n\n{program}")?;
    // Every export is checked at sizes that it did not use.
    if let Some(verification) = &program.verification {
        writeln!(out, "It was {verification}.")?;
    }

    program.save(file)?;
    writeln!(out, "Saved as {}. torch.export.load opens it.", file.display())?;
    let registrations = program.python_module();
    if !registrations.is_empty() {
        let module = file.with_extension("py");
        fs::write(&module, registrations).with_context(|| format!("cannot write {}", module.display()))?;
        writeln!(out, "Where DynamicCache is not registered, import {} first.", module.display())?;
    }
    Ok(())
}
