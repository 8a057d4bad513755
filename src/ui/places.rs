//! Hosts as text, the way the command line writes them: `NAME|URL[=ROLE]`, separated by commas. What is typed becomes
//! hosts, bindings become text, and an address found in a paste becomes the host it means.

use crate::domain::{Binding, FamilyId, Host, HostChoice};

use super::shared::Shared;

/// Reads what was typed; a URL that no host on the rack has becomes a new host of `family`.
///
/// # Errors
/// What is wrong, in words for the field.
pub fn parse(text: &str, family: Option<&FamilyId>, s: &Shared) -> Result<Vec<HostChoice>, String> {
    read(text, family, "give its URL to add it", s)
}

fn read(text: &str, family: Option<&FamilyId>, advice: &str, s: &Shared) -> Result<Vec<HostChoice>, String> {
    let mut hosts = Vec::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (place, role) = split(part);
        hosts.push(match named(place, s) {
            Some(host) => HostChoice::Known { host: host.id, role },
            None if place.contains('.') || place.contains("://") => {
                HostChoice::New { url: place.to_owned(), family: family.cloned(), role }
            }
            None => return Err(format!("there is no host {place}: {advice}")),
        });
    }
    if hosts.is_empty() {
        return Err("say where it is used: a host's name or URL".to_owned());
    }
    Ok(hosts)
}

/// Reads what was typed where only hosts of one family that are on the rack will do.
///
/// # Errors
/// What is wrong, in words for the field.
pub fn bindings(text: &str, family: &FamilyId, s: &Shared) -> Result<Vec<Binding>, String> {
    let mut bindings: Vec<Binding> = Vec::new();
    for choice in read(text, Some(family), "add it as a host first", s)? {
        let (id, role) = match choice {
            HostChoice::Known { host, role } => (host, role),
            HostChoice::New { url, .. } => return Err(format!("{url} is no host on the rack: add it as a host first")),
        };
        if let Some(host) = s.rows.host(id).filter(|h| h.family != *family) {
            let (theirs, ours) = (s.family_name(&host.family), s.family_name(family));
            return Err(format!("{} is a host of {theirs}; this is a credential of {ours}", host.name));
        }
        if let Some(host) = s.rows.host(id).filter(|h| bindings.iter().any(|b| b.host == h.id)) {
            return Err(format!("{} is named twice", host.name));
        }
        bindings.push(Binding::new(id, role));
    }
    Ok(bindings)
}

/// The host on the rack of that name, or at exactly that URL.
#[must_use]
pub fn named<'a>(place: &str, s: &'a Shared) -> Option<&'a Host> {
    s.rows.hosts().iter().find(|h| h.name == place || h.url == place.trim_end_matches('/'))
}

/// Bindings as one would type them.
#[must_use]
pub fn text(bindings: &[Binding], s: &Shared) -> String {
    let one = |binding: &Binding| {
        let name = s.rows.host(binding.host).map_or("?", |h| h.name.as_str());
        binding.role.as_ref().map_or(name.to_owned(), |role| format!("{name}={role}"))
    };
    bindings.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Names of the hosts of a family, in the order of the hosts screen.
#[must_use]
pub fn names(family: Option<&FamilyId>, s: &Shared) -> Vec<String> {
    let of_family = |h: &&Host| family.is_none_or(|family| h.family == *family);
    s.rows.hosts().iter().filter(of_family).map(|h| h.name.clone()).collect()
}

/// The host on the rack that an address lies at: by URL or named endpoint, the longest first, else the host that has the
/// address's machine for a name.
#[must_use]
pub fn at<'a>(url: &str, family: Option<&FamilyId>, s: &'a Shared) -> Option<&'a Host> {
    let hosts = || s.rows.hosts().iter().filter(|h| family.is_none_or(|family| h.family == *family));
    let longest = |host: &Host| {
        let bases = std::iter::once(&host.url).chain(host.endpoints.values());
        bases.filter(|base| below(url, base)).map(String::len).max()
    };
    let by_url = hosts().filter_map(|h| longest(h).map(|len| (len, h))).max_by_key(|(len, _)| *len);
    by_url.map(|(_, host)| host).or_else(|| hosts().find(|h| h.name.eq_ignore_ascii_case(machine(url))))
}

fn split(part: &str) -> (&str, Option<String>) {
    let role_like = |role: &str| !role.is_empty() && role.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match part.rsplit_once('=') {
        Some((place, role)) if role_like(role) && !place.contains('?') => (place, Some(role.to_owned())),
        _ => (part, None),
    }
}

/// Whether a URL is the base or lies below it; `https://git.example.org` does not lie at `https://git.example`.
fn below(url: &str, base: &str) -> bool {
    let base = base.trim_end_matches('/');
    !base.is_empty() && url.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// The name of the machine in a URL, without user and port.
fn machine(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.split_once(':').map_or(host, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lies_below_a_base_only_at_a_boundary() {
        assert!(below("https://git.example/api/v3", "https://git.example"));
        assert!(below("https://git.example", "https://git.example/"));
        assert!(!below("https://git.example.evil.example/x", "https://git.example"));
        assert!(!below("https://git.example/jirax", "https://git.example/jira"));
        assert!(!below("https://git.example", ""));
    }

    #[test]
    fn the_machine_is_found_behind_user_and_before_port() {
        for url in ["https://git.example/x", "git.example", "https://ana@git.example:8443/x", "http://git.example?a=b"]
        {
            assert_eq!(machine(url), "git.example", "{url}");
        }
        assert_eq!(machine("https://git.example@evil.example/"), "evil.example");
    }
}
