//! An organisation's own list: API tokens of its managed accounts, tokens of its service accounts, its API keys.
//!
//! Read with the organisation's API key, page by page. A listed token cannot be matched to a stored one by value: label and
//! date of creation have to do. Revoking takes single ids only.
//!
//! <https://developer.atlassian.com/cloud/admin/api-access/rest/>

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::admin::{Organisation, get, organisations};
use super::refusal::{Reading, read};
use super::remote::{ACCESS, Remote};
use super::revoke::revoke_one;
use super::{FACTS, JiraCloud};
use crate::domain::{Expiry, Host, Kind, RemoteList, RemoteState, RemoteToken, Validation};
use crate::hosts::atlassian::signature::message;
use crate::hosts::{Act, Authority, Inventory, Outcome, Revocation, Route};
use crate::net::{NetError, NetErrorKind, Response};
use crate::sanitize::short;

/// Lines to a page.
const PAGE: usize = 200;
/// Most pages of one list: ten thousand tokens.
const MOST_PAGES: usize = 50;
/// Longest cursor that is sent back.
const CURSOR_CAP: usize = 2_000;
/// Longest name that is taken, in characters.
const NAME_CAP: usize = 200;

/// One of the three lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Managed,
    Service,
    Key,
}

impl Sort {
    fn path(self) -> &'static str {
        match self {
            Self::Managed => "api-tokens",
            Self::Service => "service-accounts/api-tokens",
            Self::Key => "api-keys",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Managed => "API tokens of managed accounts",
            Self::Service => "tokens of service accounts",
            Self::Key => "API keys of the organisation",
        }
    }

    fn scope(self) -> &'static str {
        match self {
            Self::Managed => "read:tokens:admin",
            Self::Service => "read:service-accounts-tokens:admin",
            Self::Key => "read:keys:admin",
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Page {
    data: Vec<Line>,
    links: Links,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Links {
    next: Option<String>,
}

/// One line; the lists name the same things a little differently.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Line {
    id: String,
    label: Option<String>,
    name: Option<String>,
    status: Option<String>,
    created_at: Option<String>,
    expires_at: Option<String>,
    expiry: Option<String>,
    last_active_at: Option<String>,
    last_access: Option<String>,
    scopes: Option<Vec<String>>,
    user: Option<Person>,
    service_account: Option<Person>,
    service_account_id: Option<String>,
    created_by: Option<Person>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Person {
    id: String,
    name: Option<String>,
    email: Option<String>,
}

impl Person {
    fn words(&self) -> String {
        let named = [&self.email, &self.name].into_iter().flatten().find(|n| !n.is_empty());
        short(named.unwrap_or(&self.id), NAME_CAP)
    }
}

impl Inventory for JiraCloud {
    fn route(&self, _host: &Host, using: Option<&Authority>) -> Route {
        match using {
            Some(using) if using.kind == Some(Kind::AdminKey) => Route::AtHost(
                "GET /admin/v1/orgs and the lists below /admin/api-access/v1/orgs/ORGANISATION at the gateway, signed with \
                 the organisation's API key: tokens of managed accounts and of service accounts, and API keys"
                    .to_owned(),
            ),
            _ => Route::NeedsAuthority {
                why: "Atlassian lists tokens to an organisation only: it takes an API key of the organisation (kind \
                      admin-key), with read:tokens:admin or without scopes"
                    .to_owned(),
                password: false,
            },
        }
    }

    fn list<'a>(&'a self, act: &'a Act<'a>) -> BoxFuture<'a, Outcome<RemoteList>> {
        Box::pin(list(act))
    }

    fn revoke<'a>(&'a self, act: &'a Act<'a>, ids: &'a [String]) -> BoxFuture<'a, Vec<Revocation>> {
        Box::pin(async move {
            let mut done: Vec<Option<Revocation>> = ids.iter().map(|_| None).collect();
            // API keys last: one of them may be the key that signs.
            let is_key = |id: &str| matches!(Remote::of(id), Some(Remote::Key { .. }));
            for keys in [false, true] {
                for (id, slot) in ids.iter().zip(&mut done).filter(|(id, _)| is_key(id) == keys) {
                    *slot = Some(revoke_one(&act.wire, act.using, id).await);
                }
            }
            done.into_iter().flatten().collect()
        })
    }
}

async fn list(act: &Act<'_>) -> Outcome<RemoteList> {
    let wire = &act.wire;
    if act.using.kind != Some(Kind::AdminKey) {
        return Outcome::Unsupported(Box::new(wire.conclude(&FACTS, "authority-unfit", &[])));
    }
    let all = match organisations(wire, &act.using.secret.token).await {
        Ok(all) => all,
        Err(verdict) => return Outcome::Refused(verdict),
    };
    let mut found = RemoteList::default();
    let names: Vec<&str> =
        all.iter().map(|o| if o.name.is_empty() { o.id.as_str() } else { o.name.as_str() }).collect();
    found.of = format!("organisation {}", names.join(", "));
    let mut read_any = false;
    let mut refusal = None;
    for organisation in &all {
        for sort in [Sort::Managed, Sort::Service, Sort::Key] {
            match pages(act, organisation, sort, &mut found).await {
                Ok(()) => read_any = true,
                Err(verdict) => {
                    found.gaps.push(format!("{} are missing: {}", sort.words(), verdict.reason));
                    found.evidence.extend(verdict.evidence.iter().cloned());
                    refusal = refusal.or(Some(verdict));
                }
            }
        }
    }
    if !read_any && let Some(verdict) = refusal {
        return Outcome::Refused(verdict);
    }
    found
        .gaps
        .push("Only managed accounts are listed: those on a domain that the organisation has verified.".to_owned());
    found.evidence.extend(wire.take_evidence());
    Outcome::Done(found)
}

/// All pages of one list, up to a cap.
async fn pages(
    act: &Act<'_>,
    organisation: &Organisation,
    sort: Sort,
    found: &mut RemoteList,
) -> Result<(), Box<Validation>> {
    let wire = &act.wire;
    let base = format!("{ACCESS}/{}/{}?pageSize={PAGE}", organisation.id, sort.path());
    let (mut path, mut seen) = (base.clone(), Vec::new());
    for number in 0..MOST_PAGES {
        let answer = match get(wire, &act.using.secret.token, &path).await {
            Ok(answer) => answer,
            Err(error) if number == 0 => return Err(Box::new(wire.unreachable(&error))),
            Err(error) => {
                found.gaps.push(format!("{} are cut off after page {number}: {error}", sort.words()));
                return Ok(());
            }
        };
        let page = match page(act, &answer, sort) {
            Ok(page) => page,
            Err(verdict) if number == 0 => return Err(verdict),
            Err(verdict) => {
                found.gaps.push(format!("{} are cut off after page {number}: {}", sort.words(), verdict.reason));
                return Ok(());
            }
        };
        let strange = page.data.iter().filter(|l| l.id.is_empty()).count();
        if strange > 0 {
            found.gaps.push(format!("{strange} of the {} have no id and are left out", sort.words()));
        }
        found
            .tokens
            .extend(page.data.into_iter().filter(|l| !l.id.is_empty()).map(|l| token(act, organisation, sort, l)));
        match cursor(page.links.next.as_deref()) {
            None => return Ok(()),
            Some(next) if seen.contains(&next) => {
                found.gaps.push(format!("{} may be incomplete: the host repeats a page", sort.words()));
                return Ok(());
            }
            Some(next) => {
                path = format!("{base}&cursor={}", utf8_percent_encode(&next, NON_ALPHANUMERIC));
                seen.push(next);
            }
        }
    }
    found.gaps.push(format!("{} are cut off after {MOST_PAGES} pages", sort.words()));
    Ok(())
}

fn page(act: &Act<'_>, answer: &Response, sort: Sort) -> Result<Page, Box<Validation>> {
    let wire = &act.wire;
    let said = message(answer).unwrap_or_else(|| "nothing".to_owned());
    let conclude =
        |name: &str| Err(Box::new(wire.conclude(&FACTS, name, &[("scope", sort.scope()), ("message", &said)])));
    match read(wire, answer) {
        Reading::Fine => {}
        Reading::Verdict(verdict) => return Err(verdict),
        Reading::Forbidden | Reading::ScopeMissing => return conclude("list-not-permitted"),
        Reading::Refused => return conclude("admin-key-refused"),
        Reading::Absent => return conclude("list-absent"),
    }
    match answer.parse() {
        Some(page) => Ok(page),
        None => {
            let error = NetError::new(NetErrorKind::Other, sort.path(), "the list cannot be read");
            Err(Box::new(wire.unreachable(&error)))
        }
    }
}

/// The next cursor. The vendor's examples give the cursor itself; where it is a link, only its cursor is taken.
fn cursor(next: Option<&str>) -> Option<String> {
    let next = next?.trim();
    let text = match next.split_once("cursor=") {
        Some((_, rest)) => {
            let raw = rest.split(['&', '#']).next().unwrap_or("");
            percent_encoding::percent_decode_str(raw).decode_utf8().ok()?.into_owned()
        }
        None if next.contains("://") => return None,
        None => next.to_owned(),
    };
    (!text.is_empty() && text.len() <= CURSOR_CAP && !text.contains(char::is_control)).then_some(text)
}

fn token(act: &Act<'_>, organisation: &Organisation, sort: Sort, line: Line) -> RemoteToken {
    let moment = |text: &Option<String>| text.as_deref().and_then(|t| t.parse::<Timestamp>().ok());
    let end = moment(&line.expires_at).or_else(|| moment(&line.expiry));
    let person = line.service_account.as_ref().or(line.user.as_ref());
    let account = line.service_account_id.as_deref().or(person.map(|p| p.id.as_str())).unwrap_or("");
    let remote = match sort {
        Sort::Managed => Remote::Managed { account, token: &line.id },
        Sort::Service => Remote::Service { account, token: &line.id },
        Sort::Key => Remote::Key { organisation: &organisation.id, key: &line.id },
    };
    let mut notes = Vec::new();
    let id = remote.id().unwrap_or_else(|| {
        notes.push(
            "cannot be revoked from here: its id or its account is not told in a form that can be sent".to_owned(),
        );
        short(&line.id, NAME_CAP)
    });
    let blocked = line.status.as_deref().is_some_and(|s| s.eq_ignore_ascii_case("BLOCKED"));
    if blocked {
        notes.push("blocked by a policy of the organisation".to_owned());
    }
    match sort {
        Sort::Managed => {}
        Sort::Service => notes.push(
            "cannot be revoked alone by API: Atlassian Administration, Directory, Service accounts, the account"
                .to_owned(),
        ),
        Sort::Key => notes.push("an API key of the organisation; revoking the key that signs ends the list".to_owned()),
    }
    let owner = match sort {
        Sort::Key => line.created_by.as_ref().map_or_else(|| organisation.name.clone(), Person::words),
        _ => person.map(Person::words).unwrap_or_default(),
    };
    let kind = match sort {
        // With or without scopes: the list does not tell.
        Sort::Managed => None,
        Sort::Service => Some(Kind::ServiceAccountToken),
        Sort::Key => Some(Kind::AdminKey),
    };
    RemoteToken {
        id: act.wire.mask(&id),
        name: act.wire.mask(&short(line.label.or(line.name).unwrap_or_default().trim(), NAME_CAP)),
        kind,
        owner: act.wire.mask(&owner),
        grants: line.scopes.unwrap_or_default().iter().take(200).map(|s| short(s, NAME_CAP)).collect(),
        created_at: moment(&line.created_at),
        last_used: moment(&line.last_active_at).or_else(|| moment(&line.last_access)),
        expiry: end.map_or(Expiry::Unknown, Expiry::At),
        state: match end {
            Some(end) if end <= act.wire.now() => RemoteState::Expired,
            _ if blocked => RemoteState::Inactive,
            _ => RemoteState::Active,
        },
        tail: None,
        notes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cursor_of_a_link_is_taken() {
        for (next, expected) in [
            (Some("c1"), Some("c1")),
            (Some("/admin/x?cursor=a%2Fb&pageSize=9"), Some("a/b")),
            (Some("https://evil.example/x?cursor=c2"), Some("c2")),
            (Some("https://evil.example/x"), None),
            (Some(""), None),
            (None, None),
        ] {
            assert_eq!(cursor(next).as_deref(), expected, "{next:?}");
        }
        assert_eq!(cursor(Some(&"x".repeat(5_000))), None);
    }
}
