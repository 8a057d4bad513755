//! Killing a key at IAM.
//!
//! A key that signs for itself is deleted in one step: deactivating it first would take away its own right to the second
//! step. Signed by another key it is deactivated, then deleted, so that it is dead even if the second step fails.

use futures_util::future::BoxFuture;

use super::call::{Aws, Failure};
use super::place::Place;
use super::refusal::Meaning;
use super::sign::Signer;
use super::trouble::{Trouble, refusal, refused, signer_refused};
use super::{FACTS, keys, kind_of};
use crate::domain::{Host, Kind};
use crate::hosts::{Authority, Revocation, Revoke, Route, Session, Wire};

/// The family's revoker.
pub struct Revoker;

impl Revoke for Revoker {
    fn route(&self, _host: &Host, kind: Kind, username: Option<&str>, using: Option<&Authority>) -> Route {
        match (plan(kind, username, using), username) {
            (Plan::Itself(id), _) => Route::AtHost(format!(
                "{id} signs its own DeleteAccessKey at IAM: it is deleted for good. Sessions already issued from it live \
                 until they end."
            )),
            (Plan::By(_, Target::Key(id)), _) => Route::AtHost(format!(
                "the other key makes {id} inactive (UpdateAccessKey), then deletes it for good (DeleteAccessKey). \
                 Sessions already issued from it live until they end."
            )),
            (Plan::By(_, Target::Git { name, user }), _) => Route::AtHost(format!(
                "the access key makes Git credential {name} of {user} inactive, then deletes it for good \
                 (DeleteServiceSpecificCredential)."
            )),
            (Plan::Needs(why), _) => Route::NeedsAuthority { why: why.into(), password: false },
            (Plan::ByHand(why), _) => Route::Guided { why: why.into() },
        }
    }

    fn revoke<'a>(
        &'a self,
        session: &'a Session<'a>,
        _remote_id: Option<&'a str>,
        using: Option<&'a Authority>,
    ) -> BoxFuture<'a, Revocation> {
        Box::pin(async move {
            let wire = &session.wire;
            let place = match Place::of(session.host) {
                Ok(place) => place,
                Err(error) => {
                    let args = [("message", error.message.as_str()), ("hint", error.hint.as_str())];
                    return Revocation::Unsupported(Box::new(wire.conclude(&FACTS, "no-region", &args)));
                }
            };
            let result = match plan(session.kind, session.username, using) {
                Plan::Itself(key_id) => {
                    let aws = Aws { wire, place: &place, signer: Signer { key_id, secret: session.secret } };
                    itself(&aws).await
                }
                Plan::By(signer, target) => {
                    let aws = Aws { wire, place: &place, signer };
                    match target {
                        Target::Key(id) => other_key(&aws, id).await,
                        Target::Git { name, user } => git_credential(&aws, name, user).await,
                    }
                }
                Plan::Needs(why) | Plan::ByHand(why) => {
                    return Revocation::Unsupported(Box::new(wire.conclude(&FACTS, "not-revocable", &[("why", why)])));
                }
            };
            match result {
                Ok(()) => Revocation::Accepted,
                Err(trouble) => trouble.into(),
            }
        })
    }
}

/// What is to die.
#[derive(Clone, Copy)]
enum Target<'a> {
    /// An access key, by id.
    Key(&'a str),
    /// A Git credential, by its user name, of an IAM user.
    Git { name: &'a str, user: &'a str },
}

enum Plan<'a> {
    Itself(&'a str),
    By(Signer<'a>, Target<'a>),
    Needs(&'static str),
    ByHand(&'static str),
}

const WANTS_KEY: &str = "IAM takes orders signed by an access key only: give one of the account with `--using`";

fn plan<'a>(kind: Kind, username: Option<&'a str>, using: Option<&'a Authority>) -> Plan<'a> {
    let Some(username) = username else {
        return Plan::ByHand("the record has no access key id, so IAM cannot be told which key to delete");
    };
    let target = match kind_of(kind, Some(username), kind == Kind::SessionKey) {
        Kind::SessionKey => {
            return Plan::ByHand(
                "temporary credentials cannot be deleted: they end by themselves, or are cut off by a deny policy",
            );
        }
        Kind::GitCredential => match keys::git_user(username) {
            Some((user, _)) => Target::Git { name: username, user },
            None => return Plan::ByHand("the user name is not that of a Git credential (USER-at-ACCOUNT)"),
        },
        _ => Target::Key(username),
    };
    match (using, target) {
        (None, Target::Key(id)) => Plan::Itself(id),
        (None, Target::Git { .. }) => {
            Plan::Needs("a Git credential cannot sign for IAM: an access key of the account must")
        }
        (Some(using), target) => match (using.kind, using.username.as_deref()) {
            // The target signing for itself by another name: never deactivate it first.
            (Some(_), Some(id)) if matches!(target, Target::Key(target) if target == id) => Plan::Itself(id),
            (Some(Kind::AccessKey | Kind::SessionKey | Kind::Unknown), Some(id)) if keys::is_key_id(id) => {
                Plan::By(Signer { key_id: id, secret: &using.secret }, target)
            }
            _ => Plan::Needs(WANTS_KEY),
        },
    }
}

pub(super) type Step<T = ()> = Result<T, Trouble>;

async fn itself(aws: &Aws<'_>) -> Step {
    // IAM takes the user from the key that signs, which also serves root keys: they have no user.
    let result = aws.act("DeleteAccessKey", &[("AccessKeyId", aws.signer.key_id)]).await;
    result.map_err(|failure| refused(aws, "iam:DeleteAccessKey", failure))
}

pub(super) async fn other_key(aws: &Aws<'_>, id: &str) -> Step {
    let user = owner(aws, id).await?;
    let mut params = vec![("AccessKeyId", id)];
    // Without a user name IAM looks at the signer's own user: right for one root key on another.
    params.extend((!user.is_empty()).then_some(("UserName", user.as_str())));
    two_steps(aws, id, "UpdateAccessKey", "DeleteAccessKey", &params).await
}

/// The user that has the key. `GetAccessKeyLastUsed` tells for every key of the account; a signer who may not ask may
/// still list the keys of its own user.
async fn owner(aws: &Aws<'_>, id: &str) -> Step<String> {
    let failure = match aws.last_used(id).await {
        Ok(used) => return Ok(used.user),
        Err(failure) => failure,
    };
    if let Failure::Refused(refusal) = &failure
        && matches!(refusal.meaning(), Meaning::Denied { .. })
        && let Ok(entries) = aws.access_keys(None).await
        && let Some(entry) = entries.into_iter().find(|e| e.id == id)
    {
        return Ok(entry.user);
    }
    Err(signer_refused(aws, "iam:GetAccessKeyLastUsed", failure))
}

pub(super) async fn git_credential(aws: &Aws<'_>, name: &str, user: &str) -> Step {
    let entries = aws
        .git_credentials(user)
        .await
        .map_err(|failure| signer_refused(aws, "iam:ListServiceSpecificCredentials", failure))?;
    // By its user name, as the record has it, or by its id, as lists have it.
    let Some(entry) = entries.iter().find(|e| e.service_user == name || e.id == name) else {
        return Err(refusal(aws, "no-such-git-credential", &[("name", name), ("user", user)]));
    };
    let params = [("ServiceSpecificCredentialId", entry.id.as_str()), ("UserName", user)];
    two_steps(aws, name, "UpdateServiceSpecificCredential", "DeleteServiceSpecificCredential", &params).await
}

/// Deactivates, then deletes. A signer that may delete but not update still gets it done.
async fn two_steps(aws: &Aws<'_>, what: &str, update: &str, delete: &str, params: &[(&str, &str)]) -> Step {
    let mut inactive = params.to_vec();
    inactive.push(("Status", "Inactive"));
    let deactivated = match aws.act(update, &inactive).await {
        Ok(()) => true,
        Err(Failure::Refused(refusal)) if matches!(refusal.meaning(), Meaning::Denied { .. }) => false,
        Err(failure) => return Err(signer_refused(aws, &format!("iam:{update}"), failure)),
    };
    let action = format!("iam:{delete}");
    match aws.act(delete, params).await {
        Ok(()) => Ok(()),
        Err(failure) if !deactivated => Err(signer_refused(aws, &action, failure)),
        Err(Failure::Refused(refusal)) if refusal.meaning() == Meaning::NoSuchEntity => Ok(()),
        Err(failure) => Err(half_done(aws.wire, what, &action, failure)),
    }
}

/// The first step was done, the second was not.
fn half_done(wire: &Wire<'_>, what: &str, action: &str, failure: Failure) -> Trouble {
    let line = match failure {
        Failure::Net(mut error) => {
            error.detail = format!("{}; before that, {what} was made inactive", error.detail);
            return Trouble::Unknown(error);
        }
        Failure::Refused(refusal) => refusal.line(),
        Failure::Foreign(response) => format!("an answer that is not AWS's, status {}", response.status),
        Failure::Unsignable => "it could not be signed".into(),
    };
    let args = [("what", what), ("action", action), ("line", line.as_str())];
    Trouble::Refused(Box::new(wire.conclude(&FACTS, "inactive-not-deleted", &args)))
}
