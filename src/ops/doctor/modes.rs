//! Who may get at keyrack's files: the directory of the rack and the one of the settings, which name where secrets are sent.

use std::path::Path;

use super::{Complaint, Health, good};
use crate::domain::MEND;

/// Looks at the directories; with `mend`, closes them.
#[must_use]
pub fn modes(data: &Path, config: &Path, mend: bool) -> Vec<Complaint> {
    let mut all = Vec::new();
    // Others must neither read nor write below the one, and must not write below the other.
    for (path, open, wanted) in [(data, 0o077, 0o700), (config, 0o022, 0o755)] {
        all.extend(complaint(path, open, wanted, mend));
    }
    if all.is_empty() {
        all.push(good("modes", "nobody else may get at keyrack's files".to_owned()));
    }
    all
}

#[cfg(unix)]
fn complaint(path: &Path, open: u32, wanted: u32, mend: bool) -> Option<Complaint> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let meta = std::fs::metadata(path).ok()?;
    let mode = meta.mode() & 0o7777;
    if meta.mode() & open == 0 {
        return None;
    }
    let closed = mode & !open;
    let fix = format!("chmod {wanted:04o} {}", path.display());
    if mend && std::fs::set_permissions(path, std::fs::Permissions::from_mode(closed)).is_ok() {
        return Some(good("modes", format!("{} had mode {mode:04o}, and has {closed:04o} now", path.display())));
    }
    let may = if open & 0o044 != 0 { "look into or change" } else { "change" };
    Some(Complaint {
        health: if open & 0o044 != 0 && meta.mode() & 0o022 == 0 { Health::Warning } else { Health::Bad },
        about: "modes".into(),
        text: format!("others on this machine may {may} {} (mode {mode:04o})", path.display()),
        fix: format!("{fix}, or {MEND}"),
    })
}

#[cfg(not(unix))]
fn complaint(_path: &Path, _open: u32, _wanted: u32, _mend: bool) -> Option<Complaint> {
    // The user's profile directory is private by inheritance.
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    #[test]
    fn open_directories_are_named_with_the_command_and_closed_on_demand() {
        let dir = tempfile::tempdir().unwrap();
        let set = |mode| std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        set(0o700);
        assert_eq!(modes(dir.path(), dir.path(), false)[0].health, Health::Good);
        set(0o755);
        let found = modes(dir.path(), Path::new("/nowhere"), false);
        assert_eq!((found.len(), found[0].health), (1, Health::Warning));
        assert!(found[0].fix.contains("chmod 0700"), "{found:?}");
        set(0o777);
        assert_eq!(modes(dir.path(), Path::new("/nowhere"), false)[0].health, Health::Bad);
        assert_eq!(modes(dir.path(), Path::new("/nowhere"), true)[0].health, Health::Good);
        assert_eq!(std::fs::metadata(dir.path()).unwrap().mode() & 0o777, 0o700);
    }
}
