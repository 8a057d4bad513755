//! A curl command: which address it asks, and the options that hold a secret.

/// Options of curl with a value, by their letters (<https://curl.se/docs/manpage.html>).
const WITH_VALUE: &str = "AbcCdDeEFhHKmoPQrtTuUwxXyYzZ";

/// Long options without a value that stand in commands as people paste them; any other has one.
const WITHOUT_VALUE: [&str; 32] = [
    "--verbose",
    "--silent",
    "--show-error",
    "--include",
    "--head",
    "--location",
    "--location-trusted",
    "--insecure",
    "--fail",
    "--fail-with-body",
    "--compressed",
    "--get",
    "--http1.0",
    "--http1.1",
    "--http2",
    "--http2-prior-knowledge",
    "--http3",
    "--basic",
    "--digest",
    "--ntlm",
    "--negotiate",
    "--anyauth",
    "--netrc",
    "--netrc-optional",
    "--no-buffer",
    "--ipv4",
    "--ipv6",
    "--globoff",
    "--proxytunnel",
    "--remote-name",
    "--ssl-no-revoke",
    "--path-as-is",
];

/// Long options whose value may begin with a hyphen.
const TAKES_ANYTHING: [&str; 6] = ["--user", "--header", "--oauth2-bearer", "--data", "--data-raw", "--proxy-user"];

/// Long options whose value is an address that is not asked.
const TAKES_ADDRESS: [&str; 4] = ["--referer", "--doh-url", "--connect-to", "--user-agent"];

/// What a command says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// The first address that is asked.
    pub(super) url: Option<String>,
    /// `USER:PASSWORD` for the host.
    pub(super) user: Option<String>,
    /// `Name: value`.
    pub(super) headers: Vec<String>,
    /// A Bearer token.
    pub(super) bearer: Option<String>,
    /// What else holds secrets: cookies, the proxy with its log-in, what is sent.
    pub(super) others: Vec<String>,
}

impl Command {
    /// The command in a line, whatever prompt stands before it.
    pub(super) fn of(line: &str) -> Option<Self> {
        let start = start(line)?;
        // In cmd.exe only double quotes are quotes; what does not come out is taken word by word.
        let words = shlex::split(&line[start..]).unwrap_or_else(|| {
            line[start..].split_whitespace().map(|w| w.trim_matches(['\'', '"']).to_owned()).collect()
        });
        let mut command = Self::default();
        let mut rest = words.into_iter().peekable();
        while let Some(word) = rest.next() {
            if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
                if !WITHOUT_VALUE.contains(&word.as_str()) && !long.starts_with("no-") {
                    // One that is not known may have no value.
                    let value = rest.next_if(|next| TAKES_ANYTHING.contains(&word.as_str()) || !next.starts_with('-'));
                    command.option(&word, value);
                }
            } else if let Some(bundle) = word.strip_prefix('-').filter(|b| !b.is_empty()) {
                if let Some((at, letter)) = bundle.char_indices().find(|(_, c)| WITH_VALUE.contains(*c)) {
                    let attached = Some(bundle[at + letter.len_utf8()..].to_owned()).filter(|v| !v.is_empty());
                    let value = attached.or_else(|| rest.next());
                    command.option(long_name(letter), value);
                }
            } else if command.url.is_none()
                && (word.contains("://") || word.contains('.') || word.contains("localhost"))
            {
                command.url = Some(word);
            }
        }
        Some(command)
    }

    fn option(&mut self, name: &str, value: Option<String>) {
        let Some(value) = value else { return };
        match name {
            "--user" => self.user = Some(value),
            "--header" | "--proxy-header" => self.headers.push(value),
            "--oauth2-bearer" => self.bearer = Some(value),
            "--url" => self.url = self.url.take().or(Some(value)),
            "--cookie" => self.headers.push(format!("Cookie: {value}")),
            "--proxy-user" | "--pass" | "--proxy" | "--preproxy" => self.others.push(value),
            name if name.starts_with("--data") || name.starts_with("--form") || name == "--json" => {
                self.others.push(value)
            }
            name if name.starts_with("--") && !TAKES_ADDRESS.contains(&name) && value.contains("://") => {
                self.url = self.url.take().or(Some(value));
            }
            _ => {}
        }
    }
}

fn long_name(letter: char) -> &'static str {
    match letter {
        'u' => "--user",
        'U' => "--proxy-user",
        'H' => "--header",
        'b' => "--cookie",
        'x' => "--proxy",
        'd' => "--data",
        'F' => "--form",
        _ => "",
    }
}

/// Where the arguments of the command begin, in a line that is one: nothing but a prompt stands before it.
pub(super) fn start(line: &str) -> Option<usize> {
    let at = ["curl ", "curl.exe "].iter().filter_map(|name| Some((line.find(name)?, name.len()))).min()?;
    let before = line[..at.0].trim_end();
    let is_prompt =
        before.is_empty() || ["$", "#", ">", "%", "time", "sudo", "&&", ";"].iter().any(|p| before.ends_with(p));
    // The tool's own marks are no prompt.
    (is_prompt && !matches!(before, "<" | "*")).then_some(at.0 + at.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Command {
        Command::of(line).unwrap()
    }

    #[test]
    fn the_address_is_none_of_the_options_values() {
        for line in [
            "curl https://a.example/x",
            "$ curl -v -x http://proxy.example:3128 https://a.example/x",
            "C:\\> curl.exe -vsS -o out.txt --proxy http://p.example -H \"A: https://b.example\" https://a.example/x",
            "curl -X POST --cacert ca.pem -A me.1 --url https://a.example/x",
            "time curl --insecure https://a.example/x",
            "curl --tlsv1.2 https://a.example/x --referer https://b.example",
        ] {
            assert_eq!(read(line).url.as_deref(), Some("https://a.example/x"), "{line}");
        }
        for line in ["curl: (6) Could not resolve host: x", "what curl said", "> User-Agent: curl 8"] {
            assert_eq!(Command::of(line), None, "{line}");
        }
    }

    #[test]
    fn options_may_be_bundled_and_attached() {
        assert_eq!(read("curl -sSu ana:pw https://x.example").user.as_deref(), Some("ana:pw"));
        assert_eq!(read("curl --tlsv1.2 -u ana:pw https://x.example").user.as_deref(), Some("ana:pw"));
        assert_eq!(read("curl -uana:pw https://x.example").user.as_deref(), Some("ana:pw"));
        assert_eq!(read("curl -H'A: b' -HC:d https://x.example").headers, ["A: b", "C:d"]);
        assert_eq!(read("curl https://x.example -b s=1").headers, ["Cookie: s=1"]);
        assert_eq!(read("curl -U p:q -d client_secret=x https://x.example").others, ["p:q", "client_secret=x"]);
    }
}
