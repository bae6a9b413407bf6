//! The profiles of the configuration, and going over to another one in the same window.

pub(crate) mod opened;
mod switching;

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::opened::Opening;
use crate::config::Profile;
use crate::domain::clock::local_minutes;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::message::Effect;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Place, Rich, Scroll, draw_lines, draw_list, words};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells of the columns after the name.
const ENVIRONMENT: usize = 20;
const ACCOUNT: usize = 13;
const REGION: usize = 15;
const MODE: usize = 11;

/// The profiles as the files have them now, and when each was opened last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Listed {
    pub(crate) profiles: Vec<Profile>,
    pub(crate) opened: BTreeMap<String, Opening>,
}

/// The list.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    listed: Option<Result<Listed, String>>,
    /// To be opened without a look at the list.
    wanted: Option<String>,
    scroll: Scroll,
    is_over: bool,
}

impl Profiles {
    fn rows(&self) -> &[Profile] {
        self.listed.as_ref().and_then(|listed| listed.as_ref().ok()).map_or(&[], |listed| &listed.profiles)
    }
}

impl Screen for Profiles {
    fn context(&self) -> Context {
        Context::Profiles
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match (press.action, self.rows().get(self.scroll.cursor).cloned()) {
            (Action::Back | Action::Left, _) => return Flow::Close,
            (Action::Open | Action::Right, Some(profile)) => {
                app.switch_to(&profile);
                return Flow::Close;
            }
            (Action::Reload, _) => app.ask_for_profiles(),
            (action, _) => {
                let len = self.rows().len();
                if let Some(step) = Step::of(action) {
                    self.scroll.step(step, len);
                }
            }
        }
        Flow::Stay
    }

    fn ask(&mut self, app: &mut App) {
        let Some(listed) = app.listed_profiles.take() else { return };
        self.listed = Some(listed);
        let at = self.rows().iter().position(|profile| profile.name == app.profile.name);
        self.scroll.cursor = at.unwrap_or(0);
        let Some(name) = self.wanted.take() else { return };
        match self.rows().iter().find(|profile| profile.name == name).cloned() {
            Some(profile) => {
                self.is_over = true;
                app.switch_to(&profile);
            }
            None if self.rows().is_empty() => {}
            None => app.refuse(tr!("there is no profile %{name}: these are the ones that there are", name = name)),
        }
    }

    fn is_over(&self) -> bool {
        self.is_over
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let rows = self.rows().to_vec();
        let height = u16::try_from(rows.len().max(3) + 3).unwrap_or(u16::MAX).min(area.height);
        let area = centred(buffer, area, 116, height);
        let inner = framed(buffer, area, Frame::Dialog, &tr!("Profiles"), "", &app.theme);
        let hints = [
            (Action::Open, text!("open in this window")),
            (Action::Reload, text!("again")),
            (Action::Back, text!("close")),
        ];
        foot(buffer, area, &Hints::of(&app.keymap, Context::Profiles, &hints), &app.theme);
        let room = usize::from(inner.width);
        match &self.listed {
            None => {
                let lines = words(&tr!("reading the configuration…"), Role::Dim, room);
                draw_lines(buffer, inner, &lines, &app.theme);
            }
            Some(Err(why)) => draw_lines(buffer, inner, &words(&format!("! {why}"), Role::Error, room), &app.theme),
            Some(Ok(listed)) => {
                let columns = Columns::of(&rows, room);
                let head = Rect { height: inner.height.min(1), ..inner };
                draw_lines(buffer, head, &[columns.head()], &app.theme);
                let lines = Rect { y: inner.y + head.height, height: inner.height - head.height, ..inner };
                let opened = listed.opened.clone();
                let line = |i: usize| {
                    let profile = rows.get(i)?;
                    Some(columns.line(app, profile, opened.get(&profile.name)))
                };
                let place = Place { frame: area, lines };
                draw_list(buffer, place, &mut self.scroll, rows.len(), &app.theme, line);
            }
        }
        None
    }
}

/// The widths of the columns: where room is short, what matters least is left out.
struct Columns {
    name: usize,
    region: usize,
    opened: bool,
}

impl Columns {
    fn of(rows: &[Profile], room: usize) -> Self {
        let heading = text::width(&tr!("profile"));
        let name = rows.iter().map(|profile| text::width(&profile.name)).max().unwrap_or(0).clamp(8, 24);
        let name = name.max(heading) + 3;
        let fixed = name + ENVIRONMENT + ACCOUNT + MODE;
        let region = if room >= fixed + REGION { REGION } else { 0 };
        Self { name, region, opened: room >= fixed + region + 17 }
    }

    fn head(&self) -> Rich {
        let mut line = Rich::of(Role::Dim, &text::cell(&format!("  {}", tr!("profile")), self.name));
        for (word, width) in [
            (tr!("tables"), ENVIRONMENT),
            (tr!("account"), ACCOUNT),
            (tr!("region"), self.region),
            (tr!("writing"), MODE),
        ] {
            line.push(Role::Dim, &text::cell(&word, width));
        }
        if self.opened {
            line.push(Role::Dim, &tr!("last used"));
        }
        line
    }

    fn line(&self, app: &App, profile: &Profile, opened: Option<&Opening>) -> Rich {
        let is_here = profile.name == app.profile.name;
        let account = profile.account.clone().or_else(|| opened?.account.clone());
        let region = profile.region.clone().or_else(|| opened?.region.clone());
        let unknown = || "?".to_owned();
        let mark = if is_here { "▸ " } else { "  " };
        let mut line = Rich::of(Role::Strong, &text::cell(&format!("{mark}{}", profile.name), self.name));
        let tables = format!("{}-{}", profile.environment, profile.app);
        for (value, width) in [
            (tables, ENVIRONMENT),
            (account.unwrap_or_else(unknown), ACCOUNT),
            (region.unwrap_or_else(unknown), self.region),
        ] {
            line.push(Role::Text, &text::cell(&value, width));
        }
        let (role, mode) = if profile.protected { (Role::Warning, tr!("PROTECTED")) } else { (Role::Dim, tr!("asks")) };
        line.push(role, &text::cell(&mode, MODE));
        if self.opened {
            let at = opened.map_or_else(|| tr!("never"), |opened| local_minutes(&opened.at, &app.zone).into());
            line.push(Role::Dim, &if is_here { tr!("now") } else { at });
        }
        line
    }
}

impl App {
    /// Lists the profiles, or opens the one of a name.
    ///
    /// # Errors
    /// Why there is none but this one.
    pub(crate) fn show_profiles(&mut self, wanted: Option<&str>) -> Result<(), String> {
        if self.settings.config.is_none() {
            let why = tr!("the sandbox has a profile of its own: start without --sandbox for the others");
            return Err(why.into_owned());
        }
        self.stack.push(Profiles { wanted: wanted.map(str::to_owned), ..Profiles::default() });
        self.ask_for_profiles();
        Ok(())
    }

    fn ask_for_profiles(&mut self) {
        if let Some(config) = self.settings.config.clone() {
            self.effect(Effect::ReadProfiles(config));
        }
    }
}
