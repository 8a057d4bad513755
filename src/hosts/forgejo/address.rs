//! URLs that people type or paste: the root with its sub-path, pages, API and clone URLs.
//!
//! Whether a first path segment is the sub-path or an owner's name only the server knows (`SEGMENT/api/v1/version`
//! answers), and nothing is asked here. So pages that are known are cut off, `OWNER/REPOSITORY` too, and what stays is
//! said in a note.

use std::collections::BTreeMap;

use url::Url;

use super::{API, FACTS, WEB};
use crate::domain::Host;
use crate::hosts::{Endpoints, HostUrl, HostUrlError};

/// Hosts that are known to be of this family, at the root of their name.
const KNOWN: [&str; 3] = ["codeberg.org", "code.forgejo.org", "gitea.com"];
/// First segments of pages: they and what follows are no sub-path.
const PAGES: [&str; 12] = [
    "api",
    "user",
    "explore",
    "login",
    "admin",
    "org",
    "-",
    "swagger.v1.json",
    ".well-known",
    "notifications",
    "issues",
    "pulls",
];
/// What may follow `OWNER/REPOSITORY`.
const REPOSITORY_PAGES: [&str; 13] = [
    "src", "issues", "pulls", "releases", "wiki", "settings", "commits", "commit", "branches", "raw", "actions",
    "projects", "activity",
];
/// Hosts of other vendors.
const OTHER_VENDORS: [&str; 7] = [
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "dev.azure.com",
    "visualstudio.com",
    "atlassian.net",
    "amazonaws.com",
];

/// Finds the root in what was typed.
pub(super) fn host_url(typed: &str) -> Result<HostUrl, HostUrlError> {
    let typed = typed.trim();
    if typed.is_empty() || typed.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(bad("that is no URL of a host".to_owned()));
    }
    let mut notes = Vec::new();
    let text = match typed.split_once("://") {
        Some(_) => typed.to_owned(),
        None => scp_form(typed).unwrap_or_else(|| format!("https://{typed}")),
    };
    // The text is not repeated: what was pasted may hold a password.
    let mut url = Url::parse(&text).map_err(|_| bad("that is no URL of a host".to_owned()))?;
    let host = url.host_str().unwrap_or("").trim_end_matches('.').to_owned();
    if host.is_empty() {
        return Err(bad("that URL names no host".to_owned()));
    }
    if let Some(vendor) = OTHER_VENDORS.iter().find(|v| is_below(&host, v)) {
        return Err(HostUrlError {
            message: format!("{host} belongs to {vendor}, which is neither Forgejo nor Gitea"),
            hint: String::new(),
        });
    }
    let known = KNOWN.contains(&host.as_str());
    match url.scheme() {
        "http" | "https" => {}
        "ssh" => {
            notes.push("took the https address of the host that git clones from by ssh; add port and sub-path of its web pages if it has them".to_owned());
            let (url, name) = (format!("https://{host}"), host);
            return Ok(HostUrl { url, name, region: None, certain: known, notes });
        }
        _ => return Err(bad("a URL of Forgejo or Gitea begins with https://, http:// or ssh://".to_owned())),
    }
    if !url.username().is_empty() || url.password().is_some() {
        notes.push("left out the user name or password in the URL".to_owned());
        if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
            return Err(bad("the user name cannot be removed from that URL".to_owned()));
        }
    }
    let path = if known { String::new() } else { sub_path(&url) };
    if path != url.path().trim_end_matches('/') || url.query().is_some() || url.fragment().is_some() {
        notes.push("left out the page".to_owned());
    }
    if !path.is_empty() {
        notes.push(format!("took {path} for the sub-path of the host; if it is an owner's page, leave it out"));
    }
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    if known && url.scheme() == "http" && url.set_scheme("https").is_ok() {
        notes.push("took https for http".to_owned());
    }
    let name = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    Ok(HostUrl { url: url.as_str().trim_end_matches('/').to_owned(), name, region: None, certain: known, notes })
}

/// `web` and `api` of a host record.
pub(super) fn endpoints(host: &Host) -> Result<Endpoints, HostUrlError> {
    let web = host.url.trim().trim_end_matches('/');
    match Url::parse(web) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => {
            Ok(BTreeMap::from([(WEB.to_owned(), web.to_owned()), (API.to_owned(), format!("{web}/api/v1"))]))
        }
        _ => Err(bad(format!("the URL of host {} is not an http or https URL", host.name))),
    }
}

fn sub_path(url: &Url) -> String {
    let all: Vec<&str> = url.path().split('/').filter(|s| !s.is_empty()).collect();
    let page = all.iter().position(|s| PAGES.contains(s) && !is_in_repository(&all, s));
    let kept = match (page, all.as_slice()) {
        (Some(page), _) => page,
        (None, [.., last]) if last.ends_with(".git") => all.len().saturating_sub(2),
        (None, _) => match all.iter().skip(2).position(|s| REPOSITORY_PAGES.contains(s)) {
            Some(page) => page,
            None if all.len() == 1 => 1,
            None => all.len().saturating_sub(2).min(1),
        },
    };
    if kept == 0 { String::new() } else { format!("/{}", all[..kept].join("/")) }
}

/// `issues` and `pulls` are pages of the host, and of every repository.
fn is_in_repository(all: &[&str], page: &str) -> bool {
    REPOSITORY_PAGES.contains(&page) && all.iter().position(|s| s == &page).is_some_and(|at| at >= 2)
}

/// `git@host:owner/repository.git` as an ssh URL.
fn scp_form(typed: &str) -> Option<String> {
    let (user, rest) = typed.split_once('@')?;
    let (host, path) = rest.split_once(':')?;
    let plain = |text: &str| !text.is_empty() && !text.contains(['/', ':', '@']);
    let port = path.split('/').next().is_some_and(|p| p.parse::<u16>().is_ok());
    (plain(user) && plain(host) && path.contains('/') && !port).then(|| format!("ssh://{user}@{host}/{path}"))
}

fn is_below(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|h| h.ends_with('.'))
}

fn bad(message: String) -> HostUrlError {
    HostUrlError { message, hint: format!("Type it like {}.", FACTS.url_example) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pasted_form_gives_the_root() {
        for (typed, url) in [
            ("codeberg.org", "https://codeberg.org"),
            ("https://codeberg.org/mara", "https://codeberg.org"),
            ("http://codeberg.org/mara/site/issues/7?x=1#y", "https://codeberg.org"),
            ("git@codeberg.org:mara/site.git", "https://codeberg.org"),
            ("https://git.example.org/", "https://git.example.org"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("https://example.org/git", "https://example.org/git"),
            ("https://example.org/git/api/v1/version", "https://example.org/git"),
            ("https://git.example.org/api/swagger", "https://git.example.org"),
            ("https://example.org/git/user/settings/applications", "https://example.org/git"),
            ("https://git.example.org/explore/repos", "https://git.example.org"),
            ("https://git.example.org/mara/site", "https://git.example.org"),
            ("https://git.example.org/mara/site/src/branch/main", "https://git.example.org"),
            ("https://git.example.org/mara/site/pulls", "https://git.example.org"),
            ("https://example.org/git/mara/site", "https://example.org/git"),
            ("https://example.org/git/mara/site.git", "https://example.org/git"),
            ("https://example.org/git/mara/site/issues/7", "https://example.org/git"),
            ("ssh://git@git.example.org:2222/mara/site.git", "https://git.example.org"),
        ] {
            let found = host_url(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!(found.url, url, "{typed}");
            assert_eq!(found.certain, url == "https://codeberg.org", "{typed}");
            assert_eq!(host_url(&found.url).unwrap().url, url, "a root stays as it is");
        }
    }

    #[test]
    fn a_pasted_secret_is_removed_and_never_repeated() {
        let found = host_url("https://mara:NotARealSecret@git.example.org/mara/site.git").unwrap();
        assert!(!format!("{found:?}").contains("NotARealSecret"));
        let error = host_url("ftp://mara:NotARealSecret@git.example.org").unwrap_err();
        assert!(!format!("{error:?}").contains("NotARealSecret"));
    }

    #[test]
    fn other_vendors_and_nonsense_are_refused() {
        for typed in ["github.com", "git@bitbucket.org:a/b.git", "https://dev.azure.com/acme", "", "https://", "a b"] {
            assert!(host_url(typed).is_err(), "{typed}");
        }
        assert!(host_url("notgithub.com").is_ok());
    }

    #[test]
    fn the_api_is_below_the_sub_path() {
        let of = |url: &str| endpoints(&Host::new("h", crate::domain::FamilyId::new("forgejo"), url));
        assert_eq!(of("https://example.org/git/").unwrap()[API], "https://example.org/git/api/v1");
        assert!(of("example.org").is_err());
    }
}
