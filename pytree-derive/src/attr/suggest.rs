//! "Did you mean": the known word that a misspelled one was meant for.

/// The known word that `word` is a misspelling of: at most two edits apart, and fewer than it has letters.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|k| (distance(&word.to_lowercase(), &k.to_lowercase()), *k)).min()?;
    (near.0 <= 2 && near.0 < word.len().min(near.1.len())).then_some(near.1)
}

/// The edit distance: how many letters must be changed, added or removed to turn `b` into `a`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let cost = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], cost);
        }
    }
    row[row.len() - 1]
}
