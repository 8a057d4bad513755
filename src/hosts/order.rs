//! Orders: requests that change something at a host. Sent once; whether one was carried out is not always told, and where
//! it is not, that is said, and nothing is asked again.

use super::{Outcome, Revocation, Wire};
use crate::domain::Validation;
use crate::net::{NetError, NetErrorKind, Request, Response};

/// How an order ended.
#[derive(Debug)]
pub enum Sent {
    /// The host, or somebody in front of it, answered.
    Answer(Response),
    /// Nothing reached the host.
    Never(Box<Validation>),
    /// It may have been carried out or not.
    Lost(NetError),
}

/// Sends an order, once.
///
/// An error of the server may come after the deed, or from a gateway that gave up waiting. A 503 turns orders away before
/// anything is done, and is an answer.
pub async fn send(wire: &Wire<'_>, order: Request) -> Sent {
    let line = order.line();
    match wire.send(order).await {
        Ok(answer) if matches!(answer.status, 500..=502 | 504..=599) => Sent::Lost(undecided(line, answer.status)),
        Ok(answer) => Sent::Answer(answer),
        Err(error) => unanswered(wire, error),
    }
}

/// What the lack of an answer means for an order.
#[must_use]
pub fn unanswered(wire: &Wire<'_>, error: NetError) -> Sent {
    match error.kind.nothing_was_sent() {
        true => Sent::Never(Box::new(wire.unreachable(&error))),
        false => Sent::Lost(error),
    }
}

/// An answer that leaves it open whether the order was carried out.
#[must_use]
pub fn undecided(line: impl Into<String>, status: u16) -> NetError {
    let detail = format!("answered {status}, which does not tell whether it was done");
    NetError::new(NetErrorKind::Other, line.into(), detail)
}

impl Sent {
    /// The answer to an order to revoke.
    ///
    /// # Errors
    /// What came of it where there is none that can be read.
    pub fn for_revoking(self) -> Result<Response, Revocation> {
        match self {
            Self::Answer(answer) => Ok(answer),
            Self::Never(validation) => Err(Revocation::Refused(validation)),
            Self::Lost(error) => Err(Revocation::Unknown(error)),
        }
    }

    /// The answer to an order that gives something back.
    ///
    /// # Errors
    /// What came of it where there is none that can be read.
    pub fn for_making<T>(self) -> Result<Response, Outcome<T>> {
        match self {
            Self::Answer(answer) => Ok(answer),
            Self::Never(validation) => Err(Outcome::Refused(validation)),
            Self::Lost(error) => Err(Outcome::Unknown(error)),
        }
    }
}
