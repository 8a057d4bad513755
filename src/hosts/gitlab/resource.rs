//! Whose tokens are meant: those of a project or a group have their own endpoints, all others go by the one for personal
//! tokens. <https://docs.gitlab.com/api/project_access_tokens/>, <https://docs.gitlab.com/api/group_access_tokens/>.

use super::own_record::{Account, bot_of};
use super::{signed, token};
use crate::domain::Kind;
use crate::hosts::Wire;
use crate::hosts::segment::segment;
use crate::net::Request;
use crate::secret::SecretText;

/// The owner of project or group tokens: its number, or its path (`acme/app`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    Project(String),
    Group(String),
}

impl Resource {
    fn new(kind: Kind, id: &str) -> Option<Self> {
        match kind {
            Kind::ProjectToken => Some(Self::Project(id.to_owned())),
            Kind::GroupToken => Some(Self::Group(id.to_owned())),
            _ => None,
        }
    }

    /// The kind of its tokens.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Project(_) => Kind::ProjectToken,
            Self::Group(_) => Kind::GroupToken,
        }
    }

    /// How people name it.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Project(id) => format!("project {id}"),
            Self::Group(id) => format!("group {id}"),
        }
    }

    /// That of a token of `kind` whose bot has this name.
    pub(super) fn of_bot(kind: Kind, username: Option<&str>) -> Option<Self> {
        let (bot, id) = username.and_then(bot_of)?;
        if bot == kind { Self::new(bot, id) } else { None }
    }

    /// That of a token of `kind`, as far as it can be found out without changing anything: by the name of its bot, by
    /// what a routable token says of itself (its checksum fits, yet nobody vouches for it), or by asking for its user.
    pub(super) async fn find(wire: &Wire<'_>, kind: Kind, username: Option<&str>, key: &SecretText) -> Option<Self> {
        if !matches!(kind, Kind::ProjectToken | Kind::GroupToken) {
            return None;
        }
        let named = Self::of_bot(kind, username).or_else(|| Self::claimed(kind, key));
        if named.is_some() {
            return named;
        }
        let request = Request::get(wire.url("api", "/user")).header("Accept", "application/json");
        let response = wire.send(signed(request, key)).await.ok().filter(|r| r.status == 200 && !r.is_html())?;
        let login = Account::read(&response.json()?, kind)?.identity.login;
        wire.note(format!("username: {login}"));
        Self::of_bot(kind, Some(&login))
    }

    fn claimed(kind: Kind, key: &SecretText) -> Option<Self> {
        let name = if kind == Kind::ProjectToken { "project" } else { "group" };
        let carried = token::carried(kind, key.reveal())?;
        let (_, id) = carried.facts.into_iter().find(|(n, _)| n == name)?;
        Self::new(kind, &id).filter(|_| id.bytes().all(|b| b.is_ascii_digit()))
    }
}

/// Path of the tokens of a resource, or of personal ones. None where the resource's name cannot be part of a path.
pub(super) fn tokens_of(resource: Option<&Resource>) -> Option<String> {
    Some(match resource {
        None => "/personal_access_tokens".to_owned(),
        Some(Resource::Project(id)) => format!("/projects/{}/access_tokens", segment(id)?),
        Some(Resource::Group(id)) => format!("/groups/{}/access_tokens", segment(id)?),
    })
}

/// A token's number and nothing else: it becomes part of a path.
pub(super) fn number(id: &str) -> Option<&str> {
    ((1..=19).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_one_segment() {
        let project = Resource::Project("acme/app".to_owned());
        assert_eq!(tokens_of(Some(&project)).unwrap(), "/projects/acme%2Fapp/access_tokens");
        assert_eq!(tokens_of(Some(&Resource::Group("7".to_owned()))).unwrap(), "/groups/7/access_tokens");
        assert_eq!(tokens_of(Some(&Resource::Group("..".to_owned()))), None);
        assert_eq!(tokens_of(None).unwrap(), "/personal_access_tokens");
    }

    #[test]
    fn only_a_number_is_one() {
        assert_eq!(number("815"), Some("815"));
        for id in ["", "8 15", "815/../self", "self", "-1", "12345678901234567890"] {
            assert_eq!(number(id), None, "{id}");
        }
    }
}
