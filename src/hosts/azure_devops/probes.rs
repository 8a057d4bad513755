//! What a token may do, found by one harmless read per scope.
//!
//! A read that works proves scope and permission of the user together; one that is refused shows that one of the two is
//! missing. Scopes that write cannot be proved without writing: they are said to be unknown, unless a scope that they
//! include was refused, or the account itself may not write at the repository named.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use super::address::Place;
use super::answers::{Act, Asked, cap, conclude, refusal, signature};
use super::caller::{NoUser, who};
use super::repository::{self, Named};
use super::send::{Reader, Signer};
use super::{AzureDevOps, FACTS, IDENTITY, WEB};
use crate::domain::{Finding, Grant, GrantSource, LookAt, Probed, Validation};
use crate::hosts::{Probe, Session};
use crate::net::Response;

/// Reading code; what every git job needs.
pub(super) const CODE: &str = "vso.code";
/// Pushing, branches and pull requests.
const CODE_WRITE: &str = "vso.code_write";

/// Where a read is asked.
#[derive(Clone, Copy)]
enum At {
    /// The organisation or collection.
    Web,
    /// A project of it.
    Project,
    /// The service of identities.
    Identity,
    /// A service with a host of its own, which is no endpoint of the record; on premises the collection.
    Other(&'static str),
    /// The same, below a project.
    OtherProject(&'static str),
}

/// A read that passes with a scope.
struct Read {
    scope: &'static str,
    at: At,
    path: &'static str,
    preview: Option<&'static str>,
}

const fn read(scope: &'static str, at: At, path: &'static str) -> Read {
    Read { scope, at, path, preview: None }
}

const fn preview(scope: &'static str, at: At, path: &'static str, preview: &'static str) -> Read {
    Read { scope, at, path, preview: Some(preview) }
}

const READS: &[Read] = &[
    read(CODE, At::Web, "/_apis/git/repositories"),
    preview("vso.project", At::Web, "/_apis/teams?$top=1", "-preview.3"),
    read("vso.work", At::Web, "/_apis/work/processes"),
    read("vso.build", At::Web, "/_apis/build/controllers"),
    read("vso.agentpools", At::Web, "/_apis/distributedtask/pools"),
    read("vso.serviceendpoint", At::Web, "/_apis/serviceendpoint/types"),
    read("vso.notification", At::Web, "/_apis/notification/eventtypes"),
    preview("vso.security_manage", At::Web, "/_apis/permissionsreport", "-preview.1"),
    preview("vso.graph", At::Identity, "/_apis/graph/users", "-preview.1"),
    read("vso.identity", At::Identity, "/_apis/identities?searchFilter=General&filterValue=keyrack"),
    read("vso.test", At::Project, "/_apis/test/runs?$top=1"),
    read("vso.wiki", At::Project, "/_apis/wiki/wikis"),
    read("vso.variablegroups_read", At::Project, "/_apis/distributedtask/variablegroups?$top=1"),
    read("vso.environment_manage", At::Project, "/_apis/distributedtask/environments?$top=1"),
    read("vso.release", At::OtherProject("vsrm.dev.azure.com"), "/_apis/release/definitions?$top=1"),
    read("vso.packaging", At::Other("feeds service"), "/_apis/packaging/globalpermissions"),
    preview(
        "vso.memberentitlementmanagement",
        At::Other("vsaex.dev.azure.com"),
        "/_apis/userentitlements?$top=1",
        "-preview",
    ),
    preview("vso.auditlog", At::Other("auditservice.dev.azure.com"), "/_apis/audit/actions", "-preview.1"),
    preview(
        "vso.extension",
        At::Other("extmgmt.dev.azure.com"),
        "/_apis/extensionmanagement/installedextensions",
        "-preview.1",
    ),
];

/// What came of a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// It worked.
    Held,
    /// The product refused it.
    Refused,
    /// Neither, and why.
    Open(String),
}

/// Lists repositories; proves [`CODE`].
pub(super) async fn read_code(reader: &mut Reader<'_>) -> Seen {
    match reader.get(WEB, "/_apis/git/repositories", None).await {
        Ok(answer) => judge(reader, &answer).0,
        Err(error) => Seen::Open(error.to_string()),
    }
}

impl Probe for AzureDevOps {
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(probe(session, look_at, wanted))
    }
}

async fn probe(session: &Session<'_>, look_at: &LookAt, wanted: &[String]) -> Probed {
    let wire = &session.wire;
    let place = Place::of(session.host);
    let mut reader = Reader::new(wire, Signer::of(session.kind, &session.secret.token), place);
    let mut found = Probed::default();
    // A dead token would look like one without any scope.
    if let Err(no) = who(&reader).await
        && !lives(&mut reader, &no).await
    {
        let asked = Asked { wire, act: Act::Itself, place };
        return dead(&asked, no, wanted);
    }
    let place_named = Named::of(look_at);
    let mut seen: BTreeMap<&'static str, Seen> = BTreeMap::new();
    for scope in wanted {
        for read in reads_for(scope) {
            if !seen.contains_key(read.scope) {
                let (outcome, finding) = ask(&mut reader, read, &place_named).await;
                seen.insert(read.scope, outcome);
                remember(&mut found.findings, finding);
            }
        }
    }
    for scope in wanted {
        let refused = reads_for(scope).find(|r| seen.get(r.scope) == Some(&Seen::Refused));
        match (seen.get(scope.as_str()), refused) {
            (Some(Seen::Held), _) => found.grants.push(Grant { name: scope.clone(), source: GrantSource::Probed }),
            (Some(Seen::Open(why)), _) => found.unknown.push((scope.clone(), why.clone())),
            (_, Some(_)) => found.denied.push(scope.clone()),
            (_, None) => found.unknown.push((scope.clone(), why_unknown(scope).to_owned())),
        }
    }
    if wanted.iter().any(|s| s == CODE_WRITE) && !found.denied.iter().any(|s| s == CODE_WRITE) {
        let held = repository::ask(&mut reader, &place_named).await;
        if held.pushes == Some(false) {
            found.unknown.retain(|(scope, _)| scope != CODE_WRITE);
            found.denied.push(CODE_WRITE.to_owned());
        }
        remember(&mut found.findings, held.finding);
    }
    found.evidence = wire.take_evidence();
    found
}

/// `connectionData` may refuse a narrow scope (unconfirmed); a read that works outweighs it.
async fn lives(reader: &mut Reader<'_>, no: &NoUser) -> bool {
    match no {
        NoUser::Refused(answer, None) if answer.status == 401 => read_code(reader).await == Seen::Held,
        _ => false,
    }
}

fn dead(asked: &Asked<'_>, no: NoUser, wanted: &[String]) -> Probed {
    let verdict: Validation = match no {
        NoUser::Lost(error) => asked.wire.unreachable(&error),
        NoUser::Refused(answer, Some(name)) => conclude(asked, &answer, name),
        NoUser::Refused(answer, None) => {
            refusal(asked, &answer).unwrap_or_else(|| conclude(asked, &answer, "not-azure-devops"))
        }
    };
    Probed::stopped(verdict, wanted)
}

/// The read of a scope, and those of the scopes it includes.
fn reads_for(scope: &str) -> impl Iterator<Item = &'static Read> {
    let implied = FACTS.implied(&[scope.to_owned()]);
    let own = scope.to_owned();
    // A profile scope is implied by half of the catalogue and has no read of its own.
    READS.iter().filter(move |r| r.scope == own || implied.iter().any(|s| s == r.scope))
}

fn why_unknown(scope: &str) -> &'static str {
    match scope {
        "app_token" => "full access is not shown by any single request; the token API tells it, to an Entra token",
        _ if FACTS.scopes.iter().any(|s| s.name == scope) => {
            "no harmless request proves it; the token API tells it, to an Entra token"
        }
        _ => "Azure DevOps has no scope of that name, as far as keyrack knows",
    }
}

async fn ask(reader: &mut Reader<'_>, read: &Read, named: &Named) -> (Seen, Option<Finding>) {
    let server = reader.place == Place::Server;
    let below_project = |project: &str| format!("/{project}{}", read.path);
    let (endpoint, path) = match (read.at, &named.project) {
        (At::Web, _) => (WEB, read.path.to_owned()),
        (At::Identity, _) => (IDENTITY, read.path.to_owned()),
        (At::Other(_), _) if server => (WEB, read.path.to_owned()),
        (At::Other(host) | At::OtherProject(host), _) if !server => {
            return (Seen::Open(format!("it is served by {host}, which is no endpoint of this host")), None);
        }
        (_, Some(project)) => (WEB, below_project(project)),
        (_, None) => return (Seen::Open("name a project to look at: --project NAME".to_owned()), None),
    };
    match reader.get(endpoint, &path, read.preview).await {
        Ok(answer) => judge(reader, &answer),
        Err(error) => (Seen::Open(error.to_string()), None),
    }
}

/// Which of the three an answer is. The status of a missing scope is not documented: 401 is what people report.
fn judge(reader: &Reader<'_>, answer: &Response) -> (Seen, Option<Finding>) {
    // A long list is cut off at the cap, and is as good a proof.
    let json = answer.json().is_some() || answer.truncated && answer.body.trim_start().starts_with('{');
    if answer.status == 200 && !answer.is_html() && json {
        return (Seen::Held, None);
    }
    let web = reader.wire.url(WEB, "");
    let finding = |name: &str| {
        let message = cap(&super::answers::said(answer).message);
        let page = super::answers::token_page(reader.place, &web);
        Some(FACTS.finding(name, &[("web", &web), ("page", &page), ("message", &reader.wire.mask(&message))]).1)
    };
    let name = signature(Act::Itself, reader.place, &web, answer);
    match (name, answer.status) {
        (Some("sign-in-page" | "sign-in-redirect" | "not-accepted" | "unknown-user"), _) => {
            (Seen::Refused, finding("scope-missing"))
        }
        (Some("permission" | "user-not-authorized"), _) => (Seen::Refused, finding("permission")),
        (Some("conditional-access"), _) => {
            (Seen::Open("a conditional access policy stands in the way".to_owned()), finding("conditional-access"))
        }
        (None, 401) if super::answers::has_mark(answer) => (Seen::Refused, finding("scope-missing")),
        (None, 403) if super::answers::has_mark(answer) => (Seen::Refused, finding("permission")),
        (Some(other), status) => (Seen::Open(format!("status {status} ({other}) says nothing of it")), None),
        (None, status) => (Seen::Open(format!("status {status} says nothing of it")), None),
    }
}

/// Each finding once.
pub(super) fn remember(findings: &mut Vec<Finding>, finding: Option<Finding>) {
    if let Some(finding) = finding.filter(|f| findings.iter().all(|g| g.code != f.code)) {
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_read_proves_a_scope_of_the_catalogue() {
        for read in READS {
            assert!(FACTS.scopes.iter().any(|s| s.name == read.scope), "{}", read.scope);
            assert!(read.path.starts_with("/_apis/"), "{}", read.path);
        }
    }

    #[test]
    fn a_writing_scope_is_asked_by_what_it_includes() {
        let asked: Vec<_> = reads_for("vso.code_manage").map(|r| r.scope).collect();
        assert_eq!(asked, ["vso.code"]);
        assert_eq!(reads_for("app_token").count(), 0);
    }
}
