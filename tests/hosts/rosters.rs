//! The rosters of all simulated sites together: the demo puts them on one rack.

use std::collections::BTreeMap;

use keyrack::hosts::family;
use keyrack::simulator::sites;

use super::support::now;

#[test]
fn no_secret_and_no_host_name_stands_twice() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut names = BTreeMap::new();
    for site in sites() {
        let known = names.insert(site.name(), site.family());
        assert!(known.is_none(), "{} is played twice", site.name());
        let spares = (0..50).map(|n| site.spare(n, now()));
        for credential in site.roster(now()).into_iter().chain(spares) {
            let place = format!("{} at {}", credential.label, site.name());
            if let Some(other) = seen.insert(credential.secret, place.clone()) {
                panic!("{place} and {other} have the same secret");
            }
        }
    }
}

#[test]
fn every_site_has_a_family_and_what_it_shares_is_in_a_roster() {
    let labels: Vec<String> = sites().iter().flat_map(|s| s.roster(now())).map(|c| c.label).collect();
    for site in sites() {
        assert!(family(&site.family()).is_some(), "{}", site.name());
        for (label, _) in site.shared() {
            assert!(labels.contains(&label), "{} shares {label}, which no roster has", site.name());
        }
    }
}
