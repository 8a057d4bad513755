//! The marks that answers of Atlassian's servers have in common, whatever the product.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::hosts::Wire;
use crate::net::Response;

/// Most characters of a text of the host that go into a finding.
const TEXT_CAP: usize = 200;

/// Text of the host, cut to a length that a finding can hold.
pub fn cap(text: &str) -> String {
    text.chars().take(TEXT_CAP).collect()
}

/// The log-in name that is put beside every answer to a caller it knows (`X-AUSERNAME`, undocumented). Jira writes
/// `anonymous` there, so that word is nobody.
pub fn login(response: &Response) -> Option<String> {
    let name = percent_decode_str(response.header("x-ausername")?.trim()).decode_utf8_lossy().into_owned();
    (!name.is_empty() && name != "anonymous").then(|| cap(&name))
}

/// The answer says in so many words that nobody is logged in.
pub fn is_anonymous(response: &Response) -> bool {
    response.header("x-ausername").is_some_and(|name| name.trim() == "anonymous")
}

/// A header that only Atlassian's servers send is there.
pub fn has_fingerprint(response: &Response) -> bool {
    [
        "x-arequestid",
        "x-asessionid",
        "x-anodeid",
        "x-ausername",
        "x-seraph-loginreason",
        "x-authentication-denied-reason",
        "x-confluence-request-time",
    ]
    .iter()
    .any(|h| response.header(h).is_some())
}

/// What the log-in filter of Jira, Confluence and Bamboo says (`X-Seraph-LoginReason`): `OK`, `AUTHENTICATED_FAILED`,
/// `AUTHENTICATION_DENIED`, `AUTHORISATION_FAILED`, `OUT`. It stands beside any status, 200 with an empty body too.
pub fn seraph(response: &Response) -> Option<&str> {
    response.header("x-seraph-loginreason").map(str::trim).filter(|r| !r.is_empty())
}

/// The reason for which a log-in is denied where that is a CAPTCHA.
pub fn captcha(response: &Response) -> Option<&str> {
    response.header("x-authentication-denied-reason").filter(|r| r.trim_start().starts_with("CAPTCHA_CHALLENGE"))
}

/// Where to solve a CAPTCHA. Only a page of this installation is passed on: a person will type a password there.
pub fn login_url(response: &Response, web: &str, page: &str) -> String {
    let told = captcha(response)
        .and_then(|r| r.split_once("login-url="))
        .map(|(_, url)| url.split([';', ' ', ',']).next().unwrap_or(""));
    match told {
        Some(url) if url.strip_prefix(web).is_some_and(|rest| rest.starts_with('/')) => cap(url),
        _ => format!("{web}{page}"),
    }
}

/// What a redirect means, as the name of a finding: to the product's own log-in page, or to a sign-in page elsewhere.
/// None where the base URL has moved, which the common finding for redirects says better.
pub fn redirect(response: &Response, web: &str) -> Option<&'static str> {
    let base = Url::parse(web).ok()?;
    // Relative to a directory, or the last part of the context path would be cut off.
    let base = Url::parse(&format!("{}/", base.as_str().trim_end_matches('/'))).ok()?;
    let target = base.join(response.header("location")?).ok()?;
    let to_rest = target.path().contains("/rest/");
    let last = target.path().trim_end_matches('/').rsplit('/').next().unwrap_or("");
    let to_login = last == "login" || last.starts_with("login.") || last.starts_with("userlogin");
    match target.host_str() == base.host_str() {
        true if to_login => Some("login-redirect"),
        _ if to_rest => None,
        true => None,
        false => Some("sign-in-page"),
    }
}

/// Where a page came from: the host a redirect leads to, or the one asked.
pub fn place(response: &Response, web: &str) -> String {
    let host = |text: &str| Url::parse(text).ok().and_then(|u| u.host_str().map(cap));
    response.header("location").and_then(host).or_else(|| host(web)).unwrap_or_else(|| "unknown host".to_owned())
}

/// Writes down the headers that decide.
pub fn note(wire: &Wire<'_>, response: &Response) {
    if let Some(reason) = seraph(response) {
        wire.note(format!("X-Seraph-LoginReason: {}", cap(reason)));
    }
    if let Some(reason) = captcha(response) {
        wire.note(format!("X-Authentication-Denied-Reason: {}", cap(reason)));
    }
    if let Some(location) = response.header("location") {
        wire.note(format!("Location: {}", cap(location.split(['?', '#']).next().unwrap_or(""))));
    }
    if response.is_html() {
        wire.note(format!("Content-Type: {}", cap(response.header("content-type").unwrap_or("none, body is HTML"))));
    }
    if let Some(wait) = response.header("retry-after") {
        wire.note(format!("Retry-After: {}", cap(wait)));
    }
}

/// Writes down whom the answer names.
pub fn note_login(wire: &Wire<'_>, response: &Response) {
    wire.note(match login(response) {
        Some(login) => format!("X-AUSERNAME: {login}"),
        None if is_anonymous(response) => "X-AUSERNAME: anonymous".to_owned(),
        None => "no X-AUSERNAME".to_owned(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "https://acme.dev/bitbucket";

    #[test]
    fn a_foreign_login_url_is_not_passed_on() {
        for (told, shown) in [
            ("CAPTCHA_CHALLENGE; login-url=https://acme.dev/bitbucket/login", "https://acme.dev/bitbucket/login"),
            ("CAPTCHA_CHALLENGE; login-url=https://evil.example/login", "https://acme.dev/bitbucket/login"),
            ("CAPTCHA_CHALLENGE; login-url=https://acme.dev/bitbucket.evil/", "https://acme.dev/bitbucket/login"),
            ("CAPTCHA_CHALLENGE", "https://acme.dev/bitbucket/login"),
        ] {
            let response = Response::of(403, &[("X-Authentication-Denied-Reason", told)], "");
            assert_eq!(login_url(&response, WEB, "/login"), shown);
        }
    }

    #[test]
    fn redirects_are_told_apart_by_where_they_lead() {
        for (location, expected) in [
            ("/bitbucket/login?next=/x", Some("login-redirect")),
            ("https://acme.dev/bitbucket/login", Some("login-redirect")),
            ("/bitbucket/login.jsp?os_destination=x", Some("login-redirect")),
            ("/bitbucket/userlogin!doDefault.action", Some("login-redirect")),
            ("https://sso.acme.dev/adfs/ls?x=1", Some("sign-in-page")),
            ("https://new.acme.dev/bitbucket/rest/api/latest/users", None),
            ("/maintenance", None),
        ] {
            let response = Response::of(302, &[("Location", location)], "");
            assert_eq!(redirect(&response, WEB), expected, "{location}");
        }
    }

    #[test]
    fn user_names_are_decoded_and_anonymous_is_nobody() {
        let named = |name: &str| login(&Response::of(200, &[("X-AUSERNAME", name)], ""));
        assert_eq!(named("jo%20doe%40acme").as_deref(), Some("jo doe@acme"));
        assert_eq!(named("anonymous"), None);
        assert_eq!(named(" "), None);
    }
}
