//! Which line of a host's list is which credential of the rack.

use jiff::{SignedDuration, Timestamp};

use super::rank;
use crate::domain::{
    Absent, Credential, Host, InventoryLine, InventoryReport, MatchedBy, OnRack, RemoteList, RemoteState, RemoteToken,
    SecretState, Validation,
};
use crate::error::Result;
use crate::ops::Core;

/// A credential of the rack used at the host, and what its host told of it last.
struct Known {
    credential: Credential,
    facts: Option<Validation>,
}

impl Core {
    pub(super) fn match_list(&self, host: &Host, list: RemoteList) -> Result<InventoryReport> {
        let known: Vec<Known> = self
            .rack
            .credentials()?
            .into_iter()
            .filter(|c| c.bindings.iter().any(|b| b.host == host.id))
            .map(|credential| Known { facts: self.remote_facts(&credential.id, host), credential })
            .collect();
        let RemoteList { tokens, of, gaps, evidence } = list;
        let pairs = pair(&tokens, &known);
        let absent = absent(&known, &pairs, &tokens, &of, &gaps);
        let mut lines: Vec<InventoryLine> = tokens
            .into_iter()
            .zip(&pairs)
            .map(|(token, pair)| InventoryLine {
                token,
                on_rack: pair.map(|(at, by)| {
                    let credential = &known[at].credential;
                    let (id, label) = (credential.id.clone(), credential.label.clone());
                    OnRack { credential: id, label, by, secret: credential.secret }
                }),
            })
            .collect();
        lines.sort_by_cached_key(rank);
        Ok(InventoryReport { host: host.name.clone(), of, at: self.clock.now(), lines, absent, gaps, evidence })
    }
}

/// For each line the credential that it is. The surest way goes first; one credential is one line at most.
fn pair(tokens: &[RemoteToken], known: &[Known]) -> Vec<Option<(usize, MatchedBy)>> {
    let mut pairs: Vec<Option<(usize, MatchedBy)>> = vec![None; tokens.len()];
    let mut taken = vec![false; known.len()];
    for by in [MatchedBy::RemoteId, MatchedBy::Username, MatchedBy::TailAndName, MatchedBy::NameAndDate] {
        for (line, token) in tokens.iter().enumerate() {
            if pairs[line].is_some() {
                continue;
            }
            let fits = |at: &usize| !taken[*at] && is(by, token, &known[*at]);
            let found: Vec<usize> = (0..known.len()).filter(fits).collect();
            // What also fits another line proves nothing.
            let alone = |at: usize| {
                by == MatchedBy::RemoteId
                    || tokens.iter().zip(&pairs).filter(|(t, p)| p.is_none() && is(by, t, &known[at])).count() == 1
            };
            if let [one] = found[..]
                && alone(one)
            {
                taken[one] = true;
                pairs[line] = Some((one, by));
            }
        }
    }
    pairs
}

fn is(by: MatchedBy, token: &RemoteToken, known: &Known) -> bool {
    let credential = &known.credential;
    let facts = known.facts.as_ref();
    let named = || {
        !token.name.is_empty()
            && (facts.and_then(|f| f.remote_name.as_deref()) == Some(&token.name) || credential.label == token.name)
    };
    match by {
        MatchedBy::RemoteId => facts.and_then(|f| f.remote_id.as_deref()) == Some(&token.id),
        MatchedBy::Username => {
            credential.username.as_deref().is_some_and(|u| u == token.id || (u == token.name && u != token.owner))
        }
        MatchedBy::TailAndName => named() && token.tail.as_deref().is_some_and(|t| has_tail(&credential.hint, t)),
        MatchedBy::NameAndDate => {
            let day = SignedDuration::from_hours(24);
            let near = |a: Timestamp, b: Timestamp| a.duration_since(b).abs() <= day;
            let other_id = facts.is_some_and(|f| f.remote_id.is_some());
            let other_tail = token.tail.as_deref().is_some_and(|t| !has_tail(&credential.hint, t));
            let made = facts.and_then(|f| f.created_at).unwrap_or(credential.added_at);
            !other_id && !other_tail && named() && token.created_at.is_some_and(|at| near(at, made))
        }
    }
}

/// Whether a hint (`ghp_…Stgq`) ends like a secret of which the host shows `tail`.
fn has_tail(hint: &str, tail: &str) -> bool {
    let shown = hint.rsplit('…').next().unwrap_or("");
    let tail = tail.trim_start_matches(['*', '.', '…']);
    shown.len() >= 4 && tail.len() >= 3 && (shown.ends_with(tail) || tail.ends_with(shown))
}

/// Credentials of the rack that the list lacks. Surely gone only where the list is whole and of their own account.
fn absent(
    known: &[Known],
    pairs: &[Option<(usize, MatchedBy)>],
    tokens: &[RemoteToken],
    of: &str,
    gaps: &[String],
) -> Vec<Absent> {
    let covers = |account: &str| {
        !account.is_empty()
            && (account.eq_ignore_ascii_case(of) || tokens.iter().any(|t| t.owner.eq_ignore_ascii_case(account)))
    };
    let listed = |at: usize| pairs.iter().flatten().any(|(one, _)| *one == at);
    let mut absent = Vec::new();
    for (at, one) in known.iter().enumerate() {
        if listed(at) || one.credential.secret == SecretState::Destroyed {
            continue;
        }
        let facts = one.facts.as_ref();
        let own = facts.and_then(|f| f.identity.as_ref()).is_some_and(|i| covers(&i.login) || covers(&i.id));
        let told = facts.is_some_and(|f| f.remote_id.is_some()) || one.credential.username.is_some() && own;
        let (gone, why) = match (own, told, gaps.is_empty()) {
            (true, true, true) => (true, "the host's list is whole and does not have it: it is gone there".to_owned()),
            (true, _, false) => (false, "not in the list, which is not whole".to_owned()),
            (true, false, true) => (
                false,
                "not found in the list: the host never told the id of this one, so it may be among the strangers"
                    .to_owned(),
            ),
            (false, ..) => {
                (false, "not in this list: it may belong to an account that the list does not cover".to_owned())
            }
        };
        let (credential, label) = (one.credential.id.clone(), one.credential.label.clone());
        absent.push(Absent { credential, label, gone, why });
    }
    absent
}

/// Whether a line can be revoked at all.
pub(super) fn is_over(token: &RemoteToken) -> bool {
    matches!(token.state, RemoteState::Revoked | RemoteState::Expired)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CredentialId, Expiry, FamilyId, Kind, StoreKind, Verdict};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn known(label: &str, remote_id: Option<&str>, hint: &str) -> Known {
        let made = at("2026-11-20T00:00:00Z");
        let facts = remote_id.map(|id| {
            let mut facts = Validation::new(Verdict::Valid, "", made);
            facts.remote_id = Some(id.into());
            facts
        });
        let credential = Credential {
            id: CredentialId(label.into()),
            label: label.into(),
            family: FamilyId::new("gitlab"),
            kind: Kind::Pat,
            username: None,
            owner: None,
            expiry: Expiry::Unknown,
            expiry_by_user: false,
            added_at: made,
            tags: Vec::new(),
            note: String::new(),
            profiles: Vec::new(),
            bindings: Vec::new(),
            store: StoreKind::Memory,
            secret: SecretState::Present,
            hint: hint.into(),
            fingerprint: label.into(),
        };
        Known { credential, facts }
    }

    fn line(id: &str, name: &str, made: &str, tail: Option<&str>) -> RemoteToken {
        RemoteToken {
            id: id.into(),
            name: name.into(),
            kind: None,
            owner: String::new(),
            grants: Vec::new(),
            created_at: Some(at(made)),
            last_used: None,
            expiry: Expiry::Unknown,
            state: RemoteState::Active,
            tail: tail.map(Into::into),
            notes: Vec::new(),
        }
    }

    #[test]
    fn the_surest_way_goes_first_and_what_fits_twice_proves_nothing() {
        let known = [known("ci", Some("7"), "…aaaa"), known("bot", None, "…bbbb"), known("old", None, "…cccc")];
        let today = "2026-11-20T09:00:00Z";
        let lines = [
            line("7", "ci", today, None),
            line("8", "bot", today, Some("bbbb")),
            line("9", "old", today, None),
            line("10", "old", today, None),
            line("11", "ci", today, None),
        ];
        let pairs = pair(&lines, &known);
        assert_eq!(pairs, [Some((0, MatchedBy::RemoteId)), Some((1, MatchedBy::TailAndName)), None, None, None]);
    }

    #[test]
    fn a_name_and_a_day_are_likely_and_another_ending_is_another_token() {
        let known = [known("ci", None, "…aaaa")];
        let likely = |l: RemoteToken| pair(&[l], &known)[0];
        assert_eq!(likely(line("1", "ci", "2026-11-20T09:00:00Z", None)), Some((0, MatchedBy::NameAndDate)));
        assert_eq!(likely(line("1", "ci", "2026-10-20T09:00:00Z", None)), None);
        assert_eq!(likely(line("1", "ci", "2026-11-20T09:00:00Z", Some("zzzz"))), None);
    }

    #[test]
    fn gone_only_where_the_list_is_whole_and_of_its_account() {
        let mut one = known("ci", Some("7"), "");
        one.facts.as_mut().unwrap().identity = Some(crate::domain::Identity {
            id: "5".into(),
            login: "ana".into(),
            name: String::new(),
            kind: "user".into(),
        });
        let gone = |of: &str, gaps: &[String]| absent(std::slice::from_ref(&one), &[], &[], of, gaps)[0].gone;
        assert!(gone("ana", &[]));
        assert!(!gone("bob", &[]));
        assert!(!gone("ana", &["page 11 was not read".into()]));
    }
}
