//! The console as a whole, driven by keys against an engine of canned answers.

mod acting;
mod collisions;
mod data;
mod doctor;
mod exports;
mod fake;
mod fake_normalize;
mod fake_plans;
mod finding;
mod japanese;
mod jobs;
mod mouse;
mod plans;
mod profiles;
mod reading;
mod recorded;
mod rehearsing;
mod remembering;
mod reporting;
mod running;
mod safety;
mod screens;
mod script;
mod signing_in;
mod speed;
mod steps;
mod updates;
mod users;
mod verification;
mod viewing;
mod violations;
mod watching;

pub(super) use fake::Fake;
pub(super) use fake_plans::made;
pub(super) use script::{Play, Played, drawn, inputs, shown};
