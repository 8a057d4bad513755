//! Guarded files: private from the first moment, replaced whole or not at all, and refused when others could have read
//! or changed them. Knows nothing of what is in them.
//!
//! A replacement is written to a temporary file beside the target, synced, renamed over it, and the directory synced:
//! whatever moment a crash or a full disk picks, the target is the old content or the new. The writer holds a lock on
//! its temporary file, so that [`sweep`] can tell one being written from one that a killed process left behind.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::StoreError;

/// Why-text of a full disk or quota; `advice` looks for it.
pub(super) const DISK_FULL: &str = "there is no space left (disk full or quota used up)";
/// Why-text of a read-only file system; `advice` looks for it.
pub(super) const READ_ONLY: &str = "the file system is read-only";

const TEMP_PREFIX: &str = ".keyrack-";
const TEMP_SUFFIX: &str = ".tmp";

/// Makes a directory that only its owner may enter, with its parents; one that is there already is left as it is.
pub(super) fn make_dir(dir: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| failed("making the directory", dir, &error))?;
    // A new directory that a crash may take back would take its files along. Above our own there is nothing to sync.
    for above in dir.ancestors().skip(1).take(2) {
        let _ = sync_dir(above);
    }
    Ok(())
}

/// Refuses a directory that others may enter or that is not ours.
pub(super) fn check_dir(dir: &Path) -> Result<(), StoreError> {
    let meta = fs::metadata(dir).map_err(|error| failed("looking at", dir, &error))?;
    if !meta.is_dir() {
        return Err(denied(dir, "it is not a directory", ""));
    }
    guard::check(dir, &meta, 0o700)
}

/// Reads a whole file of at most `cap` bytes; `None` where there is no such file.
pub(super) fn read(path: &Path, cap: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true);
    guard::never_follow_or_wait(&mut options);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(_) if path.is_symlink() => return Err(denied(path, "it is a symbolic link; a secret is a plain file", "")),
        Err(error) => return Err(failed("reading", path, &error)),
    };
    let meta = file.metadata().map_err(|error| failed("looking at", path, &error))?;
    if !meta.is_file() {
        return Err(denied(path, "it is not a plain file", ""));
    }
    guard::check(path, &meta, 0o600)?;
    let too_long =
        || StoreError::Damaged { what: shown(path), why: format!("it is larger than {cap} bytes, which no secret is") };
    if meta.len() > cap {
        return Err(too_long());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0).saturating_add(1));
    file.take(cap + 1).read_to_end(&mut bytes).map_err(|error| failed("reading", path, &error))?;
    if bytes.len() as u64 > cap { Err(too_long()) } else { Ok(Some(bytes)) }
}

/// Writes `dir/name`, durably, in place of one that may be there.
pub(super) fn replace(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = dir.join(name);
    let fail = |error: io::Error| failed("writing", &path, &error);
    let temp = write_temp(dir, bytes).map_err(fail)?;
    temp.persist(&path).map_err(|error| fail(error.error))?;
    sync_dir(dir).map_err(fail)
}

/// Writes `dir/name`, durably, unless there is one; says whether it did. Of several processes exactly one does.
pub(super) fn create_new(dir: &Path, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
    let path = dir.join(name);
    let fail = |error: io::Error| failed("writing", &path, &error);
    let temp = write_temp(dir, bytes).map_err(fail)?;
    match temp.persist_noclobber(&path) {
        Ok(_) => sync_dir(dir).map_err(fail).map(|()| true),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(fail(error.error)),
    }
}

/// Removes a file, durably; one that is not there is no error.
pub(super) fn remove(dir: &Path, name: &str) -> Result<(), StoreError> {
    let path = dir.join(name);
    match fs::remove_file(&path) {
        Ok(()) => sync_dir(dir).map_err(|error| failed("deleting", &path, &error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("deleting", &path, &error)),
    }
}

/// Names of the plain files in a directory, in no order; names that are not UTF-8 are none of ours and left out.
pub(super) fn names(dir: &Path) -> Result<Vec<String>, StoreError> {
    let fail = |error: io::Error| failed("listing", dir, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if let Ok(name) = entry.file_name().into_string()
            && entry.file_type().is_ok_and(|kind| kind.is_file())
        {
            names.push(name);
        }
    }
    Ok(names)
}

/// Removes temporary files that a killed process left behind. They hold ciphertext only, but of secrets that may since
/// have been destroyed. Best effort: what cannot be removed now is removed another time.
pub(super) fn sweep(dir: &Path) {
    for name in names(dir).unwrap_or_default() {
        if !(name.starts_with(TEMP_PREFIX) && name.ends_with(TEMP_SUFFIX)) {
            continue;
        }
        let path = dir.join(name);
        let mut options = OpenOptions::new();
        options.read(true);
        guard::never_follow_or_wait(&mut options);
        if let Ok(file) = options.open(&path)
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(&path);
        }
    }
}

/// A synced temporary file in `dir`, mode 0600 from its creation, locked.
fn write_temp(dir: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMP_PREFIX).suffix(TEMP_SUFFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600));
    let mut temp = loop {
        let temp = builder.tempfile_in(dir)?;
        // Where the file system has no locks nothing is swept either.
        let _ = temp.as_file().lock();
        // A sweep may have come between creation and lock.
        if guard::has_name(temp.as_file())? {
            break temp;
        }
    };
    temp.write_all(bytes)?;
    temp.as_file().sync_all()?;
    Ok(temp)
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}

/// The system's refusal in terms of what can be done about it.
pub(super) fn failed(act: &str, path: &Path, error: &io::Error) -> StoreError {
    if error.kind() == ErrorKind::PermissionDenied {
        return denied(path, "the system does not allow it", &guard::remedy(path));
    }
    let why = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => DISK_FULL.to_owned(),
        ErrorKind::ReadOnlyFilesystem => READ_ONLY.to_owned(),
        _ => error.to_string(),
    };
    StoreError::Io { what: format!("{act} {}", shown(path)), why }
}

fn denied(path: &Path, why: &str, fix: &str) -> StoreError {
    StoreError::Denied { path: shown(path), why: why.to_owned(), fix: fix.to_owned() }
}

/// The path as text for a message.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Who may do what, on systems with modes and owners.
#[cfg(unix)]
mod guard {
    use std::fs::{self, File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    use std::path::Path;

    use rustix::fs::OFlags;
    use rustix::process::geteuid;

    use super::{StoreError, denied};

    /// No symbolic link at the end of the path, and no waiting for the other end of a pipe.
    pub(super) fn never_follow_or_wait(options: &mut OpenOptions) {
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }

    /// Whether a directory entry still leads to the file.
    pub(super) fn has_name(file: &File) -> io::Result<bool> {
        Ok(file.metadata()?.nlink() > 0)
    }

    /// Refuses what belongs to another user or is open to others; `mode` is what it should be.
    pub(super) fn check(path: &Path, meta: &Metadata, mode: u32) -> Result<(), StoreError> {
        check_as(geteuid().as_raw(), path, meta.uid(), meta.mode(), mode)
    }

    fn check_as(user: u32, path: &Path, owner: u32, mode: u32, wanted: u32) -> Result<(), StoreError> {
        if owner != user {
            let why = format!("it belongs to user id {owner}, and keyrack runs as user id {user}");
            return Err(denied(path, &why, &format!("sudo chown {user} {}", quoted(path))));
        }
        if mode & 0o077 != 0 {
            let why = format!("its mode is {:04o}, so other users may get at it", mode & 0o7777);
            return Err(denied(path, &why, &format!("chmod {wanted:04o} {}", quoted(path))));
        }
        Ok(())
    }

    /// The command that would allow what was refused, where a mode or an owner of ours is the reason.
    pub(super) fn remedy(path: &Path) -> String {
        let user = geteuid().as_raw();
        for at in path.ancestors() {
            let Ok(meta) = fs::symlink_metadata(at) else { continue };
            let needed = if meta.is_dir() { 0o700 } else { 0o600 };
            if meta.uid() != user {
                // Above our own directories other owners are normal, and no business of a command of ours.
                return String::new();
            }
            if meta.mode() & needed != needed {
                return format!("chmod {needed:04o} {}", quoted(at));
            }
        }
        String::new()
    }

    /// The path as one word of a shell command.
    fn quoted(path: &Path) -> String {
        let text = path.display().to_string();
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,".contains(c);
        if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn fix(result: Result<(), StoreError>) -> String {
            match result {
                Err(StoreError::Denied { fix, .. }) => fix,
                other => panic!("{other:?}"),
            }
        }

        #[test]
        fn wrong_owner_and_wrong_mode_are_refused_with_the_command_that_mends_them() {
            let path = Path::new("/home/ana/it's mine");
            assert_eq!(check_as(1000, path, 1000, 0o100_600, 0o600), Ok(()));
            assert_eq!(check_as(1000, path, 1000, 0o100_400, 0o600), Ok(()));
            assert_eq!(fix(check_as(1000, path, 0, 0o100_600, 0o600)), r"sudo chown 1000 '/home/ana/it'\''s mine'");
            for bad in [0o640, 0o604, 0o620, 0o601] {
                assert_eq!(fix(check_as(0, Path::new("/a/b"), 0, 0o100_000 | bad, 0o600)), "chmod 0600 /a/b");
            }
        }
    }
}

/// Elsewhere the user's profile directory is private by inheritance and there is no mode to check.
#[cfg(not(unix))]
mod guard {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    use super::StoreError;

    pub(super) fn never_follow_or_wait(_options: &mut OpenOptions) {}

    pub(super) fn has_name(_file: &File) -> io::Result<bool> {
        Ok(true)
    }

    pub(super) fn check(_path: &Path, _meta: &Metadata, _mode: u32) -> Result<(), StoreError> {
        Ok(())
    }

    pub(super) fn remedy(_path: &Path) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_read_only_and_other_failures_are_told_apart() {
        let why = |kind: ErrorKind| match failed("writing", Path::new("/x"), &io::Error::from(kind)) {
            StoreError::Io { what, why } => format!("{what}: {why}"),
            other => format!("{other:?}"),
        };
        assert_eq!(why(ErrorKind::StorageFull), format!("writing /x: {DISK_FULL}"));
        assert_eq!(why(ErrorKind::QuotaExceeded), format!("writing /x: {DISK_FULL}"));
        assert_eq!(why(ErrorKind::ReadOnlyFilesystem), format!("writing /x: {READ_ONLY}"));
        assert!(why(ErrorKind::Interrupted).starts_with("writing /x: "));
        let refused = failed("writing", Path::new("/x"), &io::Error::from(ErrorKind::PermissionDenied));
        assert!(matches!(refused, StoreError::Denied { .. }));
    }

    #[test]
    fn a_sweep_takes_what_was_left_behind_and_leaves_what_is_being_written() {
        let dir = tempfile::tempdir().unwrap();
        let being_written = write_temp(dir.path(), b"new").unwrap();
        let left_behind = dir.path().join(format!("{TEMP_PREFIX}dead{TEMP_SUFFIX}"));
        let foreign = dir.path().join("notes.tmp");
        fs::write(&left_behind, b"half").unwrap();
        fs::write(&foreign, b"mine").unwrap();
        sweep(dir.path());
        assert!(being_written.path().exists() && foreign.exists() && !left_behind.exists());
    }

    #[test]
    fn only_one_creator_wins() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        let results: Vec<(u8, bool)> = std::thread::scope(|scope| {
            let create = |number: u8| scope.spawn(move || (number, create_new(dir, "one", &[number]).unwrap()));
            let all: Vec<_> = (0..8).map(create).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let winners: Vec<u8> = results.iter().filter(|(_, won)| *won).map(|(number, _)| *number).collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(fs::read(dir.join("one")).unwrap(), winners);
        assert_eq!(names(dir).unwrap(), ["one"], "no temporary file stays");
    }
}
