//! The question to the host: without a log-in, as git begins; with what git would log in with; with the credential itself
//! and the user name that its kind needs. What follows from the three together.

use super::helper::Login;
use super::local::{self, Local};
use super::login::{self, Found};
use super::refs::{self, Reply, Who};
use super::{Target, address};
use crate::diagnose::look::{Look, finding};
use crate::diagnose::viewpoint::Viewpoint;
use crate::domain::{Finding, StageState, Validation, Verdict};
use crate::hosts::Wire;
use crate::hosts::facts::GitLogin;
use crate::ops::Core;
use crate::ops::exchange::Channel;
use crate::secret::Masker;

/// What was sent and what came of it.
#[derive(Default)]
struct Seen<'a> {
    open: bool,
    gits: Option<(&'a Found, Reply)>,
    own: Option<(String, Reply)>,
    /// Why the credential itself was not tried.
    not_own: Option<&'static str>,
}

/// Asks, and concludes.
pub(super) async fn run(
    core: &Core,
    view: &Viewpoint<'_>,
    target: &Target,
    local: &Local,
    channel: &Channel,
    asked: Option<&Validation>,
) -> Look {
    // This one endpoint, whatever else the host has.
    let endpoint = address::endpoint(view).unwrap_or("web");
    let endpoints = channel.endpoints.iter().filter(|(name, _)| name.as_str() == endpoint);
    let endpoints = endpoints.map(|(n, u)| (n.clone(), u.clone())).collect();
    let texts = view.secret.into_iter().flat_map(|s| std::iter::once(&s.token).chain(s.session.as_ref()));
    let masker = Masker::new(texts.chain(local.logins.iter().map(|f| &f.login.secret)));
    let wire = Wire::new(&*channel.transport, endpoints, masker, core.clock.now());
    let facts = channel.family.facts();
    let label = view.patient.label().unwrap_or("LABEL");
    let ask = async |login: Option<&Login>, long: &str, short: &str| {
        refs::ask(&wire, facts, &local.url, target.service, login, &Who { long, short, label }).await
    };
    let mut seen = Seen::default();
    let open = ask(None, "git without a log-in", "without a log-in").await;
    if let Reply::Untold(why) = open {
        let mut look = Look::of(StageState::Untold, why.title.clone()).proved(wire.take_evidence());
        (look.facts, look.findings) = (local.facts.clone(), vec![why]);
        look.findings.extend(local.findings.iter().cloned());
        return look;
    }
    seen.open = open == Reply::Works;
    let own = own_login(view, facts.kind(view.patient.kind), asked);
    let mut shared = None;
    for found in &local.logins {
        // To an open repository git goes without asking anybody.
        if seen.open && found.source.starts_with("the helper") {
            break;
        }
        // Sent once, below.
        let same = own.as_ref().is_ok_and(|own| own.secret == found.login.secret && own.user == found.login.user);
        if same {
            shared = Some(found);
            break;
        }
        let long = format!("what {} answers, as {}", found.source, found.user());
        let reply = ask(Some(&found.login), &long, &format!("as {}, from {}", found.user(), found.source)).await;
        let goes_on = found.goes_on && matches!(reply, Reply::Refused(_));
        seen.gits = Some((found, reply));
        if !goes_on {
            break;
        }
    }
    match own {
        Ok(login) => {
            let user = login::shown(login.user.as_deref());
            let long = format!("this credential, as {user}");
            let reply = ask(Some(&login), &long, &format!("as {user}, with this credential")).await;
            if let Some(found) = shared {
                seen.gits = Some((found, reply.clone()));
            }
            seen.own = Some((user, reply));
        }
        Err(why) => seen.not_own = Some(why),
    }
    let mut look = conclude(view, target, local, &seen);
    look.evidence = wire.take_evidence();
    look
}

/// The log-in with the credential itself, or why it is not tried.
fn own_login(
    view: &Viewpoint<'_>,
    kind: Option<&crate::hosts::facts::KindFacts>,
    asked: Option<&Validation>,
) -> Result<Login, &'static str> {
    let secret = view.secret.ok_or("its secret is not known, or may not be sent")?;
    let asked = asked.ok_or("the host was not asked about it")?;
    if asked.verdict.is_dead() || asked.verdict == Verdict::Blocked {
        return Err("the host refuses it already, and each further attempt may lock the account");
    }
    if !matches!(asked.verdict, Verdict::Valid | Verdict::Expiring | Verdict::Limited) {
        return Err("the host did not accept it before");
    }
    let login = asked.identity.as_ref().map(|who| who.login.as_str());
    let with = |user: Option<&str>, scheme: Option<&str>| Login {
        user: user.map(str::to_owned),
        secret: secret.token.clone(),
        scheme: scheme.map(str::to_owned),
        ends: None,
    };
    match kind.map(|k| k.git_login(view.patient.username.as_deref(), login)) {
        Some(GitLogin::User(user)) => Ok(with(Some(user), None)),
        Some(GitLogin::Bearer) => Ok(with(None, Some("Bearer"))),
        Some(GitLogin::UserUnknown) => Err("the user name that git needs with it is not known"),
        Some(GitLogin::PerRequest) => Err("its password for git is computed for each request, by the helper"),
        Some(GitLogin::Never) | None => Err("git takes no credential of this kind"),
    }
}

fn conclude(view: &Viewpoint<'_>, target: &Target, local: &Local, seen: &Seen<'_>) -> Look {
    let mut first: Vec<Finding> = Vec::new();
    let verb = target.service.verb();
    let (state, summary) = match (&seen.gits, &seen.own) {
        (Some((found, Reply::Works)), _) if local::is_other(view, found) => (StageState::Warned, String::new()),
        (Some((found, Reply::Works)), _) => {
            let told = format!("git may {verb}, answered by {} as {}", found.source, found.user());
            (StageState::Passed, told)
        }
        (Some((found, Reply::Refused(why))), Some((own, Reply::Works))) => {
            first.extend([answer_refused(view, found, own, why), why.clone()]);
            (StageState::Failed, String::new())
        }
        (Some((_, Reply::Refused(why))), Some((_, Reply::Refused(own)))) => {
            first.push(own.clone());
            first.extend(Some(why).filter(|why| *why != own).cloned());
            (StageState::Failed, String::new())
        }
        (Some((_, Reply::Refused(why))), _) => {
            first.push(why.clone());
            (StageState::Failed, String::new())
        }
        (_, Some((_, Reply::Refused(why)))) => {
            first.push(why.clone());
            (StageState::Failed, String::new())
        }
        (Some((_, Reply::Untold(why))), _) | (None, Some((_, Reply::Untold(why)))) => {
            first.push(why.clone());
            (StageState::Untold, String::new())
        }
        (None, Some((own, Reply::Works))) if seen.open => {
            (StageState::Passed, format!("open to everybody: git asks for no log-in to {verb}; as {own} it works too"))
        }
        (None, Some((own, Reply::Works))) if local.has_git => {
            let args = [("url", local.url.as_str()), ("user", own.as_str())];
            first.push(finding("git.no-answer", &args));
            (StageState::Warned, String::new())
        }
        (None, Some((own, Reply::Works))) => (StageState::Passed, format!("git may {verb} as {own}")),
        (None, None) if seen.open => {
            (StageState::Passed, format!("open to everybody: git asks for no log-in to {verb}"))
        }
        (None, None) => {
            let why = seen.not_own.unwrap_or("nothing was sent");
            (StageState::Untold, format!("nothing answers git; this credential was not tried, since {why}"))
        }
    };
    let mut facts = local.facts.clone();
    if let Some(why) = seen.not_own {
        facts.push(("this credential".to_owned(), format!("not tried, since {why}")));
    }
    first.extend(local.findings.iter().cloned());
    // What this machine alone shows is worth a warning where all else is well.
    let state = if state == StageState::Passed && !first.is_empty() { StageState::Warned } else { state };
    let summary = match first.first() {
        Some(finding) if summary.is_empty() || state == StageState::Warned => finding.title.clone(),
        _ => summary,
    };
    Look { facts, findings: first, ..Look::of(state, summary) }
}

fn answer_refused(view: &Viewpoint<'_>, found: &Found, own: &str, why: &Finding) -> Finding {
    let user = found.user();
    let same = !local::is_other(view, found);
    let code = if same && user != own { "git.wrong-user" } else { "git.answer-refused" };
    let args = [
        ("source", found.source.as_str()),
        ("user", &user),
        ("held", local::held(view, found)),
        ("own", own),
        ("said", &why.title),
        ("how", &found.how),
    ];
    finding(code, &args)
}
