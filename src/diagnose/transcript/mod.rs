//! A failing exchange that somebody pasted: what `curl -v` printed, a raw HTTP answer, git's own words. Nothing is asked of
//! anybody; secrets in it are recognised and masked before anything else is done with it.

mod address;
mod command;
mod judge;
mod lines;
mod parse;
mod places;
mod replay;
mod secrets;
mod text;
mod tools;
mod who;
mod whose;
mod words;

use crate::domain::{Diagnosis, FamilyId, Kind};
use crate::error::{Error, Result};
use crate::ops::Core;

pub(crate) use parse::{Exchange, Parsed};

/// Longest transcript that is read.
pub const CAP: usize = 4 * 1024 * 1024;

/// What is known besides the transcript.
#[derive(Debug, Clone, Default)]
pub struct Hint {
    /// Host record by name, or URL.
    pub host: Option<String>,
    /// Family.
    pub family: Option<FamilyId>,
    /// Kind of the credential that was sent.
    pub kind: Option<Kind>,
    /// Its user name.
    pub username: Option<String>,
}

/// What came of a transcript.
#[derive(Debug, Clone)]
pub struct Told {
    /// One for each exchange in it.
    pub diagnoses: Vec<Diagnosis>,
    /// What the reader of the transcript should know, a sentence each: secrets that stand in it.
    pub notes: Vec<String>,
}

impl Core {
    /// Diagnoses what a transcript shows, by the same rules as a live exchange, without any request.
    ///
    /// # Errors
    /// Usage error where the text holds no exchange and no message that is known, or a hint cannot be understood.
    pub async fn diagnose_transcript(&self, text: &str, hint: &Hint) -> Result<Told> {
        if text.len() > CAP {
            return Err(Error::usage("that is more than 4 MiB; leave only the exchange that fails"));
        }
        let text = text::plain(text);
        let found = secrets::Found::of(&text);
        let parsed = parse::parse(&text, &found);
        let who = who::Who::settle(&parsed, &found, hint, &self.rack.hosts()?)?;
        if parsed.exchanges.is_empty() && parsed.failure.is_none() && !judge::is_known(&parsed, &who) {
            return Err(Error::usage("no exchange was found in that text").hint(
                "Give what `curl -v URL` printed, or the answer with its status line (`curl -i URL`), or the whole message of git, wget, PowerShell or Python.",
            ));
        }
        let mut notes = Vec::new();
        if found.count() > 0 {
            let (what, it) = match found.count() {
                1 => ("there is a secret".to_owned(), "it"),
                n => (format!("there are {n} secrets"), "them"),
            };
            notes.push(format!(
                "{what} in that text: masked here, never stored. Whoever has the text can use {it}: revoke {it} (keyrack revoke --leaked < FILE) if it was shared"
            ));
        }
        let diagnoses = judge::judge(&parsed, &who, self.clock.now()).await;
        Ok(Told { diagnoses, notes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces that mean something in a transcript, in any order.
    fn pieces() -> impl proptest::strategy::Strategy<Value = Vec<String>> {
        let known = [
            "curl -v ",
            "-u a:b ",
            "'",
            "\"",
            "\\",
            "\n",
            "\r",
            "> ",
            "< ",
            "* ",
            "HTTP/1.1 401 ",
            "GET / HTTP/1.1",
            "Authorization: ",
            "Bearer ",
            "Basic ",
            "Cookie: a=",
            "{\"token\": ",
            "password=",
            "b'",
            "https://",
            "@",
            "ä",
            "\u{1b}[",
            "send: b'",
            "value",
            "407",
            "CONNECT a:1 HTTP/1.1",
            "remote: ",
            "returned error: ",
            "port=",
            "HTTPSConnectionPool(host='",
            "[",
            "]",
            ":",
            "secret=\\",
        ];
        let piece = proptest::strategy::Union::new([
            proptest::sample::select(known.map(str::to_owned).to_vec()).boxed(),
            "[ -~ä€]{0,6}".boxed(),
        ]);
        proptest::collection::vec(piece, 0..60)
    }

    use proptest::strategy::Strategy as _;

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_fail(pieces in pieces()) {
            let text = text::plain(&pieces.concat());
            let found = secrets::Found::of(&text);
            let _ = parse::parse(&text, &found);
        }
    }
}
