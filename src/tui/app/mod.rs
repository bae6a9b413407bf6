//! The state of the console.

mod answers;
mod heard;
mod keys;
mod memories;
mod mouse;
mod perform;
mod update;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::actions::Action;
use super::asked::Requests;
use super::cache::Whose;
use super::keymap::{Context, Keymap};
use super::memory::{Memory, Spot};
use super::message::{Effect, Notice};
use super::pane::Pane;
use super::screen::Scope;
use super::screens::findings::FindingsBox;
use super::screens::findings::doctor::Doctor;
use super::screens::history::plan_view::PlanView;
use super::screens::history::watch::Watch;
use super::screens::history::{History, Opened};
use super::screens::log::progress::Progress;
use super::screens::log::{Log, lines};
use super::screens::palette::files::FileNames;
use super::screens::plan::Plan;
use super::screens::profiles::Listed;
use super::screens::runs::unfinished::Unfinished;
use super::screens::sign_in::state::Signing;
use super::screens::tenants::Tenants;
use super::screens::verification::VerificationBox;
use super::screens::verification::compared::Verification;
use super::stack::Stack;
use super::theme::Theme;
use super::{ConsoleOptions, OpenAt, Settings};
use crate::config::{Ground, Profile};
use crate::domain::clock::time_zone;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Command, Connection, Counters, Level, RequestId};

pub(crate) use mouse::Drawn;
pub(crate) use update::update;

/// Everything that is on screen, and what is behind it.
pub(crate) struct App {
    pub(crate) profile: Profile,
    pub(crate) zone: TimeZone,
    pub(crate) state_dir: PathBuf,
    pub(crate) headless_prefix: Vec<String>,
    pub(crate) forgets: bool,
    /// The names in the directory that was listed last.
    pub(crate) files: Option<FileNames>,
    pub(crate) keymap: Keymap,
    pub(crate) theme: Arc<Theme>,
    /// When the last message arrived.
    pub(crate) now: Timestamp,

    pub(crate) focus: Pane,
    pub(crate) zoomed: bool,
    /// Screens over the panes.
    pub(crate) stack: Stack,
    pub(crate) notice: Option<Notice>,
    /// Areas that the mouse may be over.
    pub(crate) drawn: Drawn,
    pub(crate) tenants: Tenants,
    pub(crate) history: History,
    pub(crate) plan: Plan,
    pub(crate) log: Log,
    /// The run that is under way, or the last one.
    pub(crate) run: Option<Progress>,
    /// Runs that nobody finished.
    pub(crate) unfinished: Unfinished,
    /// The doctor's last look and its findings.
    pub(crate) doctor: Option<Doctor>,
    /// Plan that rows are seen through.
    pub(crate) view: Option<PlanView>,
    /// Entity or partition that is followed live.
    pub(crate) watch: Option<Watch>,
    /// The list of findings as it was left to look at one of them.
    pub(crate) left_findings: Option<FindingsBox>,
    /// The last comparison of what should be with what is.
    pub(crate) verification: Option<Verification>,
    /// It, as it was left to look at one entity.
    pub(crate) left_verification: Option<VerificationBox>,

    pub(crate) connection: Option<Connection>,
    pub(crate) signing: Signing,
    pub(crate) settings: Settings,
    /// A configuration that was edited and not saved.
    pub(crate) config_draft: Option<String>,
    /// The profiles, until the list takes them.
    pub(crate) listed_profiles: Option<Result<Listed, String>>,
    /// The profile that is opened when the run of a request has ended.
    pub(crate) switching: Option<(RequestId, String)>,
    /// The background that the shipped styles are for.
    pub(crate) ground: Ground,
    pub(crate) no_color: bool,
    /// Whether the mouse is ours.
    pub(crate) mouse: bool,
    /// Whether the window has the focus, as far as the terminal tells.
    pub(crate) has_focus: bool,
    /// The operator was called from another window.
    pub(crate) is_calling: bool,
    pub(crate) armed: bool,
    pub(crate) counters: Counters,
    pub(crate) engine_gone: bool,
    /// The loop shall end.
    pub(crate) quit: bool,

    /// Where the operator was and what was typed.
    pub(crate) memory: Memory,
    memory_state: memories::MemoryState,
    /// The place for the name that is being typed.
    pub(crate) to_keep: Option<Spot>,

    pub(crate) requests: Requests,
    /// The request for modules and account.
    pub(crate) connecting: Option<RequestId>,
    /// Text that was copied last, and its description: the clipboard may not have taken it.
    pub(crate) last_copy: Option<(String, String)>,
    last_generation: u64,
    effects: Vec<Effect>,
}

impl App {
    /// The state at the start, and what is asked of the engine first.
    ///
    /// # Errors
    /// A broken keymap, theme or time zone, in words.
    pub(crate) fn new(options: ConsoleOptions, now: Timestamp) -> Result<Self, String> {
        let zone = time_zone(&options.profile.timezone).map_err(|e| e.to_string())?;
        let mut app = Self {
            zone,
            state_dir: options.state_dir,
            headless_prefix: options.headless_prefix,
            forgets: options.forgets,
            files: None,
            keymap: Keymap::with(options.ui.keymap.as_ref())?,
            theme: Arc::new(Theme::with(
                options.ui.ground.unwrap_or(Ground::Dark),
                options.ui.theme.as_ref(),
                options.no_color,
            )?),
            now,
            focus: Pane::Tenants,
            zoomed: false,
            stack: Stack::default(),
            notice: None,
            drawn: Drawn::default(),
            tenants: Tenants::default(),
            history: History::default(),
            plan: Plan::default(),
            log: Log::new(),
            run: None,
            unfinished: Unfinished::default(),
            doctor: None,
            view: None,
            watch: None,
            left_findings: None,
            verification: None,
            left_verification: None,
            connection: None,
            signing: Signing::default(),
            settings: options.settings,
            config_draft: None,
            listed_profiles: None,
            switching: None,
            ground: options.ui.ground.unwrap_or(Ground::Dark),
            no_color: options.no_color,
            mouse: options.ui.mouse,
            has_focus: true,
            is_calling: false,
            armed: false,
            counters: Counters::default(),
            engine_gone: false,
            quit: false,
            memory: Memory::default(),
            memory_state: memories::MemoryState::default(),
            to_keep: None,
            requests: Requests::default(),
            connecting: None,
            last_copy: None,
            last_generation: 0,
            effects: Vec::new(),
            profile: options.profile,
        };
        app.connect();
        // An account that the profile itself names is known before anybody is asked.
        if app.profile.account.is_some() {
            let (account, region) = (app.profile.account.clone(), app.profile.region.clone());
            app.effects.push(Effect::ReadCache(Whose { account, region }));
        }
        app.look_for_unfinished();
        if options.start_armed && !app.profile.protected {
            app.order(Command::Arm { armed: true });
        }
        if let Some(OpenAt { pk, sk, module }) = options.open {
            app.open_key(&pk, sk.as_deref(), module);
        }
        Ok(app)
    }

    /// A number that sets new answers apart from old ones.
    pub(crate) fn generation(&mut self) -> u64 {
        self.last_generation += 1;
        self.last_generation
    }

    /// Wants something done outside.
    pub(crate) fn effect(&mut self, effect: Effect) {
        if let Effect::Copy { text, what } = &effect {
            self.last_copy = Some((text.clone(), what.clone()));
        }
        self.effects.push(effect);
    }

    /// Takes the effects to be done outside; each is given once.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Says something at the bottom of the screen.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { failed: false, text: text.into() });
    }

    /// Says that something cannot be done.
    pub(crate) fn refuse(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { failed: true, text: text.into() });
    }

    /// The one place where failures are written down: once each, with hint and request id.
    pub(crate) fn record(&mut self, failure: &Failure, about: Option<&str>) {
        self.minds_sign_in(failure);
        let lead = about.map(|a| format!("{a}: ")).unwrap_or_default();
        let level = if failure.fatal { Level::Error } else { Level::Warning };
        self.log.push(self.now, level, format!("{lead}{}", lines::failure(failure)));
    }

    /// Adds a line to the log.
    pub(crate) fn tell(&mut self, level: Level, text: impl Into<String>) {
        self.log.push(self.now, level, text.into());
    }

    /// The first key of an action in a context, as texts name it.
    pub(crate) fn key_of(&self, context: Context, action: Action) -> String {
        let key = self.keymap.key(context, action);
        // A text that names a key must not have a hole in its place.
        debug_assert!(key.is_some(), "{} has no key in {context:?}", action.id());
        key.map(|key| key.to_string()).unwrap_or_default()
    }

    /// The run that a screen over the panes is about.
    fn run_in_question(&self) -> Option<&Progress> {
        self.run.as_ref().filter(|run| self.stack.is_about(run.request))
    }

    /// The tenant that the focused pane is about: of the plan's target, of the open partition, or of the opened entity. While a run asks
    /// something, the one that it writes to.
    pub(crate) fn tenant(&self) -> Option<&str> {
        if let Some(run) = self.run_in_question() {
            return run.tenant();
        }
        let opened = self.history.opened.as_ref().map(|o| o.tenant.as_str());
        let listed = self.tenants.entities.as_ref().map(|e| e.tenant.as_str());
        match self.focus {
            Pane::Plan if self.plan.is_begun() => self.plan.target_tenant(),
            Pane::Log if self.run.is_some() => self.run.as_ref().and_then(Progress::tenant),
            Pane::Tenants => listed.or(opened),
            _ => opened.or(listed),
        }
    }

    /// The tenant in words, or that there are several.
    pub(crate) fn whose(&self) -> Option<String> {
        let is_for_several = || match self.run_in_question() {
            Some(run) => run.asks_for_several(),
            None => match self.focus {
                Pane::Plan => self.plan.is_for_several(),
                Pane::Log => self.run.as_ref().is_some_and(Progress::asks_for_several),
                _ => false,
            },
        };
        if self.run_in_question().is_none()
            && let Some(scope) = self.stack.scope(self)
        {
            return match scope {
                Scope::EveryTenant => None,
                Scope::Tenant(tenant) => Some(tr!("tenant %{tenant}", tenant = tenant).into_owned()),
            };
        }
        match is_for_several() {
            true => Some(tr!("several tenants").into_owned()),
            false => self.tenant().map(|tenant| tr!("tenant %{tenant}", tenant = tenant).into_owned()),
        }
    }

    /// The same with all that leads to it, from the module on.
    pub(crate) fn crumbs(&self) -> Vec<String> {
        let run = || vec![self.whose().map_or(tr!("run"), |whose| tr!("run for %{whose}", whose = whose)).into_owned()];
        let plan =
            || vec![self.whose().map_or(tr!("plan"), |whose| tr!("plan for %{whose}", whose = whose)).into_owned()];
        if self.run_in_question().is_some() {
            return run();
        }
        match self.stack.scope(self) {
            Some(Scope::EveryTenant) => return vec![tr!("every tenant").into_owned()],
            Some(Scope::Tenant(tenant)) => return vec![tr!("tenant %{tenant}", tenant = tenant).into_owned()],
            None => {}
        }
        match self.focus {
            Pane::Plan if self.plan.is_begun() => return plan(),
            Pane::Log if self.run.is_some() => return run(),
            _ => {}
        }
        let listed = self.tenants.entities.as_ref();
        if let Some(opened) = self.history.opened.as_ref().filter(|_| self.focus != Pane::Tenants || listed.is_none()) {
            let Opened { entity, tenant, selected, .. } = opened;
            let key = &entity.key;
            let parts = [entity.module.clone(), tenant.clone(), key.pk.to_string(), key.sk.to_string()];
            let version = selected.map(|v| tr!("version %{version}", version = v).into_owned());
            return parts.into_iter().chain(version).collect();
        }
        listed.map_or_else(
            || vec![tr!("every tenant").into_owned()],
            |list| vec![list.module().to_owned(), list.tenant.clone(), list.listing.pk.to_string()],
        )
    }
}
