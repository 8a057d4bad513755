//! HTTPS Git credentials: a user name and password that only git's own endpoint accepts.
//!
//! No API takes them, and git's endpoint answers for a repository only. So they can be validated where the host record
//! names one in its `git` endpoint, and not otherwise: nothing is guessed.

use super::{FACTS, keys};
use crate::domain::{Expiry, Grant, GrantSource, Identity, Validation};
use crate::hosts::{Session, answer};
use crate::net::Request;

/// Asks git's endpoint for the references of the repository, as `git ls-remote` would.
pub async fn validate(session: &Session<'_>) -> Validation {
    let wire = &session.wire;
    let Some(username) = session.username else { return wire.conclude(&FACTS, "no-git-user", &[]) };
    let base = wire.url("git", "");
    if !base.contains("/v1/repos/") {
        let args = [("host", session.host.name.as_str()), ("git", base.as_str())];
        return wire.conclude(&FACTS, "git-credential-needs-repository", &args);
    }
    let request =
        Request::get(format!("{base}/info/refs?service=git-upload-pack")).basic(username, &session.secret.token);
    let response = match wire.send(request).await {
        Ok(response) => response,
        Err(error) => return wire.unreachable(&error),
    };
    let kind = response.header("content-type").unwrap_or("").to_owned();
    wire.note(format!("Content-Type: {kind}"));
    if response.status == 200 && kind.starts_with("application/x-git-upload-pack-advertisement") {
        let mut validation = wire.accepted("accepted by git's endpoint (git-upload-pack)");
        validation.grants = vec![Grant { name: "codecommit:GitPull".into(), source: GrantSource::Probed }];
        validation.expiry = Expiry::Never;
        validation.identity = keys::git_user(username).map(|(user, account)| Identity {
            id: username.to_owned(),
            login: user.to_owned(),
            name: format!("IAM user {user} of account {account}"),
            kind: "user".into(),
        });
        return validation;
    }
    let vendor = response.header("x-amzn-requestid").is_some();
    if let Some(foreign) = answer::foreign(wire, &FACTS, &response, vendor) {
        return foreign;
    }
    match response.status {
        401 | 403 => {
            wire.conclude(&FACTS, "git-refused", &[("user", username), ("status", &response.status.to_string())])
        }
        404 if vendor => {
            wire.conclude(&FACTS, "no-repository", &[("region", session.host.region.as_deref().unwrap_or("this"))])
        }
        status => wire.conclude(&FACTS, "not-aws", &[("status", &status.to_string())]),
    }
}
