//! A simulated Fisheye and Crucible 4.9 under the context path `/fisheye`, at which everybody may read one repository.
//!
//! Plays what the vendor documents: the administration's REST API token, log-ins by REST, a token of a log-in that goes on
//! as the anonymous user once the server has forgotten it. The statuses of refusals are not confirmed; this picks 401.
//! <https://developer.atlassian.com/server/fisheye-crucible/authenticating-rest-requests/>

use std::collections::BTreeSet;
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::json;

use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::{FamilyId, Kind, Verdict};

const CONTEXT: &str = "/fisheye";
const VERSION: &str = "4.9.1";
/// Password of every user of this site.
pub const PASSWORD: &str = "keyrack-demo";
/// The token that is set, and one that it replaced.
const KEY: &str = "KEYRACKFAKE0000000000000000000000000key1";
const OLD_KEY: &str = "KEYRACKFAKE0000000000000000000000000key0";
const SPARE_NUMBER: u64 = 900_000;

/// The site.
#[derive(Debug, Default)]
pub struct Fecru {
    /// Log-ins that the server has forgotten.
    forgotten: Mutex<BTreeSet<String>>,
}

impl Fecru {
    /// A fresh installation.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all log-ins of a user, as a restart does.
    pub fn forget(&self, user: &str) {
        self.forgotten.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(user.to_owned());
    }

    /// Whose log-in a token is, unless it is forgotten.
    fn user_of<'a>(&self, token: &'a str) -> Option<&'a str> {
        let user = token.split(':').next()?;
        let known = login(user, 17) == token
            || token.split(':').nth(1)?.parse().is_ok_and(|n: u64| n >= SPARE_NUMBER && login(user, n) == token);
        let forgotten =
            user == "mira" || self.forgotten.lock().unwrap_or_else(std::sync::PoisonError::into_inner).contains(user);
        (known && !forgotten).then_some(user)
    }
}

/// A token of a log-in: 32 hexadecimal digits that spell nothing random.
fn login(user: &str, number: u64) -> String {
    format!("{user}:{number}:fa6efa6efa6efa6efa6e{number:012x}")
}

impl Site for Fecru {
    fn family(&self) -> FamilyId {
        FamilyId::new("fecru")
    }

    fn name(&self) -> String {
        "fisheye.acme.dev".to_owned()
    }

    fn url(&self, listen: &str) -> String {
        format!("{listen}{CONTEXT}")
    }

    fn roster(&self, _now: Timestamp) -> Vec<SimCredential> {
        let credential =
            |label: &str, kind, username: Option<&str>, secret: String, note: &str, expect| SimCredential {
                label: label.to_owned(),
                kind,
                username: username.map(str::to_owned),
                secret,
                tags: vec!["fisheye".to_owned()],
                note: note.to_owned(),
                expect,
            };
        let (api, session) = (Kind::ApiToken, Kind::LoginToken);
        vec![
            credential("fisheye-admin", api, None, KEY.to_owned(), "the one REST API token", Verdict::Valid),
            credential("fisheye-login", session, Some("jdoe"), login("jdoe", 17), "a log-in of jdoe", Verdict::Valid),
            credential("fisheye-old-admin", api, None, OLD_KEY.to_owned(), "was replaced", Verdict::Rejected),
            // It is not refused: it goes on as the anonymous user, and that proves nothing.
            credential(
                "fisheye-forgotten",
                session,
                Some("mira"),
                login("mira", 17),
                "the server has forgotten this log-in",
                Verdict::Unreachable,
            ),
        ]
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        let number = SPARE_NUMBER + u64::try_from(n).unwrap_or(0);
        SimCredential {
            label: format!("fisheye-login-{}", n + 1),
            kind: Kind::LoginToken,
            username: Some("jdoe".to_owned()),
            secret: login("jdoe", number),
            tags: vec!["fisheye".to_owned()],
            note: String::new(),
            expect: Verdict::Valid,
        }
    }

    fn answer(&self, request: &SimRequest, _now: Timestamp) -> SimResponse {
        let Some(path) = request.path.strip_prefix(CONTEXT).filter(|p| p.is_empty() || p.starts_with('/')) else {
            return page(404);
        };
        match (request.method.as_str(), path) {
            ("GET", "/rest/applinks/1.0/manifest") => SimResponse {
                status: 200,
                body: format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><manifest><id>00000000-5555-6666-7777-888888888888</id>\
                     <name>FishEye</name><typeId>fecru</typeId><version>{VERSION}</version></manifest>"
                ),
                ..SimResponse::default()
            }
            .with("Content-Type", "application/xml"),
            ("GET", "/rest-service-fecru/admin/repositories") => match request.header("x-api-key") {
                Some(KEY) => SimResponse::json(200, &json!({"values": [{"name": "public"}, {"name": "secret-plans"}]})),
                _ => SimResponse::json(401, &json!({"code": 401, "message": "Authentication required"})),
            },
            ("GET", "/rest-service/repositories-v1") => {
                let token = parameter(&request.query, "FEAUTH");
                let mut names = vec![json!({"name": "public"})];
                if token.as_deref().and_then(|t| self.user_of(t)).is_some() {
                    names.push(json!({"name": "secret-plans"}));
                }
                SimResponse::json(200, &json!({"repository": names}))
            }
            ("POST", "/rest-service/auth-v1/login") => {
                let (user, password) = (parameter(&request.body, "userName"), parameter(&request.body, "password"));
                match (user, password.as_deref()) {
                    (Some(user), Some(PASSWORD)) => SimResponse::json(200, &json!({"token": login(&user, 17)})),
                    _ => SimResponse::json(403, &json!({"error": "Invalid user name or password"})),
                }
            }
            _ => page(404),
        }
    }
}

fn parameter(form: &str, name: &str) -> Option<String> {
    let found = form.split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('='))?;
    Some(percent_encoding::percent_decode_str(found).decode_utf8_lossy().into_owned())
}

fn page(status: u16) -> SimResponse {
    let body = "<!DOCTYPE html><html><body><h1>Not here</h1></body></html>".to_owned();
    SimResponse { status, body, ..SimResponse::default() }.with("Content-Type", "text/html")
}
