//! Reads profiles: the shipped ones, then the user's own in `profiles/*.toml` of the configuration directory. One of the
//! user's that has the id of a shipped one takes its place.

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::domain::{Profile, Profiles};
use crate::error::{Error, Result};

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets/profiles");

/// More than any person writes by hand; a larger file is something else.
const LARGEST: u64 = 256 * 1024;

/// The shipped profiles. One that does not parse (a test sees to it that all do) is left out.
#[must_use]
pub fn shipped() -> Profiles {
    let parsed = SHIPPED.files().filter_map(|f| toml::from_str(f.contents_utf8()?).ok());
    sorted(parsed.map(|p: Profile| (p.id.clone(), p)).collect())
}

/// The shipped profiles and those of the user. An empty path stands for no directory.
///
/// # Errors
/// Usage error naming file and line where one cannot be understood; data error where one cannot be read. Nothing is
/// written, whatever is wrong.
pub fn load(directory: &Path) -> Result<Profiles> {
    let mut all: BTreeMap<String, Profile> = shipped().0.into_iter().map(|p| (p.id.clone(), p)).collect();
    if directory.as_os_str().is_empty() {
        return Ok(sorted(all));
    }
    let folder = directory.join("profiles");
    let unreadable =
        |path: &Path, error: &std::io::Error| Error::data(format!("{} cannot be read", path.display())).because(error);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(sorted(all)),
        Err(error) => return Err(unreadable(&folder, &error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| unreadable(&folder, &e))?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    for path in paths {
        let size = std::fs::metadata(&path).map_err(|e| unreadable(&path, &e))?.len();
        if size > LARGEST {
            return Err(Error::usage(format!("{} is too large for a profile: {size} bytes", path.display())));
        }
        let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
        let profile = parse(&text, &path)?;
        all.insert(profile.id.clone(), profile);
    }
    Ok(sorted(all))
}

/// The user's own profiles that say what each is, checked one by one.
fn parse(text: &str, path: &Path) -> Result<Profile> {
    let profile: Profile = toml::from_str(text).map_err(|error| {
        Error::usage(format!("the profile {} cannot be understood", path.display()))
            .cause(error.to_string().trim().to_owned())
            .hint("The shipped profiles, in assets/profiles of the source, show what one looks like.")
    })?;
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("");
    let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let wrong = if profile.id != stem {
        Some(format!("its id is `{}`, and must be that of the file, `{stem}`", profile.id))
    } else if profile.id.is_empty() || !profile.id.chars().all(slug) {
        Some("its id may hold lower-case letters, digits and `-` only".to_owned())
    } else if profile.entries.is_empty() {
        Some("it has no entry, so it says nothing of any family".to_owned())
    } else if profile.entries.iter().flat_map(|e| &e.needs).any(|n| n.any.is_empty()) {
        Some("a need has an empty list `any`: nothing could ever meet it".to_owned())
    } else {
        None
    };
    match wrong {
        Some(wrong) => Err(Error::usage(format!("the profile {}: {wrong}", path.display()))),
        None => Ok(profile),
    }
}

fn sorted(all: BTreeMap<String, Profile>) -> Profiles {
    Profiles(all.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "id = \"own\"\ntitle = \"Own\"\nabout = \"A job of ours.\"\n[[entries]]\nfamily = \"github\"\n\
                       needs = [{ any = [\"repo\"], why = \"it\" }]\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("profiles")).unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join("profiles").join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn every_shipped_profile_parses_and_is_consistent() {
        for file in SHIPPED.files() {
            let path = Path::new(file.path());
            let profile = parse(file.contents_utf8().unwrap(), path).unwrap_or_else(|e| panic!("{e}"));
            assert!(!profile.title.is_empty() && profile.about.ends_with('.'), "{}", path.display());
            for entry in &profile.entries {
                for need in &entry.needs {
                    assert!(!need.why.is_empty(), "{}: {:?} has no reason", path.display(), need.any);
                }
            }
        }
        assert_eq!(shipped().0.len(), SHIPPED.files().count());
    }

    #[test]
    fn an_own_profile_is_added_or_takes_the_place_of_a_shipped_one() {
        let read = OWN.replace("\"own\"", "\"git-read\"");
        let dir = folder(&[("own.toml", OWN), ("git-read.toml", &read), ("notes.txt", "not one")]);
        let all = load(dir.path()).unwrap();
        assert_eq!(all.0.len(), shipped().0.len() + 1);
        assert_eq!(all.get("git-read").unwrap().title, "Own");
        assert!(all.get("own").is_some());
    }

    #[test]
    fn without_a_folder_or_a_directory_the_shipped_ones_are_there() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(load(dir.path()).unwrap(), shipped());
        assert_eq!(load(Path::new("")).unwrap(), shipped());
    }

    #[test]
    fn what_is_wrong_is_named_with_file_and_line() {
        for (text, says) in [
            (OWN.replace("title", "tilte"), "line 2"),
            (OWN.replace("about = \"A job of ours.\"\n", ""), "about"),
            (OWN.replace("\"own\"", "\"other\""), "must be that of the file"),
            (OWN.replace("[\"repo\"]", "[]"), "empty list `any`"),
            ("id = ".to_owned(), "line 1"),
        ] {
            let dir = folder(&[("own.toml", &text)]);
            let error = load(dir.path()).unwrap_err().to_string();
            assert!(error.contains("own.toml") && error.contains(says), "{error}");
        }
    }
}
