//! Files that people name and that are none: pipes, devices, endless ones.

use std::time::{Duration, Instant};

use crate::support::program::{Printed, binary, fifo, json_lines};
use crate::support::{Program, Stack};

const QUICK: Duration = Duration::from_secs(60);

fn error(printed: &Printed) -> (Option<&str>, &str) {
    let error = printed.events("error")[0];
    (error["code"].as_str(), error["message"].as_str().unwrap())
}

#[tokio::test]
async fn files_that_are_none_are_refused_at_once() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let dir = tempfile::TempDir::new().unwrap();
    let pipe = fifo(dir.path());
    let plan = dir.path().join("plan.toml").to_str().unwrap().to_owned();
    let large = dir.path().join("large").to_str().unwrap().to_owned();
    std::fs::File::create(&large).unwrap().set_len((16 << 20) + 1).unwrap();
    for (path, what) in [(pipe.as_str(), "a pipe"), ("/dev/zero", "a device"), (large.as_str(), "larger than 16 MB")] {
        let began = Instant::now();
        let head = "name = \"t\"\noperation = \"transform\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"initech\"\n";
        std::fs::write(&plan, format!("{head}[[transform]]\nset = {{ x = 1 }}\n[validate]\nschema = \"{path}\"\n"))
            .unwrap();
        for args in [vec!["preview", path], vec!["entities", "PRODUCT#initech", "--view", path], vec!["preview", &plan]]
        {
            let printed = program.json(&args).await;
            let (code, message) = error(&printed);
            assert_eq!((printed.code, code), (1, Some("plan")), "{args:?}: {message}");
            assert!(message.contains(what), "{args:?}: {message}");
        }
        let mut command = binary();
        command.args(["--config", path, "tenants", "--json"]);
        let printed = json_lines(command).await;
        let (code, message) = error(&printed);
        assert_eq!((printed.code, code), (1, Some("config")), "{message}");
        assert!(message.contains(what), "{message}");
        assert!(began.elapsed() < QUICK, "{path}");
    }
    for (path, what) in [(pipe.as_str(), "a pipe"), ("/dev/zero", "a device")] {
        let began = Instant::now();
        let args = ["undo", "01J00000000000000000000000", "--journal", path, "--arm", "--approve", "all"];
        let printed = program.json(&args).await;
        let (code, message) = error(&printed);
        assert_eq!((printed.code, code), (1, Some("io")), "{message}");
        assert!(message.contains(what), "{message}");
        assert!(began.elapsed() < QUICK, "{path}");
    }
}
