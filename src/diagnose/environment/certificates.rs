//! Variables that name files of certificate authorities which are not there, empty or no such files.

use std::path::Path;

use super::sight::Sight;
use crate::diagnose::facts::facts;
use crate::diagnose::files;
use crate::diagnose::viewpoint::Viewpoint;
use crate::sanitize;

/// Looks at each of them.
pub(super) fn look(view: &Viewpoint<'_>) -> Sight {
    let mut sight = Sight::default();
    let secure = view.urls().iter().any(|u| u.scheme() == "https");
    let mut ours = Vec::new();
    for variable in &facts().certificates {
        let Some(value) = view.around.var(&variable.name) else { continue };
        let shown = sanitize::short(value.reveal(), 200);
        let path = view.named(value.reveal());
        let wrong = if variable.folder { folder(&path) } else { file(&path) };
        if variable.ours {
            ours.push(wrong.is_none());
        }
        let Some(what) = wrong else {
            sight.fact(variable.name.clone(), shown);
            continue;
        };
        sight.fact(variable.name.clone(), format!("{shown}: {what}"));
        let args =
            [("name", variable.name.as_str()), ("path", &shown), ("what", what), ("tools", variable.tools.as_str())];
        if variable.ours && secure {
            sight.breaks("env.bad-ca", &args);
        } else {
            sight.misleads("env.bad-ca", &args);
        }
    }
    // Of a file and a folder one is enough.
    if ours.contains(&true) {
        sight.misleads.append(&mut sight.breaks);
    }
    if view.has_git() && view.around.var("GIT_SSL_NO_VERIFY").is_some() {
        sight.fact("GIT_SSL_NO_VERIFY", "set: git checks no certificate");
        let args = [("name", "GIT_SSL_NO_VERIFY"), ("where", "the environment"), ("how", "unset GIT_SSL_NO_VERIFY")];
        sight.misleads("env.no-verify", &args);
    }
    sight
}

fn file(path: &Path) -> Option<&'static str> {
    match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Some("there is no such file"),
        Err(_) => return Some("it cannot be read"),
        Ok(meta) if meta.is_dir() => return Some("it is a directory"),
        Ok(meta) if meta.len() == 0 => return Some("it is empty"),
        Ok(_) => {}
    }
    let Some(text) = files::text(path) else { return Some("it cannot be read") };
    let has = ["-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"].iter().any(|m| text.contains(*m));
    (!has).then_some("there is no certificate in it (PEM)")
}

fn folder(path: &Path) -> Option<&'static str> {
    // Several may be named, as in PATH.
    let mut all = std::env::split_paths(path.as_os_str());
    if all.any(|p| std::fs::read_dir(p).is_ok_and(|mut entries| entries.next().is_some())) {
        return None;
    }
    Some(if path.is_dir() { "it is empty" } else { "there is no such folder" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::tests::{codes, patient, view};
    use crate::domain::Kind;

    #[test]
    fn a_file_that_is_not_there_breaks_what_uses_it_and_misleads_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str, text: &str| {
            std::fs::write(dir.path().join(name), text).unwrap();
            dir.path().join(name).display().to_string()
        };
        let (good, empty, der) = (
            path("good", "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"),
            path("empty", ""),
            path("der", "0"),
        );
        let gone = dir.path().join("gone").display().to_string();
        let https = patient("github", "https://github.com", Kind::ClassicPat, None);
        let http = patient("bamboo", "http://127.0.0.1:8085", Kind::Pat, None);
        let seen = |patient, vars: &[(&str, &str)]| look(&view(patient, vars, None));
        for bad in [&gone, &empty, &der] {
            assert_eq!(codes(&seen(&https, &[("SSL_CERT_FILE", bad)]).breaks), ["env.bad-ca"], "{bad}");
            let sight = seen(&https, &[("CURL_CA_BUNDLE", bad)]);
            assert_eq!((codes(&sight.breaks).len(), codes(&sight.misleads)), (0, vec!["env.bad-ca"]), "{bad}");
        }
        assert!(seen(&http, &[("SSL_CERT_FILE", &gone)]).breaks.is_empty());
        let sight = seen(&https, &[("SSL_CERT_FILE", &good), ("GIT_SSL_NO_VERIFY", "1")]);
        assert_eq!((sight.breaks.len(), codes(&sight.misleads)), (0, vec!["env.no-verify"]));
        // One of the two is enough.
        let dir = dir.path().display().to_string();
        let sight = seen(&https, &[("SSL_CERT_FILE", &gone), ("SSL_CERT_DIR", &dir)]);
        assert_eq!((sight.breaks.len(), codes(&sight.misleads)), (0, vec!["env.bad-ca"]));
    }
}
