//! The file and its directory: made with the right modes from the first moment, refused where others could read or
//! replace them. Never removes or empties anything.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::RackError;

/// What SQLite keeps beside the file.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Makes sure that there is a safe file at `path`; answers its path with symbolic links resolved.
pub(super) fn prepare(path: &Path) -> Result<PathBuf, RackError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if let Err(error) = fs::metadata(directory) {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(denied_or_io("looking at", directory, &error));
        }
        make_directory(directory)?;
    }
    check_directory(directory)?;
    if let Err(error) = fs::metadata(path) {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(denied_or_io("looking at", path, &error));
        }
        make_file(path, directory)?;
    }
    let file = fs::canonicalize(path).map_err(|e| RackError::io("looking at", path, &e))?;
    if let Some(real) = file.parent() {
        // Where `path` is a symbolic link this is another directory, and the one in which SQLite writes.
        check_directory(real)?;
        writable(real, "directory")?;
    }
    let size = check_file(&file)?;
    if size == 1 {
        // SQLite takes a file of one byte for an empty one and would write over it.
        let why = "it is not an SQLite database".to_owned();
        return Err(RackError::Damaged { path: file.display().to_string(), why });
    }
    writable(&file, "file")?;
    check_beside(&file, size)?;
    Ok(file)
}

/// Refuses a file that ends within a page and has no log that could complete it: SQLite reads what is missing as zeros,
/// and a value at the end of the last page would change without anybody noticing.
pub(super) fn refuse_cut_off(file: &Path, page_size: u64) -> Result<(), RackError> {
    let size = |path: &Path| fs::metadata(path).map_or(0, |m| m.len());
    let unfinished = ["-wal", "-journal"].iter().any(|suffix| size(&beside(file, suffix)) > 0);
    let length = size(file);
    if unfinished || page_size == 0 || length.is_multiple_of(page_size) {
        return Ok(());
    }
    let why = format!("it is cut off: {length} bytes are no whole number of pages of {page_size}");
    Err(RackError::Damaged { path: file.display().to_string(), why })
}

/// `<path><suffix>`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes a directory that only its owner can enter, and its parents likewise.
pub(super) fn make_directory(directory: &Path) -> Result<(), RackError> {
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|e| denied_or_io("making the directory", directory, &e))?;
    if let Some(parent) = directory.parent().filter(|p| !p.as_os_str().is_empty()) {
        sync_directory(parent)?;
    }
    Ok(())
}

/// A new file that only its owner can use; an error of kind `AlreadyExists` where there is one.
pub(super) fn create_new(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn make_file(path: &Path, directory: &Path) -> Result<(), RackError> {
    match create_new(path) {
        Ok(file) => {
            file.sync_all().map_err(|e| denied_or_io("writing", path, &e))?;
            sync_directory(directory)
        }
        // Another process was faster; its file is as good.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(denied_or_io("making", path, &error)),
    }
}

/// A new name in a directory outlives a power cut only once the directory itself is on the disk.
fn sync_directory(directory: &Path) -> Result<(), RackError> {
    #[cfg(unix)]
    match fs::File::open(directory).and_then(|d| d.sync_all()) {
        Ok(()) => {}
        // Some file systems cannot sync a directory, and a parent may be closed to us: neither stops the rack.
        Err(error) if matches!(error.kind(), io::ErrorKind::StorageFull) => {
            return Err(RackError::io("writing", directory, &error));
        }
        Err(_) => {}
    }
    #[cfg(not(unix))]
    let _ = directory;
    Ok(())
}

/// A path as one word of a shell command.
#[cfg(unix)]
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+@%:,".contains(c)) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A refusal by the system, with the command that lifts it where the mode is the reason.
fn denied_or_io(what: &str, path: &Path, error: &io::Error) -> RackError {
    match RackError::io(what, path, error) {
        #[cfg(unix)]
        RackError::Denied { why, .. } => {
            let closed = path.ancestors().skip(1).find(|a| a.exists()).unwrap_or(Path::new("/"));
            RackError::Denied { path: path.display().to_string(), why, fix: format!("chmod u+rwx {}", quoted(closed)) }
        }
        other => other,
    }
}

#[cfg(unix)]
fn writable(path: &Path, what: &str) -> Result<(), RackError> {
    use rustix::fs::{Access, access};
    let need =
        if what == "directory" { Access::WRITE_OK | Access::EXEC_OK } else { Access::WRITE_OK | Access::READ_OK };
    match access(path, need) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::ROFS) => Err(RackError::ReadOnly { path: path.display().to_string() }),
        Err(_) => Err(RackError::Denied {
            path: path.display().to_string(),
            why: format!("keyrack cannot write this {what}"),
            fix: format!("chmod {} {}", if what == "directory" { "u+rwx" } else { "u+rw" }, quoted(path)),
        }),
    }
}

#[cfg(not(unix))]
fn writable(_path: &Path, _what: &str) -> Result<(), RackError> {
    Ok(())
}

/// Others must not be able to put a file of theirs in place of the rack or of the log beside it.
#[cfg(unix)]
fn check_directory(directory: &Path) -> Result<(), RackError> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(directory).map_err(|e| RackError::io("looking at", directory, &e))?;
    let refuse = |why: String, fix: String| Err(RackError::Denied { path: directory.display().to_string(), why, fix });
    if !found.is_dir() {
        return refuse("it is not a directory".to_owned(), String::new());
    }
    if found.uid() != rustix::process::geteuid().as_raw() && found.uid() != 0 {
        return refuse(
            format!("the directory belongs to another user (uid {}), who could replace the rack", found.uid()),
            String::new(),
        );
    }
    if found.mode() & 0o022 != 0 {
        let why = format!(
            "others may write in the directory (mode {:04o}) and could replace the rack",
            found.mode() & 0o7777
        );
        // A sticky directory such as /tmp is shared on purpose: changing its mode would harm others.
        let shared = found.mode() & 0o1000 != 0;
        return refuse(why, if shared { String::new() } else { format!("chmod go-w {}", quoted(directory)) });
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_directory(_directory: &Path) -> Result<(), RackError> {
    Ok(())
}

/// Only its owner may read or write the file, and that is us. Answers its size in bytes.
fn check_file(path: &Path) -> Result<u64, RackError> {
    let found = fs::symlink_metadata(path).map_err(|e| RackError::io("looking at", path, &e))?;
    let refuse = |why: String, fix: String| Err(RackError::Denied { path: path.display().to_string(), why, fix });
    if !found.is_file() {
        return refuse("it is not a regular file".to_owned(), String::new());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let me = rustix::process::geteuid().as_raw();
        if found.uid() != me {
            // To root, who can read everything, giving the file away is no help to its owner.
            let fix = match me {
                0 => format!("sudo -u '#{}' keyrack", found.uid()),
                _ => format!("sudo chown {me} {}", quoted(path)),
            };
            return refuse(format!("it belongs to another user (uid {}, keyrack runs as uid {me})", found.uid()), fix);
        }
        if found.mode() & 0o077 != 0 {
            return refuse(
                format!("others may read or write it (mode {:04o}, must be 0600)", found.mode() & 0o7777),
                format!("chmod 600 {}", quoted(path)),
            );
        }
    }
    Ok(found.len())
}

fn check_beside(file: &Path, size: u64) -> Result<(), RackError> {
    for suffix in BESIDE {
        let path = beside(file, suffix);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(RackError::io("looking at", &path, &error)),
            Ok(_) => {
                // SQLite deletes the log of an empty file, and with it whatever could have been recovered.
                if gone_meanwhile(check_file(&path))? > 0 && suffix == "-wal" && size == 0 {
                    let size = check_file(file)?;
                    if size == 0 {
                        return Err(RackError::Damaged {
                            path: file.display().to_string(),
                            why: format!("it is empty although {} is not", path.display()),
                        });
                    }
                }
            }
        }
    }
    Ok(())
}

/// The last process to close the rack removes these files, perhaps between two looks at them.
fn gone_meanwhile(checked: Result<u64, RackError>) -> Result<u64, RackError> {
    match checked {
        Err(RackError::Io { .. }) => Ok(0),
        other => other,
    }
}
