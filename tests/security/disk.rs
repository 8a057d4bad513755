//! What is on the disk: ciphertext, closed to others whatever the umask, and nothing left over.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::program::{Home, Host};

const SECRET: &str = "glpat-DiskCanary0nlyAFake1";

/// Everything below a directory.
fn below(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            all.extend(below(&path));
        }
        all.push(path);
    }
    all
}

fn mode(path: &Path) -> Option<u32> {
    fs::symlink_metadata(path).ok().map(|m| m.permissions().mode() & 0o7777)
}

#[test]
fn whatever_the_umask_only_the_owner_gets_in_and_only_to_ciphertext() {
    for umask in ["000", "077"] {
        let (home, host, done) = (Home::bare(), Host::new(false), AtomicBool::new(false));
        let mut open = Vec::new();
        std::thread::scope(|scope| {
            // Looks all the time, so that a file that is open to others for a moment has a chance to be seen.
            let watcher = scope.spawn(|| {
                let mut open = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    let data = home.data();
                    let all = below(&data).into_iter().chain([data]);
                    open.extend(all.filter_map(|p| mode(&p).filter(|m| m & 0o077 != 0).map(|m| (p, m))));
                    std::thread::yield_now();
                }
                open
            });
            home.run(umask, &["host", "add", "lab", &host.url, "--family", "gitlab"], "");
            let added = home.run(umask, &["add", "--label", "bird", "--host", "lab", "--yes"], SECRET);
            let checked = home.run(umask, &["check", "--verbose"], "");
            done.store(true, Ordering::Relaxed);
            assert!(added.1.contains("added `bird`") && checked.0 == 1, "{added:?} {checked:?}");
            open = watcher.join().unwrap();
        });
        assert!(open.is_empty(), "umask {umask}: {open:?}");
        let all = below(&home.data());
        assert!(all.iter().any(|p| p.ends_with("rack.db")) && all.len() >= 4, "{all:?}");
        for path in &all {
            let wanted = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode(path), Some(wanted), "umask {umask}: {}", path.display());
            let name = path.file_name().unwrap().to_string_lossy();
            assert!(!name.ends_with(".tmp"), "{}", path.display());
        }
        assert!(below(&home.dir.path().join("tmp")).is_empty(), "something is left among temporary files");
        for path in below(home.dir.path()).iter().filter(|p| p.is_file()) {
            let bytes = fs::read(path).unwrap();
            let found = bytes.windows(12).any(|w| w == &SECRET.as_bytes()[6..18]);
            assert!(!found, "{}", path.display());
        }
    }
}

#[test]
fn what_is_open_to_others_or_not_a_plain_file_is_refused_with_the_fix() {
    let (home, host) = (Home::new(), Host::new(false));
    home.add("bird", &host.url, SECRET);
    let secrets = home.data().join("secrets");
    let secret = below(&secrets).into_iter().find(|p| !p.ends_with("identity.age")).unwrap();
    for (path, bad, good) in [
        (secrets.clone(), 0o755, 0o700),
        (secrets.join("identity.age"), 0o644, 0o600),
        (secret.clone(), 0o640, 0o600),
        (home.data().join("rack.db"), 0o604, 0o600),
        (home.data(), 0o777, 0o700),
    ] {
        fs::set_permissions(&path, fs::Permissions::from_mode(bad)).unwrap();
        let (code, text) = home.run("077", &["check"], "");
        fs::set_permissions(&path, fs::Permissions::from_mode(good)).unwrap();
        assert!(code > 2 || text.contains("chmod"), "{}: {code} {text}", path.display());
        assert!(text.contains("chmod"), "{}: {text}", path.display());
        assert!(!text.contains("valid") || text.contains("0 valid"), "{text}");
    }
    // A link to a file that is well guarded itself is refused too: its target may be anybody's choice.
    let elsewhere = home.dir.path().join("elsewhere");
    fs::rename(&secret, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &secret).unwrap();
    let (_, text) = home.run("077", &["check"], "");
    assert!(text.contains("symbolic link"), "{text}");
    // Keeping a new secret replaces a link and never writes through it.
    let before = fs::read(&elsewhere).unwrap();
    fs::remove_file(&secret).unwrap();
    std::os::unix::fs::symlink(&elsewhere, secrets.join(".keyrack-x.tmp")).unwrap();
    home.run("077", &["check"], "");
    assert_eq!(fs::read(&elsewhere).unwrap(), before);
}
