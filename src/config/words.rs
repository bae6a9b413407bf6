//! The words that keys of plans and profiles may hold, each with its meaning.

use crate::domain::csv::encoding::EncodingChoice;
use crate::domain::plan::{By, Collision, Conflicts, DeletedSources, Engine, Existing, OnInvalid, Partitions, Verify};
use crate::domain::publish::PublishMode;
use crate::domain::tenant::Spelling;
use crate::domain::transform::{Otherwise, To};
use crate::language::Language;

/// The words of a key.
pub(super) struct Words<T: 'static> {
    /// As people write them.
    pub(super) names: &'static [&'static str],
    /// With their meanings.
    pub(super) pairs: &'static [(&'static str, T)],
}

macro_rules! words {
    ($($name:ident: $of:ty { $($word:literal => $meaning:expr),+ $(,)? })+) => {
        $(pub(super) const $name: Words<$of> = Words { names: &[$($word),+], pairs: &[$(($word, $meaning)),+] };)+
    };
}

words! {
    DELETED: DeletedSources { "skip" => DeletedSources::Skip, "keep" => DeletedSources::Keep }
    PARTITIONS: Partitions { "all" => Partitions::All, "exact" => Partitions::Exact }
    EXISTING: Existing {
        "skip" => Existing::Skip,
        "overwrite" => Existing::Overwrite,
        "merge" => Existing::Merge,
        "stop" => Existing::Stop,
    }
    SPELLING: Spelling { "lower" => Spelling::Lower, "as-is" => Spelling::AsIs }
    CONFLICTS: Conflicts { "skip" => Conflicts::Skip, "force" => Conflicts::Force }
    COLLISION: Collision {
        "block" => Collision::Block,
        "target" => Collision::Target,
        "newest" => Collision::Newest,
        "merge" => Collision::Merge,
    }
    // True: references are rewritten.
    REFERENCES: bool { "report" => false, "rewrite" => true }
    ENCODING: EncodingChoice {
        "auto" => EncodingChoice::Auto,
        "utf-8" => EncodingChoice::Utf8,
        "utf-16" => EncodingChoice::Utf16,
        "cp932" => EncodingChoice::Cp932,
    }
    ON_INVALID: OnInvalid { "skip" => OnInvalid::Skip, "stop" => OnInvalid::Stop }
    BY: By { "id" => By::Id, "code" => By::Code, "sk" => By::Sk }
    // None: that of the environment.
    LANGUAGE: Option<Language> {
        "auto" => None,
        "en" => Some(Language::English),
        "ja" => Some(Language::Japanese),
    }
    PUBLISH: PublishMode { "sync" => PublishMode::Sync, "async" => PublishMode::Async }
    // True: marks are left.
    STAMP: bool { "guide" => true, "none" => false }
    VERIFY: Verify { "none" => Verify::None, "batch" => Verify::Batch, "end" => Verify::End }
    ENGINE: Engine { "direct" => Engine::Direct, "pipeline" => Engine::Pipeline }
    MAP_ELSE: Otherwise { "keep" => Otherwise::Keep, "invalid" => Otherwise::Invalid }
    CONVERT_TO: To { "number" => To::Number, "string" => To::String, "bool" => To::Bool }
    CONVERT_ELSE: Otherwise {
        "invalid" => Otherwise::Invalid,
        "keep" => Otherwise::Keep,
        "remove" => Otherwise::Remove,
    }
}
