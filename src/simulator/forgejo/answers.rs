//! The words of both products, by version.

use serde_json::json;

use super::super::SimResponse;

/// Product and version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub forgejo: bool,
    pub version: (u32, u32),
}

impl Words {
    fn forgejo_since(self, major: u32) -> bool {
        self.forgejo && self.version >= (major, 0)
    }

    pub(super) fn has_own_route(self) -> bool {
        !self.forgejo && self.version >= (1, 27)
    }

    pub(super) fn has_admin_routes(self) -> bool {
        self.forgejo_since(16)
    }

    pub(super) fn limits_repositories(self) -> bool {
        self.forgejo_since(15)
    }

    /// Tokens of an account are listed to a token, and made and deleted by password alone.
    pub(super) fn lists_to_tokens(self) -> bool {
        self.forgejo_since(11)
    }

    /// `created_at` is in lists.
    pub(super) fn tells_dates(self) -> bool {
        self.forgejo_since(16) || self.has_own_route()
    }

    /// The unauthenticated version request's answer.
    pub(super) fn version_answer(self) -> SimResponse {
        let (major, minor) = self.version;
        let text = if self.forgejo { format!("{major}.{minor}.1+gitea-1.22.0") } else { format!("{major}.{minor}.1") };
        SimResponse::json(200, &json!({"version": text}))
    }

    /// What a token that is not known meets. Forgejo 15 and later quotes it, once for each method it tried.
    pub(super) fn unknown_token(self, secret: &str) -> String {
        if self.forgejo_since(15) {
            format!(
                "access token does not exist [sha: {secret}]\ntask with token \"{secret}\": resource does not exist"
            )
        } else if self.forgejo || self.version < (1, 26) {
            "user does not exist [uid: 0, name: ]".to_owned()
        } else {
            "invalid username, password or token".to_owned()
        }
    }

    /// What a wrong password meets.
    pub(super) fn wrong_password(self, user: &str, password: &str) -> String {
        let plain = format!("user's password is invalid [uid: 7, name: {user}]");
        match (self.forgejo, self.forgejo_since(15)) {
            (true, true) => format!("{}\n{plain}", self.unknown_token(password)),
            (true, false) => plain,
            (false, _) => "invalid username, password or token".to_owned(),
        }
    }

    /// What a missing or wrong one-time code meets.
    pub(super) fn wrong_code(self) -> String {
        if self.forgejo { "invalid provided OTP" } else { "invalid username, password or token" }.to_owned()
    }

    /// What the password of an account with a security key meets.
    pub(super) fn security_key(self) -> String {
        if self.forgejo {
            "Basic authorization is not allowed while having security keys enrolled".to_owned()
        } else {
            "basic authorization is not allowed while WebAuthn enrolled".to_owned()
        }
    }

    /// What another method than the one wanted meets at the routes of tokens.
    pub(super) fn wrong_method(self) -> &'static str {
        if self.lists_to_tokens() { "auth method not allowed" } else { "auth required" }
    }

    /// What a missing scope meets.
    pub(super) fn scope_missing(self, required: &[&str], own: &[String]) -> String {
        let required = required.join(" ");
        let words = "token does not have at least one of required scope(s)";
        if self.forgejo || self.version < (1, 25) {
            format!("{words}: [{required}]")
        } else {
            format!("{words}, required=[{required}], token scope={}", own.join(","))
        }
    }
}

/// The shape of errors.
pub(super) fn error(status: u16, message: &str, root: &str) -> SimResponse {
    SimResponse::json(status, &json!({"message": message, "url": format!("{root}/api/swagger")}))
}

/// A refusal for the state of an account, which has no `url`.
pub(super) fn state(message: &str) -> SimResponse {
    SimResponse::json(403, &json!({"message": message}))
}

pub(super) fn not_found(root: &str) -> SimResponse {
    let body = json!({"errors": [], "message": "The target couldn't be found.", "url": format!("{root}/api/swagger")});
    SimResponse::json(404, &body)
}

/// An HTML page.
pub(super) fn page(status: u16, text: &str) -> SimResponse {
    SimResponse { status, body: format!("<!DOCTYPE html><html><body>{text}</body></html>"), headers: Vec::new() }
        .with("Content-Type", "text/html; charset=utf-8")
}
