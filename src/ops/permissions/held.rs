//! What is known of the grants of one credential at one host.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{GrantSource, Need, Probed, Stand, Validation, Verdict};
use crate::hosts::facts::Facts;

/// Grants that are held, that are not, and why others cannot be told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    /// Held, in the host's spelling; those implied included.
    pub(crate) grants: BTreeMap<String, GrantSource>,
    /// Seen not to be held; what includes one of them neither.
    pub(crate) denied: BTreeSet<String>,
    /// What is not held is not there.
    pub(crate) all_told: bool,
    /// The host accepted the credential, so that it has something to say of grants at all.
    pub(crate) speaks: bool,
    /// Why some could not be found out.
    unknown: BTreeMap<String, String>,
    /// What includes a grant that is denied.
    includes_denied: BTreeSet<String>,
}

impl Held {
    /// Nothing was learned.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    /// What a validation tells.
    pub(crate) fn of(facts: &Facts, validation: &Validation) -> Self {
        let speaks = matches!(validation.verdict, Verdict::Valid | Verdict::Expiring | Verdict::Limited);
        if !speaks {
            return Self::nothing();
        }
        let mut held = Self { speaks, all_told: validation.all_grants_told, ..Self::default() };
        for grant in &validation.grants {
            held.grants.entry(grant.name.clone()).or_insert(grant.source);
        }
        // A family that works out itself what is implied knows where that does not hold.
        if !validation.grants.iter().any(|g| g.source == GrantSource::Implied) {
            held.imply(facts);
        }
        held.deny(facts, validation.denied.iter().cloned());
        held
    }

    /// Adds what asking for single grants found.
    pub(crate) fn take(&mut self, facts: &Facts, probed: Probed) {
        for grant in probed.grants {
            self.grants.entry(grant.name).or_insert(grant.source);
        }
        self.imply(facts);
        self.unknown.extend(probed.unknown);
        self.deny(facts, probed.denied.into_iter());
    }

    fn imply(&mut self, facts: &Facts) {
        let names: Vec<String> = self.grants.keys().cloned().collect();
        for implied in facts.implied(&names) {
            self.grants.entry(implied).or_insert(GrantSource::Implied);
        }
    }

    fn deny(&mut self, facts: &Facts, names: impl Iterator<Item = String>) {
        self.denied.extend(names);
        for scope in &facts.scopes {
            let includes = facts.implied(std::slice::from_ref(&scope.name));
            if includes.iter().any(|i| self.denied.contains(i)) {
                self.includes_denied.insert(scope.name.clone());
            }
        }
    }

    /// The held grant of that name; one with a boundary (`read_job@project:6`) counts as its name.
    pub(crate) fn grant(&self, name: &str) -> Option<(&str, GrantSource)> {
        self.grants
            .iter()
            .find(|(held, _)| held.as_str() == name || held.split_once('@').is_some_and(|(bare, _)| bare == name))
            .map(|(held, source)| (held.as_str(), *source))
    }

    fn is_denied(&self, name: &str) -> bool {
        self.all_told || self.denied.contains(name) || self.includes_denied.contains(name)
    }

    /// Whether asking could settle a need.
    pub(crate) fn is_open(&self, need: &Need) -> bool {
        !need.any.iter().any(|n| self.grant(n).is_some()) && !need.any.iter().all(|n| self.is_denied(n))
    }

    /// How a need stands, by which grant, and what remains in doubt.
    pub(crate) fn stand(&self, need: &Need) -> (Stand, Option<(String, GrantSource)>, String) {
        if let Some((held, source)) = need.any.iter().find_map(|n| self.grant(n)) {
            let doubt = match source {
                GrantSource::Simulated => "by the host's policy simulator: conditions may still refuse it".to_owned(),
                _ => held.split_once('@').map(|(_, at)| format!("only at {at}")).unwrap_or_default(),
            };
            return (Stand::Have, Some((held.to_owned(), source)), doubt);
        }
        let why = need.any.iter().find_map(|n| self.unknown.get(n)).cloned();
        if !need.proved_only.is_empty() {
            let seen = why.map(|why| format!("; {why}")).unwrap_or_default();
            return (Stand::Unknown, None, format!("{}{seen}", need.proved_only));
        }
        if self.speaks && need.any.iter().all(|n| self.is_denied(n)) {
            return (Stand::Missing, None, String::new());
        }
        let why = why.unwrap_or_else(|| {
            if self.speaks { "the host does not tell" } else { "the host did not accept it, or was not reached" }
                .to_owned()
        });
        (Stand::Unknown, None, why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Grant;

    fn facts() -> Facts {
        Facts::embedded("bitbucket-datacenter")
    }

    fn validation(grants: &[&str]) -> Validation {
        let mut v = Validation::new(Verdict::Valid, "accepted", "2026-11-23T04:00:00Z".parse().unwrap());
        v.grants = grants.iter().map(|g| Grant::told(*g)).collect();
        v
    }

    fn need(any: &[&str]) -> Need {
        let any = any.iter().map(|n| (*n).to_owned()).collect();
        Need { any, why: "it".into(), from: String::new(), proved_only: String::new() }
    }

    #[test]
    fn what_is_included_is_held_and_what_is_not_told_is_open() {
        let held = Held::of(&facts(), &validation(&["PROJECT_READ", "REPO_WRITE"]));
        assert_eq!(held.stand(&need(&["REPO_READ"])).0, Stand::Have);
        assert_eq!(held.stand(&need(&["REPO_READ"])).1, Some(("REPO_READ".into(), GrantSource::Implied)));
        assert_eq!(held.stand(&need(&["REPO_ADMIN"])).0, Stand::Unknown);
        assert!(held.is_open(&need(&["REPO_ADMIN"])));
    }

    #[test]
    fn a_list_that_is_whole_makes_the_rest_missing() {
        let mut v = validation(&["REPO_READ"]);
        v.all_grants_told = true;
        let held = Held::of(&facts(), &v);
        assert_eq!(held.stand(&need(&["REPO_ADMIN", "PROJECT_ADMIN"])).0, Stand::Missing);
        assert!(!held.is_open(&need(&["REPO_ADMIN"])));
    }

    #[test]
    fn what_includes_a_denied_grant_is_denied_too() {
        let mut v = validation(&[]);
        v.denied = vec!["REPO_ADMIN".to_owned()];
        let held = Held::of(&facts(), &v);
        assert_eq!(held.stand(&need(&["PROJECT_ADMIN"])).0, Stand::Missing);
        assert_eq!(held.stand(&need(&["REPO_ADMIN", "REPO_WRITE"])).0, Stand::Unknown);
    }

    #[test]
    fn a_refused_or_unreached_credential_tells_nothing() {
        for verdict in [Verdict::Unreachable, Verdict::Rejected, Verdict::Expired] {
            let mut v = validation(&["REPO_READ"]);
            (v.verdict, v.all_grants_told) = (verdict, true);
            let held = Held::of(&facts(), &v);
            assert_eq!(held.stand(&need(&["REPO_READ"])).0, Stand::Unknown, "{verdict}");
            assert_eq!(held.stand(&need(&["REPO_ADMIN"])).0, Stand::Unknown, "{verdict}");
        }
    }

    #[test]
    fn what_can_only_be_proved_is_never_missing() {
        let mut v = validation(&[]);
        v.all_grants_told = true;
        let open = Need { proved_only: "only an org key tells".into(), ..need(&["org-admin"]) };
        let (stand, by, doubt) = Held::of(&facts(), &v).stand(&open);
        assert_eq!((stand, by, doubt.as_str()), (Stand::Unknown, None, "only an org key tells"));
    }

    #[test]
    fn what_points_to_a_role_is_told_beside_that_it_proves_nothing() {
        let cloud = Facts::embedded("jira-cloud");
        let mut held = Held::of(&cloud, &validation(&["ADMINISTER"]));
        let group = Grant { name: "org-admins".into(), source: GrantSource::Probed };
        let unknown = vec![("atlassian/org-admin".into(), "in a group named org-admins".into())];
        held.take(&cloud, Probed { grants: vec![group], unknown, ..Probed::default() });
        let profile = crate::config::profiles::shipped();
        let profile = profile.get("configuration-manager-cloud").unwrap();
        let entry = profile.entry(&cloud.id, crate::domain::Kind::ApiToken).unwrap();
        let need = entry.needs.iter().find(|n| n.any.iter().any(|a| a == "atlassian/org-admin")).unwrap();
        let (stand, by, doubt) = held.stand(need);
        assert_eq!((stand, by), (Stand::Unknown, None));
        assert!(doubt.contains("only an organization's API key") && doubt.contains("in a group named"), "{doubt}");
    }

    #[test]
    fn a_grant_with_a_boundary_counts_and_says_where() {
        let held = Held::of(&facts(), &validation(&["download_code@project:6"]));
        let (stand, _, doubt) = held.stand(&need(&["download_code"]));
        assert_eq!((stand, doubt.as_str()), (Stand::Have, "only at project:6"));
    }

    #[test]
    fn what_probing_found_settles_and_its_reasons_are_told() {
        let mut held = Held::of(&facts(), &validation(&[]));
        held.take(
            &facts(),
            Probed {
                grants: vec![Grant { name: "REPO_WRITE".into(), source: GrantSource::Probed }],
                unknown: vec![("PROJECT_READ".into(), "name a project".into())],
                ..Probed::default()
            },
        );
        assert_eq!(held.stand(&need(&["REPO_READ"])).0, Stand::Have);
        assert_eq!(held.stand(&need(&["PROJECT_READ"])).2, "name a project");
    }
}
