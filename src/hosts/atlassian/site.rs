//! Addresses of Atlassian Cloud sites, as people type and paste them, and the named endpoints that follow from them.
//!
//! Only Atlassian's own hosts are taken: a custom domain is a front for the pages, and credentials count at the original
//! name. Loopback is taken as well, for simulators and tunnels; then every endpoint defaults to it, so that nothing
//! leaves the machine unless the record says so.

use std::collections::BTreeMap;

use url::Url;

use super::{AUTH, GATEWAY, WEB};
use crate::domain::Host;
use crate::hosts::{Endpoints, HostUrl, HostUrlError};

/// What follows a site's name in the commercial cloud.
const SUFFIX: &str = ".atlassian.net";
/// An older form of names.
const OLD_SUFFIX: &str = ".jira.com";
/// What follows it in the Government Cloud.
const GOVERNMENT: &str = ".atlassian-us-gov-mod.net";
/// Clouds whose gateway is not known: refused, rather than sending their credentials to the commercial one.
const UNKNOWN_CLOUDS: [&str; 2] = [".atlassian-us-gov.net", ".atlassian-isolated.net"];
/// Longest name of a site: one label of DNS.
const LABEL: usize = 63;
/// Names before `.atlassian.com` that are services of the vendor, so that no site can be meant.
const SERVICES: [&str; 18] = [
    "admin",
    "api",
    "auth",
    "community",
    "confluence",
    "developer",
    "home",
    "id",
    "jira",
    "marketplace",
    "my",
    "partner",
    "start",
    "status",
    "support",
    "team",
    "university",
    "www",
];

/// Reads a site's address: `SITE`, `SITE.atlassian.net`, or any page of it (`/wiki/…`, `/browse/KEY-1`, `/jira/…`).
/// Scheme and host are kept, nothing else. `SITE.atlassian.com`, which is no site, becomes `SITE.atlassian.net` with a
/// note. `certain` is set where the address is a site of the cloud; a family that another one goes before clears it.
///
/// # Errors
/// [`HostUrlError`] where it is no URL, or not a site of Atlassian Cloud whose gateway is known.
pub fn read(typed: &str) -> Result<HostUrl, HostUrlError> {
    let typed = typed.trim();
    if is_label(typed) && !typed.eq_ignore_ascii_case("localhost") {
        let name = format!("{}{SUFFIX}", typed.to_ascii_lowercase());
        return Ok(site(&name, vec![format!("{typed} is taken for the site {name}.")], false));
    }
    let mut notes = Vec::new();
    let text = match typed.contains("://") {
        true => typed.to_owned(),
        false => {
            notes.push("https:// was put in front.".to_owned());
            format!("https://{typed}")
        }
    };
    // The text is never repeated: what was pasted may hold a password.
    let url = Url::parse(&text).map_err(|e| bad(&format!("that is not a URL: {e}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("the address of an Atlassian site begins with https://"));
    }
    let host = url.host_str().unwrap_or("").trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() {
        return Err(bad("that URL names no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        notes.push("User name and password were removed from the URL.".to_owned());
    }
    if is_loopback(&url) {
        let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
        let path = url.path().trim_end_matches('/');
        let kept = format!("{}://{host}{port}", url.scheme());
        return Ok(HostUrl {
            url: format!("{kept}{path}"),
            name: format!("{host}{port}"),
            region: None,
            certain: false,
            notes,
        });
    }
    let name = site_name(&host, &mut notes)?;
    if url.port().is_some() {
        return Err(bad(&format!("{name} has no other port than 443")));
    }
    if url.scheme() == "http" {
        notes.push("http:// was changed to https://.".to_owned());
    }
    if !url.path().trim_matches('/').is_empty() || url.query().is_some() || url.fragment().is_some() {
        notes.push(format!("The page was cut off; the site is https://{name}."));
    }
    Ok(site(&name, notes, true))
}

/// The endpoints of a host record: [`WEB`], [`GATEWAY`], [`AUTH`].
///
/// # Errors
/// [`HostUrlError`] where the record's URL is not a site's.
pub fn endpoints(host: &Host) -> Result<Endpoints, HostUrlError> {
    let web = read(&host.url)?.url;
    let (gateway, auth) = if web.ends_with(GOVERNMENT) {
        ("https://api.atlassian-us-gov-mod.com", "https://auth.atlassian-us-gov-mod.com")
    } else if web.ends_with(SUFFIX) || web.ends_with(OLD_SUFFIX) {
        ("https://api.atlassian.com", "https://auth.atlassian.com")
    } else {
        (web.as_str(), web.as_str())
    };
    let all = [(WEB, web.as_str()), (GATEWAY, gateway), (AUTH, auth)];
    Ok(BTreeMap::from(all.map(|(name, url)| (name.to_owned(), url.to_owned()))))
}

fn site(name: &str, notes: Vec<String>, certain: bool) -> HostUrl {
    HostUrl { url: format!("https://{name}"), name: name.to_owned(), region: None, certain, notes }
}

/// The host name of the site that a host name means.
fn site_name(host: &str, notes: &mut Vec<String>) -> Result<String, HostUrlError> {
    for suffix in [SUFFIX, OLD_SUFFIX, GOVERNMENT] {
        if host.strip_suffix(suffix).is_some_and(is_label) {
            return Ok(host.to_owned());
        }
    }
    if UNKNOWN_CLOUDS.iter().any(|suffix| host.ends_with(suffix)) {
        return Err(HostUrlError {
            message: format!("{host} is in a cloud of Atlassian whose gateway keyrack does not know"),
            hint: "Nothing is sent there: its credentials must not reach the hosts of the commercial cloud.".to_owned(),
        });
    }
    if let Some(hint) = service(host) {
        return Err(HostUrlError { message: format!("{host} is a service of Atlassian, not a site"), hint });
    }
    if let Some(label) = host.strip_suffix(".atlassian.com").filter(|l| is_label(l)) {
        let name = format!("{label}{SUFFIX}");
        notes.push(format!("{host} is not a site: sites are at {SUFFIX}. {name} is used; nothing is sent to {host}."));
        return Ok(name);
    }
    Err(HostUrlError {
        message: format!("{host} is not a site of Atlassian Cloud"),
        hint: "Give the address that ends in .atlassian.net. Behind a custom domain it stands in Atlassian \
               Administration, Apps, App URLs, Custom domains, Actions, Show details, as Default URL (fallback). For Jira \
               or Confluence on your own servers choose the family jira-datacenter or confluence-datacenter."
            .to_owned(),
    })
}

/// What to do with the address of a service instead; none where the host is not one.
fn service(host: &str) -> Option<String> {
    let label = host.strip_suffix(".atlassian.com").or((host == "atlassian.com").then_some("www"))?;
    SERVICES.contains(&label).then(|| {
        match label {
            "api" => {
                "Give the site's own address, https://SITE.atlassian.net: keyrack finds the gateway and the cloud id \
                      from it."
            }
            "id" => {
                "That is where API tokens are made. Give the site where the token is used: https://SITE.atlassian.net."
            }
            "admin" => {
                "That is where an organisation is administered. Give one of its sites: https://SITE.atlassian.net."
            }
            _ => "Give the site's address: https://SITE.atlassian.net.",
        }
        .to_owned()
    })
}

fn is_label(text: &str) -> bool {
    (1..=LABEL).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn bad(message: &str) -> HostUrlError {
    HostUrlError { message: message.to_owned(), hint: "Type it like https://SITE.atlassian.net.".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FamilyId;

    #[test]
    fn every_pasted_form_gives_the_site() {
        for typed in [
            "acme",
            "ACME",
            "acme.atlassian.net",
            "https://acme.atlassian.net",
            "https://acme.atlassian.net/",
            "http://acme.atlassian.net",
            "https://acme.atlassian.net/wiki/spaces/DOC/pages/1",
            "https://acme.atlassian.net/browse/KEY-1?focusedId=2#x",
            "https://acme.atlassian.net/jira/software/projects/KEY/boards/1",
            "https://Acme.Atlassian.NET./jira",
            "https://acme.atlassian.net/_edge/tenant_info",
        ] {
            let found = read(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!((found.url.as_str(), found.name.as_str()), ("https://acme.atlassian.net", "acme.atlassian.net"));
            let again = read(&found.url).unwrap();
            assert!(again.certain && again.notes.is_empty(), "a site's address stays as it is: {again:?}");
        }
        assert_eq!(read("https://old.jira.com/browse/A-1").unwrap().url, "https://old.jira.com");
        assert!(!read("acme").unwrap().certain, "a bare word can be anything");
    }

    #[test]
    fn the_address_under_atlassian_com_is_answered_with_the_site() {
        let found = read("https://acme.atlassian.com/browse/KEY-1").unwrap();
        assert_eq!(found.url, "https://acme.atlassian.net");
        assert!(found.notes.iter().any(|n| n.contains("acme.atlassian.com is not a site")), "{found:?}");
        let mut host = Host::new("acme", FamilyId::new("jira-cloud"), "https://acme.atlassian.com");
        assert!(!endpoints(&host).unwrap().values().any(|u| u.contains("acme.atlassian.com")));
        host.url = "https://api.atlassian.com/ex/jira/x".to_owned();
        assert!(endpoints(&host).is_err());
    }

    #[test]
    fn other_hosts_are_refused_with_what_to_give_instead() {
        for typed in [
            "https://api.atlassian.com/ex/jira/11111111-2222-4333-8444-555555555555",
            "https://id.atlassian.com/manage-profile/security/api-tokens",
            "https://admin.atlassian.com/o/x",
            "https://atlassian.com",
            "https://jira.acme.dev",
            "https://acme.atlassian.net.evil.example",
            "https://evilatlassian.net",
            "https://a.b.atlassian.net",
            "https://.atlassian.net",
            "https://acme.atlassian-us-gov.net",
            "https://acme.atlassian-isolated.net",
            "https://acme.atlassian.net:8443",
        ] {
            let error = read(typed).expect_err(typed);
            assert!(!error.message.is_empty() && !error.hint.is_empty(), "{typed}");
        }
        for typed in ["", " ", "https://", "ftp://acme.atlassian.net", "http://a b", "-acme"] {
            assert!(read(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_pasted_password_is_removed_and_never_repeated() {
        let found = read("https://ana:NotARealSecret@acme.atlassian.net/x?y=NotARealSecret").unwrap();
        assert!(!format!("{found:?}").contains("NotARealSecret"));
        let error = read("ftp://ana:NotARealSecret@acme.atlassian.net").unwrap_err();
        assert!(!format!("{error:?}").contains("NotARealSecret"));
    }

    #[test]
    fn each_cloud_has_its_own_gateway_and_loopback_stays_on_the_machine() {
        for (url, gateway, auth) in [
            ("https://acme.atlassian.net", "https://api.atlassian.com", "https://auth.atlassian.com"),
            ("https://acme.jira.com", "https://api.atlassian.com", "https://auth.atlassian.com"),
            (
                "https://acme.atlassian-us-gov-mod.net",
                "https://api.atlassian-us-gov-mod.com",
                "https://auth.atlassian-us-gov-mod.com",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:8080/site", "http://localhost:8080/site", "http://localhost:8080/site"),
        ] {
            let found = endpoints(&Host::new("acme", FamilyId::new("jira-cloud"), url)).unwrap();
            assert_eq!((found[WEB].as_str(), found[GATEWAY].as_str(), found[AUTH].as_str()), (url, gateway, auth));
        }
    }
}
