//! Whose tokens are meant: those of a project, a group, or a service account of one have their own endpoints, all others go
//! by the one for personal tokens. <https://docs.gitlab.com/api/project_access_tokens/>,
//! <https://docs.gitlab.com/api/group_access_tokens/>, <https://docs.gitlab.com/security/tokens/>.

use super::own_record::{Account, bot_of};
use super::{signed, token};
use crate::domain::Kind;
use crate::hosts::Wire;
use crate::hosts::segment::segment;
use crate::net::Request;
use crate::secret::SecretText;

/// The owner of tokens that have an endpoint of their own: a project or group by its number or path (`acme/app`), or a
/// service account of one, by the number of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    Project(String),
    Group(String),
    Service(Box<Resource>, String),
}

/// What stands between a project or group and the number of its service account, as in the API's paths.
const SERVICE: &str = "/service_accounts/";

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
            Self::Service(..) => Kind::ServiceAccountToken,
        }
    }

    /// `project:acme/app`, `group:7`, `groups/acme`, and `group:acme/service_accounts/57` for a service account of one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('/');
        if let Some((of, user)) = text.split_once(SERVICE) {
            let of = Self::parse(of).filter(|of| !of.is_service())?;
            return number(user).map(|user| Self::Service(Box::new(of), user.to_owned()));
        }
        let (project, group) = (["project:", "projects/"], ["group:", "groups/"]);
        let after = |prefixes: [&str; 2]| prefixes.iter().find_map(|p| text.strip_prefix(p)).filter(|t| !t.is_empty());
        let project = after(project).map(|path| Self::Project(path.to_owned()));
        project.or_else(|| after(group).map(|path| Self::Group(path.to_owned())))
    }

    /// The form that [`Resource::parse`] reads.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Project(id) => format!("project:{id}"),
            Self::Group(id) => format!("group:{id}"),
            Self::Service(of, user) => format!("{}{SERVICE}{user}", of.place()),
        }
    }

    /// That of a line of a list, as the line itself says (`resource_type` and `resource_id`, newer servers).
    pub(super) fn of_row(row: &serde_json::Value) -> Option<Self> {
        let id = row.get("resource_id").and_then(serde_json::Value::as_u64)?.to_string();
        match row.get("resource_type").and_then(serde_json::Value::as_str)? {
            "project" => Some(Self::Project(id)),
            "group" => Some(Self::Group(id)),
            _ => None,
        }
    }

    /// Whether it is a service account.
    pub(super) fn is_service(&self) -> bool {
        matches!(self, Self::Service(..))
    }

    /// How people name it.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Project(id) => format!("project {id}"),
            Self::Group(id) => format!("group {id}"),
            Self::Service(of, user) => format!("service account {user} of {}", of.words()),
        }
    }

    /// That of a token of `kind` by the user name on the rack: the name of its bot, or for a service account its place.
    pub(super) fn of_username(kind: Kind, username: Option<&str>) -> Option<Self> {
        match kind {
            Kind::ServiceAccountToken => username.and_then(Self::parse).filter(|of| of.kind() == kind),
            _ => Self::of_bot(kind, username),
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
        Some(Resource::Service(of, user)) => {
            let of = match of.as_ref() {
                Resource::Project(id) => format!("/projects/{}", segment(id)?),
                Resource::Group(id) => format!("/groups/{}", segment(id)?),
                Resource::Service(..) => return None,
            };
            format!("{of}{SERVICE}{}/personal_access_tokens", number(user)?)
        }
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
    fn places_of_service_accounts_are_read_and_written_alike() {
        let robot = Resource::parse("group:acme/team/service_accounts/57").unwrap();
        assert_eq!(robot.place(), "group:acme/team/service_accounts/57");
        assert_eq!(robot.words(), "service account 57 of group acme/team");
        let path = "/groups/acme%2Fteam/service_accounts/57/personal_access_tokens";
        assert_eq!(tokens_of(Some(&robot)).as_deref(), Some(path));
        let robot = Resource::parse("projects/42/service_accounts/57").unwrap();
        assert_eq!(tokens_of(Some(&robot)).unwrap(), "/projects/42/service_accounts/57/personal_access_tokens");
        for text in ["", "acme", "group:", "group:acme/service_accounts/mara", "x/service_accounts/1", "user:5"] {
            assert_eq!(Resource::parse(text), None, "{text}");
        }
        let twice = Resource::parse("group:a/service_accounts/5/service_accounts/6");
        assert_eq!(twice, None);
        assert_eq!(Resource::of_username(Kind::ServiceAccountToken, Some("group:acme")), None);
        assert_eq!(Resource::of_username(Kind::Pat, Some("group:acme/service_accounts/57")), None);
    }

    #[test]
    fn only_a_number_is_one() {
        assert_eq!(number("815"), Some("815"));
        for id in ["", "8 15", "815/../self", "self", "-1", "12345678901234567890"] {
            assert_eq!(number(id), None, "{id}");
        }
    }
}
