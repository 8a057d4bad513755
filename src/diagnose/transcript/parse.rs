//! A transcript taken apart: requests, answers, what the tool said of the connection, and why it gave up.

use super::lines::{Way, header, is_tunnel, marked, request, status};
use super::secrets::Found;
use super::{address, tools};
use crate::net::{BODY_CAP, Response};

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// `Host:`, where the transcript has it.
    pub(crate) host: Option<String>,
    /// It carried a credential.
    pub(crate) signed: bool,
}

/// A request, where the transcript has it, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) asked: Option<Asked>,
    pub(crate) answer: Response,
    /// The tool tells no more of the answer than its status.
    pub(crate) only_status: bool,
}

impl Exchange {
    /// It was the proxy that was asked, or that answered.
    pub(crate) fn is_with_proxy(&self) -> bool {
        self.answer.status == 407 || self.asked.as_ref().is_some_and(|a| a.method == "CONNECT")
    }
}

/// Everything in a transcript; all texts masked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parsed {
    pub(crate) exchanges: Vec<Exchange>,
    /// Scheme and authority that were asked, `https://git.acme.dev`.
    pub(crate) base: Option<String>,
    /// What the tool said of the connection, name and value.
    pub(crate) seen: Vec<(String, String)>,
    /// Why no answer came: code of the finding, and the tool's own words.
    pub(crate) failure: Option<(String, String)>,
    /// The whole text, masked.
    pub(crate) text: String,
}

/// Takes a transcript apart. Never fails: what is not understood is left out.
pub(crate) fn parse(text: &str, secrets: &Found) -> Parsed {
    let masked = secrets.mask(text);
    let mut reader = Reader::default();
    for line in masked.lines() {
        reader.line(line);
    }
    let mut parsed = reader.finish();
    parsed.text = masked;
    parsed
}

#[derive(Default)]
struct Reader {
    out: Parsed,
    asked: Option<Asked>,
    answer: Option<Response>,
    in_head: bool,
    /// curl tells the headers of HTTP/2 before the request itself.
    signed_before: bool,
    /// Status of an answer that is not shown: `The requested URL returned error: 403`.
    told: Option<u16>,
    /// What the host said through git: `remote: …`.
    remote: Vec<String>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let (way, rest) = marked(line);
        if self.out.base.is_none() && self.answer.is_none() {
            self.out.base = address::of(rest);
        }
        if let Some(code) = status(rest) {
            self.begin(code, is_tunnel(rest));
        } else if way == Way::Sent || (way == Way::Plain && self.answer.is_none()) {
            self.sent(way, rest);
        } else if way == Way::Said {
            self.said(rest);
        } else if let Some(answer) = &mut self.answer {
            match self.in_head {
                true if rest.is_empty() => self.in_head = false,
                true => {
                    if let Some((name, value)) = header(rest.trim_start()) {
                        answer.headers.push((name.to_owned(), value.to_owned()));
                    } else if way == Way::Plain && !rest.starts_with("---") {
                        // Some tools leave the empty line out.
                        self.in_head = false;
                        push(answer, rest);
                    }
                }
                // curl shows further head lines of an answer only behind a status line.
                false if way == Way::Plain => push(answer, rest),
                false => {}
            }
        }
        if way != Way::Sent && self.out.failure.is_none() {
            self.out.failure = tools::failure(line);
        }
        if let Some(said) = line.trim_start().strip_prefix("remote: ") {
            self.remote.extend(Some(said.to_owned()).filter(|_| self.remote.len() < 50));
        }
        if self.told.is_none() {
            self.told = tools::status(line);
        }
    }

    fn begin(&mut self, code: u16, is_tunnel: bool) {
        self.close();
        if is_tunnel {
            self.asked = None;
            return;
        }
        self.answer = Some(Response { status: code, ..Response::default() });
        self.in_head = true;
    }

    fn sent(&mut self, way: Way, rest: &str) {
        if let Some((method, path)) = request(rest) {
            self.close();
            let signed = std::mem::take(&mut self.signed_before);
            self.asked = Some(Asked { method: method.to_owned(), path: path.to_owned(), signed, ..Asked::default() });
            return;
        }
        let (Some(asked), Some((name, value))) = (&mut self.asked, header(rest)) else {
            if way == Way::Plain {
                self.said(rest);
            }
            return;
        };
        match name.to_ascii_lowercase().as_str() {
            "host" => asked.host = Some(value.to_owned()),
            "authorization" | "private-token" | "job-token" | "deploy-token" | "x-api-key" | "cookie" => {
                asked.signed = true
            }
            _ => {}
        }
    }

    /// What curl says of the connection, where it is worth repeating.
    fn said(&mut self, text: &str) {
        const WORTH: [(&str, &str); 9] = [
            ("Connected to ", "connected to"),
            ("SSL connection using ", "TLS"),
            ("subject: ", "certificate of"),
            ("issuer: ", "issued by"),
            ("start date: ", "certificate from"),
            ("expire date: ", "certificate until"),
            ("Uses proxy env variable ", "proxy variable"),
            ("ALPN: server accepted ", "protocol"),
            ("Server auth using ", "authentication"),
        ];
        let text = text.trim();
        self.signed_before |= text.contains("[authorization: ") || text.contains("[private-token: ");
        if let Some((begin, name)) = WORTH.iter().find(|(begin, _)| text.starts_with(begin)) {
            let value = crate::sanitize::short(text[begin.len()..].trim(), 200);
            if self.out.seen.len() < 40 {
                self.out.seen.push(((*name).to_owned(), value));
            }
        }
    }

    fn close(&mut self) {
        let Some(answer) = self.answer.take() else { return };
        let asked = self.asked.take();
        let connect = asked.as_ref().is_some_and(|a| a.method == "CONNECT");
        // Interim answers, and what a proxy says to CONNECT.
        if connect && (200..300).contains(&answer.status) || (100..200).contains(&answer.status) {
            if !connect {
                self.asked = asked;
            }
            return;
        }
        if self.out.exchanges.len() < 50 {
            self.out.exchanges.push(Exchange { asked, answer, only_status: false });
        }
    }

    /// Of an answer tools repeat the status, git also what the host said to the person.
    fn told(&self) -> Option<Exchange> {
        let answer = Response { status: self.told?, body: self.remote.join("\n"), ..Response::default() };
        Some(Exchange { asked: None, answer, only_status: true })
    }

    fn finish(mut self) -> Parsed {
        self.close();
        if self.out.exchanges.is_empty() && self.out.failure.is_none() {
            self.out.exchanges.extend(self.told());
        }
        if self.out.base.is_none() {
            let asked = self.out.exchanges.iter().filter(|e| !e.is_with_proxy());
            let host = asked.filter_map(|e| e.asked.as_ref()?.host.clone()).next();
            // What a proxy was asked to connect to.
            let behind = || self.out.exchanges.iter().filter_map(|e| e.asked.as_ref()).find(|a| a.method == "CONNECT");
            self.out.base =
                host.or_else(|| Some(behind()?.path.clone())).and_then(|h| address::bare(&format!("https://{h}")));
        }
        self.out
    }
}

fn push(answer: &mut Response, line: &str) {
    if answer.body.len() + line.len() > BODY_CAP {
        answer.truncated = true;
        return;
    }
    if !answer.body.is_empty() {
        answer.body.push('\n');
    }
    answer.body.push_str(line);
}
