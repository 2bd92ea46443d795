//! Names that were probably meant.

/// How many characters must be put in, taken out or replaced to make one text the other (Levenshtein).
pub(in crate::spec) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// The name that a wrong one is nearest to, if it is near: at most a third of its characters differ, or only their case does.
pub(in crate::spec) fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let off = |name: &str| if name.eq_ignore_ascii_case(wrong) { 0 } else { distance(wrong, name) };
    let (name, off) = names.into_iter().map(|name| (name, off(name))).min_by_key(|(_, off)| *off)?;
    (off <= wrong.chars().count().max(name.chars().count()) / 3).then_some(name)
}
