//! Files that are named on a screen.

use std::path::{Path, PathBuf};

use crate::diagnose::Surroundings;

/// The file that was typed: from the working directory on, `~` as a shell reads it.
pub(super) fn place(file: &str, around: &Surroundings) -> PathBuf {
    match (file.strip_prefix("~/"), around.home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => around.cwd().join(Path::new(file)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_in_a_shell() {
        let around = Surroundings::new([("HOME".to_owned(), "/home/ana".to_owned())], PathBuf::from("/work"));
        for (typed, meant) in [
            ("~/report.md", "/home/ana/report.md"),
            ("report.md", "/work/report.md"),
            ("/tmp/report.md", "/tmp/report.md"),
        ] {
            assert_eq!(place(typed, &around), Path::new(meant));
        }
    }
}
