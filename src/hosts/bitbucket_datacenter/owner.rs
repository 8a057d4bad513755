//! Under whose name Bitbucket files a token, as a path of its REST interface.

use crate::domain::Kind;
use crate::hosts::segment::segment;

/// The owner of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// A user, by slug.
    User(String),
    /// A project, by key; `~slug` for a personal one.
    Project(String),
    /// A repository, by project key and slug.
    Repository(String, String),
}

impl Owner {
    /// Reads the record's user name the way its kind means it: `jdoe`, `ACME`, `ACME/web`. None where it does not fit.
    pub(super) fn of(kind: Kind, username: Option<&str>) -> Option<Self> {
        let username = username.map(str::trim).filter(|u| !u.is_empty())?;
        let owner = match (kind, username.split_once('/')) {
            (Kind::ProjectToken, None) => Self::Project(username.to_owned()),
            (Kind::RepositoryToken, Some((key, slug))) if !slug.contains('/') => {
                Self::Repository(key.to_owned(), slug.to_owned())
            }
            (Kind::ProjectToken | Kind::RepositoryToken, _) | (_, Some(_)) => return None,
            // Slugs are lower case; which sign stands for a special one is not documented, so nothing else is changed.
            (_, None) => Self::User(username.to_lowercase()),
        };
        owner.path().is_some().then_some(owner)
    }

    /// `users/SLUG`, `projects/KEY` or `projects/KEY/repos/SLUG`, escaped.
    pub(super) fn path(&self) -> Option<String> {
        Some(match self {
            Self::User(slug) => format!("users/{}", segment(slug)?),
            Self::Project(key) => format!("projects/{}", segment(key)?),
            Self::Repository(key, slug) => format!("projects/{}/repos/{}", segment(key)?, segment(slug)?),
        })
    }

    /// How people name it.
    pub(super) fn words(&self) -> String {
        match self {
            Self::User(slug) => format!("user {slug}"),
            Self::Project(key) => format!("project {key}"),
            Self::Repository(key, slug) => format!("repository {key}/{slug}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_name_is_read_as_its_kind_means_it() {
        let path = |kind, name| Owner::of(kind, Some(name)).and_then(|o| o.path());
        assert_eq!(path(Kind::HttpAccessToken, "JDoe").unwrap(), "users/jdoe");
        assert_eq!(path(Kind::HttpAccessToken, "jo doe@x").unwrap(), "users/jo%20doe%40x");
        assert_eq!(path(Kind::ProjectToken, "~jdoe").unwrap(), "projects/~jdoe");
        assert_eq!(path(Kind::RepositoryToken, "ACME/web").unwrap(), "projects/ACME/repos/web");
    }

    #[test]
    fn names_that_do_not_fit_or_climb_are_refused() {
        for (kind, name) in [
            (Kind::HttpAccessToken, "ACME/web"),
            (Kind::HttpAccessToken, ".."),
            (Kind::ProjectToken, "ACME/web"),
            (Kind::RepositoryToken, "ACME"),
            (Kind::RepositoryToken, "ACME/.."),
            (Kind::RepositoryToken, "ACME/"),
            (Kind::RepositoryToken, "ACME/web/x"),
            (Kind::ProjectToken, " "),
        ] {
            assert_eq!(Owner::of(kind, Some(name)), None, "{kind} {name}");
        }
        assert_eq!(Owner::of(Kind::ProjectToken, None), None);
    }
}
