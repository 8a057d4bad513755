//! What a credential may do: tree, matrix, gaps and how to close them, the vendor's table.

use std::collections::BTreeMap;

use keyrack::domain::{
    CredentialId, FamilyId, Fix, GrantNode, GrantSource, HostId, Kind, LookAt, Narrower, NeedFound, PermissionTable,
    Permissions, PlacePermissions, ProfileFound, Stand, Verdict,
};
use keyrack::error::Error;
use keyrack::ui::effect::{Effect, GuideFx, PermissionsFx, SystemFx};
use keyrack::ui::msg::{Msg, PermissionsMsg};

use crate::harness::{Ui, fixture, now};
use crate::snapshot;

fn node(name: &str, source: GrantSource, implies: Vec<GrantNode>) -> GrantNode {
    GrantNode {
        name: name.to_owned(),
        source,
        about: format!("allows {name}"),
        group: "Repositories".to_owned(),
        implies,
    }
}

fn need(any: &[&str], stand: Stand) -> NeedFound {
    let missing = stand == Stand::Missing;
    NeedFound {
        any: any.iter().map(|a| (*a).to_owned()).collect(),
        why: "pushing branches".to_owned(),
        stand,
        by: (stand == Stand::Have).then(|| (any[0].to_owned(), GrantSource::Told)),
        doubt: if stand == Stand::Unknown { "no harmless request proves it".to_owned() } else { String::new() },
        fix: missing.then(|| Fix {
            text: "edit the token and set Contents to read and write".to_owned(),
            page: Some("https://github.com/settings/personal-access-tokens".to_owned()),
            prefilled: None,
            api: false,
        }),
    }
}

fn profile(id: &str, own: bool, needs: Vec<NeedFound>) -> ProfileFound {
    ProfileFound {
        id: id.to_owned(),
        title: format!("the job {id}"),
        own,
        concerns: true,
        stand: needs.iter().map(|n| n.stand).max().unwrap_or(Stand::Have),
        needs,
        surplus: if own { Vec::new() } else { vec!["issues:write".to_owned()] },
        narrower: if own { Vec::new() } else { vec!["contents:read".to_owned()] },
        without: "pushes are refused".to_owned(),
        notes: Vec::new(),
    }
}

fn place(host: i64, name: &str, role: Option<&str>) -> PlacePermissions {
    let table = PermissionTable {
        title: "What pairs allow".to_owned(),
        row_label: "project".to_owned(),
        column_label: "repository".to_owned(),
        rows: vec!["PROJECT_READ".to_owned(), "PROJECT_ADMIN".to_owned()],
        columns: vec!["REPO_READ".to_owned(), "REPO_ADMIN".to_owned()],
        cells: vec![
            vec![vec!["Pull and clone".to_owned()], vec!["Update settings".to_owned(), "Push".to_owned()]],
            vec![Vec::new(), vec!["Create repositories".to_owned()]],
        ],
        held: Some((0, 1)),
        notes: Vec::new(),
    };
    PlacePermissions {
        host: HostId(host),
        host_name: name.to_owned(),
        role: role.map(str::to_owned),
        look_at: LookAt::default(),
        verdict: Verdict::Limited,
        reason: "accepted by GET /user; git-write misses contents:write".to_owned(),
        checked_at: now(),
        grants: vec![
            node("repo", GrantSource::Told, vec![node("repo:status", GrantSource::Implied, Vec::new())]),
            node("evil\u{202e}grant", GrantSource::Probed, Vec::new()),
        ],
        all_told: false,
        denied: vec!["contents:write".to_owned()],
        limited_to: Vec::new(),
        profiles: vec![
            profile(
                "git-write",
                true,
                vec![need(&["contents:read"], Stand::Have), need(&["contents:write"], Stand::Missing)],
            ),
            profile("git-read", false, vec![need(&["contents:read"], Stand::Have)]),
            profile("pull-requests", false, vec![need(&["pull_requests:write"], Stand::Unknown)]),
        ],
        tables: vec![table],
        findings: Vec::new(),
        evidence: Vec::new(),
    }
}

fn found(places: Vec<PlacePermissions>) -> Permissions {
    Permissions {
        label: "ci-release".to_owned(),
        family: FamilyId::new("github"),
        kind: Kind::FineGrainedPat,
        places,
        roles: BTreeMap::from([("git-write".to_owned(), vec!["no binding is the source".to_owned()])]),
        advice: Some(Narrower { surplus: vec!["issues:write".to_owned()], enough: vec!["contents:write".to_owned()] }),
    }
}

fn shown(mut ui: Ui, places: Vec<PlacePermissions>) -> Ui {
    ui.keys("p").sees("asking each host what it may do");
    let job = ui.job();
    assert_eq!(ui.effects.last(), Some(&Effect::Permissions(PermissionsFx::Ask { job, id: CredentialId("1".into()) })));
    ui.send(Msg::Permissions(PermissionsMsg::Found { job, result: Ok(Box::new(found(places))) }));
    ui
}

#[test]
fn gaps_and_their_remedy_at_80_columns_with_the_grants_behind_tab() {
    let mut ui = shown(Ui::new(), vec![place(1, "github.com", None)]);
    snapshot!("profiles", ui);
    ui.keys("<tab>");
    snapshot!("grants", ui);
    ui.keys("<tab>o");
    let page = "https://github.com/settings/personal-access-tokens".to_owned();
    assert_eq!(ui.effects.last(), Some(&Effect::System(SystemFx::OpenUrl(page))));
}

#[test]
fn tree_and_matrix_side_by_side_over_two_places() {
    let places = vec![place(1, "github.com", Some("source")), place(4, "beta.acme.dev", Some("target"))];
    let mut ui = shown(Ui::with((120, 40), fixture()), places);
    snapshot!(ui);
    ui.keys("]").sees("Grants at beta.acme.dev (target)").keys("]").sees("Grants at github.com (source)");
    ui.keys("j").sees("enough would be: contents:read");
    ui.keys("j").sees("no harmless request proves it");
}

#[test]
fn the_guide_opens_for_the_profile_under_the_cursor() {
    let mut ui = shown(Ui::new(), vec![place(1, "github.com", None)]);
    ui.keys("jw");
    let Some(Effect::Guide(GuideFx::Find { family, host, kind, profile, .. })) = ui.effects.last() else {
        panic!("{:?}", ui.effects)
    };
    assert_eq!((family.as_str(), host.as_deref()), ("github", Some("github.com")));
    assert_eq!((*kind, profile.as_deref()), (Some(Kind::FineGrainedPat), Some("git-read")));
}

#[test]
fn a_failure_leads_back_and_leaving_cancels() {
    let mut ui = Ui::new();
    ui.keys("p");
    let job = ui.job();
    let error = Error::usage("git-read: there is no such profile");
    ui.send(Msg::Permissions(PermissionsMsg::Found { job, result: Err(error) })).sees("no such profile").sees("┏ Rack");
    let mut ui = Ui::new();
    ui.keys("p");
    let job = ui.job();
    ui.keys("<esc>");
    assert_eq!(ui.effects.last(), Some(&Effect::Cancel(job)));
    let late = Box::new(found(vec![place(1, "github.com", None)]));
    ui.send(Msg::Permissions(PermissionsMsg::Found { job, result: Ok(late) })).sees("┏ Rack");
}

#[test]
fn a_credential_without_secret_asks_nobody() {
    let mut ui = Ui::new();
    ui.keys("/gone<enter>p").sees("its secret was destroyed");
    assert!(!ui.effects.iter().any(|e| matches!(e, Effect::Permissions(_))));
}
