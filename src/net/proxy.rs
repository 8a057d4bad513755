//! Which proxy a request goes through, decided from captured settings, malformed ones reported instead of skipped.
//!
//! reqwest ignores a proxy variable that it cannot read and goes direct; keyrack answers
//! [`NetErrorKind::BadProxySetting`] and sends nothing. The environment is read once, by [`ProxyEnv::from_env`], never
//! while a request is made. No password of a proxy reaches an error or `Debug`.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::target::{address, is_loopback};
use super::{NetError, NetErrorKind};
use crate::secret::SecretText;

/// Names the origin of a proxy that the host record prescribes.
const HOST_SETTING: &str = "the host's --proxy";

/// A proxy variable: its name as it was set, and its value, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyVar {
    /// `HTTPS_PROXY`, `https_proxy`, …
    pub name: &'static str,
    /// What it was set to.
    pub value: SecretText,
}

/// The environment variables that the network layer honours, as they were when they were captured.
///
/// The default is an environment in which none is set. Semantics are those of curl, upper case before lower
/// (<https://curl.se/docs/manpage.html#ENVIRONMENT>).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProxyEnv {
    /// Proxy for https.
    pub https_proxy: Option<ProxyVar>,
    /// Proxy for plain http; upper case is ignored where `REQUEST_METHOD` is set, since a CGI client could forge it.
    pub http_proxy: Option<ProxyVar>,
    /// Proxy for what the two above leave open.
    pub all_proxy: Option<ProxyVar>,
    /// Hosts that are reached directly: names with their subdomains, addresses, networks as `10.0.0.0/8`, or `*`.
    pub no_proxy: Option<String>,
    /// File that replaces the system's certificate authorities.
    pub ssl_cert_file: Option<String>,
    /// Directory that replaces the system's certificate authorities.
    pub ssl_cert_dir: Option<String>,
}

impl ProxyEnv {
    /// Captures the environment of this process.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(|name| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned()))
    }

    /// Captures an environment given as a function; a variable that is empty counts as not set.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| lookup(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| Some(ProxyVar { name, value: SecretText::new(text(name)?) }))
        };
        let is_cgi = lookup("REQUEST_METHOD").is_some();
        Self {
            https_proxy: first(&["HTTPS_PROXY", "https_proxy"]),
            http_proxy: first(if is_cgi { &["http_proxy"] } else { &["HTTP_PROXY", "http_proxy"] }),
            all_proxy: first(&["ALL_PROXY", "all_proxy"]),
            no_proxy: text("NO_PROXY").or_else(|| text("no_proxy")),
            ssl_cert_file: text("SSL_CERT_FILE"),
            ssl_cert_dir: text("SSL_CERT_DIR"),
        }
    }
}

/// A proxy in use, for diagnosis: never with its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyUse {
    /// Which setting named it: a variable, or the host record.
    pub origin: &'static str,
    /// `http`, `https`, `socks4`, `socks4a`, `socks5` or `socks5h`.
    pub scheme: String,
    /// `host:port`.
    pub address: String,
}

/// A proxy setting that was understood.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ProxyAddress {
    /// Scheme, user info, host and port; nothing else.
    url: Url,
    address: String,
    origin: &'static str,
}

impl ProxyAddress {
    /// Understands `http://host:3128`, `socks5h://user:password@host`, `host:3128`. `origin` names the setting.
    ///
    /// # Errors
    /// [`NetErrorKind::BadProxySetting`], naming the setting and not its value.
    pub fn parse(text: &str, origin: &'static str) -> Result<Self, NetError> {
        let bad = |detail: String| NetError::new(NetErrorKind::BadProxySetting, origin, detail);
        let text = text.trim();
        let mut url = match text.split_once("://") {
            Some((scheme, _)) if !SCHEMES.iter().any(|s| s.eq_ignore_ascii_case(scheme)) => {
                let scheme: String = scheme.chars().take(20).collect();
                return Err(bad(format!(
                    "a proxy cannot be reached by `{scheme}`; use http, https, socks5 or socks5h"
                )));
            }
            Some(_) => Url::parse(text),
            None if text.trim_end_matches('/').contains('/') => {
                return Err(bad("write it as http://HOST:PORT".to_owned()));
            }
            None => Url::parse(&format!("http://{text}")),
        }
        .map_err(|e| bad(e.to_string()))?;
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        if url.port() == Some(0) {
            return Err(bad("port 0 is no port".to_owned()));
        }
        if url.port_or_known_default().is_none() {
            // Every scheme without a known port is a SOCKS one.
            url.set_port(Some(1080)).map_err(|()| bad("it names no host".to_owned()))?;
        }
        let Some(address) = address(&url) else { return Err(bad("it names no host".to_owned())) };
        // What reqwest's matcher cannot read it silently skips, and the request would go direct.
        if !intercepts(&Matcher::builder().all(String::from(url.clone())).build(), "https://target.invalid/") {
            return Err(bad("it is no usable proxy address".to_owned()));
        }
        Ok(Self { url, address, origin })
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The host alone, as the resolver is asked for it.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or("")
    }

    /// Is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Scheme, user info, host and port. Never to be shown: a password may be in it.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn describe(&self) -> ProxyUse {
        ProxyUse { origin: self.origin, scheme: self.url.scheme().to_owned(), address: self.address.clone() }
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{} ({})", self.url.scheme(), self.address, self.origin)
    }
}

const SCHEMES: &[&str] = &["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// What the environment says for one scheme: nothing, a proxy, or nonsense.
type FromEnv = Option<Result<ProxyAddress, NetError>>;

/// The rules for one host.
#[derive(Clone)]
pub(crate) struct ProxyRules {
    explicit: Option<ProxyAddress>,
    https: FromEnv,
    http: FromEnv,
    no_proxy: String,
}

impl ProxyRules {
    /// The rules that follow from the environment and the host record's own proxy, which wins.
    ///
    /// # Errors
    /// [`NetErrorKind::BadProxySetting`] for the host's own proxy. A malformed variable is reported when a request
    /// would use it, so that it does not stop requests that never would.
    pub fn new(env: &ProxyEnv, explicit: Option<&str>) -> Result<Self, NetError> {
        let explicit = explicit
            .filter(|text| !text.trim().is_empty())
            .map(|text| ProxyAddress::parse(text, HOST_SETTING))
            .transpose()?;
        let read = |own: &Option<ProxyVar>| {
            own.as_ref().or(env.all_proxy.as_ref()).map(|var| ProxyAddress::parse(var.value.reveal(), var.name))
        };
        Ok(Self {
            explicit,
            https: read(&env.https_proxy),
            http: read(&env.http_proxy),
            no_proxy: env.no_proxy.clone().unwrap_or_default(),
        })
    }

    /// The proxy for a URL. A target on loopback never goes through a proxy of the environment.
    ///
    /// # Errors
    /// [`NetErrorKind::BadProxySetting`] where the variable that decides is malformed.
    pub fn choose(&self, url: &Url) -> Result<Option<&ProxyAddress>, NetError> {
        if let Some(proxy) = &self.explicit {
            return Ok(Some(proxy));
        }
        let candidate = if url.scheme() == "https" { &self.https } else { &self.http };
        let Some(candidate) = candidate else { return Ok(None) };
        if is_loopback(url) || self.is_exempt(url) {
            return Ok(None);
        }
        candidate.as_ref().map(Some).map_err(Clone::clone)
    }

    /// What [`ProxyRules::choose`] chose, fit to be shown.
    pub fn describe(&self, url: &Url) -> Result<Option<ProxyUse>, NetError> {
        Ok(self.choose(url)?.map(ProxyAddress::describe))
    }

    /// The same rules in reqwest's form; none where no proxy is ever used.
    pub fn for_reqwest(&self) -> Option<reqwest::Proxy> {
        if self.explicit.is_none() && self.https.is_none() && self.http.is_none() {
            return None;
        }
        let rules = self.clone();
        Some(reqwest::Proxy::custom(move |url| rules.choose(url).ok().flatten().map(|proxy| proxy.url.clone())))
    }

    /// Whether `NO_PROXY` takes the URL's host out.
    fn is_exempt(&self, url: &Url) -> bool {
        if self.no_proxy.is_empty() {
            return false;
        }
        let matcher = Matcher::builder().all("http://proxy.invalid:1").no(self.no_proxy.as_str()).build();
        !intercepts(&matcher, &format!("{}://{}/", url.scheme(), url.host_str().unwrap_or("")))
    }
}

fn intercepts(matcher: &Matcher, url: &str) -> bool {
    url.parse::<hyper::Uri>().is_ok_and(|uri| matcher.intercept(&uri).is_some())
}

/// A proxy setting without its user name and password, fit to be shown.
pub(crate) fn without_password(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((before, host)) => match before.split_once("://") {
            Some((scheme, _)) => format!("{scheme}://***@{host}"),
            None => format!("***@{host}"),
        },
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(vars: &[(&str, &str)]) -> ProxyEnv {
        ProxyEnv::from_vars(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    fn chosen(env: &ProxyEnv, explicit: Option<&str>, url: &str) -> Option<String> {
        let rules = ProxyRules::new(env, explicit).unwrap();
        rules.describe(&Url::parse(url).unwrap()).unwrap().map(|p| format!("{}={}", p.origin, p.address))
    }

    #[test]
    fn each_scheme_has_its_variable_and_all_proxy_stands_in() {
        let env = env(&[("HTTPS_PROXY", "http://s:1"), ("http_proxy", "h:2"), ("ALL_PROXY", "socks5://a")]);
        assert_eq!(chosen(&env, None, "https://acme/").unwrap(), "HTTPS_PROXY=s:1");
        assert_eq!(chosen(&env, None, "http://acme/").unwrap(), "http_proxy=h:2");
        let only_all = self::env(&[("all_proxy", "socks5h://a")]);
        assert_eq!(chosen(&only_all, None, "https://acme/").unwrap(), "all_proxy=a:1080");
        assert_eq!(chosen(&self::env(&[("HTTPS_PROXY", " ")]), None, "https://acme/"), None);
    }

    #[test]
    fn the_host_s_own_proxy_wins_and_knows_no_exemption() {
        let env = env(&[("HTTPS_PROXY", "http://s:1"), ("NO_PROXY", "*")]);
        assert_eq!(chosen(&env, None, "https://acme/"), None);
        assert_eq!(chosen(&env, Some("http://own:3"), "https://127.0.0.1/").unwrap(), "the host's --proxy=own:3");
    }

    #[test]
    fn no_proxy_knows_names_suffixes_and_networks() {
        let env = env(&[("HTTPS_PROXY", "http://s:1"), ("no_proxy", "acme.dev, .corp, 10.0.0.0/8, ::2")]);
        for direct in
            ["https://acme.dev", "https://git.acme.dev:8443", "https://x.corp", "https://10.1.2.3", "https://[::2]"]
        {
            assert_eq!(chosen(&env, None, direct), None, "{direct}");
        }
        for proxied in ["https://notacme.dev", "https://11.1.2.3", "https://[::3]"] {
            assert!(chosen(&env, None, proxied).is_some(), "{proxied}");
        }
    }

    #[test]
    fn loopback_never_goes_through_a_proxy_of_the_environment() {
        let env = env(&[("HTTPS_PROXY", "nonsense://"), ("HTTP_PROXY", "http://s:1")]);
        for url in ["https://127.0.0.1:8443/", "http://localhost/", "https://[::1]/"] {
            assert_eq!(chosen(&env, None, url), None, "{url}");
        }
    }

    #[test]
    fn a_forgeable_variable_is_ignored_under_cgi() {
        let vars = [("HTTP_PROXY", "http://evil:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(chosen(&env(&vars), None, "http://acme/"), None);
    }

    #[test]
    fn a_malformed_setting_is_named_and_its_password_is_not() {
        for text in [
            "http://u:hunter2@proxy:port",
            "htp://u:hunter2@proxy:3128",
            "http://u:hunter2@",
            "http:/hunter2:3128/x",
            "http://a b:1",
            "socks5://:1080",
            "http://proxy:0",
        ] {
            let rules = ProxyRules::new(&env(&[("HTTPS_PROXY", text)]), None).unwrap();
            let error = rules.choose(&Url::parse("https://acme/").unwrap()).unwrap_err();
            assert_eq!((error.kind, error.target.as_str()), (NetErrorKind::BadProxySetting, "HTTPS_PROXY"), "{text}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
            assert!(rules.choose(&Url::parse("http://acme/").unwrap()).unwrap().is_none());
            let error = ProxyRules::new(&ProxyEnv::default(), Some(text)).map(|_| ()).unwrap_err();
            assert_eq!(error.kind, NetErrorKind::BadProxySetting, "{text}");
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let env = env(&[("HTTPS_PROXY", "http://u:hunter2@proxy:1")]);
        let address = ProxyAddress::parse("socks5://u:hunter2@proxy:1", "ALL_PROXY").unwrap();
        assert!(!format!("{env:?} {address:?}").contains("hunter2"));
        for text in ["http://u:hunter2@proxy:1", "u:hunter2@proxy", "u:hun@ter2@proxy"] {
            assert!(!without_password(text).contains("ter2"), "{text}");
        }
    }
}
