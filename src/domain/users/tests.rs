use proptest::prelude::*;

use super::*;

fn changing(change: CodeChange) -> Changing {
    Changing { pool: "p".to_owned(), change, attributes: ATTRIBUTES.map(str::to_owned).to_vec() }
}

fn user(attributes: &[(&str, &str)]) -> User {
    let attributes = attributes.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
    User { name: "u".to_owned(), attributes, federated: false }
}

fn after(item: &PlannedItem, name: &str) -> Option<String> {
    item.after().and_then(|row| row.text(name)).map(str::to_owned)
}

#[test]
fn only_the_bytes_of_codes_change() {
    let text = "[ {\"tenant\" : \"MY_TENANT\", \"role\":\"Admin\",\"x\":{\"tenant\":\"KEPT\"},\"n\":1.50},\t{\"tenant\":\"\"},{\"role\":\"MY_TENANT\"},{\"tenant\":null},{\"tenant\":\"\\u0041\"}]";
    let new = entries::changed(text, &CodeChange::Lowercase).unwrap().unwrap();
    assert_eq!(new, text.replacen("MY_TENANT", "my_tenant", 1).replace("\"\\u0041\"", "\"a\""));
    assert_eq!(entries::changed("[{\"tenant\":\"acme\"}]", &CodeChange::Lowercase), Ok(None));
    assert_eq!(entries::changed("[]", &CodeChange::Lowercase), Ok(None));
    let map = CodeChange::Map([("A".to_owned(), "b".to_owned())].into());
    let both = entries::changed("[{\"tenant\":\"A\",\"tenant\":\"A\"},{\"tenant\":\"a\"}]", &map).unwrap();
    assert_eq!(both.as_deref(), Some("[{\"tenant\":\"b\",\"tenant\":\"b\"},{\"tenant\":\"a\"}]"));
}

#[test]
fn each_attribute_is_judged_alone() {
    let rules = changing(CodeChange::Lowercase);
    let (item, quarantined) =
        rules.item(&user(&[("custom:tenant", "My_Tenant"), ("custom:roles", "[{tenant: broken")]));
    assert_eq!((item.action, item.reason, quarantined.len()), (Action::Update, Some(Reason::MalformedJson), 1));
    assert_eq!(after(&item, "custom:tenant").as_deref(), Some("my_tenant"));
    assert_eq!(after(&item, "custom:roles").as_deref(), Some("[{tenant: broken"), "untouched");
    let (item, _) = rules.item(&user(&[("custom:tenant", "acme"), ("custom:groups", "{\"tenant\":\"A\"}")]));
    assert_eq!((item.action, item.writes(), item.warnings.len()), (Action::Invalid, false, 1));
    let (item, _) = rules.item(&user(&[("custom:tenant", "acme"), ("custom:groups", ""), ("email", "A@B")]));
    assert_eq!((item.action, item.before().unwrap().0.len()), (Action::Equal, 2));
    assert_eq!(rules.item(&user(&[("custom:roles", "[1]")])).1[0].why, Malformed::NoObject(1));
    let federated = User { federated: true, ..user(&[("custom:tenant", "A")]) };
    assert!(rules.item(&federated).0.warnings[0].starts_with("federated"));
}

#[test]
fn an_undo_restores_what_the_run_changed_and_nothing_else() {
    let (item, _) = changing(CodeChange::Lowercase).item(&user(&[("custom:tenant", "A"), ("custom:roles", "[]")]));
    let wrote = item.part(Role::User).unwrap();
    let undo = |now: &[(&str, &str)], conflicts, certain| undone(wrote, Some(&user(now)), conflicts, certain);
    // The roles were changed by others meanwhile: they stay.
    let back = undo(&[("custom:tenant", "a"), ("custom:roles", "[{}]")], Conflicts::Skip, true);
    assert_eq!(back.action, Action::Update);
    assert_eq!(
        (after(&back, "custom:tenant").as_deref(), after(&back, "custom:roles").as_deref()),
        (Some("A"), Some("[{}]"))
    );
    assert_eq!(undo(&[("custom:tenant", "A")], Conflicts::Skip, true).action, Action::Equal);
    let other = undo(&[("custom:tenant", "b")], Conflicts::Skip, true);
    assert_eq!((other.action, other.reason), (Action::Conflict, Some(Reason::TargetChanged)));
    assert_eq!(undo(&[("custom:tenant", "b")], Conflicts::Skip, false).action, Action::Equal);
    let forced = undo(&[("custom:tenant", "b")], Conflicts::Force, true);
    assert_eq!((forced.action, forced.warnings.len()), (Action::Update, 1));
    assert_eq!(undone(wrote, None, Conflicts::Force, true).action, Action::Conflict);
}

proptest! {
    #[test]
    fn a_list_without_codes_to_change_is_never_touched(
        entries in proptest::collection::vec(("[a-z_]{0,6}", "\\PC{0,6}"), 0..5),
        noise in "\\PC{0,20}",
    ) {
        let list: Vec<_> = entries.iter().map(|(t, r)| serde_json::json!({"tenant": t, "role": r})).collect();
        let text = serde_json::to_string(&list).unwrap();
        prop_assert_eq!(entries::changed(&text, &CodeChange::Lowercase), Ok(None));
        // Anything at all is either read or told about.
        let _ = entries::changed(&noise, &CodeChange::Lowercase);
    }
}
