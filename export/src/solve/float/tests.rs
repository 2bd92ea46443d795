//! Floats as models compute them, and points where each is asked.
#![allow(clippy::unwrap_used, reason = "a test")]

use super::*;
use crate::solve::space::SizeVariable;

fn space(examples: &[i64]) -> Space {
    let variable = |(i, example): (usize, &i64)| SizeVariable {
        symbol: Symbol::size(&format!("s{i}")),
        example: *example,
        low: 2,
        high: 1 << 20,
        step: 1,
    };
    Space { variables: examples.iter().enumerate().map(variable).collect(), ..Space::default() }
}

/// The expression that is found, and the greatest number of points where it was asked.
fn identify(examples: &[i64], f: impl Fn(&[f64]) -> f64) -> Option<FloatExpr> {
    let space = space(examples);
    let variables = &space.variables;
    let value = |p: &[i64]| f(&p.iter().map(|n| *n as f64).collect::<Vec<_>>());
    let atoms: Vec<Expr> = variables.iter().map(|v| Expr::symbol(&v.symbol)).collect();
    let mut asked = 0;
    let samples = [(examples.to_vec(), value(examples))];
    let found = identify_float(&space, &atoms, &Floats { symbols: &[], value: &|_, _| None }, &samples, &mut |p| {
        asked += 1;
        Some(value(p))
    });
    assert!(asked < 60, "{asked} points");
    // Whatever is found is right to the bit, everywhere.
    if let Some(found) = &found {
        for a in (2..3000).step_by(13).chain((1..1000).step_by(29).map(|k| k * 1021)) {
            let point: Vec<i64> =
                (0..examples.len() as i64).map(|i| if i == 0 { a } else { 2 + (a * (7 + i)) % 5003 }).collect();
            let got = found.eval(&|s| variables.iter().position(|v| v.symbol == *s).map(|i| point[i])).unwrap();
            assert_eq!(got.to_bits(), value(&point).to_bits(), "{found:?} at {point:?}");
        }
    }
    found
}

macro_rules! found {
    ($($f:expr),* $(,)?) => {$(
        let found = identify(&[7, 12], $f);
        assert!(found.is_some(), "{}", stringify!($f));
        assert!(found.unwrap().in_torch(), "{}", stringify!($f));
    )*};
}

#[test]
fn without_constants() {
    found!(
        |n| n[0],
        |n| n[0].sqrt(),
        |n| 1.0 / n[0].sqrt(),
        |n| n[0].powf(-0.5),
        |n| n[0].powf(0.5),
        |n| 1.0 / n[1],
        |n| 1.0 / (n[1] - 1.0),
        |n| n[0] / n[1],
        |n| (n[0] + 1.0) / n[1],
        |n| n[0] * n[1],
        |n| 1.0 / (n[0] * n[1]),
        |n| (n[0] * n[1]).sqrt(),
        |n| (n[0] / n[1]).sqrt(),
        |n| n[0].sqrt() / n[1].sqrt(),
        |n| (n[0] - 1.0) / (n[1] - 1.0),
        |n| -n[0],
    );
}

#[test]
fn with_constants() {
    found!(
        |_| 0.1,
        |n| 2.0 * n[0],
        |n| 0.1 * n[0],
        |n| n[0] / 16.0,
        |n| n[0] / 3.0,
        |n| n[1] * (1.0 / 3.0),
        |n| 0.5 * n[0] + 0.25,
        |n| 0.1 * n[0] + 0.7,
        |n| n[0] / 7.0 - 1.5,
        |n| (n[0] + 0.5) * 0.3,
        |n| (n[0] + 0.5) / 3.0,
        |n| 2.5 / (n[0] + 0.5),
        |n| 1.7 / n[0] + 0.1,
        |n| n[0] + 0.1,
        |n| 0.1 - n[0],
        |n| 8.0 / n[0].sqrt(),
        |n| (2.0 * n[0]).sqrt(),
        |n| (2.0 / n[0]).sqrt(),
        |n| 1.0 / (n[0].sqrt() * 1.3),
        |n| std::f64::consts::PI / n[0],
        |n| n[0].powf(0.3),
        |n| 0.9_f64.powf(n[0]),
        |n| 0.3 * n[0] / n[1],
        |n| 0.3 * (n[0] / n[1]),
        |n| n[0] / (0.3 * n[1]),
        |n| n[0].sqrt() * 0.7 + 0.2,
    );
}

#[test]
fn a_logarithm_is_found_but_has_no_node() {
    assert!(!identify(&[7, 12], |n| n[0].ln()).unwrap().in_torch());
}

#[test]
fn what_has_no_form_is_refused() {
    assert_eq!(identify(&[7, 12], |n| f64::from((n[0] as f32).sqrt())), None);
    assert_eq!(identify(&[7, 12], |n| n[0].sin()), None);
    assert_eq!(identify(&[7, 12], |n| if n[0] > 100.0 { 0.5 * n[0] } else { 0.25 * n[0] }), None);
}
