//! The standard output, with colours where they are wanted.

use crate::error::Error;
use anstyle::{AnsiColor, Style};
use std::io::Write;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const HEADING: Style = Style::new().bold();
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
pub(crate) const COMMENT: Style = AnsiColor::BrightBlack.on_default();
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();

/// The standard output, buffered.
pub(crate) struct Output(std::io::BufWriter<Box<dyn Write>>);

impl Output {
    pub(crate) fn stdout() -> Self {
        Output(std::io::BufWriter::with_capacity(1 << 16, Box::new(anstream::AutoStream::auto(std::io::stdout()))))
    }

    /// Writes a text as it is.
    pub(crate) fn plain(&mut self, text: &str) -> Result<(), Error> {
        Ok(self.0.write_all(text.as_bytes())?)
    }

    /// Writes a line in a style.
    pub(crate) fn styled(&mut self, style: Style, line: &str) -> Result<(), Error> {
        Ok(writeln!(self.0, "{}{line}{}", style.render(), style.render_reset())?)
    }

    pub(crate) fn line(&mut self, line: &str) -> Result<(), Error> {
        Ok(writeln!(self.0, "{line}")?)
    }

    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Error> {
        serde_json::to_writer_pretty(&mut self.0, value).map_err(|e| match e.io_error_kind() {
            Some(kind) => Error::Output(kind.into()),
            None => Error::Json(e),
        })?;
        Ok(writeln!(self.0)?)
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        Ok(self.0.flush()?)
    }
}

/// A text in a style, for the middle of a line.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{}{text}{}", style.render(), style.render_reset())
}
