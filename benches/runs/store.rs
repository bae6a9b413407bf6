//! The other process: services with entities to copy, and proxies before them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use tenantry::domain::row::Row;
use tenantry::domain::value::{Value, from_plain_json};
use tenantry::sandbox::{Options, Sandbox, TableOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) fn sk(i: usize) -> String {
    format!("P-{i:07}")
}

pub(crate) fn row(pk: &str, sk: &str, base: &str) -> Row {
    let json = format!(
        r#"{{"pk":"{pk}","sk":"{sk}","id":"{pk}#{base}","code":"{base}","name":"ボルト M6","type":"PRODUCT","tenantCode":"big","seq":7,
            "version":1,"createdAt":"2026-03-02T10:15:00+09:00","createdBy":"u-tanaka","updatedAt":"2026-03-02T10:15:00+09:00",
            "updatedBy":"u-tanaka","requestId":"req-1","ttl":null,
            "attributes":{{"price":120,"unit":"pc","tags":["hardware","metric"],"dims":{{"l":25,"d":6}}}}}}"#
    );
    from_plain_json(&json).ok().and_then(|v| v.as_map().cloned()).map(Row).unwrap_or_default()
}

/// Services with so many entities of one tenant, until its input ends.
///
/// The embedded store looks through every idempotency token of the last ten minutes at each transaction, so that it grows slower with each:
/// with `hide_tokens` it sees none.
pub(crate) async fn serve(entities: usize, hide_tokens: bool) {
    let sandbox = Sandbox::start(Options::default()).expect("services");
    let tables = sandbox.tables();
    for module in ["product", "master"] {
        for kind in ["data", "history", "command"] {
            let options = TableOptions { stream: false, ttl: false };
            tables.create(&format!("dev-shop-{module}-{kind}"), options).expect("a new table");
        }
    }
    let put = |table: &str, rows: Vec<Row>| {
        tables.load(table, rows.into_iter().map(tenantry::sandbox::to_item).collect()).expect("rows that fit");
    };
    for chunk in (0..entities).collect::<Vec<_>>().chunks(50_000) {
        put("dev-shop-product-data", chunk.iter().map(|i| row("PRODUCT#big", &sk(*i), &sk(*i))).collect());
        let command = |i: &usize| {
            let mut row = row("PRODUCT#big", &format!("{}@1", sk(*i)), &sk(*i));
            row.0.insert("status".to_owned(), Value::s("finish:FINISHED"));
            row
        };
        put("dev-shop-product-command", chunk.iter().map(command).collect());
    }
    let endpoint = sandbox.endpoints().dynamodb.clone();
    println!(
        "{}",
        if hide_tokens { proxy(&endpoint, Way { delay: Duration::ZERO, hide_tokens }).await } else { endpoint }
    );
    let mut end = String::new();
    let _ = std::io::stdin().read_line(&mut end);
}

pub(crate) struct Store {
    child: Child,
    pub(crate) endpoint: String,
}

impl Store {
    pub(crate) fn start(entities: usize, hide_tokens: bool) -> Self {
        let own = std::env::current_exe().expect("a path");
        let mut child = Process::new(own)
            .args(["store", &entities.to_string(), &hide_tokens.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut endpoint = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut endpoint).expect("its endpoint");
        Self { child, endpoint: endpoint.trim().to_owned() }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What a proxy does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// Each answer is held back for so long.
    pub(crate) delay: Duration,
    /// Idempotency tokens are named so that the store does not know them.
    pub(crate) hide_tokens: bool,
}

const TOKEN: &[u8] = b"\"ClientRequestToken\"";

/// A proxy on loopback; gives back its endpoint.
pub(crate) async fn proxy(upstream: &str, way: Way) -> String {
    let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&upstream).await.expect("the store");
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let ((mut from, mut back), (mut answers, mut to)) = (client.into_split(), server.into_split());
            tokio::spawn(async move {
                let mut buffer = vec![0; 1 << 18];
                while let Ok(n) = from.read(&mut buffer).await {
                    let read = &mut buffer[..n];
                    let at = if way.hide_tokens { read.windows(TOKEN.len()).position(|w| w == TOKEN) } else { None };
                    if let Some(at) = at {
                        read[at + 1] = b'c';
                    }
                    if n == 0 || to.write_all(&buffer[..n]).await.is_err() {
                        return;
                    }
                }
            });
            tokio::spawn(async move {
                let mut buffer = vec![0; 1 << 18];
                while let Ok(n) = answers.read(&mut buffer).await {
                    if !way.delay.is_zero() {
                        tokio::time::sleep(way.delay).await;
                    }
                    if n == 0 || back.write_all(&buffer[..n]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    endpoint
}
