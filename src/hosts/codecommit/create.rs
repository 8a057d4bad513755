//! Making access keys and Git credentials at IAM.
//!
//! A user has two of each at most. So the list comes first: where two are there, nothing is asked for, and the one to
//! retire is named, an inactive one before the one that was used longest ago. A new key is known everywhere only after
//! some 10 to 20 seconds: who proves it has to be patient.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html>

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::call::{Aws, Failure};
use super::iam::{KeyEntry, Principal};
use super::place::Place;
use super::refusal::Meaning;
use super::trouble::{Trouble, refusal, signer_refused};
use super::{FACTS, keys, signing_key};
use crate::domain::{CreateRequest, CreatedToken, Expiry, Host, Kind, Predecessor};
use crate::hosts::{Act, Authority, Create, Outcome, RequestError, Route};
use crate::net::{NetError, NetErrorKind};
use crate::secret::Secret;

/// Most keys, and most Git credentials, that a user can have.
const MOST: usize = 2;

/// The family's creator.
pub struct Creator;

impl Create for Creator {
    fn route(&self, _host: &Host, request: &CreateRequest, using: Option<&Authority>) -> Result<Route, RequestError> {
        let (action, what) = match wanted(request)? {
            Kind::GitCredential => ("CreateServiceSpecificCredential", "a Git credential"),
            _ => ("CreateAccessKey", "an access key"),
        };
        let Some(using) = using else {
            return Ok(Route::NeedsAuthority {
                why: "IAM takes orders signed by an access key: the user's own one, or an administrator's".to_owned(),
                password: false,
            });
        };
        Ok(match signing_key(using) {
            Some(signer) => Route::AtHost(format!(
                "{} signs {action} at IAM, which makes {what} for {}. A user can have two; where both are there, nothing is \
                 sent and the one to retire is named",
                signer.key_id,
                request.at.as_deref().map_or_else(|| "its own user".to_owned(), |user| format!("user {user}"))
            )),
            None => Route::NeedsAuthority {
                why: "what was given cannot sign: IAM takes orders signed by an access key only".to_owned(),
                password: false,
            },
        })
    }

    fn successor(&self, _host: &Host, old: &Predecessor<'_>) -> CreateRequest {
        let user = match old.kind {
            Kind::GitCredential => old.username.and_then(keys::git_user).map(|(user, _)| user.to_owned()),
            _ => old.last.and_then(|v| v.identity.as_ref()).filter(|i| i.kind == "user").map(|i| i.login.clone()),
        };
        // Neither has a name, scopes or an end at AWS: its rights are the user's.
        CreateRequest { name: old.label.to_owned(), kind: Some(old.kind), at: user, ..CreateRequest::default() }
    }

    fn create<'a>(&'a self, act: &'a Act<'a>, request: &'a CreateRequest) -> BoxFuture<'a, Outcome<CreatedToken>> {
        Box::pin(create(act, request))
    }
}

fn wanted(request: &CreateRequest) -> Result<Kind, RequestError> {
    let no = |message: &str, hint: &str| Err(RequestError { message: message.to_owned(), hint: hint.to_owned() });
    if !request.scopes.is_empty() {
        return no(
            "keys and Git credentials have no scopes at AWS",
            "What they may do is what their IAM user may do: attach a policy to the user, such as AWSCodeCommitPowerUser.",
        );
    }
    if request.expires.is_some() {
        return no(
            "keys and Git credentials have no end at AWS",
            "Leave the end out, and rotate by age: 90 days is common.",
        );
    }
    if request.at.as_deref().is_some_and(|user| !is_user(user)) {
        return no("that is no name of an IAM user", "Give the simple name, without path or account, such as alice.");
    }
    match request.kind.unwrap_or(Kind::AccessKey) {
        kind @ (Kind::AccessKey | Kind::GitCredential) => Ok(kind),
        Kind::SessionKey => no(
            "temporary credentials are not made by IAM",
            "Fetch new ones: aws sso login, or aws sts assume-role, and put all three parts on the rack.",
        ),
        _ => no("IAM makes access keys and Git credentials", "Say access-key or git-credential."),
    }
}

/// IAM's own rule for names of users.
fn is_user(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

async fn create(act: &Act<'_>, request: &CreateRequest) -> Outcome<CreatedToken> {
    let wire = &act.wire;
    let unfit = |name: &str, args: &[(&str, &str)]| Outcome::Unsupported(Box::new(wire.conclude(&FACTS, name, args)));
    let place = match Place::of(act.host) {
        Ok(place) => place,
        Err(error) => return unfit("no-region", &[("message", &error.message), ("hint", &error.hint)]),
    };
    let Some(signer) = signing_key(act.using) else {
        return unfit("signer-refused", &[("key", "what was given"), ("line", "it is no access key")]);
    };
    let kind = match wanted(request) {
        Ok(kind) => kind,
        Err(error) => return unfit("not-creatable", &[("why", &error.message), ("hint", &error.hint)]),
    };
    let aws = Aws { wire, place: &place, signer };
    let made = match kind {
        Kind::GitCredential => git(&aws, request.at.as_deref()).await,
        _ => key(&aws, request.at.as_deref()).await,
    };
    match made {
        Ok(token) => Outcome::Done(token),
        Err(trouble) => trouble.into(),
    }
}

async fn key(aws: &Aws<'_>, at: Option<&str>) -> Result<CreatedToken, Trouble> {
    // A temporary key stands for no user, so one has to be named.
    let named = match at {
        None if aws.signer.key_id.starts_with("ASIA") => Some(own_user(aws).await?),
        other => other.map(ToOwned::to_owned),
    };
    let user = named.as_deref();
    match aws.access_keys(user).await {
        Ok(entries) if entries.len() >= MOST => return Err(two_keys(aws, &entries).await),
        Ok(_) => {}
        // Who may create but not list: IAM itself keeps the limit.
        Err(Failure::Refused(refusal)) if matches!(refusal.meaning(), Meaning::Denied { .. }) => {}
        Err(failure) => return Err(signer_refused(aws, "iam:ListAccessKeys", failure)),
    }
    let made = aws.create_key(user).await.map_err(|failure| signer_refused(aws, "iam:CreateAccessKey", failure))?;
    let Some(secret) = made.secret.filter(|_| keys::is_key_id(&made.id)) else { return Err(unclear("key")) };
    aws.wire.learn(&secret);
    aws.wire.note(format!("made {} for {}", made.id, made.user));
    Ok(CreatedToken {
        secret: Secret::token(secret),
        kind: Kind::AccessKey,
        username: Some(made.id.clone()),
        remote_id: Some(made.id.clone()),
        name: made.id,
        expiry: Expiry::Never,
        grants: Vec::new(),
        notes: vec![
            "AWS knows a new key everywhere only after some 10 to 20 seconds; until then it may refuse it.".to_owned(),
        ],
    })
}

async fn git(aws: &Aws<'_>, at: Option<&str>) -> Result<CreatedToken, Trouble> {
    let user = match at {
        Some(user) => user.to_owned(),
        None => own_user(aws).await?,
    };
    match aws.git_credentials(&user).await {
        Ok(entries) if entries.len() >= MOST => {
            let retire =
                entries.iter().find(|e| e.status == "Inactive").or_else(|| entries.iter().min_by_key(|e| e.created()));
            let retire = retire.map_or_else(String::new, |e| format!("{} ({})", e.service_user, e.status));
            return Err(refusal(aws, "two-git-credentials", &[("user", &user), ("retire", &retire)]));
        }
        Ok(_) => {}
        Err(Failure::Refused(refusal)) if matches!(refusal.meaning(), Meaning::Denied { .. }) => {}
        Err(failure) => return Err(signer_refused(aws, "iam:ListServiceSpecificCredentials", failure)),
    }
    let made = aws.create_git(&user).await;
    let made = made.map_err(|failure| signer_refused(aws, "iam:CreateServiceSpecificCredential", failure))?;
    let Some(password) = made.password.filter(|_| !made.service_user.is_empty()) else {
        return Err(unclear("Git credential"));
    };
    aws.wire.learn(&password);
    aws.wire.note(format!("made {} for {user}", made.service_user));
    Ok(CreatedToken {
        secret: Secret::token(password),
        kind: Kind::GitCredential,
        username: Some(made.service_user.clone()),
        remote_id: Some(made.id).filter(|id| !id.is_empty()),
        name: made.service_user,
        expiry: Expiry::Never,
        grants: Vec::new(),
        notes: Vec::new(),
    })
}

/// The IAM user whose key signs.
pub(super) async fn own_user(aws: &Aws<'_>) -> Result<String, Trouble> {
    let caller = aws.caller().await.map_err(|failure| signer_refused(aws, "sts:GetCallerIdentity", failure))?;
    match caller.principal() {
        Principal::User(name) => Ok(name),
        _ => Err(refusal(aws, "no-user", &[("arn", &caller.arn)])),
    }
}

/// Two keys are there. Which one to retire: an inactive one, else the one not used for the longest time.
async fn two_keys(aws: &Aws<'_>, entries: &[KeyEntry]) -> Trouble {
    let mut candidates: Vec<(bool, Option<Timestamp>, &KeyEntry, String)> = Vec::new();
    for entry in entries.iter().take(MOST) {
        let (at, used) = match aws.last_used(&entry.id).await {
            // One that was never used is as old as its making: the one just made is not the one to retire.
            Ok(used) => match used.at() {
                Some(at) => (Some(at), format!("last used {at}")),
                None => (entry.created(), "never used".to_owned()),
            },
            Err(_) => (entry.created(), "last use not known".to_owned()),
        };
        candidates.push((entry.status != "Inactive", at, entry, used));
    }
    candidates.sort_by_key(|(active, at, ..)| (*active, *at));
    let words = |(active, _, entry, used): &(bool, Option<Timestamp>, &KeyEntry, String)| {
        format!("{} ({}, {used})", entry.id, if *active { "active" } else { "inactive" })
    };
    let all = candidates.iter().map(words).collect::<Vec<_>>().join(" and ");
    let retire = candidates.first().map_or("", |(_, _, entry, _)| entry.id.as_str());
    let user = entries.first().map_or("", |e| e.user.as_str());
    refusal(aws, "two-keys", &[("user", user), ("keys", &all), ("retire", retire)])
}

fn unclear(what: &str) -> Trouble {
    let detail = format!("success without a secret does not say whether the {what} was made");
    Trouble::Unknown(NetError::new(NetErrorKind::Other, "IAM", detail))
}
