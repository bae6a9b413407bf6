use super::*;
use crate::domain::users::User;

fn mask(redact: &[&str], pseudonym: &[&str], keep: &[&str], rest: Rest) -> Mask {
    let mut rules = Treatments::new(rest);
    for (places, treatment) in [(redact, Treatment::Redact), (pseudonym, Treatment::Pseudonym), (keep, Treatment::Keep)]
    {
        for place in places {
            rules.add(place.parse().unwrap(), treatment).unwrap();
        }
    }
    let mut mask = Mask::new(rules, None, Secret::new([7; 64]), "bucket");
    mask.knows(["PRODUCT", "MASTER"].map(str::to_owned), ["dev-shop-product-data".to_owned()]);
    mask
}

fn row(fields: &[(&str, Value)]) -> Row {
    Row(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn map(fields: &[(&str, Value)]) -> Value {
    Value::M(row(fields).0)
}

fn product(sk: &str, stored: &str) -> Row {
    row(&[
        ("pk", Value::s("PRODUCT#acme")),
        ("sk", Value::s(stored)),
        ("id", Value::s(format!("PRODUCT#acme#{sk}"))),
        ("code", Value::s(sk)),
        ("tenantCode", Value::s("acme")),
        ("type", Value::s("PRODUCT")),
        ("status", Value::s("finish:FINISHED")),
        ("createdAt", Value::s("2026-03-10T00:00:00+09:00")),
        ("attributes", map(&[("other", Value::s("PRODUCT#acme#P-2")), ("n", Value::n(5))])),
    ])
}

#[test]
fn rows_of_one_entity_stay_rows_of_one_entity() {
    let mut mask = mask(&[], &["keys"], &[], Rest::List);
    let data = mask.row("product", TableKind::Data, product("P-1", "P-1"));
    let command = mask.row("product", TableKind::Command, product("P-1", "P-1@3"));
    let text = |row: &Row, name: &str| row.text(name).unwrap().to_owned();
    let (pk, sk) = (text(&data, "pk"), text(&data, "sk"));
    assert!(pk.starts_with("PRODUCT#p") && pk != "PRODUCT#acme" && !sk.contains('@'), "{pk} {sk}");
    assert_eq!((text(&command, "pk"), text(&command, "sk")), (pk.clone(), format!("{sk}@3")));
    assert_eq!(text(&data, "id"), format!("{pk}#{sk}"));
    assert_eq!((text(&data, "code"), format!("PRODUCT#{}", text(&data, "tenantCode"))), (sk, pk.clone()));
    let other = mask.row("product", TableKind::Data, product("P-2", "P-2"));
    let Value::M(attributes) = data.get("attributes").unwrap() else { panic!() };
    assert_eq!(attributes["other"], Value::S(text(&other, "id")), "a reference leads where it led");
    // The framework's own words say nothing.
    for name in ["type", "status", "createdAt"] {
        assert_eq!(data.get(name), product("P-1", "P-1").get(name), "{name}");
    }
    assert_eq!(mask.report(), MaskReport::default());
}

#[test]
fn objects_are_found_where_masked_rows_say() {
    let key = "ddb/dev-shop-product-data/PRODUCT#acme/P-1@3/01J.json";
    for stored in [key, "elsewhere/acme.json"] {
        let mut mask = mask(&[], &["keys", "attributes"], &[], Rest::List);
        let stands = row(&[("pk", Value::s("PRODUCT#acme")), ("attributes", Value::s(format!("s3://real/{stored}")))]);
        let masked = mask.row("product", TableKind::Command, stands);
        let (moved, body) = mask.object("product", stored, br#"{"a":"acme","n":1.50}"#).unwrap();
        assert_eq!(masked.attributes_ref(), Some(format!("s3://bucket/{moved}").as_str()));
        assert!(!moved.contains("acme") && !moved.contains("01J"), "{moved}");
        let body = String::from_utf8(body).unwrap();
        assert!(!body.contains("acme") && body.starts_with(r#"{"a":"p"#), "{body}");
        assert!(
            mask.object("product", stored, b"[\"acme\"]").is_none() && mask.object("product", stored, b"x").is_none()
        );
        assert_eq!(mask.report().dropped, 2);
    }
}

#[test]
fn what_is_redacted_is_gone_and_what_no_rule_names_is_listed() {
    let secrets = map(&[
        ("note", Value::s("x-1")),
        ("by", map(&[("x-2", Value::s("x-3"))])),
        ("tags", Value::L(vec![map(&[("name", Value::s("x-4")), ("kind", Value::s("plain"))])])),
        ("set", Value::Ss(["x-5".to_owned()].into())),
        ("bytes", Value::B(b"x-6".to_vec())),
        ("price", Value::n(120)),
        ("open", Value::s("seen")),
        ("empty", Value::s("")),
    ]);
    let given = || row(&[("pk", Value::s("PRODUCT#acme")), ("name", Value::s("x-7")), ("attributes", secrets.clone())]);
    let mut mask = mask(
        &["note", "attributes.by", "attributes.tags.name", "attributes.set", "attributes.bytes", "attributes.price"],
        &["name"],
        &["keys", "attributes.tags.kind"],
        Rest::List,
    );
    let masked = mask.row("product", TableKind::Data, given());
    let text = format!("{masked:?}");
    assert!(!text.contains("x-") && !text.contains("120") && text.contains("plain"), "{text}");
    let left = Untouched { module: "product".to_owned(), place: "attributes.open".to_owned(), values: 1 };
    assert_eq!(mask.report().untouched, [left]);
    assert!(mask.report().unmet.is_empty());
}

#[test]
fn the_rest_can_be_masked_too_and_keys_with_it() {
    for rest in [Rest::Pseudonym, Rest::Redact] {
        let mut mask = mask(&[], &[], &["attributes.kind"], rest);
        let mut given = product("P-1", "P-1");
        given.0.insert("createdBy".to_owned(), Value::s("taro@example.com"));
        given.0.insert("status".to_owned(), Value::s("taro:FINISHED"));
        given.0.insert("attributes".to_owned(), map(&[("kind", Value::s("plain")), ("note", Value::s("taro"))]));
        let text = format!("{:?}", mask.row("product", TableKind::Data, given));
        assert!(!text.contains("taro") && !text.contains("example") && !text.contains("acme") && !text.contains("P-1"));
        assert!(text.contains("plain"), "{text}");
        assert!(mask.report().untouched.is_empty());
    }
    let mut none = mask(&[], &["name"], &[], Rest::List);
    let _ = none.row("product", TableKind::Data, product("P-1", "P-1"));
    let places: Vec<String> = none.report().untouched.into_iter().map(|left| left.place).collect();
    assert_eq!(places, ["attributes.other", "keys"]);
    assert_eq!(none.report().unmet, ["name"]);
}

#[test]
fn pseudonyms_are_the_same_for_the_same_and_depend_on_the_key() {
    let (one, other) = (Secret::new([1; 64]), Secret::new([2; 64]));
    assert_eq!(one.parts("taro@example.com"), one.parts("taro@example.com"));
    assert_ne!(one.parts("taro"), other.parts("taro"));
    assert!(one.parts("C-1#taro").ends_with(&one.name("taro")));
    // Two spellings of one code stay two spellings of one.
    assert_eq!(one.name("ACME"), one.name("acme").to_uppercase());
    assert_ne!(one.name("Acme").to_lowercase(), one.name("acme"));
    for text in ["", "single", "common", "MASTER"] {
        assert_eq!(one.name(text), text);
    }
    for text in ["7", "-120", "12345678901234567890", "1.5", "1E+30"] {
        let number = super::super::value::Number::parse(text).unwrap();
        let drawn = one.number(&number);
        assert_eq!(drawn, one.number(&number));
        assert_eq!(drawn.as_str().starts_with('-'), text.starts_with('-'), "{drawn:?}");
    }
    assert!(!format!("{one:?}").contains('1'));
}

#[test]
fn settings_are_found_under_their_masked_tenant() {
    let mut mask = mask(&[], &["keys"], &[], Rest::Redact);
    let setting = |sk: &str, days: Value| {
        row(&[("pk", Value::s("MASTER#acme")), ("sk", Value::s(sk)), ("attributes", map(&[("days", days)]))])
    };
    let masked = mask.row("master", TableKind::Data, setting("TTL#dev-shop-product-data", Value::s("30")));
    let data = mask.row("product", TableKind::Data, product("P-1", "P-1"));
    let settings = crate::domain::retention::settings_pk(&data.pk().unwrap().into());
    assert_eq!((masked.pk().unwrap(), masked.sk().unwrap()), (settings.as_str(), "TTL#dev-shop-product-data"));
    assert_eq!(masked.get("attributes"), setting("", Value::s("30")).get("attributes"));
    // Another table's name may be anything.
    let other = mask.row("master", TableKind::Data, setting("TTL#acme", Value::s("acme")));
    assert!(!format!("{other:?}").contains("acme"), "{other:?}");
}

#[test]
fn users_follow_the_keys() {
    let mut mask = mask(&["users.phone_number"], &["keys", "users.name", "users.email"], &[], Rest::List);
    let attributes = [
        ("custom:tenant", "acme"),
        ("custom:roles", r#"[{"tenant":"acme","role":"admin"},{"tenant":"","role":"user"}]"#),
        ("custom:groups", "{broken acme"),
        ("email", "taro@example.com"),
        ("email_verified", "true"),
        ("phone_number", "+81-90"),
        ("sub", "u-1"),
    ];
    let attributes = attributes.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let masked = mask.user(User { name: "taro".to_owned(), attributes, federated: false });
    let data = mask.row("product", TableKind::Data, product("P-1", "P-1"));
    let tenant = data.text("tenantCode").unwrap();
    assert_eq!(masked.attributes["custom:tenant"], tenant);
    let roles = format!(r#"[{{"role":"admin","tenant":"{tenant}"}},{{"role":"user","tenant":""}}]"#);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&masked.attributes["custom:roles"]).unwrap(),
        serde_json::from_str::<serde_json::Value>(&roles).unwrap()
    );
    assert_eq!(
        (masked.attributes["custom:groups"].as_str(), masked.attributes["phone_number"].as_str()),
        ("redacted", "redacted")
    );
    assert_eq!(
        masked.attributes["email"].split('@').next(),
        Some(masked.name.as_str()),
        "a part has one name everywhere"
    );
    let places: Vec<(String, u64)> =
        mask.report().untouched.into_iter().map(|left| (left.place, left.values)).collect();
    assert_eq!(places, [("users.sub".to_owned(), 1), ("users[\"custom:roles\"]".to_owned(), 2)]);
}

#[test]
fn a_part_of_a_row_is_masked_as_in_its_row() {
    let rules = [&["attributes.note"][..], &["keys", "attributes.tags"]];
    let mut mask = mask(rules[0], rules[1], &[], Rest::List);
    let whole = row(&[
        ("pk", Value::s("PRODUCT#acme")),
        ("sk", Value::s("P-1")),
        ("name", Value::s("bolt")),
        (
            "attributes",
            map(&[
                ("note", Value::s("private")),
                ("tags", Value::L(vec![Value::s("a"), map(&[("deep", Value::s("b"))])])),
                ("price", Value::n(5)),
            ]),
        ),
    ]);
    let masked = mask.row("product", TableKind::Data, whole.clone());
    let key = super::super::key::EntityKey::new("PRODUCT#acme", "P-1");
    assert_eq!(mask.key("product", &key).pk.as_str(), masked.text("pk").unwrap());
    let mut value = |path: &str, value: Value| {
        let path = if path.is_empty() { Default::default() } else { path.parse().unwrap() };
        mask.at("product", &key, &path, &value).1
    };
    let Value::M(own) = masked.get("attributes").unwrap() else { panic!() };
    let Value::L(tags) = &own["tags"] else { panic!() };
    let Value::M(second) = &tags[1] else { panic!() };
    assert_eq!(value("attributes.note", Value::s("private")), own["note"]);
    assert_eq!(value("attributes.tags[0]", Value::s("a")), tags[0]);
    assert_eq!(value("attributes.tags[1].deep", Value::s("b")), second["deep"]);
    assert_eq!(
        (value("attributes.price", Value::n(5)), value("name", Value::s("bolt"))),
        (Value::n(5), Value::s("bolt"))
    );
    assert_eq!(value("tenantCode", Value::s("acme")), Value::s(masked.text("pk").unwrap().split_once('#').unwrap().1));
    assert_eq!(value("", Value::M(whole.0)), Value::M(masked.0));
}

#[test]
fn a_path_names_nothing_below_a_place_that_is_emptied() {
    let mut mask = mask(&["attributes.contacts"], &[], &[], Rest::List);
    let key = super::super::key::EntityKey::new("PRODUCT#acme", "P-1");
    let mut at = |path: &str, value: Value| {
        let (path, value) = mask.at("product", &key, &path.parse().unwrap(), &value);
        (path.to_string(), value)
    };
    let redacted = ("attributes.contacts".to_owned(), Value::s("redacted"));
    assert_eq!(at("attributes.contacts[\"sato@example.com\"]", Value::s("x")), redacted);
    assert_eq!(at("attributes.contacts[\"sato@example.com\"].phones[3]", Value::n(1)), redacted);
    assert_eq!(at("attributes.price", Value::n(5)), ("attributes.price".to_owned(), Value::n(5)));
}
