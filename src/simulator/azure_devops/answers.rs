//! Answers in the vendor's shapes.

use serde_json::{Value, json};

use super::super::{SimRequest, SimResponse};
use super::Edition;
use super::state::Caller;
use super::tokens::{Dead, Fate};

const ANONYMOUS: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

/// The error envelope.
pub(super) fn error(status: u16, type_key: &str, message: &str) -> SimResponse {
    SimResponse::json(
        status,
        &json!({
            "$id": "1", "innerException": Value::Null, "message": message,
            "typeName": format!("Microsoft.TeamFoundation.Framework.Server.{type_key}, Microsoft.TeamFoundation.Framework.Server"),
            "typeKey": type_key, "errorCode": 0, "eventId": 3000,
        }),
    )
}

pub(super) fn html(status: u16, title: &str) -> SimResponse {
    let body = format!("<!DOCTYPE html><html><head><title>{title}</title></head><body></body></html>");
    SimResponse { status, body, ..SimResponse::default() }.with("Content-Type", "text/html; charset=utf-8")
}

pub(super) fn page_not_found() -> SimResponse {
    html(404, "404 - File or directory not found.").with("Server", "Microsoft-IIS/10.0")
}

pub(super) fn not_found(message: &str) -> SimResponse {
    error(404, "VssResourceNotFoundException", message)
}

/// 401 for a caller who is not let in.
pub(super) fn unauthorized(edition: Edition, message: &str) -> SimResponse {
    let answer = error(401, "UnauthorizedRequestException", message);
    match edition {
        Edition::Services => answer.with(
            "WWW-Authenticate",
            "Bearer authorization_uri=https://login.microsoftonline.com/dddd0000-0000-4000-8000-00000000000d",
        ),
        Edition::Server => answer
            .with("WWW-Authenticate", "Bearer")
            .with("WWW-Authenticate", "Negotiate")
            .with("WWW-Authenticate", "NTLM"),
    }
}

/// The scope or permission is missing. Its status is not documented; 401 is what people report.
pub(super) fn missing_scope(edition: Edition) -> SimResponse {
    unauthorized(edition, "TF400813: Resource not available for anonymous access. Client authentication required.")
}

/// The answer to a credential that is not let in.
pub(super) fn refuse(edition: Edition, request: &SimRequest, how: Dead) -> SimResponse {
    let reads = matches!(request.method.as_str(), "GET" | "POST");
    let anonymous = "TF400813: Resource not available for anonymous access. Client authentication required.";
    match how {
        // A server shows no page to a client that asks for JSON.
        Dead::Page if reads && edition == Edition::Services => html(203, "Azure DevOps Services | Sign In"),
        Dead::Redirect => SimResponse { status: 302, ..SimResponse::default() }.with(
            "Location",
            "https://spsprodeus1.vssps.visualstudio.com/_signin?realm=dev.azure.com&reply_to=https%3A%2F%2Fdev.azure.com",
        ),
        Dead::Page | Dead::Unknown => unauthorized(edition, anonymous),
        Dead::Nobody => unauthorized(edition, "TF400813: The user '' is not authorized to access this resource."),
        Dead::Expired => {
            error(401, "AccessCheckException", "Access Denied: The Personal Access Token used has expired.")
        }
        Dead::Anonymous => SimResponse::json(200, &connection_json(edition, ANONYMOUS, "", "Anonymous", "", true)),
        Dead::ConditionalAccess => error(
            403,
            "VssServiceException",
            "VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed.",
        ),
        Dead::Permission => error(
            403,
            "AccessCheckException",
            "TF50309: You need the following permission(s) to perform this action: View project-level information.",
        ),
        Dead::Throttled => error(429, "RequestBlockedException", "Request was blocked due to exceeding usage of resource.")
            .with("Retry-After", "30")
            .with("X-RateLimit-Resource", "Core"),
        Dead::Iis => html(401, "401 - Unauthorized: Access is denied due to invalid credentials.")
            .with("Server", "Microsoft-IIS/10.0")
            .with("WWW-Authenticate", "Negotiate")
            .with("WWW-Authenticate", "NTLM")
            .with("WWW-Authenticate", "Basic realm=\"tfs.acme.dev\""),
    }
}

pub(super) fn version_refused(asked: u32) -> SimResponse {
    // The exact words are not documented.
    let message = format!(
        "The requested REST API version of {}.{} is out of range for this server. The latest REST API version this server supports is 6.0.",
        asked / 10,
        asked % 10
    );
    error(400, "VssVersionOutOfRangeException", &message)
}

/// Who is calling.
pub(super) fn connection(edition: Edition, caller: &Caller) -> SimResponse {
    let user = caller.user;
    match caller.token.as_ref().map(|t| t.fate) {
        Some(Fate::Narrow) => missing_scope(edition),
        fate => {
            let active = fate != Some(Fate::Inactive);
            SimResponse::json(200, &connection_json(edition, user.id, user.login, user.name, user.descriptor, active))
        }
    }
}

fn connection_json(edition: Edition, id: &str, login: &str, name: &str, descriptor: &str, active: bool) -> Value {
    json!({
        "authenticatedUser": {
            "id": id, "descriptor": format!("Microsoft.IdentityModel.Claims.ClaimsIdentity;keyrack\\{login}"),
            "subjectDescriptor": descriptor, "providerDisplayName": name, "isActive": active,
            "properties": {"Account": {"$type": "System.String", "$value": login}}, "resourceVersion": 2, "metaTypeId": 0,
        },
        "authorizedUser": {"id": id, "providerDisplayName": name, "isActive": active},
        "instanceId": "aaaa1111-0000-4000-8000-000000000001", "deploymentId": "bbbb2222-0000-4000-8000-000000000002",
        "deploymentType": if edition == Edition::Services { "hosted" } else { "onPremises" },
        "locationServiceData": {"serviceOwner": "00025394-6065-48ca-87d9-7f5672854ef7", "lastChangeId": 1},
    })
}

/// The profile above all organisations: for Entra tokens, and for tokens of all organisations.
pub(super) fn profile(edition: Edition, request: &SimRequest, caller: &Caller) -> SimResponse {
    let above = caller.token.as_ref().is_none_or(|t| t.global);
    if !above || !caller.holds("vso.profile") {
        return refuse(edition, request, Dead::Unknown);
    }
    SimResponse::json(
        200,
        &json!({
            "displayName": caller.user.name, "publicAlias": caller.user.id, "emailAddress": caller.user.login,
            "id": caller.user.id, "coreRevision": 1, "revision": 1, "timeStamp": "2026-01-01T00:00:00Z",
        }),
    )
}
