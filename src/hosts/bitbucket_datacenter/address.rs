//! URLs that people type or paste: base URL, web page, REST URL, clone URL over https or ssh.

use url::Url;

use crate::domain::Host;
use crate::hosts::atlassian_datacenter::address::{self as shared, Addresses, base_url, refuse_cloud, with_scheme};
use crate::hosts::{Endpoints, HostUrl, HostUrlError};

/// First path segments that belong to Bitbucket, not to the context path, which is free text.
const PAGES: [&str; 8] = ["scm", "projects", "users", "repos", "dashboard", "rest", "plugins", "login"];

/// Context paths that administrators usually choose.
pub(super) const USUAL_PATHS: [&str; 4] = ["/", "/bitbucket", "/stash", "/git"];

/// Where Bitbucket's own SSH server listens unless it was changed.
const SSH_PORT: u16 = 7999;

/// Finds the base URL in what was typed.
pub(super) fn host_url(typed: &str) -> Result<HostUrl, HostUrlError> {
    let typed = typed.trim();
    let scp = scp_form(typed).filter(|_| !typed.contains("://"));
    let (text, mut notes) = scp.map_or_else(|| with_scheme(typed), |ssh| (ssh, Vec::new()));
    let url = Url::parse(&text).map_err(|e| addresses().bad(format!("that is not a URL: {e}")))?;
    let host = url.host_str().unwrap_or("").trim_end_matches('.').to_owned();
    refuse_cloud(&host, "Bitbucket")?;
    if url.scheme() == "ssh" {
        return from_ssh(&url, &host);
    }
    let mut found = base_url(&addresses(), url, &host)?;
    notes.append(&mut found.notes);
    Ok(HostUrl { notes, ..found })
}

/// The named endpoints of a host record.
pub(super) fn endpoints(host: &Host) -> Result<Endpoints, HostUrlError> {
    shared::endpoints(&addresses(), host)
}

/// The usual context paths except the one in use, as whole URLs, to be proposed.
pub(super) fn other_paths(web: &str) -> String {
    shared::other_paths(&USUAL_PATHS, web)
}

fn addresses() -> Addresses<'static> {
    Addresses { product: "Bitbucket", pages: &PAGES, example: &super::FACTS.url_example }
}

/// `git@host:KEY/repo.git` as an ssh URL.
fn scp_form(typed: &str) -> Option<String> {
    let (user, rest) = typed.split_once('@')?;
    let (host, path) = rest.split_once(':')?;
    let plain = |text: &str| !text.is_empty() && !text.contains(['/', ':', '@']);
    // A number after the colon is a port of a URL with a user name in it.
    let port = path.split('/').next().is_some_and(|p| p.parse::<u16>().is_ok());
    (plain(user) && plain(host) && path.contains('/') && !port).then(|| format!("ssh://{user}@{host}/{path}"))
}

fn from_ssh(url: &Url, host: &str) -> Result<HostUrl, HostUrlError> {
    if host.is_empty() {
        return Err(addresses().bad("that URL names no host".to_owned()));
    }
    let mut notes = vec![
        "An SSH URL tells neither the web port nor the context path: https on port 443 without a path is assumed; \
         add them if Bitbucket's web address has them."
            .to_owned(),
    ];
    if url.port().is_some_and(|p| p != SSH_PORT && p != 22) {
        notes.push("The SSH port was left out.".to_owned());
    }
    Ok(HostUrl { url: format!("https://{host}"), name: host.to_owned(), region: None, certain: false, notes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pasted_form_gives_the_base_url() {
        for (typed, url, name) in [
            ("bitbucket.acme.dev", "https://bitbucket.acme.dev", "bitbucket.acme.dev"),
            ("https://acme.dev/bitbucket/", "https://acme.dev/bitbucket", "acme.dev"),
            ("http://localhost:7990", "http://localhost:7990", "localhost:7990"),
            (
                "https://acme.dev/bitbucket/projects/AC/repos/web/browse?at=x#L1",
                "https://acme.dev/bitbucket",
                "acme.dev",
            ),
            ("https://acme.dev/scm/ac/web.git", "https://acme.dev", "acme.dev"),
            ("https://acme.dev/a/b/scm/~jdoe/web.git", "https://acme.dev/a/b", "acme.dev"),
            ("https://acme.dev/users/jdoe", "https://acme.dev", "acme.dev"),
            ("https://acme.dev/git/repos?visibility=public", "https://acme.dev/git", "acme.dev"),
            ("https://acme.dev/stash/dashboard", "https://acme.dev/stash", "acme.dev"),
            ("https://acme.dev/stash/rest/api/latest/projects", "https://acme.dev/stash", "acme.dev"),
            ("https://acme.dev/plugins/servlet/access-tokens/add", "https://acme.dev", "acme.dev"),
            ("https://acme.dev/bitbucket/login?next=/x", "https://acme.dev/bitbucket", "acme.dev"),
            ("https://acme.dev/repository", "https://acme.dev/repository", "acme.dev"),
            ("ssh://git@acme.dev:7999/ac/web.git", "https://acme.dev", "acme.dev"),
            ("git@acme.dev:ac/web.git", "https://acme.dev", "acme.dev"),
            ("jdoe@acme.dev:7990/scm/ac/web.git", "https://acme.dev:7990", "acme.dev:7990"),
        ] {
            let found = host_url(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!((found.url.as_str(), found.name.as_str()), (url, name), "{typed}");
            assert!(!found.certain);
            let again = host_url(url).unwrap();
            assert!(again.url == url && again.notes.is_empty(), "a base URL stays as it is: {again:?}");
        }
    }

    #[test]
    fn a_pasted_password_is_removed_and_never_repeated() {
        let found = host_url("https://jdoe:NotARealSecret@acme.dev/scm/ac/web.git").unwrap();
        assert!(!format!("{found:?}").contains("NotARealSecret"));
        assert_eq!(found.url, "https://acme.dev");
        let error = host_url("ftp://jdoe:NotARealSecret@acme.dev/").unwrap_err();
        assert!(!format!("{error:?}").contains("NotARealSecret"));
    }

    #[test]
    fn cloud_addresses_are_refused_with_the_right_family() {
        let error = host_url("https://bitbucket.org/acme/web").unwrap_err();
        assert!(error.hint.contains("bitbucket-cloud"), "{error:?}");
        for typed in ["git@bitbucket.org:acme/web.git", "https://api.bitbucket.org/2.0", "https://acme.atlassian.net/"]
        {
            assert!(host_url(typed).is_err(), "{typed}");
        }
        assert!(host_url("https://notbitbucket.org/").is_ok());
    }

    #[test]
    fn nonsense_is_refused() {
        for typed in ["", "https://", "ftp://acme.dev", "http://a b", "ssh://"] {
            assert!(host_url(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn usual_paths_leave_out_the_one_in_use() {
        assert_eq!(
            other_paths("https://acme.dev/bitbucket"),
            "https://acme.dev/, https://acme.dev/stash, https://acme.dev/git"
        );
    }
}
