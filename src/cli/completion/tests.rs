use super::*;

struct Machine;

impl Known for Machine {
    fn profiles(&self) -> Vec<String> {
        vec!["prod".to_owned(), "staging".to_owned()]
    }

    fn runs(&self) -> Vec<String> {
        vec!["01JD1S0V3Q8ZJ5N4M6T7W9XYAB".to_owned()]
    }

    fn modules(&self, profile: Option<&str>) -> Vec<String> {
        vec![format!("of-{}", profile.unwrap_or("default"))]
    }
}

/// The words that complete a line whose last word ends at its end.
fn words(line: &str) -> Vec<String> {
    answer(line).words.into_iter().map(|(word, _)| word).collect()
}

fn answer(line: &str) -> Answer {
    let typed: Vec<String> = line.split(' ').map(str::to_owned).collect();
    complete(&crate::cli::for_operators(), &typed, &Machine)
}

#[test]
fn commands_and_options_are_those_of_the_place() {
    let all = words("");
    for name in ["tenants", "preview", "runs", "config", "man"] {
        assert!(all.contains(&name.to_owned()), "{name}: {all:?}");
    }
    assert!(!all.iter().any(|word| word.starts_with("__") || word == "worker"), "{all:?}");
    assert_eq!(words("ru"), ["run", "runs"]);
    assert_eq!(words("--sandbox runs pr"), ["prune"]);
    assert_eq!(words("runs show --st"), ["--state"]);
    assert_eq!(words("entities PRODUCT#acme --sk"), ["--sk-prefix"]);
    assert_eq!(words("tenants --"), words("tenants -"));
    assert!(words("tenants --").contains(&"--keys".to_owned()) && !words("find x --").contains(&"--keys".to_owned()));
    let about = answer("whoa").words.pop().unwrap().1;
    assert!(about.starts_with("Show who is signed in"), "{about}");
}

#[test]
fn each_option_offers_its_own_words() {
    assert_eq!(words("run --approve "), ["ask", "canary", "all"]);
    assert_eq!(words("entities P#a --deleted "), ["keep", "skip", "only"]);
    assert_eq!(words("entities P#a --deleted=s"), ["--deleted=skip"]);
    // As bash breaks the word.
    assert_eq!(words("entities P#a --deleted = s"), ["skip"]);
    assert_eq!(words("entities P#a --deleted ="), ["keep", "skip", "only"]);
    assert_eq!(words("undo 01J --conflicts f"), ["force"]);
    assert_eq!(words("--pipeline "), ["off"]);
    assert_eq!(words("find x --in "), ["id", "sk", "code", "name"]);
    assert_eq!(words("completions z"), ["zsh"]);
    assert_eq!(words("plan example tr"), ["transform"]);
    assert!(words("entities P#a --limit ").is_empty());
}

#[test]
fn what_this_machine_knows_is_offered_where_it_fits() {
    let run = ["01JD1S0V3Q8ZJ5N4M6T7W9XYAB"];
    for line in ["runs show ", "undo 01JD", "run --resume ", "runs export ", "verify "] {
        assert_eq!(words(line), run, "{line}");
    }
    assert!(words("runs export 01JD1S0V3Q8ZJ5N4M6T7W9XYAB ").is_empty());
    assert_eq!(words("--profile "), ["prod", "staging"]);
    assert_eq!(words("tenants --module "), ["of-default"]);
    for line in
        ["--profile prod tenants --module ", "tenants --profile=prod --module ", "tenants --profile prod --module o"]
    {
        assert_eq!(words(line), ["of-prod"], "{line}");
    }
}

#[test]
fn files_are_left_to_the_shell() {
    for line in [
        "preview ",
        "run ",
        "verify ",
        "--config ",
        "snapshot --to ",
        "export P#a --to ",
        "import ",
        "import x.csv ",
        "man ",
    ] {
        assert!(answer(line).files, "{line}");
    }
    for line in ["", "tenants --module ", "runs show ", "run --approve "] {
        assert!(!answer(line).files, "{line}");
    }
}

#[test]
fn every_shell_has_a_script_that_knows_the_commands() {
    for shell in [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish] {
        let text = script(shell);
        assert!(text.contains("whoami") && text.contains(COMMAND) && !text.contains("%NAMES%"), "{text}");
    }
    assert!(script(clap_complete::Shell::PowerShell).contains("--approve"));
}
