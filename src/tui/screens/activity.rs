//! Who did what, the newest first, as the engine lists it.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::command::CommandBox;
use super::discard::Next;
use super::options::Options;
use crate::config::plan::{entity_list, listed};
use crate::domain::activity::ActivityKind;
use crate::domain::clock::{MOMENT, Now, local_minutes, moment, parse_time, utc_millis};
use crate::domain::key::{PartitionKey, SortKey};
use crate::domain::path::Path;
use crate::domain::tenant::tenant_of;
use crate::domain::timeline::BySource;
use crate::engine::protocol::{self, ActivityWanted, Among, Command, EntityRef, Event, RequestId};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::job::Job;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::streamed::{Did, Streamed};
use crate::tui::parts::{Hints, Rich};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::text;
use crate::tui::theme::Role;

/// Entities that a plan may name one by one.
const ENTITIES: usize = 2_000;
/// Cells of the columns.
const WHEN: usize = 17;
const WHO: usize = 14;
const KIND: usize = 9;

/// The list.
#[derive(Debug)]
pub(crate) struct Activity {
    wanted: ActivityWanted,
    /// The words that were typed, for the title and the command line.
    words: Vec<String>,
    done: Streamed<protocol::Activity>,
    /// Versions read.
    read: u64,
}

impl Activity {
    fn state(&self, room: usize) -> Vec<Rich> {
        let read = format::plural(self.read, "version", "versions");
        let (role, words) = match self.done.job.running {
            true => (Role::Text, format!("reading… {read} so far; the newest come first when all are read; x stops")),
            false if self.done.job.is_complete() => {
                (Role::Dim, format!("{} in scope", format::plural(self.done.total(), "change", "changes")))
            }
            false => (Role::Warning, "stopped: not everything was read".to_owned()),
        };
        let mut lines = problem::notice(&words, role, room);
        lines.extend(self.done.job.problem.iter().flat_map(|failure| problem::lines(failure, room)));
        lines
    }

    /// Goes to the entity at the version.
    fn open(&mut self, app: &mut App) -> Flow {
        let Some(one) = self.done.selected() else { return Flow::Stay };
        let tenant = tenant_of(&one.entity.key.pk, None).code;
        app.give_up(self.done.job.request);
        app.open_entity(one.entity.clone(), tenant);
        if let Some(opened) = &mut app.history.opened {
            opened.select(one.version);
        }
        Flow::Leave
    }

    /// Narrows to the person of the row under the cursor, then to its request, then to nothing.
    fn narrow(&mut self, app: &mut App) {
        let Some(one) = self.done.selected() else { return };
        let (by, request) = (one.by.clone().unwrap_or_default(), one.request_id.clone().unwrap_or_default());
        let next = match self.done.filter_text() {
            "" => by,
            text if text == by => request,
            _ => String::new(),
        };
        app.say(if next.is_empty() { "everybody's".to_owned() } else { format!("only {next}") });
        self.done.filter_by(&next);
    }

    /// A rollback plan of exactly the versions that are listed now.
    fn plan(&self, app: &mut App) -> Flow {
        match planned(self.done.accepted()) {
            Ok(values) => {
                app.replace_plan(Next::Rollback(values));
                Flow::Leave
            }
            Err(why) => {
                app.refuse(why);
                Flow::Stay
            }
        }
    }
}

/// The values of a plan that takes versions back.
///
/// # Errors
/// Why they cannot be one plan.
fn planned<'a>(rows: impl Iterator<Item = &'a protocol::Activity>) -> Result<Vec<(&'static str, String)>, String> {
    let rows: Vec<_> = rows.filter(|one| !matches!(one.kind, ActivityKind::Pending | ActivityKind::Failed)).collect();
    let same = |of: &dyn Fn(&protocol::Activity) -> Option<String>| -> Option<String> {
        let first = of(rows.first()?)?;
        rows.iter().all(|one| of(one).as_ref() == Some(&first)).then_some(first)
    };
    if rows.is_empty() {
        return Err("there is no published version to take back in the list".to_owned());
    }
    let pk = |one: &protocol::Activity| one.entity.key.pk.clone();
    let entity_type = same(&|one| Some(pk(one).entity_type().to_owned()));
    let tenant = same(&|one| Some(tenant_of(&pk(one), None).code).filter(|code| !code.is_empty()));
    let module = same(&|one| Some(one.entity.module.clone()));
    let scope = match (entity_type, tenant, module) {
        (Some(entity_type), Some(tenant), Some(module)) => {
            vec![("source.type", entity_type), ("source.tenant", tenant), ("module", module)]
        }
        // Of several types or tenants: entity by entity.
        _ => {
            let entities: BTreeSet<&EntityRef> = rows.iter().map(|one| &one.entity).collect();
            if entities.len() > ENTITIES {
                let most = format::len(ENTITIES);
                return Err(format!(
                    "the list is of several types or tenants and of more than {most} entities: narrow it with the filter first"
                ));
            }
            vec![("source.entities", entity_list(entities.iter().map(|one| (one.module.as_str(), &one.key))))]
        }
    };
    let times = rows.iter().filter_map(|one| one.at.as_deref().and_then(parse_time));
    let (Some(from), Some(to)) = (times.clone().min(), times.max()) else {
        return Err("when they were published is not known: their command rows are gone".to_owned());
    };
    let mut values = scope;
    values.push(("rollback.window", format!("{}, {}", utc_millis(from), utc_millis(to))));
    let only = |text: String| listed(std::iter::once(text.as_str()));
    values.extend(same(&|one| one.by.clone()).map(|by| ("rollback.by", only(by))));
    values.extend(same(&|one| one.request_id.clone()).map(|request| ("rollback.request", only(request))));
    Ok(values)
}

impl Screen for Activity {
    fn context(&self) -> Context {
        Context::Activity
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        app.type_into(self.done.filter_mut(), key).map(|_| Flow::Stay)
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Open | Action::Right => return self.open(app),
            Action::Kind => self.narrow(app),
            Action::NewPlan => return self.plan(app),
            Action::Reload => {
                app.list_activity(self.wanted.clone(), self.words.clone());
                return Flow::Close;
            }
            Action::ShowCommand => {
                let words: Vec<&str> =
                    std::iter::once("activity").chain(self.words.iter().map(String::as_str)).collect();
                let line = app.line(&words);
                app.stack.push(CommandBox::new(line));
            }
            action => match self.done.act(action) {
                Did::Leave => {
                    app.give_up(self.done.job.request);
                    return Flow::Leave;
                }
                Did::Stop => app.give_up(self.done.job.request),
                Did::Done | Did::Nothing => {}
            },
        }
        Flow::Stay
    }

    fn paste(&mut self, text: &str) {
        self.done.paste(text);
    }

    fn waits_for(&self, request: RequestId) -> bool {
        self.done.job.request == request
    }

    fn answer(&mut self, app: &mut App, _: RequestId, event: Event) {
        self.done.job.take(&event, app.now);
        match event {
            Event::Activity(rows) => self.done.extend(rows),
            Event::Progress { done, .. } => self.read = done,
            _ => {}
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 118, area.height.saturating_sub(1));
        self.done.arrange(texts);
        let title = format!("Activity {}", self.words.join(" "));
        let inner = framed(buffer, area, Frame::Dialog, title.trim_end(), &self.done.place(), &app.theme);
        let mut hints = vec![
            (Action::Open, "open"),
            (Action::Kind, "whose"),
            (Action::NewPlan, "roll these back…"),
            (Action::Filter, "text"),
            (Action::Back, "back"),
        ];
        if self.done.job.running {
            hints.push((Action::Cancel, "stop"));
        }
        hints.extend([(Action::Reload, "again"), (Action::ShowCommand, "command")]);
        foot(buffer, area, &Hints::of(&app.keymap, Context::Activity, &hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        let above = self.state(room);
        let zone = app.zone.clone();
        self.done.draw(buffer, (area, inner), above, &app.theme, |one| line(one, room, &zone))
    }
}

fn texts(one: &protocol::Activity) -> Vec<String> {
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let paths = one.paths.iter().map(ToString::to_string);
    [
        one.entity.key.to_string(),
        of(&one.by),
        of(&one.request_id),
        of(&one.source),
        of(&one.name),
        one.kind.as_str().to_owned(),
    ]
    .into_iter()
    .chain(paths)
    .collect()
}

fn line(one: &protocol::Activity, room: usize, zone: &jiff::tz::TimeZone) -> Rich {
    let at = one.at.as_deref().map_or_else(|| "unknown".to_owned(), |at| local_minutes(at, zone));
    let unsure = if one.by_source == BySource::Row { "?" } else { "" };
    let by = format!("{}{unsure}", one.by.as_deref().unwrap_or("unknown"));
    let role = match one.kind {
        ActivityKind::Created | ActivityKind::Restored => Role::Added,
        ActivityKind::Updated => Role::Changed,
        ActivityKind::Deleted => Role::Removed,
        ActivityKind::Pending => Role::Warning,
        ActivityKind::Failed => Role::Error,
    };
    let mut line = Rich::of(Role::Text, &text::fit(&at, WHEN - 1)).with(Role::Text, " ");
    line.push(Role::Text, &text::fit(&by, WHO - 1));
    line.push(Role::Text, " ");
    line.push(role, &text::fit(one.kind.as_str(), KIND - 1));
    line.push(Role::Text, " ");
    let key = format!("{} {}", one.entity.key, one.version);
    line.push(Role::Strong, &text::cut(&key, room.saturating_sub(WHEN + WHO + KIND) * 3 / 5));
    line.push(Role::Text, &one.name.as_ref().map(|name| format!("  {name}")).unwrap_or_default());
    let paths: Vec<String> = one.paths.iter().map(ToString::to_string).collect();
    line.push(Role::Path, &format!("  {}", paths.join(", ")));
    line
}

/// What `:activity …` wants.
fn wanted(app: &App, words: &[String]) -> Result<ActivityWanted, String> {
    let names = ["module", "type", "tenant", "since", "until", "by", "request", "source", "path", "limit"];
    let options = Options::of(words, &names, &[])?;
    let now = Now { at: app.now, zone: app.zone.clone() };
    let at = |name: &str| match options.value(name) {
        Some(text) => moment(&text, &now).map(Some).ok_or_else(|| format!("--{name} must be {MOMENT}, not {text}")),
        None => Ok(None),
    };
    let limit = options.value("limit").map(|n| n.parse().map_err(|_| format!("--limit wants a number, not {n}")));
    let path: Vec<Path> =
        options.values("path").iter().map(|p| p.parse().map_err(|e| format!("{e}"))).collect::<Result<_, _>>()?;
    let mut own = options.words.iter();
    let opened = app.history.opened.as_ref().map(|o| &o.entity);
    let (pk, sk) =
        (own.next().map(|pk| PartitionKey::from(pk.as_str())), own.next().map(|sk| SortKey::from(sk.as_str())));
    // Without a key it is about what is open, where something is.
    let is_bare = words.is_empty();
    let module = options
        .value("module")
        .or_else(|| opened.filter(|o| is_bare || pk.as_ref() == Some(&o.key.pk)).map(|o| o.module.clone()));
    let pk = pk.or_else(|| opened.filter(|_| is_bare).map(|o| o.key.pk.clone()));
    let sk = sk.or_else(|| opened.filter(|_| is_bare).map(|o| o.key.sk.clone()));
    Ok(ActivityWanted {
        among: Among { module, entity_type: options.value("type"), tenant: options.value("tenant") },
        pk,
        sk,
        since: at("since")?,
        until: at("until")?,
        by: options.values("by"),
        request: options.values("request"),
        source: options.values("source"),
        path,
        limit: limit.transpose()?,
    })
}

impl App {
    /// `:activity …`.
    ///
    /// # Errors
    /// What it wants instead.
    pub(crate) fn activity_command(&mut self, words: &[String]) -> Result<(), String> {
        let wanted = wanted(self, words)?;
        let own = match (words.is_empty(), &wanted.pk, &wanted.sk) {
            (true, Some(pk), Some(sk)) => vec![pk.to_string(), sk.to_string()],
            _ => words.to_vec(),
        };
        self.list_activity(wanted, own);
        Ok(())
    }

    fn list_activity(&mut self, wanted: ActivityWanted, words: Vec<String>) {
        self.stack.close::<Activity>();
        let request = self.ask_for_screen(Command::Activity { wanted: Box::new(wanted.clone()) });
        self.stack.push(Activity { wanted, words, done: Streamed::begun(Job::begun(request)), read: 0 });
    }
}
