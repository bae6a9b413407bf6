use std::collections::HashMap;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{Change, ChangeKind, values};
use crate::domain::path::Path;
use crate::domain::value::Value;

/// Lists are aligned by their equal elements. Of the rest, an element that stands elsewhere is moved, elements that face
/// each other between two equal ones are compared, and what is left was added or removed.
pub(super) fn lists(path: &Path, before: &[Value], after: &[Value], out: &mut Vec<Change>) {
    let old_keys: Vec<String> = before.iter().map(Value::canonical).collect();
    let new_keys: Vec<String> = after.iter().map(Value::canonical).collect();
    let (mut lone_old, mut lone_new) = (Vec::new(), Vec::new());
    let mut blocks = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old_keys, &new_keys) {
        if let DiffOp::Equal { .. } = op {
            continue;
        }
        lone_old.extend(op.old_range());
        lone_new.extend(op.new_range());
        blocks.push((op.old_range(), op.new_range()));
    }
    let moves = pair_moves(&lone_old, &lone_new, &old_keys, &new_keys);
    let mut moved_from: HashMap<usize, usize> = HashMap::new();
    let mut moved_to: HashMap<usize, usize> = HashMap::new();
    for (from, to) in moves {
        moved_from.insert(from, to);
        moved_to.insert(to, from);
    }
    for (old_range, new_range) in merge_adjacent(blocks) {
        let old: Vec<usize> = old_range.filter(|i| !moved_from.contains_key(i)).collect();
        let new: Vec<usize> = new_range.clone().filter(|i| !moved_to.contains_key(i)).collect();
        let paired = old.len().min(new.len());
        for (from, to) in old.iter().zip(&new) {
            values(&path.index(*to), &before[*from], &after[*to], out);
        }
        for from in &old[paired..] {
            out.push(Change::new(path.index(*from), ChangeKind::Removed, Some(&before[*from]), None));
        }
        for to in &new[paired..] {
            out.push(Change::new(path.index(*to), ChangeKind::Added, None, Some(&after[*to])));
        }
        for to in new_range {
            if let Some(from) = moved_to.get(&to) {
                let mut change = Change::new(path.index(to), ChangeKind::Moved, Some(&before[*from]), Some(&after[to]));
                change.from_index = Some(*from);
                out.push(change);
            }
        }
    }
}

type Ranges = (std::ops::Range<usize>, std::ops::Range<usize>);

/// A deletion right before an insertion is one block, so that its elements can be compared.
fn merge_adjacent(blocks: Vec<Ranges>) -> Vec<Ranges> {
    let mut merged: Vec<Ranges> = Vec::with_capacity(blocks.len());
    for (old, new) in blocks {
        match merged.last_mut() {
            Some((o, n)) if o.end == old.start && n.end == new.start => {
                o.end = old.end;
                n.end = new.end;
            }
            _ => merged.push((old, new)),
        }
    }
    merged
}

fn pair_moves(old: &[usize], new: &[usize], old_keys: &[String], new_keys: &[String]) -> Vec<(usize, usize)> {
    let mut waiting: HashMap<&str, Vec<usize>> = HashMap::new();
    for i in old.iter().rev() {
        waiting.entry(&old_keys[*i]).or_default().push(*i);
    }
    let mut pairs = Vec::new();
    for to in new {
        if let Some(from) = waiting.get_mut(new_keys[*to].as_str()).and_then(Vec::pop) {
            pairs.push((from, *to));
        }
    }
    pairs
}
