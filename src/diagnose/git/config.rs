//! git's settings for one URL, as git itself lists them: with the file each comes from.
//!
//! <https://git-scm.com/docs/git-config>: `http.<url>.*`, `credential.<url>.*`, `url.<base>.insteadOf`.

use std::time::Duration;

use url::Url;

use super::program::{NoRun, Program};
use crate::diagnose::Surroundings;
use crate::sanitize;
use crate::secret::SecretText;

/// git reads a few small files.
const LIMIT: Duration = Duration::from_secs(10);

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `system`, `global`, `local`, `worktree`, `command`.
    pub(crate) scope: String,
    /// The file, or `command line:`.
    pub(crate) origin: String,
    /// Section in lower case.
    pub(crate) section: String,
    /// What stands between section and name: a URL, a name of a remote.
    pub(crate) sub: Option<String>,
    /// Name in lower case.
    pub(crate) name: String,
    /// May hold a secret.
    pub(crate) value: SecretText,
}

/// All settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config(pub(crate) Vec<Entry>);

impl Entry {
    /// As `git config` wants it.
    pub(crate) fn key(&self) -> String {
        match &self.sub {
            Some(sub) => format!("{}.{}.{}", self.section, without_user_info(sub), self.name),
            None => format!("{}.{}", self.section, self.name),
        }
    }

    /// Where it is set, for people.
    pub(crate) fn place(&self) -> String {
        match self.origin.strip_prefix("file:") {
            Some(file) => sanitize::short(file, 200),
            None if self.scope == "command" => "the environment (GIT_CONFIG_*)".to_owned(),
            None => self.scope.clone(),
        }
    }

    /// The command that takes it away.
    pub(crate) fn removal(&self) -> String {
        let file = self.origin.strip_prefix("file:").map(|file| sanitize::short(file, 200));
        match file {
            Some(file) => format!("git config --file {} --unset-all {}", quoted(&file), quoted(&self.key())),
            None => "unset the variables GIT_CONFIG_COUNT, GIT_CONFIG_KEY_n and GIT_CONFIG_PARAMETERS".to_owned(),
        }
    }
}

impl Config {
    /// What git lists in the captured surroundings.
    ///
    /// # Errors
    /// Why git lists nothing, for people.
    pub(crate) async fn read(program: &Program, around: &Surroundings) -> Result<Self, String> {
        let args = ["config", "--list", "--show-origin", "--show-scope", "-z"];
        match program.run(around, &args, &SecretText::from(""), LIMIT).await {
            Ok(printed) if printed.worked => Ok(Self::parse(printed.out.reveal())),
            Ok(printed) => Err(printed.complaint),
            Err(NoRun::TooSlow) => Err("it did not end in time".to_owned()),
            Err(NoRun::NotStarted(why)) => Err(why),
        }
    }

    /// `scope NUL origin NUL key LF value NUL`, over and over; a key without a value means true.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = text.split('\0');
        let mut entries = Vec::new();
        while let (Some(scope), Some(origin), Some(pair)) = (parts.next(), parts.next(), parts.next()) {
            let (key, value) = pair.split_once('\n').unwrap_or((pair, "true"));
            let (Some((section, _)), Some((before, name))) = (key.split_once('.'), key.rsplit_once('.')) else {
                continue;
            };
            entries.push(Entry {
                scope: scope.to_owned(),
                origin: origin.to_owned(),
                section: section.to_ascii_lowercase(),
                sub: before.get(section.len() + 1..).map(str::to_owned),
                name: name.to_ascii_lowercase(),
                value: value.into(),
            });
        }
        Self(entries)
    }

    /// Every setting of that section and name that counts for the URL, in git's order.
    fn of_url(&self, section: &str, name: &str, url: &Url) -> Vec<&Entry> {
        let counts = |e: &&Entry| {
            e.section == section && e.name == name && e.sub.as_deref().is_none_or(|pattern| fits(pattern, url))
        };
        self.0.iter().filter(counts).collect()
    }

    /// The one that decides where only one can: the most particular, then the last.
    pub(crate) fn one_of_url(&self, section: &str, name: &str, url: &Url) -> Option<&Entry> {
        self.of_url(section, name, url)
            .into_iter()
            .max_by_key(|e| e.sub.as_deref().map_or(0, |p| p.trim_end_matches('/').len() + 1))
    }

    /// Every setting that fits, from the last empty one on, which takes back what came before.
    pub(crate) fn list_of_url(&self, section: &str, name: &str, url: &Url) -> Vec<&Entry> {
        let mut list: Vec<&Entry> = Vec::new();
        for entry in self.of_url(section, name, url) {
            match entry.value.is_empty() {
                true => list.clear(),
                false => list.push(entry),
            }
        }
        list
    }

    /// A setting without a URL.
    pub(crate) fn plain(&self, section: &str, name: &str) -> Option<&Entry> {
        self.0.iter().rfind(|e| e.section == section && e.name == name && e.sub.is_none())
    }

    /// The rule that rewrites a URL, with the result: the longest prefix wins. For a push `pushInsteadOf` comes first.
    pub(crate) fn rewritten(&self, url: &str, push: bool) -> Option<(String, &Entry)> {
        let by = |name: &str| {
            let rules = self.0.iter().filter(|e| e.section == "url" && e.name == name);
            let fitting = rules.filter(|e| !e.value.is_empty() && url.starts_with(e.value.reveal()));
            let best = fitting.max_by_key(|e| e.value.len())?;
            Some((format!("{}{}", best.sub.as_deref()?, &url[best.value.len()..]), best))
        };
        push.then(|| by("pushinsteadof")).flatten().or_else(|| by("insteadof"))
    }
}

/// Whether a pattern of `http.<url>` or `credential.<url>` counts for a URL.
fn fits(pattern: &str, url: &Url) -> bool {
    // Without a scheme it is a host with a path, which only `credential` knows.
    let (scheme, rest) = match pattern.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, pattern),
    };
    if scheme.is_some_and(|s| !s.eq_ignore_ascii_case(url.scheme())) {
        return false;
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user.split(':').next().unwrap_or("")), host),
        None => (None, authority),
    };
    if user.is_some_and(|u| u != url.username()) {
        return false;
    }
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, port.parse().ok()),
        _ => (host, None),
    };
    let default = if url.scheme() == "http" { 80 } else { 443 };
    if !host.is_empty()
        && (port.unwrap_or(default) != url.port_or_known_default().unwrap_or(default)
            || !host_fits(host, url.host_str().unwrap_or("")))
    {
        return false;
    }
    let path = path.trim_end_matches('/');
    let rest = url.path().trim_start_matches('/').strip_prefix(path);
    rest.is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

/// Label by label, `*` standing for one.
fn host_fits(pattern: &str, host: &str) -> bool {
    let (pattern, host): (Vec<&str>, Vec<&str>) = (pattern.split('.').collect(), host.split('.').collect());
    pattern.len() == host.len() && pattern.iter().zip(&host).all(|(p, h)| *p == "*" || p.eq_ignore_ascii_case(h))
}

/// A URL or the beginning of one without user name and password.
pub(crate) fn without_user_info(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://***{}", &rest[at..]),
        None => text.to_owned(),
    }
}

/// A helper as it is shown: its name, or that it is a command, which may hold anything.
pub(crate) fn shown_helper(helper: &str) -> String {
    match helper.strip_prefix('!') {
        Some(command) => {
            let first = command.split_whitespace().next().unwrap_or("");
            let plain = first.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)) && !first.is_empty();
            if plain {
                format!("the command {}", sanitize::short(first, 80))
            } else {
                "a command in the setting itself".to_owned()
            }
        }
        None => sanitize::short(&without_user_info(helper), 120),
    }
}

/// Quoted for a shell, where it needs to be.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@+=,".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn config(entries: &[(&str, &str)]) -> Config {
        let text: String =
            entries.iter().map(|(k, v)| format!("global\0file:/home/ana/.gitconfig\0{k}\n{v}\0")).collect();
        Config::parse(&text)
    }

    #[test]
    fn a_list_is_read_with_its_origins_and_valueless_keys() {
        let text = "system\0file:/etc/gitconfig\0credential.helper\nstore\0\
                    global\0file:/home/ana/.gitconfig\0http.https://git.acme.example/.sslverify\0\
                    command\0command line:\0credential.https://git.acme.example.helper\n!f() { x; }; f\0";
        let config = Config::parse(text);
        assert_eq!(config.0.len(), 3);
        assert_eq!(config.0[0].key(), "credential.helper");
        assert_eq!(
            (config.0[1].sub.as_deref(), config.0[1].value.reveal()),
            (Some("https://git.acme.example/"), "true")
        );
        assert_eq!(config.0[1].place(), "/home/ana/.gitconfig");
        assert_eq!(
            config.0[1].removal(),
            "git config --file /home/ana/.gitconfig --unset-all http.https://git.acme.example/.sslverify"
        );
        assert_eq!(config.0[2].name, "helper");
    }

    #[test]
    fn a_pattern_fits_as_git_says() {
        let url = url("https://git.acme.example/scm/ACME/web.git");
        for pattern in [
            "https://git.acme.example",
            "https://git.acme.example/",
            "https://git.acme.example:443",
            "https://*.acme.example",
            "https://git.acme.example/scm/ACME",
            "git.acme.example",
            "https://",
        ] {
            assert!(fits(pattern, &url), "{pattern}");
        }
        for pattern in [
            "http://git.acme.example",
            "https://acme.example",
            "https://*.example",
            "https://git.acme.example:8443",
            "https://git.acme.example/scm/AC",
            "https://ana@git.acme.example",
            "git.other.example",
        ] {
            assert!(!fits(pattern, &url), "{pattern}");
        }
    }

    #[test]
    fn an_empty_helper_takes_back_those_before_it() {
        let config = config(&[
            ("credential.helper", "store"),
            ("credential.https://git.acme.example.helper", ""),
            ("credential.https://git.acme.example.helper", "cache"),
            ("credential.https://other.example.helper", "other"),
        ]);
        let list = config.list_of_url("credential", "helper", &url("https://git.acme.example/x"));
        assert_eq!(list.iter().map(|e| e.value.reveal()).collect::<Vec<_>>(), ["cache"]);
    }

    #[test]
    fn the_longest_prefix_rewrites() {
        let config = config(&[
            ("url.ssh://git@git.acme.example/.insteadof", "https://git.acme.example/"),
            ("url.https://mirror.example/.insteadof", "https://git.acme.example/big/"),
            ("url.ssh://git@push.example/.pushinsteadof", "https://git.acme.example/"),
        ]);
        let to = |url: &str, push| config.rewritten(url, push).map(|(url, _)| url);
        assert_eq!(to("https://git.acme.example/big/a.git", false).as_deref(), Some("https://mirror.example/a.git"));
        assert_eq!(to("https://git.acme.example/a", false).as_deref(), Some("ssh://git@git.acme.example/a"));
        assert_eq!(to("https://git.acme.example/a", true).as_deref(), Some("ssh://git@push.example/a"));
        assert_eq!(to("https://elsewhere.example/a", false), None);
    }

    #[test]
    fn user_info_never_stands_in_a_key() {
        let config = config(&[("http.https://ana:hunter2@git.acme.example/.proxy", "x")]);
        assert_eq!(config.0[0].key(), "http.https://***@git.acme.example/.proxy");
    }

    #[test]
    fn a_command_is_not_shown_in_full() {
        assert_eq!(shown_helper("store --file=x"), "store --file=x");
        assert_eq!(shown_helper("!aws codecommit credential-helper $@"), "the command aws");
        assert_eq!(shown_helper("!f() { echo password=hunter2; }; f"), "a command in the setting itself");
    }
}
