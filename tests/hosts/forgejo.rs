//! Forgejo and Gitea: recognition, sending and accepted tokens here, the rest in the submodules.

mod creating;
mod listing;
mod probing;
mod refused;
mod revoking;
mod simulated;

use keyrack::domain::{Expiry, FamilyId, GrantSource, Host, Kind, Validation, Verdict};
use keyrack::hosts::forgejo::Forgejo;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Act, Authority, Detection, Family};
use keyrack::net::Response;
use keyrack::secret::SecretText;

use super::support::{Recorded, token, validate, wire};

const WEB: &str = "https://git.example.org";
const TOKEN: &str = "00112233445566778899aabbccddeeff00112233";
const OTHER: &str = "99887766554433221100aabbccddeeff99887766";
const USER: &str = r#"{"id":7,"login":"mara","full_name":"Mara","email":"mara@example.org","is_admin":false,"active":true,"prohibit_login":false,"restricted":false,"visibility":"public","username":"mara"}"#;
const OWN: &str = r#"{"id":41,"name":"keyrack-laptop","scopes":["write:repository","read:user"],"created_at":"2026-08-01T09:00:00Z","last_used_at":"2026-11-23T08:00:00Z","user":{"id":7,"login":"mara"}}"#;
const ROWS: &str = r#"[{"id":42,"name":"keyrack-laptop","sha1":"","token_last_eight":"00112233","scopes":["write:repository","read:user"],"repositories":null,"created_at":"2026-08-01T09:00:00Z"},{"id":43,"name":"other","sha1":"","token_last_eight":"99887766","scopes":["all"]}]"#;

fn host() -> Host {
    Host::new("git.example.org", FamilyId::new("forgejo"), WEB)
}

/// A host whose product and version are on the record.
fn at(product: &str, version: &str) -> Host {
    Host { product: Some(product.into()), version: Some(version.into()), ..host() }
}

fn json(status: u16, body: &str) -> Response {
    Response::of(status, &[("Content-Type", "application/json;charset=utf-8")], body)
}

/// An error in the shape that both products have.
fn error(status: u16, message: &str) -> Response {
    json(status, &serde_json::json!({"message": message, "url": format!("{WEB}/api/swagger")}).to_string())
}

fn version(text: &str) -> Response {
    json(200, &format!(r#"{{"version":"{text}"}}"#))
}

fn no_scope(scopes: &str) -> Response {
    error(403, &format!("token does not have at least one of required scope(s): [{scopes}]"))
}

async fn check_at(host: &Host, transport: &Recorded, kind: Kind, secret: &str) -> Validation {
    let found = validate(&Forgejo, host, transport, kind, Some("mara"), &token(secret)).await;
    assert!(secret.len() < 8 || !format!("{found:?}").contains(secret), "{found:#?}");
    found
}

async fn answered(host: &Host, answers: impl IntoIterator<Item = Response>) -> Validation {
    check_at(host, &Recorded::new(answers), Kind::Pat, TOKEN).await
}

fn password(user: &str) -> Authority {
    Authority { kind: None, username: Some(user.into()), secret: token("not-a-real-password"), one_time_code: None }
}

fn with_code(user: &str) -> Authority {
    Authority { one_time_code: Some(SecretText::from("123456")), ..password(user) }
}

fn by_token(user: Option<&str>) -> Authority {
    Authority { kind: Some(Kind::Pat), username: user.map(str::to_owned), secret: token(OTHER), one_time_code: None }
}

fn act<'a>(host: &'a Host, transport: &'a Recorded, using: &'a Authority) -> Act<'a> {
    Act { wire: wire(&Forgejo, host, transport, &[&using.secret]), host, using }
}

fn header(transport: &Recorded, n: usize, name: &str) -> Option<String> {
    let seen = transport.seen.lock().unwrap();
    seen[n].headers.iter().find(|(have, _)| have == name).map(|(_, v)| v.reveal().to_owned())
}

#[track_caller]
fn assert_found(found: &Validation, verdict: Verdict, name: &str) {
    assert_eq!(found.verdict, verdict, "{found:#?}");
    let codes: Vec<_> = found.findings.iter().map(|f| f.code.as_str()).collect();
    let expected = if name.contains('.') { name.to_owned() } else { format!("forgejo.{name}") };
    assert_eq!(codes, [expected], "{found:#?}");
    if !name.contains('.') {
        for text in found.findings.iter().flat_map(|f| [&f.title, &f.cause, &f.remedy]) {
            assert!(!text.is_empty() && !text.contains(['{', '}']), "unfilled text: {text}");
        }
    }
}

// --- offline ---------------------------------------------------------------------------------------------------------

#[test]
fn forty_hexadecimal_digits_are_never_certain() {
    let found = recognise(TOKEN);
    let ours = found.iter().find(|c| c.family.as_str() == "forgejo").unwrap();
    assert_eq!((ours.kind, ours.certain), (Kind::Pat, false));
    assert!(ours.carries[0].1.contains("GitHub token") && ours.carries[0].1.contains("commit id"));
    for other in [TOKEN.to_uppercase(), TOKEN[..39].to_owned(), format!("{TOKEN}0"), format!("sha1:{}", &TOKEN[5..])] {
        assert!(recognise(&other).iter().all(|c| c.family.as_str() != "forgejo"), "{other}");
    }
}

#[test]
fn a_client_secret_is_certain_and_an_authorization_code_is_nothing_to_keep() {
    let found = recognise(&format!("gto_{}", "a2".repeat(26)));
    assert!(found.iter().any(|c| c.family.as_str() == "forgejo" && c.kind == Kind::OauthClient && c.certain));
    let code = recognise(&format!("gta_{}", "a2".repeat(26)));
    assert!(code.iter().any(|c| c.kind == Kind::Unknown && c.carries[0].1.contains("not to be kept")), "{code:?}");
}

// --- the host --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn both_products_are_told_apart_and_the_label_is_no_version() {
    let detect = async |answers: Vec<Response>| {
        let (transport, host) = (Recorded::new(answers), host());
        let wire = wire(&Forgejo, &host, &transport, &[]);
        (Forgejo.detect(&wire).await, transport.lines())
    };
    let found = |product: &str, version: Option<&str>| Detection::Found {
        product: product.into(),
        version: version.map(str::to_owned),
    };
    let (forgejo, lines) = detect(vec![version("16.0.1+gitea-1.22.0")]).await;
    assert_eq!(forgejo, found("Forgejo", Some("16.0.1")));
    assert_eq!(lines, [format!("GET {WEB}/api/forgejo/v1/version")]);
    let missing = || Response::of(404, &[("Content-Type", "text/html")], "<html>");
    assert_eq!(detect(vec![missing(), version("1.27.1")]).await.0, found("Gitea", Some("1.27.1")));
    let dev = version("1.28.0+dev-12-gabcdef0");
    assert_eq!(detect(vec![missing(), dev]).await.0, found("Gitea", Some("1.28.0+dev-12-gabcdef0")));
    assert_eq!(detect(vec![missing(), version("7.0.2+gitea-1.21.11")]).await.0, found("Forgejo", Some("7.0.2")));
    let closed = error(403, "Only signed in user is allowed to call APIs.");
    assert_eq!(detect(vec![missing(), closed]).await.0, found("Forgejo or Gitea", None));
    for (answer, code) in [
        (missing(), "forgejo.web-page"),
        (json(200, "{}"), "forgejo.not-forgejo"),
        (json(404, "{}"), "forgejo.not-forgejo"),
        (Response::of(401, &[], "no"), "http.not-the-vendor"),
    ] {
        let (Detection::NotThis(finding), _) = detect(vec![missing(), answer]).await else { panic!("{code}") };
        assert_eq!(finding.code, code);
    }
}

// --- accepted --------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn gitea_1_27_tells_a_token_everything_without_any_scope() {
    let transport = Recorded::new([version("1.27.1"), json(200, OWN)]);
    let found = check_at(&host(), &transport, Kind::Pat, TOKEN).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
    assert_eq!(found.identity.unwrap().login, "mara");
    assert_eq!((found.remote_id.as_deref(), found.remote_name.as_deref()), (Some("41"), Some("keyrack-laptop")));
    assert!(found.all_grants_told && found.grants.iter().any(|g| g.name == "write:repository"));
    assert!(found.grants.iter().any(|g| g.name == "read:repository" && g.source == GrantSource::Implied));
    assert!(found.created_at.is_some() && found.last_used.is_some());
    assert_eq!(found.expiry, Expiry::Unknown, "no expiry exists; the date on the rack is the user's");
    assert_eq!(transport.lines(), [format!("GET {WEB}/api/v1/version"), format!("GET {WEB}/api/v1/token")]);
    for n in 0..2 {
        assert_eq!(header(&transport, n, "Authorization"), Some(format!("token {TOKEN}")));
        assert_eq!(header(&transport, n, "Accept-Language").as_deref(), Some("en"));
    }
    assert!(transport.lines().iter().all(|l| !l.contains("token=")), "never as a query parameter");
}

#[tokio::test]
async fn forgejo_lists_the_token_among_the_accounts_own() {
    let transport = Recorded::new([version("16.0.1+gitea-1.22.0"), json(200, USER), json(200, ROWS)]);
    let found = check_at(&host(), &transport, Kind::Pat, TOKEN).await;
    assert_eq!((found.verdict, found.remote_id.as_deref()), (Verdict::Valid, Some("42")), "{found:#?}");
    assert!(found.all_grants_told && found.findings.is_empty());
    assert_eq!(transport.lines()[2], format!("GET {WEB}/api/v1/users/mara/tokens?page=1&limit=50"));
    // The record tells product and version: one request less.
    let transport = Recorded::new([json(200, USER), json(200, ROWS)]);
    assert_eq!(check_at(&at("Forgejo", "16.0.1"), &transport, Kind::Pat, TOKEN).await.remote_id.as_deref(), Some("42"));
}

#[tokio::test]
async fn two_tokens_with_the_same_tail_are_not_mixed_up() {
    let rows = ROWS.replace("99887766", "00112233");
    let found = answered(&at("Forgejo", "16.0.1"), [json(200, USER), json(200, &rows)]).await;
    assert_eq!((found.verdict, found.remote_id.as_deref()), (Verdict::Valid, None));
    assert!(found.grants.is_empty() && !found.all_grants_told);
}

#[tokio::test]
async fn an_empty_last_page_or_a_refused_list_changes_no_verdict() {
    for answer in [json(200, "[]"), error(401, "auth method not allowed"), Response::of(502, &[], ""), json(200, "{}")]
    {
        let found = answered(&at("Forgejo", "11.0.0"), [json(200, USER), answer]).await;
        assert!(found.verdict == Verdict::Valid && found.findings.is_empty(), "{found:#?}");
    }
}

#[tokio::test]
async fn older_gitea_is_asked_for_the_scopes_by_a_refusal() {
    let refusal = "token does not have at least one of required scope(s), required=[read:admin], token scope=write:repository,read:user";
    let transport = Recorded::new([json(200, USER), error(403, refusal)]);
    let found = check_at(&at("Gitea", "1.26.2"), &transport, Kind::Pat, TOKEN).await;
    assert!(found.all_grants_told && found.denied.is_empty(), "{found:#?}");
    assert!(found.grants.iter().any(|g| g.name == "write:repository"));
    assert_eq!(transport.lines()[1], format!("GET {WEB}/api/v1/admin/cron"));
    // Older still: the refusal does not tell.
    let found = answered(&at("Gitea", "1.22.0"), [json(200, USER), no_scope("read:admin")]).await;
    assert!(found.verdict == Verdict::Valid && !found.all_grants_told);
}

#[tokio::test]
async fn a_403_for_a_missing_scope_proves_that_the_token_is_alive() {
    let found = answered(&at("Forgejo", "16.0.1"), [no_scope("read:user")]).await;
    assert_found(&found, Verdict::Valid, "user-scope-missing");
    assert!(found.identity.is_none() && found.findings[0].title.contains("read:user"));
    assert_eq!(found.denied, ["read:user"]);
    let own =
        "token does not have at least one of required scope(s), required=[read:user], token scope=write:repository";
    let answers = [error(403, own)];
    let found = answered(&at("Gitea", "1.26.0"), answers).await;
    assert_found(&found, Verdict::Valid, "user-scope-missing");
    assert!(found.grants.iter().any(|g| g.name == "write:repository") && found.all_grants_told);
}

#[tokio::test]
async fn gitea_1_20_0_wanted_a_scope_for_its_version() {
    let found = answered(&host(), [no_scope("read:misc"), json(200, USER), no_scope("read:admin")]).await;
    assert_eq!(found.verdict, Verdict::Valid, "{found:#?}");
}

#[tokio::test]
async fn a_token_for_certain_repositories_says_which() {
    let rows = ROWS.replacen(
        r#""repositories":null"#,
        r#""repositories":[{"id":3,"full_name":"mara/site","owner":"mara","name":"site"}]"#,
        1,
    );
    let found = answered(&at("Forgejo", "16.0.1"), [json(200, USER), json(200, &rows)]).await;
    assert_found(&found, Verdict::Valid, "repository-limited");
    assert!(found.findings[0].title.contains("mara/site"));
    // A limit is no grant: whoever measures grants would call it one too many.
    assert_eq!(found.limited_to, ["mara/site"]);
    assert!(found.grants.iter().all(|g| !g.name.contains("mara/site")), "{:?}", found.grants);
}

#[tokio::test]
async fn a_token_from_before_scopes_is_limited() {
    let found =
        answered(&at("Gitea", "1.27.1"), [json(200, &OWN.replace(r#"["write:repository","read:user"]"#, r#"[""]"#))])
            .await;
    assert_found(&found, Verdict::Limited, "no-scopes");
}

#[tokio::test]
async fn a_job_or_oauth_token_gets_404_and_is_alive() {
    let answers = || [error(404, "The target couldn't be found."), json(200, USER), no_scope("read:admin")];
    let found = answered(&at("Gitea", "1.27.1"), answers()).await;
    assert_found(&found, Verdict::Valid, "job-token");
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3OTU0MDAwMDAsImdudCI6N30.S0VZUkFDS0ZBS0U";
    let found = check_at(&at("Gitea", "1.27.1"), &Recorded::new(answers()), Kind::OauthToken, jwt).await;
    assert!(found.verdict == Verdict::Valid && found.findings.is_empty(), "{found:#?}");
    assert_eq!(found.expiry.at().unwrap().as_second(), 1_795_400_000);
}

#[tokio::test]
async fn the_zero_time_is_no_time() {
    let own = OWN.replace("2026-08-01T09:00:00Z", "0001-01-01T00:00:00Z");
    assert_eq!(answered(&at("Gitea", "1.27.1"), [json(200, &own)]).await.created_at, None);
}

#[test]
fn every_version_has_its_guide_and_the_form_is_filled_in_where_it_can_be() {
    let guides = &Forgejo.facts().guides;
    let of = |product: &str, since: Option<&str>| {
        guides.iter().find(|g| g.product.as_deref() == Some(product) && g.since.as_deref() == since).unwrap()
    };
    let new = of("Forgejo", Some("15"));
    assert_eq!(new.page, "{web}/user/settings/applications/tokens/new");
    let prefill = new.prefill.as_ref().unwrap();
    assert_eq!(prefill.each_scope, Some(("scope".into(), "{scope}".into())));
    assert!(prefill.parameters.contains(&("resource".into(), "all".into())));
    assert!(new.rotate_steps.iter().any(|s| s.contains("Regenerate")));
    for old in [of("Forgejo", None), of("Gitea", None)] {
        assert!(old.prefill.is_none() && old.steps.iter().any(|s| s.contains("Generate Token")));
    }
    for guide in guides {
        assert!(guide.steps.iter().chain(&guide.notes).chain(&guide.need).all(|s| !s.contains("expires in")));
    }
}
