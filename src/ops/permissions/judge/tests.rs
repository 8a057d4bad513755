use super::*;
use crate::config::profiles::shipped;
use crate::domain::{FamilyId, Grant, HostId};
use crate::hosts::facts::Facts;

fn facts() -> Facts {
    Facts::embedded("bitbucket-datacenter")
}

fn validation(grants: &[&str], all: bool) -> Validation {
    let mut v = Validation::new(Verdict::Valid, "accepted", "2026-11-23T04:00:00Z".parse().unwrap());
    v.grants = grants.iter().map(|g| Grant::told(*g)).collect();
    v.all_grants_told = all;
    v
}

fn judged(family: &str, kind: Kind, ids: &[&str], bindings: &[Binding], mut v: Validation) -> Validation {
    let all = shipped();
    let ids: Vec<String> = ids.iter().map(|i| (*i).to_owned()).collect();
    let host = Host::new("h", FamilyId::new(family), "https://h.example");
    let held = Held::of(&facts(), &v);
    let jobs = Jobs { label: "one", ids: &ids, all: &all };
    judge(&mut v, &held, jobs, kind, Place { host: &host, bindings, look_at: None });
    v
}

fn bitbucket(ids: &[&str], v: Validation) -> Validation {
    judged("bitbucket-datacenter", Kind::HttpAccessToken, ids, &[], v)
}

#[test]
fn a_missed_profile_limits_and_names_what_is_missing() {
    let v = bitbucket(&["git-write"], validation(&["PROJECT_READ", "REPO_READ"], true));
    assert_eq!(v.verdict, Verdict::Limited);
    assert_eq!(v.missing["git-write"], ["REPO_WRITE"]);
    assert_eq!(v.reason, "accepted; misses REPO_WRITE for git-write");
    let finding = &v.findings[0];
    assert_eq!(finding.code, "profile.missed");
    assert!(finding.cause.contains("pushes") && finding.remedy.contains("keyrack permissions one"), "{finding:?}");
}

#[test]
fn a_met_profile_changes_nothing() {
    let before = validation(&["PROJECT_READ", "REPO_WRITE"], true);
    let met = vec!["git-write".to_owned(), "git-read".to_owned()];
    assert_eq!(bitbucket(&["git-write", "git-read"], before.clone()), Validation { met, ..before });
}

#[test]
fn what_cannot_be_told_is_said_and_limits_nothing() {
    let v = bitbucket(&["git-write"], validation(&["REPO_READ"], false));
    assert_eq!((v.verdict, v.missing.len()), (Verdict::Valid, 0));
    assert_eq!(v.untold["git-write"], ["REPO_WRITE"]);
    assert!(v.reason.ends_with("cannot tell REPO_WRITE for git-write"), "{}", v.reason);
}

#[test]
fn a_token_that_ends_soon_and_misses_a_grant_is_limited() {
    let mut v = validation(&["REPO_READ"], true);
    v.verdict = Verdict::Expiring;
    assert_eq!(bitbucket(&["git-write"], v).verdict, Verdict::Limited);
}

#[test]
fn a_dead_or_unreached_credential_is_not_measured() {
    for verdict in [Verdict::Rejected, Verdict::Expired, Verdict::Unreachable, Verdict::Blocked] {
        let mut v = validation(&[], true);
        v.verdict = verdict;
        assert_eq!(bitbucket(&["git-write"], v.clone()), v);
    }
}

#[test]
fn a_profile_that_is_gone_is_said_and_limits_nothing() {
    let v = bitbucket(&["of-last-year"], validation(&["REPO_READ"], true));
    assert_eq!(v.verdict, Verdict::Valid);
    assert!(v.reason.contains("no profile of this name"), "{}", v.reason);
}

fn at(role: Option<&str>) -> Binding {
    Binding::new(HostId(1), role.map(str::to_owned))
}

fn configuration_manager(bindings: &[Binding], grants: &[&str]) -> Validation {
    let v = validation(grants, true);
    judged("jira-cloud", Kind::ApiToken, &["configuration-manager-cloud"], bindings, v)
}

#[test]
fn configuration_manager_needs_an_administrator_and_one_site_of_each_role() {
    let both = [at(Some("source")), at(Some("target"))];
    let v = configuration_manager(&both, &["ADMINISTER"]);
    // Organization administrator cannot be refuted, so it never limits.
    assert_eq!((v.verdict, v.missing.len()), (Verdict::Valid, 0));
    assert!(v.reason.contains("cannot tell"), "{}", v.reason);

    let v = configuration_manager(&both, &[]);
    assert_eq!(v.missing["configuration-manager-cloud"], ["ADMINISTER"]);
    assert!(v.findings[0].cause.contains("the product's features will fail"), "{}", v.findings[0].cause);

    for (bindings, gap) in [
        (vec![at(Some("source"))], "a binding as target"),
        (vec![at(None), at(Some("target"))], "a binding as source"),
        (vec![at(Some("source")), at(Some("source")), at(Some("target"))], "one binding as source, not 2"),
        (vec![at(Some("source")), at(Some("target")), at(None)], "no binding besides source and target"),
    ] {
        let v = configuration_manager(&bindings, &["ADMINISTER"]);
        assert_eq!(
            (v.verdict, v.missing["configuration-manager-cloud"].as_slice()),
            (Verdict::Limited, &[gap.to_owned()][..])
        );
    }
}
