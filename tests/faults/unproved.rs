//! A new secret that the host refuses: the old one stays in place and alive, and neither is lost.

use std::sync::Arc;

use keyrack::domain::RotateEnd;
use keyrack::ops::doctor::Health;
use keyrack::secret::Secret;
use keyrack::store::SecretStore;

use crate::aftermath::healthy;
use crate::scene::{Scene, TARGET, Verb, is_present, rotate, successor};

async fn stays(scene: &Scene, pasted: Secret) -> keyrack::domain::RotateResult {
    let core = scene.core();
    let result = rotate(&core, scene.verb, TARGET, pasted).await.unwrap();
    let what = format!("{:?}: {}", scene.verb, result.message);
    assert_eq!(result.end, RotateEnd::NewUnproved, "{what}");
    assert!(result.message.contains("the old one stays in place"), "{what}");
    let target = core.by_label(TARGET).unwrap();
    assert!(is_present(&target) && scene.store().get(&target.id).unwrap() == scene.target_secret(), "{what}");
    assert!(!scene.verdict().await.verdict.is_dead(), "{what}: the old one was ended");
    let ended = |order: &String| order.contains("Delete") || order.contains("DELETE") || order == "REVOKE";
    assert!(!scene.site.orders().iter().any(ended), "{what}: {:?}", scene.site.orders());
    let found = core.doctor(false).await.unwrap();
    assert!(found.iter().all(|c| c.health == Health::Good), "{what}: {found:#?}");
    healthy(&core, &what).await;
    result
}

/// Made at another site, so that this one does not know it.
async fn made_and_refused(verb: Verb) {
    let scene = Scene::new(verb).await;
    let elsewhere = Scene::new(verb).await;
    scene.site.make_elsewhere(Arc::clone(&elsewhere.site) as _);
    let result = stays(&scene, successor()).await;
    let left = result.left.unwrap();
    assert_eq!(left, "target-new");
    assert!(result.message.contains("keyrack check target-new"), "{}", result.message);
    let core = scene.core();
    let new = core.by_label(&left).unwrap();
    assert!(scene.store().get(&new.id).unwrap() != scene.target_secret());
    let seen = core.rack.latest(&new.id, new.bindings[0].host).unwrap().unwrap();
    assert!(seen.verdict.is_dead() && seen.remote_id.is_some(), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaced_in_place() {
    made_and_refused(Verb::RotateInPlace).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_as_a_twin_by_another_credential() {
    made_and_refused(Verb::RotateTwin).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_as_a_twin_with_a_password() {
    made_and_refused(Verb::RotateTwinByPassword).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_as_a_twin_by_itself() {
    made_and_refused(Verb::RotateTwinByKey).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pasted() {
    let scene = Scene::new(Verb::RotateSwap).await;
    let roster = keyrack::simulator::Site::roster(&*scene.site, scene.core().clock.now());
    let dead = roster.into_iter().find(|c| c.label == "retired-deploy").unwrap().secret;
    let result = stays(&scene, Secret::from_bytes(dead.as_bytes()).unwrap()).await;
    assert_eq!(result.left, None, "what the user has already need not be kept");
    assert_eq!(scene.core().rack.credentials().unwrap().len(), 2);
}
