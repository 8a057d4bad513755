//! An answer of a transcript given to a family as if its host had just sent it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::Exchange;
use super::who::{Who, host_for};
use crate::diagnose::names;
use crate::domain::{Diagnosis, FamilyId, Kind, Subject, Validation};
use crate::hosts::{Family, Session, Wire};
use crate::net::{NetError, NetErrorKind, Request, Response, Transport};
use crate::secret::Masker;

/// Stands in for a user name.
const SOMEBODY: &str = "somebody@example.invalid";

/// Stands in for an address.
const SOMEWHERE: &str = "https://host.invalid";

/// Lets a family judge the answers of the transcript; none where it has no way to ask.
pub(super) async fn replay(
    family: &'static dyn Family,
    kind: Kind,
    who: &Who,
    at: Option<&str>,
    exchange: &Exchange,
    now: Timestamp,
) -> Option<Validation> {
    let host = match &who.host {
        Some(host) if host.family == family.facts().id => host.clone(),
        _ => host_for(family, at.unwrap_or(SOMEWHERE)),
    };
    let mut endpoints = family.endpoints(&host).ok()?;
    endpoints.extend(host.endpoints.clone());
    let transport = Replay::new(exchange);
    let wire = Wire::new(&transport, endpoints, Masker::new(&who.masker), now);
    let username = who.username.clone().or_else(|| {
        let wants = family.facts().kind(kind)?.username.as_ref();
        wants.map(|_| SOMEBODY.to_owned())
    });
    let session = Session { wire, host: &host, kind, username: username.as_deref(), secret: &who.secret };
    let mut validation = family.validate(&session).await;
    session.wire.mask_validation(&mut validation);
    validation.checked_at = now;
    // What was not in the transcript was never asked.
    validation.evidence.retain(|e| e.status.is_some());
    transport.was_asked().then_some(validation)
}

/// Gives the recorded answer to the first request that it can belong to, and nothing to any other.
struct Replay {
    answers: Mutex<VecDeque<Response>>,
    asked: Mutex<bool>,
}

impl Replay {
    fn new(exchange: &Exchange) -> Self {
        Self { answers: Mutex::new(VecDeque::from([exchange.answer.clone()])), asked: Mutex::new(false) }
    }

    fn was_asked(&self) -> bool {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Replay {
    fn send(&self, request: Request) -> BoxFuture<'_, std::result::Result<Response, NetError>> {
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Box::pin(async move {
            answer.ok_or_else(|| NetError::new(NetErrorKind::Other, request.line(), "not in the transcript"))
        })
    }
}

/// What stood in for what the transcript does not tell is taken out of the texts again.
pub(super) fn without_stand_ins(validation: &mut Validation) {
    let mut holder = Diagnosis::new(
        Subject {
            label: None,
            host: String::new(),
            url: String::new(),
            family: FamilyId::new(""),
            kind: Kind::Unknown,
            username: None,
        },
        validation.checked_at,
    );
    holder.validation = Some(validation.clone());
    names::texts(&mut holder, &mut |text| {
        if text.contains(SOMEBODY) || text.contains(SOMEWHERE) {
            *text = text.replace(SOMEBODY, "the account").replace(SOMEWHERE, "https://HOST");
        }
    });
    if let Some(clean) = holder.validation {
        *validation = clean;
    }
}
