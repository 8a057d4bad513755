//! `~/.aws/credentials`: what the AWS tools take for the profile in use.
//!
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html>

use std::collections::BTreeMap;
use std::path::Path;

use super::sight::Sight;
use crate::diagnose::files;
use crate::diagnose::held::Held;
use crate::diagnose::viewpoint::Viewpoint;
use crate::domain::Kind;
use crate::sanitize;
use crate::secret::SecretText;

/// Looks at the profile that `AWS_PROFILE` names, else at `default`.
pub(super) fn look(view: &Viewpoint<'_>) -> Sight {
    let mut sight = Sight::default();
    let is_key = matches!(view.patient.kind, Kind::AccessKey | Kind::SessionKey);
    if view.patient.host.family.as_str() != "codecommit" || !is_key {
        return sight;
    }
    let named = view.around.var("AWS_SHARED_CREDENTIALS_FILE").map(|v| view.named(v.reveal()));
    let Some(path) = named.or_else(|| view.at_home(".aws/credentials")) else { return sight };
    let shown = shown(&path);
    let Some(text) = files::text(&path) else {
        sight.fact(shown, "there is no such file");
        return sight;
    };
    let profile = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].iter().find_map(|n| view.around.var(n));
    let profile = profile.map_or("default", SecretText::reveal);
    let name = sanitize::short(profile, 60);
    let values = section(&text, profile);
    let (Some(id), Some(secret)) = (values.get("aws_access_key_id"), values.get("aws_secret_access_key")) else {
        sight.fact(format!("{shown}, profile {name}"), "no access key in it");
        return sight;
    };
    sight.secrets.push(secret.clone());
    sight.secrets.extend(values.get("aws_session_token").cloned());
    let own_id = view.patient.username.as_deref();
    let same_id = own_id == Some(id.reveal());
    let held = Held::of(secret.reveal(), view.secret);
    let told = match (same_id, held) {
        (true, held) => format!("this access key, with {}", held.words()),
        (false, _) => "another access key".to_owned(),
    };
    sight.fact(format!("{shown}, profile {name}"), told);
    if same_id && matches!(held, Held::Other | Held::Dressed) {
        sight.misleads("env.aws-secret", &[("path", &shown), ("profile", &name)]);
    }
    if let Some(mode) = files::open_mode(&path) {
        sight.misleads("env.open-file", &[("path", &shown), ("mode", &mode), ("what", "secret access keys")]);
    }
    sight
}

fn shown(path: &Path) -> String {
    sanitize::short(&path.display().to_string(), 200)
}

/// The values of a section of an INI file.
fn section<'a>(text: &'a str, wanted: &str) -> BTreeMap<&'a str, SecretText> {
    let mut inside = false;
    let mut values = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|l| !l.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            inside = name.trim() == wanted;
        } else if let (true, Some((key, value))) = (inside, line.split_once('=')) {
            values.insert(key.trim(), value.trim().into());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::tests::{codes, fact, patient, view};
    use crate::secret::Secret;

    #[test]
    fn the_profile_in_use_is_compared() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials");
        let text = "[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n\n[build]\n\
                    aws_access_key_id=AKIAFAKE\naws_secret_access_key=old-secret-of-it\n";
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let url = "https://git-codecommit.us-east-1.amazonaws.com";
        let key = patient("codecommit", url, Kind::AccessKey, Some("AKIAFAKE"));
        let secret = Secret::token("the-secret-itself".into());
        let path = path.display().to_string();
        let seen = |vars: &[(&str, &str)]| {
            let vars: Vec<_> = vars.iter().copied().chain([("AWS_SHARED_CREDENTIALS_FILE", path.as_str())]).collect();
            look(&view(&key, &vars, Some(&secret)))
        };
        let sight = seen(&[]);
        assert!(sight.misleads.is_empty(), "{sight:?}");
        assert_eq!(fact(&sight, &format!("{path}, profile default")), "another access key");
        let sight = seen(&[("AWS_PROFILE", "build")]);
        assert_eq!(codes(&sight.misleads), ["env.aws-secret"]);
        assert!(!format!("{:?} {:?}", sight.facts, sight.misleads).contains("old-secret"), "{sight:?}");
    }
}
