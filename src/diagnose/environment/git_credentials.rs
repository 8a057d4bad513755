//! Files of git's `store` helper: a line for this host with another secret is what git sends.
//!
//! <https://git-scm.com/docs/git-credential-store>

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

use super::sight::Sight;
use crate::diagnose::files;
use crate::diagnose::git::config::Config;
use crate::diagnose::held::Held;
use crate::diagnose::viewpoint::Viewpoint;
use crate::sanitize;
use crate::secret::SecretText;

/// Looks at the files that the helper reads by itself, and at those that a setting names.
pub(super) fn look(view: &Viewpoint<'_>, config: Option<&Config>) -> Sight {
    let mut sight = Sight::default();
    let helpers: Vec<&str> = config
        .into_iter()
        .flat_map(|c| &c.0)
        .filter(|e| e.section == "credential" && e.name == "helper")
        .map(|e| e.value.reveal())
        .collect();
    let stores = |h: &&&str| h.split_whitespace().next() == Some("store");
    let in_use = helpers.iter().any(|h| stores(&h) && !h.contains("--file"));
    let xdg = view.around.var("XDG_CONFIG_HOME").map(|v| PathBuf::from(v.reveal())).or_else(|| view.at_home(".config"));
    let usual = [view.at_home(".git-credentials"), xdg.map(|x| x.join("git/credentials"))];
    let usual = usual.into_iter().flatten().map(|p| (p, in_use));
    let named = helpers.iter().filter(stores).filter_map(|h| Some((view.named(file_option(h)?), true)));
    for (path, in_use) in usual.chain(named) {
        let Some(text) = files::text(&path) else { continue };
        let shown = sanitize::short(&path.display().to_string(), 200);
        let mut lines = 0;
        for (user, secret) in text.lines().filter_map(|line| entry(view, line)) {
            lines += 1;
            let held = Held::of(secret.reveal(), view.secret);
            sight.secrets.push(secret);
            let user = sanitize::short(&user, 80);
            let unused = if in_use { "" } else { "; the helper `store` is not set, so git does not read it" };
            sight.fact(format!("{shown}, line for this host {lines}"), format!("as {user}, {}{unused}", held.words()));
            if held == Held::Other && in_use {
                sight.misleads("env.git-credentials", &[("path", &shown), ("user", &user)]);
            }
        }
        if lines == 0 {
            sight.fact(shown.clone(), "no line for this host");
        }
        if let Some(mode) = files::open_mode(&path) {
            sight.misleads("env.open-file", &[("path", &shown), ("mode", &mode), ("what", "passwords")]);
        }
    }
    sight
}

/// `store --file=PATH` or `store --file PATH`.
fn file_option(helper: &str) -> Option<&str> {
    let mut words = helper.split_whitespace();
    words.find_map(|w| w.strip_prefix("--file=")).or_else(|| {
        let mut words = helper.split_whitespace();
        words.find(|w| *w == "--file")?;
        words.next()
    })
}

/// User name and secret of a line for one of this credential's hosts.
fn entry(view: &Viewpoint<'_>, line: &str) -> Option<(String, SecretText)> {
    let url = Url::parse(line.trim()).ok()?;
    if !view.is_at(&url) {
        return None;
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((decoded(url.username()), SecretText::new(decoded(url.password()?))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::tests::{codes, patient, view};
    use crate::domain::Kind;
    use crate::secret::Secret;

    #[test]
    fn a_line_counts_where_the_helper_is_set() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".git-credentials");
        let others = "https://bob:x@gitlab.com\nhttps://bob:x@github.com:8443\nhttp://bob:x@github.com\n";
        std::fs::write(&path, format!("https://ana:other%2Fsecret@github.com\n{others}")).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let github = patient("github", "https://github.com", Kind::ClassicPat, None);
        let secret = Secret::token("the-secret-itself".into());
        let home_var = home.path().display().to_string();
        let vars = [("HOME", home_var.as_str())];
        let view = view(&github, &vars, Some(&secret));
        let store = Config::parse("global\0file:x\0credential.helper\nstore\0");
        let sight = look(&view, Some(&store));
        assert_eq!(codes(&sight.misleads), ["env.git-credentials"]);
        assert_eq!(sight.secrets.iter().map(SecretText::reveal).collect::<Vec<_>>(), ["other/secret"]);
        assert!(!format!("{:?} {:?}", sight.facts, sight.misleads).contains("other/"), "{sight:?}");
        let sight = look(&view, None);
        assert!(sight.misleads.is_empty() && sight.facts[0].1.contains("does not read it"), "{sight:?}");
    }

    #[test]
    fn the_file_of_a_helper_is_found() {
        assert_eq!(file_option("store --file=~/x"), Some("~/x"));
        assert_eq!(file_option("store --file /x/y"), Some("/x/y"));
        assert_eq!(file_option("store"), None);
    }
}
