//! Confluence Data Center alone: groups and system administration. The rest is in `atlassian_datacenter`.

use keyrack::domain::{Grant, GrantSource, Kind, LookAt, Probed};
use keyrack::hosts::confluence_datacenter::FAMILY;
use keyrack::hosts::{Family, Session};
use keyrack::net::Response;

use super::atlassian_datacenter::{CONFLUENCE, TOKEN, WEB, own, to};
use super::support::{Recorded, token, wire};

const GROUPS: &str =
    r#"{"results":[{"type":"group","name":"confluence-users"},{"type":"group","name":"docs"}],"size":2}"#;

fn proof() -> [Response; 2] {
    [to("jdoe", 200, CONFLUENCE.list), to("jdoe", 200, CONFLUENCE.whoami)]
}

fn probed(name: &str) -> Grant {
    Grant { name: name.into(), source: GrantSource::Probed }
}

#[tokio::test]
async fn groups_and_administration_are_the_grants() {
    let transport = Recorded::new(proof().into_iter().chain([to("jdoe", 200, GROUPS), to("jdoe", 200, "[]")]));
    let found = CONFLUENCE.check(&transport).await;
    let expected = [
        probed("USECONFLUENCE"),
        Grant::told("group:confluence-users"),
        Grant::told("group:docs"),
        probed("SYSTEMADMINISTRATOR"),
    ];
    assert_eq!(found.grants, expected);
    assert_eq!(
        transport.lines()[2..],
        [
            format!("GET {WEB}/rest/api/user/memberof?username=jdoe&limit=200"),
            format!("GET {WEB}/rest/pat/latest/tokens/search/user?contains=&limit=1"),
        ]
    );
    let plain = CONFLUENCE.answered(proof().into_iter().chain([to("jdoe", 403, "{}"), to("jdoe", 403, "{}")])).await;
    assert_eq!(plain.grants, [probed("USECONFLUENCE")], "a refusal says nothing of the groups");
}

async fn probe(answers: impl IntoIterator<Item = Response>, names: &[&str]) -> Probed {
    let (host, secret, transport) = (CONFLUENCE.host(), token(TOKEN), Recorded::new(answers));
    let wire = wire(&FAMILY, &host, &transport, &[&secret]);
    let session = Session { wire, host: &host, kind: Kind::Pat, username: None, secret: &secret };
    let wanted: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
    FAMILY.prober().unwrap().probe(&session, &LookAt::default(), &wanted).await
}

#[tokio::test]
async fn single_grants_are_probed() {
    let me = to("jdoe", 200, CONFLUENCE.whoami);
    let names = ["USECONFLUENCE", "group:docs", "group:hr", "SYSTEMADMINISTRATOR", "VIEWSPACE"];
    let found = probe([me, to("jdoe", 200, GROUPS), to("jdoe", 403, "{}")], &names).await;
    assert_eq!(found.grants, [probed("USECONFLUENCE"), Grant::told("group:docs")]);
    assert_eq!(found.denied, ["group:hr", "SYSTEMADMINISTRATOR"]);
    assert_eq!(found.unknown[0].0, "VIEWSPACE");
    let found = probe([own(200, r#"{"type":"anonymous"}"#)], &names).await;
    assert_eq!((found.grants.len(), found.denied.len(), found.unknown.len()), (0, 0, 5));
}
