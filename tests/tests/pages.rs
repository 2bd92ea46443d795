//! The example pages print what their original pages print, and what PyTorch 2.13 prints.
//!
//! `pages/*.page.txt` is the output on onnx-diagnostic's page. `pages/*.torch-2.13.txt` is that of PyTorch 2.13, recorded by
//! `conformance/record_pages.py`. Both have shapes, values in one line and programs, in order, without comments and blank
//! lines.

#![cfg(feature = "tch")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "only the example uses `main`")]
#[path = "../../examples/examples/custom_class_inputs.rs"]
mod custom_class_inputs;
#[allow(dead_code, reason = "only the example uses `main`")]
#[path = "../../examples/examples/export_with_dynamic_cache.rs"]
mod export_with_dynamic_cache;

use std::io::Write;
use std::path::{Path, PathBuf};

/// The output of a page, without comments and blank lines, and the files that it wrote.
struct Page {
    text: String,
    files: Vec<String>,
}

fn run(name: &str, page: fn(&mut dyn Write, &Path) -> anyhow::Result<()>) -> Page {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    let mut out = Vec::new();
    page(&mut out, &folder).expect("the page runs");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .expect("the page made its folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8"))
        .collect();
    files.sort();
    let out = String::from_utf8(out).expect("a page is UTF-8");
    let kept = |line: &&str| !line.trim().is_empty() && !line.starts_with("            #");
    Page { text: out.lines().filter(kept).map(|line| format!("{line}\n")).collect(), files }
}

fn golden(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pages").join(name);
    let text = std::fs::read_to_string(path).expect("the golden file is there");
    text.split(&format!("{}\n", "-".repeat(40))).map(str::to_owned).collect()
}

/// The first block that does not appear as a whole after the block before it.
fn missing<'g>(text: &str, blocks: &'g [String]) -> Option<&'g str> {
    let mut rest = text;
    for block in blocks {
        // A block is whole lines: it begins after a line break and ends with one.
        match rest.match_indices(block.as_str()).find(|(at, _)| *at == 0 || rest[..*at].ends_with('\n')) {
            Some((at, _)) => rest = &rest[at + block.len()..],
            None => return Some(block),
        }
    }
    None
}

fn programs(blocks: &[String]) -> usize {
    blocks.iter().filter(|block| block.starts_with("ExportedProgram:")).count()
}

#[test]
fn the_first_page_prints_what_python_prints() {
    let page = run("export_with_dynamic_cache", export_with_dynamic_cache::run);
    let (old, new) = (golden("export_with_dynamic_cache.page.txt"), golden("export_with_dynamic_cache.torch-2.13.txt"));
    assert_eq!((old.len(), new.len()), (12, 10));
    assert_eq!(missing(&page.text, &old), None, "in\n{}", page.text);
    assert_eq!(missing(&page.text, &new), None, "in\n{}", page.text);
    // The static program is in both files, and is printed once.
    assert_eq!(page.text.matches("ExportedProgram:").count(), programs(&old) + programs(&new) - 1);
    let files = ["args.pt2", "args_and_kwargs.pt2", "dynamic_cache.pt2", "dynamic_cache.py", "kwargs.pt2"];
    assert_eq!(page.files, files);
}

#[test]
fn the_second_page_prints_what_python_prints() {
    let page = run("custom_class_inputs", custom_class_inputs::run);
    let mut new = golden("custom_class_inputs.torch-2.13.txt");
    assert_eq!(new.len(), 4);
    // tch passes the element type of `zeros`, and Python that its memory is not pinned. Both are the default.
    let (python, tch) =
        ("device = device(type='cpu'), pin_memory = False", "dtype = torch.float32, device = device(type='cpu')");
    assert_eq!(new[3].matches(python).count(), 1);
    new[3] = new[3].replace(python, tch);
    assert_eq!(missing(&page.text, &new), None, "in\n{}", page.text);
    // The page also has the names of PyTorch 2.7, which printed this in strict mode.
    let old = "def forward(self, x: \"f32[s0, 8, 7, 1]\", dc_key_cache_0: \"f32[s0, 8, s2, 6]\", \
               dc_value_cache_0: \"f32[s0, 8, s2, 6]\"):\n";
    assert_eq!(page.text.matches(old).count(), 1);
    assert!(page.text.contains("Range constraints: {s0: VR[1, 1024], s2: VR[1, 1024]}\n"));
    assert_eq!(page.text.matches("ExportedProgram:").count(), 2);
    assert_eq!(page.files, ["custom_class.pt2", "custom_class.py"]);
}

/// A program is checked at sizes that the example does not have, even where inputs have many dimensions.
#[test]
fn the_pages_print_which_unseen_sizes_were_checked() {
    let page = run("unseen", export_with_dynamic_cache::run);
    let checked: Vec<&str> = page.text.lines().filter(|line| line.starts_with("It was verified on ")).collect();
    assert_eq!(checked.len(), 4);
    for line in checked {
        for example in ["x [5,", "x [7,", "_0 [2,", "_0 [3,"] {
            assert!(!line.contains(example), "{line}");
        }
    }
}

#[test]
fn a_changed_program_is_missed() {
    let blocks = golden("export_with_dynamic_cache.torch-2.13.txt");
    let text = blocks.concat();
    assert_eq!(missing(&text, &blocks), None);
    for (from, to) in
        [("add_2: USER", "add_3: USER"), ("VR[2, int_oo]}", "VR[1, int_oo]}"), ("DimHint(DYNAMIC)}", "DimHint(AUTO)}")]
    {
        let changed = text.replace(from, to);
        let is_change = changed != text;
        assert_eq!(missing(&changed, &blocks).is_some(), is_change, "{from}");
    }
    assert!(missing(&text.replace("s38", "s39"), &blocks).is_some());
}
