//! The report of an incident, for a ticket: what was leaked, what was done, what is left to do. Secrets are named by hint
//! and fingerprint only.

use jiff::Timestamp;

use crate::domain::{LeakResult, RevokeEnd, Way};
use crate::sanitize;

/// As Markdown.
#[must_use]
pub fn markdown(results: &[LeakResult], at: Timestamp, user: &str) -> String {
    let mut text = format!(
        "# Leaked credentials\n\n{} by {}: {} handled. Secrets are named by a few public characters and a keyed hash.\n\n",
        at.strftime("%Y-%m-%d %H:%M UTC"),
        cell(user),
        results.len()
    );
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for word in results.iter().map(|r| word(r.end)) {
        match counts.iter_mut().find(|(w, _)| *w == word) {
            Some((_, n)) => *n += 1,
            None => counts.push((word, 1)),
        }
    }
    for (word, n) in &counts {
        text.push_str(&format!("- {n} {word}\n"));
    }
    text.push_str("\n| # | Secret | Fingerprint | What it is | On the rack as | Host | Outcome | |\n");
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for result in results {
        let leak = &result.leak;
        let kind = leak.kind.map_or("", |k| k.slug());
        let what = leak.family.as_ref().map_or_else(|| "unknown".to_owned(), |f| format!("{f} {kind}"));
        let label = leak.label.as_deref().unwrap_or("-");
        let host = result.host.as_deref().unwrap_or("-");
        text.push_str(&format!(
            "| {} | `{}` | `{}` | {} | {} | {} | {} | {} |\n",
            leak.n,
            cell(&leak.hint),
            leak.fingerprint,
            cell(&what),
            cell(label),
            cell(host),
            word(result.end),
            cell(&result.message)
        ));
    }
    let left: Vec<&LeakResult> = results.iter().filter(|r| !is_done(r.end)).collect();
    if !left.is_empty() {
        text.push_str("\n## Left to do\n\n");
    }
    for result in left {
        text.push_str(&format!("- #{} `{}`: {}\n", result.leak.n, cell(&result.leak.hint), cell(&result.message)));
        if let Some(Way::Guided { page, steps, .. }) = &result.plan {
            if !page.is_empty() {
                text.push_str(&format!("  - Open <{}>\n", cell(page)));
            }
            for (n, step) in steps.iter().enumerate() {
                text.push_str(&format!("  {}. {}\n", n + 1, cell(step)));
            }
        }
    }
    text
}

/// The word for how it ended.
#[must_use]
pub fn word(end: Option<RevokeEnd>) -> &'static str {
    match end {
        Some(RevokeEnd::Revoked) => "revoked",
        Some(RevokeEnd::AlreadyDead) => "dead already",
        Some(RevokeEnd::StillAccepted) => "still accepted",
        Some(RevokeEnd::Refused) => "refused by the host",
        Some(RevokeEnd::Guided) => "to be done by hand",
        Some(RevokeEnd::NeedsAuthority) => "needs a signer",
        Some(RevokeEnd::Unknown) => "unknown",
        Some(RevokeEnd::Unreachable) => "host not reached",
        Some(RevokeEnd::Busy) => "another keyrack is at it",
        Some(RevokeEnd::Failed) => "failed here",
        Some(RevokeEnd::Cancelled) => "stopped",
        None => "not recognised",
    }
}

fn is_done(end: Option<RevokeEnd>) -> bool {
    matches!(end, Some(RevokeEnd::Revoked | RevokeEnd::AlreadyDead))
}

/// Text that breaks no table and acts on no terminal.
fn cell(text: &str) -> String {
    sanitize::line(text).replace('|', "\\|").replace('`', "'").replace('<', "&lt;")
}
