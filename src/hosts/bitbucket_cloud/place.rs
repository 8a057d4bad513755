//! A workspace or repository that a profile looks at.

use crate::domain::LookAt;
use crate::hosts::segment::segment;

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A workspace, by slug.
    Workspace(String),
    /// A repository, by the slugs of its workspace and its own.
    Repository(String, String),
}

impl Place {
    /// Reads `workspace/repository`, also as a clone URL, or `workspace` alone. None where nothing is named that fits.
    pub(super) fn of(look_at: &LookAt) -> Option<Self> {
        let named = look_at.repository.as_deref().or(look_at.project.as_deref())?.trim();
        let path = named.split_once("bitbucket.org").map_or(named, |(_, rest)| rest.trim_start_matches([':', '/']));
        let path = path.trim_matches('/').trim_end_matches(".git");
        let mut parts = path.split('/');
        let place = match (parts.next().filter(|p| !p.is_empty())?, parts.next(), parts.next()) {
            (workspace, None, _) => Self::Workspace(workspace.to_owned()),
            // A project's key stands behind its workspace; the workspace is what can be asked for.
            (workspace, Some(_), None) if look_at.repository.is_none() => Self::Workspace(workspace.to_owned()),
            (workspace, Some(slug), None) => Self::Repository(workspace.to_owned(), slug.to_owned()),
            _ => return None,
        };
        place.path().is_some().then_some(place)
    }

    /// `workspace` or `workspace/repository`, escaped for a path.
    pub(super) fn path(&self) -> Option<String> {
        match self {
            Self::Workspace(workspace) => segment(workspace),
            Self::Repository(workspace, slug) => Some(format!("{}/{}", segment(workspace)?, segment(slug)?)),
        }
    }

    /// How people name it.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Workspace(workspace) => format!("workspace {workspace}"),
            Self::Repository(workspace, slug) => format!("repository {workspace}/{slug}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_and_workspaces_are_read_in_every_spelling() {
        let of = |repository: &str| Place::of(&LookAt { repository: Some(repository.to_owned()), ..LookAt::default() });
        let web = Place::Repository("acme".to_owned(), "web".to_owned());
        for typed in [
            "acme/web",
            " acme/web.git ",
            "https://bitbucket.org/acme/web.git",
            "git@bitbucket.org:acme/web.git",
            "/acme/web/",
        ] {
            assert_eq!(of(typed), Some(web.clone()), "{typed}");
        }
        assert_eq!(of("acme"), Some(Place::Workspace("acme".to_owned())));
        assert_eq!(of("{470c}/w eb").and_then(|p| p.path()).as_deref(), Some("%7B470c%7D/w%20eb"));
        for typed in ["", "/", "acme/..", "acme/web/src", "../web"] {
            assert_eq!(of(typed), None, "{typed}");
        }
        let project = LookAt { project: Some("acme/KEY".to_owned()), ..LookAt::default() };
        assert_eq!(Place::of(&project), Some(Place::Workspace("acme".to_owned())));
        assert_eq!(Place::of(&LookAt::default()), None);
    }
}
