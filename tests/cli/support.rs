//! A home of its own for every test, runs in it, and servers on loopback.
//!
//! The file store of a home is set up by the test with the least scrypt work that the format knows: opening it costs
//! nothing, and is the same code.

#![allow(dead_code, reason = "not every module needs every helper")]

#[path = "../security/quick_store.rs"]
mod quick_store;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keyrack::cli::{self, Io, Outcome};
use keyrack::domain::Clock;
use keyrack::rack::Rack;
use keyrack::simulator::server::{self, Running};
use keyrack::simulator::{SimCredential, Site};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Passphrase of every home's store.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// A GitLab token that no site knows: well-formed, obviously fake.
pub const STRANGER: &str = "glpat-ExampleFakeStrangr01";

/// The moment at which all these tests take place.
pub fn now() -> Timestamp {
    "2026-11-23T04:00:00Z".parse().unwrap()
}

pub fn clock() -> Clock {
    Clock::Fixed(now())
}

/// Directories, environment and clock of a test.
pub struct Home {
    pub dir: tempfile::TempDir,
    pub env: BTreeMap<String, String>,
    pub clock: Clock,
}

impl Home {
    /// Empty, with a file store that opens at once.
    pub fn new() -> Self {
        let home = Self::bare();
        quick_store::set_up(&home.data(), PASSPHRASE);
        home
    }

    /// Empty, without any store; `KEYRACK_STORE` says file, and the passphrase file is there.
    pub fn bare() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        std::fs::write(path("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
        let env = [
            ("HOME", path("home")),
            ("USER", "ana".to_owned()),
            ("KEYRACK_CONFIG_DIR", path("config")),
            ("KEYRACK_DATA_DIR", path("data")),
            ("KEYRACK_STORE", "file".to_owned()),
            // Nothing leaves this machine: whatever is not on loopback meets a proxy that is not there.
            ("HTTPS_PROXY", "http://127.0.0.1:1".to_owned()),
            ("HTTP_PROXY", "http://127.0.0.1:1".to_owned()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
            ("KEYRACK_PASSPHRASE_FILE", path("passphrase")),
        ];
        let env = env.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
        Self { dir, env, clock: clock() }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn rack(&self) -> Rack {
        Rack::open(&self.data().join("rack.db")).unwrap()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    pub fn configure(&self, toml: &str) {
        std::fs::create_dir_all(self.dir.path().join("config")).unwrap();
        std::fs::write(self.dir.path().join("config/config.toml"), toml).unwrap();
    }

    /// The same home, later.
    pub fn later(&mut self, hours: i64) {
        self.clock = Clock::Fixed(self.clock.now() + SignedDuration::from_hours(hours));
    }

    /// Runs a line of words, with nothing on stdin.
    pub async fn run(&self, line: &str) -> Ran {
        self.pipe("", line).await
    }

    /// Runs a line of words with this on stdin.
    pub async fn pipe(&self, stdin: &str, line: &str) -> Ran {
        let words = shlex::split(line).unwrap();
        self.args(stdin, &words.iter().map(String::as_str).collect::<Vec<_>>()).await
    }

    pub async fn args(&self, stdin: &str, args: &[&str]) -> Ran {
        let (mut io, out, err) = Io::piped(stdin, self.env.clone(), self.clock);
        let words = std::iter::once("keyrack").chain(args.iter().copied()).map(OsString::from);
        let code = match cli::run(words, &mut io).await {
            Outcome::Exit(code) => code,
            Outcome::Tui(_) => panic!("the screens opened"),
        };
        let text = |buffer: &Mutex<Vec<u8>>| String::from_utf8(buffer.lock().unwrap().clone()).unwrap();
        Ran { code, out: text(&out), err: text(&err), home: self.dir.path().display().to_string() }
    }

    /// Puts a simulated site on the rack as a host of that name.
    pub async fn host(&self, name: &str, site: &Running) {
        let mut args = vec!["host".into(), "add".into(), name.to_owned(), site.site.url(&site.listen)];
        args.extend(["--family".into(), site.site.family().to_string()]);
        args.extend(site.site.region().into_iter().flat_map(|r| ["--region".to_owned(), r]));
        for (name, url) in site.site.endpoints(&site.listen) {
            args.extend(["--endpoint".into(), format!("{name}={url}")]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.args("", &args).await.exits(0);
    }

    /// Adds a credential of the site's roster, whatever its host says of it.
    pub async fn add(&self, site: &Running, label: &str, host: &str) {
        let seed = seed(site, label);
        let mut args = vec!["add", "--yes", "--label", label, "--host", host, "--kind", seed.kind.slug()];
        for tag in &seed.tags {
            args.extend(["--tag", tag]);
        }
        if let Some(username) = &seed.username {
            args.extend(["--username", username]);
        }
        self.args(&seed.secret, &args).await;
        self.run(&format!("show {label}")).await.exits(0);
    }

    /// Everything under the home but the secret files themselves, as one lossy text.
    pub fn files(&self) -> String {
        let mut text = String::new();
        let mut todo = vec![self.dir.path().to_owned()];
        while let Some(dir) = todo.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    todo.push(path);
                } else {
                    text.push_str(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
                }
            }
        }
        text
    }

    /// Number of secrets in the store.
    pub fn secrets(&self) -> usize {
        let names = std::fs::read_dir(self.data().join("secrets")).unwrap();
        names.filter(|n| n.as_ref().unwrap().file_name() != "identity.age").count()
    }
}

/// How a run ended.
pub struct Ran {
    pub code: u8,
    pub out: String,
    pub err: String,
    home: String,
}

impl Ran {
    #[track_caller]
    pub fn exits(self, code: u8) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}\n{self}"))
    }

    /// Neither stream holds it.
    #[track_caller]
    pub fn lacks(&self, text: &str) -> &Self {
        assert!(!self.out.contains(text) && !self.err.contains(text), "`{text}` in\n{self}");
        self
    }

    /// One of the streams holds it.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.out.contains(text) || self.err.contains(text), "no `{text}` in\n{self}");
        self
    }
}

/// stdout, stderr and exit code in one text; paths, ports and times that differ between runs are replaced.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (name, stream) in [("", &self.out), ("--- stderr\n", &self.err)] {
            if !stream.is_empty() {
                text.push_str(name);
                text.push_str(stream);
            }
        }
        let text = text.replace(&self.home, "[home]");
        let replace = |text: String, pattern: &str, by: &str| {
            regex::Regex::new(pattern).unwrap().replace_all(&text, by).into_owned()
        };
        let text = replace(text, r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
        let text = replace(text, r"in \d+ ms", "in N ms");
        let text = replace(text, r#""ms": \d+"#, r#""ms": 0"#);
        let text = replace(text, r"[ \t]+\n", "\n");
        write!(f, "{text}--- exit {}", self.code)
    }
}

/// A site on loopback.
pub async fn start(site: impl Site + 'static) -> Running {
    server::start(Arc::new(site), Duration::ZERO, clock()).await.unwrap()
}

/// A credential of a site's roster.
pub fn seed(site: &Running, label: &str) -> SimCredential {
    site.site.roster(now()).into_iter().find(|c| c.label == label).unwrap_or_else(|| panic!("no {label}"))
}

/// A request as a hostile server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Request line and headers.
    pub head: String,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().filter_map(|l| l.split_once(": ")).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or("")
    }

    pub fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or("")
    }
}

/// A server that answers with whatever bytes it is told to.
pub struct Server {
    pub url: String,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves the bytes that `answer` gives, then closes; no bytes at all means to hang until the client goes.
pub async fn serve(answer: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static) -> Server {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                let head = loop {
                    let mut buffer = [0; 4096];
                    let Ok(n @ 1..) = stream.read(&mut buffer).await else { return };
                    bytes.extend_from_slice(&buffer[..n]);
                    if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                        break end + 4;
                    }
                };
                let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
                let mut request = Seen { head: text, body: String::new() };
                let length = request.header("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
                while bytes.len() < head + length {
                    let mut buffer = [0; 4096];
                    let Ok(n @ 1..) = stream.read(&mut buffer).await else { return };
                    bytes.extend_from_slice(&buffer[..n]);
                }
                request.body = String::from_utf8_lossy(&bytes[head..]).into_owned();
                log.lock().unwrap().push(request.clone());
                let reply = answer(&request);
                if reply.is_empty() {
                    let _ = stream.read(&mut [0]).await;
                    return;
                }
                let _ = stream.write_all(&reply).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    Server { url, seen, task }
}

/// An HTTP/1.1 answer.
pub fn http(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut out =
        format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n", body.len()).into_bytes();
    for (name, value) in headers {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    out
}

pub fn json(status: u16, body: &str) -> Vec<u8> {
    http(status, &[("Content-Type", "application/json"), ("X-Gitlab-Meta", r#"{"version":"1"}"#)], body.as_bytes())
}

/// The program itself, with an environment of its own.
pub fn program(home: &Home) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::cargo_bin("keyrack").unwrap();
    command.env_clear().envs(&home.env).current_dir(home.dir.path());
    command
}

/// Makes a path writable again, so that the directory can be removed.
pub fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
