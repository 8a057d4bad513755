//! Grants as Bitbucket lists them, in headers beside an answer or inside a refusal.

use super::FACTS;
use crate::domain::{Grant, GrantSource, Kind};
use crate::net::Response;
use crate::sanitize;

/// Most scopes that are taken from one answer.
const MOST: usize = 128;
/// Longest name of a scope that is taken.
const LONGEST: usize = 64;

/// The scopes that were granted, by `X-OAuth-Scopes`. None where the header is missing, which is not "no scopes".
pub(super) fn granted(response: &Response) -> Option<Vec<String>> {
    response.header("x-oauth-scopes").map(listed)
}

/// The scopes that the request wanted, by `X-Accepted-OAuth-Scopes`.
pub(super) fn accepted(response: &Response) -> Vec<String> {
    response.header("x-accepted-oauth-scopes").map(listed).unwrap_or_default()
}

/// Names separated by commas or, as in OAuth answers, by spaces.
pub(super) fn listed(text: &str) -> Vec<String> {
    clean(text.split([',', ' ']))
}

/// Names fit to be shown: trimmed, not empty, not too long, each once.
pub(super) fn clean<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names.map(str::trim).filter(|n| !n.is_empty() && n.len() <= LONGEST).take(MOST) {
        let name = sanitize::short(name, LONGEST);
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// What the host listed, then what that includes.
pub(super) fn grants(names: &[String]) -> Vec<Grant> {
    let more = FACTS.implied(names).into_iter().map(|name| Grant { name, source: GrantSource::Implied });
    names.iter().map(Grant::told).chain(more).collect()
}

/// Names in a row for a sentence.
pub(super) fn words(names: &[String]) -> String {
    if names.is_empty() { "nothing that Bitbucket lists".to_owned() } else { names.join(", ") }
}

/// What `X-Credential-Type` calls a kind.
pub(super) fn credential_type(response: &Response) -> Option<Kind> {
    match response.header("x-credential-type")?.trim() {
        "api_token" => Some(Kind::ScopedApiToken),
        "repo_access_token" => Some(Kind::RepositoryToken),
        "project_access_token" => Some(Kind::ProjectToken),
        "workspace_access_token" => Some(Kind::WorkspaceToken),
        _ => None,
    }
}

/// Tokens that belong to a resource and have no user.
pub(super) fn is_access_token(kind: Kind) -> bool {
    matches!(kind, Kind::RepositoryToken | Kind::ProjectToken | Kind::WorkspaceToken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_trimmed_and_rid_of_repeats() {
        assert_eq!(
            listed(" read:user:bitbucket,, repository:write ,repository:write"),
            ["read:user:bitbucket", "repository:write"]
        );
        assert_eq!(listed("repository pullrequest:write"), ["repository", "pullrequest:write"]);
        assert!(listed(&format!("a{}", "x".repeat(100))).is_empty());
    }

    #[test]
    fn a_missing_header_is_not_an_empty_list() {
        assert_eq!(granted(&Response::of(200, &[], "")), None);
        assert_eq!(granted(&Response::of(200, &[("x-oauth-scopes", "")], "")), Some(Vec::new()));
    }

    #[test]
    fn old_scopes_include_others_and_new_ones_do_not() {
        let names = |list: &[&str]| {
            let list: Vec<String> = list.iter().map(|s| (*s).to_owned()).collect();
            grants(&list).into_iter().map(|g| g.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&["write:repository:bitbucket"]), ["write:repository:bitbucket"]);
        assert_eq!(
            names(&["pullrequest:write"]),
            ["pullrequest:write", "pullrequest", "repository:write", "repository"]
        );
        assert_eq!(names(&["repository:admin"]), ["repository:admin"]);
    }
}
