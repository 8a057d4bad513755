//! GitLab's token forms, read offline: prefixes, and the routable form with its checksum and claims.
//!
//! Never sends anything and never refuses: forms only rank guesses. Prefixes: <https://docs.gitlab.com/security/tokens/>;
//! routable tokens: <https://handbook.gitlab.com/handbook/engineering/architecture/design-documents/cells/routable_tokens/>.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::domain::{Checksum, Kind};
use crate::hosts::Carried;

/// How a token can be checked online.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// It reads its own record at `/personal_access_tokens/self`.
    Access,
    /// `POST /runners/verify`.
    Runner,
    /// `GET /job` while the job runs.
    Job,
    /// Not at all: it must not be sent.
    Cookie,
    /// Not without side effects or knowledge that keyrack lacks.
    None,
}

/// A prefix of GitLab's. In code and not in the asset because it is finer than the kinds of the rack: it decides
/// which request may be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Form {
    prefix: &'static str,
    /// The vendor's name for it.
    pub(super) name: &'static str,
    /// The kind on the rack, before the host has been asked.
    pub(super) kind: Kind,
    /// How to check it.
    pub(super) check: Check,
}

const fn form_of(prefix: &'static str, name: &'static str, kind: Kind, check: Check) -> Form {
    Form { prefix, name, kind, check }
}

static FORMS: &[Form] = &[
    form_of("glpat-", "personal, project or group access token", Kind::Pat, Check::Access),
    form_of("gldt-", "deploy token", Kind::GitCredential, Check::None),
    form_of("gloas-", "OAuth application secret", Kind::OauthClient, Check::None),
    form_of("glrt-", "runner authentication token", Kind::Unknown, Check::Runner),
    form_of("glrtr-", "runner authentication token (from a registration token)", Kind::Unknown, Check::Runner),
    form_of("GR1348941", "runner registration token (deprecated)", Kind::Unknown, Check::None),
    form_of("glcbt-", "CI/CD job token", Kind::Unknown, Check::Job),
    form_of("glptt-", "pipeline trigger token", Kind::Unknown, Check::None),
    form_of("glft-", "feed token", Kind::Unknown, Check::None),
    form_of("glimt-", "incoming mail token", Kind::Unknown, Check::None),
    form_of("glagent-", "Kubernetes agent token", Kind::Unknown, Check::None),
    form_of("glsoat-", "SCIM token", Kind::Unknown, Check::None),
    form_of("glffct-", "feature flags client token", Kind::Unknown, Check::None),
    form_of("glwt-", "workspace token", Kind::Unknown, Check::None),
    form_of("_gitlab_session=", "session cookie (not to be kept)", Kind::Unknown, Check::Cookie),
];

/// A token with a prefix of GitLab's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'t> {
    /// Which.
    pub(super) form: &'static Form,
    /// The instance token prefix in front of it, without its dash; empty where there is none.
    pub(super) instance: &'t str,
    /// What follows the prefix.
    rest: &'t str,
}

/// Finds GitLab's prefix at the start, or after an instance token prefix (`ACME-glpat-…`, 17.10 and later).
pub(super) fn form(token: &str) -> Option<Seen<'_>> {
    let at = |text: &'_ str| FORMS.iter().find(|f| text.starts_with(f.prefix));
    if let Some(form) = at(token) {
        return Some(Seen { form, instance: "", rest: &token[form.prefix.len()..] });
    }
    let (instance, text) = token.split_once('-')?;
    let plausible =
        (1..=20).contains(&instance.len()) && instance.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let form = at(text).filter(|f| plausible && f.prefix.starts_with("gl"))?;
    Some(Seen { form, instance, rest: &text[form.prefix.len()..] })
}

/// Whether it has the form of an OAuth access or refresh token.
pub(super) fn is_oauth(token: &str) -> bool {
    token.len() == 64 && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether the kind is one of those that share the form and the endpoint of personal access tokens.
pub(super) fn is_access(kind: Kind) -> bool {
    matches!(kind, Kind::Pat | Kind::FineGrainedPat | Kind::ProjectToken | Kind::GroupToken | Kind::ServiceAccountToken)
}

/// What the token says of itself; see [`crate::hosts::Family::carried`].
pub(super) fn carried(kind: Kind, token: &str) -> Option<Carried> {
    let routable = Routable::read(token);
    let Some(seen) = form(token) else { return without_prefix(kind, token, routable) };
    if seen.form.kind != kind && !(seen.form.check == Check::Access && is_access(kind)) {
        return None;
    }
    let mut facts = vec![fact("type", seen.form.name)];
    if !seen.instance.is_empty() {
        facts.push(fact("prefix", seen.instance));
    }
    let checksum = match (&routable, seen.form.check) {
        (Some(routable), _) if routable.intact => Checksum::Ok,
        // Which part of a runner token's prefix the checksum covers is unconfirmed: not fitting means nothing.
        (_, Check::Runner) => Checksum::None,
        (Some(_), _) => Checksum::Mismatch,
        // No other form has a dot: a routable token that was cut.
        (None, Check::Access) if seen.rest.contains('.') => Checksum::Mismatch,
        (None, _) => Checksum::None,
    };
    if seen.form.check == Check::Access && !seen.rest.contains('.') && seen.rest.len() != 20 {
        facts.push(fact("length", format!("{} characters after the prefix, usual are 20", seen.rest.len())));
    }
    if seen.form.prefix == "glft-"
        && let Some((_, user)) = seen.rest.rsplit_once('-').filter(|(hash, _)| is_oauth(hash))
    {
        facts.push(fact("user", user));
    }
    facts.extend(routable.into_iter().flat_map(|r| r.claims));
    Some(Carried { facts, checksum })
}

fn without_prefix(kind: Kind, token: &str, routable: Option<Routable>) -> Option<Carried> {
    if let Some(routable) = routable {
        // Any text may look like it; only a checksum that fits shows a token behind a custom prefix.
        if !routable.intact || !is_access(kind) {
            return None;
        }
        let mut facts = vec![fact("type", "access token with a custom prefix")];
        facts.push(fact("prefix", &token[..routable.prefix]));
        facts.extend(routable.claims);
        return Some(Carried { facts, checksum: Checksum::Ok });
    }
    let name = match kind {
        Kind::OauthToken if is_oauth(token) => "OAuth 2.0 access or refresh token",
        kind if is_access(kind) && token.len() == 20 => "access token without a prefix (older, or an empty custom one)",
        _ => return None,
    };
    Some(Carried { facts: vec![fact("type", name)], checksum: Checksum::None })
}

fn fact(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// A routable token taken apart.
struct Routable {
    /// The checksum fits.
    intact: bool,
    /// Length of what stands before the encoded part.
    prefix: usize,
    /// Who it was made for, unverified.
    claims: Vec<(String, String)>,
}

impl Routable {
    /// `PREFIX B64 . VV . LL CCCCCCC`, or the older form without the version.
    fn read(token: &str) -> Option<Self> {
        let (before, tail) = token.rsplit_once('.').filter(|_| token.is_ascii())?;
        let base36 = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'z'));
        if tail.len() != 9 || !base36(tail) {
            return None;
        }
        let (front, version) = match before.split_once('.') {
            Some((front, version)) if version.len() == 2 && base36(version) => (front, Some(version)),
            Some(_) => return None,
            None => (before, None),
        };
        let told = u32::from_str_radix(&tail[2..], 36).ok();
        let intact = told == Some(crc32fast::hash(&token.as_bytes()[..token.len() - 7]));
        let length = usize::from_str_radix(&tail[..2], 36).ok()?;
        let prefix = front.len().checked_sub(length)?;
        let claims = if intact { claims(&front[prefix..], version) } else { Vec::new() };
        Some(Self { intact, prefix, claims })
    }
}

/// Names of the payload's keys. All values but the type are numbers in base 36.
const KEYS: &[(&str, &str)] =
    &[("o", "organization"), ("u", "user"), ("g", "group"), ("p", "project"), ("c", "cell"), ("t", "type-claim")];

fn claims(encoded: &str, version: Option<&str>) -> Vec<(String, String)> {
    // The random part is the secret of the token.
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(encoded.trim_end_matches('=')).map(Zeroizing::new) else {
        return Vec::new();
    };
    let Some((last, rest)) = bytes.split_last() else { return Vec::new() };
    let last = usize::from(*last);
    let payload = match version {
        // 16 random bytes, the payload, its length.
        Some("01") => rest.get(16..).filter(|p| p.len() == last),
        Some(_) => None,
        // The payload, random bytes, their number.
        None => rest.len().checked_sub(last).and_then(|end| rest.get(..end)),
    };
    let Some(text) = payload.and_then(|p| std::str::from_utf8(p).ok()) else { return Vec::new() };
    let mut claims = Vec::new();
    for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let Some((_, name)) = KEYS.iter().find(|(k, _)| *k == key) else { continue };
        match (key, u64::from_str_radix(value, 36)) {
            ("t", _) => claims.push(fact(name, value)),
            (_, Ok(number)) => claims.push(fact(name, number.to_string())),
            (_, Err(_)) => {}
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTOR: &str = "glpat-AAECAwQFBgcICQoLDA0OD286MQp1OjJzCA.01.0y0wdsbqj";

    fn facts(kind: Kind, token: &str) -> Vec<(String, String)> {
        carried(kind, token).unwrap().facts
    }

    #[test]
    fn test_vector_decodes() {
        let carried = carried(Kind::Pat, VECTOR).unwrap();
        assert_eq!(carried.checksum, Checksum::Ok);
        assert!(carried.facts.contains(&fact("organization", "1")), "{:?}", carried.facts);
        assert!(carried.facts.contains(&fact("user", "100")), "{:?}", carried.facts);
    }

    #[test]
    fn every_single_character_change_of_the_vector_is_noticed() {
        for at in "glpat-".len()..VECTOR.len() {
            let mut text = VECTOR.as_bytes().to_vec();
            text[at] = if text[at] == b'0' { b'1' } else { b'0' };
            let text = String::from_utf8(text).unwrap();
            if text != VECTOR {
                assert_eq!(carried(Kind::Pat, &text).unwrap().checksum, Checksum::Mismatch, "{text}");
            }
        }
        for cut in 30..VECTOR.len() {
            let checksum = carried(Kind::Pat, &VECTOR[..cut]).unwrap().checksum;
            assert_ne!(checksum, Checksum::Ok, "{cut}");
        }
    }

    #[test]
    fn older_routable_form_has_the_random_part_behind_the_payload() {
        let mut bytes = b"o:1\np:9".to_vec();
        bytes.extend([7; 16]);
        bytes.push(16);
        let encoded = URL_SAFE_NO_PAD.encode(&bytes);
        let length = encoded.len();
        let mut token = format!("glpat-{encoded}.0{}", char::from_digit(u32::try_from(length).unwrap(), 36).unwrap());
        let crc = crc32fast::hash(token.as_bytes());
        token.push_str(&base36_7(crc));
        assert!(facts(Kind::Pat, &token).contains(&fact("project", "9")), "{token}");
    }

    fn base36_7(mut number: u32) -> String {
        let mut digits = Vec::new();
        for _ in 0..7 {
            digits.push(char::from_digit(number % 36, 36).unwrap());
            number /= 36;
        }
        digits.iter().rev().collect()
    }

    #[test]
    fn runner_token_with_another_checksum_is_no_typing_error() {
        let token = VECTOR.replace("glpat-", "glrt-t1_");
        assert_eq!(carried(Kind::Unknown, &token).unwrap().checksum, Checksum::None);
    }

    #[test]
    fn instance_prefix_is_seen_and_is_not_part_of_the_kind() {
        assert!(facts(Kind::Pat, "ACME-glpat-ExampleFakeToken0001").contains(&fact("prefix", "ACME")));
        assert!(form("not!a!prefix-glpat-ExampleFakeToken0001").is_none());
        assert!(form("ACME-GR1348941ExampleFakeToken0001").is_none());
    }

    #[test]
    fn custom_prefix_counts_only_with_a_checksum_that_fits() {
        let encoded = "AAECAwQFBgcICQoLDA0OD286MQp1OjJzCA";
        let front = format!("acme_{encoded}.01.0y");
        let token = format!("{front}{}", base36_7(crc32fast::hash(front.as_bytes())));
        assert!(facts(Kind::Pat, &token).contains(&fact("prefix", "acme_")));
        assert!(carried(Kind::Pat, &format!("{front}0000000")).is_none());
    }

    #[test]
    fn a_kind_takes_only_its_own_prefixes() {
        assert!(carried(Kind::GitCredential, "glpat-ExampleFakeToken0001").is_none());
        assert!(carried(Kind::ProjectToken, "glpat-ExampleFakeToken0001").is_some());
        assert!(carried(Kind::Pat, "gldt-ExampleFakeToken0001").is_none());
        let feed = format!("glft-{}-4242", "00c0ffee".repeat(8));
        assert!(facts(Kind::Unknown, &feed).contains(&fact("user", "4242")));
    }
}
