//! HTTP/1.1 messages whose bodies have a length.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// A head with its blank line, and a body.
pub(super) struct Message {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// The next one; nothing at the end of the stream.
    pub(super) async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let whole = end + length.unwrap_or_default();
        while bytes.len() < whole {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        Some(Self { head, body: bytes.split_off(end) })
    }

    /// The operation of DynamoDB that a request asks for.
    pub(super) fn operation(&self) -> &str {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with("x-amz-target:"));
        line.and_then(|line| line.rsplit_once('.')).map_or("", |(_, operation)| operation.trim())
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }
}

/// An answer of the service that refuses: with a request id, and the checksum of its body.
pub(super) fn refused(body: &str) -> Vec<u8> {
    let (sum, length) = (crc32fast::hash(body.as_bytes()), body.len());
    format!(
        "HTTP/1.1 400 Bad Request\r\nx-amzn-requestid: LIMITS\r\nx-amz-crc32: {sum}\r\n\
         Content-Type: application/x-amz-json-1.0\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
