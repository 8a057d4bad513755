//! Asking git's helpers, one by one and each alone, as git does: `get`, never `store` or `erase`.
//!
//! git starts a helper through its own shell (<https://git-scm.com/docs/gitcredentials#_custom_helpers>); an alias does
//! the same, so that what a helper says is seen as it is, also what git would drop: an expired password, half an answer.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::config::{Config, Entry, shown_helper};
use super::program::{NoRun, Program};
use crate::diagnose::Surroundings;
use crate::diagnose::facts::facts;
use crate::sanitize;
use crate::secret::SecretText;

/// A helper that takes longer waits for somebody.
const LIMIT: Duration = Duration::from_secs(8);

/// What a helper is asked, without a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    protocol: String,
    host: String,
    path: Option<String>,
    username: Option<String>,
}

/// What a helper said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// A user name and a password, or a credential with its scheme.
    Whole(Login),
    /// Not enough to log in.
    Half(String),
    /// Nothing.
    Nothing,
    /// There is no such program, or it cannot be run.
    Missing(&'static str),
    /// It failed.
    Failed(String),
    /// It did not end.
    Hangs,
    /// It was not asked.
    NotAsked(String),
}

/// A log-in that git would send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    /// User name; none where a scheme without one is used.
    pub(crate) user: Option<String>,
    pub(crate) secret: SecretText,
    /// `Bearer`; none for Basic.
    pub(crate) scheme: Option<String>,
    /// When the password ends, as the helper says.
    pub(crate) ends: Option<Timestamp>,
}

/// A helper and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// As it is shown.
    pub(crate) name: String,
    /// Where it is set.
    pub(crate) place: String,
    /// The command that takes the setting away.
    pub(crate) removal: String,
    pub(crate) said: Said,
}

impl Question {
    /// What git asks for a URL.
    pub(crate) fn of(url: &Url, config: &Config) -> Self {
        let host = url.host_str().unwrap_or("");
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let says_yes =
            |e: &Entry| !matches!(e.value.reveal().to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0" | "");
        let with_path = config.one_of_url("credential", "usehttppath", url).is_some_and(says_yes);
        let in_url = Some(url.username()).filter(|u| !u.is_empty());
        let decoded = in_url.map(|u| percent_encoding::percent_decode_str(u).decode_utf8_lossy().into_owned());
        let set = || config.one_of_url("credential", "username", url).map(|e| e.value.reveal().to_owned());
        Self {
            protocol: url.scheme().to_owned(),
            host,
            path: with_path.then(|| url.path().trim_start_matches('/').to_owned()),
            username: decoded.or_else(set).filter(|u| !u.contains(['\n', '\0'])),
        }
    }

    /// In the form of git's protocol.
    fn text(&self) -> SecretText {
        let mut text = format!("capability[]=authtype\nprotocol={}\nhost={}\n", self.protocol, self.host);
        if let Some(path) = &self.path {
            text.push_str(&format!("path={path}\n"));
        }
        if let Some(user) = &self.username {
            text.push_str(&format!("username={user}\n"));
        }
        text.push('\n');
        SecretText::new(text)
    }

    /// Whether the path is told, and which user name.
    pub(crate) fn words(&self) -> String {
        let path = self.path.as_deref().map_or_else(String::new, |p| format!(", path {}", sanitize::short(p, 80)));
        let user = self.username.as_deref().map_or_else(String::new, |u| format!(", as {}", sanitize::short(u, 80)));
        format!("{}://{}{path}{user}", self.protocol, self.host)
    }

    /// Whether helpers are told the path.
    pub(crate) fn has_path(&self) -> bool {
        self.path.is_some()
    }
}

/// Asks every helper for the URL, side by side; in git's order.
pub(crate) async fn ask_all(program: &Program, around: &Surroundings, config: &Config, url: &Url) -> Vec<Asked> {
    let question = Question::of(url, config);
    let helpers = config.list_of_url("credential", "helper", url);
    let asked = helpers.into_iter().map(|entry| {
        let question = &question;
        async move {
            let name = shown_helper(entry.value.reveal());
            let said = ask(program, around, entry.value.reveal(), question).await;
            Asked { name, place: entry.place(), removal: entry.removal(), said }
        }
    });
    futures_util::future::join_all(asked).await
}

async fn ask(program: &Program, around: &Surroundings, helper: &str, question: &Question) -> Said {
    let first = helper.split_whitespace().next().unwrap_or("");
    let bare =
        first.trim_start_matches('!').rsplit(['/', '\\']).next().unwrap_or("").trim_start_matches("git-credential-");
    if let Some(known) = facts().helpers.iter().find(|h| h.name == bare) {
        return Said::NotAsked(known.why.clone());
    }
    let command = match helper.strip_prefix('!') {
        Some(command) => command.to_owned(),
        None if std::path::Path::new(first).is_absolute() => helper.to_owned(),
        None => format!("git credential-{helper}"),
    };
    let alias = format!("alias.keyrack-asks=!{command} get");
    let printed = match program.run(around, &["-c", &alias, "keyrack-asks"], &question.text(), LIMIT).await {
        Err(NoRun::TooSlow) => return Said::Hangs,
        Err(NoRun::NotStarted(why)) => return Said::Failed(why),
        Ok(printed) => printed,
    };
    let said = read(printed.out.reveal(), question.username.as_deref());
    if said != Said::Nothing || printed.worked {
        return said;
    }
    // What it says on standard error is not shown: it may hold what it did not print.
    let complaint = printed.complaint.to_ascii_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| complaint.contains(sign));
    match printed.code {
        _ if has(&["permission denied", "cannot run", "exec format"]) => Said::Missing("it cannot be run"),
        _ if has(&["is not a git command", "not found", "no such file"]) => Said::Missing("there is no such program"),
        Some(126) => Said::Missing("it cannot be run"),
        Some(127) => Said::Missing("there is no such program"),
        Some(code) => Said::Failed(format!("it ended with code {code}")),
        None => Said::Failed("a signal ended it".to_owned()),
    }
}

/// Reads an answer: `key=value` lines.
fn read(text: &str, asked_for: Option<&str>) -> Said {
    let last = |key: &str| {
        let mut values = text.lines().filter_map(|l| l.trim_end_matches('\r').split_once('='));
        values.rfind(|(k, v)| *k == key && !v.is_empty()).map(|(_, v)| v)
    };
    let ends = last("password_expiry_utc").and_then(|n| n.parse().ok()).and_then(|n| Timestamp::from_second(n).ok());
    if let (Some(scheme), Some(credential)) = (last("authtype"), last("credential")) {
        let user = last("username").map(|u| sanitize::short(u, 80));
        return Said::Whole(Login { user, secret: credential.into(), scheme: Some(scheme.to_owned()), ends });
    }
    match (last("username").or(asked_for), last("password")) {
        (Some(user), Some(password)) => {
            Said::Whole(Login { user: Some(user.to_owned()), secret: password.into(), scheme: None, ends })
        }
        (None, Some(_)) => Said::Half("a password without a user name".to_owned()),
        (Some(user), None) if last("username").is_some() => {
            Said::Half(format!("the user name {} without a password", sanitize::short(user, 80)))
        }
        _ => Said::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_whole_half_and_with_its_end() {
        let Said::Whole(login) = read("username=ana\npassword=a=b\r\npassword_expiry_utc=1700000000\n", None) else {
            panic!("not whole")
        };
        assert_eq!((login.user.as_deref(), login.secret.reveal()), (Some("ana"), "a=b"));
        assert_eq!(login.ends, Timestamp::from_second(1_700_000_000).ok());
        let bearer = read("capability[]=authtype\nauthtype=Bearer\ncredential=tok\n", None);
        assert!(matches!(bearer, Said::Whole(l) if l.scheme.as_deref() == Some("Bearer") && l.user.is_none()));
        assert!(matches!(read("password=x\n", None), Said::Half(_)));
        assert!(matches!(read("password=x\n", Some("ana")), Said::Whole(_)));
        assert!(matches!(read("username=ana\n", None), Said::Half(_)));
        for nothing in ["", "quit=1\n", "garbage", "username=\npassword=\n"] {
            assert_eq!(read(nothing, Some("ana")), Said::Nothing, "{nothing:?}");
        }
    }

    #[test]
    fn the_question_has_the_path_only_where_it_is_wanted() {
        let url = Url::parse("https://dev.azure.com/contoso/web/_git/app").unwrap();
        let config = Config::parse("global\0file:x\0credential.https://dev.azure.com.usehttppath\ntrue\0");
        let with = Question::of(&url, &config);
        assert_eq!(
            with.text().reveal(),
            "capability[]=authtype\nprotocol=https\nhost=dev.azure.com\npath=contoso/web/_git/app\n\n"
        );
        let named = Url::parse("http://ana@127.0.0.1:8080/x").unwrap();
        let text = Question::of(&named, &Config::default()).text();
        assert_eq!(text.reveal(), "capability[]=authtype\nprotocol=http\nhost=127.0.0.1:8080\nusername=ana\n\n");
    }
}
