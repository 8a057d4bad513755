//! From what a user types of a host to a record, asking nobody.

use std::collections::BTreeMap;

use crate::domain::{FamilyId, Host};
use crate::error::{Error, Result};
use crate::hosts::{self, Family, HostUrl};
use crate::net::proxy::ProxyAddress;
use crate::ops::exchange::{endpoints_of, family};
use crate::ops::name::{a_token_in_the_open, check_name, looks_like_token};
use crate::sanitize;

/// What a user says of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostInput {
    /// Name; none means the one the URL suggests.
    pub name: Option<String>,
    /// URL as typed.
    pub url: String,
    /// Family, where known.
    pub family: Option<FamilyId>,
    /// AWS region.
    pub region: Option<String>,
    /// Named endpoints that replace defaults.
    pub endpoints: BTreeMap<String, String>,
    /// PEM file of extra certificate authorities.
    pub ca_file: Option<String>,
    /// PEM file with client certificate and key.
    pub client_cert: Option<String>,
    /// Proxy URL.
    pub proxy: Option<String>,
    /// Plain http beyond loopback is allowed.
    pub allow_http: bool,
}

/// A host record and what the user should know of how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The record, not yet kept.
    pub host: Host,
    /// What was changed in the URL, a sentence each.
    pub notes: Vec<String>,
}

/// Understands a URL: by the family given, else by the one family that is certain of it.
///
/// # Errors
/// Usage error where no family is given and none is certain, or the URL cannot be one of the family's.
pub fn understand(url: &str, wanted: Option<&FamilyId>) -> Result<(&'static dyn Family, HostUrl)> {
    if looks_like_token(url) {
        return Err(a_token_in_the_open("host"));
    }
    if let Some(id) = wanted {
        let family = family(id)?;
        return Ok((family, family.host_url(url)?));
    }
    let mut possible = false;
    for family in hosts::families() {
        match family.host_url(url) {
            Ok(understood) if understood.certain => return Ok((*family, understood)),
            Ok(_) => possible = true,
            Err(_) => {}
        }
    }
    // What one family says of it would be beside the point: nobody knows which was meant.
    if !possible {
        return Err(Error::usage("that is no address of a host").hint(
            "Type it as the browser shows it, such as https://gitlab.example.com; for AWS CodeCommit a region such as \
             us-east-1.",
        ));
    }
    let known: Vec<_> = hosts::families().iter().map(|f| f.facts().id.to_string()).collect();
    Err(Error::usage(format!("`{}` could be any product", sanitize::short(url, 80)))
        .hint(format!("Say which with --family: {}.", known.join(", "))))
}

/// Makes a host record from what a user typed, asking nobody.
///
/// # Errors
/// Usage error where the URL, an endpoint or the name cannot be used.
pub fn propose(input: &HostInput) -> Result<Proposed> {
    let (family, understood) = understand(&input.url, input.family.as_ref())?;
    let name = input.name.clone().unwrap_or(understood.name);
    check_name("host name", &name)?;
    let mut host = Host::new(name, family.facts().id.clone(), understood.url);
    host.region = input.region.clone().or(understood.region);
    host.endpoints.clone_from(&input.endpoints);
    host.ca_file.clone_from(&input.ca_file);
    host.client_cert.clone_from(&input.client_cert);
    host.proxy.clone_from(&input.proxy);
    host.allow_http = input.allow_http;
    validate_record(family, &mut host)?;
    Ok(Proposed { host, notes: understood.notes })
}

/// Checks endpoints and URL of a record, and normalises them.
pub(super) fn validate_record(family: &dyn Family, host: &mut Host) -> Result<()> {
    let known: Vec<&str> = family.facts().endpoints.iter().map(|e| e.name.as_str()).collect();
    for (name, value) in &mut host.endpoints {
        if !known.contains(&name.as_str()) {
            return Err(Error::usage(format!("the family {} has no endpoint `{name}`", host.family))
                .hint(format!("Its endpoints: {}.", known.join(", "))));
        }
        let parsed = url::Url::parse(value).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        let Some(parsed) = parsed else {
            return Err(Error::usage(format!(
                "the endpoint {name} is no http(s) URL: `{}`",
                sanitize::short(value, 80)
            )));
        };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(Error::usage(format!("the endpoint {name} must not hold a user name or password")));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(Error::usage(format!("the endpoint {name} must end with its path: no `?` and no `#`")));
        }
        *value = value.trim_end_matches('/').to_owned();
    }
    if host.proxy.as_deref().is_some_and(|proxy| proxy.contains('@')) {
        return Err(Error::usage("the proxy of a host must not hold a user name or password: it is not kept secret")
            .hint("Give such a proxy in the environment instead: HTTPS_PROXY, HTTP_PROXY or ALL_PROXY."));
    }
    if let Some(proxy) = &host.proxy {
        ProxyAddress::parse(proxy, "the host's proxy")?;
    }
    let endpoints = endpoints_of(family, host)?;
    match endpoints.values().find(|url| !host.allow_http && is_plain_http(url)) {
        Some(url) => Err(plain_http(url)),
        None => Ok(()),
    }
}

/// Plain http to another machine.
pub(super) fn is_plain_http(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let here = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => true,
    };
    url.scheme() == "http" && !here
}

/// Why that is refused, and what to do.
pub(super) fn plain_http(url: &str) -> Error {
    Error::usage(format!(
        "{} is plain http: whoever is on the way could read the secrets sent there",
        sanitize::short(url, 120)
    ))
    .hint("Use https://. Where the host has no TLS and the network is yours, say so with --allow-http.")
}
