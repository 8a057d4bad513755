//! What a transcript means: its answers are replayed to the family that they came from, which judges them as it judges live
//! ones. Where the family is not known, each is asked, and the one whose own words they are knows them.

use jiff::Timestamp;

use super::replay::{replay, without_stand_ins};
use super::who::Who;
use super::words::{Words, known};
use super::{Asked, Exchange, Parsed};
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
    known(&parsed.text, who.family).is_some()
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
            concluded(&mut diagnosis, &seen, family, validation);
        }
        _ if said(&mut diagnosis, &shown(parsed, exchange), who.family, &seen.facts, now) => {}
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

/// A family's own words.
const OWN_WORDS: u8 = 3;

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

fn concluded(diagnosis: &mut Diagnosis, seen: &Seen, family: &'static dyn Family, validation: Validation) {
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
    let lacking = lacking(family.facts(), &validation);
    if !lacking.is_empty() && lacking.len() == validation.findings.len() {
        put(diagnosis, Stage::Authentication, Look::passed("the host knows it and lets it in"));
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

/// Puts down what known words say; false where there are none.
fn said(
    diagnosis: &mut Diagnosis,
    text: &str,
    family: Option<&'static dyn Family>,
    seen: &[(String, String)],
    now: Timestamp,
) -> bool {
    let Some(Words { family, stage, verdict, finding, about }) = known(text, family) else { return false };
    let mut look = Look::failed(finding.clone()).fact("it is known as", about);
    look.facts.extend(seen.iter().cloned());
    put(diagnosis, stage, look);
    let mut validation = Validation::new(verdict, finding.title.clone(), now);
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
        said(&mut diagnosis, &parsed.text, who.family, &[], now);
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
