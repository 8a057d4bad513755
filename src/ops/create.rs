//! Makes a credential by its host's API. The secret in the answer exists nowhere else: it goes into the store before
//! anything else happens, journalled, so that a crash at any step leaves either a record or word of what may be at the
//! host.

pub(crate) mod keep;
pub(crate) mod limits;
pub(crate) mod recover;

use jiff::Timestamp;
use serde_json::json;

use super::entry::Open;
use super::exchange::{Channel, Doomed, act_wire, family, mask_outcome, order};
use super::made::{Made, Place, new_id};
use super::name::check_name;
use super::prove::{Proof, is_no_answer, known, proof, whole};
use super::signer::Using;
use super::{Core, by_hand};
use crate::domain::{
    Binding, CreateEnd, CreatePlan, CreateRequest, CreateResult, CreateWish, CreatedToken, Credential, CredentialId,
    Expiry, Host, Kind, Validation, Way,
};
use crate::error::{Error, Result};
use crate::hosts::{Act, Authority, Create, Outcome, RequestError, Revocation};
use crate::rack::JournalId;
use crate::sanitize;
use crate::secret::Secret;
use keep::Unkept;

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        let out = Self::usage(error.message);
        if error.hint.is_empty() { out } else { out.hint(error.hint) }
    }
}

impl Core {
    /// How it would be made. Sends nothing.
    ///
    /// # Errors
    /// Usage error where the label is taken or the host is known to refuse such a one.
    pub async fn create_plan(&self, wish: &CreateWish, using: Option<&Using>) -> Result<CreatePlan> {
        self.check_wish(wish)?;
        let host = self.host(wish.host)?;
        self.check_signer(using, std::iter::once(&host))?;
        let authority = self.authority(using).await?;
        let way = self.way_to_create(&host, &wish.request, authority.as_ref())?;
        let name = wish.request.name.clone();
        Ok(CreatePlan { label: wish.label.clone(), host: host.name, name, way })
    }

    fn check_wish(&self, wish: &CreateWish) -> Result<()> {
        check_name("label", &wish.label)?;
        for tag in &wish.tags {
            check_name("tag", tag)?;
        }
        if let Some(taken) = self.rack.credential_alike(&wish.label)? {
            return Err(Error::usage(format!("the label `{}` is taken", taken.label)).hint("Choose another label."));
        }
        Ok(())
    }

    /// How a host would make one: its limits first, then the family's own word.
    pub(crate) fn way_to_create(&self, host: &Host, request: &CreateRequest, using: Option<&Authority>) -> Result<Way> {
        let family = family(&host.family)?;
        let facts = family.facts();
        let guided = |why| {
            let kind = request.kind.or_else(|| facts.guides.first().map(|g| g.kind));
            let kind = kind.or_else(|| facts.kinds.first().map(|k| k.kind)).unwrap_or(Kind::Unknown);
            by_hand::making(host, kind, request, false, self.clock.now(), why)
        };
        let Some(creator) = family.creator() else {
            return Ok(guided(format!("{} has no API that makes one", facts.name)));
        };
        limits::check(facts, request, self.clock.now())?;
        Ok(by_hand::way(creator.route(host, request, using)?, guided))
    }

    /// Makes one and puts it on the rack.
    ///
    /// # Errors
    /// As [`Core::create_plan`], and where rack or store cannot be used: before anything was sent. What happens after the
    /// host was asked is in the result.
    pub async fn create(&self, wish: &CreateWish, using: Option<&Using>) -> Result<CreateResult> {
        self.check_wish(wish)?;
        self.vault.unlock_if_needed().await?;
        self.settle_others().await;
        let host = self.host(wish.host)?;
        self.check_signer(using, std::iter::once(&host))?;
        let authority = self.authority(using).await?;
        let result = self.create_one(wish, &host, authority.as_ref()).await?;
        let outcome = match result.end {
            CreateEnd::Created => "done",
            CreateEnd::Refused => "refused",
            CreateEnd::Unknown => "unknown",
            _ => "failed",
        };
        self.audit("create", &result.label, &host.name, outcome, result.message.clone());
        Ok(result)
    }

    async fn create_one(&self, wish: &CreateWish, host: &Host, authority: Option<&Authority>) -> Result<CreateResult> {
        let way = self.way_to_create(host, &wish.request, authority)?;
        let family = family(&host.family)?;
        let stop = |end, message: String, way: Way| {
            let mut stopped = result(wish, host, end, message);
            let name = wish.request.name.clone();
            stopped.plan = Some(CreatePlan { label: wish.label.clone(), host: host.name.clone(), name, way });
            Ok(stopped)
        };
        let (what, creator, authority) = match (&way, family.creator(), authority) {
            (Way::AtHost { what }, Some(creator), Some(authority)) => (what.clone(), creator, authority),
            (Way::NeedsAuthority { why, .. }, ..) => {
                return stop(CreateEnd::NeedsAuthority, format!("nothing was sent: {why}"), way.clone());
            }
            (Way::Guided { why, .. }, ..) => {
                let message = format!("{why}: make it by hand, then put it on the rack with `keyrack add`");
                return stop(CreateEnd::Guided, message, way.clone());
            }
            _ => {
                let why = "somebody of that host has to sign".to_owned();
                let way = Way::NeedsAuthority { why: why.clone(), password: false };
                return stop(CreateEnd::NeedsAuthority, format!("nothing was sent: {why}"), way);
            }
        };
        let channel = self.channel(host)?;
        let (id, beside) = (new_id(), new_id());
        let place = Place {
            label: wish.label.clone(),
            family: host.family.clone(),
            owner: wish.owner,
            tags: wish.tags.clone(),
            note: wish.note.clone(),
            profiles: Vec::new(),
            bindings: vec![Binding::new(host.id, None)],
        };
        let detail = json!({
            "label": wish.label, "store": self.vault.kind().await?, "host": host.name, "name": wish.request.name,
            "kind": wish.request.kind, "place": place, "beside": beside,
        });
        let entry = self.begin("create", &id, &detail)?;
        let ready = async {
            self.rehearse_new(&beside).await?;
            entry.step("asked", &json!({ "what": what }))
        };
        let asked = match ready.await {
            Ok(()) => ask(self, &channel, creator, host, authority, &wish.request).await,
            Err(error) => {
                self.close_without(entry, [&beside]).await;
                return Err(error);
            }
        };
        match asked {
            Outcome::Done(token) => {
                self.take(wish, host, &channel, authority, token, &id, entry, &beside, &place).await
            }
            Outcome::Refused(validation) => {
                self.close_without(entry, [&beside]).await;
                let end = if is_no_answer(&validation) { CreateEnd::Unreachable } else { CreateEnd::Refused };
                let mut refused = result(wish, host, end, format!("{} refused: {}", host.name, validation.reason));
                refused.validation = Some(*validation);
                Ok(refused)
            }
            Outcome::Unsupported(validation) => {
                self.close_without(entry, [&beside]).await;
                let kind = wish.request.kind.unwrap_or(Kind::Unknown);
                let way =
                    by_hand::making(host, kind, &wish.request, false, self.clock.now(), validation.reason.clone());
                let message =
                    format!("{}: make it by hand, then put it on the rack with `keyrack add`", validation.reason);
                let mut stopped = stop(CreateEnd::Guided, message, way)?;
                stopped.validation = Some(*validation);
                Ok(stopped)
            }
            Outcome::Unknown(error) => {
                // The user is told: nothing is left to settle.
                self.close_without(entry, [&beside]).await;
                Ok(result(wish, host, CreateEnd::Unknown, lost(&error.to_string(), &wish.request.name, &host.name)))
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one call site; a struct would only rename the arguments")]
    async fn take(
        &self,
        wish: &CreateWish,
        host: &Host,
        channel: &Channel,
        authority: &Authority,
        token: CreatedToken,
        id: &CredentialId,
        entry: Open<'_>,
        beside: &CredentialId,
        place: &Place,
    ) -> Result<CreateResult> {
        let made = Made::by_host(&token, wish.request.expires);
        let mut done = result(wish, host, CreateEnd::Created, String::new());
        done.remote_id.clone_from(&made.remote_id);
        done.notes.clone_from(&token.notes);
        let unfinished = |mut done: CreateResult, what: &str, error: &Error| {
            done.end = CreateEnd::Failed;
            done.message = format!(
                "{} made {} and its secret is in the store, but {what} ({}). `keyrack doctor --fix` puts it on the rack",
                host.name,
                made.words(),
                whole(error)
            );
            Ok(done)
        };
        let alone = match self.store_new(id, &token, &made, entry.id(), beside).await {
            Ok(alone) => alone,
            Err(Unkept::Beside(error)) => return unfinished(done, "not where it belongs", &error),
            Err(Unkept::Lost(error)) => {
                let back = self.take_back(host, channel, authority, &token, entry.id()).await;
                self.close_without(entry, [id, beside]).await;
                done.end = CreateEnd::Failed;
                done.message =
                    format!("{} made it, and its secret could not be kept here ({}); {back}", host.name, whole(&error));
                done.notes.clear();
                return Ok(done);
            }
        };
        let credential = match self.keep_made(id, &token.secret, &made, place).await {
            Ok(credential) => credential,
            Err(error) => return unfinished(done, "the rack could not be written", &error),
        };
        if alone {
            entry.close();
        } else {
            self.close_without(entry, [beside]).await;
        }
        if credential.label != wish.label {
            done.notes.push(format!("the label `{}` was taken meanwhile", wish.label));
        }
        Ok(self.see_made(host, credential, made, token.secret, done).await)
    }

    /// Looks whether a new one that is on the rack is accepted, and writes down what its host says of it.
    async fn see_made(
        &self,
        host: &Host,
        credential: Credential,
        made: Made,
        secret: Secret,
        mut done: CreateResult,
    ) -> CreateResult {
        let id = &credential.id;
        // From the store, as whoever uses it will.
        let secret = self.vault.get(id).await.unwrap_or(secret);
        let mut seen = self.watch(host, known(&credential), &secret, Proof::Alive, |_| {}).await;
        made.complete(&mut seen);
        let _ = self.rack.record(id, host.id, &seen);
        let mut learned = made;
        learned.learn(&seen);
        let _ = self.rack.learn(&[crate::rack::Learned {
            credential: id.clone(),
            kind: seen.kind,
            expiry: if learned.expiry_by_user { Expiry::Unknown } else { learned.expiry },
        }]);
        done.message = match proof(&seen) {
            Proof::Alive => format!("made at {}, in the store, and accepted there", host.name),
            _ => format!("made at {} and in the store; not seen accepted yet: {}", host.name, seen.reason),
        };
        done.credential = Some(id.clone());
        done.label = credential.label;
        done.kind = Some(learned.kind);
        done.expiry = learned.expiry;
        done.validation = Some(seen);
        done
    }

    /// Revokes what cannot be kept, and says what became of it.
    pub(crate) async fn take_back(
        &self,
        host: &Host,
        channel: &Channel,
        authority: &Authority,
        token: &CreatedToken,
        entry: JournalId,
    ) -> String {
        let name = sanitize::short(&token.name, 80);
        let by_hand = format!("revoke `{name}` at {} by hand", host.name);
        let Some(revoker) = channel.family.revoker() else { return by_hand };
        let username = token.username.as_deref();
        let doomed =
            Doomed { host, kind: token.kind, username, secret: &token.secret, remote_id: token.remote_id.as_deref() };
        let answer = order(channel, revoker, &doomed, Some(authority), self.clock.now()).await;
        match answer {
            Revocation::Accepted => {
                // A store that fails may have kept it all the same: nobody is to find it there and take it for a good one.
                let _ = self.rack.step(entry, "back", &json!({}));
                format!("{} was asked to revoke it again and took the order", host.name)
            }
            Revocation::Refused(_) | Revocation::Unsupported(_) => by_hand,
            Revocation::Unknown(_) => format!("whether it was revoked again is unknown: {by_hand}"),
        }
    }
}

/// Asks the host once.
pub(crate) async fn ask(
    core: &Core,
    channel: &Channel,
    creator: &dyn Create,
    host: &Host,
    using: &Authority,
    request: &CreateRequest,
) -> Outcome<CreatedToken> {
    let act = Act { wire: act_wire(channel, None, Some(using), core.clock.now()), host, using };
    let mut outcome = creator.create(&act, request).await;
    mask_outcome(&act.wire, &mut outcome);
    if let Outcome::Done(token) = &mut outcome {
        tidy(token, &act.wire);
    }
    outcome
}

/// Texts of a host beside a new secret, without the secret.
pub(crate) fn tidy(token: &mut CreatedToken, wire: &crate::hosts::Wire<'_>) {
    wire.learn(&token.secret.token);
    if let Some(session) = &token.secret.session {
        wire.learn(session);
    }
    token.name = sanitize::short(&wire.mask(&token.name), 200);
    for note in &mut token.notes {
        *note = sanitize::short(&wire.mask(note), 300);
    }
}

/// What to do where the answer to a creation was lost.
pub(crate) fn lost(why: &str, name: &str, host: &str) -> String {
    format!(
        "sent, and the answer was lost ({why}): {host} may or may not have made one named `{name}`, whose secret nobody \
         has. Look at the host's own list and revoke it there before trying again"
    )
}

/// What to do where a new one was made and its secret is lost, but not what it is called.
pub(crate) fn lost_secret(made: &Made, host: &str, has_list: bool) -> String {
    let list = if has_list {
        format!(
            ": `keyrack inventory {host}` lists it (add --using LABEL or --using ask:USER), and `keyrack revoke --remote ID \
             --host {host}` ends it"
        )
    } else {
        " in the host's own list".to_owned()
    };
    format!(
        "{host} made {} and keyrack was stopped before its secret was in the store: nobody has that secret. Revoke it there \
         before trying again{list}",
        made.words()
    )
}

fn result(wish: &CreateWish, host: &Host, end: CreateEnd, message: String) -> CreateResult {
    CreateResult {
        label: wish.label.clone(),
        host: host.name.clone(),
        end,
        message,
        credential: None,
        kind: None,
        remote_id: None,
        expiry: Expiry::Unknown,
        notes: Vec::new(),
        validation: None::<Validation>,
        plan: None,
    }
}

/// The end of the day that is `days` days after `now`.
pub(crate) fn in_days(now: Timestamp, days: u32) -> Timestamp {
    now + jiff::SignedDuration::from_hours(24 * i64::from(days))
}
