//! How results look: aligned and coloured for people, plain in a pipe, JSON for programs. Everything that came from a
//! host or a file passes [`crate::sanitize`] here.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::context::Context;
use super::io::Io;
use crate::domain::{Evidence, Finding, Validation, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::sanitize;

/// Terminal colours, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) color: bool,
}

impl Palette {
    /// The text in the colour of a verdict.
    pub(super) fn verdict(self, verdict: Verdict, text: &str) -> String {
        let code = match verdict {
            Verdict::Valid => "32",
            Verdict::Expiring | Verdict::Limited => "33",
            Verdict::Expired | Verdict::Revoked | Verdict::Rejected => "31",
            Verdict::Blocked => "35",
            Verdict::Unreachable => "36",
            Verdict::Unchecked => "90",
        };
        self.paint(code, text)
    }

    /// Bold.
    pub(super) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Dimmed.
    pub(super) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

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

impl Context<'_> {
    /// A line of the result.
    pub(super) fn out(&mut self, line: &str) -> Result<()> {
        self.io.out_raw(&format!("{line}\n"))
    }

    /// A remark for the person, on stderr.
    pub(super) fn remark(&mut self, line: &str) {
        self.io.err_raw(&format!("{line}\n"));
    }

    /// The result as one JSON value.
    pub(super) fn out_json(&mut self, value: &Value) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|e| Error::internal("the result cannot be written as JSON").because(&e))?;
        self.out(&harmless(text))
    }

    /// Asks for a yes; `--yes` answers. Without a terminal it is refused: nothing dangerous happens by default.
    pub(super) fn confirm(&mut self, what: &str, typed: &str) -> Result<()> {
        let refusal =
            Error::usage(format!("a confirmation is needed. {what}")).hint("Say `--yes` where nobody can be asked.");
        self.confirm_or(what, typed, refusal)
    }

    /// [`Context::confirm`] with an error of its own for where nobody can be asked.
    pub(super) fn confirm_or(&mut self, what: &str, typed: &str, refusal: Error) -> Result<()> {
        if self.yes() {
            return Ok(());
        }
        if !self.io.stdin.is_terminal() || !self.io.stderr_is_terminal() {
            return Err(refusal);
        }
        self.io.err_raw(&format!("{}.\nType `{typed}` to go on: ", sanitize::line(what)));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map_err(|e| Error::data("the answer cannot be read").because(&e))?;
        if answer.trim() == typed {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Cancelled, "not confirmed; nothing was done"))
    }
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

/// Rows as aligned columns; the last column is not padded.
pub(super) fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..count).map(|c| rows.iter().filter_map(|r| r.get(c)).map(|t| visible_width(t)).max().unwrap_or(0)).collect();
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for (c, text) in row.iter().enumerate() {
                line.push_str(text);
                if c + 1 < row.len() {
                    line.extend(std::iter::repeat_n(' ', widths[c].saturating_sub(visible_width(text)) + 2));
                }
            }
            line.trim_end().to_owned()
        })
        .collect()
}

/// Columns a text takes, colour codes left out.
fn visible_width(text: &str) -> usize {
    if !text.contains('\u{1b}') {
        return text.width();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..start]);
        rest = rest[start..].find('m').map_or("", |end| &rest[start + end + 1..]);
    }
    plain.push_str(rest);
    plain.width()
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
