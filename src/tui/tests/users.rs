//! The users of a pool: read as the cursor comes to them, narrowed, looked at whole, and made a plan of.

use super::{Fake, Play, Played};
use crate::domain::run::Operation;
use crate::domain::users::User;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Event};
use crate::tui::screens::discard::Discard;
use crate::tui::text;

const POOL: &str = "ap-northeast-1_Sandbox01";
const ALL: usize = 130;
const PAGE: usize = 60;

fn user(i: usize) -> User {
    let of = |name: &str, tenant: &str, roles: &str, groups: &str| {
        let email = format!("{name}@example.com");
        let all = [("custom:tenant", tenant), ("custom:roles", roles), ("custom:groups", groups), ("email", &email)];
        let kept = all.into_iter().filter(|(_, text)| !text.is_empty());
        let attributes = kept.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        User { name: name.to_owned(), attributes, federated: false }
    };
    match i {
        0 => of("abe", "", "", ""),
        1 => of("ito", "My_Tenant", "[{tenant: broken", ""),
        2 => User {
            federated: true,
            ..of("tanaka", "MY_TENANT", r#"[{"tenant":"MY_TENANT","role":"admin"},{"tenant":"","role":"user"}]"#, "")
        },
        3 => of(
            "店長・橋本",
            "桜商店",
            r#"[{"tenant":"桜商店","role":"user","店舗":"京都本店"}]"#,
            r#"[{"tenant":"桜商店","groups":["店長","レジ"]}]"#,
        ),
        4 => of("bad\u{1b}[31m\u{202e}", "a\u{7}", "", ""),
        _ => of(&format!("user-{i:03}"), "acme", r#"[{"tenant":"acme","role":"user"}]"#, ""),
    }
}

/// Page of users that the engine of canned answers gives.
pub(super) fn page(pool: Option<String>, after: Option<&str>) -> Event {
    let from: usize = after.map_or(0, |token| token.parse().unwrap());
    let to = (from + PAGE).min(ALL);
    let pool = pool.unwrap_or_else(|| POOL.to_owned());
    Event::Users { pool, users: (from..to).map(user).collect(), next: (to < ALL).then(|| to.to_string()) }
}

fn play(keys: &str) -> Played {
    Play::new(120, 40).keys(keys)
}

fn asked(played: &Played) -> Vec<Option<&str>> {
    let asked = played.commands.iter();
    asked.filter_map(|c| if let Command::Users { after, .. } = c { Some(after.as_deref()) } else { None }).collect()
}

fn with(answer: fn() -> Vec<Event>, keys: &str) -> Played {
    let answer = move |c: &Command| matches!(c, Command::Users { .. }).then(answer);
    Play::new(80, 24).with(|p| p.fake = Fake::golden().answering(answer)).keys(keys)
}

#[test]
fn every_screen_of_users() {
    for (name, keys, size, plain) in [
        ("list", "Ujj", (120, 40), false),
        ("list", "Ujjj", (80, 24), true),
        ("list", "Uj", (60, 15), false),
        ("whole", "Ujjj<ret>", (80, 24), false),
        ("filter", "U/broken<ret>", (80, 24), false),
    ] {
        let played = Play::new(size.0, size.1).with(|p| p.options.no_color = plain).keys(keys);
        for line in played.screen.lines().filter(|l| l.ends_with(['│', '╮', '╯'])) {
            assert_eq!(text::width(line), usize::from(size.0), "{line}\n{}", played.screen);
        }
        insta::assert_snapshot!(format!("users_{name}_{}x{}", size.0, size.1), played.screen);
    }
}

#[test]
fn pages_are_read_as_the_cursor_comes_to_them_and_no_earlier() {
    let first = play(":users<ret>");
    assert_eq!(asked(&first), [None]);
    assert!(first.screen.contains("60 users loaded, more below"), "{}", first.screen);
    assert_eq!(asked(&play("UGjj")), [None, Some("60")]);
    assert_eq!(asked(&play("UGG")), [None, Some("60"), Some("120")]);
    let all = play("UGGG");
    assert!(all.screen.contains("130 users, all of them") && all.screen.contains("user-129"), "{}", all.screen);
    assert_eq!(asked(&play("UGGGGjj")).len(), 3, "nothing is read past the end");
    assert_eq!(asked(&play("UG<f5>")), [None, Some("60"), None]);
    // A window that the first page does not fill.
    assert_eq!(asked(&Play::new(120, 90).keys("U")), [None, Some("60")]);
}

#[test]
fn a_filter_looks_through_what_is_loaded_and_says_so() {
    let played = play("U/broken<ret>");
    assert!(played.screen.contains("/ looks through the 60 users loaded"), "{}", played.screen);
    assert!(played.screen.contains("ito") && !played.screen.contains("tanaka"), "{}", played.screen);
    assert_eq!(asked(&played), [None], "one that matches nobody must not read all of a pool");
    let later = play("U/user-1<ret>GjGjG");
    assert_eq!(asked(&later).len(), 3);
    assert!(later.screen.contains("user-129") && !later.screen.contains("looks through"), "{}", later.screen);
    assert!(play("U/nobody<ret>").screen.contains("none of those loaded"));
    assert!(play("U/nobody<ret><esc>").screen.contains("tanaka"));
}

#[test]
fn a_user_is_shown_whole_and_back() {
    let played = play("Ujj<ret>");
    assert!(
        played.screen.contains("User tanaka") && played.screen.contains("\"role\": \"admin\""),
        "{}",
        played.screen
    );
    assert!(played.screen.contains("F federated") && played.screen.contains("tanaka@example.com"), "{}", played.screen);
    let broken = play("Uj<ret>");
    assert!(
        broken.screen.contains("[{tenant: broken") && broken.screen.contains("! custom:roles: "),
        "{}",
        broken.screen
    );
    let back = play("Ujj<ret><esc>");
    assert!(back.screen.contains("3/60"), "{}", back.screen);
    assert!(play("U<ret><esc><esc>").app.stack.is_empty());
    assert_eq!(play("Ujjy").copied, ["tanaka"]);
    let nasty = play("Ujjjj<ret>");
    assert!(nasty.screen.contains("bad␛[31m‹U+202E›"), "{}", nasty.screen);
}

#[test]
fn a_plan_for_users_begins_here_and_leads_back_to_its_pool() {
    let played = play(":open PRODUCT#acme<ret>Un");
    let form = played.app.plan.form.as_ref().unwrap();
    assert_eq!((form.operation, form.value_of("name").as_deref()), (Operation::Users, Some("users")));
    // The profile of the play names no pool, so that the plan has to.
    assert_eq!(form.value_of("users.pool").as_deref(), Some(POOL));
    assert!(form.plan.is_some() && played.app.stack.is_empty(), "{}", played.screen);
    let own = Play::new(120, 40).with(|p| p.options.profile.user_pool_id = Some(POOL.to_owned())).keys("Un");
    assert_eq!(own.app.plan.form.as_ref().unwrap().value_of("users.pool"), None);
    let change = |p: &mut Play| {
        let text = "name = \"u\"\noperation = \"users\"\n[users]\npool = \"other_1\"\n";
        p.files.insert("u.toml".into(), text.to_owned());
    };
    let other = Play::new(120, 40).with(change).keys(":plan open u.toml<ret>1U");
    assert!(other.screen.contains("Users of other_1"), "{}", other.screen);
    let dirty = play(":plan new copy<ret>3<ret>acme<ret>1Un");
    assert!(dirty.app.stack.shows::<Discard>(), "{}", dirty.screen);
}

#[test]
fn without_a_pool_or_without_users_it_says_so() {
    let none = || {
        let failure = Failure::new(ErrorCode::Config, "neither the plan nor the profile names a user pool");
        let failure = failure.hint("set user_pool_id in the profile, or users.pool in the plan");
        vec![Event::Failed(Box::new(failure)), Event::Finished { cancelled: false }]
    };
    let none = with(none, "U");
    assert!(none.screen.contains("→ set user_pool_id in the profile"), "{}", none.screen);
    assert!(!none.screen.contains("no users") && !none.screen.contains("reading"), "{}", none.screen);
    let empty = || {
        let page = Event::Users { pool: POOL.to_owned(), users: vec![], next: None };
        vec![page, Event::Finished { cancelled: false }]
    };
    let empty = with(empty, "U");
    assert!(empty.screen.contains(&format!("Users of {POOL}")) && empty.screen.contains("the pool has no users"));
    // Nothing is said of users that were not read yet.
    let waiting = with(Vec::new, "U");
    assert!(waiting.screen.contains("reading…") && !waiting.screen.contains("no users"), "{}", waiting.screen);
    for keys in ["Ux", "U<esc>"] {
        assert!(matches!(with(Vec::new, keys).commands.last(), Some(Command::Cancel { .. })), "{keys}");
    }
    // Users that came before a failure stay, and are not asked for again and again.
    let mut n = 0;
    let answer = move |c: &Command| match c {
        Command::Users { pool, after } => {
            n += 1;
            let failure = Failure::new(ErrorCode::Throttled, "too many requests");
            let event = if n == 1 { page(pool.clone(), after.as_deref()) } else { Event::Failed(Box::new(failure)) };
            Some(vec![event, Event::Finished { cancelled: false }])
        }
        _ => None,
    };
    let failed = Play::new(80, 24).with(|p| p.fake = Fake::golden().answering(answer)).keys("UGjjkGj");
    assert_eq!(asked(&failed), [None, Some("60")]);
    assert!(failed.screen.contains("too many requests") && failed.screen.contains("user-059"), "{}", failed.screen);
}
