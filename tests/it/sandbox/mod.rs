//! The embedded services, through the AWS SDK as any client sees them.

mod clients;
mod directory;
mod pipeline;
mod services;
