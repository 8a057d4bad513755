//! Which host a line of a transcript says it asks.

use url::Url;

use super::command::Command;

/// What stands before the address in a message of a tool, lower case. What a header or a body links to is not what was
/// asked.
const BEFORE: [&str; 9] = [
    "unable to access",
    "failed for",
    "for url:",
    "-uri",
    "verbose: get",
    "verbose: post",
    "opened stream for",
    "invoke-webrequest",
    "invoke-restmethod",
];

/// What stands around the name of a host in a message of a tool, and the scheme that goes with it.
const AROUND: [(&str, char, &str); 8] = [
    ("httpsconnectionpool(host='", '\'', "https"),
    ("httpconnectionpool(host='", '\'', "http"),
    ("failed to resolve '", '\'', "https"),
    ("name could not be resolved: '", '\'', "https"),
    ("could not resolve host: ", ' ', "https"),
    ("no such host is known. (", ':', "https"),
    ("connection refused (", ':', "https"),
    ("failed to connect to ", ' ', "https"),
];

/// Scheme, host and path that the line asks, without user name, password and query.
pub(super) fn of(line: &str) -> Option<String> {
    if let Some(command) = Command::of(line) {
        let url = command.url?;
        return bare(if url.contains("://") { url } else { format!("http://{url}") }.as_str());
    }
    let lower = line.to_lowercase();
    // Lower case may have other lengths, and then places in one text mean nothing in the other.
    if lower.len() == line.len()
        && let Some(at) = ["https://", "http://"].iter().filter_map(|s| lower.find(s)).min()
    {
        let before = lower[..at].trim_end_matches(['\'', '"', ' ']);
        let of_wget = before.starts_with("--") && before.ends_with("--");
        if before.is_empty() || of_wget || BEFORE.iter().any(|b| before.ends_with(b)) {
            return bare(line[at..].split([' ', '\'', '"', '<', '>', ')', '|']).next().unwrap_or(""));
        }
    }
    AROUND.iter().find_map(|(begin, end, scheme)| {
        let (_, rest) = lower.split_once(begin)?;
        let host = rest.split([*end, ')']).next().unwrap_or("").trim_end_matches([';', '.', ',']);
        let port =
            rest.split_once("port=").and_then(|(_, p)| p.split(')').next()).filter(|p| !matches!(*p, "80" | "443"));
        let port = port.filter(|p| p.bytes().all(|b| b.is_ascii_digit())).map_or_else(String::new, |p| format!(":{p}"));
        bare(&format!("{scheme}://{host}{port}"))
    })
}

/// The address without user name, password and query.
pub(super) fn bare(text: &str) -> Option<String> {
    let mut url = Url::parse(text).ok().filter(Url::has_host)?;
    url.set_username("").and_then(|()| url.set_password(None)).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_names_the_host_in_its_own_way() {
        for (line, url) in [
            ("$ curl -x http://proxy:3128 'https://a.example/x?y=z'", "https://a.example/x"),
            ("fatal: unable to access 'https://ana:pw@a.example/x.git/': no", "https://a.example/x.git"),
            ("fatal: Authentication failed for 'https://a.example/x.git/'", "https://a.example/x.git"),
            ("401 Client Error: Unauthorized for url: https://a.example/x?private_token=y", "https://a.example/x"),
            ("HTTPSConnectionPool(host='a.example', port=8443): Max retries", "https://a.example:8443"),
            ("HTTPSConnectionPool(host='a.example', port=443): Max retries", "https://a.example"),
            ("curl: (6) Could not resolve host: a.example", "https://a.example"),
            ("Failed to connect to a.example port 443 after 3 ms", "https://a.example"),
            ("Invoke-RestMethod: No such host is known. (a.example:443)", "https://a.example"),
            ("+ Invoke-RestMethod -Uri https://a.example/x -Headers", "https://a.example/x"),
            ("--2026-01-01 10:00:00--  https://a.example/x", "https://a.example/x"),
            ("https://a.example/x", "https://a.example/x"),
        ] {
            assert_eq!(of(line).as_deref(), Some(url), "{line}");
        }
        for line in ["location: https://sso.example", "see https://docs.example", "* Uses proxy http://proxy:3128"] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
