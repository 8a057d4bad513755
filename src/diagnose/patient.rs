//! Whom a diagnosis is about: a record on the rack at one of its hosts, or a token that was just given.

use url::Url;

use crate::domain::{Credential, Expiry, FamilyId, Host, Kind, LookAt, Subject};
use crate::error::{Error, Result};
use crate::hosts;
use crate::ops::Core;
use crate::ops::exchange::Known;
use crate::ops::hosts::HostInput;
use crate::secret::Secret;

/// Where the secret comes from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// From the store, for this record.
    Rack(Box<Credential>),
    /// It was given.
    Given(Secret),
}

/// Whom a diagnosis is about.
#[derive(Debug, Clone)]
pub struct Patient {
    pub(crate) origin: Origin,
    pub(crate) host: Host,
    pub(crate) kind: Kind,
    pub(crate) username: Option<String>,
    pub(crate) expiry: Expiry,
    pub(crate) expiry_by_user: bool,
    pub(crate) profiles: Vec<String>,
    pub(crate) look_at: LookAt,
    /// The repository that git is asked about.
    pub(crate) git_url: Option<Url>,
}

/// What is to be looked at besides what the record says.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Host record by name; none means every host of the credential.
    pub host: Option<String>,
    /// Jobs to hold it against besides its own.
    pub profiles: Vec<String>,
    /// Where permissions are looked at.
    pub look_at: LookAt,
    /// URL of the repository that git is asked about.
    pub git_url: Option<String>,
}

/// A token that is not on the rack.
#[derive(Debug, Clone)]
pub struct Stranger {
    /// Host record by name, or URL.
    pub host: String,
    /// Family, where neither record nor URL tell it.
    pub family: Option<FamilyId>,
    /// Kind, where its form does not tell it.
    pub kind: Option<Kind>,
    /// User name, e-mail or access key id.
    pub username: Option<String>,
    /// The text that holds the token, as pasted.
    pub secret: Secret,
}

impl Patient {
    /// Label on the rack.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.credential().map(|c| c.label.as_str())
    }

    /// The host it is looked at.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) fn credential(&self) -> Option<&Credential> {
        match &self.origin {
            Origin::Rack(credential) => Some(credential),
            Origin::Given(_) => None,
        }
    }

    pub(crate) fn known(&self) -> Known<'_> {
        Known {
            kind: self.kind,
            username: self.username.as_deref(),
            expiry: self.expiry,
            expiry_by_user: self.expiry_by_user,
        }
    }

    /// As it is shown.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject {
            label: self.label().map(str::to_owned),
            host: self.host.name.clone(),
            url: self.host.url.clone(),
            family: self.host.family.clone(),
            kind: self.kind,
            username: self.username.clone(),
        }
    }
}

impl Core {
    /// The patients of a credential: one for each of its hosts.
    ///
    /// # Errors
    /// Usage error where the label or the host is not known.
    pub fn patients(&self, label: &str, wanted: &Wanted) -> Result<Vec<Patient>> {
        let credential = self.by_label(label)?;
        let git_url = wanted.git_url.as_deref().map(git_url).transpose()?;
        let mut all = Vec::new();
        for binding in &credential.bindings {
            let host = self.host(binding.host)?;
            if wanted.host.as_ref().is_some_and(|name| *name != host.name) {
                continue;
            }
            let mut profiles = credential.profiles.clone();
            profiles.extend(wanted.profiles.iter().filter(|p| !credential.profiles.contains(p)).cloned());
            all.push(Patient {
                host,
                kind: credential.kind,
                username: credential.username.clone(),
                expiry: credential.expiry,
                expiry_by_user: credential.expiry_by_user,
                profiles,
                look_at: wanted.look_at.or(&binding.look_at),
                git_url: git_url.clone(),
                origin: Origin::Rack(Box::new(credential.clone())),
            });
        }
        if all.is_empty() {
            let named = wanted.host.as_deref().unwrap_or("any host");
            return Err(Error::usage(format!("`{label}` is not used at {}", crate::sanitize::short(named, 80)))
                .hint(format!("`keyrack show {label}` lists its hosts.")));
        }
        Ok(all)
    }

    /// The patient that a token is which is not on the rack.
    ///
    /// # Errors
    /// Usage error where the host cannot be understood or a profile is unknown.
    pub async fn patient(&self, stranger: Stranger, wanted: &Wanted) -> Result<Patient> {
        let host = match self.rack.host_by_name(&stranger.host)? {
            Some(host) => host,
            None => {
                let input = HostInput { url: stranger.host, family: stranger.family.clone(), ..HostInput::default() };
                self.host_proposed(&input).await?
            }
        };
        let token = stranger.secret.token.reveal();
        let seen = hosts::recognise::recognise(token).into_iter().find(|c| c.family == host.family).map(|c| c.kind);
        let by_id = || {
            let id = stranger.username.as_deref()?;
            hosts::recognise::recognise(id).into_iter().find(|c| c.family == host.family).map(|c| c.kind)
        };
        let only = || {
            let kinds = &hosts::family(&host.family)?.facts().kinds;
            kinds.first().map(|k| k.kind)
        };
        let kind = stranger.kind.or(seen).or_else(by_id).or_else(only).unwrap_or(Kind::Unknown);
        Ok(Patient {
            host,
            kind,
            username: stranger.username,
            expiry: Expiry::Unknown,
            expiry_by_user: false,
            profiles: wanted.profiles.clone(),
            look_at: wanted.look_at.clone(),
            git_url: wanted.git_url.as_deref().map(git_url).transpose()?,
            origin: Origin::Given(stranger.secret),
        })
    }
}

/// The URL of a repository as it was given: over HTTP, and without a password, which would have been in argv.
fn git_url(text: &str) -> Result<Url> {
    let text = text.trim().trim_end_matches('/').trim_end_matches("/info/refs");
    let url = Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
    let url = url.ok_or_else(|| {
        Error::usage("the URL for git is none over HTTPS")
            .hint("Write it as `git remote -v` shows it: https://HOST/PATH.git.")
    })?;
    if url.password().is_some() || crate::ops::name::looks_like_token(url.username()) {
        return Err(crate::ops::name::a_token_in_the_open("URL for git"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::usage("the URL for git ends in `?` or `#`").hint("Leave that part out."));
    }
    Ok(url)
}
