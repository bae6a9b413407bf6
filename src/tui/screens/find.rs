//! Entities that hold a text, as the engine finds them.

mod line;

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::line::{Columns, line, whole};
use super::command::CommandBox;
use super::discard::Next;
use super::options::Options;
use super::palette::quoted;
use crate::domain::find::Place as At;
use crate::domain::run::RunId;
use crate::engine::protocol::{
    Among, Command, DeletedFilter, EntityRef, Event, FoundEntity, Near, RequestId, SearchEnd, Searched, Wanted,
};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::job::Job;
use crate::tui::keymap::{Context, Key};
use crate::tui::memory::Spot;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::streamed::{Did, Standing, Streamed};
use crate::tui::parts::{Hints, Rich};
use crate::tui::screen::{Flow, Press, Scope, Screen};
use crate::tui::screens::history::CameFrom;
use crate::tui::theme::Role;

/// Read units that a search may use unless somebody says otherwise.
const UNITS: u32 = 5_000;
/// Entities that may be marked: they stand in the text of a plan one by one.
const MARKS: usize = 2_000;

/// The search, and what it found.
#[derive(Debug)]
pub(crate) struct Find {
    wanted: Wanted,
    found: Streamed<FoundEntity>,
    searched: Searched,
    /// Marked entities, for a plan.
    marks: BTreeSet<EntityRef>,
}

impl Find {
    /// How far it is, and why it ended.
    fn state(&self, room: usize) -> Vec<Rich> {
        let s = &self.searched;
        let looked = self.looked();
        let (role, words) = match (self.found.job.running, s.ended) {
            (true, _) => (Role::Text, tr!("looking… %{looked}; x stops", looked = looked)),
            (false, Some(SearchEnd::Units)) => (
                Role::Warning,
                tr!("stopped at the units that it may use: %{looked}; --max-units N looks further", looked = looked),
            ),
            (false, Some(SearchEnd::Limit)) => (Role::Warning, tr!("stopped at the limit: %{looked}", looked = looked)),
            (false, None) if self.found.job.is_complete() => {
                (Role::Dim, tr!("everything in scope: %{looked}", looked = looked))
            }
            (false, None) => (Role::Warning, tr!("stopped: %{looked}; not everything was looked at", looked = looked)),
        };
        let mut lines = problem::notice(&words, role, room);
        if s.in_s3 > 0 {
            let (one, many) = (
                text!("%{n} row has its attributes in S3, where nobody looked"),
                text!("%{n} rows have their attributes in S3, where nobody looked"),
            );
            lines.extend(problem::notice(&format::plural(s.in_s3, one, many), Role::Warning, room));
        }
        for place in &s.absent {
            let words = if place.is_in_attributes() {
                tr!("no row that was looked at has %{place}", place = place)
            } else {
                tr!("no row that was looked at has %{place}: for an attribute write attributes.%{place}", place = place)
            };
            lines.extend(problem::notice(&words, Role::Warning, room));
        }
        if !self.marks.is_empty() {
            let (one, many) = (text!("%{n} marked entity"), text!("%{n} marked entities"));
            let marked = format::plural(self.marks.len() as u64, one, many);
            lines.extend(problem::notice(&marked, Role::Key, room));
        }
        lines.extend(self.found.job.problem.iter().flat_map(|failure| problem::lines(failure, room)));
        lines
    }

    /// Rows that it has looked at so far, and their cost.
    fn looked(&self) -> String {
        let s = &self.searched;
        let rows = format::plural(s.rows, text!("%{n} row"), text!("%{n} rows"));
        let commands = format::plural(s.commands, text!("%{n} of them a command"), text!("%{n} of them commands"));
        let commands = if s.commands > 0 { format!(" ({commands})") } else { String::new() };
        let units = format::units(s.units);
        // Of tables whose size is known some partitions are read: more than all of them it cannot be.
        let used = match s.most.map(format::units) {
            None => tr!("%{units} units", units = units),
            Some(most) if self.wanted.among.is_narrow() => {
                tr!("%{units} units used, less than about %{most} expected", units = units, most = most)
            }
            Some(most) => tr!("%{units} units used, about %{most} expected", units = units, most = most),
        };
        tr!("%{rows} looked at%{commands}, %{used}", rows = rows, commands = commands, used = used).into_owned()
    }

    /// Marks the entity under the cursor, or takes its mark away.
    fn mark(&mut self, app: &mut App) {
        let Some(entity) = self.found.selected().map(|found| found.entity.entity.clone()) else { return };
        if !self.marks.remove(&entity) {
            if self.marks.len() >= MARKS {
                return app.refuse(tr!(
                    "%{n} entities are marked: a plan by tenant and type takes more",
                    n = format::len(MARKS)
                ));
            }
            self.marks.insert(entity);
        }
        self.found.act(Action::Down);
    }

    /// A plan of the marked entities, or of the one under the cursor.
    fn plan(&self, app: &mut App) -> Flow {
        let marked = self.marks.iter();
        let own = self.found.selected().map(|found| &found.entity.entity).filter(|_| self.marks.is_empty());
        let entities: Vec<EntityRef> = marked.chain(own).cloned().collect();
        if entities.is_empty() {
            app.refuse(tr!("there is no entity to begin a plan with"));
            return Flow::Stay;
        }
        app.give_up(self.found.job.request);
        app.replace_plan(Next::Entities(entities));
        Flow::Leave
    }

    fn open(&mut self, app: &mut App) -> Flow {
        let Some(entity) = self.found.selected().map(|f| &f.entity) else { return Flow::Stay };
        let (entity, tenant) = (entity.entity.clone(), entity.tenant.clone());
        app.give_up(self.found.job.request);
        app.open_entity_of(CameFrom::Find, entity, tenant);
        Flow::Leave
    }
}

impl Screen for Find {
    fn context(&self) -> Context {
        Context::Find
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        app.type_into(self.found.filter_mut(), key).map(|_| Flow::Stay)
    }

    fn palette_opens(&mut self, app: &mut App) {
        app.to_keep = Some(Spot::Search(line_of(&self.wanted)));
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Open | Action::Right => return self.open(app),
            Action::Mark => self.mark(app),
            Action::ClearMarks => self.marks.clear(),
            Action::NewPlan => return self.plan(app),
            Action::KeepPlace => app.keep_place(Some(Spot::Search(line_of(&self.wanted)))),
            Action::Reload => {
                app.give_up(self.found.job.request);
                let request = app.ask_for_search(&self.wanted);
                (self.found, self.searched) = (self.found.again(Job::begun(request)), Searched::default());
            }
            Action::ShowCommand => {
                let line = app.line_of_find(&self.wanted);
                app.stack.push(CommandBox::new(line));
            }
            action => match self.found.act(action) {
                Did::Leave => {
                    app.give_up(self.found.job.request);
                    return Flow::Leave;
                }
                Did::Stop => app.give_up(self.found.job.request),
                Did::Done | Did::Nothing => {}
            },
        }
        Flow::Stay
    }

    fn paste(&mut self, text: &str) {
        self.found.paste(text);
    }

    fn scope(&self, _: &App) -> Option<Scope> {
        Some(Scope::of(self.wanted.among.tenant.as_deref()))
    }

    fn wrote(&mut self, run: RunId) {
        self.found.job.before = Some(run);
    }

    fn list(&self) -> Option<RequestId> {
        Some(self.found.job.request)
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.found.job.request == request
    }

    fn answer(&mut self, app: &mut App, _: RequestId, event: Event) {
        self.found.job.take(&event, app.now);
        match event {
            Event::Found(entities) => self.found.extend(entities),
            Event::Searched(searched) => self.searched = searched,
            _ => {}
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 116, area.height.saturating_sub(1));
        self.found.arrange(texts);
        let title = tr!("Find %{text}", text = self.wanted.text);
        let inner = framed(buffer, area, Frame::Dialog, &title, &self.found.place(), &app.theme);
        let mut hints = vec![
            (Action::Open, text!("open")),
            (Action::Mark, text!("mark")),
            (Action::NewPlan, text!("plan…")),
            (Action::Filter, text!("text")),
            (Action::Back, text!("back")),
        ];
        if self.found.job.running {
            hints.push((Action::Cancel, text!("stop")));
        }
        hints.extend([(Action::Reload, text!("again")), (Action::ShowCommand, text!("command"))]);
        foot(buffer, area, &Hints::of(&app.keymap, Context::Find, &hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        let mut above = self.state(room);
        let again = app.key_of(Context::Find, Action::Reload);
        above.extend(problem::before_run(self.found.job.before, &again, room));
        let columns = Columns::of(self.found.accepted(), room);
        let (marks, zone) = (&self.marks, app.zone.clone());
        let row = |found: &FoundEntity, _: Standing| line(found, marks, columns, &zone);
        self.found.draw(buffer, (area, inner), above, &app.theme, row, whole)
    }
}

fn texts(found: &FoundEntity) -> Vec<String> {
    let entity = &found.entity;
    let matched = found.matched.iter().map(|m| m.value.clone());
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    [entity.entity.key.to_string(), entity.tenant.clone(), of(&entity.name), of(&entity.code)]
        .into_iter()
        .chain(matched)
        .collect()
}

/// Reads the request of `:find …`; `None` for the last search again.
pub(crate) fn wanted(app: &App, words: &[String]) -> Result<Option<Wanted>, String> {
    let names = ["in", "tenant", "type", "module", "deleted", "max-units", "limit"];
    let options = Options::of(words, &names, &["exact"])?;
    if options.words.is_empty() {
        return Ok(None);
    }
    let number = |name: &str| match options.value(name) {
        Some(text) => text
            .parse::<u32>()
            .map(Some)
            .map_err(|_| tr!("--%{name} wants a number, not %{text}", name = name, text = text).into_owned()),
        None => Ok(None),
    };
    let places: Vec<At> =
        options.values("in").iter().map(|p| p.parse().map_err(|e| format!("{e}"))).collect::<Result<_, _>>()?;
    let deleted = match options.value("deleted") {
        Some(word) => DeletedFilter::of(&word)
            .ok_or_else(|| tr!("--deleted is keep, skip or only, not %{word}", word = word).into_owned())?,
        None => DeletedFilter::Keep,
    };
    let list = app.tenants.entities.as_ref();
    Ok(Some(Wanted {
        text: options.words.join(" "),
        places,
        exact: options.has("exact"),
        among: Among {
            module: options.value("module"),
            entity_type: options.value("type"),
            tenant: options.value("tenant"),
        },
        deleted,
        limit: number("limit")?.map(u64::from),
        max_units: Some(number("max-units")?.unwrap_or(UNITS)),
        near: Near {
            partition: list.map(|l| (l.listing.module.clone(), l.listing.pk.clone())),
            tenant: app.tenant().map(str::to_owned),
        },
    }))
}

/// The words of a search.
fn words_of(wanted: &Wanted) -> Vec<String> {
    let mut words = vec![wanted.text.clone()];
    for place in &wanted.places {
        words.extend(["--in".to_owned(), place.to_string()]);
    }
    let among = &wanted.among;
    for (name, value) in [("module", &among.module), ("type", &among.entity_type), ("tenant", &among.tenant)] {
        words.extend(value.iter().flat_map(|value| [format!("--{name}"), value.clone()]));
    }
    words.extend(wanted.exact.then(|| "--exact".to_owned()));
    if wanted.deleted != DeletedFilter::Keep {
        words.extend(["--deleted".to_owned(), wanted.deleted.as_str().to_owned()]);
    }
    words.extend(wanted.limit.iter().flat_map(|n| ["--limit".to_owned(), n.to_string()]));
    words.extend(wanted.max_units.iter().flat_map(|n| ["--max-units".to_owned(), n.to_string()]));
    words
}

/// The same as the palette takes it.
fn line_of(wanted: &Wanted) -> String {
    words_of(wanted).iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

impl App {
    /// `:find …`.
    ///
    /// # Errors
    /// A message about the words that it wants instead.
    pub(crate) fn find_command(&mut self, words: &[String]) -> Result<(), String> {
        match wanted(self, words)? {
            Some(wanted) => self.find(wanted),
            None if self.stack.bring_back::<Find>() => {}
            None => return Err(tr!("find wants a text: an id, or a part of a code, a name or a key").into_owned()),
        }
        Ok(())
    }

    /// Looks for a text.
    fn find(&mut self, wanted: Wanted) {
        self.stack.close::<Find>();
        let request = self.ask_for_search(&wanted);
        let found = Streamed::begun(Job::begun(request));
        self.visit(Spot::Search(line_of(&wanted)));
        self.stack.push(Find { wanted, found, searched: Searched::default(), marks: BTreeSet::new() });
    }

    fn ask_for_search(&mut self, wanted: &Wanted) -> RequestId {
        self.ask_for_screen(Command::Find { wanted: Box::new(wanted.clone()) })
    }

    /// The command line that looks for the same.
    fn line_of_find(&self, wanted: &Wanted) -> String {
        let words: Vec<String> = std::iter::once("find".to_owned()).chain(words_of(wanted)).collect();
        self.line(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}
