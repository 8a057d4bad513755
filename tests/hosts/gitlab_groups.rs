//! GitLab: tokens of service accounts, and the credential inventory of an Owner's groups.

use std::sync::Arc;

use jiff::Timestamp;
use keyrack::domain::{
    CreateRequest, CreatedToken, Expiry, FamilyId, Host, Identity, Kind, Predecessor, RemoteList, Validation, Verdict,
};
use keyrack::hosts::gitlab::GitLab;
use keyrack::hosts::{Act, Authority, Family, Outcome, Revocation, Route, Session};
use keyrack::net::{Response, Transport};
use keyrack::simulator::Site;
use keyrack::simulator::gitlab::GitLabSite;

use crate::gitlab::{host, json};
use crate::support::{Direct, Recorded, host_of, now, revoke, token, validate, wire};

const SIGNER: &str = "glpat-ExampleFakeToken9999";
const ROBOT: &str = "group:322/service_accounts/57";

fn signer() -> Authority {
    Authority { one_time_code: None, kind: Some(Kind::Pat), username: None, secret: token(SIGNER) }
}

fn com() -> Host {
    Host::new("gitlab.com", FamilyId::new("gitlab"), "https://gitlab.com")
}

fn day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

fn wish(at: Option<&str>, kind: Option<Kind>, scopes: &[&str]) -> CreateRequest {
    CreateRequest {
        name: "robot".into(),
        kind,
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        at: at.map(str::to_owned),
        expires: None,
    }
}

async fn create(
    transport: &dyn Transport,
    host: &Host,
    using: &Authority,
    request: &CreateRequest,
) -> Outcome<CreatedToken> {
    let act = Act { wire: wire(&GitLab, host, transport, &[&using.secret]), host, using };
    GitLab.creator().unwrap().create(&act, request).await
}

async fn list(transport: &dyn Transport, host: &Host, using: &Authority) -> RemoteList {
    let act = Act { wire: wire(&GitLab, host, transport, &[&using.secret]), host, using };
    match GitLab.lister().unwrap().list(&act).await {
        Outcome::Done(list) => list,
        other => panic!("{other:?}"),
    }
}

// --- service accounts ---

#[tokio::test]
async fn a_service_accounts_token_is_made_where_its_account_is() {
    for (at, kind, path) in [
        (ROBOT, None, "/groups/322/service_accounts/57/personal_access_tokens"),
        (
            "projects/acme/app/service_accounts/57",
            Some(Kind::ServiceAccountToken),
            "/projects/acme%2Fapp/service_accounts/57/personal_access_tokens",
        ),
        ("user:57", Some(Kind::ServiceAccountToken), "/users/57/personal_access_tokens"),
    ] {
        let answer = r#"{"id":900,"name":"robot","revoked":false,"active":true,"scopes":["read_api"],"user_id":57,
            "expires_at":null,"token":"glpat-ExampleFakeTokenNew1"}"#;
        let transport = Recorded::new([json(201, answer)]);
        let outcome = create(&transport, &host(), &signer(), &wish(Some(at), kind, &["read_api"])).await;
        let Outcome::Done(made) = outcome else { panic!("{outcome:?}") };
        assert_eq!(transport.lines(), [format!("POST https://gitlab.example.com/api/v4{path}")]);
        assert_eq!((made.kind, made.expiry), (Kind::ServiceAccountToken, Expiry::Never));
        // Whoever manages the account needs its place again.
        assert_eq!(made.username.as_deref(), Some(at.replace("projects/", "project:").as_str()));
    }
}

#[test]
fn wishes_for_service_accounts_are_read_before_anything_is_sent() {
    let route = |request: &CreateRequest| GitLab.creator().unwrap().route(&com(), request, Some(&signer()));
    let service = Some(Kind::ServiceAccountToken);
    for (request, message, hint) in [
        (wish(None, service, &["api"]), "no service account", "service_accounts/USER_ID"),
        (wish(Some("acme/service_accounts/57"), None, &["api"]), "names no service account", "group:PATH"),
        (wish(Some("group:acme/service_accounts/mara"), None, &["api"]), "names no service account", "USER_ID"),
        (wish(Some(ROBOT), None, &["api", "role:owner"]), "no role of its own", "acts as its account"),
        (wish(Some(ROBOT), None, &["sudo"]), "cannot have the scope `sudo`", "read_api"),
        (wish(Some(ROBOT), Some(Kind::Pat), &["api"]), "does not have tokens of that kind", ""),
    ] {
        let error = route(&request).unwrap_err();
        assert!(error.message.contains(message) && error.hint.contains(hint), "{error:?}");
    }
    let way = route(&wish(Some(ROBOT), None, &["api"])).unwrap();
    let Route::AtHost(text) = way else { panic!("{way:?}") };
    assert!(text.contains("/groups/322/service_accounts/57/") && text.contains("an Owner of its group"), "{text}");
}

#[test]
fn a_successor_stays_with_its_service_account() {
    let mut last = Validation::new(Verdict::Valid, "", now());
    last.identity =
        Some(Identity { id: "57".into(), login: "robot".into(), name: String::new(), kind: "service".into() });
    let at = |username| {
        let old = Predecessor {
            label: "robot",
            kind: Kind::ServiceAccountToken,
            username,
            last: Some(&last),
            expires: None,
            now: now(),
        };
        GitLab.creator().unwrap().successor(&host(), &old).at
    };
    assert_eq!(at(Some(ROBOT)).as_deref(), Some(ROBOT));
    assert_eq!(at(None).as_deref(), Some("user:57"), "an administrator can without its place");
}

#[tokio::test]
async fn its_manager_revokes_and_rotates_by_its_place_and_it_rotates_itself_as_a_person() {
    let secret = token("glpat-ExampleFakeToken0001");
    let kind = Kind::ServiceAccountToken;
    for (username, path) in [
        (Some(ROBOT), "/groups/322/service_accounts/57/personal_access_tokens/815"),
        (None, "/personal_access_tokens/815"),
    ] {
        let transport = Recorded::new([Response::of(204, &[], "")]);
        let using = signer();
        let came = revoke(&GitLab, &host(), &transport, kind, username, &secret, Some("815"), Some(&using)).await;
        assert_eq!(came, Revocation::Accepted);
        assert_eq!(transport.lines(), [format!("DELETE https://gitlab.example.com/api/v4{path}")]);
    }
    // A place that would leave its path is not sent anywhere.
    let nothing = Recorded::new([]);
    let (using, climbing) = (signer(), Some("group:../../x/service_accounts/5"));
    let came = revoke(&GitLab, &host(), &nothing, kind, climbing, &secret, Some("815"), Some(&using)).await;
    assert!(matches!(came, Revocation::Refused(_)) && nothing.lines().is_empty(), "{came:?}");
    let record = r#"{"id":815,"name":"robot","revoked":false,"active":true,"scopes":["api"],"user_id":57,
        "expires_at":"2027-03-01","token":"glpat-ExampleFakeTokenNew1"}"#;
    for (using, path) in [
        (Some(signer()), "/groups/322/service_accounts/57/personal_access_tokens/815/rotate"),
        (None, "/personal_access_tokens/self/rotate"),
    ] {
        let transport = Recorded::new([json(200, record), json(200, record)]);
        let host = host();
        let mut secrets = vec![&secret];
        secrets.extend(using.as_ref().map(|u| &u.secret));
        let session = Session {
            wire: wire(&GitLab, &host, &transport, &secrets),
            host: &host,
            kind,
            username: Some(ROBOT),
            secret: &secret,
        };
        let replacer = GitLab.replacer().unwrap();
        let Route::AtHost(text) = replacer.route(&host, kind, Some(ROBOT), using.as_ref()) else { panic!() };
        assert!(text.contains(path.trim_end_matches("815/rotate").trim_end_matches("/rotate")), "{text}");
        let outcome = replacer.replace(&session, Some("815"), None, using.as_ref()).await;
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
        assert_eq!(transport.lines()[1], format!("POST https://gitlab.example.com/api/v4{path}"));
    }
}

fn held(site: &Arc<GitLabSite>, label: &str) -> (Authority, Option<String>) {
    let found = site.roster(now()).into_iter().find(|c| c.label == label).unwrap();
    let username = found.username.clone();
    (Authority { one_time_code: None, kind: Some(found.kind), username: None, secret: token(&found.secret) }, username)
}

#[tokio::test]
async fn the_site_makes_rotates_lists_and_revokes_them_for_an_owner() {
    let site = Arc::new(GitLabSite::com());
    let (host, direct) = (host_of(&*site), Direct(site.clone()));
    let (owner, _) = held(&site, "release-train");
    let (robot, place) = held(&site, "release-robot");
    assert_eq!(place.as_deref(), Some(ROBOT));
    let request = CreateRequest { expires: Some(day("2027-02-21")), ..wish(Some(ROBOT), None, &["read_api"]) };
    let Outcome::Done(made) = create(&direct, &host, &owner, &request).await else { panic!() };
    let found = validate(&GitLab, &host, &direct, made.kind, made.username.as_deref(), &made.secret).await;
    assert_eq!((found.verdict, found.identity.unwrap().kind.as_str()), (Verdict::Valid, "service"));
    // It lists its own, as what they are.
    let own = list(&direct, &host, &robot).await;
    assert!(own.tokens.iter().all(|t| t.kind == Some(Kind::ServiceAccountToken)), "{own:#?}");
    assert_eq!(own.tokens.len(), 2);
    let came = revoke(
        &GitLab,
        &host,
        &direct,
        made.kind,
        made.username.as_deref(),
        &made.secret,
        made.remote_id.as_deref(),
        Some(&owner),
    )
    .await;
    assert_eq!(came, Revocation::Accepted);
    let found = validate(&GitLab, &host, &direct, made.kind, None, &made.secret).await;
    assert_eq!(found.verdict, Verdict::Revoked);
    // Nobody else's to make.
    let outcome = create(&direct, &host, &robot, &request).await;
    assert!(matches!(&outcome, Outcome::Refused(v) if v.findings[0].code == "gitlab.create-forbidden"), "{outcome:?}");
    let nowhere = wish(Some("group:322/service_accounts/58"), None, &["read_api"]);
    let outcome = create(&direct, &host, &owner, &nowhere).await;
    assert!(matches!(&outcome, Outcome::Refused(v) if v.findings[0].code == "gitlab.create-no-place"), "{outcome:?}");
}

// --- the credential inventory of a group ---

const USER: &str = r#"{"id":100,"username":"mara","name":"Mara","state":"active"}"#;

fn rows(ids: &[(u64, u64, &str)]) -> Response {
    let rows: Vec<String> = ids
        .iter()
        .map(|(id, user, more)| {
            format!(
                r#"{{"id":{id},"name":"token {id}","revoked":false,"active":true,"scopes":["api"],"user_id":{user},
                   "created_at":"2026-09-01T07:12:44.120Z","expires_at":"2027-03-01"{more}}}"#
            )
        })
        .collect();
    json(200, &format!("[{}]", rows.join(",")))
}

fn groups(ids: &[(u64, Option<u64>)]) -> Response {
    let group = |(id, parent): &(u64, Option<u64>)| serde_json::json!({"id": id, "name": format!("g{id}"), "parent_id": parent});
    let groups: Vec<_> = ids.iter().map(group).collect();
    json(200, &serde_json::json!({"groups": groups, "projects": []}).to_string())
}

#[tokio::test]
async fn an_owner_sees_the_tokens_of_the_groups_once_each() {
    let bots = [(3, 900, r#","access_level":30,"resource_type":"project","resource_id":42"#)];
    let transport = Recorded::new([
        json(200, USER),
        rows(&[(1, 100, "")]),
        groups(&[(7, None), (8, Some(7))]),
        rows(&[(1, 100, ""), (2, 177, r#","granular":true"#)]),
        rows(&bots),
    ]);
    let list = list(&transport, &com(), &signer()).await;
    let lines = transport.lines();
    let asked: Vec<&str> =
        lines[2..].iter().map(|l| l.split("/api/v4").nth(1).unwrap().split('?').next().unwrap()).collect();
    assert_eq!(
        asked,
        [
            "/personal_access_tokens/self/associations",
            "/groups/7/manage/personal_access_tokens",
            "/groups/7/manage/resource_access_tokens"
        ],
        "a group below another one is in the inventory of that"
    );
    assert!(lines[2].contains("min_access_level=50"), "{lines:?}");
    let ids: Vec<&str> = list.tokens.iter().map(|t| t.id.as_str()).collect();
    assert_eq!((ids, list.gaps.len()), (vec!["1", "2", "3"], 0));
    assert_eq!(list.of, "mara and the credential inventory of g7");
    assert_eq!((list.tokens[1].owner.as_str(), list.tokens[1].kind), ("user 177", Some(Kind::FineGrainedPat)));
    assert_eq!((list.tokens[2].kind, list.tokens[2].notes[0].as_str()), (Some(Kind::ProjectToken), "role developer"));
}

#[tokio::test]
async fn a_group_without_an_inventory_takes_nothing_from_the_list_and_a_fault_is_told() {
    for answer in [
        json(403, r#"{"message":"403 Forbidden"}"#),
        json(404, r#"{"message":"404 Group Not Found"}"#),
        json(404, r#"{"error":"404 Not Found"}"#),
    ] {
        let transport = Recorded::new([json(200, USER), rows(&[(1, 100, "")]), groups(&[(7, None)]), answer]);
        let list = list(&transport, &com(), &signer()).await;
        assert_eq!((list.of.as_str(), list.gaps.len(), list.tokens.len()), ("mara", 0, 1));
    }
    let dpop = r#"{"error":"dpop_error","error_description":"DPoP validation error: DPoP header is missing"}"#;
    for answer in [json(401, dpop), Response::of(502, &[], ""), json(403, r#"{"message":"Forbidden"}"#)] {
        let transport = Recorded::new([json(200, USER), rows(&[(1, 100, "")]), groups(&[(7, None)]), answer]);
        let list = list(&transport, &com(), &signer()).await;
        assert!(list.gaps[0].starts_with("credential inventory of group g7: "), "{:?}", list.gaps);
    }
    // Servers before 17.4 do not tell the groups, and an instance of one's own has no such inventory.
    let old = json(404, r#"{"error":"404 Not Found"}"#);
    let transport = Recorded::new([json(200, USER), rows(&[(1, 100, "")]), old]);
    assert!(list(&transport, &com(), &signer()).await.gaps.is_empty());
    let transport = Recorded::new([json(200, USER), rows(&[(1, 100, "")])]);
    assert_eq!(list(&transport, &host(), &signer()).await.tokens.len(), 1);
}

#[tokio::test]
async fn each_is_revoked_where_it_stands() {
    let project = r#","resource_type":"project","resource_id":42"#;
    let mut answers = vec![
        json(200, USER),
        groups(&[(7, None)]),
        rows(&[(1, 100, ""), (2, 177, "")]),
        rows(&[(3, 900, project), (4, 901, "")]),
        json(403, "{}"),
    ];
    answers.extend((0..5).map(|_| Response::of(204, &[], "")));
    let transport = Recorded::new(answers);
    let (host, using) = (com(), signer());
    let act = Act { wire: wire(&GitLab, &host, &transport, &[&using.secret]), host: &host, using: &using };
    let ids = ["1", "2", "3", "4", "99"].map(str::to_owned);
    let ends = GitLab.lister().unwrap().revoke(&act, &ids).await;
    assert!(ends.iter().all(|end| *end == Revocation::Accepted), "{ends:?}");
    let lines = transport.lines();
    let sent: Vec<&str> = lines.iter().filter_map(|l| l.strip_prefix("DELETE https://gitlab.com/api/v4")).collect();
    assert_eq!(
        sent,
        [
            "/personal_access_tokens/1",
            "/groups/7/manage/personal_access_tokens/2",
            "/projects/42/access_tokens/3",
            "/groups/7/manage/resource_access_tokens/4",
            "/personal_access_tokens/99"
        ]
    );
}

#[tokio::test]
async fn the_site_shows_an_owner_the_group_and_revokes_from_there() {
    let site = Arc::new(GitLabSite::com());
    let (host, direct) = (host_of(&*site), Direct(site.clone()));
    let (owner, _) = held(&site, "release-train");
    let all = list(&direct, &host, &owner).await;
    assert_eq!(all.of, "mara.lindqvist and the credential inventory of acme");
    let names: Vec<&str> = all.tokens.iter().map(|t| t.name.as_str()).collect();
    assert!(names.contains(&"intern-summer") && names.contains(&"image-sync"), "{names:?}");
    let intern = all.tokens.iter().find(|t| t.name == "intern-summer").unwrap().id.clone();
    let act = Act { wire: wire(&GitLab, &host, &direct, &[&owner.secret]), host: &host, using: &owner };
    assert_eq!(GitLab.lister().unwrap().revoke(&act, std::slice::from_ref(&intern)).await, [Revocation::Accepted]);
    let again = list(&direct, &host, &owner).await;
    let gone = again.tokens.iter().find(|t| t.id == intern).unwrap();
    assert_eq!(gone.state, keyrack::domain::RemoteState::Revoked);
}
