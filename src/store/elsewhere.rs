use std::collections::BTreeSet;

/// Tables that an application has beside those of its modules, and the module that most have.
const BESIDE: [&str; 5] = ["-tasks", "-import_tmp", "-sequences", "-session", "-master-data"];

/// Other applications and environments, told from the names of their tables alone: `dev-shop`.
pub(super) fn applications(tables: &BTreeSet<String>) -> Vec<String> {
    let is_module = |base: &str| ["command", "history"].iter().all(|kind| tables.contains(&format!("{base}-{kind}")));
    let modules: Vec<&str> =
        tables.iter().filter_map(|name| name.strip_suffix("-data")).filter(|base| is_module(base)).collect();
    let beside = tables.iter().filter_map(|name| BESIDE.iter().find_map(|suffix| name.strip_suffix(suffix)));
    let mut found: BTreeSet<String> = beside
        .filter(|prefix| modules.iter().any(|base| base.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-'))))
        .map(str::to_owned)
        .collect();
    for base in modules {
        let is_of = |prefix: &String| base.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('-'));
        // Where nothing tells where the application's name ends, it is taken for one word.
        if !found.iter().any(is_of)
            && let [environment, app, _, ..] = base.split('-').collect::<Vec<_>>()[..]
        {
            found.insert(format!("{environment}-{app}"));
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_are_told_from_their_tables() {
        let of = |names: &[&str]| applications(&names.iter().map(|name| (*name).to_owned()).collect());
        let module = |base: &str| ["data", "command", "history"].map(|kind| format!("{base}-{kind}"));
        let tables = |bases: &[&str], more: &[&str]| {
            let all: Vec<String> =
                bases.iter().flat_map(|b| module(b)).chain(more.iter().map(|m| (*m).to_owned())).collect();
            of(&all.iter().map(String::as_str).collect::<Vec<_>>())
        };
        assert_eq!(tables(&["dev-shop-product", "dev-shop-master"], &[]), ["dev-shop"]);
        assert_eq!(tables(&["dev-my-shop-product"], &["dev-my-shop-tasks"]), ["dev-my-shop"]);
        assert_eq!(tables(&["stg-shop-product", "dev-shop-product"], &["users", "x-data"]), ["dev-shop", "stg-shop"]);
        assert_eq!(of(&["users", "orders-data", "a-b-c-data", "jobs-tasks"]), Vec::<String>::new());
    }
}
