//! A redacted transcript of how a host answers: what went over the wire, without a secret, a name or an address, and where
//! it differs from what keyrack expects of the family. For bug reports, and for proof against real hosts.
//!
//! Redacted by construction: of an answer only status, the names of its headers and the shape of its body are kept, and
//! the few values that say what the host thinks of the request, masked.

mod contract;
mod shape;

use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::{Credential, Host, Validation};
use crate::error::Result;
use crate::hosts::{Act, Authority, Endpoints, Route, Wire};
use crate::net::record::{Exchange, Recorder};
use crate::secret::Masker;

use super::Core;
use super::exchange::{Channel, Known};
use super::hosts::HostTest;
use shape::Shape;

/// Headers whose value says something about the host and nothing about anybody.
const SHOWN: &[&str] =
    &["content-type", "www-authenticate", "server", "retry-after", "x-seraph-loginreason", "x-gitlab-meta"];

/// One request and its answer, redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Method and path below an endpoint, e.g. `GET {api}/users/{user}`.
    pub request: String,
    /// Headers sent, without the values of secret ones.
    pub sent: Vec<String>,
    /// Status; none where no answer came, and then `failure` says why.
    pub status: Option<u16>,
    /// Why no answer came.
    pub failure: Option<String>,
    /// Names of the headers of the answer, lower case, sorted; with the value where that is harmless.
    pub headers: Vec<String>,
    /// `JSON`, `XML`, `HTML`, `text`, or empty.
    pub form: &'static str,
    /// Fields with their types.
    pub fields: Vec<String>,
    /// What the host said, masked.
    pub told: Vec<String>,
}

/// A transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The family.
    pub family: String,
    /// What the host said it is.
    pub product: String,
    /// What was exchanged.
    pub lines: Vec<Line>,
    /// Where the host differs from what keyrack expects, a sentence each.
    pub differences: Vec<String>,
}

impl Transcript {
    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out =
            format!("# How a host of the family `{}` answers keyrack {}\n\n", self.family, env!("CARGO_PKG_VERSION"));
        let _ = writeln!(out, "Product: {}\n", if self.product.is_empty() { "not told" } else { &self.product });
        let _ = writeln!(
            out,
            "Redacted: no secret, no name, no address; of bodies the shape alone.\n\n## Differences from what keyrack expects\n"
        );
        if self.differences.is_empty() {
            out.push_str("None.\n");
        }
        for difference in &self.differences {
            let _ = writeln!(out, "- {difference}");
        }
        for line in &self.lines {
            let _ = writeln!(out, "\n## {}\n", line.request);
            for header in &line.sent {
                let _ = writeln!(out, "    > {header}");
            }
            match (line.status, &line.failure) {
                (Some(status), _) => drop(writeln!(out, "    < {status} {}", line.form)),
                (None, Some(failure)) => drop(writeln!(out, "    < no answer: {failure}")),
                (None, None) => {}
            }
            for text in line.headers.iter().chain(&line.told).chain(&line.fields) {
                let _ = writeln!(out, "    < {text}");
            }
        }
        out
    }
}

/// What a transcript must not name, and by what it is replaced.
pub(super) struct Names {
    endpoints: Endpoints,
    words: Vec<(String, &'static str)>,
    masker: Masker,
}

impl Names {
    fn new(endpoints: Endpoints, username: Option<&str>, validation: Option<&Validation>, masker: Masker) -> Self {
        let who = validation.and_then(|v| v.identity.as_ref());
        let told = [who.map(|w| w.login.as_str()), who.map(|w| w.id.as_str()), who.map(|w| w.name.as_str()), username];
        let id = validation.and_then(|v| v.remote_id.as_deref());
        let mut words: Vec<_> = told.into_iter().flatten().map(|w| (w.to_owned(), "{user}")).collect();
        words.extend(id.map(|id| (id.to_owned(), "{id}")));
        for url in endpoints.values().filter_map(|u| url::Url::parse(u).ok()) {
            words.extend(url.host_str().map(|h| (h.to_owned(), "{host}")));
        }
        words.retain(|(word, _)| word.len() >= 3);
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Self { endpoints, words, masker }
    }

    fn hide(&self, text: &str) -> String {
        let masked = self.masker.mask(text);
        let hidden = self.words.iter().fold(masked, |text, (word, sign)| text.replace(word.as_str(), sign));
        crate::sanitize::short(&without_numbers_and_mail(&hidden), 200)
    }

    /// Method, path below the longest endpoint that it begins with, and the AWS action; ids in the path and values in the
    /// query are left out. Endpoints at the same address are named together: `{api|web}`.
    fn request(&self, exchange: &Exchange) -> String {
        let url = &exchange.sent.url;
        let bases = || self.endpoints.iter().filter(|(_, base)| url.starts_with(base.trim_end_matches('/')));
        let longest = bases().map(|(_, base)| base.trim_end_matches('/').len()).max().unwrap_or(0);
        let named: Vec<&str> =
            bases().filter(|(_, b)| b.trim_end_matches('/').len() == longest).map(|(n, _)| n.as_str()).collect();
        let (name, rest) = (named.join("|"), url.get(longest..).unwrap_or(""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path: Vec<String> = path.split('/').map(|segment| self.segment(segment)).collect();
        let query: Vec<&str> = query.split('&').filter_map(|p| p.split('=').next()).filter(|p| !p.is_empty()).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let action = exchange.sent.action().map_or_else(String::new, |action| format!(" {action}"));
        format!("{} {{{name}}}{}{query}{action}", exchange.sent.method.as_str(), path.join("/"))
    }

    fn segment(&self, segment: &str) -> String {
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned();
        if let Some((_, sign)) = self.words.iter().find(|(word, _)| *word == decoded) {
            return (*sign).to_owned();
        }
        let digits = decoded.bytes().filter(u8::is_ascii_digit).count();
        // `v3` and `2.0` are versions; long numbers, UUIDs and encoded texts are somebody's.
        if digits > 3 || decoded.len() > 40 || segment.contains('%') { "{id}".to_owned() } else { self.hide(&decoded) }
    }
}

/// Long numbers are accounts and ids, and what has an `@` is somebody's address.
fn without_numbers_and_mail(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(' ') {
        if word.contains('@') {
            out.push_str("{mail}");
            out.push_str(if word.ends_with(' ') { " " } else { "" });
            continue;
        }
        let mut digits = String::new();
        for c in word.chars().chain(std::iter::once('\0')) {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            out.push_str(if digits.len() >= 6 { "{n}" } else { &digits });
            digits.clear();
            out.extend(Some(c).filter(|c| *c != '\0'));
        }
    }
    out
}

fn redact(exchange: &Exchange, names: &Names) -> Line {
    let sent = exchange.sent.headers.iter().map(|(name, value)| {
        let value = value.as_deref().map_or_else(|| crate::secret::MASK.to_owned(), |v| names.hide(v));
        format!("{name}: {value}")
    });
    let mut line = Line {
        request: names.request(exchange),
        sent: sent.collect(),
        status: None,
        failure: None,
        headers: Vec::new(),
        form: "",
        fields: Vec::new(),
        told: Vec::new(),
    };
    match &exchange.answer {
        Ok(response) => {
            let shape = Shape::of(response);
            line.status = Some(response.status);
            line.headers = response
                .headers
                .iter()
                .map(|(name, value)| {
                    let name = name.to_ascii_lowercase();
                    if SHOWN.contains(&name.as_str()) { format!("{name}: {}", names.hide(value)) } else { name }
                })
                .collect();
            line.headers.sort();
            line.headers.dedup();
            line.form = shape.form;
            line.fields =
                shape.fields.iter().filter(|(p, _)| !p.is_empty()).map(|(p, t)| format!("{p}: {t}")).collect();
            line.told = shape.told.iter().map(|(path, text)| format!("{path} = {}", names.hide(text))).collect();
        }
        Err(error) => line.failure = Some(names.hide(&error.to_string())),
    }
    line
}

impl Core {
    /// Tests a host with a credential, reading only, and gives the redacted transcript beside the result: what it is, how
    /// it answers the credential, its list of tokens where the credential may read that.
    ///
    /// # Errors
    /// Where the rack or the secret store cannot be used, or the host cannot be addressed.
    pub async fn host_record(&self, host: &Host, using: &Credential) -> Result<(HostTest, Transcript)> {
        let channel = self.channel(host)?;
        let recorder = Arc::new(Recorder::new(Arc::clone(&channel.transport)));
        let channel = Channel { transport: Arc::clone(&recorder) as _, ..channel };
        let secret = self.vault.get(&using.id).await?;
        let mut test = self.detect_over(host, &channel).await;
        let known = Known {
            kind: using.kind,
            username: using.username.as_deref(),
            expiry: using.expiry,
            expiry_by_user: using.expiry_by_user,
        };
        let validation = self.validate_over(&channel, host, known, &secret).await;
        let authority =
            Authority { kind: Some(using.kind), username: using.username.clone(), secret, one_time_code: None };
        if let Some(lister) = channel.family.lister()
            && let Route::AtHost(_) = lister.route(host, Some(&authority))
        {
            let masker = Masker::of(&authority.secret);
            let wire = Wire::new(&*channel.transport, channel.endpoints.clone(), masker, self.clock.now());
            // What it lists is of no interest here, only how.
            let _ = lister.list(&Act { wire, host, using: &authority }).await;
        }
        let masker = Masker::of(&authority.secret);
        let names = Names::new(channel.endpoints.clone(), using.username.as_deref(), Some(&validation), masker);
        let lines: Vec<Line> = recorder.take().iter().map(|e| redact(e, &names)).collect();
        let expected = contract::expected(channel.family, self.clock.now()).await;
        let transcript = Transcript {
            family: channel.family.facts().id.to_string(),
            product: [test.product.clone(), test.version.clone()].into_iter().flatten().collect::<Vec<_>>().join(" "),
            differences: contract::differences(&lines, &expected),
            lines,
        };
        test.validation = Some(validation);
        Ok((test, transcript))
    }
}
