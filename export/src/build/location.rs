//! The source lines at which recorded ops were called.

use std::collections::HashMap;
use std::ffi::c_void;
use std::path::{Path, PathBuf};

use crate::record::Call;
use program::Frame;

/// Turns call stacks into source lines of nodes. Each node gets one frame, the innermost one in the user's code.
#[derive(Default)]
pub(crate) struct Locations {
    /// The user's functions at each address that was looked up, innermost first; several may be inlined there.
    places: HashMap<u64, Vec<SourceLine>>,
    /// The lines of the source files used so far; a file that cannot be read has none.
    sources: HashMap<PathBuf, Vec<String>>,
}

/// A line of the user's code.
#[derive(Clone, Debug)]
struct SourceLine {
    file: PathBuf,
    line: u32,
    /// `None` for a closure whose enclosing function is not in the debug information.
    function: Option<String>,
}

impl Locations {
    /// The line that made the call. `None` without debug information, and if no frame is in the user's code.
    pub(crate) fn frame(&mut self, call: &Call) -> Option<Frame> {
        self.innermost(&call.frames)
    }

    /// The innermost line of the user's code on a call stack.
    pub(crate) fn innermost(&mut self, stack: &[u64]) -> Option<Frame> {
        let mut found: Option<SourceLine> = None;
        'stack: for address in stack {
            for place in self.places(*address) {
                match &mut found {
                    None => found = Some(place.clone()),
                    // The function in which a closure is written is further out on the stack.
                    Some(closure) if closure.file == place.file => closure.function.clone_from(&place.function),
                    Some(_) => {}
                }
                if found.as_ref().is_some_and(|place| place.function.is_some()) {
                    break 'stack;
                }
            }
        }
        let place = found?;
        let code = self.code(&place);
        let function = place.function.unwrap_or_else(|| "<closure>".to_owned());
        Some(Frame { file: shown(&place.file), line: place.line, function, code })
    }

    /// The names of the functions on the call stack, also those without source lines.
    pub(crate) fn functions(call: &Call) -> Vec<String> {
        let mut names = Vec::new();
        for address in &call.frames {
            backtrace::resolve(*address as usize as *mut c_void, |symbol| {
                names.extend(symbol.name().and_then(|name| function(&format!("{name:#}"))));
            });
        }
        names
    }

    /// Whether the call comes from tch's `Display` or `Debug` of a tensor.
    pub(crate) fn is_printing(call: &Call) -> bool {
        let mut found = false;
        for address in &call.frames {
            backtrace::resolve(*address as usize as *mut c_void, |symbol| {
                let file = symbol.filename();
                found = found || file.is_some_and(|file| file.ends_with("src/tensor/display.rs"));
            });
        }
        found
    }

    /// The user's functions at an address.
    fn places(&mut self, address: u64) -> &[SourceLine] {
        self.places.entry(address).or_insert_with(|| {
            let mut places = Vec::new();
            // `resolve` accounts for return addresses, which lie after the call.
            backtrace::resolve(address as usize as *mut c_void, |symbol| {
                let (Some(file), Some(line)) = (symbol.filename(), symbol.lineno()) else { return };
                if is_users(file) {
                    let function = symbol.name().and_then(|name| function(&format!("{name:#}")));
                    places.push(SourceLine { file: file.to_owned(), line, function });
                }
            });
            places
        })
    }

    /// The source line without its indent; empty if the file cannot be read.
    fn code(&mut self, place: &SourceLine) -> String {
        let lines = self.sources.entry(place.file.clone()).or_insert_with(|| {
            let text = std::fs::read_to_string(&place.file).unwrap_or_default();
            text.lines().map(|line| line.trim().to_owned()).collect()
        });
        // Lines count from 1.
        let at = (place.line as usize).checked_sub(1);
        at.and_then(|at| lines.get(at)).cloned().unwrap_or_default()
    }
}

/// The path as it is shown: relative if it is below the current directory.
fn shown(file: &Path) -> String {
    // The compiler may have seen the folder under another name than the current directory has (a link).
    let real = std::fs::canonicalize(file);
    let below = std::env::current_dir().ok().and_then(|here| {
        let real = real.as_deref().ok().and_then(|real| real.strip_prefix(&here).ok());
        file.strip_prefix(&here).ok().or(real).map(Path::to_owned)
    });
    below.unwrap_or_else(|| file.to_owned()).display().to_string()
}

/// Whether a place `file:line` or `file:line:column` is in the user's code.
pub(crate) fn is_users_place(place: &str) -> bool {
    is_users(Path::new(place.trim_end_matches(|c: char| c == ':' || c.is_ascii_digit())))
}

/// The packages whose frames lie between a user's statement and the dispatcher.
const BETWEEN: [&str; 5] = ["pytree-core", "tch", "torch-export", "torch-export-shapes", "torch-sys"];

/// Whether a source file is the user's. The file decides and not the function: a trait method that the user implements for
/// `Tensor` is the user's code, and line tables alone do not contain the paths of functions.
fn is_users(file: &Path) -> bool {
    if file.extension().is_none_or(|extension| extension != "rs") {
        return false;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ours = |folder: &Path| file.strip_prefix(folder).is_ok_and(|rest| rest.starts_with("src"));
    let beside = here.parent().is_some_and(|parent| ours(&parent.join("pytree-core")) || ours(&parent.join("shapes")));
    if ours(here) || beside {
        return false;
    }
    let names: Vec<&str> = file.iter().filter_map(|part| part.to_str()).collect();
    !names.windows(3).any(|part| match part {
        ["library", "alloc" | "core" | "std", "src"] => true,
        [package, "src", _] => BETWEEN.contains(&without_version(package)),
        _ => false,
    })
}

/// The package name in the folder name of an unpacked package: `tch` for `tch-0.26.0`.
fn without_version(folder: &str) -> &str {
    match folder.rsplit_once('-') {
        Some((package, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => package,
        _ => folder,
    }
}

/// The last segment of a path without generic arguments. A closure has the name of its enclosing function, and `None`
/// without one.
fn function(path: &str) -> Option<String> {
    let mut depth = 0_usize;
    let mut segments = vec![String::new()];
    let mut chars = path.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        match c {
            '<' => depth += 1,
            // The arrow of a function type is not a closing bracket.
            '>' if before == '-' => {}
            '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && chars.peek() == Some(&':') => {
                chars.next();
                segments.push(String::new());
            }
            c if depth == 0 => {
                if let Some(last) = segments.last_mut() {
                    last.push(c);
                }
            }
            _ => {}
        }
        before = c;
    }
    segments.into_iter().rev().find(|segment| !segment.is_empty() && !segment.starts_with('{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_files() {
        for file in [
            "/home/me/model/src/main.rs",
            "/home/me/.cargo/registry/src/index-0/whisper-tch-1.2.0/src/lib.rs",
            "/home/me/tch/examples/a.rs",
            "src/lib.rs",
        ] {
            assert!(is_users(Path::new(file)), "{file}");
        }
        for file in [
            "/rustc/0123/library/core/src/ops/function.rs",
            "/home/me/.cargo/registry/src/index-0/tch-0.26.0/src/wrappers/tensor.rs",
            "/home/me/.cargo/registry/src/index-0/torch-export-shapes-0.1.0/src/lib.rs",
            "/home/me/vendor/torch-sys/src/lib.rs",
            "/home/me/model/libtch/torch_api.cpp",
        ] {
            assert!(!is_users(Path::new(file)), "{file}");
        }
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(!is_users(&package.join("src/dispatch/call.rs")));
        assert!(is_users(&package.join("tests/capture_location.rs")));
    }

    #[test]
    fn the_names_of_functions() {
        for (path, name) in [
            ("model::Model::forward", Some("forward")),
            ("model::Model::forward::{{closure}}", Some("forward")),
            ("model::attend::{closure#0}::{closure#1}", Some("attend")),
            ("<model::Model as tch::nn::module::Module>::forward", Some("forward")),
            ("model::block::<tch::nn::Linear>", Some("block")),
            ("model::block<model::A<fn(i64) -> i64>>", Some("block")),
            ("model::deep::<impl model::Model>::forward", Some("forward")),
            ("forward", Some("forward")),
            ("{closure#0}", None),
        ] {
            assert_eq!(function(path).as_deref(), name, "{path}");
        }
    }
}
