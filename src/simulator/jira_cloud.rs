//! Two simulated sites of Atlassian Cloud, `acme.atlassian.net` and `acme-test.atlassian.net`, with the gateway and the
//! organisation's API behind each.
//!
//! Both share one platform of accounts and tokens, as in life: a token revoked through one is dead at the other. Plays what
//! the vendor documents: tokens without scopes at the site, all others at the gateway, anonymous answers with a failed
//! log-in in a header, scope errors that are 401, and the organisation's lists. Where the documentation is silent it picks
//! one behaviour and says so beside the code.
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/>

mod answers;
mod organisation;
mod platform;
mod products;
mod roster;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::FamilyId;
use answers::{gateway, page};
use platform::{Platform, Tenant};

/// Password of every account here; no site takes it.
pub const PASSWORD: &str = platform::PASSWORD;

/// One site.
#[derive(Debug, Clone)]
pub struct JiraCloud {
    tenant: &'static Tenant,
    platform: Arc<Mutex<Platform>>,
}

impl JiraCloud {
    /// A source and a target site over one fresh platform.
    #[must_use]
    pub fn pair() -> [Self; 2] {
        let platform = Arc::new(Mutex::new(Platform::default()));
        [0, 1].map(|n| Self { tenant: &platform::TENANTS[n], platform: Arc::clone(&platform) })
    }

    /// Whether everything of the organisation, or of a service account, was revoked at once: the two calls that no client
    /// should make unasked.
    #[must_use]
    pub fn was_wiped(&self) -> bool {
        self.state().wiped
    }

    fn state(&self) -> MutexGuard<'_, Platform> {
        // A panicking thread elsewhere must not take the site down; its state stays consistent between statements.
        self.platform.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Site for JiraCloud {
    fn family(&self) -> FamilyId {
        FamilyId::new("jira-cloud")
    }

    fn name(&self) -> String {
        self.tenant.name.to_owned()
    }

    fn url(&self, listen: &str) -> String {
        listen.to_owned()
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        ["web", "gateway", "auth"].map(|name| (name.to_owned(), listen.to_owned())).to_vec()
    }

    fn roster(&self, now: Timestamp) -> Vec<SimCredential> {
        roster::of(self.tenant, now)
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        roster::spare(self.tenant, n)
    }

    fn shared(&self) -> Vec<(String, String)> {
        roster::shared(self.tenant)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        let mut state = self.state();
        let answer = route(&mut state, self.tenant, request, now);
        answer.with("ATL-TraceId", format!("keyrack{:08x}", request.path.len()))
    }
}

fn route(state: &mut Platform, tenant: &'static Tenant, request: &SimRequest, now: Timestamp) -> SimResponse {
    let path = request.path.as_str();
    if path == "/_edge/tenant_info" {
        return SimResponse::json(200, &serde_json::json!({ "cloudId": tenant.cloud_id }));
    }
    if path.starts_with("/admin/") || path.starts_with("/users/") {
        return organisation::answer(state, request, now);
    }
    let below = |product: &str| {
        let rest = path.strip_prefix("/ex/")?.strip_prefix(product)?.strip_prefix('/')?;
        Some(rest.split_once('/').map_or((rest, String::new()), |(id, rest)| (id, format!("/{rest}"))))
    };
    for product in ["jira", "confluence"] {
        if let Some((id, rest)) = below(product) {
            let Some(tenant) = platform::TENANTS.iter().find(|t| t.cloud_id == id) else {
                return gateway(404, "Not Found");
            };
            return match state.at_gateway(request.header("authorization"), tenant, now) {
                None => gateway(401, "Unauthorized").with("x-failure-category", "FAILURE_CLIENT_AUTH_MISMATCH"),
                Some(caller) => products::answer(tenant, request, &rest, Some(&caller)),
            };
        }
    }
    if path.starts_with("/rest/") || path.starts_with("/wiki/") {
        return at_site(state, tenant, request, now);
    }
    page(404, "Page unavailable")
}

fn at_site(state: &Platform, tenant: &'static Tenant, request: &SimRequest, now: Timestamp) -> SimResponse {
    match state.at_site(request.header("authorization"), tenant, now) {
        platform::Login::Caller(caller) => products::answer(tenant, request, &request.path, Some(&caller)),
        platform::Login::Anonymous => products::answer(tenant, request, &request.path, None),
        // Passed over: what is open to everybody is answered all the same.
        platform::Login::Failed => {
            products::answer(tenant, request, &request.path, None).with("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")
        }
        platform::Login::Captcha => answers::unauthenticated().with("X-Seraph-LoginReason", "AUTHENTICATION_DENIED"),
        platform::Login::Password => answers::text(
            401,
            "Basic authentication with passwords is deprecated.  For more information, see: \
             https://developer.atlassian.com/cloud/confluence/deprecation-notice-basic-auth/",
        ),
        platform::Login::Outside => answers::jira(
            403,
            "The IP address has been rejected because it is not on the allowed list. See your admin for more information.",
        ),
        // The vendor does not print the words of this one.
        platform::Login::Policy => gateway(403, "Your admin has blocked API token access for external users."),
    }
}
