//! `[users]`.

use std::collections::BTreeMap;

use super::super::toml_walk::Walk;
use super::read::{Result, names};
use crate::domain::plan::Work;
use crate::domain::users::{ATTRIBUTES, CodeChange};

/// `[users]` of a plan that changes tenant codes of users.
pub(super) fn users(mut walk: Walk<'_, '_>) -> Result<Work> {
    let pool = walk.text("pool")?;
    let change = change(&mut walk)?;
    let listed = names(&mut walk, "attributes", "an attribute")?;
    if let Some(other) = listed.iter().find(|name| !ATTRIBUTES.contains(&name.as_str())) {
        let message = format!("users.attributes: {other:?} is none of {}", ATTRIBUTES.join(", "));
        return Err(walk.wrong_value("attributes", message));
    }
    let attributes = if listed.is_empty() { ATTRIBUTES.map(str::to_owned).to_vec() } else { listed };
    walk.finish()?;
    Ok(Work::Users { pool, change, attributes })
}

/// A word, or a table from old codes to new ones.
fn change(walk: &mut Walk<'_, '_>) -> Result<CodeChange> {
    const KEY: &str = "change";
    const WHAT: &str = "\"lowercase\", or a table such as { MY_TENANT = \"my_tenant\" }";
    let Some((span, value)) = walk.get(KEY) else { return Ok(CodeChange::Lowercase) };
    if matches!(value.as_str(), Some("" | "lowercase")) {
        return Ok(CodeChange::Lowercase);
    }
    let Some(table) = value.as_table() else { return Err(walk.mismatch((span, value), KEY, WHAT)) };
    let mut codes = BTreeMap::new();
    for (old, new) in table {
        let Some(code) = new.get_ref().as_str().filter(|code| !code.is_empty()) else {
            let message = format!("users.change: what {:?} becomes must be a tenant code", old.get_ref());
            return Err(walk.wrong(new.span(), KEY, message));
        };
        if code.contains(['#', '@']) {
            let message = format!("users.change must contain neither \"#\" nor \"@\": {code:?} is no tenant code");
            return Err(walk.wrong(new.span(), KEY, message));
        }
        codes.insert(old.get_ref().to_string(), code.to_owned());
    }
    if codes.is_empty() {
        return Err(walk.wrong_value(KEY, "users.change names no code: it would change nothing"));
    }
    Ok(CodeChange::Map(codes))
}
