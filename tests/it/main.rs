//! Whole-program tests, by what they prove.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails; its name says what it proves")]

mod activity;
mod activity_many;
mod answers;
mod approval;
mod architecture;
mod arming;
mod bad_input;
mod bombs;
mod book;
mod causes;
mod collisions;
mod configuration;
mod content;
mod copy;
#[cfg(feature = "sandbox")]
mod counts;
mod csv;
mod csv_files;
mod csv_rows;
#[cfg(feature = "sandbox")]
mod demo;
mod disk_full;
mod doctor;
mod evidence;
mod expiry;
mod faults;
mod figures;
mod find;
mod find_commands;
#[cfg(feature = "sandbox")]
mod follow;
mod golden;
mod headless;
#[cfg(feature = "sandbox")]
mod help_examples;
mod items;
mod journals;
mod kills;
mod language;
#[cfg(feature = "sandbox")]
mod limits;
#[cfg(feature = "sandbox")]
mod masked;
mod meant;
mod named;
mod normalize;
mod packages;
#[cfg(feature = "sandbox")]
mod pages;
mod partial;
#[cfg(feature = "sandbox")]
mod partitions;
mod parts;
mod parts_in_s3;
#[cfg(feature = "sandbox")]
mod pipeline;
mod plan_files;
mod prune;
mod publish_cases;
mod publish_rules;
mod races;
#[cfg(feature = "sandbox")]
mod random_rows;
mod readme;
mod regular_files;
#[cfg(feature = "sandbox")]
mod rehearse;
#[cfg(feature = "sandbox")]
mod restore;
mod resume;
mod rollback;
mod rollback_lines;
mod rollback_many;
mod running;
#[cfg(feature = "sandbox")]
mod sandbox;
mod schemas;
mod secrets;
mod sign_in;
mod sign_off;
mod snapshot;
mod spellings;
mod state_dir;
mod steering;
mod support;
mod surroundings;
mod taken_out;
#[cfg(feature = "sandbox")]
mod terminal;
mod transform;
mod undo;
mod units;
mod users;
mod values;
mod verify_plan;
mod version;
mod violations;
mod waiting;
mod watch;
mod went_on;
