//! Reading small files of the user's that may hold secrets.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

/// Larger files are none of those that are looked at.
const CAP: u64 = 1024 * 1024;

/// The text of a file; none where there is no such file or it cannot be read as text. Never waits: only plain files.
pub(crate) fn text(path: &Path) -> Option<Zeroizing<String>> {
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 * 1024));
    File::open(path).ok()?.take(CAP).read_to_end(&mut bytes).ok()?;
    Some(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The mode of a file that others than its owner may read, as `644`.
pub(crate) fn open_mode(path: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then(|| format!("{mode:o}"))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}
