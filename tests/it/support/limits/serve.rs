//! One connection: each request is let through or refused.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::Value as Json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::cost::{Access, charges, read_units};
use super::http::{Message, refused};
use super::{State, locked, refusal};

pub(super) async fn serve(mut client: TcpStream, upstream: String, state: Arc<Mutex<State>>) {
    let Ok(mut server) = TcpStream::connect(&upstream).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    while let Some(request) = Message::read(&mut client).await {
        let body: Json = serde_json::from_slice(&request.body).unwrap_or_default();
        let operation = request.operation();
        let charges = charges(operation, &body);
        let admitted = locked(&state).admit(&charges, Instant::now());
        let answer = match admitted {
            Err(refusals) => refused(&refusal::body(operation, &refusals)),
            Ok(()) => {
                if server.write_all(&request.bytes()).await.is_err() {
                    return;
                }
                let Some(answer) = Message::read(&mut server).await else { return };
                if charges.iter().any(|charge| charge.access == Access::Read) {
                    let units = read_units(&body, &serde_json::from_slice(&answer.body).unwrap_or_default());
                    locked(&state).settle(&charges, units, Instant::now());
                }
                answer.bytes()
            }
        };
        if client.write_all(&answer).await.is_err() {
            return;
        }
    }
}
