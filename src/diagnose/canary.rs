//! Every finding there is, with a secret in each of its places: none of it gets past the board, in any form of output.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::board::Board;
use super::look::Look;
use super::{names, report};
use crate::domain::{Diagnosis, Evidence, FamilyId, Finding, Kind, Stage, Subject};
use crate::hosts::facts::common;
use crate::hosts::families;
use crate::secret::{Secret, SecretText};

const SECRET: &str = "glpat-Canary/Sang+In=TheMine";

fn forms() -> Vec<String> {
    let coded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    vec![SECRET.to_owned(), coded(SECRET), coded(&coded(SECRET)), STANDARD.encode(SECRET)]
}

/// Names of the placeholders of a text.
fn places(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, beyond)) = after.split_once('}') else { break };
        all.push(name.to_owned());
        rest = beyond;
    }
    all
}

/// Makes a finding of what fills its places.
type Fill<'a> = &'a dyn Fn(&[(&str, &str)]) -> Finding;

/// Every finding, with the secret wherever something is filled in.
fn findings() -> Vec<Finding> {
    let echo = format!("it said {} (ana:{})", forms().join(" | "), STANDARD.encode(format!("ana:{SECRET}")));
    let filled = |bare: Finding, fill: Fill<'_>| {
        let names: Vec<String> =
            [&bare.title, &bare.cause, &bare.remedy, &bare.link].into_iter().flat_map(|t| places(t)).collect();
        fill(&names.iter().map(|name| (name.as_str(), echo.as_str())).collect::<Vec<_>>())
    };
    let mut all = Vec::new();
    for facts in &common().findings {
        let fill = |args: &[(&str, &str)]| common().finding(&facts.name, args).1;
        all.push(filled(fill(&[]), &fill));
    }
    for family in families() {
        for facts in &family.facts().findings {
            let fill = |args: &[(&str, &str)]| family.facts().finding(&facts.name, args).1;
            all.push(filled(fill(&[]), &fill));
        }
    }
    all
}

/// A diagnosis whose host stage found that, told and seen everywhere.
fn diagnosis(finding: &Finding, told: &std::sync::Mutex<String>) -> Diagnosis {
    let subject = Subject {
        label: Some("sync-job".to_owned()),
        host: "git".to_owned(),
        url: "https://git.acme.dev".to_owned(),
        family: FamilyId::new("gitlab"),
        kind: Kind::Pat,
        username: Some("ana".to_owned()),
    };
    let on_stage = |report: &crate::domain::StageReport| {
        told.lock().unwrap().push_str(&serde_json::to_string(report).unwrap());
    };
    let board = Board::new(subject, Timestamp::UNIX_EPOCH, &on_stage);
    board.learn(&Secret::token(SecretText::new(SECRET.to_owned())));
    let echo = forms().join(" ");
    let evidence = Evidence {
        request: format!("GET https://git.acme.dev/{echo}"),
        status: Some(401),
        ms: 7,
        detail: echo.clone(),
    };
    board.put(Stage::Host, Look::failed(finding.clone()).fact("said", echo).proved(vec![evidence]));
    board.finish(false)
}

#[test]
fn no_finding_gets_a_secret_out() {
    let all = findings();
    assert!(all.len() > 400, "{}", all.len());
    let held = all.iter().filter(|f| format!("{f:?}").contains(SECRET)).count();
    assert!(held > 150, "{held} findings have places to fill");
    for finding in &all {
        let told = std::sync::Mutex::default();
        let diagnoses = vec![diagnosis(finding, &told)];
        let masked = names::masked(&diagnoses);
        let outputs = [
            serde_json::to_string(&diagnoses[0].stages).unwrap(),
            serde_json::to_string(&masked[0].stages).unwrap(),
            format!("{diagnoses:?}"),
            report::markdown(&diagnoses),
            report::markdown(&masked),
            told.into_inner().unwrap(),
        ];
        for output in &outputs {
            assert!(output.contains("[secret]"), "{}: {output}", finding.code);
            for form in forms() {
                assert!(!output.contains(&form), "{}: `{form}` in {output}", finding.code);
            }
        }
    }
}
