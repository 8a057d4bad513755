//! Broken set-ups that a support person meets, each played for real: the credential is put on a rack, something is broken,
//! `keyrack diagnose` runs, and its first finding has to be the right one.
//!
//! The set-ups are data, `scenarios.toml`, read when the tests run: one more needs no compiling.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a helper that fails fails its test")]

mod canary;
mod front;
#[path = "../cli/support.rs"]
mod home;
mod play;
mod scenario;
mod server;
mod time;
mod transcript;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use play::SetUp;
use scenario::Scenario;

/// Fewest scenarios that there may be.
const FEWEST: usize = 60;

/// How many are played at a time.
const AT_ONCE: usize = 4;

/// What a run said: stage and code that decide, and the exit code.
fn told(found: &Value, exit: u8) -> String {
    let word = |value: &Value| value.as_str().unwrap_or("nothing").to_owned();
    format!("{} {} (exit {exit})", word(&found["decides"]), word(&found["finding"]["code"]))
}

/// What is wrong with a scenario, if anything is.
async fn wrong(scenario: &Scenario) -> Option<String> {
    let judged = AssertUnwindSafe(judge(scenario)).catch_unwind().await;
    judged.unwrap_or_else(|_| Some(format!("{}: it cannot be set up, as said above", scenario.name)))
}

/// What is wrong with the first finding of a scenario, if anything is.
async fn judge(scenario: &Scenario) -> Option<String> {
    let set_up = SetUp::of(scenario).await;
    let ran = set_up.diagnose("--json").await;
    if let Some(what) = canary::leak(&ran, &set_up.secrets, set_up.username.as_deref()) {
        return Some(format!("{}: {what}\n{ran}", scenario.name));
    }
    let Ok(all) = serde_json::from_str::<Value>(&ran.out) else {
        return Some(format!("{}: no diagnosis came\n{ran}", scenario.name));
    };
    let found = &all["diagnoses"][0];
    let expected = format!("{} {} (exit {})", scenario.stage, scenario.code, scenario.exit);
    let came = told(found, ran.code);
    if came != expected {
        let stages = found["stages"].as_array().into_iter().flatten();
        let rest: Vec<String> = stages
            .filter(|s| s["state"] == "failed" || s["state"] == "warned")
            .map(|s| {
                let codes: Vec<&str> =
                    s["findings"].as_array().into_iter().flatten().filter_map(|f| f["code"].as_str()).collect();
                format!("{} {}: {} [{}]", s["stage"], s["state"], s["summary"], codes.join(", "))
            })
            .collect();
        return Some(format!("{}: expected {expected}, came {came}\n    {}", scenario.name, rest.join("\n    ")));
    }
    let first = found["finding"].to_string();
    let unsaid: Vec<&String> = scenario.says.iter().filter(|text| !first.contains(text.as_str())).collect();
    (!unsaid.is_empty()).then(|| format!("{}: {unsaid:?} is not in {first}", scenario.name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "the hit rate is for whoever runs the tests")]
async fn every_first_finding_is_the_right_one() {
    let scenarios = scenario::all();
    let mut misses: Vec<String> =
        stream::iter(&scenarios).map(wrong).buffer_unordered(AT_ONCE).filter_map(async |miss| miss).collect().await;
    misses.sort();
    let mut stages = BTreeMap::new();
    for scenario in &scenarios {
        *stages.entry(scenario.stage.as_str()).or_insert(0_usize) += 1;
    }
    for miss in &misses {
        println!("miss: {miss}");
    }
    println!("{stages:?}");
    let (total, right) = (scenarios.len(), scenarios.len() - misses.len());
    println!("diagnose scenarios: {right} of {total} first findings right");
    assert!(misses.is_empty(), "{} of {total} first findings are wrong:\n{}", misses.len(), misses.join("\n"));
    assert!(total >= FEWEST, "{total} scenarios");
}
