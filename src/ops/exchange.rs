//! One validation of one secret at one host: builds the wire, asks the family, applies what only the rack knows
//! (warn window, an expiry learned earlier).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, Unit};

use super::Core;
use crate::domain::{Expiry, FamilyId, Host, Kind, LookAt, Probed, Validation, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::hosts::{
    self, Authority, Endpoints, Family, HostUrlError, Outcome, Probe, Revocation, Revoke, Session, Wire,
};
use crate::net::{NetError, NetErrorKind, NetSettings, Transport};
use crate::secret::{Masker, Secret};

/// A family together with the way to one of its hosts.
pub(crate) struct Channel {
    pub(crate) family: &'static dyn Family,
    pub(crate) endpoints: Endpoints,
    pub(crate) transport: Arc<dyn Transport>,
}

/// What is known of a credential besides its secret.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) kind: Kind,
    pub(crate) username: Option<&'a str>,
    /// The expiry on the rack, and whether the user typed it.
    pub(crate) expiry: Expiry,
    pub(crate) expiry_by_user: bool,
}

/// The family of that id.
pub(crate) fn family(id: &FamilyId) -> Result<&'static dyn Family> {
    hosts::family(id).ok_or_else(|| {
        let known: Vec<_> = hosts::families().iter().map(|f| f.facts().id.to_string()).collect();
        Error::usage(format!("there is no host family `{id}`")).hint(format!("Families: {}.", known.join(", ")))
    })
}

impl From<HostUrlError> for Error {
    fn from(error: HostUrlError) -> Self {
        let out = Self::usage(error.message);
        if error.hint.is_empty() { out } else { out.hint(error.hint) }
    }
}

impl From<NetError> for Error {
    fn from(error: NetError) -> Self {
        let (_, finding) =
            hosts::facts::common().finding(error.kind.code(), &[("target", &error.target), ("detail", &error.detail)]);
        let kind = match error.kind {
            NetErrorKind::BadProxySetting
            | NetErrorKind::BadCaFile
            | NetErrorKind::BadClientCert
            | NetErrorKind::PlainHttp
            | NetErrorKind::BadUrl => ErrorKind::Usage,
            _ => ErrorKind::Unreachable,
        };
        let out = Self::new(kind, error.to_string());
        if finding.remedy.is_empty() { out } else { out.hint(finding.remedy) }
    }
}

/// The network settings of a host record.
pub(crate) fn settings_of(host: &Host) -> NetSettings {
    NetSettings {
        ca_file: host.ca_file.clone(),
        client_cert: host.client_cert.clone(),
        proxy: host.proxy.clone(),
        allow_http: host.allow_http,
    }
}

/// Named endpoints of a host: the family's defaults, then the record's own.
pub(crate) fn endpoints_of(family: &dyn Family, host: &Host) -> Result<Endpoints> {
    let mut endpoints = family.endpoints(host)?;
    for (name, url) in &host.endpoints {
        endpoints.insert(name.clone(), url.clone());
    }
    Ok(endpoints)
}

/// Named endpoints that requests to a host go to.
///
/// # Errors
/// Where the record lacks something (a region) or its URL is malformed.
pub fn endpoints(host: &Host) -> Result<Endpoints> {
    endpoints_of(family(&host.family)?, host)
}

impl Core {
    /// The way to a host.
    pub(crate) fn channel(&self, host: &Host) -> Result<Channel> {
        let family = family(&host.family)?;
        let endpoints = endpoints_of(family, host)?;
        Ok(Channel { family, endpoints, transport: self.network.transport(&settings_of(host))? })
    }

    /// Validates a secret at a host. Always answers: a host that cannot be addressed gives `unreachable`.
    pub(crate) async fn validate(&self, host: &Host, known: Known<'_>, secret: &Secret) -> Validation {
        match self.channel(host) {
            Ok(channel) => self.validate_over(&channel, host, known, secret).await,
            Err(error) => Validation::new(Verdict::Unreachable, error.to_string(), self.clock.now()),
        }
    }

    /// [`Core::validate`] over a channel that is there already.
    pub(crate) async fn validate_over(
        &self,
        channel: &Channel,
        host: &Host,
        known: Known<'_>,
        secret: &Secret,
    ) -> Validation {
        let wire = Wire::new(&*channel.transport, channel.endpoints.clone(), Masker::of(secret), self.clock.now());
        let session = Session { wire, host, kind: known.kind, username: known.username, secret };
        let mut validation = channel.family.validate(&session).await;
        session.wire.mask_validation(&mut validation);
        self.judge(&mut validation, known);
        validation
    }

    /// Product and version of a host that tells them only to a credential it has just accepted.
    pub(crate) async fn detect_signed(
        &self,
        host: &Host,
        known: Known<'_>,
        secret: &Secret,
    ) -> Option<(String, String)> {
        let channel = self.channel(host).ok()?;
        let wire = Wire::new(&*channel.transport, channel.endpoints, Masker::of(secret), self.clock.now());
        let session = Session { wire, host, kind: known.kind, username: known.username, secret };
        channel.family.detect_signed(&session).await
    }

    /// Asks the family about single grants. Nothing of the secret is in what comes back.
    #[allow(clippy::too_many_arguments, reason = "a session's parts, and what is asked of it")]
    pub(crate) async fn probe(
        &self,
        channel: &Channel,
        prober: &dyn Probe,
        host: &Host,
        known: Known<'_>,
        secret: &Secret,
        look_at: &LookAt,
        wanted: &[String],
    ) -> Probed {
        let now = self.clock.now();
        let wire = Wire::new(&*channel.transport, channel.endpoints.clone(), Masker::of(secret), now);
        let session = Session { wire, host, kind: known.kind, username: known.username, secret };
        let mut probed = prober.probe(&session, look_at, wanted).await;
        let mut told = Validation::new(Verdict::Valid, "", now);
        (told.grants, told.findings, told.evidence) = (probed.grants, probed.findings, probed.evidence);
        session.wire.mask_validation(&mut told);
        (probed.grants, probed.findings, probed.evidence) = (told.grants, told.findings, told.evidence);
        for text in probed.denied.iter_mut().chain(probed.unknown.iter_mut().map(|(_, why)| why)) {
            *text = session.wire.mask(text);
        }
        probed
    }

    /// Applies the warn window, and what an earlier answer told of the end.
    fn judge(&self, validation: &mut Validation, known: Known<'_>) {
        let now = validation.checked_at;
        match validation.verdict {
            Verdict::Valid => {
                let ends = validation.expiry.at().or_else(|| known.expiry.at().filter(|_| known.expiry_by_user));
                if let Some(ends) = ends
                    && ends <= now + SignedDuration::from_hours(24 * self.settings.warn_days)
                {
                    validation.verdict = Verdict::Expiring;
                    validation.reason = format!("{}; ends {}", validation.reason, relative(now, ends));
                }
            }
            Verdict::Rejected => {
                if let Some(ended) = known.expiry.at().filter(|at| *at <= now) {
                    let day = date(ended);
                    if known.expiry_by_user {
                        validation.reason = format!("{}; the expiry you noted, {day}, has passed", validation.reason);
                    } else {
                        validation.verdict = Verdict::Expired;
                        validation.reason = format!("{}; the host had told that it ends on {day}", validation.reason);
                    }
                }
            }
            _ => {}
        }
    }
}

/// `2027-01-23`, in UTC.
#[must_use]
pub fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// `in 9 days`, `in 3 hours`, `just now`, `2 days ago`.
#[must_use]
pub fn relative(now: Timestamp, at: Timestamp) -> String {
    let minutes = at.since((Unit::Minute, now)).map(|s| s.get_minutes()).unwrap_or_default();
    let (amount, unit) = match minutes.unsigned_abs() {
        0 => return "just now".to_owned(),
        1 => (1, "minute"),
        m if m >= 2 * 24 * 60 => (m / (24 * 60), "days"),
        m if m >= 120 => (m / 60, "hours"),
        m => (m, "minutes"),
    };
    if minutes >= 0 { format!("in {amount} {unit}") } else { format!("{amount} {unit} ago") }
}

/// A wire for an act signed by `using`: masks the secrets of both.
pub(crate) fn act_wire<'a>(
    channel: &'a Channel,
    secret: Option<&Secret>,
    using: Option<&Authority>,
    now: Timestamp,
) -> Wire<'a> {
    let parts = [secret, using.map(|u| &u.secret)].into_iter().flatten();
    let texts = parts.flat_map(|s| std::iter::once(&s.token).chain(s.session.as_ref()));
    let masker = Masker::new(texts.chain(using.and_then(|u| u.one_time_code.as_ref())));
    Wire::new(&*channel.transport, channel.endpoints.clone(), masker, now)
}

/// A credential that is to be revoked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doomed<'a> {
    pub(crate) host: &'a Host,
    pub(crate) kind: Kind,
    pub(crate) username: Option<&'a str>,
    pub(crate) secret: &'a Secret,
    /// The host's id for it, where known.
    pub(crate) remote_id: Option<&'a str>,
}

/// Orders a credential dead, once.
pub(crate) async fn order(
    channel: &Channel,
    revoker: &dyn Revoke,
    doomed: &Doomed<'_>,
    using: Option<&Authority>,
    now: Timestamp,
) -> Revocation {
    let Doomed { host, kind, username, secret, remote_id } = *doomed;
    let wire = act_wire(channel, Some(secret), using, now);
    let session = Session { wire, host, kind, username, secret };
    let mut revocation = revoker.revoke(&session, remote_id, using).await;
    mask_revocation(&session.wire, &mut revocation);
    revocation
}

/// Masks what a family put into a refusal.
pub(crate) fn mask_revocation(wire: &Wire<'_>, revocation: &mut Revocation) {
    if let Revocation::Refused(validation) | Revocation::Unsupported(validation) = revocation {
        wire.mask_validation(validation);
    }
}

/// Masks what a family put into a refusal.
pub(crate) fn mask_outcome<T>(wire: &Wire<'_>, outcome: &mut Outcome<T>) {
    if let Outcome::Refused(validation) | Outcome::Unsupported(validation) = outcome {
        wire.mask_validation(validation);
    }
}
