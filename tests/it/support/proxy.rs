use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one transaction on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Forwarded, and the answer thrown away with the connection.
    LoseAnswer,
    /// Answered 500 without being forwarded.
    ServerError,
    /// Answered as throttled without being forwarded.
    Throttle,
    /// The connection is closed without an answer, and nothing is forwarded.
    Cut,
    /// Answered as made with expired credentials.
    Expired,
    /// Answered by S3 with an error of this code, without being forwarded.
    S3(u16, &'static str),
}

/// A proxy on loopback between the program and DynamoDB or S3: it does to each transaction, to each object put and to each read
/// of one row or object what is next in line, and lets all else pass.
pub struct Proxy {
    pub endpoint: String,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    reads: Arc<Mutex<VecDeque<Fault>>>,
    bodies: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    pub async fn before(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let faults = Arc::new(Mutex::new(VecDeque::new()));
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let reads = Arc::new(Mutex::new(VecDeque::new()));
        let (f, r, b) = (Arc::clone(&faults), Arc::clone(&reads), Arc::clone(&bodies));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, upstream.clone(), Arc::clone(&f), Arc::clone(&r), Arc::clone(&b)));
            }
        });
        Self { endpoint, faults, reads, bodies, task }
    }

    /// What happens to the next transactions, or to the next objects put, one after another.
    pub fn next(&self, faults: &[Fault]) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// What happens to the next reads of one row or object.
    pub fn next_reads(&self, faults: &[Fault]) {
        self.reads.lock().unwrap().extend(faults);
    }

    /// Nothing happens to anything any more.
    pub fn clear(&self) {
        self.faults.lock().unwrap().clear();
        self.reads.lock().unwrap().clear();
    }

    /// Bodies of all transactions so far.
    pub fn transactions(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }
}

async fn serve(
    mut client: TcpStream,
    upstream: String,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    reads: Arc<Mutex<VecDeque<Fault>>>,
    bodies: Arc<Mutex<Vec<String>>>,
) {
    while let Some((head, body)) = message(&mut client).await {
        let is_transaction = head.to_lowercase().contains("transactwriteitems");
        let fault = if is_transaction || head.starts_with("PUT /") {
            if is_transaction {
                bodies.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
            }
            faults.lock().unwrap().pop_front()
        } else if head.contains("DynamoDB_20120810.GetItem") || head.starts_with("GET /") {
            reads.lock().unwrap().pop_front()
        } else {
            None
        };
        let reply = |status: &str, code: &str| {
            let text =
                format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"{code} by the proxy"}}"#);
            format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )
        };
        let answer = match fault {
            Some(Fault::Cut) => return,
            Some(Fault::ServerError) => reply("500 Internal Server Error", "InternalServerError").into_bytes(),
            Some(Fault::Throttle) => reply("400 Bad Request", "ThrottlingException").into_bytes(),
            Some(Fault::Expired) => reply("400 Bad Request", "ExpiredTokenException").into_bytes(),
            Some(Fault::S3(status, code)) => {
                let text = format!("<Error><Code>{code}</Code><Message>{code} by the proxy</Message></Error>");
                let length = text.len();
                format!(
                    "HTTP/1.1 {status} No\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\n\r\n{text}"
                )
                .into_bytes()
            }
            Some(Fault::LoseAnswer) | None => {
                let mut server = TcpStream::connect(&upstream).await.unwrap();
                server.write_all(head.as_bytes()).await.unwrap();
                server.write_all(&body).await.unwrap();
                let Some((head, body)) = message(&mut server).await else { return };
                if fault.is_some() {
                    return;
                }
                [head.as_bytes(), &body].concat()
            }
        };
        if client.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// One HTTP/1.1 message with a Content-Length: its head with the blank line, and its body.
async fn message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head
        .lines()
        .find_map(|l| l.to_lowercase().strip_prefix("content-length:").map(|v| v.trim().parse::<usize>().unwrap()))
        .unwrap_or(0);
    while bytes.len() < end + length {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
    Some((head, bytes[end..end + length].to_vec()))
}
