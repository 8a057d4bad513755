//! Where a secret is in the memory of the running program, and who may look there. Needs root, since the program hides
//! from everybody else; without it only the refusal is tested.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::program::{Home, Host};

/// Well-formed for GitLab and obviously fake; the middle is what is searched for.
const SECRET: &str = "glpat-MemoryCanary0nlyFake";
const UNDER_WAY: &str = "glpat-OtherBirdThatIsFake1";

const PAGE: usize = 4096;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// How often any of the needles stands in the memory that the process may write to.
fn copies(pid: u32, needle: &[u8]) -> usize {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut memory = fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut found = 0;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, mode) = (words.next().unwrap(), words.next().unwrap());
        if !mode.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|n| u64::from_str_radix(n, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        memory.seek(SeekFrom::Start(from)).unwrap();
        if memory.read_exact(&mut bytes).is_err() {
            continue;
        }
        for (number, page) in bytes.chunks(PAGE).enumerate() {
            // Most pages were never touched; comparing is fast, searching is not.
            if page == &[0; PAGE][..page.len()] {
                continue;
            }
            let start = number * PAGE;
            let end = (start + PAGE + needle.len() - 1).min(bytes.len());
            found += bytes[start..end].windows(needle.len()).filter(|w| w[0] == needle[0] && *w == needle).count();
        }
    }
    found
}

/// Copies of a token whose request is over: the write buffer of the connection, for as long as that is kept alive. Stated
/// in SECURITY.md.
const AFTER_REQUEST: usize = 1;

/// Copies of a token that is under way: the secret's own, the header's, the masker's and the write buffer's.
const DURING_REQUEST: usize = 4;

#[test]
fn after_a_request_only_the_connection_still_holds_the_secret() {
    if !is_root() {
        return;
    }
    let (home, fast, slow) = (Home::new(), Host::new(false), Host::new(true));
    home.add("fast", &fast.url, SECRET);
    home.add("slow", &slow.url, UNDER_WAY);
    let mut child = home.start("077", &["check", "--json-lines", "--no-brake"], "");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert!(line.contains("\"fast\""), "{line}");
    let look = || {
        let (after, during) = (copies(child.id(), SECRET.as_bytes()), copies(child.id(), UNDER_WAY.as_bytes()));
        (after, during, copies(child.id(), &SECRET.as_bytes()[8..20]))
    };
    // The line is printed before all of the first request is dropped, and perhaps before the second has begun.
    let settled = |(after, during, middle): (usize, usize, usize)| during > 0 && after.max(middle) <= AFTER_REQUEST;
    let mut seen = look();
    for _ in 0..600 {
        if settled(seen) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
        seen = look();
    }
    let (after, during, middle) = seen;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(during > 0, "the search finds nothing at all");
    assert!(after <= AFTER_REQUEST && middle <= AFTER_REQUEST, "{after} whole copies and {middle} of the middle stay");
    assert!(during <= DURING_REQUEST, "{during} copies while the request is under way");
}

#[test]
fn a_token_that_was_typed_or_piped_is_gone_once_it_is_kept() {
    if !is_root() {
        return;
    }
    // Added without asking any host, and another token of the same run is then held at its host.
    let (home, slow) = (Home::new(), Host::new(true));
    home.run("077", &["host", "add", "slow", &slow.url, "--family", "gitlab"], "");
    let mut child = home.start("077", &["add", "--label", "bird", "--host", "slow"], UNDER_WAY);
    let mut seen = 0;
    // The secret is in memory from when it is read; it is looked at once the request is under way.
    for _ in 0..600 {
        seen = copies(child.id(), format!("ken: {UNDER_WAY}").as_bytes())
            + copies(child.id(), format!("KEN: {UNDER_WAY}").as_bytes());
        if seen > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let all = copies(child.id(), UNDER_WAY.as_bytes());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(seen > 0, "no request was seen under way");
    assert!(all <= DURING_REQUEST, "{all} copies while the request is under way");
}

#[test]
fn neither_a_core_dump_nor_another_process_of_the_same_user_gets_at_the_memory() {
    if !is_root() {
        return;
    }
    let nobody = 65_534;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = dir.path().join("keyrack");
    fs::copy(env!("CARGO_BIN_EXE_keyrack"), &program).unwrap();
    let start = |program: &std::path::Path, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).uid(nobody).gid(nobody).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let may_read = |pid: u32, what: &str| {
        let mut cat = Command::new("/bin/cat");
        cat.arg(format!("/proc/{pid}/{what}")).uid(nobody).gid(nobody);
        cat.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    };
    // Both wait for their input.
    let (mut open, mut hidden) = (start("/bin/cat".as_ref(), &[]), start(&program, &["identify"]));
    let limits = || fs::read_to_string(format!("/proc/{}/limits", hidden.id())).unwrap();
    let core = || limits().lines().find(|l| l.starts_with("Max core file size")).unwrap_or("").to_owned();
    let is_off = |line: &str| line.split_whitespace().skip(4).take(2).eq(["0", "0"]);
    for _ in 0..600 {
        if is_off(&core()) && !may_read(hidden.id(), "maps") {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(is_off(&core()), "{}", core());
    for what in ["maps", "environ"] {
        assert!(may_read(open.id(), what), "the control cannot be read either");
        assert!(!may_read(hidden.id(), what), "{what}");
    }
    for child in [&mut open, &mut hidden] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
