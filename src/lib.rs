//! Console, engine and store for the multi-tenant data that MBC CQRS Serverless applications keep in DynamoDB.

#[cfg(feature = "sandbox")]
pub mod sandbox;
