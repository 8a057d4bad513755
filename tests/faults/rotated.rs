//! What must hold after a rotation that anything happened to: no secret is lost but with the host's own answer, no order
//! is given twice, and what was told is so.

use keyrack::domain::Credential;
use keyrack::ops::Core;
use keyrack::simulator::SimCredential;
use keyrack::store::SecretStore;

use crate::aftermath::{healthy, invariants};
use crate::scene::{OTHER, Scene, TARGET, Verb, is_present, run};
use crate::watched::makes;

/// Records of the rotation: the target, and those that were made so that nothing is lost.
fn kin(core: &Core) -> Vec<Credential> {
    let all = core.rack.credentials().unwrap();
    all.into_iter().filter(|c| c.label != OTHER && is_present(c)).collect()
}

/// Whether the host accepts the secret that the store has for a record.
pub async fn lives(scene: &Scene, record: &Credential) -> bool {
    let secret = scene.store().get(&record.id).unwrap();
    let seed = SimCredential {
        label: record.label.clone(),
        kind: record.kind,
        username: record.username.clone(),
        secret: secret.token.reveal().to_owned(),
        tags: Vec::new(),
        note: String::new(),
        expect: keyrack::domain::Verdict::Valid,
    };
    !scene.verdict_of(&seed).await.verdict.is_dead()
}

pub async fn check(scene: &Scene, core: &Core, orders: &[String], told: Option<&str>, what: &str) {
    let rotations = |all: &[String]| all.iter().filter(|o| makes(o)).count();
    assert!(rotations(orders) <= 1, "{what}: a rotation was asked for twice: {orders:?}");
    let deletions = orders.iter().filter(|o| o.contains("Delete") || o.contains("DELETE")).count();
    assert!(deletions <= 1 || told.is_some(), "{what}: the old one was ordered dead twice: {orders:?}");
    let target = core.by_label(TARGET).unwrap();
    assert!(is_present(&target), "{what}: the target has no secret");

    let mut alive = Vec::new();
    for record in kin(core) {
        let lives = lives(scene, &record).await;
        // With the user name and kind of its own record: the new one is not lost by losing what it is called.
        let is_new = scene.store().get(&record.id).unwrap() != scene.target_secret();
        assert!(
            lives || !is_new,
            "{what}: `{}` is new, and its record does not open the host: {record:?}",
            record.label
        );
        if lives {
            alive.push(record.label);
        }
    }
    // In place the new one exists in the host's answer alone until it is stored: only with that can it be lost.
    let lost_with_the_answer = scene.verb == Verb::RotateInPlace
        && rotations(orders) == 1
        && matches!(told, None | Some("unknown" | "failed" | "error"));
    assert!(!alive.is_empty() || lost_with_the_answer, "{what}: nothing that works is left on the rack");
    if told == Some("rotated") {
        assert!(alive.iter().any(|label| label == TARGET), "{what}: said to be rotated, and {alive:?} live");
        assert!(scene.store().get(&target.id).unwrap() != scene.target_secret(), "{what}: it is still the old one");
        assert!(scene.verdict().await.verdict.is_dead(), "{what}: said to be rotated, and the old one lives");
    }
    if scene.verb != Verb::RotateInPlace {
        let secrets: Vec<_> = kin(core).iter().map(|r| scene.store().get(&r.id).unwrap()).collect();
        let old_is_here = secrets.iter().any(|s| *s == scene.target_secret());
        assert!(old_is_here || scene.verdict().await.verdict.is_dead(), "{what}: the old one lives and nobody has it");
    }

    // Once more: it comes to an end, whichever.
    match run(core, scene.verb, &scene.target).await {
        Ok(word) => {
            // Where two are there already, AWS makes no third.
            let full = scene.verb == Verb::RotateTwinByKey && word == "refused" && scene.site.made() == 1;
            let ends = ["rotated", "dead", "old-kept", "failed"];
            assert!(full || ends.contains(&word.as_str()), "{what}: a second run: {word}");
        }
        Err(error) => assert!(error.message.contains("already"), "{what}: a second run: {error}"),
    }
    healthy(core, what).await;
    invariants(scene, core, what).await;
}
