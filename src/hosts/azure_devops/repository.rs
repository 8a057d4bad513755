//! What the account may do at one repository, whatever the scopes of its token are. A token never may more.
//!
//! `GET _apis/permissions/{namespace}/{bit}?tokens=repoV2/{project}/{repository}`, documented without a scope.
//! <https://learn.microsoft.com/azure/devops/organizations/security/namespace-reference>

use serde_json::Value;

use super::answers::{Act, cap, said, signature};
use super::send::Reader;
use super::{FACTS, WEB, is_guid};
use crate::domain::{Finding, LookAt};
use crate::hosts::segment::segment;

/// Namespace of the permissions on repositories.
const GIT_NAMESPACE: &str = "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87";
/// Contribute: pushing.
const CONTRIBUTE: u32 = 4;
/// What else an integration does there: its bit, and its name on the page.
const BESIDES: [(u32, &str); 2] = [(16, "Create branch"), (16384, "Contribute to pull requests")];

/// A project and a repository, ready for a path.
#[derive(Default)]
pub(super) struct Named {
    pub project: Option<String>,
    pub repository: Option<String>,
}

impl Named {
    pub(super) fn of(look_at: &LookAt) -> Self {
        let (project, repository) = match look_at.repository.as_deref().map(|r| r.split_once('/').ok_or(r)) {
            Some(Ok((project, repository))) => (Some(project), Some(repository)),
            Some(Err(repository)) => (None, Some(repository)),
            None => (None, None),
        };
        let segment = |text: &str| segment(text.trim());
        Self {
            project: look_at.project.as_deref().or(project).and_then(segment),
            repository: repository.and_then(segment),
        }
    }
}

/// What was found of the account at the repository.
#[derive(Default)]
pub(super) struct Held {
    /// It may push; none where that was not told.
    pub pushes: Option<bool>,
    /// What it may not do, or that there is no such repository.
    pub finding: Option<Finding>,
}

/// Asks what the account may do at the repository named, if one is.
pub(super) async fn ask(reader: &mut Reader<'_>, named: &Named) -> Held {
    let Some(repository) = &named.repository else { return Held::default() };
    let project = named.project.as_ref().map(|p| format!("/{p}")).unwrap_or_default();
    let path = format!("{project}/_apis/git/repositories/{repository}");
    let Ok(answer) = reader.get(WEB, &path, None).await else { return Held::default() };
    let web = reader.wire.url(WEB, "");
    let body = answer.json().filter(|_| answer.status == 200).unwrap_or_default();
    let id =
        |pointer: &str| body.pointer(pointer).and_then(Value::as_str).filter(|id| is_guid(id)).map(ToOwned::to_owned);
    let (Some(repository), Some(project)) = (id("/id"), id("/project/id")) else {
        let hidden = signature(Act::Itself, reader.place, &web, &answer) == Some("no-such-repository");
        let message = cap(&said(&answer).message);
        let args = [("web", web.as_str()), ("message", &message)];
        return Held { pushes: None, finding: hidden.then(|| FACTS.finding("no-such-repository", &args).1) };
    };
    let token = format!("repoV2/{project}/{repository}");
    let pushes = may(reader, CONTRIBUTE, &token).await;
    if pushes == Some(false) {
        return Held { pushes, finding: Some(FACTS.finding("cannot-contribute", &[("web", &web)]).1) };
    }
    let mut lacks = Vec::new();
    if pushes == Some(true) {
        for (bit, name) in BESIDES {
            if may(reader, bit, &token).await == Some(false) {
                lacks.push(name);
            }
        }
    }
    let lacks = lacks.join(" and ");
    let finding = || FACTS.finding("contributes-in-part", &[("web", &web), ("lacks", &lacks)]).1;
    Held { pushes, finding: (!lacks.is_empty()).then(finding) }
}

/// Whether the account has that permission; none where the host does not tell.
async fn may(reader: &mut Reader<'_>, bit: u32, token: &str) -> Option<bool> {
    let answer =
        reader.get(WEB, &format!("/_apis/permissions/{GIT_NAMESPACE}/{bit}?tokens={token}"), None).await.ok()?;
    let allowed = answer.json().filter(|_| answer.status == 200)?.pointer("/value/0")?.as_bool();
    reader.wire.note(format!("permission {bit}: {}", allowed.map_or("not told".to_owned(), |a| a.to_string())));
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_apart_and_encoded() {
        let named = |project: Option<&str>, repository: Option<&str>| {
            let look_at = LookAt {
                project: project.map(Into::into),
                repository: repository.map(Into::into),
                ..LookAt::default()
            };
            let named = Named::of(&look_at);
            (named.project, named.repository)
        };
        assert_eq!(named(None, Some("My Web/app")), (Some("My%20Web".into()), Some("app".into())));
        assert_eq!(named(Some("web"), Some("app/x")), (Some("web".into()), Some("x".into())));
        assert_eq!(named(None, Some("../..")), (None, None));
        assert_eq!(named(None, Some("a/../b")), (Some("a".into()), Some("..%2Fb".into())));
    }
}
