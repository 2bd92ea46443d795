//! Pairs of input sets: which ones are exported, in which layouts, and with which plain values. What PyTorch takes is recorded
//! by `tests/conformance/record_sizes.py`.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
mod capture_support;

use capture_support::{F, dims, fixed, guessed, randn, refused, same, with_shapes};
use std::time::{Duration, Instant};
use tch::Tensor;
use torch_export::ExportError;
use torch_export::prelude::*;

model! { Inc(x: &Tensor) -> Tensor { x + 1 } }

fn tensor(layout: &str, n: i64) -> Tensor {
    match layout {
        "contiguous" => randn(&[n, 4]),
        "transposed" => randn(&[4, n]).tr(),
        "expanded" => randn(&[1, 4]).expand([n, 4], false),
        _ => randn(&[2 * n, 4]).slice(0, 0, None, 2),
    }
}

#[test]
fn pairs_of_sizes_in_every_layout_are_taken_as_in_torch() {
    let recorded: serde_json::Value = serde_json::from_str(include_str!("data/sizes.json")).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 64);
    let mut wrong = Vec::new();
    for case in cases {
        let layout = case["layout"].as_str().unwrap();
        let [first, second] = ["first", "second"].map(|key| case[key].as_i64().unwrap());
        let set = |n| Inc::args(tensor(layout, n));
        let moves = (0, if first == second { Dim::static_() } else { Dim::dynamic() });
        let inputs = ModelInputs::new(&Inc, [first, second].map(set)).unwrap();
        let ours = export(&Inc, &inputs, &dims(&[&[moves]]));
        let taken = ours.is_ok();
        let theirs = case["export"] == "ok" && case["call"] == "ok";
        if taken != theirs {
            let error = ours.as_ref().err().map(ToString::to_string);
            wrong.push(format!("{layout} {first}, {second}: {taken}, in PyTorch {theirs}: {error:?}"));
        }
        match &ours {
            Ok(program) => same(&Inc, program, [set(first), set(second)]),
            // The error says what to do, and is none of this library.
            Err(error) => {
                let text = error.to_string();
                assert!(matches!(error, ExportError::Constraint(_)), "{error:?}");
                assert!(
                    text.contains("give an example of size 2 or more") && !text.contains("mistake of this"),
                    "{text}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

model! { Times(x: &Tensor, by: i64) -> Tensor { x * by } }

/// An argument that differs between sets: with the guessed shapes, which do not move an int of a model.
#[test]
fn an_int_that_differs_between_sets() {
    let error = refused(guessed(&Times, [2, 3].map(|by| Times::args(randn(&[4])).by(by))));
    let text = error.to_string();
    assert!(text.contains("`by`") && text.contains("pass what differs as a tensor"), "{text}");
    let program = guessed(&Times, [2, 2].map(|by| Times::args(randn(&[4])).by(by))).unwrap();
    same(&Times, &program, [Times::args(randn(&[4])).by(2)]);
}

model! { Printed(x: &Tensor) -> Tensor {
    let _text = format!("{x}");
    x.relu()
} }

#[test]
fn a_tensor_that_is_printed_is_a_read() {
    for error in [
        refused(fixed(&Printed, Printed::args(randn(&[3])))),
        refused(guessed(&Printed, [2, 5].map(|n| Printed::args(randn(&[n]))))),
    ] {
        assert!(matches!(error, ExportError::ReadsData { .. }), "{error:?}");
        assert!(error.to_string().contains("is_exporting()"), "{error}");
        // Printing works afterwards.
        assert!(format!("{} {:?}", randn(&[2, 2]), randn(&[2])).len() > 10);
    }
}

/// Dimensions that nothing ties together are as cheap as a few.
#[test]
fn many_dynamic_dims_in_one_tensor() {
    let started = Instant::now();
    let most = 8_usize;
    for count in [1, 4, 7, most] {
        let spec: Vec<(i64, DimHint)> = (0..count as i64).map(|dim| (dim, Dim::dynamic())).collect();
        let x = |size: i64| Tensor::ones((0..count as i64).map(|dim| size + dim % 2).collect::<Vec<_>>(), F);
        let mut runs = 0;
        let inputs = ModelInputs::new(&Inc, [Inc::args(x(2))]).unwrap();
        let export =
            Export::new(&Inc, &inputs).dynamic_shapes(&dims(&[&spec])).on_progress(|progress| runs = progress.runs);
        let program = export.run().unwrap();
        assert!(runs < 2000, "{count} dims: {runs} runs");
        same(&Inc, &program, [Inc::args(x(2)), Inc::args(x(3))]);
        assert_eq!(program.range_constraints.len(), count);
    }
    assert!(started.elapsed() < Duration::from_secs(120), "{:?}", started.elapsed());
    assert!(with_shapes(&Inc, Inc::args(randn(&[2, 2])), &dims::<DimHint>(&[&[(0, Dim::dynamic())]])).is_ok());
}

use torch_export::shapes::DimHint;
