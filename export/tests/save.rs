//! Writing a program: whole or not at all, the same bytes every time, and an error that names the file.
#![cfg(feature = "tch")]
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use tch::{Device, Kind, Tensor};
use torch_export::Export;
use torch_export::prelude::*;
use torch_export::program::SaveError;

struct Linear {
    weights: tch::nn::VarStore,
    layer: tch::nn::Linear,
}

#[module]
impl Linear {
    fn forward(&self, x: &Tensor) -> Tensor {
        x.linear(&self.layer.ws, self.layer.bs.as_ref())
    }
}

fn program() -> ExportedProgram {
    let weights = tch::nn::VarStore::new(Device::Cpu);
    let layer = tch::nn::linear(weights.root() / "fc", 4, 3, Default::default());
    let model = Linear { weights, layer };
    let x = |batch: i64| Tensor::ones([batch, 4], (Kind::Float, Device::Cpu));
    let inputs = ModelInputs::new(&model, [Linear::args(x(2)), Linear::args(x(5))]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    Export::new(&model, &inputs).dynamic_shapes(&shapes).parameters(&model.weights).run().unwrap()
}

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("torch-export-save-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let folder = Folder::new("stable");
    let program = program();
    let (first, second) = (folder.0.join("model.pt2"), folder.0.join("again").join("model.pt2"));
    fs::create_dir_all(second.parent().unwrap()).unwrap();
    program.save(&first).unwrap();
    program.save(&second).unwrap();
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    // Who may read it is what a file written plainly says.
    let plain = folder.0.join("plain");
    fs::write(&plain, b"").unwrap();
    assert_eq!(fs::metadata(&first).unwrap().permissions(), fs::metadata(&plain).unwrap().permissions());
    assert_eq!(program.to_bytes().unwrap(), program.to_bytes().unwrap());
}

#[test]
fn a_file_has_every_member_under_one_folder_and_its_weights_as_they_are() {
    let folder = Folder::new("members");
    let program = program();
    let path = folder.0.join("my.model.pt2");
    program.save(&path).unwrap();
    let mut archive = zip::ZipArchive::new(fs::File::open(&path).unwrap()).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert!(names.iter().all(|name| name.starts_with("my.model/")), "{names:?}");
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        archive.by_name(&format!("my.model/{name}")).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    assert_eq!(read("archive_format"), b"pt2");
    assert_eq!(read("archive_version"), b"0");
    assert_eq!(read("data/sample_inputs/model.pt"), b"");
    let table: serde_json::Value = serde_json::from_slice(&read("data/weights/model_weights_config.json")).unwrap();
    let weight = &table["config"]["fc.weight"];
    assert_eq!(weight["is_param"], true);
    assert_eq!(weight["use_pickle"], false);
    let file = weight["path_name"].as_str().unwrap();
    assert_eq!(read(&format!("data/weights/{file}")), *program.state_dict["fc.weight"].storage.0);
    assert_eq!(program.state_dict["fc.weight"].storage.0.len(), 4 * 3 * 4);
}

#[test]
fn a_path_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = Folder::new("unwritable");
    let program = program();
    let missing = folder.0.join("no such folder").join("model.pt2");
    let error = program.save(&missing).unwrap_err();
    assert!(matches!(&error, SaveError::Io { path, .. } if *path == missing), "{error}");
    assert!(error.to_string().contains("no such folder"), "{error}");
    // A folder in place of the file: nothing is written, nothing of it remains.
    let taken = folder.0.join("taken.pt2");
    fs::create_dir_all(taken.join("inside")).unwrap();
    assert!(matches!(program.save(&taken), Err(SaveError::Io { .. })));
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["taken.pt2"]);
    assert!(matches!(program.save(Path::new("/")), Err(SaveError::NoFileName(_))));
}

#[derive(PyTree)]
#[pytree(name = "first.Cache")]
struct First {
    keys: Tensor,
}

#[derive(PyTree)]
#[pytree(name = "second.Cache", as = "mapping")]
struct Second {
    values: Tensor,
}

struct Both;

#[module]
impl Both {
    fn forward(&self, first: &First, second: &Second) -> Tensor {
        &first.keys + &second.values
    }
}

#[test]
fn classes_of_one_name_are_two_in_the_python_module() {
    let x = || Tensor::ones([2], (Kind::Float, Device::Cpu));
    let args = Both::args(First { keys: x() }).second(Second { values: x() });
    let inputs = ModelInputs::new(&Both, [args]).unwrap();
    let python = Export::new(&Both, &inputs).run().unwrap().python_module();
    for line in
        ["class Cache:", "class Cache_2:", "    'first.Cache',", "    'second.Cache',", "    _fields = ['values']"]
    {
        assert_eq!(python.lines().filter(|l| *l == line).count(), 1, "{line}\n{python}");
    }
}
