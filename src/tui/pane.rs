//! The four panes.

use std::borrow::Cow;

use super::screen::PaneScreen;
use super::screens::history::pane::HistoryPane;
use super::screens::log::pane::LogPane;
use super::screens::plan::pane::PlanPane;
use super::screens::tenants::pane::TenantsPane;

/// One of the four panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Pane {
    Tenants,
    History,
    Plan,
    Log,
}

impl Pane {
    /// In the order of their keys.
    pub(crate) const ALL: [Self; 4] = [Self::Tenants, Self::History, Self::Plan, Self::Log];

    /// Its actions and its drawing.
    pub(crate) fn screen(self) -> &'static dyn PaneScreen {
        match self {
            Self::Tenants => &TenantsPane,
            Self::History => &HistoryPane,
            Self::Plan => &PlanPane,
            Self::Log => &LogPane,
        }
    }

    /// Its name in titles and tabs.
    pub(crate) fn title(self) -> Cow<'static, str> {
        match self {
            Self::Tenants => tr!("Tenants"),
            Self::History => tr!("History"),
            Self::Plan => tr!("Plan"),
            Self::Log => tr!("Log"),
        }
    }

    /// The pane so many places further.
    pub(crate) fn after(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|p| *p == self).unwrap_or(0);
        Self::ALL[(at + by) % Self::ALL.len()]
    }
}
