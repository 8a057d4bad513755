//! What a typed URL means to GitHub, and where the web pages and the API of a host are. No I/O.

use url::Url;

use crate::domain::Host;
use crate::hosts::{Endpoints, HostUrl, HostUrlError};

/// Longest URL that is looked at.
const LONGEST: usize = 2048;

/// Hosts of other vendors that no GitHub Enterprise Server can have.
const OTHER_VENDORS: &[&str] = &[
    "gitlab.com",
    "bitbucket.org",
    "codeberg.org",
    "dev.azure.com",
    "visualstudio.com",
    "atlassian.net",
    "atlassian.com",
    "amazonaws.com",
];

/// Which GitHub a host is; decides where its API is and what it can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// github.com
    DotCom,
    /// `SUB.ghe.com`
    DataResidency,
    /// GitHub Enterprise Server
    Server,
}

impl Variant {
    /// The variant that a host record's URL names; a host that is neither github.com nor below ghe.com is a server.
    pub(super) fn of(host: &Host) -> Self {
        Self::of_url(&host.url)
    }

    /// The variant by the URL of the web pages.
    pub(super) fn of_url(web: &str) -> Self {
        match Url::parse(web).ok().as_ref().and_then(Url::host_str) {
            Some("github.com") => Self::DotCom,
            Some(name) if name.ends_with(".ghe.com") => Self::DataResidency,
            _ => Self::Server,
        }
    }

    /// What GitHub calls the product.
    pub(super) fn product(self) -> &'static str {
        match self {
            Self::DotCom => "GitHub.com",
            Self::DataResidency => "GitHub Enterprise Cloud with data residency",
            Self::Server => "GitHub Enterprise Server",
        }
    }
}

/// `web` and `api` of a host. Never `/api/v3` below ghe.com, never `api.HOST` for a server.
pub(super) fn endpoints(host: &Host) -> Result<Endpoints, HostUrlError> {
    let web = host.url.trim_end_matches('/');
    let parsed = Url::parse(web).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let Some(name) = parsed.as_ref().and_then(Url::host_str) else {
        return Err(HostUrlError {
            message: format!("the URL of host `{}` is malformed: `{web}`", host.name),
            hint: "set it to `https://github.com`, `https://SUB.ghe.com` or the URL of your GitHub Enterprise Server"
                .to_owned(),
        });
    };
    let api = match Variant::of(host) {
        Variant::DotCom => "https://api.github.com".to_owned(),
        Variant::DataResidency => format!("https://api.{name}"),
        Variant::Server => format!("{web}/api/v3"),
    };
    Ok([("web".to_owned(), web.to_owned()), ("api".to_owned(), api)].into())
}

/// Understands base, page, API and clone URLs of every variant.
pub(super) fn host_url(typed: &str) -> Result<HostUrl, HostUrlError> {
    let typed = typed.trim();
    let mut notes = Vec::new();
    let Typed { url, clone } = parse(typed).ok_or_else(|| {
        error("this is no URL of a host", "type `github.com`, `SUB.ghe.com` or `https://github.example.com`")
    })?;
    if clone.is_none() && (!url.username().is_empty() || url.password().is_some()) {
        notes.push("left out the user name or password in the URL".to_owned());
    }
    let given = url.host_str().unwrap_or_default().trim_end_matches('.').to_owned();
    if given.is_empty() || given.split('.').any(str::is_empty) {
        return Err(error(
            "that URL has no host name",
            "type `github.com`, `SUB.ghe.com` or `https://github.example.com`",
        ));
    }
    let name = normalised(&given)?;
    let variant = Variant::of_url(&format!("https://{name}"));
    if name != given {
        notes.push(format!("took `{name}` for `{given}`"));
    }
    if !url.path().trim_matches('/').is_empty() || url.query().is_some() || url.fragment().is_some() {
        notes.push("left out what follows the host name; GitHub has no context path".to_owned());
    }
    if let Some(scheme) = &clone {
        notes.push(format!("took the https address of the host that git clones from by {scheme}"));
    }
    let mut scheme = "https";
    let mut port = None;
    if variant == Variant::Server {
        if url.scheme() == "http" {
            scheme = "http";
            notes.push("plain http: the token would travel unencrypted; use https if the server has it".to_owned());
        }
        port = url.port();
    } else {
        if url.scheme() == "http" {
            notes.push("took https for http".to_owned());
        }
        if let Some(port) = url.port() {
            notes.push(format!("left out port {port}"));
        }
    }
    let name = port.map_or(name.clone(), |port| format!("{name}:{port}"));
    Ok(HostUrl { url: format!("{scheme}://{name}"), name, region: None, certain: variant != Variant::Server, notes })
}

/// A URL of the web, or of the https address that stands for one that git clones from.
struct Typed {
    url: Url,
    /// What git would have cloned by, where that is not http.
    clone: Option<String>,
}

/// A URL of whatever scheme, an scp-like `git@host:owner/repository`, or a bare host name.
fn parse(typed: &str) -> Option<Typed> {
    if typed.is_empty() || typed.len() > LONGEST || typed.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let (url, clone) = match typed.split_once("://") {
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "https" | "http" => (typed.to_owned(), None),
            // Its port is that of ssh or git.
            scheme @ ("ssh" | "git" | "git+ssh" | "ssh+git") => {
                let authority = authority(rest);
                let host = authority.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(authority, |(h, _)| h);
                (format!("https://{host}/{}", after(rest)), Some(scheme.to_owned()))
            }
            _ => return None,
        },
        None => match authority(typed).split_once('@').map_or(authority(typed), |(_, host)| host).split_once(':') {
            Some((host, path)) if !host.is_empty() && !host.starts_with('[') && !is_port(path) => {
                (format!("https://{host}/{path}"), Some("ssh".to_owned()))
            }
            _ => (format!("https://{typed}"), None),
        },
    };
    let url = Url::parse(&url).ok()?;
    url.host_str().is_some_and(|host| !host.is_empty()).then_some(Typed { url, clone })
}

fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn after(rest: &str) -> &str {
    rest[authority(rest).len()..].trim_start_matches('/')
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// The host name that stands for `given`: every sub-domain of github.com is github.com, what stands before a tenant of
/// ghe.com goes, and the gist and raw hosts of a server are the server.
fn normalised(given: &str) -> Result<String, HostUrlError> {
    let below = |domain: &str| given.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if below("github.com") {
        return Ok("github.com".to_owned());
    }
    if given == "ghe.com" {
        return Err(error("ghe.com alone is no host", "type your enterprise's address, `SUB.ghe.com`"));
    }
    if let Some(tenant) = given.strip_suffix(".ghe.com") {
        let tenant = tenant.rsplit('.').next().filter(|tenant| !tenant.is_empty());
        return tenant
            .map(|tenant| format!("{tenant}.ghe.com"))
            .ok_or_else(|| error("the sub-domain is missing", "type your enterprise's address, `SUB.ghe.com`"));
    }
    if let Some(vendor) = OTHER_VENDORS.iter().find(|vendor| below(vendor)) {
        return Err(error(&format!("`{given}` belongs to {vendor}, which is no GitHub"), ""));
    }
    let inner = given.strip_prefix("gist.").or_else(|| given.strip_prefix("raw.")).filter(|rest| rest.contains('.'));
    Ok(inner.unwrap_or(given).to_owned())
}

fn error(message: &str, hint: &str) -> HostUrlError {
    HostUrlError { message: message.to_owned(), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(typed: &str) -> String {
        host_url(typed).unwrap_or_else(|e| panic!("{typed}: {e}")).url
    }

    #[test]
    fn everything_of_github_com_is_github_com() {
        for typed in [
            "github.com",
            "GitHub.com/",
            "http://github.com",
            "https://github.com:443",
            "api.github.com",
            "https://api.github.com/user",
            "https://gist.github.com/mara-dev/1",
            "https://www.github.com/settings/tokens?x=1#new",
            "https://github.com/acme/site/pull/7",
            "https://mara:password@github.com/acme/site.git",
            "git@github.com:acme/site.git",
            "github.com:acme/site.git",
            "ssh://git@github.com/acme/site.git",
            "SSH://git@SSH.github.com:443/acme/site.git",
            "git://github.com/acme/site.git",
            "  github.com \n",
        ] {
            let found = host_url(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!((found.url.as_str(), found.name.as_str()), ("https://github.com", "github.com"), "{typed}");
            assert!(found.certain, "{typed}");
            assert!(!found.notes.iter().any(|note| note.contains("password@")), "{typed}");
        }
    }

    #[test]
    fn tenants_of_ghe_com_keep_their_last_label() {
        for typed in ["acme.ghe.com", "https://api.acme.ghe.com/user", "a.b.ACME.ghe.com", "git@acme.ghe.com:o/r.git"] {
            let found = host_url(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!(found.url, "https://acme.ghe.com", "{typed}");
            assert!(found.certain, "{typed}");
        }
        assert!(host_url("https://ghe.com").unwrap_err().hint.contains("SUB.ghe.com"));
        assert!(host_url("https://.ghe.com").is_err());
    }

    #[test]
    fn a_server_keeps_port_and_scheme_and_nothing_else() {
        for (typed, expected) in [
            ("github.acme.dev", "https://github.acme.dev"),
            ("GitHub.ACME.dev:8443/api/v3/", "https://github.acme.dev:8443"),
            ("https://github.acme.dev/api/v3/user", "https://github.acme.dev"),
            ("https://gist.github.acme.dev/x", "https://github.acme.dev"),
            ("https://raw.github.acme.dev/o/r/main/a", "https://github.acme.dev"),
            ("http://github.acme.dev", "http://github.acme.dev"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("[::1]:8080", "https://[::1]:8080"),
            ("ssh://git@github.acme.dev:122/o/r.git", "https://github.acme.dev"),
            ("git@github.acme.dev:o/r.git", "https://github.acme.dev"),
            ("https://notgithub.com", "https://notgithub.com"),
            ("https://github.com.evil.dev/login", "https://github.com.evil.dev"),
        ] {
            assert_eq!(url(typed), expected, "{typed}");
            assert!(!host_url(typed).unwrap().certain, "{typed}");
        }
        assert!(host_url("http://github.acme.dev").unwrap().notes[0].contains("unencrypted"));
    }

    #[test]
    fn what_is_no_host_or_another_vendor_is_refused() {
        for typed in [
            "",
            " ",
            "https://",
            "ftp://github.com",
            "ssh://git@ho%st/o/r",
            "file:///etc",
            "git hub.com",
            "https://gitlab.com/a/b",
        ] {
            assert!(host_url(typed).is_err(), "{typed}");
        }
        assert!(host_url("git@bitbucket.org:a/b.git").is_err());
        assert!(host_url(&"a".repeat(5000)).is_err());
    }

    #[test]
    fn the_api_is_where_the_variant_has_it() {
        for (web, api) in [
            ("https://github.com", "https://api.github.com"),
            ("https://acme.ghe.com", "https://api.acme.ghe.com"),
            ("https://github.acme.dev:8443", "https://github.acme.dev:8443/api/v3"),
        ] {
            let found = endpoints(&Host::new("h", crate::domain::FamilyId::new("github"), web)).unwrap();
            assert_eq!((found["web"].as_str(), found["api"].as_str()), (web, api));
        }
        assert!(endpoints(&Host::new("h", crate::domain::FamilyId::new("github"), "github.com")).is_err());
    }
}
