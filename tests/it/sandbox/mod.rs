//! The embedded services, through the AWS SDK as any client sees them.

pub mod clients;
mod directory;
mod pipeline;
mod services;
