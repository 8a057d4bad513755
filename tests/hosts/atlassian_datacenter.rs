//! What Jira, Confluence and Bamboo have in common, held to for each of them: the signatures of refusals, the token
//! interface, and the simulated sites with every verb.

mod making;
mod refused;
mod revoking;
mod simulated;

use std::sync::Arc;

use keyrack::domain::{FamilyId, Host, Kind, Validation, Verdict};
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Act, Authority, Family};
use keyrack::hosts::{bamboo, confluence_datacenter, jira_datacenter};
use keyrack::net::Response;
use keyrack::simulator::{self, Site};

use super::support::{Recorded, token, validate, wire};

/// `123456789012:` and the bytes 1 to 20, as the vendor's form has it.
pub const TOKEN: &str = "MTIzNDU2Nzg5MDEyOgECAwQFBgcICQoLDA0ODxAREhMU";
/// Another one, obviously fake.
pub const OTHER: &str = "MTExMTExMTExMTExOktFWVJBQ0stRkFLRS1UT0tFTi0w";

/// One of the three, with the answers that it would give.
pub struct Product {
    pub family: &'static dyn Family,
    pub name: &'static str,
    /// Answers: to the list of tokens, to the page that names the caller.
    pub list: &'static str,
    pub whoami: &'static str,
    /// Requests that follow an accepted proof with one token on the list.
    pub extras: usize,
    pub tokens: &'static str,
    pub first: &'static str,
    pub older: &'static str,
    pub site: fn() -> Arc<dyn Site>,
}

pub const WEB: &str = "https://acme.dev/app";

pub const JIRA: Product = Product {
    family: &jira_datacenter::FAMILY,
    name: "jira-datacenter",
    list: r#"[{"id":42,"name":"keyrack laptop","createdAt":"2026-11-20T08:00:00.000+00:00","lastAccessedAt":"2026-11-22T09:15:00.000+00:00","expiringAt":"2027-02-18T08:00:00.000+00:00"}]"#,
    whoami: r#"{"self":"https://jira.example.com/jira/rest/api/2/user?username=jdoe","key":"JIRAUSER10100","name":"jdoe","emailAddress":"jdoe@example.com","displayName":"Jo Doe","active":true}"#,
    extras: 1,
    tokens: "/rest/pat/latest/tokens",
    first: "8.14",
    older: "8.13.9",
    site: || Arc::new(simulator::jira_datacenter::JiraDatacenter::default()),
};

pub const CONFLUENCE: Product = Product {
    family: &confluence_datacenter::FAMILY,
    name: "confluence-datacenter",
    list: JIRA.list,
    whoami: r#"{"type":"known","username":"jdoe","userKey":"8a7f00000000000000000000000000aa","displayName":"Jo Doe"}"#,
    extras: 2,
    first: "7.9",
    older: "7.2.1",
    site: || Arc::new(simulator::confluence_datacenter::ConfluenceDatacenter::default()),
    ..JIRA
};

pub const BAMBOO: Product = Product {
    family: &bamboo::FAMILY,
    name: "bamboo",
    list: r#"{"start":0,"size":1,"isLastPage":true,"values":[{"id":"7","name":"keyrack","permissions":["TRIGGER"],"creationDate":1795420000000,"expiryDate":1803196000000}]}"#,
    whoami: r#"{"name":"jdoe","fullName":"Jo Doe","email":"jdoe@example.com"}"#,
    extras: 0,
    tokens: "/rest/api/latest/access-token",
    first: "6.10",
    older: "6.9.2",
    site: || Arc::new(simulator::bamboo::Bamboo::default()),
};

pub const ALL: [Product; 3] = [JIRA, CONFLUENCE, BAMBOO];

impl Product {
    pub fn host(&self) -> Host {
        Host::new("acme", FamilyId::new(self.name), WEB)
    }

    /// Validates against recorded answers.
    pub async fn check(&self, transport: &Recorded) -> Validation {
        validate(self.family, &self.host(), transport, Kind::Pat, Some("jdoe"), &token(TOKEN)).await
    }

    pub async fn answered(&self, answers: impl IntoIterator<Item = Response>) -> Validation {
        self.check(&Recorded::new(answers)).await
    }

    /// The whole exchange of a good token, with answers that tell nothing more after the proof.
    pub fn good(&self) -> Vec<Response> {
        let mut answers = vec![to("jdoe", 200, self.list), to("jdoe", 200, self.whoami)];
        answers.extend((0..self.extras).map(|_| to("jdoe", 404, "{}")));
        answers
    }

    #[track_caller]
    pub fn assert_found(&self, found: &Validation, verdict: Verdict, name: &str) {
        assert_eq!(found.verdict, verdict, "{}: {found:#?}", self.name);
        let codes: Vec<_> = found.findings.iter().map(|f| f.code.as_str()).collect();
        let expected = if name.contains('.') { name.to_owned() } else { format!("{}.{name}", self.name) };
        assert_eq!(codes, [expected], "{found:#?}");
        if !name.contains('.') {
            for text in found.findings.iter().flat_map(|f| [&f.title, &f.cause, &f.remedy]) {
                assert!(!text.is_empty() && !text.contains(['{', '}']), "unfilled text: {text}");
            }
        }
    }

    /// An act over recorded answers.
    pub fn act<'a>(&self, transport: &'a Recorded, host: &'a Host, using: &'a Authority) -> Act<'a> {
        Act { wire: wire(self.family, host, transport, &[&using.secret]), host, using }
    }
}

/// An answer of the product itself, to nobody it knows.
pub fn own(status: u16, body: &str) -> Response {
    let headers = [("Content-Type", "application/json"), ("X-AREQUESTID", "600x1x1"), ("X-AUSERNAME", "anonymous")];
    Response::of(status, &headers, body)
}

/// An answer of the product itself to a caller it knows.
pub fn to(user: &str, status: u16, body: &str) -> Response {
    let headers = [("Content-Type", "application/json"), ("X-AREQUESTID", "600x1x1"), ("X-AUSERNAME", user)];
    Response::of(status, &headers, body)
}

pub fn html(status: u16) -> Response {
    Response::of(status, &[("Content-Type", "text/html;charset=UTF-8")], "<!DOCTYPE html><html>page</html>")
}

pub fn manifest(type_id: &str, version: &str) -> Response {
    let xml =
        format!("<manifest><id>0</id><name>x</name><typeId>{type_id}</typeId><version>{version}</version></manifest>");
    Response::of(200, &[("Content-Type", "application/xml")], &xml)
}

pub fn type_id(product: &Product) -> &'static str {
    product.name.split('-').next().unwrap()
}

pub fn password(user: &str) -> Authority {
    Authority { one_time_code: None, kind: None, username: Some(user.into()), secret: token("keyrack-demo-password") }
}

pub fn by_token(secret: &str) -> Authority {
    Authority { one_time_code: None, kind: Some(Kind::Pat), username: Some("jdoe".into()), secret: token(secret) }
}

// --- offline ---------------------------------------------------------------------------------------------------------

#[test]
fn a_token_of_the_shared_form_may_be_of_every_product_and_none_is_certain() {
    let found = recognise(TOKEN);
    let families: Vec<&str> = found.iter().map(|c| c.family.as_str()).collect();
    assert_eq!(families, ["bitbucket-datacenter", "jira-datacenter", "confluence-datacenter", "bamboo"]);
    assert!(found.iter().all(|c| !c.certain && c.carries[0].1 == "123456789012"), "{found:?}");
}

#[test]
fn a_prefixed_token_is_bitbuckets_alone_and_random_base64_nobodys() {
    let prefixed = recognise(&format!("BBDC-{TOKEN}"));
    assert!(prefixed.iter().all(|c| c.family.as_str() == "bitbucket-datacenter"), "{prefixed:?}");
    for text in ["MzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzA", "MTIzNDU2Nzg5MDEyOw=="] {
        let ours = ["jira-datacenter", "confluence-datacenter", "bamboo"];
        assert!(recognise(text).iter().all(|c| !ours.contains(&c.family.as_str())), "{text}");
    }
}

// --- accepted --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_good_token_tells_whose_it_is_which_record_it_has_and_when_it_ends() {
    for product in ALL {
        let transport = Recorded::new(product.good());
        let found = product.check(&transport).await;
        assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
        let identity = found.identity.unwrap();
        assert_eq!((identity.login.as_str(), identity.name.as_str()), ("jdoe", "Jo Doe"));
        assert!(found.remote_id.is_some() && found.remote_name.is_some() && found.created_at.is_some());
        assert!(found.expiry.at().is_some(), "{}", product.name);
        assert!(found.findings.is_empty(), "{:?}", found.findings);
        // The list comes first, since being used moves "last used".
        let lines = transport.lines();
        assert!(lines[0].starts_with(&format!("GET {WEB}{}", product.tokens)), "{lines:?}");
        for request in transport.seen.lock().unwrap().iter() {
            let sent = request.headers.iter().find(|(n, _)| n == "Authorization").unwrap();
            assert_eq!(sent.1.reveal(), format!("Bearer {TOKEN}"), "never as Basic");
            assert!(request.headers.iter().all(|(n, _)| n != "Cookie"));
        }
    }
}

#[tokio::test]
async fn one_of_several_tokens_is_hinted_at_and_never_claimed() {
    let list = |used: &str| {
        format!(
            r#"[{{"id":1,"name":"one","createdAt":"2026-01-01T00:00:00.000+00:00","lastAccessedAt":"2026-11-01T00:00:00.000+00:00","expiringAt":"2027-01-01T00:00:00.000+00:00"}},
                {{"id":2,"name":"two","createdAt":"2026-01-01T00:00:00.000+00:00","lastAccessedAt":"{used}"}}]"#
        )
    };
    let (before, after) = (list("2026-11-02T00:00:00.000+00:00"), list("2026-11-23T04:00:00.000+00:00"));
    for product in [JIRA, CONFLUENCE] {
        for (second, name) in [(&after, "own-record-likely"), (&before, "own-record-unknown")] {
            let mut answers = vec![to("jdoe", 200, &before), to("jdoe", 200, product.whoami), to("jdoe", 200, second)];
            answers.extend((0..product.extras).map(|_| to("jdoe", 404, "{}")));
            let found = product.answered(answers).await;
            product.assert_found(&found, Verdict::Valid, name);
            assert_eq!((found.remote_id, found.expiry.at()), (None, None));
        }
    }
}

#[tokio::test]
async fn a_header_that_was_removed_is_made_up_for_by_asking_without_the_token() {
    let bare = |status, body: &str| Response::of(status, &[("Content-Type", "application/json")], body);
    for product in ALL {
        let mut answers = vec![bare(200, product.list), bare(200, product.whoami), own(401, "{}")];
        answers.extend((0..product.extras).map(|_| bare(404, "{}")));
        let transport = Recorded::new(answers);
        let found = product.check(&transport).await;
        assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
        assert!(transport.seen.lock().unwrap()[2].headers.iter().all(|(n, _)| n != "Authorization"));
        // Where it is answered alike, the token made no difference.
        let found =
            product.answered([bare(200, product.list), bare(200, product.whoami), bare(200, product.whoami)]).await;
        product.assert_found(&found, Verdict::Unreachable, "unproven");
    }
}

#[tokio::test]
async fn an_answer_about_somebody_else_proves_nothing() {
    for product in ALL {
        let found = product.answered([to("jdoe", 200, product.list), to("kim", 200, product.whoami)]).await;
        product.assert_found(&found, Verdict::Unreachable, "unproven");
    }
}

#[tokio::test]
async fn a_list_that_is_not_to_be_had_costs_the_end_only() {
    for product in ALL {
        let mut answers = product.good();
        answers[0] = html(404);
        let found = product.answered(answers).await;
        assert_eq!((found.verdict, found.expiry.at(), found.remote_id), (Verdict::Valid, None, None));
    }
}

#[tokio::test]
async fn another_name_on_the_record_is_pointed_out() {
    for product in ALL {
        let transport = Recorded::new(product.good());
        let found = validate(product.family, &product.host(), &transport, Kind::Pat, Some("kim"), &token(TOKEN)).await;
        product.assert_found(&found, Verdict::Valid, "username-differs");
    }
}
