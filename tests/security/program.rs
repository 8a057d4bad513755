//! Runs the real binary in a home of its own, and a host on loopback for it to ask.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::quick_store;

const PASSPHRASE: &str = "correct horse battery staple";

/// Directories of one test.
pub struct Home {
    pub dir: tempfile::TempDir,
}

impl Home {
    /// A home with a file store whose scrypt work is the least that the format knows: the same code, at no cost.
    pub fn new() -> Self {
        let home = Self::bare();
        quick_store::set_up(&home.data(), PASSPHRASE);
        home
    }

    /// A home without a store.
    pub fn bare() -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::create_dir(home.dir.path().join("tmp")).unwrap();
        std::fs::write(home.dir.path().join("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
        home
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The program under a umask, with this home and nothing of the tester's environment.
    pub fn command(&self, umask: &str, args: &[&str]) -> Command {
        let path = |name: &str| self.dir.path().join(name);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_keyrack")]);
        command.args(args).env_clear();
        for (name, place) in [
            ("HOME", "home"),
            ("TMPDIR", "tmp"),
            ("KEYRACK_CONFIG_DIR", "config"),
            ("KEYRACK_DATA_DIR", "data"),
            ("KEYRACK_PASSPHRASE_FILE", "passphrase"),
        ] {
            command.env(name, path(place));
        }
        command.env("KEYRACK_STORE", "file").env("USER", "ana");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn start(&self, umask: &str, args: &[&str], stdin: &str) -> Child {
        let mut child = self.command(umask, args).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        child
    }

    /// Runs to the end: exit code, and stdout with stderr.
    pub fn run(&self, umask: &str, args: &[&str], stdin: &str) -> (i32, String) {
        let output = self.start(umask, args, stdin).wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    /// Puts `secret` on the rack as `label`, with a host of the same name.
    pub fn add(&self, label: &str, url: &str, secret: &str) {
        let host = self.run("077", &["host", "add", label, url, "--family", "gitlab"], "");
        let (code, text) = self.run("077", &["add", "--label", label, "--host", label, "--no-check"], secret);
        assert_eq!(code, 0, "{host:?} {text}");
    }
}

/// Answers every request with GitLab's 401. A slow one never answers what carries a credential.
pub struct Host {
    pub url: String,
}

impl Host {
    pub fn new(slow: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                std::thread::spawn(move || answer(stream.unwrap(), slow));
            }
        });
        Self { url }
    }
}

fn answer(mut stream: TcpStream, slow: bool) {
    let mut buffer = [0; 4096];
    loop {
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => seen.extend_from_slice(&buffer[..count]),
            }
        }
        if slow && seen.windows(6).any(|w| w == b"glpat-") {
            // Until the program goes away.
            let _ = stream.read(&mut buffer);
            return;
        }
        let body = r#"{"message":"401 Unauthorized"}"#;
        let head = "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nX-Gitlab-Meta: {}\r\n";
        if stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).is_err() {
            return;
        }
    }
}
