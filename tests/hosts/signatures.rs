//! Every failure signature of `assets/signatures/`, played against the adapter of its family.
//!
//! The files are read when the tests run, so that a line of data needs no compiling.

#![allow(clippy::print_stdout, reason = "the counts are for whoever asks for them with --no-capture")]

mod exchange;
mod play;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use keyrack::domain::FamilyId;
use keyrack::hosts::facts::common;
use keyrack::hosts::signatures::{SignatureFacts, SignatureFile, When, files, told_by};
use keyrack::hosts::{families, family};

use play::play;

/// Fewest signatures that there may be in all.
const FEWEST: usize = 250;

/// Every file, as it is on disk.
pub fn read() -> Vec<SignatureFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/signatures");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let file = SignatureFile::parse(&fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(path.file_stem().unwrap().to_str(), Some(file.family.as_str()), "{}", path.display());
        file
    };
    paths.iter().map(read).collect()
}

/// The codes that playing all signatures gives.
pub async fn produced() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for file in read() {
        for signature in &file.signatures {
            if signature.when.is_text() {
                // What git says of a connection proves no connection that failed: tests/net does.
                codes.extend(Some(signature.finding.clone()).filter(|code| !code.starts_with("net.")));
            } else if let Ok(outcome) = play(&file, signature).await {
                codes.extend(outcome.codes);
            }
        }
    }
    codes
}

/// What is wrong with a signature, if anything is.
async fn wrong(file: &SignatureFile, signature: &SignatureFacts) -> Option<String> {
    let told = |what: String| Some(format!("{}: {}: {what}", file.family, signature.name));
    if signature.when.is_text() {
        return None;
    }
    let outcome = match play(file, signature).await {
        Ok(outcome) => outcome,
        Err(why) => return told(why),
    };
    let first = outcome.codes.first().map_or("nothing", String::as_str);
    let unanswered = || match outcome.unanswered.as_slice() {
        [] => String::new(),
        lines => format!("; no answer is recorded for {}", lines.join(", ")),
    };
    if first != signature.finding {
        let rest = outcome.codes.join(", ");
        return told(format!("{} was expected, and came: {rest} ({}){}", signature.finding, outcome.end, unanswered()));
    }
    if outcome.verdict != signature.verdict && (signature.verdict.is_some() || signature.when == When::Validate) {
        let name = |verdict: Option<keyrack::domain::Verdict>| verdict.map_or("none", |verdict| verdict.slug());
        let (wanted, came) = (name(signature.verdict), name(outcome.verdict));
        return told(format!("the verdict should be {wanted}, and is {came}{}", unanswered()));
    }
    if signature.request.is_empty() && !outcome.unanswered.is_empty() {
        return told(format!("nothing should be sent{}", unanswered()));
    }
    if !signature.request.is_empty() && !outcome.asked {
        return told(format!("`{}` was never asked{}", signature.request, unanswered()));
    }
    outcome.leak.and_then(|text| told(format!("a secret is shown: {text}")))
}

#[tokio::test]
async fn every_signature_leads_to_its_finding() {
    let mut counts = BTreeMap::new();
    let mut all_wrong = Vec::new();
    for file in read() {
        for signature in &file.signatures {
            *counts.entry(file.family.to_string()).or_insert(0_usize) += 1;
            all_wrong.extend(wrong(&file, signature).await);
        }
    }
    let total: usize = counts.values().sum();
    println!("{counts:?}\n{} of {total} signatures lead to their finding", total - all_wrong.len());
    assert!(all_wrong.is_empty(), "{} of {total} are wrong:\n{}", all_wrong.len(), all_wrong.join("\n"));
    assert!(total >= FEWEST, "{total} signatures");
}

#[test]
fn every_family_has_its_signatures_and_what_is_embedded_is_what_is_on_disk() {
    let on_disk: BTreeMap<_, _> = read().into_iter().map(|file| (file.family.clone(), file)).collect();
    for family in families() {
        let id = &family.facts().id;
        let file = on_disk.get(id).unwrap_or_else(|| panic!("{id} has no signatures"));
        assert_eq!(files().iter().find(|embedded| embedded.family == *id), Some(file), "{id}");
    }
    assert_eq!(on_disk.len(), families().len());
}

/// What is wrong with the form of a file, beside what its types refuse.
fn malformed(file: &SignatureFile) -> Vec<String> {
    let mut found = Vec::new();
    let (mut names, mut used) = (BTreeSet::new(), BTreeSet::new());
    for signature in &file.signatures {
        let mut claim = |true_: bool, what: &str| {
            if !true_ {
                found.push(format!("{}: {}: {what}", file.family, signature.name));
            }
        };
        claim(names.insert(&signature.name), "the name stands twice");
        claim(!signature.about.is_empty(), "it does not say what it means");
        claim(has_finding(&file.family, &signature.finding), &format!("there is no finding {}", signature.finding));
        for subject in signature.subject.iter().chain(&signature.using) {
            claim(file.subject(Some(subject)).is_some(), &format!("there is no subject {subject}"));
        }
        for before in &signature.before {
            used.insert(before);
            claim(file.answers.iter().any(|a| a.name == *before), &format!("there is no answer {before}"));
        }
        if signature.when.is_text() {
            claim(!signature.marks.is_empty(), "a text is known by its marks, and it has none");
            claim(signature.request.is_empty() && signature.status.is_none(), "a text answers no request");
        } else {
            claim(signature.request.is_empty() == signature.status.is_none(), "it has no request or no status");
            let unsent = signature.request.is_empty();
            claim(!unsent || signature.shown().is_empty(), "it has an answer to nothing");
        }
        for mark in &signature.marks {
            let alone = SignatureFacts { marks: vec![mark.clone()], ..signature.clone() };
            claim(alone.is_told_by(&signature.shown()), &format!("`{mark}` is not in its answer"));
        }
    }
    for answer in file.answers.iter().filter(|answer| !used.contains(&answer.name)) {
        found.push(format!("{}: the answer {} is not used", file.family, answer.name));
    }
    found
}

fn has_finding(family_id: &FamilyId, code: &str) -> bool {
    let own = code.strip_prefix(family_id.as_str()).and_then(|rest| rest.strip_prefix('.'));
    let family = family(family_id).unwrap_or_else(|| panic!("there is no family {family_id}"));
    match own {
        Some(name) => family.facts().findings.iter().any(|f| f.name == name),
        None => common().findings.iter().any(|f| f.name == code),
    }
}

#[test]
fn every_signature_is_whole() {
    let malformed: Vec<String> = read().iter().flat_map(malformed).collect();
    assert!(malformed.is_empty(), "{}", malformed.join("\n"));
}

/// A pasted answer leads to the finding that the host's own does.
#[test]
fn marks_lead_to_the_finding_of_their_signature() {
    let mut astray = Vec::new();
    for file in files() {
        for signature in file.signatures.iter().filter(|s| !s.marks.is_empty()) {
            let told = told_by(&signature.shown(), Some(&file.family));
            let first = told.first().map_or("nothing", |(_, first)| first.finding.as_str());
            if first != signature.finding {
                astray.push(format!("{}: {} is taken for {first}", file.family, signature.name));
            }
        }
    }
    assert!(astray.is_empty(), "{}", astray.join("\n"));
    assert!(told_by("HTTP 200\n\nall is well", None).is_empty());
}

/// Answers are pasted in many forms.
#[test]
fn marks_are_found_whatever_the_form_of_the_text() {
    for text in [
        "HTTP/1.1 401 Unauthorized\nX-AUSERNAME: anonymous\n\n{}",
        "< HTTP/2 401 \n< x-ausername: anonymous\n",
        "http 401; X-Ausername: Anonymous",
    ] {
        let told = told_by(text, Some(&FamilyId::new("jira-datacenter")));
        assert_eq!(told.first().map(|(_, s)| s.finding.as_str()), Some("jira-datacenter.anonymous"), "{text}");
    }
    let told = told_by(r#"{"patTokenError":"invalidScope"}"#, None);
    assert_eq!(told.first().map(|(_, s)| s.finding.as_str()), Some("azure-devops.pat-invalid-scope"));
}
