//! A simulated AWS account with CodeCommit in `us-east-1`: STS, IAM and CodeCommit behind path prefixes of one address.
//!
//! Verifies every signature itself, from the published rules, and keeps state: deactivated and deleted keys stay so.
//! Key ids, secrets and the account number are AWS's published examples or made in their likeness.

mod account;
mod iam;
mod reply;
mod sigv4;

use std::sync::Mutex;

use jiff::Timestamp;

use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::{FamilyId, Kind, Verdict};
use account::{ACCOUNT, Account, Key, Rights, State};
use iam::Call;
use reply::{Service, fields};

/// Git's endpoint with a repository in it, without which a Git credential cannot be checked.
const REPOSITORY: &str = "/git/v1/repos/demo";

/// The account as a site.
pub struct CodeCommit {
    account: Mutex<Account>,
}

impl CodeCommit {
    /// An account where a new key is refused this many times before AWS knows it everywhere.
    #[must_use]
    pub fn lagging(times: u32) -> Self {
        let mut account = Account::new();
        account.lag = times;
        Self { account: Mutex::new(account) }
    }
}

impl Default for CodeCommit {
    fn default() -> Self {
        Self { account: Mutex::new(Account::new()) }
    }
}

impl Site for CodeCommit {
    fn family(&self) -> FamilyId {
        FamilyId::new("codecommit")
    }

    fn name(&self) -> String {
        "aws-codecommit".into()
    }

    fn url(&self, listen: &str) -> String {
        format!("{listen}{REPOSITORY}")
    }

    fn region(&self) -> Option<String> {
        Some("us-east-1".into())
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        let at = |name: &str| {
            let path = if name == "git" { REPOSITORY.to_owned() } else { format!("/{name}") };
            (name.to_owned(), format!("{listen}{path}"))
        };
        ["git", "sts", "iam", "codecommit"].map(at).to_vec()
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        let entry = |label: &str, id: &str, tag: &str, note: &str, expect: Verdict| {
            let key = account::roster_key(id);
            SimCredential {
                label: label.into(),
                kind: if id.starts_with("ASIA") { Kind::SessionKey } else { Kind::AccessKey },
                username: Some(id.into()),
                secret: match key.as_ref().and_then(|k| k.session.as_ref().map(|s| (k, s))) {
                    Some((key, session)) => format!("{}\n{session}", key.secret),
                    None => key.map(|k| k.secret).unwrap_or_default(),
                },
                tags: vec![tag.into()],
                note: note.into(),
                expect,
            }
        };
        vec![
            entry("aws-alice", account::ALICE, "prod", "build user", Verdict::Valid),
            entry("aws-bob", account::BOB, "prod", "no CodeCommit policy attached", Verdict::Limited),
            entry("aws-paused", account::PAUSED, "legacy", "deactivated a moment ago", Verdict::Blocked),
            entry("aws-inactive", account::INACTIVE, "legacy", "deactivated last month", Verdict::Rejected),
            entry("aws-gone", account::GONE, "legacy", "deleted in the console", Verdict::Rejected),
            SimCredential {
                label: "aws-git".into(),
                kind: Kind::GitCredential,
                username: Some(format!("alice-at-{ACCOUNT}")),
                secret: account::git_password(1),
                tags: vec!["prod".into(), "git".into()],
                note: "for git alone".into(),
                expect: Verdict::Valid,
            },
            SimCredential {
                label: "aws-git-old".into(),
                kind: Kind::GitCredential,
                username: Some(format!("alice-at-{ACCOUNT}")),
                secret: account::git_password(0),
                tags: vec!["legacy".into(), "git".into()],
                note: "its password was reset".into(),
                expect: Verdict::Rejected,
            },
            entry("aws-sso", account::SESSION, "sso", "role session of this morning", Verdict::Valid),
            entry("aws-sso-old", account::SESSION_OVER, "sso", "role session of last week", Verdict::Expired),
            entry("aws-root", account::ROOT, "audit", "to be deleted", Verdict::Valid),
            entry("aws-busy", account::BUSY, "prod", "shared by too many jobs", Verdict::Unreachable),
        ]
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        let key = account::spare_key(n);
        SimCredential {
            label: format!("aws-spare-{n}"),
            kind: Kind::AccessKey,
            username: Some(key.id),
            secret: key.secret,
            tags: vec!["spare".into()],
            note: String::new(),
            expect: Verdict::Valid,
        }
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        if request.path == format!("{REPOSITORY}/info/refs") {
            let Ok(account) = self.account.lock() else { return reply::git_refused(now) };
            return account.git(request, now);
        }
        let Some(service) = Service::of_path(&request.path) else {
            return SimResponse { status: 404, headers: Vec::new(), body: "no such service".into() };
        };
        if request.method != "POST" {
            return reply::error(service, 405, "MethodNotAllowed", "The specified method is not allowed.", now);
        }
        let Ok(mut account) = self.account.lock() else {
            return reply::error(service, 500, "InternalFailure", "Internal error.", now);
        };
        match account.authenticate(request, service, now) {
            Ok(key) if account.is_young(&key.id) => {
                let message = "The security token included in the request is invalid.";
                reply::error(service, 403, "InvalidClientTokenId", message, now)
            }
            Ok(key) => account.serve(&key, service, request, now),
            Err(refused) => refused,
        }
    }
}

impl Account {
    /// The key that signed, if it may speak at all.
    fn authenticate(&self, request: &SimRequest, service: Service, now: Timestamp) -> Result<Key, SimResponse> {
        let refuse = |status, code: &str, message: &str| Err(reply::error(service, status, code, message, now));
        let Some(claim) = sigv4::Claim::of(request) else {
            return refuse(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
        };
        let unknown = || refuse(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
        let Some(key) = self.key(&claim.key_id) else { return unknown() };
        if key.state == State::Inactive || key.session.as_deref() != request.header("x-amz-security-token") {
            return unknown();
        }
        if claim.service != service.signing_name() || claim.region != "us-east-1" {
            let message = "Credential should be scoped to a valid region and service.";
            return refuse(403, "SignatureDoesNotMatch", message);
        }
        if let Err(message) = claim.in_time(now) {
            return refuse(403, "SignatureDoesNotMatch", &message);
        }
        if !claim.fits(request, &key.secret) {
            return refuse(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
                 Key and signing method. Consult the service documentation for details.",
            );
        }
        match key.state {
            State::SessionOver => refuse(403, "ExpiredToken", "The security token included in the request is expired"),
            State::Busy => refuse(400, "Throttling", "Rate exceeded"),
            _ => Ok(key),
        }
    }

    fn serve(&mut self, key: &Key, service: Service, request: &SimRequest, now: Timestamp) -> SimResponse {
        if service == Service::CodeCommit {
            return self.codecommit(key, request, now);
        }
        let form = fields(&request.body);
        let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let action = field("Action").unwrap_or("");
        let version = if service == Service::Sts { "2011-06-15" } else { "2010-05-08" };
        if field("Version") != Some(version) {
            return reply::error(service, 400, "InvalidAction", "Could not find operation for that version", now);
        }
        if (service, action) == (Service::Sts, "GetCallerIdentity") {
            return reply::caller(&key.arn, &key.user_id, ACCOUNT, now);
        }
        if service == Service::Sts {
            return reply::error(service, 400, "InvalidAction", &format!("Could not find operation {action}"), now);
        }
        self.iam(key, &Call { action, form: &form, now })
    }

    /// `git ls-remote` over HTTPS, by user name and password.
    fn git(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        use base64::Engine as _;
        let pair = request.header("authorization").and_then(|a| a.strip_prefix("Basic "));
        let pair = pair.and_then(|b| base64::engine::general_purpose::STANDARD.decode(b).ok());
        let pair = pair.and_then(|b| String::from_utf8(b).ok());
        match pair.as_deref().and_then(|p| p.split_once(':')) {
            Some((name, password)) if self.git_login(name, password).is_some() => reply::refs(now),
            _ => reply::git_refused(now),
        }
    }

    fn codecommit(&self, key: &Key, request: &SimRequest, now: Timestamp) -> SimResponse {
        let service = Service::CodeCommit;
        if request.header("x-amz-target") != Some("CodeCommit_20150413.ListRepositories") {
            return reply::error(service, 400, "UnknownOperationException", "", now);
        }
        if key.rights == Rights::Nothing {
            let message = format!(
                "User: {} is not authorized to perform: codecommit:ListRepositories because no identity-based policy allows \
                 the codecommit:ListRepositories action",
                key.arn
            );
            return reply::error(service, 400, "AccessDeniedException", &message, now);
        }
        reply::repositories(now)
    }
}
