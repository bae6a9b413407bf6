//! The program and where it is: version, build, paths, profile, capabilities.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::language::{listed, translated};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::message::Effect;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Place, Rich, Scroll, draw_list};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::screens::sign_in::state;
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells of the names at least.
const NAMES: usize = 14;

/// The list.
#[derive(Debug)]
pub(crate) struct About {
    rows: Vec<(&'static str, String)>,
    scroll: Scroll,
}

impl About {
    pub(crate) fn new(app: &App) -> Self {
        let (profile, connection) = (&app.profile, app.connection.as_ref());
        let region = connection.and_then(|c| c.region.clone()).or_else(|| profile.region.clone());
        let account = connection.and_then(|c| c.account.clone()).or_else(|| profile.account.clone());
        let build = if cfg!(debug_assertions) { "debug" } else { "release" };
        let sandbox = if cfg!(feature = "sandbox") {
            tr!("with the embedded sandbox")
        } else {
            tr!("without the embedded sandbox")
        };
        let writing = match (app.armed, profile.protected) {
            (true, _) => tr!("armed: each write asks first"),
            (false, true) => tr!("read-only; protected: each write wants the tenant's name typed"),
            (false, false) => tr!("read-only"),
        };
        let session = app.counters.session.and_then(|end| state::left(end, app.now)).map(|(_, words)| words);
        let platform = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
        let rows = vec![
            (text!("version"), crate::version::whole().to_owned()),
            (text!("build"), listed([build, &sandbox, &platform])),
            (text!("state"), app.state_dir.display().to_string()),
            (text!("runs"), app.state_dir.join("runs").display().to_string()),
            (text!("log"), crate::logging::file(&app.state_dir).display().to_string()),
            (text!("profile"), profile.name.clone()),
            (text!("application"), format!("{}-{}", profile.environment, profile.app)),
            (text!("region"), region.unwrap_or_default()),
            (text!("account"), account.unwrap_or_default()),
            (text!("signed in as"), connection.and_then(|c| c.arn.clone()).unwrap_or_default()),
            (text!("session"), session.unwrap_or_default()),
            (text!("time zone"), profile.timezone.clone()),
            (text!("operator"), profile.operator.clone()),
            (text!("writing"), writing.into_owned()),
            (text!("modules"), connection.map(|c| listed(&c.modules)).unwrap_or_default()),
            (text!("bucket"), profile.bucket.clone().unwrap_or_default()),
            (text!("user pool"), profile.user_pool_id.clone().unwrap_or_default()),
        ];
        Self { rows: rows.into_iter().filter(|(_, value)| !value.is_empty()).collect(), scroll: Scroll::default() }
    }
}

impl Screen for About {
    fn context(&self) -> Context {
        Context::About
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match (press.action, self.rows.get(self.scroll.cursor)) {
            (Action::Back | Action::Left, _) => return Flow::Close,
            (Action::Copy, Some((name, value))) => {
                app.effect(Effect::Copy { text: value.clone(), what: translated(name).into_owned() });
            }
            (action, _) => {
                if let Some(step) = Step::of(action) {
                    self.scroll.step(step, self.rows.len());
                }
            }
        }
        Flow::Stay
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let height = u16::try_from(self.rows.len()).unwrap_or(0) + 2;
        let area = centred(buffer, area, 100, height);
        let inner = framed(buffer, area, Frame::Dialog, &tr!("About tenantry"), "", &app.theme);
        let hints = [(Action::Copy, text!("copy")), (Action::Back, text!("close"))];
        foot(buffer, area, &Hints::of(&app.keymap, Context::About, &hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let rows = &self.rows;
        let names = rows.iter().map(|(name, _)| text::width(&translated(name)) + 2).fold(NAMES, usize::max);
        let line = |i: usize| {
            let (name, value) = rows.get(i)?;
            let mut line = Rich::of(Role::Dim, &translated(name));
            line.pad_to(names);
            Some(line.with(Role::Text, value))
        };
        draw_list(buffer, Place { frame: area, lines: inner }, &mut self.scroll, rows.len(), &app.theme, line);
        None
    }
}
