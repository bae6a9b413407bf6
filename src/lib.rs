//! Console, engine and store for the multi-tenant data that MBC CQRS Serverless applications keep in DynamoDB.

pub mod domain;
