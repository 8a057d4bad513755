//! One record on the rack. The secret itself is never here.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::host::{FamilyId, HostId};

/// Names a credential on the rack and its secret in the store: a random UUID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialId(pub String);

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! slugs {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $slug:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $slug)] $variant,)* }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The slug used by the CLI, in JSON and on the rack.
            #[must_use]
            pub fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.slug())
            }
        }

        impl FromStr for $name {
            type Err = UnknownSlug;

            fn from_str(text: &str) -> Result<Self, UnknownSlug> {
                Self::ALL.iter().copied().find(|v| v.slug() == text).ok_or_else(|| UnknownSlug {
                    given: text.to_owned(),
                    known: Self::ALL.iter().map(|v| v.slug()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}
pub(super) use slugs;

/// A word that is none of those a setting takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is none of: {known}")]
pub struct UnknownSlug {
    /// What was given.
    pub given: String,
    /// What would have been understood, comma-separated.
    pub known: String,
}

slugs! {
    /// What sort of credential it is.
    Kind {
        /// GitHub personal access token (classic).
        ClassicPat = "classic-pat",
        /// GitHub fine-grained or GitLab granular personal access token.
        FineGrainedPat = "fine-grained-pat",
        /// Personal access token.
        Pat = "pat",
        /// OAuth access token.
        OauthToken = "oauth-token",
        /// Token of a GitHub App.
        AppToken = "app-token",
        /// Token of a project.
        ProjectToken = "project-token",
        /// Token of a group.
        GroupToken = "group-token",
        /// Token of a repository.
        RepositoryToken = "repository-token",
        /// Token of a workspace.
        WorkspaceToken = "workspace-token",
        /// Bitbucket Data Center HTTP access token of a user.
        HttpAccessToken = "http-access-token",
        /// Atlassian API token without scopes.
        ApiToken = "api-token",
        /// Atlassian API token with scopes.
        ScopedApiToken = "scoped-api-token",
        /// Token of a service account.
        ServiceAccountToken = "service-account-token",
        /// Bitbucket Cloud app password.
        AppPassword = "app-password",
        /// Organisation admin key.
        AdminKey = "admin-key",
        /// IAM access key.
        AccessKey = "access-key",
        /// Temporary AWS credentials.
        SessionKey = "session-key",
        /// User name and password made for git alone.
        GitCredential = "git-credential",
        /// OAuth client id and secret.
        OauthClient = "oauth-client",
        /// Microsoft Entra access token.
        EntraToken = "entra-token",
        /// Token handed out by a log-in call.
        LoginToken = "login-token",
        /// Not known.
        Unknown = "unknown",
    }
}

slugs! {
    /// Whose account a credential acts as.
    Owner {
        /// A person.
        Person = "person",
        /// A service, bot or integration account.
        Service = "service",
    }
}

slugs! {
    /// Where secrets are kept.
    StoreKind {
        /// The operating system's store.
        Keyring = "keyring",
        /// One age file per secret.
        File = "file",
        /// Memory only; for tests and the demo.
        Memory = "memory",
    }
}

slugs! {
    /// What the record says of its secret.
    SecretState {
        /// The store holds it.
        Present = "present",
        /// It was destroyed after the host was seen to refuse it.
        Destroyed = "destroyed",
    }
}

/// When a credential ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case", tag = "expiry", content = "at")]
pub enum Expiry {
    /// Neither the host nor the user said.
    #[default]
    Unknown,
    /// The host says it does not end by itself.
    Never,
    /// It ends at this moment.
    At(Timestamp),
}

impl Expiry {
    /// The moment, if there is one.
    #[must_use]
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Unknown | Self::Never => None,
        }
    }
}

/// What a profile needs to look at: permissions that differ from place to place are asked for there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LookAt {
    /// Key of a project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Key of an issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
    /// A repository, as its host names it: `owner/name`, `PROJECT/slug`, a plain name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

impl LookAt {
    /// Whether it names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// This, and where it names nothing, what `other` says.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let or = |a: &Option<String>, b: &Option<String>| a.clone().or_else(|| b.clone());
        Self {
            project: or(&self.project, &other.project),
            issue: or(&self.issue, &other.issue),
            repository: or(&self.repository, &other.repository),
        }
    }
}

/// A credential used at a host, with an optional role (`source`, `target`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The host.
    pub host: HostId,
    /// What it is used as there.
    pub role: Option<String>,
    /// What its profiles look at there.
    #[serde(default)]
    pub look_at: LookAt,
}

impl Binding {
    /// A binding that looks at nothing in particular.
    #[must_use]
    pub fn new(host: HostId, role: Option<String>) -> Self {
        Self { host, role, look_at: LookAt::default() }
    }
}

/// One record on the rack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Names the record and its secret.
    pub id: CredentialId,
    /// What the user calls it; unique on the rack.
    pub label: String,
    /// Which family it belongs to.
    pub family: FamilyId,
    /// What sort of credential it is.
    pub kind: Kind,
    /// E-mail, account name, access key id or OAuth client id; public.
    pub username: Option<String>,
    /// Whose account it acts as, where the user said.
    pub owner: Option<Owner>,
    /// When it ends.
    pub expiry: Expiry,
    /// Whether `expiry` was typed by the user (true) or told by the host (false).
    pub expiry_by_user: bool,
    /// When it was put on the rack.
    pub added_at: Timestamp,
    /// Free words to group by; sorted, without duplicates.
    pub tags: Vec<String>,
    /// Free text.
    pub note: String,
    /// The jobs it is there for, by the name of their profile; without duplicates, in the order in which they were given.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// Where it is used; at least one.
    pub bindings: Vec<Binding>,
    /// Which store has the secret.
    pub store: StoreKind,
    /// Whether the secret is still there.
    pub secret: SecretState,
    /// A few public characters to recognise the secret by, e.g. `ghp_…Stgq`.
    pub hint: String,
    /// Keyed hash of the secret, to find duplicates without reading any secret.
    pub fingerprint: String,
}

impl Credential {
    /// Whether one of its bindings is to that host.
    #[must_use]
    pub fn is_used_at(&self, host: HostId) -> bool {
        self.bindings.iter().any(|b| b.host == host)
    }
}
