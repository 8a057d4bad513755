//! No output of a diagnosis holds a secret, a header that carries one, or a cookie; masked, no name either.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::stream::{self, StreamExt as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;

use crate::home::Ran;
use crate::play::SetUp;
use crate::scenario::{self, Answer, Scenario, Server};

/// What stands in the scenarios' headers and settings and is as secret as a token.
const OTHERS: &[&str] = &["Mark0fTheCookie", "Mark0fTheProxy", "Mark0fTheConfig"];

/// Ways of asking for the outcome that hold all that there is to see; what is shorter is a part of them, and plain JSON
/// is looked at where the findings are.
const OUTPUTS: &[&str] = &["-v --report REPORT", "--json --mask --report REPORT"];

/// A secret as it is, and as it travels.
pub fn forms(secret: &str, username: Option<&str>) -> Vec<String> {
    let user = username.unwrap_or("");
    let pairs = [format!("{user}:{secret}"), format!(":{secret}"), format!("{secret}:")];
    let mut forms = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ];
    forms.extend(pairs.iter().map(|pair| STANDARD.encode(pair)));
    forms
}

/// What is wrong with an output, if anything is.
pub fn leak(ran: &Ran, secrets: &[String], username: Option<&str>) -> Option<String> {
    let headers =
        Regex::new(r"(?im)((proxy-)?authorization|private-token|(set-)?cookie|x-api-key)`?: *[^\s`]").unwrap();
    for (stream, text) in [("stdout", &ran.out), ("stderr", &ran.err)] {
        let others = OTHERS.iter().map(|s| (*s).to_owned());
        let shown = secrets.iter().filter(|s| s.len() >= 8).flat_map(|s| forms(s, username)).chain(others);
        if let Some(form) = shown.into_iter().find(|form| text.contains(form.as_str())) {
            return Some(format!("{stream} holds `{form}`"));
        }
        if let Some(found) = headers.find(text) {
            return Some(format!("{stream} holds a header: `{}`", found.as_str()));
        }
    }
    None
}

/// The name that a masked output still has, if it has one.
fn named(ran: &Ran, set_up: &SetUp) -> Option<String> {
    let names = [Some(set_up.label.as_str()), Some(set_up.host.as_str()), set_up.username.as_deref()];
    let word = |name: &str| Regex::new(&format!(r"(?i)(^|[^\w]){}([^\w]|$)", regex::escape(name))).unwrap();
    // Hosts of vendors are nobody's own.
    let everybody_s = ["github.com", "gitlab.com", "bitbucket.org"];
    let own = names.into_iter().flatten().filter(|n| n.len() >= 3 && !everybody_s.contains(n));
    // A code is no name, even where a label happens to be a part of it.
    let codes = Regex::new(r#"[\[`"][a-z-]+\.[a-z0-9-]+[\]`"]"#).unwrap();
    let text = codes.replace_all(&ran.out, "");
    own.into_iter().find(|name| word(name).is_match(&text)).map(str::to_owned)
}

async fn leaks_of(scenario: &Scenario) -> Vec<String> {
    let set_up = SetUp::of(scenario).await;
    let mut found = Vec::new();
    let report = set_up.home.dir.path().join("report.md");
    for options in OUTPUTS {
        let mut ran = set_up.diagnose(&options.replace("REPORT", &report.display().to_string())).await;
        if options.contains("REPORT") {
            ran.out.push_str(&std::fs::read_to_string(&report).unwrap_or_else(|e| panic!("{e}\n{ran}")));
        }
        let leaked = leak(&ran, &set_up.secrets, set_up.username.as_deref());
        found.extend(leaked.map(|what| format!("{}: diagnose {options}: {what}\n{ran}", scenario.name)));
        if options.contains("--mask")
            && let Some(name) = named(&ran, &set_up)
        {
            found.push(format!("{}: diagnose {options}: `{name}` is not masked\n{ran}", scenario.name));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_output_of_any_scenario_holds_a_secret_or_masked_a_name() {
    let scenarios = scenario::all();
    let found: Vec<Vec<String>> = stream::iter(&scenarios).map(leaks_of).buffer_unordered(4).collect().await;
    let found = found.concat();
    assert!(found.is_empty(), "{} outputs:\n{}", found.len(), found.join("\n"));
}

/// A host that gives back what it was sent, in every place of its answer.
fn echoing(family: &str, label: &str, status: u16) -> Scenario {
    let everywhere = [
        "Location",
        "Server",
        "WWW-Authenticate",
        "Retry-After",
        "X-Request-Id",
        "X-GitHub-Request-Id",
        "X-Gitlab-Meta",
        "X-AREQUESTID",
        "X-AUSERNAME",
        "X-Authentication-Denied-Reason",
        "X-TFS-ServiceError",
        "x-amzn-RequestId",
        "RateLimit-Name",
        "X-GitHub-SSO",
        "Set-Cookie",
    ];
    let mut headers: std::collections::BTreeMap<String, String> =
        everywhere.iter().map(|name| ((*name).to_owned(), "{sent}".to_owned())).collect();
    headers.insert("Content-Type".to_owned(), "application/json".to_owned());
    let fields = [
        "message",
        "error",
        "error_description",
        "name",
        "login",
        "username",
        "displayName",
        "version",
        "Code",
        "Message",
        "typeKey",
        "errorMessages",
        "documentation_url",
        "id",
        "key",
        "emailAddress",
    ];
    let body: serde_json::Map<String, serde_json::Value> =
        fields.iter().map(|name| ((*name).to_owned(), "token {sent} is wrong".into())).collect();
    Scenario {
        name: format!("{family}: an echo with {status}"),
        label: Some(label.to_owned()),
        answers: vec![Answer {
            path: String::new(),
            signed: Some(true),
            status,
            headers,
            body: serde_json::Value::Object(body).to_string(),
        }],
        options: "--profile git-write".to_owned(),
        ..Scenario::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_echoes_what_it_was_sent_is_masked_in_every_family() {
    let sites = keyrack::simulator::sites();
    let mut scenarios = Vec::new();
    for site in &sites {
        let roster = site.roster(crate::home::now());
        let Some(seed) = roster.iter().find(|c| c.expect == keyrack::domain::Verdict::Valid) else { continue };
        for status in [200, 302, 401, 403, 500] {
            scenarios.push(echoing(site.family().as_str(), &seed.label, status));
        }
    }
    assert!(scenarios.len() >= 5 * 14, "{}", scenarios.len());
    let found: Vec<Vec<String>> = stream::iter(&scenarios).map(leaks_of_echo).buffer_unordered(4).collect().await;
    let found = found.concat();
    assert!(found.is_empty(), "{} outputs:\n{}", found.len(), found.join("\n"));
}

async fn leaks_of_echo(scenario: &Scenario) -> Vec<String> {
    let set_up = SetUp::of(scenario).await;
    let mut found = Vec::new();
    for options in ["-v", "--json", "--report -"] {
        let ran = set_up.diagnose(options).await;
        let leaked = leak(&ran, &set_up.secrets, set_up.username.as_deref());
        found.extend(leaked.map(|what| format!("{}: diagnose {options}: {what}\n{ran}", scenario.name)));
    }
    found
}

/// The canary itself can sing.
#[tokio::test]
async fn a_leak_would_be_found() {
    let scenario = Scenario {
        name: "leak".to_owned(),
        server: Some(Server::Closed),
        family: Some("gitlab".to_owned()),
        ..Scenario::default()
    };
    let set_up = SetUp::of(&scenario).await;
    let mut ran = set_up.diagnose("--json").await;
    assert_eq!(leak(&ran, &set_up.secrets, None), None);
    for text in [
        set_up.secrets[0].clone(),
        STANDARD.encode(format!("ana:{}", set_up.secrets[0])),
        "Authorization: Basic abc".to_owned(),
        "< set-cookie: a=b".to_owned(),
    ] {
        ran.out = format!("something, {text}, and more");
        assert!(leak(&ran, &set_up.secrets, Some("ana")).is_some(), "{text}");
    }
}
