//! What a token may do at one project or repository, by reads that change nothing. Lists filtered by permission may show
//! the rights of the user instead of the narrower ones of the token, so only requests for the place itself count.

use futures_util::future::BoxFuture;

use super::answers::{cap, has_own_word, login};
use super::owner::Owner;
use super::prove::get;
use super::{BitbucketDatacenter, FACTS};
use crate::domain::{Grant, GrantSource, Kind, LookAt, Probed};
use crate::hosts::{Probe, Session};

/// Permissions of the whole installation, which no token can carry (BSERV-10482).
const GLOBAL: [&str; 4] = ["ADMIN", "SYS_ADMIN", "USER_ADMIN", "PROJECT_CREATE"];

impl Probe for BitbucketDatacenter {
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(probe(session, look_at, wanted))
    }
}

/// What a request showed.
enum Shown {
    Held,
    Denied,
    Untold(String),
}

async fn probe(session: &Session<'_>, look_at: &LookAt, wanted: &[String]) -> Probed {
    let mut found = Probed::default();
    let place = place(session, look_at);
    for name in wanted {
        if GLOBAL.contains(&name.as_str()) {
            found.denied.push(name.clone());
            if found.findings.is_empty() {
                found.findings.push(FACTS.finding("cannot-administer", &[]).1);
            }
            continue;
        }
        let shown = match path(name, place.as_ref()) {
            Ok(path) => ask(session, name, &path).await,
            Err(why) => Shown::Untold(why),
        };
        match shown {
            Shown::Held => found.grants.push(Grant { name: name.clone(), source: GrantSource::Probed }),
            Shown::Denied => found.denied.push(name.clone()),
            Shown::Untold(why) => found.unknown.push((name.clone(), why)),
        }
    }
    found.evidence = session.wire.take_evidence();
    found
}

/// The place to look at: as named, else what the token belongs to.
fn place(session: &Session<'_>, look_at: &LookAt) -> Option<Owner> {
    let repository = look_at.repository.as_deref().and_then(|r| Owner::of(Kind::RepositoryToken, Some(r)));
    let project = || look_at.project.as_deref().and_then(|p| Owner::of(Kind::ProjectToken, Some(p)));
    let own = || match session.kind {
        kind @ (Kind::ProjectToken | Kind::RepositoryToken) => Owner::of(kind, session.username),
        _ => None,
    };
    repository.or_else(project).or_else(own)
}

/// The request that shows a permission at a place.
fn path(name: &str, place: Option<&Owner>) -> Result<String, String> {
    let owner = place.and_then(Owner::path);
    let (Some(place), Some(owner)) = (place, owner) else {
        return Err("Bitbucket shows this at one project or repository only: name one".to_owned());
    };
    let project = owner.split("/repos/").next().unwrap_or(&owner).to_owned();
    let of_repository = matches!(place, Owner::Repository(..));
    match (name, of_repository) {
        ("REPO_READ", true) => Ok(format!("/rest/api/latest/{owner}")),
        ("REPO_ADMIN", true) => Ok(format!("/rest/api/latest/{owner}/permissions/users?limit=1")),
        ("REPO_WRITE", true) => {
            let git = owner.trim_start_matches("projects/").replace("/repos/", "/");
            Ok(format!("/scm/{git}.git/info/refs?service=git-receive-pack"))
        }
        ("PROJECT_READ", _) => Ok(format!("/rest/api/latest/{project}")),
        ("PROJECT_ADMIN", _) => Ok(format!("/rest/api/latest/{project}/permissions/users?limit=1")),
        ("REPO_READ" | "REPO_WRITE" | "REPO_ADMIN", false) => {
            Err("Bitbucket shows this at one repository only: name one".to_owned())
        }
        _ => Err("no request of Bitbucket's shows this without changing something".to_owned()),
    }
}

async fn ask(session: &Session<'_>, name: &str, path: &str) -> Shown {
    let answer = match get(session, path).await {
        Ok(answer) => answer,
        Err(error) => return Shown::Untold(error.to_string()),
    };
    let known = login(&answer).is_some();
    let told = match answer.status {
        200 if name == "REPO_WRITE" => {
            // Allowed in principle: finer permissions of branches show only when something is pushed.
            let git = answer.header("content-type").is_some_and(|t| t.contains("git-receive-pack-advertisement"));
            if git { Shown::Held } else { Shown::Untold("the answer is not git's".to_owned()) }
        }
        200 if answer.json().is_some() => Shown::Held,
        401 | 403 if known && has_own_word(&answer, &["AuthorisationException"]) => Shown::Denied,
        404 if has_own_word(&answer, &["NoSuchProjectException", "NoSuchRepositoryException"]) => {
            Shown::Untold("Bitbucket knows no such place, or hides it from the token".to_owned())
        }
        status => Shown::Untold(format!("Bitbucket did not tell (status {status})")),
    };
    session.wire.note(match &told {
        Shown::Held => format!("{name}: yes"),
        Shown::Denied => format!("{name}: no"),
        Shown::Untold(why) => cap(why),
    });
    told
}
