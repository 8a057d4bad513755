//! Servers that others wrote: `openssl s_server` and HAProxy, each on a free loopback port, killed with the test.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use keyrack::net::client::Network;
use keyrack::net::probe::Walk;
use keyrack::net::{NetErrorKind, NetSettings};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::get_with;

/// A server that is up.
pub struct Real {
    pub port: u16,
    _child: Child,
    _files: TempDir,
    /// Closed, it would kill the server with the next line that it writes.
    _output: Option<Lines<BufReader<ChildStdout>>>,
}

impl Real {
    /// `localhost:port`.
    pub fn name(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub fn url(&self) -> String {
        format!("https://{}/", self.name())
    }
}

/// `openssl s_server` with a certificate, its key and what else stands in `bundle`. Answers every GET and closes.
pub async fn openssl(bundle: &str, more: &[&str]) -> Real {
    let files = TempDir::new().unwrap();
    let path = files.path().join("server.pem");
    std::fs::write(&path, bundle).unwrap();
    let mut child = Command::new("openssl")
        .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-cert"])
        .arg(&path)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("openssl is needed: tests/run installs it");
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = async {
        loop {
            let line = output.next_line().await.unwrap().expect("openssl gave up before it listened");
            if let Some(port) = line.strip_prefix("ACCEPT 127.0.0.1:") {
                return port.parse().unwrap();
            }
        }
    };
    let port = tokio::time::timeout(Duration::from_secs(20), ready).await.expect("openssl never listens");
    Real { port, _child: child, _files: files, _output: Some(output) }
}

/// HAProxy with one frontend. `bind` follows the address (`ssl crt BUNDLE alpn h2`), `rules` are the frontend's lines;
/// `BUNDLE` and `AUTHORITY` stand for files with those contents.
pub fn haproxy(bind: &str, rules: &str, bundle: &str, authority: &str) -> Real {
    let files = TempDir::new().unwrap();
    let file = |name: &str, content: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bind = bind.replace("BUNDLE", &file("bundle.pem", bundle)).replace("AUTHORITY", &file("ca.pem", authority));
    // It is handed a socket that listens already: no port to guess, and no moment at which it is not there yet.
    let config = format!(
        "global\n  tune.ssl.default-dh-param 2048\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 20s\n  \
         timeout server 20s\nfrontend f\n  bind fd@${{SOCKET}} {bind}\n{rules}\n"
    );
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let debian = "/usr/sbin/haproxy";
    let child = Command::new(if Path::new(debian).exists() { debian } else { "haproxy" })
        .args(["-db", "-f", &file("haproxy.cfg", &config)])
        .env("SOCKET", "0")
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("haproxy is needed: tests/run installs it");
    Real { port, _child: child, _files: files, _output: None }
}

/// Goes the way step by step and by a request, and holds the two to the same kind of failure. A request cannot always
/// tell the proxy from the target; there the steps may know more.
pub async fn both(network: &Network, settings: &NetSettings, url: &str) -> Walk {
    let walk = network.probe(settings, url).unwrap().walk().await;
    let answer = get_with(network, settings, url.to_owned()).await;
    let (seen, met) = (walk.error().map(|e| e.kind), answer.as_ref().err().map(|e| e.kind));
    // A server that closes on what it did not read yet cuts the connection, and the request may lose its last word.
    let lost = matches!(met, Some(NetErrorKind::Reset | NetErrorKind::ClosedEarly));
    if met == Some(NetErrorKind::ProxyOrTarget) || (lost && seen == Some(NetErrorKind::TlsClientCertWanted)) {
        assert!(seen.is_some(), "{walk:#?}");
    } else {
        assert_eq!(seen, met, "{walk:#?} {answer:?}");
    }
    walk
}
