//! One set-up as data.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// A broken set-up and what a diagnosis has to say of it. Texts may hold `{listen}` (`http://127.0.0.1:PORT` of the server
/// that is started), `{port}`, `{home}` (the run's own directory), `{host}`, `{label}`
/// and `{path}` (where programs are).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scenario {
    /// What is broken, in words.
    pub name: String,
    /// The stage that has to decide.
    pub stage: String,
    /// The first finding.
    pub code: String,
    /// How `keyrack` has to exit.
    pub exit: u8,
    /// What the finding has to name.
    #[serde(default)]
    pub says: Vec<String>,

    /// A credential of a simulated site's roster, at that site.
    pub label: Option<String>,
    /// The simulated site, for a credential of no roster.
    pub site: Option<String>,
    /// What listens where no site does.
    pub server: Option<Server>,
    /// What that server says.
    #[serde(default)]
    pub says_back: String,
    /// Answers in place of the site's own, or of a server that knows nothing.
    #[serde(default)]
    pub answers: Vec<Answer>,

    /// Family of the host record; without it, the site's.
    pub family: Option<String>,
    /// URL of the host record; without it, the site's or the server's.
    pub url: Option<String>,
    /// More words for `host add`.
    #[serde(default)]
    pub host: Vec<String>,
    /// The host record is made for the site's URL, without the addresses that the site names for its endpoints.
    #[serde(default)]
    pub no_endpoints: bool,

    /// In place of the roster's.
    pub secret: Option<String>,
    /// In place of the roster's.
    pub kind: Option<String>,
    /// In place of the roster's; empty for none.
    pub username: Option<String>,
    /// More words for `add`.
    #[serde(default)]
    pub add: Vec<String>,
    /// The host is asked once, before anything is broken.
    #[serde(default)]
    pub was_checked: bool,

    /// Lines that are run once the credential is there.
    #[serde(default)]
    pub then: Vec<String>,
    /// What the store holds in place of the secret: `{secret}` stands for it.
    pub plant: Option<String>,
    /// What happens to rack and store.
    pub store: Option<Broken>,
    /// Variables of the diagnosis; an empty one is taken away.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Files in the run's directory.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The settings.
    pub config: Option<String>,
    /// Hours by which this machine's clock is ahead of the host's.
    #[serde(default)]
    pub ahead: i64,
    /// Milliseconds that each answer of the site waits.
    #[serde(default)]
    pub delay: u64,
    /// More words for `diagnose`.
    #[serde(default)]
    pub options: String,
}

/// What listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Server {
    /// HTTP that answers with `answers`, else with 404.
    Answers,
    /// Nothing at all, at a port that was free a moment ago.
    Closed,
    /// A connection is taken, and nothing comes.
    Silent,
    /// `says-back` comes after the first bytes, whatever they are; then the end.
    Raw,
    /// TLS whose certificate is over.
    TlsExpired,
    /// TLS whose certificate begins later.
    TlsNotYetValid,
    /// TLS for another name.
    TlsOtherName,
    /// TLS from an authority that is not trusted, which is sent along.
    TlsUnknown,
    /// TLS without the certificate that signed the server's own.
    TlsAlone,
    /// TLS with a self-signed authority as server.
    TlsSelfSigned,
    /// TLS that wants a certificate of the client.
    TlsMutual,
    /// TLS as old as no client speaks it any more.
    TlsOld,
    /// TLS that breaks the handshake off.
    TlsBroken,
}

/// An answer in place of the host's own.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Answer {
    /// Beginning of the path that it is for; empty for every path.
    #[serde(default)]
    pub path: String,
    /// Only for requests that bring a credential, or only for those without.
    pub signed: Option<bool>,
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// May hold `{sent}`: whatever the request brought as a credential.
    #[serde(default)]
    pub body: String,
}

/// What happens to rack and store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Broken {
    /// The passphrase is another one.
    WrongPassphrase,
    /// Nobody tells the passphrase.
    NoPassphrase,
    /// The store's directory is gone.
    NeverSetUp,
    /// The file of the secret is gone.
    SecretGone,
    /// The file of the secret is cut.
    Damaged,
    /// The record says that another store has it.
    OtherStore,
    /// The record has lost the user name or key id.
    NoUsername,
    /// The record has lost that plain http is allowed.
    NoPlainHttp,
}

/// Every scenario, as it is on disk.
pub fn all() -> Vec<Scenario> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        scenario: Vec<Scenario>,
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/scenarios.toml");
    let file: File = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap_or_else(|e| panic!("{e}"));
    let mut all = file.scenario;
    // For whoever works on one of them.
    if let Ok(word) = std::env::var("KEYRACK_SCENARIO") {
        all.retain(|s| s.name.contains(&word));
    }
    all
}
