//! A service of a few lines: what it answers is said by the test.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::proxy::message;

/// Answers every request the same, until told otherwise, and counts them.
pub struct Fake {
    pub endpoint: String,
    answer: Arc<Mutex<Vec<u8>>>,
    calls: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fake {
    pub async fn answering(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (answer, calls) = (Arc::new(Mutex::new(answer)), Arc::new(AtomicUsize::new(0)));
        let (says, counts) = (Arc::clone(&answer), Arc::clone(&calls));
        let task = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (says, counts) = (Arc::clone(&says), Arc::clone(&counts));
                tokio::spawn(async move {
                    while message(&mut client, true).await.is_some() {
                        counts.fetch_add(1, Ordering::SeqCst);
                        let answer = says.lock().unwrap().clone();
                        if client.write_all(&answer).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { endpoint, answer, calls, task }
    }

    pub fn answers(&self, answer: Vec<u8>) {
        *self.answer.lock().unwrap() = answer;
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}
