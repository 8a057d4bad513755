//! The folder `assets/`, embedded.

use include_dir::{Dir, include_dir};

pub(super) static ASSETS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets");

/// The text of an embedded asset, by its path below `assets/`.
#[must_use]
pub fn read(path: &str) -> Option<&'static str> {
    ASSETS.get_file(path).and_then(|f| f.contents_utf8())
}

/// The texts of all embedded assets of a folder below `assets/`, by name.
pub fn read_all(folder: &str) -> impl Iterator<Item = &'static str> {
    let files = ASSETS.get_dir(folder).into_iter().flat_map(|dir| dir.files());
    files.filter_map(|file| file.contents_utf8())
}
