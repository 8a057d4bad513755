//! Advice names commands with places in capitals (`keyrack check LABEL`). They are filled in for whom the advice is given, so
//! that a command can be pasted as it stands. What the rack keeps stays general: a label may change.

use std::borrow::Cow;

use crate::domain::{Credential, Finding, Host, Subject, Validation};
use crate::sanitize;

/// For whom advice is given: what is known of the credential.
#[derive(Debug, Clone, Copy, Default)]
pub struct Addressee<'a> {
    /// Its label, for `LABEL`.
    pub label: Option<&'a str>,
    /// The host's name on the rack, for `NAME` behind `keyrack host VERB`.
    pub host: Option<&'a str>,
    /// The family's id, for `FAMILY`.
    pub family: Option<&'a str>,
}

impl<'a> Addressee<'a> {
    /// The subject of a diagnosis. The host of a token that is not on the rack may not be there either.
    #[must_use]
    pub fn of(subject: &'a Subject) -> Self {
        let label = subject.label.as_deref();
        Self { label, host: label.map(|_| subject.host.as_str()), family: Some(subject.family.as_str()) }
    }

    /// A credential at one of its hosts.
    #[must_use]
    pub fn at(credential: &'a Credential, host: &'a Host) -> Self {
        Self { label: Some(&credential.label), ..Self::host(host) }
    }

    /// A host alone.
    #[must_use]
    pub fn host(host: &'a Host) -> Self {
        Self { label: None, host: Some(&host.name), family: Some(host.family.as_str()) }
    }

    /// What stands for a place in capitals, given the words of the command before it. Another credential's label
    /// (`--using LABEL`) is not known, nor is anything that would change what is shown or be taken for an option.
    #[must_use]
    pub fn word(&self, word: &str, before: &[&str]) -> Option<&'a str> {
        let of_host = before.len() >= 2 && before[before.len() - 2] == "host";
        let known = match word {
            "LABEL" if before.last() != Some(&"--using") => self.label,
            "NAME" if of_host => self.host,
            "FAMILY" => self.family,
            _ => None,
        };
        known.filter(|known| sanitize::line(known) == **known && !known.starts_with('-'))
    }

    /// The text with the places in its `keyrack …` commands filled in. What would need quotes is left as it is: in running
    /// text they mislead.
    #[must_use]
    pub fn fill<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains("keyrack ") {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut command: Option<Vec<&str>> = None;
        for piece in text.split_inclusive(' ') {
            let word = piece.trim_start_matches(['`', '(']).trim_end_matches([' ', '.', ',', ';', ':', ')', '`']);
            let ends = piece.trim_end_matches(' ').len() > piece.find(word).unwrap_or(0) + word.len();
            let known = command.as_deref().and_then(|before| self.word(word, before)).filter(|known| is_plain(known));
            match known {
                Some(known) => out.push_str(&piece.replacen(word, known, 1)),
                None => out.push_str(piece),
            }
            match &mut command {
                _ if ends => command = None,
                Some(words) => words.push(word),
                None if word == "keyrack" => command = Some(Vec::new()),
                None => {}
            }
        }
        Cow::Owned(out)
    }

    /// A finding whose advice is for this one.
    #[must_use]
    pub fn finding(&self, finding: &Finding) -> Finding {
        let fill = |text: &str| self.fill(text).into_owned();
        Finding { cause: fill(&finding.cause), remedy: fill(&finding.remedy), ..finding.clone() }
    }

    /// A validation whose advice is for this one.
    #[must_use]
    pub fn validation(&self, validation: &Validation) -> Validation {
        let findings = validation.findings.iter().map(|f| self.finding(f)).collect();
        Validation { findings, ..validation.clone() }
    }
}

/// A shell takes it as one word as it stands.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "._-/@+:".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF: Addressee<'_> =
        Addressee { label: Some("ci-release"), host: Some("gitlab.acme.dev"), family: Some("gitlab") };

    #[test]
    fn places_in_commands_are_filled_in() {
        for (text, wanted) in [
            ("Try again later: keyrack check LABEL. Else ask.", "Try again later: keyrack check ci-release. Else ask."),
            (
                "(keyrack host show NAME), then `keyrack host edit NAME --url URL`.",
                "(keyrack host show gitlab.acme.dev), then `keyrack host edit gitlab.acme.dev --url URL`.",
            ),
            ("keyrack edit LABEL --username NAME", "keyrack edit ci-release --username NAME"),
            ("keyrack guide FAMILY tells how", "keyrack guide gitlab tells how"),
            ("`keyrack revoke LABEL --using LABEL`", "`keyrack revoke ci-release --using LABEL`"),
            ("Run keyrack. LABEL stays.", "Run keyrack. LABEL stays."),
            ("Type LABEL in the form.", "Type LABEL in the form."),
        ] {
            assert_eq!(OF.fill(text), wanted);
        }
    }

    #[test]
    fn what_is_not_known_or_not_plain_stays_a_word_in_capitals() {
        let text = "keyrack check LABEL, keyrack host test NAME";
        assert_eq!(Addressee::default().fill(text), text);
        for label in ["two words", "a;b", "-x", "a\u{202e}b", "$HOME", ""] {
            assert_eq!(Addressee { label: Some(label), ..OF }.fill("keyrack check LABEL"), "keyrack check LABEL");
        }
    }
}
