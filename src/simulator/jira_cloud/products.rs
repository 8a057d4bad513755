//! Jira and Confluence, as far as clients ask them about a credential.

use serde_json::{Map, Value, json};

use super::super::{SimRequest, SimResponse};
use super::answers::{confluence, gateway, jira, page, parameter, scope_missing, unauthenticated};
use super::platform::{ACCOUNTS, Caller, Tenant};

/// The project, and its two issues; the second is hidden from all but administrators by issue security.
const PROJECT: &str = "ACME";
const ISSUE: &str = "ACME-1";
const HIDDEN: &str = "ACME-2";
const NOT_SEEN: &str = "Issue does not exist or you do not have permission to see it.";

/// Permission keys this site knows.
const GLOBAL: [&str; 7] = [
    "ADMINISTER",
    "BULK_CHANGE",
    "CREATE_PROJECT",
    "CREATE_SHARED_OBJECTS",
    "MANAGE_GROUP_FILTER_SUBSCRIPTIONS",
    "SYSTEM_ADMIN",
    "USER_PICKER",
];
const OF_PROJECTS: [&str; 37] = [
    "ADD_COMMENTS",
    "ADMINISTER_PROJECTS",
    "ASSIGNABLE_USER",
    "ASSIGN_ISSUES",
    "BROWSE_PROJECTS",
    "CLOSE_ISSUES",
    "CREATE_ATTACHMENTS",
    "CREATE_ISSUES",
    "DELETE_ALL_ATTACHMENTS",
    "DELETE_ALL_COMMENTS",
    "DELETE_ALL_WORKLOGS",
    "DELETE_ISSUES",
    "DELETE_OWN_ATTACHMENTS",
    "DELETE_OWN_COMMENTS",
    "DELETE_OWN_WORKLOGS",
    "EDIT_ALL_COMMENTS",
    "EDIT_ALL_WORKLOGS",
    "EDIT_ISSUES",
    "EDIT_ISSUE_LAYOUT",
    "EDIT_OWN_COMMENTS",
    "EDIT_OWN_WORKLOGS",
    "EDIT_WORKFLOW",
    "LINK_ISSUES",
    "MANAGE_SPRINTS_PERMISSION",
    "MANAGE_WATCHERS",
    "MODIFY_REPORTER",
    "MOVE_ISSUES",
    "RESOLVE_ISSUES",
    "SCHEDULE_ISSUES",
    "SET_ISSUE_SECURITY",
    "TRANSITION_ISSUES",
    "UNARCHIVE_ISSUES",
    "VIEW_AGGREGATED_DATA",
    "VIEW_DEV_TOOLS",
    "VIEW_READONLY_WORKFLOW",
    "VIEW_VOTERS_AND_WATCHERS",
    "WORK_ON_ISSUES",
];

/// Answers a request below a product's root; no caller: as for anybody.
pub(super) fn answer(tenant: &Tenant, request: &SimRequest, path: &str, caller: Option<&Caller>) -> SimResponse {
    let answer = route(tenant, request, path, caller);
    match caller {
        Some(caller) if answer.status != 401 => answer.with("X-AACCOUNTID", caller.account.id),
        _ => answer,
    }
}

fn route(tenant: &Tenant, request: &SimRequest, path: &str, caller: Option<&Caller>) -> SimResponse {
    if request.method != "GET" {
        return gateway(405, "Method Not Allowed");
    }
    if let Some(any) = scopes_for(path)
        && caller.is_some_and(|c| !c.has(any))
    {
        return scope_missing();
    }
    let issue = path.strip_prefix("/rest/api/3/issue/");
    match path {
        "/rest/api/3/serverInfo" => server_info(tenant),
        _ if path.starts_with("/wiki/") => wiki(path, caller),
        "/rest/api/3/mypermissions" => permissions(&request.query, caller),
        "/rest/api/3/project/search" => {
            let seen = caller.is_some_and(|c| may(c, "BROWSE_PROJECTS"));
            let values = if seen { json!([{ "key": PROJECT, "name": "Acme" }]) } else { json!([]) };
            SimResponse::json(200, &json!({ "startAt": 0, "maxResults": 1, "isLast": true, "values": values }))
        }
        _ => match (caller, issue) {
            (None, _) => unauthenticated(),
            (Some(caller), _) if !caller.account.jira => jira(403, "You are not licensed to use Jira."),
            (Some(caller), Some(key)) => one_issue(key, caller),
            (Some(caller), None) => private(tenant, path, &request.query, caller),
        },
    }
}

/// What a token with scopes needs for a path, any of these; none: no scope at all.
fn scopes_for(path: &str) -> Option<&'static [&'static str]> {
    Some(match path {
        "/rest/api/3/myself" | "/rest/api/3/user/search" | "/rest/api/3/users/search" => &["read:jira-user"],
        "/rest/api/3/mypermissions" => &["read:jira-work", "read:permission:jira"],
        "/rest/api/3/permissions" => &["manage:jira-configuration", "read:permission:jira"],
        "/rest/api/3/applicationrole" => &["manage:jira-configuration"],
        "/rest/agile/1.0/board" => &["read:board-scope:jira-software"],
        "/wiki/rest/api/user/current" => &["read:confluence-user", "read:content-details:confluence"],
        "/wiki/api/v2/spaces" => &["read:space:confluence"],
        "/wiki/api/v2/pages" => &["read:page:confluence"],
        "/rest/api/3/project/search" => &["read:jira-work"],
        _ if path.starts_with("/rest/api/3/issue/") => &["read:jira-work"],
        _ => return None,
    })
}

fn server_info(tenant: &Tenant) -> SimResponse {
    SimResponse::json(
        200,
        &json!({
            "baseUrl": format!("https://{}", tenant.name), "displayUrl": format!("https://{}", tenant.name),
            "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud",
            "buildNumber": 100_300, "serverTitle": tenant.title,
        }),
    )
}

fn private(tenant: &Tenant, path: &str, query: &str, caller: &Caller) -> SimResponse {
    match path {
        "/rest/api/3/myself" => myself(tenant, query, caller),
        "/rest/api/3/user/search" | "/rest/api/3/users/search" if may(caller, "USER_PICKER") => {
            let people: Vec<Value> =
                ACCOUNTS.iter().take(2).map(|a| json!({ "accountId": a.id, "displayName": a.name })).collect();
            SimResponse::json(200, &Value::from(people))
        }
        "/rest/api/3/user/search" | "/rest/api/3/users/search" => {
            jira(403, "You do not have the Browse users and groups global permission.")
        }
        "/rest/api/3/permissions" | "/rest/api/3/applicationrole" if !may(caller, "ADMINISTER") => {
            jira(403, "Only Jira administrators can use this resource (Administer Jira global permission).")
        }
        "/rest/api/3/permissions" => SimResponse::json(200, &json!({ "permissions": {} })),
        "/rest/api/3/applicationrole" => SimResponse::json(200, &json!([])),
        "/rest/agile/1.0/board" => {
            SimResponse::json(200, &json!({ "maxResults": 1, "startAt": 0, "isLast": true, "values": [] }))
        }
        "/rest/api/3/search" => {
            jira(410, "The requested API has been removed. Please migrate to /rest/api/3/search/jql.")
        }
        _ => jira(404, "No such resource."),
    }
}

fn myself(tenant: &Tenant, query: &str, caller: &Caller) -> SimResponse {
    let account = caller.account;
    let expanded = parameter(query, "expand").is_some_and(|e| e.split(',').any(|e| e == "groups"));
    let groups: Vec<Value> = account.groups.iter().filter(|_| expanded).map(|g| json!({ "name": g })).collect();
    SimResponse::json(
        200,
        &json!({
            "self": format!("https://{}/rest/api/3/user?accountId={}", tenant.name, account.id),
            "accountId": account.id, "accountType": account.sort, "emailAddress": account.email,
            "displayName": account.name, "active": true, "timeZone": "Europe/Prague", "locale": "en_GB",
            "groups": { "size": account.groups.len(), "items": groups },
            "applicationRoles": { "size": 1, "items": [] },
        }),
    )
}

fn permissions(query: &str, caller: Option<&Caller>) -> SimResponse {
    let wanted = parameter(query, "permissions").unwrap_or_default();
    let keys: Vec<&str> = wanted.split(',').filter(|k| !k.is_empty()).collect();
    if keys.is_empty() {
        return jira(400, "The permissions query parameter is required.");
    }
    if let Some(strange) = keys.iter().find(|k| !GLOBAL.contains(k) && !OF_PROJECTS.contains(k)) {
        return jira(400, &format!("Unrecognized permission(s): {strange}"));
    }
    let sees = caller.is_some_and(|c| may(c, "BROWSE_PROJECTS"));
    if let Some(key) = parameter(query, "projectKey")
        && !(sees && key == PROJECT)
    {
        return jira(404, "No project could be found with that key.");
    }
    if let Some(key) = parameter(query, "issueKey")
        && !(sees && caller.is_some_and(|c| shows(&key, c)))
    {
        return jira(404, NOT_SEEN);
    }
    let mut found = Map::new();
    for key in keys {
        let sort = if GLOBAL.contains(&key) { "GLOBAL" } else { "PROJECT" };
        let has = caller.is_some_and(|c| may(c, key));
        found.insert(
            key.to_owned(),
            json!({ "id": "10", "key": key, "name": key, "type": sort, "havePermission": has }),
        );
    }
    SimResponse::json(200, &json!({ "permissions": found }))
}

fn one_issue(key: &str, caller: &Caller) -> SimResponse {
    match shows(key, caller) && may(caller, "BROWSE_PROJECTS") {
        true => SimResponse::json(200, &json!({ "id": "10001", "key": key, "fields": { "summary": "An issue" } })),
        false => jira(404, NOT_SEEN),
    }
}

fn shows(key: &str, caller: &Caller) -> bool {
    key == ISSUE || key == HIDDEN && may(caller, "ADMINISTER")
}

fn may(caller: &Caller, key: &str) -> bool {
    caller.account.may.contains(&key)
}

fn wiki(path: &str, caller: Option<&Caller>) -> SimResponse {
    match (path, caller) {
        ("/wiki/rest/api/user/current", None) => {
            SimResponse::json(200, &json!({ "type": "anonymous", "displayName": "Anonymous" }))
        }
        ("/wiki/rest/api/user/current", Some(caller)) => {
            let account = caller.account;
            let mut operations = vec![json!({ "operation": "use", "targetType": "application" })];
            if may(caller, "ADMINISTER") {
                operations.push(json!({ "operation": "administer", "targetType": "application" }));
            }
            SimResponse::json(
                200,
                &json!({
                    "type": "known", "accountId": account.id, "accountType": account.sort, "email": account.email,
                    "publicName": account.name, "displayName": account.name, "isExternalCollaborator": false,
                    "operations": operations,
                }),
            )
        }
        ("/wiki/api/v2/spaces" | "/wiki/api/v2/pages", Some(_)) => {
            SimResponse::json(200, &json!({ "results": [], "_links": {} }))
        }
        (_, None) => confluence(401, "Client must be authenticated to access this resource."),
        _ if path.starts_with("/wiki/rest/") || path.starts_with("/wiki/api/") => confluence(404, "No such resource."),
        _ => page(404, "Page not found"),
    }
}
