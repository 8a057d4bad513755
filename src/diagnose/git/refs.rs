//! git's first question to a host, asked by keyrack: `GET …/info/refs`. Reads what would be told of references, fetches
//! and pushes nothing.
//!
//! <https://git-scm.com/docs/http-protocol>. Every host refuses in its own way; the ways are data.

use url::Url;

use super::helper::Login;
use crate::diagnose::facts::{RefusalFacts, facts};
use crate::diagnose::look::{finding, of_net};
use crate::domain::{FamilyId, Finding};
use crate::hosts::{Wire, answer, facts::Facts};
use crate::net::{Request, Response};
use crate::secret::SecretText;

/// What git wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Fetch,
    Push,
}

impl Service {
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Fetch => "git-upload-pack",
            Self::Push => "git-receive-pack",
        }
    }

    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Push => "push",
        }
    }
}

/// What the host said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The references.
    Works,
    /// The host refuses.
    Refused(Finding),
    /// Nothing that says anything of the log-in.
    Untold(Finding),
}

/// Asks once. `who` is whose log-in it is, for people.
pub(crate) async fn ask(
    wire: &Wire<'_>,
    facts: &Facts,
    url: &Url,
    service: Service,
    login: Option<&Login>,
    who: &Who<'_>,
) -> Reply {
    let base = url.as_str().trim_end_matches('/');
    let request = Request::get(format!("{base}/info/refs?service={}", service.slug()));
    let request = match login {
        None => request,
        Some(Login { scheme: Some(scheme), secret, .. }) => {
            let header = zeroize::Zeroizing::new(format!("{scheme} {}", secret.reveal()));
            request.secret_header("Authorization", SecretText::from(header.as_str()))
        }
        Some(login) => request.basic(login.user.as_deref().unwrap_or(""), &login.secret),
    };
    let response = match wire.send(request).await {
        Ok(response) => response,
        Err(error) => return Reply::Untold(of_net(&error)),
    };
    let kind = response.header("content-type").unwrap_or("").to_owned();
    wire.note(format!("{} {}", service.slug(), who.short));
    if response.status == 200 && kind.starts_with(&format!("application/x-{}-advertisement", service.slug())) {
        return Reply::Works;
    }
    read(wire, facts, url, &response, who)
}

/// Whose log-in it is.
pub(crate) struct Who<'a> {
    /// `this credential, as ana`.
    pub(crate) long: &'a str,
    /// `as ana`.
    pub(crate) short: &'a str,
    /// The label for commands.
    pub(crate) label: &'a str,
}

fn read(wire: &Wire<'_>, facts: &Facts, url: &Url, response: &Response, who: &Who<'_>) -> Reply {
    let status = response.status.to_string();
    let fill = |code: &str| {
        let args = [
            ("who", who.long),
            ("status", status.as_str()),
            ("url", url.as_str()),
            ("label", who.label),
            ("family", facts.id.as_str()),
        ];
        finding(code, &args)
    };
    if let Some(refusal) = said(&facts.id, response) {
        return Reply::Refused(fill(&refusal.finding));
    }
    let location = response.header("location").unwrap_or("").to_ascii_lowercase();
    let to_sign_in = ["signin", "sign_in", "login", "saml", "sso"].iter().any(|word| location.contains(word));
    if response.status == 203 || (300..400).contains(&response.status) && to_sign_in {
        return Reply::Refused(fill("git.sign-in"));
    }
    let foreign = answer::foreign(wire, facts, response, true).and_then(|v| v.findings.into_iter().next());
    Reply::Untold(foreign.unwrap_or_else(|| match response.status {
        200 => finding("http.garbage", &[("detail", "not git's list of references")]),
        _ => finding("http.unexpected", &[("status", &status)]),
    }))
}

/// The refusal that an answer is. A page in place of the answer is one only where git is asked to log in, or where the
/// family is known to answer so.
fn said(family: &FamilyId, response: &Response) -> Option<&'static RefusalFacts> {
    let body = response.body.get(..response.body.len().min(16 * 1024)).unwrap_or(&response.body).to_lowercase();
    let asks = response.status == 401 && response.header("www-authenticate").is_some();
    let found = facts().refusals.iter().find(|r| {
        (r.families.is_empty() || r.families.contains(family))
            && (r.status.is_empty() || r.status.contains(&response.status))
            && body.contains(&r.text)
    })?;
    let sure = asks || !response.is_html() || !found.families.is_empty();
    (sure && !(200..203).contains(&response.status)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(family: &str, status: u16, headers: &[(&str, &str)], body: &str) -> Option<&'static str> {
        said(&FamilyId::new(family), &Response::of(status, headers, body)).map(|r| r.finding.as_str())
    }

    #[test]
    fn each_vendors_refusals_are_told_apart() {
        let asks = [("WWW-Authenticate", "Basic realm=\"x\"")];
        let html = [("Content-Type", "text/html")];
        let gitlab =
            "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect";
        let hidden = "You may not have access to this repository or it no longer exists in this workspace.";
        for (family, status, headers, body, wanted) in [
            ("github", 403, &[][..], "remote: Write access to repository not granted.", Some("git.no-push")),
            ("github", 403, &[], "Permission to octo/web.git denied to mara.", Some("git.no-push")),
            ("github", 403, &[], "The 'acme' organization has enabled or enforced SAML SSO.", Some("git.sso")),
            (
                "github",
                403,
                &[],
                "Personal access tokens (classic) are forbidden from accessing this repository.",
                Some("git.kind-forbidden"),
            ),
            ("github", 403, &[], "Your account is suspended. Please visit", Some("git.blocked")),
            ("github", 401, &asks, "Invalid username or token.", Some("git.refused")),
            ("github", 404, &[], "Repository not found.", Some("git.not-found")),
            ("gitlab", 401, &asks, gitlab, Some("git.gitlab-refused")),
            ("azure-devops", 203, &html, "<html>Sign in</html>", Some("git.sign-in")),
            ("azure-devops", 302, &[], "", Some("git.sign-in")),
            (
                "azure-devops",
                401,
                &[],
                "Access Denied: The Personal Access Token used has expired.",
                Some("git.expired"),
            ),
            ("azure-devops", 404, &[], "TF401019: The Git repository with name", Some("git.not-found")),
            ("azure-devops", 403, &[], "VS403463: The conditional access policy", Some("git.policy")),
            ("bitbucket-cloud", 410, &[], "see CHANGE-3222", Some("git.app-password")),
            ("bitbucket-cloud", 401, &asks, "", Some("git.bitbucket-refused")),
            ("bitbucket-cloud", 404, &[], hidden, Some("git.not-found")),
            ("bitbucket-cloud", 403, &[], "", Some("git.forbidden")),
            ("codecommit", 403, &[], "", Some("git.codecommit")),
            ("forgejo", 401, &[], "Users with two-factor authentication enabled cannot", Some("git.two-factor")),
            ("forgejo", 403, &[], "Your account is disabled.", Some("git.blocked")),
            ("forgejo", 403, &[], "This repo is archived. You can", Some("git.read-only")),
            ("forgejo", 403, &[], "Forbidden", Some("git.forbidden")),
            ("bitbucket-datacenter", 401, &asks, "<html>", Some("git.refused")),
            ("gitlab", 403, &[], "Git push is not allowed: (read-only) maintenance mode.", Some("git.maintenance")),
            ("forgejo", 403, &[], "Interacting by HTTP protocol is not allowed", Some("git.http-off")),
            // A page of something in front of the host.
            ("github", 403, &html, "<html>blocked by the proxy</html>", None),
            ("github", 401, &html, "<html>log in</html>", None),
            ("github", 200, &html, "<html>sign in</html>", None),
            ("github", 502, &[], "", None),
        ] {
            assert_eq!(code(family, status, headers, body), wanted, "{family} {status} {body}");
        }
    }
}
