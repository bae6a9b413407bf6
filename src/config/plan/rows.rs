//! Every key of every plan, once. Within a table rows stand in the order in which the examples show them.

use Kind::*;
use Operation::*;
use Unset::{Counts, Nothing, Refused, Unless};

use crate::config::rows::{ANY, Bounds, Kind, Row, SOME, Unset, rows};
use crate::config::words::*;
use crate::domain::run::Operation;
use crate::domain::users::ATTRIBUTES;

/// Transactions at once.
pub(super) const CONCURRENCY: Bounds = (1, 256);
/// Items per second.
pub(super) const RATE: Bounds = (0, u32::MAX as usize);

const EVERY: &[Operation] = Operation::ALL;
/// Plans that become runs of items.
const ITEMS: &[Operation] = &[Copy, Move, Normalize, Transform, Import, Export, Rollback, Undo];
/// Plans that say so in journals and lists of runs.
const RUNS: &[Operation] = &[Copy, Move, Normalize, Transform, Import, Users, Rollback, Undo];
/// Plans that take entities of a tenant.
const ENTITIES: &[Operation] = &[Copy, Move, Normalize, Transform, Import, Export, Rollback];
/// Those of them that look for the tenant's partitions.
const SCANNED: &[Operation] = &[Copy, Move, Transform, Export, Rollback];
/// Those whose rows the application's own import can write.
pub(super) const PIPELINE: &[Operation] = &[Import, Copy, Transform];
/// Those that several workers may share.
const PARTS: &[Operation] = &[Copy, Move, Normalize, Transform, Import, Rollback];
/// Plans that write to a tenant they name.
const TARGETED: &[Operation] = &[Copy, Move, Import];
/// Plans that may change or check attributes.
const CHANGING: &[Operation] = &[Copy, Move, Transform, Import];

/// The keys.
pub(in crate::config) const ROWS: &[Row] = rows! {
    [""] {
        "name": Text, RUNS, Refused, "shown in `tenantry runs` and kept in the journal";
        "name": Text, &[Export], Refused, "shown where the file is written";
        "operation": Text, EVERY, Refused, "";
        "profile": Text, EVERY, Counts("''"), "when set, the plan is refused under any other profile";
        "reason": Text, RUNS, Counts("''"), "ticket or why; kept in the journal and shown in `tenantry runs`";
        "reason": Text, &[Export], Counts("''"), "ticket or why";
        "module": Modules, SCANNED, Counts("''"), "\"product\", or [\"product\", \"order\"], or \"*\" for every module; when empty the type tells it";
        "module": Modules, &[Normalize], Counts("''"), "\"order\", or [\"product\", \"order\"], or \"*\"; when empty the type tells it, and without a type every module is looked through";
        "module": Modules, &[Import], Counts("''"), "\"product\", or [\"product\", \"order\"]; when empty each row's type tells it";
        "source": Table("source"), ENTITIES, Nothing, "which entities";
        "target": Table("target"), &[Copy, Move, Import, Export], Nothing, "where to";
        "import": Table("import"), &[Import], Nothing, "how the file is read";
        "users": Table("users"), &[Users], Nothing, "which codes of which users";
        "export": Table("export"), &[Export], Nothing, "the file";
        "normalize": Table("normalize"), &[Normalize], Nothing, "how codes are put in lower case";
        "transform": Tables("transform"), CHANGING, Nothing, "changes attributes: one operation a table; rename, default, now and remove may share one, in that order";
        "schema": Table("schema"), &[Transform], Nothing, "the version of the attributes; may be left out: then every entity is changed that differs afterwards";
        "chain": Tables("chain"), &[Transform], Nothing, "instead of [[transform]]: steps from one schema version to the next, marker a whole number";
        "validate": Table("validate"), CHANGING, Nothing, "checks before anything is written";
        "rollback": Table("rollback"), &[Rollback], Nothing, "exactly one of the first five says how far back";
        "undo": Table("undo"), &[Undo], Nothing, "the run";
        "run": Table("run"), EVERY, Nothing, "how the run goes about it";
    }
    ["source"] {
        "file": Text, &[Import], Nothing, "relative to this file, s3://bucket/key, or \"-\" for standard input; `tenantry import FILE PLAN.toml` sets it";
        "snapshot": Text, &[Copy], Counts("''"), "a directory that `tenantry snapshot` wrote, relative to this file: entities are read from it; empty = from the tables";
        "type": EntityType, SCANNED, Nothing, "first segment of the partition key; \"\" or \"*\" is every type, and wants a module";
        "type": EntityType, &[Normalize], Nothing, "first segment of the partition key; \"\" or \"*\" is every type";
        "type": EntityType, &[Import], Counts("''"), "only rows of this type; \"\" or \"*\" is every type";
        "tenant": Tenant, &[Copy], Unless("entities"), "the code of the tenant to copy from";
        "tenant": Tenant, &[Move], Unless("entities"), "the code of the tenant to move from";
        "tenant": Tenant, &[Transform], Unless("entities"), "the tenant whose entities are changed";
        "tenant": Tenant, &[Import], Counts("''"), "only rows of this tenant; tells also where the tenant stands in longer keys";
        "tenant": Tenant, &[Export], Unless("entities"), "the code of the tenant whose entities are written";
        "tenant": Tenant, &[Rollback], Unless("entities"), "the tenant whose entities are taken back";
        "tenants": Tenants, &[Normalize], Nothing, "the codes as they are spelled now, [\"MY_TENANT\"]; empty = every one that is not in lower case";
        "sk_prefix": Text, ENTITIES, Counts("''"), "only sort keys that begin so";
        "keys": List, ENTITIES, Counts("[]"), "only these sort keys";
        "entities": Rows("entities"), SCANNED, Counts("[]"), "instead of type, tenant and keys: these alone, of any partitions, such as [{ pk = \"PRODUCT#acme\", sk = \"P-1\" }]";
        "deleted": Choice(DELETED.names), &[Copy], Counts("'skip'"), "soft-deleted sources: skip | keep (copied as deleted)";
        "deleted": Choice(DELETED.names), &[Move], Counts("'skip'"), "soft-deleted sources: skip | keep (written as deleted)";
        "deleted": Choice(DELETED.names), &[Normalize], Counts("'skip'"), "soft-deleted rows: skip | keep (moved as deleted)";
        "deleted": Choice(DELETED.names), &[Transform], Counts("'skip'"), "soft-deleted entities: skip | keep (changed too)";
        "deleted": Choice(DELETED.names), &[Import], Counts("'skip'"), "rows that say they are soft-deleted: skip | keep (written as deleted)";
        "deleted": Choice(DELETED.names), &[Export], Counts("'skip'"), "soft-deleted entities: skip | keep (an import reads them as deleted ones; the guide's own reader does not)";
        "deleted": Choice(DELETED.names), &[Rollback], Counts("'keep'"), "entities that are soft-deleted now: keep (taken back too) | skip";
        "partitions": Choice(PARTITIONS.names), SCANNED, Counts("'all'"), "all = longer keys too (TYPE#tenant#2024-05): reads a row of every partition | exact = TYPE#tenant alone";
        "part": Text, PARTS, Counts("''"), "\"3/8\" = the third of eight parts of these entities, for several workers; `tenantry run --part` sets it; empty = all";
    }
    ["entities"] {
        "module": Text, SCANNED, Counts("''"), "its module; when empty the key tells it";
        "pk": Text, SCANNED, Refused, "its partition key";
        "sk": Text, SCANNED, Refused, "its sort key";
    }
    ["target"] {
        "tenant": Tenant, &[Copy], Refused, "the code of the tenant to copy to";
        "tenant": Tenant, &[Move], Refused, "the code of the tenant to move to";
        "tenant": Tenant, &[Import], Counts("''"), "the tenant to write to; when empty the column targetTenantCode";
        "tenant": Tenant, &[Export], Counts("''"), "what stands in the column targetTenantCode; the source's tenant when empty";
        "existing": Choice(EXISTING.names), &[Copy, Move], Counts("'skip'"), "live targets: skip | overwrite | merge (the source into the target) | stop (the plan cannot run)";
        "existing": Choice(EXISTING.names), &[Import], Counts("'skip'"), "live targets: skip | overwrite | merge (the file into the target) | stop (the plan cannot run)";
        "spelling": Choice(SPELLING.names), TARGETED, Counts("'lower'"), "lower = a target tenant in lower case, as the framework reads codes since 1.1 | as-is";
    }
    ["import"] {
        "rejects": Text, &[Import], Counts("''"), "where rows go that cannot be read or written, with line and reason: mend them and feed them again";
        "encoding": Choice(ENCODING.names), &[Import], Counts("'auto'"), "auto | utf-8 | utf-16 | cp932 (Shift_JIS); auto finds it out, and the preview says it";
        "delimiter": Text, &[Import], Counts("','"), "between two cells: \",\" or \";\" or \"\\t\" or another sign";
        "table": Text, &[Import], Counts("''"), "engine pipeline: the name under which the application registered its import; the module's when empty";
    }
    ["users"] {
        "pool": Text, &[Users], Counts("''"), "the pool's id; the profile's user_pool_id when empty";
        "change": TextOrNames, &[Users], Counts("'lowercase'"), "every code in lower case; or named ones: { MY_TENANT = \"my_tenant\" }";
        "attributes": Words(&ATTRIBUTES), &[Users], Counts("['custom:tenant', 'custom:roles', 'custom:groups']"), "or some of them";
    }
    ["export"] {
        "to": Text, &[Export], Nothing, "a file relative to this one, or an object; ends in \"/\": the guide's key is appended";
        "lossless": Flag, &[Export], Counts("true"), "adds the columns attributes_ddb and fields_ddb (DynamoDB JSON), which win on import";
    }
    ["normalize"] {
        "collision": Choice(COLLISION.names), &[Normalize], Counts("'block'"), "rows that want the same key: block (conflicts, decided one by one) | target (the lower-case one stays) | newest | merge (newer ones win)";
        "references": Choice(REFERENCES.names), &[Normalize], Counts("'report'"), "keys inside attributes that contain the code, in any row: report | rewrite";
        "sequences": Flag, &[Normalize], Counts("true"), "counters under SEQ#CODE: the lower-case one gets the larger number; the old one stays, and an undo leaves both";
        "decide": Tables("decide"), &[Normalize], Nothing, "one decision for one key; it wins over collision";
    }
    ["decide"] {
        "pk": Text, &[Normalize], Refused, "the key that is wanted";
        "sk": Text, &[Normalize], Refused, "and its sort key";
        "keep": Text, &[Normalize], Nothing, "the partition key whose row stays; or merge";
        "merge": List, &[Normalize], Nothing, "the partition keys whose rows become one: later ones win";
    }
    ["schema"] {
        "marker": Text, &[Transform], Nothing, "where the schema version stands; \"_schemaVersion\" when left out";
        "missing": Value, &[Transform], Counts("''"), "what counts where there is no marker, such as 1";
        "current": Value, &[Transform], Nothing, "the version that is wanted: entities that have it are equal";
    }
    ["chain"] {
        "from": Number(ANY.0, ANY.1), &[Transform], Refused, "the version that entities have";
        "to": Number(ANY.0, ANY.1), &[Transform], Refused, "the version that this step leads to";
        "transform": Tables("transform"), &[Transform], Nothing, "changes attributes, as [[transform]] does";
    }
    ["transform"] {
        "rename": Names, CHANGING, Nothing, "old place = new place";
        "default": Values, CHANGING, Nothing, "where missing or NULL";
        "now": List, CHANGING, Nothing, "the run's time, where missing or NULL";
        "remove": List, CHANGING, Nothing, "takes values away";
        "set": Values, CHANGING, Nothing, "whatever was there; { \"$N\" = \"38 digits\" }, \"$B\", \"$SS\", \"$NS\", \"$BS\" for what TOML lacks";
        "copy": Table("copy"), CHANGING, Nothing, "from one place to another";
        "lowercase": List, CHANGING, Nothing, "texts in lower case";
        "uppercase": List, CHANGING, Nothing, "texts in upper case";
        "trim": List, CHANGING, Nothing, "texts without blanks at their ends";
        "split": Table("split"), CHANGING, Nothing, "the last takes the rest; the source stays";
        "join": Table("join"), CHANGING, Nothing, "all of them must be there";
        "map": Table("map"), CHANGING, Nothing, "values by a table";
        "convert": Table("convert"), CHANGING, Nothing, "number | string | bool";
        "jq": Text, CHANGING, Nothing, "over all attributes; exactly one object comes out; $now is the run's time";
        "when": Table("when"), CHANGING, Nothing, "beside any of them: equals | not_equals | present";
    }
    ["copy"] {
        "from": Text, CHANGING, Refused, "the place that is copied";
        "to": Text, CHANGING, Refused, "where to";
    }
    ["split"] {
        "path": Text, CHANGING, Refused, "the place of the text";
        "into": List, CHANGING, Refused, "where the parts go";
        "at": Text, CHANGING, Refused, "stands between the parts";
    }
    ["join"] {
        "paths": List, CHANGING, Refused, "the places of the parts";
        "into": Text, CHANGING, Refused, "where the text goes";
        "with": Text, CHANGING, Counts("''"), "stands between the parts";
    }
    ["map"] {
        "path": Text, CHANGING, Refused, "the place of the value";
        "table": Values, CHANGING, Nothing, "old value = new value";
        "else": Choice(MAP_ELSE.names), CHANGING, Counts("'keep'"), "other values: keep | invalid";
    }
    ["convert"] {
        "path": Text, CHANGING, Refused, "the place of the value";
        "to": Choice(CONVERT_TO.names), CHANGING, Refused, "number | string | bool";
        "else": Choice(CONVERT_ELSE.names), CHANGING, Counts("'invalid'"), "values that cannot be converted: invalid | keep | remove";
    }
    ["when"] {
        "path": Text, CHANGING, Refused, "the place that is looked at";
        "equals": Value, CHANGING, Nothing, "it holds this";
        "not_equals": Value, CHANGING, Nothing, "it holds something else";
        "present": Flag, CHANGING, Nothing, "whether it is there";
    }
    ["validate"] {
        "schema": TextOrNames, TARGETED, Counts("''"), "a JSON Schema for the attributes as they would be written, relative to this file; or { PRODUCT = \"product.schema.json\" }";
        "schema": TextOrNames, &[Transform], Counts("''"), "a JSON Schema for the attributes, relative to this file; or { PRODUCT = \"product.schema.json\" }";
        "references": Tables("references"), CHANGING, Counts("[]"), "[{ field = \"customer\", type = \"CUSTOMER\", by = \"id\", allow_common = false }]; by = id | code | sk";
        "on_invalid": Choice(ON_INVALID.names), CHANGING, Counts("'skip'"), "skip | stop (the plan does not run)";
    }
    ["references"] {
        "field": Text, CHANGING, Refused, "the place that refers";
        "type": Text, CHANGING, Refused, "the entity type that is referred to";
        "module": Text, CHANGING, Counts("''"), "its module; when empty the type tells it";
        "by": Choice(BY.names), CHANGING, Counts("'id'"), "what is referred by: id | code | sk";
        "allow_common": Flag, CHANGING, Counts("false"), "whether the common tenant may have it";
    }
    ["rollback"] {
        "to_version": Number(ANY.0, ANY.1), &[Rollback], Nothing, "to this version; 0 = not set";
        "to_time": Text, &[Rollback], Counts("''"), "to what was current then, \"2026-03-10T00:00:00+09:00\"";
        "before_run": Run, &[Rollback], Counts("''"), "to before what a run wrote: its id, a _migrationId, or the id of an import job";
        "before_migrated_at": Text, &[Rollback], Counts("''"), "to before the version that says so: _migratedAt, _deletedAt, or metadata.migratedAt of its command";
        "window": List, &[Rollback], Counts("[]"), "to before the first command published between two moments, [\"2026-03-10T00:00:00Z\", \"2026-03-10T01:00:00Z\"]";
        "marked": Flag, &[Rollback], Counts("false"), "with window: only versions that bring the marks of a migration (_migrated, _migratedFrom and so on)";
        "by": List, &[Rollback], Counts("[]"), "with window: only versions published by one of these users";
        "request": List, &[Rollback], Counts("[]"), "with window: only versions of one of these requests";
        "source": List, &[Rollback], Counts("[]"), "with window: only versions whose command row names one of these as its source";
        "conflicts": Choice(CONFLICTS.names), &[Rollback], Counts("'skip'"), "entities that others changed above it: skip | force (taken back all the same)";
    }
    ["undo"] {
        "run": Run, &[Undo], Refused, "the run to take back, as `tenantry runs` prints it";
        "conflicts": Choice(CONFLICTS.names), &[Undo], Counts("'skip'"), "entities changed since the run: skip | force (taken back all the same)";
        "journal": Text, &[Undo], Counts("''"), "a journal brought from elsewhere, relative to this file; the run's own when empty";
        "items": List, &[Undo], Counts("[]"), "numbers of items, [\"12\"], as `runs show` prints them: these alone; all without any. With conflicts = \"force\"";
    }
    ["run"] {
        "batch": Number(SOME.0, SOME.1), ITEMS, Counts("100"), "items of a batch";
        "batch": Number(SOME.0, SOME.1), &[Users], Counts("100"), "users of a batch";
        "canary": Number(SOME.0, SOME.1), ITEMS, Counts("5"), "items of the first batch";
        "canary": Number(SOME.0, SOME.1), &[Users], Counts("5"), "users of the first batch";
        "concurrency": Number(CONCURRENCY.0, CONCURRENCY.1), EVERY, Counts("32"), "transactions at once, 256 at most";
        "rate": Number(RATE.0, RATE.1), ITEMS, Counts("0"), "items per second at most; 0 = as fast as the table allows";
        "rate": Number(RATE.0, RATE.1), &[Users], Counts("0"), "users per second at most; 0 = 20, below what Cognito takes from an account";
        "polite": Fraction, ITEMS, Counts("1"), "share of what a partition takes to use, 0.5 for half; the rest stays for the application";
        "stop_after_failures": Share, EVERY, Counts("'5%'"), "of those attempted, counted from 20 attempts on; or a number of items; conflicts do not count";
        "publish": Choice(PUBLISH.names), ITEMS, Counts("''"), "sync = one transaction; async = command row, then the application's own pipeline; the profile's when empty";
        "publish": Choice(PUBLISH.names), &[Users], Counts("''"), "users are published by nobody: without effect, as timeout and pending";
        "stamp": Choice(STAMP.names), &[Copy, Normalize], Counts("'guide'"), "guide = leave _migrated, _migratedFrom and so on in the attributes | none";
        "stamp": Choice(STAMP.names), &[Move], Counts("'guide'"), "guide = leave _migrated, _migratedTo and so on in the attributes | none";
        "stamp": Choice(STAMP.names), &[Transform, Import, Export, Users], Counts("'guide'"), "no marks are left by this operation";
        "stamp": Choice(STAMP.names), &[Rollback], Counts("'guide'"), "guide = leave _rolledBackFrom and _rolledBackAt in the attributes | none";
        "stamp": Choice(STAMP.names), &[Undo], Counts("'guide'"), "guide = leave _restoredAt in the attributes | none";
        "timeout": Duration, EVERY, Counts("'5m'"), "async: how long the application's pipeline may take for an entity; 30s, 5m, 1h";
        "pending": Number(SOME.0, SOME.1), EVERY, Counts("50"), "async: entities that may wait for the pipeline at once";
        "verify": Choice(VERIFY.names), EVERY, Counts("'none'"), "read back what was written: none | batch (after each batch) | end";
        "engine": Choice(ENGINE.names), &[Move, Normalize, Export, Users, Rollback, Undo], Counts("'direct'"), "direct; pipeline is for import, copy and transform plans";
        "engine": Choice(ENGINE.names), PIPELINE, Counts("'direct'"), "direct; pipeline = the application's own distributed import";
        "label": Text, RUNS, Counts("''"), "a word of your own for the run, 200 characters at most; shown in `tenantry runs`";
    }
};
