//! The limits that DynamoDB documents, enforced by a proxy on loopback before a store that has none.

mod bucket;
mod cost;
mod figures;
mod http;
mod refusal;
mod rules;
mod serve;
mod tally;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bucket::Buckets;
use refusal::Refusal;
pub use rules::{Rules, TableRule};
pub use tally::Tally;
use tokio::net::TcpListener;

/// A proxy that lets through what the rules leave, and refuses the rest as DynamoDB does.
pub struct Limits {
    pub endpoint: String,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Limits {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Rules, what is left under them, and what happened.
struct State {
    rules: Rules,
    buckets: Buckets,
    tally: Tally,
}

impl State {
    /// Takes what a request costs, or says for each of its items why it cannot be had. Nothing is taken from a request that is refused.
    fn admit(&mut self, charges: &[cost::Charge], at: Instant) -> Result<(), Vec<Option<Refusal>>> {
        let refusals = self.buckets.take(&self.rules, charges, at);
        let is_refused = refusals.iter().any(Option::is_some);
        self.tally.count(charges, &refusals, at);
        if is_refused { Err(refusals) } else { Ok(()) }
    }

    /// Takes what a read turned out to cost, also where that much was not left.
    fn settle(&mut self, charges: &[cost::Charge], units: f64, at: Instant) {
        self.buckets.owe(&self.rules, charges, units, at);
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Limits {
    pub async fn before(upstream: &str, rules: Rules) -> std::io::Result<Self> {
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let state =
            Arc::new(Mutex::new(State { rules, buckets: Buckets::default(), tally: Tally::new(Instant::now()) }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve::serve(client, upstream.clone(), Arc::clone(&shared)));
            }
        });
        Ok(Self { endpoint, state, task })
    }

    /// Other rules from now on.
    pub fn change(&self, change: impl FnOnce(&mut Rules)) {
        change(&mut locked(&self.state).rules);
    }

    /// The record of writes so far.
    pub fn tally(&self) -> Tally {
        locked(&self.state).tally.clone()
    }
}
