//! The word that a user may have meant.

/// The nearest of `words` to `given`, if it is at most two letters away.
pub(crate) fn nearest<'a>(given: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    words.into_iter().map(|word| (distance(given, word), word)).filter(|(far, _)| *far <= 2).min().map(|(_, word)| word)
}

/// How many letters must be added, removed, replaced, or exchanged with the next.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let words = ["setup", "demo", "test", "conformance"];
        for (given, meant) in [
            ("dmeo", Some("demo")),
            ("tset", Some("test")),
            ("set-up", Some("setup")),
            ("conformanc", Some("conformance")),
            ("sing", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, words), meant, "{given}");
        }
    }
}
