use super::*;

#[test]
fn an_unknown_key_is_named_with_its_neighbour() {
    for (text, line, key, hint) in [
        (copy_plan("resaon = \"\"", ""), 3, "resaon", Some("did you mean reason?")),
        (copy_plan("", "[run]\nconcurency = 3"), 10, "run.concurency", Some("did you mean concurrency?")),
        (copy_plan("", "exsting = \"skip\""), 9, "target.exsting", Some("did you mean existing?")),
        (copy_plan("", "[sauce]\nx = 1"), 9, "sauce", Some("did you mean source?")),
        (copy_plan("zzz = 1", ""), 3, "zzz", None),
        (copy_plan("batch = 10", ""), 3, "batch", Some("batch belongs in [run]")),
        (copy_plan("tenant = \"acme\"", ""), 3, "tenant", Some("tenant belongs in [source] or in [target]")),
        (
            copy_plan("", "module = \"x\""),
            9,
            "target.module",
            Some("module belongs at the top of the file, before the first [table]"),
        ),
        // The first in the file, in whichever table it stands.
        (copy_plan("", "bad = 1\n[run]\nalso = 1\n[abc]"), 9, "target.bad", None),
    ] {
        assert_complaint(&text, line, key, &format!("{key} is not a key that a copy plan may have"), hint);
    }
    let text = undo_plan("conflict = \"skip\"");
    let message = "undo.conflict is not a key that an undo plan may have";
    assert_complaint(&text, 5, "undo.conflict", message, Some("did you mean conflicts?"));
    // A misspelt key says more than the absence of what it was meant to be.
    let text = copy_plan("", "").replace("[source]", "[sorce]");
    assert_complaint(&text, 4, "sorce", "sorce is not a key that a copy plan may have", Some("did you mean source?"));
    let text = copy_plan("", "").replace("operation", "operaton");
    let message = "operaton is not a key that a plan may have";
    assert_complaint(&text, 2, "operaton", message, Some("did you mean operation?"));
    assert_complaint(
        &copy_plan("", "").replacen("name", "nmae", 1),
        1,
        "nmae",
        "nmae is not a key that a copy plan may have",
        Some("did you mean name?"),
    );
}

#[test]
fn keys_of_other_operations_are_told_apart_from_unknown_ones() {
    for (more, key, owners) in [
        ("[normalize]\ncollision = \"block\"", "normalize", "normalize"),
        ("[undo]\nrun = \"x\"", "undo", "undo"),
        ("[rollback]\nto_version = 4", "rollback", "rollback"),
        ("[schema]\ncurrent = 3", "schema", "transform"),
        ("[[chain]]\nfrom = 1", "chain", "transform"),
        ("[import]\nrejects = \"r\"", "import", "import"),
        ("[export]\nto = \"x\"", "export", "export"),
        ("[users]\npool = \"\"", "users", "users"),
    ] {
        let message = format!("{key} does not belong to operation copy");
        assert_complaint(&copy_plan("", more), 9, key, &message, Some(&format!("it belongs to {owners}")));
    }
    for (line, key, owner) in
        [("tenants = [\"A\"]", "source.tenants", "normalize"), ("file = \"f.csv\"", "source.file", "import")]
    {
        let text = copy_plan("", "").replace("[source]", &format!("[source]\n{line}"));
        let message = format!("{key} does not belong to operation copy");
        assert_complaint(&text, 5, key, &message, Some(&format!("it belongs to {owner}")));
    }
    for (text, key) in [
        (undo_plan("[source]\ntenant = \"acme\""), "source"),
        (undo_plan("[target]\ntenant = \"acme\""), "target"),
        (undo_plan("").replace("[undo]", "module = \"product\"\n[undo]"), "module"),
    ] {
        let error = complaint(&text);
        assert_eq!(
            (error.message, error.key.as_deref()),
            (format!("{key} does not belong to operation undo"), Some(key))
        );
        assert!(error.hint.unwrap().starts_with("it belongs to copy, move, "));
    }
    for (more, key) in
        [("[[transform]]\nremove = [\"a\"]", "transform"), ("[validate]\non_invalid = \"stop\"", "validate")]
    {
        assert!(complaint(&undo_plan(more)).message.ends_with("does not belong to operation undo"), "{key}");
    }
}

#[test]
fn operations_are_words_of_the_contract_that_this_version_can_run() {
    let text = |word: &str| copy_plan("", "").replace("\"copy\"", word);
    let hint = Some("`tenantry doctor --repair` finishes what is wedged");
    assert_complaint(&text("\"repair\""), 2, "operation", "repair is no plan's operation", hint);
    let words =
        "\"copy\", \"move\", \"normalize\", \"transform\", \"import\", \"export\", \"users\", \"rollback\" or \"undo\"";
    let hint = Some("did you mean copy?");
    assert_complaint(&text("\"cpoy\""), 2, "operation", &format!("operation must be {words}, not \"cpoy\""), hint);
    assert_complaint(&text("5"), 2, "operation", "operation must be a string, not 5", None);
    let message = format!("operation is missing: it is one of {words}");
    assert_complaint(&text("\"\""), 2, "operation", &message, None);
    assert_complaint("", 1, "operation", &message, None);
    assert_complaint("[source]\ntenant = \"acme\"\n", 1, "operation", &message, None);
}

#[test]
fn required_keys_are_missed_in_their_tables() {
    let without = |line: &str| copy_plan("", "").replacen(&format!("{line}\n"), "", 1);
    let from = "it is the code of the tenant that entities are taken from";
    let to = "it is the code of the tenant that entities are written to";
    let name = "it says what the plan is for, in journals and in lists of runs";
    assert_complaint(&without("name = \"n\""), 1, "name", &format!("name is missing: {name}"), None);
    assert_complaint(
        &without("tenant = \"acme\""),
        4,
        "source.tenant",
        &format!("source.tenant is missing: {from}"),
        None,
    );
    assert_complaint(
        &without("tenant = \"globex\""),
        7,
        "target.tenant",
        &format!("target.tenant is missing: {to}"),
        None,
    );
    let no_tables = "name = \"n\"\noperation = \"copy\"\n";
    assert_complaint(no_tables, 1, "source.tenant", &format!("source.tenant is missing: {from}"), None);
    let text = copy_plan("", "").replace("\"globex\"", "\"\"");
    assert_complaint(&text, 8, "target.tenant", &format!("target.tenant is missing: {to}"), None);
    let run = "undo.run is missing: it is the run to take back";
    assert_complaint("name = \"n\"\noperation = \"undo\"\n", 1, "undo.run", run, None);
    assert_complaint("name = \"n\"\noperation = \"undo\"\n[undo]\nconflicts = \"skip\"\n", 3, "undo.run", run, None);
}
