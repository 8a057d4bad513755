//! Simulated Azure DevOps: the organisation `contoso` of Services, connected to Microsoft Entra, and a collection of an
//! Azure DevOps Server 2020 under `/tfs`.
//!
//! Plays what the vendor documents: personal access tokens as the password of an empty user name, Entra tokens as Bearer,
//! the sign-in page with status 203, the redirect to `_signin`, the 401 bodies, the anonymous user, conditional access,
//! throttling, the token API with its successes that hide an error, the administration of tokens, and one read per scope.
//! Where the documentation is silent it picks one behaviour and says so beside the code.
//! <https://learn.microsoft.com/rest/api/azure/devops/>

mod admin;
mod answers;
mod forms;
mod pats;
mod reads;
mod roster;
mod state;
mod tokens;

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::{SimCredential, SimRequest, SimResponse, Site};
use crate::domain::FamilyId;
use answers::{not_found, page_not_found, refuse, version_refused};
use state::{Caller, Login, State};
use tokens::Dead;

/// Which product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edition {
    Services,
    Server,
}

/// The site.
#[derive(Debug)]
pub struct AzureDevOps {
    edition: Edition,
    state: Mutex<State>,
}

/// Paths at which one port plays several hosts.
const ORGANIZATION: &str = "/dev.azure.com/contoso";
const IDENTITY: &str = "/vssps.dev.azure.com/contoso";
const PROFILE: &str = "/app.vssps.visualstudio.com";
const COLLECTION: &str = "/tfs/DefaultCollection";

/// Newest version of the API that Azure DevOps Server 2020 takes, in tenths.
const SERVER_VERSION: u32 = 60;

impl AzureDevOps {
    /// The organisation of Services.
    #[must_use]
    pub fn services() -> Self {
        Self { edition: Edition::Services, state: Mutex::new(State::of(Edition::Services)) }
    }

    /// The collection of a server.
    #[must_use]
    pub fn server() -> Self {
        Self { edition: Edition::Server, state: Mutex::new(State::of(Edition::Server)) }
    }
}

impl Site for AzureDevOps {
    fn family(&self) -> FamilyId {
        FamilyId::new("azure-devops")
    }

    fn name(&self) -> String {
        match self.edition {
            Edition::Services => "dev.azure.com/contoso".to_owned(),
            Edition::Server => "tfs.acme.dev/tfs/DefaultCollection".to_owned(),
        }
    }

    fn url(&self, listen: &str) -> String {
        match self.edition {
            Edition::Services => format!("{listen}{ORGANIZATION}"),
            Edition::Server => format!("{listen}{COLLECTION}"),
        }
    }

    fn endpoints(&self, listen: &str) -> Vec<(String, String)> {
        let of = |name: &str, path: &str| (name.to_owned(), format!("{listen}{path}"));
        match self.edition {
            Edition::Services => vec![of("web", ORGANIZATION), of("identity", IDENTITY), of("profile", PROFILE)],
            Edition::Server => vec![of("web", COLLECTION), of("identity", COLLECTION), of("profile", COLLECTION)],
        }
    }

    fn roster(&self, now: Timestamp) -> Vec<SimCredential> {
        roster::roster(self.edition, now)
    }

    fn spare(&self, n: usize, _now: Timestamp) -> SimCredential {
        roster::spare(self.edition, n)
    }

    fn answer(&self, request: &SimRequest, now: Timestamp) -> SimResponse {
        // A panicking thread elsewhere must not take the site down; its state stays consistent between statements.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = route(self.edition, &mut state, request, now);
        // What stands in front of the product has none of its headers.
        if answer.headers.iter().any(|(n, v)| n == "Server" && v.starts_with("Microsoft-IIS")) {
            return answer;
        }
        let tenant = match self.edition {
            Edition::Services => "dddd0000-0000-4000-8000-00000000000d",
            Edition::Server => return answer.with("X-TFS-ProcessId", "keyrack").with("ActivityId", "keyrack-activity"),
        };
        answer
            .with("X-VSS-ResourceTenant", tenant)
            .with("X-VSS-E2EID", "keyrack")
            .with("ActivityId", "keyrack-activity")
    }
}

/// The service that a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Web,
    Identity,
    Profile,
    /// On premises one does everything.
    All,
}

fn route(edition: Edition, state: &mut State, request: &SimRequest, now: Timestamp) -> SimResponse {
    let services: &[(&str, Service)] = match edition {
        Edition::Services => {
            &[(ORGANIZATION, Service::Web), (IDENTITY, Service::Identity), (PROFILE, Service::Profile)]
        }
        Edition::Server => &[(COLLECTION, Service::All)],
    };
    let found = services.iter().find_map(|(base, service)| {
        request.path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with('/')).map(|r| (*service, r))
    });
    let Some((service, path)) = found else { return page_not_found() };
    let caller = match state.login(request, now) {
        Login::Caller(caller) => caller,
        Login::Anonymous => return refuse(edition, request, Dead::Unknown),
        Login::Dead(how) => return refuse(edition, request, how),
    };
    if edition == Edition::Server
        && let Some(asked) = asked_version(&request.query).filter(|v| *v > SERVER_VERSION)
    {
        return version_refused(asked);
    }
    let Some(api) = path.strip_prefix("/_apis/") else { return project(edition, service, path, request, &caller) };
    match (service, api) {
        (Service::Web | Service::All, "connectionData") => answers::connection(edition, &caller),
        (Service::Profile | Service::All, "profile/profiles/me") if edition == Edition::Services => {
            answers::profile(edition, request, &caller)
        }
        (Service::Identity, "tokens/pats") => pats::answer(state, request, &caller, now),
        (Service::Identity | Service::All, api) if admin::is_ours(api) => {
            admin::answer(edition, state, request, api, &caller, now)
        }
        (Service::Web | Service::Identity | Service::All, api) => {
            reads::answer(edition, request, None, api, &caller, service == Service::Identity)
        }
        (Service::Profile, _) => not_found("The controller was not found."),
    }
}

/// `/PROJECT/_apis/…`
fn project(edition: Edition, service: Service, path: &str, request: &SimRequest, caller: &Caller) -> SimResponse {
    let below = path.trim_start_matches('/').split_once("/_apis/");
    match below {
        Some((project, api)) if service != Service::Profile => {
            reads::answer(edition, request, Some(project), api, caller, service == Service::Identity)
        }
        _ => page_not_found(),
    }
}

/// Version in tenths, from `api-version=7.1-preview.3`.
fn asked_version(query: &str) -> Option<u32> {
    let text = parameter(query, "api-version")?;
    let (major, minor) = text.split('-').next()?.split_once('.')?;
    Some(major.parse::<u32>().ok()? * 10 + minor.parse::<u32>().ok()?)
}

/// A parameter of a query, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
}
