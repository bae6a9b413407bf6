//! A run, as an interface drives it.

use tenantry::config::plan::parse;
use tenantry::config::{Endpoints, Profile};
use tenantry::domain::run::Outcome;
use tenantry::engine::protocol::{Command, Decision, Envelope, Event, RequestId};
use tenantry::engine::{EngineHandle, boundary, serve};

use crate::scenario::AT_ONCE;

struct Driver {
    handle: EngineHandle,
    next: u64,
}

impl Driver {
    async fn send(&mut self, command: Command) -> RequestId {
        self.next += 1;
        self.handle.commands.send((RequestId(self.next), command)).await.expect("a running engine");
        RequestId(self.next)
    }
}

fn profile(endpoint: &str) -> Profile {
    let mut profile = Profile::new("bench", "dev", "shop");
    profile.region = Some("ap-northeast-1".to_owned());
    profile.credentials = Some(("sandbox".to_owned(), "sandbox".to_owned()));
    profile.account = Some("000000000000".to_owned());
    profile.endpoints = Endpoints { dynamodb: Some(endpoint.to_owned()), s3: None, cognito: None };
    profile
}

/// Imports so many rows for each tenant, of all tenants in turn; every one is done in the end.
pub(crate) async fn import(endpoint: &str, tenants: &[String], rows: usize, polite: Option<f64>) {
    let dir = tempfile::TempDir::new().expect("a directory");
    let mut text = "sourcePk,sourceSk,code,name,attributes,targetTenantCode\n".to_owned();
    for i in 0..rows {
        for tenant in tenants {
            text.push_str(&format!("PRODUCT#big,P-{i:05},P-{i:05},ボルト M6,{{}},{tenant}\n"));
        }
    }
    std::fs::write(dir.path().join("in.csv"), text).expect("a disk");
    let polite = polite.map(|polite| format!("polite = {polite}\n")).unwrap_or_default();
    let text = format!(
        "name = \"bench\"\noperation = \"import\"\n[source]\nfile = \"in.csv\"\n[run]\nconcurrency = {AT_ONCE}\n{polite}"
    );
    let plan = Box::new(parse(&dir.path().join("plan.toml"), &text).expect("a plan"));
    let (handle, end) = boundary();
    let engine = tokio::spawn(serve(profile(endpoint), dir.path().join("state"), end));
    let mut driver = Driver { handle, next: 0 };
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::RunPlan { plan, expect: None, rows: false }).await;
    let mut done = 0;
    while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
        match event {
            Event::ApprovalNeeded(batch) => {
                let decision = Decision::ApproveRest { confirm: None };
                let (run, batch, digest) = (batch.run, batch.batch, batch.digest);
                driver.send(Command::Decide { run, batch, digest, decision }).await;
            }
            Event::Item(item) => done += usize::from(item.outcome == Some(Outcome::Done)),
            Event::Failed(failure) => panic!("{failure}"),
            Event::Finished { .. } if of == request => break,
            _ => {}
        }
    }
    assert_eq!(done, rows * tenants.len());
    drop(driver);
    engine.await.expect("an engine that ends");
}
