//! A text that may be an entity's id, taken apart.

use crate::domain::key::{EntityKey, KEY_SEPARATOR, split_versioned};

/// Keys that a text is the id of, the likeliest first: most partition keys have two segments.
pub(in crate::engine::read) fn candidates(text: &str) -> Vec<EntityKey> {
    let cuts: Vec<usize> = text.match_indices(KEY_SEPARATOR).map(|(at, _)| at).collect();
    let mut order: Vec<usize> = cuts.iter().skip(1).copied().collect();
    order.extend(cuts.first());
    let key = |at: usize| {
        let (pk, sk) = (text.get(..at)?, text.get(at + 1..)?);
        (!pk.is_empty() && !sk.is_empty()).then(|| EntityKey::new(pk, sk))
    };
    let mut keys: Vec<EntityKey> = order.into_iter().filter_map(key).collect();
    // As in a row of the command or history table.
    let bare: Vec<EntityKey> = keys
        .iter()
        .filter_map(|key| Some(EntityKey::new(key.pk.as_str(), split_versioned(key.sk.as_str())?.0)))
        .collect();
    keys.extend(bare);
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_separator_is_tried_before_the_others() {
        let of = |text: &str| candidates(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(of("PRODUCT#acme#P-1"), ["PRODUCT#acme / P-1", "PRODUCT / acme#P-1"]);
        assert_eq!(of("LOG#a#05#L-1@2")[..2], ["LOG#a / 05#L-1@2", "LOG#a#05 / L-1@2"]);
        assert!(of("LOG#a#05#L-1@2").contains(&"LOG#a#05 / L-1".to_owned()));
        assert_eq!(of("PRODUCT#acme"), ["PRODUCT / acme"]);
        assert_eq!((of("P-1"), of("#")), (vec![], vec![]));
    }
}
