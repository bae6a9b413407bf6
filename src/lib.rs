//! Console, engine and store for the multi-tenant data that MBC CQRS Serverless applications keep in DynamoDB.

pub mod config;
pub mod domain;
pub mod engine;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod store;
