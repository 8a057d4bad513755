//! What a typed URL means to GitLab, and the endpoints that follow from a host record.
//!
//! A relative URL root (`https://example.com/gitlab`) cannot be told offline from a group's path, so a path is cut only
//! where a known page stands behind it; what is left over is settled by `detect`.

use std::net::IpAddr;

use url::Url;

use super::token;
use crate::domain::Host;
use crate::hosts::{Endpoints, HostUrl, HostUrlError};

/// Host name of the vendor's own installation.
const COM: &str = "gitlab.com";

/// Names, and endings of names, that belong to other products for sure.
const OTHERS: &[&str] = &[
    "github.com",
    "ghe.com",
    "bitbucket.org",
    "dev.azure.com",
    "visualstudio.com",
    "atlassian.net",
    "atlassian.com",
    "codeberg.org",
    "amazonaws.com",
];

/// First parts of `/-/…` pages that belong to the installation, so that what stands before them is its root. All
/// others belong to a project or group.
const ROOT_PAGES: &[&str] = &["user_settings", "profile", "health", "readiness", "liveness"];

/// See [`crate::hosts::Family::host_url`].
pub(super) fn host_url(typed: &str) -> Result<HostUrl, HostUrlError> {
    let typed = typed.trim();
    // Nothing here repeats what was typed: it may hold a token.
    if token::form(typed).is_some() {
        return Err(error("this is a token, not the URL of a host", "type the URL of the GitLab installation"));
    }
    let url = parse(typed)?;
    let name = url.host_str().unwrap_or("").trim_end_matches('.').to_ascii_lowercase();
    if name.is_empty() || !matches!(url.scheme(), "http" | "https" | "ssh" | "git" | "git+ssh" | "ssh+git") {
        return Err(error("this is not the URL of a web host", "type it as https://gitlab.example.com"));
    }
    if OTHERS.iter().any(|o| name == *o || name.strip_suffix(o).is_some_and(|n| n.ends_with('.'))) {
        return Err(error("this host runs another product than GitLab", "choose the family that fits the host"));
    }

    let mut notes = Vec::new();
    if !url.username().is_empty() && url.scheme().starts_with("http") || url.password().is_some() {
        notes.push("the user name and password in the URL were left out; keep them as a credential".to_owned());
    }
    if name == COM {
        if !matches!(url.path(), "" | "/") || url.scheme() != "https" {
            notes.push("gitlab.com has no relative root: only https://gitlab.com was kept".to_owned());
        }
        return Ok(HostUrl { url: format!("https://{COM}"), name, region: None, certain: true, notes });
    }

    let web = url.scheme().starts_with("http");
    if !web {
        notes.push(format!("a clone URL over {}: https and the standard port are assumed for the API", url.scheme()));
    }
    let port = url.port().filter(|_| web).map_or(String::new(), |p| format!(":{p}"));
    let (root, note) = root(if web { url.path() } else { "/project.git" });
    notes.extend(note.filter(|_| web).map(str::to_owned));
    if web && (url.query().is_some() || url.fragment().is_some()) {
        notes.push("what follows `?` or `#` was left out".to_owned());
    }
    let scheme = if web { url.scheme() } else { "https" };
    let name = format!("{name}{port}{root}");
    Ok(HostUrl { url: format!("{scheme}://{name}"), name, region: None, certain: false, notes })
}

/// See [`crate::hosts::Family::endpoints`]: `web` is the root, `api` is `web/api/v4`.
pub(super) fn endpoints(host: &Host) -> Result<Endpoints, HostUrlError> {
    let hint = "set it with `keyrack host edit NAME --url URL`, e.g. https://gitlab.example.com";
    let url = Url::parse(&host.url).map_err(|e| error(&format!("the URL of host `{}`: {e}", host.name), hint))?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain || url.fragment().is_some() {
        return Err(error(&format!("the URL of host `{}` is not a plain web address", host.name), hint));
    }
    let web = host.url.trim_end_matches('/').to_owned();
    let api = format!("{web}/api/v4");
    Ok(Endpoints::from([("web".to_owned(), web), ("api".to_owned(), api)]))
}

/// The other roots that the same URL may have, longest first: the server's own way to find out is to try them.
pub(super) fn shorter_roots(web: &str) -> Vec<String> {
    let Ok(mut url) = Url::parse(web) else { return Vec::new() };
    let mut roots = Vec::new();
    while let Some((shorter, _)) = url.path().trim_end_matches('/').rsplit_once('/').map(|(a, b)| (a.to_owned(), b)) {
        url.set_path(&shorter);
        roots.push(url.as_str().trim_end_matches('/').to_owned());
    }
    roots
}

fn parse(typed: &str) -> Result<Url, HostUrlError> {
    let text = if typed.contains("://") {
        typed.to_owned()
    } else if let Some((host, path)) = scp(typed) {
        format!("ssh://{host}/{path}")
    } else {
        format!("https://{typed}")
    };
    Url::parse(&text).map_err(|e| error(&format!("this is not a URL: {e}"), "type it as https://gitlab.example.com"))
}

/// `git@host:group/project.git`, as opposed to `host:8443/gitlab`.
fn scp(typed: &str) -> Option<(&str, &str)> {
    let (host, path) = typed.split_once(':')?;
    let port = path.split('/').next().unwrap_or("");
    let is_port = port.bytes().all(|b| b.is_ascii_digit());
    (!host.contains(['/', '[']) && (host.contains('@') || !is_port) && typed.parse::<IpAddr>().is_err())
        .then_some((host, path))
}

/// The relative root within a web path (with its leading slash, or empty), and what to tell of the cut.
fn root(path: &str) -> (String, Option<&'static str>) {
    const PAGE: &str = "the part of the URL that names a page was cut off";
    const PROJECT: &str = "the path of a project or group was cut off; if GitLab lives under a relative root, \
                           type that root alone (https://example.com/gitlab)";
    const KEPT: &str = "the path was kept as GitLab's relative root; leave it off if it names a group or project";

    let path = path.trim_end_matches('/');
    // A slash behind lets every part be found at its borders.
    let whole = format!("{path}/");
    let before = |part: &str| whole.find(part).map(|at| whole[..at].to_owned());
    for page in ["/api/v4/", "/api/graphql/", "/users/sign_in/", "/oauth/"] {
        if let Some(root) = before(page) {
            return (root, Some(PAGE));
        }
    }
    if let Some((front, page)) = whole.split_once("/-/") {
        let of_installation = page.split('/').next().is_some_and(|first| ROOT_PAGES.contains(&first));
        return match front.find("/groups/") {
            _ if of_installation => (front.to_owned(), Some(PAGE)),
            Some(at) => (front[..at].to_owned(), Some(PAGE)),
            None => (String::new(), Some(PROJECT)),
        };
    }
    if whole.contains(".git/") {
        return (String::new(), Some(PROJECT));
    }
    (path.to_owned(), (!path.is_empty()).then_some(KEPT))
}

fn error(message: &str, hint: &str) -> HostUrlError {
    HostUrlError { message: message.to_owned(), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_clone_urls_and_api_urls_lead_to_the_root() {
        for (typed, url) in [
            ("gitlab.com", "https://gitlab.com"),
            ("http://gitlab.com/acme/app/-/merge_requests/7", "https://gitlab.com"),
            ("git@gitlab.com:acme/app.git", "https://gitlab.com"),
            ("https://GitLab.Example.com/", "https://gitlab.example.com"),
            ("gitlab.example.com:8443", "https://gitlab.example.com:8443"),
            ("gitlab.example.com:8443/gitlab", "https://gitlab.example.com:8443/gitlab"),
            ("git@gitlab.example.com:acme/app.git", "https://gitlab.example.com"),
            ("gitlab.example.com:acme/app.git", "https://gitlab.example.com"),
            ("ssh://git@gitlab.example.com:2222/acme/app.git", "https://gitlab.example.com"),
            ("https://example.com/gitlab", "https://example.com/gitlab"),
            ("https://example.com/gitlab/api/v4/user?x=1", "https://example.com/gitlab"),
            ("https://example.com/gitlab/api/v4", "https://example.com/gitlab"),
            ("https://example.com/gitlab/users/sign_in", "https://example.com/gitlab"),
            ("https://example.com/gitlab/-/user_settings/personal_access_tokens", "https://example.com/gitlab"),
            ("https://example.com/gitlab/groups/acme/-/settings/access_tokens", "https://example.com/gitlab"),
            ("https://example.com/acme/app/-/settings/access_tokens", "https://example.com"),
            ("https://example.com/acme/app.git", "https://example.com"),
            ("https://example.com/acme/app.git/info/refs", "https://example.com"),
            ("http://127.0.0.1:8080/gitlab/", "http://127.0.0.1:8080/gitlab"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ] {
            let found = host_url(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!(found.url, url, "{typed}");
            assert_eq!(found.certain, url == "https://gitlab.com", "{typed}");
            assert_eq!(format!("{}://{}", url.split("://").next().unwrap(), found.name), url, "{typed}");
        }
    }

    #[test]
    fn what_was_changed_is_told_and_secrets_are_not_repeated() {
        let found = host_url("https://oauth2:glpat-ExampleFakeToken0001@gitlab.example.com/acme/app.git").unwrap();
        assert_eq!(found.url, "https://gitlab.example.com");
        assert_eq!(found.notes.len(), 2);
        assert!(!format!("{found:?}").contains("ExampleFake"));
        let error = host_url("glpat-ExampleFakeToken0001").unwrap_err();
        assert!(!format!("{error:?}").contains("ExampleFake"));
        assert!(host_url("https://gitlab.example.com").unwrap().notes.is_empty());
    }

    #[test]
    fn other_products_and_no_urls_are_refused() {
        for typed in ["github.com", "acme.ghe.com", "https://acme.atlassian.net/x", "", "https://", "two words"] {
            assert!(host_url(typed).is_err(), "{typed}");
        }
        assert!(host_url("notgithub.com").is_ok());
    }

    #[test]
    fn endpoints_keep_the_relative_root() {
        let host = |url: &str| Host::new("h", crate::domain::FamilyId::new("gitlab"), url);
        let endpoints = endpoints(&host("https://example.com/gitlab/")).unwrap();
        assert_eq!(endpoints["web"], "https://example.com/gitlab");
        assert_eq!(endpoints["api"], "https://example.com/gitlab/api/v4");
        for url in ["", "gitlab.com", "ssh://gitlab.com", "https://a:b@gitlab.com", "https://gitlab.com?x"] {
            assert!(super::endpoints(&host(url)).is_err(), "{url}");
        }
    }

    #[test]
    fn shorter_roots_go_down_to_the_bare_host() {
        assert_eq!(shorter_roots("https://example.com/a/b"), ["https://example.com/a", "https://example.com"]);
        assert!(shorter_roots("https://example.com").is_empty());
    }
}
