//! Answers of the fake engine about a plan that normalises codes: rows grouped by the key that they want.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::plans::{Plans, made};
use crate::domain::finding::FindingKind;
use crate::domain::item::Changed;
use crate::domain::key::{EntityKey, Version};
use crate::domain::normalize::differences;
use crate::domain::plan::Normalize;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::run::{Action, Reason};
use crate::engine::protocol::{Collision, CollisionKey, CollisionRow, EntityRef, Finding, Severity};
use crate::tui::tests::data::Data;

impl Plans {
    /// Makes items, collisions and findings of the orders.
    pub(super) fn normalize(&mut self, data: &Data, how: &Normalize) {
        let mut groups: BTreeMap<(String, String), Vec<Arc<Row>>> = BTreeMap::new();
        for row in data.table("order", TableKind::Data) {
            let key = row.data_key().unwrap();
            groups.entry((key.pk.as_str().to_lowercase(), key.sk.to_string())).or_default().push(row.clone());
        }
        self.items = Vec::new();
        for ((_, sk), mut rows) in groups {
            let code = |row: &Row| {
                row.pk().unwrap().split_once('#').map(|(t, c)| format!("{t}#{}", c.to_lowercase())).unwrap()
            };
            let target = code(&rows[0]);
            rows.sort_by_key(|r| (r.pk().unwrap() != target, r.pk().unwrap().to_owned()));
            let decided = how.decided.iter().any(|d| d.pk == target && d.sk == sk);
            let sources: Vec<Arc<Row>> = rows.iter().filter(|r| r.pk().unwrap() != target).cloned().collect();
            let key = EntityKey::new(target.as_str(), sk.as_str());
            let mut numbers = Vec::new();
            for (i, row) in sources.iter().enumerate() {
                let mut item = made(self.items.len() as u64 + 1, &target);
                item.entity = EntityRef { module: "order".into(), key: key.clone() };
                item.source = row.data_key().unwrap();
                let is_alone = rows.len() == 1;
                (item.action, item.reason) = match (is_alone, decided) {
                    (true, _) => (Action::Create, None),
                    (_, true) if i == 0 => (Action::Update, None),
                    (_, true) => (Action::Delete, None),
                    _ => (Action::Conflict, Some(Reason::Collision)),
                };
                item.only_source = item.action == Action::Delete;
                if item.reason.is_some() {
                    (item.after, item.version_after) = (None, item.version_before);
                }
                numbers.push(item.n);
                self.items.push(item);
            }
            if sources.is_empty() || rows.len() < 2 {
                continue;
            }
            let all: Vec<&Row> = rows.iter().map(|r| &**r).collect();
            let target = EntityRef { module: "order".into(), key };
            let collision = Collision {
                target: target.clone(),
                differences: differences(&all),
                rows: rows.iter().map(|row| side(data, row)).collect(),
                message: (!decided)
                    .then(|| format!("{} rows want {}: decide which to keep", rows.len(), target.key.id())),
                decidable: true,
            };
            self.collisions.push((collision, CollisionKey { target, items: numbers, open: !decided }));
        }
        self.collisions.sort_by_key(|(_, key)| !key.open);
        let finding = |kind, module: &str, pk: &str, sk: &str, path: Option<&str>, message: &str| Finding {
            kind,
            severity: Severity::Warning,
            entity: EntityRef { module: module.into(), key: EntityKey::new(pk, sk) },
            path: path.map(str::to_owned),
            message: message.to_owned(),
            change: None,
            repairable: false,
        };
        self.findings = vec![
            finding(
                FindingKind::Reference,
                "order",
                "ORDER#MY_TENANT",
                "ORDER#O-3",
                Some("attributes.customer"),
                "refers to CUSTOMER#MY_TENANT#c-3, which is not respelled",
            ),
            finding(
                FindingKind::Reference,
                "master",
                "MASTER#MY_TENANT",
                "",
                None,
                "settings of the tenant stay under MASTER#MY_TENANT",
            ),
            finding(
                FindingKind::Sequence,
                "sequences",
                "SEQ#MY_TENANT",
                "",
                None,
                "counter of MY_TENANT: 7 counts on as it is",
            ),
        ];
    }
}

fn side(data: &Data, row: &Arc<Row>) -> CollisionRow {
    let key = row.data_key().unwrap();
    let version = row.version().unwrap_or(Version(1));
    let command = data.entity("order", &key).commands.get(&version).cloned();
    let text = |row: &Row, name| row.text(name).map(str::to_owned);
    let changed = match &command {
        Some(c) => Changed { at: text(c, field::CREATED_AT), by: text(c, field::CREATED_BY), certain: true },
        None => Changed { at: text(row, field::UPDATED_AT), by: text(row, field::UPDATED_BY), certain: false },
    };
    CollisionRow { pk: key.pk, version, changed: Some(changed), row: Some(row.clone()) }
}
