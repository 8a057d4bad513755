//! Hides who and where in a diagnosis, consistently: the same name becomes the same stand-in everywhere, so that a reader
//! still sees what belongs together.

use url::Url;

use crate::domain::{Diagnosis, Finding, Stage, StageReport};

/// The diagnoses with user and host names replaced by `USER-1`, `HOST-1` and so on, the same in all of them.
#[must_use]
pub fn masked(diagnoses: &[Diagnosis]) -> Vec<Diagnosis> {
    let names = Names::of(diagnoses);
    let mut out = diagnoses.to_vec();
    for diagnosis in &mut out {
        texts(diagnosis, &mut |text| *text = names.hide(text));
    }
    out
}

/// Calls `change` with every text of a diagnosis.
pub(crate) fn texts(diagnosis: &mut Diagnosis, change: &mut dyn FnMut(&mut String)) {
    let subject = &mut diagnosis.subject;
    change(&mut subject.host);
    change(&mut subject.url);
    subject.label.iter_mut().chain(subject.username.iter_mut()).for_each(&mut *change);
    for stage in &mut diagnosis.stages {
        texts_of_stage(stage, change);
    }
    if let Some(validation) = &mut diagnosis.validation {
        change(&mut validation.reason);
        if let Some(who) = &mut validation.identity {
            [&mut who.id, &mut who.login, &mut who.name].into_iter().for_each(&mut *change);
        }
        validation.remote_name.iter_mut().chain(validation.remote_id.iter_mut()).for_each(&mut *change);
        validation.findings.iter_mut().for_each(|f| texts_of_finding(f, change));
        for evidence in &mut validation.evidence {
            change(&mut evidence.request);
            change(&mut evidence.detail);
        }
    }
}

/// Calls `change` with every text of a stage.
pub(crate) fn texts_of_stage(stage: &mut StageReport, change: &mut dyn FnMut(&mut String)) {
    change(&mut stage.summary);
    for (name, value) in &mut stage.facts {
        // Where several addresses are looked at, what was seen is named after them.
        change(name);
        change(value);
    }
    stage.findings.iter_mut().for_each(|f| texts_of_finding(f, change));
    for evidence in &mut stage.evidence {
        change(&mut evidence.request);
        change(&mut evidence.detail);
    }
}

fn texts_of_finding(finding: &mut Finding, change: &mut dyn FnMut(&mut String)) {
    let Finding { title, cause, remedy, link, .. } = finding;
    [title, cause, remedy, link].into_iter().for_each(change);
}

/// Names and their stand-ins, the longest name first.
struct Names(Vec<(String, String)>);

impl Names {
    fn of(diagnoses: &[Diagnosis]) -> Self {
        let (mut users, mut hosts, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        let add = |list: &mut Vec<String>, name: &str| {
            if name.chars().count() >= 3 && !list.iter().any(|known| known == name) {
                list.push(name.to_owned());
            }
        };
        for diagnosis in diagnoses {
            texts_seen(diagnosis).iter().for_each(|text| hosts_in(text).iter().for_each(|host| add(&mut hosts, host)));
            let subject = &diagnosis.subject;
            let host = Url::parse(&subject.url).ok().and_then(|u| u.host_str().map(str::to_owned));
            // An IPv6 address stands with and without its brackets.
            host.iter().flat_map(|h| [h.as_str(), h.trim_matches(['[', ']'])]).for_each(|h| add(&mut hosts, h));
            add(&mut hosts, &subject.host);
            subject.label.iter().for_each(|l| add(&mut labels, l));
            subject.username.iter().for_each(|u| add(&mut users, u));
            if let Some(who) = diagnosis.validation.as_ref().and_then(|v| v.identity.as_ref()) {
                [&who.login, &who.name, &who.id].into_iter().for_each(|n| add(&mut users, n));
            }
            // Whom other files and helpers of this machine name, and whose home directory it is.
            let local = diagnosis.stages.iter().filter(|s| matches!(s.stage, Stage::Environment | Stage::Git));
            for (name, value) in local.flat_map(|s| &s.facts) {
                [name, value].into_iter().flat_map(|text| named_in(text)).for_each(|n| add(&mut users, n));
            }
            // Whatever else was asked: gateways, proxies, addresses.
            for evidence in diagnosis.stages.iter().flat_map(|s| &s.evidence) {
                let url = evidence.request.split(' ').next_back().unwrap_or("");
                Url::parse(url)
                    .ok()
                    .and_then(|u| u.host_str().map(str::to_owned))
                    .iter()
                    .for_each(|h| add(&mut hosts, h));
            }
        }
        // A public host is nobody's secret, and its name tells the reader which product it is.
        hosts.retain(|h| !is_everybody_s(h) && h != "[::1]" && h != "::1");
        for domain in hosts.iter().filter_map(|h| domain(h)).map(str::to_owned).collect::<Vec<_>>() {
            for diagnosis in diagnoses {
                texts_seen(diagnosis).iter().flat_map(|t| below(t, &domain)).for_each(|host| add(&mut hosts, &host));
            }
        }
        let stand_in = |list: Vec<String>, word: &'static str| {
            list.into_iter().enumerate().map(move |(n, name)| (name, format!("{word}-{}", n + 1)))
        };
        let mut all: Vec<_> =
            stand_in(users, "USER").chain(stand_in(hosts, "HOST")).chain(stand_in(labels, "LABEL")).collect();
        all.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self(all)
    }

    fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, stand_in)| replaced(&text, name, stand_in))
    }
}

/// The texts of a diagnosis that tell what was seen, whoever said it.
fn texts_seen(diagnosis: &Diagnosis) -> Vec<&str> {
    let mut all = Vec::new();
    for stage in &diagnosis.stages {
        all.push(stage.summary.as_str());
        all.extend(stage.facts.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
        all.extend(stage.findings.iter().flat_map(|f| [f.title.as_str(), f.cause.as_str(), f.remedy.as_str()]));
        all.extend(stage.evidence.iter().flat_map(|e| [e.request.as_str(), e.detail.as_str()]));
    }
    all
}

/// What a host name may be made of.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '/' | '@' | '_')))
}

/// Hosts that a text names as such: in a URL, or with a port.
fn hosts_in(text: &str) -> Vec<String> {
    let host = |word: &str| {
        let (scheme, rest) = word.split_once("://").map_or((false, word), |(_, rest)| (true, rest));
        let place = rest.split('/').next().unwrap_or("");
        let place = place.rsplit('@').next().unwrap_or("");
        let (name, port) = place.split_once(':').map_or((place, ""), |(name, port)| (name, port));
        let has_port = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
        let name = name.trim_end_matches(['.', '-']);
        let is_one = name.contains('.') && name.chars().any(|c| c.is_ascii_alphabetic());
        (is_one && (scheme || has_port) && !is_vendors(name)).then(|| name.to_lowercase())
    };
    words(text).filter_map(host).collect()
}

/// The last two labels of a host name, where it has more: what the hosts of one company share.
fn domain(host: &str) -> Option<&str> {
    let (last, _) = host.rmatch_indices('.').nth(1)?;
    let is_address = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    Some(&host[last + 1..]).filter(|domain| !is_address && !is_vendors(domain))
}

/// Hosts below a domain, as they stand in a text without anything that says what they are: in a certificate, for example.
fn below(text: &str, domain: &str) -> Vec<String> {
    let wanted = format!(".{domain}");
    let name = |word: &str| {
        let word = word.trim_matches(['.', '-', ':', '/', '@']).to_lowercase();
        (word.ends_with(&wanted) && !word.contains(['/', ':', '@'])).then_some(word)
    };
    words(text).filter_map(name).collect()
}

/// Pages and services of those who make the products: findings point to them.
fn is_vendors(host: &str) -> bool {
    const DOMAINS: [&str; 14] = [
        "atlassian.com",
        "atlassian.net",
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "microsoft.com",
        "azure.com",
        "visualstudio.com",
        "amazon.com",
        "amazonaws.com",
        "forgejo.org",
        "gitea.com",
        "codeberg.org",
        "git-scm.com",
    ];
    // A site of a company, as opposed to what is there for all.
    let is_own = host.ends_with(".atlassian.net") || host.ends_with(".visualstudio.com");
    !is_own && DOMAINS.iter().any(|d| host == *d || host.strip_suffix(d).is_some_and(|rest| rest.ends_with('.')))
}

/// Users that a fact about this machine names: `as ana, with …`, `/home/ana/.netrc`.
fn named_in(text: &str) -> impl Iterator<Item = &str> {
    let logins = text.split(", ").filter_map(|part| part.strip_prefix("as "));
    let homes = ["/home/", "/Users/"].into_iter().flat_map(move |root| text.split(root).skip(1));
    logins.chain(homes.filter_map(|rest| rest.split_once('/').map(|(name, _)| name)))
}

/// Hosts that everybody uses.
const PUBLIC: &[&str] = &[
    "github.com",
    "api.github.com",
    "gitlab.com",
    "bitbucket.org",
    "api.bitbucket.org",
    "dev.azure.com",
    "vssps.dev.azure.com",
    "app.vssps.visualstudio.com",
    "api.atlassian.com",
    "auth.atlassian.com",
    "iam.amazonaws.com",
    "sts.amazonaws.com",
    "codeberg.org",
    "127.0.0.1",
    "localhost",
];

/// Whether it is one of the hosts that everybody uses.
pub(crate) fn is_everybody_s(host: &str) -> bool {
    PUBLIC.contains(&host)
}

/// Replaces a name, whatever its case, where it stands as a word of its own: `ana` is not hidden inside `manager`.
fn replaced(text: &str, name: &str, stand_in: &str) -> String {
    let (lower, wanted) = (text.to_lowercase(), name.to_lowercase());
    // Where case changes lengths, places in one text mean nothing in the other.
    if lower.len() != text.len() {
        return text.replace(name, stand_in);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in lower.match_indices(&wanted) {
        let end = at + wanted.len();
        let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        if at < from || joined(text[..at].chars().next_back()) || joined(text[end..].chars().next()) {
            continue;
        }
        out.push_str(&text[from..at]);
        out.push_str(stand_in);
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_wherever_a_text_names_them() {
        let found = hosts_in("(https://sso.acme.dev/login?a=b), proxy.acme.dev:3128; see https://docs.github.com/x");
        assert_eq!(found, ["sso.acme.dev", "proxy.acme.dev"]);
        assert!(hosts_in("10.0.0.7:443 at 12:30:01, assets/hosts.toml, v1.2").is_empty());
        assert_eq!(below("CN=old.acme.dev for git.acme.dev, acme.dev", "acme.dev"), ["old.acme.dev", "git.acme.dev"]);
        assert_eq!((domain("git.acme.dev"), domain("acme.dev"), domain("10.0.0.7")), (Some("acme.dev"), None, None));
        assert!(!is_vendors("acme.atlassian.net") && is_vendors("support.atlassian.com"));
    }

    #[test]
    fn a_name_is_hidden_as_a_word_and_in_any_case() {
        assert_eq!(
            replaced("Ana@ACME.dev by ana, the manager", "ana", "USER-1"),
            "USER-1@ACME.dev by USER-1, the manager"
        );
        assert_eq!(replaced("https://git.acme.dev/x", "git.acme.dev", "HOST-1"), "https://HOST-1/x");
    }

    #[test]
    fn an_ipv6_address_is_hidden_with_and_without_its_brackets() {
        let subject = crate::domain::Subject {
            label: None,
            host: "[2001:db8::1]:8443".to_owned(),
            url: "https://[2001:db8::1]:8443/git".to_owned(),
            family: crate::domain::FamilyId::new("gitlab"),
            kind: crate::domain::Kind::Pat,
            username: None,
        };
        let mut diagnosis = Diagnosis::new(subject, jiff::Timestamp::UNIX_EPOCH);
        let facts = vec![("2001:db8::1".to_owned(), "connected to [2001:db8::1]:8443".to_owned())];
        diagnosis.put(StageReport { facts, ..StageReport::waiting(Stage::Tcp) });
        let masked = format!("{:?}", masked(&[diagnosis]));
        assert!(!masked.contains("2001:db8") && masked.contains("https://HOST-"), "{masked}");
    }

    #[test]
    fn users_of_this_machine_are_found() {
        let all = |text| named_in(text).collect::<Vec<_>>();
        assert_eq!(all("/home/ana/.netrc, as bob, with another secret"), ["bob", "ana"]);
        assert_eq!(all("as mara, this credential's secret"), ["mara"]);
        assert_eq!(all("40 characters, another secret"), Vec::<&str>::new());
    }
}
