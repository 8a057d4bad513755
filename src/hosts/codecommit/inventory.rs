//! The access keys and Git credentials of the user whose key signs.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::call::{Aws, Failure};
use super::create::own_user;
use super::iam::{GitEntry, KeyEntry, LastUsed, Principal};
use super::place::Place;
use super::trouble::{Trouble, refusal, signer_refused};
use super::{FACTS, keys, revoke, signing_key};
use crate::domain::{Expiry, Host, Kind, RemoteList, RemoteState, RemoteToken};
use crate::hosts::{Act, Authority, Inventory, Outcome, Revocation, Route};

/// Age in days from which a key is said to be old.
const OLD: i64 = 90;

/// The family's lister.
pub struct Lister;

impl Inventory for Lister {
    fn route(&self, _host: &Host, using: Option<&Authority>) -> Route {
        match using.map(signing_key) {
            Some(Some(signer)) => Route::AtHost(format!(
                "{} signs ListAccessKeys, GetAccessKeyLastUsed and ListServiceSpecificCredentials at IAM, for its own user",
                signer.key_id
            )),
            _ => Route::NeedsAuthority {
                why: "IAM lists for whoever signs with an access key of a user".to_owned(),
                password: false,
            },
        }
    }

    fn list<'a>(&'a self, act: &'a Act<'a>) -> BoxFuture<'a, Outcome<RemoteList>> {
        Box::pin(async move {
            let place = match Place::of(act.host) {
                Ok(place) => place,
                Err(error) => {
                    let args = [("message", error.message.as_str()), ("hint", error.hint.as_str())];
                    return Outcome::Unsupported(Box::new(act.wire.conclude(&FACTS, "no-region", &args)));
                }
            };
            let Some(signer) = signing_key(act.using) else {
                let args = [("key", "what was given"), ("line", "it is no access key")];
                return Outcome::Refused(Box::new(act.wire.conclude(&FACTS, "signer-refused", &args)));
            };
            match list(&Aws { wire: &act.wire, place: &place, signer }).await {
                Ok(found) => Outcome::Done(found),
                Err(trouble) => trouble.into(),
            }
        })
    }

    fn revoke<'a>(&'a self, act: &'a Act<'a>, ids: &'a [String]) -> BoxFuture<'a, Vec<Revocation>> {
        Box::pin(revoke_all(act, ids))
    }
}

async fn list(aws: &Aws<'_>) -> Result<RemoteList, Trouble> {
    let caller = aws.caller().await.map_err(|failure| signer_refused(aws, "sts:GetCallerIdentity", failure))?;
    let user = match caller.principal() {
        Principal::User(name) => Some(name),
        // The owner of the account has keys too, and IAM takes them from the key that signs.
        Principal::Root if !aws.signer.key_id.starts_with("ASIA") => None,
        _ => return Err(refusal(aws, "no-user", &[("arn", &caller.arn)])),
    };
    let mut found = RemoteList { of: caller.arn.clone(), ..RemoteList::default() };
    let entries = aws.access_keys(user.as_deref()).await;
    let entries = entries.map_err(|failure| signer_refused(aws, "iam:ListAccessKeys", failure))?;
    for entry in entries {
        let used = aws.last_used(&entry.id).await;
        if let Err(failure) = &used {
            found.gaps.push(format!("The last use of {} is not known: {}.", entry.id, why(failure)));
        }
        let owner = user.as_deref().unwrap_or("root");
        found.tokens.push(of_key(&entry, owner, used.ok().as_ref(), aws.signer.key_id, aws.wire.now()));
    }
    if let Some(user) = &user {
        match aws.git_credentials(user).await {
            Ok(entries) => found.tokens.extend(entries.iter().map(|e| of_git(e, user, aws.wire.now()))),
            Err(failure) => found.gaps.push(format!("The Git credentials are missing: {}.", why(&failure))),
        }
    }
    found.gaps.push("Other users of the account are not asked for: each has keys of its own.".to_owned());
    found.evidence = aws.wire.take_evidence();
    Ok(found)
}

fn of_key(entry: &KeyEntry, user: &str, used: Option<&LastUsed>, signer: &str, now: Timestamp) -> RemoteToken {
    let mut line = RemoteToken {
        id: entry.id.clone(),
        name: entry.id.clone(),
        kind: Some(Kind::AccessKey),
        created_at: entry.created(),
        last_used: used.and_then(LastUsed::at),
        state: state(&entry.status),
        ..blank(user)
    };
    line.notes.extend(used.and_then(LastUsed::with));
    if entry.id == signer {
        line.notes.push("this key signs here".to_owned());
    }
    note_age(&mut line, now);
    line
}

fn of_git(entry: &GitEntry, user: &str, now: Timestamp) -> RemoteToken {
    let mut line = RemoteToken {
        id: entry.id.clone(),
        name: entry.service_user.clone(),
        kind: Some(Kind::GitCredential),
        created_at: entry.created(),
        state: state(&entry.status),
        ..blank(user)
    };
    note_age(&mut line, now);
    line
}

fn blank(user: &str) -> RemoteToken {
    RemoteToken {
        id: String::new(),
        name: String::new(),
        kind: None,
        owner: user.to_owned(),
        grants: Vec::new(),
        created_at: None,
        last_used: None,
        expiry: Expiry::Never,
        state: RemoteState::Active,
        tail: None,
        notes: Vec::new(),
    }
}

fn state(status: &str) -> RemoteState {
    match status {
        "Inactive" => RemoteState::Inactive,
        "Expired" => RemoteState::Expired,
        _ => RemoteState::Active,
    }
}

fn note_age(line: &mut RemoteToken, now: Timestamp) {
    let days = line.created_at.map_or(0, |at| (now.as_second() - at.as_second()) / 86_400);
    if days > OLD {
        line.notes.push(format!("made {days} days ago; keys are commonly replaced after {OLD}"));
    }
}

fn why(failure: &Failure) -> String {
    match failure {
        Failure::Net(error) => error.to_string(),
        Failure::Refused(refusal) => refusal.line(),
        Failure::Unsignable => "it could not be signed".to_owned(),
        Failure::Foreign(response) => format!("an answer that is not AWS's, status {}", response.status),
    }
}

async fn revoke_all(act: &Act<'_>, ids: &[String]) -> Vec<Revocation> {
    let wire = &act.wire;
    let refused = |name: &str, args: &[(&str, &str)]| Revocation::Refused(Box::new(wire.conclude(&FACTS, name, args)));
    let (Ok(place), Some(signer)) = (Place::of(act.host), signing_key(act.using)) else {
        let args = [("key", "what was given"), ("line", "it is no access key, or the host has no region")];
        return ids.iter().map(|_| refused("signer-refused", &args)).collect();
    };
    let aws = Aws { wire, place: &place, signer };
    let mut done = Vec::with_capacity(ids.len());
    for id in ids {
        done.push(if id == signer.key_id {
            // Whoever lists must not be locked out in the middle.
            refused("not-revocable", &[("why", "it is the key that signs: let another one sign")])
        } else if !keys::is_key_id(id) {
            refused("bad-key-id", &[])
        } else {
            match one(&aws, id).await {
                Ok(()) => Revocation::Accepted,
                Err(trouble) => trouble.into(),
            }
        });
    }
    done
}

/// `ACCA…` is the id of a Git credential, anything else that of an access key.
async fn one(aws: &Aws<'_>, id: &str) -> Result<(), Trouble> {
    if id.starts_with("ACCA") {
        let user = own_user(aws).await?;
        revoke::git_credential(aws, id, &user).await
    } else {
        revoke::other_key(aws, id).await
    }
}
