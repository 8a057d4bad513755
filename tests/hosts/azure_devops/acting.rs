//! Creating, listing, revoking, against recorded answers.

use jiff::Timestamp;
use keyrack::domain::{CreateRequest, CreatedToken, Grant, Predecessor, RemoteList, RemoteState};
use keyrack::hosts::{Act, Authority, Family as _, Outcome, Revocation, Route};
use keyrack::net::{Body, Method};

use super::*;
use crate::support::{self, now, wire};

/// What a creation brings; obviously fake, well-formed.
const NEW: &str = "KEYRACKxFAKExNEWxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxJQQJ99CKAAAAAAAAAAAAAAAAAZDOFake";

fn entra() -> Authority {
    Authority {
        kind: Some(Kind::EntraToken),
        username: Some("dana@example.com".into()),
        secret: token(&jwt(AUDIENCE, LATER)),
        one_time_code: None,
    }
}

fn pat() -> Authority {
    Authority { kind: Some(Kind::Pat), username: None, secret: token(TOKEN), one_time_code: None }
}

fn password() -> Authority {
    Authority { kind: None, username: Some("dana".into()), secret: token("keyrack-demo"), one_time_code: None }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn wish() -> CreateRequest {
    CreateRequest {
        name: "keyrack laptop".into(),
        kind: Some(Kind::Pat),
        scopes: vec!["vso.code_write".into(), "vso.project".into()],
        expires: Some(at("2027-02-01T00:00:00Z")),
        at: None,
    }
}

fn line(name: &str, scope: &str, accounts: &str, token: &str) -> String {
    format!(
        r#"{{"displayName":"{name}","validTo":"2027-02-01T00:00:00Z","scope":"{scope}","targetAccounts":{accounts},"validFrom":"2026-11-23T04:00:00Z","authorizationId":"{ID}","token":{token}}}"#
    )
}

const ACCOUNTS: &str = r#"["aaaa1111-0000-4000-8000-000000000001"]"#;

fn created(body: &str) -> Response {
    own(200, &format!(r#"{{"patToken":{body},"patTokenError":"none","patTokenErrorMessage":null}}"#))
}

fn hidden(error: &str) -> Response {
    own(200, &format!(r#"{{"patToken":null,"patTokenError":"{error}","patTokenErrorMessage":"The vendor's words."}}"#))
}

fn list_of(lines: &[String], next: &str) -> Response {
    own(200, &format!(r#"{{"continuationToken":"{next}","patTokens":[{}]}}"#, lines.join(",")))
}

async fn create_at(
    host: &Host,
    transport: &Recorded,
    request: &CreateRequest,
    using: &Authority,
) -> Outcome<CreatedToken> {
    let act = Act { wire: wire(&AzureDevOps, host, transport, &[&using.secret]), host, using };
    AzureDevOps.creator().unwrap().create(&act, request).await
}

async fn create(transport: &Recorded, request: &CreateRequest) -> Outcome<CreatedToken> {
    create_at(&host(), transport, request, &entra()).await
}

async fn list(host: &Host, transport: &Recorded, using: &Authority) -> Outcome<RemoteList> {
    let act = Act { wire: wire(&AzureDevOps, host, transport, &[&using.secret]), host, using };
    AzureDevOps.lister().unwrap().list(&act).await
}

async fn revoke(host: &Host, transport: &Recorded, id: Option<&str>, using: Option<&Authority>) -> Revocation {
    support::revoke(&AzureDevOps, host, transport, Kind::Pat, None, &token(TOKEN), id, using).await
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Outcome<T>) -> Validation {
    let Outcome::Refused(found) = outcome else { panic!("{outcome:?}") };
    *found
}

// --- create ----------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn creating_asks_once_for_one_organization_and_reads_everything_back() {
    let body = line("keyrack laptop", "vso.project vso.code_write", ACCOUNTS, &format!("\"{NEW}\""));
    let transport = Recorded::new([created(&body)]);
    let outcome = create(&transport, &wish()).await;
    assert!(!format!("{outcome:?}").contains(NEW));
    let Outcome::Done(made) = outcome else { panic!("{outcome:?}") };
    assert_eq!(made.secret.token.reveal(), NEW);
    assert_eq!((made.kind, made.remote_id.as_deref(), made.name.as_str()), (Kind::Pat, Some(ID), "keyrack laptop"));
    assert_eq!(made.expiry, Expiry::At(at("2027-02-01T00:00:00Z")));
    assert_eq!(made.grants, [Grant::told("vso.project"), Grant::told("vso.code_write")]);
    assert!(made.notes.is_empty(), "{:?}", made.notes);
    let seen = transport.seen.lock().unwrap();
    assert_eq!((seen.len(), seen[0].method), (1, Method::Post));
    assert_eq!(seen[0].url, format!("{IDENTITY}/_apis/tokens/pats?api-version=7.1-preview.1"));
    let Body::Text(sent) = &seen[0].body else { panic!() };
    let sent: serde_json::Value = serde_json::from_str(sent).unwrap();
    assert_eq!(
        sent,
        serde_json::json!({"displayName": "keyrack laptop", "scope": "vso.code_write vso.project",
            "validTo": "2027-02-01T00:00:00.000Z", "allOrgs": false})
    );
}

#[tokio::test]
async fn an_end_that_a_policy_shortened_is_read_back_and_told() {
    let body = line("keyrack laptop", "vso.code_write vso.project", ACCOUNTS, &format!("\"{NEW}\""));
    let request = CreateRequest { expires: Some(at("2027-11-01T00:00:00Z")), ..wish() };
    let Outcome::Done(made) = create(&Recorded::new([created(&body)]), &request).await else { panic!() };
    assert_eq!(made.expiry, Expiry::At(at("2027-02-01T00:00:00Z")));
    assert!(made.notes.iter().any(|n| n.contains("2027-02-01") && n.contains("policy")), "{:?}", made.notes);
    // What differs otherwise is told as well.
    let body = line("keyrack laptop", "vso.code", "null", &format!("\"{NEW}\""));
    let Outcome::Done(made) = create(&Recorded::new([created(&body)]), &wish()).await else { panic!() };
    assert!(
        made.notes.iter().any(|n| n.contains("given vso.code"))
            && made.notes.iter().any(|n| n.contains("all accessible"))
    );
}

#[tokio::test]
async fn success_200_that_hides_an_error_is_a_refusal_with_its_own_finding() {
    for (error, name) in [
        ("globalPatPolicyViolation", "pat-global-pat-policy-violation"),
        ("globalPATCreationBlocked", "pat-global-pat-creation-blocked"),
        ("fullScopePatPolicyViolation", "pat-full-scope-pat-policy-violation"),
        ("patLifespanPolicyViolation", "pat-pat-lifespan-policy-violation"),
        ("disablePatCreationPolicyViolation", "pat-disable-pat-creation-policy-violation"),
        ("invalidScope", "pat-invalid-scope"),
        ("expiredPatCannotBeExtended", "pat-expired-pat-cannot-be-extended"),
        ("duplicateHash", "pat-duplicate-hash"),
        ("aNewOne", "pat-error-unknown"),
    ] {
        let found = refused(create(&Recorded::new([hidden(error)]), &wish()).await);
        assert_found(&found, Verdict::Unreachable, name);
        assert!(found.findings[0].cause.contains("The vendor's words."));
        assert!(found.evidence[0].detail.contains(error));
    }
}

#[tokio::test]
async fn what_else_is_said_to_a_signer_has_its_finding() {
    let mut microsoft = denied();
    microsoft.headers.push(("X-VSS-ResourceTenant".into(), "00000000-0000-0000-0000-000000000000".into()));
    for (answer, name) in [
        (sign_in(203), "entra-refused"),
        (denied(), "entra-refused"),
        (Response::of(302, &[("Location", "https://login.microsoftonline.com/x")], ""), "entra-refused"),
        (microsoft, "not-entra-backed"),
        (thrown(400, "X", "TF400898: An Internal Error Occurred. JsonReaderException"), "malformed-body"),
        (Response::of(401, &[], "no"), "http.not-the-vendor"),
        (own(503, ""), "http.unavailable"),
    ] {
        assert_found(&refused(create(&Recorded::new([answer]), &wish()).await), Verdict::Unreachable, name);
    }
}

#[tokio::test]
async fn a_creation_whose_outcome_is_not_seen_is_unknown() {
    let lost = NetError::new(NetErrorKind::ReadTimeout, "vssps.dev.azure.com:443", "");
    for transport in [
        Recorded::with_errors([Err(lost)]),
        Recorded::new([own(500, "")]),
        Recorded::new([own(200, "{")]),
        Recorded::new([created(&line("x", "vso.code", ACCOUNTS, "null"))]),
    ] {
        let outcome = create(&transport, &wish()).await;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_life_beyond_a_year_is_not_even_asked_for() {
    for end in ["2028-01-01T00:00:00Z", "2026-11-01T00:00:00Z"] {
        let request = CreateRequest { expires: Some(at(end)), ..wish() };
        assert_found(&refused(create(&Recorded::new([]), &request).await), Verdict::Unreachable, "life-not-allowed");
    }
    let body = line("keyrack laptop", "vso.code_write vso.project", ACCOUNTS, &format!("\"{NEW}\""));
    let transport = Recorded::new([created(&body)]);
    let Outcome::Done(made) = create(&transport, &CreateRequest { expires: None, ..wish() }).await else { panic!() };
    assert!(made.notes.iter().any(|n| n.contains("No end was asked for")), "{:?}", made.notes);
    let Body::Text(sent) = &transport.seen.lock().unwrap()[0].body else { panic!() };
    assert!(sent.contains("2026-12-23T04:00:00.000Z"), "{sent}");
}

#[test]
fn routes_of_creating_say_who_signs_and_what_cannot_be_had() {
    let creator = AzureDevOps.creator().unwrap();
    let route = |host: &Host, request: &CreateRequest, using: Option<&Authority>| creator.route(host, request, using);
    let Ok(Route::AtHost(what)) = route(&host(), &wish(), Some(&entra())) else { panic!() };
    assert!(what.contains("keyrack laptop") && what.contains("vso.code_write vso.project") && what.contains("contoso"));
    for using in [None, Some(pat()), Some(password())] {
        let Ok(Route::NeedsAuthority { why, password: false }) = route(&host(), &wish(), using.as_ref()) else {
            panic!()
        };
        assert!(why.contains("az account get-access-token"), "{why}");
    }
    let Ok(Route::Guided { .. }) = route(&server(), &wish(), Some(&pat())) else { panic!("on premises") };
    for (request, part) in [
        (CreateRequest { name: " ".into(), ..wish() }, "name"),
        (CreateRequest { scopes: Vec::new(), ..wish() }, "scope"),
        (CreateRequest { scopes: vec!["repo".into()], ..wish() }, "repo"),
        (CreateRequest { scopes: vec!["user_impersonation".into()], ..wish() }, "user_impersonation"),
        (CreateRequest { kind: Some(Kind::EntraToken), ..wish() }, "personal access tokens only"),
        (CreateRequest { at: Some("fabrikam".into()), ..wish() }, "fabrikam"),
    ] {
        let error = route(&host(), &request, Some(&entra())).unwrap_err();
        assert!(error.message.contains(part) && !error.hint.is_empty(), "{error:?}");
    }
}

// --- successor -------------------------------------------------------------------------------------------------------

fn predecessor(last: Option<&Validation>) -> CreateRequest {
    let old = Predecessor { label: "azure-build", kind: Kind::Pat, username: None, last, expires: None, now: now() };
    AzureDevOps.creator().unwrap().successor(&host(), &old)
}

#[tokio::test]
async fn a_successor_is_a_twin_whose_scopes_come_from_the_list() {
    // What reading found is not all of it.
    let mut last = Validation::new(Verdict::Valid, "x", now());
    last.grants = vec![Grant { name: "vso.code".into(), source: GrantSource::Probed }];
    let request = predecessor(Some(&last));
    assert_eq!(request.name, "azure-build (keyrack 2026-11-23 04:00)");
    assert!(request.scopes.is_empty() && request.expires.unwrap() > at("2027-11-22T00:00:00Z"));
    assert!(matches!(AzureDevOps.creator().unwrap().route(&host(), &request, Some(&entra())), Ok(Route::AtHost(_))));

    let scope = "vso.build_execute vso.code_write";
    let old = line("azure-build", scope, ACCOUNTS, "null");
    let other = line("azure-read", "vso.code", ACCOUNTS, "null");
    let new = line(&request.name, scope, ACCOUNTS, &format!("\"{NEW}\""));
    let transport = Recorded::new([list_of(&[other, old], ""), created(&new)]);
    let Outcome::Done(made) = create(&transport, &request).await else { panic!() };
    assert_eq!(made.grants.len(), 2);
    assert!(made.notes.iter().any(|n| n.contains("copied from azure-build")));
    let seen = transport.seen.lock().unwrap();
    let Body::Text(sent) = &seen[1].body else { panic!() };
    assert!(sent.contains(scope) && sent.contains(r#""allOrgs":false"#), "{sent}");
}

#[tokio::test]
async fn a_successor_of_unknown_scopes_is_not_made() {
    let request = predecessor(None);
    let two = [line("azure-build", "vso.code", ACCOUNTS, "null"), line("azure-build", "vso.work", ACCOUNTS, "null")];
    for lines in [&two[..], &[]] {
        let found = refused(create(&Recorded::new([list_of(lines, "")]), &request).await);
        assert_found(&found, Verdict::Unreachable, "scopes-unknown");
    }
}

#[test]
fn a_successor_keeps_told_scopes_and_the_length_of_life() {
    let mut last = Validation::new(Verdict::Valid, "x", now());
    last.remote_name = Some("ci (keyrack 2026-01-01 00:00)".into());
    last.grants = vec![Grant::told("vso.code_write")];
    last.all_grants_told = true;
    last.created_at = Some(at("2026-09-01T00:00:00Z"));
    last.expiry = Expiry::At(at("2026-11-30T00:00:00Z"));
    let request = predecessor(Some(&last));
    assert_eq!(
        (request.name.as_str(), request.scopes.as_slice()),
        ("ci (keyrack 2026-11-23 04:00)", &["vso.code_write".to_owned()][..])
    );
    assert_eq!(request.expires, Some(at("2027-02-21T04:00:00Z")));
}

// --- inventory -------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn the_list_is_read_page_by_page_and_state_by_state() {
    let first = line("azure-build", "vso.code_write", ACCOUNTS, "null");
    let global = line("old-global", "app_token", "null", "null").replace(ID, "cccc3333-0000-4000-8000-000000000009");
    let revoked = line("gone", "vso.code", ACCOUNTS, "null").replace(ID, "cccc3333-0000-4000-8000-000000000008");
    let transport = Recorded::new([
        own(200, WHO),
        list_of(&[first], "a b&c"),
        list_of(&[global], ""),
        list_of(&[], ""),
        list_of(&[revoked], ""),
        // Administering is tried and refused.
        denied(),
    ]);
    let Outcome::Done(found) = list(&host(), &transport, &entra()).await else { panic!() };
    let names: Vec<_> = found.tokens.iter().map(|t| (t.name.as_str(), t.state)).collect();
    assert_eq!(
        names,
        [("azure-build", RemoteState::Active), ("old-global", RemoteState::Active), ("gone", RemoteState::Revoked)]
    );
    let build = &found.tokens[0];
    assert_eq!((build.id.as_str(), build.owner.as_str(), build.kind), (ID, "dana@example.com", Some(Kind::Pat)));
    assert_eq!(build.grants, ["vso.code_write"]);
    assert_eq!(build.expiry, Expiry::At(at("2027-02-01T00:00:00Z")));
    let notes = found.tokens[1].notes.join(" ");
    assert!(notes.contains("2026-12-01, in 8 days") && notes.contains("full access"), "{notes}");
    assert!(build.notes.is_empty() && found.of == "dana@example.com at contoso");
    assert!(found.gaps.iter().any(|g| g.contains("Project Collection Administrators")), "{:?}", found.gaps);
    let lines = transport.lines();
    assert!(lines[1].contains("displayFilterOption=active") && lines[1].contains("$top=100"));
    assert!(lines[2].contains("&continuationToken=a%20b%26c"), "{}", lines[2]);
    assert!(lines[5].starts_with(&format!("GET {IDENTITY}/_apis/tokenadmin/personalaccesstokens/aad.RXhhbXBsZQ?")));
    assert!(!found.evidence.is_empty());
}

#[tokio::test]
async fn a_list_that_never_ends_is_cut_off_and_says_so() {
    let mut answers = vec![own(200, WHO)];
    for n in 0..50 {
        answers.push(list_of(&[line(&format!("t{n}"), "vso.code", ACCOUNTS, "null")], &format!("c{n}")));
    }
    answers.extend([list_of(&[], ""), list_of(&[], ""), denied()]);
    let Outcome::Done(found) = list(&host(), &Recorded::new(answers), &entra()).await else { panic!() };
    assert!(found.gaps.iter().any(|g| g.contains("more active tokens")), "{:?}", found.gaps);
}

#[tokio::test]
async fn an_administrators_token_lists_everybodys_on_premises() {
    let users = r#"{"count":3,"value":[{"descriptor":"aad.RXhhbXBsZQ","displayName":"Dana"},{"descriptor":"a/b","displayName":"Kim","principalName":"kim@acme"},{"descriptor":"x","displayName":"Lee"}]}"#;
    let of = |lines: &str| own(200, &format!(r#"{{"value":[{lines}],"continuationToken":null}}"#));
    let kim = line("kim-ci", "vso.code", ACCOUNTS, "null").replace("\"token\"", "\"isValid\":false,\"token\"");
    let transport = Recorded::new([own(200, WHO), of(""), own(200, users), of(&kim), thrown(404, "X", "no such user")]);
    let Outcome::Done(found) = list(&server(), &transport, &pat()).await else { panic!() };
    assert_eq!((found.tokens.len(), found.tokens[0].owner.as_str()), (1, "kim@acme"));
    assert_eq!(found.tokens[0].state, RemoteState::Revoked);
    assert!(found.gaps.iter().any(|g| g.contains("Lee")), "{:?}", found.gaps);
    assert!(transport.lines()[3].contains("/personalaccesstokens/a%2Fb?"), "{:?}", transport.lines());
    assert!(transport.lines().iter().all(|l| l.contains(SERVER)));
}

#[tokio::test]
async fn lists_that_cannot_be_had_say_why() {
    let found = refused(list(&host(), &Recorded::new([own(200, WHO), denied()]), &pat()).await);
    assert_found(&found, Verdict::Unreachable, "admin-refused");
    // Administration refused for a known user.
    let known = "TF400813: The user '11111111-2222-4333-8444-555555555555' is not authorized to access this resource.";
    let found = refused(list(&host(), &Recorded::new([own(200, WHO), thrown(401, "X", known)]), &pat()).await);
    assert_found(&found, Verdict::Unreachable, "admin-refused");
    let found = refused(list(&host(), &Recorded::new([sign_in(203)]), &entra()).await);
    assert_found(&found, Verdict::Rejected, "sign-in-page");
    let found = refused(list(&host(), &Recorded::new([own(200, WHO), sign_in(203)]), &entra()).await);
    assert_found(&found, Verdict::Unreachable, "entra-refused");
    // Team Foundation Server has no such thing.
    let page = Response::of(404, &[("Content-Type", "text/html")], "<html>404</html>");
    let outcome = list(&server(), &Recorded::new([own(200, WHO), page]), &pat()).await;
    assert!(matches!(outcome, Outcome::Unsupported(f) if f.findings[0].code == "azure-devops.no-token-api"));
}

// --- revoke ----------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn an_owner_revokes_by_authorization_id() {
    for answer in [own(204, ""), created("null"), own(200, "{}")] {
        let transport = Recorded::new([answer]);
        assert_eq!(revoke(&host(), &transport, Some(ID), Some(&entra())).await, Revocation::Accepted);
        let url = format!("{IDENTITY}/_apis/tokens/pats?authorizationId=cccc3333%2D0000%2D4000%2D8000%2D000000000003");
        assert_eq!(transport.lines(), [format!("DELETE {url}&api-version=7.1-preview.1")]);
    }
}

#[tokio::test]
async fn somebody_elses_is_revoked_by_an_administrator() {
    let transport = Recorded::new([hidden("authorizationNotFound"), own(204, "")]);
    assert_eq!(revoke(&host(), &transport, Some(ID), Some(&entra())).await, Revocation::Accepted);
    assert!(transport.lines()[1].starts_with(&format!("POST {IDENTITY}/_apis/tokenadmin/revocations?isPublic=false")));
    let body = transport.seen.lock().unwrap()[1].body.clone();
    assert_eq!(body, Body::Text(format!(r#"[{{"authorizationId":"{ID}"}}]"#)));
    let transport = Recorded::new([hidden("authorizationNotFound"), denied()]);
    let Revocation::Refused(found) = revoke(&host(), &transport, Some(ID), Some(&entra())).await else { panic!() };
    let codes: Vec<_> = found.findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["azure-devops.pat-authorization-not-found", "azure-devops.admin-refused"]);
    assert_eq!(found.evidence.len(), 2);

    let transport = Recorded::new([own(204, "")]);
    assert_eq!(revoke(&server(), &transport, Some(ID), Some(&pat())).await, Revocation::Accepted);
    assert!(transport.lines()[0].starts_with(&format!("POST {SERVER}/_apis/tokenadmin/revocations")));
}

#[tokio::test]
async fn what_cannot_be_revoked_is_said_before_anything_is_sent() {
    for (id, using, name) in [
        (None, Some(entra()), "authorization-id-unknown"),
        (Some("../x"), Some(entra()), "authorization-id-unknown"),
        (Some(ID), None, "authority-unfit"),
        (Some(ID), Some(password()), "authority-unfit"),
    ] {
        let Revocation::Unsupported(found) = revoke(&host(), &Recorded::new([]), id, using.as_ref()).await else {
            panic!("{name}")
        };
        assert_eq!(found.findings[0].code, format!("azure-devops.{name}"));
    }
}

#[tokio::test]
async fn refusals_to_revoke_have_their_findings_and_a_lost_answer_is_unknown() {
    let page = Response::of(404, &[("Content-Type", "text/html")], "<html>404</html>");
    let Revocation::Unsupported(found) = revoke(&server(), &Recorded::new([page]), Some(ID), Some(&pat())).await else {
        panic!()
    };
    assert_eq!(found.findings[0].code, "azure-devops.no-token-api");
    for (answer, name) in [(denied(), "admin-refused"), (thrown(404, "X", "no"), "token-not-found")] {
        let done = revoke(&server(), &Recorded::new([answer]), Some(ID), Some(&pat())).await;
        let Revocation::Refused(found) = done else { panic!("{done:?}") };
        assert_found(&found, Verdict::Unreachable, name);
    }
    let Revocation::Refused(found) = revoke(&host(), &Recorded::new([sign_in(203)]), Some(ID), Some(&entra())).await
    else {
        panic!()
    };
    assert_found(&found, Verdict::Unreachable, "entra-refused");
    let lost = NetError::new(NetErrorKind::ReadTimeout, "vssps.dev.azure.com:443", "");
    for transport in [Recorded::with_errors([Err(lost)]), Recorded::new([own(500, "")])] {
        assert!(matches!(revoke(&host(), &transport, Some(ID), Some(&entra())).await, Revocation::Unknown(_)));
    }
}

#[tokio::test]
async fn many_are_revoked_from_the_list_in_their_order() {
    let ids = [ID.to_owned(), "cccc3333-0000-4000-8000-000000000004".to_owned()];
    let (here, using) = (server(), pat());
    let transport = Recorded::new([own(204, "")]);
    let act = Act { wire: wire(&AzureDevOps, &here, &transport, &[&using.secret]), host: &here, using: &using };
    let done = AzureDevOps.lister().unwrap().revoke(&act, &ids).await;
    assert_eq!(done, [Revocation::Accepted, Revocation::Accepted]);
    assert_eq!(transport.lines().len(), 1, "one order names both");

    let (here, using) = (host(), entra());
    let transport = Recorded::new([own(204, ""), denied()]);
    let act = Act { wire: wire(&AzureDevOps, &here, &transport, &[&using.secret]), host: &here, using: &using };
    let ids = [ids[0].clone(), "no-id".to_owned(), ids[1].clone()];
    let done = AzureDevOps.lister().unwrap().revoke(&act, &ids).await;
    assert!(
        matches!(done.as_slice(), [Revocation::Accepted, Revocation::Refused(_), Revocation::Refused(_)]),
        "{done:?}"
    );
}

#[test]
fn routes_of_revoking_and_listing_say_who_signs() {
    let revoker = AzureDevOps.revoker().unwrap();
    let lister = AzureDevOps.lister().unwrap();
    for using in [entra(), pat()] {
        assert!(matches!(revoker.route(&host(), Kind::Pat, None, Some(&using)), Route::AtHost(_)));
        assert!(matches!(lister.route(&host(), Some(&using)), Route::AtHost(_)));
    }
    assert!(matches!(revoker.route(&host(), Kind::Pat, None, None), Route::NeedsAuthority { password: false, .. }));
    assert!(matches!(revoker.route(&host(), Kind::EntraToken, None, Some(&entra())), Route::Guided { .. }));
    assert!(matches!(revoker.route(&server(), Kind::Pat, None, None), Route::Guided { .. }));
    assert!(matches!(revoker.route(&server(), Kind::Pat, None, Some(&pat())), Route::AtHost(_)));
    for (here, using) in [(host(), None), (server(), None), (server(), Some(entra())), (host(), Some(password()))] {
        assert!(matches!(lister.route(&here, using.as_ref()), Route::NeedsAuthority { password: false, .. }));
    }
}
