//! Branches on remainders of sizes, beside ops whose guards contain divisions. Such a guard may hold at all sizes
//! (`n == n//2 + (n + 1)//2`), so it does not say at which sizes the model may be tried.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::{F, guessed};
use tch::Tensor;
use torch_export::prelude::*;
use torch_export::{CallError, ExportError};

fn size(x: &Tensor) -> i64 {
    x.size()[0]
}

/// Ops whose sizes contain divisions. Each has a scalar as its result.
const DIVIDED: [(&str, fn(&Tensor) -> Tensor); 7] = [
    ("two chunks", |x| {
        let parts = x.chunk(2, 0);
        parts[0].sum(F.0) - parts[1].sum(F.0)
    }),
    ("three chunks", |x| {
        let parts = x.chunk(3, 0);
        parts[0].sum(F.0) * parts[1].sum(F.0)
    }),
    ("two parts", |x| {
        let half = size(x) / 2;
        let parts = x.split_with_sizes([half, size(x) - half], 0);
        parts[0].sum(F.0) - parts[1].sum(F.0)
    }),
    ("parts in another order", |x| {
        let third = size(x) / 3;
        let parts = x.split_with_sizes([third, size(x) - third], 0);
        Tensor::cat(&[&parts[1], &parts[0]], 0).cumsum(0, F.0).mean(F.0)
    }),
    ("padded to fours", |x| {
        let padded = x.pad([0, (4 - size(x) % 4) % 4], "constant", None);
        padded.view([-1, 4]).logsumexp([0_i64].as_slice(), false).sum(F.0)
    }),
    ("strided", |x| x.slice(0, 0, None, 2).sum(F.0)),
    ("nothing", |x| x.sum(F.0)),
];

/// What depends on more of a size than its magnitude.
const BRANCHES: [(&str, fn(i64, Tensor) -> Tensor); 6] = [
    ("parity", |n, x| if n % 2 == 0 { x.relu() } else { x.tanh() }),
    ("a constant", |n, x| x + if n % 2 == 0 { 0.0 } else { 1.0 }),
    ("thirds", |n, x| if n % 3 == 0 { x.relu() } else { x.tanh() }),
    ("fours", |n, x| if n % 4 == 1 { x.relu() } else { x.tanh() }),
    ("one size", |n, x| if n == 14 { x.relu() } else { x.tanh() }),
    ("a threshold", |n, x| if n > 20 { x.relu() } else { x.tanh() }),
];

struct Divided {
    ops: fn(&Tensor) -> Tensor,
    branch: fn(i64, Tensor) -> Tensor,
}

#[module]
impl Divided {
    fn forward(&self, x: &Tensor) -> Tensor {
        (self.branch)(size(x), (self.ops)(x))
    }
}

struct TwoDivided {
    ops: fn(&Tensor) -> Tensor,
    branch: fn(i64, Tensor) -> Tensor,
}

#[module]
impl TwoDivided {
    fn forward(&self, x: &Tensor, y: &Tensor) -> Tensor {
        (self.branch)(size(x) + size(y), (self.ops)(x) + (self.ops)(y))
    }
}

/// A program gives what the model gives for all inputs that it accepts, and a model without one has a typed reason. Returns how
/// many it accepts.
fn right<M: Module<Family = Tch, Output = Tensor>>(
    name: &str,
    model: &M,
    sets: [M::Args; 2],
    others: impl IntoIterator<Item = M::Args>,
) -> usize {
    let program = match guessed(model, sets) {
        Ok(program) => program,
        Err(error) => {
            assert!(matches!(error, ExportError::Unsolved { .. } | ExportError::Verify { .. }), "{name}: {error:?}");
            return 0;
        }
    };
    let mut accepted = 0;
    for args in others {
        let found: Tensor = match program.call(&args) {
            Ok(found) => found,
            Err(CallError::Inputs(_)) => continue,
            Err(error) => panic!("{name}: {error}"),
        };
        accepted += 1;
        let expected = model.call(&args).unwrap();
        assert!(found.allclose(&expected, 1e-5, 1e-5, true), "{name}: {found} instead of {expected} in {program}");
    }
    accepted
}

#[test]
fn branches_on_remainders_are_seen_beside_divisions() {
    let mut accepted = 0;
    for (op, ops) in DIVIDED {
        for (on, branch) in BRANCHES {
            let model = Divided { ops, branch };
            let input = |n: i64| Divided::args(Tensor::arange(n, F) / 7.0);
            accepted += right(&format!("{op}, {on}"), &model, [input(9), input(21)], (4..48).map(input));
        }
    }
    // All that refuse everything would be right too.
    assert!(accepted > 400, "{accepted}");
}

#[test]
fn also_on_those_of_two_sizes() {
    let mut accepted = 0;
    for (op, ops) in DIVIDED {
        for (on, branch) in BRANCHES {
            let model = TwoDivided { ops, branch };
            let input = |n: i64, m: i64| TwoDivided::args((Tensor::arange(n, F) / 7.0, Tensor::arange(m, F) / 9.0));
            let others = (5..16).flat_map(|n| (5..16).map(move |m| input(n, m)));
            accepted += right(&format!("{op}, {on}"), &model, [input(9, 6), input(13, 8)], others);
        }
    }
    assert!(accepted > 1000, "{accepted}");
}
