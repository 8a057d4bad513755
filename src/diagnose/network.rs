//! Names, connections, proxy and TLS of every address that the host's endpoints are at, side by side.
//!
//! A host may have several (web, API, gateway). Where one of them cannot be reached and another can, that is a warning
//! first: whether it stands in the way shows when the host is asked.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use url::Url;

use super::board::Board;
use super::look::{Look, finding, of_net};
use super::names;
use super::patient::Patient;
use crate::domain::{Finding, Stage, StageState};
use crate::net::NetErrorKind;
use crate::net::probe::chain::Certificate;
use crate::net::probe::{ClientCertificate, Dns, Line, Probe, Seen, Tcp, Tls, Tunnel};
use crate::ops::Core;
use crate::ops::exchange::{Channel, settings_of};

/// The stages of the way, in order.
pub(crate) const WAY: [Stage; 4] = [Stage::Dns, Stage::Tcp, Stage::Proxy, Stage::Tls];

/// Looks at the way to the host; gives whether any of its addresses can be reached.
pub(crate) async fn look(core: &Core, patient: &Patient, channel: &Channel, board: &Board<'_>) -> bool {
    let mut origins = Vec::new();
    for (names, url) in places(channel) {
        match core.network.probe(&settings_of(&patient.host), &url) {
            Ok(probe) => origins.push(Origin { names, probe, line: None, is_public: is_public(&url) }),
            Err(error) => {
                let at = stage_of(error.kind);
                board.put(at, Look::failed(of_net(&error)));
                board.not_reached(&WAY);
                return false;
            }
        }
    }
    let now = core.clock.now();
    let (dns, ms) = board.timed(Stage::Dns, join_all(origins.iter().map(|o| o.probe.dns()))).await;
    if !settle(board, (Stage::Dns, ms), &mut origins, dns.iter().map(dns_look).collect()) {
        return false;
    }
    let dns: Vec<Dns> = dns.into_iter().filter(|d| d.error.is_none()).collect();
    let attempts = origins.iter().zip(&dns).map(|(o, d)| o.probe.tcp(d));
    let (tried, ms) = board.timed(Stage::Tcp, join_all(attempts)).await;
    let mut looks = Vec::new();
    for (origin, (tcp, line)) in origins.iter_mut().zip(tried) {
        looks.push(tcp_look(&tcp));
        origin.line = line;
    }
    if !settle(board, (Stage::Tcp, ms), &mut origins, looks) {
        return false;
    }
    if !through_proxies(board, &mut origins).await {
        return false;
    }
    tls(board, &mut origins, now).await
}

/// One address and its way.
struct Origin {
    /// Names of the endpoints there.
    names: String,
    probe: Probe,
    line: Option<Line>,
    is_public: bool,
}

/// What one origin showed at one stage.
struct OriginLook {
    seen: Vec<Seen>,
    failed: bool,
    facts: Vec<(String, String)>,
    summary: String,
}

impl OriginLook {
    /// Nothing was to be seen.
    fn without(summary: &str) -> Self {
        Self { seen: Vec::new(), failed: false, facts: Vec::new(), summary: summary.to_owned() }
    }
}

async fn through_proxies(board: &Board<'_>, origins: &mut Vec<Origin>) -> bool {
    if origins.iter().all(|o| o.probe.proxy().is_none()) {
        board.put(Stage::Proxy, Look::skipped("no proxy is used"));
        return true;
    }
    let work = origins.iter_mut().map(|origin| async {
        match origin.line.take() {
            Some(line) => Some(origin.probe.tunnel(line).await),
            None => None,
        }
    });
    let (passed, ms) = board.timed(Stage::Proxy, join_all(work)).await;
    let mut looks = Vec::new();
    for (origin, passed) in origins.iter_mut().zip(passed) {
        let Some((tunnel, line)) = passed else { continue };
        looks.push(match origin.probe.proxy() {
            Some(used) => tunnel_look(&tunnel, &format!("{}://{} ({})", used.scheme, used.address, used.origin)),
            None => OriginLook::without("direct"),
        });
        origin.line = line;
    }
    settle(board, (Stage::Proxy, ms), origins, looks)
}

async fn tls(board: &Board<'_>, origins: &mut Vec<Origin>, now: Timestamp) -> bool {
    if origins.iter().all(|o| !o.probe.is_https()) {
        board.put(Stage::Tls, Look::skipped("plain http: nothing protects what is sent but the network itself"));
        return true;
    }
    let work = join_all(origins.iter_mut().map(|origin| async {
        match origin.line.take() {
            Some(line) if origin.probe.is_https() => Some(origin.probe.tls(line).await),
            _ => None,
        }
    }));
    let (shaken, ms) = board.timed(Stage::Tls, work).await;
    let looks = origins
        .iter()
        .zip(&shaken)
        .map(|(origin, tls)| match tls {
            Some(tls) => tls_look(tls, now, origin.is_public),
            None => OriginLook::without("plain http"),
        })
        .collect();
    settle(board, (Stage::Tls, ms), origins, looks)
}

/// Puts down what the origins showed at a stage and drops those that go no further; false where none is left.
fn settle(board: &Board<'_>, (stage, ms): (Stage, u64), origins: &mut Vec<Origin>, looks: Vec<OriginLook>) -> bool {
    let several = origins.len() > 1;
    let (mut facts, mut findings): (Vec<(String, String)>, Vec<Finding>) = (Vec::new(), Vec::new());
    let mut summaries: Vec<String> = Vec::new();
    let mut alive = Vec::new();
    for (origin, look) in origins.drain(..).zip(looks) {
        let address = origin.probe.target();
        let at = if several { format!("{address} ({})", origin.names) } else { address.to_owned() };
        facts.extend(
            look.facts.iter().map(|(n, v)| (if several { format!("{at}: {n}") } else { n.clone() }, v.clone())),
        );
        findings.extend(look.seen.iter().map(|s| finding(s.code, &[("target", &s.target), ("detail", &s.detail)])));
        if !look.failed {
            summaries.push(look.summary);
            alive.push(origin);
        }
    }
    *origins = alive;
    summaries.dedup();
    let state = match (origins.is_empty(), findings.is_empty()) {
        (true, _) => StageState::Failed,
        (false, false) => StageState::Warned,
        (false, true) => StageState::Passed,
    };
    let summary = match (state, findings.first()) {
        (StageState::Passed, _) | (_, None) => summaries.join("; "),
        (_, Some(first)) => first.title.clone(),
    };
    findings.dedup();
    board.settle(stage, Look { facts, findings, ..Look::of(state, summary) }, ms);
    if origins.is_empty() {
        board.not_reached(&WAY);
    }
    !origins.is_empty()
}

fn dns_look(dns: &Dns) -> OriginLook {
    let addresses: Vec<String> = dns.addresses.iter().map(ToString::to_string).collect();
    let whose = if dns.of_proxy { "the proxy's " } else { "" };
    let summary = match (dns.literal, addresses.len()) {
        (true, _) => format!("{whose}{} is an address", dns.host),
        (false, 1) => format!("{whose}{} has 1 address", dns.host),
        (false, n) => format!("{whose}{} has {n} addresses", dns.host),
    };
    let told = if addresses.is_empty() { "no address".to_owned() } else { addresses.join(", ") };
    let facts = vec![(format!("{whose}{}", dns.host), told)];
    OriginLook { seen: dns.seen(), failed: dns.error.is_some(), facts, summary }
}

fn tcp_look(tcp: &Tcp) -> OriginLook {
    let facts = tcp
        .attempts
        .iter()
        .map(|a| {
            let address = a.address.to_string();
            let told = match &a.error {
                None => format!("connected in {} ms", ms(a.elapsed)),
                Some(_) if a.no_network => "this machine has no network of that kind".to_owned(),
                Some(error) => error.to_string().trim_start_matches(&format!("{address}: ")).to_owned(),
            };
            (address, told)
        })
        .collect();
    let summary = tcp.connected.map_or_else(String::new, |at| format!("connected to {at}"));
    OriginLook { seen: tcp.seen(), failed: tcp.error.is_some(), facts, summary }
}

fn tunnel_look(tunnel: &Tunnel, used: &str) -> OriginLook {
    let mut facts = vec![("proxy".to_owned(), used.to_owned())];
    if let Some(status) = tunnel.status {
        facts.push(("its answer".to_owned(), format!("{status} {}", tunnel.said).trim().to_owned()));
    }
    if !tunnel.offers.is_empty() {
        facts.push(("log-ins it takes".to_owned(), tunnel.offers.join(", ")));
    }
    OriginLook { seen: tunnel.seen(), failed: tunnel.error.is_some(), facts, summary: format!("through {used}") }
}

fn tls_look(tls: &Tls, now: Timestamp, is_public: bool) -> OriginLook {
    let mut facts = Vec::new();
    let spoken = [tls.version.as_deref(), tls.cipher.as_deref(), tls.http_version()];
    let spoken: Vec<&str> = spoken.into_iter().flatten().collect();
    if !spoken.is_empty() {
        facts.push(("spoken".to_owned(), spoken.join(", ")));
    }
    for (n, certificate) in tls.chain.iter().enumerate() {
        facts.push((format!("certificate {}", n + 1), certificate_line(certificate)));
    }
    if tls.sent > tls.chain.len() {
        facts.push(("more certificates".to_owned(), (tls.sent - tls.chain.len()).to_string()));
    }
    match &tls.client_certificate {
        ClientCertificate::NotAsked => {}
        ClientCertificate::NotShown { issuers } => {
            facts.push((
                "client certificate".to_owned(),
                format!("asked for, none is set; accepted: {}", listed(issuers)),
            ));
        }
        ClientCertificate::Shown { .. } => {
            facts.push(("client certificate".to_owned(), "asked for and shown".to_owned()))
        }
    }
    let trusted = tls.certificate().map_or_else(String::new, |c| {
        let days = tls.days_left(now).map_or_else(String::new, |d| format!(", ends in {d} days"));
        format!(", certificate of {}{days}", c.names.first().unwrap_or(&c.subject))
    });
    let summary = format!("{}{trusted}", tls.version.as_deref().unwrap_or("TLS"));
    OriginLook { seen: tls.seen(now, is_public), failed: tls.error.is_some(), facts, summary }
}

fn certificate_line(certificate: &Certificate) -> String {
    let day = |at: Option<Timestamp>| at.map_or_else(|| "?".to_owned(), crate::ops::exchange::date);
    let names =
        if certificate.names.is_empty() { String::new() } else { format!(" for {}", listed(&certificate.names)) };
    let end = format!("{} to {}", day(certificate.not_before), day(certificate.not_after));
    let issuer = if certificate.self_signed { "self-signed".to_owned() } else { format!("by {}", certificate.issuer) };
    format!("{}{names}; {issuer}; {end}; sha256 {}", certificate.subject, certificate.sha256)
}

fn listed(names: &[String]) -> String {
    match names.len() {
        0 => "any".to_owned(),
        1..=4 => names.join(", "),
        n => format!("{} and {} more", names[..4].join(", "), n - 4),
    }
}

fn ms(time: Duration) -> u128 {
    time.as_millis()
}

/// Distinct addresses of the endpoints with the names of those that are there; a URL of each.
fn places(channel: &Channel) -> Vec<(String, String)> {
    let mut places: Vec<(String, String, String)> = Vec::new();
    for (name, url) in &channel.endpoints {
        let Ok(parsed) = Url::parse(url) else {
            places.push((url.clone(), name.clone(), url.clone()));
            continue;
        };
        let origin = parsed.origin().ascii_serialization();
        match places.iter_mut().find(|(known, _, _)| *known == origin) {
            Some((_, names, _)) => *names = format!("{names}, {name}"),
            None => places.push((origin, name.clone(), url.clone())),
        }
    }
    places.into_iter().map(|(_, names, url)| (names, url)).collect()
}

/// A vendor's own host on the internet: its certificate comes from an authority that everybody trusts.
fn is_public(url: &str) -> bool {
    const VENDORS: [&str; 6] =
        [".atlassian.net", ".atlassian.com", ".amazonaws.com", ".visualstudio.com", ".ghe.com", ".azure.com"];
    let host = Url::parse(url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
    let is_here = matches!(host.as_str(), "localhost" | "127.0.0.1");
    (names::is_everybody_s(&host) && !is_here) || VENDORS.iter().any(|v| host.ends_with(v))
}

/// Whether a finding says that an address could not be reached, as opposed to something worth knowing about it.
pub(crate) fn is_failure(finding: &Finding) -> bool {
    NetErrorKind::ALL.iter().any(|k| k.code() == finding.code)
}

/// The stage that the code of a network finding belongs to.
pub(crate) fn stage_of_code(code: &str) -> Stage {
    NetErrorKind::ALL.iter().find(|k| k.code() == code).map_or(Stage::Host, |k| stage_of(*k))
}

/// The stage at which a request failed.
pub(crate) fn stage_of(kind: NetErrorKind) -> Stage {
    use NetErrorKind as K;
    match kind {
        K::Dns | K::BadUrl => Stage::Dns,
        K::Refused | K::Reset | K::NoRoute | K::ConnectTimeout => Stage::Tcp,
        K::ProxyRefused
        | K::ProxyDns
        | K::ProxyAuth
        | K::ProxyDenied
        | K::Socks
        | K::ProxyOrTarget
        | K::BadProxySetting => Stage::Proxy,
        K::TlsTimeout
        | K::TlsExpired
        | K::TlsNotYetValid
        | K::TlsWrongName
        | K::TlsUnknownIssuer
        | K::TlsSelfSigned
        | K::TlsClientCertWanted
        | K::TlsOldProtocol
        | K::TlsPlainHttp
        | K::TlsOther
        | K::BadCaFile
        | K::BadClientCert
        | K::PlainHttp => Stage::Tls,
        K::ReadTimeout | K::ClosedEarly | K::NotHttp | K::Other => Stage::Host,
    }
}
