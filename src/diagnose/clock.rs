//! This machine's clock, held against the `Date` of the host's answers.

use jiff::{SignedDuration, Timestamp};

use super::board::Board;
use super::look::{Look, finding};
use super::patient::Patient;
use crate::domain::{Stage, StageState, Validation};
use crate::hosts;
use crate::net::Response;
use crate::net::probe::clock::{Skew, skew};
use crate::net::record::Recorder;
use crate::ops::Core;

/// Judges the clock by the last answer that had a date. Once settled by an answer it stays so.
pub(crate) fn settle(
    core: &Core,
    patient: &Patient,
    board: &Board<'_>,
    recorder: &Recorder,
    asked: Option<&Validation>,
) {
    let now = core.clock.now();
    let exchanges = recorder.take();
    let dated = exchanges.iter().rev().filter_map(|e| e.answer.as_ref().ok()).find_map(|answer| read(answer, now));
    match dated {
        Some(skew) => board.put(Stage::Clock, judge(patient, skew)),
        None if asked.is_some() && !board.state(Stage::Clock).is_settled() => {
            board.put(Stage::Clock, Look::of(StageState::Untold, "the host's answers have no date"));
        }
        None => {}
    }
}

/// What the date of an answer in a transcript tells: only how old the transcript is, which is no fault.
pub(crate) fn of_answer(answer: &Response, now: Timestamp) -> Option<Look> {
    let age = span(read(answer, now)?.seconds.abs());
    Some(Look::of(StageState::Untold, format!("the answer is {age} old; a clock cannot be judged by it")))
}

fn read(answer: &Response, now: Timestamp) -> Option<Skew> {
    let took = SignedDuration::try_from(answer.elapsed).unwrap_or_default();
    skew(answer.header("date")?, answer.header("age"), now.checked_sub(took).ok()?, now)
}

fn judge(patient: &Patient, skew: Skew) -> Look {
    let Some(seen) = skew.seen(&patient.host.name) else {
        return Look::passed("agrees with the host's");
    };
    let tolerance = hosts::family(&patient.host.family).and_then(|f| f.facts().clock_tolerance);
    let args = [("target", seen.target.as_str()), ("detail", seen.detail.as_str())];
    match tolerance.map(i64::from) {
        Some(limit) if skew.seconds.abs() - skew.uncertainty > limit => Look::failed(finding("clock.refused", &args)),
        _ => Look::warned(finding(seen.code, &args)),
    }
    .fact("off by", seen.detail.clone())
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
