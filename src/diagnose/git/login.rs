//! What git would log in with, in the order in which it takes it: a header that is set, the URL itself, `.netrc`, the
//! first helper with a whole answer.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use url::Url;

use super::config::Config;
use super::helper::{Asked, Login, Said};
use crate::diagnose::basic;
use crate::diagnose::netrc::Netrc;
use crate::sanitize;
use crate::secret::SecretText;

/// A log-in and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// `the helper store`, `/home/ana/.netrc`.
    pub(crate) source: String,
    /// What to do so that it is not used.
    pub(crate) how: String,
    pub(crate) login: Login,
    /// git goes on to the next where it is refused.
    pub(crate) goes_on: bool,
}

impl Found {
    /// The user name, for people.
    pub(crate) fn user(&self) -> String {
        shown(self.login.user.as_deref())
    }
}

/// A user name as it is shown: what stands before the session token of AWS.
pub(crate) fn shown(user: Option<&str>) -> String {
    match user {
        Some(user) => sanitize::short(user.split('%').next().unwrap_or(user), 80),
        None => "nobody by name".to_owned(),
    }
}

/// Every log-in, the one that git takes first.
pub(crate) fn all(config: &Config, netrc: &[Netrc], asked: &[Asked], url: &Url, now: Timestamp) -> Vec<Found> {
    let mut found = Vec::new();
    found.extend(header(config, url));
    found.extend(in_url(url));
    let user = Some(url.username()).filter(|u| !u.is_empty());
    for entry in netrc.iter().filter(|e| e.by_default && is_for(e, url)) {
        let (Some(login), Some(password)) = (&entry.login, &entry.password) else { continue };
        if user.is_some_and(|u| u != login) {
            continue;
        }
        let path = sanitize::short(&entry.path.display().to_string(), 200);
        found.push(Found {
            how: format!("take the entry out of {path}"),
            source: path,
            login: by_password(login.clone(), password.clone()),
            goes_on: true,
        });
    }
    for helper in asked {
        let Said::Whole(login) = &helper.said else { continue };
        if login.ends.is_some_and(|end| end <= now) {
            continue;
        }
        found.push(Found {
            source: format!("the helper {}", helper.name),
            how: "printf 'url=URL\\n\\n' | git credential reject makes its helpers forget it"
                .replace("URL", &bare(url)),
            login: login.clone(),
            goes_on: false,
        });
        break;
    }
    found
}

/// The URL without user name and password.
pub(crate) fn bare(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.into()
}

fn by_password(user: String, secret: SecretText) -> Login {
    Login { user: Some(user), secret, scheme: None, ends: None }
}

fn header(config: &Config, url: &Url) -> Option<Found> {
    let list = config.list_of_url("http", "extraheader", url);
    let (entry, value) = list.iter().rev().find_map(|entry| {
        let (name, value) = entry.value.reveal().split_once(':')?;
        name.trim().eq_ignore_ascii_case("authorization").then(|| (entry, value.trim()))
    })?;
    let (scheme, rest) = value.split_once(' ')?;
    let login = match scheme.eq_ignore_ascii_case("basic") {
        true => basic::pair(rest).map(|(user, password)| by_password(user, password))?,
        false => Login { user: None, secret: rest.trim().into(), scheme: Some(scheme.to_owned()), ends: None },
    };
    Some(Found { source: format!("{} in {}", entry.key(), entry.place()), how: entry.removal(), login, goes_on: false })
}

fn in_url(url: &Url) -> Option<Found> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let password = SecretText::new(decoded(url.password()?));
    let login = by_password(decoded(url.username()), password);
    Some(Found {
        source: "the URL itself".to_owned(),
        how: "write the URL without it".to_owned(),
        login,
        goes_on: true,
    })
}

fn is_for(entry: &Netrc, url: &Url) -> bool {
    entry.machine.as_deref().is_none_or(|m| url.host_str().is_some_and(|h| h.eq_ignore_ascii_case(m)))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn netrc(machine: Option<&str>, login: &str) -> Netrc {
        Netrc {
            path: PathBuf::from("/home/ana/.netrc"),
            machine: machine.map(str::to_owned),
            login: Some(login.to_owned()),
            password: Some("from-netrc".into()),
            open: None,
            by_default: true,
        }
    }

    fn helper(name: &str, secret: &str, ends: Option<i64>) -> Asked {
        let ends = ends.map(|s| Timestamp::from_second(s).unwrap());
        let login = Login { user: Some("ana".into()), secret: secret.into(), scheme: None, ends };
        Asked { name: name.into(), place: String::new(), removal: String::new(), said: Said::Whole(login) }
    }

    fn sources(config: &str, netrc: &[Netrc], asked: &[Asked], url: &str) -> Vec<String> {
        let now = Timestamp::from_second(1_000).unwrap();
        let all = all(&Config::parse(config), netrc, asked, &Url::parse(url).unwrap(), now);
        all.into_iter().map(|f| f.source).collect()
    }

    #[test]
    fn git_takes_them_in_this_order() {
        let header = "global\0file:/x\0http.extraheader\nAuthorization: Basic YTpi\0";
        let entries = [netrc(Some("git.acme.example"), "ana")];
        let helpers = [helper("old", "x", Some(999)), helper("store", "y", Some(2_000)), helper("cache", "z", None)];
        let all = sources(header, &entries, &helpers, "https://ana:pw@git.acme.example/a.git");
        assert_eq!(all, ["http.extraheader in /x", "the URL itself", "/home/ana/.netrc", "the helper store"]);
    }

    #[test]
    fn netrc_counts_for_its_host_and_user_alone() {
        let of = |machine, url| sources("", &[netrc(machine, "ana")], &[], url).len();
        assert_eq!(of(Some("git.acme.example"), "https://git.acme.example/a"), 1);
        assert_eq!(of(None, "https://git.acme.example/a"), 1);
        assert_eq!(of(Some("other.example"), "https://git.acme.example/a"), 0);
        assert_eq!(of(Some("git.acme.example"), "https://bob@git.acme.example/a"), 0);
    }

    #[test]
    fn the_session_token_in_a_user_name_is_not_shown() {
        assert_eq!(shown(Some("ASIAFAKE%session-token")), "ASIAFAKE");
    }
}
