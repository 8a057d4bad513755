//! What a transcript means: its answers are replayed to the family that they came from, which judges them as it judges live
//! ones. Where the family is not known, each is asked, and the one whose own words they are knows them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::secrets::Found;
use super::{Asked, Exchange, Hint, Parsed};
use crate::diagnose::clock;
use crate::diagnose::look::{Look, finding};
use crate::diagnose::names;
use crate::diagnose::network::stage_of_code;
use crate::domain::{Diagnosis, FamilyId, Host, Kind, Stage, StageReport, StageState, Subject, Validation, Verdict};
use crate::error::{Error, Result};
use crate::hosts::recognise::recognise;
use crate::hosts::signatures::{When, told_by};
use crate::hosts::{self, Family, Session, Wire};
use crate::net::{NetError, NetErrorKind, Request, Response, Transport};
use crate::secret::{Masker, Secret, SecretText};

/// One diagnosis for each exchange, the last one first decided by: a later answer follows from an earlier one.
pub(super) async fn judge(
    parsed: &Parsed,
    found: &Found,
    hint: &Hint,
    known: &[Host],
    now: Timestamp,
) -> Result<Vec<Diagnosis>> {
    let who = Who::settle(parsed, found, hint, known)?;
    if parsed.exchanges.is_empty() {
        return Ok(vec![without_answer(parsed, &who, now)]);
    }
    let mut out = Vec::new();
    for exchange in &parsed.exchanges {
        out.push(one(parsed, exchange, &who, now).await);
    }
    if parsed.failure.is_some() && out.iter().all(Diagnosis::is_healthy) {
        out.push(without_answer(parsed, &who, now));
    }
    Ok(out)
}

/// Who speaks to whom.
struct Who {
    host: Option<Host>,
    family: Option<&'static dyn Family>,
    kind: Option<Kind>,
    username: Option<String>,
    secret: Secret,
    masker: Vec<SecretText>,
}

impl Who {
    fn settle(parsed: &Parsed, found: &Found, hint: &Hint, known: &[Host]) -> Result<Self> {
        let named = hint.host.as_deref().or(parsed.base.as_deref());
        let on_rack = known.iter().find(|h| {
            hint.host.as_deref() == Some(h.name.as_str())
                || named.is_some_and(|url| same_host(url, &h.url) || h.endpoints.values().any(|e| same_host(url, e)))
        });
        let wanted = match &hint.family {
            Some(id) => Some(hosts::family(id).ok_or_else(|| {
                let all: Vec<_> = hosts::families().iter().map(|f| f.facts().id.to_string()).collect();
                Error::usage(format!("there is no host family `{id}`")).hint(format!("Families: {}.", all.join(", ")))
            })?),
            None => None,
        };
        let by_url = || {
            let url = named?;
            hosts::families().iter().copied().find(|f| f.host_url(url).is_ok_and(|u| u.certain))
        };
        let sent = found.sent.clone();
        let candidates = sent.as_ref().map(|s| recognise(s.reveal())).unwrap_or_default();
        let by_token = || candidates.iter().find(|c| c.certain).and_then(|c| hosts::family(&c.family));
        let family =
            wanted.or_else(|| on_rack.and_then(|h| hosts::family(&h.family))).or_else(by_url).or_else(by_token);
        let kind = hint.kind.or_else(|| {
            let id = family.map(|f| &f.facts().id)?;
            candidates.iter().find(|c| c.family == *id).map(|c| c.kind)
        });
        let host = on_rack.cloned().or_else(|| Some(host_for(family?, named?)));
        let secret =
            Secret::token(sent.unwrap_or_else(|| SecretText::from("a-token-that-the-transcript-does-not-hold")));
        Ok(Self {
            host,
            family,
            kind,
            username: hint.username.clone().or_else(|| found.username.clone()),
            masker: vec![secret.token.clone()],
            secret,
        })
    }
}

fn host_for(family: &dyn Family, url: &str) -> Host {
    let understood = family.host_url(url);
    let (url, name) = match understood {
        Ok(understood) => (understood.url, understood.name),
        Err(_) => (url.to_owned(), url.to_owned()),
    };
    Host::new(name, family.facts().id.clone(), url)
}

fn same_host(a: &str, b: &str) -> bool {
    let host = |text: &str| {
        let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = url::Url::parse(&text).ok()?;
        Some((url.host_str()?.to_owned(), url.port_or_known_default()))
    };
    host(a).is_some_and(|a| host(b) == Some(a))
}

async fn one(parsed: &Parsed, exchange: &Exchange, who: &Who, now: Timestamp) -> Diagnosis {
    let families: Vec<&'static dyn Family> = match who.family {
        Some(family) => vec![family],
        None => hosts::families().to_vec(),
    };
    let mut best: Option<(&'static dyn Family, Kind, Validation)> = None;
    let mut alike: Vec<&str> = Vec::new();
    for family in families {
        let kinds: Vec<Kind> = match who.kind {
            Some(kind) => vec![kind],
            None => family.facts().kinds.iter().map(|k| k.kind).collect(),
        };
        for kind in kinds {
            let Some(validation) = replay(family, kind, who, parsed, exchange, now).await else { continue };
            let (mine, other) = (rank(family, &validation), best.as_ref().map_or(0, |(f, _, v)| rank(*f, v)));
            if best.is_none() || mine > other {
                alike.clear();
                best = Some((family, kind, validation));
            } else if mine == OWN_WORDS && other == OWN_WORDS && !alike.contains(&family.facts().id.as_str()) {
                alike.push(family.facts().id.as_str());
            }
        }
    }
    if let Some((_, _, validation)) = &mut best {
        without_stand_ins(validation);
    }
    let subject = subject(parsed, who, best.as_ref().map(|(f, k, _)| (*f, *k)), exchange.asked.as_ref());
    let mut diagnosis = Diagnosis::new(subject, now);
    reached(&mut diagnosis, parsed);
    let mut seen = Seen::of(exchange);
    alike.retain(|id| best.as_ref().is_some_and(|(f, _, _)| f.facts().id.as_str() != *id));
    if let (None, Some((family, _, _)), false) = (who.family, &best, alike.is_empty()) {
        let told = format!("{}; {} say the same: name it with --family", family.facts().id, alike.join(", "));
        seen.facts.push(("taken for".to_owned(), told));
    }
    match best {
        Some((family, _, validation)) if rank(family, &validation) > 0 || !seen.failed => {
            concluded(&mut diagnosis, &seen, validation);
        }
        _ if words(&mut diagnosis, &answer_text(exchange), who.family, &seen.facts, now) => {}
        _ => {
            let (_, common) = hosts::facts::common().finding("http.unexpected", &[("status", &seen.status)]);
            let mut look = Look::failed(common);
            look.facts = seen.facts.clone();
            put(&mut diagnosis, Stage::Authentication, look);
        }
    }
    if let Some(look) = clock::of_answer(&exchange.answer, now) {
        put(&mut diagnosis, Stage::Clock, look);
    }
    finish(diagnosis)
}

/// What stood in for what the transcript does not tell is taken out of the texts again.
fn without_stand_ins(validation: &mut Validation) {
    let mut holder = Diagnosis::new(
        Subject {
            label: None,
            host: String::new(),
            url: String::new(),
            family: FamilyId::new(""),
            kind: Kind::Unknown,
            username: None,
        },
        validation.checked_at,
    );
    holder.validation = Some(validation.clone());
    names::texts(&mut holder, &mut |text| {
        if text.contains(SOMEBODY) || text.contains(SOMEWHERE) {
            *text = text.replace(SOMEBODY, "the account").replace(SOMEWHERE, "https://HOST");
        }
    });
    if let Some(clean) = holder.validation {
        *validation = clean;
    }
}

/// A family's own words.
const OWN_WORDS: u8 = 3;

/// Stands in for a user name.
const SOMEBODY: &str = "somebody@example.invalid";

/// Stands in for an address.
const SOMEWHERE: &str = "https://host.invalid";

/// How much a family has to say of an answer: its own words most, a common finding less, nothing least.
fn rank(family: &dyn Family, validation: &Validation) -> u8 {
    let own = format!("{}.", family.facts().id);
    match validation.findings.first() {
        Some(f) if f.code.starts_with(&own) => OWN_WORDS,
        None if validation.verdict == Verdict::Valid => 2,
        Some(f) if !f.code.starts_with("net.") && f.code != "http.unexpected" && f.code != "http.not-the-vendor" => 1,
        _ => 0,
    }
}

/// Lets a family judge the answers of the transcript; none where it has no way to ask.
async fn replay(
    family: &'static dyn Family,
    kind: Kind,
    who: &Who,
    parsed: &Parsed,
    exchange: &Exchange,
    now: Timestamp,
) -> Option<Validation> {
    let at = parsed.base.clone().unwrap_or_else(|| SOMEWHERE.to_owned());
    let host = match &who.host {
        Some(host) if host.family == family.facts().id => host.clone(),
        _ => host_for(family, &at),
    };
    let mut endpoints = family.endpoints(&host).ok()?;
    endpoints.extend(host.endpoints.clone());
    let transport = Replay::new(exchange);
    let wire = Wire::new(&transport, endpoints, Masker::new(&who.masker), now);
    let username = who.username.clone().or_else(|| {
        let wants = family.facts().kind(kind)?.username.as_ref();
        wants.map(|_| SOMEBODY.to_owned())
    });
    let session = Session { wire, host: &host, kind, username: username.as_deref(), secret: &who.secret };
    let mut validation = family.validate(&session).await;
    session.wire.mask_validation(&mut validation);
    validation.checked_at = now;
    // What was not in the transcript was never asked.
    validation.evidence.retain(|e| e.status.is_some());
    transport.was_asked().then_some(validation)
}

/// Gives the recorded answer to the first request that it can belong to, and nothing to any other.
struct Replay {
    answers: Mutex<VecDeque<Response>>,
    asked: Mutex<bool>,
}

impl Replay {
    fn new(exchange: &Exchange) -> Self {
        Self { answers: Mutex::new(VecDeque::from([exchange.answer.clone()])), asked: Mutex::new(false) }
    }

    fn was_asked(&self) -> bool {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Replay {
    fn send(&self, request: Request) -> BoxFuture<'_, std::result::Result<Response, NetError>> {
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Box::pin(async move {
            answer.ok_or_else(|| NetError::new(NetErrorKind::Other, request.line(), "not in the transcript"))
        })
    }
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
        if let Some(false) = exchange.asked.as_ref().map(|a| a.signed) {
            facts.push(("credential".to_owned(), "none was sent with this request".to_owned()));
        }
        Self { status: status.to_string(), failed: !(200..300).contains(&status), facts }
    }
}

fn concluded(diagnosis: &mut Diagnosis, seen: &Seen, validation: Validation) {
    let state = match validation.verdict {
        // The rest of what would be asked is not in the transcript, and no failure.
        Verdict::Unreachable if !seen.failed => StageState::Untold,
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
    put(diagnosis, Stage::Authentication, look);
    diagnosis.validation = Some(validation);
}

/// An answer came, so that the way to the host was open.
fn reached(diagnosis: &mut Diagnosis, parsed: &Parsed) {
    for stage in [Stage::Dns, Stage::Tcp, Stage::Tls] {
        put(diagnosis, stage, Look::passed("an answer came"));
    }
    if let Some(place) = diagnosis.stages.iter_mut().find(|s| s.stage == Stage::Tls) {
        place.facts.clone_from(&parsed.seen);
    }
}

/// An answer as it stands in a text, for signatures to be looked for in.
fn answer_text(exchange: &Exchange) -> String {
    let answer = &exchange.answer;
    let head: String = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    format!("HTTP/1.1 {}\n{head}\n{}", answer.status, answer.body)
}

/// Looks for words that are known to be some host's, whatever was being done; false where there are none.
fn words(
    diagnosis: &mut Diagnosis,
    text: &str,
    family: Option<&'static dyn Family>,
    seen: &[(String, String)],
    now: Timestamp,
) -> bool {
    let Some((id, signature)) = told_by(text, family.map(|f| &f.facts().id)).into_iter().next() else { return false };
    let Some(family) = hosts::family(id) else { return false };
    let name = signature.finding.strip_prefix(&format!("{id}.")).unwrap_or(&signature.finding);
    let (verdict, mut finding) = family.facts().finding(name, &[]);
    for text in [&mut finding.title, &mut finding.cause, &mut finding.remedy, &mut finding.link] {
        *text = without_placeholders(text);
    }
    let mut look = Look::failed(finding.clone()).fact("it is known as", signature.about.clone());
    look.facts.extend(seen.iter().cloned());
    let stage = if signature.when == When::Git { Stage::Git } else { Stage::Authentication };
    put(diagnosis, stage, look);
    let mut validation = Validation::new(verdict, finding.title.clone(), now);
    validation.findings.push(finding);
    diagnosis.subject.family = id.clone();
    diagnosis.validation = Some(validation);
    true
}

/// What a transcript does not tell stays open.
fn without_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, behind)) if name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
                out.push('…');
                rest = behind;
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

/// The tool gave up before an answer.
fn without_answer(parsed: &Parsed, who: &Who, now: Timestamp) -> Diagnosis {
    let subject = subject(parsed, who, None, None);
    let mut diagnosis = Diagnosis::new(subject, now);
    if parsed.failure.is_none() {
        words(&mut diagnosis, &parsed.text, who.family, &[], now);
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

fn subject(parsed: &Parsed, who: &Who, best: Option<(&'static dyn Family, Kind)>, asked: Option<&Asked>) -> Subject {
    let family = best.map(|(f, _)| f.facts().id.clone()).or_else(|| who.family.map(|f| f.facts().id.clone()));
    let url = parsed.base.clone().or_else(|| asked?.host.clone()).unwrap_or_default();
    let host = who.host.as_ref().map_or_else(|| url.clone(), |h| h.name.clone());
    Subject {
        label: None,
        host: if host.is_empty() { "a host that the transcript does not name".to_owned() } else { host },
        url,
        family: family.unwrap_or_else(|| FamilyId::new("generic")),
        kind: who.kind.or(best.map(|(_, k)| k)).unwrap_or(Kind::Unknown),
        username: who.username.clone(),
    }
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
