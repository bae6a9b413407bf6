//! Manual pages, one for each command.

use clap::Command;
use clap_mangen::Man;

use super::help;

/// A page: the name of its file and its text in roff.
pub type Page = (String, Vec<u8>);

/// The pages of the program and of all its commands.
///
/// # Errors
/// What the writer says.
pub fn pages() -> std::io::Result<Vec<Page>> {
    let mut out = Vec::new();
    let mut command = super::for_operators();
    command.build();
    add(&command, "", &mut out)?;
    Ok(out)
}

/// Adds a command's page and those of the commands under it; `path` are the words that lead to it.
fn add(command: &Command, path: &str, out: &mut Vec<Page>) -> std::io::Result<()> {
    let name = format!("tenantry {path}").trim_end().replace(' ', "-");
    let man = Man::new(command.clone()).source(format!("tenantry {}", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    if command.get_arguments().any(|arg| !arg.is_hide_set()) {
        man.render_options_section(&mut text)?;
    }
    let shown: Vec<&Command> = command.get_subcommands().filter(|command| !command.is_hide_set()).collect();
    if !shown.is_empty() {
        man.render_subcommands_section(&mut text)?;
    }
    text.extend_from_slice(behind(path).as_bytes());
    out.push((format!("{name}.1"), text));
    for command in shown {
        add(command, format!("{path} {}", command.get_name()).trim(), out)?;
    }
    Ok(())
}

/// Examples and exit codes as they stand, line by line.
fn behind(path: &str) -> String {
    let mut out = String::new();
    for (heading, lines) in help::sections(path) {
        out.push_str(&format!(".SH {heading}\n.nf\n"));
        for line in lines {
            // A full stop or a quote at the beginning would be an instruction.
            out.push_str(&format!("\\&{}\n", line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq")));
        }
        out.push_str(".fi\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_a_page_with_examples_and_exit_codes() {
        let pages = pages().unwrap();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["tenantry.1", "tenantry-run.1", "tenantry-runs.1", "tenantry-runs-show.1", "tenantry-man.1"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        assert!(names.iter().all(|name| !name.contains("worker") && !name.contains("__")), "{names:?}");
        let text = |name: &str| String::from_utf8(pages.iter().find(|page| page.0 == name).unwrap().1.clone()).unwrap();
        let run = text("tenantry-run.1");
        for part in [
            ".TH tenantry-run 1",
            "SH NAME",
            "tenantry run",
            ".SH EXAMPLES",
            "\\&tenantry run copy.toml \\-\\-arm",
            ".SH \"EXIT STATUS\"",
            "\\-\\-approve",
        ] {
            assert!(run.contains(part), "{part}: {run}");
        }
        assert!(!text("tenantry-config.1").contains("EXAMPLES"), "a command that only has others has none");
    }
}
