//! git's settings that lead it elsewhere than the host, or let it send something else than the credential.

use url::Url;

use super::sight::Sight;
use crate::diagnose::basic;
use crate::diagnose::files;
use crate::diagnose::git::config::{Config, Entry, shown_helper, without_user_info};
use crate::diagnose::git::program::Program;
use crate::diagnose::held::Held;
use crate::diagnose::viewpoint::Viewpoint;
use crate::net::proxy::without_password;
use crate::sanitize;
use crate::secret::SecretText;

/// Looks at the settings that count for a URL of the host.
pub(super) fn look(
    view: &Viewpoint<'_>,
    program: &Program,
    config: &Result<Config, String>,
    url: Option<&Url>,
) -> Sight {
    let mut sight = Sight::default();
    sight.fact("git", program.path().display().to_string());
    let config = match config {
        Ok(config) => config,
        Err(why) => {
            let why = without_user_info(why);
            sight.fact("git's settings", format!("cannot be read: {why}"));
            sight.misleads("env.git-settings", &[("detail", &why)]);
            return sight;
        }
    };
    let Some(url) = url else { return sight };
    rewrites(config, url, &mut sight);
    helpers(config, url, &mut sight);
    headers(view, config, url, &mut sight);
    remotes(view, config, &mut sight);
    single(view, config, url, &mut sight);
    sight
}

fn rewrites(config: &Config, url: &Url, sight: &mut Sight) {
    for push in [false, true] {
        let Some((to, rule)) = config.rewritten(url.as_str(), push) else { continue };
        if push && rule.name == "insteadof" {
            continue;
        }
        let parsed = Url::parse(&to).ok();
        let place = |u: &Url| (u.host_str().map(str::to_owned), u.port_or_known_default(), u.scheme().to_owned());
        let elsewhere = parsed.as_ref().map(place) != Some(place(url));
        if let Some(password) = parsed.as_ref().and_then(Url::password) {
            sight.secrets.push(password.into());
        }
        let shown = sanitize::short(&without_user_info(&to), 160);
        let act = if push { "pushes go to" } else { "rewritten to" };
        sight.fact(format!("git: {}", rule.key()), format!("{act} {shown} ({})", rule.place()));
        if elsewhere {
            let (from, key) = (sanitize::short(url.as_str(), 160), rule.key());
            let args = [
                ("from", from.as_str()),
                ("to", &shown),
                ("key", &key),
                ("where", &rule.place()),
                ("how", &rule.removal()),
            ];
            sight.misleads("env.git-rewrite", &args);
        }
    }
}

fn helpers(config: &Config, url: &Url, sight: &mut Sight) {
    let helpers = config.list_of_url("credential", "helper", url);
    if helpers.is_empty() {
        sight.fact("git: helpers", "none is set");
    }
    for (place, entry) in helpers.iter().enumerate() {
        let name = shown_helper(entry.value.reveal());
        sight.fact(format!("git: helper {}", place + 1), format!("{name} ({})", entry.place()));
    }
    if let Some(entry) = config.one_of_url("credential", "username", url) {
        let user = sanitize::short(entry.value.reveal(), 80);
        sight.fact(format!("git: {}", entry.key()), format!("{user} ({})", entry.place()));
    }
}

fn headers(view: &Viewpoint<'_>, config: &Config, url: &Url, sight: &mut Sight) {
    for entry in config.list_of_url("http", "extraheader", url) {
        let Some((name, value)) = entry.value.reveal().split_once(':') else { continue };
        if !name.trim().eq_ignore_ascii_case("authorization") {
            continue;
        }
        let value = value.trim();
        let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
        sight.secrets.push(rest.into());
        let pair = if scheme.eq_ignore_ascii_case("basic") { basic::pair(rest) } else { None };
        let held = match pair {
            Some((_, password)) => {
                let held = Held::of(password.reveal(), view.secret);
                sight.secrets.push(password);
                held
            }
            None => Held::of(rest, view.secret),
        };
        sight.fact(
            format!("git: {}", entry.key()),
            format!("an Authorization header with {} ({})", held.words(), entry.place()),
        );
        if held != Held::Same {
            let args = [("key", entry.key()), ("where", entry.place()), ("how", entry.removal())];
            let args: Vec<(&str, &str)> = args.iter().map(|(n, v)| (*n, v.as_str())).collect();
            sight.misleads("env.git-header", &args);
        }
    }
}

/// Remotes of the working directory with a secret inside their URL.
fn remotes(view: &Viewpoint<'_>, config: &Config, sight: &mut Sight) {
    let remotes = config.0.iter().filter(|e| e.section == "remote" && matches!(e.name.as_str(), "url" | "pushurl"));
    for entry in remotes {
        let Ok(url) = Url::parse(entry.value.reveal()) else { continue };
        let Some(password) = url.password() else { continue };
        if !view.is_at(&url) {
            continue;
        }
        let password = SecretText::new(percent_encoding::percent_decode_str(password).decode_utf8_lossy().into_owned());
        let held = Held::of(password.reveal(), view.secret);
        sight.secrets.push(password);
        let remote = sanitize::short(entry.sub.as_deref().unwrap_or(""), 60);
        sight.fact(format!("git: {}", entry.key()), format!("its URL holds {} ({})", held.words(), entry.place()));
        let mut bare = url.clone();
        let _ = bare.set_password(None);
        let _ = bare.set_username("");
        let bare = sanitize::short(bare.as_str(), 160);
        sight.misleads("env.git-remote", &[("remote", &remote), ("held", held.words()), ("url", &bare)]);
    }
}

/// Settings of which one decides.
fn single(view: &Viewpoint<'_>, config: &Config, url: &Url, sight: &mut Sight) {
    let told = |entry: &Entry, value: String| (format!("git: {}", entry.key()), format!("{value} ({})", entry.place()));
    if let Some(entry) = config.one_of_url("http", "proxy", url).filter(|e| !e.value.is_empty()) {
        if let Some(password) = Url::parse(entry.value.reveal()).ok().as_ref().and_then(Url::password) {
            sight.secrets.push(password.into());
        }
        sight.facts.push(told(entry, sanitize::short(&without_password(entry.value.reveal()), 120)));
    }
    if let Some(entry) = config.one_of_url("http", "sslverify", url)
        && matches!(entry.value.reveal().to_ascii_lowercase().as_str(), "false" | "0" | "no" | "off")
    {
        sight.facts.push(told(entry, "git checks no certificate".to_owned()));
        let (key, place, how) = (entry.key(), entry.place(), entry.removal());
        sight.misleads("env.no-verify", &[("name", &key), ("where", &place), ("how", &how)]);
    }
    if let Some(entry) = config.one_of_url("http", "sslcainfo", url).filter(|e| !e.value.is_empty()) {
        let path = view.named(entry.value.reveal());
        let shown = sanitize::short(entry.value.reveal(), 160);
        let missing = files::text(&path).is_none_or(|text| !text.contains("-----BEGIN "));
        sight.facts.push(told(entry, shown.clone()));
        if missing {
            let key = entry.key();
            let args = [
                ("name", key.as_str()),
                ("path", &shown),
                ("what", "there is no such file, or no certificate in it"),
                ("tools", "git"),
            ];
            sight.misleads("env.bad-ca", &args);
        }
    }
    for (section, name) in [("http", "cookiefile"), ("core", "askpass"), ("http", "sslcert")] {
        let entry = if section == "core" { config.plain(section, name) } else { config.one_of_url(section, name, url) };
        if let Some(entry) = entry {
            sight.facts.push(told(entry, sanitize::short(entry.value.reveal(), 160)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::tests::{codes, patient, program, view};
    use crate::domain::Kind;
    use crate::secret::Secret;

    fn seen(entries: &[(&str, &str)]) -> Sight {
        let github = patient("github", "https://github.com", Kind::ClassicPat, None);
        let secret = Secret::token("the-secret-itself".into());
        let text: String =
            entries.iter().map(|(k, v)| format!("global\0file:/home/ana/.gitconfig\0{k}\n{v}\0")).collect();
        let url = Url::parse("https://github.com/").unwrap();
        look(&view(&github, &[], Some(&secret)), &program(), &Ok(Config::parse(&text)), Some(&url))
    }

    #[test]
    fn a_rewrite_to_another_place_is_a_warning_with_the_command_that_takes_it_away() {
        let sight = seen(&[("url.git@github.com:.insteadof", "https://github.com/")]);
        assert_eq!(codes(&sight.misleads), ["env.git-rewrite"]);
        let how = "git config --file /home/ana/.gitconfig --unset-all url.git@github.com:.insteadof";
        assert!(sight.misleads[0].remedy.contains(how), "{:?}", sight.misleads);
        let sight = seen(&[("url.https://ana:hunter2-token@github.com/.insteadof", "https://github.com/")]);
        assert!(sight.misleads.is_empty(), "{sight:?}");
        assert!(!format!("{:?}", sight.facts).contains("hunter2"), "{sight:?}");
    }

    #[test]
    fn a_header_is_compared_and_never_shown() {
        // base64 of `x:someone-elses`
        let other = seen(&[("http.https://github.com/.extraheader", "AUTHORIZATION: basic eDpzb21lb25lLWVsc2Vz")]);
        assert_eq!(codes(&other.misleads), ["env.git-header"]);
        assert!(!format!("{:?} {:?}", other.facts, other.misleads).contains("eDpzb21l"), "{other:?}");
        let same = seen(&[("http.extraheader", "Authorization: Bearer the-secret-itself")]);
        assert!(same.misleads.is_empty(), "{same:?}");
        let elsewhere = seen(&[("http.https://gitlab.com/.extraheader", "Authorization: Bearer x")]);
        assert!(elsewhere.misleads.is_empty(), "{elsewhere:?}");
    }

    #[test]
    fn unchecked_certificates_and_secrets_in_remotes_are_warnings() {
        assert_eq!(codes(&seen(&[("http.sslverify", "false")]).misleads), ["env.no-verify"]);
        assert!(seen(&[("http.sslverify", "true")]).misleads.is_empty());
        assert_eq!(codes(&seen(&[("http.sslcainfo", "/nowhere/ca.pem")]).misleads), ["env.bad-ca"]);
        let sight = seen(&[("remote.origin.url", "https://ana:some-token@github.com/acme/web.git")]);
        assert_eq!(codes(&sight.misleads), ["env.git-remote"]);
        assert!(!format!("{:?} {:?}", sight.facts, sight.misleads).contains("some-token"), "{sight:?}");
    }
}
