//! The tokens that exist from the beginning, and what the demo rack holds of them. Secrets are the hexadecimal form of a
//! text that says that they are fake.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::SimCredential;
use super::oauth::{WITHDRAWN, oauth_token};
use super::token::Token;
use crate::domain::{Kind, Verdict};

/// Numbers of spare tokens begin here.
pub(super) const FIRST_SPARE: u64 = 1_000_000;
const SPARES: u64 = 1_000_000;

/// 40 hexadecimal digits: `KEYRACK-FAKE-` and seven characters.
pub(super) fn secret(end: &str) -> String {
    format!("KEYRACK-FAKE-{end:0>7}").bytes().map(|b| format!("{b:02x}")).collect()
}

/// Label, owner, end of the secret, scopes, tag, note, verdict. The first of a list are the most telling.
type Line = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str, &'static str, Verdict);

const FORGEJO: &[Line] = &[
    ("forge-laptop", "mara", "F000001", &["write:repository", "write:issue", "read:user"], "dev", "", Verdict::Valid),
    (
        "forge-ci",
        "acme-bot",
        "F000002",
        &["write:repository"],
        "ci",
        "without read:user: nobody sees whose it is",
        Verdict::Valid,
    ),
    (
        "forge-site-only",
        "mara",
        "F000003",
        &["write:repository", "read:issue"],
        "ci",
        "for mara/site alone",
        Verdict::Valid,
    ),
    ("forge-admin", "root-admin", "F000004", &["write:admin", "read:user"], "admin", "", Verdict::Valid),
    (
        "forge-public",
        "hidden",
        "F000005",
        &["read:user", "public-only"],
        "dev",
        "for public things only",
        Verdict::Limited,
    ),
    ("forge-old", "mara", "F000006", &[], "old", "deleted at the host, which quotes it", Verdict::Rejected),
    ("forge-locked", "locked", "F000007", &["read:user"], "old", "its account may not sign in", Verdict::Blocked),
    (
        "forge-second-factor",
        "unfactored",
        "F000008",
        &["read:user"],
        "dev",
        "the host demands a second factor",
        Verdict::Blocked,
    ),
    ("forge-busy", "busy", "F000009", &["read:user"], "ci", "a proxy limits requests", Verdict::Unreachable),
    ("forge-wall", "walled", "F000010", &["read:user"], "ci", "behind a wall against bots", Verdict::Unreachable),
];

const GITEA: &[Line] = &[
    (
        "gitea-laptop",
        "mara",
        "G000001",
        &["write:repository", "write:user"],
        "dev",
        "can delete itself",
        Verdict::Valid,
    ),
    (
        "gitea-ci",
        "acme-bot",
        "G000002",
        &["read:repository"],
        "ci",
        "tells everything without read:user",
        Verdict::Valid,
    ),
    ("gitea-codes", "coda", "G000003", &["read:user"], "dev", "its account has one-time codes", Verdict::Valid),
    ("gitea-key", "kiki", "G000004", &["read:user"], "dev", "its account has a security key", Verdict::Valid),
    ("gitea-before-scopes", "mara", "G000005", &[], "old", "made before scopes came", Verdict::Limited),
    ("gitea-old", "mara", "G000006", &[], "old", "deleted at the host", Verdict::Rejected),
    ("gitea-newcomer", "newcomer", "G000007", &["read:user"], "dev", "its account is not activated", Verdict::Blocked),
    (
        "gitea-stale",
        "stale",
        "G000008",
        &["read:user"],
        "old",
        "its account must change the password",
        Verdict::Blocked,
    ),
];

fn lines(forgejo: bool) -> &'static [Line] {
    if forgejo { FORGEJO } else { GITEA }
}

/// What exists at the host; what the roster has and the host rejects is not among it.
pub(super) fn tokens(forgejo: bool) -> Vec<Token> {
    lines(forgejo)
        .iter()
        .zip(41..)
        .filter(|((.., verdict), _)| *verdict != Verdict::Rejected)
        .map(|((label, owner, end, scopes, ..), id)| {
            let mut token = Token::new(id, owner, label, secret(end), scopes);
            if *label == "forge-site-only" {
                token.repositories = Some(vec![("mara".to_owned(), "site".to_owned())]);
            }
            token
        })
        .collect()
}

/// The spare token of that text, if it is one.
pub(super) fn spare_token(forgejo: bool, text: &str) -> Option<Token> {
    let digits = text.get(28..).filter(|_| text.len() == 40)?;
    let number = digits.as_bytes().chunks(2).try_fold(0_u64, |number, pair| match pair {
        [b'3', digit @ b'0'..=b'9'] => Some(number * 10 + u64::from(digit - b'0')),
        _ => None,
    })?;
    (spare_secret(forgejo, number) == text).then(|| {
        Token::new(FIRST_SPARE + number, "acme-bot", "spare", text.to_owned(), &["read:repository", "read:user"])
    })
}

fn spare_secret(forgejo: bool, number: u64) -> String {
    secret(&format!("{}{:06}", if forgejo { 'S' } else { 'T' }, number % SPARES))
}

/// What the demo rack holds.
pub(super) fn roster(forgejo: bool, now: Timestamp) -> Vec<SimCredential> {
    let family = if forgejo { "forgejo" } else { "gitea" };
    let held = |label: &str, kind, username: &str, secret, tag: &str, note: &str, expect| SimCredential {
        label: label.to_owned(),
        kind,
        username: Some(username.to_owned()),
        secret,
        tags: vec![family.to_owned(), tag.to_owned()],
        note: note.to_owned(),
        expect,
    };
    let mut all: Vec<SimCredential> = lines(forgejo)
        .iter()
        .map(|(label, owner, end, _, tag, note, expect)| held(label, Kind::Pat, owner, secret(end), tag, note, *expect))
        .collect();
    if forgejo {
        // Whole days, so that they are the same all day.
        let midnight = now.to_zoned(TimeZone::UTC).start_of_day().map_or(now, |day| day.timestamp());
        let at = |days: i64| midnight.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(midnight);
        let gone = oauth_token(WITHDRAWN, at(30));
        all.push(held("forge-oauth", Kind::OauthToken, "mara", oauth_token(7, at(30)), "app", "", Verdict::Valid));
        all.push(held(
            "forge-oauth-ended",
            Kind::OauthToken,
            "mara",
            oauth_token(7, at(-1)),
            "app",
            "",
            Verdict::Expired,
        ));
        all.push(held("forge-oauth-withdrawn", Kind::OauthToken, "mara", gone, "app", "", Verdict::Revoked));
    }
    all
}

/// The `n`th further token.
pub(super) fn spare(forgejo: bool, n: usize) -> SimCredential {
    let family = if forgejo { "forgejo" } else { "gitea" };
    SimCredential {
        label: format!("{family}-spare-{n}"),
        kind: Kind::Pat,
        username: Some("acme-bot".to_owned()),
        secret: spare_secret(forgejo, u64::try_from(n).unwrap_or(0)),
        tags: vec![family.to_owned()],
        note: String::new(),
        expect: Verdict::Valid,
    }
}
