//! Users of the pool, with tenant codes in every spelling and in every state of repair.

use super::world::World;
use crate::sandbox::User;

/// User name, tenant, roles and groups as the attributes hold them; `None` for an attribute that is not there.
type Account = (&'static str, Option<&'static str>, Option<&'static str>, Option<&'static str>);

const ACCOUNTS: [Account; 42] = [
    ("tanaka", Some("MY_TENANT"), Some(r#"[{"tenant":"MY_TENANT","role":"admin"},{"tenant":"","role":"user"}]"#), None),
    ("sato", Some("my_tenant"), Some(r#"[{"tenant":"MY_TENANT","role":"Admin","since":"2024-04-01"}]"#), None),
    ("suzuki", None, Some(r#"[{"role":"system_admin"}]"#), None),
    // Broken on purpose: no JSON.
    ("ito", Some("My_Tenant"), Some("[{tenant: broken"), None),
    ("kato", Some("acme"), Some(r#"[{"tenant":"acme","role":"user"}]"#), None),
    ("mori", Some("GLOBEX"), None, Some(r#"[{"tenant":"GLOBEX","groups":["g1","G2"]}]"#)),
    ("abe", None, None, None),
    ("yamada.hanako", Some("acme"), Some(r#"[{"tenant":"acme","role":"admin"}]"#), None),
    ("watanabe", Some("acme"), Some(r#"[{"tenant":"acme","role":"user"},{"tenant":"globex","role":"viewer"}]"#), None),
    (
        "kobayashi",
        Some("acme"),
        Some(r#"[{"tenant":"acme","role":"user"}]"#),
        Some(r#"[{"tenant":"acme","groups":["warehouse"]}]"#),
    ),
    ("yoshida", Some("acme"), Some("[]"), None),
    ("matsumoto", Some("acme"), None, Some(r#"[{"tenant":"acme","groups":["sales","tokyo"]}]"#)),
    ("schneider", Some("globex"), Some(r#"[{"tenant":"globex","role":"admin"}]"#), None),
    ("oconnor", Some("globex"), Some(r#"[{"tenant":"globex","role":"user"}]"#), None),
    (
        "lefevre",
        Some("globex"),
        Some(r#"[{"tenant":"globex","role":"user"}]"#),
        Some(r#"[{"tenant":"globex","groups":["fr"]}]"#),
    ),
    ("wojcik", Some("globex"), Some(r#"[{"tenant":"globex","role":"viewer"}]"#), None),
    ("clarke", Some("Globex"), Some(r#"[{"tenant":"Globex","role":"user"}]"#), None),
    ("williams", Some("globex"), Some(r#"{"tenant":"globex","role":"user"}"#), None),
    ("inoue", Some("initech"), Some(r#"[{"tenant":"initech","role":"admin"}]"#), None),
    ("kimura", Some("initech"), Some(r#"[{"tenant":"initech","role":"user"}]"#), None),
    ("hayashi", Some("initech"), Some(r#"[{"tenant":"initech","role":"user"},]"#), None),
    ("saito", Some("INITECH"), Some(r#"[{"tenant":"INITECH","role":"user"}]"#), None),
    ("shimizu", Some("sakura-shoten"), Some(r#"[{"tenant":"sakura-shoten","role":"admin"}]"#), None),
    ("ikeda", Some("sakura-shoten"), Some(r#"[{"tenant":"sakura-shoten","role":"user","店舗":"京都本店"}]"#), None),
    ("hashimoto", Some("sakura-shoten"), None, Some(r#"[{"tenant":"sakura-shoten","groups":["店長","レジ"]}]"#)),
    ("ishikawa", Some("Sakura-Shoten"), Some(r#"[{"tenant":"Sakura-Shoten","role":"user"}]"#), None),
    ("maeda", Some("sakura-shoten"), Some(""), None),
    ("fujita", Some("Kita_Foods"), Some(r#"[{"tenant":"Kita_Foods","role":"admin"}]"#), None),
    (
        "okada",
        Some("Kita_Foods"),
        Some(r#"[{"tenant":"Kita_Foods","role":"user"}]"#),
        Some(r#"[{"tenant":"Kita_Foods","groups":["函館","札幌"]}]"#),
    ),
    ("goto", Some("kita_foods"), Some(r#"[{"tenant":"Kita_Foods","role":"user"}]"#), None),
    ("hasegawa", Some("Kita_Foods"), None, Some("not json")),
    ("murakami", Some("KITA_FOODS"), Some(r#"[{"tenant":"KITA_FOODS","role":"viewer"}]"#), None),
    ("kondo", Some("MY_TENANT"), Some(r#"[{"tenant":"MY_TENANT","role":"user"}]"#), None),
    (
        "sakamoto",
        Some("MY_TENANT"),
        Some(r#"[{"tenant":"MY_TENANT","role":"user"}]"#),
        Some(r#"[{"tenant":"MY_TENANT","groups":["rental"]},{"tenant":"acme","groups":["partner"]}]"#),
    ),
    ("endo", Some("my_tenant"), Some(r#"[{"tenant":"my_tenant","role":"user"}]"#), None),
    (
        "aoki",
        Some("My_Tenant"),
        Some(r#"[{"tenant":"My_Tenant","role":"admin"}]"#),
        Some(r#"[{"tenant":"My_Tenant","groups":["guide"]}]"#),
    ),
    ("fujii", Some("MY_TENANT"), Some(r#"[{"tenant":42,"role":"user"}]"#), None),
    // No tenant of their own, but roles that name one.
    ("nishimura", None, Some(r#"[{"tenant":"MY_TENANT","role":"auditor"}]"#), None),
    ("fukuda", None, Some(r#"[{"tenant":"Kita_Foods","role":"auditor"},{"tenant":"acme","role":"auditor"}]"#), None),
    ("ota", Some(""), Some(r#"[{"tenant":"","role":"system_admin"}]"#), None),
    ("miura", Some("single"), Some(r#"[{"tenant":"single","role":"user"}]"#), None),
    ("support-bot", Some("common"), Some(r#"[{"role":"system_admin"},{"tenant":"MY_TENANT","role":"user"}]"#), None),
];

/// All users.
pub(super) fn all(world: &mut World) -> Vec<User> {
    ACCOUNTS
        .into_iter()
        .map(|(name, tenant, roles, groups)| {
            let mut attributes = vec![
                ("email".to_owned(), format!("{name}@example.com")),
                ("email_verified".to_owned(), "true".to_owned()),
            ];
            for (attribute, value) in [("custom:tenant", tenant), ("custom:roles", roles), ("custom:groups", groups)] {
                attributes.extend(value.map(|value| (attribute.to_owned(), value.to_owned())));
            }
            User { name: name.to_owned(), sub: world.uuid(), attributes }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn user_names_are_all_different() {
        let names: BTreeSet<&str> = ACCOUNTS.iter().map(|(name, ..)| *name).collect();
        assert_eq!(names.len(), ACCOUNTS.len());
    }
}
