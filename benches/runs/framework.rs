//! The framework's own `publishSync` loop, in a process of its own.
//!
//! Needs Node and, the first time, a package registry. The package and its dependencies stay under the target directory.
//! `benches/framework/package.json` and its lock file pin the version.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::median;
use crate::store::sk;

/// All that the directory is made of: another content of one of them installs anew.
const FILES: [(&str, &str); 4] = [
    ("package.json", include_str!("../framework/package.json")),
    ("package-lock.json", include_str!("../framework/package-lock.json")),
    (".npmrc", include_str!("../framework/.npmrc")),
    ("copy.mjs", include_str!("../framework/copy.mjs")),
];
/// Written last, so that an installation that was interrupted does not count.
const INSTALLED: &str = "installed";
/// Set to 0 it leaves the loop out.
const WANTED: &str = "TENANTRY_BENCH_FRAMEWORK";

pub(crate) struct Framework {
    directory: PathBuf,
}

impl Framework {
    /// Installs the pinned version once; without it one line says why the column stays empty.
    pub(crate) fn install() -> Option<Self> {
        if std::env::var_os(WANTED).is_some_and(|value| value == "0") {
            println!("no times of the framework's own loop: {WANTED}=0");
            return None;
        }
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("framework");
        match install(&directory) {
            Ok(()) => Some(Self { directory }),
            Err(reason) => {
                println!("no times of the framework's own loop: {reason}");
                None
            }
        }
    }

    /// Copies everything to a fresh tenant.
    pub(crate) async fn copy(&self, endpoint: &str, tenant: &str, concurrency: usize) -> Copied {
        let mut node = Process::new("node");
        node.current_dir(&self.directory)
            .args(["--no-warnings", "copy.mjs", endpoint, tenant])
            .arg(concurrency.to_string());
        // The proxy before the store is served by this process.
        let line = tokio::task::spawn_blocking(move || output(&mut node)).await.expect("a thread");
        let line = line.unwrap_or_else(|reason| panic!("{reason}"));
        serde_json::from_str(&line).expect("a line of the loop")
    }
}

/// One line of the loop.
#[derive(serde::Deserialize)]
pub(crate) struct Copied {
    /// The framework's.
    version: String,
    items: usize,
    /// The loop alone, without the start of the process and without reading the source.
    seconds: f64,
    /// Processor seconds of its process meanwhile.
    cpu: f64,
}

fn install(directory: &Path) -> Result<(), String> {
    output(Process::new("node").arg("--version"))?;
    let sources: String = FILES.iter().map(|(_, content)| *content).collect();
    let installed = directory.join(INSTALLED);
    if std::fs::read_to_string(&installed).is_ok_and(|of| of == sources) {
        return Ok(());
    }
    let write =
        |path: &Path, content: &str| std::fs::write(path, content).map_err(|e| format!("{}: {e}", path.display()));
    std::fs::create_dir_all(directory).map_err(|e| format!("{}: {e}", directory.display()))?;
    let _ = std::fs::remove_file(&installed);
    for (name, content) in FILES {
        write(&directory.join(name), content)?;
    }
    // Where there is no network it would try for minutes.
    output(Process::new("npm").current_dir(directory).args([
        "ci",
        "--loglevel=error",
        "--fetch-retries=1",
        "--fetch-timeout=30000",
    ]))?;
    write(&installed, &sources)
}

/// What a program printed, or one line about why it did not get that far.
fn output(process: &mut Process) -> Result<String, String> {
    let name = process.get_program().to_string_lossy().into_owned();
    let out = process.output().map_err(|e| format!("{name}: {e}"))?;
    if out.status.success() {
        return Ok(String::from_utf8_lossy(&out.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&out.stderr);
    let words: Vec<&str> = errors.lines().map(str::trim).filter(|line| !line.is_empty()).take(4).collect();
    Err(format!("{name} ended with {}: {}", out.status, words.join("; ")))
}

/// Rows of a fresh tenant after the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    data: usize,
    command: usize,
}

/// Counts the rows of a fresh tenant and holds them against what they were copied from.
pub(crate) async fn written(client: &aws_sdk_dynamodb::Client, tenant: &str) -> Written {
    let pk = format!("PRODUCT#{tenant}");
    let source = partition(client, "data", "PRODUCT#big").await;
    let data = partition(client, "data", &pk).await;
    let text = |text: String| Some(AttributeValue::S(text));
    for (i, (row, from)) in data.iter().zip(&source).enumerate() {
        assert_eq!(row.get("id").cloned(), text(format!("{pk}#{}", sk(i))));
        assert_eq!(row.get("tenantCode").cloned(), text(tenant.to_owned()));
        assert_eq!(row.get("version").cloned(), Some(AttributeValue::N("1".to_owned())));
        assert_eq!(row.get("attributes"), from.get("attributes"));
    }
    assert_eq!(data.len(), source.len());
    // A first version has none before it.
    assert_eq!(partition(client, "history", &pk).await.len(), 0);
    Written { data: data.len(), command: partition(client, "command", &pk).await.len() }
}

async fn partition(client: &aws_sdk_dynamodb::Client, kind: &str, pk: &str) -> Vec<HashMap<String, AttributeValue>> {
    let ask = client
        .query()
        .table_name(format!("dev-shop-product-{kind}"))
        .consistent_read(true)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
    let rows: Result<Vec<_>, _> = ask.into_paginator().items().send().collect().await;
    rows.expect("rows")
}

/// The loop's column of a comparison.
#[derive(Default)]
pub(crate) struct Column {
    paces: Vec<Pace>,
    version: String,
    rows: &'static str,
}

/// Loops with as many publishes under way.
struct Pace {
    concurrency: usize,
    times: Vec<Duration>,
    cpu: f64,
    items: usize,
}

impl Column {
    pub(crate) fn add(&mut self, concurrency: usize, copied: Copied, written: Written) {
        let Written { data, command } = written;
        assert_eq!(data, copied.items);
        // Versions before 1.1.4 publish the data row alone.
        assert!(command == 0 || command == data, "{written:?}");
        self.rows = if command == 0 { "writes data rows alone" } else { "writes command and data rows" };
        self.version = copied.version;
        let at = self.paces.iter().position(|pace| pace.concurrency == concurrency).unwrap_or_else(|| {
            self.paces.push(Pace { concurrency, times: Vec::new(), cpu: 0.0, items: 0 });
            self.paces.len() - 1
        });
        let pace = &mut self.paces[at];
        pace.times.push(Duration::from_secs_f64(copied.seconds));
        pace.cpu += copied.cpu;
        pace.items += copied.items;
    }

    /// Next to the time of a run; empty where the loop was not measured.
    pub(crate) fn text(self, run: Duration) -> String {
        if self.paces.is_empty() {
            return String::new();
        }
        let mut text = format!("   framework {} ({})", self.version, self.rows);
        for Pace { concurrency, times, cpu, items } in self.paces {
            let time = median(times).as_secs_f64();
            let ratio = time / run.as_secs_f64();
            let each = cpu / items as f64 * 1e6;
            text += &format!(
                ", {concurrency} at once {time:.2} s: {ratio:.1} times the run's, processor an item {each:.0} µs"
            );
        }
        text
    }
}
