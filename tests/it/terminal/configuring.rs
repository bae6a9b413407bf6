//! The configuration edited from the console: what the terminal does changes with it.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use super::kit::{Console, PATIENCE};

#[test]
fn the_mouse_is_left_to_the_terminal_as_soon_as_the_configuration_says_so() {
    let dir = tempfile::TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let text = "default_profile = \"t\"\n[profiles.t]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"ap-northeast-1\"\n\
                endpoint_url = \"http://127.0.0.1:1\"\n";
    std::fs::write(at("config.toml"), text).unwrap();
    std::fs::write(at("editor"), "#!/bin/sh\nprintf '[ui]\\nmouse = false\\n' >> \"$1\"\n").unwrap();
    std::fs::set_permissions(at("editor"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (config, state, editor) = (at("config.toml"), at("state"), at("editor"));
    let environment = [
        ("VISUAL", editor.as_str()),
        ("AWS_ACCESS_KEY_ID", "sandbox"),
        ("AWS_SECRET_ACCESS_KEY", "sandbox"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let mut console = Console::start(&["--config", &config, "--state", &state], &environment);
    console.wait_for("Tenants");
    assert!(console.has_mouse());
    console.press(":config\r");
    console.wait_for("the configuration is saved");
    let began = Instant::now();
    while console.has_mouse() {
        assert!(began.elapsed() < PATIENCE, "{}", console.text());
        std::thread::sleep(Duration::from_millis(20));
    }
    // It stays so when the terminal comes back from an editor, whose text is wrong this time.
    console.press(":config\r");
    console.wait_for("not saved");
    assert!(!console.has_mouse());
    console.press("q");
    assert_eq!(console.ended(), 0);
}
