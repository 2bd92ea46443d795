//! Constants that are inferred from values.

/// The floats in order, as integers: between two neighbours there is no other float.
fn key(x: f64) -> i64 {
    let bits = x.to_bits() as i64;
    if bits < 0 { i64::MIN - bits } else { bits }
}

fn float(key: i64) -> f64 {
    f64::from_bits(if key < 0 { i64::MIN - key } else { key } as u64)
}

/// The constants for which a function gives one value, from the least to the greatest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    low: i64,
    high: i64,
}

impl Interval {
    /// All constants from one to another.
    pub(super) fn new(low: f64, high: f64) -> Interval {
        Interval { low: key(low), high: key(high) }
    }

    /// The part where `f`, which only rises or only falls, gives `value`.
    pub(super) fn narrowed(self, f: impl Fn(f64) -> f64, value: f64) -> Option<Interval> {
        let rises = f(float(self.low)) <= f(float(self.high));
        // The least constant from which on the value is reached, or passed.
        let from = |passed: bool| {
            let (mut low, mut high) = (self.low, self.high);
            let reached = |k: i64| {
                let v = f(float(k));
                match (rises, passed) {
                    (true, false) => v >= value,
                    (true, true) => v > value,
                    (false, false) => v <= value,
                    (false, true) => v < value,
                }
            };
            if !reached(high) {
                return None;
            }
            while low < high {
                // Both are far from the ends of 64 bits only where they have one sign.
                let middle = ((i128::from(low) + i128::from(high)).div_euclid(2)) as i64;
                if reached(middle) { high = middle } else { low = middle + 1 }
            }
            Some(low)
        };
        let low = from(false)?;
        let high = from(true).map_or(self.high, |k| k - 1);
        (low <= high && f(float(low)) == value).then_some(Interval { low, high })
    }

    /// The constant with the fewest digits.
    pub(super) fn nicest(self) -> f64 {
        let (low, high) = (float(self.low), float(self.high));
        if low <= 0.0 && high >= 0.0 {
            return 0.0;
        }
        let middle = float(((i128::from(self.low) + i128::from(self.high)).div_euclid(2)) as i64);
        for digits in 0..17 {
            for x in [low, middle, high] {
                let rounded = format!("{x:.digits$e}").parse().unwrap_or(x);
                if low <= rounded && rounded <= high {
                    return rounded;
                }
            }
        }
        middle
    }
}

/// A number rounded to fewer and fewer digits, the fewest first: what it may have been before an error.
pub(super) fn rounded(x: f64) -> impl Iterator<Item = f64> {
    let digits = (0..16).filter_map(move |digits| format!("{x:.digits$e}").parse().ok());
    digits.chain([x])
}
