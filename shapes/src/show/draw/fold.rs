//! Equal siblings as one.

use super::Item;

/// Siblings with runs of equal ones, or of equal pairs such as key and value, folded: a run of three or more items
/// becomes one, two pairs or more become one pair.
pub(super) fn fold(items: Vec<Item>) -> Vec<Item> {
    let mut folded = Vec::new();
    let mut rest = items.as_slice();
    while let Some(first) = rest.first() {
        let one = run(rest, 1);
        let two = run(rest, 2);
        if one >= 3 {
            folded.push(together(rest, 1, one, 0));
            rest = &rest[one..];
        } else if two >= 2 {
            folded.extend([together(rest, 2, two, 0), together(rest, 2, two, 1)]);
            rest = &rest[2 * two..];
        } else {
            folded.push(first.clone());
            rest = &rest[1..];
        }
    }
    folded
}

/// How many times the first `period` items come in a row.
fn run(items: &[Item], period: usize) -> usize {
    let Some(first) = items.get(..period) else { return 0 };
    let same = |a: &Item, b: &Item| {
        a.kind == b.kind && a.sizes == b.sizes && a.children == b.children && stem(&a.label) == stem(&b.label)
    };
    // A single item needs no like name: `key_0, value_0, key_1, ..` of the same sizes is one run.
    let alike = |a: &Item, b: &Item| {
        same(a, b) || (period == 1 && a.kind == b.kind && a.sizes == b.sizes && numbered(a) && numbered(b))
    };
    items.chunks_exact(period).take_while(|chunk| chunk.iter().zip(first).all(|(a, b)| alike(a, b))).count()
}

fn numbered(item: &Item) -> bool {
    item.children.is_empty() && stem(&item.label) != item.label
}

/// A label without its number: `key_3` and `key_12` are alike.
fn stem(label: &str) -> &str {
    label.trim_end_matches(']').trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Item `offset` of the first of `times` groups of `period`, named after the first and the last.
fn together(items: &[Item], period: usize, times: usize, offset: usize) -> Item {
    let mut item = items[offset].clone();
    let last = &items[period * (times - 1) + offset];
    item.label = format!("{} … {}", item.label, last.label);
    item.times = times;
    item
}
