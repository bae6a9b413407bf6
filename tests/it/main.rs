//! Whole-program tests, by what they prove.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails; its name says what it proves")]

mod approval;
mod architecture;
mod arming;
mod bad_input;
mod collisions;
mod copy;
mod csv;
mod csv_files;
mod csv_rows;
#[cfg(feature = "sandbox")]
mod demo;
mod disk_full;
mod doctor;
mod faults;
#[cfg(feature = "sandbox")]
mod follow;
mod golden;
mod items;
mod kills;
mod normalize;
#[cfg(feature = "sandbox")]
mod pages;
mod partial;
#[cfg(feature = "sandbox")]
mod pipeline;
mod plan_files;
mod publish_cases;
mod publish_rules;
mod races;
mod readme;
mod rollback;
mod rollback_many;
mod running;
#[cfg(feature = "sandbox")]
mod sandbox;
mod state_dir;
mod steering;
mod support;
#[cfg(feature = "sandbox")]
mod terminal;
mod transform;
mod undo;
mod users;
mod verify_plan;
mod violations;
mod watch;
mod went_on;
