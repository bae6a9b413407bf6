//! The words of the contract for what comparisons, previews and the doctor find.

use super::words::words;

words! {
    /// The kind of something that was found by looking at the tables, in alphabetical order.
    FindingKind {
        /// Both sides have it, with different values.
        Different = "different",
        /// Its ttl removed it.
        Expired = "expired",
        /// There is a target, and no source.
        Extra = "extra",
        /// A command, or a whole run, that failed.
        Failed = "failed",
        /// Versions, or the command row of the current one, are in no table.
        Gap = "gap",
        /// A moved source is still there.
        Leftover = "leftover",
        /// A user's attribute is no JSON list.
        MalformedJson = "malformed_json",
        /// The framework would write it elsewhere, or has.
        Mangled = "mangled",
        /// There is a source, and no target.
        Missing = "missing",
        /// A command waits for the application's pipeline.
        Pending = "pending",
        /// A call that is not permitted.
        Permission = "permission",
        /// A table without point-in-time recovery.
        Pitr = "pitr",
        /// An old tenant code in another place.
        Reference = "reference",
        /// Attributes are gone from S3.
        S3Missing = "s3_missing",
        /// An object that no row refers to.
        S3Orphan = "s3_orphan",
        /// The object is there and holds no attributes.
        S3Unreadable = "s3_unreadable",
        /// A counter of an old tenant code.
        Sequence = "sequence",
        /// It expires at another time than the settings say; or a setting keeps history or commands too briefly, or is odd.
        Ttl = "ttl",
        /// A place that a transform names and no item has.
        UnusedPath = "unused_path",
        /// An unfinished command blocks the entity.
        Wedged = "wedged",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_ordered_as_their_words_are() {
        assert!(FindingKind::ALL.iter().map(|kind| kind.as_str()).is_sorted());
        assert!(FindingKind::ALL.is_sorted());
    }

    #[test]
    fn the_schema_of_json_lines_has_the_same_kinds() {
        let schema = include_str!("../../tests/schema/lines.schema.json");
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let words = schema.pointer("/$defs/finding/properties/kind/enum").unwrap().as_array().unwrap();
        let mut words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
        words.sort_unstable();
        assert_eq!(words, FindingKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
    }
}
