//! AOTInductor packages that cannot be loaded. `conformance_aoti` runs packages that Python compiles.
#![cfg(feature = "aoti")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use program::{ExportedProgram, LoadError};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tch::Device;
use torch_export::{AotiError, AotiModule, AotiOptions};
use zip::write::SimpleFileOptions;

/// A member of an archive, and its content.
type Member<'m> = (&'m str, &'m [u8]);

const METADATA: Member<'static> =
    ("data/aotinductor/model/a.wrapper_metadata.json", br#"{"AOTI_DEVICE_KEY": "cpu", "author": "me"}"#);
const CODE: Member<'static> = ("data/aotinductor/model/a.wrapper.so", b"this is not machine code");

/// An archive with these members.
fn package(folder: &Path, members: &[Member<'_>]) -> PathBuf {
    let path = folder.join("package.pt2");
    let mut archive = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let always: [Member<'_>; 3] = [("archive_format", b"pt2"), ("archive_version", b"0"), ("byteorder", b"little")];
    for (name, content) in always.iter().chain(members) {
        archive.start_file(format!("package/{name}"), options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap();
    path
}

fn refused(path: &Path, options: &AotiOptions) -> AotiError {
    match AotiModule::load_with(path, options) {
        Err(error) => error,
        Ok(_) => panic!("{} is loaded", path.display()),
    }
}

fn load(path: &Path) -> AotiError {
    refused(path, &AotiOptions::new())
}

#[test]
fn a_missing_file() {
    let error = load(Path::new("/nowhere/package.pt2"));
    assert!(matches!(error, AotiError::Archive(LoadError::Io { .. })), "{error}");
    assert!(error.to_string().contains("check the path"), "{error}");
}

#[test]
fn a_file_that_is_not_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.pt2");
    fs::write(&path, "text").unwrap();
    assert!(matches!(&load(&path), AotiError::Archive(error) if matches!(error.cause(), LoadError::Zip(_))));
}

#[test]
fn a_damaged_package_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = package(folder.path(), &[METADATA, CODE]);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(CODE.1.len()).position(|window| window == CODE.1).unwrap();
    bytes[at] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = load(&path);
    assert!(matches!(error, AotiError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("a.wrapper.so"), "{error}");
    // Cut short.
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(&load(&path), AotiError::Archive(error) if matches!(error.cause(), LoadError::Zip(_))));
}

#[test]
fn an_exported_program_is_not_a_package() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/zoo/torch-2.13/hop_cond/model.pt2");
    let error = load(&program);
    assert!(matches!(error, AotiError::NoModel { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("the exported program `model`; load it with `ExportedProgram::load`"), "{text}");
}

#[test]
fn a_package_is_not_an_exported_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = package(folder.path(), &[METADATA, CODE]);
    let error = ExportedProgram::load(&path).unwrap_err();
    assert!(matches!(error.cause(), LoadError::Compiled { models } if models == &["model"]), "{error}");
    assert!(error.to_string().contains("run it with `AotiModule::load`"), "{error}");
}

#[test]
fn code_for_another_machine() {
    let folder = tempfile::tempdir().unwrap();
    let error = load(&package(folder.path(), &[METADATA, CODE]));
    assert!(matches!(error, AotiError::Load { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("libtorch 2.13") && text.contains("for which it was compiled"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn a_member_cannot_leave_the_folder_of_the_package() {
    let folder = tempfile::tempdir().unwrap();
    let outside = ("data/aotinductor/model/../../../../../x.so", CODE.1);
    let error = load(&package(folder.path(), &[METADATA, CODE, outside]));
    assert!(error.to_string().contains("it is not a plain relative path"), "{error}");
}

#[test]
fn metadata_that_is_not_a_table_of_texts() {
    let folder = tempfile::tempdir().unwrap();
    let error = load(&package(folder.path(), &[(METADATA.0, br#"{"AOTI_DEVICE_KEY": 5}"#), CODE]));
    assert!(matches!(&error, AotiError::Archive(e) if matches!(e.cause(), LoadError::Json { .. })), "{error}");
}

#[test]
fn another_model_or_device() {
    let folder = tempfile::tempdir().unwrap();
    let second = ("data/aotinductor/second/b.so", CODE.1);
    let path = package(folder.path(), &[METADATA, CODE, second]);
    let error = refused(&path, &AotiOptions::new().model("third"));
    assert!(error.to_string().contains("no AOTInductor model `third`; it has `model`, `second`"), "{error}");
    let error = refused(&path, &AotiOptions::new().device(Device::Cuda(1)));
    assert!(matches!(error, AotiError::Device { .. }), "{error}");
    let path = package(folder.path(), &[("data/aotinductor/first/a.so", CODE.1), second]);
    let error = load(&path);
    assert!(error.to_string().contains("`first`, `second`; choose one with `AotiOptions::model`"), "{error}");
}
