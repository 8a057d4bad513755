//! What this machine alone shows: where git goes, which helpers it asks and what they say, what it logs in with.

use jiff::Timestamp;
use url::Url;

use super::Target;
use super::config::{Config, without_user_info};
use super::helper::{self, Asked, Question, Said};
use super::login::{self, Found};
use super::refs::Service;
use crate::diagnose::board::Board;
use crate::diagnose::git::machine::Machine;
use crate::diagnose::held::Held;
use crate::diagnose::look::finding;
use crate::diagnose::viewpoint::Viewpoint;
use crate::domain::Finding;
use crate::ops::exchange;
use crate::sanitize;
use crate::secret::{Secret, SecretText};

/// What this machine shows.
pub(super) struct Local {
    /// Where git goes in the end, without user name and password.
    pub(super) url: Url,
    /// It goes there over HTTP or HTTPS.
    pub(super) is_http: bool,
    /// What it logs in with, the first first.
    pub(super) logins: Vec<Found>,
    /// There is a git to speak of.
    pub(super) has_git: bool,
    pub(super) facts: Vec<(String, String)>,
    pub(super) findings: Vec<Finding>,
}

/// Looks at settings, files and helpers.
pub(super) async fn look(
    view: &Viewpoint<'_>,
    machine: &Machine,
    target: &Target,
    now: Timestamp,
    board: &Board<'_>,
) -> Local {
    let mut out = Local {
        url: bare(&target.url),
        is_http: true,
        logins: Vec::new(),
        has_git: false,
        facts: vec![("URL".to_owned(), sanitize::short(&login::bare(&target.url), 200))],
        findings: Vec::new(),
    };
    let (Some(program), Ok(config)) = (&machine.git, &machine.config) else {
        let why = if machine.git.is_none() { "there is none in PATH" } else { "its settings cannot be read" };
        out.facts.push(("git".to_owned(), why.to_owned()));
        return out;
    };
    out.has_git = true;
    let Some(url) = rewritten(config, target, &mut out) else { return out };
    let question = Question::of(&url, config);
    out.facts.push(("git asks for".to_owned(), question.words()));
    let asked = helper::ask_all(program, view.around, config, &url).await;
    for (place, helper) in asked.iter().enumerate() {
        if let Said::Whole(login) = &helper.said {
            learn(board, &login.secret, login.user.as_deref());
        }
        let said = words(view, &helper.said, now);
        out.facts.push((format!("helper {}: {}", place + 1, helper.name), said));
        out.findings.extend(trouble(helper, now));
    }
    out.logins = login::all(config, &machine.netrc, &asked, &url, now);
    for (place, found) in out.logins.iter().enumerate() {
        learn(board, &found.login.secret, found.login.user.as_deref());
        let held = held(view, found);
        let told = format!("{}, as {}, with {held}", found.source, found.user());
        out.facts.push((format!("git takes {}", place + 1), told));
    }
    if out.logins.is_empty() {
        out.facts.push(("git takes".to_owned(), "nothing: it asks at the terminal".to_owned()));
    }
    needs_path(view, &question, &asked, &url, &mut out);
    if let Some(first) = out.logins.first()
        && is_other(view, first)
    {
        let args = [("source", first.source.as_str()), ("user", &first.user()), ("how", &first.how)];
        out.findings.insert(0, finding("git.other-secret", &args));
    }
    out
}

/// The secret in words, against this credential's.
pub(super) fn held(view: &Viewpoint<'_>, found: &Found) -> &'static str {
    if is_computed(view, found) {
        return "a password computed from this access key";
    }
    Held::of(found.login.secret.reveal(), view.secret).words()
}

/// It is certain that it is another secret.
pub(super) fn is_other(view: &Viewpoint<'_>, found: &Found) -> bool {
    let held = Held::of(found.login.secret.reveal(), view.secret);
    matches!(held, Held::Other | Held::Dressed) && !is_computed(view, found)
}

/// A helper of AWS's answers with the access key id and a signature.
fn is_computed(view: &Viewpoint<'_>, found: &Found) -> bool {
    let id = found.login.user.as_deref().and_then(|u| u.split('%').next());
    view.patient.host.family.as_str() == "codecommit" && id.is_some() && id == view.patient.username.as_deref()
}

/// From now on no report holds it. What stands behind the access key id is AWS's session token.
fn learn(board: &Board<'_>, secret: &SecretText, user: Option<&str>) {
    board.learn(&Secret::token(secret.clone()));
    if let Some((_, session)) = user.and_then(|u| u.split_once('%')) {
        board.learn(&Secret::token(session.into()));
    }
}

fn bare(url: &Url) -> Url {
    Url::parse(&login::bare(url)).unwrap_or_else(|_| url.clone())
}

/// Where git goes, with the user name of its URL; none where that is not over HTTP.
fn rewritten(config: &Config, target: &Target, out: &mut Local) -> Option<Url> {
    let push = target.service == Service::Push;
    let Some((to, rule)) = config.rewritten(target.url.as_str(), push) else { return Some(target.url.clone()) };
    let shown = sanitize::short(&without_user_info(&to), 200);
    out.facts.push(("rewritten to".to_owned(), format!("{shown} ({} in {})", rule.key(), rule.place())));
    match Url::parse(&to).ok().filter(|u| matches!(u.scheme(), "http" | "https")) {
        Some(url) => {
            out.url = bare(&url);
            Some(url)
        }
        None => {
            out.is_http = false;
            let from = login::bare(&target.url);
            let args =
                [("to", shown), ("url", from), ("key", rule.key()), ("where", rule.place()), ("how", rule.removal())];
            let args: Vec<(&str, &str)> = args.iter().map(|(n, v)| (*n, v.as_str())).collect();
            out.findings.push(finding("git.not-https", &args));
            None
        }
    }
}

fn words(view: &Viewpoint<'_>, said: &Said, now: Timestamp) -> String {
    match said {
        Said::Whole(login) => {
            let user = login::shown(login.user.as_deref());
            let ends = match login.ends {
                Some(end) if end <= now => format!(", which ended {}", exchange::relative(now, end)),
                Some(end) => format!(", which ends {}", exchange::relative(now, end)),
                None => String::new(),
            };
            format!("as {user}, with {}{ends}", Held::of(login.secret.reveal(), view.secret).words())
        }
        Said::Half(what) => what.clone(),
        Said::Nothing => "nothing".to_owned(),
        Said::Missing(what) => (*what).to_owned(),
        Said::Failed(what) => what.clone(),
        Said::Hangs => "no answer in 8 s".to_owned(),
        Said::NotAsked(why) => format!("not asked, since {why}"),
    }
}

fn trouble(helper: &Asked, now: Timestamp) -> Option<Finding> {
    let Asked { name, place, removal, said } = helper;
    let args = [("name", name.as_str()), ("where", place), ("how", removal)];
    match said {
        Said::Missing(detail) => Some(finding("git.helper-missing", &[args[0], args[1], args[2], ("detail", detail)])),
        Said::Hangs => Some(finding("git.helper-hangs", &args)),
        Said::Whole(login) => {
            let end = login.ends.filter(|end| *end <= now)?;
            let source = format!("the helper {name}");
            let when = exchange::relative(now, end);
            let how = format!("`{removal}`");
            Some(finding("git.expired-answer", &[("source", &source), ("when", &when), ("how", &how)]))
        }
        _ => None,
    }
}

/// Hosts where one password is not for all repositories.
fn needs_path(view: &Viewpoint<'_>, question: &Question, asked: &[Asked], url: &Url, out: &mut Local) {
    if question.has_path() {
        return;
    }
    let aws = asked.iter().any(|a| a.name.contains("aws"));
    let why = match view.patient.host.family.as_str() {
        "codecommit" if aws => {
            "AWS's helper signs the path of the repository; without it, it makes a password that is refused."
        }
        "azure-devops" if url.host_str() == Some("dev.azure.com") && asked.len() > 1 => {
            "Every organization is a path of dev.azure.com, so that the token of one is answered for all of them."
        }
        _ => return,
    };
    let base = url.origin().ascii_serialization();
    out.findings.push(finding("git.needs-path", &[("why", why), ("base", &base)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_that_does_not_answer_is_named_with_the_way_to_take_it_away() {
        let helper = Asked {
            name: "manager".to_owned(),
            place: "~/.gitconfig".to_owned(),
            removal: "git config --global --unset credential.helper".to_owned(),
            said: Said::Hangs,
        };
        let found = trouble(&helper, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(found.code, "git.helper-hangs");
        let whole = format!("{} {} {}", found.title, found.cause, found.remedy);
        assert!(whole.contains("manager") && whole.contains("--unset credential.helper"), "{whole}");
    }
}
