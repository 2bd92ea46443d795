//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use program::TextRelease;
use std::path::PathBuf;

/// Inspects .pt2 files, which torch.export.save writes, without PyTorch.
///
/// Exit codes: 0 for success, 1 when `check` finds something or the programs of `diff` differ, 2 for errors.
#[derive(Parser)]
#[command(name = "pt2", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// When to use colours. NO_COLOR and a pipe turn them off.
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub(crate) color: Color,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Prints the program, as Python's print(ep) does.
    Show {
        #[command(flatten)]
        source: Source,
        /// The release of PyTorch whose text is printed.
        #[arg(long, value_enum, default_value_t = Release::V2_13)]
        release: Release,
    },
    /// Prints inputs and outputs as a tree, with types, sizes, symbols and ranges.
    Tree {
        #[command(flatten)]
        source: Source,
        /// Draw an SVG image.
        #[arg(long, conflicts_with = "json")]
        svg: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints ops by count, parameters, bytes, element types, devices and versions.
    Summary {
        #[command(flatten)]
        source: Source,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Checks all rules that a file keeps, checksums included. Prints one line a finding.
    Check {
        #[command(flatten)]
        source: Source,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Compares two programs. Renamed nodes are matched.
    Diff {
        /// The first file.
        a: PathBuf,
        /// The second file.
        b: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints what inputs must satisfy, in words.
    Guards {
        #[command(flatten)]
        source: Source,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists parameters, buffers and constants, or extracts them.
    Weights {
        #[command(flatten)]
        source: Source,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Write them to this safetensors file.
        #[arg(long, value_name = "FILE")]
        extract: Option<PathBuf>,
    },
    /// Prints a script that completes this command in a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// A program in a file.
#[derive(Args)]
pub(crate) struct Source {
    /// The file; `-` is the standard input.
    pub(crate) file: PathBuf,
    /// The program, if the file has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) program: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    pub(crate) fn write_global(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Release {
    #[value(name = "2.13")]
    V2_13,
    #[value(name = "2.15")]
    V2_15,
}

impl From<Release> for TextRelease {
    fn from(release: Release) -> Self {
        match release {
            Release::V2_13 => TextRelease::Torch2_13,
            Release::V2_15 => TextRelease::Torch2_15,
        }
    }
}
