//! How the end of an act looks, the same wherever it is shown: a sign, a word, a colour.

use ratatui::style::Style;

use crate::config::Theme;
use crate::domain::{CreateEnd, Health, RevokeEnd, RotateEnd, StageState};

/// How a revocation ended.
#[must_use]
pub fn revoked(end: RevokeEnd, theme: &Theme) -> (&'static str, &'static str, Style) {
    match end {
        RevokeEnd::Revoked => ("✓", "revoked", theme.good),
        RevokeEnd::AlreadyDead => ("✓", "was dead already", theme.good),
        RevokeEnd::StillAccepted => ("!", "still accepted", theme.bad),
        RevokeEnd::Refused => ("✗", "refused", theme.bad),
        RevokeEnd::Guided => ("→", "to do by hand", theme.warn),
        RevokeEnd::NeedsAuthority => ("→", "needs a signer", theme.warn),
        RevokeEnd::Unknown => ("?", "outcome unknown", theme.warn),
        RevokeEnd::Unreachable => ("≁", "unreachable", theme.unknown),
        RevokeEnd::Busy => ("→", "another keyrack is at it", theme.warn),
        RevokeEnd::Failed => ("✗", "failed", theme.bad),
        RevokeEnd::Cancelled => ("-", "not begun", theme.faint),
    }
}

/// How making one ended.
#[must_use]
pub fn created(end: CreateEnd, theme: &Theme) -> (&'static str, &'static str, Style) {
    match end {
        CreateEnd::Created => ("✓", "made, on the rack", theme.good),
        CreateEnd::Refused => ("✗", "refused", theme.bad),
        CreateEnd::Guided => ("→", "to do by hand", theme.warn),
        CreateEnd::NeedsAuthority => ("→", "needs a signer", theme.warn),
        CreateEnd::Unknown => ("?", "outcome unknown", theme.warn),
        CreateEnd::Unreachable => ("≁", "unreachable", theme.unknown),
        CreateEnd::Failed => ("✗", "failed", theme.bad),
    }
}

/// How a rotation ended.
#[must_use]
pub fn rotated(end: RotateEnd, theme: &Theme) -> (&'static str, &'static str, Style) {
    match end {
        RotateEnd::Rotated => ("✓", "rotated", theme.good),
        RotateEnd::OldKept => ("!", "rotated, old one lives", theme.warn),
        RotateEnd::NewUnproved => ("✗", "not rotated", theme.bad),
        RotateEnd::Refused => ("✗", "refused", theme.bad),
        RotateEnd::Guided => ("→", "to do by hand", theme.warn),
        RotateEnd::NeedsAuthority => ("→", "needs a signer", theme.warn),
        RotateEnd::Unknown => ("?", "outcome unknown", theme.warn),
        RotateEnd::Unreachable => ("≁", "unreachable", theme.unknown),
        RotateEnd::Dead => ("⊘", "dead already", theme.bad),
        RotateEnd::Busy => ("→", "another keyrack is at it", theme.warn),
        RotateEnd::Failed => ("✗", "failed", theme.bad),
        RotateEnd::Cancelled => ("-", "not begun", theme.faint),
    }
}

/// How something of keyrack itself is.
#[must_use]
pub fn health(health: Health, theme: &Theme) -> (&'static str, Style) {
    match health {
        Health::Good => ("✓", theme.good),
        Health::Warning => ("▲", theme.warn),
        Health::Bad => ("✖", theme.bad),
    }
}

/// The colour of a stage of a diagnosis; its sign and word are its own.
#[must_use]
pub fn stage(state: StageState, theme: &Theme) -> Style {
    match state {
        StageState::Passed => theme.good,
        StageState::Warned => theme.warn,
        StageState::Failed => theme.bad,
        StageState::Untold => theme.unknown,
        StageState::Running => theme.info,
        StageState::Waiting | StageState::Skipped | StageState::NotReached | StageState::Cancelled => theme.faint,
    }
}
