//! Reports for others: keys, values and messages under a mask.

use crate::domain::diff::Change;
use crate::domain::key::EntityKey;
use crate::domain::mask::Mask;
use crate::domain::value::Value;
use crate::engine::protocol::{EntityRef, Finding, ItemResult, PlanSummary, Preview, RunReport};

/// Stands for a text that may quote keys or values.
const HIDDEN: &str = "masked";

/// A mask over one report.
#[derive(Debug)]
pub(crate) struct Masking(Mask);

impl Masking {
    pub(crate) fn new(mask: Mask) -> Self {
        Self(mask)
    }

    /// The plan's name, its source and its target, which are made of keys.
    pub(crate) fn words(&self, text: &mut String) {
        if self.0.hides_keys() && !text.is_empty() {
            HIDDEN.clone_into(text);
        }
    }

    pub(crate) fn run(&mut self, report: &mut RunReport) {
        let info = &mut report.info;
        for text in [&mut info.name, &mut info.source, &mut info.target] {
            self.words(text);
        }
        report.partitions.iter_mut().for_each(|one| {
            for pk in [&mut one.from, &mut one.to] {
                self.0.knows([pk.entity_type().to_owned()], []);
                *pk = self.0.key(&one.module, &EntityKey::new(pk.as_str(), HIDDEN)).pk;
            }
        });
        report.problems.iter_mut().flat_map(|problem| &mut problem.samples).for_each(|item| self.result(item));
        report.left.iter_mut().for_each(|item| self.result(item));
        report.changed.iter_mut().for_each(|item| self.preview(item));
    }

    pub(crate) fn summary(&mut self, summary: &mut PlanSummary) {
        summary.notes.iter_mut().for_each(hide);
        for violated in &mut summary.violated {
            if let (Some(place), Some((entity, _))) = (&mut violated.place, violated.samples.first()) {
                self.place(entity, place);
            }
            for (entity, why) in &mut violated.samples {
                self.entity(entity);
                hide(why);
            }
        }
    }

    pub(crate) fn preview(&mut self, item: &mut Preview) {
        let (module, key) = (item.entity.module.clone(), item.entity.key.clone());
        self.0.knows([key.pk.entity_type().to_owned()], []);
        item.changes.iter_mut().for_each(|Change { path, before, after, .. }| {
            let whole = path.clone();
            for value in [before, after].into_iter().flatten() {
                (*path, *value) = self.0.at(&module, &key, &whole, value);
            }
        });
        item.source = self.0.key(&item.entity.module, &item.source);
        self.entity(&mut item.entity);
        item.message.iter_mut().for_each(hide);
    }

    pub(crate) fn finding(&mut self, finding: &mut Finding) {
        if let Some(place) = &mut finding.path {
            self.place(&finding.entity, place);
        }
        self.entity(&mut finding.entity);
        hide(&mut finding.message);
    }

    /// A place as far as it names no data.
    fn place(&mut self, entity: &EntityRef, place: &mut String) {
        match place.parse() {
            Ok(path) => *place = self.0.at(&entity.module, &entity.key, &path, &Value::s(HIDDEN)).0.to_string(),
            Err(_) => hide(place),
        }
    }

    fn result(&mut self, item: &mut ItemResult) {
        item.source = self.0.key(&item.entity.module, &item.source);
        self.entity(&mut item.entity);
        item.message.iter_mut().for_each(hide);
    }

    fn entity(&mut self, entity: &mut EntityRef) {
        self.0.knows([entity.key.pk.entity_type().to_owned()], []);
        entity.key = self.0.key(&entity.module, &entity.key);
    }
}

fn hide(text: &mut String) {
    HIDDEN.clone_into(text);
}
