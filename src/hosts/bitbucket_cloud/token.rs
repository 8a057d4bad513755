//! What the form of a token tells without asking anybody.

use crate::domain::{Checksum, Kind};
use crate::hosts::Carried;
use crate::hosts::atlassian::token as atlassian;

/// The forms that decide whether and how a token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `ATATT3x…`: API token of an Atlassian account; which product it is for is not in the string.
    ApiToken,
    /// `ATCTT3x…`: access token of a repository, project or workspace, or API key of an organisation.
    AccessToken,
    /// `ATBB…`: retired, never sent.
    AppPassword,
    /// `BBDC-…`: of a self-hosted Bitbucket, never sent.
    DataCenter,
    /// Anything else: OAuth tokens and secrets of consumers have no form of their own.
    Other,
}

impl Form {
    pub(super) fn of(token: &str) -> Self {
        let token = token.trim();
        match atlassian::Form::of(token) {
            Some(atlassian::Form::Account) => Self::ApiToken,
            Some(atlassian::Form::Container) => Self::AccessToken,
            _ if token.starts_with("ATBB") => Self::AppPassword,
            _ if token.starts_with("BBDC-") => Self::DataCenter,
            _ => Self::Other,
        }
    }
}

/// What a token of that kind says of itself.
pub(super) fn carried(kind: Kind, token: &str) -> Carried {
    atlassian::carried(token).unwrap_or_else(|| {
        let mut facts = Vec::new();
        if kind == Kind::AppPassword {
            facts.push((
                "form".to_owned(),
                "app password of Bitbucket Cloud: none works since 2026-07-28, whatever it may be; an API token with \
                 scopes takes its place"
                    .to_owned(),
            ));
        }
        Carried { facts, checksum: Checksum::None }
    })
}

/// It has the form of Atlassian's long tokens, and its end does not fit.
pub(super) fn looks_cut(token: &str) -> bool {
    atlassian::checksum(token) == Checksum::Mismatch
}
