//! What keyrack expects of a family: how its simulated hosts, which are written from the vendor's documentation, answer
//! the same requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Line, Names, redact};
use crate::domain::Host;
use crate::hosts::{Act, Authority, Family, Session, Wire};
use crate::net::record::Recorder;
use crate::net::{Body, NetError, Request, Response, Transport};
use crate::secret::{Masker, Secret};
use crate::simulator::{SimRequest, Site, sites};

/// Where the simulated hosts are said to be; nothing listens there, they are called directly. Every endpoint has a port
/// of its own, so that requests can be told apart by their endpoint.
fn nowhere(port: usize) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Every answer that the family's simulated hosts give to what keyrack reads, by request.
pub(super) type Expected = BTreeMap<String, Vec<Line>>;

/// Runs detection, validation and listing with every credential of the family's simulated hosts.
pub(super) async fn expected(family: &dyn Family, now: Timestamp) -> Expected {
    let mut expected = Expected::new();
    for site in sites().into_iter().filter(|s| s.family() == family.facts().id) {
        let mut host = Host::new(site.name(), site.family(), site.url(&nowhere(1)));
        host.region = site.region();
        let number = site.endpoints(&nowhere(1)).len();
        host.endpoints = (0..number).filter_map(|n| site.endpoints(&nowhere(n + 1)).into_iter().nth(n)).collect();
        let Ok(mut endpoints) = family.endpoints(&host) else { continue };
        endpoints.extend(host.endpoints.clone());
        let recorder = Recorder::new(Arc::new(Direct { site: Arc::clone(&site), now }));
        let plain = Wire::new(&recorder, endpoints.clone(), Masker::new([]), now);
        let _ = family.detect(&plain).await;
        for seed in site.roster(now) {
            let Ok(secret) = Secret::from_bytes(seed.secret.as_bytes()) else { continue };
            let wire = Wire::new(&recorder, endpoints.clone(), Masker::of(&secret), now);
            let username = seed.username.as_deref();
            let session = Session { wire, host: &host, kind: seed.kind, username, secret: &secret };
            let validation = family.validate(&session).await;
            let using = Authority {
                kind: Some(seed.kind),
                username: seed.username.clone(),
                secret: secret.clone(),
                one_time_code: None,
            };
            if let Some(lister) = family.lister() {
                let wire = Wire::new(&recorder, endpoints.clone(), Masker::of(&secret), now);
                let _ = lister.list(&Act { wire, host: &host, using: &using }).await;
            }
            let names = Names::new(endpoints.clone(), username, Some(&validation), Masker::of(&secret));
            for exchange in recorder.take() {
                let line = redact(&exchange, &names);
                expected.entry(line.request.clone()).or_default().push(line);
            }
        }
    }
    expected
}

/// Where real answers are none of those expected, a sentence each.
pub(super) fn differences(real: &[Line], expected: &Expected) -> Vec<String> {
    let mut found = BTreeSet::new();
    for line in real {
        let Some(status) = line.status else { continue };
        let Some(known) = alternatives(&line.request).iter().find_map(|request| expected.get(request)) else {
            found.insert(format!("{}: no answer to this request is on record ({status})", line.request));
            continue;
        };
        let alike: Vec<&Line> = known.iter().filter(|k| k.status == Some(status)).collect();
        if alike.is_empty() {
            let statuses: BTreeSet<u16> = known.iter().filter_map(|k| k.status).collect();
            let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
            found.insert(format!("{}: {status}, on record are {}", line.request, statuses.join(", ")));
            continue;
        }
        if !alike.iter().any(|k| k.form == line.form) {
            found.insert(format!(
                "{}: {status} with {}, on record is {}",
                line.request,
                name(line.form),
                name(alike[0].form)
            ));
            continue;
        }
        // A field counts as expected only where every answer of that status on record has it.
        let have: BTreeMap<&str, &str> = fields(line);
        for (field, kind) in fields(alike[0]) {
            let always = alike.iter().all(|k| fields(k).contains_key(field));
            match have.get(field) {
                None if always && parent_is_there(field, &have) => {
                    found.insert(format!("{}: {status} without the field `{field}` ({kind})", line.request));
                }
                Some(other) if !same_type(kind, other) => {
                    found.insert(format!("{}: the field `{field}` is {other}, on record it is {kind}", line.request));
                }
                _ => {}
            }
        }
        let names = |l: &Line| l.headers.iter().map(|h| header_name(h).to_owned()).collect::<BTreeSet<_>>();
        let real_names = names(line);
        let always = alike.iter().map(|k| names(k)).reduce(|a, b| a.intersection(&b).cloned().collect());
        for missing in always.unwrap_or_default().difference(&real_names) {
            found.insert(format!("{}: {status} without the header `{missing}`", line.request));
        }
    }
    found.into_iter().collect()
}

/// `GET {api|web}/user` as `GET {api}/user` and `GET {web}/user`.
fn alternatives(request: &str) -> Vec<String> {
    let Some((before, names, after)) =
        request.split_once('{').and_then(|(before, rest)| rest.split_once('}').map(|(n, after)| (before, n, after)))
    else {
        return vec![request.to_owned()];
    };
    names.split('|').map(|name| format!("{before}{{{name}}}{after}")).collect()
}

fn header_name(header: &str) -> &str {
    header.split(':').next().unwrap_or(header)
}

fn fields(line: &Line) -> BTreeMap<&str, &str> {
    line.fields.iter().filter_map(|f| f.rsplit_once(": ")).collect()
}

/// A field of a list that is empty, or of an object that is null, is not missing.
fn parent_is_there(field: &str, have: &BTreeMap<&str, &str>) -> bool {
    match field.rfind(['.', '[']) {
        None => true,
        Some(end) => {
            let parent = &field[..end];
            have.get(parent).is_some_and(|kind| *kind != "null") && (parent.is_empty() || parent_is_there(parent, have))
        }
    }
}

fn same_type(expected: &str, real: &str) -> bool {
    real == "null" || expected == "null" || real.split(" or ").all(|r| expected.split(" or ").any(|e| e == r))
}

fn name(form: &str) -> &str {
    if form.is_empty() { "no body" } else { form }
}

/// Hands requests straight to a simulated site.
struct Direct {
    site: Arc<dyn Site>,
    now: Timestamp,
}

impl Transport for Direct {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        let after = request.url.strip_prefix("http://").unwrap_or(&request.url);
        let (authority, after) = after.split_at(after.find(['/', '?']).unwrap_or(after.len()));
        let (path, query) = after.split_once('?').unwrap_or((after, ""));
        let mut headers: Vec<(String, String)> =
            request.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.reveal().to_owned())).collect();
        if !headers.iter().any(|(n, _)| n == "host") {
            headers.push(("host".to_owned(), authority.to_owned()));
        }
        let seen = SimRequest {
            method: request.method.as_str().to_owned(),
            path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
            query: query.to_owned(),
            headers,
            body: match &request.body {
                Body::Empty => String::new(),
                Body::Text(text) => text.clone(),
                Body::Secret(text) => text.reveal().to_owned(),
            },
        };
        let answer = self.site.answer(&seen, self.now);
        let response =
            Response { status: answer.status, headers: answer.headers, body: answer.body, ..Response::default() };
        Box::pin(async move { Ok(response) })
    }
}
