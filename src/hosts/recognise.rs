//! Offline recognition: which families and kinds a pasted token may be, best guess first.

use std::sync::LazyLock;

use regex::Regex;

use super::{Carried, Family, families};
use crate::domain::{Candidate, Checksum, Kind};

struct Form {
    family: &'static dyn Family,
    kind: Kind,
    regex: Regex,
    certain: bool,
}

fn forms() -> &'static [Form] {
    static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
        let mut forms = Vec::new();
        for family in families() {
            for kind in &family.facts().kinds {
                for pattern in &kind.patterns {
                    if let Ok(regex) = Regex::new(&format!("^(?:{})$", pattern.regex)) {
                        forms.push(Form { family: *family, kind: kind.kind, regex, certain: pattern.certain });
                    }
                }
            }
        }
        forms
    });
    &FORMS
}

/// Everything the token may be, in the order of the families; where the form is certain, nothing but that. Empty where its
/// form is nobody's, and then the host has to be asked for. Never sends anything.
#[must_use]
pub fn recognise(token: &str) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for form in forms().iter().filter(|f| f.regex.is_match(token)) {
        let id = &form.family.facts().id;
        if found.iter().any(|c| c.family == *id && c.kind == form.kind) {
            continue;
        }
        let Some(Carried { facts, checksum }) = form.family.carried(form.kind, token) else { continue };
        let certain = form.certain && checksum != Checksum::Mismatch;
        found.push(Candidate { family: id.clone(), kind: form.kind, certain, carries: facts, checksum });
    }
    if found.iter().any(|c| c.certain) {
        found.retain(|c| c.certain);
    }
    found
}
