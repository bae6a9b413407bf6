//! CSV files next to reading and copying as much; users of a pool by pages.

use std::time::Instant;

use tenantry::config::plan::parse;
use tenantry::domain::csv::Place;
use tenantry::domain::key::PartitionKey;
use tenantry::engine::protocol::{Command, Envelope, Event, ExportWanted};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::raw::{client, read_partition};
use crate::store::Store;
use crate::{Driver, median, peak_mb, profile};

/// A partition exported next to reading it, the file imported next to copying as much.
pub(crate) async fn files(items: usize, pairs: usize) {
    let state = tempfile::TempDir::new().expect("a directory");
    let (mut exports, mut reads, mut imports, mut copies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in 0..pairs {
        let store = Store::start(items, true);
        let client = client(&store.endpoint).await;
        let mut driver = Driver::new(profile(&store.endpoint), state.path());
        let file = state.path().join(format!("{pair}.csv"));
        let place = file.to_str().expect("a path").to_owned();
        for is_raw in [pair % 2 == 0, pair % 2 != 0] {
            let began = Instant::now();
            if is_raw {
                assert_eq!(read_partition(&client, "PRODUCT#big").await, items);
                reads.push(began.elapsed());
            } else {
                export(&mut driver, Place::File(place.clone()), items).await;
                exports.push(began.elapsed());
            }
        }
        copies.push(driver.copy("fresh", items, 32, "").await.run);
        let text = format!(
            "name = \"bench\"\noperation = \"import\"\n[source]\nfile = \"{place}\"\n[target]\ntenant = \"filed\"\n\
             [run]\nconcurrency = 32\n"
        );
        imports.push(driver.carry(&text, items).await.run);
        println!("pair {pair}: peak {:.0} MB", peak_mb());
    }
    let seconds = |times| median(times).as_secs_f64();
    let (export, read, import, copy) = (seconds(exports), seconds(reads), seconds(imports), seconds(copies));
    println!("export {items} items: {export:.2} s, the partition read {read:.2} s: ratio {:.2}", read / export);
    println!("import {items} items: {import:.2} s, a copy of as many {copy:.2} s: ratio {:.2}", copy / import);
}

async fn export(driver: &mut Driver, to: Place, items: usize) {
    let wanted = ExportWanted { pk: PartitionKey::new("PRODUCT#big"), tenant: None, to, lossless: true, deleted: true };
    let request = driver.send(Command::Export { module: "product".to_owned(), wanted: Box::new(wanted) }).await;
    let mut rows = 0;
    while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
        match event {
            Event::Exported(file) => rows = file.rows,
            Event::Failed(failure) => panic!("{failure}"),
            Event::Finished { .. } if of == request => break,
            _ => {}
        }
    }
    assert_eq!(rows as usize, items);
}

/// So many users previewed, page by page from a service that only knows how to list them.
pub(crate) async fn users(count: usize) {
    let state = tempfile::TempDir::new().expect("a directory");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(list(listener, count));
    let mut profile = profile(&endpoint);
    profile.endpoints.cognito = Some(endpoint);
    profile.user_pool_id = Some("pool".to_owned());
    let mut driver = Driver::new(profile, state.path());
    let plan = Box::new(parse("bench.toml".as_ref(), "name = \"u\"\noperation = \"users\"").expect("a plan"));
    let began = Instant::now();
    let request = driver.send(Command::PreviewPlan { plan, keep: true }).await;
    let mut told = 0;
    while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
        match event {
            Event::Progress { done, .. } if done / 20_000 > told => {
                told = done / 20_000;
                println!("previewed {done} in {:.0} s, peak {:.0} MB", began.elapsed().as_secs_f64(), peak_mb());
            }
            Event::Planned(summary) => println!("{:?}", summary.actions),
            Event::Failed(failure) => panic!("{failure}"),
            Event::Finished { .. } if of == request => break,
            _ => {}
        }
    }
    println!("{count} users: {:.0} s, peak {:.0} MB", began.elapsed().as_secs_f64(), peak_mb());
}

/// Answers ListUsers with sixty users a page.
async fn list(listener: TcpListener, count: usize) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            let mut chunk = [0; 16_384];
            while let Ok(read @ 1..) = stream.read(&mut chunk).await {
                waiting.extend_from_slice(&chunk[..read]);
                let text = String::from_utf8_lossy(&waiting).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length =
                    head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
                if body.len() < length.and_then(|l| l.trim().parse().ok()).unwrap_or(0) {
                    continue;
                }
                let asked: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
                let from = asked["PaginationToken"].as_str().and_then(|t| t.parse().ok()).unwrap_or(0usize);
                let to = (from + 60).min(count);
                let users: Vec<_> = (from..to).map(user).collect();
                let mut answer = serde_json::json!({ "Users": users });
                if to < count {
                    answer["PaginationToken"] = to.to_string().into();
                }
                let answer = answer.to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n",
                    answer.len()
                );
                if stream.write_all(format!("{head}{answer}").as_bytes()).await.is_err() {
                    return;
                }
                waiting.clear();
            }
        });
    }
}

fn user(i: usize) -> serde_json::Value {
    let tenant = if i.is_multiple_of(3) { "ACME" } else { "acme" };
    serde_json::json!({
        "Username": format!("user-{i:06}"), "Enabled": true, "UserStatus": "CONFIRMED",
        "Attributes": [
            {"Name": "email", "Value": format!("user-{i}@example.com")},
            {"Name": "custom:tenant", "Value": tenant},
            {"Name": "custom:roles", "Value": format!("[{{\"tenant\":\"{tenant}\",\"role\":\"user\"}}]")},
        ],
    })
}
