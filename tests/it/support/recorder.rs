use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A proxy on loopback that lets everything pass and remembers what was asked: DynamoDB's operations, S3's methods.
pub struct Recorder {
    pub endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
    streams: Arc<Mutex<Vec<String>>>,
    open: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Recorder {
    pub async fn before(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let streams: Arc<Mutex<Vec<String>>> = Arc::default();
        let whole = Arc::clone(&streams);
        let open = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&open);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&upstream).await.unwrap();
                let ((mut from, mut back), (mut answers, mut to)) = (client.into_split(), server.into_split());
                tokio::spawn(async move { tokio::io::copy(&mut answers, &mut back).await });
                let (log, count, whole) = (Arc::clone(&log), Arc::clone(&count), Arc::clone(&whole));
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let (mut seen, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
                    while let Ok(n) = from.read(&mut buffer).await {
                        if n == 0 || to.write_all(&buffer[..n]).await.is_err() {
                            break;
                        }
                        seen.extend_from_slice(&buffer[..n]);
                    }
                    drop(to);
                    let seen = String::from_utf8_lossy(&seen).into_owned();
                    log.lock().unwrap().extend(operations(&seen));
                    whole.lock().unwrap().push(seen);
                    count.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { endpoint, asked, streams, open, task }
    }

    /// What was asked so far, once every connection has ended.
    pub async fn operations(&self) -> Vec<String> {
        while self.open.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.asked.lock().unwrap().clone()
    }

    /// Connections that were used, once every one has ended.
    pub async fn connections(&self) -> usize {
        self.operations().await;
        self.streams.lock().unwrap().iter().filter(|stream| !stream.is_empty()).count()
    }

    /// Bodies of the requests for an operation, once every connection has ended.
    pub async fn bodies(&self, operation: &str) -> Vec<String> {
        self.operations().await;
        let streams = self.streams.lock().unwrap();
        let requests = streams.iter().flat_map(|stream| stream.split("POST / HTTP/1.1"));
        let wanted = format!("DynamoDB_20120810.{operation}\r\n").to_lowercase();
        requests
            .filter(|request| request.to_lowercase().contains(&wanted))
            .filter_map(|request| Some(request.split_once("\r\n\r\n")?.1.to_owned()))
            .collect()
    }
}

fn operations(stream: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in stream.lines() {
        if let Some((_, operation)) =
            line.to_lowercase().starts_with("x-amz-target").then(|| line.split_once('.')).flatten()
        {
            out.push(operation.trim().to_owned());
        }
        // A body of a request without a line break at its end runs into the next request's first line.
        let Some(head) = line.strip_suffix(" HTTP/1.1") else { continue };
        if let Some(method) = ["GET", "PUT", "DELETE", "HEAD"].iter().find(|m| head.contains(&format!("{m} /"))) {
            out.push((*method).to_owned());
        }
    }
    out
}
