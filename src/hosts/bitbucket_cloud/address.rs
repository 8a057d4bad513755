//! URLs that people type or paste. There is one Bitbucket Cloud, so all of them mean the same host.

use std::collections::BTreeMap;

use url::{Host as UrlHost, Url};

use super::{API, FACTS, WEB};
use crate::domain::Host;
use crate::hosts::{Endpoints, HostUrl, HostUrlError};

/// The web address and git host.
const HOST: &str = "bitbucket.org";
/// Names that mean the same.
const ALIASES: [&str; 3] = [HOST, "www.bitbucket.org", "api.bitbucket.org"];
/// Where the REST API is.
const PUBLIC_API: &str = "https://api.bitbucket.org/2.0";

/// Understands the host's names, pages, API and clone URLs, over ssh too. Besides them only a gateway on this machine.
pub(super) fn host_url(typed: &str) -> Result<HostUrl, HostUrlError> {
    let typed = typed.trim();
    let url = parse(typed)?;
    let host = url.host_str().unwrap_or("").trim_end_matches('.').to_owned();
    if ALIASES.contains(&host.as_str()) {
        let mut notes = Vec::new();
        if !url.username().is_empty() && url.scheme() != "ssh" || url.password().is_some() {
            notes.push("left out the user name or password in the URL".to_owned());
        }
        if host != HOST {
            notes.push(format!("took `{HOST}` for `{host}`"));
        }
        if !url.path().trim_matches('/').is_empty() || url.query().is_some() || url.fragment().is_some() {
            notes.push("left out what follows the host name; Bitbucket Cloud has no context path".to_owned());
        }
        return Ok(HostUrl {
            url: format!("https://{HOST}"),
            name: HOST.to_owned(),
            region: None,
            certain: true,
            notes,
        });
    }
    if is_loopback(&url) && matches!(url.scheme(), "http" | "https") {
        let authority = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        return Ok(HostUrl {
            url: format!("{}://{authority}", url.scheme()),
            name: authority,
            region: None,
            certain: false,
            notes: vec!["taken for a gateway on this machine that speaks for bitbucket.org".to_owned()],
        });
    }
    if host.is_empty() {
        return Err(bad("that URL names no host".to_owned()));
    }
    Err(HostUrlError {
        message: format!("{} is not Bitbucket Cloud", crate::sanitize::short(&host, 80)),
        hint: "Bitbucket Cloud is https://bitbucket.org alone; reach it through a gateway with --endpoint api=URL. A \
               Bitbucket of your own is the family bitbucket-datacenter."
            .to_owned(),
    })
}

/// `web` and `api`: those of bitbucket.org, or below a gateway.
pub(super) fn endpoints(host: &Host) -> Result<Endpoints, HostUrlError> {
    let web = host.url.trim().trim_end_matches('/');
    let parsed = Url::parse(web).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(name) = parsed.as_ref().and_then(Url::host_str) else {
        return Err(bad(format!("the URL of host {} is not an http or https URL", host.name)));
    };
    let api = if name == HOST { PUBLIC_API.to_owned() } else { format!("{web}/2.0") };
    Ok(BTreeMap::from([(WEB.to_owned(), web.to_owned()), (API.to_owned(), api)]))
}

/// A URL of any scheme, a bare host name, or `git@bitbucket.org:workspace/repository.git`.
fn parse(typed: &str) -> Result<Url, HostUrlError> {
    let no_url = || bad("that is no URL of a host".to_owned());
    if typed.is_empty() || typed.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(no_url());
    }
    let text = match typed.split_once("://") {
        Some((scheme, _)) if matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https" | "ssh") => {
            typed.to_owned()
        }
        Some(_) => return Err(bad("a Bitbucket URL begins with https:// or ssh://".to_owned())),
        None => match typed.split_once('@').map_or(typed, |(_, rest)| rest).split_once(':') {
            Some((host, path)) if !host.contains(['/', '[']) && !path.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("ssh://git@{host}/{path}")
            }
            _ => format!("https://{typed}"),
        },
    };
    // The text is not repeated: what was pasted may hold a password.
    Url::parse(&text).map_err(|_| no_url())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(UrlHost::Domain(name)) => name == "localhost",
        Some(UrlHost::Ipv4(ip)) => ip.is_loopback(),
        Some(UrlHost::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn bad(message: String) -> HostUrlError {
    HostUrlError { message, hint: format!("Type it like {}.", FACTS.url_example) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FamilyId;

    #[test]
    fn every_name_of_it_is_bitbucket_org() {
        for typed in [
            "bitbucket.org",
            "https://BITBUCKET.org/",
            "www.bitbucket.org",
            "https://api.bitbucket.org/2.0/user",
            "https://bitbucket.org/acme/web/src/main/?x=1#y",
            "https://x-bitbucket-api-token-auth:NotARealSecret@bitbucket.org/acme/web.git",
            "git@bitbucket.org:acme/web.git",
            "ssh://git@bitbucket.org/acme/web.git",
            " bitbucket.org\n",
        ] {
            let found = host_url(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!((found.url.as_str(), found.certain), ("https://bitbucket.org", true), "{typed}");
            assert!(!format!("{found:?}").contains("NotARealSecret"));
        }
    }

    #[test]
    fn other_hosts_are_refused_and_pointed_to_data_center() {
        for typed in [
            "bitbucket.acme.dev",
            "https://bitbucket.org.evil.example/",
            "https://notbitbucket.org",
            "https://acme.atlassian.net",
        ] {
            assert!(host_url(typed).unwrap_err().hint.contains("bitbucket-datacenter"), "{typed}");
        }
        for typed in ["", "https://", "ftp://u:NotARealSecret@bitbucket.org", "bit bucket.org"] {
            let error = host_url(typed).unwrap_err();
            assert!(!format!("{error:?}").contains("NotARealSecret"), "{typed}");
        }
    }

    #[test]
    fn a_gateway_on_this_machine_serves_both_endpoints() {
        let found = host_url("http://127.0.0.1:8080/x").unwrap();
        assert_eq!((found.url.as_str(), found.certain), ("http://127.0.0.1:8080", false));
        let of = |url: &str| endpoints(&Host::new("h", FamilyId::new("bitbucket-cloud"), url)).unwrap();
        assert_eq!(of(&found.url)[API], "http://127.0.0.1:8080/2.0");
        assert_eq!(of("https://bitbucket.org/")[API], "https://api.bitbucket.org/2.0");
        assert_eq!(of("https://bitbucket.org/")[WEB], "https://bitbucket.org");
        assert!(endpoints(&Host::new("h", FamilyId::new("bitbucket-cloud"), "bitbucket.org")).is_err());
    }
}
