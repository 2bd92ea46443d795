//! The arguments of the program.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use conformance::seed;

use crate::list::{self, Model};

/// How many models a run without `--all` takes.
const SAMPLE: usize = 4;

/// What the program was asked for.
pub(crate) struct Arguments {
    /// Where everything is written.
    pub(crate) folder: PathBuf,
    /// Whether the folder is of this run alone.
    pub(crate) is_temporary: bool,
    /// The file of the table.
    pub(crate) table: Option<PathBuf>,
    /// The model that this process exports for another one.
    pub(crate) child: Option<String>,
    /// The model whose seconds this process prints.
    pub(crate) seconds: Option<String>,
    chosen: Chosen,
}

enum Chosen {
    Sample,
    All,
    Only(Vec<String>),
}

impl Arguments {
    pub(crate) fn read() -> Result<Arguments> {
        let (mut folder, mut table, mut chosen) = (None, None, Chosen::Sample);
        let (mut child, mut seconds) = (None, None);
        let mut given = std::env::args_os().skip(1);
        while let Some(argument) = given.next() {
            let mut value = |what| given.next().with_context(|| format!("{what} needs a value"));
            match argument.to_str() {
                Some("--all") => chosen = Chosen::All,
                Some("--only") => {
                    let name = value("--only")?.to_string_lossy().into_owned();
                    match &mut chosen {
                        Chosen::Only(names) => names.push(name),
                        _ => chosen = Chosen::Only(vec![name]),
                    }
                }
                Some("--table") => table = Some(PathBuf::from(value("--table")?)),
                Some("--child") => child = Some(value("--child")?.to_string_lossy().into_owned()),
                Some("--seconds") => seconds = Some(value("--seconds")?.to_string_lossy().into_owned()),
                Some(other) if other.starts_with('-') => {
                    bail!("unknown option {other}; there are --all, --only NAME and --table FILE")
                }
                _ => folder = Some(PathBuf::from(argument)),
            }
        }
        let is_temporary = folder.is_none();
        let temporary = || std::env::temp_dir().join(format!("torch-export-models-{}", std::process::id()));
        Ok(Arguments { folder: folder.unwrap_or_else(temporary), is_temporary, table, child, seconds, chosen })
    }

    /// The models of the run.
    pub(crate) fn models(&self) -> Result<Vec<Model>> {
        match &self.chosen {
            Chosen::All => Ok(list::all()),
            Chosen::Only(names) => names.iter().map(|name| list::find(name)).collect(),
            Chosen::Sample => Ok(sample(list::small(), seed())),
        }
    }
}

/// Some of the models: each is as likely as any other.
fn sample(mut models: Vec<Model>, mut seed: u64) -> Vec<Model> {
    while models.len() > SAMPLE {
        // Knuth's generator, of which the high bits are good.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = (seed >> 33) as usize % models.len();
        models.remove(drawn);
    }
    models
}
