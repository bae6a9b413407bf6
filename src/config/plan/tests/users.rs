use super::*;

fn users(more: &str) -> String {
    format!("name = \"n\"\noperation = \"users\"\n[users]\n{more}")
}

#[test]
fn codes_change_by_rule_or_by_name() {
    let work = |more: &str| read(&users(more)).unwrap().work;
    let Work::Users { pool, change, attributes } =
        work("pool = \"p\"\nchange = { A = \"a\", B = \"c\" }\nattributes = [\"custom:roles\"]")
    else {
        panic!()
    };
    let table = [("A", "a"), ("B", "c")].map(|(old, new)| (old.to_owned(), new.to_owned())).into();
    assert_eq!(
        (pool.as_deref(), change, attributes),
        (Some("p"), CodeChange::Map(table), vec!["custom:roles".to_owned()])
    );
    let wrong = [
        (
            "change = \"uppercase\"",
            "change",
            "users.change must be \"lowercase\", or a table such as { MY_TENANT = \"my_tenant\" }, not string",
        ),
        ("change = {}", "change", "users.change names no code: it would change nothing"),
        ("change = { A = \"\" }", "change", "users.change: what \"A\" becomes must be a tenant code"),
        (
            "change = { A = \"a#b\" }",
            "change",
            "users.change must contain neither \"#\" nor \"@\": \"a#b\" is no tenant code",
        ),
        (
            "attributes = [\"email\"]",
            "attributes",
            "users.attributes: \"email\" is none of custom:tenant, custom:roles, custom:groups",
        ),
    ];
    for (more, key, message) in wrong {
        assert_complaint(&users(more), 4, &format!("users.{key}"), message, None);
    }
}
