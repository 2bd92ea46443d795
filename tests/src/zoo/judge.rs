//! What holds for a program of a zoo.

use super::{Expect, ZooProgram};
use program::{Archive, ExportedProgram, TextRelease};
use std::fmt;
use std::path::Path;

/// What is asked of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The file loads.
    Load,
    /// Its text is that of Python.
    Text,
    /// It is saved, loads again, prints the same, and is saved as the same bytes.
    Save,
    /// Its checksums are right, and the program keeps all rules.
    Check,
    /// What cannot be used is refused with the reason.
    Refuse,
    /// It gives the recorded outputs, and refuses the recorded bad inputs.
    Run,
}

/// The result for a program: nothing, or the step that failed and why.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The name of the program.
    pub name: String,
    /// The first failure.
    pub failure: Option<(Step, String)>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Load => "load",
            Step::Text => "text",
            Step::Save => "save",
            Step::Check => "check",
            Step::Refuse => "refuse",
            Step::Run => "run",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            None => write!(f, "{}: ok", self.name),
            Some((step, why)) => write!(f, "{}: {step}: {why}", self.name),
        }
    }
}

impl ZooProgram {
    /// Loads, prints, saves and checks the program.
    pub fn judge(&self) -> Verdict {
        Verdict { name: self.name.clone(), failure: self.steps().err() }
    }

    /// The same, and runs it on its cases.
    #[cfg(feature = "tch")]
    pub fn judge_run(&self) -> Verdict {
        let run = || match self.expect {
            Expect::Equal => self.run().map_err(|e| (Step::Run, e)),
            Expect::Print => Ok(()),
            // It may have been refused when it was loaded.
            Expect::Refused => match self.run_refused() {
                Ok(error) => self.refused(&error),
                Err(why) => Err((Step::Refuse, why)),
            },
        };
        Verdict { name: self.name.clone(), failure: self.steps().err().or_else(|| run().err()) }
    }

    fn steps(&self) -> Result<(), (Step, String)> {
        let path = self.folder.join("model.pt2");
        let archive = Archive::open(&path).map_err(|e| (Step::Load, e.to_string()))?;
        let Some(name) = archive.programs().first().cloned() else {
            return Err((Step::Load, "the archive has no program".to_owned()));
        };
        // Other programs of the archive only have to load.
        let programs = archive.programs().iter().map(|name| archive.program(name)).collect::<Result<Vec<_>, _>>();
        let programs = match programs {
            Err(error) if self.expect == Expect::Refused => return self.refused(&error.to_string()),
            programs => programs.map_err(|e| (Step::Load, e.to_string()))?,
        };
        let program = archive.program(&name).map_err(|e| (Step::Load, e.to_string()))?;
        let (expected, new) = self.text().map_err(|e| (Step::Text, e.to_string()))?;
        let release = if new { TextRelease::Torch2_15 } else { TextRelease::Torch2_13 };
        let text = program.text(release).to_string();
        same_text(&text, &expected).map_err(|e| (Step::Text, e))?;
        for program in &programs {
            saved(program).map_err(|e| (Step::Save, e))?;
        }
        if let Some(error) = archive.verify().first() {
            return Err((Step::Check, error.to_string()));
        }
        Ok(())
    }

    /// Writes every program of the archive to `folder/NAME.pt2`, all but the first with their own names behind it.
    ///
    /// # Errors
    /// The message of the error.
    pub fn save_to(&self, folder: &Path) -> Result<(), String> {
        let archive = Archive::open(self.folder.join("model.pt2")).map_err(|e| e.to_string())?;
        for (i, name) in archive.programs().iter().enumerate() {
            let file = if i == 0 { format!("{}.pt2", self.name) } else { format!("{}.{name}.pt2", self.name) };
            let program = archive.program(name).map_err(|e| e.to_string())?;
            program.save(folder.join(file)).map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    /// An error that refuses a program has to name what `why` says.
    fn refused(&self, error: &str) -> Result<(), (Step, String)> {
        let words =
            self.why.split(|c: char| !(c.is_alphanumeric() || c == ':' || c == '_')).filter(|word| word.len() > 3);
        let named = words.clone().any(|word| error.contains(word) || error.contains(&word.replace("::", ".")));
        if named { Ok(()) } else { Err((Step::Refuse, format!("the error does not name {:?}: {error}", self.why))) }
    }
}

/// Compares texts, and says where they differ.
fn same_text(found: &str, expected: &str) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let mut lines = found.lines().zip(expected.lines()).enumerate();
    Err(match lines.find(|(_, (found, expected))| found != expected) {
        Some((line, (found, expected))) => format!("line {}: expected {expected:?}, found {found:?}", line + 1),
        None => format!("it has {} lines, and {} are expected", found.lines().count(), expected.lines().count()),
    })
}

/// Saves a program and loads it again.
fn saved(program: &ExportedProgram) -> Result<(), String> {
    let bytes = program.to_bytes().map_err(|e| e.to_string())?;
    let again = ExportedProgram::read(bytes.clone()).map_err(|e| format!("the saved file does not load: {e}"))?;
    same_text(&again.to_string(), &program.to_string())?;
    let twice = again.to_bytes().map_err(|e| e.to_string())?;
    if twice == bytes { Ok(()) } else { Err("saved again, it has other bytes".to_owned()) }
}
