use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::layers::{Layers, Origin, merged, origins};
use super::profile::{Profile, SignOff};
use super::regular::read_regular;
use super::toml_walk::{ConfigError, Source, Walk};
use super::ui::UiSettings;
use super::words::PUBLISH;
use crate::domain::clock::time_zone;

/// The example that `tenantry config example` prints: every optional key at its default.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

/// Contents of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigFile {
    /// The profile used without `--profile`.
    pub default_profile: Option<String>,
    /// Profiles by name.
    pub profiles: BTreeMap<String, Profile>,
    /// How the console looks.
    pub ui: UiSettings,
    /// The program that is told when a run waits, pauses or ends, and its arguments; empty for none.
    pub notify: Vec<String>,
    /// Every value that the files give, and the place that it comes from.
    pub origins: Vec<Origin>,
}

/// Reads and checks a configuration file and those of `config.d` beside it; `None` when there is none.
///
/// # Errors
/// [`ConfigError`] with file, line, column and key of the first thing that is wrong.
pub fn load(path: &Path) -> Result<Option<ConfigFile>, Box<ConfigError>> {
    match read_regular(path) {
        Ok(text) => read(path, &Layers::around(path, Some(text))?).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let layers = Layers::around(path, None)?;
            if layers.is_empty() { Ok(None) } else { read(path, &layers).map(Some) }
        }
        Err(error) => Err(ConfigError::unreadable(path, &error)),
    }
}

/// Checks the text of a configuration file.
///
/// # Errors
/// [`ConfigError`] as [`load`].
pub fn parse(path: &Path, text: &str) -> Result<ConfigFile, Box<ConfigError>> {
    read(path, &Layers::alone(path, text))
}

/// Checks a text that is to stand in a configuration file, together with the files of `config.d` beside it.
///
/// # Errors
/// [`ConfigError`] as [`load`].
pub fn edited(path: &Path, text: &str) -> Result<ConfigFile, Box<ConfigError>> {
    read(path, &Layers::around(path, Some(text.to_owned()))?)
}

fn read(path: &Path, layers: &Layers) -> Result<ConfigFile, Box<ConfigError>> {
    let ((text, parts), padded) = (layers.joined(), layers.padded());
    let source = Source { path, text: &text, parts: &parts };
    let root = merged(&padded, source)?;
    let mut walk = Walk::new(source, "", &root);
    let default_profile = walk.text("default_profile")?;
    let ui = walk.table("ui")?.map_or(Ok(UiSettings::default()), UiSettings::of)?;
    let notify = walk.table("notify")?.map_or(Ok(Vec::new()), notify)?;
    let mut file =
        ConfigFile { default_profile, profiles: BTreeMap::new(), ui, notify, origins: origins(&root, source) };
    if let Some(profiles) = walk.table("profiles")? {
        for (name, span, value) in profiles.members() {
            let Some(table) = value.as_table() else {
                return Err(profiles.wrong(span, name, format!("profiles.{name} must be a table")));
            };
            if name == "sandbox" {
                return Err(profiles.wrong(span, name, "the name sandbox belongs to the built-in profile"));
            }
            let walk = Walk::new(source, format!("profiles.{name}"), table);
            file.profiles.insert(name.to_owned(), profile(name, span, walk, path)?);
        }
    }
    walk.finish()?;
    if let Some(name) = file.default_profile.as_ref().filter(|name| !file.profiles.contains_key(*name)) {
        let span = root.get("default_profile").map(toml::Spanned::span);
        return Err(source.error(
            span,
            Some("default_profile".to_owned()),
            format!("default_profile names {name}, which the file does not define"),
        ));
    }
    Ok(file)
}

/// The `[notify]` of the file.
fn notify(mut walk: Walk<'_, '_>) -> Result<Vec<String>, Box<ConfigError>> {
    let command: Vec<String> = walk.texts("command")?.unwrap_or_default().into_iter().map(|(_, text)| text).collect();
    if command.first().is_some_and(|program| program.trim().is_empty()) {
        return Err(walk.wrong_value("command", "notify.command must begin with the name of a program"));
    }
    walk.finish()?;
    Ok(command)
}

fn profile(
    name: &str,
    at: std::ops::Range<usize>,
    mut walk: Walk<'_, '_>,
    config: &Path,
) -> Result<Profile, Box<ConfigError>> {
    let environment = walk.required("environment", at.clone(), "it is the application's NODE_ENV")?;
    let app = walk.required("app", at, "it is the application's APP_NAME")?;
    let mut p = Profile::new(name, &environment, &app);
    p.region = walk.text("region")?;
    p.aws_profile = walk.text("aws_profile")?;
    p.sign_in = walk.text("sign_in")?;
    let every = walk.text("endpoint_url")?;
    let mut endpoints = walk.table("endpoints")?;
    let mut one = |key| endpoints.as_mut().map_or(Ok(None), |walk| walk.text(key));
    p.endpoints.dynamodb = one("dynamodb")?.or_else(|| every.clone());
    p.endpoints.s3 = one("s3")?.or_else(|| every.clone());
    p.endpoints.cognito = one("cognito")?.or(every);
    if let Some(endpoints) = endpoints {
        endpoints.finish()?;
    }
    p.bucket = walk.text("bucket")?;
    p.user_pool_id = walk.text("user_pool_id")?;
    p.attribute_limit_bytes = walk.size("attribute_limit_bytes")?.unwrap_or(p.attribute_limit_bytes);
    let zone =
        walk.parsed("timezone", "a time zone name such as Asia/Tokyo", |t| time_zone(t).ok().map(|_| t.to_owned()))?;
    p.timezone = zone.unwrap_or(p.timezone);
    let framework = walk.parsed("framework", "a version such as 1.4 or 1.1.4", |t| t.parse().ok())?;
    p.framework = framework.unwrap_or(p.framework);
    let publish = walk.word("publish", PUBLISH.pairs)?;
    p.publish = publish.unwrap_or(p.publish);
    p.operator = walk.text("operator")?.unwrap_or(p.operator);
    p.operator_ip = walk.text("operator_ip")?;
    p.rollback_stamp = walk.flag("rollback_stamp")?.unwrap_or(p.rollback_stamp);
    p.protected = walk.flag("protected")?.unwrap_or(p.protected);
    if let Some(tables) = walk.table("tables")? {
        for (module, span, value) in tables.members() {
            let Some(base) = value.as_str().filter(|b| !b.is_empty()) else {
                return Err(tables.wrong(span, module, format!("tables.{module} must be a table base name")));
            };
            p.tables.insert(module.to_owned(), base.to_owned());
        }
    }
    if let Some(approval) = walk.table("approval")? {
        p.sign_off = sign_off(approval, config)?;
    }
    walk.finish()?;
    Ok(p)
}

/// Reads the sign-off: how many people must sign, and who may; the files are relative to the configuration file.
fn sign_off(mut walk: Walk<'_, '_>, config: &Path) -> Result<SignOff, Box<ConfigError>> {
    let mut file = |key| -> Result<Option<PathBuf>, Box<ConfigError>> {
        Ok(walk.text(key)?.map(|name| match (name.strip_prefix("~/"), std::env::home_dir()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => config.parent().unwrap_or(Path::new("")).join(name),
        }))
    };
    let (allowed_signers, revoked) = (file("allowed_signers")?, file("revoked")?);
    let required = walk.size("required")?.unwrap_or_default();
    if required > 0 && allowed_signers.is_none() {
        return Err(walk.wrong_value("required", "required wants allowed_signers: the file of those who may sign"));
    }
    walk.finish()?;
    Ok(SignOff { required, allowed_signers, revoked })
}

#[cfg(test)]
mod tests {
    use super::super::Ground;
    use super::*;
    use crate::language::Language::{English, Japanese};

    fn read(text: &str) -> Result<ConfigFile, Box<ConfigError>> {
        parse(Path::new("c.toml"), text)
    }

    fn failing(text: &str) -> (String, Option<usize>, Option<String>, Option<String>) {
        let e = read(text).unwrap_err();
        (e.to_string(), e.line, e.key, e.hint)
    }

    #[test]
    fn files_of_the_console_are_read_beside_the_configuration() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("keys.toml"), "[runs]\n").unwrap();
        let at = |text: &str| parse(&dir.path().join("c.toml"), text);
        let ui = at("[ui]\nkeymap = \"keys.toml\"\ntheme = \"\"").unwrap().ui.read().unwrap();
        assert_eq!((ui.keymap.map(|file| file.text), ui.theme), (Some("[runs]\n".to_owned()), None));
        let ground = |name: &str| at(&format!("[ui]\ntheme = \"{name}\"")).unwrap().ui.read().unwrap().ground;
        assert_eq!([ground("light"), ground("dark"), ground("")], [Some(Ground::Light), Some(Ground::Dark), None]);
        let mouse = |text: &str| at(text).unwrap().ui.read().unwrap().mouse;
        assert_eq!([mouse(""), mouse("[ui]\nkeymap = \"\""), mouse("[ui]\nmouse = false")], [true, true, false]);
        let language =
            |name: &str| at(&format!("[ui]\nlanguage = \"{name}\"")).map(|file| file.ui.read().unwrap().language);
        assert_eq!(["auto", "en", "ja"].map(|name| language(name).unwrap()), [None, Some(English), Some(Japanese)]);
        assert_eq!(language("jp").unwrap_err().key.as_deref(), Some("ui.language"));
        let error = at("[ui]\nkeymap = \"none.toml\"").unwrap().ui.read().unwrap_err();
        assert_eq!((error.line, error.key.as_deref()), (Some(2), Some("ui.keymap")));
        assert!(error.message.contains("none.toml: "), "{error}");
        assert_eq!(at("[ui]\nkeys = \"\"").unwrap_err().key.as_deref(), Some("ui.keys"));
    }

    #[test]
    fn the_example_shows_every_optional_key_at_its_default() {
        let file = read(EXAMPLE).unwrap();
        let shown = &file.profiles["staging"];
        let mut expected = Profile::new("staging", "stg", "shop");
        expected.region = Some("ap-northeast-1".to_owned());
        assert_eq!(*shown, expected);
        for key in [
            "region",
            "aws_profile",
            "sign_in",
            "endpoint_url",
            "endpoints",
            "bucket",
            "user_pool_id",
            "attribute_limit_bytes",
            "timezone",
            "framework",
            "publish",
            "operator",
            "operator_ip",
            "rollback_stamp",
            "protected",
            "tables",
            "approval",
            "required",
            "allowed_signers",
            "revoked",
        ] {
            assert!(
                EXAMPLE
                    .lines()
                    .any(|l| l.trim_start_matches(['#', ' ', '[']).starts_with(key) || l.contains(&format!(".{key}]"))),
                "{key}"
            );
        }
    }

    #[test]
    fn signers_stand_in_a_file_beside_the_configuration() {
        let of = |keys: &str| {
            let text = format!("[profiles.a]\nenvironment = \"dev\"\napp = \"x\"\n[profiles.a.approval]\n{keys}\n");
            parse(Path::new("/etc/c.toml"), &text).map(|file| file.profiles["a"].sign_off.clone())
        };
        let found = of("required = 2\nallowed_signers = \"signers\"\nrevoked = \"/r\"").unwrap();
        assert_eq!((found.required, found.allowed_signers), (2, Some("/etc/signers".into())));
        assert_eq!(found.revoked, Some("/r".into()));
        assert_eq!(of("required = 0").unwrap(), SignOff::default());
        let error = of("required = 1").unwrap_err();
        assert_eq!((error.line, error.key.as_deref()), (Some(5), Some("profiles.a.approval.required")));
        assert!(of("required = 1\nallowed_signer = \"s\"").unwrap_err().key.unwrap().ends_with("required"));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_neighbour() {
        let (message, line, key, hint) = failing("[profiles.a]\nenvironment = \"dev\"\napp = \"x\"\nbuckett = \"b\"\n");
        assert_eq!(message, "c.toml:4: profiles.a.buckett is not a key that this file may have");
        assert_eq!(
            (line, key.as_deref(), hint.as_deref()),
            (Some(4), Some("profiles.a.buckett"), Some("did you mean bucket?"))
        );
    }

    #[test]
    fn whoever_is_told_is_a_program_with_its_arguments() {
        let told = |text: &str| read(text).map(|file| file.notify).map_err(|error| (error.to_string(), error.key));
        assert_eq!(
            told("[notify]\ncommand = [\"notify-send\", \"a b\"]\n"),
            Ok(vec!["notify-send".into(), "a b".into()])
        );
        assert_eq!(told("[notify]\ncommand = []\n"), Ok(Vec::new()));
        let (message, key) = told("[notify]\ncommand = \"notify-send 'a b'\"\n").unwrap_err();
        assert!(message.ends_with("notify.command must be a list of strings, not string"), "{message}");
        assert_eq!(key.as_deref(), Some("notify.command"));
        assert!(told("[notify]\ncommand = [\"\"]\n").unwrap_err().0.contains("the name of a program"));
    }

    #[test]
    fn broken_toml_has_its_line() {
        let e = read("default_profile = \"a\"\n[profiles.a\n").unwrap_err();
        assert_eq!(e.line, Some(2), "{e}");
    }

    #[test]
    fn wrong_values_say_what_is_wanted() {
        let profile = |rest: &str| format!("[profiles.a]\nenvironment = \"dev\"\napp = \"x\"\n{rest}\n");
        for (text, wanted) in [
            ("publish = \"later\"", "publish must be \"sync\" or \"async\", not \"later\""),
            ("timezone = \"Asia/Tokio\"", "timezone must be a time zone name such as Asia/Tokyo, not \"Asia/Tokio\""),
            ("attribute_limit_bytes = -1", "attribute_limit_bytes must be a whole number from 0 on, not -1"),
            ("protected = \"yes\"", "protected must be true or false, not string"),
            ("framework = \"one\"", "framework must be a version such as 1.4 or 1.1.4, not \"one\""),
        ] {
            let (message, line, ..) = failing(&profile(text));
            assert_eq!((message.as_str(), line), (format!("c.toml:4: profiles.a.{wanted}").as_str(), Some(4)));
        }
    }

    #[test]
    fn required_keys_and_the_default_profile_are_checked() {
        assert!(failing("[profiles.a]\nenvironment = \"dev\"\n").0.contains("profiles.a.app is missing"));
        assert!(failing("default_profile = \"b\"\n").0.contains("names b, which the file does not define"));
        assert!(failing("[profiles.sandbox]\n").0.contains("built-in"));
    }

    #[test]
    fn one_endpoint_serves_all_unless_a_service_has_its_own() {
        let file = read("[profiles.a]\nenvironment = \"dev\"\napp = \"x\"\nendpoint_url = \"http://e\"\nendpoints = { s3 = \"http://s\" }\ntables = { product = \"goods\" }\n").unwrap();
        let p = &file.profiles["a"];
        assert_eq!(p.endpoints.dynamodb.as_deref(), Some("http://e"));
        assert_eq!(p.endpoints.s3.as_deref(), Some("http://s"));
        assert_eq!(p.tables["product"], "goods");
    }
}
