//! AWS CodeCommit: making keys and Git credentials, the order of a rotation, the host's list, the policy simulator.

use std::sync::Arc;

use jiff::Timestamp;
use keyrack::domain::{
    CreateRequest, CreatedToken, Expiry, FamilyId, Grant, GrantSource, Host, Kind, LookAt, Predecessor, Probed,
    RemoteList, RemoteState, Validation, Verdict,
};
use keyrack::hosts::codecommit::CodeCommit;
use keyrack::hosts::{Act, Authority, Family, Outcome, Revocation, Route, Session};
use keyrack::net::{Body, NetError, NetErrorKind, Response, Transport};
use keyrack::secret::Secret;
use keyrack::simulator::Site;
use keyrack::simulator::codecommit::CodeCommit as Account;

use crate::support::{Direct, Recorded, host_of, now, revoke, token, validate, wire};

const KEY: &str = "AKIARZPUZDIKAAISEM2E";
const OTHER: &str = "AKIARZPUZDIKEXAMOTHR";
const NEW: &str = "AKIARZPUZDIKEXAMPNEW";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const NEW_SECRET: &str = "KeyrackFakeNewSecret/bPxRfiCYEXAMPLEKEYS";
const GIT_USER: &str = "alice-at-123456789012";

fn host() -> Host {
    Host::new("codecommit-us-east-1", FamilyId::new("codecommit"), "https://git-codecommit.us-east-1.amazonaws.com")
}

fn result(action: &str, inner: &str) -> Response {
    let body = format!("<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>");
    Response::of(200, &[("Content-Type", "text/xml")], &body)
}

fn empty(action: &str) -> Response {
    Response::of(200, &[], &format!("<{action}Response><ResponseMetadata/></{action}Response>"))
}

fn xml(status: u16, code: &str) -> Response {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>No, no.</Message></Error></ErrorResponse>");
    Response::of(status, &[("Content-Type", "text/xml")], &body)
}

fn caller(arn: &str) -> Response {
    let inner = format!("<Arn>{arn}</Arn><UserId>AIDAEXAMPLEALICE0001</UserId><Account>123456789012</Account>");
    result("GetCallerIdentity", &inner)
}

fn alice() -> Response {
    caller("arn:aws:iam::123456789012:user/dev/alice")
}

fn keys(entries: &[(&str, &str)]) -> Response {
    let members: String = entries
        .iter()
        .map(|(id, status)| {
            format!(
                "<member><UserName>alice</UserName><AccessKeyId>{id}</AccessKeyId><Status>{status}</Status>\
                 <CreateDate>2026-01-15T09:00:00Z</CreateDate></member>"
            )
        })
        .collect();
    result("ListAccessKeys", &format!("<AccessKeyMetadata>{members}</AccessKeyMetadata>"))
}

fn used(at: &str) -> Response {
    let date = if at.is_empty() { String::new() } else { format!("<LastUsedDate>{at}</LastUsedDate>") };
    let inner = format!(
        "<UserName>alice</UserName><AccessKeyLastUsed>{date}<ServiceName>codecommit</ServiceName><Region>us-east-1</Region>\
         </AccessKeyLastUsed>"
    );
    result("GetAccessKeyLastUsed", &inner)
}

fn new_key() -> Response {
    let inner = format!(
        "<AccessKey><UserName>alice</UserName><AccessKeyId>{NEW}</AccessKeyId><Status>Active</Status>\
         <SecretAccessKey>{NEW_SECRET}</SecretAccessKey><CreateDate>2026-11-23T04:00:00Z</CreateDate></AccessKey>"
    );
    result("CreateAccessKey", &inner)
}

fn git_list(entries: &[(&str, &str, &str)]) -> Response {
    let members: String = entries
        .iter()
        .map(|(id, name, status)| {
            format!(
                "<member><UserName>alice</UserName><Status>{status}</Status><ServiceUserName>{name}</ServiceUserName>\
                 <CreateDate>2026-03-02T10:00:00Z</CreateDate>\
                 <ServiceSpecificCredentialId>{id}</ServiceSpecificCredentialId></member>"
            )
        })
        .collect();
    result(
        "ListServiceSpecificCredentials",
        &format!("<ServiceSpecificCredentials>{members}</ServiceSpecificCredentials>"),
    )
}

fn signer() -> Authority {
    Authority { kind: Some(Kind::AccessKey), username: Some(KEY.into()), secret: token(SECRET), one_time_code: None }
}

fn wish(kind: Kind) -> CreateRequest {
    CreateRequest { name: "ci".into(), kind: Some(kind), ..CreateRequest::default() }
}

async fn create_at(
    host: &Host,
    with: &dyn Transport,
    request: &CreateRequest,
    using: &Authority,
) -> Outcome<CreatedToken> {
    let act = Act { wire: wire(&CodeCommit, host, with, &[&using.secret]), host, using };
    CodeCommit.creator().unwrap().create(&act, request).await
}

async fn create(answers: Vec<Response>, request: &CreateRequest) -> (Outcome<CreatedToken>, Vec<String>) {
    let recorded = Recorded::new(answers);
    let outcome = create_at(&host(), &recorded, request, &signer()).await;
    (outcome, bodies(&recorded))
}

/// Action and parameters of every request, without the version.
fn bodies(recorded: &Recorded) -> Vec<String> {
    let seen = recorded.seen.lock().unwrap();
    let bodies = seen.iter().map(|r| match &r.body {
        Body::Text(text) => text.replace("&Version=2010-05-08", "").replace("Action=", ""),
        _ => panic!("a body was expected"),
    });
    bodies.collect()
}

async fn list_at(host: &Host, with: &dyn Transport, using: &Authority) -> Outcome<RemoteList> {
    let act = Act { wire: wire(&CodeCommit, host, with, &[&using.secret]), host, using };
    CodeCommit.lister().unwrap().list(&act).await
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Outcome<T>, code: &str) -> Validation {
    let Outcome::Refused(found) = outcome else { panic!("{code}: {outcome:?}") };
    assert_eq!(found.findings[0].code, format!("codecommit.{code}"), "{found:#?}");
    let text = format!("{:?}", found.findings[0]);
    assert!(!text.contains("{user}") && !text.contains("{retire}") && !text.contains("{action}"), "{text}");
    *found
}

// Making

#[tokio::test]
async fn a_key_is_made_after_looking_whether_there_is_room() {
    let (outcome, asked) = create(vec![keys(&[(KEY, "Active")]), new_key()], &wish(Kind::AccessKey)).await;
    assert!(!format!("{outcome:?}").contains(NEW_SECRET));
    let Outcome::Done(made) = outcome else { panic!("{outcome:?}") };
    assert_eq!(made.secret.token.reveal(), NEW_SECRET);
    assert_eq!((made.username.as_deref(), made.remote_id.as_deref()), (Some(NEW), Some(NEW)));
    assert_eq!((made.kind, made.expiry), (Kind::AccessKey, Expiry::Never));
    assert!(made.notes.iter().any(|n| n.contains("10 to 20 seconds")));
    assert_eq!(asked, ["ListAccessKeys", "CreateAccessKey"], "the user is the one whose key signs");
    let named = CreateRequest { at: Some("bob".into()), ..wish(Kind::AccessKey) };
    let (_, asked) = create(vec![keys(&[]), new_key()], &named).await;
    assert_eq!(asked, ["ListAccessKeys&UserName=bob", "CreateAccessKey&UserName=bob"]);
}

#[tokio::test]
async fn two_keys_are_the_limit_and_the_one_to_retire_is_named() {
    let two = |a, b| vec![keys(&[(KEY, a), (OTHER, b)]), used("2026-11-20T09:15:00Z"), used("2026-11-01T00:00:00Z")];
    let (outcome, asked) = create(two("Active", "Active"), &wish(Kind::AccessKey)).await;
    let found = refused(outcome, "two-keys");
    assert!(found.findings[0].title.contains(&format!("retire {OTHER}")), "used longest ago: {found:#?}");
    assert!(asked.iter().all(|a| !a.starts_with("CreateAccessKey")), "nothing is made: {asked:?}");
    let (outcome, _) = create(two("Inactive", "Active"), &wish(Kind::AccessKey)).await;
    assert!(refused(outcome, "two-keys").findings[0].title.contains(&format!("retire {KEY}")), "inactive first");
    let never = vec![keys(&[(KEY, "Active"), (OTHER, "Active")]), used(""), used("2026-11-01T00:00:00Z")];
    let (outcome, _) = create(never, &wish(Kind::AccessKey)).await;
    assert!(
        refused(outcome, "two-keys").findings[0].title.contains(&format!("retire {KEY}")),
        "never used since it was made in January"
    );
}

#[tokio::test]
async fn who_may_create_but_not_list_is_told_the_limit_by_iam() {
    let denied = || xml(403, "AccessDenied");
    let (outcome, _) = create(vec![denied(), new_key()], &wish(Kind::AccessKey)).await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    let (outcome, _) = create(vec![denied(), xml(409, "LimitExceeded")], &wish(Kind::AccessKey)).await;
    assert!(refused(outcome, "limit-exceeded").findings[0].title.contains("iam:CreateAccessKey"));
}

#[tokio::test]
async fn refusals_of_making_name_the_action_and_judge_nobody_else() {
    let none = || keys(&[]);
    for (answer, code) in [
        (xml(403, "AccessDenied"), "access-denied"),
        (xml(404, "NoSuchEntity"), "no-such-entity"),
        (xml(403, "InvalidClientTokenId"), "signer-refused"),
        (xml(403, "ExpiredToken"), "signer-refused"),
        (xml(400, "Throttling"), "throttled"),
    ] {
        let (outcome, _) = create(vec![none(), answer], &wish(Kind::AccessKey)).await;
        refused(outcome, code);
    }
    let lost = NetError::new(NetErrorKind::ReadTimeout, "iam.amazonaws.com:443", "");
    for answer in [Err(lost), Ok(Response::of(500, &[], "")), Ok(result("CreateAccessKey", "<AccessKey/>"))] {
        let recorded = Recorded::with_errors([Ok(none()), answer]);
        let outcome = create_at(&host(), &recorded, &wish(Kind::AccessKey), &signer()).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_git_credential_is_made_for_the_user_who_signs() {
    let made = result(
        "CreateServiceSpecificCredential",
        "<ServiceSpecificCredential><ServiceUserName>alice-at-123456789012</ServiceUserName>\
         <ServicePassword>EXAMPLE-not-a-real-password=</ServicePassword>\
         <ServiceSpecificCredentialId>ACCAEXAMPLE000000001</ServiceSpecificCredentialId></ServiceSpecificCredential>",
    );
    let (outcome, asked) = create(vec![alice(), git_list(&[]), made], &wish(Kind::GitCredential)).await;
    assert!(!format!("{outcome:?}").contains("not-a-real-password"));
    let Outcome::Done(made) = outcome else { panic!("{outcome:?}") };
    assert_eq!((made.username.as_deref(), made.kind), (Some(GIT_USER), Kind::GitCredential));
    assert_eq!(made.secret.token.reveal(), "EXAMPLE-not-a-real-password=");
    assert_eq!(made.remote_id.as_deref(), Some("ACCAEXAMPLE000000001"));
    assert_eq!(asked[2], "CreateServiceSpecificCredential&UserName=alice&ServiceName=codecommit.amazonaws.com");

    let two =
        git_list(&[("ACCAEXAMPLE000000001", GIT_USER, "Active"), ("ACCAEXAMPLE000000002", "alice-at-1+1", "Inactive")]);
    let (outcome, _) = create(vec![alice(), two], &wish(Kind::GitCredential)).await;
    assert!(refused(outcome, "two-git-credentials").findings[0].title.contains("alice-at-1+1"));
    let role = caller("arn:aws:sts::123456789012:assumed-role/ci/build");
    let (outcome, _) = create(vec![role], &wish(Kind::GitCredential)).await;
    refused(outcome, "no-user");
}

#[test]
fn routes_of_making_say_who_signs_and_what_aws_does_not_have() {
    let creator = CodeCommit.creator().unwrap();
    let Ok(Route::AtHost(what)) = creator.route(&host(), &wish(Kind::AccessKey), Some(&signer())) else { panic!() };
    assert!(what.contains(KEY) && what.contains("CreateAccessKey"), "{what}");
    let git = Authority { username: Some(GIT_USER.into()), kind: Some(Kind::GitCredential), ..signer() };
    let password = Authority { kind: None, ..signer() };
    for using in [None, Some(&git), Some(&password)] {
        assert!(matches!(
            creator.route(&host(), &wish(Kind::AccessKey), using),
            Ok(Route::NeedsAuthority { password: false, .. })
        ));
    }
    let at: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    for request in [
        CreateRequest { scopes: vec!["codecommit:GitPull".into()], ..wish(Kind::AccessKey) },
        CreateRequest { expires: Some(at), ..wish(Kind::AccessKey) },
        CreateRequest { at: Some("a/b".into()), ..wish(Kind::AccessKey) },
        wish(Kind::SessionKey),
        wish(Kind::Pat),
    ] {
        let error = creator.route(&host(), &request, Some(&signer())).unwrap_err();
        assert!(!error.message.is_empty() && !error.hint.is_empty());
    }
}

// Against the simulated account

struct Demo {
    site: Arc<dyn Site>,
    host: Host,
}

impl Demo {
    fn new() -> Self {
        Self::of(Account::default())
    }

    fn of(site: Account) -> Self {
        let site: Arc<dyn Site> = Arc::new(site);
        Self { host: host_of(&*site), site }
    }

    fn transport(&self) -> Direct {
        Direct(Arc::clone(&self.site))
    }

    fn authority(&self, label: &str) -> Authority {
        let c = self.site.roster(now()).into_iter().find(|c| c.label == label).unwrap();
        let secret = Secret::from_bytes(c.secret.as_bytes()).unwrap();
        Authority { kind: Some(c.kind), username: c.username, secret, one_time_code: None }
    }

    async fn check(&self, who: &Authority) -> Validation {
        let kind = who.kind.unwrap();
        validate(&CodeCommit, &self.host, &self.transport(), kind, who.username.as_deref(), &who.secret).await
    }

    async fn make(&self, request: &CreateRequest, using: &Authority) -> Outcome<CreatedToken> {
        create_at(&self.host, &self.transport(), request, using).await
    }

    async fn kill(&self, old: &Authority, using: &Authority) -> Revocation {
        let (kind, id) = (old.kind.unwrap(), old.username.as_deref());
        revoke(&CodeCommit, &self.host, &self.transport(), kind, id, &old.secret, None, Some(using)).await
    }

    async fn list(&self, using: &Authority) -> RemoteList {
        let outcome = list_at(&self.host, &self.transport(), using).await;
        let Outcome::Done(list) = outcome else { panic!("{outcome:?}") };
        list
    }
}

fn holder(made: &CreatedToken) -> Authority {
    Authority {
        kind: Some(made.kind),
        username: made.username.clone(),
        secret: made.secret.clone(),
        one_time_code: None,
    }
}

fn successor(old: &Authority, last: &Validation) -> CreateRequest {
    let old = Predecessor {
        label: "aws-alice",
        kind: old.kind.unwrap(),
        username: old.username.as_deref(),
        last: Some(last),
        expires: Some("2027-01-01T00:00:00Z".parse().unwrap()),
        now: now(),
    };
    CodeCommit.creator().unwrap().successor(&host(), &old)
}

#[tokio::test]
async fn a_rotation_keeps_the_order_of_the_vendor() {
    let demo = Demo::new();
    let old = demo.authority("aws-alice");
    let request = successor(&old, &demo.check(&old).await);
    assert_eq!((request.kind, request.at.as_deref(), request.expires), (Some(Kind::AccessKey), Some("alice"), None));
    // Signed by the old key.
    let Outcome::Done(made) = demo.make(&request, &old).await else { panic!() };
    let new = holder(&made);
    let seen = demo.check(&new).await;
    assert_eq!((seen.verdict, seen.identity.unwrap().login.as_str()), (Verdict::Valid, "alice"));
    assert_eq!(demo.check(&old).await.verdict, Verdict::Valid);
    // A third is refused.
    refused(demo.make(&request, &old).await, "two-keys");
    // The old one dies by the new one's signature: deactivated, then deleted.
    assert_eq!(demo.kill(&old, &new).await, Revocation::Accepted);
    assert_eq!(demo.check(&old).await.verdict, Verdict::Rejected);
    assert_eq!(demo.check(&new).await.verdict, Verdict::Valid);
}

#[tokio::test]
async fn the_old_key_is_deactivated_and_deleted_by_the_new_one_and_never_by_itself() {
    let recorded = Recorded::new([used(""), empty("UpdateAccessKey"), empty("DeleteAccessKey")]);
    let new = Authority { username: Some(NEW.into()), secret: token(NEW_SECRET), ..signer() };
    let done =
        revoke(&CodeCommit, &host(), &recorded, Kind::AccessKey, Some(KEY), &token(SECRET), None, Some(&new)).await;
    assert_eq!(done, Revocation::Accepted);
    let asked = bodies(&recorded);
    assert!(asked[1].contains("UpdateAccessKey") && asked[1].contains("Status=Inactive") && asked[1].contains(KEY));
    assert!(asked[2].starts_with("DeleteAccessKey") && asked[2].contains(KEY));
    for request in recorded.seen.lock().unwrap().iter() {
        let (_, signed) = request.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("authorization")).unwrap();
        assert!(signed.reveal().contains(NEW) && !signed.reveal().contains(KEY), "the new key signs");
    }
}

#[tokio::test]
async fn a_new_key_may_be_refused_for_a_while() {
    let demo = Demo::of(Account::lagging(2));
    let old = demo.authority("aws-alice");
    let Outcome::Done(made) = demo.make(&wish(Kind::AccessKey), &old).await else { panic!() };
    let new = holder(&made);
    for expected in [Verdict::Rejected, Verdict::Rejected, Verdict::Valid] {
        assert_eq!(demo.check(&new).await.verdict, expected);
    }
}

#[tokio::test]
async fn a_git_credential_is_rotated_by_an_access_key() {
    let demo = Demo::new();
    let (alice, old) = (demo.authority("aws-alice"), demo.authority("aws-git"));
    let request = successor(&old, &demo.check(&old).await);
    assert_eq!((request.kind, request.at.as_deref()), (Some(Kind::GitCredential), Some("alice")));
    let Outcome::Done(made) = demo.make(&request, &alice).await else { panic!() };
    let new = holder(&made);
    assert_eq!(demo.check(&new).await.verdict, Verdict::Valid);
    refused(demo.make(&request, &alice).await, "two-git-credentials");
    assert_eq!(demo.kill(&old, &alice).await, Revocation::Accepted);
    assert_eq!(demo.check(&old).await.verdict, Verdict::Rejected);
    assert_eq!(demo.check(&new).await.verdict, Verdict::Valid);
}

// The host's list

#[tokio::test]
async fn the_list_shows_keys_and_git_credentials_with_state_age_and_use() {
    let recorded = Recorded::new([
        alice(),
        keys(&[(KEY, "Active"), (OTHER, "Inactive")]),
        used("2026-11-20T09:15:00Z"),
        xml(403, "AccessDenied"),
        git_list(&[("ACCAEXAMPLE000000001", GIT_USER, "Active")]),
    ]);
    let Outcome::Done(list) = list_at(&host(), &recorded, &signer()).await else { panic!() };
    let lines: Vec<_> = list.tokens.iter().map(|t| (t.id.as_str(), t.kind, t.state)).collect();
    assert_eq!(
        lines,
        [
            (KEY, Some(Kind::AccessKey), RemoteState::Active),
            (OTHER, Some(Kind::AccessKey), RemoteState::Inactive),
            ("ACCAEXAMPLE000000001", Some(Kind::GitCredential), RemoteState::Active),
        ]
    );
    let first = &list.tokens[0];
    assert_eq!(first.last_used, Some("2026-11-20T09:15:00Z".parse().unwrap()));
    let notes = first.notes.join("; ");
    assert!(
        notes.contains("codecommit in us-east-1") && notes.contains("this key signs") && notes.contains("311 days"),
        "{notes}"
    );
    assert_eq!((first.owner.as_str(), first.expiry), ("alice", Expiry::Never));
    assert!(list.gaps.iter().any(|g| g.contains(OTHER)), "{:?}", list.gaps);
    assert_eq!(list.of, "arn:aws:iam::123456789012:user/dev/alice");
    assert_eq!(list.evidence.len(), 5);
    assert_eq!(list.tokens[2].name, GIT_USER);
}

#[tokio::test]
async fn who_cannot_list_is_told_why() {
    let role = Recorded::new([caller("arn:aws:sts::123456789012:assumed-role/ci/build")]);
    refused(list_at(&host(), &role, &signer()).await, "no-user");
    refused(list_at(&host(), &Recorded::new([alice(), xml(403, "AccessDenied")]), &signer()).await, "access-denied");
    let git = Authority { kind: Some(Kind::GitCredential), username: Some(GIT_USER.into()), ..signer() };
    refused(list_at(&host(), &Recorded::new([]), &git).await, "signer-refused");
    let lister = CodeCommit.lister().unwrap();
    assert!(matches!(lister.route(&host(), Some(&signer())), Route::AtHost(_)));
    assert!(matches!(lister.route(&host(), Some(&git)), Route::NeedsAuthority { password: false, .. }));
}

#[tokio::test]
async fn keys_and_git_credentials_are_revoked_from_the_list_but_never_the_one_that_signs() {
    let demo = Demo::new();
    let alice = demo.authority("aws-alice");
    let Outcome::Done(made) = demo.make(&wish(Kind::AccessKey), &alice).await else { panic!() };
    let ids: Vec<String> = demo.list(&alice).await.tokens.into_iter().map(|t| t.id).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    let transport = demo.transport();
    let act =
        Act { wire: wire(&CodeCommit, &demo.host, &transport, &[&alice.secret]), host: &demo.host, using: &alice };
    let lister = CodeCommit.lister().unwrap();
    let done = lister.revoke(&act, &ids).await;
    for (id, done) in ids.iter().zip(&done) {
        let signs = alice.username.as_deref() == Some(id.as_str());
        assert_eq!(matches!(done, Revocation::Refused(_)), signs, "{id}: {done:?}");
    }
    assert_eq!(demo.check(&alice).await.verdict, Verdict::Valid);
    assert_eq!(demo.check(&holder(&made)).await.verdict, Verdict::Rejected);
    assert_eq!(demo.check(&demo.authority("aws-git")).await.verdict, Verdict::Rejected);
    assert_eq!(demo.list(&alice).await.tokens.len(), 1);
    let odd = lister.revoke(&act, &["../x".to_owned(), NEW.to_owned()]).await;
    assert!(odd.iter().all(|d| matches!(d, Revocation::Refused(_))), "{odd:?}");
}

// The simulator

async fn probe(answers: Vec<Response>, look_at: LookAt, wanted: &[&str]) -> (Probed, Vec<String>) {
    let (recorded, host, secret) = (Recorded::new(answers), host(), token(SECRET));
    let wire = wire(&CodeCommit, &host, &recorded, &[&secret]);
    let session = Session { wire, host: &host, kind: Kind::AccessKey, username: Some(KEY), secret: &secret };
    let wanted: Vec<String> = wanted.iter().map(|s| (*s).to_owned()).collect();
    let found = CodeCommit.prober().unwrap().probe(&session, &look_at, &wanted).await;
    (found, bodies(&recorded))
}

fn simulated(decisions: &[(&str, &str)]) -> Response {
    let members: String = decisions
        .iter()
        .map(|(a, d)| format!("<member><EvalActionName>{a}</EvalActionName><EvalDecision>{d}</EvalDecision></member>"))
        .collect();
    result("SimulatePrincipalPolicy", &format!("<EvaluationResults>{members}</EvaluationResults>"))
}

#[tokio::test]
async fn the_simulator_answers_per_action_at_the_repository_named() {
    let answer = simulated(&[("codecommit:GitPull", "allowed"), ("codecommit:CreateBranch", "implicitDeny")]);
    let look_at = LookAt { repository: Some("demo".into()), ..LookAt::default() };
    let wanted =
        ["codecommit:GitPull", "codecommit:CreateBranch", "codecommit:GetTree", "codecommit:*", "s3:GetObject"];
    let (found, asked) = probe(vec![alice(), answer], look_at, &wanted).await;
    assert_eq!(found.grants, [Grant { name: "codecommit:GitPull".into(), source: GrantSource::Simulated }]);
    assert_eq!(found.denied, ["codecommit:CreateBranch"]);
    let unknown: Vec<_> = found.unknown.iter().map(|(s, _)| s.as_str()).collect();
    assert_eq!(unknown, ["codecommit:*", "s3:GetObject", "codecommit:GetTree"]);
    let sent: Vec<(String, String)> = url::form_urlencoded::parse(asked[1].as_bytes()).into_owned().collect();
    let has = |n: &str, v: &str| sent.iter().any(|(name, value)| name == n && value == v);
    assert!(has("PolicySourceArn", "arn:aws:iam::123456789012:user/dev/alice"), "{sent:?}");
    assert!(has("ResourceArns.member.1", "arn:aws:codecommit:us-east-1:123456789012:demo"), "{sent:?}");
    assert!(has("ActionNames.member.3", "codecommit:GetTree"), "{sent:?}");
}

#[tokio::test]
async fn what_may_not_be_simulated_stays_unknown() {
    let (found, _) = probe(vec![alice(), xml(403, "AccessDenied")], LookAt::default(), &["codecommit:GitPull"]).await;
    assert!(found.grants.is_empty() && found.denied.is_empty() && found.unknown.len() == 1);
    assert_eq!(found.findings[0].code, "codecommit.access-denied");
    let root = caller("arn:aws:iam::123456789012:root");
    let (found, _) = probe(vec![root], LookAt::default(), &["codecommit:GitPull"]).await;
    assert!(found.unknown[0].1.contains("owner of the account"));
    let (found, _) = probe(vec![xml(403, "InvalidClientTokenId")], LookAt::default(), &["codecommit:GitPull"]).await;
    assert_eq!((found.findings[0].code.as_str(), found.unknown.len()), ("codecommit.unknown-key", 1));
}

#[tokio::test]
async fn a_git_credential_shows_what_gits_endpoint_shows() {
    let demo = Demo::new();
    let git = demo.authority("aws-git");
    let transport = demo.transport();
    let wire = wire(&CodeCommit, &demo.host, &transport, &[&git.secret]);
    let username = git.username.as_deref();
    let session = Session { wire, host: &demo.host, kind: Kind::GitCredential, username, secret: &git.secret };
    let wanted = ["codecommit:GitPull".to_owned(), "codecommit:GitPush".to_owned()];
    let found = CodeCommit.prober().unwrap().probe(&session, &LookAt::default(), &wanted).await;
    assert_eq!(found.grants.len(), 1);
    assert!(found.unknown[0].0 == "codecommit:GitPush" && found.unknown[0].1.contains("access key"));
}

#[tokio::test]
async fn a_check_tells_what_the_simulator_denied() {
    let listing = Response::of(200, &[], r#"{"repositories":[{"repositoryId":"1","repositoryName":"demo"}]}"#);
    let told = simulated(&[("codecommit:GitPull", "allowed"), ("codecommit:GitPush", "explicitDeny")]);
    let recorded = Recorded::new([alice(), keys(&[(KEY, "Active")]), listing, told, used("")]);
    let found = validate(&CodeCommit, &host(), &recorded, Kind::AccessKey, Some(KEY), &token(SECRET)).await;
    assert_eq!((found.verdict, found.denied.as_slice()), (Verdict::Valid, &["codecommit:GitPush".to_owned()][..]));
}

#[test]
fn each_kind_has_its_guide() {
    let guides = &CodeCommit.facts().guides;
    for kind in [Kind::AccessKey, Kind::GitCredential, Kind::SessionKey] {
        let guide = guides.iter().find(|g| g.kind == kind).unwrap_or_else(|| panic!("{kind}"));
        assert!(!guide.steps.is_empty() && !guide.rotate_steps.is_empty() && !guide.need.is_empty());
    }
}
