//! The JSON Schemas of files, as printed for people and for programs.

use serde_json::Value;

use crate::support::program::{binary, json_lines};

#[tokio::test]
async fn schemas_are_printed_without_a_configuration_and_accept_the_examples() {
    let printed = |args: Vec<&'static str>| async move {
        let mut command = binary();
        let output = command.args(&args).env("TENANTRY_CONFIG", "/nowhere/c.toml").output().await.unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for (of, examples) in [
        ("plan", [vec!["plan", "example", "copy"], vec!["plan", "example", "transform"]]),
        ("config", [vec!["config", "example"], vec!["config", "example"]]),
    ] {
        let schema: Value = serde_json::from_str(&printed(vec!["schema", of]).await).unwrap();
        let validator = jsonschema::draft7::new(&schema).unwrap();
        for args in examples {
            let file: toml::Table = printed(args.clone()).await.parse().unwrap();
            assert!(validator.is_valid(&serde_json::to_value(file).unwrap()), "{args:?}");
        }
    }
}

#[tokio::test]
async fn a_schema_for_programs_is_one_line_before_the_end() {
    for of in ["plan", "config"] {
        let mut command = binary();
        command.args(["schema", of, "--json"]);
        let printed = json_lines(command).await;
        assert_eq!((printed.code, printed.lines.len()), (0, 2), "{}", printed.stdout);
        let text = printed.events("text")[0]["text"].as_str().unwrap().to_owned();
        assert!(serde_json::from_str::<Value>(&text).unwrap().is_object());
        assert_eq!(printed.end()["command"], format!("schema {of}"));
    }
    for args in [vec!["schema"], vec!["schema", "plna"]] {
        let output = binary().args(&args).output().await.unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()), "{args:?}");
    }
}
