//! `:activity …` and its key: the words of a request, and the list that it opens.

use std::borrow::Cow;

use jiff::Timestamp;

use super::super::options::Options;
use super::{Activity, Grouped};
use crate::domain::clock::{MOMENT, Now, local_seconds, moment, parse_time, utc_millis};
use crate::domain::key::{PartitionKey, SortKey};
use crate::domain::path::Path;
use crate::engine::protocol::{ActivityWanted, Among, Command, EntityRef, RequestId};
use crate::language::{sentences, translated};
use crate::tui::app::App;
use crate::tui::job::Job;
use crate::tui::pane::Pane;
use crate::tui::parts::streamed::Streamed;
use crate::tui::screens::tenants::tree::Node;

/// Sentence that says which moment a text was taken for, as [`Now::taken`] says it in English.
fn taken(text: &str, at: Timestamp, now: &Now) -> String {
    let utc = utc_millis(at);
    let local = local_seconds(&utc, &now.zone);
    let zone = now.zone.iana_name().map_or_else(|| tr!("local time"), Cow::from);
    tr!("%{text} is taken for %{utc} (%{local} in %{zone})", text = text : {:?}, utc = utc, local = local, zone = zone)
        .into_owned()
}

/// Reads the request of `:activity …`; also says which moments its texts were taken for.
fn wanted(app: &App, words: &[String]) -> Result<(ActivityWanted, Vec<String>), String> {
    let names = ["module", "type", "tenant", "since", "until", "by", "request", "source", "path", "limit"];
    let options = Options::of(words, &names, &[])?;
    let now = Now { at: app.now, zone: app.zone.clone() };
    let mut moments = Vec::new();
    let mut at = |name: &str| {
        let Some(text) = options.value(name) else { return Ok(None) };
        let at = moment(&text, &now).ok_or_else(|| {
            let moment = translated(MOMENT);
            tr!("--%{name} must be %{moment}, not %{text}", name = name, moment = moment, text = text).into_owned()
        })?;
        if parse_time(&text).is_none() {
            moments.push(format!("--{name}: {}", taken(&text, at, &now)));
        }
        Ok::<_, String>(Some(at))
    };
    let (since, until) = (at("since")?, at("until")?);
    if since.zip(until).is_some_and(|(since, until)| since > until) {
        return Err(tr!("--until is before --since: %{moments}", moments = sentences(moments)).into_owned());
    }
    let limit = options.value("limit").map(|n| {
        n.parse().map_err(|_| tr!("--%{name} wants a number, not %{text}", name = "limit", text = n).into_owned())
    });
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
    if pk.is_some() && (options.value("type").is_some() || options.value("tenant").is_some()) {
        return Err(tr!("--type and --tenant are for many partitions: a key names one").into_owned());
    }
    let wanted = ActivityWanted {
        among: Among { module, entity_type: options.value("type"), tenant: options.value("tenant") },
        pk,
        sk,
        since,
        until,
        by: options.values("by"),
        request: options.values("request"),
        source: options.values("source"),
        path,
        limit: limit.transpose()?,
    };
    Ok((wanted, moments))
}

impl App {
    /// The activity of the open entity, of the open partition, or of what is under the cursor in the tree.
    pub(crate) fn activity_here(&mut self) {
        let opened = self.history.opened.as_ref().map(|opened| &opened.entity);
        let of_entity = |one: &EntityRef| vec![one.key.pk.to_string(), one.key.sk.to_string()];
        let (module, mut words) = match (self.focus, &self.tenants.entities) {
            (Pane::Tenants, Some(list)) => (list.listing.module.clone(), vec![list.listing.pk.to_string()]),
            (Pane::Tenants, None) => match self.tenants.tree.selected() {
                Some(Node::Module(module)) => (module.to_string(), Vec::new()),
                Some(Node::Tenant(module, tenant)) => {
                    (module.to_string(), vec!["--tenant".to_owned(), tenant.to_string()])
                }
                Some(Node::Partition(module, _, pk)) => (module.to_string(), vec![pk.to_string()]),
                None => return self.refuse(tr!("there is nothing here: `:activity` is about everything")),
            },
            _ => match opened {
                Some(entity) => (entity.module.clone(), of_entity(entity)),
                None => return self.refuse(tr!("no entity is open: `:activity` is about everything")),
            },
        };
        // A key that tells its module needs no word of it.
        if words.first().is_none_or(|pk| PartitionKey::from(pk.as_str()).module_hint() != module) {
            words.extend(["--module".to_owned(), module]);
        }
        if let Err(why) = self.activity_command(&words) {
            self.refuse(why);
        }
    }

    /// `:activity …`.
    ///
    /// # Errors
    /// A message about the words that it wants instead.
    pub(crate) fn activity_command(&mut self, words: &[String]) -> Result<(), String> {
        let (wanted, moments) = wanted(self, words)?;
        let own = match (words.is_empty(), &wanted.pk, &wanted.sk) {
            (true, Some(pk), Some(sk)) => vec![pk.to_string(), sk.to_string()],
            _ => words.to_vec(),
        };
        self.list_activity(wanted, own, moments);
        Ok(())
    }

    /// Asks who did what.
    pub(super) fn ask_for_activity(&mut self, wanted: &ActivityWanted) -> RequestId {
        self.ask_for_screen(Command::Activity { wanted: Box::new(wanted.clone()) })
    }

    pub(super) fn list_activity(&mut self, wanted: ActivityWanted, words: Vec<String>, moments: Vec<String>) {
        self.stack.close::<Activity>();
        let request = self.ask_for_activity(&wanted);
        let done = Streamed::begun(Job::begun(request));
        self.stack.push(Activity {
            wanted,
            words,
            moments,
            grouped: Grouped::No,
            narrowed: Grouped::No,
            done,
            read: 0,
        });
    }
}
