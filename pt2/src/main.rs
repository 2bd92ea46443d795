//! `pt2`: looks into the files that `torch.export.save` writes, without PyTorch.

use clap::Parser;

/// Looks into programs that torch.export.save wrote (.pt2 files), without PyTorch.
#[derive(Parser)]
#[command(name = "pt2", version, arg_required_else_help = true)]
struct Cli {}

fn main() {
    let Cli {} = Cli::parse();
}
