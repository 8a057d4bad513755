//! URLs that people type or paste, cut to the base URL with its context path.

use std::collections::BTreeMap;

use url::Url;

use super::{Product, WEB};
use crate::domain::Host;
use crate::hosts::{Endpoints, HostUrl, HostUrlError};

/// What a product's addresses look like.
pub struct Addresses<'a> {
    /// Its name for people.
    pub product: &'a str,
    /// First path segments that belong to the product, not to the context path, which is free text.
    pub pages: &'a [&'a str],
    /// What a URL looks like, for hints.
    pub example: &'a str,
}

impl Product {
    /// Finds the base URL in what was typed.
    ///
    /// # Errors
    /// [`HostUrlError`] where it is no URL of a web page, or one of Atlassian's cloud.
    pub fn host_url(&self, typed: &str) -> Result<HostUrl, HostUrlError> {
        let addresses = self.addresses();
        let typed = typed.trim();
        let (text, mut notes) = with_scheme(typed);
        let url = Url::parse(&text).map_err(|e| addresses.bad(format!("that is not a URL: {e}")))?;
        let host = url.host_str().unwrap_or("").trim_end_matches('.').to_owned();
        refuse_cloud(&host, self.name)?;
        let mut found = base_url(&addresses, url, &host)?;
        notes.append(&mut found.notes);
        Ok(HostUrl { notes, ..found })
    }

    /// The named endpoints of a host record.
    ///
    /// # Errors
    /// [`HostUrlError`] where the record's URL is not one.
    pub fn endpoints(&self, host: &Host) -> Result<Endpoints, HostUrlError> {
        endpoints(&self.addresses(), host)
    }

    fn addresses(&self) -> Addresses<'_> {
        Addresses { product: self.name, pages: self.pages, example: &self.facts.url_example }
    }
}

impl Addresses<'_> {
    /// An error with a hint at what to type instead.
    pub fn bad(&self, message: String) -> HostUrlError {
        HostUrlError { message, hint: format!("Type it like {}.", self.example) }
    }
}

/// The text with a scheme, and the note where one was added.
pub fn with_scheme(typed: &str) -> (String, Vec<String>) {
    match typed.contains("://") {
        true => (typed.to_owned(), Vec::new()),
        false => (format!("https://{typed}"), vec!["https:// was put in front.".to_owned()]),
    }
}

/// The base URL of an `http` or `https` URL: pages of the product cut off, user name and password removed.
///
/// # Errors
/// [`HostUrlError`] where it has another scheme or no host.
pub fn base_url(addresses: &Addresses<'_>, mut url: Url, host: &str) -> Result<HostUrl, HostUrlError> {
    let mut notes = Vec::new();
    if !matches!(url.scheme(), "http" | "https") {
        // The text is not repeated: what was pasted may hold a password.
        return Err(addresses.bad(format!("a {} URL begins with https:// or http://", addresses.product)));
    }
    if host.is_empty() {
        return Err(addresses.bad("that URL names no host".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        notes.push("User name and password were removed from the URL.".to_owned());
        if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
            return Err(addresses.bad("the user name cannot be removed from that URL".to_owned()));
        }
    }
    let path = context_path(addresses.pages, &url);
    if path != url.path().trim_end_matches('/') {
        notes.push(format!("The page was cut off; the context path is {}.", if path.is_empty() { "/" } else { &path }));
    }
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    Ok(HostUrl {
        url: url.as_str().trim_end_matches('/').to_owned(),
        name: url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
        region: None,
        certain: false,
        notes,
    })
}

fn context_path(pages: &[&str], url: &Url) -> String {
    let kept: Vec<&str> = url
        .path()
        .split('/')
        .filter(|s| !s.is_empty())
        // Struts pages have a method behind an exclamation mark: `userlogin!doDefault.action`.
        .take_while(|s| !pages.contains(&s.split('!').next().unwrap_or(s)))
        .collect();
    if kept.is_empty() { String::new() } else { format!("/{}", kept.join("/")) }
}

/// The named endpoints of a host record.
///
/// # Errors
/// [`HostUrlError`] where the record's URL is not one.
pub fn endpoints(addresses: &Addresses<'_>, host: &Host) -> Result<Endpoints, HostUrlError> {
    let web = host.url.trim().trim_end_matches('/');
    match Url::parse(web) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => {
            Ok(BTreeMap::from([(WEB.to_owned(), web.to_owned())]))
        }
        _ => Err(addresses.bad(format!("the URL of host {} is not an http or https URL", host.name))),
    }
}

/// The usual context paths except the one in use, as whole URLs, to be proposed.
pub fn other_paths(usual: &[&str], web: &str) -> String {
    let Ok(url) = Url::parse(web) else { return usual.join(", ") };
    let origin = url.origin().ascii_serialization();
    let used = url.path().trim_end_matches('/');
    let others = usual.iter().filter(|p| p.trim_end_matches('/') != used);
    others.map(|p| format!("{origin}{p}")).collect::<Vec<_>>().join(", ")
}

/// Refuses the addresses of Atlassian's cloud, where other tokens count.
///
/// # Errors
/// [`HostUrlError`] that names the right family.
pub fn refuse_cloud(host: &str, product: &str) -> Result<(), HostUrlError> {
    let under = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|h| h.ends_with('.'));
    let refused = |what: &str, hint: &str| {
        Err(HostUrlError {
            message: format!("{host} is {what}, not a {product} Data Center installation"),
            hint: hint.to_owned(),
        })
    };
    if under("bitbucket.org") {
        return refused(
            "Bitbucket Cloud",
            "Bitbucket Cloud is the family bitbucket-cloud and has other tokens; for Data Center give the URL of your own \
             installation.",
        );
    }
    if under("atlassian.net") || under("atlassian.com") {
        return refused(
            "Atlassian Cloud",
            "Give the URL of your own installation. API tokens of id.atlassian.com do not work there, its own access \
             tokens do. A site of the cloud is the family jira-cloud.",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::jira_datacenter::PRODUCT;

    #[test]
    fn every_pasted_form_gives_the_base_url() {
        for (typed, url, name) in [
            ("jira.acme.dev", "https://jira.acme.dev", "jira.acme.dev"),
            ("http://localhost:8080", "http://localhost:8080", "localhost:8080"),
            ("https://acme.dev/jira/", "https://acme.dev/jira", "acme.dev"),
            ("https://acme.dev/jira/browse/ABC-1?x=1#y", "https://acme.dev/jira", "acme.dev"),
            ("https://acme.dev/a/b/secure/Dashboard.jspa", "https://acme.dev/a/b", "acme.dev"),
            ("https://acme.dev/rest/api/2/myself", "https://acme.dev", "acme.dev"),
            ("https://acme.dev/login.jsp?os_destination=%2F", "https://acme.dev", "acme.dev"),
            ("https://jo:pw@acme.dev/jira", "https://acme.dev/jira", "acme.dev"),
        ] {
            let found = PRODUCT.host_url(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!((found.url.as_str(), found.name.as_str()), (url, name), "{typed}");
            assert!(!found.certain && !format!("{found:?}").contains("pw@"));
            let again = PRODUCT.host_url(url).unwrap();
            assert!(again.url == url && again.notes.is_empty(), "a base URL stays as it is: {again:?}");
        }
    }

    #[test]
    fn the_cloud_and_nonsense_are_refused() {
        let error = PRODUCT.host_url("https://your-company.atlassian.com").unwrap_err();
        assert!(error.hint.contains("id.atlassian.com") && error.hint.contains("jira-cloud"), "{error:?}");
        for typed in ["", "https://", "ftp://acme.dev", "ssh://git@acme.dev/x", "http://a b", "acme.atlassian.net"] {
            assert!(PRODUCT.host_url(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn usual_paths_leave_out_the_one_in_use() {
        assert_eq!(other_paths(&["/", "/jira"], "https://acme.dev/jira"), "https://acme.dev/");
    }
}
