//! Random programs of guards on the sizes of a few tensors.

use serde_json::{Value, json};

use crate::dims::NamedDims;
use crate::naming::tensor;
use tests::random::Random;

/// A size of the inputs, by row and dimension.
struct Size {
    row: usize,
    dim: usize,
    value: i64,
}

impl Size {
    fn name(&self) -> String {
        format!("d{}_{}", self.row, self.dim)
    }

    fn index(&self) -> Value {
        json!([self.row, self.dim])
    }
}

/// A case in the form of `constraint_cases.json`, with one to three tensors and one to four steps.
pub(crate) fn case(random: &mut Random, index: usize) -> Value {
    let names = NamedDims::new(random);
    let (mut params, mut args, mut shapes, mut sizes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (row, name) in ["x", "y", "z"].iter().take(1 + random.below(3)).enumerate() {
        let (node, spec) = tensor(random, &names);
        let own = node["shape"].as_array().into_iter().flatten().filter_map(Value::as_i64).enumerate();
        sizes.extend(own.map(|(dim, value)| Size { row, dim, value }));
        params.push(json!({ "name": name, "kind": "pos" }));
        args.push(node);
        shapes.push(json!([name, spec]));
    }
    let steps = if sizes.is_empty() { 0 } else { 1 + random.below(4) };
    let program: Vec<Value> = (0..steps).map(|_| step(random, &sizes)).collect();
    json!({
        "id": format!("constraint-{index}"), "params": params, "args": args, "kwargs": [], "dynamic_shapes": shapes,
        "program": program,
    })
}

fn step(random: &mut Random, sizes: &[Size]) -> Value {
    let a = random.pick(sizes);
    let equal: Vec<&Size> = sizes.iter().filter(|b| b.value == a.value && (b.row, b.dim) != (a.row, a.dim)).collect();
    match random.below(20) {
        0..=5 if !equal.is_empty() => json!({ "eq": [a.index(), random.pick(&equal).index()] }),
        6 if !equal.is_empty() => json!({ "add": [a.index(), random.pick(&equal).index()] }),
        7 => json!({ "int": a.index() }),
        8 if random.chance(50) => json!({ "eq": [a.index(), a.value] }),
        8 | 9 => {
            let (b, total) = (random.pick(sizes), |b: &Size| a.value + b.value);
            match sizes.iter().find(|c| c.value == total(b)) {
                Some(c) => json!({ "cat": [a.index(), b.index()], "eq": c.index() }),
                None => json!({ "cat": [a.index(), b.index()], "eq": total(b) }),
            }
        }
        10 if a.value > 3 => {
            let start = random.between(1, a.value - 2);
            match sizes.iter().find(|c| c.value == a.value - start) {
                Some(c) => json!({ "slice": a.index(), "start": start, "eq": c.index() }),
                None => json!({ "slice": a.index(), "start": start, "eq": a.value - start }),
            }
        }
        11 if a.value > 1 => {
            let divisors: Vec<i64> = (2..=a.value).filter(|k| a.value % k == 0).collect();
            json!({ "reshape": a.index(), "by": random.pick(&divisors) })
        }
        12..=14 => json!({ "check": relation(random, sizes).0 }),
        _ => {
            let (text, taken) = relation(random, sizes);
            // A branch need not be taken, but a check must hold.
            if random.chance(30) {
                let (text, taken) = comparison(random, sizes);
                return json!({ "branch": text, "taken": taken });
            }
            json!({ "branch": text, "taken": taken })
        }
    }
}

/// A comparison that holds for the example.
fn relation(random: &mut Random, sizes: &[Size]) -> (String, bool) {
    for _ in 0..50 {
        let found = comparison(random, sizes);
        if found.1 {
            return found;
        }
    }
    let a = random.pick(sizes);
    (format!("{} >= {}", a.name(), a.value), true)
}

/// A comparison, and whether it holds for the example.
fn comparison(random: &mut Random, sizes: &[Size]) -> (String, bool) {
    let (left, l) = side(random, sizes);
    let (right, r) = match random.below(10) {
        0..=1 => (l.to_string(), l),
        2..=6 => {
            let n = (l + random.between(-3, 6)).max(0);
            (n.to_string(), n)
        }
        _ => side(random, sizes),
    };
    let (op, holds) =
        *random.pick(&[("<=", l <= r), ("<", l < r), (">=", l >= r), (">", l > r), ("==", l == r), ("!=", l != r)]);
    (format!("{left} {op} {right}"), holds)
}

/// An expression with its value.
fn side(random: &mut Random, sizes: &[Size]) -> (String, i64) {
    let (a, b) = (random.pick(sizes), random.pick(sizes));
    let k = random.between(2, 5);
    match random.below(16) {
        0..=5 => (a.name(), a.value),
        6 | 7 => (format!("{} + {k}", a.name()), a.value + k),
        8 => (format!("{} - {k}", a.name()), a.value - k),
        9 | 10 => (format!("{k}*{}", a.name()), k * a.value),
        11 | 12 => (format!("{} % {k}", a.name()), a.value.rem_euclid(k)),
        13 => (format!("{} // {k}", a.name()), a.value.div_euclid(k)),
        14 => (format!("{} + {}", a.name(), b.name()), a.value + b.value),
        _ => (format!("{} * {}", a.name(), b.name()), a.value * b.value),
    }
}
