//! Who is calling: `GET _apis/connectionData`, which needs no scope, as far as that is confirmed.

use serde::Deserialize;

use super::WEB;
use super::address::Place;
use super::answers::{ANONYMOUS, cap};
use super::send::{Reader, send, versioned};
use crate::domain::Identity;
use crate::net::{NetError, Request, Response};

/// Who is calling, as `connectionData` says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    authenticated_user: User,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct User {
    pub id: String,
    /// Key of the user in calls of administrators.
    pub subject_descriptor: Option<String>,
    pub provider_display_name: String,
    pub is_active: Option<bool>,
    properties: Properties,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Properties {
    #[serde(rename = "Account")]
    account: Account,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Account {
    #[serde(rename = "$value")]
    value: String,
}

impl User {
    pub(super) fn login(&self) -> &str {
        if self.properties.account.value.is_empty() {
            &self.provider_display_name
        } else {
            &self.properties.account.value
        }
    }

    pub(super) fn identity(&self) -> Identity {
        Identity {
            id: cap(&self.id),
            login: cap(self.login()),
            name: cap(&self.provider_display_name),
            kind: "user".to_owned(),
        }
    }
}

/// Why nobody was named.
pub(super) enum NoUser {
    /// No answer.
    Lost(NetError),
    /// The answer, and the finding where the product took the caller for anonymous although it answered.
    Refused(Box<Response>, Option<&'static str>),
}

/// Asks who is calling. The version is left out on premises, where every server answers in its own.
pub(super) async fn who(reader: &Reader<'_>) -> Result<User, NoUser> {
    let path = match reader.place {
        Place::Services => versioned("/_apis/connectionData", "7.1", Some("-preview")),
        Place::Server => "/_apis/connectionData".to_owned(),
    };
    let request = reader.signer.sign(Request::get(reader.wire.url(WEB, &path)));
    let answer = send(reader.wire, request).await.map_err(NoUser::Lost)?;
    match answer.parse::<Connection>().filter(|_| answer.status == 200 && !answer.is_html()) {
        Some(found) if found.authenticated_user.id.eq_ignore_ascii_case(ANONYMOUS) => {
            reader.wire.note("authenticatedUser is the anonymous user");
            Err(NoUser::Refused(Box::new(answer), Some("anonymous")))
        }
        Some(found) if !found.authenticated_user.id.is_empty() => Ok(found.authenticated_user),
        _ => Err(NoUser::Refused(Box::new(answer), None)),
    }
}
