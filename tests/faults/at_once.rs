//! Two processes that do the same at the same moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use keyrack::domain::{CredentialId, StoreKind};
use keyrack::secret::Secret;
use keyrack::store::{SecretStore, StoreError};

use crate::aftermath;
use crate::child::{Ended, Inside, Player};
use crate::scene::{OTHER, Scene, TARGET, Verb, is_present};
use crate::store::{BOTH, DirStore, When};

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
        assert!(matches!(words[..], ["already-dead" | "failed", "revoked"]), "{words:?}");
        assert_eq!(scene.site.orders().len(), 1, "{:?}", scene.site.orders());
        aftermath::check(&scene, Some("revoked"), "revoked twice at once").await;
    }
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

impl SecretStore for Pausing {
    fn kind(&self) -> StoreKind {
        self.inner.kind()
    }

    fn get(&self, id: &CredentialId) -> Result<Secret, StoreError> {
        self.call(|s| s.get(id))
    }

    fn put(&self, id: &CredentialId, secret: &Secret) -> Result<(), StoreError> {
        self.call(|s| s.put(id, secret))
    }

    fn delete(&self, id: &CredentialId) -> Result<(), StoreError> {
        self.call(|s| s.delete(id))
    }

    fn list(&self) -> Result<Vec<CredentialId>, StoreError> {
        self.call(SecretStore::list)
    }
}
