//! Suggestions for a line that is being typed.

use std::borrow::Cow;

use super::{Choice, Offer, files, quoted};
use crate::config::plan;
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::fuzzy;
use crate::tui::intents::{self, Lead};
use crate::tui::memory::Spot;
use crate::tui::screens::phrases::{self, PHRASES, Phrase};

/// Suggestions shown at most.
const MOST: usize = 200;
/// Places that stand above the actions before anything is typed.
const OFFERED: usize = 8;
/// Likeness from which on a name is near another; 1 is the same.
const ALIKE: f64 = 0.8;
/// Names that are offered as near at most.
const NEAREST: usize = 8;

/// Actions, commands and places that a line may be the beginning of, the likeliest first.
pub(super) fn suggest(app: &App, typed: &str) -> Vec<Offer> {
    if let Some((phrase, arguments)) = phrases::parse(typed).filter(|_| typed.contains(' ')) {
        let as_typed = Choice::AsTyped(phrase, arguments.clone());
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let choices = match (phrase.word, words.as_slice()) {
            ("open", []) => opened(app, phrase, ""),
            ("open", [pk]) if !typed.ends_with(' ') => {
                let known = opened(app, phrase, pk).into_iter();
                let others = known.filter(|c| !matches!(c, Choice::Partition(_, known, _) if known == pk));
                let (named, others) = others.partition::<Vec<_>, _>(|choice| is_named(choice, pk));
                named.into_iter().chain(std::iter::once(as_typed)).chain(others).collect()
            }
            // Names of places have blanks, and so may sort keys.
            ("open", [_, ..]) => {
                let (_, name) = typed.trim().split_once(' ').unwrap_or_default();
                let (named, others) = places(app, name.trim())
                    .into_iter()
                    .filter(|choice| matches!(choice, Choice::Spot(Some(_), _)))
                    .partition::<Vec<_>, _>(|choice| is_named(choice, name.trim()));
                named.into_iter().chain(std::iter::once(as_typed)).chain(others).collect()
            }
            ("compare", []) => partitions(app, phrase, ""),
            ("compare", [pk]) if !typed.ends_with(' ') => {
                let known = partitions(app, phrase, pk).into_iter();
                let others = known.filter(|c| !matches!(c, Choice::Partition(_, known, _) if known == pk));
                std::iter::once(as_typed).chain(others).collect()
            }
            ("forget", []) => {
                let names = app.memory.bookmarks.iter().map(|b| Choice::AsTyped(phrase, vec![b.name.clone()]));
                names.collect()
            }
            ("plan", ["new", begun @ ..]) if begun.len() < 2 && (begun.is_empty() || !typed.ends_with(' ')) => {
                let begun = begun.first().copied().unwrap_or_default();
                let known =
                    plan::operations().map(|operation| operation.as_str()).filter(|word| word.starts_with(begun));
                let mut all: Vec<Choice> =
                    known.map(|word| Choice::AsTyped(phrase, vec!["new".to_owned(), word.to_owned()])).collect();
                if all.is_empty() {
                    all.push(as_typed);
                }
                all
            }
            _ => {
                let files = files::meant(app, typed);
                // A line that cannot be run as it stands comes behind those that complete it.
                let lacks = phrase.lacks(arguments.len());
                let (first, last) = if lacks { (files, vec![as_typed]) } else { (vec![as_typed], files) };
                first.into_iter().chain(last).collect()
            }
        };
        return choices.into_iter().map(Offer::plain).collect();
    }
    let mut found: Vec<(i64, Offer)> = named()
        .filter_map(|(choice, names, help)| Some((named_score(typed, &names, help)?, Offer::plain(choice))))
        .collect();
    if !typed.trim().is_empty() {
        for meant in intents::meant(typed) {
            let Some(choice) = Choice::of(meant.lead) else { continue };
            let note = Some(meant.note).filter(|note| !note.is_empty());
            match found.iter_mut().find(|(_, offer)| offer.choice == choice) {
                Some((score, offer)) if meant.score > *score => (*score, offer.note) = (meant.score, note),
                Some(_) => {}
                None => found.push((meant.score, Offer { choice, note })),
            }
        }
        found.sort_by_key(|(score, _)| -score);
    }
    let actions = found.into_iter().map(|(_, offer)| offer);
    let spots = spots(app, typed).into_iter().map(Offer::plain);
    // Names that were asked for come before places of the past.
    if typed.is_empty() { spots.take(OFFERED).chain(actions).collect() } else { actions.chain(spots).collect() }
}

/// Every action and command with its names and its help. The footer's word is a name where it is not of the id's language.
fn named() -> impl Iterator<Item = (Choice, Vec<Cow<'static, str>>, &'static str)> {
    let names = |action: &Action| {
        let own = Some(translated(action.short())).filter(|own| own != action.short());
        std::iter::once(action.id().into()).chain(own).collect()
    };
    let actions = Action::ALL.iter().filter(|a| a.is_command()).map(move |a| (Choice::Do(*a), names(a), a.help()));
    actions.chain(PHRASES.iter().map(|p| (Choice::Begin(p), vec![p.word.into()], p.help)))
}

/// A name counts for more than the sentence, of which whole words are wanted; what begins a name is meant before anything else.
fn named_score(typed: &str, names: &[Cow<'static, str>], help: &'static str) -> Option<i64> {
    let typed = typed.trim().to_lowercase();
    let of = |name: &Cow<'static, str>| {
        let begins = !typed.is_empty() && name.starts_with(&typed);
        let beginning = begins.then(|| if *name == typed { intents::NAME } else { intents::BEGINNING });
        Some(fuzzy::score(&typed, name)? * 2 + beginning.unwrap_or(0))
    };
    let says = |help: &str| help.to_lowercase().contains(&typed);
    names.iter().filter_map(of).max().max((says(help) || says(&translated(help))).then_some(0))
}

/// Offers that come nearest to a text that is nothing's name.
pub(super) fn near(typed: &str) -> Vec<Offer> {
    let typed = typed.trim().to_lowercase();
    let alike = |name: &str| {
        let parts = name.split('-').chain(std::iter::once(name));
        parts.map(|part| strsim::jaro_winkler(part, &typed)).fold(0.0, f64::max)
    };
    let meant = intents::all().filter_map(|(word, lead, note)| {
        Some((alike(&word), Offer { choice: Choice::of(lead)?, note: Some(note).filter(|note| !note.is_empty()) }))
    });
    let called = named().map(|(choice, names, _)| {
        let score = names.iter().map(|name| alike(name)).fold(0.0, f64::max);
        (score, Offer::plain(choice))
    });
    let mut found: Vec<(f64, Offer)> = called.chain(meant).collect();
    found.retain(|(score, _)| *score >= ALIKE);
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut offers: Vec<Offer> = Vec::new();
    for (_, offer) in found {
        if offers.len() < NEAREST && offers.iter().all(|known| known.choice != offer.choice) {
            offers.push(offer);
        }
    }
    offers
}

impl Choice {
    /// Where a word of people's own leads.
    pub(super) fn of(lead: Lead) -> Option<Self> {
        Some(match lead {
            Lead::Do(action) => Self::Do(action),
            Lead::Begin(word) => Self::Begin(PHRASES.iter().find(|p| p.word == word)?),
            Lead::Line(line) => Self::Line(line),
        })
    }
}

/// Places to go back to whose name or key holds a text: those that are kept, then those that were looked at last, but for what is open.
fn spots(app: &App, typed: &str) -> Vec<Choice> {
    let typed = typed.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&typed);
    let bookmarks = app.memory.bookmarks.iter().filter(|b| holds(&b.name) || holds(&b.spot.label()));
    let kept: Vec<&Spot> = app.memory.bookmarks.iter().map(|b| &b.spot).collect();
    let open = app.open_spots();
    let recent =
        app.memory.recent.iter().filter(|spot| holds(&spot.label()) && !kept.contains(spot) && !open.contains(spot));
    bookmarks
        .map(|b| Choice::Spot(Some(b.name.clone()), b.spot.clone()))
        .chain(recent.map(|spot| Choice::Spot(None, spot.clone())))
        .collect()
}

/// True where a place is kept under exactly this name.
fn is_named(choice: &Choice, name: &str) -> bool {
    matches!(choice, Choice::Spot(Some(own), _) if own.to_lowercase() == name.to_lowercase())
}

/// Places to go back to, those that are looked at again before those that are searched for again.
fn places(app: &App, typed: &str) -> Vec<Choice> {
    let is_search = |choice: &Choice| matches!(choice, Choice::Spot(_, Spot::Search(_)));
    let (searches, places): (Vec<_>, Vec<_>) = spots(app, typed).into_iter().partition(is_search);
    places.into_iter().chain(searches).collect()
}

/// Places to go back to, then every partition that is known.
fn opened(app: &App, phrase: &'static Phrase, typed: &str) -> Vec<Choice> {
    let spots = places(app, typed);
    let is_there = |pk: &str, module: &str| {
        let same = |spot: &Spot| matches!(spot, Spot::Partition(m, p) if m == module && p == pk);
        spots.iter().any(|c| matches!(c, Choice::Spot(_, spot) if same(spot)))
    };
    let others: Vec<Choice> = partitions(app, phrase, typed)
        .into_iter()
        .filter(|c| !matches!(c, Choice::Partition(_, pk, module) if is_there(pk, module)))
        .collect();
    spots.into_iter().chain(others).collect()
}

/// The line that leads to a place.
pub(super) fn line_to(spot: &Spot) -> String {
    match spot {
        Spot::Partition(_, pk) => format!("open {} ", quoted(pk)),
        Spot::Entity(_, pk, sk) => format!("open {} {}", quoted(pk), quoted(sk)),
        Spot::Search(line) => format!("find {line}"),
    }
}

fn partitions(app: &App, phrase: &'static Phrase, typed: &str) -> Vec<Choice> {
    let own = app.history.opened.as_ref().map(|o| o.entity.key.pk.as_str()).filter(|_| phrase.word == "compare");
    let module = app.history.opened.as_ref().map(|o| o.entity.module.as_str()).filter(|_| phrase.word == "compare");
    let known = app.tenants.tree.partitions();
    let wanted = known.filter(|c| own != Some(c.pk.as_str()) && module.is_none_or(|m| m == c.module));
    let mut found: Vec<(i64, &str, &str)> =
        wanted.filter_map(|c| Some((fuzzy::score(typed, c.pk.as_str())?, c.pk.as_str(), c.module.as_str()))).collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    found.truncate(MOST);
    found.into_iter().map(|(_, pk, module)| Choice::Partition(phrase, pk.to_owned(), module.to_owned())).collect()
}
