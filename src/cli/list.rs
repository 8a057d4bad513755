//! `keyrack list`: the rack, from memory; asks no host.

use std::collections::HashMap;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::context::Context;
use super::output::finding_json;
use super::table::columns;
use crate::domain::{Credential, CredentialId, Finding, Host, HostId, SecretState, Standing, Verdict};
use crate::error::Result;
use crate::ops::check::worst;
use crate::ops::exchange::{date, relative};
use crate::sanitize;

/// List the credentials on the rack
///
/// Shows the last verdicts without asking any host. QUERY filters by label, host, account, tag, family, kind or verdict.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Words that all have to occur
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Only those with this tag. May be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
}

/// A credential with what the rack remembers of it.
pub(super) struct Row {
    pub(super) credential: Credential,
    pub(super) hosts: Vec<String>,
    /// The same with their roles.
    pub(super) bindings: Vec<(String, Option<String>)>,
    pub(super) standings: Vec<Standing>,
    /// What it was made by and no longer holds.
    pub(super) stale: Vec<Finding>,
}

impl Row {
    /// The worst verdict of its bindings.
    pub(super) fn verdict(&self) -> Verdict {
        if self.credential.secret == SecretState::Destroyed {
            return Verdict::Revoked;
        }
        if self.standings.is_empty() { Verdict::Unchecked } else { worst(self.standings.iter().map(|s| s.verdict)) }
    }

    /// The last verdict that said something about the token, where the newest one does not.
    pub(super) fn last_real(&self) -> Option<(Verdict, Timestamp)> {
        if self.credential.secret == SecretState::Destroyed {
            return None;
        }
        self.standings
            .iter()
            .filter(|s| !s.verdict.is_real())
            .filter_map(|s| s.real)
            .max_by_key(|(verdict, _)| verdict.severity())
    }

    fn account(&self) -> String {
        let told = self.standings.iter().find_map(|s| s.login.clone());
        told.or_else(|| self.credential.username.clone()).unwrap_or_else(|| "-".to_owned())
    }

    fn matches(&self, words: &[String]) -> bool {
        let c = &self.credential;
        let text = format!(
            "{} {} {} {} {} {} {} {}",
            c.label,
            self.hosts.join(" "),
            self.account(),
            c.tags.join(" "),
            c.profiles.join(" "),
            c.family,
            c.kind,
            self.verdict()
        );
        let text = text.to_lowercase();
        words.iter().all(|w| text.contains(&w.to_lowercase()))
    }
}

/// Every credential with its hosts and standings, by label.
pub(super) fn rows(context: &mut Context<'_>) -> Result<Vec<Row>> {
    let core = context.core()?;
    let hosts: HashMap<HostId, Host> = core.rack.hosts()?.into_iter().map(|h| (h.id, h)).collect();
    let mut standings: HashMap<CredentialId, Vec<Standing>> = HashMap::new();
    for standing in core.rack.standings()? {
        standings.entry(standing.credential.clone()).or_default().push(standing);
    }
    let mut rows: Vec<Row> = core
        .rack
        .credentials()?
        .into_iter()
        .map(|credential| Row {
            hosts: credential.bindings.iter().filter_map(|b| hosts.get(&b.host)).map(|h| h.name.clone()).collect(),
            bindings: credential
                .bindings
                .iter()
                .filter_map(|b| hosts.get(&b.host).map(|h| (h.name.clone(), b.role.clone())))
                .collect(),
            standings: standings.remove(&credential.id).unwrap_or_default(),
            stale: Vec::new(),
            credential,
        })
        .collect();
    for row in &mut rows {
        let used: Vec<&Host> = row.credential.bindings.iter().filter_map(|b| hosts.get(&b.host)).collect();
        row.stale = core.stale_of(&row.credential, &used)?;
    }
    rows.sort_by(|a, b| a.credential.label.cmp(&b.credential.label));
    Ok(rows)
}

pub(super) fn run(context: &mut Context<'_>, args: &ListArgs) -> Result<u8> {
    let now = context.io.clock.now();
    let mut rows = rows(context)?;
    let any = !rows.is_empty();
    rows.retain(|r| r.matches(&args.query) && args.tags.iter().all(|t| r.credential.tags.contains(t)));
    if context.json() {
        let items: Vec<_> = rows.iter().map(row_json).collect();
        context.out_json(&json!({ "schema": 1, "credentials": items }))?;
        return Ok(0);
    }
    if rows.is_empty() {
        context.remark(if any {
            "nothing on the rack matches"
        } else {
            "the rack is empty; `keyrack add` puts a token on it, `keyrack demo` shows one full"
        });
        return Ok(0);
    }
    let palette = context.palette();
    let mut table =
        vec![["", "LABEL", "HOST", "KIND", "ACCOUNT", "EXPIRES", "CHECKED", "TAGS"].map(str::to_owned).to_vec()];
    let with_jobs = rows.iter().any(|r| !r.credential.profiles.is_empty());
    if with_jobs {
        table[0].push("PROFILES".to_owned());
    }
    for row in &rows {
        let c = &row.credential;
        let verdict = row.verdict();
        let checked =
            row.standings.iter().map(|s| s.checked_at).max().map_or_else(|| "never".to_owned(), |at| relative(now, at));
        let mut sign = palette.verdict(verdict, &format!("{} {verdict}", verdict.symbol()));
        if let Some((before, at)) = row.last_real().filter(|_| !verdict.is_real()) {
            sign.push_str(&palette.faint(&format!(" (was {before} {})", relative(now, at))));
        }
        if !row.stale.is_empty() {
            sign.push_str(" !");
        }
        table.push(vec![
            sign,
            sanitize::short(&c.label, 40),
            sanitize::short(&row.hosts.join(","), 40),
            c.kind.to_string(),
            sanitize::short(&row.account(), 30),
            c.expiry.at().map_or_else(|| "-".to_owned(), date),
            checked,
            sanitize::short(&c.tags.join(","), 40),
        ]);
        if let Some(cells) = table.last_mut().filter(|_| with_jobs) {
            cells.push(sanitize::short(&c.profiles.join(","), 60));
        }
    }
    for line in columns(&table) {
        context.out(&line)?;
    }
    for (row, finding) in rows.iter().flat_map(|r| r.stale.iter().map(move |f| (r, f))) {
        context.remark(&format!("! {}: {}", sanitize::line(&row.credential.label), finding.title));
    }
    Ok(0)
}

/// A credential as JSON; the secret is not part of it.
pub(super) fn row_json(row: &Row) -> serde_json::Value {
    let c = &row.credential;
    json!({
        "label": c.label, "family": c.family, "kind": c.kind, "username": c.username, "owner": c.owner,
        "hosts": row.hosts, "bindings": row.bindings.iter().map(|(host, role)| json!({ "host": host, "role": role })).collect::<Vec<_>>(), "verdict": row.verdict(), "account": row.account(), "hint": c.hint,
        "last_real": row.last_real().map(|(verdict, at)| json!({ "verdict": verdict, "checked_at": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() })),
        "expires_at": c.expiry.at().map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        "added_at": c.added_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "checked_at": row.standings.iter().map(|s| s.checked_at).max().map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        "tags": c.tags, "profiles": c.profiles, "note": c.note, "store": c.store, "secret": c.secret,
        "findings": row.stale.iter().map(finding_json).collect::<Vec<_>>(),
    })
}
