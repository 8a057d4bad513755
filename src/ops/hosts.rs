//! Host records: made from what a user types, tested, changed, removed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Core;
use super::exchange::{Channel, Known, endpoints_of, family};
use crate::domain::{
    Credential, Evidence, FamilyId, Finding, Host, HostId, SecretState, Severity, Validation, Verdict,
};
use crate::error::{Error, ErrorKind, Result};
use crate::hosts::{self, Detection, Family, HostUrl, Wire};
use crate::net::proxy::ProxyAddress;
use crate::secret::Masker;

/// What a user says of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostInput {
    /// Name; none means the one the URL suggests.
    pub name: Option<String>,
    /// URL as typed.
    pub url: String,
    /// Family, where known.
    pub family: Option<FamilyId>,
    /// AWS region.
    pub region: Option<String>,
    /// Named endpoints that replace defaults.
    pub endpoints: BTreeMap<String, String>,
    /// PEM file of extra certificate authorities.
    pub ca_file: Option<String>,
    /// PEM file with client certificate and key.
    pub client_cert: Option<String>,
    /// Proxy URL.
    pub proxy: Option<String>,
    /// Plain http beyond loopback is allowed.
    pub allow_http: bool,
}

/// A host record and what the user should know of how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The record, not yet kept.
    pub host: Host,
    /// What was changed in the URL, a sentence each.
    pub notes: Vec<String>,
}

/// What a test of a host found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostTest {
    /// Name of the host record.
    pub host: String,
    /// Its family.
    pub family: FamilyId,
    /// Endpoint name to URL, as requests use them.
    pub endpoints: BTreeMap<String, String>,
    /// The product answered as expected.
    pub found: bool,
    /// What answered.
    pub product: Option<String>,
    /// Its version, where told.
    pub version: Option<String>,
    /// What is wrong, where something is.
    pub finding: Option<Finding>,
    /// What a credential was answered there.
    pub validation: Option<Validation>,
}

impl HostTest {
    /// Nothing found out yet.
    fn of(host: &Host) -> Self {
        Self {
            host: host.name.clone(),
            family: host.family.clone(),
            endpoints: BTreeMap::new(),
            found: false,
            product: None,
            version: None,
            finding: None,
            validation: None,
        }
    }
}

/// Longest label or name.
pub const NAME_MAX: usize = 80;

/// Checks a label or host name: not empty, not too long, nothing that acts on a terminal, no leading `-`.
///
/// # Errors
/// Usage error that says which rule it breaks.
pub fn check_name(what: &str, name: &str) -> Result<()> {
    if looks_like_token(name) {
        return Err(a_token_in_the_open(what));
    }
    let wrong = if name.trim().is_empty() {
        "must not be empty"
    } else if name.trim() != name {
        "must not begin or end with a space"
    } else if name.chars().count() > NAME_MAX {
        "must be at most 80 characters"
    } else if name.starts_with('-') {
        "must not begin with `-`, which would read as an option"
    } else if crate::sanitize::line(name) != name {
        "must not contain control or invisible characters"
    } else {
        return Ok(());
    };
    Err(Error::usage(format!("the {what} `{}` {wrong}", crate::sanitize::short(name, 40))))
}

/// Its form is that of a token: somebody mixed up the places. The id of an access key and the user name of an AWS Git
/// credential are public and no tokens.
pub(crate) fn looks_like_token(text: &str) -> bool {
    super::paste::holds_token(text)
}

/// A token stands where a name was expected; it is not repeated.
pub(crate) fn a_token_in_the_open(what: &str) -> Error {
    Error::usage(format!("that is a token, not a {what}")).hint(
        "A token never goes on the command line, where other programs and the shell's history see it: keyrack reads it \
         from a prompt, standard input or --secret-file. Take it out of the history, and replace it if others use this \
         machine.",
    )
}

/// Understands a URL: by the family given, else by the one family that is certain of it.
///
/// # Errors
/// Usage error where no family is given and none is certain, or the URL cannot be one of the family's.
pub fn understand(url: &str, wanted: Option<&FamilyId>) -> Result<(&'static dyn Family, HostUrl)> {
    if looks_like_token(url) {
        return Err(a_token_in_the_open("host"));
    }
    if let Some(id) = wanted {
        let family = family(id)?;
        return Ok((family, family.host_url(url)?));
    }
    let mut possible = false;
    for family in hosts::families() {
        match family.host_url(url) {
            Ok(understood) if understood.certain => return Ok((*family, understood)),
            Ok(_) => possible = true,
            Err(_) => {}
        }
    }
    // What one family says of it would be beside the point: nobody knows which was meant.
    if !possible {
        return Err(Error::usage("that is no address of a host").hint(
            "Type it as the browser shows it, such as https://gitlab.example.com; for AWS CodeCommit a region such as \
             us-east-1.",
        ));
    }
    let known: Vec<_> = hosts::families().iter().map(|f| f.facts().id.to_string()).collect();
    Err(Error::usage(format!("`{}` could be any product", crate::sanitize::short(url, 80)))
        .hint(format!("Say which with --family: {}.", known.join(", "))))
}

/// Makes a host record from what a user typed, asking nobody.
///
/// # Errors
/// Usage error where the URL, an endpoint or the name cannot be used.
pub fn propose(input: &HostInput) -> Result<Proposed> {
    let (family, understood) = understand(&input.url, input.family.as_ref())?;
    let name = input.name.clone().unwrap_or(understood.name);
    check_name("host name", &name)?;
    let mut host = Host::new(name, family.facts().id.clone(), understood.url);
    host.region = input.region.clone().or(understood.region);
    host.endpoints.clone_from(&input.endpoints);
    host.ca_file.clone_from(&input.ca_file);
    host.client_cert.clone_from(&input.client_cert);
    host.proxy.clone_from(&input.proxy);
    host.allow_http = input.allow_http;
    validate_record(family, &mut host)?;
    Ok(Proposed { host, notes: understood.notes })
}

/// Checks endpoints and URL of a record, and normalises them.
fn validate_record(family: &dyn Family, host: &mut Host) -> Result<()> {
    let known: Vec<&str> = family.facts().endpoints.iter().map(|e| e.name.as_str()).collect();
    for (name, value) in &mut host.endpoints {
        if !known.contains(&name.as_str()) {
            return Err(Error::usage(format!("the family {} has no endpoint `{name}`", host.family))
                .hint(format!("Its endpoints: {}.", known.join(", "))));
        }
        let parsed = url::Url::parse(value).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        let Some(parsed) = parsed else {
            return Err(Error::usage(format!(
                "the endpoint {name} is no http(s) URL: `{}`",
                crate::sanitize::short(value, 80)
            )));
        };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(Error::usage(format!("the endpoint {name} must not hold a user name or password")));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(Error::usage(format!("the endpoint {name} must end with its path: no `?` and no `#`")));
        }
        *value = value.trim_end_matches('/').to_owned();
    }
    if host.proxy.as_deref().is_some_and(|proxy| proxy.contains('@')) {
        return Err(Error::usage("the proxy of a host must not hold a user name or password: it is not kept secret")
            .hint("Give such a proxy in the environment instead: HTTPS_PROXY, HTTP_PROXY or ALL_PROXY."));
    }
    if let Some(proxy) = &host.proxy {
        ProxyAddress::parse(proxy, "the host's proxy")?;
    }
    let endpoints = endpoints_of(family, host)?;
    match endpoints.values().find(|url| !host.allow_http && is_plain_http(url)) {
        Some(url) => Err(plain_http(url)),
        None => Ok(()),
    }
}

/// Plain http to another machine.
fn is_plain_http(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let here = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => true,
    };
    url.scheme() == "http" && !here
}

fn plain_http(url: &str) -> Error {
    Error::usage(format!(
        "{} is plain http: whoever is on the way could read the secrets sent there",
        crate::sanitize::short(url, 120)
    ))
    .hint("Use https://. Where the host has no TLS and the network is yours, say so with --allow-http.")
}

impl Core {
    /// Proposes a record, asks the host what it is, keeps the record. A host that does not answer is kept all the same,
    /// with the reason among the notes.
    ///
    /// # Errors
    /// Usage error where the input cannot be used or the name is taken.
    pub async fn host_add(&self, input: &HostInput) -> Result<(Host, Vec<String>)> {
        let unclear = input.family.is_none() && understand(&input.url, None).is_err();
        if unclear && !input.allow_http && is_plain_http(&input.url) {
            return Err(plain_http(&input.url));
        }
        let Proposed { mut host, mut notes } = match propose(input) {
            Err(error) if unclear && url::Url::parse(&input.url).is_ok() => self.ask_around(input, error).await?,
            other => other?,
        };
        if self.rack.host_by_name(&host.name)?.is_some() {
            return Err(Error::usage(format!("there is a host `{}` on the rack already", host.name))
                .hint(format!("Give another name, or change that one: keyrack host edit {}", host.name)));
        }
        let test = self.detect(&host).await;
        host.product.clone_from(&test.product);
        host.version.clone_from(&test.version);
        if let Some(finding) = &test.finding {
            notes.push(format!("not confirmed that this is {}: {}. {}", host.family, finding.title, finding.remedy));
        }
        host.id = self.rack.add_host(&host)?;
        self.audit("host-add", "", &host.name, "done", format!("{} at {}", host.family, host.url));
        Ok((host, notes))
    }

    /// The URL may be of several families: asks the host which.
    async fn ask_around(&self, input: &HostInput, unclear: Error) -> Result<Proposed> {
        for family in hosts::families() {
            let attempt = HostInput { family: Some(family.facts().id.clone()), ..input.clone() };
            let Ok(mut proposed) = propose(&attempt) else { continue };
            let test = self.detect(&proposed.host).await;
            if test.found {
                proposed.notes.push(format!("the host says that it is {}", test.product.unwrap_or_default()));
                return Ok(proposed);
            }
        }
        Err(unclear.hint("The host was asked too, and no known product answered."))
    }

    /// Asks the host, without a credential, what it is.
    pub(crate) async fn detect(&self, host: &Host) -> HostTest {
        match self.channel(host) {
            Ok(channel) => self.detect_over(host, &channel).await,
            Err(error) => HostTest { finding: Some(as_finding(&error)), ..HostTest::of(host) },
        }
    }

    /// [`Core::detect`] over a channel that is there already.
    pub(crate) async fn detect_over(&self, host: &Host, channel: &Channel) -> HostTest {
        self.detect_with_evidence(host, channel).await.0
    }

    /// [`Core::detect_over`], and the requests that it took.
    pub(crate) async fn detect_with_evidence(&self, host: &Host, channel: &Channel) -> (HostTest, Vec<Evidence>) {
        let mut test = HostTest { endpoints: channel.endpoints.clone(), ..HostTest::of(host) };
        let wire = Wire::new(&*channel.transport, channel.endpoints.clone(), Masker::new([]), self.clock.now());
        match channel.family.detect(&wire).await {
            Detection::Found { product, version } => {
                test.found = true;
                test.product = Some(product);
                test.version = version;
            }
            Detection::NotThis(finding) => test.finding = Some(*finding),
            Detection::Unreachable(error) => {
                let mut seen = wire.unreachable(&error);
                test.finding = seen.findings.pop();
                return (test, seen.evidence);
            }
        }
        let evidence = wire.take_evidence();
        (test, evidence)
    }

    /// A record for what a user typed, by asking the host where the URL alone does not tell its family. It is not kept.
    ///
    /// # Errors
    /// Usage error where the input cannot be used.
    pub(crate) async fn host_proposed(&self, input: &HostInput) -> Result<Host> {
        match propose(input) {
            Ok(proposed) => Ok(proposed.host),
            Err(error) if input.family.is_none() && understand(&input.url, None).is_err() => {
                let known = url::Url::parse(&input.url).is_ok() && !is_plain_http(&input.url);
                if known { Ok(self.ask_around(input, error).await?.host) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    /// Tests a host: what answers there, and, with a credential, how it is answered. Keeps product and version.
    ///
    /// # Errors
    /// Where the rack or the secret store cannot be used.
    pub async fn host_test(&self, host: &Host, using: Option<&Credential>) -> Result<HostTest> {
        let mut test = self.detect(host).await;
        if let Some(credential) = using {
            let secret = self.vault.get(&credential.id).await?;
            let known = Known {
                kind: credential.kind,
                username: credential.username.as_deref(),
                expiry: credential.expiry,
                expiry_by_user: credential.expiry_by_user,
            };
            let validation = self.validate(host, known, &secret).await;
            let accepted = matches!(validation.verdict, Verdict::Valid | Verdict::Expiring | Verdict::Limited);
            if test.found && test.version.is_none() && accepted {
                let told = self.detect_signed(host, known, &secret).await.unzip();
                (test.product, test.version) = (told.0.or(test.product), told.1);
            }
            test.validation = Some(validation);
        }
        // A host that tells its version to credentials alone keeps the one it told before.
        let tells = test.version.is_some() || host.version.is_none();
        if test.found
            && tells
            && host.id != HostId::default()
            && (&test.product, &test.version) != (&host.product, &host.version)
        {
            let newer = Host { product: test.product.clone(), version: test.version.clone(), ..host.clone() };
            self.rack.update_host(&newer)?;
        }
        Ok(test)
    }

    /// Changes a host record. Where credentials are sent somewhere else by it, `confirmed` must say that the user knows.
    ///
    /// # Errors
    /// Usage error where the record cannot be used, or the change has to be confirmed first.
    pub fn host_edit(&self, mut changed: Host, confirmed: bool) -> Result<Host> {
        let before = self.host(changed.id)?;
        check_name("host name", &changed.name)?;
        let family = family(&changed.family)?;
        validate_record(family, &mut changed)?;
        let moved = endpoints_of(family, &before).ok() != endpoints_of(family, &changed).ok()
            || before.proxy != changed.proxy
            || before.ca_file != changed.ca_file
            || (changed.allow_http && !before.allow_http);
        let users = self.senders_to(changed.id)?;
        if moved && !users.is_empty() && !confirmed {
            return Err(Error::usage(format!(
                "this changes where, or how protected, the secrets of {} are sent",
                crate::sanitize::short(&users.join(", "), 200)
            ))
            .hint("If that is meant, say so: `--yes`, or the confirmation in the TUI."));
        }
        self.rack.update_host(&changed)?;
        self.audit("host-edit", "", &changed.name, "done", format!("{} at {}", changed.family, changed.url));
        Ok(changed)
    }

    /// Takes a host off the rack.
    ///
    /// # Errors
    /// Usage error where there is no such host or credentials are bound to it.
    pub fn host_remove(&self, name: &str) -> Result<()> {
        let host = self.host_by_name(name)?;
        self.rack.remove_host(host.id)?;
        self.audit("host-rm", "", name, "done", "");
        Ok(())
    }

    /// The host of that name.
    ///
    /// # Errors
    /// Usage error naming the hosts there are where there is none.
    pub fn host_by_name(&self, name: &str) -> Result<Host> {
        if let Some(host) = self.rack.host_by_name(name)? {
            return Ok(host);
        }
        if looks_like_token(name) {
            return Err(a_token_in_the_open("host"));
        }
        let names: Vec<_> = self.rack.hosts()?.into_iter().map(|h| h.name).collect();
        let error = Error::usage(format!("there is no host `{}` on the rack", crate::sanitize::short(name, 80)));
        Err(if names.is_empty() {
            error.hint("Put one there: keyrack host add NAME URL")
        } else {
            error.hint(format!("Hosts: {}.", names.join(", ")))
        })
    }

    /// Labels of the credentials whose secrets are sent to a host: those that still have one.
    fn senders_to(&self, host: HostId) -> Result<Vec<String>> {
        let all = self.rack.credentials()?;
        let sent =
            all.into_iter().filter(|c| c.secret == SecretState::Present && c.bindings.iter().any(|b| b.host == host));
        Ok(sent.map(|c| c.label).collect())
    }

    /// Labels of the credentials that are bound to a host, revoked ones too.
    pub(crate) fn users_of(&self, host: HostId) -> Result<Vec<String>> {
        let all = self.rack.credentials()?;
        Ok(all.into_iter().filter(|c| c.bindings.iter().any(|b| b.host == host)).map(|c| c.label).collect())
    }
}

fn as_finding(error: &Error) -> Finding {
    let code = match error.kind {
        ErrorKind::Usage => "host.record",
        _ => "host.client",
    };
    Finding {
        code: code.to_owned(),
        title: error.to_string(),
        cause: String::new(),
        remedy: error.hints.join(" "),
        link: String::new(),
        severity: Severity::Error,
    }
}
