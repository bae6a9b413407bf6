use crossterm::event::KeyEvent;
use futures::stream;
use ratatui::backend::TestBackend;

use super::*;
use crate::config::Profile;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Envelope};
use crate::engine::{EngineHandle, boundary};
use crate::tui::tests::{inputs, shown};

fn play(path: &Path, keys: &str, size: (u16, u16)) -> (FirstRun, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut first = First::new(path.to_path_buf(), Theme::shipped(false).unwrap(), engine);
    first.aws_profiles = vec!["base".into(), "corp".into()];
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    // Answers to requests come before the next key, and before the end.
    let pause = || tokio::time::sleep(std::time::Duration::from_millis(20));
    let keys = stream::iter(inputs(keys).into_iter().map(Ok)).then(move |input| async move {
        pause().await;
        input
    });
    let inputs = keys.chain(stream::once(async move { pause().await }).filter_map(|()| async { None }));
    let chosen = runtime.block_on(first.run(inputs, &mut terminal, std::future::pending())).unwrap();
    (chosen, shown(terminal.backend().buffer()))
}

/// An engine that knows two applications and whose tables are there.
fn engine(profile: Profile) -> EngineHandle {
    let (handle, mut end) = boundary();
    let mut is_signed_in = false;
    tokio::spawn(async move {
        while let Some((request, command)) = end.commands.recv().await {
            let checked = |part: &str, told: &str| Event::Checked { part: part.into(), told: told.into() };
            let events = match command {
                Command::ListApplications if profile.aws_profile.is_none() => {
                    let why = Failure::new(ErrorCode::Credentials, "there are no AWS credentials");
                    vec![Event::Failed(Box::new(why))]
                }
                Command::ListApplications => vec![Event::Applications(vec!["dev-my-shop".into(), "stg-shop".into()])],
                Command::CheckConnection if profile.aws_profile.as_deref() == Some("corp") && !is_signed_in => {
                    let why = Failure::new(ErrorCode::Credentials, "AWS profile corp asks for a one-time code");
                    vec![Event::CodeWanted, Event::Failed(Box::new(why))]
                }
                Command::CheckConnection => vec![checked("module product", "data, command, history can be read")],
                Command::SignInAgain { code: Some(code) } => {
                    is_signed_in = code.reveal() == "123456";
                    let why = Failure::new(ErrorCode::Credentials, "the code was not accepted");
                    if is_signed_in { vec![] } else { vec![Event::CodeWanted, Event::Failed(Box::new(why))] }
                }
                other => panic!("{other:?}"),
            };
            for event in events.into_iter().chain([Event::Finished { cancelled: false }]) {
                let _ = end.events.send(Envelope { request, event }).await;
            }
        }
    });
    handle
}

#[test]
fn profiles_and_applications_that_are_there_are_offered() {
    let at = "j<ret><tab><tab><tab><tab>";
    let (_, screen) = play(Path::new(NOWHERE), &format!("{at}<ctrl-n><ctrl-n>"), (100, 30));
    assert!(screen.contains("aws_profile   corp"), "{screen}");
    let (_, screen) =
        play(Path::new(NOWHERE), &format!("{at}<ctrl-n><ctrl-n><shift-tab><shift-tab><ctrl-n>"), (100, 30));
    assert!(screen.contains("environment   dev ") && screen.contains("app           my-shop"), "{screen}");
    let (_, screen) =
        play(Path::new(NOWHERE), &format!("{at}<ctrl-n><shift-tab><shift-tab><ctrl-n><ctrl-n>"), (100, 30));
    assert!(screen.contains("environment   stg ") && screen.contains("app           shop"), "{screen}");
    let (_, screen) = play(Path::new(NOWHERE), &format!("{at}<shift-tab><shift-tab><ctrl-n>"), (100, 30));
    assert!(screen.contains("! there are no AWS credentials"), "{screen}");
    // On the way to the line that mends it, it says both.
    let (_, screen) = play(Path::new(NOWHERE), &format!("{at}<shift-tab><shift-tab><ctrl-n><tab><tab>"), (100, 30));
    assert!(screen.contains("! there are no AWS credentials"), "{screen}");
    assert!(screen.contains("Ctrl-N: the next one of this machine"), "{screen}");
}

#[test]
fn the_last_step_tries_where_the_profile_leads_before_the_file_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    let keys = "j<ret><tab>dev<tab>shop<shift-tab><shift-tab><shift-tab><ret>";
    let (chosen, screen) = play(&path, keys, (80, 24));
    assert!(chosen == FirstRun::Quit && !path.exists(), "{screen}");
    insta::assert_snapshot!("check_80x24", screen);
    let (_, screen) = play(&path, &format!("{keys}<esc>"), (80, 24));
    assert!(screen.contains("app           shop") && !path.exists(), "{screen}");
    assert_eq!(play(&path, &format!("{keys}<ret>"), (80, 24)).0, FirstRun::Profile("staging".into()));
    assert!(path.exists());
}

const NOWHERE: &str = "/nowhere/tenantry/config.toml";

#[test]
fn a_code_that_is_wanted_is_typed_where_the_profile_is_tried() {
    let tried = "j<ret><tab>dev<tab>shop<tab><tab>corp<tab><tab><tab><tab><tab><tab><ret>";
    let screen = |keys: &str| play(Path::new(NOWHERE), &format!("{tried}{keys}"), (80, 24)).1;
    insta::assert_snapshot!("check_code_80x24", screen(""));
    assert!(screen("12a<ret>").contains("! a one-time code has six digits"), "{}", screen("12a<ret>"));
    let refused = screen("000000<ret>");
    assert!(refused.contains("the code was not accepted") && refused.contains("six digits of the device"), "{refused}");
    let signed_in = screen("<paste:123456><ret>");
    assert!(signed_in.contains("✓ module product") && !signed_in.contains("digits"), "{signed_in}");
    // The file can be written without.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    assert_eq!(play(&path, &format!("{tried}<ret>"), (80, 24)).0, FirstRun::Profile("staging".into()));
}

#[test]
fn the_sandbox_is_one_key_away() {
    let (chosen, screen) = play(Path::new(NOWHERE), "<ret>", (80, 24));
    assert_eq!(chosen, FirstRun::Sandbox);
    insta::assert_snapshot!("choice_80x24", screen);
}

#[test]
fn leaving_changes_nothing() {
    for keys in ["q", "<esc>", "<ctrl-c>", "jj<ret>", ""] {
        assert_eq!(play(Path::new(NOWHERE), keys, (80, 24)).0, FirstRun::Quit, "{keys}");
    }
}

#[test]
fn a_profile_is_written_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tenantry/config.toml");
    let keys = "j<ret><tab>dev<tab><paste:shop\n><tab><tab><tab>b-1<tab><tab><tab><tab> <tab><ret><ret>";
    assert_eq!(play(&path, keys, (80, 24)).0, FirstRun::Profile("staging".into()));
    let file = crate::config::load(&path).unwrap().unwrap();
    let profile = &file.profiles["staging"];
    assert_eq!((profile.environment.as_str(), profile.app.as_str(), profile.protected), ("dev", "shop", true));
    assert_eq!(profile.bucket.as_deref(), Some("b-1"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_file_that_came_meanwhile_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, "# someone's\n").unwrap();
    let (chosen, screen) = play(&path, "j<ret><tab>dev<tab>shop<shift-tab><shift-tab><shift-tab><ret><ret>", (120, 40));
    assert_eq!(chosen, FirstRun::Quit);
    assert!(screen.contains("cannot be written"), "{screen}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "# someone's\n");
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    let (_, screen) = play(Path::new(NOWHERE), "j<ret><tab>dev<shift-tab><shift-tab><ret>", (80, 24));
    insta::assert_snapshot!("form_80x24", screen);
    let (_, screen) = play(Path::new(NOWHERE), "j<ret>", (40, 10));
    assert!(screen.starts_with("window too small"), "{screen}");
}

#[test]
fn keys_are_keys() {
    let event = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
    assert_eq!(inputs("q"), [Input::Key(event)]);
}
