//! `/admin/token`: what a token of any kind is, and its end, for an administrator of a Self-Managed installation.

use serde_json::{Value, json};

use super::answers::{bad_parameter, insufficient, message};
use super::tokens::{ADMIN, Token};
use super::{GitLabSite, SimRequest, SimResponse};

impl GitLabSite {
    pub(super) fn by_value(&self, signer: &Token, request: &SimRequest) -> SimResponse {
        if !signer.has(&["api"]) {
            return insufficient("api");
        }
        if signer.user.id != ADMIN {
            return message(403, "403 Forbidden");
        }
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let Some(value) = body["token"].as_str() else {
            return bad_parameter("token is missing");
        };
        if value.contains("glagent-") {
            return message(422, "422 Unprocessable Entity");
        }
        let Some(token) = self.every_token().into_iter().find(|t| t.secret == value && !self.is_revoked(t)) else {
            return message(404, "404 Not Found");
        };
        if request.method == "DELETE" {
            return self.revoke(&token);
        }
        let fields = json!({"id": token.id, "name": token.name, "user_id": token.user.id, "revoked": false,
                            "scopes": token.scopes, "impersonation": false, "organization_id": 1});
        SimResponse::json(200, &fields)
    }
}
