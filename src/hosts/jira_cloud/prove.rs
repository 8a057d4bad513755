//! Whether a credential counts at all, and where.
//!
//! 1. Without scopes, or not known to have any: `/rest/api/3/myself` at the site. Where the site has no Jira,
//!    `/wiki/rest/api/user/current`.
//! 2. On a refusal, or where scopes are known to be there: the cloud id, asked without a credential, and the same at the
//!    gateway. A missing scope proves the token; who it is then comes from the header `X-AACCOUNTID` or from Confluence.
//! 3. A token that is on record as scoped and refused at the gateway is tried once at the site.
//!
//! Each place is asked once: repeated failures lead to a CAPTCHA.

use super::call::{Place, Product, Way};
use super::people::Account;
use super::refusal::{Reading, oauth_end, read, refused};
use super::{FACTS, form};
use crate::domain::{Finding, Kind, Validation};
use crate::hosts::Session;
use crate::hosts::answer::foreign;
use crate::hosts::atlassian::tenant::{self, CloudId, Tenant};
use crate::hosts::atlassian::{GATEWAY, WEB, signature};
use crate::net::{NetError, Response};

/// `/myself` of Jira.
pub(super) const MYSELF: &str = "/rest/api/3/myself";
/// The same of Confluence, with what the account may do.
pub(super) const CURRENT: &str = "/wiki/rest/api/user/current?expand=operations";
/// The cheapest question that a token with `read:jira-work` may ask.
const BROWSE: &str = "/rest/api/3/mypermissions?permissions=BROWSE_PROJECTS";

/// A credential that counts.
pub(super) struct Proof<'a> {
    /// Where, and how it is sent.
    pub way: Way<'a>,
    /// The product that proved it.
    pub product: Product,
    /// Path of the request that proved it.
    pub path: &'static str,
    /// Whose it is, as far as that was told.
    pub account: Option<Account>,
    /// Scopes that a request proved.
    pub scopes: Vec<&'static str>,
    /// Scopes that a request proved to be missing.
    pub missing: Vec<&'static str>,
    /// What was recognised on the way.
    pub findings: Vec<Finding>,
}

/// Why it does not, or not here.
enum Stop {
    /// Refused here, and may count elsewhere; `true`: the request itself was answered, as for anybody.
    Refused(bool),
    /// That is the verdict.
    Final(Box<Validation>),
}

impl From<Box<Validation>> for Stop {
    fn from(validation: Box<Validation>) -> Self {
        Self::Final(validation)
    }
}

/// Finds out whether and where the session's credential counts.
pub(super) async fn prove<'a>(session: &Session<'a>) -> Result<Proof<'a>, Box<Validation>> {
    let user = form::user(session)?;
    let service = user.is_some_and(form::is_service) || session.kind == Kind::ServiceAccountToken;
    let gateway_only = service || session.kind == Kind::OauthToken;
    let gateway_first = gateway_only || session.kind == Kind::ScopedApiToken;
    let mut anonymous = false;
    for turn in 0..2 {
        let tried = match (turn == 0) == gateway_first {
            true => at_gateway(session, user, turn == 1).await,
            false => at_site(session, user).await,
        };
        match tried {
            Ok(mut proof) => {
                proof.findings.extend(surprise(session, &proof));
                return Ok(proof);
            }
            Err(Stop::Final(verdict)) => return Err(verdict),
            Err(Stop::Refused(answered)) => anonymous |= answered,
        }
        if gateway_only {
            break;
        }
    }
    Err(Box::new(refused(session, anonymous)))
}

/// A token on record as one without scopes that counts at the gateway alone: most tools do not know of the gateway.
fn surprise(session: &Session<'_>, proof: &Proof<'_>) -> Option<Finding> {
    let Place::Gateway(id) = &proof.way.place else { return None };
    if !matches!(session.kind, Kind::ApiToken | Kind::Unknown) {
        return None;
    }
    let base = session.wire.url(GATEWAY, &format!("/ex/jira/{}", id.as_str()));
    Some(FACTS.finding("scoped-at-gateway", &[("base", &base), ("web", &session.wire.url(WEB, ""))]).1)
}

async fn at_site<'a>(session: &Session<'a>, user: Option<&'a str>) -> Result<Proof<'a>, Stop> {
    let way = Way { place: Place::Site, user };
    let answer = ask(session, &way, Product::Jira, MYSELF).await?;
    let name = match read(&session.wire, &answer) {
        Reading::Fine => return account(session, &answer).map(|me| jira(way, MYSELF, me)),
        // A site does not look at scopes; whatever says so there, the gateway knows better.
        Reading::Refused | Reading::ScopeMissing => return Err(Stop::Refused(answer.status == 200)),
        Reading::Verdict(verdict) => return Err(verdict.into()),
        Reading::Forbidden => "no-jira-access",
        Reading::Absent => "confluence-only",
    };
    cloud_id(session, false).await?;
    confluence(session, way, name).await
}

async fn at_gateway<'a>(session: &Session<'a>, user: Option<&'a str>, known: bool) -> Result<Proof<'a>, Stop> {
    let id = cloud_id(session, known).await?;
    let way = Way { place: Place::Gateway(id), user };
    let answer = ask(session, &way, Product::Jira, MYSELF).await?;
    let reading = read(&session.wire, &answer);
    // The gateway has been seen to answer an expired OAuth token with 403 and 404, too.
    let over = oauth_end(session).is_some_and(|end| end <= session.wire.now());
    let name = match reading {
        Reading::Fine => {
            let mut proof = jira(way, MYSELF, account(session, &answer)?);
            proof.scopes.push("read:jira-user");
            return Ok(proof);
        }
        Reading::ScopeMissing => return without_profile(session, way).await,
        Reading::Refused => return Err(Stop::Refused(answer.status == 200)),
        Reading::Verdict(verdict) => return Err(verdict.into()),
        Reading::Forbidden | Reading::Absent if over => return Err(Stop::Refused(false)),
        Reading::Forbidden => "no-jira-access",
        Reading::Absent => "confluence-only",
    };
    confluence(session, way, name).await
}

/// A good token that may not read its own profile: who it is comes from elsewhere.
async fn without_profile<'a>(session: &Session<'a>, way: Way<'a>) -> Result<Proof<'a>, Stop> {
    let mut proof = Proof {
        way,
        product: Product::Jira,
        path: MYSELF,
        account: None,
        scopes: Vec::new(),
        missing: vec!["read:jira-user"],
        findings: vec![FACTS.finding("scope-missing", &[("scope", "read:jira-user"), ("call", MYSELF)]).1],
    };
    // Everything from here on is extra: the token is proved, and nothing can take that back.
    if let Ok(answer) = proof.way.get(session, Product::Jira, BROWSE).await {
        match read(&session.wire, &answer) {
            Reading::Fine => proof.scopes.push("read:jira-work"),
            Reading::ScopeMissing => proof.missing.push("read:jira-work"),
            _ => {}
        }
        proof.account = signature::account(&answer).map(Account::bare);
    }
    if proof.account.is_none()
        && let Ok(answer) = proof.way.get(session, Product::Confluence, CURRENT).await
    {
        match read(&session.wire, &answer) {
            Reading::Fine => {
                proof.account = Account::of_confluence(&answer);
                proof.scopes.extend(proof.account.is_some().then_some("read:confluence-user"));
            }
            Reading::ScopeMissing => proof.missing.push("read:confluence-user"),
            _ => {}
        }
        proof.account = proof.account.or_else(|| signature::account(&answer).map(Account::bare));
    }
    Ok(proof)
}

/// Asks Confluence, where Jira is not there or not open to the account; `name` is the finding that says which.
async fn confluence<'a>(session: &Session<'a>, way: Way<'a>, name: &str) -> Result<Proof<'a>, Stop> {
    let wire = &session.wire;
    let web = wire.url(WEB, "");
    let conclude = |name: &str| Stop::Final(Box::new(wire.conclude(&FACTS, name, &[("web", &web)])));
    let answer = ask(session, &way, Product::Confluence, CURRENT).await?;
    let at_gateway = way.place != Place::Site;
    let mut proof = Proof {
        way,
        product: Product::Confluence,
        path: "/wiki/rest/api/user/current",
        account: None,
        scopes: Vec::new(),
        missing: Vec::new(),
        findings: vec![FACTS.finding(name, &[("web", &web)]).1],
    };
    match read(wire, &answer) {
        Reading::Fine => {
            proof.account = Account::of_confluence(&answer);
            if proof.account.is_none() {
                wire.note("Confluence names nobody: answered as for anonymous callers");
                return Err(Stop::Refused(true));
            }
            proof.scopes.extend(at_gateway.then_some("read:confluence-user"));
            Ok(proof)
        }
        Reading::ScopeMissing if at_gateway => {
            proof.missing.push("read:confluence-user");
            let call = [("scope", "read:confluence-user"), ("call", "/wiki/rest/api/user/current")];
            proof.findings.push(FACTS.finding("scope-missing", &call).1);
            proof.account = signature::account(&answer).map(Account::bare);
            Ok(proof)
        }
        Reading::Refused | Reading::ScopeMissing => Err(Stop::Refused(answer.status == 200)),
        Reading::Verdict(verdict) => Err(verdict.into()),
        Reading::Forbidden => Err(conclude("no-product-access")),
        Reading::Absent if at_gateway => Err(conclude("gateway-no-site")),
        Reading::Absent => Err(conclude("no-product")),
    }
}

fn jira<'a>(way: Way<'a>, path: &'static str, account: Account) -> Proof<'a> {
    Proof {
        way,
        product: Product::Jira,
        path,
        account: Some(account),
        scopes: Vec::new(),
        missing: Vec::new(),
        findings: Vec::new(),
    }
}

fn account(session: &Session<'_>, answer: &Response) -> Result<Account, Stop> {
    let wire = &session.wire;
    let web = wire.url(WEB, "");
    let status = answer.status.to_string();
    match Account::of_jira(answer) {
        Some(account) if !account.active => {
            Err(Stop::Final(Box::new(wire.conclude(&FACTS, "inactive", &[("web", &web)]))))
        }
        Some(account) => Ok(account),
        None => Err(Stop::Final(Box::new(wire.conclude(
            &FACTS,
            "not-atlassian",
            &[("web", &web), ("status", &status), ("message", "no account in it")],
        )))),
    }
}

async fn ask(session: &Session<'_>, way: &Way<'_>, product: Product, path: &str) -> Result<Response, Stop> {
    let lost = |error: NetError| Stop::Final(Box::new(session.wire.unreachable(&error)));
    way.get(session, product, path).await.map_err(lost)
}

/// The cloud id of the site; asked without a credential. `known`: the site has answered before, so it exists, and what it
/// said stands.
async fn cloud_id(session: &Session<'_>, known: bool) -> Result<CloudId, Stop> {
    let wire = &session.wire;
    let web = wire.url(WEB, "");
    Err(Stop::Final(Box::new(match tenant::ask(wire).await {
        Tenant::Found(id) => return Ok(id),
        Tenant::Lost(error) => wire.unreachable(&error),
        Tenant::NoId(answer) => {
            let busy = matches!(answer.status, 407 | 429 | 500..=599);
            match busy.then(|| foreign(wire, &FACTS, &answer, true)).flatten() {
                Some(verdict) => verdict,
                None if known => return Err(Stop::Refused(false)),
                None => wire.conclude(&FACTS, "no-such-site", &[("web", &web)]),
            }
        }
    })))
}
