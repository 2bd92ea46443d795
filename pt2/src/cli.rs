//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use program::TextRelease;
use std::path::PathBuf;

/// Inspects and runs .pt2 files, which torch.export.save writes, without PyTorch.
///
/// Exit codes: 0 for success, 1 when `check` finds something, the programs of `diff` differ, or the outputs of `run` differ
/// from recorded ones, 2 for errors.
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
    /// Prints ops by count, parameters, bytes, element types, devices and versions; of an AOTInductor package its target.
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
    /// Runs the program, on inputs from a file, from the command line, or random ones. Needs a build with libtorch.
    ///
    /// Inputs are named as `tree` prints them, or by their path: `x`, `cache_key_cache_0`, `cache.key_cache.0`. Constants of
    /// the program need not be given.
    Run(RunArgs),
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

/// What `run` is told.
#[derive(Args)]
#[cfg_attr(not(feature = "run"), allow(dead_code, reason = "without libtorch the arguments are only documented"))]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Inputs by name: a safetensors or npz file.
    #[arg(long, value_name = "FILE")]
    pub(crate) inputs: Option<PathBuf>,
    /// One input, which replaces that of a file: a number, True, None, or a list such as `[[1, 2], [3, 4]]`.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) input: Vec<String>,
    /// Random values for all other inputs, at these sizes. A symbol that is not named has its size in the example.
    #[arg(long, value_name = "SYMBOL=SIZE", num_args = 0..)]
    pub(crate) random: Option<Vec<String>>,
    /// The seed of random values, and of random ops in the program.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: i64,
    /// Write the outputs to this safetensors file, in place of printing them.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Compare the outputs with those in this safetensors or npz file. If they differ, the exit code is 1.
    #[arg(long, value_name = "FILE")]
    pub(crate) compare: Option<PathBuf>,
    /// The largest relative difference. The defaults are those of torch.testing.assert_close for the element type.
    #[arg(long, value_name = "R", requires = "compare")]
    pub(crate) rtol: Option<f64>,
    /// The largest absolute difference.
    #[arg(long, value_name = "A", requires = "compare")]
    pub(crate) atol: Option<f64>,
    /// Time N more calls.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) time: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
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
