//! `pt2 show`: the program as Python prints it.

use crate::cli::{Release, Source};
use crate::error::Error;
use crate::output::{COMMENT, HEADING, Output};

pub(crate) fn run(source: &Source, release: Release, out: &mut Output) -> Result<(), Error> {
    let text = source.load()?.text(release.into()).to_string();
    for line in text.lines() {
        let start = line.trim_start();
        if start.starts_with("# ") {
            out.styled(COMMENT, line)?;
        } else if start.starts_with("class ") || !line.starts_with(' ') {
            out.styled(HEADING, line)?;
        } else {
            out.line(line)?;
        }
    }
    Ok(())
}
