//! Scripts with which shells complete words of the command line.

use clap_complete::Shell;

use super::COMMAND;

const BASH: &str = r##"# completion of tenantry for bash: eval "$(tenantry completions bash)"
_tenantry() {
    local word rest
    COMPREPLY=()
    while IFS=$'\t' read -r word rest; do
        [[ $word == ":files" ]] || COMPREPLY+=("$word")
    done < <("${COMP_WORDS[0]}" COMMAND -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null \
        || compgen -W "%NAMES%" -- "${COMP_WORDS[COMP_CWORD]}")
}
# Where no word fits, a file does.
complete -o default -F _tenantry tenantry
"##;

const ZSH: &str = r##"#compdef tenantry
# completion of tenantry for zsh: source <(tenantry completions zsh), or as _tenantry in a directory of $fpath
_tenantry() {
    local -a lines found
    local line name about files
    lines=("${(@f)$("${words[1]}" COMMAND -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    (( $#lines )) || lines=(${(s: :):-"%NAMES%"})
    for line in "${lines[@]}"; do
        [[ -z $line ]] && continue
        if [[ $line == ":files" ]]; then files=1; continue; fi
        name=${line%%$'\t'*}
        about=${line#*$'\t'}
        [[ $about == $line ]] && about=
        found+=("${name//:/\\:}${about:+:$about}")
    done
    (( $#found )) && _describe -t words tenantry found
    [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _tenantry ]]; then
    _tenantry "$@"
elif (( $+functions[compdef] )); then
    compdef _tenantry tenantry
fi
"##;

const FISH: &str = r##"# completion of tenantry for fish: tenantry completions fish | source
function __tenantry_answer
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    command tenantry COMMAND -- $before[2..-1] "$current" 2>/dev/null
    or string split ' ' "%NAMES%"
end
function __tenantry_takes_file
    __tenantry_answer | string match -q ':files'
end
complete -c tenantry -f -a '(__tenantry_answer | string match -v ":files")'
complete -c tenantry -n __tenantry_takes_file -F
"##;

/// The script of a shell. Those for bash, zsh and fish ask the program; where that cannot be started they know the commands. Others
/// know commands and options as they were when the script was written.
#[must_use]
pub fn script(shell: Shell) -> String {
    let mut command = crate::cli::for_operators();
    let template = match shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
        other => {
            let mut script = Vec::new();
            clap_complete::generate(other, &mut command, "tenantry", &mut script);
            return String::from_utf8_lossy(&script).into_owned();
        }
    };
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    template.replace("COMMAND", COMMAND).replace("%NAMES%", &names.join(" "))
}
