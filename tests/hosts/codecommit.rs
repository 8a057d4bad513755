//! AWS CodeCommit: the simulated account, and every refusal of the sheet as a recorded answer.

use std::sync::Arc;

use keyrack::domain::{Expiry, FamilyId, GrantSource, Host, Kind, Validation, Verdict};
use keyrack::hosts::codecommit::CodeCommit;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Authority, Detection, Family, Revocation, Route};
use keyrack::net::{Body, NetError, NetErrorKind, Response};
use keyrack::secret::Secret;
use keyrack::simulator::Site;
use keyrack::simulator::codecommit::CodeCommit as Account;

use crate::support::{Direct, Recorded, host_of, now, revoke, token, validate, wire};

const KEY: &str = "AKIARZPUZDIKAAISEM2E";
const TEMPORARY: &str = "ASIARZPUZDIKAAISEM2E";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SESSION: &str = "FwoGZXIvYXdzEXAMPLEsession";

fn host() -> Host {
    Host::new("codecommit-us-east-1", FamilyId::new("codecommit"), "https://git-codecommit.us-east-1.amazonaws.com")
}

fn xml(status: u16, code: &str, message: &str) -> Response {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    );
    Response::of(status, &[("Content-Type", "text/xml"), ("Date", "Mon, 23 Nov 2026 04:00:00 GMT")], &body)
}

fn json(code: &str, message: &str) -> Response {
    let body = serde_json::json!({"__type": code, "message": message}).to_string();
    Response::of(400, &[("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", "1")], &body)
}

fn result(action: &str, inner: &str) -> Response {
    let body = format!("<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>");
    Response::of(200, &[("Content-Type", "text/xml")], &body)
}

fn empty(action: &str) -> Response {
    Response::of(200, &[], &format!("<{action}Response><ResponseMetadata/></{action}Response>"))
}

fn identity(arn: &str) -> Response {
    let inner = format!("<Arn>{arn}</Arn><UserId>AIDAEXAMPLEALICE0001</UserId><Account>123456789012</Account>");
    result("GetCallerIdentity", &inner)
}

fn alice() -> Response {
    identity("arn:aws:iam::123456789012:user/dev/alice")
}

fn listed(status: &str) -> Response {
    let inner = format!(
        "<AccessKeyMetadata><member><UserName>alice</UserName><AccessKeyId>{KEY}</AccessKeyId><Status>{status}</Status>\
         <CreateDate>2026-01-15T09:00:00Z</CreateDate></member></AccessKeyMetadata>"
    );
    result("ListAccessKeys", &inner)
}

fn repositories() -> Response {
    let body = r#"{"repositories":[{"repositoryId":"1","repositoryName":"demo"}]}"#;
    Response::of(200, &[("Content-Type", "application/x-amz-json-1.1")], body)
}

fn denied(action: &str) -> Response {
    let user = "arn:aws:iam::123456789012:user/dev/alice";
    xml(403, "AccessDenied", &format!("User: {user} is not authorized to perform: {action} on resource: x because y"))
}

async fn check_as(kind: Kind, id: &str, secret: &Secret, answers: Vec<Response>) -> (Validation, Recorded) {
    let recorded = Recorded::new(answers);
    let validation = validate(&CodeCommit, &host(), &recorded, kind, Some(id), secret).await;
    (validation, recorded)
}

async fn check(answers: Vec<Response>) -> Validation {
    check_as(Kind::AccessKey, KEY, &token(SECRET), answers).await.0
}

fn assert_found(validation: &Validation, verdict: Verdict, code: &str) {
    assert_eq!(validation.verdict, verdict, "{validation:?}");
    let found = validation.findings.first().map(|f| f.code.as_str());
    assert_eq!(found, Some(code), "{validation:?}");
    for finding in &validation.findings {
        let text = format!("{} {} {}", finding.title, finding.cause, finding.remedy);
        let left = ["{key}", "{user}", "{region}", "{action}", "{line}", "{skew}", "{oddity}"];
        assert!(left.iter().all(|p| !text.contains(p)), "a placeholder is left: {text}");
    }
}

// The simulated account

#[tokio::test]
async fn every_credential_of_the_roster_gives_what_it_should() {
    let site: Arc<dyn Site> = Arc::new(Account::default());
    let host = host_of(&*site);
    for credential in site.roster(now()).into_iter().chain([site.spare(0, now()), site.spare(4711, now())]) {
        let secret = Secret::from_bytes(credential.secret.as_bytes()).unwrap();
        let transport = Direct(Arc::clone(&site));
        let username = credential.username.as_deref();
        let validation = validate(&CodeCommit, &host, &transport, credential.kind, username, &secret).await;
        assert_eq!(validation.verdict, credential.expect, "{}: {validation:?}", credential.label);
        assert!(!validation.evidence.is_empty(), "{}", credential.label);
        let shown = format!("{validation:?}");
        assert!(!shown.contains(secret.token.reveal()), "{}", credential.label);
        assert!(secret.session.as_ref().is_none_or(|s| !shown.contains(s.reveal())), "{}", credential.label);
    }
}

async fn sim_check(site: &Arc<dyn Site>, label: &str) -> Validation {
    let credential = site.roster(now()).into_iter().find(|c| c.label == label).unwrap();
    let secret = Secret::from_bytes(credential.secret.as_bytes()).unwrap();
    let transport = Direct(Arc::clone(site));
    validate(&CodeCommit, &host_of(&**site), &transport, credential.kind, credential.username.as_deref(), &secret).await
}

#[tokio::test]
async fn a_good_key_tells_all_that_is_known_of_it() {
    let site: Arc<dyn Site> = Arc::new(Account::default());
    let validation = sim_check(&site, "aws-alice").await;
    let who = validation.identity.unwrap();
    assert_eq!((who.login.as_str(), who.kind.as_str()), ("alice", "user"));
    assert_eq!(who.name, "arn:aws:iam::123456789012:user/dev/alice");
    assert_eq!(validation.expiry, Expiry::Never);
    assert_eq!(validation.created_at, Some("2026-01-15T09:00:00Z".parse().unwrap()));
    assert_eq!(validation.last_used, Some("2026-11-20T09:15:00Z".parse().unwrap()));
    assert_eq!(validation.remote_id.as_deref(), Some(KEY));
    let source = |name: &str| validation.grants.iter().find(|g| g.name == name).map(|g| g.source);
    assert_eq!(source("codecommit:ListRepositories"), Some(GrantSource::Probed));
    for action in ["GitPull", "GitPush", "CreateBranch", "CreatePullRequest"] {
        assert_eq!(source(&format!("codecommit:{action}")), Some(GrantSource::Simulated), "{action}");
    }
    let actions: Vec<&str> = validation.evidence.iter().filter_map(|e| e.detail.split(';').next()).collect();
    let expected =
        ["GetCallerIdentity", "ListAccessKeys", "ListRepositories", "SimulatePrincipalPolicy", "GetAccessKeyLastUsed"];
    assert_eq!(actions, expected, "what decides comes first");
}

#[tokio::test]
async fn a_root_key_is_valid_and_warned_of() {
    let site: Arc<dyn Site> = Arc::new(Account::default());
    let validation = sim_check(&site, "aws-root").await;
    assert_found(&validation, Verdict::Valid, "codecommit.root-key");
    assert_eq!(validation.identity.unwrap().kind, "root");
}

#[tokio::test]
async fn a_role_session_has_an_unknown_end_and_no_key_lookups() {
    let site: Arc<dyn Site> = Arc::new(Account::default());
    let validation = sim_check(&site, "aws-sso").await;
    assert_eq!(validation.identity.unwrap().login, "ci-deploy/build-42");
    assert_eq!(validation.expiry, Expiry::Unknown);
    assert!(validation.evidence.iter().all(|e| !e.detail.contains("AccessKey")), "{:?}", validation.evidence);
}

#[tokio::test]
async fn the_kind_follows_the_key_id() {
    let (validation, _) =
        check_as(Kind::Unknown, KEY, &token(SECRET), vec![xml(403, "InvalidClientTokenId", "no")]).await;
    assert_eq!(validation.kind, Some(Kind::AccessKey));
    let secret = Secret { token: SECRET.into(), session: Some(SESSION.into()) };
    let answers = vec![xml(403, "ExpiredToken", "over")];
    let (validation, _) = check_as(Kind::AccessKey, TEMPORARY, &secret, answers).await;
    assert_eq!(validation.kind, Some(Kind::SessionKey));
}

// Failure signatures, section 8 of AWS's and the family's facts

#[tokio::test]
async fn invalid_client_token_id() {
    let validation =
        check(vec![xml(403, "InvalidClientTokenId", "The security token included in the request is invalid.")]).await;
    assert_found(&validation, Verdict::Rejected, "codecommit.unknown-key");
    let cause = &validation.findings[0].cause;
    for word in ["deleted", "inactive", "partition", "us-east-1"] {
        assert!(cause.contains(word), "{cause}");
    }
}

#[tokio::test]
async fn invalid_client_token_id_of_a_temporary_key_without_its_session_token() {
    let answers = vec![xml(403, "InvalidClientTokenId", "no")];
    let (validation, _) = check_as(Kind::SessionKey, TEMPORARY, &token(SECRET), answers).await;
    assert_found(&validation, Verdict::Rejected, "codecommit.session-token-missing");
}

#[tokio::test]
async fn invalid_client_token_id_of_a_temporary_key_with_a_session_token() {
    let secret = Secret { token: SECRET.into(), session: Some(SESSION.into()) };
    let answers = vec![xml(403, "InvalidClientTokenId", "no")];
    let (validation, _) = check_as(Kind::SessionKey, TEMPORARY, &secret, answers).await;
    assert_found(&validation, Verdict::Rejected, "codecommit.unknown-session-key");
}

#[tokio::test]
async fn signature_does_not_match_is_tried_twice_before_it_counts() {
    let wrong = || xml(403, "SignatureDoesNotMatch", "The request signature we calculated does not match");
    let validation = check(vec![wrong(), wrong()]).await;
    assert_found(&validation, Verdict::Rejected, "codecommit.wrong-secret");
    assert_eq!(validation.evidence.len(), 2);
    let validation = check(vec![wrong(), alice(), listed("Inactive")]).await;
    assert_eq!(validation.verdict, Verdict::Blocked, "the second try was right");
}

#[tokio::test]
async fn a_wrong_secret_of_odd_form_is_described() {
    let wrong = || xml(403, "SignatureDoesNotMatch", "does not match");
    let odd = token(&SECRET.replace('/', "%2F"));
    let (validation, _) = check_as(Kind::AccessKey, KEY, &odd, vec![wrong(), wrong()]).await;
    assert!(validation.findings[0].cause.contains("percent-encoded: write"), "{validation:?}");
}

#[tokio::test]
async fn signature_expired_is_a_clock_not_a_key() {
    let message =
        "Signature expired: 20261123T040000Z is now earlier than 20261123T042100Z (20261123T043600Z - 15 min.)";
    let mut answer = xml(403, "SignatureDoesNotMatch", message);
    answer.headers.push(("Date".into(), "ignored".into()));
    answer.headers.retain(|(n, _)| n != "Date");
    answer.headers.push(("Date".into(), "Mon, 23 Nov 2026 04:36:10 GMT".into()));
    let validation = check(vec![answer]).await;
    assert_found(&validation, Verdict::Unreachable, "codecommit.clock-skew");
    assert!(validation.reason.contains("36 min 10 s behind"), "{}", validation.reason);
}

#[tokio::test]
async fn signature_not_yet_current_is_a_clock_not_a_key() {
    let mut answer =
        xml(403, "SignatureDoesNotMatch", "Signature not yet current: 20261123T040000Z is still later than x");
    answer.headers[1].1 = "Mon, 23 Nov 2026 02:59:00 GMT".into();
    let validation = check(vec![answer]).await;
    assert_found(&validation, Verdict::Unreachable, "codecommit.clock-skew");
    assert!(validation.reason.contains("1 h 1 min ahead"), "{}", validation.reason);
}

#[tokio::test]
async fn expired_token() {
    let secret = Secret { token: SECRET.into(), session: Some(SESSION.into()) };
    for code in ["ExpiredToken", "ExpiredTokenException"] {
        let answers = vec![xml(403, code, "The security token included in the request is expired")];
        let (validation, _) = check_as(Kind::SessionKey, TEMPORARY, &secret, answers).await;
        assert_found(&validation, Verdict::Expired, "codecommit.session-expired");
    }
}

#[tokio::test]
async fn inactive_key() {
    let validation = check(vec![alice(), listed("Inactive")]).await;
    assert_found(&validation, Verdict::Blocked, "codecommit.inactive");
    let remedy = &validation.findings[0].remedy;
    assert!(
        remedy.contains(&format!("update-access-key --user-name alice --access-key-id {KEY} --status Active")),
        "{remedy}"
    );
    assert_eq!(validation.identity.unwrap().login, "alice");
}

#[tokio::test]
async fn expired_key_status() {
    assert_found(&check(vec![alice(), listed("Expired")]).await, Verdict::Expired, "codecommit.key-expired");
}

#[tokio::test]
async fn access_denied_at_codecommit_is_a_valid_key_without_rights() {
    let message = "User: arn:aws:iam::123456789012:user/dev/alice is not authorized to perform: \
                   codecommit:ListRepositories on resource: arn:aws:codecommit:us-east-1:123456789012:* with an explicit deny";
    let no_access = json("com.amazonaws.codecommit#AccessDeniedException", message);
    let no_simulate = || denied("iam:SimulatePrincipalPolicy");
    let answers =
        vec![alice(), denied("iam:ListAccessKeys"), no_access, no_simulate(), denied("iam:GetAccessKeyLastUsed")];
    let validation = check(answers).await;
    assert_found(&validation, Verdict::Limited, "codecommit.no-codecommit-rights");
    assert!(validation.reason.contains("codecommit:ListRepositories"), "{}", validation.reason);
    let finding = &validation.findings[0];
    assert!(finding.cause.contains("arn:aws:codecommit:us-east-1:123456789012:*."), "{}", finding.cause);
    assert!(finding.remedy.contains("attach-user-policy --user-name alice"), "{}", finding.remedy);
    assert_eq!(validation.expiry, Expiry::Never);
}

#[tokio::test]
async fn access_denied_for_listing_alone_is_a_valid_key() {
    let allowed = "<EvaluationResults><member><EvalActionName>codecommit:GitPull</EvalActionName>\
                   <EvalDecision>allowed</EvalDecision></member></EvaluationResults>";
    let answers = vec![
        alice(),
        listed("Active"),
        json("AccessDeniedException", "no"),
        result("SimulatePrincipalPolicy", allowed),
        denied("iam:GetAccessKeyLastUsed"),
    ];
    assert_found(&check(answers).await, Verdict::Valid, "codecommit.cannot-list");
}

#[tokio::test]
async fn access_denied_for_look_ups_leaves_a_good_key_good() {
    let answers = vec![
        alice(),
        denied("iam:ListAccessKeys"),
        repositories(),
        denied("iam:SimulatePrincipalPolicy"),
        denied("iam:GetAccessKeyLastUsed"),
    ];
    let validation = check(answers).await;
    assert_eq!((validation.verdict, validation.findings.len()), (Verdict::Valid, 0), "{validation:?}");
    assert_eq!(validation.grants.len(), 1);
    assert_eq!((validation.created_at, validation.last_used), (None, None));
}

#[tokio::test]
async fn a_server_without_codecommit_or_simulator_leaves_a_good_key_good() {
    for missing in [
        Response::of(404, &[], "Not Found"),
        Response::of(501, &[], "not implemented"),
        Response::of(500, &[("Content-Type", "text/html")], "<html>oops</html>"),
        json("UnknownOperationException", ""),
        Response::of(200, &[], "<html>hello</html>"),
    ] {
        let answers = vec![alice(), missing.clone(), missing.clone(), missing.clone(), missing.clone()];
        let validation = check(answers).await;
        assert_eq!((validation.verdict, validation.grants.len()), (Verdict::Valid, 0), "{missing:?}: {validation:?}");
    }
}

#[tokio::test]
async fn codecommit_that_cannot_be_reached_leaves_a_good_key_good() {
    let no_name = NetError::new(NetErrorKind::Dns, "codecommit.us-east-1.amazonaws.com:443", "");
    let recorded = Recorded::with_errors([
        Ok(alice()),
        Ok(listed("Active")),
        Err(no_name),
        Ok(denied("iam:SimulatePrincipalPolicy")),
        Ok(denied("iam:GetAccessKeyLastUsed")),
    ]);
    let validation = validate(&CodeCommit, &host(), &recorded, Kind::AccessKey, Some(KEY), &token(SECRET)).await;
    assert_found(&validation, Verdict::Valid, "net.dns");
}

#[tokio::test]
async fn opt_in_required() {
    let validation =
        check(vec![xml(403, "OptInRequired", "The AWS Access Key Id needs a subscription for the service")]).await;
    assert_found(&validation, Verdict::Blocked, "codecommit.region-not-enabled");
    let validation = check(vec![alice(), listed("Active"), json("OptInRequired", "no")]).await;
    assert_eq!(validation.evidence.len(), 3, "nothing is asked after that");
    assert_found(&validation, Verdict::Blocked, "codecommit.region-not-enabled");
}

#[tokio::test]
async fn missing_authentication_token() {
    for code in ["MissingAuthenticationToken", "MissingAuthenticationTokenException", "IncompleteSignature"] {
        assert_found(&check(vec![xml(400, code, "")]).await, Verdict::Unreachable, "codecommit.authorization-lost");
    }
}

#[tokio::test]
async fn throttling() {
    for code in ["Throttling", "ThrottlingException"] {
        assert_found(&check(vec![xml(400, code, "Rate exceeded")]).await, Verdict::Unreachable, "codecommit.throttled");
    }
}

#[tokio::test]
async fn encryption_key_access_denied() {
    let answers = vec![alice(), listed("Active"), json("EncryptionKeyAccessDeniedException", "no")];
    assert_found(&check(answers).await, Verdict::Limited, "codecommit.kms-denied");
}

#[tokio::test]
async fn unrecognized_client_at_codecommit_does_not_overrule_sts() {
    let answers = vec![
        alice(),
        listed("Active"),
        json("UnrecognizedClientException", "The security token included in the request is invalid."),
        denied("iam:SimulatePrincipalPolicy"),
        denied("iam:GetAccessKeyLastUsed"),
    ];
    assert_found(&check(answers).await, Verdict::Valid, "codecommit.unknown-key");
}

#[tokio::test]
async fn invalid_signature_for_its_time_at_codecommit_does_not_overrule_sts() {
    let answers = vec![
        alice(),
        listed("Active"),
        json("InvalidSignatureException", "Signature expired: 20261123T040000Z is now earlier than x"),
        denied("iam:SimulatePrincipalPolicy"),
        denied("iam:GetAccessKeyLastUsed"),
    ];
    assert_found(&check(answers).await, Verdict::Valid, "codecommit.clock-skew");
}

#[tokio::test]
async fn sts_denied_by_a_policy_on_the_way() {
    assert_found(&check(vec![denied("sts:GetCallerIdentity")]).await, Verdict::Blocked, "codecommit.sts-denied");
}

#[tokio::test]
async fn any_other_code_says_nothing_of_the_key() {
    assert_found(
        &check(vec![xml(400, "ValidationError", "x")]).await,
        Verdict::Unreachable,
        "codecommit.other-refusal",
    );
}

#[tokio::test]
async fn what_is_not_aws_never_judges_a_key() {
    for answer in [
        Response::of(403, &[("Content-Type", "text/html")], "<html>Access denied by proxy</html>"),
        Response::of(401, &[], ""),
        Response::of(403, &[("Content-Type", "application/json")], r#"{"error":"denied"}"#),
        Response::of(302, &[("Location", "https://login.example/")], ""),
        Response::of(407, &[], ""),
        Response::of(429, &[("Retry-After", "5")], ""),
        Response::of(503, &[], "<ErrorResponse><Error><Code>ServiceUnavailable</Code></Error></ErrorResponse>"),
        Response::of(200, &[], r#"{"hello":"world"}"#),
        Response::of(200, &[("Content-Type", "text/html")], "<html>sign in</html>"),
        Response::of(200, &[], "<GetCallerIdentityResponse><unclosed>"),
        Response::of(404, &[], "no"),
        Response::of(204, &[], ""),
    ] {
        let validation = check(vec![answer.clone()]).await;
        assert_eq!(validation.verdict, Verdict::Unreachable, "{answer:?}: {validation:?}");
        assert!(!validation.findings.is_empty(), "{answer:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_for_a_credential_that_cannot_be_right() {
    let nothing = Recorded::new([]);
    let secret = token(SECRET);
    for (username, code) in [
        (None, "codecommit.no-key-id"),
        (Some("alice"), "codecommit.bad-key-id"),
        (Some("a b c d e f g h i"), "codecommit.bad-key-id"),
    ] {
        let validation = validate(&CodeCommit, &host(), &nothing, Kind::AccessKey, username, &secret).await;
        assert_found(&validation, Verdict::Unreachable, code);
    }
    let broken = Secret { token: SECRET.into(), session: Some("two\nlines".into()) };
    let validation = validate(&CodeCommit, &host(), &nothing, Kind::SessionKey, Some(TEMPORARY), &broken).await;
    assert_found(&validation, Verdict::Unreachable, "codecommit.not-sendable");
}

#[tokio::test]
async fn an_echoed_session_token_is_masked() {
    let secret = Secret { token: SECRET.into(), session: Some(SESSION.into()) };
    let answers = vec![xml(403, "InvalidClientTokenId", &format!("token {SESSION} of {SECRET} is invalid"))];
    let (validation, recorded) = check_as(Kind::SessionKey, TEMPORARY, &secret, answers).await;
    let shown = format!("{validation:?} {:?}", recorded.seen.lock().unwrap());
    assert!(!shown.contains(SESSION) && !shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn lists_are_followed_page_by_page_but_not_for_ever() {
    let page = |marker: &str| {
        result(
            "ListAccessKeys",
            &format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker><AccessKeyMetadata/>"),
        )
    };
    let answers = vec![alice(), page("a&amp;b"), listed("Inactive")];
    let (validation, recorded) = check_as(Kind::AccessKey, KEY, &token(SECRET), answers).await;
    assert_eq!(validation.verdict, Verdict::Blocked);
    let third = recorded.seen.lock().unwrap()[2].body.clone();
    assert!(matches!(&third, Body::Text(text) if text.contains("Marker=a%26b")), "{third:?}");
    let endless = (0..10).map(|_| page("x"));
    let no = || Response::of(404, &[], "");
    let answers = [alice()].into_iter().chain(endless).chain([no(), no(), no()]).collect();
    assert_eq!(check(answers).await.verdict, Verdict::Valid);
}

#[tokio::test]
async fn requests_go_to_the_endpoints_of_the_region_and_are_signed_for_it() {
    let mut host = host();
    host.region = Some("us-gov-east-1".into());
    let no = || Response::of(404, &[], "");
    let arn = "arn:aws-us-gov:iam::123456789012:user/alice";
    let recorded = Recorded::new([identity(arn), no(), repositories(), no(), no()]);
    let validation = validate(&CodeCommit, &host, &recorded, Kind::AccessKey, Some(KEY), &token(SECRET)).await;
    assert_eq!(validation.verdict, Verdict::Valid);
    let expected = [
        ("https://sts.us-gov-east-1.amazonaws.com/", "/us-gov-east-1/sts/"),
        ("https://iam.us-gov.amazonaws.com/", "/us-gov-west-1/iam/"),
        ("https://codecommit.us-gov-east-1.amazonaws.com/", "/us-gov-east-1/codecommit/"),
    ];
    let seen = recorded.seen.lock().unwrap();
    for (request, (url, scope)) in seen.iter().zip(expected) {
        assert_eq!(request.url, url);
        let (_, authorization) = request.headers.iter().find(|(n, _)| n == "Authorization").unwrap();
        assert!(authorization.reveal().contains(scope), "{}", authorization.reveal());
    }
    let Body::Text(simulated) = &seen[3].body else { panic!("no body") };
    let resource = "ResourceArns.member.1=arn%3Aaws-us-gov%3Acodecommit%3Aus-gov-east-1%3A123456789012%3Ademo";
    assert!(simulated.contains(resource), "{simulated}");
}

// Git credentials

const GIT_USER: &str = "alice-at-123456789012";

#[tokio::test]
async fn a_git_credential_is_not_guessed_at() {
    let (validation, _) = check_as(Kind::Unknown, GIT_USER, &token("EXAMPLE-not-a-real-password="), vec![]).await;
    assert_found(&validation, Verdict::Unreachable, "codecommit.git-credential-needs-repository");
    assert_eq!(validation.kind, Some(Kind::GitCredential));
}

#[tokio::test]
async fn a_git_credential_is_checked_against_a_named_repository() {
    let mut host = host();
    let repository = "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/demo";
    host.endpoints.insert("git".into(), repository.into());
    let secret = token("EXAMPLE-not-a-real-password=");
    let good = Response::of(200, &[("Content-Type", "application/x-git-upload-pack-advertisement")], "001e# service");
    let no = Response::of(403, &[("x-amzn-RequestId", "1")], "");
    let proxy = Response::of(403, &[], "");
    for (answer, verdict, finding) in [
        (good, Verdict::Valid, None),
        (no, Verdict::Rejected, Some("codecommit.git-refused")),
        (proxy, Verdict::Unreachable, Some("http.not-the-vendor")),
        (Response::of(200, &[], "welcome"), Verdict::Unreachable, Some("codecommit.not-aws")),
    ] {
        let recorded = Recorded::new([answer]);
        let validation = validate(&CodeCommit, &host, &recorded, Kind::GitCredential, Some(GIT_USER), &secret).await;
        assert_eq!(validation.verdict, verdict, "{validation:?}");
        assert_eq!(validation.findings.first().map(|f| f.code.as_str()), finding);
        assert_eq!(recorded.lines(), [format!("GET {repository}/info/refs?service=git-upload-pack")]);
    }
}

// Detection and recognition

#[tokio::test]
async fn detection_knows_aws_by_its_refusal() {
    let cases = [
        (xml(403, "MissingAuthenticationToken", "Request is missing Authentication Token"), true),
        (alice(), true),
        (Response::of(403, &[("Content-Type", "text/html")], "<html>proxy</html>"), false),
        (Response::of(200, &[], "{}"), false),
        (Response::of(503, &[], ""), false),
    ];
    for (answer, is_aws) in cases {
        let recorded = Recorded::new([answer]);
        let wire = wire(&CodeCommit, &host(), &recorded, &[]);
        match CodeCommit.detect(&wire).await {
            Detection::Found { product, version } => {
                assert_eq!((is_aws, product.as_str(), version), (true, "AWS", None))
            }
            Detection::NotThis(finding) => assert!(!is_aws && !finding.title.is_empty(), "{finding:?}"),
            Detection::Unreachable(error) => panic!("{error}"),
        }
        let seen = recorded.seen.lock().unwrap();
        assert!(seen[0].headers.iter().all(|(n, _)| n != "Authorization"));
    }
}

#[test]
fn a_pasted_key_id_is_certain_and_a_secret_is_a_guess() {
    let of = |text: &str| recognise(text).into_iter().find(|c| c.family == FamilyId::new("codecommit"));
    let id = of(KEY).unwrap();
    assert_eq!((id.kind, id.certain), (Kind::AccessKey, true));
    assert!(id.carries.contains(&("account".into(), "123456789012".into())), "{:?}", id.carries);
    assert!(id.carries.iter().any(|(n, v)| n == "part" && v.contains("no secret")));
    assert_eq!(of(TEMPORARY).map(|c| (c.kind, c.certain)), Some((Kind::SessionKey, true)));
    assert_eq!(of(SECRET).map(|c| (c.kind, c.certain)), Some((Kind::AccessKey, false)));
    assert_eq!(of(GIT_USER).map(|c| (c.kind, c.certain)), Some((Kind::GitCredential, true)));
    assert_eq!(of("0123456789abcdef0123456789abcdef01234567"), None, "a git commit id");
    assert_eq!(of("AKIA123"), None);
    assert!(of(&SECRET.replace('/', "%2F")).is_some_and(|c| !c.certain));
}

// Revoking

fn signer() -> Authority {
    Authority {
        one_time_code: None,
        kind: Some(Kind::AccessKey),
        username: Some("AKIARZPUZDIKSIGNER22".into()),
        secret: token("KeyrackExampleSigner/bPxRfiCYEXAMPLEKEYS"),
    }
}

async fn kill(answers: Vec<Result<Response, NetError>>, using: Option<&Authority>) -> (Revocation, Vec<String>) {
    let recorded = Recorded::with_errors(answers);
    let end = revoke(&CodeCommit, &host(), &recorded, Kind::AccessKey, Some(KEY), &token(SECRET), None, using).await;
    let seen = recorded.seen.into_inner().unwrap();
    let body = |r: keyrack::net::Request| if let Body::Text(text) = r.body { text } else { String::new() };
    (end, seen.into_iter().map(body).collect())
}

fn refused(end: Revocation) -> Validation {
    match end {
        Revocation::Refused(validation) => *validation,
        other => panic!("{other:?}"),
    }
}

fn last_used(user: &str) -> Response {
    result("GetAccessKeyLastUsed", &format!("<UserName>{user}</UserName><AccessKeyLastUsed/>"))
}

#[tokio::test]
async fn a_key_that_signs_for_itself_is_never_deactivated_first() {
    for using in
        [None, Some(Authority { one_time_code: None, username: Some(KEY.into()), secret: token(SECRET), ..signer() })]
    {
        let (end, bodies) = kill(vec![Ok(empty("DeleteAccessKey"))], using.as_ref()).await;
        assert_eq!(end, Revocation::Accepted);
        assert_eq!(bodies, [format!("Action=DeleteAccessKey&Version=2010-05-08&AccessKeyId={KEY}")]);
    }
}

#[tokio::test]
async fn another_key_deactivates_then_deletes_naming_the_owner() {
    let answers = vec![Ok(last_used("alice")), Ok(empty("UpdateAccessKey")), Ok(empty("DeleteAccessKey"))];
    let (end, bodies) = kill(answers, Some(&signer())).await;
    assert_eq!(end, Revocation::Accepted);
    assert!(bodies[1].contains("Action=UpdateAccessKey") && bodies[1].ends_with("UserName=alice&Status=Inactive"));
    assert!(bodies[2].contains("Action=DeleteAccessKey") && bodies[2].contains("UserName=alice"));
}

#[tokio::test]
async fn the_owner_is_found_among_the_signers_own_keys_too() {
    let answers = vec![
        Ok(denied("iam:GetAccessKeyLastUsed")),
        Ok(listed("Active")),
        Ok(empty("UpdateAccessKey")),
        Ok(empty("DeleteAccessKey")),
    ];
    assert_eq!(kill(answers, Some(&signer())).await.0, Revocation::Accepted);
    let nobody = result("ListAccessKeys", "<AccessKeyMetadata/>");
    let (end, _) = kill(vec![Ok(denied("iam:GetAccessKeyLastUsed")), Ok(nobody)], Some(&signer())).await;
    let validation = refused(end);
    assert_found(&validation, Verdict::Limited, "codecommit.access-denied");
    assert!(validation.reason.contains("iam:GetAccessKeyLastUsed"), "{}", validation.reason);
}

#[tokio::test]
async fn a_refused_order_names_the_action() {
    let validation = refused(kill(vec![Ok(denied("iam:DeleteAccessKey"))], None).await.0);
    assert_found(&validation, Verdict::Limited, "codecommit.access-denied");
    assert!(validation.reason.contains("iam:DeleteAccessKey"), "{}", validation.reason);
}

#[tokio::test]
async fn half_done_is_said_to_be_half_done() {
    let answers = vec![Ok(last_used("alice")), Ok(empty("UpdateAccessKey")), Ok(denied("iam:DeleteAccessKey"))];
    let validation = refused(kill(answers, Some(&signer())).await.0);
    assert_found(&validation, Verdict::Blocked, "codecommit.inactive-not-deleted");
    assert!(validation.reason.contains(&format!("{KEY} is inactive now")), "{}", validation.reason);

    let silent = NetError::new(NetErrorKind::ReadTimeout, "iam.amazonaws.com:443", "30 s");
    let answers = vec![Ok(last_used("alice")), Ok(empty("UpdateAccessKey")), Err(silent)];
    match kill(answers, Some(&signer())).await.0 {
        Revocation::Unknown(error) => assert!(error.to_string().contains("was made inactive"), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_signer_that_may_delete_but_not_update_still_deletes() {
    let answers = vec![Ok(last_used("alice")), Ok(denied("iam:UpdateAccessKey")), Ok(empty("DeleteAccessKey"))];
    assert_eq!(kill(answers, Some(&signer())).await.0, Revocation::Accepted);
}

#[tokio::test]
async fn what_is_wrong_with_the_signer_is_no_verdict_on_the_credential() {
    for code in ["InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken"] {
        let validation = refused(kill(vec![Ok(xml(403, code, "no"))], Some(&signer())).await.0);
        assert_found(&validation, Verdict::Unreachable, "codecommit.signer-refused");
    }
}

#[tokio::test]
async fn an_order_without_an_answer_is_unknown_and_one_never_sent_is_not() {
    for kind in [NetErrorKind::ReadTimeout, NetErrorKind::ClosedEarly, NetErrorKind::Reset] {
        let (end, _) = kill(vec![Err(NetError::new(kind, "iam.amazonaws.com:443", ""))], None).await;
        assert!(matches!(end, Revocation::Unknown(_)), "{end:?}");
    }
    let (end, _) = kill(vec![Ok(Response::of(500, &[], ""))], None).await;
    assert!(matches!(end, Revocation::Unknown(_)), "{end:?}");
    for kind in [NetErrorKind::Dns, NetErrorKind::Refused, NetErrorKind::TlsUnknownIssuer] {
        let (end, _) = kill(vec![Err(NetError::new(kind, "iam.amazonaws.com:443", ""))], None).await;
        assert_eq!(refused(end).verdict, Verdict::Unreachable);
    }
}

#[tokio::test]
async fn a_key_that_is_gone_already_is_not_declared_dead_by_another_account() {
    let answers = vec![Ok(xml(404, "NoSuchEntity", "cannot be found"))];
    let validation = refused(kill(answers, Some(&signer())).await.0);
    assert_found(&validation, Verdict::Unreachable, "codecommit.no-such-entity");
}

#[test]
fn routes_are_decided_before_anything_is_sent() {
    let route =
        |kind, username, using: Option<&Authority>| CodeCommit.revoker().unwrap().route(&host(), kind, username, using);
    let signer = signer();
    let password = Authority { one_time_code: None, kind: None, username: Some("alice".into()), secret: token("pw") };
    assert!(matches!(route(Kind::AccessKey, Some(KEY), None), Route::AtHost(t) if t.contains("for good")));
    assert!(matches!(route(Kind::AccessKey, Some(KEY), Some(&signer)), Route::AtHost(t) if t.contains("inactive")));
    let needs = route(Kind::AccessKey, Some(KEY), Some(&password));
    assert!(matches!(needs, Route::NeedsAuthority { password: false, .. }), "{needs:?}");
    assert!(matches!(route(Kind::AccessKey, None, None), Route::Guided { .. }));
    assert!(matches!(route(Kind::SessionKey, Some(TEMPORARY), Some(&signer)), Route::Guided { .. }));
    assert!(matches!(route(Kind::AccessKey, Some(TEMPORARY), None), Route::Guided { .. }));
    let git = route(Kind::GitCredential, Some(GIT_USER), None);
    assert!(matches!(git, Route::NeedsAuthority { password: false, .. }), "{git:?}");
    assert!(matches!(route(Kind::GitCredential, Some(GIT_USER), Some(&signer)), Route::AtHost(_)));
}

async fn sim_kill(site: &Arc<dyn Site>, label: &str, using: Option<&str>) -> Revocation {
    let roster = site.roster(now());
    let find = |label: &str| roster.iter().find(|c| c.label == label).unwrap();
    let target = find(label);
    let secret = Secret::from_bytes(target.secret.as_bytes()).unwrap();
    let using = using.map(find).map(|c| Authority {
        one_time_code: None,
        kind: Some(c.kind),
        username: c.username.clone(),
        secret: Secret::from_bytes(c.secret.as_bytes()).unwrap(),
    });
    let transport = Direct(Arc::clone(site));
    let username = target.username.as_deref();
    revoke(&CodeCommit, &host_of(&**site), &transport, target.kind, username, &secret, None, using.as_ref()).await
}

#[tokio::test]
async fn a_revoked_key_is_dead() {
    let site: Arc<dyn Site> = Arc::new(Account::default());
    assert_eq!(refused(sim_kill(&site, "aws-bob", None).await).verdict, Verdict::Limited, "bob may not delete");
    assert_eq!(sim_check(&site, "aws-bob").await.verdict, Verdict::Limited);
    assert_eq!(sim_kill(&site, "aws-bob", Some("aws-alice")).await, Revocation::Accepted);
    assert_eq!(sim_check(&site, "aws-bob").await.verdict, Verdict::Rejected);
    assert_eq!(sim_kill(&site, "aws-alice", None).await, Revocation::Accepted);
    assert_eq!(sim_check(&site, "aws-alice").await.verdict, Verdict::Rejected);
    let again = refused(sim_kill(&site, "aws-alice", None).await);
    assert_found(&again, Verdict::Rejected, "codecommit.unknown-key");
}

#[tokio::test]
async fn a_git_credential_is_revoked_by_an_access_key() {
    let site: Arc<dyn Site> = Arc::new(Account::default());
    let alice = site.roster(now()).into_iter().find(|c| c.label == "aws-alice").unwrap();
    let using = Authority {
        one_time_code: None,
        kind: Some(alice.kind),
        username: alice.username,
        secret: Secret::from_bytes(alice.secret.as_bytes()).unwrap(),
    };
    let host = host_of(&*site);
    let transport = Direct(Arc::clone(&site));
    let secret = token("EXAMPLE-not-a-real-password=");
    let kill =
        || revoke(&CodeCommit, &host, &transport, Kind::GitCredential, Some(GIT_USER), &secret, None, Some(&using));
    assert_eq!(kill().await, Revocation::Accepted);
    assert_found(&refused(kill().await), Verdict::Unreachable, "codecommit.no-such-git-credential");
}
