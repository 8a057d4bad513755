//! Which process an open journal entry belongs to, and whether it still lives.
//!
//! A process holds an exclusive lock on a file of its own in `<rack>.locks` for as long as it has the rack open, and
//! writes the file's name into its entries. The system lets go of the lock however the process ends; process ids would be
//! reused. Nothing else is in these files, and they are only ever removed by their owner or after it has died.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::{RackError, place};

/// How often a name is tried anew; one attempt fails only where another process cleans up in the same instant.
const ATTEMPTS: usize = 16;

/// This process, as journal entries name it. Dropping it gives up what it owns.
pub(super) struct Owner {
    name: String,
    path: PathBuf,
    /// Closed after the file is removed, so that nobody finds it unlocked.
    _lock: File,
}

impl Owner {
    /// Takes a lock file in `directory`, which is made where it is not there.
    pub(super) fn claim(directory: &Path) -> Result<Self, RackError> {
        place::make_directory(directory)?;
        for _ in 0..ATTEMPTS {
            let name = uuid::Uuid::new_v4().to_string();
            let path = directory.join(&name);
            let lock = place::create_new(&path).map_err(|e| RackError::io("making", &path, &e))?;
            lock.lock().map_err(|e| RackError::io("locking", &path, &e))?;
            if still_named(&lock, &path) {
                return Ok(Self { name, path, _lock: lock });
            }
        }
        Err(RackError::Internal { what: format!("no lock file in {} stays where it was made", directory.display()) })
    }

    /// The name of the lock file.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Between making and locking the file, another process may have taken it for one whose owner is dead.
#[cfg(unix)]
fn still_named(lock: &File, _path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    lock.metadata().is_ok_and(|found| found.nlink() > 0)
}

#[cfg(not(unix))]
fn still_named(_lock: &File, path: &Path) -> bool {
    path.exists()
}

/// Whether the owner of that name lives. A shared lock is enough to ask, so that two who ask at once do not take each
/// other for the owner. The file of a dead owner is removed.
pub(super) fn is_alive(directory: &Path, name: &str) -> Result<bool, RackError> {
    if !is_name(name) {
        return Ok(false);
    }
    let path = directory.join(name);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(RackError::io("looking at", &path, &error)),
    };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(RackError::io("locking", &path, &error)),
        Ok(()) => {
            // What cannot be removed now is removed by whoever looks next.
            let _ = fs::remove_file(&path);
            Ok(false)
        }
    }
}

/// Removes the lock files of the dead that own nothing any more.
pub(super) fn sweep(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        if let Some(name) = entry.file_name().to_str() {
            // A failure leaves a file of no bytes behind, for the next time.
            let _ = is_alive(directory, name);
        }
    }
}

/// Only names that were made here are opened: an entry comes from a file that others may have written.
fn is_name(name: &str) -> bool {
    name.len() == 36 && uuid::Uuid::try_parse(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_lives_until_it_is_dropped_and_leaves_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let directory = temp.path().join("locks");
        let owner = Owner::claim(&directory).unwrap();
        let name = owner.name().to_owned();
        assert!(is_alive(&directory, &name).unwrap());
        sweep(&directory);
        assert!(directory.join(&name).exists());
        drop(owner);
        assert!(!is_alive(&directory, &name).unwrap());
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
    }

    #[test]
    fn the_file_of_a_dead_owner_is_removed_and_other_files_are_not() {
        let temp = tempfile::tempdir().unwrap();
        let dead = uuid::Uuid::new_v4().to_string();
        fs::write(temp.path().join(&dead), "").unwrap();
        fs::write(temp.path().join("notes.txt"), "mine").unwrap();
        assert!(!is_alive(temp.path(), &dead).unwrap());
        assert!(!is_alive(temp.path(), "../etc/passwd").unwrap());
        sweep(temp.path());
        assert!(!temp.path().join(&dead).exists());
        assert!(temp.path().join("notes.txt").exists());
    }
}
