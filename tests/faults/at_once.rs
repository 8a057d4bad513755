//! Two processes that do the same at the same moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use keyrack::domain::{CredentialId, RevokeEnd, RotateEnd, StoreKind, Verdict};
use keyrack::ops::rotate::RotateOptions;
use keyrack::secret::Secret;
use keyrack::store::{SecretStore, StoreError};
use tokio_util::sync::CancellationToken;

use crate::aftermath;
use crate::child::{Ended, Inside, Player};
use crate::scene::{OTHER, Scene, TARGET, Verb, is_present};
use crate::store::{BOTH, DirStore, When, every_call_through_call};
use crate::watched::{HostStrike, makes};

/// Both are ready before either may go.
async fn both(scene: &Scene, labels: [&str; 2]) -> Vec<Ended> {
    let mut players = labels.map(|label| Player::start(scene, label, &scene.target, Inside::Nowhere));
    players.iter_mut().for_each(Player::go);
    tokio::task::spawn_blocking(move || players.into_iter().map(Player::end).collect()).await.unwrap()
}

fn words(ended: &[Ended]) -> Vec<&str> {
    let mut words: Vec<_> = ended.iter().map(|e| e.told.as_deref().unwrap()).collect();
    words.sort_unstable();
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_label_is_added_once() {
    for _ in 0..5 {
        let scene = Scene::new(Verb::Add).await;
        let ended = both(&scene, [TARGET, TARGET]).await;
        assert_eq!(words(&ended), ["added", "error"]);
        aftermath::check(&scene, Some("added"), "the same label twice at once").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_secret_is_added_once() {
    for _ in 0..5 {
        let scene = Scene::new(Verb::Add).await;
        let ended = both(&scene, ["one", "two"]).await;
        assert_eq!(words(&ended), ["added", "error"]);
        let core = scene.core();
        let present: Vec<_> = core.rack.credentials().unwrap().into_iter().filter(is_present).collect();
        assert_eq!(present.len(), 2, "the winner and `{OTHER}`");
        assert_eq!(scene.store().list().unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_credential_is_ordered_dead_once() {
    for _ in 0..5 {
        let scene = Scene::slow(Verb::RevokeItself, Duration::from_millis(20)).await;
        let ended = both(&scene, [TARGET, TARGET]).await;
        let words = words(&ended);
        // The one that came late is told so, or finds it dead.
        assert!(matches!(words[..], ["already-dead" | "busy", "revoked"]), "{words:?}");
        assert_eq!(scene.site.orders().len(), 1, "{:?}", scene.site.orders());
        aftermath::check(&scene, Some("revoked"), "revoked twice at once").await;
    }
}

/// Two administrators, the same credential: the host makes or replaces one, and one of the two is told why it did not.
/// Whichever asks the host first is held there until the other one has ended, so that neither can be done before the
/// other one begins.
async fn rotated_once(verb: Verb) {
    for _ in 0..3 {
        let scene = Scene::new(verb).await;
        let mut players = [TARGET, TARGET].map(|label| Player::start(&scene, label, &scene.target, Inside::Nowhere));
        scene.site.arm(0, When::Before, HostStrike::Hold);
        players.iter_mut().for_each(Player::go);
        let site = Arc::clone(&scene.site);
        let ended = tokio::task::spawn_blocking(move || {
            let (sender, ends) = std::sync::mpsc::channel();
            for player in players {
                let sender = sender.clone();
                std::thread::spawn(move || sender.send(player.end()));
            }
            let first = ends.recv().unwrap();
            site.disarm();
            [first, ends.recv().unwrap()]
        });
        let ended = ended.await.unwrap();
        assert_eq!(words(&ended), ["busy", "rotated"], "{verb:?}");
        let orders = scene.site.orders();
        assert_eq!(orders.iter().filter(|o| makes(o)).count(), 1, "{verb:?}: {orders:?}");
        aftermath::check(&scene, Some("rotated"), &format!("{verb:?} twice at once")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_credential_is_replaced_once() {
    rotated_once(Verb::RotateInPlace).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_credential_gets_one_twin() {
    rotated_once(Verb::RotateTwinByKey).await;
}

/// The first is held at its first request; the second comes and goes meanwhile.
async fn beside(first: Verb, second: Verb) -> (Scene, [String; 2]) {
    let scene = Scene::new(first).await;
    let start = |verb| Player::start_verb(&scene, verb, TARGET, &scene.target, Inside::Nowhere);
    let (mut one, mut two) = (start(first), start(second));
    scene.site.arm(0, When::Before, HostStrike::Hold);
    one.go();
    let site = Arc::clone(&scene.site);
    let told = tokio::task::spawn_blocking(move || {
        while site.requests() == 0 {
            std::thread::yield_now();
        }
        two.go();
        let two = two.end();
        site.disarm();
        [one.end(), two].map(|ended| ended.told.unwrap())
    });
    let told = told.await.unwrap();
    (scene, told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_rotated_is_not_revoked_and_what_is_being_revoked_is_not_rotated() {
    let (scene, told) = beside(Verb::RotateInPlace, Verb::RevokeItself).await;
    assert_eq!(told, ["rotated", "busy"]);
    assert_eq!(scene.site.orders(), ["ROTATE"]);
    aftermath::check(&scene, Some("rotated"), "revoked while it was rotated").await;

    let (scene, told) = beside(Verb::RevokeItself, Verb::RotateInPlace).await;
    assert_eq!(told, ["revoked", "busy"]);
    assert!(!scene.site.orders().iter().any(|o| makes(o)), "{:?}", scene.site.orders());
    aftermath::check(&scene, Some("revoked"), "rotated while it was revoked").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_rotated_is_not_forgotten() {
    let (scene, told) = beside(Verb::RotateInPlace, Verb::Forget).await;
    assert_eq!(told, ["rotated", "error"]);
    aftermath::check(&scene, Some("rotated"), "forgotten while it was rotated").await;
}

/// The screens let work go on that a user turned away from: a second act on the same credential waits for its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_rotated_is_not_revoked_by_the_same_process_either() {
    let scene = Scene::new(Verb::RotateInPlace).await;
    let core = scene.core();
    let id = core.by_label(TARGET).unwrap().id;
    scene.site.arm(0, When::Before, HostStrike::Hold);
    let rotation = crate::scene::rotate(&core, Verb::RotateInPlace, TARGET, scene.target_secret());
    let revocation = async {
        scene.site.is_asked().await;
        let results = core.revoke(&[id], None, &CancellationToken::new(), |_| {}).await.unwrap();
        scene.site.disarm();
        results
    };
    let (rotated, revoked) = tokio::join!(rotation, revocation);
    assert_eq!(rotated.unwrap().end, RotateEnd::Rotated);
    assert_eq!(revoked[0].end, RevokeEnd::Busy, "{revoked:?}");
    assert!(revoked[0].message.contains("this keyrack is rotating"), "{}", revoked[0].message);
    assert_eq!(scene.site.orders(), ["ROTATE"]);
    aftermath::settle_and_check(&scene, &core, Some("rotated"), "revoked while it was rotated").await;
}

/// Another keyrack is at it: the bulk endpoint is not asked for it, nor for nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_one_is_at_is_not_revoked_with_the_leaked_ones() {
    let scene = Scene::new(Verb::RotateSwap).await;
    let (core, other) = (scene.core(), scene.core());
    let id = core.by_label(TARGET).unwrap().id;
    // It was seen to work, so that a refusal without a reason counts.
    let host = core.by_label(TARGET).unwrap().bindings[0].host;
    core.rack.record(&id, host, &scene.verdict().await).unwrap();
    let entry = other.rack.begin("rotate", &id, &serde_json::json!({})).unwrap();
    let leaks = core.leaks(&scene.target.secret).unwrap().found;
    let before = scene.site.requests();
    let ended = core.incident(&leaks, None, &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!(ended[0].end, Some(RevokeEnd::Busy), "{ended:?}");
    assert_eq!(scene.site.requests(), before, "nothing is asked of the host");
    other.rack.finish(entry).unwrap();
    let ended = core.incident(&leaks, None, &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!(ended[0].end, Some(RevokeEnd::Revoked), "{ended:?}");
    let standings = core.rack.standings().unwrap();
    let standing = standings.iter().find(|s| s.credential == id).unwrap();
    assert_eq!(standing.verdict, Verdict::Revoked, "as if it had been revoked alone: {}", standing.reason);
}

/// A secret that was added between the look at the store and the look at the rack is not lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_calls_nothing_lost_that_was_added_while_it_looked() {
    let scene = Scene::new(Verb::Add).await;
    let (adder, target) = (scene.core(), scene.target.clone());
    let pause = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(crate::scene::run(&adder, Verb::Add, &target)).unwrap(), "added");
    };
    // The list of all secrets is the first thing that it asks the store for.
    let store =
        Arc::new(Pausing { inner: scene.store(), calls: 0.into(), at: (0, When::After), pause: Box::new(pause) });
    let found = scene.core_over(store).doctor(false).await.unwrap();
    assert!(found.iter().all(|c| c.health == keyrack::ops::doctor::Health::Good), "{found:#?}");
}

/// Nobody is at it any more, but what there is now is not what was meant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_was_replaced_meanwhile_is_left_alone() {
    let scene = Scene::new(Verb::RotateInPlace).await;
    let (slow, fast) = (scene.core(), scene.core());
    let ids = [OTHER, TARGET].map(|label| slow.by_label(label).unwrap().id);
    // The first administrator's batch is at its first one when the second one rotates the other.
    let options = RotateOptions::default();
    let cancel = CancellationToken::new();
    scene.site.arm(0, When::Before, HostStrike::Hold);
    let batch = slow.rotate(&ids, &options, &cancel, |_| {});
    let meanwhile = async {
        scene.site.is_asked().await;
        let result = crate::scene::rotate(&fast, Verb::RotateInPlace, TARGET, scene.target_secret()).await.unwrap();
        scene.site.disarm();
        result
    };
    let (results, other) = tokio::join!(batch, meanwhile);
    assert_eq!(other.end, RotateEnd::Rotated, "{other:?}");
    let results = results.unwrap();
    let of_target = results.iter().find(|r| r.label == TARGET).unwrap();
    assert_eq!(of_target.end, RotateEnd::Busy, "{of_target:?}");
    assert!(of_target.message.contains("a new secret a moment ago"), "{}", of_target.message);
    let target = scene.core().by_label(TARGET).unwrap();
    assert!(crate::rotated::lives(&scene, &target).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_credential_is_forgotten_once() {
    for _ in 0..5 {
        let scene = Scene::new(Verb::Forget).await;
        let ended = both(&scene, [TARGET, TARGET]).await;
        assert!(words(&ended).contains(&"forgotten"), "{ended:?}");
        aftermath::check(&scene, Some("forgotten"), "forgotten twice at once").await;
    }
}

/// While one process is at work, another settles, mends and looks for orphans.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_leaves_what_is_under_way_alone() {
    let calls = crate::killed::undisturbed(Verb::Add).await.calls;
    // Each call of the store is a moment at which the other process looks.
    for n in 0..calls {
        for when in BOTH {
            let scene = Scene::new(Verb::Add).await;
            let home = scene.path().to_owned();
            let doctor = scene.core();
            let store = Arc::new(Pausing {
                inner: DirStore::open(&home),
                calls: 0.into(),
                at: (n, when),
                pause: Box::new(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(doctor.doctor(true)).unwrap();
                }),
            });
            let told = crate::scene::run(&scene.core_over(store), Verb::Add, &scene.target).await.unwrap();
            assert_eq!(told, "added");
            aftermath::check(&scene, Some("added"), &format!("doctor {when:?} call {n}")).await;
        }
    }
}

/// Does something at one call.
struct Pausing {
    inner: DirStore,
    calls: AtomicUsize,
    at: (usize, When),
    pause: Box<dyn Fn() + Send + Sync>,
}

impl Pausing {
    fn call<T>(&self, act: impl FnOnce(&DirStore) -> T) -> T {
        let n = self.calls.fetch_add(1, Ordering::SeqCst);
        if (n, When::Before) == self.at {
            (self.pause)();
        }
        let result = act(&self.inner);
        if (n, When::After) == self.at {
            (self.pause)();
        }
        result
    }
}

every_call_through_call!(Pausing);
