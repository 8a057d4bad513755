//! What a transcript means: one diagnosis for each of its exchanges, or for why there is none.

use jiff::Timestamp;

use super::who::Who;
use super::whose::{Place, best_of, rank};
use super::words::{Words, known};
use super::{Exchange, Parsed, address};
use crate::diagnose::clock;
use crate::diagnose::look::{Look, finding};
use crate::diagnose::network::stage_of_code;
use crate::diagnose::permission::lacking;
use crate::domain::{Diagnosis, FamilyId, Kind, Stage, StageReport, StageState, Subject, Validation, Verdict};
use crate::hosts::{self, Family};

/// One diagnosis for each exchange, the last one first decided by: a later answer follows from an earlier one.
pub(super) async fn judge(parsed: &Parsed, who: &Who, now: Timestamp) -> Vec<Diagnosis> {
    if parsed.exchanges.is_empty() {
        return vec![without_answer(parsed, who, now)];
    }
    let mut out = Vec::new();
    for exchange in &parsed.exchanges {
        out.push(one(parsed, exchange, who, now).await);
    }
    if parsed.failure.is_some() && out.iter().all(Diagnosis::is_healthy) {
        out.push(without_answer(parsed, who, now));
    }
    out
}

/// Whether a text without any exchange holds words that are known.
pub(super) fn is_known(parsed: &Parsed, who: &Who) -> bool {
    known(&parsed.text, who.family, None).is_some()
}

async fn one(parsed: &Parsed, exchange: &Exchange, who: &Who, now: Timestamp) -> Diagnosis {
    if exchange.is_with_proxy() {
        return of_proxy(parsed, exchange, who, now);
    }
    let elsewhere = elsewhere(parsed, exchange);
    let at = Place { url: elsewhere.as_deref().or(parsed.base.as_deref()), is_elsewhere: elsewhere.is_some() };
    let told_family = who.family.filter(|_| elsewhere.is_none());
    let (mut best, alike) = best_of(at, exchange, who, now).await;
    let subject = subject(parsed, who, best.as_ref().map(|(f, k, _)| (*f, *k)), elsewhere.as_deref());
    let mut diagnosis = Diagnosis::new(subject, now);
    reached(&mut diagnosis, parsed);
    let mut seen = Seen::of(exchange);
    if let (None, Some((family, _, _)), false) = (told_family, &best, alike.is_empty()) {
        let told = format!("{}; {} say the same: name it with --family", family.facts().id, alike.join(", "));
        seen.facts.push(("taken for".to_owned(), told));
    }
    let common = |code: &str| hosts::facts::common().finding(code, &[("status", &seen.status)]).1;
    // Families judge an answer as one to the request that tells whose a credential is. This may have been to another one.
    let is_other = best.as_ref().is_some_and(|(_, _, validation)| is_of_another_request(exchange, &seen, validation));
    if let Some((_, _, validation)) = &mut best {
        as_it_was_asked(exchange, at.url.unwrap_or_default(), validation);
    }
    let unexplained = match best {
        Some((_, _, validation)) if is_other => {
            if !said(&mut diagnosis, parsed, &shown(parsed, exchange), told_family, &seen.facts) {
                put_refused_there(&mut diagnosis, &seen, validation);
            }
            None
        }
        Some((family, _, validation)) if rank(family, &validation) > 0 => {
            concluded(&mut diagnosis, &seen, family, validation);
            None
        }
        // A page that says "200" is no word on a credential, whoever's it is.
        _ if exchange.answer.is_html() && !seen.failed => Some("http.html"),
        Some((family, _, validation)) if !seen.failed => {
            concluded(&mut diagnosis, &seen, family, validation);
            None
        }
        _ if said(&mut diagnosis, parsed, &shown(parsed, exchange), told_family, &seen.facts) => None,
        _ if exchange.only_status => Some("http.status-only"),
        _ => Some("http.unexpected"),
    };
    if let Some(code) = unexplained {
        let mut look = Look::failed(common(code));
        look.facts.clone_from(&seen.facts);
        put(&mut diagnosis, Stage::Authentication, look);
    }
    if let Some(look) = clock::of_answer(&exchange.answer, now) {
        put(&mut diagnosis, Stage::Clock, look);
    }
    finish(diagnosis)
}

/// Where the exchange was, if that is not the host that was asked first: behind a redirect, where no credential is sent
/// along. A vendor's API has a host of its own, and is the vendor's all the same.
fn elsewhere(parsed: &Parsed, exchange: &Exchange) -> Option<String> {
    let asked = exchange.asked.as_ref().filter(|a| !a.signed)?;
    let url = address::bare(&format!("https://{}", asked.host.as_deref()?))?;
    let host = |text: &str| url::Url::parse(text).ok()?.host_str().map(str::to_owned);
    let is_vendors = || hosts::families().iter().any(|f| f.host_url(&url).is_ok_and(|u| u.certain));
    (host(&url) != host(parsed.base.as_deref()?) && !is_vendors()).then_some(url)
}

/// The proxy did not let it through.
fn of_proxy(parsed: &Parsed, exchange: &Exchange, who: &Who, now: Timestamp) -> Diagnosis {
    let mut diagnosis = Diagnosis::new(subject(parsed, who, None, None), now);
    for stage in [Stage::Dns, Stage::Tcp] {
        put(&mut diagnosis, stage, Look::passed("the proxy was reached"));
    }
    let answer = &exchange.answer;
    let target = exchange.asked.as_ref().map_or("the host", |a| a.path.as_str());
    let offers = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authenticate"));
    let offers: Vec<&str> = offers.filter_map(|(_, value)| value.split_whitespace().next()).collect();
    let other_log_in = !offers.is_empty() && !offers.iter().any(|o| o.eq_ignore_ascii_case("basic"));
    let finding = match (answer.status, other_log_in) {
        (407, true) => finding("net.proxy-auth-scheme", &[("target", "on the way"), ("detail", &offers.join(", "))]),
        (407, false) => finding("net.proxy-auth", &[("target", "on the way")]),
        (status, _) => {
            finding("net.proxy-denied", &[("target", target), ("detail", &format!("It answered {status}."))])
        }
    };
    let mut look = Look::failed(finding);
    look.facts = Seen::of(exchange).facts;
    look.facts.extend(parsed.seen.iter().cloned());
    if !offers.is_empty() {
        look.facts.push(("log-ins it takes".to_owned(), offers.join(", ")));
    }
    put(&mut diagnosis, Stage::Proxy, look);
    finish(diagnosis)
}

/// What can be told of an answer whoever gave it.
struct Seen {
    status: String,
    failed: bool,
    facts: Vec<(String, String)>,
}

impl Seen {
    fn of(exchange: &Exchange) -> Self {
        let status = exchange.answer.status;
        let line = exchange.asked.as_ref().map_or_else(
            || "the request".to_owned(),
            |a| {
                let path = a.path.split('?').next().unwrap_or("");
                format!("{} {path}", a.method)
            },
        );
        let mut facts = vec![(line, status.to_string())];
        if !exchange.is_with_proxy() && exchange.asked.as_ref().is_some_and(|a| !a.signed) {
            facts.push(("credential".to_owned(), "none was sent with this request".to_owned()));
        }
        Self { status: status.to_string(), failed: !(200..300).contains(&status), facts }
    }
}

fn concluded(diagnosis: &mut Diagnosis, seen: &Seen, family: &'static dyn Family, validation: Validation) {
    // The rest of what would be asked is not in the transcript, and no failure. A page in place of an answer is one.
    let is_cut = validation.findings.first().is_none_or(|f| f.code.starts_with("net."));
    let state = match validation.verdict {
        Verdict::Unreachable if !seen.failed && is_cut => StageState::Untold,
        Verdict::Valid | Verdict::Expiring => StageState::Passed,
        _ => StageState::Failed,
    };
    let summary = match state {
        StageState::Untold => format!("answered {}; the transcript tells no more", seen.status),
        StageState::Passed => format!("answered {}: accepted", seen.status),
        _ => format!("{}: {}", validation.verdict, validation.reason),
    };
    let mut look = Look::of(state, summary);
    look.facts.clone_from(&seen.facts);
    if state == StageState::Failed {
        look.findings.clone_from(&validation.findings);
    }
    look.evidence.clone_from(&validation.evidence);
    let lacking = lacking(family.facts(), &validation);
    if !lacking.is_empty() && lacking.len() == validation.findings.len() {
        put(diagnosis, Stage::Authentication, let_in());
        put(diagnosis, Stage::Permission, look);
    } else {
        put(diagnosis, Stage::Authentication, look);
    }
    diagnosis.validation = Some(validation);
}

/// An answer came, so that the way to the host was open.
fn reached(diagnosis: &mut Diagnosis, parsed: &Parsed) {
    for stage in [Stage::Dns, Stage::Tcp, Stage::Tls] {
        put(diagnosis, stage, Look::passed("an answer came"));
    }
    if parsed.base.as_deref().is_some_and(|base| base.starts_with("http://")) {
        put(diagnosis, Stage::Tls, Look::skipped("plain http"));
    }
    if let Some(place) = diagnosis.stages.iter_mut().find(|s| s.stage == Stage::Tls) {
        place.facts.clone_from(&parsed.seen);
    }
}

/// What the transcript shows of an exchange: all of it, where there is no other.
fn shown(parsed: &Parsed, exchange: &Exchange) -> String {
    if parsed.exchanges.len() == 1 { parsed.text.clone() } else { answer_text(exchange) }
}

/// An answer as it stands in a text, for signatures to be looked for in.
fn answer_text(exchange: &Exchange) -> String {
    let answer = &exchange.answer;
    let head: String = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    format!("HTTP/1.1 {}\n{head}\n{}", answer.status, answer.body)
}

/// It was refused what the credential itself is not refused for: the family would accept it, or misses the address that the
/// family asks and this exchange did not.
fn is_of_another_request(exchange: &Exchange, seen: &Seen, validation: &Validation) -> bool {
    let accepted = matches!(validation.verdict, Verdict::Valid | Verdict::Expiring);
    let path = |text: &str| text.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned();
    let asked = exchange.asked.as_ref().map(|a| path(&a.path));
    let usual = validation.evidence.first().and_then(|e| url::Url::parse(e.request.split(' ').nth(1)?).ok());
    let elsewhere = asked.zip(usual).is_some_and(|(asked, usual)| {
        let usual = path(usual.path());
        !asked.ends_with(&usual) && !usual.ends_with(&asked)
    });
    seen.failed && (accepted || (exchange.answer.status == 404 && elsewhere && !exchange.answer.is_html()))
}

/// The request in the evidence is the one that was made, not the one that the family would have made.
fn as_it_was_asked(exchange: &Exchange, base: &str, validation: &mut Validation) {
    let Some(asked) = &exchange.asked else { return };
    let path = asked.path.split(['?', '#']).next().unwrap_or_default();
    let base = url::Url::parse(base).ok();
    let scheme = base.as_ref().map_or("https", |url| url.scheme());
    let at = match (&asked.host, base.as_ref()) {
        _ if !path.starts_with('/') => String::new(),
        (Some(host), _) => format!("{scheme}://{host}"),
        (None, base) => base.map(|url| url.origin().ascii_serialization()).unwrap_or_default(),
    };
    for evidence in &mut validation.evidence {
        evidence.request = format!("{} {at}{path}", asked.method);
    }
}

/// Puts down that the request was refused, not the credential.
fn put_refused_there(diagnosis: &mut Diagnosis, seen: &Seen, validation: Validation) {
    let code = if seen.status == "404" { "http.not-found-there" } else { "http.refused-there" };
    let (verdict, finding) = hosts::facts::common().finding(code, &[("status", &seen.status)]);
    let mut look = Look::failed(finding.clone());
    look.facts.clone_from(&seen.facts);
    look.evidence.clone_from(&validation.evidence);
    if verdict == Verdict::Limited {
        put(diagnosis, Stage::Authentication, let_in());
    }
    put(diagnosis, Stage::Permission, look);
    let mut told = Validation::new(verdict, finding.title.clone(), diagnosis.started_at);
    told.findings.push(finding);
    diagnosis.validation = Some(told);
}

/// Puts down what known words say; false where there are none.
fn said(
    diagnosis: &mut Diagnosis,
    parsed: &Parsed,
    text: &str,
    family: Option<&'static dyn Family>,
    seen: &[(String, String)],
) -> bool {
    let words = known(text, family, parsed.base.as_deref());
    let Some(Words { family, stage, verdict, finding, about }) = words else { return false };
    let mut look = Look::failed(finding.clone()).fact("it is known as", about);
    look.facts.extend(seen.iter().cloned());
    if stage == Stage::Permission {
        put(diagnosis, Stage::Authentication, let_in());
    }
    put(diagnosis, stage, look);
    let mut validation = Validation::new(verdict, finding.title.clone(), diagnosis.started_at);
    validation.findings.push(finding);
    if diagnosis.subject.family.as_str() == "generic" {
        diagnosis.subject.family = family;
    }
    diagnosis.validation = Some(validation);
    true
}

/// The tool gave up before an answer.
fn without_answer(parsed: &Parsed, who: &Who, now: Timestamp) -> Diagnosis {
    let subject = subject(parsed, who, None, None);
    let mut diagnosis = Diagnosis::new(subject, now);
    if parsed.failure.is_none() {
        said(&mut diagnosis, parsed, &parsed.text, who.family, &[]);
    } else if let Some((code, words)) = &parsed.failure {
        let host = parsed.base.as_deref().and_then(|b| url::Url::parse(b).ok());
        let target = host.as_ref().and_then(|u| u.host_str()).unwrap_or("the host");
        let at = stage_of_code(code);
        for stage in [Stage::Dns, Stage::Tcp, Stage::Proxy, Stage::Tls].into_iter().take_while(|s| *s != at) {
            put(&mut diagnosis, stage, Look::passed("the transcript got past it"));
        }
        let mut look = Look::failed(finding(code, &[("target", target), ("detail", words)]));
        look.facts = parsed.seen.clone();
        put(&mut diagnosis, at, look.fact("the tool said", words));
    }
    finish(diagnosis)
}

/// `elsewhere`: where the exchange was, if not at the host of the first.
fn subject(parsed: &Parsed, who: &Who, best: Option<(&'static dyn Family, Kind)>, elsewhere: Option<&str>) -> Subject {
    let family = best.map(|(f, _)| f.facts().id.clone()).or_else(|| who.family.map(|f| f.facts().id.clone()));
    let url = elsewhere.or(parsed.base.as_deref()).unwrap_or_default().to_owned();
    let known = who.host.as_ref().filter(|_| elsewhere.is_none());
    let host = known.map_or_else(|| url.clone(), |h| h.name.clone());
    Subject {
        label: None,
        host: if host.is_empty() { "a host that the transcript does not name".to_owned() } else { host },
        url,
        family: family.unwrap_or_else(|| FamilyId::new("generic")),
        kind: who.kind.or(best.map(|(_, k)| k)).unwrap_or(Kind::Unknown),
        username: who.username.clone(),
    }
}

/// What it lacks stands under permission.
fn let_in() -> Look {
    Look::passed("the host knows it and lets it in")
}

fn put(diagnosis: &mut Diagnosis, stage: Stage, look: Look) {
    let Look { state, summary, facts, findings, evidence } = look;
    diagnosis.put(StageReport { stage, state, ms: 0, summary, facts, findings, evidence });
}

fn finish(mut diagnosis: Diagnosis) -> Diagnosis {
    for stage in diagnosis.stages.iter_mut().filter(|s| !s.state.is_settled()) {
        stage.state = StageState::Skipped;
        stage.summary = "not in a transcript".to_owned();
    }
    diagnosis
}
