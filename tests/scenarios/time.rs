//! A diagnosis takes as long as its slowest chain of stages: what does not depend on one another runs side by side.

use crate::play::SetUp;
use crate::scenario::Scenario;

/// The stages that wait for one another.
const CHAIN: [&str; 8] = ["dns", "tcp", "proxy", "tls", "host", "authentication", "permission", "git"];

/// Milliseconds on top of them that a loaded machine may need. `benches/diagnose.rs` holds it to 50.
const ON_TOP: u64 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_diagnosis_takes_no_more_than_its_chain() {
    let scenario = Scenario {
        name: "healthy, and far away".to_owned(),
        label: Some("release-train".to_owned()),
        options: "--profile git-write".to_owned(),
        delay: 40,
        ..Scenario::default()
    };
    let set_up = SetUp::of(&scenario).await;
    let mut best = u64::MAX;
    for _ in 0..3 {
        let found = set_up.diagnose("--json").await.exits(0).json()["diagnoses"][0].clone();
        let ms = |name: &str| {
            let stage = found["stages"].as_array().unwrap().iter().find(|s| s["stage"] == name).unwrap();
            stage["ms"].as_u64().unwrap()
        };
        let chain: u64 = CHAIN.iter().map(|name| ms(name)).sum();
        assert!(
            ms("host") >= 40 && ms("authentication") >= 40,
            "the time of a stage holds that of its requests: {found}"
        );
        best = best.min(found["ms"].as_u64().unwrap().saturating_sub(chain));
    }
    assert!(best <= ON_TOP, "{best} ms on top of the chain");
}
