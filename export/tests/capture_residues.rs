//! What depends on remainders of sizes: branches beside ops whose guards contain divisions, and integers that are computed with
//! floats. A guard like `n == n//2 + (n + 1)//2` holds at all sizes, so it does not say at which the model may be tried.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

#[macro_use]
mod capture_support;

use capture_support::{F, guessed};
use tch::Tensor;
use torch_export::prelude::*;
use torch_export::{CallError, ExportError};

/// A name, and what it names.
type Row<F> = (&'static str, F);

type Ops = fn(&Tensor) -> Tensor;
type Branch = fn(i64, Tensor) -> Tensor;
type Length = fn(f64) -> f64;
type Factor = fn(i64, i64) -> i64;

fn size(x: &Tensor) -> i64 {
    x.size()[0]
}

/// Ops whose sizes contain divisions. Each has a scalar as its result.
const DIVIDED: [Row<Ops>; 7] = [
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
const BRANCHES: [Row<Branch>; 6] = [
    ("parity", |n, x| if n % 2 == 0 { x.relu() } else { x.tanh() }),
    ("a constant", |n, x| x + if n % 2 == 0 { 0.0 } else { 1.0 }),
    ("thirds", |n, x| if n % 3 == 0 { x.relu() } else { x.tanh() }),
    ("fours", |n, x| if n % 4 == 1 { x.relu() } else { x.tanh() }),
    ("one size", |n, x| if n == 14 { x.relu() } else { x.tanh() }),
    ("a threshold", |n, x| if n > 20 { x.relu() } else { x.tanh() }),
];

struct Divided {
    ops: Ops,
    branch: Branch,
}

#[module]
impl Divided {
    fn forward(&self, x: &Tensor) -> Tensor {
        (self.branch)(size(x), (self.ops)(x))
    }
}

struct TwoDivided {
    ops: Ops,
    branch: Branch,
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
        let equal = found.size() == expected.size() && found.allclose(&expected, 1e-5, 1e-5, true);
        assert!(equal, "{name}: {found} instead of {expected} in {program}");
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
    assert!(accepted > 500, "{accepted}");
}

struct Shortened(fn(f64) -> f64);

#[module]
impl Shortened {
    fn forward(&self, x: &Tensor) -> Tensor {
        x.narrow(0, 0, (self.0)(size(x) as f64) as i64).cumsum(0, F.0)
    }
}

/// `n * 0.41` is 41 hundredths of `n`, but a little less than 123 for 300.
#[test]
fn floats_that_are_a_little_less_than_an_integer() {
    let lengths: [Row<Length>; 13] = [
        ("0.41n", |n| n * 0.41),
        ("0.29n", |n| n * 0.29),
        ("ceil 0.17n", |n| (n * 0.17).ceil()),
        ("ceil 0.55n", |n| (n * 0.55).ceil()),
        ("n / 1.07", |n| n / 1.07),
        ("n / 1.1", |n| n / 1.1),
        ("n / (128 / 75)", |n| n / (128.0 / 75.0)),
        ("round 0.7n", |n| (n * 0.7).round()),
        ("0.75n", |n| n * 0.75),
        ("ceil 0.5n", |n| (n * 0.5).ceil()),
        ("n / 3", |n| (n / 3.0).floor()),
        ("ceil n / 3", |n| (n / 3.0).ceil()),
        ("0.58 (n + 3)", |n| ((n + 3.0) * 0.58).min(n)),
    ];
    let mut accepted = 0;
    for (name, length) in lengths {
        let input = |n: i64| Shortened::args(Tensor::ones([n], F));
        let others = (5..40).chain([384, 768]).chain((40..1300).step_by(20)).chain((107..5000).step_by(107));
        accepted += right(name, &Shortened(length), [input(39), input(54)], others.map(input));
    }
    assert!(accepted > 500, "{accepted}");
}

struct Weighted(fn(i64, i64) -> i64);

#[module]
impl Weighted {
    fn forward(&self, x: &Tensor) -> Tensor {
        let (rows, columns) = x.size2().unwrap();
        x * (self.0)(rows, columns) as f64
    }
}

/// An op whose argument is a float takes an integer that is computed from sizes, as in PyTorch.
#[test]
fn integers_of_sizes_as_floats() {
    let factors: [Row<Factor>; 11] = [
        ("n / 2", |_, n| n / 2),
        ("(n + 3) / 4", |_, n| (n + 3) / 4),
        ("n (n - 1)", |_, n| n * (n - 1)),
        ("n (n + 1) / 2", |_, n| n * (n + 1) / 2),
        ("n n - b", |b, n| n * n - b),
        ("n + 2 b + 1", |b, n| n + 2 * b + 1),
        ("n / 2 b", |b, n| n / 2 * b),
        ("(n - b) / 2", |b, n| (n - b).div_euclid(2)),
        ("min(n, b)", |b, n| n.min(b)),
        ("n % 4", |_, n| n % 4),
        ("n", |_, n| n),
    ];
    for (name, factor) in factors {
        let input = |b: i64, n: i64| Weighted::args(Tensor::ones([b, n], F));
        let others = [(2, 15), (4, 12), (3, 31), (6, 64), (5, 100)].map(|(b, n)| input(b, n));
        assert_eq!(right(name, &Weighted(factor), [input(3, 9), input(2, 14)], others), 5, "{name}");
    }
}

/// A number that no expression gives is named, with a size at which it is another one.
#[test]
fn a_number_without_an_expression_is_named() {
    let input = |n: i64| Shortened::args(Tensor::ones([n], F));
    let error = guessed(&Shortened(|n| n * 0.41), [39, 54].map(input)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ExportError::Unsolved { .. }), "{error:?}");
    assert!(text.contains("`length` of `aten.narrow.default`") && text.contains("122 at x [300]"), "{text}");
    assert_eq!(text.matches(" at x [").count(), 1, "{text}");
}
