//! `keyrack add`: a token onto the rack, validated first.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::check::result_json;
use super::context::Context;
use super::output::explain;
use super::secret_input;
use super::values::{LookAtArgs, host_choices, parse_date};
use crate::domain::{Draft, HostChoice, Kind, Owner, Validation, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::sanitize;

/// Put a token on the rack
///
/// The token comes from a prompt that does not echo, from standard input, or from --secret-file; never from the command
/// line. Headers, environment lines, URLs and curl commands are understood; words of no known form are refused, unless --kind
/// or a generic host says what they are; of an AWS key, give the id with --username
/// and the secret on the first line, a session token on the second. It is validated at its host before it is kept; one
/// that the host rejects is kept only with --yes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyrack add --label ci --host https://gitlab.example.com --tag prod\n  keyrack add --label deploy --host github.com --secret-file token.txt\n  keyrack add --label aws --host codecommit --username AKIA... < secret.txt"
)]
pub(super) struct AddArgs {
    /// What to call it; unique on the rack
    #[arg(long, short = 'l')]
    label: String,
    /// Where it is used: name of a host on the rack, or a URL; with a role as NAME=ROLE. May be repeated
    #[arg(long = "host", value_name = "NAME|URL[=ROLE]")]
    hosts: Vec<String>,
    /// User name, e-mail or access key id that goes with it
    #[arg(long)]
    username: Option<String>,
    /// Kind, where the form of the token does not tell
    #[arg(long)]
    kind: Option<Kind>,
    /// Whose account it acts as
    #[arg(long)]
    owner: Option<Owner>,
    /// When it ends, where the host does not tell (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// A job it is there for; `keyrack permissions` holds it against that. May be repeated
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,
    #[command(flatten)]
    look_at: LookAtArgs,
    /// Tag to group by. May be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Free text
    #[arg(long, default_value = "")]
    note: String,
    /// Keep it without asking the host
    #[arg(long)]
    no_check: bool,
    /// Read the secret from this file
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// Whether the only hosts named are such as take any secret.
fn all_generic(context: &mut Context<'_>, hosts: &[HostChoice]) -> Result<bool> {
    let core = context.core()?;
    for host in hosts {
        match host {
            HostChoice::Known { host, .. } if core.host(*host)?.family.as_str() == "generic" => {}
            _ => return Ok(false),
        }
    }
    Ok(!hosts.is_empty())
}

pub(super) async fn run(context: &mut Context<'_>, args: AddArgs) -> Result<u8> {
    let expires = args.expires.as_deref().map(parse_date).transpose()?;
    let text = secret_input::read(context, args.secret_file.as_ref(), "Token (not shown)")?;
    let mut hosts = host_choices(context, &args.hosts)?;
    let identified = match args.kind.is_some() || all_generic(context, &hosts)? {
        true => context.core()?.identify_on_purpose(&text)?,
        false => context.core()?.identify(&text)?,
    };
    drop(text);
    identified.notes.iter().for_each(|note| context.note(note));
    identified.warnings.iter().for_each(|warning| context.warn(warning));
    if hosts.is_empty() {
        // The token or the paste may name its host; only one that leaves no doubt is taken.
        let mut suggested = context.core()?.suggest_hosts(&identified)?;
        // What was pasted together with a URL belongs there.
        if identified.url.is_some() {
            suggested.truncate(1);
        }
        let certain = identified.candidates.first().is_some_and(|c| c.certain) || identified.url.is_some();
        if certain && suggested.len() == 1 {
            hosts.append(&mut suggested);
        } else {
            return Err(
                Error::usage("it is not known at which host this token is used").hint(host_hint(context, &suggested))
            );
        }
    }
    let draft = Draft {
        label: args.label,
        secret: identified.secret,
        kind: args.kind,
        username: args.username.or(identified.username),
        owner: args.owner,
        expires,
        tags: args.tags,
        note: args.note,
        profiles: args.profiles,
        look_at: args.look_at.into(),
        hosts,
    };
    let resolved = context.core()?.resolve(draft)?;
    resolved.notes.iter().for_each(|note| context.note(note));
    let found = if args.no_check { Vec::new() } else { context.core()?.try_out(&resolved).await };
    let worst = found.iter().max_by_key(|v| v.verdict.severity());
    if let Some(bad) = worst.filter(|v| needs_consent(v.verdict)) {
        refuse_or_go_on(context, bad)?;
    }
    let credential = context.core()?.keep(&resolved, &found).await?;
    let chosen = context.core()?.vault.chosen();
    if context.json() {
        let hosts: Vec<_> = resolved.hosts.iter().map(|(h, _)| h).collect();
        let results: Vec<_> = hosts.iter().zip(&found).map(|(h, v)| result_json(&credential, h, v)).collect();
        let value = json!({ "schema": 1, "added": credential.label, "kind": credential.kind, "store": chosen.kind, "results": results });
        context.out_json(&value)?;
    } else {
        let palette = context.palette();
        for ((host, _), validation) in resolved.hosts.iter().zip(&found) {
            let sign =
                palette.verdict(validation.verdict, &format!("{} {}", validation.verdict.symbol(), validation.verdict));
            context.out(&format!("{sign} at {}: {}", host.name, sanitize::line(&validation.reason)))?;
        }
        context.out(&format!("added `{}`; its secret is in the {} store", credential.label, chosen.kind))?;
    }
    Ok(worst.map_or(0, |v| super::check::exit_code([v.verdict], &[])))
}

/// How to name a host, with those that would fit.
fn host_hint(context: &mut Context<'_>, suggested: &[HostChoice]) -> String {
    let mut names = Vec::new();
    for choice in suggested {
        match choice {
            HostChoice::New { url, .. } => names.push(url.clone()),
            HostChoice::Known { host, .. } => names.extend(context.core().and_then(|c| c.host(*host)).map(|h| h.name)),
        }
    }
    let mut hint = "Say it with --host NAME (of a host on the rack) or --host URL".to_owned();
    if !names.is_empty() {
        hint.push_str(&format!("; it may be one of: {}", names.join(", ")));
    }
    hint + "."
}

fn needs_consent(verdict: Verdict) -> bool {
    verdict.is_dead() || verdict == Verdict::Blocked
}

/// The host says no: shown in full, kept only if the user insists.
fn refuse_or_go_on(context: &mut Context<'_>, bad: &Validation) -> Result<()> {
    let palette = context.palette();
    context.remark(&format!("{} {}: {}", bad.verdict.symbol(), bad.verdict, sanitize::line(&bad.reason)));
    for line in explain(palette, bad) {
        context.remark(&line);
    }
    match context.confirm("The host does not accept this token; it can be kept all the same, to look into", "keep") {
        Ok(()) => Ok(()),
        Err(error) if error.kind == ErrorKind::Cancelled => Err(error),
        Err(_) => Err(Error::new(ErrorKind::Refused, format!("the host says {}: nothing was kept", bad.verdict))
            .hint("Keep it all the same with --yes, or without asking the host with --no-check.")),
    }
}
