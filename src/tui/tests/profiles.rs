//! Other profiles, the configuration, and whoever is told of runs.

use std::path::Path;

use super::plans::files;
use super::{Play, Played};
use crate::engine::protocol::{Command, Steering};
use crate::tui::screens::profiles::Profiles;

const CONFIG: &str = "default_profile = \"a\"\n[profiles.a]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"eu-west-1\"\n\
                      [profiles.prod]\nenvironment = \"prd\"\napp = \"shop\"\nprotected = true\n";

fn profile(play: &mut Play) {
    play.options.profile = crate::config::parse(Path::new("c"), CONFIG).unwrap().profiles["a"].clone();
    play.options.settings.config = Some("config.toml".into());
    play.files.insert("config.toml".into(), CONFIG.into());
}

fn playing(keys: &str) -> Played {
    Play::new(120, 40).with(profile).keys(keys)
}

#[test]
fn profiles_are_listed_with_what_tells_them_apart() {
    let listed = playing(":profile<ret>");
    assert!(listed.app.stack.shows::<Profiles>());
    for wanted in ["▸ a", "dev-shop", "222222222222", "eu-west-1", "prd-shop", "PROTECTED", "never"] {
        assert!(listed.screen.contains(wanted), "{wanted}\n{}", listed.screen);
    }
    insta::assert_snapshot!("profiles_120x40", listed.screen);
    insta::assert_snapshot!("profiles_80x24", Play::new(80, 24).with(profile).keys(":profile<ret>").screen);
    let sandbox = Play::new(120, 40).keys(":profile<ret>");
    assert!(sandbox.screen.contains("the sandbox has a profile of its own"), "{}", sandbox.screen);
}

#[test]
fn another_profile_is_opened_read_only() {
    let told = |keys: &str| playing(keys).told;
    assert_eq!(told(":profile<ret>j<ret>"), ["opens prod"]);
    assert_eq!(told(":profile prod<ret>"), ["opens prod"]);
    let same = playing(":profile<ret><ret>");
    assert!(same.told.is_empty() && same.screen.contains("this is profile a already"), "{}", same.screen);
    let none = playing(":profile nobody<ret>");
    assert!(
        none.told.is_empty()
            && none.app.stack.shows::<Profiles>()
            && none.screen.contains("there is no profile nobody")
    );
    let armed = playing("AA:profile prod<ret>");
    assert!(!armed.app.armed && matches!(armed.commands.last(), Some(Command::Arm { armed: false })));
}

#[test]
fn a_run_that_lives_is_asked_about_and_ended_before_another_profile_is_opened() {
    let run = |keys: &str| {
        let own = |play: &mut Play| {
            files(play);
            profile(play);
        };
        Play::new(120, 40).with(own).keys(&format!("AA:plan open copy.toml<ret>R<esc>{keys}"))
    };
    let steered =
        |played: &Played| played.commands.iter().any(|c| matches!(c, Command::Steer { steering: Steering::Stop, .. }));
    let asked = run(":profile prod<ret>");
    assert!(asked.told.is_empty() && asked.screen.contains("is not over"), "{}", asked.screen);
    let stays = run(":profile prod<ret><ret><esc>");
    assert!(stays.told.is_empty() && !steered(&stays) && stays.app.is_writing());
    let ended = run(":profile prod<ret>E");
    assert!(steered(&ended) && !ended.app.is_writing());
    assert_eq!(ended.told, ["opens prod"]);
}

#[test]
fn whoever_wants_to_know_is_told_and_the_operator_called_from_another_window() {
    let run = |keys: &str| {
        let own = |play: &mut Play| {
            files(play);
            play.options.settings.notify = vec!["tell".into(), "me".into()];
        };
        Play::new(120, 40).with(own).keys(keys).told
    };
    let begun = "AA:plan open copy.toml<ret>";
    assert_eq!(run(&format!("{begun}R")), ["tell me batch_waits waiting"]);
    let away = run(&format!("{begun}<unfocus>R<focus>"));
    assert_eq!(away, ["tell me batch_waits waiting", "tenantry sandbox: batch 1 waits for your decision", "calm"]);
    let ended = run(&format!("{begun}RqE"));
    assert_eq!(ended, ["tell me batch_waits waiting", "tell me run_ended stopped"]);
    let nobody = Play::new(120, 40).with(files).keys(&format!("{begun}R")).told;
    assert_eq!(nobody, Vec::<String>::new());
}

#[test]
fn a_configuration_is_edited_checked_and_taken_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, CONFIG).unwrap();
    let edited = |editor: fn(&str) -> Result<String, String>, keys: &str| {
        let own = |play: &mut Play| {
            profile(play);
            play.options.settings.config = Some(path.clone());
            play.files.insert(path.clone(), std::fs::read_to_string(&path).unwrap());
            play.editor = editor;
        };
        Play::new(160, 40).with(own).keys(keys)
    };
    let wrong = edited(|text| Ok(text.replace("region", "regoin")), ":config<ret>");
    assert!(wrong.screen.contains("not saved") && wrong.app.config_draft.is_some(), "{}", wrong.screen);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), CONFIG);
    let same = edited(|text| Ok(text.to_owned()), ":config<ret>");
    assert!(same.screen.contains("as it was"), "{}", same.screen);
    let given_up = edited(|_| Err("vi ended with exit status: 1: it is as it was".into()), ":config<ret>");
    assert!(given_up.screen.contains("it is as it was"), "{}", given_up.screen);
    let taken = edited(
        |text| {
            let text = text.replacen("eu-west-1\"", "us-east-1\"\nsign_in = \"aws sso login\"", 1);
            Ok(format!("{text}[notify]\ncommand = [\"say\"]\n[ui]\nmouse = false\n"))
        },
        ":config<ret>",
    );
    assert!(std::fs::read_to_string(&path).unwrap().contains("us-east-1"));
    assert_eq!(taken.app.settings.notify, ["say"]);
    assert!(taken.told == ["mouse false"] && !taken.app.mouse, "{:?}", taken.told);
    assert_eq!(taken.app.profile.sign_in.as_deref(), Some("aws sso login"));
    assert_eq!(taken.app.profile.region.as_deref(), Some("eu-west-1"), "where it leads does not change meanwhile");
    assert!(taken.screen.contains("not yet in force: region"), "{}", taken.screen);
}
