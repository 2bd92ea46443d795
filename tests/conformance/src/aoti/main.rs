//! Runs AOTInductor packages that a live PyTorch 2.13 compiles: `cargo run -q -p conformance --bin conformance_aoti [FOLDER]`.
//!
//! `TORCH_EXPORT_PYTHON` names a Python with torch 2.13 and a C++ compiler. `aoti.py` compiles two models to FOLDER (a
//! temporary one by default), with inputs and the outputs of the Python models for them. The packages must give the same
//! outputs here, and refuse what does not fit. Exits with 1 unless everything passes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use conformance::Python;
use pytree_core::Leaf;
use tch::{Kind, Tensor};
use torch_export::pytree::Tch;
use torch_export::{AotiError, AotiModule, AotiOptions, InputMismatch};

/// The largest difference to Python's outputs.
const TOLERANCE: f64 = 1e-5;

/// The names and arrays of a case.
type Case = BTreeMap<String, Tensor>;

/// `(args, kwargs)` of `Tensors`.
type TensorsCall = ((Tensor, BTreeMap<String, Tensor>), BTreeMap<String, Tensor>);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("conformance_aoti: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let python = Python::find()?;
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let temporary = std::env::temp_dir().join(format!("torch-export-aoti-{}", std::process::id()));
    let folder = given.as_ref().unwrap_or(&temporary);
    std::fs::create_dir_all(folder)?;
    let compiled = python.script("aoti.py").arg(folder).status().context("Python could not be started");
    let result = compiled.and_then(|status| {
        ensure!(status.success(), "aoti.py failed");
        check(folder)
    });
    if given.is_none() {
        // A temporary folder that stays behind is not a failure.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    result
}

/// Checks one thing of the packages in a folder.
type Check = fn(&Path) -> Result<()>;

fn check(folder: &Path) -> Result<()> {
    let checks: [(&str, Check); 9] = [
        ("typed calls give Python's outputs", typed),
        ("inputs that do not fit are refused", misfits),
        ("eight threads", threads),
        ("no leak over 10,000 calls", leaks),
        ("constants are replaced", constants),
        ("plain values and None, checked by the program of the archive", program),
        ("strides, checked by the program of the archive", strides),
        ("plain values of a model without a program", plain_values),
        ("names, devices and metadata", choices),
    ];
    let mut failed = 0;
    for (name, check) in checks {
        match check(folder) {
            Ok(()) => println!("ok   {name}"),
            Err(error) => {
                failed += 1;
                println!("FAIL {name}: {error:#}");
            }
        }
    }
    println!("{} passed, {failed} failed", checks.len() - failed);
    ensure!(failed == 0, "{failed} checks failed");
    Ok(())
}

fn load(folder: &Path, case: &str) -> Result<Case> {
    Ok(Tensor::read_npz(folder.join(format!("{case}.npz")))?.into_iter().collect())
}

fn get(case: &Case, name: &str) -> Result<Tensor> {
    Ok(case.get(name).with_context(|| format!("the case has no {name}"))?.shallow_clone())
}

fn close(found: &Tensor, expected: &Tensor) -> Result<()> {
    ensure!(found.size() == expected.size(), "sizes {:?} instead of {:?}", found.size(), expected.size());
    ensure!(found.kind() == expected.kind(), "{:?} instead of {:?}", found.kind(), expected.kind());
    let worst = (found.to_kind(Kind::Double) - expected.to_kind(Kind::Double)).abs().max().double_value(&[]);
    ensure!(worst <= TOLERANCE, "a difference of {worst:e}");
    Ok(())
}

fn map<const N: usize>(items: [(&str, Tensor); N]) -> BTreeMap<String, Tensor> {
    items.map(|(name, tensor)| (name.to_owned(), tensor)).into()
}

fn tensors_call(case: &Case) -> Result<TensorsCall> {
    Ok(((get(case, "in0")?, map([("bias", get(case, "in1")?)])), map([("scale", get(case, "in2")?)])))
}

/// Calls `Tensors` and compares all outputs.
fn compare_tensors(module: &AotiModule, case: &Case) -> Result<()> {
    #[derive(torch_export::PyTree)]
    #[pytree(as = "dict")]
    struct Outputs {
        y: Tensor,
        parts: (Tensor, Tensor),
    }
    let outputs: Outputs = module.call(&tensors_call(case)?)?;
    for (found, name) in [(&outputs.y, "out0"), (&outputs.parts.0, "out1"), (&outputs.parts.1, "out2")] {
        close(found, &get(case, name)?).with_context(|| name.to_owned())?;
    }
    Ok(())
}

fn typed(folder: &Path) -> Result<()> {
    let module = AotiModule::load(folder.join("tensors.pt2"))?;
    for rows in [2, 5, 64] {
        compare_tensors(&module, &load(folder, &format!("tensors_{rows}"))?).with_context(|| format!("{rows} rows"))?;
    }
    Ok(())
}

/// Fails unless the result is an error with this text.
fn refused<T>(result: Result<T, AotiError>, text: &str) -> Result<()> {
    match result {
        Ok(_) => bail!("accepted, instead of {text:?}"),
        Err(error) => {
            let error = error.to_string();
            ensure!(error.contains(text), "{error:?} instead of {text:?}");
            Ok(())
        }
    }
}

fn misfits(folder: &Path) -> Result<()> {
    let module = AotiModule::load(folder.join("tensors.pt2"))?;
    let case = load(folder, "tensors_5")?;
    type Outputs = BTreeMap<String, pytree_core::Value<Tch>>;
    let call = |call: &TensorsCall| module.call::<_, Outputs>(call);
    let fitting = || tensors_call(&case);

    let mut other = fitting()?;
    other.0.1 = map([("base", get(&case, "in1")?)]);
    refused(call(&other), "the arguments do not fit the program")?;
    let mut other = fitting()?;
    other.1.clear();
    refused(call(&other), "Ran into a kwarg keyword mismatch: Got the following keywords [] but expected ['scale']")?;
    // The code checks the rest.
    let mut other = fitting()?;
    other.0.0 = other.0.0.to_kind(Kind::Double);
    refused(call(&other), "unmatched dtype")?;
    let mut other = fitting()?;
    other.0.0 = other.0.0.narrow(1, 0, 3).contiguous();
    refused(call(&other), "unmatched dim value at 1")?;
    let mut other = fitting()?;
    other.0.0 = Tensor::zeros([65, 4], (Kind::Float, tch::Device::Cpu));
    refused(call(&other), "dim value is too large at 0")?;
    let mut other = fitting()?;
    other.0.0 = other.0.0.transpose(0, 1).contiguous().transpose(0, 1);
    refused(call(&other), "unmatched stride value at 0")?;
    refused(module.run(vec![Leaf::None]), "the program takes 3 inputs, but 1 were given")?;
    let Err(AotiError::Output(_)) = module.call::<_, Tensor>(&fitting()?) else { bail!("a dict is not a tensor") };
    compare_tensors(&module, &case)
}

fn threads(folder: &Path) -> Result<()> {
    let module = AotiModule::load_with(folder.join("tensors.pt2"), &AotiOptions::new().runners(3))?;
    let alone = AotiModule::load_with(folder.join("tensors.pt2"), &AotiOptions::new().single_threaded())?;
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let one = |number: usize| {
            let case = load(folder, ["tensors_2", "tensors_5", "tensors_64"][number % 3])?;
            (0..50).try_for_each(|_| compare_tensors(&module, &case).and_then(|()| compare_tensors(&alone, &case)))
        };
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || one(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| bail!("a panic"))).collect()
    });
    results.into_iter().collect()
}

fn leaks(folder: &Path) -> Result<()> {
    /// Less than a call's outputs, times the calls.
    const PAGES: i64 = 512;
    let module = AotiModule::load(folder.join("tensors.pt2"))?;
    let call = tensors_call(&load(folder, "tensors_64")?)?;
    let calls = |count: usize| {
        (0..count).try_for_each(|_| module.call::<_, BTreeMap<String, pytree_core::Value<Tch>>>(&call).map(drop))
    };
    // The pages of memory that this process has; only Linux says it in this way.
    let pages = || {
        let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        text.split(' ').nth(1).and_then(|pages| pages.parse::<i64>().ok()).unwrap_or(0)
    };
    calls(2000)?;
    let before = pages();
    calls(10_000)?;
    let more = pages() - before;
    ensure!(more < PAGES, "{more} pages more");
    Ok(())
}

fn constants(folder: &Path) -> Result<()> {
    let module = AotiModule::load(folder.join("tensors.pt2"))?;
    let constants: Vec<(String, Tensor)> = load(folder, "tensors_constants")?.into_iter().collect();
    let names: Vec<&String> = constants.iter().map(|(name, _)| name).collect();
    ensure!(module.constant_fqns()?.iter().collect::<Vec<_>>() == names, "{:?}", module.constant_fqns());
    let case = load(folder, "tensors_replaced")?;
    ensure!(compare_tensors(&module, &case).is_err(), "the constants were others");
    refused(module.load_constants(&[], true), "linear.weight is missing")?;
    let wrong = [("linear.weight".to_owned(), Tensor::zeros([400, 400], (Kind::Float, tch::Device::Cpu)))];
    refused(module.load_constants(&wrong, false), "size mismatch for linear.weight")?;
    let unknown = [("nothing".to_owned(), Tensor::from(1.0))];
    refused(module.load_constants(&unknown, false), "the package holds no constant nothing")?;
    compare_tensors(&module, &load(folder, "tensors_5")?)?;
    // A view: its storage is larger than the constant, and begins before it.
    let view = |tensor: &Tensor| Tensor::cat(&[tensor, tensor, tensor], 0).chunk(3, 0).remove(1);
    let views: Vec<(String, Tensor)> = constants.iter().map(|(name, tensor)| (name.clone(), view(tensor))).collect();
    module.load_constants(&views, true)?;
    compare_tensors(&module, &case)
}

/// The leaves of a call of `Mixed`.
fn mixed(case: &Case) -> Result<Vec<Leaf<Tch>>> {
    Ok(vec![Leaf::Tensor(get(case, "in0")?), Leaf::Int(3), Leaf::None, Leaf::Tensor(get(case, "in3")?)])
}

fn compare_mixed(outputs: &[Leaf<Tch>], case: &Case) -> Result<()> {
    let [Leaf::Tensor(out), Leaf::Tensor(n), Leaf::None, Leaf::Tensor(rows)] = outputs else {
        bail!("other kinds of outputs: {outputs:?}");
    };
    close(out, &get(case, "out0")?)?;
    close(n, &get(case, "out1")?)?;
    close(rows, &get(case, "out3")?)
}

fn program(folder: &Path) -> Result<()> {
    let module = AotiModule::load_with(folder.join("mixed.pt2"), &AotiOptions::new().model("first"))?;
    for rows in [2, 9] {
        let case = load(folder, &format!("mixed_{rows}"))?;
        compare_mixed(&module.run(mixed(&case)?)?, &case)?;
    }
    let case = load(folder, "mixed_9")?;
    let mut leaves = mixed(&case)?;
    leaves[1] = Leaf::Int(4);
    refused(module.run(leaves), "Guard failed: n == 3")?;
    // Two sizes that must be equal.
    let mut leaves = mixed(&case)?;
    leaves[3] = Leaf::Tensor(get(&load(folder, "mixed_2")?, "in3")?);
    let found = module.run(leaves);
    let is_refused =
        |error: &InputMismatch| matches!(error, InputMismatch::Guard { .. } | InputMismatch::NotEqual { .. });
    ensure!(matches!(&found, Err(AotiError::Inputs(error)) if is_refused(error)), "two sizes that differ are accepted");
    // By name, since the program knows the names.
    let (x, z) = (get(&case, "in0")?, get(&case, "in3")?);
    let by_name = ((x,), Named { z, n: 3, nothing: None });
    let outputs: BTreeMap<String, pytree_core::Value<Tch>> = module.call(&by_name)?;
    ensure!(outputs.len() == 4, "{} outputs", outputs.len());
    Ok(())
}

/// The arguments of `Mixed` by name.
#[derive(torch_export::PyTree)]
#[pytree(as = "dict")]
struct Named {
    z: Tensor,
    n: i64,
    nothing: Option<Tensor>,
}

fn strides(folder: &Path) -> Result<()> {
    let module = AotiModule::load_with(folder.join("mixed.pt2"), &AotiOptions::new().model("first"))?;
    let case = load(folder, "mixed_9")?;
    let mut leaves = mixed(&case)?;
    // Its second stride depends on a symbol, so the code itself does not check it.
    leaves[3] = Leaf::Tensor(get(&case, "in3")?.transpose(0, 1).contiguous().transpose(0, 1));
    let Err(AotiError::Strides { expected, found, .. }) = module.run(leaves) else {
        bail!("other strides are accepted")
    };
    ensure!(expected == [9, 1] && found == [1, 6], "{expected:?} {found:?}");
    // A dimension of one index may have any stride.
    let one = Tensor::ones([6, 9], (Kind::Float, tch::Device::Cpu)).narrow(1, 4, 1);
    let x = Tensor::ones([1, 6], (Kind::Float, tch::Device::Cpu));
    let leaves = vec![Leaf::Tensor(x), Leaf::Int(3), Leaf::None, Leaf::Tensor(one.shallow_clone())];
    // Here the first stride counts, and it is 9 instead of 1.
    ensure!(matches!(module.run(leaves), Err(AotiError::Strides { .. })), "a column of a matrix is accepted");
    // Bits and layouts that the code does not see.
    let mut leaves = mixed(&case)?;
    leaves[3] = Leaf::Tensor(get(&case, "in3")?.to_sparse(None, None::<&[i64]>, None));
    refused(module.run(leaves), "is not strided")?;
    let mut leaves = mixed(&case)?;
    leaves[3] = Leaf::Tensor(get(&case, "in3")?.internal_neg_view());
    refused(module.run(leaves), "is a negated view, which compiled code cannot read; call resolve_neg")
}

fn plain_values(folder: &Path) -> Result<()> {
    let options = AotiOptions::new().model("second");
    let module = AotiModule::load_with(folder.join("mixed.pt2"), &options)?;
    let case = load(folder, "mixed_9")?;
    refused(module.run(mixed(&case)?), "the input at [0][1] is an int")?;
    let module = AotiModule::load_with(folder.join("mixed.pt2"), &options.clone().skip_plain_values())?;
    compare_mixed(&module.run(mixed(&case)?)?, &case)?;
    let archive = program::Archive::open(folder.join("mixed.pt2"))?;
    let module = AotiModule::load_with(folder.join("mixed.pt2"), &options.program(&archive.program("first")?))?;
    compare_mixed(&module.run(mixed(&case)?)?, &case)?;
    let other = AotiOptions::new().program(&archive.program("first")?);
    refused(
        AotiModule::load_with(folder.join("tensors.pt2"), &other),
        "the exported program does not belong to this model",
    )
}

fn choices(folder: &Path) -> Result<()> {
    let module = AotiModule::load(folder.join("tensors.pt2"))?;
    ensure!(module.metadata().get("author").map(String::as_str) == Some("a test"), "{:?}", module.metadata());
    ensure!(module.metadata().get("AOTI_DEVICE_KEY").map(String::as_str) == Some("cpu"), "{:?}", module.metadata());
    let load = |options: AotiOptions| AotiModule::load_with(folder.join("mixed.pt2"), &options);
    refused(load(AotiOptions::new()), "choose one with `AotiOptions::model`")?;
    refused(load(AotiOptions::new().model("third")), "no AOTInductor model `third`; it has `first`, `second`")?;
    let cuda = AotiOptions::new().model("first").device(tch::Device::Cuda(0));
    refused(load(cuda), "compiled for `cpu` and cannot run on `cuda`")?;
    let text = program::ExportedProgram::load(folder.join("tensors.pt2")).err().map(|error| error.to_string());
    ensure!(text.as_ref().is_some_and(|text| text.contains("AotiModule::load")), "{text:?}");
    Ok(())
}
