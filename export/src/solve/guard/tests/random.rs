//! Conditions as people write them, at random.

use super::super::rng::Rng;

type Holds = Box<dyn Fn(&[i64]) -> bool>;

/// A condition that holds at an example, and its text.
pub(super) struct Condition {
    pub(super) text: String,
    pub(super) holds: Holds,
}

fn condition(text: String, holds: impl Fn(&[i64]) -> bool + 'static) -> Condition {
    Condition { text, holds: Box::new(holds) }
}

const THRESHOLDS: [i64; 20] =
    [10, 16, 20, 32, 50, 64, 77, 100, 128, 200, 256, 300, 500, 512, 1000, 1024, 2000, 3000, 5000, 100_000];

/// A value compared with another one, in the direction that holds at the example.
fn compared(
    text: &str,
    example: &[i64],
    left: impl Fn(&[i64]) -> i64 + 'static,
    right: impl Fn(&[i64]) -> i64 + 'static,
) -> Condition {
    if left(example) > right(example) {
        condition(text.replace('?', ">"), move |p| left(p) > right(p))
    } else {
        condition(text.replace('?', "<="), move |p| left(p) <= right(p))
    }
}

/// One condition on one, two or three sizes.
pub(super) fn random(rng: &mut Rng, example: &[i64]) -> Condition {
    let count = example.len();
    let x = rng.below(count);
    let y = (x + 1 + rng.below(count.saturating_sub(1))) % count;
    let z = (0..count).find(|z| *z != x && *z != y).unwrap_or_default();
    let (a, b, c) = (example[x], example[y], example[z]);
    let mut of = |items: &[i64]| *rng.pick(items).unwrap_or(&1);
    let m = of(&[2, 3, 4, 5, 7, 8, 10, 16, 32, 64]);
    let k = of(&[2, 3, 4, 8, 16]);
    let (p, q) = (of(&[1, 1, 1, 2, 3, 4]), of(&[1, 1, 1, 2, 3, 4, 8]));
    let add = of(&[0, 0, 0, 1, -1, 2, -3, 5, 10]);
    let t = of(&THRESHOLDS);
    match rng.below(match count {
        1 => 8,
        2 => 20,
        _ => 26,
    }) {
        0 | 1 => compared(&format!("s{x} ? {t}"), example, move |v| v[x], move |_| t),
        2 => {
            let t = a + rng.between(-9, 9) as i64;
            compared(&format!("s{x} ? {t}"), example, move |v| v[x], move |_| t)
        }
        3 => condition(format!("s{x} % {m} == {}", a % m), move |v| v[x] % m == a % m),
        4 => {
            let rest = (a + 1 + rng.below(m as usize - 1) as i64) % m;
            condition(format!("s{x} % {m} != {rest}"), move |v| v[x] % m != rest)
        }
        5 => {
            let not = rng.between(2, 50) as i64;
            let not = if not == a { a + 1 } else { not };
            condition(format!("s{x} != {not}"), move |v| v[x] != not)
        }
        6 if rng.below(4) == 0 => condition(format!("s{x} == {a}"), move |v| v[x] == a),
        6 => condition(format!("s{x} // {m} <= {}", a / m + 2), move |v| v[x] / m <= a / m + 2),
        7 => condition(format!("s{x} // {m} % 2 == {}", a / m % 2), move |v| v[x] / m % 2 == a / m % 2),
        8 | 9 => compared(&format!("s{x} ? s{y} + {add}"), example, move |v| v[x], move |v| v[y] + add),
        10 | 11 => {
            compared(&format!("{p}*s{x} ? {q}*s{y} + {add}"), example, move |v| p * v[x], move |v| q * v[y] + add)
        }
        12 => compared(&format!("s{x}*s{y} ? {t}"), example, move |v| v[x] * v[y], move |_| t),
        13 => compared(&format!("s{x} + s{y} ? {t}"), example, move |v| v[x] + v[y], move |_| t),
        14 => {
            let rest = (a + b) % m;
            condition(format!("(s{x} + s{y}) % {m} == {rest}"), move |v| (v[x] + v[y]) % m == rest)
        }
        15 => condition(format!("s{x} - s{y} == {}", a - b), move |v| v[x] - v[y] == a - b),
        16 => compared(&format!("s{y} // {k} ? s{x} // {m}"), example, move |v| v[y] / k, move |v| v[x] / m),
        17 => compared(&format!("max(s{x}, s{y}) ? {t}"), example, move |v| v[x].max(v[y]), move |_| t),
        18 if a == b => condition(format!("s{x} == s{y}"), move |v| v[x] == v[y]),
        18 => condition(format!("s{x} != s{y}"), move |v| v[x] != v[y]),
        19 if a % m == b % m => condition(format!("s{x} % {m} == s{y} % {m}"), move |v| v[x] % m == v[y] % m),
        19 => condition(format!("s{x} % {m} != s{y} % {m}"), move |v| v[x] % m != v[y] % m),
        20 | 21 => compared(&format!("s{x} ? s{y} + s{z}"), example, move |v| v[x], move |v| v[y] + v[z]),
        22 => compared(&format!("s{x}*s{y} ? s{z}"), example, move |v| v[x] * v[y], move |v| v[z]),
        23 => compared(&format!("s{x}*s{y}*s{z} ? {t}"), example, move |v| v[x] * v[y] * v[z], move |_| t),
        24 => {
            let rest = (a + b + c) % m;
            condition(format!("(s{x} + s{y} + s{z}) % {m} == {rest}"), move |v| (v[x] + v[y] + v[z]) % m == rest)
        }
        _ => compared(&format!("s{x} + s{y} ? 2*s{z}"), example, move |v| v[x] + v[y], move |v| 2 * v[z]),
    }
}
