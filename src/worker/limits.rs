//! Limits that the worker sets itself.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Memory, the worker's stack included.
pub(super) const MEMORY: u64 = 256 << 20;
/// Stack of the thread that evaluates.
pub(super) const STACK: usize = 16 << 20;

/// Places in `/proc/self/statm` of all that is mapped, and of data and stacks, in pages.
const ALL: usize = 0;
const DATA: usize = 5;

/// Limits this process: no more memory than [`MEMORY`], and no image of it on disk when it ends.
pub(super) fn set() {
    lower(Resource::Core, 0);
    let mapped = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let bytes = |field: usize| {
        let pages: Option<u64> = mapped.split_whitespace().nth(field).and_then(|pages| pages.parse().ok());
        pages.map(|pages| pages.saturating_mul(rustix::param::page_size() as u64))
    };
    // Whoever starts it by hand lets the allocator reserve more than that beforehand.
    let reserved = bytes(DATA).filter(|data| *data >= MEMORY).unwrap_or(0);
    lower(Resource::Data, reserved.saturating_add(MEMORY));
    // Memory that is mapped already does not count: a debug build is large.
    if let Some(all) = bytes(ALL) {
        lower(Resource::As, all.saturating_add(2 * MEMORY));
    }
}

/// Where a system knows no such limit, the others hold.
fn lower(resource: Resource, to: u64) {
    let hard = getrlimit(resource).maximum;
    let to = hard.map_or(to, |hard| hard.min(to));
    let _ = setrlimit(resource, Rlimit { current: Some(to), maximum: Some(to) });
}
