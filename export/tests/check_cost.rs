//! How often the check of an export runs the model, and with which inputs.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use tch::{Device, Kind, Tensor};
use torch_export::is_exporting;
use torch_export::prelude::*;

/// A linear layer that notes what it is run with, outside of recordings and of runs without data.
struct Noted {
    weight: Tensor,
    runs: RefCell<Vec<Seen>>,
}

#[derive(Debug, PartialEq)]
struct Seen {
    rows: i64,
    largest: f64,
}

#[module]
impl Noted {
    fn forward(&self, x: &Tensor) -> Tensor {
        if !is_exporting() {
            self.runs.borrow_mut().push(Seen { rows: x.size()[0], largest: x.max().double_value(&[]) });
        }
        x.matmul(&self.weight)
    }
}

/// The plain runs of an export with a layer of this width, and sets of inputs with so many rows whose largest values are 1, 2
/// and so on.
fn runs(width: i64, rows: &[i64], proof: bool) -> Vec<Seen> {
    let model = Noted { weight: Tensor::ones([width, width], (Kind::Float, Device::Cpu)), runs: RefCell::default() };
    let input = |(i, rows): (usize, &i64)| {
        let x = Tensor::rand([*rows, width], (Kind::Float, Device::Cpu));
        let largest = x.max();
        Noted::args(x / largest * (i + 1) as f64)
    };
    let inputs = ModelInputs::new(&model, rows.iter().enumerate().map(input)).unwrap();
    let mut export = Export::new(&model, &inputs).parameter("weight", &model.weight);
    if rows.len() > 1 {
        export = export.dynamic_shapes(&inputs.guess_dynamic_shapes().unwrap());
    }
    let program = export.require_proof(proof).run().unwrap();
    assert!(program.verification.unwrap().unseen == (rows.len() > 1));
    model.runs.into_inner()
}

fn rows(runs: &[Seen]) -> Vec<i64> {
    runs.iter().map(|seen| seen.rows).collect()
}

#[test]
fn the_recorded_run_is_not_made_again() {
    let runs = runs(4, &[5, 7, 9], false);
    assert_eq!(rows(&runs)[..2], [7, 9]);
    assert_eq!(runs.len(), 4, "two sets and two unseen sizes: {runs:?}");
    assert!(runs[2..].iter().all(|seen| ![5, 7, 9].contains(&seen.rows) && seen.largest <= 1.0), "{runs:?}");
}

#[test]
fn a_model_without_other_sizes_runs_once() {
    assert_eq!(rows(&runs(4, &[5], false)), [5]);
}

#[test]
fn what_takes_long_runs_at_small_sizes_with_the_values_of_another_set() {
    // 200 rows take 0.8 billion multiplications, 400 twice as many.
    let runs = runs(2048, &[200, 400], false);
    assert!(runs.iter().all(|seen| (2..64).contains(&seen.rows) && seen.largest > 1.0), "{runs:?}");
    assert_eq!(runs.len(), 2, "{runs:?}");
}

#[test]
fn the_program_must_accept_what_is_left_out() {
    let model = Noted { weight: Tensor::ones([2048, 2048], (Kind::Float, Device::Cpu)), runs: RefCell::default() };
    let input = |rows: i64| Noted::args(Tensor::rand([rows, 2048], (Kind::Float, Device::Cpu)));
    let inputs = ModelInputs::new(&model, [200, 400].map(input)).unwrap();
    let error = Export::new(&model, &inputs).parameter("weight", &model.weight).run().unwrap_err().to_string();
    assert!(error.starts_with("the program cannot be checked at x [400, 2048]: Expected input at `x"), "{error}");
}

#[test]
fn a_proof_leaves_nothing_out() {
    let runs = runs(2048, &[200, 400], true);
    assert_eq!((rows(&runs)[0], runs.len()), (400, 3), "{runs:?}");
}

/// Picks elements by indices that are only valid at the sizes of their own set.
struct Picks;

#[module]
impl Picks {
    fn forward(&self, x: &Tensor, at: &Tensor) -> Tensor {
        x.gather(1, at, false) * 2
    }
}

#[test]
fn indices_that_smaller_sizes_do_not_have() {
    let set = |rows: i64, columns: i64| {
        let x = Tensor::randn([rows, columns], (Kind::Float, Device::Cpu));
        let at = Tensor::arange(columns, (Kind::Int64, Device::Cpu)).flip([0]).narrow(0, 0, 3).repeat([rows, 1]);
        Picks::args((x, at))
    };
    let inputs = ModelInputs::new(&Picks, [set(5, 9), set(6, 20)]).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let program = Export::new(&Picks, &inputs).dynamic_shapes(&shapes).run().unwrap();
    let verification = program.verification.unwrap();
    assert!(verification.unproven.is_empty(), "{verification}");
}

/// A run of it takes 4 billion multiplications.
const WIDE: i64 = 1300;

/// Two layers, and a tensor that the first run keeps, if so.
struct Wide {
    weight: Tensor,
    keeps: bool,
    kept: RefCell<Option<Tensor>>,
}

#[module]
impl Wide {
    fn forward(&self, x: &Tensor) -> Tensor {
        let x = x.matmul(&self.weight).relu().matmul(&self.weight);
        match &mut *self.kept.borrow_mut() {
            Some(kept) => x * &*kept,
            none => {
                let first = x.mean_dim([0_i64].as_slice(), true, Kind::Float);
                if self.keeps {
                    *none = Some(first.shallow_clone());
                }
                x * first
            }
        }
    }
}

fn wide(keeps: bool) -> Wide {
    let weight = Tensor::rand([WIDE, WIDE], (Kind::Float, Device::Cpu)) / WIDE as f64;
    Wide { weight, keeps, kept: RefCell::default() }
}

#[test]
fn what_takes_long_is_recorded_without_data() {
    let model = wide(false);
    let input = |rows: i64| Wide::args(Tensor::rand([rows, WIDE], (Kind::Float, Device::Cpu)));
    let inputs = ModelInputs::new(&model, [WIDE, WIDE + 60].map(input)).unwrap();
    let shapes = inputs.guess_dynamic_shapes().unwrap();
    let export = || Export::new(&model, &inputs).dynamic_shapes(&shapes).parameter("weight", &model.weight);
    let program = export().run().unwrap();
    // Small sizes are not expensive, so values are compared there.
    let verification = program.verification.as_ref().unwrap();
    assert!(verification.unseen && !verification.by_calls, "{verification}");

    // Without small sizes nothing runs with data.
    let program = Export::new(&model, &inputs).parameter("weight", &model.weight);
    let error = program.run().unwrap_err().to_string();
    assert!(error.starts_with("the program cannot be checked at x [1360, 1300]"), "{error}");
    let inputs = ModelInputs::new(&model, [input(WIDE)]).unwrap();
    let program = Export::new(&model, &inputs).parameter("weight", &model.weight).run().unwrap();
    let verification = program.verification.as_ref().unwrap();
    assert!(verification.by_calls && verification.unproven.is_empty(), "{verification}");
    assert_eq!(
        verification.to_string(),
        "verified at the sizes of the example: x [1300, 1300] (the same calls on the same values)"
    );
    let output: Tensor = program.module().unwrap().call(&input(WIDE)).unwrap();
    assert_eq!(output.size(), [WIDE, WIDE]);
}

#[test]
fn no_tensor_without_data_stays_in_a_model() {
    let model = wide(true);
    let inputs =
        ModelInputs::new(&model, [Wide::args(Tensor::rand([WIDE, WIDE], (Kind::Float, Device::Cpu)))]).unwrap();
    let export = || Export::new(&model, &inputs).parameter("weight", &model.weight);
    let error = export().run().unwrap_err().to_string();
    assert!(error.starts_with("the forward is impure"), "{error}");
    // What the first run kept has data.
    assert!(model.kept.borrow().as_ref().unwrap().sum(Kind::Float).double_value(&[]) > 0.0);
    export().run().unwrap();
}
