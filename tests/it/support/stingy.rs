use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::proxy::{genuine, message};

/// A proxy on loopback before DynamoDB that gives a few rows a page at most, and every third page empty with more behind it: both may
/// happen at any time.
pub struct Stingy {
    pub endpoint: String,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Stingy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stingy {
    pub async fn before(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, upstream.clone()));
            }
        });
        Self { endpoint, task }
    }
}

async fn serve(mut client: TcpStream, upstream: String) {
    let mut pages = 0;
    while let Some((head, body)) = message(&mut client, true).await {
        let is_paged = ["DynamoDB_20120810.Query", "DynamoDB_20120810.Scan"].iter().any(|call| head.contains(call));
        let (mut head, mut body) = (head, body);
        if is_paged {
            pages += 1;
            let mut asked: Json = serde_json::from_slice(&body).unwrap();
            if let Some(at) = asked.get("ExclusiveStartKey").filter(|_| pages % 3 == 0) {
                let empty = json!({"Items": [], "Count": 0, "ScannedCount": 0, "LastEvaluatedKey": at}).to_string();
                if client.write_all(&genuine("200 OK", "application/x-amz-json-1.0", &empty)).await.is_err() {
                    return;
                }
                continue;
            }
            let few = 1 + pages % 4;
            let limit = asked.get("Limit").and_then(Json::as_u64).map_or(few, |limit| limit.min(few));
            asked["Limit"] = limit.into();
            body = asked.to_string().into_bytes();
            let length = |line: &&str| !line.to_lowercase().starts_with("content-length:") && !line.is_empty();
            let lines: String = head.lines().filter(length).map(|line| format!("{line}\r\n")).collect();
            head = format!("{lines}content-length: {}\r\n\r\n", body.len());
        }
        let Ok(mut server) = TcpStream::connect(&upstream).await else { return };
        server.write_all(head.as_bytes()).await.unwrap();
        server.write_all(&body).await.unwrap();
        let Some((head, body)) = message(&mut server, true).await else { return };
        if client.write_all(&[head.as_bytes(), &body].concat()).await.is_err() {
            return;
        }
    }
}
