//! The framework's tables as they are laid out. The only place that talks to AWS.

mod account;
mod answer;
mod aside;
pub mod attributes;
pub mod backoff;
mod checkup;
mod classify;
mod connect;
mod convert;
mod discovery;
mod elsewhere;
pub mod error;
mod files;
mod meter;
mod names;
mod pins;
pub mod publish;
mod read;
mod scan;
mod search;
mod sign_in;
mod ttl;
mod users;

pub use account::Caller;
pub use aside::Aside;
pub use attributes::Unreadable;
pub use checkup::{ObjectPage, StoredObject};
pub use connect::{Connected, connect};
pub use meter::{Meter, Reading};
pub use names::TableNames;
pub use pins::Pins;
pub use read::{Query, ReadStore, RowKey, RowPage};
pub use scan::{Scan, ScanAt, ScanPage};
pub use search::{Found, Search, SearchAt, SearchPage};
pub use ttl::TtlSettings;
pub use users::UserPage;
