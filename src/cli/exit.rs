//! Exit codes of the contract.

/// Everything went as it was asked for.
pub const DONE: u8 = 0;
/// Something failed; broken configuration and plan files too.
pub const ERROR: u8 = 1;
/// The command line was not understood.
pub const USAGE: u8 = 2;
/// Done, with conflicts, invalid or failed items, differences, or findings that are errors.
pub const ITEMS: u8 = 3;
/// Not armed, not approved, or stopped.
pub const NOT_APPROVED: u8 = 4;
/// Ended by SIGINT or SIGTERM.
pub const INTERRUPTED: u8 = 130;

/// Of two exit codes the one that applies first.
#[must_use]
pub fn first(a: u8, b: u8) -> u8 {
    let rank = |code: u8| match code {
        INTERRUPTED => 0,
        ERROR => 1,
        USAGE => 2,
        NOT_APPROVED => 3,
        ITEMS => 4,
        _ => 5,
    };
    if rank(b) < rank(a) { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_exit_codes_the_contracts_first_one_applies() {
        let order = [INTERRUPTED, ERROR, USAGE, NOT_APPROVED, ITEMS, DONE];
        for (i, a) in order.iter().enumerate() {
            for b in &order[i..] {
                assert_eq!((first(*a, *b), first(*b, *a)), (*a, *a));
            }
        }
    }
}
