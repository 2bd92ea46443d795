//! `pt2`: inspects the files that `torch.export.save` writes, without PyTorch.

use clap::Parser;

/// Inspects .pt2 files, which torch.export.save writes, without PyTorch.
#[derive(Parser)]
#[command(name = "pt2", version, arg_required_else_help = true)]
struct Cli {}

fn main() {
    let Cli {} = Cli::parse();
}
