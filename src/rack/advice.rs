//! What a user can do about a [`RackError`]: the way from the rack's errors to the ones that are shown.

use super::RackError;
use super::error::named;
use crate::error::{Error, ErrorKind};

impl From<RackError> for Error {
    fn from(error: RackError) -> Self {
        let message = error.to_string();
        match error {
            RackError::Newer { .. } => Self::data(message)
                .hint("Nothing was changed. Use the newer keyrack, or another rack with `--data-dir`."),
            RackError::Damaged { path, .. } => Self::data(message)
                .hint(format!("Nothing was changed. Keep a copy of `{path}` and of the files beside it that begin with its name."))
                .hint("Put a backup in its place, or go on with a new one in another `--data-dir`; `sqlite3 FILE .recover` saves what can be read."),
            RackError::Denied { fix, .. } if fix.is_empty() => {
                Self::data(message).hint("Use a directory of your own with `--data-dir` or `KEYRACK_DATA_DIR`.")
            }
            RackError::Denied { fix, .. } => Self::data(message).hint(format!("Run: {fix}")),
            RackError::Full { .. } => {
                Self::data(message).hint("What was there is whole. Free some space or quota and try again.")
            }
            RackError::ReadOnly { .. } => Self::data(message)
                .hint("Make it writable, or use another directory with `--data-dir` or `KEYRACK_DATA_DIR`."),
            RackError::Busy { path } => Self::data(message)
                .hint(format!("Try again; `fuser {path}` names the process if it stays like this.")),
            RackError::DuplicateLabel { label, existing } => {
                let error = Self::usage(message);
                let error = if label == existing {
                    error
                } else {
                    error.hint(format!("`{label}` differs from it only in case, which is too easy to mix up."))
                };
                error.hint(format!("Choose another label, or look at it with `keyrack show {existing}`."))
            }
            RackError::DuplicateSecret { existing } => Self::usage(message).hint(format!(
                "`keyrack show {existing}` shows it, `keyrack edit {existing}` changes where it is used."
            )),
            RackError::DuplicateHost { name } => Self::usage(message)
                .hint(format!("Choose another name, or change that host with `keyrack host edit {name}`.")),
            RackError::HostInUse { labels, .. } => Self::usage(message).hint(format!(
                "Use other hosts for {} with `keyrack edit`, or take them off the rack with `keyrack forget`; then try again.",
                named(&labels)
            )),
            RackError::NoSuchCredential { similar, .. } => {
                Self::usage(message).hint(meant(&similar, "`keyrack list` shows every label."))
            }
            RackError::NoSuchHost { similar, .. } => {
                Self::usage(message).hint(meant(&similar, "`keyrack host list` shows every host."))
            }
            RackError::Io { what, why } => {
                Self::data(what).cause(why).hint("`keyrack doctor` tells what keyrack uses and whether it is sound.")
            }
            RackError::Internal { .. } => Self::new(ErrorKind::Internal, message)
                .hint("This is a defect of keyrack: please report it with this text."),
        }
    }
}

fn meant(similar: &[String], otherwise: &str) -> String {
    match similar {
        [] => otherwise.to_owned(),
        names => format!("Did you mean {}?", names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_says_what_to_do_next_and_has_the_right_kind() {
        let text = || "x".to_owned();
        let data = [
            RackError::Newer { path: text(), found: 9, known: 1 },
            RackError::Damaged { path: text(), why: text() },
            RackError::Denied { path: text(), why: text(), fix: text() },
            RackError::Denied { path: text(), why: text(), fix: String::new() },
            RackError::Full { path: text() },
            RackError::ReadOnly { path: text() },
            RackError::Busy { path: text() },
            RackError::Io { what: text(), why: text() },
        ];
        let usage = [
            RackError::DuplicateLabel { label: text(), existing: text() },
            RackError::DuplicateSecret { existing: text() },
            RackError::DuplicateHost { name: text() },
            RackError::HostInUse { name: text(), labels: vec![text(); 5] },
            RackError::NoSuchCredential { label: text(), similar: vec![text()] },
            RackError::NoSuchHost { name: text(), similar: Vec::new() },
        ];
        let internal = [RackError::Internal { what: text() }];
        let kinds =
            [(&data[..], ErrorKind::Data), (&usage[..], ErrorKind::Usage), (&internal[..], ErrorKind::Internal)];
        for (errors, kind) in kinds {
            for error in errors {
                let shown = Error::from(error.clone());
                assert_eq!(shown.kind, kind, "{error:?}");
                assert!(!shown.hints.is_empty(), "{error:?}");
            }
        }
    }

    #[test]
    fn both_versions_and_the_closest_labels_are_named() {
        let newer = Error::from(RackError::Newer { path: "/r".into(), found: 9, known: 1 });
        assert!(newer.message.contains("schema is 9") && newer.message.contains("up to 1"));
        let none = Error::from(RackError::NoSuchCredential {
            label: "ci-relase".into(),
            similar: vec!["ci-release".into(), "ci-rebase".into()],
        });
        assert_eq!(none.hints, ["Did you mean `ci-release` or `ci-rebase`?"]);
        let labels = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let used = Error::from(RackError::HostInUse { name: "h".into(), labels });
        assert_eq!(used.message, "host `h` is used by `a`, `b`, `c` and 1 more");
    }
}
