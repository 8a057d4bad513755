//! The report of a diagnosis, for a ticket: Markdown that holds no secret, and with [`super::names`] no name.

use std::fmt::Write as _;

use crate::domain::{Diagnosis, Finding, StageReport, StageState};
use crate::sanitize;

/// As Markdown.
#[must_use]
pub fn markdown(diagnoses: &[Diagnosis]) -> String {
    let mut out = format!("# keyrack {} diagnosis\n", env!("CARGO_PKG_VERSION"));
    for diagnosis in diagnoses {
        one(&mut out, diagnosis);
    }
    out.push_str("\nRedacted: no secret, no `Authorization` header, no cookie is in this report.\n");
    out
}

fn one(out: &mut String, diagnosis: &Diagnosis) {
    let subject = &diagnosis.subject;
    let label = subject.label.as_deref().unwrap_or("a token that is not on the rack");
    let _ = writeln!(out, "\n## {} at {}\n", cell(label), cell(&subject.host));
    let _ =
        writeln!(out, "- Looked at: {} UTC, {} ms", diagnosis.started_at.strftime("%Y-%m-%d %H:%M:%S"), diagnosis.ms);
    let url = if subject.url.is_empty() { "not told".to_owned() } else { format!("<{}>", link(&subject.url)) };
    let _ = writeln!(out, "- Host: {url} ({})", subject.family);
    let user = subject.username.as_deref().map_or_else(String::new, |u| format!(", user name {}", cell(u)));
    let _ = writeln!(out, "- Credential: {}{user}", subject.kind);
    let _ = writeln!(out, "- Verdict: **{}**", diagnosis.verdict());
    match diagnosis.first_finding() {
        Some(first) => {
            let what = match diagnosis.is_healthy() {
                true => "Nothing stands in the way; worth knowing",
                false => "First finding",
            };
            let _ = writeln!(out, "- {what}: **{}** `{}`\n", cell(&first.title), first.code);
            explain(out, first);
        }
        None if diagnosis.is_healthy() => out.push_str("- Nothing stands in the way.\n"),
        None => out.push_str("- Not finished.\n"),
    }
    out.push_str("\n| Stage | | ms | What was found |\n|---|---|---:|---|\n");
    for stage in &diagnosis.stages {
        let ms = if stage.ms == 0 { String::new() } else { stage.ms.to_string() };
        let state = format!("{} {}", stage.state.symbol(), stage.state);
        let _ = writeln!(out, "| {} | {state} | {ms} | {} |", stage.stage.title(), cell(&stage.summary));
    }
    for stage in diagnosis.stages.iter().filter(|s| is_worth_detail(s)) {
        detail(out, stage, diagnosis.first_finding());
    }
}

fn is_worth_detail(stage: &StageReport) -> bool {
    !stage.facts.is_empty() || !stage.findings.is_empty() || !stage.evidence.is_empty()
}

fn detail(out: &mut String, stage: &StageReport, told: Option<&Finding>) {
    let _ = writeln!(out, "\n### {}\n", stage.stage.title());
    for (name, value) in &stage.facts {
        let _ = writeln!(out, "- {}: {}", cell(name), cell(value));
    }
    for evidence in &stage.evidence {
        let status = evidence.status.map_or_else(|| "no answer".to_owned(), |s| s.to_string());
        let detail = if evidence.detail.is_empty() { String::new() } else { format!(" ({})", cell(&evidence.detail)) };
        let _ = writeln!(out, "- `{}`: {status} in {} ms{detail}", code(&evidence.request), evidence.ms);
    }
    for finding in stage.findings.iter().filter(|f| stage.state != StageState::Failed || Some(*f) != told) {
        let _ = writeln!(out, "\n**{}** `{}`\n", cell(&finding.title), finding.code);
        explain(out, finding);
    }
}

fn explain(out: &mut String, finding: &Finding) {
    for (what, text) in [("Why", &finding.cause), ("What to do", &finding.remedy)] {
        if !text.is_empty() {
            let _ = writeln!(out, "{what}: {}\n", cell(text));
        }
    }
    if !finding.link.is_empty() {
        let _ = writeln!(out, "See: <{}>", link(&finding.link));
    }
}

/// Outside text as Markdown that means nothing but itself.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in sanitize::line(text).chars() {
        match c {
            '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '\\' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A URL between `<` and `>`, where nothing is escaped and nothing may end it.
fn link(url: &str) -> String {
    sanitize::line(url).chars().filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>')).collect()
}

fn code(text: &str) -> String {
    sanitize::line(text).replace('`', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_text_is_no_markdown_and_a_link_stays_whole() {
        assert_eq!(cell("a|b `c` <d> _e_ \u{1b}"), "a\\|b \\`c\\` \\<d\\> \\_e\\_ \\\\u{1b}");
        assert_eq!(link("https://docs.acme.dev/a_b_c"), "https://docs.acme.dev/a_b_c");
        assert_eq!(link("https://x/> [click](https://evil)"), "https://x/[click](https://evil)");
    }
}
