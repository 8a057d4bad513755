//! A transcript taken apart: requests, answers, what the tool said of the connection, and why it gave up.

use super::failures;
use super::lines::{Way, header, marked, request, status};
use super::secrets::Found;
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
    last: Option<Way>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let (way, rest) = marked(line);
        self.url(rest);
        if let Some(code) = status(rest) {
            self.begin(code);
        } else if way == Way::Sent || (way == Way::Plain && self.answer.is_none()) {
            self.sent(way, rest);
        } else if way == Way::Said {
            self.said(rest);
        } else if let Some(answer) = &mut self.answer {
            match self.in_head {
                true if rest.is_empty() => self.in_head = false,
                true => {
                    if let Some((name, value)) = header(rest) {
                        answer.headers.push((name.to_owned(), value.to_owned()));
                    } else if way == Way::Plain {
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
            self.out.failure = failures::of(line);
        }
        self.last = Some(way);
    }

    fn begin(&mut self, code: u16) {
        self.close();
        // Interim answers, and what a proxy says to CONNECT.
        self.answer = Some(Response { status: code, ..Response::default() });
        self.in_head = true;
    }

    fn sent(&mut self, way: Way, rest: &str) {
        if let Some((method, path)) = request(rest) {
            self.close();
            self.asked = Some(Asked { method: method.to_owned(), path: path.to_owned(), ..Asked::default() });
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
            "authorization" | "private-token" | "job-token" | "cookie" => asked.signed = true,
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
        if let Some((begin, name)) = WORTH.iter().find(|(begin, _)| text.starts_with(begin)) {
            let value = crate::sanitize::short(text[begin.len()..].trim(), 200);
            if self.out.seen.len() < 40 {
                self.out.seen.push(((*name).to_owned(), value));
            }
        }
    }

    /// The first URL names the host.
    fn url(&mut self, text: &str) {
        if self.out.base.is_some() || self.answer.is_some() {
            return;
        }
        let at = ["https://", "http://"].iter().filter_map(|s| text.find(s)).min();
        let Some(at) = at else { return };
        let word = text[at..].split([' ', '\'', '"', '<', '>', ')']).next().unwrap_or("");
        let Ok(mut url) = url::Url::parse(word) else { return };
        if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
            return;
        }
        let before = &text[..at];
        // What a header or a message links to is not what was asked.
        if before.contains("curl")
            || before.contains("unable to access")
            || before.trim().is_empty()
            || before.contains("failed for")
        {
            url.set_query(None);
            url.set_fragment(None);
            self.out.base = Some(url.as_str().trim_end_matches('/').to_owned());
        }
    }

    fn close(&mut self) {
        let Some(answer) = self.answer.take() else { return };
        let asked = self.asked.take();
        let connect = asked.as_ref().is_some_and(|a| a.method == "CONNECT");
        if connect && (200..300).contains(&answer.status) || (100..200).contains(&answer.status) {
            if !connect {
                self.asked = asked;
            }
            return;
        }
        if self.out.exchanges.len() < 50 {
            self.out.exchanges.push(Exchange { asked, answer });
        }
    }

    fn finish(mut self) -> Parsed {
        self.close();
        if self.out.base.is_none() {
            let host = self.out.exchanges.iter().find_map(|e| e.asked.as_ref()?.host.clone());
            self.out.base = host.map(|h| format!("https://{h}"));
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
