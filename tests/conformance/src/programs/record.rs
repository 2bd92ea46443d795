//! Records what Python checks: programs, inputs, and the outputs of the Rust models.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use conformance::{copy, write_leaves};
use serde_json::{Value, json};
use torch_export::prelude::*;
use torch_export::pytree::OwnedTree;

/// Writes programs, tensors and an index into a folder.
pub(crate) struct Recorder {
    folder: PathBuf,
    programs: Vec<Value>,
}

/// One model to be exported and compared.
pub(crate) struct Case<M: Module<Family = Tch>> {
    /// The name of the program. The Python twin has the same name.
    pub(crate) name: &'static str,
    /// The model.
    pub(crate) model: M,
    /// The sets that it is exported from. The first is the example.
    pub(crate) sets: Vec<M::Args>,
    /// The dynamic shapes; `None` guesses them from the sets.
    pub(crate) shapes: Option<DynamicShapes>,
    /// Inputs of sizes that no set has, for comparing the model and the program.
    pub(crate) unseen: [M::Args; 2],
}

impl<M: Module<Family = Tch>> Case<M> {
    /// A case with guessed dynamic shapes.
    pub(crate) fn guessed(name: &'static str, model: M, sets: [M::Args; 2], unseen: [M::Args; 2]) -> Self {
        Case { name, model, sets: sets.into(), shapes: None, unseen }
    }
}

impl Recorder {
    /// A recorder for a folder, which is made if it does not exist.
    pub(crate) fn new(folder: &Path) -> Result<Recorder> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Recorder { folder: folder.to_owned(), programs: Vec::new() })
    }

    /// Exports and records a model without tensors.
    pub(crate) fn record<M: Module<Family = Tch>>(&mut self, case: Case<M>) {
        self.record_with(case, |_, export| export);
    }

    /// Exports and records a model, whose tensors `declare` declares. A failed export is recorded as a failure.
    pub(crate) fn record_with<M: Module<Family = Tch>>(
        &mut self,
        case: Case<M>,
        declare: impl for<'a> FnOnce(&'a M, Export<'a, M>) -> Export<'a, M>,
    ) {
        let entry = self.entry(&case, declare);
        let entry = entry.unwrap_or_else(|error| json!({ "name": case.name, "error": format!("{error:#}") }));
        self.programs.push(entry);
    }

    fn entry<M: Module<Family = Tch>>(
        &self,
        case: &Case<M>,
        declare: impl for<'a> FnOnce(&'a M, Export<'a, M>) -> Export<'a, M>,
    ) -> Result<Value> {
        let name = case.name;
        let sets = case.sets.iter().map(copy).collect::<Result<Vec<_>>>()?;
        let inputs = ModelInputs::new(&case.model, sets)?;
        let shapes = match &case.shapes {
            Some(shapes) => shapes.clone(),
            None => inputs.guess_dynamic_shapes()?,
        };
        let program = declare(&case.model, Export::new(&case.model, &inputs).dynamic_shapes(&shapes)).run()?;
        program.save(self.folder.join(format!("{name}.pt2")))?;
        fs::write(self.folder.join(format!("{name}.py")), program.python_module())?;

        let example = inputs.sets().first().context("no inputs")?;
        let mut runs = Vec::new();
        for (i, args) in case.unseen.iter().enumerate() {
            let output = tch::no_grad(|| case.model.call(args))?;
            runs.push(json!({
                "inputs": self.leaves(args, &format!("{name}.run{i}.in"))?,
                "outputs": self.leaves(&output, &format!("{name}.run{i}.out"))?,
            }));
        }
        Ok(json!({
            "name": name,
            "text": program.to_string(),
            "in_spec": program.in_spec.to_json()?,
            "out_spec": program.out_spec.to_json()?,
            "example": self.leaves(example, &format!("{name}.example"))?,
            "runs": runs,
        }))
    }

    /// Writes the leaves of a tree.
    fn leaves<T: OwnedTree<Tch>>(&self, tree: &T, stem: &str) -> Result<Vec<Value>> {
        write_leaves(&self.folder, stem, flatten(tree)?.leaves)
    }

    /// Writes the index.
    pub(crate) fn finish(self) -> Result<()> {
        let index = serde_json::to_string_pretty(&json!({ "programs": self.programs }))?;
        Ok(fs::write(self.folder.join("index.json"), index)?)
    }
}
