//! This machine's clock, held against the `Date` of the host's answers.

use jiff::{SignedDuration, Timestamp};

use super::board::Board;
use super::look::{Look, finding};
use super::patient::Patient;
use crate::domain::{Stage, StageState, Validation};
use crate::hosts;
use crate::net::Response;
use crate::net::record::Recorder;
use crate::ops::Core;

/// Off by more than this is worth knowing anywhere: certificates and tokens have dates.
const WORTH_KNOWING: SignedDuration = SignedDuration::from_secs(60);

/// Judges the clock by the last answer that had a date. Once settled by an answer it stays so.
pub(crate) fn settle(
    core: &Core,
    patient: &Patient,
    board: &Board<'_>,
    recorder: &Recorder,
    asked: Option<&Validation>,
) {
    let exchanges = recorder.take();
    let dated =
        exchanges.iter().rev().filter_map(|e| e.answer.as_ref().ok()).find_map(|r| r.header("date").and_then(read));
    match dated {
        Some(theirs) => board.put(Stage::Clock, judge(patient, core.clock.now(), theirs)),
        None if asked.is_some() && !board.state(Stage::Clock).is_settled() => {
            board.put(Stage::Clock, Look::of(StageState::Untold, "the host's answers have no date"));
        }
        None => {}
    }
}

/// What the date of an answer in a transcript tells: only how old the transcript is, which is no fault.
pub(crate) fn of_answer(answer: &Response, now: Timestamp) -> Option<Look> {
    let theirs = answer.header("date").and_then(read)?;
    let age = span(now.duration_since(theirs).abs().as_secs());
    Some(Look::of(StageState::Untold, format!("the answer is {age} old; a clock cannot be judged by it")))
}

fn judge(patient: &Patient, ours: Timestamp, theirs: Timestamp) -> Look {
    let off = theirs.duration_since(ours);
    let size = off.abs();
    let (seconds, way) = (size.as_secs(), if off.is_negative() { "ahead of" } else { "behind" });
    let tolerance = hosts::family(&patient.host.family).and_then(|f| f.facts().clock_tolerance);
    let told = format!("this machine's clock is {seconds} s {way} the host's");
    if size <= WORTH_KNOWING {
        return Look::passed(if seconds == 0 { "agrees with the host's to the second".to_owned() } else { told });
    }
    let skew = span(seconds);
    let args = [("skew", skew.as_str()), ("way", way)];
    match tolerance.map(|t| SignedDuration::from_secs(i64::from(t))) {
        Some(limit) if size > limit => Look::failed(finding("clock.refused", &args)),
        _ => Look::warned(finding("clock.skew", &args)),
    }
    .fact("host's date", theirs.to_string())
    .fact("this machine's", ours.to_string())
}

/// `90 s`, `7 min`, `3 h`.
fn span(seconds: i64) -> String {
    match seconds {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s / 60),
        s if s < 172_800 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    }
}

/// An HTTP date (RFC 9110, the preferred form); nothing where it is anything else.
fn read(text: &str) -> Option<Timestamp> {
    if text.len() > 40 {
        return None;
    }
    let text = text.trim().strip_suffix("GMT").map(|t| format!("{t}+0000"))?;
    jiff::fmt::rfc2822::parse(&text).ok().map(|z| z.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_date_is_read_and_nothing_else() {
        assert_eq!(read("Mon, 23 Nov 2026 04:00:00 GMT"), Some("2026-11-23T04:00:00Z".parse().unwrap()));
        for text in ["", "GMT", "yesterday", "Mon, 23 Nov 2026 04:00:00 +0200", "2026-11-23T04:00:00Z"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
