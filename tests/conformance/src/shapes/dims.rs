//! Random specs of a dimension.

use serde_json::{Value, json};

use tests::random::Random;

/// The named dims of one case, each with its size.
pub(crate) struct NamedDims(Vec<(Value, i64)>);

impl NamedDims {
    /// Five dims with ranges around their sizes.
    pub(crate) fn new(random: &mut Random) -> NamedDims {
        let mut names = ["batch", "seq", "dx", "a", "b2", "Hidden_1", "n", "head"];
        random.shuffle(&mut names);
        let dim = |name: &&str| {
            let size = random.between(2, 12);
            let min = *random.pick(&[0, 0, 1, 2, 2, 3, size]);
            let max = if random.chance(50) { Value::Null } else { random.between(size.max(min) + 1, 64).into() };
            // Now and then the range does not contain the size, which is an error.
            let min = if min > size && !random.chance(5) { 2 } else { min };
            (json!({ "name": name, "min": min, "max": max }), size)
        };
        NamedDims(names.iter().take(5).map(dim).collect())
    }

    /// The size of one of the dims, or any other.
    pub(crate) fn size(&self, random: &mut Random) -> i64 {
        match random.below(10) {
            0 => random.between(0, 1),
            1..4 => random.between(2, 12),
            4 => random.pick(&self.0).1 * 2 + random.between(0, 1),
            _ => random.pick(&self.0).1,
        }
    }

    /// A spec for a dimension of this size. Most of them fit.
    pub(crate) fn dim(&self, random: &mut Random, size: i64) -> Value {
        match random.below(12) {
            0 => Value::Null,
            1 => (if random.chance(95) { size } else { size + 1 }).into(),
            2 | 3 => hint(random, "AUTO", size),
            4 if size > 1 || random.chance(10) => hint(random, "DYNAMIC", size),
            5 => "STATIC".into(),
            6..=9 => self.named(random, size).unwrap_or_else(|| "AUTO".into()),
            _ => self.derived(random, size).unwrap_or(Value::Null),
        }
    }

    fn named(&self, random: &mut Random, size: i64) -> Option<Value> {
        let fit: Vec<&Value> = self.0.iter().filter(|(_, s)| *s == size).map(|(dim, _)| dim).collect();
        if fit.is_empty() {
            // Another size for the same name is an error.
            return random.chance(4).then(|| random.pick(&self.0).0.clone());
        }
        Some((*random.pick(&fit)).clone())
    }

    fn derived(&self, random: &mut Random, size: i64) -> Option<Value> {
        let (root, value) = random.pick(&self.0);
        let mul = *random.pick(&[1, 1, 1, 2, 3]);
        let add = size - mul * value;
        let fits = random.chance(95);
        let sensible = (mul, add) != (1, 0) && add.abs() < 12 && size > 1;
        sensible.then(|| json!({ "root": root, "mul": mul, "add": if fits { add } else { add + 1 } }))
    }
}

fn hint(random: &mut Random, name: &str, size: i64) -> Value {
    if random.chance(70) {
        return name.into();
    }
    let wrong = random.chance(6);
    let min = if random.chance(30) { Value::Null } else { random.between(0, size + i64::from(wrong)).into() };
    let max =
        if random.chance(30) { Value::Null } else { random.between(size.max(1) + i64::from(wrong), size + 20).into() };
    if min.is_null() && max.is_null() { name.into() } else { json!({ "hint": name, "min": min, "max": max }) }
}
