//! What becomes of an order to IAM that did not go through: refused, or unknown.

use super::FACTS;
use super::call::{Aws, Failure};
use super::conclude::{About, failed};
use super::refusal::Meaning;
use crate::domain::Validation;
use crate::hosts::{Outcome, Revocation};
use crate::net::{NetError, NetErrorKind};

/// An order that did not go through.
#[derive(Debug)]
pub enum Trouble {
    /// AWS refused it, or it never left.
    Refused(Box<Validation>),
    /// It may have been carried out.
    Unknown(NetError),
}

impl From<Trouble> for Revocation {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(validation) => Self::Refused(validation),
            Trouble::Unknown(error) => Self::Unknown(error),
        }
    }
}

impl<T> From<Trouble> for Outcome<T> {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(validation) => Self::Refused(validation),
            Trouble::Unknown(error) => Self::Unknown(error),
        }
    }
}

/// An order that the credential itself signed did not go through.
pub fn refused(aws: &Aws<'_>, action: &str, failure: Failure) -> Trouble {
    match uncertain(failure) {
        Ok(error) => Trouble::Unknown(error),
        Err(failure) => Trouble::Refused(Box::new(explained(aws, action, &failure))),
    }
}

/// An order signed by another key did not go through. What is wrong with that key must not read as a verdict on the
/// credential.
pub fn signer_refused(aws: &Aws<'_>, action: &str, failure: Failure) -> Trouble {
    let about_signer = match &failure {
        Failure::Refused(refusal) => {
            matches!(refusal.meaning(), Meaning::UnknownKey | Meaning::WrongSecret | Meaning::SessionExpired)
        }
        Failure::Unsignable => true,
        _ => false,
    };
    if about_signer {
        let line = match &failure {
            Failure::Refused(refusal) => refusal.line(),
            _ => "it holds characters that cannot be sent".into(),
        };
        let args = [("key", aws.signer.key_id), ("line", line.as_str())];
        return Trouble::Refused(Box::new(aws.wire.conclude(&FACTS, "signer-refused", &args)));
    }
    refused(aws, action, failure)
}

/// A validation by one of the family's findings that refuses an order.
pub fn refusal(aws: &Aws<'_>, name: &str, args: &[(&str, &str)]) -> Trouble {
    Trouble::Refused(Box::new(aws.wire.conclude(&FACTS, name, args)))
}

fn explained(aws: &Aws<'_>, action: &str, failure: &Failure) -> Validation {
    let about = About { signer: aws.signer, place: aws.place, action };
    failed(aws.wire, about, failure)
}

/// Whether the order may have been carried out all the same: it was sent, and what came back does not tell.
fn uncertain(failure: Failure) -> Result<NetError, Failure> {
    match failure {
        Failure::Net(error) if may_have_arrived(error.kind) => Ok(error),
        Failure::Foreign(response) if response.status >= 500 || response.status == 200 => {
            let detail = format!("answered with status {} and no word of AWS's", response.status);
            Ok(NetError::new(NetErrorKind::Other, "IAM", detail))
        }
        other => Err(other),
    }
}

fn may_have_arrived(kind: NetErrorKind) -> bool {
    matches!(
        kind,
        NetErrorKind::Reset
            | NetErrorKind::ReadTimeout
            | NetErrorKind::ClosedEarly
            | NetErrorKind::NotHttp
            | NetErrorKind::ProxyOrTarget
            | NetErrorKind::Other
    )
}
