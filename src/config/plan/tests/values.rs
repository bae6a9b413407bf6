use super::*;

#[test]
fn a_module_is_told_by_the_type_or_named() {
    let modules = |top: &str| read(&copy_plan(top, "")).unwrap().modules;
    assert_eq!(modules(""), Modules::ByType);
    assert_eq!(modules("module = \"\""), Modules::ByType);
    assert_eq!(modules("module = \"*\""), Modules::All);
    assert_eq!(modules("module = \"goods\""), Modules::Named(vec!["goods".to_owned()]));
    for every in ["", "type = \"\"", "type = \"*\""] {
        let text = |top: &str| {
            format!(
                "name = \"n\"\noperation = \"copy\"\n{top}\n[source]\n{every}\ntenant = \"acme\"\n[target]\ntenant = \"globex\"\n"
            )
        };
        assert_eq!(read(&text("module = \"*\"")).unwrap().modules, Modules::All);
        for (top, line) in [("", 1), ("module = \"\"", 3)] {
            let hint = Some("name a type, or write module = \"*\" for every module");
            let message = "module is missing: source.type names no type that would tell it";
            assert_complaint(&text(top), line, "module", message, hint);
        }
    }
    let what = "module must be a module, a list of modules, or \"*\" for every module, not";
    for (top, message) in [
        ("module = 5", format!("{what} 5")),
        ("module = true", format!("{what} boolean")),
        ("module = []", "module must name at least one module".to_owned()),
        ("module = [\"*\"]", "module must be \"*\" alone for every module, not in a list".to_owned()),
        ("module = [\"a\", \"*\"]", "module must be \"*\" alone for every module, not in a list".to_owned()),
        ("module = [\"a\", 1]", "module must be a list of strings, not 1".to_owned()),
        ("module = [\"a\", \"\"]", "module names a module that is empty".to_owned()),
        ("module = [\"a\", \"a\"]", "module names \"a\" twice".to_owned()),
    ] {
        assert_complaint(&copy_plan(top, ""), 3, "module", &message, None);
    }
}

#[test]
fn tenants_are_two_codes() {
    let text = |source: &str, target: &str| {
        copy_plan("", "").replace("\"acme\"", &format!("{source:?}")).replace("\"globex\"", &format!("{target:?}"))
    };
    let message = "target.tenant must differ from source.tenant: both are \"acme\"";
    assert_complaint(&text("acme", "acme"), 8, "target.tenant", message, None);
    // Codes that differ in case are two tenants to DynamoDB.
    assert!(read(&text("ACME", "acme")).is_ok());
    let hint = Some("write the code alone, such as acme for the partitions PRODUCT#acme and ORDER#acme");
    for code in ["PRODUCT#acme", "acme@2", "#", "@"] {
        let message = |key: &str| format!("{key} must contain neither \"#\" nor \"@\": {code:?} is no tenant code");
        assert_complaint(&text(code, "globex"), 6, "source.tenant", &message("source.tenant"), hint);
        assert_complaint(&text("acme", code), 8, "target.tenant", &message("target.tenant"), hint);
    }
    let error = complaint(&text("PRODUCT#acme", "globex"));
    assert_eq!(error.column, Some(10));
    let text = copy_plan("", "").replace("\"PRODUCT\"", "\"PRODUCT#acme\"");
    let message = "source.type must not contain \"#\": it is the first segment of the partition key";
    assert_complaint(&text, 5, "source.type", message, None);
}

#[test]
fn keys_are_distinct_sort_keys() {
    let text = |lines: &str| copy_plan("", "").replace("[source]", &format!("[source]\n{lines}"));
    assert!(read(&text("sk_prefix = \"P-\"\nkeys = [\"P-1\", \"Q-1\"]")).is_ok());
    for (lines, line, message) in [
        ("keys = [\n\"a\",\n\"b\",\n\"a\",\n]", 8, "source.keys names \"a\" twice"),
        ("keys = [\"a\", \"\"]", 5, "source.keys names a sort key that is empty"),
        ("keys = [\"a\", 5]", 5, "source.keys must be a list of strings, not 5"),
        ("keys = \"a\"", 5, "source.keys must be a list of strings, not string"),
    ] {
        assert_complaint(&text(lines), line, "source.keys", message, None);
    }
}

#[test]
fn wrong_values_say_what_is_wanted() {
    let ratio = "a whole number from 0 on, or a percentage such as \"5%\" or \"2.5%\"";
    let time = "a time up to a week, such as \"30s\", \"5m\" or \"1h\"";
    for (line, wanted) in [
        ("batch = 0", "a whole number from 1 on, not 0"),
        ("batch = -1", "a whole number from 1 on, not -1"),
        ("batch = \"1\"", "a whole number from 1 on, not string"),
        ("batch = 1.5", "a whole number from 1 on, not 1.5"),
        ("batch = 99999999999999999999999", "a whole number from 1 on, not 99999999999999999999999"),
        ("canary = 0", "a whole number from 1 on, not 0"),
        ("pending = 0", "a whole number from 1 on, not 0"),
        ("concurrency = 0", "a whole number from 1 to 256, not 0"),
        ("concurrency = 257", "a whole number from 1 to 256, not 257"),
        ("rate = -1", "a whole number from 0 to 4294967295, not -1"),
        ("rate = 2.0", "a whole number from 0 to 4294967295, not 2.0"),
        ("rate = 4294967296", "a whole number from 0 to 4294967295, not 4294967296"),
        ("polite = 0", "a number from 0.0001 to 1, such as 0.5, not 0"),
        ("polite = 1.5", "a number from 0.0001 to 1, such as 0.5, not 1.5"),
        ("polite = nan", "a number from 0.0001 to 1, such as 0.5, not nan"),
        ("polite = \"half\"", "a number from 0.0001 to 1, such as 0.5, not string"),
        ("stop_after_failures = -1", &format!("{ratio}, not -1")),
        ("stop_after_failures = 0.5", &format!("{ratio}, not 0.5")),
        ("stop_after_failures = true", &format!("{ratio}, not boolean")),
        ("stop_after_failures = \"5\"", &format!("{ratio}, not \"5\"")),
        ("stop_after_failures = \"0%\"", &format!("{ratio}, not \"0%\"")),
        ("stop_after_failures = \"101%\"", &format!("{ratio}, not \"101%\"")),
        ("stop_after_failures = \"\"", &format!("{ratio}, not \"\"")),
        ("timeout = \"0s\"", &format!("{time}, not \"0s\"")),
        ("timeout = \"5\"", &format!("{time}, not \"5\"")),
        ("timeout = 300", &format!("{time}, not 300")),
        ("publish = true", "\"sync\" or \"async\", not boolean"),
        ("publish = \"later\"", "\"sync\" or \"async\", not \"later\""),
        ("stamp = true", "\"guide\" or \"none\", not boolean"),
        ("stamp = \"\"", "\"guide\" or \"none\", not \"\""),
        ("verify = \"always\"", "\"none\", \"batch\" or \"end\", not \"always\""),
        ("engine = \"fast\"", "\"direct\" or \"pipeline\", not \"fast\""),
    ] {
        let key = format!("run.{}", line.split(' ').next().unwrap());
        assert_complaint(&copy_plan("", &format!("[run]\n{line}")), 10, &key, &format!("{key} must be {wanted}"), None);
    }
    let message = "target.existing must be \"skip\", \"overwrite\", \"merge\" or \"stop\", not \"overwite\"";
    let text = copy_plan("", "existing = \"overwite\"");
    assert_complaint(&text, 9, "target.existing", message, Some("did you mean overwrite?"));
    let text = copy_plan("", "").replace("[source]", "[source]\ndeleted = \"kep\"");
    let message = "source.deleted must be \"skip\" or \"keep\", not \"kep\"";
    assert_complaint(&text, 5, "source.deleted", message, Some("did you mean keep?"));
    let message = "undo.conflicts must be \"skip\" or \"force\", not \"forced\"";
    assert_complaint(&undo_plan("conflicts = \"forced\""), 5, "undo.conflicts", message, Some("did you mean force?"));
    let text = undo_plan("").replace(RUN, "last");
    let message = "undo.run: \"last\" is not a run id (26 letters and digits, as `tenantry runs` prints them)";
    assert_complaint(&text, 4, "undo.run", message, None);
    assert_complaint(&copy_plan("profile = 1", ""), 3, "profile", "profile must be a string, not 1", None);
    assert_complaint(&copy_plan("run = 5", ""), 3, "run", "run must be a table, not 5", None);
    assert_complaint(&copy_plan("", "[[run]]\nbatch = 1"), 9, "run", "run must be a table, not array", None);
}

#[test]
fn the_pipeline_engine_is_for_what_an_import_can_write() {
    let copy = read(&copy_plan("", "[run]\nengine = \"pipeline\"")).unwrap();
    assert_eq!(copy.run.engine, crate::domain::plan::Engine::Pipeline);
    for (text, operation) in [
        (copy_plan("", "[run]\nengine = \"pipeline\"").replace("\"copy\"", "\"move\""), "a move"),
        (undo_plan("[run]\nengine = \"pipeline\""), "an undo"),
    ] {
        let error = complaint(&text);
        let message = format!(
            "run.engine \"pipeline\" is for import, copy and transform plans: {operation} plan runs with \"direct\""
        );
        assert_eq!((error.message, error.key.as_deref()), (message, Some("run.engine")));
    }
}

#[test]
fn files_stand_beside_the_plan_or_in_s3() {
    let import = |more: &str| format!("name = \"n\"\noperation = \"import\"\n{more}");
    let work = |more: &str| read(&import(more)).unwrap().work;
    let Work::Import { file, rejects, source, target, table: None, format } = work(
        "[source]\nfile = \"s3://b/a.csv\"\ntenant = \"acme\"\n[import]\nrejects = \"r.csv\"\n[target]\ntenant = \"acme\"",
    ) else {
        panic!()
    };
    assert_eq!(format, Format::default());
    assert_eq!(file, Some(Place::S3 { bucket: "b".to_owned(), key: "a.csv".to_owned() }));
    assert_eq!(
        (rejects.as_deref(), source.tenant.as_str(), target.tenant.as_str()),
        (Some("plans/r.csv"), "acme", "acme")
    );
    let message = "import.rejects must not be the file that is read";
    assert_complaint(
        &import("[source]\nfile = \"a.csv\"\n[import]\nrejects = \"a.csv\""),
        6,
        "import.rejects",
        message,
        None,
    );
    let message = "import.rejects must be a file of this machine";
    assert_complaint(&import("[import]\nrejects = \"s3://b/a.csv\""), 4, "import.rejects", message, None);
    let bad = "source.file: \"s3:///x\" names no file and no object: write a path, or s3://bucket/key";
    assert_complaint(&import("[source]\nfile = \"s3:///x\""), 4, "source.file", bad, None);
}

#[test]
fn files_of_other_encodings_and_delimiters_are_named() {
    let import = |more: &str| format!("name = \"n\"\noperation = \"import\"\n[import]\n{more}");
    let format = |more: &str| match read(&import(more)).unwrap().work {
        Work::Import { format, .. } => format,
        _ => panic!(),
    };
    let cp932 = format("encoding = \"cp932\"\ndelimiter = \";\"");
    assert_eq!(cp932, Format { encoding: EncodingChoice::Cp932, delimiter: ';' });
    assert_eq!(format("delimiter = \"\\t\"").delimiter, '\t');
    for wrong in ["\"\"", "\";;\"", "\"\\\"\"", "\"x\"", "\"\\n\"", "\"、\""] {
        let error = complaint(&import(&format!("delimiter = {wrong}")));
        assert_eq!((error.key.as_deref(), error.line), (Some("import.delimiter"), Some(4)), "{wrong}");
    }
    let error = complaint(&import("encoding = \"sjis\""));
    assert!(error.message.contains("\"cp932\""), "{}", error.message);
    let Work::Import { file, .. } = read(&import("\n[source]\nfile = \"-\"")).unwrap().work else { panic!() };
    assert_eq!(file, Some(Place::File("-".to_owned())), "standard input stands beside no plan");
}
