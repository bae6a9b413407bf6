//! What the tests share: services with golden rows in them, and the program itself.

pub mod driver;
pub mod fake;
pub mod golden;
pub mod guide;
#[cfg(feature = "sandbox")]
pub mod limits;
pub mod many;
pub mod plan;
pub mod pool;
pub mod program;
pub mod proxy;
pub mod recorder;
pub mod signers;
pub mod stack;
pub mod stingy;

pub use driver::Driver;
pub use fake::Fake;
pub use program::Program;
pub use proxy::{Fault, Proxy};
pub use recorder::Recorder;
pub use stack::Stack;
pub use stingy::Stingy;
