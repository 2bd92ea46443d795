//! Exports one model, measures that, and records what Python compares.

use std::cell::Cell;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use conformance::{copy, write_leaves};
use serde_json::{Value, json};
use tch::nn::VarStore;
use tch::{Kind, Tensor};
use torch_export::prelude::*;
use torch_export::pytree::{Leaf, LeafRef, OwnedTree, into_leaves};
use torch_export::{Progress, Stage};

use crate::case::Case;
use crate::list::Model;
use crate::{greedy, memory};

/// Where one model is recorded.
pub(crate) struct Recorder<'a> {
    model: &'a Model,
    folder: &'a Path,
    /// Whether only the seconds of exports are recorded.
    seconds: bool,
}

impl<'a> Recorder<'a> {
    /// Records everything.
    pub(crate) fn new(model: &'a Model, folder: &'a Path) -> Recorder<'a> {
        Recorder { model, folder, seconds: false }
    }

    /// Records how long two exports take: that of a process that never exported before, as a loop of others does not, and
    /// the next one.
    pub(crate) fn of_seconds(model: &'a Model, folder: &'a Path) -> Recorder<'a> {
        Recorder { model, folder, seconds: true }
    }

    /// Exports and records the model.
    pub(crate) fn run(&self) -> Result<Value> {
        tch::manual_seed(0);
        (self.model.record)(self)
    }

    /// Exports and records a case, whose tensors `declare` declares.
    pub(crate) fn case<M: Module<Family = Tch>>(
        &self,
        case: &Case<M>,
        declare: impl for<'m> Fn(&'m M, Export<'m, M>) -> Export<'m, M>,
    ) -> Result<Value> {
        let name = self.model.name;
        let sets = case.sets.iter().map(copy).collect::<Result<Vec<_>>>()?;
        let inputs = ModelInputs::new(&case.model, sets)?;
        let shapes = match &case.shapes {
            Some(shapes) => shapes.clone(),
            None => inputs.guess_dynamic_shapes()?,
        };
        let check = Cell::new(None);
        let begins = |progress: &Progress| {
            if progress.stage == Stage::Verify && check.get().is_none() {
                check.set(Some(Instant::now()));
            }
        };
        let exported = || {
            check.set(None);
            let export = Export::new(&case.model, &inputs).dynamic_shapes(&shapes).on_progress(begins);
            let start = Instant::now();
            let program = tch::no_grad(|| declare(&case.model, export).run())?;
            let check = check.get().map(|start| start.elapsed().as_secs_f64());
            Ok((program, json!({ "seconds": start.elapsed().as_secs_f64(), "check": check })))
        };
        if self.seconds {
            return Ok(json!({ "first": exported()?.1, "next": exported()?.1 }));
        }
        let ((), forward) = megabytes(|| forwards(case))?;
        let ((program, _), export) = megabytes(exported)?;
        let path = self.folder.join(format!("{name}.pt2"));
        program.save(&path)?;
        std::fs::write(self.folder.join(format!("{name}.py")), program.python_module())?;
        let loaded = ExportedProgram::load(&path)?.module()?;

        let mut runs = Vec::new();
        for (i, args) in case.unseen.iter().enumerate() {
            let output = tch::no_grad(|| case.model.call(&copy(args)?).context("the model"))?;
            let (outputs, _) = into_leaves(output)?;
            let (given, _) = into_leaves(copy(args)?)?;
            let found = loaded.run(given).with_context(|| format!("the loaded program at unseen sizes {i}"))?;
            agree(&found, &outputs, case.random).with_context(|| format!("the loaded program at unseen sizes {i}"))?;
            runs.push(json!({
                "inputs": self.leaves(args, &format!("{name}.run{i}.in"))?,
                "outputs": write_leaves(self.folder, &format!("{name}.run{i}.out"), outputs.iter().map(Leaf::as_ref))?,
            }));
        }
        let generation =
            case.prompt.as_ref().map(|prompt| self.generation(&case.model, &loaded, prompt)).transpose()?;
        Ok(json!({
            "in_spec": program.in_spec.to_json()?,
            "text": program.to_string(),
            "example": self.leaves(case.sets.first().context("no inputs")?, &format!("{name}.example"))?,
            "runs": runs,
            "generation": generation,
            "tolerance": case.tolerance,
            "compiled": case.compiled,
            "random": case.random,
            "unproven": program.verification.as_ref().map(|v| v.unproven.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "export": export,
            "forward": forward,
        }))
    }

    /// Adds what the model's buffers are after the runs, which is what a program that updates them must have too.
    pub(crate) fn with_buffers(&self, mut entry: Value, store: &VarStore) -> Result<Value> {
        let buffers = store.variables().into_iter().filter(|(_, tensor)| !tensor.requires_grad());
        let (names, tensors): (Vec<String>, Vec<Tensor>) = buffers.unzip();
        let leaves = tensors.iter().map(LeafRef::Tensor);
        let written = write_leaves(self.folder, &format!("{}.buffer", self.model.name), leaves)?;
        entry["buffers"] = names.into_iter().zip(written).collect();
        Ok(entry)
    }

    /// The tokens that the model generates, which must be those of the program.
    fn generation<M: Module<Family = Tch>>(
        &self,
        model: &M,
        program: &ProgramModule,
        prompt: &M::Args,
    ) -> Result<Value> {
        let spec = flatten(prompt)?.spec;
        let start = || Ok::<_, anyhow::Error>(into_leaves(copy(prompt)?)?.0);
        let by_model = greedy::tokens(start()?, |leaves| {
            let args: M::Args = unflatten(leaves, &spec)?;
            Ok(into_leaves(tch::no_grad(|| model.call(&args))?)?.0)
        })?;
        let by_program = greedy::tokens(start()?, |leaves| Ok(program.run(leaves)?))?;
        ensure!(by_model == by_program, "the program generates {by_program:?}, the model {by_model:?}");
        Ok(json!({ "prompt": self.leaves(prompt, &format!("{}.prompt", self.model.name))?, "tokens": by_model }))
    }

    fn leaves<T: OwnedTree<Tch>>(&self, tree: &T, stem: &str) -> Result<Vec<Value>> {
        write_leaves(self.folder, stem, flatten(tree)?.leaves)
    }
}

/// One forward of each set.
fn forwards<M: Module<Family = Tch>>(case: &Case<M>) -> Result<()> {
    tch::no_grad(|| case.sets.iter().try_for_each(|set| case.model.call(&copy(set)?).map(drop).context("the model")))
}

/// What a function gives, and how many megabytes more were in use at its most expensive moment than before.
fn megabytes<T>(f: impl FnOnce() -> Result<T>) -> Result<(T, Value)> {
    memory::forget_peak();
    let before = memory::now_and_peak();
    let result = f()?;
    let megabytes = before.zip(memory::now_and_peak()).map(|((before, _), (_, peak))| peak - before);
    Ok((result, json!({ "megabytes": megabytes })))
}

/// Compares the results of a program and of its model, which call the same kernels.
fn agree(found: &[Leaf<Tch>], expected: &[Leaf<Tch>], random: bool) -> Result<()> {
    ensure!(found.len() == expected.len(), "{} outputs instead of {}", found.len(), expected.len());
    for (i, pair) in found.iter().zip(expected).enumerate() {
        let (Leaf::Tensor(found), Leaf::Tensor(expected)) = pair else {
            ensure!(pair.0 == pair.1, "output {i} is {:?} instead of {:?}", pair.0, pair.1);
            continue;
        };
        ensure!(found.size() == expected.size(), "output {i} is {:?} instead of {:?}", found.size(), expected.size());
        ensure!(found.kind() == expected.kind(), "output {i} is {:?} instead of {:?}", found.kind(), expected.kind());
        if random || expected.numel() == 0 {
            continue;
        }
        let double = |tensor: &Tensor| tensor.to_kind(Kind::Double);
        let largest = double(expected).abs().max().double_value(&[]).max(1.0);
        let difference = (double(found) - double(expected)).abs().max().double_value(&[]);
        ensure!(
            difference <= 1e-5 * largest,
            "output {i} differs by {difference:e}, its largest element is {largest:e}"
        );
    }
    Ok(())
}
