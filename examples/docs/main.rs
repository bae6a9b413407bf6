//! Writes the reference: `cargo run --example docs`. With `--dist DIR` completions and man pages for packages instead.

use std::io;
use std::path::{Path, PathBuf};

use clap_complete::{Generator as _, Shell};
use tenantry::{cli, manual, reference};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => reference::write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference")),
        [option, dir] if option == "--dist" => dist(&PathBuf::from(dir)),
        _ => Err(io::Error::other("docs [--dist DIR]")),
    }
}

/// The same scripts and pages as `tenantry completions` and `tenantry man`.
fn dist(dir: &Path) -> io::Result<()> {
    let completions = dir.join("completions");
    std::fs::create_dir_all(&completions)?;
    for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
        std::fs::write(completions.join(shell.file_name("tenantry")), cli::completion::script(shell))?;
    }
    manual::write(&dir.join("man")).map_err(|failure| io::Error::other(failure.message))?;
    Ok(())
}
