//! Every op of the table: sizes, strides, offsets and dtypes of a fake run are those of the real run.

use std::collections::BTreeMap;

use super::super::{Reference, fake_run, fake_tensor};
use super::random::Row;
use crate::record::{Known, record};
use tch::Tensor;

/// The rows, read when the test runs.
fn table() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/record/fake/tests/ops.txt")).unwrap()
}

/// What differs between the real and the fake run of a row; `None` if the op fails on real tensors.
fn differs(row: &Row<'_>, seed: u64) -> Option<Option<String>> {
    let inputs = row.inputs(seed);
    let known = Known::new().with_inputs(&inputs.tensors);
    let (real, mut trace) = record(&known, || row.call(&inputs, &inputs.tensors)).ok()?;
    let ids: Vec<_> = real.iter().map(|t| trace.value_of(t).unwrap()).collect();
    let reference = Reference::new(&trace).unwrap();
    let sizes: Vec<_> = inputs.tensors.iter().map(|t| (t.size(), t.stride())).collect();
    let like = |t: &Tensor| fake_tensor(t, &t.size(), Some(&t.stride())).unwrap();
    let fakes: Vec<Tensor> = inputs.tensors.iter().map(like).collect();
    let data: Vec<i64> = reference.data.iter().map(|n| n.value).collect();
    let known = Known::new().with_inputs(&fakes);
    let (result, mut run) = fake_run(&known, &reference, &data, || row.call(&inputs, &fakes)).unwrap();
    if let Some(stop) = &run.stop {
        return Some(Some(format!("{sizes:?}: {stop:?}")));
    }
    let places = reference.places.iter().zip(reference.numbers().iter().zip(&run.numbers));
    for (place, (real, fake)) in places {
        // The first use of a storage with an offset is not a number of the fake inputs.
        if real != fake && !matches!(place, super::super::Place::Offset { .. }) {
            let all = trace
                .calls
                .iter()
                .map(|c| c.output_tensors().map(|o| (&o.tensor.sizes, &o.tensor.strides)).collect::<Vec<_>>());
            let all: Vec<_> = all.collect();
            return Some(Some(format!("{sizes:?}: {place:?} real {real} fake {fake}; real results {all:?}")));
        }
    }
    for (t, id) in result.unwrap_or_default().iter().zip(ids) {
        if !run.is_value(t, id).unwrap() {
            return Some(Some(format!("{sizes:?}: a result is another value than {id:?}")));
        }
    }
    Some(None)
}

#[test]
fn ops_are_as_in_real_runs() {
    let seeds: u64 = std::env::var("FAKE_OPS_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let only = std::env::var("FAKE_OPS_ONLY").unwrap_or_default();
    tch::set_num_threads(1);
    let table = table();
    let mut wrong = BTreeMap::new();
    let mut few = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#') && line.starts_with(&only)) {
        let row = Row::parse(line);
        let mut succeeded = 0;
        for seed in 0..seeds {
            let Some(difference) = differs(&row, seed) else { continue };
            succeeded += 1;
            if let Some(text) = difference {
                wrong.entry(line.to_owned()).or_insert_with(Vec::new).push(format!("seed {seed} {text}"));
            }
        }
        if succeeded * 4 < seeds {
            few.push(format!("{line}: {succeeded}"));
        }
    }
    let text: Vec<String> =
        wrong.iter().map(|(line, all)| format!("{line}  [{}]\n    {}", all.len(), all[0])).collect();
    assert!(
        wrong.is_empty() && few.is_empty(),
        "{} rows differ:\n{}\nrarely real: {few:#?}",
        text.len(),
        text.join("\n")
    );
}
