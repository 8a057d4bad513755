//! Accounts, as Jira and Confluence describe the one that asks.

use serde::Deserialize;

use crate::domain::Identity;
use crate::hosts::atlassian::signature::account_id;
use crate::net::Response;
use crate::sanitize::short;

/// Longest name that is taken, in characters.
const NAME_CAP: usize = 120;

/// The account behind a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// Atlassian's account id.
    pub id: String,
    /// E-mail address; often kept back.
    pub email: String,
    /// Display name.
    pub name: String,
    /// `atlassian` for people, `app` for bots and service accounts, `customer` for customers of a portal.
    pub kind: String,
    /// Jira says that it is active.
    pub active: bool,
    /// Names of its groups, where they were asked for.
    pub groups: Vec<String>,
    /// What it may do in Confluence, where that was asked.
    pub operations: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Myself {
    account_id: Option<String>,
    account_type: Option<String>,
    email_address: Option<String>,
    display_name: Option<String>,
    active: Option<bool>,
    groups: Option<Groups>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Groups {
    items: Vec<Group>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Current {
    #[serde(rename = "type")]
    sort: String,
    account_id: Option<String>,
    account_type: Option<String>,
    email: Option<String>,
    display_name: Option<String>,
    public_name: Option<String>,
    operations: Option<Vec<Operation>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Operation {
    operation: String,
    target_type: String,
}

impl Account {
    /// Reads `/rest/api/3/myself`.
    pub(super) fn of_jira(answer: &Response) -> Option<Self> {
        let me: Myself = answer.parse().filter(|_| answer.status == 200)?;
        Some(Self {
            id: account_id(&me.account_id?)?,
            email: text(me.email_address),
            name: text(me.display_name),
            kind: text(me.account_type),
            active: me.active.unwrap_or(true),
            groups: me.groups.unwrap_or_default().items.into_iter().map(|g| g.name).collect(),
            operations: Vec::new(),
        })
    }

    /// Reads `/wiki/rest/api/user/current`. The word `anonymous` there means that the credential was not accepted.
    pub(super) fn of_confluence(answer: &Response) -> Option<Self> {
        let me: Current = answer.parse().filter(|_| answer.status == 200)?;
        if matches!(me.sort.as_str(), "" | "anonymous" | "unknown") {
            return None;
        }
        let of_application = |o: &Operation| o.target_type == "application";
        Some(Self {
            id: account_id(&me.account_id?)?,
            email: text(me.email),
            name: text(me.display_name.or(me.public_name)),
            kind: text(me.account_type),
            active: true,
            groups: Vec::new(),
            operations: me
                .operations
                .unwrap_or_default()
                .into_iter()
                .filter(of_application)
                .map(|o| o.operation)
                .collect(),
        })
    }

    /// An account of which only the id is known.
    pub(super) fn bare(id: String) -> Self {
        let empty = String::new;
        Self {
            id,
            email: empty(),
            name: empty(),
            kind: empty(),
            active: true,
            groups: Vec::new(),
            operations: Vec::new(),
        }
    }

    /// A bot or a service account.
    pub(super) fn is_app(&self) -> bool {
        self.kind == "app"
    }

    /// As an identity; `user` is the address on the record, which the host has just accepted.
    pub(super) fn identity(&self, user: Option<&str>) -> Identity {
        let login = match (self.email.is_empty(), user) {
            (true, Some(user)) => short(user, NAME_CAP),
            _ => self.email.clone(),
        };
        let kind = match self.kind.as_str() {
            "app" => "service",
            "customer" => "customer",
            _ => "user",
        };
        Identity { id: self.id.clone(), login, name: self.name.clone(), kind: kind.to_owned() }
    }
}

fn text(value: Option<String>) -> String {
    short(value.unwrap_or_default().trim(), NAME_CAP)
}
