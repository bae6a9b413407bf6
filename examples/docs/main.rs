//! Writes the reference: `cargo run --example docs`. With `--dist DIR` completions and man pages for packages instead.

use std::io;
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use tenantry::{cli, reference};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => reference::write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference")),
        [option, dir] if option == "--dist" => dist(&PathBuf::from(dir)),
        _ => Err(io::Error::other("docs [--dist DIR]")),
    }
}

fn dist(dir: &Path) -> io::Result<()> {
    let (completions, manuals) = (dir.join("completions"), dir.join("man"));
    for dir in [&completions, &manuals] {
        std::fs::create_dir_all(dir)?;
    }
    for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut cli::for_operators(), "tenantry", &completions)?;
    }
    clap_mangen::generate_to(cli::for_operators(), &manuals)
}
