//! An offer of the palette in one line.

use super::{Choice, Offer, SHAPE};
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::memory::Spot;
use crate::tui::parts::Rich;
use crate::tui::text;
use crate::tui::theme::Role;

/// The offer's name, its key or where it leads, and its effect.
pub(super) fn line(app: &App, offer: &Offer) -> Rich {
    match &offer.choice {
        Choice::Do(action) => {
            let refused = app.refusal(*action);
            let role = if refused.is_some() { Role::Dim } else { Role::Text };
            let key = keys(app, *action);
            let mut line =
                Rich::of(role, " ").with(role, &text::cell(action.id(), 18)).with(Role::Key, &text::cell(&key, 10));
            if refused.is_some() {
                line.push(Role::Warning, &format!("({}) ", tr!("not now")));
            }
            line.push(role, &translated(offer.help().unwrap_or_default()));
            line
        }
        Choice::Line(words) => Rich::of(Role::Text, " ")
            .with(Role::Text, &text::cell(words, SHAPE))
            .with(Role::Text, &translated(offer.help().unwrap_or_default())),
        Choice::Begin(phrase) => Rich::of(Role::Text, " ")
            .with(Role::Text, &text::cell(&phrase.shape()[1..], SHAPE))
            .with(Role::Text, &translated(offer.help().unwrap_or_default())),
        Choice::AsTyped(phrase, arguments) => {
            let line = Rich::of(Role::Text, " ").with(Role::Text, &format!("{} {}", phrase.word, arguments.join(" ")));
            match phrase.lacks(arguments.len()) {
                true => line.with(Role::Warning, &format!("  {}", phrase.wants(arguments.len()))),
                false => line.with(Role::Dim, &format!("  {}", tr!("as typed"))),
            }
        }
        Choice::File(phrase, arguments) => {
            Rich::of(Role::Text, " ").with(Role::Text, &format!("{} {}", phrase.word, arguments.join(" ")))
        }
        Choice::Partition(_, pk, module) => Rich::of(Role::Text, " ")
            .with(Role::Text, pk)
            .with(Role::Dim, &format!("  {}", tr!("in %{module}", module = module))),
        Choice::Spot(name, spot) => {
            let line = match name {
                Some(name) => Rich::of(Role::Key, "'").with(Role::Strong, &text::fit(name, 17)).with(Role::Text, " "),
                None => Rich::of(Role::Text, " "),
            };
            let more = match (name, spot) {
                (None, Spot::Partition(module, _) | Spot::Entity(module, ..)) => {
                    format!("  {}", tr!("in %{module}, lately", module = module))
                }
                (None, Spot::Search(_)) => format!("  {}", tr!("lately")),
                (Some(_), Spot::Partition(module, _) | Spot::Entity(module, ..)) => {
                    format!("  {}", tr!("in %{module}", module = module))
                }
                (Some(_), Spot::Search(_)) => String::new(),
            };
            line.with(Role::Text, &spot.label()).with(Role::Dim, &more)
        }
    }
}

/// The key of an action where it has one, here or elsewhere.
fn keys(app: &App, action: Action) -> String {
    let here = app.keymap.key(app.context(), action);
    let elsewhere = || Context::ALL.iter().find_map(|(c, ..)| app.keymap.key(*c, action));
    here.or_else(elsewhere).map(|k| k.to_string()).unwrap_or_default()
}
