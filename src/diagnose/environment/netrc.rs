//! `.netrc`, where it answers for the host with another password, or others may read it.

use super::sight::Sight;
use crate::diagnose::held::Held;
use crate::diagnose::netrc::Netrc;
use crate::diagnose::viewpoint::Viewpoint;
use crate::sanitize;

/// What follows for this credential.
pub(super) fn look(view: &Viewpoint<'_>, entries: &[Netrc]) -> Sight {
    let mut sight = Sight::default();
    if entries.is_empty() {
        sight.fact(".netrc", "no entry for this host");
    }
    for entry in entries {
        let path = sanitize::short(&entry.path.display().to_string(), 200);
        let machine = entry.machine.as_deref().map_or_else(|| "default".to_owned(), |m| sanitize::short(m, 80));
        let login = entry.login.as_deref().map_or_else(|| "nobody".to_owned(), |l| sanitize::short(l, 80));
        let Some(password) = &entry.password else {
            sight.fact(format!("{path}, {machine}"), format!("as {login}, without a password"));
            continue;
        };
        sight.secrets.push(password.clone());
        let held = Held::of(password.reveal(), view.secret);
        sight.fact(format!("{path}, {machine}"), format!("as {login}, {}", held.words()));
        let args = [("path", path.as_str()), ("machine", machine.as_str()), ("user", login.as_str())];
        if held == Held::Other {
            sight.misleads("env.netrc", &args);
        }
        if let Some(mode) = &entry.open {
            let args = [("path", path.as_str()), ("mode", mode.as_str()), ("what", "passwords")];
            if !sight.misleads.iter().any(|f| f.code == "env.open-file") {
                sight.misleads("env.open-file", &args);
            }
        }
    }
    sight
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::netrc::read;
    use crate::diagnose::tests::{codes, patient, view};
    use crate::domain::Kind;
    use crate::secret::Secret;

    #[test]
    fn another_password_for_the_host_is_a_warning_and_so_is_an_open_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".netrc");
        let write = |text: &str, mode: u32| {
            std::fs::write(&path, text).unwrap();
            #[cfg(unix)]
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        };
        let github = patient("github", "https://github.com", Kind::ClassicPat, None);
        let secret = Secret::token("the-secret-itself".into());
        let home_var = home.path().display().to_string();
        let seen = || {
            let vars = [("HOME", home_var.as_str())];
            let view = view(&github, &vars, Some(&secret));
            look(&view, &read(&view))
        };
        write("machine github.com login ana password someone-elses\n", 0o600);
        assert_eq!(codes(&seen().misleads), ["env.netrc"]);
        assert!(!format!("{:?} {:?}", seen().facts, seen().misleads).contains("someone-elses"));
        write("machine api.github.com login ana password the-secret-itself\n", 0o600);
        assert!(seen().misleads.is_empty(), "{:?}", seen());
        write("machine gitlab.com login ana password someone-elses\n", 0o600);
        assert!(seen().misleads.is_empty(), "{:?}", seen());
        write("machine gitlab.com login a password b\ndefault login ana password someone-elses\n", 0o600);
        assert_eq!(codes(&seen().misleads), ["env.netrc"]);
        #[cfg(unix)]
        {
            write("machine github.com login ana password the-secret-itself\n", 0o644);
            assert_eq!(codes(&seen().misleads), ["env.open-file"]);
        }
    }
}
