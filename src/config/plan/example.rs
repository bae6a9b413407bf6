use crate::domain::run::Operation;

/// The operations that have an example, and the examples: every optional key at its default.
pub const EXAMPLES: &[(Operation, &str)] = &[
    (Operation::Copy, include_str!("../../../assets/plans/copy.toml")),
    (Operation::Move, include_str!("../../../assets/plans/move.toml")),
    (Operation::Normalize, include_str!("../../../assets/plans/normalize.toml")),
    (Operation::Transform, include_str!("../../../assets/plans/transform.toml")),
    (Operation::Import, include_str!("../../../assets/plans/import.toml")),
    (Operation::Export, include_str!("../../../assets/plans/export.toml")),
    (Operation::Users, include_str!("../../../assets/plans/users.toml")),
    (Operation::Rollback, include_str!("../../../assets/plans/rollback.toml")),
    (Operation::Undo, include_str!("../../../assets/plans/undo.toml")),
];

/// The example plan of an operation, as `tenantry plan example` prints it; `None` while this version cannot run such plans.
#[must_use]
pub fn example(operation: Operation) -> Option<&'static str> {
    EXAMPLES.iter().find(|(of, _)| *of == operation).map(|(_, text)| *text)
}
