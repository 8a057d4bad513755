//! What a family speaks through: a [`Wire`] to one host, and a [`Session`] that adds the credential.
//!
//! The wire sends only to the host's named endpoints, masks every secret it knows in what comes back before a family
//! sees it (hosts echo what they were given), and writes down each request as evidence.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::Endpoints;
use super::facts::{Facts, common};
use crate::domain::{Evidence, Host, Kind, Validation, Verdict};
use crate::net::{NetError, NetErrorKind, Request, Response, Transport};
use crate::secret::{Masker, Secret, SecretText};

/// A way to the named endpoints of one host.
pub struct Wire<'a> {
    transport: &'a dyn Transport,
    endpoints: Endpoints,
    masker: Masker,
    learned: Mutex<Vec<Masker>>,
    evidence: Mutex<Vec<Evidence>>,
    now: Timestamp,
}

impl<'a> Wire<'a> {
    /// A wire to `endpoints` that masks what `masker` finds.
    #[must_use]
    pub fn new(transport: &'a dyn Transport, endpoints: Endpoints, masker: Masker, now: Timestamp) -> Self {
        Self { transport, endpoints, masker, learned: Mutex::new(Vec::new()), evidence: Mutex::new(Vec::new()), now }
    }

    /// The moment this exchange takes place, for signatures and for dates to be compared with.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// URL of `path` (with its leading slash, or empty) at a named endpoint.
    #[must_use]
    pub fn url(&self, endpoint: &str, path: &str) -> String {
        let base = self.endpoints.get(endpoint).map_or("", String::as_str);
        format!("{}{path}", base.trim_end_matches('/'))
    }

    /// Sends once, masks the answer, writes it down as evidence.
    ///
    /// # Errors
    /// [`NetError`] where no answer came, or where the URL is not below one of the host's endpoints.
    pub async fn send(&self, request: Request) -> Result<Response, NetError> {
        let line = request.line();
        let result = if self.is_ours(&request.url) {
            self.transport.send(request).await
        } else {
            Err(NetError::new(NetErrorKind::BadUrl, line.clone(), "not an endpoint of this host"))
        };
        match result {
            Ok(mut response) => {
                response.body = self.mask(&response.body);
                for (_, value) in &mut response.headers {
                    *value = self.mask(value);
                }
                self.record(Evidence {
                    request: self.mask(&line),
                    status: Some(response.status),
                    ms: u64::try_from(response.elapsed.as_millis()).unwrap_or(u64::MAX),
                    detail: String::new(),
                });
                Ok(response)
            }
            Err(mut error) => {
                error.detail = self.mask(&error.detail);
                error.target = self.mask(&error.target);
                self.record(Evidence { request: self.mask(&line), status: None, ms: 0, detail: error.to_string() });
                Err(error)
            }
        }
    }

    /// Writes beside the last request what in its answer decides, e.g. `X-OAuth-Scopes: repo`.
    pub fn note(&self, detail: impl Into<String>) {
        let detail = self.mask(&detail.into());
        if let Ok(mut evidence) = self.evidence.lock()
            && let Some(last) = evidence.last_mut()
        {
            if !last.detail.is_empty() {
                last.detail.push_str("; ");
            }
            last.detail.push_str(&detail);
        }
    }

    /// A secret that an answer brought (a new token): from now on it is masked like those known from the beginning.
    pub fn learn(&self, secret: &SecretText) {
        self.learned().push(Masker::new([secret]));
    }

    /// Outside text without any secret this wire knows. Answers are masked when they arrive; a family needs this for
    /// what it decodes from them afterwards (JSON escapes, percent signs) and puts into a validation.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        self.learned().iter().fold(self.masker.mask(text), |text, masker| masker.mask(&text))
    }

    fn finds(&self, text: &str) -> bool {
        self.masker.finds(text) || self.learned().iter().any(|masker| masker.finds(text))
    }

    fn learned(&self) -> MutexGuard<'_, Vec<Masker>> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// [`Wire::mask`] over every text of a validation, whatever a family decoded into it.
    pub fn mask_validation(&self, validation: &mut Validation) {
        let mut texts: Vec<&mut String> = vec![&mut validation.reason];
        if let Some(who) = &mut validation.identity {
            texts.extend([&mut who.id, &mut who.login, &mut who.name, &mut who.kind]);
        }
        texts.extend(validation.grants.iter_mut().map(|g| &mut g.name));
        texts.extend(validation.denied.iter_mut().chain(&mut validation.limited_to));
        texts.extend([&mut validation.remote_name, &mut validation.remote_id].into_iter().flatten());
        for finding in &mut validation.findings {
            texts.extend([&mut finding.title, &mut finding.cause, &mut finding.remedy, &mut finding.link]);
        }
        for evidence in &mut validation.evidence {
            texts.extend([&mut evidence.request, &mut evidence.detail]);
        }
        for text in texts {
            if self.finds(text) {
                *text = self.mask(text);
            }
        }
    }

    /// All evidence so far; leaves none behind.
    #[must_use]
    pub fn take_evidence(&self) -> Vec<Evidence> {
        self.evidence.lock().map(|mut e| std::mem::take(&mut *e)).unwrap_or_default()
    }

    /// A validation by a finding of the family (`name` without the family prefix) or a common one (`http.…`, `net.…`):
    /// verdict, title and remedy come from the data, `args` fill its `{placeholders}`.
    #[must_use]
    pub fn conclude(&self, facts: &Facts, name: &str, args: &[(&str, &str)]) -> Validation {
        let (verdict, mut finding) = facts.finding(name, args);
        // What fills the texts may have been decoded after the answer was masked (JSON escapes, percent signs).
        for text in [&mut finding.title, &mut finding.cause, &mut finding.remedy] {
            *text = self.mask(text);
        }
        let mut validation = Validation::new(verdict, finding.title.clone(), self.now);
        validation.findings.push(finding);
        validation.evidence = self.take_evidence();
        validation
    }

    /// The host accepted the credential.
    #[must_use]
    pub fn accepted(&self, reason: impl Into<String>) -> Validation {
        let mut validation = Validation::new(Verdict::Valid, reason, self.now);
        validation.evidence = self.take_evidence();
        validation
    }

    /// No answer came, so nothing was learned of the credential.
    #[must_use]
    pub fn unreachable(&self, error: &NetError) -> Validation {
        let (_, finding) = common().finding(error.kind.code(), &[("target", &error.target), ("detail", &error.detail)]);
        let mut validation = Validation::new(Verdict::Unreachable, error.to_string(), self.now);
        validation.findings.push(finding);
        validation.evidence = self.take_evidence();
        validation
    }

    fn record(&self, evidence: Evidence) {
        if let Ok(mut all) = self.evidence.lock() {
            all.push(evidence);
        }
    }

    fn is_ours(&self, url: &str) -> bool {
        is_plainly_written(url)
            && url::Url::parse(url)
                .is_ok_and(|url| self.endpoints.values().any(|base| is_below(&url, base.trim_end_matches('/'))))
    }
}

/// Whether a URL has nothing in it that parsers read differently, or that leads out of the path it begins with: white
/// space, control characters, backslashes, a fragment, `.` or `..` as part of the path, also percent-encoded. A family
/// puts what hosts said into paths (log-ins, ids), so this is where such a text is stopped.
fn is_plainly_written(url: &str) -> bool {
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '#');
    if url.contains(odd) {
        return false;
    }
    let path = url.split('?').next().unwrap_or("");
    let mut decoded = path.to_owned();
    // Twice, since some servers decode once more than they should.
    for _ in 0..3 {
        if decoded.split(['/', '\\']).any(|part| matches!(part, "." | "..")) || decoded.contains(char::is_control) {
            return false;
        }
        decoded = percent_encoding::percent_decode_str(&decoded).decode_utf8_lossy().into_owned();
    }
    true
}

/// Whether a URL is an endpoint or below it: same scheme, host and port, no user name or password, and a path that goes
/// on from the endpoint's at a slash. Compares what will be sent, not how it is spelled.
fn is_below(url: &url::Url, base: &str) -> bool {
    let Ok(base) = url::Url::parse(base) else { return false };
    let same_place = matches!(base.scheme(), "http" | "https")
        && url.scheme() == base.scheme()
        && url.host().is_some()
        && url.host() == base.host()
        && url.port_or_known_default() == base.port_or_known_default();
    let no_user = [url, &base].iter().all(|u| u.username().is_empty() && u.password().is_none());
    let plain_base = base.query().is_none() && base.fragment().is_none();
    let root = base.path().trim_end_matches('/');
    let below = url.path().strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    same_place && no_user && plain_base && below
}

/// A wire together with the credential that speaks over it.
pub struct Session<'a> {
    /// The way to the host.
    pub wire: Wire<'a>,
    /// The host record.
    pub host: &'a Host,
    /// Kind of the credential, as far as it is known.
    pub kind: Kind,
    /// User name, e-mail or access key id.
    pub username: Option<&'a str>,
    /// The secret.
    pub secret: &'a Secret,
}
