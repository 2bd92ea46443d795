//! The drawing for a terminal.

use super::{Drawing, Row, Size};
use std::fmt;

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        let heads: Vec<String> = self.rows.iter().map(head).collect();
        let tensors = || self.rows.iter().zip(&heads).filter(|(row, _)| row.sizes.is_some());
        let width = tensors().map(|(_, head)| head.chars().count()).max().unwrap_or(0);
        let kinds = tensors().map(|(row, _)| row.kind.chars().count()).max().unwrap_or(0);
        for (row, head) in self.rows.iter().zip(&heads) {
            match &row.sizes {
                Some(sizes) => {
                    let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
                    let sizes = if sizes.is_empty() { "scalar".to_owned() } else { sizes.join(" × ") };
                    writeln!(f, "{head:width$}  {:kinds$}  {sizes}", row.kind)?;
                }
                None => writeln!(f, "{head}  {}", row.kind)?,
            }
        }
        let moves = self.rows.iter().flat_map(|row| row.sizes.iter().flatten()).any(|size| size.moves);
        if moves { writeln!(f, "‹ › moves") } else { Ok(()) }
    }
}

/// `│  └─ [0] … [31]  ×32`
fn head(row: &Row) -> String {
    let mut text = String::new();
    if let Some((own, above)) = row.more.split_last() {
        for more in above {
            text.push_str(if *more { "│  " } else { "   " });
        }
        text.push_str(if *own { "├─ " } else { "└─ " });
    }
    text.push_str(&row.label);
    if row.times > 1 {
        text.push_str(&format!("  ×{}", row.times));
    }
    text
}

/// `4`, `‹2|5›`, `‹batch = 2|5›`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.moves { write!(f, "‹{}›", self.inner()) } else { f.write_str(&self.inner()) }
    }
}

impl Size {
    /// The name and the sizes seen.
    pub(super) fn inner(&self) -> String {
        let seen: Vec<String> = self.seen.iter().map(ToString::to_string).collect();
        let seen = seen.join("|");
        self.name.as_ref().map_or_else(|| seen.clone(), |name| format!("{name} = {seen}"))
    }
}
