//! `keyrack check`: validates and reports, for people and for scripts.

use std::collections::BTreeMap;

use clap::Args;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::context::Context;
use super::interrupt::stop_on_interrupt;
use super::output::{evidence_json, finding_json, harmless};
use super::table::columns;
use crate::domain::{Credential, CredentialId, Host, HostId, Validation, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::hosts::facts::advice::Addressee;
use crate::ops::check::{CheckOptions, CheckSummary, Checked, check};
use crate::ops::exchange::date;
use crate::sanitize;

/// Validate credentials at their hosts
///
/// Without a label, all of them. Results come as they arrive; Ctrl-C stops and keeps what was found.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack check\n  keyrack check --tag prod --json\n  keyrack check --fail-on expiring --expires-within 30d"
)]
pub(super) struct CheckArgs {
    /// Labels; none means all
    #[arg(value_name = "LABEL")]
    labels: Vec<String>,
    /// Only those with this tag. May be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Requests in flight at one host
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: Option<u16>,
    /// Go on although an account was refused several times in a row
    #[arg(long)]
    no_brake: bool,
    /// Print each result as a JSON line, as it arrives
    #[arg(long)]
    json_lines: bool,
    /// Exit with 1 on this verdict too. May be repeated
    #[arg(long, value_name = "VERDICT")]
    fail_on: Vec<Verdict>,
    /// Exit with 1 if one ends within this time (30d, 12h)
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    expires_within: Option<SignedDuration>,
    /// Print counts in the Prometheus text format
    #[arg(long, conflicts_with_all = ["json_lines"])]
    metrics: bool,
    /// Show findings and evidence below each result
    #[arg(long, short = 'v')]
    verbose: bool,
}

/// What the results are about, as the rack has it.
struct Known {
    credentials: BTreeMap<CredentialId, Credential>,
    hosts: BTreeMap<HostId, Host>,
}

pub(super) async fn run(context: &mut Context<'_>, args: CheckArgs) -> Result<u8> {
    let ids = select(context, &args)?;
    let core = context.core()?;
    let known = Known {
        credentials: core.rack.credentials()?.into_iter().map(|c| (c.id.clone(), c)).collect(),
        hosts: core.rack.hosts()?.into_iter().map(|h| (h.id, h)).collect(),
    };
    let options = CheckOptions { ids, per_host: args.concurrency.map(usize::from), no_brake: args.no_brake };
    let (mut results, summary) = watch(context, options, &known, args.json_lines).await?;
    results.sort_by_key(|r| (known.credentials.get(&r.credential).map(|c| c.label.clone()), r.host));
    if context.json() {
        let value = report_json(&results, &known);
        context.out_json(&value)?;
    } else if args.metrics {
        metrics(context, &results)?;
    } else if !args.json_lines {
        print(context, &results, &known, args.verbose)?;
    }
    if summary.cancelled {
        return Err(Error::new(
            ErrorKind::Cancelled,
            format!("stopped after {} of {}; what was found is kept", summary.done, summary.total),
        ));
    }
    let soon = args.expires_within.is_some_and(|within| {
        let now = context.io.clock.now();
        results.iter().any(|r| {
            let noted = known.credentials.get(&r.credential).and_then(|c| c.expiry.at());
            r.validation.expiry.at().or(noted).is_some_and(|at| at <= now + within)
        })
    });
    let code = exit_code(results.iter().map(|r| r.validation.verdict), &args.fail_on);
    // A secret that is missing or damaged was not checked: that is not well, whatever the others are.
    let unread = results.iter().any(|r| r.validation.findings.iter().any(|f| f.code.starts_with("store.")));
    Ok(match code {
        _ if soon => 1,
        0 | 4 if unread => ErrorKind::Data.exit_code(),
        code => code,
    })
}

/// Checks, and shows meanwhile how far it is, or each result as it arrives.
async fn watch(
    context: &mut Context<'_>,
    options: CheckOptions,
    known: &Known,
    lines: bool,
) -> Result<(Vec<Checked>, CheckSummary)> {
    let (cancel, listener) = stop_on_interrupt();
    let progress = !context.json() && !lines && context.io.stderr_is_terminal();
    let (out, err) = (context.io.stdout.clone(), context.io.stderr.clone());
    let mut results: Vec<Checked> = Vec::new();
    let total = std::cell::Cell::new(0);
    let mut broken = None;
    let summary = check(
        context.core()?,
        options,
        &cancel,
        |n| total.set(n),
        |checked| {
            if lines && broken.is_none() {
                let line = harmless(line_of(checked, known).to_string());
                if let Err(error) = super::io::write_line(&out, &line) {
                    broken = Some(error);
                    cancel.cancel();
                }
            }
            results.push(checked.clone());
            if progress {
                super::io::write_progress(&err, "checking", results.len(), total.get());
            }
        },
    )
    .await;
    listener.abort();
    if progress {
        super::io::clear_progress(&err);
    }
    let summary = summary?;
    match broken {
        Some(error) => Err(error),
        None => Ok((results, summary)),
    }
}

/// Exit code of a set of verdicts: 1 wins over 4.
pub(super) fn exit_code(verdicts: impl IntoIterator<Item = Verdict>, fail_on: &[Verdict]) -> u8 {
    let mut code = 0;
    for verdict in verdicts {
        match verdict {
            v if fail_on.contains(&v) => return 1,
            Verdict::Limited | Verdict::Expired | Verdict::Revoked | Verdict::Rejected | Verdict::Blocked => return 1,
            Verdict::Unreachable => code = 4,
            Verdict::Valid | Verdict::Expiring | Verdict::Unchecked => {}
        }
    }
    code
}

fn select(context: &mut Context<'_>, args: &CheckArgs) -> Result<Option<Vec<CredentialId>>> {
    let core = context.core()?;
    if args.labels.is_empty() && args.tags.is_empty() {
        return Ok(None);
    }
    let mut ids = Vec::new();
    for label in &args.labels {
        ids.push(core.by_label(label)?.id);
    }
    if !args.tags.is_empty() {
        let tagged: Vec<_> =
            core.rack.credentials()?.into_iter().filter(|c| args.tags.iter().any(|t| c.tags.contains(t))).collect();
        if tagged.is_empty() {
            return Err(Error::usage(format!("no credential has the tag {}", args.tags.join(" or ")))
                .hint("`keyrack list` shows the tags."));
        }
        if args.labels.is_empty() {
            ids.extend(tagged.into_iter().map(|c| c.id));
        } else {
            ids.retain(|id| tagged.iter().any(|c| c.id == *id));
        }
    }
    Ok(Some(ids))
}

fn line_of(checked: &Checked, known: &Known) -> Value {
    match (known.credentials.get(&checked.credential), known.hosts.get(&checked.host)) {
        (Some(credential), Some(host)) => result_json(credential, host, &checked.validation),
        _ => Value::Null,
    }
}

/// One result of the JSON contract.
pub(super) fn result_json(credential: &Credential, host: &Host, validation: &Validation) -> Value {
    let validation = &Addressee::at(credential, host).validation(validation);
    let expires = validation.expiry.at().or(credential.expiry.at());
    let grants: Vec<_> = validation.grants.iter().map(|g| g.name.as_str()).collect();
    json!({
        "label": credential.label,
        "host": host.name,
        "family": credential.family,
        "kind": validation.kind.unwrap_or(credential.kind),
        "verdict": validation.verdict,
        "reason": validation.reason,
        "checked_at": validation.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "expires_at": expires.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        "identity": validation.identity.as_ref().map(|i| json!({ "id": i.id, "login": i.login, "name": i.name, "kind": i.kind })),
        "grants": grants,
        "missing": validation.missing,
        "untold": validation.untold,
        "findings": validation.findings.iter().map(finding_json).collect::<Vec<_>>(),
        "evidence": validation.evidence.iter().map(evidence_json).collect::<Vec<_>>(),
    })
}

fn report_json(results: &[Checked], known: &Known) -> Value {
    json!({
        "schema": 1,
        "summary": counts(results).into_iter().map(|(v, n)| (v.slug().to_owned(), json!(n))).collect::<serde_json::Map<_, _>>(),
        "results": results.iter().map(|r| line_of(r, known)).collect::<Vec<_>>(),
    })
}

fn counts(results: &[Checked]) -> BTreeMap<Verdict, usize> {
    let mut counts = BTreeMap::new();
    for result in results {
        *counts.entry(result.validation.verdict).or_insert(0) += 1;
    }
    counts
}

fn metrics(context: &mut Context<'_>, results: &[Checked]) -> Result<()> {
    let counts = counts(results);
    let mut text = String::from(
        "# HELP keyrack_credentials Credentials by verdict of the last check.\n# TYPE keyrack_credentials gauge\n",
    );
    for verdict in Verdict::ALL {
        text.push_str(&format!("keyrack_credentials{{verdict=\"{verdict}\"}} {}\n", counts.get(verdict).unwrap_or(&0)));
    }
    context.io.out_raw(&text)
}

fn print(context: &mut Context<'_>, results: &[Checked], known: &Known, verbose: bool) -> Result<()> {
    let palette = context.palette();
    let (mut rows, mut told) = (Vec::with_capacity(results.len()), Vec::with_capacity(results.len()));
    for result in results {
        let found = known.credentials.get(&result.credential).zip(known.hosts.get(&result.host));
        let Some((credential, host)) = found else { continue };
        let v = &result.validation;
        let account = v.identity.as_ref().map_or("-", |i| i.account());
        let ends = v.expiry.at().or(credential.expiry.at()).map_or_else(|| "-".to_owned(), date);
        rows.push(vec![
            palette.verdict(v.verdict, &format!("{} {}", v.verdict.symbol(), v.verdict)),
            sanitize::short(&credential.label, 40),
            sanitize::short(&host.name, 40),
            sanitize::short(account, 30),
            ends,
            sanitize::short(&v.reason, 120),
        ]);
        told.push(Addressee::at(credential, host).validation(v));
    }
    for (line, told) in columns(&rows).iter().zip(&told) {
        context.out(line)?;
        // What is wrong with the store is for this machine's user to mend: that is always said.
        if verbose || told.findings.iter().any(|f| f.code.starts_with("store.")) {
            context.explained(Some(told))?;
        }
    }
    let counts: Vec<_> = counts(results).into_iter().map(|(v, n)| format!("{n} {v}")).collect();
    let summary = match (counts.is_empty(), known.credentials.is_empty()) {
        (false, _) => counts.join(", "),
        (true, true) => "nothing to check: the rack is empty".to_owned(),
        (true, false) => "nothing to check: what was asked for is revoked, its secret destroyed".to_owned(),
    };
    context.remark(&palette.strong(&summary));
    Ok(())
}

/// `30d`, `12h`, `2w`.
fn parse_span(text: &str) -> std::result::Result<SignedDuration, String> {
    let wrong = || format!("`{text}` is no time span; write 30d, 12h or 2w");
    let (number, hours) = match text.char_indices().last() {
        Some((at, 'h')) => (&text[..at], 1),
        Some((at, 'd')) => (&text[..at], 24),
        Some((at, 'w')) => (&text[..at], 24 * 7),
        _ => return Err(wrong()),
    };
    let number: i64 = number.parse().map_err(|_| wrong())?;
    if !(0..=100_000).contains(&number) {
        return Err(wrong());
    }
    Ok(SignedDuration::from_hours(number * hours))
}
