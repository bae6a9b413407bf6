use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one transaction on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Forwarded, and the answer thrown away with the connection.
    LoseAnswer,
    /// Answered 500 without being forwarded.
    ServerError,
    /// Answered 503 by something in between that knows nothing of the service's errors.
    Unavailable,
    /// Answered as throttled without being forwarded.
    Throttle,
    /// The connection is closed without an answer, and nothing is forwarded.
    Cut,
    /// Answered as made with expired credentials.
    Expired,
    /// Answered as not permitted.
    Denied,
    /// Cancelled because another transaction is at the same rows.
    Conflict,
    /// Cancelled because the service finds something invalid in it.
    Invalid,
    /// Forwarded, and answered a while later.
    Slow,
    /// Answered by S3 with an error of this code, without being forwarded.
    S3(u16, &'static str),
    /// Answered by something in between with a status and nothing else, without being forwarded.
    Empty(u16),
    /// Forwarded, and the answer replaced by a status and nothing else.
    Emptied(u16),
    /// Answered by something in between with an empty JSON object, without being forwarded.
    Bare,
    /// Answered with every mark of the service, and without any part that an answer has.
    Hollow,
    /// Answered by something in between with a page of its own, without being forwarded.
    Page(u16),
    /// Forwarded, and the body of the answer replaced by an empty JSON object: its checksum does not fit any more.
    Garbled,
    /// Forwarded, and then answered as malformed, as by something that sends it twice or mixes answers up.
    Malformed,
    /// Answered with this code of DynamoDB or Cognito.
    Code(&'static str),
    /// Answered with this code, and with the request as the service understood it, its headers and session token included.
    Echo(&'static str),
    /// Answered as signed wrongly, by a service whose clock shows so many minutes more.
    Skewed(i64),
}

/// What may happen to a request, and in how many of a hundred.
pub type Odds = &'static [(Fault, u64)];

/// How long a slow answer takes.
const SLOW: Duration = Duration::from_millis(400);

#[derive(Default)]
struct Weather {
    writes: VecDeque<Fault>,
    reads: VecDeque<Fault>,
    bodies: Vec<String>,
    chance: u64,
    write_odds: Odds,
    read_odds: Odds,
    /// From the first transaction on, for so long, everything.
    spell: Option<(Fault, Duration)>,
    spell_until: Option<Instant>,
    /// From this transaction on, every one.
    after: Option<(usize, Fault)>,
    /// After the first transaction, every read of one row.
    blind: Option<Fault>,
}

/// What a request is to the proxy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A transaction, an object put, or a user changed.
    Write,
    /// Of one row or user.
    Get,
    Other,
}

impl Weather {
    /// Knuth's generator, its upper bits: enough to deal out faults.
    fn percent(&mut self) -> u64 {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % 100
    }

    fn drawn(&mut self, odds: Odds) -> Option<Fault> {
        let mut left = self.percent();
        for (fault, percent) in odds {
            if left < *percent {
                return Some(*fault);
            }
            left -= percent;
        }
        None
    }

    fn next(&mut self, kind: Kind, body: &[u8]) -> Option<Fault> {
        if kind == Kind::Write {
            self.bodies.push(String::from_utf8_lossy(body).into_owned());
            if let (Some((_, length)), None) = (self.spell, self.spell_until) {
                self.spell_until = Some(Instant::now() + length);
            }
        }
        if let (Some((fault, _)), Some(until)) = (self.spell, self.spell_until)
            && Instant::now() < until
        {
            return Some(fault);
        }
        let queued = match kind {
            Kind::Write => self.writes.pop_front(),
            Kind::Get => self.reads.pop_front().or(self.blind.filter(|_| !self.bodies.is_empty())),
            Kind::Other => None,
        };
        let due = self.after.filter(|(n, _)| kind == Kind::Write && self.bodies.len() > *n).map(|(_, fault)| fault);
        let odds = if kind == Kind::Write { self.write_odds } else { self.read_odds };
        queued.or(due).or_else(|| self.drawn(odds))
    }
}

/// A proxy on loopback between the program and a service: it does to each transaction what is next in line or drawn by chance, and lets
/// all else pass.
pub struct Proxy {
    pub endpoint: String,
    weather: Arc<Mutex<Weather>>,
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
        let weather = Arc::new(Mutex::new(Weather::default()));
        let shared = Arc::clone(&weather);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, upstream.clone(), Arc::clone(&shared)));
            }
        });
        Self { endpoint, weather, task }
    }

    /// What happens to the next transactions, one after another.
    pub fn next(&self, faults: &[Fault]) {
        self.weather.lock().unwrap().writes.extend(faults);
    }

    /// What happens to the next single reads.
    pub fn next_reads(&self, faults: &[Fault]) {
        self.weather.lock().unwrap().reads.extend(faults);
    }

    /// What happens to every single read after the first transaction; `None` for nothing any more.
    pub fn blind(&self, fault: Option<Fault>) {
        self.weather.lock().unwrap().blind = fault;
    }

    /// What happens from now on by chance: to transactions, and to everything else.
    pub fn by_chance(&self, seed: u64, writes: Odds, reads: Odds) {
        let mut weather = self.weather.lock().unwrap();
        (weather.chance, weather.write_odds, weather.read_odds) = (seed, writes, reads);
    }

    /// What happens to everything for a while that begins with the next transaction.
    pub fn spell(&self, fault: Fault, length: Duration) {
        self.weather.lock().unwrap().spell = Some((fault, length));
    }

    /// What happens to every transaction after the first `n`; `None` for nothing any more.
    pub fn after(&self, n: usize, fault: Option<Fault>) {
        self.weather.lock().unwrap().after = fault.map(|fault| (n, fault));
    }

    /// Nothing happens to anything any more.
    pub fn clear(&self) {
        let mut weather = self.weather.lock().unwrap();
        weather.writes.clear();
        weather.reads.clear();
    }

    /// Bodies of all transactions so far.
    pub fn transactions(&self) -> Vec<String> {
        self.weather.lock().unwrap().bodies.clone()
    }
}

/// An answer that bears no mark of any service.
pub fn http(status: &str, kind: &str, text: &str) -> Vec<u8> {
    marked(status, kind, text, "")
}

/// An answer of a service: with a request id and the checksum of the body.
pub fn genuine(status: &str, kind: &str, text: &str) -> Vec<u8> {
    let sum = crc32fast::hash(text.as_bytes());
    marked(status, kind, text, &format!("x-amzn-requestid: PROXY\r\nx-amz-request-id: PROXY\r\nx-amz-crc32: {sum}\r\n"))
}

fn marked(status: &str, kind: &str, text: &str, more: &str) -> Vec<u8> {
    let length = text.len();
    format!("HTTP/1.1 {status}\r\n{more}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{text}").into_bytes()
}

/// The head of an answer whose body is another now.
fn with_length(head: &str, length: usize) -> String {
    let lines = head.lines().filter(|line| !line.to_lowercase().starts_with("content-length:") && !line.is_empty());
    lines.map(|line| format!("{line}\r\n")).collect::<String>() + &format!("content-length: {length}\r\n\r\n")
}

fn refusal(status: &str, code: &str, more: &str) -> Vec<u8> {
    let text =
        format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"{code} by the proxy"{more}}}"#);
    genuine(status, "application/x-amz-json-1.0", &text)
}

async fn serve(mut client: TcpStream, upstream: String, weather: Arc<Mutex<Weather>>) {
    while let Some((head, body)) = message(&mut client, true).await {
        let writes = ["transactwriteitems", "adminupdateuserattributes"];
        let kind = if writes.iter().any(|call| head.to_lowercase().contains(call)) || head.starts_with("PUT ") {
            Kind::Write
        } else if ["DynamoDB_20120810.GetItem", "AdminGetUser"].iter().any(|call| head.contains(call))
            || head.starts_with("GET /")
        {
            Kind::Get
        } else {
            Kind::Other
        };
        let fault = weather.lock().unwrap().next(kind, &body);
        let answer = match fault {
            Some(Fault::Cut) => return,
            Some(Fault::ServerError) => refusal("500 Internal Server Error", "InternalServerError", ""),
            Some(Fault::Unavailable) => http("503 Service Unavailable", "text/html", "<html>try later</html>"),
            Some(Fault::Throttle) => refusal("400 Bad Request", "ThrottlingException", ""),
            Some(Fault::Expired) => refusal("400 Bad Request", "ExpiredTokenException", ""),
            Some(Fault::Denied) => refusal("400 Bad Request", "AccessDeniedException", ""),
            Some(Fault::Conflict) => {
                let reasons =
                    r#","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict","Message":"busy"}]"#;
                refusal("400 Bad Request", "TransactionCanceledException", reasons)
            }
            Some(Fault::Invalid) => {
                let reasons = r#","CancellationReasons":[{"Code":"ValidationError","Message":"One or more parameter values were invalid"}]"#;
                refusal("400 Bad Request", "TransactionCanceledException", reasons)
            }
            Some(Fault::S3(status, code)) => {
                let text = format!("<Error><Code>{code}</Code><Message>{code} by the proxy</Message></Error>");
                genuine(&format!("{status} No"), "application/xml", &text)
            }
            Some(Fault::Empty(status)) => http(&format!("{status} So"), "text/plain", ""),
            Some(Fault::Bare) => http("200 OK", "application/x-amz-json-1.0", "{}"),
            Some(Fault::Hollow) => genuine("200 OK", "application/x-amz-json-1.0", "{}"),
            Some(Fault::Page(status)) => http(&format!("{status} So"), "text/html", "<html>sign in at the gate</html>"),
            Some(Fault::Code(code)) => refusal("400 Bad Request", code, ""),
            Some(Fault::Echo(code)) => {
                let lower = head.to_lowercase();
                let token = lower.lines().position(|line| line.starts_with("x-amz-security-token:"));
                let token =
                    token.and_then(|at| head.lines().nth(at)?.split_once(": ")).map_or("none", |(_, token)| token);
                let canonical = format!(
                    "The Canonical String for this request should have been 'POST\\n/\\n\\nhost:x\\nx-amz-security-token:{token}\\n\\nhost;x-amz-security-token' ({token})"
                );
                let text = format!(r#"{{"__type":"{code}","message":"{canonical}"}}"#);
                genuine("400 Bad Request", "application/x-amz-json-1.0", &text)
            }
            Some(Fault::Skewed(minutes)) => {
                let there = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
                let date = there.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                let text = r#"{"__type":"InvalidSignatureException","message":"Signature expired"}"#;
                let kind = format!("application/x-amz-json-1.0\r\nDate: {date}");
                genuine("400 Bad Request", &kind, text)
            }
            Some(Fault::LoseAnswer | Fault::Slow | Fault::Emptied(_) | Fault::Garbled | Fault::Malformed) | None => {
                let Ok(mut server) = TcpStream::connect(&upstream).await else { return };
                server.write_all(head.as_bytes()).await.unwrap();
                server.write_all(&body).await.unwrap();
                // What answers HEAD tells the length of a body that does not come.
                let has_body = !head.starts_with("HEAD ");
                let Some((head, body)) = message(&mut server, has_body).await else { return };
                match fault {
                    Some(Fault::LoseAnswer) => return,
                    Some(Fault::Slow) => tokio::time::sleep(SLOW).await,
                    _ => {}
                }
                match fault {
                    Some(Fault::Emptied(status)) => http(&format!("{status} So"), "text/plain", ""),
                    Some(Fault::Malformed) => refusal("400 Bad Request", "ValidationException", ""),
                    Some(Fault::Garbled) => {
                        let other = if body == b"{}" { "{ }" } else { "{}" };
                        (with_length(&head, other.len()) + other).into_bytes()
                    }
                    _ => [head.as_bytes(), &body].concat(),
                }
            }
        };
        if client.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// One HTTP/1.1 message with a Content-Length: its head with the blank line, and its body where it has one.
pub async fn message(stream: &mut TcpStream, has_body: bool) -> Option<(String, Vec<u8>)> {
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
        .filter(|_| has_body)
        .unwrap_or(0);
    while bytes.len() < end + length {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
    Some((head, bytes[end..end + length].to_vec()))
}
