//! Runs the packages that AOTInductor compiles from the files.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tch::{Kind, Tensor};
use torch_export::AotiModule;
use torch_export::pytree::{Leaf, Tch};

/// Runs the packages of all models that have one. Returns true if they give the outputs of the models.
pub(crate) fn run_all(names: &[&str], folder: &Path) -> Result<bool> {
    let mut passed = true;
    for name in names {
        let recorded = crate::read(&folder.join(format!("{name}.json")))?;
        if recorded["compiled"] != Value::Bool(true) {
            continue;
        }
        match run(name, &recorded, folder) {
            Ok(()) => println!("ok   {name}: the package gives the outputs of the model in Rust"),
            Err(error) => {
                passed = false;
                println!("FAIL {name}: the package in Rust: {error:#}");
            }
        }
    }
    Ok(passed)
}

fn run(name: &str, recorded: &Value, folder: &Path) -> Result<()> {
    let module = AotiModule::load(folder.join(format!("{name}.package.pt2")))?;
    let tolerance = recorded["tolerance"].as_f64().unwrap_or(0.0);
    for run in recorded["runs"].as_array().context("no runs")? {
        let outputs = module.run(leaves(folder, &run["inputs"])?)?;
        let expected = leaves(folder, &run["outputs"])?;
        ensure!(outputs.len() == expected.len(), "{} outputs instead of {}", outputs.len(), expected.len());
        for (found, expected) in outputs.iter().zip(&expected) {
            let (Leaf::Tensor(found), Leaf::Tensor(expected)) = (found, expected) else { continue };
            ensure!(found.size() == expected.size(), "{:?} instead of {:?}", found.size(), expected.size());
            let double = |tensor: &Tensor| tensor.to_kind(Kind::Double);
            let largest = double(expected).abs().max().double_value(&[]).max(1.0);
            let difference = (double(found) - double(expected)).abs().max().double_value(&[]);
            ensure!(difference <= tolerance * largest, "a difference of {difference:e}");
        }
    }
    Ok(())
}

/// Leaves as [`write_leaves`](conformance::write_leaves) wrote them.
fn leaves(folder: &Path, described: &Value) -> Result<Vec<Leaf<Tch>>> {
    let leaf = |described: &Value| {
        let Some(file) = described["tensor"].as_str() else {
            ensure!(described["value"].is_null(), "a package takes tensors only");
            return Ok(Leaf::None);
        };
        let sizes: Vec<i64> = described["sizes"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
        let kind = match described["dtype"].as_str() {
            Some("float32") => Kind::Float,
            Some("float64") => Kind::Double,
            Some("bfloat16") => Kind::BFloat16,
            Some("int64") => Kind::Int64,
            Some("bool") => Kind::Bool,
            other => anyhow::bail!("tensors of {other:?} are not read"),
        };
        let bytes = std::fs::read(folder.join(file))?;
        Ok(Leaf::Tensor(Tensor::f_from_data_size(&bytes, &sizes, kind)?))
    };
    described.as_array().context("no leaves")?.iter().map(leaf).collect()
}
