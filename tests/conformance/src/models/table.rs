//! The table of the models, for the documents.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

const HEAD: &str = "\
# Models

Every model is written in plain tch (`tests/conformance/src/models`), exported, and compared by

```text
cargo xtask models
```

*Export* is the time of `Export::run`; *check* is the part of it in which model and program run on given sets and at unseen
sizes, which `Export::verify(false)` leaves out and Python does not do; then the time of `torch.export.export` for the same
architecture, one thread each. Both export in turn, three times (once what takes longer than half a minute), and the least time
of each counts, of processes that exported before; *first* is that of a process that did not. *Memory* is how much more than
before was in use at the most expensive moment, in Python (where all models share a process, so that memory of an earlier one
is used again), and for one plain forward of each set; ours is that of the first export of a process, which reads some 15 MB of
libtorch's code, and the next one takes a few MB.

*Equal* is the largest difference between the loaded program in Python and the model in Rust at three unseen sizes, relative to
the largest element; the loaded program in Rust gives what the model gives. *ONNX* is the same of onnxruntime, at an unseen
size. *PyTorch fails* is what PyTorch or onnxruntime cannot do with Python's own program either
(`tests/conformance/models_exceptions.py`). *Tokens* are greedy, and the same in Rust, Python and ONNX. *Other than Python*
counts the listed differences (`tests/conformance/models_twins.py`) to Python's own export of the same architecture.

| model | export, s | check | Python | times faster | first | memory, MB | Python | forward | loads | equal | decomposes | ONNX | tokens | AOTInductor | other than Python |
|---|--:|--:|--:|--:|--:|--:|--:|--:|---|---|---|---|---|---|---|
";

/// The document.
pub(crate) fn markdown(names: &[&str], folder: &Path) -> Result<String> {
    let results = crate::read(&folder.join("results.json"))?;
    let mut text = HEAD.to_owned();
    for name in names {
        let recorded = crate::read(&folder.join(format!("{name}.json")))?;
        let found = &results[*name];
        let number = |value: &Value, digits: usize| value.as_f64().map_or("-".to_owned(), |v| format!("{v:.digits$}"));
        let cell = |key: &str| found[key].as_str().unwrap_or("-").to_owned();
        let export = &found["export"];
        let faster =
            found["python"]["seconds"].as_f64().zip(export["seconds"].as_f64()).map(|(python, own)| python / own);
        writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            number(&export["seconds"], 2),
            number(&export["check"], 2),
            number(&found["python"]["seconds"], 2),
            faster.map_or("-".to_owned(), |times| format!("{times:.1}")),
            number(&found["first"]["seconds"], 2),
            number(&recorded["export"]["megabytes"], 0),
            number(&found["python"]["megabytes"], 0),
            number(&recorded["forward"]["megabytes"], 0),
            cell("loads"),
            cell("equal"),
            cell("decomposes"),
            cell("onnx"),
            cell("tokens"),
            cell("package"),
            cell("twin"),
        )?;
    }
    Ok(text)
}
