//! The URL that git is asked about: as named, else where the repository that is looked at is cloned from, else the host.

use url::Url;

use crate::diagnose::facts::{CloneFacts, facts};
use crate::diagnose::viewpoint::Viewpoint;
use crate::hosts::segment::segment;

/// The URL, without user name and password; none where the host's record gives none.
pub(crate) fn of(view: &Viewpoint<'_>) -> Option<Url> {
    let facts = of_family(view)?;
    let base = base(view)?;
    let Some(path) = clone_path(view, facts) else { return Some(base) };
    Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/'))).ok()
}

/// The host's endpoint for git: nothing is sent elsewhere.
pub(crate) fn base(view: &Viewpoint<'_>) -> Option<Url> {
    let base = view.endpoints.get(&of_family(view)?.endpoint).unwrap_or(&view.patient.host.url);
    Url::parse(base).ok().filter(|u| matches!(u.scheme(), "http" | "https"))
}

/// Name of the endpoint for git.
pub(crate) fn endpoint(view: &Viewpoint<'_>) -> Option<&'static str> {
    of_family(view).map(|c| c.endpoint.as_str())
}

fn of_family(view: &Viewpoint<'_>) -> Option<&'static CloneFacts> {
    facts().clones.iter().find(|c| c.family == view.patient.host.family)
}

/// Whether a URL names a repository, so that git's question can be asked there.
pub(crate) fn names_a_repository(view: &Viewpoint<'_>) -> bool {
    // The endpoint of CodeCommit may be that of one repository already.
    let is_one = || base(view).is_some_and(|base| base.path().contains("/v1/repos/"));
    of_family(view).is_some_and(|facts| clone_path(view, facts).is_some() || is_one())
}

fn clone_path(view: &Viewpoint<'_>, facts: &CloneFacts) -> Option<String> {
    let look_at = &view.patient.look_at;
    if base(view).is_some_and(|base| base.path().contains("/v1/repos/")) {
        return None;
    }
    let name = look_at.repository.as_deref().map(|r| r.trim().trim_matches('/').trim_end_matches(".git"))?;
    if facts.segments == 0 {
        return None;
    }
    let mut parts: Vec<&str> = name.split('/').collect();
    let mut project = look_at.project.as_deref().map(str::trim);
    if facts.path.contains("{project}") && parts.len() > 1 {
        // `project/repository`, or `project/_git/repository` as in the browser.
        project = parts.first().copied();
        parts = parts.last().copied().into_iter().collect();
    }
    if parts.len() < facts.segments {
        // `slug` with the project, workspace or owner beside it.
        parts.insert(0, project?);
    }
    let name = parts.into_iter().map(segment).collect::<Option<Vec<_>>>()?.join("/");
    let path = facts.path.replace("{repository}", &name);
    match path.contains("{project}") {
        // A repository that has its project's name may be written without.
        true => Some(path.replace("{project}", &project.map_or(Some(name), segment)?)),
        false => Some(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::tests::{patient, view};
    use crate::domain::{Kind, LookAt};

    fn url(family: &str, host: &str, project: Option<&str>, repository: Option<&str>) -> String {
        let mut patient = patient(family, host, Kind::Pat, None);
        let own = |t: Option<&str>| t.map(str::to_owned);
        patient.look_at = LookAt { project: own(project), repository: own(repository), issue: None };
        of(&view(&patient, &[], None)).unwrap().to_string()
    }

    #[test]
    fn every_family_clones_from_where_its_sheet_says() {
        let org = "https://dev.azure.com/contoso";
        let aws = "https://git-codecommit.us-east-1.amazonaws.com";
        for (family, host, project, repository, wanted) in [
            ("github", "https://github.com", None, Some("octo/web"), "https://github.com/octo/web.git"),
            ("github", "https://github.com", Some("octo"), Some("web"), "https://github.com/octo/web.git"),
            ("github", "https://github.com", None, Some("web"), "https://github.com/"),
            ("gitlab", "https://x.example/gitlab", None, Some("a/b/c"), "https://x.example/gitlab/a/b/c.git"),
            ("azure-devops", org, Some("web"), Some("app"), "https://dev.azure.com/contoso/web/_git/app"),
            ("azure-devops", org, None, Some("web/app"), "https://dev.azure.com/contoso/web/_git/app"),
            ("azure-devops", org, None, Some("my app"), "https://dev.azure.com/contoso/my%20app/_git/my%20app"),
            (
                "bitbucket-cloud",
                "https://bitbucket.org",
                None,
                Some("acme/web.git"),
                "https://bitbucket.org/acme/web.git",
            ),
            (
                "bitbucket-datacenter",
                "https://b.example/git",
                None,
                Some("ACME/web"),
                "https://b.example/git/scm/ACME/web.git",
            ),
            ("codecommit", aws, None, Some("demo"), "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/demo"),
            ("forgejo", "https://codeberg.org", None, Some("ana/../x"), "https://codeberg.org/"),
            ("generic", "https://x.example/api", None, Some("a/b"), "https://x.example/api"),
        ] {
            assert_eq!(url(family, host, project, repository), wanted, "{family}");
        }
    }
}
