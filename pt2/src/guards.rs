//! `pt2 guards`: what inputs must satisfy, in words.

use crate::cli::Source;
use crate::error::Error;
use crate::output::{HEADING, NAME, Output, paint};

pub(crate) fn run(source: &Source, json: bool, out: &mut Output) -> Result<(), Error> {
    let requirements = source.load()?.requirements();
    if json {
        return out.json(&requirements);
    }
    let mut last = None;
    for requirement in &requirements {
        if let Some(input) = &requirement.input {
            match last == Some(input) {
                true => out.line(&format!("  {}", requirement.text))?,
                false => out.line(&format!("{}: {}", paint(NAME, input), requirement.text))?,
            }
            last = Some(input);
        }
    }
    let conditions: Vec<_> = requirements.iter().filter(|requirement| requirement.input.is_none()).collect();
    if !conditions.is_empty() {
        out.styled(HEADING, "conditions")?;
    }
    for condition in conditions {
        out.line(&format!("  {}", condition.text))?;
    }
    Ok(())
}
