//! Proxy variables: malformed, contradicting one another, or set for everything but this host.
//!
//! keyrack reads upper case before lower, curl and git lower before upper
//! (<https://curl.se/docs/manpage.html#ENVIRONMENT>).

use url::Url;

use super::sight::Sight;
use crate::diagnose::viewpoint::Viewpoint;
use crate::net::proxy::{ProxyAddress, ProxyEnv, ProxyRules, without_password};
use crate::sanitize;

const PAIRS: [(&str, &str); 4] = [
    ("HTTPS_PROXY", "https_proxy"),
    ("HTTP_PROXY", "http_proxy"),
    ("ALL_PROXY", "all_proxy"),
    ("NO_PROXY", "no_proxy"),
];

/// Looks at every proxy variable, and at what follows for this host.
pub(super) fn look(view: &Viewpoint<'_>) -> Sight {
    let mut sight = Sight::default();
    let var = |name: &str| view.around.var(name).map(|v| v.reveal().trim().to_owned()).filter(|v| !v.is_empty());
    let mut any = false;
    for (upper, lower) in PAIRS {
        for name in [upper, lower] {
            let Some(value) = var(name) else { continue };
            let is_proxy = upper != "NO_PROXY";
            any |= is_proxy;
            if let Some(password) = Url::parse(&value).ok().as_ref().and_then(Url::password) {
                sight.secrets.push(password.into());
            }
            let told = match is_proxy.then(|| ProxyAddress::parse(&value, upper)) {
                Some(Err(error)) => format!("malformed: {}", sanitize::short(&error.detail, 120)),
                _ => sanitize::short(&without_password(&value), 120),
            };
            sight.fact(name, told);
        }
        if let (Some(ours), Some(theirs)) = (var(upper), var(lower))
            && ours != theirs
        {
            sight.misleads("env.proxy-differs", &[("upper", upper), ("lower", lower)]);
        }
    }
    if view.patient.host.proxy.is_some() {
        sight.fact("proxy", "the host's record names one, which wins over the variables");
        return sight;
    }
    if !any {
        return sight;
    }
    let env = ProxyEnv::from_vars(var);
    let forgeable = view.around.var("REQUEST_METHOD").is_some() && var("HTTP_PROXY").is_some();
    if forgeable && var("http_proxy").is_none() && view.urls().iter().any(|u| u.scheme() == "http") {
        sight.misleads("env.proxy-cgi", &[]);
    }
    let Ok(rules) = ProxyRules::new(&env, None) else { return sight };
    for url in view.urls() {
        let host = url.host_str().unwrap_or("").to_owned();
        match rules.describe(&url) {
            Err(error) => {
                let said = sight.breaks.iter().any(|f| f.title.contains(&error.target));
                if !said {
                    sight.breaks("env.bad-proxy", &[("name", &error.target), ("detail", &error.detail)]);
                }
            }
            Ok(Some(proxy)) => {
                let by = if env.no_proxy.is_some() { ", not exempted by NO_PROXY" } else { "" };
                sight.fact(format!("way to {host}"), format!("through {} ({}{by})", proxy.address, proxy.origin));
            }
            Ok(None) => {
                sight.fact(format!("way to {host}"), "direct: no variable names a proxy for it, or NO_PROXY exempts it")
            }
        }
    }
    sight
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::tests::{codes, fact, patient, view};
    use crate::domain::Kind;

    fn seen(url: &str, vars: &[(&str, &str)]) -> Sight {
        let patient = patient("bamboo", url, Kind::Pat, None);
        look(&view(&patient, vars, None))
    }

    #[test]
    fn a_malformed_proxy_breaks_only_what_would_use_it() {
        let bad = ("HTTPS_PROXY", "htp://ana:hunter2@proxy:3128");
        let sight = seen("https://bamboo.acme.example", &[bad]);
        assert_eq!(codes(&sight.breaks), ["env.bad-proxy"]);
        assert!(sight.breaks[0].title.contains("HTTPS_PROXY"), "{:?}", sight.breaks);
        assert!(fact(&sight, "HTTPS_PROXY").starts_with("malformed"));
        assert!(!format!("{:?} {:?}", sight.facts, sight.breaks).contains("hunter2"), "{sight:?}");
        for fine in [
            seen("https://bamboo.acme.example", &[bad, ("NO_PROXY", "acme.example")]),
            seen("http://bamboo.acme.example", &[bad]),
        ] {
            assert!(fine.breaks.is_empty(), "{fine:?}");
        }
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        let sight = seen("https://bamboo.acme.example", &[("HTTPS_PROXY", "http://ana:hunter2@proxy:3128")]);
        assert_eq!(fact(&sight, "HTTPS_PROXY"), "http://***@proxy:3128");
        assert_eq!(fact(&sight, "way to bamboo.acme.example"), "through proxy:3128 (HTTPS_PROXY)");
        assert!(sight.breaks.is_empty() && sight.misleads.is_empty(), "{sight:?}");
        assert_eq!(sight.secrets.len(), 1);
    }

    #[test]
    fn contradicting_variables_are_a_warning() {
        let vars = [("HTTPS_PROXY", "http://one:1"), ("https_proxy", "http://two:2")];
        assert_eq!(codes(&seen("https://bamboo.acme.example", &vars).misleads), ["env.proxy-differs"]);
        let vars = [("HTTP_PROXY", "http://one:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(codes(&seen("http://bamboo.acme.example", &vars).misleads), ["env.proxy-cgi"]);
        assert!(seen("https://bamboo.acme.example", &vars).misleads.is_empty());
    }
}
