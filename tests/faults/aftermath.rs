//! What must hold after any fault, and stay so.

use keyrack::ops::Core;
use keyrack::ops::doctor::Health;
use keyrack::ops::recover::Settled;
use keyrack::store::SecretStore;

use crate::scene::{OTHER, Scene, TARGET, Verb, is_present, run};

/// Opens everything as the next process would, settles it, and looks.
pub async fn check(scene: &Scene, told: Option<&str>, what: &str) {
    settle_and_check(scene, &scene.core(), told, what).await;
}

/// The same by a process that has not ended.
pub async fn settle_and_check(scene: &Scene, core: &Core, told: Option<&str>, what: &str) {
    core.rack.check().unwrap_or_else(|e| panic!("{what}: the rack is not whole: {e}"));
    scene.site.disarm();

    let called = told_names(core);
    let asked = scene.site.requests();
    let orders = scene.site.orders();
    let settled = core.recover().await.unwrap_or_else(|e| panic!("{what}: recover: {e}"));
    assert!(settled.iter().all(|s| s.done), "{what}: {settled:?}");
    assert_eq!(scene.site.requests(), asked, "{what}: recovering asks no host anything");
    // The journal alone closes every gap: no search for orphans is needed.
    invariants(scene, core, what).await;
    healthy(core, what).await;
    kept_promise(scene, core, told, what).await;
    if told.is_none() && (scene.verb.is_twin() || scene.verb.is_create() || scene.verb == Verb::RotateInPlace) {
        new_is_not_lost(scene, core, &called, &settled, what);
    }

    if scene.verb.is_rotate() {
        crate::rotated::check(scene, core, &orders, told, what).await;
        return;
    }
    if scene.verb.is_create() {
        crate::created::check(scene, core, &orders, told, what).await;
        return;
    }
    // The verb can be run again and comes to its end.
    let again = run(core, scene.verb, &scene.target).await;
    match (scene.verb, &again) {
        (Verb::Add, Ok(word)) => assert_eq!(word, "added", "{what}"),
        (Verb::Add, Err(error)) => {
            assert!(error.message.contains("taken"), "{what}: {error}");
            let kept = core.by_label(TARGET).unwrap();
            assert!(is_present(&kept), "{what}: the label is taken by nothing");
        }
        (Verb::Forget, Err(error)) => assert!(error.message.contains("no credential"), "{what}: {error}"),
        (Verb::Forget, Ok(word)) => assert_eq!(word, "forgotten", "{what}"),
        (_, Ok(word)) => assert!(["revoked", "already-dead"].contains(&word.as_str()), "{what}: {word}"),
        (_, Err(error)) => panic!("{what}: a second run: {error}"),
    }
    if scene.verb.is_revoke() {
        let record = core.by_label(TARGET).unwrap();
        assert!(!is_present(&record), "{what}: still there after the second run");
        assert!(scene.verdict().await.verdict.is_dead(), "{what}: still alive after the second run");
        let deletions = |all: &[String]| all.iter().filter(|o| o.contains("Delete") || o.contains("DELETE")).count();
        let all = scene.site.orders();
        assert!(deletions(&all) <= deletions(&orders) + 1, "{what}: ordered more often than the user did: {all:?}");
        if deletions(&orders) > 0 && scene.verdict().await.verdict.is_dead() && again.as_deref() == Ok("already-dead") {
            assert_eq!(all.len(), orders.len(), "{what}: a dead one was ordered dead again: {all:?}");
        }
    }
    healthy(core, what).await;
    invariants(scene, core, what).await;
}

/// What the journal knows new ones by.
fn told_names(core: &Core) -> Vec<String> {
    let entries = core.rack.open_entries().unwrap();
    let told = entries.iter().flat_map(|e| &e.steps).filter(|(step, _)| step == "told");
    told.map(|(_, detail)| detail["made"]["remote_id"].as_str().unwrap().to_owned()).collect()
}

/// A killed process had one made: its secret is on the rack, since the first thing that happens to it is that the store
/// gets it. Only where it was killed while the answer was under way, or before that first call of the store, is it lost,
/// and whoever settles the journal says so.
fn new_is_not_lost(scene: &Scene, core: &Core, called: &[String], settled: &[Settled], what: &str) {
    let here: Vec<_> =
        core.rack.credentials().unwrap().into_iter().filter(|c| c.label != OTHER && is_present(c)).collect();
    let new = here.iter().filter(|c| scene.store().get(&c.id).unwrap() != scene.target_secret()).count();
    if scene.site.made() == 0 || new > 0 {
        return;
    }
    let said: Vec<_> = settled.iter().map(|s| s.what.as_str()).collect();
    for id in called {
        assert!(said.iter().any(|s| s.contains(id)), "{what}: `{id}` is lost, and is not said: {said:?}");
    }
    let unstored = what.contains("request") || what.contains("Before call");
    assert!(unstored, "{what}: the process had its secret, and it is lost: {said:?}");
    let words = if scene.verb == Verb::RotateInPlace { "lost" } else { "nobody has" };
    assert!(said.iter().any(|s| s.contains(words)), "{what}: {said:?}");
}

/// Doctor mends what there is to mend, and then finds nothing.
pub async fn healthy(core: &Core, what: &str) {
    core.doctor(true).await.unwrap_or_else(|e| panic!("{what}: doctor: {e}"));
    let found = core.doctor(false).await.unwrap();
    assert!(found.iter().all(|c| c.health == Health::Good), "{what}: {found:#?}");
    assert_eq!(core.rack.open_entries().unwrap(), [], "{what}: the journal is empty");
}

pub async fn invariants(scene: &Scene, core: &Core, what: &str) {
    let mut present: Vec<_> = core.rack.credentials().unwrap().into_iter().filter(is_present).map(|c| c.id).collect();
    present.sort();
    assert_eq!(scene.store().list().unwrap(), present, "{what}: secrets and records agree");

    let target = core.rack.credential_by_label(TARGET).unwrap();
    let keeps_secret = !scene.verb.is_rotate() && !scene.verb.is_create();
    if let Some(target) = target.as_ref().filter(|t| is_present(t) && keeps_secret) {
        assert!(scene.store().get(&target.id).unwrap() == scene.target_secret(), "{what}: the secret has changed");
    }
    if scene.verb.is_revoke() {
        let target = target.unwrap_or_else(|| panic!("{what}: revoking takes nothing off the rack"));
        if !is_present(&target) {
            let verdict = scene.verdict().await;
            assert!(verdict.verdict.is_dead(), "{what}: destroyed, and the host says {verdict:?}");
        }
    }
    if scene.verb == Verb::Forget {
        assert!(!scene.verdict().await.verdict.is_dead(), "{what}: forgetting tells the host nothing");
    }
    let other = core.by_label(OTHER).unwrap();
    assert!(is_present(&other), "{what}: the other credential was harmed");
}

/// What the user was told is so.
async fn kept_promise(scene: &Scene, core: &Core, told: Option<&str>, what: &str) {
    let target = core.rack.credential_by_label(TARGET).unwrap();
    match told {
        Some("created") => assert!(target.is_some_and(|t| is_present(&t)), "{what}: said to be created"),
        Some(_) if scene.verb.is_create() => {}
        Some("added") => assert!(target.is_some_and(|t| is_present(&t)), "{what}: said to be added"),
        Some("forgotten") => assert!(target.is_none(), "{what}: said to be forgotten"),
        Some("revoked" | "already-dead") => {
            assert!(target.is_some_and(|t| !is_present(&t)), "{what}: said to be destroyed");
        }
        Some("rotated" | "old-kept" | "dead" | "new-unproved") => {
            assert!(target.is_some_and(|t| is_present(&t)), "{what}: a rotation takes nothing off the rack");
        }
        Some("unknown" | "still-accepted" | "refused" | "unreachable" | "cancelled") => {
            assert!(target.is_some_and(|t| is_present(&t)), "{what}: said to be kept");
        }
        // It failed and said so; where `add` says that, nothing was kept.
        Some("error") if scene.verb == Verb::Add => {
            assert!(target.is_none(), "{what}: said to have failed, and is on the rack");
        }
        _ => {}
    }
}
