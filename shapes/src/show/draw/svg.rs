//! The drawing for a page.

use super::{Drawing, Row, Size};
use std::fmt::Write;

/// The width of a character and the height of a line, in pixels, of the font that is asked for.
const CHAR: usize = 8;
const LINE: usize = 26;
const INDENT: usize = 22;
const MARGIN: usize = 16;

/// Fill, border and text of a dynamic size, one triple per name; the first for those without one.
const COLOURS: [(&str, &str, &str); 7] = [
    ("#fff0d9", "#e8a13a", "#8a5200"),
    ("#dff1ff", "#4a9fe0", "#0b4f86"),
    ("#e2f7e5", "#52b065", "#1c6b2e"),
    ("#f3e6fb", "#a66ccf", "#622a8c"),
    ("#ffe4ea", "#e0637f", "#8f1d39"),
    ("#e0f5f3", "#3fb0a5", "#0c6259"),
    ("#f2efd9", "#b3a23c", "#655a0d"),
];

impl Drawing {
    /// The drawing as an SVG of its own, readable on light and dark pages. Dynamic sizes are filled; those of one name
    /// have one colour.
    pub fn svg(&self) -> String {
        let label = |row: &Row| MARGIN + INDENT * row.more.len() + CHAR * (columns(&row.label) + times(row).len() + 1);
        let tensors = || self.rows.iter().filter(|row| row.sizes.is_some());
        let kinds = tensors().map(|row| columns(&row.kind)).max().unwrap_or(0);
        let kind_x = tensors().map(label).max().unwrap_or(0) + CHAR;
        let sizes_x = kind_x + CHAR * (kinds + 2);
        let row_width = |row: &Row| match &row.sizes {
            Some(sizes) => sizes_x + sizes.iter().map(|size| box_width(size) + CHAR).sum::<usize>().max(CHAR * 6),
            None => label(row) + CHAR * (columns(&row.kind) + 1),
        };
        let title = MARGIN + CHAR * (columns(&self.title) + 2);
        let width = self.rows.iter().map(row_width).max().unwrap_or(0).max(title).max(MARGIN + CHAR * 24) + MARGIN;
        let height = 2 * MARGIN + LINE * (self.rows.len() + 2);
        let names = self.names();
        let mut out = String::new();
        _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"13\">"
        );
        _ = writeln!(out, "<title>{}</title>", escaped(&self.title));
        _ = writeln!(
            out,
            "<rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"#ffffff\" stroke=\"#d0d7de\"/>",
            width - 1,
            height - 1
        );
        text(&mut out, MARGIN, middle(0), "#1f2328", "bold", &self.title);
        for (i, row) in self.rows.iter().enumerate() {
            let y = middle(i + 1);
            self.guides(&mut out, i, row);
            let x = MARGIN + INDENT * row.more.len();
            text(&mut out, x, y, "#1f2328", "normal", &row.label);
            if row.times > 1 {
                text(&mut out, x + CHAR * (columns(&row.label) + 1), y, "#8a5200", "bold", times(row).trim());
            }
            let Some(sizes) = &row.sizes else {
                text(&mut out, label(row) + CHAR / 2, y, "#6e7781", "normal", &row.kind);
                continue;
            };
            text(&mut out, kind_x, y, "#6e7781", "normal", &row.kind);
            if sizes.is_empty() {
                text(&mut out, sizes_x, y, "#6e7781", "normal", "scalar");
            }
            let mut x = sizes_x;
            for size in sizes {
                draw_size(&mut out, x, y, size, &names);
                x += box_width(size) + CHAR;
            }
        }
        self.legend(&mut out, middle(self.rows.len() + 1));
        out.push_str("</svg>\n");
        out
    }

    /// The names of dynamic sizes, in the order of their first use.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for size in self.rows.iter().flat_map(|row| row.sizes.iter().flatten()).filter(|size| size.moves) {
            if let Some(name) = size.name.as_deref().filter(|name| !names.contains(name)) {
                names.push(name);
            }
        }
        names
    }

    /// The lines of the tree beside row `index`.
    fn guides(&self, out: &mut String, index: usize, row: &Row) {
        let (top, bottom) = (middle(index + 1) - LINE / 2 - 4, middle(index + 1) + LINE / 2 - 4);
        let centre = middle(index + 1) - 4;
        for (level, more) in row.more.iter().enumerate() {
            let own = level + 1 == row.more.len();
            let x = MARGIN + INDENT * level + 6;
            if own || *more {
                let end = if *more { bottom } else { centre };
                _ = writeln!(out, "<path d=\"M{x} {top}V{end}\" stroke=\"#d0d7de\" fill=\"none\"/>");
            }
            if own {
                _ = writeln!(out, "<path d=\"M{x} {centre}H{}\" stroke=\"#d0d7de\" fill=\"none\"/>", x + INDENT - 9);
            }
        }
    }

    fn legend(&self, out: &mut String, y: usize) {
        let moves = Size { seen: Vec::new(), moves: true, name: None };
        let (fill, border, _) = colours(&moves, &[]);
        _ = writeln!(
            out,
            "<rect x=\"{MARGIN}\" y=\"{}\" width=\"14\" height=\"14\" rx=\"3\" fill=\"{fill}\" stroke=\"{border}\"/>",
            y - 11
        );
        text(out, MARGIN + 22, y, "#6e7781", "normal", "filled: the size moves");
    }
}

/// The base line of line `index`.
fn middle(index: usize) -> usize {
    MARGIN + LINE * index + 18
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

fn times(row: &Row) -> String {
    if row.times > 1 { format!(" ×{}", row.times) } else { String::new() }
}

fn box_width(size: &Size) -> usize {
    CHAR * columns(&size.inner()) + 12
}

fn colours(size: &Size, names: &[&str]) -> (&'static str, &'static str, &'static str) {
    if !size.moves {
        return ("#f6f8fa", "#d0d7de", "#57606a");
    }
    match size.name.as_deref().and_then(|name| names.iter().position(|n| *n == name)) {
        // The first colour is for sizes without a name.
        Some(i) => COLOURS[1 + i % (COLOURS.len() - 1)],
        None => COLOURS[0],
    }
}

fn draw_size(out: &mut String, x: usize, y: usize, size: &Size, names: &[&str]) {
    let (fill, border, colour) = colours(size, names);
    _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{}\" width=\"{}\" height=\"20\" rx=\"4\" fill=\"{fill}\" stroke=\"{border}\"/>",
        y - 14,
        box_width(size)
    );
    let weight = if size.moves { "bold" } else { "normal" };
    text(out, x + 6, y, colour, weight, &size.inner());
}

/// The length is fixed, so that the boxes fit whatever font the reader has.
fn text(out: &mut String, x: usize, y: usize, colour: &str, weight: &str, content: &str) {
    if content.is_empty() {
        return;
    }
    let (length, content) = (CHAR * columns(content), escaped(content));
    _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\" font-weight=\"{weight}\" textLength=\"{length}\" \
         lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">{content}</text>"
    );
}

/// Text as XML holds it; what XML cannot hold becomes a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
