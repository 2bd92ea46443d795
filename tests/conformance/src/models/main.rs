//! Models as people write them in tch, from the export to what PyTorch and its tools make of the file:
//! `cargo run --release -p conformance --bin conformance_models -- [--all | --only NAME] [--table FILE] [FOLDER]`.
//!
//! `TORCH_EXPORT_PYTHON` names a Python with torch 2.13, torchvision, transformers, onnx, onnxscript and onnxruntime. Each
//! model is exported in a process of its own, which measures memory, loads its own file and compares it with the model at
//! three unseen sizes. `models.py` then loads the files, compares the results, decomposes, makes ONNX and AOTInductor
//! packages, generates with those that are decoders, and compares with Python's own export of the same architecture. It
//! measures the seconds of that export and of ours in turn (`--seconds NAME`). Packages of AOTInductor are run here again.
//!
//! Without `--all` it takes a sample of the models. Exits with 1 unless everything passes.

mod arguments;
mod attention;
mod bart;
mod bert;
mod case;
mod clip;
mod cnn;
mod deberta;
mod experts;
mod generative;
mod gpt;
mod gpt2;
mod greedy;
mod list;
mod llama;
mod memory;
mod package;
mod recorder;
mod recurrent;
mod style;
mod t5;
mod table;
mod unet;
mod vision;
mod yolo;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use arguments::Arguments;
use conformance::Python;
use list::Model;
use recorder::Recorder;
use serde_json::{Value, json};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance_models: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns true if everything passed.
fn run() -> Result<bool> {
    let arguments = Arguments::read()?;
    if let Some(name) = &arguments.child {
        let model = list::find(name)?;
        let entry = Recorder::new(&model, &arguments.folder).run();
        let entry = entry.unwrap_or_else(|error| json!({ "error": format!("{error:#}") }));
        write(&arguments.folder.join(format!("{name}.json")), &entry)?;
        return Ok(true);
    }
    if let Some(name) = &arguments.seconds {
        let model = list::find(name)?;
        println!("{}", Recorder::of_seconds(&model, &arguments.folder).run()?);
        return Ok(true);
    }
    let python = Python::find()?;
    let result = compared(&python, &arguments);
    if arguments.is_temporary {
        // A temporary folder that stays behind is not a failure.
        let _ = std::fs::remove_dir_all(&arguments.folder);
    }
    result
}

fn compared(python: &Python, arguments: &Arguments) -> Result<bool> {
    let folder = &arguments.folder;
    std::fs::create_dir_all(folder)?;
    let models = arguments.models()?;
    // `cargo xtask` shows them in a line, where it has a terminal.
    let steps = std::env::var_os("TORCH_EXPORT_STEPS").is_some();
    for (i, model) in models.iter().enumerate() {
        if steps {
            println!("step {} of {}: export {}", i + 1, models.len(), model.name);
        }
        exported(model, folder)?;
    }
    let names: Vec<&str> = models.iter().map(|model| model.name).collect();
    write(&folder.join("index.json"), &json!({ "models": names }))?;
    // The output of the script goes to that of this program.
    let mut script = python.script("models.py");
    // For the table the least of three measurements counts; a sample only shows that there are figures.
    let rounds = if arguments.table.is_some() { "3" } else { "1" };
    let status =
        script.arg(folder).arg(std::env::current_exe()?).arg(rounds).status().context("Python could not be started")?;
    let packages = package::run_all(&names, folder)?;
    if let Some(file) = &arguments.table {
        std::fs::write(file, table::markdown(&names, folder)?)?;
    }
    Ok(status.success() && packages)
}

/// Exports a model in a process of its own. Whatever becomes of that process is in the model's JSON file.
fn exported(model: &Model, folder: &Path) -> Result<()> {
    let program = std::env::current_exe()?;
    let status = Command::new(program).arg("--child").arg(model.name).arg(folder).status()?;
    if !status.success() {
        write(
            &folder.join(format!("{}.json", model.name)),
            &json!({ "error": format!("the process ended: {status}") }),
        )?;
    }
    Ok(())
}

fn write(path: &Path, value: &Value) -> Result<()> {
    Ok(std::fs::write(path, serde_json::to_string_pretty(value)?)?)
}

fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let value: Value = serde_json::from_str(&text)?;
    ensure!(value.is_object(), "{} is not an object", path.display());
    Ok(value)
}
