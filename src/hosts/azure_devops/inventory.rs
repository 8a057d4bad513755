//! The host's own list: the signer's tokens by the token API, everybody's where the signer administers.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::address::{Place, name_of};
use super::admin::{self, Member};
use super::answers::{Act as Doing, Asked, cap, conclude, conclude_with, refusal};
use super::caller::{NoUser, User, who};
use super::pats::{self, Trouble};
use super::send::{Reader, Signer};
use super::{AzureDevOps, WEB, global, is_guid, revoke};
use crate::domain::{Expiry, Host, Kind, RemoteList, RemoteState, RemoteToken};
use crate::hosts::{Act, Authority, Inventory, Outcome, Revocation, Route};

/// Most users whose tokens are asked for, one request each at least.
const MEMBERS: usize = 500;

impl Inventory for AzureDevOps {
    fn route(&self, host: &Host, using: Option<&Authority>) -> Route {
        let organization = name_of(&host.url);
        match (Place::of(host), using.and_then(|u| u.kind)) {
            (Place::Services, Some(Kind::EntraToken)) => Route::AtHost(format!(
                "GET _apis/tokens/pats lists the signer's own tokens in {organization}; where the signer administers it, \
                 GET _apis/tokenadmin lists everybody's"
            )),
            (_, Some(Kind::Pat)) => Route::AtHost(format!(
                "GET _apis/tokenadmin lists the tokens of every user of {organization}; it takes an administrator's token \
                 with vso.tokenadministration"
            )),
            (Place::Services, _) => Route::NeedsAuthority {
                why: "a Microsoft Entra token lists its user's tokens, and an administrator's everybody's; a personal access \
                      token lists only with vso.tokenadministration"
                    .to_owned(),
                password: false,
            },
            (Place::Server, _) => Route::NeedsAuthority {
                why: "an administrator's personal access token with vso.tokenadministration lists them (Azure DevOps Server \
                      2019 and later; Team Foundation Server has no such list)"
                    .to_owned(),
                password: false,
            },
        }
    }

    fn list<'a>(&'a self, act: &'a Act<'a>) -> BoxFuture<'a, Outcome<RemoteList>> {
        Box::pin(list(act))
    }

    fn revoke<'a>(&'a self, act: &'a Act<'a>, ids: &'a [String]) -> BoxFuture<'a, Vec<Revocation>> {
        Box::pin(revoke_all(act, ids))
    }
}

async fn list(act: &Act<'_>) -> Outcome<RemoteList> {
    let wire = &act.wire;
    let asked = Asked { wire, act: Doing::Itself, place: Place::of(act.host) };
    let kind = act.using.kind.unwrap_or(Kind::Unknown);
    let mut reader = Reader::new(wire, Signer::of(kind, &act.using.secret.token), asked.place);
    let user = match who(&reader).await {
        Ok(user) => user,
        Err(NoUser::Lost(error)) => return Outcome::Unknown(error),
        Err(NoUser::Refused(answer, name)) => {
            let found = match name {
                Some(name) => conclude(&asked, &answer, name),
                None => refusal(&asked, &answer).unwrap_or_else(|| conclude(&asked, &answer, "not-azure-devops")),
            };
            return Outcome::Refused(Box::new(found));
        }
    };
    let mut found = RemoteList::default();
    let own = kind == Kind::EntraToken && asked.place == Place::Services;
    if own && let Err(trouble) = own_tokens(&asked, &reader, &user, &mut found).await {
        return trouble_of(trouble);
    }
    match everybody(&asked, &mut reader, &user, own, &mut found).await {
        Ok(()) => {}
        Err(trouble) if !own => return trouble_of(trouble),
        Err(trouble) => {
            keep_evidence(&mut found, trouble);
            found.gaps.push(format!(
                "Only the tokens of {} are here: those of others are shown to Project Collection Administrators.",
                cap(user.login())
            ));
        }
    }
    let place = cap(&name_of(&wire.url(WEB, "")));
    found.of = if own { format!("{} at {place}", cap(user.login())) } else { place };
    found.evidence.extend(wire.take_evidence());
    Outcome::Done(found)
}

/// A refusal took along what was noted before it.
fn keep_evidence(found: &mut RemoteList, trouble: Trouble) {
    if let Trouble::Refused(validation) = trouble {
        found.evidence.extend(validation.evidence);
    }
}

fn trouble_of(trouble: Trouble) -> Outcome<RemoteList> {
    match trouble {
        Trouble::Lost(error) => Outcome::Unknown(error),
        Trouble::Refused(found) if found.findings.iter().any(|f| f.code.ends_with(".no-token-api")) => {
            Outcome::Unsupported(found)
        }
        Trouble::Refused(found) => Outcome::Refused(found),
    }
}

/// The signer's own, state by state, since a line does not tell its state.
async fn own_tokens(
    asked: &Asked<'_>,
    reader: &Reader<'_>,
    user: &User,
    found: &mut RemoteList,
) -> Result<(), Trouble> {
    let asked = pats::asked(asked);
    let now = asked.wire.now();
    for (filter, state) in
        [("active", RemoteState::Active), ("expired", RemoteState::Expired), ("revoked", RemoteState::Revoked)]
    {
        let (tokens, more) = pats::list(&asked, reader.signer, filter).await?;
        if more {
            found.gaps.push(format!("There are more {filter} tokens than keyrack reads."));
        }
        for pat in tokens {
            let mut line = RemoteToken {
                id: cap(&pat.authorization_id),
                name: cap(&pat.display_name),
                owner: cap(user.login()),
                grants: pat.scope.split_whitespace().map(cap).collect(),
                created_at: pat.valid_from,
                expiry: pat.valid_to.map_or(Expiry::Unknown, Expiry::At),
                ..blank(state)
            };
            annotate(&mut line, pat.is_global(), now);
            push(found, line);
        }
    }
    Ok(())
}

/// Everybody's. The signer is asked for first: a refusal there is the signer's own, and ends it.
async fn everybody(
    asked: &Asked<'_>,
    reader: &mut Reader<'_>,
    user: &User,
    own_listed: bool,
    found: &mut RemoteList,
) -> Result<(), Trouble> {
    let asked = admin::asked(asked);
    let me = user.subject_descriptor.as_deref().filter(|d| !d.is_empty());
    if let Some(me) = me {
        let (tokens, more) = admin::list(&asked, reader, me).await.map_err(|t| no_such_api(&asked, t))?;
        add(found, tokens, &cap(user.login()), more, asked.wire.now());
    }
    let (members, more) = match admin::members(&asked, reader).await {
        Ok(members) => members,
        Err(trouble) if me.is_none() => return Err(no_such_api(&asked, trouble)),
        Err(trouble) => {
            keep_evidence(found, trouble);
            let whose = if own_listed { "" } else { "Only the signer's own tokens are here. " };
            found
                .gaps
                .push(format!("{whose}The list of users could not be read, so nobody else's tokens were asked for."));
            return Ok(());
        }
    };
    if more || members.len() > MEMBERS {
        found.gaps.push("There are more users than keyrack asks for.".to_owned());
    }
    for member in members.iter().take(MEMBERS).filter(|m| m.key().is_some() && m.key() != me) {
        match admin::list(&asked, reader, member.key().unwrap_or("")).await {
            Ok((tokens, more)) => add(found, tokens, &member.name(), more, asked.wire.now()),
            Err(trouble) => missing(found, member, trouble),
        }
    }
    Ok(())
}

/// A product without the API answers 404 where it would be.
fn no_such_api(asked: &Asked<'_>, trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Refused(found)
            if found.findings.iter().any(|f| f.code.ends_with(".wrong-path") || f.code.ends_with(".no-such-place")) =>
        {
            let mut none = conclude_with(asked, "no-token-api", &[]);
            none.evidence = found.evidence;
            Trouble::Refused(Box::new(none))
        }
        other => other,
    }
}

fn missing(found: &mut RemoteList, member: &Member, trouble: Trouble) {
    let why = match &trouble {
        Trouble::Lost(error) => error.to_string(),
        Trouble::Refused(validation) => validation.reason.clone(),
    };
    found.gaps.push(format!("The tokens of {} are missing: {why}.", member.name()));
    keep_evidence(found, trouble);
}

fn add(found: &mut RemoteList, tokens: Vec<admin::Token>, owner: &str, more: bool, now: Timestamp) {
    if more {
        found.gaps.push(format!("{owner} has more tokens than keyrack reads."));
    }
    for token in tokens {
        let ended = token.valid_to.is_some_and(|at| at <= now);
        let state = match token.is_valid {
            _ if ended => RemoteState::Expired,
            Some(false) => RemoteState::Revoked,
            _ => RemoteState::Active,
        };
        let mut line = RemoteToken {
            id: cap(&token.authorization_id),
            name: cap(&token.display_name),
            owner: owner.to_owned(),
            grants: token.scope.iter().flat_map(|s| s.split_whitespace()).map(cap).collect(),
            created_at: token.valid_from,
            expiry: token.valid_to.map_or(Expiry::Unknown, Expiry::At),
            ..blank(state)
        };
        annotate(&mut line, token.is_global(), now);
        push(found, line);
    }
}

fn push(found: &mut RemoteList, line: RemoteToken) {
    if found.tokens.iter().all(|t| t.id != line.id) {
        found.tokens.push(line);
    }
}

fn blank(state: RemoteState) -> RemoteToken {
    RemoteToken {
        id: String::new(),
        name: String::new(),
        kind: Some(Kind::Pat),
        owner: String::new(),
        grants: Vec::new(),
        created_at: None,
        last_used: None,
        expiry: Expiry::Unknown,
        state,
        tail: None,
        notes: Vec::new(),
    }
}

fn annotate(line: &mut RemoteToken, global: bool, now: Timestamp) {
    if global {
        line.notes.push(match global::end(now) {
            Some((_, days)) => format!(
                "made for all accessible organizations: stops on 2026-12-01, in {days} days; make one per organization"
            ),
            None => "made for all accessible organizations: such tokens stopped on 2026-12-01".to_owned(),
        });
    }
    if line.grants.iter().any(|g| g == "app_token") {
        line.notes.push("full access: it may do whatever its user may".to_owned());
    }
}

async fn revoke_all(act: &Act<'_>, ids: &[String]) -> Vec<Revocation> {
    let wire = &act.wire;
    let asked = Asked { wire, act: Doing::Administer, place: Place::of(act.host) };
    let unfit = |id: &str| {
        let found = conclude_with(&asked, "token-not-found", &[("id", &cap(id))]);
        Revocation::Refused(Box::new(found))
    };
    let kind = act.using.kind.unwrap_or(Kind::Unknown);
    // One order for all: it names each token and touches nothing else.
    if kind == Kind::Pat && ids.iter().all(|id| is_guid(id)) && !ids.is_empty() {
        let reader = Reader::new(wire, Signer::of(kind, &act.using.secret.token), asked.place);
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        let done = admin::revoke(&asked, &reader, &all).await;
        return ids.iter().map(|_| done.clone()).collect();
    }
    let mut done = Vec::with_capacity(ids.len());
    for id in ids {
        done.push(if is_guid(id) { revoke::by_id(&asked, act.using, id).await } else { unfit(id) });
    }
    done
}
