//! `keyrack diagnose`: why a credential does not work, stage by stage.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::interrupt::stop_on_interrupt;
use super::io::{clear_progress, write_progress};
use super::output::{evidence_json, explain_findings, finding_json};
use super::palette::Palette;
use super::secret_input;
use super::values::LookAtArgs;
use crate::diagnose::{self, Patient, Stranger, Surroundings, Wanted, names, report, transcript};
use crate::domain::{Diagnosis, FamilyId, Kind, Stage, StageReport, StageState, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::ops::report_file;
use crate::sanitize;

/// Find out why a credential does not work
///
/// Looks at the way from the secret store to the host's word, stage by stage: store, record, environment, DNS, TCP, proxy,
/// TLS, clock, host, authentication, permission, git. The first stage that fails decides; each says what was seen, why,
/// and what to do. The credential is on the rack (LABEL), or its token comes from standard input (--host).
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack diagnose jira-sync\n  keyrack diagnose jira-sync --report ticket.md --mask\n  keyrack diagnose ci-push --profile git-write --git-url https://github.com/acme/web.git\n  keyrack diagnose --host https://gitlab.example.com < token.txt\n  curl -v https://gitlab.example.com/api/v4/user 2>&1 | keyrack diagnose --transcript -\n  keyrack diagnose --host acme.atlassian.net --username ana@acme.example < token.txt"
)]
pub(super) struct DiagnoseArgs {
    /// Label of a credential on the rack
    label: Option<String>,
    /// Host, by name on the rack or by URL; with LABEL, the one of its hosts to look at
    #[arg(long, value_name = "NAME|URL")]
    host: Option<String>,
    /// User name, e-mail or access key id that goes with a token from standard input
    #[arg(long, conflicts_with = "label")]
    username: Option<String>,
    /// Family of a host that is not on the rack, where its URL does not tell
    #[arg(long, value_name = "FAMILY", conflicts_with = "label")]
    family: Option<String>,
    /// Kind of a token from standard input, where its form does not tell
    #[arg(long, conflicts_with = "label")]
    kind: Option<Kind>,
    /// Look at a failing exchange instead: a file with what `curl -v`, git, wget, PowerShell or Python printed, or an HTTP
    /// answer; `-` for standard input. Nothing is sent
    #[arg(long, value_name = "FILE", conflicts_with_all = ["label", "secret_file", "profiles", "project", "issue", "repository"])]
    transcript: Option<PathBuf>,
    /// A job to hold it against, besides its own. May be repeated
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,
    #[command(flatten)]
    look_at: LookAtArgs,
    /// Ask what git would be answered for this repository; else --repository tells which
    #[arg(long, value_name = "URL", conflicts_with = "transcript")]
    git_url: Option<String>,
    /// Write a redacted report in Markdown to this file; `-` for standard output, in place of the result
    #[arg(long, value_name = "FILE|-")]
    report: Option<PathBuf>,
    /// Hide user and host names, the same name by the same stand-in
    #[arg(long)]
    mask: bool,
    /// Show what every stage saw
    #[arg(long, short = 'v')]
    verbose: bool,
    /// Read the token from this file
    #[arg(long, value_name = "FILE", conflicts_with = "label")]
    secret_file: Option<PathBuf>,
}

pub(super) async fn run(context: &mut Context<'_>, args: DiagnoseArgs) -> Result<u8> {
    if let Some(path) = args.transcript.clone() {
        return of_transcript(context, &args, &path).await;
    }
    let patients = patients(context, &args).await?;
    let cwd = std::env::current_dir().unwrap_or_default();
    let vars = context.io.env.clone();
    let around = if context.is_demo() { Surroundings::of_demo(vars, cwd) } else { Surroundings::new(vars, cwd) };
    let (cancel, listener) = stop_on_interrupt();
    let progress = context.io.stderr_is_terminal().then(|| context.io.stderr.clone());
    let total = patients.len() * Stage::ALL.len();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let on_stage = |report: &StageReport| {
        if report.state.is_settled() {
            let n = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            if let Some(stream) = &progress {
                write_progress(stream, "diagnosing", n.min(total), total);
            }
        }
    };
    let core = context.core()?;
    let each = patients.iter().map(|p| diagnose::diagnose(core, p, &around, &cancel, &on_stage));
    let mut diagnoses: Vec<Diagnosis> = futures_util::future::join_all(each).await;
    listener.abort();
    if let Some(stream) = &progress {
        clear_progress(stream);
    }
    if args.mask {
        diagnoses = names::masked(&diagnoses);
    }
    show(context, &args, &diagnoses)?;
    if cancel.is_cancelled() {
        return Err(Error::new(ErrorKind::Cancelled, "stopped; what was found so far is shown"));
    }
    Ok(exit_code(&diagnoses))
}

/// Judges what somebody pasted; asks nobody.
async fn of_transcript(context: &mut Context<'_>, args: &DiagnoseArgs, path: &std::path::Path) -> Result<u8> {
    let text = secret_input::text(context, path, "transcript", transcript::CAP)?;
    let hint = transcript::Hint {
        host: args.host.clone(),
        family: args.family.clone().map(FamilyId::new),
        kind: args.kind,
        username: args.username.clone(),
    };
    let told = context.core()?.diagnose_transcript(&text, &hint).await?;
    drop(text);
    told.notes.iter().for_each(|note| context.warn(note));
    let diagnoses = if args.mask { names::masked(&told.diagnoses) } else { told.diagnoses };
    show(context, args, &diagnoses)?;
    Ok(exit_code(&diagnoses))
}

async fn patients(context: &mut Context<'_>, args: &DiagnoseArgs) -> Result<Vec<Patient>> {
    let wanted = Wanted {
        host: args.host.clone(),
        profiles: args.profiles.clone(),
        look_at: args.look_at.clone().into(),
        git_url: args.git_url.clone(),
    };
    match (&args.label, &args.host) {
        (Some(label), _) => context.core()?.patients(label, &wanted),
        (None, Some(host)) => {
            let text = secret_input::read(context, args.secret_file.as_ref(), "Token (not shown)")?;
            let identified = context.core()?.identify(&text)?;
            drop(text);
            for note in identified.notes.iter().chain(&identified.warnings) {
                context.note(note);
            }
            let stranger = Stranger {
                host: host.clone(),
                family: args.family.clone().map(FamilyId::new),
                kind: args.kind,
                username: args.username.clone().or(identified.username),
                secret: identified.secret,
            };
            Ok(vec![context.core()?.patient(stranger, &wanted).await?])
        }
        (None, None) => Err(Error::usage("whom shall it be about?").hint(
            "Name a credential of the rack: keyrack diagnose LABEL. Or give a token on standard input: --host NAME|URL. Or a failing exchange: --transcript FILE.",
        )),
    }
}

fn show(context: &mut Context<'_>, args: &DiagnoseArgs, diagnoses: &[Diagnosis]) -> Result<()> {
    let to_stdout = args.report.as_deref().is_some_and(|p| p == std::path::Path::new("-"));
    if let Some(path) = &args.report {
        let text = report::markdown(diagnoses);
        if to_stdout {
            context.io.out_raw(&text)?;
        } else {
            report_file::write(path, &text)?;
            context.remark(&format!("the report is in {}", path.display()));
        }
    }
    if context.json() {
        if !to_stdout {
            let all: Vec<Value> = diagnoses.iter().map(diagnosis_json).collect();
            context.out_json(&json!({ "schema": 1, "diagnoses": all }))?;
        }
        return Ok(());
    }
    if to_stdout {
        return Ok(());
    }
    let palette = context.palette();
    for diagnosis in diagnoses {
        for line in lines(palette, diagnosis, args.verbose) {
            context.out(&line)?;
        }
    }
    Ok(())
}

fn lines(palette: Palette, diagnosis: &Diagnosis, verbose: bool) -> Vec<String> {
    let subject = &diagnosis.subject;
    let who = subject.label.as_deref().unwrap_or("the token");
    let mut out = vec![palette.strong(&sanitize::line(&format!("{who} at {} ({})", subject.host, subject.family)))];
    for stage in &diagnosis.stages {
        let state = paint(palette, stage.state, &format!("{} {:<14}", stage.state.symbol(), stage.stage.title()));
        let ms = if stage.ms == 0 { String::new() } else { format!("{} ms", stage.ms) };
        let summary = match stage.state {
            StageState::NotReached | StageState::Cancelled | StageState::Waiting => {
                stage.state.slug().replace('-', " ")
            }
            _ => sanitize::short(&stage.summary, 200),
        };
        out.push(format!("{state} {ms:>8}  {summary}").trim_end().to_owned());
        if verbose {
            out.extend(saw(palette, stage));
        }
    }
    out.push(String::new());
    match diagnosis.decides() {
        Some(stage) => {
            let (title, summary) = (stage.stage.title(), sanitize::line(&stage.summary));
            let heading = match stage.state {
                StageState::Failed => format!("{title} decides: {summary}"),
                _ => format!("nothing stands in the way; worth knowing: {title}: {summary}"),
            };
            out.push(paint(palette, stage.state, &heading));
            let told: &[_] = if verbose { &stage.findings } else { &stage.findings[..stage.findings.len().min(1)] };
            out.extend(explain_findings(palette, told));
            if !verbose {
                out.extend(facts(palette, stage));
                out.extend(proof(palette, stage));
            }
        }
        None if diagnosis.is_healthy() => out.push(palette.verdict(Verdict::Valid, "nothing stands in the way")),
        None => out.push("not finished".to_owned()),
    }
    out
}

fn paint(palette: Palette, state: StageState, text: &str) -> String {
    match state {
        StageState::Passed => palette.verdict(Verdict::Valid, text),
        StageState::Warned | StageState::Untold => palette.verdict(Verdict::Limited, text),
        StageState::Failed => palette.verdict(Verdict::Rejected, text),
        _ => palette.faint(text),
    }
}

/// What a stage saw, with its findings.
fn saw(palette: Palette, stage: &StageReport) -> Vec<String> {
    let mut out = facts(palette, stage);
    out.extend(proof(palette, stage));
    out.extend(explain_findings(palette, &stage.findings));
    out
}

fn facts(palette: Palette, stage: &StageReport) -> Vec<String> {
    let line = |(name, value): &(String, String)| {
        palette.faint(&format!("    {}: {}", sanitize::line(name), sanitize::short(value, 300)))
    };
    stage.facts.iter().map(line).collect()
}

fn proof(palette: Palette, stage: &StageReport) -> Vec<String> {
    let line = |e: &crate::domain::Evidence| {
        let status = e.status.map_or_else(|| "no answer".to_owned(), |s| s.to_string());
        let detail =
            if e.detail.is_empty() { String::new() } else { format!(" ({})", sanitize::short(&e.detail, 300)) };
        palette.faint(&format!("    {} -> {status} in {} ms{detail}", sanitize::line(&e.request), e.ms))
    };
    stage.evidence.iter().map(line).collect()
}

fn exit_code(diagnoses: &[Diagnosis]) -> u8 {
    let store = |d: &Diagnosis| d.stage(Stage::Store).is_some_and(|s| s.state == StageState::Failed);
    if diagnoses.iter().any(store) {
        return ErrorKind::Store.exit_code();
    }
    let failed = |d: &Diagnosis, stages: &[Stage]| {
        stages.iter().any(|s| d.stage(*s).is_some_and(|r| r.state == StageState::Failed))
    };
    let ours = [Stage::Record, Stage::Permission, Stage::Git, Stage::Environment];
    let bad = |d: &Diagnosis| failed(d, &ours) || super::check::exit_code([d.verdict()], &[]) == 1;
    match () {
        () if diagnoses.iter().any(bad) => 1,
        () if diagnoses.iter().any(|d| !d.is_healthy()) => 4,
        () => 0,
    }
}

fn diagnosis_json(diagnosis: &Diagnosis) -> Value {
    let subject = &diagnosis.subject;
    json!({
        "label": subject.label,
        "host": subject.host,
        "url": subject.url,
        "family": subject.family,
        "kind": subject.kind,
        "username": subject.username,
        "started_at": diagnosis.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "ms": diagnosis.ms,
        "healthy": diagnosis.is_healthy(),
        "verdict": diagnosis.verdict(),
        "decides": diagnosis.decides().map(|s| s.stage),
        "finding": diagnosis.first_finding().map(finding_json),
        "stages": diagnosis.stages.iter().map(stage_json).collect::<Vec<_>>(),
    })
}

fn stage_json(stage: &StageReport) -> Value {
    json!({
        "stage": stage.stage,
        "state": stage.state,
        "ms": stage.ms,
        "summary": stage.summary,
        "facts": facts_json(&stage.facts),
        "findings": stage.findings.iter().map(finding_json).collect::<Vec<_>>(),
        "evidence": stage.evidence.iter().map(evidence_json).collect::<Vec<_>>(),
    })
}

/// Facts by name; one that was seen more than once has its number behind it: `connected to`, `connected to (2)`.
fn facts_json(facts: &[(String, String)]) -> serde_json::Map<String, Value> {
    let mut map = serde_json::Map::new();
    for (name, value) in facts {
        let numbered = (2..).map(|n| format!("{name} ({n})"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|n| !map.contains_key(n));
        map.extend(free.map(|name| (name, json!(value))));
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_that_was_seen_twice_is_told_twice() {
        let facts = ["a", "b", "c"].map(|value| ("connected to".to_owned(), value.to_owned()));
        let told = Value::Object(facts_json(&facts));
        assert_eq!(told, json!({ "connected to": "a", "connected to (2)": "b", "connected to (3)": "c" }));
    }
}
