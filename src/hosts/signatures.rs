//! Failure signatures as data: strict serde types for `assets/signatures/<family>.toml`.
//!
//! A signature is one way in which a host says no: a recorded answer, what it means, and the finding that it leads to.
//! The tests play each against the family's adapter; [`told_by`] finds the one that a pasted text shows. People read
//! the files too: they are what is known of how each host refuses.
//!
//! Nothing here does I/O: the files are embedded.

use std::sync::LazyLock;

use serde::Deserialize;

use super::facts::read_all;
use crate::domain::{FamilyId, Kind, Verdict};

/// What is being done when the answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// The credential is validated.
    #[default]
    Validate,
    /// The host is asked what it is, without a credential.
    Detect,
    /// A credential is created.
    Create,
    /// One is revoked, by its secret or by ids of the host's list.
    Revoke,
    /// Its secret is replaced in place.
    Rotate,
    /// The host's own list is read.
    Inventory,
    /// Single grants are asked for.
    Probe,
    /// A short-lived token is fetched.
    Mint,
    /// Deployment data is submitted.
    Deployment,
    /// Git prints it; there is no request of keyrack's that is answered so.
    Git,
    /// Another program prints it: a vendor's client, a log.
    Program,
}

impl When {
    /// It is a text that another program shows, known by its [`SignatureFacts::marks`] alone.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Git | Self::Program)
    }
}

/// A credential at a host, made up for the signatures of its file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectFacts {
    /// Name within the file.
    pub name: String,
    /// Base URL of the host.
    pub url: String,
    /// AWS region of the host.
    #[serde(default)]
    pub region: Option<String>,
    /// Product that the host record holds.
    #[serde(default)]
    pub product: Option<String>,
    /// Version that the host record holds.
    #[serde(default)]
    pub version: Option<String>,
    /// Its kind.
    pub kind: Kind,
    /// Its user name, e-mail, access key id or client id.
    #[serde(default)]
    pub username: Option<String>,
    /// Its secret; obviously fake.
    pub token: String,
    /// The session token of temporary AWS credentials; obviously fake.
    #[serde(default)]
    pub session: Option<String>,
    /// It is an account password rather than a credential; signs for others only.
    #[serde(default)]
    pub password: bool,
}

/// What is wanted, for the verbs that want something.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WishFacts {
    /// Name of the token to make.
    pub name: Option<String>,
    /// Its kind.
    pub kind: Option<Kind>,
    /// Its scopes, or the grants to probe.
    pub scopes: Vec<String>,
    /// When it shall end, as a timestamp.
    pub expires: Option<String>,
    /// What it shall belong to.
    pub at: Option<String>,
    /// The host's id of the credential itself, as an earlier validation learned it.
    pub id: Option<String>,
    /// Ids of the host's list that are to be revoked.
    pub ids: Vec<String>,
    /// The project to look at.
    pub project: Option<String>,
    /// The issue to look at.
    pub issue: Option<String>,
    /// The repository to look at.
    pub repository: Option<String>,
}

/// An answer that signatures share: what other requests of the same exchange get.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerFacts {
    /// Name within the file.
    pub name: String,
    /// The request that is answered so, as in [`SignatureFacts::request`].
    pub request: String,
    /// Status.
    pub status: u16,
    /// Headers, `Name: value`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Body.
    #[serde(default)]
    pub body: String,
}

/// One failure signature.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureFacts {
    /// Name, unique within the file.
    pub name: String,
    /// What it means, a sentence.
    pub about: String,
    /// What is being done.
    #[serde(default)]
    pub when: When,
    /// The credential that is used, by its name in the file; the first where nothing is said.
    #[serde(default)]
    pub subject: Option<String>,
    /// Who signs for an act on it, likewise; nobody where nothing is said.
    #[serde(default)]
    pub using: Option<String>,
    /// What is wanted.
    #[serde(default)]
    pub wish: WishFacts,
    /// What other requests of the exchange are answered, by name; of several for one request each is used once, in
    /// order, before the signature's own answer.
    #[serde(default)]
    pub before: Vec<String>,
    /// Method and path, or whole URL, of the request that is answered so; `*` stands for anything, and ` with TEXT` at
    /// the end demands that text in its body or headers. Empty for what a program prints, and where nothing is sent since
    /// the host is known to refuse it.
    #[serde(default)]
    pub request: String,
    /// Status; none where there is no request.
    #[serde(default)]
    pub status: Option<u16>,
    /// Headers, `Name: value`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Body, or what the program prints.
    #[serde(default)]
    pub body: String,
    /// Code of the finding that it leads to.
    pub finding: String,
    /// Verdict that it leads to; none where it is about an act and no credential is judged.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// Pieces of the answer that together prove it wherever they are read, whatever their case and the spaces of JSON;
    /// `HTTP 401` is that status in whatever form. Empty where a text alone proves nothing.
    #[serde(default)]
    pub marks: Vec<String>,
}

/// One family's file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureFile {
    /// The family; equals the file name.
    pub family: FamilyId,
    /// Credentials that the signatures use.
    pub subjects: Vec<SubjectFacts>,
    /// Answers that they share.
    #[serde(default)]
    pub answers: Vec<AnswerFacts>,
    /// The signatures.
    pub signatures: Vec<SignatureFacts>,
}

impl SignatureFile {
    /// Reads a file's text.
    ///
    /// # Errors
    /// What is wrong with it, where it is not in the form described here.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The subject of that name, or the first.
    #[must_use]
    pub fn subject(&self, name: Option<&str>) -> Option<&SubjectFacts> {
        self.subjects.iter().find(|subject| name.is_none_or(|name| subject.name == name))
    }
}

impl SignatureFacts {
    /// The answer as it is shown: status line, headers, body.
    #[must_use]
    pub fn shown(&self) -> String {
        let status = self.status.map(|status| format!("HTTP {status}"));
        status.into_iter().chain(self.headers.iter().cloned()).chain([self.body.clone()]).collect::<Vec<_>>().join("\n")
    }

    /// Whether a text holds all its marks; never where it has none.
    #[must_use]
    pub fn is_told_by(&self, text: &str) -> bool {
        let text = plain(text);
        !self.marks.is_empty() && self.marks.iter().all(|mark| text.contains(&plain(mark)))
    }

    fn weight(&self) -> usize {
        self.marks.iter().map(String::len).sum()
    }
}

/// A text as marks are compared: in lower case, JSON without the space after a colon, status lines without a version.
fn plain(text: &str) -> String {
    let text = text.to_lowercase().replace("\": ", "\":");
    ["http/1.0 ", "http/1.1 ", "http/2 ", "http/3 "].iter().fold(text, |text, version| text.replace(version, "http "))
}

/// All embedded files, by family. One that does not parse (a test sees to it that all do) is left out.
pub fn files() -> &'static [SignatureFile] {
    static FILES: LazyLock<Vec<SignatureFile>> =
        LazyLock::new(|| read_all("signatures").filter_map(|text| SignatureFile::parse(text).ok()).collect());
    &FILES
}

/// The signatures that a text shows (an answer with its headers, what git printed), the most telling first: that with
/// the longest marks. Looks at one family's where one is named.
#[must_use]
pub fn told_by(text: &str, family: Option<&FamilyId>) -> Vec<(&'static FamilyId, &'static SignatureFacts)> {
    let asked = |file: &&SignatureFile| family.is_none_or(|family| file.family == *family);
    let mut told: Vec<_> = files()
        .iter()
        .filter(asked)
        .flat_map(|file| file.signatures.iter().map(|signature| (&file.family, signature)))
        .filter(|(_, signature)| signature.is_told_by(text))
        .collect();
    told.sort_by_key(|(_, signature)| std::cmp::Reverse(signature.weight()));
    told
}
