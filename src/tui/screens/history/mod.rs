//! The history pane: the versions of one entity, and what changed between them.

mod as_planned;
pub(crate) mod blame_view;
pub(crate) mod changes;
pub(crate) mod commands;
pub(crate) mod detail_view;
pub(crate) mod diffs;
pub(crate) mod document;
pub(crate) mod list_view;
pub(crate) mod made;
pub(crate) mod pane;
pub(crate) mod plan_view;
pub(crate) mod sides;
pub(crate) mod versions;
pub(crate) mod view;
pub(crate) mod watch;
mod watching;

use std::collections::BTreeMap;
use std::sync::Arc;

use blame_view::Blame;
use diffs::{DiffKey, Diffs};
use made::Made;
use versions::Versions;

use crate::domain::key::Version;
use crate::domain::row::Row;
use crate::engine::failure::Failure;
use crate::engine::protocol::{EntityRef, RequestId, Side};
use crate::tui::parts::Filter;
use crate::tui::parts::{Rich, Scroll};
use crate::tui::screens::history::plan_view::ViewedRow;

/// Versions whose rows the last changes are worked out from, at most.
pub(crate) const ROWS: usize = 500;

/// Version that the selected one is compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Compare {
    /// The version before it.
    #[default]
    Previous,
    /// The data row's version.
    Current,
    /// The marked version.
    Marked,
    /// The current version of another entity.
    Other(EntityRef),
}

/// View of the selected version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The changes.
    #[default]
    Changes,
    /// Both versions, side by side.
    Sides,
    /// The row.
    Row,
    /// The last change of each attribute.
    LastChanges,
}

/// Half of the pane that gets the keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Half {
    /// The versions.
    #[default]
    List,
    /// The view of the selected one.
    Detail,
}

/// The last changes and what they are worked out from.
#[derive(Debug, Default)]
pub(crate) enum LastChanges {
    /// Nobody asked.
    #[default]
    Unasked,
    /// Rows are being read.
    Reading(BTreeMap<Version, (Made, Arc<Row>)>),
    /// They are being worked out, from so many versions.
    Building(usize),
    /// They are there, from so many versions.
    Ready(usize, Arc<Blame>),
    /// Reading failed.
    Failed(Box<Failure>),
}

/// Why there is nothing to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// This is wanted.
    Diff(DiffKey),
    /// Nothing can be shown, and why.
    Nothing(String),
}

/// Lines arranged for a width and a filter, so that drawing does not arrange them again.
#[derive(Debug, Default)]
pub(crate) struct Arranged {
    /// Source of the lines: comparison, view, width, whether it is wrapped, filter.
    pub(crate) of: Option<(Option<DiffKey>, Shown, usize, bool, String)>,
    pub(crate) lines: Vec<Rich>,
    /// Cells of the widest line.
    pub(crate) widest: usize,
}

/// A list that an entity was opened out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CameFrom {
    Find,
    Activity,
    /// Findings of a request.
    Findings(RequestId),
    /// Findings of a comparison.
    Verification(RequestId),
    /// Violations in the items of a preview.
    Violations(RequestId),
}

/// An opened entity.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) entity: EntityRef,
    pub(crate) tenant: String,
    /// The list that is one level back, until it is shown again.
    pub(crate) came_from: Option<CameFrom>,
    /// Sets apart the answers for an earlier entity.
    pub(crate) generation: u64,
    pub(crate) versions: Versions,
    /// The request that reads the versions.
    pub(crate) reading: Option<RequestId>,
    pub(crate) selected: Option<Version>,
    /// The operator chose it; until then the newest stays selected.
    pub(crate) chosen: bool,
    pub(crate) marked: Option<Version>,
    pub(crate) compare: Compare,
    pub(crate) shown: Shown,
    pub(crate) half: Half,
    pub(crate) all: bool,
    pub(crate) wrap: bool,
    pub(crate) filter: Filter,
    pub(crate) detail_filter: Filter,
    pub(crate) list: Scroll,
    pub(crate) detail: Scroll,
    pub(crate) sideways: usize,
    pub(crate) diffs: Diffs,
    pub(crate) last_changes: LastChanges,
    /// The selected row as the plan would make it, and of which comparison it is.
    pub(crate) viewed: Option<(DiffKey, Arc<ViewedRow>)>,
    /// The one that is being worked out.
    pub(crate) viewing: Option<DiffKey>,
    pub(crate) arranged: Arranged,
    pub(crate) problem: Option<Failure>,
    pub(crate) cancelled: bool,
}

impl Opened {
    /// An entity of which nothing was read yet.
    pub(crate) fn new(entity: EntityRef, tenant: String, generation: u64) -> Self {
        Self {
            entity,
            tenant,
            came_from: None,
            generation,
            versions: Versions::default(),
            reading: None,
            selected: None,
            chosen: false,
            marked: None,
            compare: Compare::default(),
            shown: Shown::default(),
            half: Half::default(),
            all: false,
            wrap: true,
            filter: Filter::default(),
            detail_filter: Filter::default(),
            list: Scroll::default(),
            detail: Scroll::default(),
            sideways: 0,
            diffs: Diffs::default(),
            last_changes: LastChanges::default(),
            viewed: None,
            viewing: None,
            arranged: Arranged::default(),
            problem: None,
            cancelled: false,
        }
    }

    /// Selects a version.
    pub(crate) fn select(&mut self, version: Version) {
        self.chosen = true;
        if self.selected != Some(version) {
            self.selected = Some(version);
            self.detail = Scroll::default();
            self.sideways = 0;
        }
        self.follow();
    }

    /// Brings the list's cursor to the selected version.
    pub(crate) fn follow(&mut self) {
        if !self.chosen {
            self.selected = self.versions.current_or_newest();
        }
        if let Some(at) = self.selected.and_then(|v| self.versions.position(v)) {
            self.list.cursor = at;
        }
    }

    fn side(&self, version: Version) -> Side {
        Side { entity: self.entity.clone(), version: Some(version) }
    }

    /// The comparison that is on screen, or would be.
    pub(crate) fn wanted(&self) -> Wanted {
        let nothing = |why: &str| Wanted::Nothing(why.to_owned());
        let Some(selected) = self.selected else { return nothing(&tr!("no version is selected")) };
        match self.versions.get(selected) {
            Some(line) if line.is_gap() => {
                return nothing(&tr!(
                    "version %{version} is in no table: it expired, was deleted, or was never written there",
                    version = selected
                ));
            }
            Some(_) => {}
            None => return nothing(&tr!("the version has not been read yet")),
        }
        let other = match &self.compare {
            Compare::Previous => match self.versions.before(selected) {
                Some(Some(before)) => before,
                Some(None) => selected,
                None => return nothing(&tr!("reading the version before it…")),
            },
            Compare::Current => match self.versions.current() {
                Some(current) => current,
                None => return nothing(&tr!("the entity has no data row yet, so there is no current version")),
            },
            Compare::Marked => match self.marked {
                Some(marked) => marked,
                None => return nothing(&tr!("no version is marked: m marks one")),
            },
            Compare::Other(entity) => {
                let to = Side { entity: entity.clone(), version: None };
                return Wanted::Diff(DiffKey { from: self.side(selected), to, all: self.all, selected_first: true });
            }
        };
        let compares = matches!(self.shown, Shown::Changes | Shown::Sides);
        if other == selected && self.compare != Compare::Previous && compares {
            return nothing(&tr!("version %{version} is the one it would be compared with", version = selected));
        }
        // The earlier one comes first, whichever is selected.
        let selected_first = selected < other;
        let (from, to) = if selected_first { (selected, other) } else { (other, selected) };
        Wanted::Diff(DiffKey { from: self.side(from), to: self.side(to), all: self.all, selected_first })
    }

    /// The next thing to compare with.
    pub(crate) fn next_compare(&self) -> Compare {
        match self.compare {
            Compare::Previous => Compare::Current,
            Compare::Current if self.marked.is_some() => Compare::Marked,
            _ => Compare::Previous,
        }
    }
}

/// The pane.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// The opened entity.
    pub(crate) opened: Option<Opened>,
}

#[cfg(test)]
mod tests {
    use super::versions::tests::entry;
    use super::*;
    use crate::domain::key::EntityKey;

    fn opened() -> Opened {
        let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-1") };
        let mut opened = Opened::new(entity, "acme".into(), 1);
        let entries = (1..=6).map(|n| entry(n, n == 4, n == 6)).collect();
        opened.versions.apply(entries, &Filter::default());
        opened.versions.complete = true;
        opened.follow();
        opened
    }

    fn pair(opened: &Opened) -> (u64, u64, bool) {
        let Wanted::Diff(key) = opened.wanted() else { panic!("{:?}", opened.wanted()) };
        (key.from.version.unwrap().0, key.to.version.unwrap().0, key.selected_first)
    }

    #[test]
    fn a_gap_is_stepped_over_and_said_so() {
        let mut opened = opened();
        assert_eq!(pair(&opened), (5, 6, false));
        opened.select(Version(5));
        assert_eq!(pair(&opened), (3, 5, false));
        opened.select(Version(4));
        assert!(matches!(opened.wanted(), Wanted::Nothing(why) if why.contains("in no table")));
    }

    #[test]
    fn the_earlier_version_comes_first() {
        let mut opened = opened();
        opened.select(Version(2));
        opened.compare = Compare::Current;
        assert_eq!(pair(&opened), (2, 6, true));
        opened.marked = Some(Version(1));
        opened.compare = Compare::Marked;
        assert_eq!(pair(&opened), (1, 2, false));
    }

    #[test]
    fn the_first_version_has_nothing_before_it() {
        let mut opened = opened();
        opened.select(Version(1));
        let Wanted::Diff(key) = opened.wanted() else { panic!() };
        assert!(key.is_first());
    }

    #[test]
    fn the_marked_version_takes_part_only_when_there_is_one() {
        let mut opened = opened();
        opened.compare = opened.next_compare();
        assert_eq!(opened.compare, Compare::Current);
        assert_eq!(opened.next_compare(), Compare::Previous);
        opened.marked = Some(Version(2));
        assert_eq!(opened.next_compare(), Compare::Marked);
    }
}
