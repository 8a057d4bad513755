//! Files that the user asked for by name: reports and transcripts.

use std::io::Write as _;
use std::path::Path;

use crate::error::{Error, Result};

/// Writes a file whole or not at all, readable by its owner alone; replaces one that is there.
///
/// # Errors
/// Where the folder is not there or cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |e: &std::io::Error| {
        Error::data(format!("`{}` could not be written", path.display()))
            .because(e)
            .hint("Name a file in a folder that is there and that you may write to.")
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made with mode 0600 from the beginning.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| failed(&e))?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(|e| failed(&e))?;
    file.persist(path).map(drop).map_err(|e| failed(&e.error))
}
