//! Users under a mask: the codes of tenants follow the keys, everything else is named under `users`.

use serde_json::Value as Json;

use super::super::users::{ATTRIBUTES, User};
use super::super::value::Value;
use super::Mask;
use super::places::{Rest, Treatment};
use super::values::{REDACTED, Root};

/// The module that users are listed under.
const MODULE: &str = "users";

impl Mask {
    /// A user as it may be shown. Names are told apart, and so get other names where they are to be taken away.
    #[must_use]
    pub fn user(&mut self, user: User) -> User {
        let name = match self.treatment("name") {
            Some(Treatment::Keep) => user.name,
            Some(_) => self.secret.parts(&user.name),
            None if self.rules.rest != Rest::List => self.secret.parts(&user.name),
            None => {
                self.note(MODULE, "users.name");
                user.name
            }
        };
        let attributes = user.attributes.into_iter().map(|(name, text)| {
            let masked = self.attribute(&name, &text);
            (name, masked)
        });
        User { name, attributes: attributes.collect(), federated: user.federated }
    }

    fn treatment(&mut self, name: &str) -> Option<Treatment> {
        let own = self.rules.at(Root::Users, &[name.to_owned()]);
        let found = own.or_else(|| self.rules.at(Root::Users, &[]));
        self.met.extend(found.map(|(at, _)| at));
        found.map(|(_, treatment)| treatment)
    }

    fn attribute(&mut self, name: &str, text: &str) -> String {
        let masks_keys = self.masks_keys();
        match ATTRIBUTES.iter().position(|own| *own == name) {
            Some(0) if masks_keys => return self.secret.parts(text),
            Some(at) if at > 0 => return self.list(name, text, masks_keys),
            _ => {}
        }
        let treatment = self.treatment(name);
        match treatment {
            // Says nothing of anybody, and no application would read anything else.
            None if matches!(text, "true" | "false") => text.to_owned(),
            Some(Treatment::Redact) if name == "sub" => self.secret.parts(text),
            _ => match self.value(MODULE, Root::Users, name, Value::s(text)) {
                Value::S(masked) => masked,
                _ => REDACTED.to_owned(),
            },
        }
    }

    /// A list of roles or groups; one that is no JSON cannot be looked into.
    fn list(&mut self, name: &str, text: &str, masks_keys: bool) -> String {
        let treatment = self.treatment(name);
        let Ok(mut list) = serde_json::from_str::<Json>(text) else {
            return match treatment {
                Some(Treatment::Keep) => text.to_owned(),
                None if !masks_keys => {
                    self.note(MODULE, &format!("users[{name:?}]"));
                    text.to_owned()
                }
                _ => REDACTED.to_owned(),
            };
        };
        self.entries(name, None, treatment, masks_keys, &mut list);
        list.to_string()
    }

    fn entries(
        &mut self,
        name: &str,
        key: Option<&str>,
        treatment: Option<Treatment>,
        masks_keys: bool,
        json: &mut Json,
    ) {
        match json {
            Json::Object(map) => {
                for (key, value) in map {
                    self.entries(name, Some(key.as_str()), treatment, masks_keys, value);
                }
            }
            Json::Array(list) => list.iter_mut().for_each(|one| self.entries(name, key, treatment, masks_keys, one)),
            Json::String(text) if key == Some("tenant") && masks_keys => *text = self.secret.parts(text),
            Json::String(_) if key == Some("tenant") => {}
            Json::String(text) if !text.is_empty() => match (treatment, self.rules.rest) {
                (Some(Treatment::Keep), _) => {}
                (Some(Treatment::Pseudonym), _) | (None, Rest::Pseudonym) => *text = self.secret.parts(text),
                (Some(Treatment::Redact), _) | (None, Rest::Redact) => REDACTED.clone_into(text),
                (None, Rest::List) => self.note(MODULE, &format!("users[{name:?}]")),
            },
            _ => {}
        }
    }
}
