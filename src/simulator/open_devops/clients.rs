//! The OAuth clients of the site. Ids and secrets are fake by construction.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::json;

use super::super::SimCredential;
use crate::domain::{Kind, Verdict};

/// What is special about a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Alive,
    /// Its app was deleted before.
    Deleted,
    /// The secret on the rack is not its secret.
    WrongSecret,
    /// It belongs to a service account: tokens come from `auth`.
    ServiceAccount,
    /// An app for log-ins with consent.
    ThreeLegged,
    /// The data APIs have had too many requests of it.
    Throttled,
}

/// An OAuth client.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub id: String,
    pub secret: String,
    pub permissions: &'static [&'static str],
    pub fate: Fate,
}

struct Seed {
    label: &'static str,
    permissions: &'static [&'static str],
    fate: Fate,
    note: &'static str,
    expect: Verdict,
}

const fn seed(label: &'static str, permissions: &'static [&'static str], note: &'static str) -> Seed {
    Seed { label, permissions, fate: Fate::Alive, note, expect: Verdict::Valid }
}

const ALL: &[&str] = &["Deployments", "Builds", "Feature flags", "Development information"];

const SEEDS: &[Seed] = &[
    seed("jira-deployments", &["Deployments"], "tells Jira what the release pipeline deployed"),
    seed("jira-all-modules", ALL, "all four permissions of Jira's page"),
    Seed { expect: Verdict::Limited, ..seed("jira-no-permissions", &[], "an OAuth app made with nothing ticked") },
    Seed {
        fate: Fate::Deleted,
        expect: Verdict::Rejected,
        ..seed("jira-deleted-app", ALL, "the app was deleted, and all its data with it")
    },
    Seed {
        fate: Fate::WrongSecret,
        expect: Verdict::Rejected,
        ..seed("jira-wrong-secret", ALL, "the secret was copied from another app")
    },
    seed("jira-builds", &["Builds", "Development information"], "build server"),
    Seed { fate: Fate::ServiceAccount, ..seed("jira-service-account", &["Deployments"], "of a service account") },
    Seed {
        fate: Fate::ThreeLegged,
        expect: Verdict::Rejected,
        ..seed("jira-console-app", ALL, "an app of the developer console, which needs a user's consent")
    },
    // The exchange proves the client; what it may do cannot be told this time.
    Seed { fate: Fate::Throttled, ..seed("jira-throttled", ALL, "sends too much at once") },
];

const SPARE: &str = "KeyrackFakeSpare";
const SPARES: usize = 1_000_000;

fn client(seed: &Seed, n: usize) -> Client {
    Client {
        id: format!("KeyrackFakeClient{n:015}"),
        secret: secret(&format!("{n:04}")),
        permissions: seed.permissions,
        fate: seed.fate,
    }
}

fn secret(tail: &str) -> String {
    format!("KEYRACK-FAKE-CLIENT-SECRET-{tail}-not-a-real-secret-of-anybody")
}

/// The client of that id, as the site knows it.
pub(super) fn of_id(id: &str) -> Option<Client> {
    if let Some(n) = id.strip_prefix(SPARE).and_then(|n| n.parse::<usize>().ok()).filter(|n| *n < SPARES) {
        return Some(spare_client(n));
    }
    let known = SEEDS.iter().enumerate().map(|(n, seed)| client(seed, n));
    known.into_iter().find(|c| c.id == id && c.fate != Fate::Deleted)
}

pub(super) fn roster() -> Vec<SimCredential> {
    SEEDS
        .iter()
        .enumerate()
        .map(|(n, seed)| {
            let client = client(seed, n);
            let secret = if seed.fate == Fate::WrongSecret { secret("9999") } else { client.secret };
            SimCredential {
                label: seed.label.to_owned(),
                kind: Kind::OauthClient,
                username: Some(client.id),
                secret,
                tags: vec!["jira".to_owned()],
                note: seed.note.to_owned(),
                expect: seed.expect,
            }
        })
        .collect()
}

pub(super) fn spare(n: usize) -> SimCredential {
    let client = spare_client(n % SPARES);
    SimCredential {
        label: format!("jira-client-{}", n + 1),
        kind: Kind::OauthClient,
        username: Some(client.id),
        secret: client.secret,
        tags: vec!["jira".to_owned()],
        note: String::new(),
        expect: Verdict::Valid,
    }
}

fn spare_client(n: usize) -> Client {
    Client {
        id: format!("{SPARE}{n:016}"),
        secret: secret(&format!("spare-{n:06}")),
        permissions: &["Deployments"],
        fate: Fate::Alive,
    }
}

impl Client {
    /// A token, the `n`th of the site, and its scope. The signature is none.
    pub(super) fn token(&self, n: u64, now: Timestamp, life: i64) -> (String, String) {
        let scope = match self.fate {
            Fate::ServiceAccount => "read:deployment:jira-software write:deployment:jira-software",
            _ => "manage:jira-data-provider",
        };
        let issued = now.as_second();
        let claims = json!({
            "iss": "https://auth.atlassian.com", "aud": "api.atlassian.com", "sub": format!("5f0000000000000000000{n:03}"),
            "azp": self.id, "iat": issued, "exp": issued + life, "scope": scope, "jti": n.to_string(),
            "https://atlassian.com/oauthClientId": self.id, "https://atlassian.com/verified": true,
        });
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = format!(
            "{}.{}.{}",
            part(r#"{"alg":"RS256","typ":"JWT","kid":"keyrack-fake"}"#),
            part(&claims.to_string()),
            part("KEYRACK-FAKE-SIGNATURE")
        );
        (token, scope.to_owned())
    }
}
