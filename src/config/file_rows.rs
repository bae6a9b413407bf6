//! Every key of the configuration file, in the order in which the example shows them.

use Kind::*;
use Unset::{Counts, Nothing, Refused};

use super::rows::{ANY, Kind, Row, Unset, rows};
use super::words::{LANGUAGE, PUBLISH};
use crate::domain::run::Operation;

/// Profiles know no operations: their keys count for each.
const EVERY: &[Operation] = Operation::ALL;

/// The keys.
pub(super) const ROWS: &[Row] = rows! {
    [""] {
        "default_profile": Text, EVERY, Nothing, "used without --profile";
        "ui": Table("ui"), EVERY, Nothing, "keys, styles and language of the console";
        "notify": Table("notify"), EVERY, Nothing, "who is told when a run waits, pauses or ends";
        "profiles": TablesByName("profile"), EVERY, Nothing, "applications in their environments, by name";
    }
    ["ui"] {
        "keymap": Text, EVERY, Counts("''"), "a file of keys read over the shipped ones, relative to this file";
        "theme": Text, EVERY, Counts("''"), "dark, light, or a file of styles read over the shipped ones; the terminal is asked for its background otherwise";
        "mouse": Flag, EVERY, Counts("true"), "false: the mouse stays the terminal's own";
        "language": Choice(LANGUAGE.names), EVERY, Counts("'auto'"), "en, ja, or auto: that of LC_ALL, LC_MESSAGES or LANG; what is printed for programs is English";
    }
    ["notify"] {
        "command": List, EVERY, Counts("[]"), "a program and its arguments, without a shell; TENANTRY_EVENT and others tell it about what";
    }
    ["profile"] {
        "environment": Text, EVERY, Refused, "NODE_ENV of the application";
        "app": Text, EVERY, Refused, "APP_NAME of the application";
        "region": Text, EVERY, Nothing, "otherwise the SDK's chain";
        "aws_profile": Text, EVERY, Counts("''"), "otherwise the SDK's usual chain: environment, SSO, role, instance";
        "sign_in": Text, EVERY, Counts("''"), "the command that signs in, such as aws sso login --profile corp; the console offers to run it";
        "endpoint_url": Text, EVERY, Counts("''"), "for all services, where they are not AWS's own";
        "bucket": Text, EVERY, Counts("''"), "S3_BUCKET_NAME: where the application stores long attributes";
        "user_pool_id": Text, EVERY, Counts("''"), "the Cognito user pool";
        "attribute_limit_bytes": Number(ANY.0, ANY.1), EVERY, Counts("102400"), "ATTRIBUTE_LIMIT_SIZE of the application";
        "timezone": Text, EVERY, Counts("'Asia/Tokyo'"), "the time zone the application runs in";
        "framework": Text, EVERY, Counts("'1.4'"), "version of the application's framework; sync publishing is refused below 1.1.4";
        "publish": Choice(PUBLISH.names), EVERY, Counts("'sync'"), "sync = one transaction; async = command row, then the application's own pipeline";
        "operator": Text, EVERY, Counts("''"), "createdBy/updatedBy of what we write; $USER when empty";
        "operator_ip": Text, EVERY, Counts("''"), "createdIp/updatedIp of what we write; absent when empty";
        "rollback_stamp": Flag, EVERY, Counts("true"), "leave _rolledBackFrom and _rolledBackAt in the attributes";
        "protected": Flag, EVERY, Counts("false"), "true: writing also wants the tenant's name typed";
        "tables": Names, EVERY, Counts("{}"), "module = \"table base name\", where an application renamed one";
        "endpoints": Table("endpoints"), EVERY, Nothing, "one service elsewhere than the others";
        "approval": Table("approval"), EVERY, Nothing, "people who must sign what is written, beside whoever approves it";
    }
    ["endpoints"] {
        "dynamodb": Text, EVERY, Counts("''"), "DynamoDB; endpoint_url when empty";
        "s3": Text, EVERY, Counts("''"), "S3; endpoint_url when empty";
        "cognito": Text, EVERY, Counts("''"), "Cognito; endpoint_url when empty";
    }
    ["approval"] {
        "required": Number(ANY.0, ANY.1), EVERY, Counts("0"), "how many different people must sign a plan before it runs; 0 = nobody";
        "allowed_signers": Text, EVERY, Counts("''"), "the file of those who may, as ssh and git read it, relative to this file";
        "revoked": Text, EVERY, Counts("''"), "a file of keys that no longer count: a list, or what ssh-keygen -k makes";
    }
};

#[cfg(test)]
mod tests {
    use super::super::file::EXAMPLE;
    use super::super::rows::comparing::assert_shown;
    use super::*;

    #[test]
    fn the_example_shows_every_key_as_its_row_has_it() {
        let of = |table: &str| ROWS.iter().filter(|row| row.table == table).collect::<Vec<_>>();
        assert_shown(EXAMPLE, &[], &of(""));
        assert_shown(EXAMPLE, &["ui"], &of("ui"));
        assert_shown(EXAMPLE, &["notify"], &of("notify"));
        assert_shown(EXAMPLE, &["profiles", "staging"], &of("profile"));
        assert_shown(EXAMPLE, &["profiles", "staging", "endpoints"], &of("endpoints"));
        assert_shown(EXAMPLE, &["profiles", "staging", "approval"], &of("approval"));
    }
}
