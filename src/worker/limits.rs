//! Limits that the worker sets itself.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Memory, the worker's stack included.
pub(super) const MEMORY: u64 = 256 << 20;
/// Stack of the thread that evaluates.
pub(super) const STACK: usize = 16 << 20;

/// Limits this process: no more memory than [`MEMORY`], and no image of it on disk when it ends.
pub(super) fn set() {
    lower(Resource::Core, 0);
    lower(Resource::Data, MEMORY);
    // Memory that is mapped already does not count: a debug build is large.
    let mapped = std::fs::read_to_string("/proc/self/statm").ok();
    let pages: Option<u64> = mapped.and_then(|text| text.split(' ').next()?.parse().ok());
    if let Some(pages) = pages {
        lower(Resource::As, pages.saturating_mul(rustix::param::page_size() as u64).saturating_add(2 * MEMORY));
    }
}

/// Where a system knows no such limit, the others hold.
fn lower(resource: Resource, to: u64) {
    let hard = getrlimit(resource).maximum;
    let to = hard.map_or(to, |hard| hard.min(to));
    let _ = setrlimit(resource, Rlimit { current: Some(to), maximum: Some(to) });
}
