//! Addresses that people type or paste: organisation, collection, web page, REST URL, clone URL over https or ssh.

use std::collections::BTreeMap;

use url::Url;

use super::{FACTS, IDENTITY, PROFILE, WEB};
use crate::domain::Host;
use crate::hosts::{Endpoints, HostUrl, HostUrlError, Wire};

/// The current host of Services; the first part of the path is the organisation.
const CLOUD: &str = "dev.azure.com";
/// The older one; the first label of the host name is the organisation.
const LEGACY: &str = "visualstudio.com";
/// The collection that every installation has, unless somebody removed it.
const DEFAULT_COLLECTION: &str = "DefaultCollection";

/// Where a host is: at Microsoft, or on somebody's own server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Azure DevOps Services.
    Services,
    /// Azure DevOps Server or Team Foundation Server.
    Server,
}

impl Place {
    /// Of a host record, for what is decided before anything is sent.
    pub(super) fn of(host: &Host) -> Self {
        let endpoint = |name: &str| host.endpoints.get(name).unwrap_or(&host.url);
        match organisation(&host.url) {
            Some(_) => Self::Services,
            None => Self::by_paths(endpoint(WEB), endpoint(IDENTITY), endpoint(PROFILE)),
        }
    }

    /// Of the endpoints in use.
    pub(super) fn at(wire: &Wire<'_>) -> Self {
        let web = wire.url(WEB, "");
        match organisation(&web) {
            Some(_) => Self::Services,
            None => Self::by_paths(&web, &wire.url(IDENTITY, ""), &wire.url(PROFILE, "")),
        }
    }

    /// Behind a gateway the host's name tells nothing. On premises everything is below the path of the collection; the
    /// profile service of Services stands above the organisations, so its path has none.
    fn by_paths(web: &str, identity: &str, profile: &str) -> Self {
        let path = |url: &str| Url::parse(url).map(|url| url.path().trim_end_matches('/').to_owned()).ok();
        if [identity, profile].iter().all(|url| path(url) == path(web)) { Self::Server } else { Self::Services }
    }
}

/// Finds the organisation's or collection's URL in what was typed.
pub(super) fn host_url(typed: &str) -> Result<HostUrl, HostUrlError> {
    let typed = typed.trim();
    let mut notes = Vec::new();
    let text = match (typed.contains("://"), scp_form(typed)) {
        (true, _) => typed.to_owned(),
        (false, Some(ssh)) => ssh,
        (false, None) => {
            notes.push("https:// was put in front.".to_owned());
            format!("https://{typed}")
        }
    };
    let mut url = Url::parse(&text).map_err(|e| bad(format!("that is not a URL: {e}")))?;
    let host = url.host_str().unwrap_or("").trim_end_matches('.').to_ascii_lowercase();
    let ssh = match url.scheme() {
        "http" | "https" => false,
        "ssh" => true,
        // The text is not repeated: what was pasted may hold a password.
        _ => return Err(bad("an Azure DevOps URL begins with https://, http:// or ssh://".to_owned())),
    };
    if host.is_empty() {
        return Err(bad("that URL names no host".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        if !ssh {
            notes.push("User name and password were removed from the URL.".to_owned());
        }
        if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
            return Err(bad("the user name cannot be removed from that URL".to_owned()));
        }
    }
    let below = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|h| h.ends_with('.'));
    if below(CLOUD) || below(LEGACY) {
        return services(&url, &host, ssh, notes);
    }
    server(url, &host, ssh, notes)
}

/// The named endpoints of a host record.
pub(super) fn endpoints(host: &Host) -> Result<Endpoints, HostUrlError> {
    let web = host.url.trim().trim_end_matches('/');
    match Url::parse(web) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => {}
        _ => return Err(bad(format!("the URL of host {} is not an http or https URL", host.name))),
    }
    let (identity, profile) = match organisation(web) {
        Some(name) => (format!("https://vssps.dev.azure.com/{name}"), "https://app.vssps.visualstudio.com".to_owned()),
        None => (web.to_owned(), web.to_owned()),
    };
    Ok(BTreeMap::from([
        (WEB.to_owned(), web.to_owned()),
        (IDENTITY.to_owned(), identity),
        (PROFILE.to_owned(), profile),
    ]))
}

/// Name of the organisation, where a URL is one of Services.
pub(super) fn organisation(web: &str) -> Option<String> {
    let url = Url::parse(web).ok()?;
    let host = url.host_str()?.to_ascii_lowercase();
    if host == CLOUD {
        return url.path_segments()?.find(|s| !s.is_empty()).map(ToOwned::to_owned);
    }
    let name = host.strip_suffix(LEGACY)?.strip_suffix('.')?;
    (!name.is_empty() && !name.contains('.')).then(|| name.to_owned())
}

/// What people call it: the organisation, or the last part of the collection's URL.
pub(super) fn name_of(web: &str) -> String {
    let last = || web.trim_end_matches('/').rsplit('/').next().unwrap_or("").to_owned();
    organisation(web).unwrap_or_else(last)
}

fn services(url: &Url, host: &str, ssh: bool, mut notes: Vec<String>) -> Result<HostUrl, HostUrlError> {
    let mut path = url.path_segments().into_iter().flatten().filter(|s| !s.is_empty());
    let legacy = host.strip_suffix(LEGACY).map(|h| h.trim_end_matches('.'));
    // `ssh.dev.azure.com:v3/ORG/…` and `vs-ssh.visualstudio.com:v3/ORG/…`
    let name = if ssh || legacy == Some("vs-ssh") {
        path.find(|s| !matches!(*s, "v1" | "v2" | "v3"))
    } else {
        match legacy {
            // `ORG.visualstudio.com` and `ORG.SERVICE.visualstudio.com`; the profile service has no organisation.
            Some(labels) => labels.split('.').next().filter(|n| !(n.is_empty() || *n == "app" && labels.contains('.'))),
            None => path.next().filter(|s| !s.starts_with('_')),
        }
    };
    let Some(name) = name else {
        return Err(HostUrlError {
            message: format!("{host} is Azure DevOps Services, but the address names no organization"),
            hint: format!(
                "Add the organization: https://{CLOUD}/ORGANIZATION. A token counts in one organization only."
            ),
        });
    };
    let base = match legacy {
        Some(labels) if !ssh && labels == name => format!("https://{name}.{LEGACY}"),
        _ => format!("https://{CLOUD}/{name}"),
    };
    let typed = format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/'));
    if ssh || typed != base {
        notes.push(format!("Only the organization was kept: {base}."));
    }
    let name = base.trim_start_matches("https://").to_owned();
    Ok(HostUrl { url: base, name, region: None, certain: true, notes })
}

/// `https://server/tfs/COLLECTION` where there is a virtual directory of the usual name, else `https://server/COLLECTION`.
fn server(mut url: Url, host: &str, ssh: bool, mut notes: Vec<String>) -> Result<HostUrl, HostUrlError> {
    let segments: Vec<String> =
        url.path_segments().into_iter().flatten().filter(|s| !s.is_empty()).map(ToOwned::to_owned).collect();
    let page = segments.iter().position(|s| s.starts_with('_')).unwrap_or(segments.len());
    let before = segments.get(..page).unwrap_or_default();
    let default = before.iter().position(|s| s.eq_ignore_ascii_case(DEFAULT_COLLECTION));
    let directory = before.first().is_some_and(|s| s.eq_ignore_ascii_case("tfs"));
    let kept = match default {
        Some(at) => at + 1,
        None if directory => 2,
        None => 1,
    };
    let Some(kept) = before.get(..kept) else {
        return Err(HostUrlError {
            message: format!("{host} names no collection"),
            hint: format!(
                "Give the URL of a collection, e.g. https://{host}{}/{DEFAULT_COLLECTION}: tokens are used there.",
                if directory { "/tfs" } else { "" }
            ),
        });
    };
    let git = segments.iter().any(|s| s == "_git");
    if kept.len() < segments.len() {
        let base = kept.join("/");
        notes.push(format!("Project and page were cut off; the collection is /{base}."));
        if default.is_none() && !directory && page > 1 {
            notes.push(format!(
                "If /{base} is a virtual directory and not the collection, give the collection's URL as endpoints: \
                 --endpoint web=URL --endpoint identity=URL --endpoint profile=URL."
            ));
        }
    }
    if ssh {
        notes.push("An SSH URL does not tell the web port: https on port 443 is assumed.".to_owned());
        url = Url::parse(&format!("https://{host}")).map_err(|e| bad(format!("that is not a URL: {e}")))?;
    }
    url.set_path(&kept.join("/"));
    url.set_query(None);
    url.set_fragment(None);
    let base = url.as_str().trim_end_matches('/').to_owned();
    let name = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest).to_owned();
    // No other product has such a path.
    Ok(HostUrl { url: base, name, region: None, certain: git, notes })
}

/// `git@ssh.dev.azure.com:v3/ORG/project/repo` as an ssh URL; only Services have this form.
fn scp_form(typed: &str) -> Option<String> {
    let (user, rest) = typed.split_once('@')?;
    let (host, path) = rest.split_once(':')?;
    let services =
        host.eq_ignore_ascii_case("ssh.dev.azure.com") || host.eq_ignore_ascii_case("vs-ssh.visualstudio.com");
    (services && !user.is_empty() && !user.contains(['/', ':'])).then(|| format!("ssh://{user}@{host}/{path}"))
}

fn bad(message: String) -> HostUrlError {
    HostUrlError { message, hint: format!("Type it like {}.", FACTS.url_example) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FamilyId;

    #[test]
    fn every_form_of_services_gives_the_organization() {
        for (typed, url) in [
            ("dev.azure.com/contoso", "https://dev.azure.com/contoso"),
            ("https://dev.azure.com/contoso/", "https://dev.azure.com/contoso"),
            ("https://dev.azure.com/contoso/web/_git/app", "https://dev.azure.com/contoso"),
            ("https://contoso@dev.azure.com/contoso/web/_git/app", "https://dev.azure.com/contoso"),
            ("https://dev.azure.com/contoso/_usersSettings/tokens", "https://dev.azure.com/contoso"),
            ("https://dev.azure.com/contoso/My%20Project/_boards/board?x=1#y", "https://dev.azure.com/contoso"),
            ("https://vssps.dev.azure.com/contoso/_apis/graph/users", "https://dev.azure.com/contoso"),
            ("git@ssh.dev.azure.com:v3/contoso/web/app", "https://dev.azure.com/contoso"),
            ("ssh://git@ssh.dev.azure.com/v3/contoso/web/app", "https://dev.azure.com/contoso"),
            ("contoso@vs-ssh.visualstudio.com:v3/contoso/web/app", "https://dev.azure.com/contoso"),
            ("https://contoso.visualstudio.com", "https://contoso.visualstudio.com"),
            ("https://contoso.visualstudio.com/DefaultCollection/web/_git/app", "https://contoso.visualstudio.com"),
            ("Contoso.VisualStudio.com/_usersSettings/tokens", "https://contoso.visualstudio.com"),
            ("https://contoso.vsrm.visualstudio.com/web", "https://dev.azure.com/contoso"),
        ] {
            let found = host_url(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!((found.url.as_str(), found.certain), (url, true), "{typed}");
            assert_eq!(format!("https://{}", found.name), url);
            let again = host_url(url).unwrap();
            assert!(again.url == url && again.notes.is_empty(), "a base URL stays as it is: {again:?}");
        }
        for typed in ["dev.azure.com", "https://dev.azure.com/_git/x", "https://app.vssps.visualstudio.com/_apis"] {
            assert!(host_url(typed).unwrap_err().message.contains("names no organization"), "{typed}");
        }
    }

    #[test]
    fn every_form_of_a_server_gives_the_collection() {
        for (typed, url, certain) in [
            ("http://tfs:8080/tfs/DefaultCollection/", "http://tfs:8080/tfs/DefaultCollection", false),
            ("http://tfs:8080/tfs/Main/web/_git/app", "http://tfs:8080/tfs/Main", true),
            ("https://tfs.acme.dev/DefaultCollection/web", "https://tfs.acme.dev/DefaultCollection", false),
            ("https://tfs.acme.dev/Main/web/_git/app", "https://tfs.acme.dev/Main", true),
            (
                "https://tfs.acme.dev/azdo/DefaultCollection/_git/app",
                "https://tfs.acme.dev/azdo/DefaultCollection",
                true,
            ),
            ("https://tfs.acme.dev/Main/_usersSettings/tokens", "https://tfs.acme.dev/Main", false),
            ("https://tfs.acme.dev/tfs/Main/_details/security/tokens", "https://tfs.acme.dev/tfs/Main", false),
            ("ssh://tfs.acme.dev:22/tfs/Main/_git/app", "https://tfs.acme.dev/tfs/Main", true),
        ] {
            let found = host_url(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!((found.url.as_str(), found.certain), (url, certain), "{typed}");
            assert!(host_url(url).unwrap().notes.is_empty(), "{url}");
        }
        for typed in ["https://tfs.acme.dev", "https://tfs.acme.dev/tfs/", "https://tfs.acme.dev/_apis"] {
            assert!(host_url(typed).unwrap_err().hint.contains("DefaultCollection"), "{typed}");
        }
    }

    #[test]
    fn a_pasted_password_is_removed_and_never_repeated() {
        let found = host_url("https://x:NotARealSecret@dev.azure.com/contoso/_git/app").unwrap();
        assert!(!format!("{found:?}").contains("NotARealSecret"));
        let error = host_url("ftp://x:NotARealSecret@tfs/").unwrap_err();
        assert!(!format!("{error:?}").contains("NotARealSecret"));
        for typed in ["", "https://", "http://a b/c"] {
            assert!(host_url(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn endpoints_follow_from_the_url() {
        let of = |url: &str| endpoints(&Host::new("x", FamilyId::new("azure-devops"), url)).unwrap();
        for url in ["https://dev.azure.com/contoso", "https://contoso.visualstudio.com/"] {
            let found = of(url);
            assert_eq!(found["web"], url.trim_end_matches('/'));
            assert_eq!(found["identity"], "https://vssps.dev.azure.com/contoso");
            assert_eq!(found["profile"], "https://app.vssps.visualstudio.com");
        }
        let server = of("https://tfs.acme.dev/tfs/Main");
        assert!(server.values().all(|url| url == "https://tfs.acme.dev/tfs/Main") && server.len() == 3);
    }

    #[test]
    fn the_place_is_told_by_url_or_endpoints() {
        let mut host = Host::new("x", FamilyId::new("azure-devops"), "https://gateway.acme.dev/contoso");
        assert_eq!(Place::of(&host), Place::Server);
        // The same collection at another port.
        host.endpoints.insert("identity".into(), "https://gateway.acme.dev:8443/contoso/".into());
        assert_eq!(Place::of(&host), Place::Server);
        host.endpoints.insert("profile".into(), "https://gateway.acme.dev".into());
        assert_eq!(Place::of(&host), Place::Services);
        assert_eq!(
            Place::of(&Host::new("x", FamilyId::new("azure-devops"), "https://dev.azure.com/c")),
            Place::Services
        );
    }
}
