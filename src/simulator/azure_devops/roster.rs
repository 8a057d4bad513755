//! What the demo rack holds: every verdict that the family can give, the most telling first.

use jiff::Timestamp;

use super::super::SimCredential;
use super::tokens::{Dead, Fate, GLOBAL_END, Token, USERS, User, days_from_midnight};
use super::{Edition, forms};
use crate::domain::{Kind, Verdict};

/// A token that is there from the beginning.
struct Seed {
    label: &'static str,
    user: usize,
    scope: &'static str,
    /// Days until its end.
    ends: i64,
    fate: Fate,
    /// The form of 52 characters instead of 84.
    old: bool,
    tag: &'static str,
    note: &'static str,
    expect: Verdict,
}

const fn seed(label: &'static str, user: usize, scope: &'static str, tag: &'static str, note: &'static str) -> Seed {
    Seed { label, user, scope, ends: 120, fate: Fate::Alive, old: false, tag, note, expect: Verdict::Valid }
}

const fn dead(label: &'static str, how: Dead, expect: Verdict, note: &'static str) -> Seed {
    Seed { fate: Fate::Dead(how), expect, ..seed(label, 1, "vso.code", "old", note) }
}

const GLOBAL: &str = "azure-global";

const SERVICES: &[Seed] = &[
    seed(GLOBAL, 1, "vso.code_write", "jira", "made for all accessible organizations"),
    seed("azure-build", 2, "vso.code_write vso.build_execute", "ci", "Code (Read & write), Build (Read & execute)"),
    Seed { old: true, ..seed("azure-read", 1, "vso.code", "read", "Code (Read), in the older form") },
    seed("azure-boards", 1, "vso.work_write", "boards", "no scope for code"),
    Seed {
        ends: -3,
        expect: Verdict::Expired,
        ..seed("azure-expired", 1, "vso.code_write", "old", "its year is over")
    },
    dead("azure-revoked", Dead::Page, Verdict::Rejected, "revoked at the host: the sign-in page, with status 203"),
    dead("azure-fabrikam", Dead::Redirect, Verdict::Rejected, "made in the organization fabrikam"),
    dead("azure-laptop", Dead::ConditionalAccess, Verdict::Blocked, "used from outside the company's network"),
    Seed {
        fate: Fate::Inactive,
        expect: Verdict::Blocked,
        ..seed("azure-leaver", 1, "vso.code", "old", "its user left the tenant")
    },
    dead("azure-outsider", Dead::Permission, Verdict::Limited, "its user may not see the project"),
    Seed {
        fate: Fate::Narrow,
        ..seed("azure-narrow", 1, "vso.code", "read", "connectionData refuses it, the rest does not")
    },
    dead("azure-busy", Dead::Throttled, Verdict::Unreachable, "throttled at this moment"),
    dead("azure-stranger", Dead::Nobody, Verdict::Rejected, "its user is not in the organization"),
];

const SERVER: &[Seed] = &[
    Seed { old: true, ..seed("tfs-build", 2, "vso.code_write vso.build", "ci", "Code (read and write)") },
    Seed {
        old: true,
        ..seed("tfs-admin", 0, "vso.tokenadministration vso.graph", "admin", "lists and revokes everybody's tokens")
    },
    Seed { old: true, ends: -10, expect: Verdict::Expired, ..seed("tfs-expired", 1, "vso.code", "old", "expired") },
    Seed { old: true, ..dead("tfs-deleted", Dead::Page, Verdict::Rejected, "revoked at the host") },
    Seed {
        old: true,
        ..dead(
            "tfs-anonymous",
            Dead::Anonymous,
            Verdict::Rejected,
            "the host answers everybody, with the anonymous user",
        )
    },
    Seed { old: true, ..dead("tfs-iis", Dead::Iis, Verdict::Unreachable, "IIS Basic Authentication takes the header") },
];

fn seeds(edition: Edition) -> &'static [Seed] {
    match edition {
        Edition::Services => SERVICES,
        Edition::Server => SERVER,
    }
}

fn secret(seed: &Seed) -> String {
    if seed.old {
        forms::short(seed.label)
    } else {
        let tag: String = seed.label.chars().filter(char::is_ascii_alphanumeric).collect();
        forms::long(&tag)
    }
}

fn user(n: usize) -> &'static User {
    USERS.get(n).unwrap_or(&USERS[0])
}

/// The tokens of the site that were there from the beginning.
pub(super) fn tokens(edition: Edition, now: Timestamp) -> Vec<Token> {
    seeds(edition)
        .iter()
        .enumerate()
        .map(|(n, seed)| Token {
            id: format!("cccc3333-0000-4000-8000-{:012}", n + 1),
            user: user(seed.user),
            name: seed.label.to_owned(),
            scope: seed.scope.to_owned(),
            secret: secret(seed),
            global: seed.label == GLOBAL,
            fate: seed.fate,
            valid_from: days_from_midnight(now, seed.ends - 240),
            valid_to: days_from_midnight(now, seed.ends),
        })
        .collect()
}

/// What the demo rack holds.
pub(super) fn roster(edition: Edition, now: Timestamp) -> Vec<SimCredential> {
    let word = match edition {
        Edition::Services => "azure",
        Edition::Server => "tfs",
    };
    let retired = GLOBAL_END.parse::<Timestamp>().is_ok_and(|end| now >= end);
    let mut all: Vec<SimCredential> = seeds(edition)
        .iter()
        .map(|seed| SimCredential {
            label: seed.label.to_owned(),
            kind: Kind::Pat,
            username: None,
            secret: secret(seed),
            tags: vec![word.to_owned(), seed.tag.to_owned()],
            note: seed.note.to_owned(),
            expect: if retired && seed.label == GLOBAL { Verdict::Rejected } else { seed.expect },
        })
        .collect();
    if edition == Edition::Services {
        let hour = now.as_second() - now.as_second().rem_euclid(3600);
        let entra = |label: &str, n: usize, ends: i64, note: &str, expect: Verdict| SimCredential {
            label: label.to_owned(),
            kind: Kind::EntraToken,
            username: Some(user(n).login.to_owned()),
            secret: forms::entra(user(n).login, ends),
            tags: vec![word.to_owned(), "entra".to_owned()],
            note: note.to_owned(),
            expect,
        };
        let later = hour + 2 * 3600;
        let admin = "an administrator's: creates, lists and revokes";
        all.insert(1, entra("azure-entra-admin", 0, later, admin, Verdict::Valid));
        all.insert(2, entra("azure-entra", 1, later, "creates, lists and revokes dana's tokens", Verdict::Valid));
        all.push(entra("azure-entra-old", 1, hour - 3600, "its hour is over", Verdict::Expired));
        all.push(entra("azure-entra-build", 2, later, "its user may not create tokens", Verdict::Valid));
    }
    all
}

/// The `n`th further token.
pub(super) fn spare(edition: Edition, n: usize) -> SimCredential {
    let (word, mark) = match edition {
        Edition::Services => ("azure", "SPAREx"),
        Edition::Server => ("tfs", "SPAREy"),
    };
    SimCredential {
        label: format!("{word}-spare-{n}"),
        kind: Kind::Pat,
        username: None,
        secret: forms::long(&format!("{mark}{n:07}x")),
        tags: vec![word.to_owned()],
        note: String::new(),
        expect: Verdict::Valid,
    }
}

/// The token behind a spare secret.
pub(super) fn spare_token(edition: Edition, secret: &str, now: Timestamp) -> Option<Token> {
    let digits = secret.strip_prefix("KEYRACKxFAKExSPARE")?.get(1..8)?;
    let n: usize = digits.parse().ok()?;
    (spare(edition, n).secret == secret).then(|| Token {
        id: format!("cccc3333-0000-4000-8000-{:012}", 1_000_000 + n),
        user: user(2),
        name: format!("spare-{n}"),
        scope: "vso.code_write".to_owned(),
        secret: secret.to_owned(),
        global: false,
        fate: Fate::Alive,
        valid_from: days_from_midnight(now, -30),
        valid_to: days_from_midnight(now, 335),
    })
}
