//! One harmless read per scope, a project `web` with a repository `app`, and the permissions of the user there.

use serde_json::{Value, json};

use super::super::{SimRequest, SimResponse};
use super::Edition;
use super::answers::{error, missing_scope, not_found};
use super::state::Caller;

const PROJECT: &str = "web";
const PROJECT_ID: &str = "eeee5555-0000-4000-8000-000000000005";
const REPOSITORY: &str = "app";
const REPOSITORY_ID: &str = "ffff6666-0000-4000-8000-000000000006";
const GIT: &str = "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87";

/// Path, scope, whether it is below a project.
const READS: &[(&str, &str, bool)] = &[
    ("teams", "vso.project", false),
    ("projects", "vso.project", false),
    ("work/processes", "vso.work", false),
    ("build/controllers", "vso.build", false),
    ("distributedtask/pools", "vso.agentpools", false),
    ("serviceendpoint/types", "vso.serviceendpoint", false),
    ("notification/eventtypes", "vso.notification", false),
    ("permissionsreport", "vso.security_manage", false),
    ("wit/fields", "vso.work", true),
    ("test/runs", "vso.test", true),
    ("wiki/wikis", "vso.wiki", true),
    ("distributedtask/variablegroups", "vso.variablegroups_read", true),
    ("distributedtask/environments", "vso.environment_manage", true),
];

/// Services that have hosts of their own in the cloud.
const ELSEWHERE: &[(&str, &str, bool)] = &[
    ("release/definitions", "vso.release", true),
    ("packaging/globalpermissions", "vso.packaging", false),
    ("userentitlements", "vso.memberentitlementmanagement", false),
    ("audit/actions", "vso.auditlog", false),
    ("extensionmanagement/installedextensions", "vso.extension", false),
];

pub(super) fn answer(
    edition: Edition,
    request: &SimRequest,
    project: Option<&str>,
    api: &str,
    caller: &Caller,
    identity: bool,
) -> SimResponse {
    if request.method != "GET" {
        return error(405, "HttpRequestException", "The requested resource does not support that method.");
    }
    if let Some(project) = project.filter(|p| *p != PROJECT && *p != PROJECT_ID) {
        return not_found(&format!("TF200016: The following project does not exist: {project}."));
    }
    let guarded = |scope: &str, body: &Value| {
        if caller.holds(scope) { SimResponse::json(200, body) } else { missing_scope(edition) }
    };
    if identity || edition == Edition::Server {
        match api {
            "identities" => return guarded("vso.identity", &list(Vec::new())),
            _ if identity => return not_found("The controller was not found."),
            _ => {}
        }
    }
    if let Some(rest) = api.strip_prefix("git/repositories") {
        return git(edition, rest, caller);
    }
    if let Some(rest) = api.strip_prefix("permissions/") {
        return permission(request, rest, caller);
    }
    let own = READS.iter().chain(if edition == Edition::Server { ELSEWHERE } else { &[] });
    match own.into_iter().find(|(path, ..)| *path == api) {
        Some((_, _, true)) if project.is_none() => not_found("The controller was not found."),
        // Projects are listed with the profile's scope as well.
        Some(("projects", ..)) if caller.holds("vso.profile") => SimResponse::json(200, &list(vec![project_json()])),
        Some((_, scope, _)) => guarded(scope, &list(Vec::new())),
        None => not_found("The controller was not found."),
    }
}

fn git(edition: Edition, rest: &str, caller: &Caller) -> SimResponse {
    if !caller.holds("vso.code") {
        return missing_scope(edition);
    }
    let repository = json!({"id": REPOSITORY_ID, "name": REPOSITORY, "project": project_json()});
    match rest.trim_start_matches('/') {
        "" => SimResponse::json(200, &list(vec![repository])),
        REPOSITORY | REPOSITORY_ID => SimResponse::json(200, &repository),
        other => error(
            404,
            "GitRepositoryNotFoundException",
            &format!(
                "TF401019: The Git repository with name or identifier {other} does not exist or you do not have permissions for the operation you are attempting."
            ),
        ),
    }
}

/// `permissions/{namespace}/{bits}?tokens=repoV2/{project}[/{repository}]`
fn permission(request: &SimRequest, rest: &str, caller: &Caller) -> SimResponse {
    let token = super::parameter(&request.query, "tokens").unwrap_or_default();
    let Some((GIT, bits)) = rest.split_once('/') else { return not_found("The namespace does not exist.") };
    let bits: u32 = bits.parse().unwrap_or(0);
    let here = token.strip_prefix("repoV2/").is_some_and(|t| t.starts_with(PROJECT_ID));
    // Read for all; the rest for those who contribute.
    let allowed = here && (bits & !2 == 0 || caller.user.contributes);
    SimResponse::json(200, &json!({"count": 1, "value": [allowed]}))
}

fn project_json() -> Value {
    json!({"id": PROJECT_ID, "name": PROJECT, "state": "wellFormed"})
}

fn list(value: Vec<Value>) -> Value {
    json!({"count": value.len(), "value": value})
}
