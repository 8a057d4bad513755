//! How errors, findings and evidence look: lines for people, JSON for programs. Everything that came from a host or a file
//! passes [`crate::sanitize`] here.

use serde_json::{Value, json};

use super::io::Io;
use super::palette::Palette;
use crate::domain::{Evidence, Finding, Validation};
use crate::error::{Error, ErrorKind};
use crate::sanitize;

/// Tells the user of an error and gives its exit code. A closed pipe ends quietly.
pub fn report(io: &mut Io, error: &Error) -> u8 {
    let color = io.wants_color(true);
    report_with(io, error, color)
}

/// [`report`], coloured or not.
pub(super) fn report_with(io: &mut Io, error: &Error, color: bool) -> u8 {
    if error.kind == ErrorKind::BrokenPipe {
        return 0;
    }
    let heading = error.kind.heading();
    let heading = if color { format!("\u{1b}[1;31m{heading}\u{1b}[0m") } else { heading.to_owned() };
    let mut text = format!("{heading}: {}\n", sanitize::block(&error.message));
    for cause in &error.causes {
        text.push_str(&format!("  because: {}\n", sanitize::block(cause)));
    }
    for hint in &error.hints {
        text.push_str(&format!("  {}\n", sanitize::block(hint)));
    }
    io.err_raw(&text);
    error.kind.exit_code()
}

/// JSON text in which every character that could act on a terminal or deceive a reader is written as `\uXXXX`, which says
/// the same to a program. The writer of JSON escapes only what its standard demands.
pub(super) fn harmless(json: String) -> String {
    if sanitize::block(&json) == json {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    let mut units = [0; 2];
    for c in json.chars() {
        let mut buffer = [0; 4];
        let one: &str = c.encode_utf8(&mut buffer);
        if c == '\n' || sanitize::line(one) == one {
            out.push(c);
        } else {
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
    }
    out
}

/// A finding as JSON.
pub(super) fn finding_json(finding: &Finding) -> Value {
    json!({
        "code": finding.code, "title": finding.title, "cause": finding.cause,
        "remedy": finding.remedy, "link": finding.link, "severity": finding.severity,
    })
}

/// One evidence as JSON.
pub(super) fn evidence_json(evidence: &Evidence) -> Value {
    json!({ "request": evidence.request, "status": evidence.status, "ms": evidence.ms, "detail": evidence.detail })
}

/// A result with what the host said: verdict, findings, evidence.
pub(super) fn with_told(mut result: Value, validation: Option<&Validation>) -> Value {
    result["verdict"] = json!(validation.map(|v| v.verdict));
    result["findings"] = validation.iter().flat_map(|v| &v.findings).map(finding_json).collect();
    result["evidence"] = validation.iter().flat_map(|v| &v.evidence).map(evidence_json).collect();
    result
}

/// Findings and evidence of a validation as lines for people.
pub(super) fn explain(palette: Palette, validation: &Validation) -> Vec<String> {
    let mut lines = explain_findings(palette, &validation.findings);
    for evidence in &validation.evidence {
        let status = evidence.status.map_or_else(|| "no answer".to_owned(), |s| s.to_string());
        let mut line = format!("  {} -> {status} in {} ms", sanitize::line(&evidence.request), evidence.ms);
        if !evidence.detail.is_empty() {
            line.push_str(&format!(" ({})", sanitize::short(&evidence.detail, 300)));
        }
        lines.push(palette.faint(&line));
    }
    lines
}

/// Findings as lines for people.
pub(super) fn explain_findings(palette: Palette, findings: &[Finding]) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in findings {
        lines.push(format!("  {} {}", sanitize::line(&finding.title), palette.faint(&format!("[{}]", finding.code))));
        if !finding.cause.is_empty() {
            lines.push(format!("    why:    {}", sanitize::line(&finding.cause)));
        }
        if !finding.remedy.is_empty() {
            lines.push(format!("    remedy: {}", sanitize::line(&finding.remedy)));
        }
        if !finding.link.is_empty() {
            lines.push(format!("    see:    {}", sanitize::line(&finding.link)));
        }
    }
    lines
}
