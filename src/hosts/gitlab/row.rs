//! A line of GitLab's lists of tokens, read leniently. No requests here.

use serde_json::Value;

use super::own_record::{Account, OwnRecord};
use super::resource::Resource;
use super::wish::role_of;
use crate::domain::{Kind, RemoteState, RemoteToken};
use crate::hosts::Wire;
use crate::sanitize;

/// What the list that a line stands in says of all its lines.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Of<'a> {
    /// The project or group whose tokens they are.
    pub(super) resource: Option<&'a Resource>,
    /// The account that signs; its own tokens are named after it.
    pub(super) me: Option<&'a Account>,
    /// The kind of those of that account.
    pub(super) own_kind: Option<Kind>,
}

/// `None` where it is something else.
pub(super) fn read(wire: &Wire<'_>, row: &Value, of: Of<'_>) -> Option<RemoteToken> {
    let record = OwnRecord::read(row)?;
    let user = record.user_id.clone().unwrap_or_default();
    let me = of.me.filter(|me| me.identity.id == user);
    let kind = match (of.resource, Resource::of_row(row)) {
        (Some(resource), _) => resource.kind(),
        (None, Some(resource)) => resource.kind(),
        (None, None) if record.is_granular() => Kind::FineGrainedPat,
        (None, None) => of.own_kind.filter(|_| me.is_some()).unwrap_or(Kind::Pat),
    };
    let owner = match me {
        Some(me) => me.identity.account().to_owned(),
        None if user.is_empty() => String::new(),
        None => format!("user {user}"),
    };
    let grants = if record.permissions.is_empty() { record.scopes.clone() } else { record.permissions.clone() };
    Some(RemoteToken {
        id: record.id.clone(),
        name: wire.mask(record.name.as_deref().unwrap_or_default()),
        kind: Some(kind),
        owner,
        grants,
        created_at: record.created_at,
        last_used: record.last_used,
        expiry: record.expiry,
        state: match (record.revoked, record.active) {
            (true, _) => RemoteState::Revoked,
            (_, true) => RemoteState::Active,
            _ => RemoteState::Expired,
        },
        tail: None,
        notes: notes(wire, row, &record),
    })
}

fn notes(wire: &Wire<'_>, row: &Value, record: &OwnRecord) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(level) = row.get("access_level").and_then(Value::as_u64) {
        notes.push(role_of(level).map_or_else(|| format!("access level {level}"), |role| format!("role {role}")));
    }
    if row.get("impersonation").and_then(Value::as_bool) == Some(true) {
        notes.push("an impersonation token, made by an administrator".to_owned());
    }
    if record.is_granular() && record.permissions.is_empty() {
        notes.push("fine-grained; this list does not tell its permissions".to_owned());
    }
    let description = row.get("description").and_then(Value::as_str).filter(|t| !t.is_empty());
    notes.extend(description.map(|d| wire.mask(&sanitize::short(d, 120))));
    let addresses = row.get("last_used_ips").and_then(Value::as_array).into_iter().flatten();
    let addresses: Vec<String> =
        addresses.filter_map(Value::as_str).take(5).map(|ip| sanitize::short(ip, 45)).collect();
    if !addresses.is_empty() {
        notes.push(format!("last used from {}", addresses.join(", ")));
    }
    notes
}
