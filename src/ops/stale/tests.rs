//! A test per instruction that no longer holds.

use super::*;
use crate::domain::{Binding, CredentialId, Expiry, HostId, StoreKind};

fn now() -> Timestamp {
    "2026-11-26T10:00:00Z".parse().unwrap()
}

fn credential(family: &str, kind: Kind) -> Credential {
    Credential {
        id: CredentialId("1".into()),
        label: "one".into(),
        family: FamilyId::new(family),
        kind,
        username: None,
        owner: None,
        expiry: Expiry::Unknown,
        expiry_by_user: false,
        added_at: "2026-11-01T00:00:00Z".parse().unwrap(),
        tags: vec![],
        note: String::new(),
        profiles: vec![],
        bindings: vec![Binding::new(HostId(1), None)],
        store: StoreKind::Memory,
        secret: SecretState::Present,
        hint: String::new(),
        fingerprint: String::new(),
    }
}

fn host(url: &str) -> Host {
    Host::new("h", FamilyId::new("x"), url)
}

/// What a guide says of a stale instruction, in one text.
fn told(family: &str, profile: Option<&str>, id: &str) -> String {
    let found = for_guide(&FamilyId::new(family), profile, Kind::Unknown, now());
    let code = format!("stale.{id}");
    let one = found.iter().find(|f| f.code == code).unwrap_or_else(|| panic!("{family} does not tell of {id}"));
    format!("{} | {} | {}", one.title, one.cause, one.remedy)
}

fn codes(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|f| f.code.as_str()).collect()
}

fn holds(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no `{word}` in: {text}");
    }
}

#[test]
fn global_azure_tokens_count_the_days_and_mark_the_rows() {
    holds(
        &told("azure-devops", None, "azure-global-pats"),
        &["All accessible organizations", "2026-03-15", "in 5 days"],
    );
    let pat = credential("azure-devops", Kind::Pat);
    let (a, b) = (host("https://dev.azure.com/a"), host("https://dev.azure.com/b"));
    assert!(of_credential(&pat, &[&a], &[], now()).is_empty());
    let found = of_credential(&pat, &[&a, &b], &[], now());
    assert_eq!(codes(&found), ["stale.azure-global-pats"]);
    holds(&found[0].title, &["2026-12-01", "in 5 days"]);
    let noted = Credential { note: "scope: All Accessible Organizations".into(), ..pat.clone() };
    assert_eq!(of_credential(&noted, &[&a], &[], now()).len(), 1);
    let later = of_credential(&noted, &[&a], &[], "2026-12-03T00:00:00Z".parse().unwrap());
    holds(&later[0].title, &["2 days ago"]);
}

#[test]
fn an_announced_end_that_is_near_makes_a_valid_one_expiring() {
    let pat = Credential { note: "all accessible organizations".into(), ..credential("azure-devops", Kind::Pat) };
    let found = of_credential(&pat, &[], &[], now());
    let mut validation = Validation::new(Verdict::Valid, "accepted", now());
    judge(&mut validation, &found, 14);
    assert_eq!(validation.verdict, Verdict::Expiring);
    holds(&validation.reason, &["accepted", "in 4 days"]);
    let mut early = Validation::new(Verdict::Valid, "accepted", "2026-06-01T00:00:00Z".parse().unwrap());
    judge(&mut early, &found, 14);
    assert_eq!(early.verdict, Verdict::Valid);
}

#[test]
fn azure_caps_a_custom_life() {
    holds(&told("azure-devops", None, "azure-custom-life"), &["Custom defined", "a year"]);
}

#[test]
fn app_passwords_are_gone() {
    holds(&told("bitbucket-cloud", None, "bitbucket-app-passwords"), &["since 2026-07-28", "API token with scopes"]);
    let found = of_credential(&credential("bitbucket-cloud", Kind::AppPassword), &[], &[], now());
    assert_eq!(codes(&found), ["stale.bitbucket-app-passwords"]);
    assert!(of_credential(&credential("bitbucket-cloud", Kind::RepositoryToken), &[], &[], now()).is_empty());
}

#[test]
fn the_action_names_of_the_visual_editor_are_none() {
    let text = told("codecommit", Some("git-integration-for-jira"), "codecommit-action-names");
    holds(&text, &["CodeCommit:Write:CreateBranch", "codecommit:CreateBranch"]);
}

#[test]
fn the_expiry_of_gitlab_may_not_stay_blank() {
    holds(&told("gitlab", None, "gitlab-blank-expiry"), &["blank", "16.0"]);
}

#[test]
fn atlassian_tokens_live_a_year_at_most() {
    holds(&told("jira-cloud", None, "atlassian-token-life"), &["365"]);
    let mut token = credential("jira-cloud", Kind::ApiToken);
    assert!(of_credential(&token, &[], &[], now()).is_empty());
    let mut seen = Validation::new(Verdict::Valid, "accepted", now());
    seen.created_at = Some("2025-11-20T00:00:00Z".parse().unwrap());
    assert_eq!(codes(&of_credential(&token, &[], &[&seen], now())), ["stale.atlassian-token-life"]);
    token.added_at = "2025-11-25T00:00:00Z".parse().unwrap();
    assert_eq!(codes(&of_credential(&token, &[], &[], now())), ["stale.atlassian-token-life"]);
}

#[test]
fn atlassian_com_is_no_site() {
    holds(&told("jira-cloud", None, "atlassian-com-site"), &["your-company.atlassian.com", ".atlassian.net"]);
    let token = credential("jira-cloud", Kind::ApiToken);
    let wrong = of_credential(&token, &[&host("https://acme.atlassian.com")], &[], now());
    assert_eq!(codes(&wrong), ["stale.atlassian-com-site"]);
    for fine in ["https://acme.atlassian.net", "https://acme.atlassian.com.example", "not a url"] {
        assert!(of_credential(&token, &[&host(fine)], &[], now()).is_empty(), "{fine}");
    }
}

#[test]
fn a_cloud_token_does_nothing_on_premises() {
    for family in ["jira-datacenter", "confluence-datacenter", "bamboo", "bitbucket-datacenter"] {
        holds(&told(family, None, "cloud-token-on-premises"), &["id.atlassian.com", "Bearer"]);
    }
    let found = of_credential(&credential("jira-datacenter", Kind::ApiToken), &[], &[], now());
    assert_eq!(codes(&found), ["stale.cloud-token-on-premises"]);
}

#[test]
fn there_is_no_view_issues() {
    let text = told("jira-cloud", Some("jira-users-and-issues"), "view-issues");
    holds(&text, &["View issues", "Browse projects", "--issue"]);
    let others = for_guide(&FamilyId::new("jira-cloud"), Some("configuration-manager-cloud"), Kind::ApiToken, now());
    assert!(!codes(&others).contains(&"stale.view-issues"));
}

#[test]
fn a_token_lives_as_long_as_expires_in_says() {
    holds(&told("open-devops", None, "fifteen-minutes"), &["15 min", "expires_in"]);
    let ends = now() + SignedDuration::from_secs(3600);
    let found = for_token(&FamilyId::new("open-devops"), ends, now());
    assert_eq!(codes(&found), ["stale.fifteen-minutes"]);
    holds(&found[0].title, &[&relative(now(), ends), "`expires_in`", "15 min"]);
    assert!(for_token(&FamilyId::new("jira-cloud"), ends, now()).is_empty());
}

#[test]
fn deleting_the_client_erases_its_data() {
    holds(&told("open-devops", None, "open-devops-deletion"), &["erases", "for good"]);
}

#[test]
fn they_are_http_access_tokens_now() {
    holds(&told("bitbucket-datacenter", None, "bitbucket-token-name"), &["7.20", "HTTP access tokens"]);
}

#[test]
fn no_token_administers_bitbucket() {
    holds(&told("bitbucket-datacenter", None, "bitbucket-token-administers"), &["BSERV-10482"]);
}

#[test]
fn one_token_does_not_serve_them_all() {
    for family in ["jira-cloud", "bitbucket-cloud", "fecru"] {
        holds(&told(family, None, "one-token-for-all"), &["Fisheye", "Bitbucket's scopes"]);
    }
}

#[test]
fn every_instruction_has_its_test() {
    let tests = include_str!("tests.rs");
    for one in stale() {
        assert!(tests.contains(&format!("\"{}\"", one.id)), "{} has no test", one.id);
    }
}

#[test]
fn a_destroyed_secret_is_nobodys_worry() {
    let gone = Credential { secret: SecretState::Destroyed, ..credential("bitbucket-cloud", Kind::AppPassword) };
    assert!(of_credential(&gone, &[], &[], now()).is_empty());
}
