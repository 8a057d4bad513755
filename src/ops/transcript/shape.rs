//! The shape of a body: which fields it has and of which type, without what stands in them.
//!
//! Values are what a bug report must not hold, so they are not taken over at all, but for those of a few fields that say
//! how a host feels about a request: messages, codes, states.

use std::collections::BTreeMap;

use serde_json::Value;

/// Fields whose text is kept, masked: they say what a host thinks of a request, not whose it is.
const TELLING: &[&str] = &[
    "code",
    "error",
    "error_description",
    "errorcode",
    "errorkey",
    "exception",
    "exceptionname",
    "key",
    "message",
    "messages",
    "reason",
    "scope",
    "scopes",
    "permissions",
    "state",
    "status",
    "active",
    "revoked",
    "type",
    "typekey",
    "version",
    "product",
    "token_type",
    "detail",
    "documentation_url",
    "installed_version",
    "errormessages",
];

/// Most elements of a list that are looked at: they are alike.
const LOOKED_AT: usize = 3;

/// Deepest nesting that is followed.
const DEEPEST: usize = 12;

/// Longest telling text that is kept, in characters.
const LONGEST: usize = 160;

/// Field paths (`user.name`, `values[].id`) with their types, and the telling texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shape {
    /// What it is: `JSON`, `XML`, `HTML`, `text`, or empty for no body.
    pub(super) form: &'static str,
    /// Type by path.
    pub(super) fields: BTreeMap<String, String>,
    /// Texts of telling fields, not masked yet.
    pub(super) told: Vec<(String, String)>,
}

impl Shape {
    /// The shape of an answer's body.
    pub(super) fn of(response: &crate::net::Response) -> Self {
        let body = response.body.trim();
        if body.is_empty() {
            return Self::default();
        }
        if let Ok(value) = serde_json::from_str::<Value>(body) {
            let mut shape = Self { form: "JSON", ..Self::default() };
            shape.json("", "", &value, 0);
            return shape;
        }
        if response.is_html() {
            return Self { form: "HTML", ..Self::default() };
        }
        Self::xml(body).unwrap_or(Self { form: "text", ..Self::default() })
    }

    fn json(&mut self, path: &str, name: &str, value: &Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "list",
            Value::Object(_) => "object",
        };
        self.add(path, kind);
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    // Where names are ids, as in a map by account, one stands for all.
                    let shown = if is_plain_name(name) { name.as_str() } else { "{}" };
                    let below = if path.is_empty() { shown.to_owned() } else { format!("{path}.{shown}") };
                    self.json(&below, name, value, depth + 1);
                }
            }
            Value::Array(items) => {
                for item in items.iter().take(LOOKED_AT) {
                    self.json(&format!("{path}[]"), name, item, depth + 1);
                }
            }
            Value::String(text) => self.tell(path, name, text),
            Value::Bool(_) | Value::Number(_) => self.tell(path, name, &value.to_string()),
            Value::Null => {}
        }
    }

    /// None where it is no XML.
    fn xml(body: &str) -> Option<Self> {
        use quick_xml::events::Event;
        if !body.starts_with('<') {
            return None;
        }
        let mut shape = Self { form: "XML", ..Self::default() };
        let mut reader = quick_xml::Reader::from_str(body);
        let mut path: Vec<String> = Vec::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(tag) if path.len() < DEEPEST => {
                    path.push(tag.local_name().as_ref().to_owned());
                    shape.add(&path.join("."), "element");
                }
                Event::Start(_) => return Some(shape),
                Event::End(_) => drop(path.pop()),
                Event::Empty(tag) => {
                    let name = tag.local_name().as_ref().to_owned();
                    shape.add(&path.iter().cloned().chain([name]).collect::<Vec<_>>().join("."), "element");
                }
                Event::Text(text) => {
                    if let Some(name) = path.last().cloned() {
                        shape.tell(&path.join("."), &name, text.trim());
                    }
                }
                Event::Eof => return Some(shape),
                _ => {}
            }
        }
    }

    fn add(&mut self, path: &str, kind: &str) {
        let known = self.fields.entry(path.to_owned()).or_insert_with(|| kind.to_owned());
        // A field that is sometimes null has the type that it otherwise has.
        if known == "null" || known == kind {
            kind.clone_into(known);
        } else if kind != "null" && !known.split(" or ").any(|k| k == kind) {
            known.push_str(" or ");
            known.push_str(kind);
        }
    }

    fn tell(&mut self, path: &str, name: &str, text: &str) {
        if !text.is_empty() && TELLING.contains(&name.to_ascii_lowercase().as_str()) {
            self.told.push((path.to_owned(), text.chars().take(LONGEST).collect()));
        }
    }
}

/// A name somebody gave a field, as opposed to an id or an address that became one.
fn is_plain_name(name: &str) -> bool {
    name.len() <= 40
        && name.bytes().any(|b| b.is_ascii_alphabetic())
        && name.bytes().filter(u8::is_ascii_digit).count() <= 2
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Response;

    fn shape(body: &str) -> Shape {
        Shape::of(&Response::of(200, &[], body))
    }

    #[test]
    fn values_stay_out_but_for_those_that_tell() {
        let seen = shape(
            r#"{"login":"octo","message":"Bad credentials","list":[{"id":1},{"id":"x"}],"0f00aa11bb22":{"a":null}}"#,
        );
        assert_eq!(seen.form, "JSON");
        assert_eq!(seen.fields["login"], "string");
        assert_eq!(seen.fields["list[].id"], "number or string");
        assert_eq!(seen.fields["{}.a"], "null");
        assert_eq!(seen.told, [("message".to_owned(), "Bad credentials".to_owned())]);
        assert!(!format!("{seen:?}").contains("octo"));
    }

    #[test]
    fn xml_and_html_are_told_apart() {
        let seen = shape("<A xmlns='u'><Error><Code>AccessDenied</Code><Id>77</Id></Error></A>");
        assert_eq!((seen.form, seen.fields.len()), ("XML", 4));
        assert_eq!(seen.told, [("A.Error.Code".to_owned(), "AccessDenied".to_owned())]);
        assert_eq!(shape("<!DOCTYPE html><p>Sign in").form, "HTML");
        assert_eq!(shape("Retry later").form, "text");
        assert_eq!(shape(" ").form, "");
    }
}
