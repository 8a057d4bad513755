//! Finding out about single permissions by reading: GitHub lists those of no fine-grained token, but refuses a read that
//! lacks one, and names what it would have taken. Nothing is ever written, so of most write permissions nothing can be told.
//!
//! <https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens>

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use super::asking::{Asking, is_success};
use super::form::Form;
use super::refusal::{self, Signature};
use super::{FACTS, GitHub, clip};
use crate::domain::{Grant, GrantSource, LookAt, Probed, Validation};
use crate::hosts::segment::segment;
use crate::hosts::{Probe, Session};
use crate::net::Response;

/// A read that tells about one permission.
struct Look {
    permission: &'static str,
    level: &'static str,
    /// Below the repository, or from the root of the API.
    path: &'static str,
    /// Statuses that also show that it is held.
    also: &'static [u16],
    /// Not Found means that it is not held.
    hidden_is_none: bool,
    /// Every token can read it in a public repository.
    private_only: bool,
}

const fn look(permission: &'static str, path: &'static str, also: &'static [u16]) -> Look {
    Look { permission, level: "read", path, also, hidden_is_none: false, private_only: false }
}

const fn private(look: Look) -> Look {
    Look { private_only: true, ..look }
}

const fn hidden(look: Look) -> Look {
    Look { hidden_is_none: true, ..look }
}

const fn write(look: Look) -> Look {
    Look { level: "write", ..look }
}

/// In a repository. A made-up name or commit is asked for where only the refusal matters.
const REPOSITORY: &[Look] = &[
    look("metadata", "collaborators?per_page=1", &[]),
    private(look("contents", "commits?per_page=1", &[409])),
    private(look("actions", "actions/artifacts?per_page=1", &[])),
    hidden(look("administration", "actions/permissions", &[])),
    write(look("administration", "rulesets/rule-suites?per_page=1", &[])),
    look("security_events", "code-scanning/alerts?per_page=1", &[404]),
    look("codespaces", "codespaces?per_page=1", &[]),
    write(look("codespaces", "codespaces/permissions_check", &[422])),
    look("codespaces_metadata", "codespaces/machines", &[]),
    write(look("codespaces_secrets", "codespaces/secrets/KEYRACK_NO_SUCH_NAME", &[404])),
    private(look("statuses", "commits/no-such-sha/statuses", &[404])),
    look("vulnerability_alerts", "dependabot/alerts?per_page=1", &[]),
    look("dependabot_secrets", "dependabot/secrets?per_page=1", &[]),
    look("deployments", "deployments?per_page=1", &[]),
    private(look("issues", "issues?per_page=1", &[301])),
    private(look("pages", "pages", &[404])),
    private(look("pull_requests", "pulls?per_page=1", &[])),
    hidden(look("repository_advisories", "security-advisories?per_page=1", &[])),
    look("secret_scanning_alerts", "secret-scanning/alerts?per_page=1", &[404]),
    look("secrets", "actions/secrets?per_page=1", &[]),
    look("actions_variables", "actions/variables?per_page=1", &[]),
    hidden(look("repository_hooks", "hooks?per_page=1", &[])),
];

/// Of the account.
const ACCOUNT: &[Look] = &[
    look("blocking", "/user/blocks?per_page=1", &[]),
    look("codespaces_user_secrets", "/user/codespaces/secrets?per_page=1", &[]),
    look("emails", "/user/emails?per_page=1", &[]),
    look("followers", "/user/followers?per_page=1", &[]),
    look("gpg_keys", "/user/gpg_keys?per_page=1", &[]),
    look("keys", "/user/keys?per_page=1", &[]),
    look("git_signing_ssh_public_keys", "/user/ssh_signing_keys?per_page=1", &[]),
    look("interaction_limits", "/user/interaction-limits", &[204]),
];

impl Probe for GitHub {
    fn probe<'a>(
        &'a self,
        session: &'a Session<'a>,
        look_at: &'a LookAt,
        wanted: &'a [String],
    ) -> BoxFuture<'a, Probed> {
        Box::pin(async move {
            let at = Asking::of(session);
            let form = Form::of(at.key.reveal());
            let mut found = Probing { at, probed: Probed::default(), asked: BTreeMap::new(), stopped: None };
            let repository = found.repository(look_at).await;
            if form.has_scopes() {
                found.scopes(wanted).await;
            } else {
                found.permissions(&repository, wanted).await;
            }
            found.probed.evidence.extend(at.wire.take_evidence());
            found.probed
        })
    }
}

/// The repository that is looked at.
enum Place {
    /// None was named.
    Nowhere,
    /// Its path in the API, and whether everybody can read it.
    Here { path: String, public: bool },
    /// It cannot be looked into; why.
    Closed(String),
}

struct Probing<'a> {
    at: Asking<'a>,
    probed: Probed,
    /// What each path answered: held, not held, or why it cannot be told.
    asked: BTreeMap<String, Result<bool, String>>,
    /// Why no more is asked.
    stopped: Option<String>,
}

impl Probing<'_> {
    /// Asks for the repository. Shows whether its organisation wants single sign-on for the token.
    async fn repository(&mut self, look_at: &LookAt) -> Place {
        let Some(name) = look_at.repository.as_deref().map(str::trim).filter(|name| !name.is_empty()) else {
            return Place::Nowhere;
        };
        let path = name
            .split_once('/')
            .filter(|(_, name)| !name.contains('/'))
            .and_then(|(owner, name)| Some(format!("/repos/{}/{}", segment(owner)?, segment(name)?)));
        let Some(path) = path else { return Place::Closed(format!("`{}` is not OWNER/NAME", clip(name))) };
        let response = match self.at.get(&path).await {
            Ok(response) => response,
            Err(unreachable) => return self.stop(*unreachable),
        };
        if is_success(&response) {
            let body = response.json().unwrap_or_default();
            let public = body["private"].as_bool() == Some(false);
            self.at.wire.note(if public { "public" } else { "private" });
            return Place::Here { path, public };
        }
        match refusal::recognise(self.at, &response) {
            Some(signature) => {
                let finding = signature.finding(self.at);
                let why = finding.title.clone();
                self.probed.findings.push(finding);
                self.stopped = Some(why.clone());
                return Place::Closed(why);
            }
            None if response.status == 404 && super::is_github(&response) => {
                let finding = Signature::new("repository-hidden").with("repository", clip(name)).finding(self.at);
                let why = finding.title.clone();
                self.probed.findings.push(finding);
                return Place::Closed(why);
            }
            None => {}
        }
        self.stop(refusal::conclude(self.at, &response))
    }

    /// Takes over what a validation found; its reason.
    fn keep(&mut self, validation: Validation) -> String {
        self.probed.evidence.extend(validation.evidence);
        self.probed.findings.extend(validation.findings);
        validation.reason
    }

    /// What stands in the way of this request would stand in that of every further one.
    fn stop(&mut self, validation: Validation) -> Place {
        let why = self.keep(validation);
        self.stopped = Some(why.clone());
        Place::Closed(why)
    }

    /// Scopes of classic and OAuth tokens come with every answer.
    async fn scopes(&mut self, wanted: &[String]) {
        let told = match self.at.get("/user").await {
            Ok(response) if is_success(&response) => {
                refusal::note_header(self.at.wire, &response, "X-OAuth-Scopes");
                response.header("x-oauth-scopes").map(refusal::scopes).ok_or("GitHub told no scopes".to_owned())
            }
            Ok(response) => Err(self.keep(refusal::conclude(self.at, &response))),
            Err(unreachable) => Err(self.keep(*unreachable)),
        };
        match told {
            Ok(scopes) => {
                let implied = FACTS.implied(&scopes);
                for name in wanted {
                    match (scopes.contains(name), implied.contains(name)) {
                        (true, _) => self.probed.grants.push(Grant::told(name)),
                        (_, true) => {
                            self.probed.grants.push(Grant { name: name.clone(), source: GrantSource::Implied });
                        }
                        _ => self.probed.denied.push(name.clone()),
                    }
                }
            }
            Err(why) => self.probed.unknown.extend(wanted.iter().map(|name| (name.clone(), why.clone()))),
        }
    }

    async fn permissions(&mut self, place: &Place, wanted: &[String]) {
        for name in wanted {
            let Some((permission, level)) = name.split_once([':', '=']) else {
                self.unknown(name, "a permission is written NAME:read, NAME:write or NAME:admin");
                continue;
            };
            match self.ask(place, permission, level).await {
                Ok(true) => self.hold(permission, level),
                Ok(false) => self.probed.denied.push(name.clone()),
                Err(why) => self.unknown(name, &why),
            }
        }
    }

    /// Whether the permission is held at that level, or why it cannot be told.
    async fn ask(&mut self, place: &Place, permission: &str, level: &str) -> Result<bool, String> {
        let of = |looks: &'static [Look], level: &str| {
            looks.iter().find(|look| look.permission == permission && look.level == level)
        };
        if let Some(look) = of(ACCOUNT, "read") {
            return match (self.look(look, look.path).await?, level) {
                // What reads not does not write either.
                (false, _) | (true, "read") => self.look(look, look.path).await,
                (true, _) => Err(WRITES.to_owned()),
            };
        }
        let (read, exact) = (of(REPOSITORY, "read"), of(REPOSITORY, level));
        let Some(first) = read.or(exact) else {
            return Err("GitHub has no harmless request that would tell; look at the token's page".to_owned());
        };
        let (path, public) = match place {
            Place::Here { path, public } => (path, *public),
            Place::Closed(why) => return Err(why.clone()),
            Place::Nowhere => return Err("no repository is named to look at (OWNER/NAME)".to_owned()),
        };
        if permission == "metadata" && level == "read" && public {
            return Ok(true);
        }
        let below = |look: &Look| format!("{path}/{}", look.path);
        if let Some(exact) = exact.filter(|look| look.level != "read") {
            // A proof of the higher level; its refusal is one of that level alone.
            return self.look(exact, &below(exact)).await;
        }
        if first.private_only && public {
            return Err("the repository is public: every token reads it; name a private one".to_owned());
        }
        match (self.look(first, &below(first)).await?, level) {
            (held, "read") => Ok(held),
            (false, _) => Ok(false),
            (true, _) => Err(WRITES.to_owned()),
        }
    }

    /// Sends one look, once, whatever is asked of it.
    async fn look(&mut self, look: &Look, path: &str) -> Result<bool, String> {
        if let Some(known) = self.asked.get(path) {
            return known.clone();
        }
        if let Some(why) = &self.stopped {
            return Err(why.clone());
        }
        let told = match self.at.get(path).await {
            Ok(response) => self.read(look, &response),
            Err(unreachable) => {
                let why = self.keep(*unreachable);
                self.stopped = Some(why.clone());
                Err(why)
            }
        };
        self.asked.insert(path.to_owned(), told.clone());
        told
    }

    fn read(&mut self, look: &Look, response: &Response) -> Result<bool, String> {
        let github = super::is_github(response) && !response.is_html();
        match response.status {
            200 if is_success(response) => return Ok(true),
            status if github && look.also.contains(&status) => return Ok(true),
            404 if github && look.hidden_is_none => return Ok(false),
            _ => {}
        }
        match refusal::recognise(self.at, response) {
            // Also names the permissions that would do, which are now in the evidence.
            Some(signature) if matches!(signature.name, "missing-permission" | "not-for-integrations") => Ok(false),
            // The account's role, or a switch of the repository; the token may well have the permission.
            Some(signature) if signature.name == "forbidden" => {
                Err(format!("GitHub refuses it for another reason ({})", response.status))
            }
            Some(signature) => {
                let finding = signature.finding(self.at);
                let why = finding.title.clone();
                self.probed.findings.push(finding);
                self.stopped = Some(why.clone());
                Err(why)
            }
            None => Err(format!("the answer tells nothing ({})", response.status)),
        }
    }

    fn hold(&mut self, permission: &str, level: &str) {
        let mut names = vec![format!("{permission}:{level}")];
        names.extend(FACTS.implied(&names));
        for name in names {
            if !self.probed.grants.iter().any(|g| g.name == name) {
                self.probed.grants.push(Grant { name, source: GrantSource::Probed });
            }
        }
    }

    fn unknown(&mut self, name: &str, why: &str) {
        self.probed.unknown.push((name.to_owned(), why.to_owned()));
    }
}

const WRITES: &str = "reading works; GitHub tells nothing of writing but by writing, which keyrack does not do";
