//! Console, engine and store for the multi-tenant data that MBC CQRS Serverless applications keep in DynamoDB.

pub mod config;
pub mod domain;
pub mod engine;
pub mod store;
pub mod tui;
