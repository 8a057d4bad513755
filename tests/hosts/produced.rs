//! Every finding is one that something produces: a failure signature, a state of a simulated roster, a broken set-up that
//! `keyrack diagnose` explains, or a test that `produced.toml` names.

#![allow(clippy::print_stdout, reason = "the counts are for whoever asks for them with --no-capture")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use keyrack::domain::{FamilyId, Severity, Stage, Verdict};
use keyrack::hosts::facts::common;
use keyrack::hosts::{families, family};
use keyrack::net::NetErrorKind;
use keyrack::secret::Secret;
use keyrack::simulator::sites;
use serde::Deserialize;

use crate::signatures;
use crate::support::{Direct, host_of, now, validate};

/// A test that produces a finding, where neither a signature nor a roster does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    /// File below the root of the repository.
    file: String,
    /// Name of the test in it.
    test: String,
    /// Codes that it produces.
    codes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllNamed {
    named: Vec<Named>,
    /// Codes whose test is not written yet. To be emptied; what is produced may not stand here.
    #[serde(default)]
    pending: BTreeSet<String>,
}

fn all_named() -> AllNamed {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hosts/produced.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

/// The codes of all findings.
fn known() -> BTreeSet<String> {
    let of_families = families().iter().flat_map(|family| {
        let facts = family.facts();
        facts.findings.iter().map(|finding| format!("{}.{}", facts.id, finding.name))
    });
    of_families.chain(common().findings.iter().map(|finding| finding.name.clone())).collect()
}

/// The codes that checking every credential of every roster gives.
async fn of_rosters() -> BTreeSet<String> {
    let sites = sites();
    let shared: BTreeMap<String, _> =
        sites.iter().flat_map(|s| s.roster(now())).map(|credential| (credential.label.clone(), credential)).collect();
    let mut codes = BTreeSet::new();
    for site in sites {
        let (family, host) = (family(&site.family()).unwrap(), host_of(site.as_ref()));
        let lent = site.shared().into_iter().filter_map(|(label, _)| shared.get(&label).cloned());
        for credential in site.roster(now()).into_iter().chain(lent) {
            let secret = Secret::from_bytes(credential.secret.as_bytes()).unwrap();
            let username = credential.username.as_deref();
            let found = validate(family, &host, &Direct(site.clone()), credential.kind, username, &secret).await;
            codes.extend(found.findings.into_iter().map(|finding| finding.code));
        }
    }
    codes
}

/// The codes that the scenarios of `keyrack diagnose` lead to; `tests/scenarios` plays them.
fn of_scenarios() -> BTreeSet<String> {
    #[derive(Deserialize)]
    struct Scenario {
        code: String,
    }
    #[derive(Deserialize)]
    struct All {
        scenario: Vec<Scenario>,
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/scenarios.toml");
    let all: All = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    all.scenario.into_iter().map(|scenario| scenario.code).collect()
}

/// The text of a test function, up to the end of its body.
fn body<'a>(text: &'a str, test: &str) -> Option<&'a str> {
    let start = text.find(&format!("fn {test}("))?;
    let indent = text[..start].rsplit('\n').next().map_or(0, |line| line.len() - line.trim_start().len());
    let end = format!("\n{}}}\n", " ".repeat(indent));
    let rest = &text[start..];
    Some(&rest[..rest.find(&end).unwrap_or(rest.len())])
}

#[tokio::test]
async fn every_finding_is_produced() {
    let played = signatures::produced().await;
    let mut rosters = of_rosters().await;
    let scenarios = of_scenarios();
    let AllNamed { named, pending } = all_named();
    let by_test: BTreeSet<String> = named.iter().flat_map(|n| n.codes.iter().cloned()).collect();
    let known = known();
    let known_by_rosters = rosters.intersection(&known).count();
    rosters.extend(scenarios.iter().cloned());
    let none: Vec<_> = known
        .iter()
        .filter(|code| !played.contains(*code) && !rosters.contains(*code) && !by_test.contains(*code))
        .collect();
    println!(
        "{} findings: {} by signatures, {} by rosters, {} by scenarios, {} by named tests",
        known.len(),
        played.intersection(&known).count(),
        known_by_rosters,
        scenarios.intersection(&known).count(),
        by_test.len()
    );
    let none: Vec<_> = none.into_iter().filter(|code| !pending.contains(*code)).collect();
    assert!(none.is_empty(), "{} of {} findings are produced by nothing:\n{none:#?}", none.len(), known.len());
    let needless: Vec<_> = by_test.iter().filter(|code| played.contains(*code)).collect();
    assert!(needless.is_empty(), "a signature produces them; take them from produced.toml: {needless:#?}");
    let done: Vec<_> =
        pending.iter().filter(|c| played.contains(*c) || rosters.contains(*c) || by_test.contains(*c)).collect();
    assert!(done.is_empty(), "they are produced; take them from `pending`: {done:#?}");
    let unknown: Vec<_> = by_test.difference(&known).collect();
    assert!(unknown.is_empty(), "there are no such findings: {unknown:#?}");
}

/// How a test can name a finding: by its code, by its name where the code begins with the family, by the kind of error.
fn names_of(code: &str) -> Vec<String> {
    let mut names = vec![format!("\"{code}\""), format!("[{code}]")];
    match code.split_once('.') {
        Some((id, bare)) if family(&FamilyId::new(id)).is_some() => {
            names.extend([format!("\"{bare}\""), format!(".{bare}\"")]);
        }
        _ => {
            let kind = NetErrorKind::ALL.iter().find(|kind| kind.code() == code);
            names.extend(kind.map(|kind| format!("NetErrorKind::{kind:?}")));
        }
    }
    names
}

#[test]
fn the_tests_that_are_named_exist_and_name_the_finding() {
    let mut missing = Vec::new();
    for Named { file, test, codes } in all_named().named {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).unwrap_or_default();
        let Some(body) = body(&text, &test) else {
            missing.push(format!("{file} has no test {test}"));
            continue;
        };
        for code in codes {
            if !names_of(&code).iter().any(|name| body.contains(name)) {
                missing.push(format!("{file}: {test} does not name {code}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Findings of a family that no page of its vendor is about, and why.
const WITHOUT_LINK: &[(&str, &str)] = &[("generic.any-host", "nothing is known of the vendor")];

#[test]
fn every_finding_of_a_family_leads_to_its_vendor_s_page() {
    let mut wrong = Vec::new();
    for facts in families().iter().map(|family| family.facts()) {
        for finding in &facts.findings {
            let code = format!("{}.{}", facts.id, finding.name);
            let excused = WITHOUT_LINK.iter().any(|(without, _)| *without == code);
            let host = url::Url::parse(&finding.link).ok().filter(|url| url.scheme() == "https" && url.has_host());
            if host.is_some() == excused {
                wrong.push(format!("{code}: `{}`", finding.link));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for finding in &common().findings {
        let link = &finding.link;
        assert!(link.is_empty() || link.starts_with("https://"), "{}: `{link}`", finding.name);
    }
}

#[test]
fn how_much_a_finding_matters_fits_its_verdict() {
    let of_families = families().iter().flat_map(|family| &family.facts().findings);
    for finding in of_families.chain(&common().findings) {
        let (severity, verdict) = (finding.severity(), finding.verdict);
        let fits = match verdict {
            Verdict::Valid => severity < Severity::Error,
            verdict if verdict.is_dead() => severity == Severity::Error,
            _ => severity > Severity::Info,
        };
        assert!(fits, "{}: {severity} at {verdict}", finding.name);
        // What is said as usual is not said.
        assert_ne!(finding.severity, Some(verdict.into()), "{}: leave the severity out", finding.name);
    }
}

#[test]
fn a_finding_names_its_stage_only_where_its_verdict_does_not() {
    for family in families() {
        let facts = family.facts();
        for finding in &facts.findings {
            let shown = facts.stage_of(&format!("{}.{}", facts.id, finding.name));
            let usual = if finding.verdict == Verdict::Limited { Stage::Permission } else { Stage::Authentication };
            assert_ne!(finding.stage, Some(usual), "{}: leave the stage out", finding.name);
            assert_eq!(shown, finding.stage.unwrap_or(usual), "{}", finding.name);
        }
    }
}
