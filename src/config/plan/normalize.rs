//! `[source]` and `[normalize]` of a plan that normalises tenant codes.

use toml::de::DeValue;

use super::super::toml_walk::Walk;
use super::super::words::{COLLISION, REFERENCES};
use super::read::{Result, entities, names};
use crate::domain::key::KEY_SEPARATOR;
use crate::domain::plan::{Decided, Normalize, Source};

/// `[source]`, with the codes that it names; `None` for all that are not in lower case.
pub(super) fn source(mut walk: Walk<'_, '_>) -> Result<(Source, Option<Vec<String>>)> {
    let is_given = walk.get("tenants").is_some();
    let tenants = names(&mut walk, "tenants", "a tenant")?;
    for code in &tenants {
        let message = if code.contains([KEY_SEPARATOR, '@']) {
            format!("source.tenants must hold codes alone, without \"#\" and \"@\": {code:?} is none")
        } else if code.to_lowercase() == *code {
            format!("source.tenants names {code:?}, which is in lower case already")
        } else {
            continue;
        };
        let hint = "name the codes as they are spelled now, such as MY_TENANT; leave tenants out for every one";
        return Err(walk.wrong_value("tenants", message).hint(Some(hint.to_owned())));
    }
    let source = entities(&mut walk)?;
    walk.finish()?;
    Ok((source, Some(tenants).filter(|t| is_given && !t.is_empty())))
}

/// `[normalize]`.
pub(super) fn how(mut walk: Walk<'_, '_>, tenants: Option<Vec<String>>) -> Result<Normalize> {
    let how = Normalize {
        tenants,
        collision: walk.word("collision", COLLISION.pairs)?.unwrap_or_default(),
        rewrite_references: walk.word("references", REFERENCES.pairs)?.unwrap_or(false),
        sequences: walk.flag("sequences")?.unwrap_or(true),
        decided: decided(&mut walk)?,
    };
    walk.finish()?;
    Ok(how)
}

fn decided(walk: &mut Walk<'_, '_>) -> Result<Vec<Decided>> {
    const WHAT: &str = "a list of tables, each begun with [[normalize.decide]]";
    let Some((span, value)) = walk.get("decide") else { return Ok(Vec::new()) };
    let Some(list) = value.as_array() else { return Err(walk.mismatch((span, value), "decide", WHAT)) };
    let mut all: Vec<Decided> = Vec::new();
    for one in list {
        let DeValue::Table(table) = one.get_ref() else {
            return Err(walk.mismatch((one.span(), one.get_ref()), "decide", WHAT));
        };
        let decided = decision(walk.inner("decide", table), one.span())?;
        if all.iter().any(|d| (&d.pk, &d.sk) == (&decided.pk, &decided.sk)) {
            let message = format!("normalize.decide decides {} {} twice", decided.pk, decided.sk);
            return Err(walk.wrong(one.span(), "decide", message));
        }
        all.push(decided);
    }
    Ok(all)
}

fn decision(mut walk: Walk<'_, '_>, at: std::ops::Range<usize>) -> Result<Decided> {
    let pk = walk.required("pk", at.clone(), "it is the partition key with the code in lower case")?;
    let sk = walk.required("sk", at.clone(), "it is the sort key that several rows want")?;
    let keep = walk.text("keep")?;
    let merge = names(&mut walk, "merge", "a partition key")?;
    let from = match (keep, merge.is_empty()) {
        (Some(keep), true) => vec![keep],
        (None, false) => merge,
        (keep, _) => {
            let what = if keep.is_some() { "either keep or merge, not both" } else { "keep or merge" };
            let message = format!("normalize.decide for {pk} {sk} must say {what}");
            return Err(walk.wrong(at, "keep", message));
        }
    };
    // A code is respelled in one segment: everything else of the key is the same.
    if let Some(other) = from.iter().find(|key| key.to_lowercase() != pk.to_lowercase()) {
        let message = format!("normalize.decide: {other} is no spelling of {pk}");
        return Err(walk.wrong(at, "keep", message));
    }
    walk.finish()?;
    Ok(Decided { pk, sk, from })
}
