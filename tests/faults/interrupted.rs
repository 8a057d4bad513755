//! Stopped by the user, or by a store that fails, in the middle of many.

use std::sync::Arc;

use keyrack::domain::{CredentialId, StoreKind, Verdict};
use keyrack::error::ErrorKind;
use keyrack::ops::Core;
use keyrack::ops::check::{CheckOptions, Checked, check};
use keyrack::ops::revoke::Using;
use keyrack::secret::Secret;
use keyrack::simulator::Site;
use keyrack::store::{SecretStore, StoreError};
use tokio_util::sync::CancellationToken;

use crate::aftermath;
use crate::scene::{OTHER, Scene, TARGET, Verb, is_present, run, word};
use crate::store::{DirStore, Failure, Faulty, Strike, When};
use crate::watched::HostStrike;

/// A scene with `n` further credentials.
async fn many(n: usize) -> Scene {
    let scene = Scene::new(Verb::RevokeItself).await;
    let core = scene.core();
    for n in 0..n {
        scene.put(&core, &format!("more-{n}"), &scene.site.spare(100 + n, core.clock.now())).await;
    }
    scene
}

fn on_the_rack(core: &Core) -> Vec<CredentialId> {
    core.rack.standings().unwrap().into_iter().map(|s| s.credential).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_is_stopped_keeps_what_it_found() {
    let scene = many(28).await;
    let core = scene.core();
    let cancel = CancellationToken::new();
    let mut seen: Vec<Checked> = Vec::new();
    let options = CheckOptions { per_host: Some(2), ..CheckOptions::default() };
    let summary = check(
        &core,
        options,
        &cancel,
        |_| {},
        |checked| {
            seen.push(checked.clone());
            if seen.len() == 7 {
                cancel.cancel();
            }
        },
    )
    .await
    .unwrap();
    assert!(summary.cancelled);
    assert_eq!((summary.done, summary.total), (seen.len(), 30));
    let mut seen: Vec<_> = seen.into_iter().map(|c| c.credential).collect();
    let mut kept = on_the_rack(&core);
    seen.sort();
    kept.sort();
    assert_eq!(seen, kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_locks_in_the_middle_ends_the_check_and_what_was_found_is_kept() {
    let scene = many(28).await;
    let locks = Some((9, When::Before, Strike::FailFromHere(Failure::Locked)));
    let core = scene.core_over(Arc::new(Faulty::new(DirStore::open(scene.path()), locks)));
    let mut seen = 0;
    let options = CheckOptions { per_host: Some(2), ..CheckOptions::default() };
    let error = check(&core, options, &CancellationToken::new(), |_| {}, |_| seen += 1).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Store, "{error}");
    assert!(seen > 0, "there was something to keep");
    assert_eq!(on_the_rack(&core).len(), seen);
    assert!(core.rack.standings().unwrap().iter().all(|s| s.verdict == Verdict::Valid), "no token is called bad");
}

/// One secret of this store is damaged.
struct OneDamaged(DirStore, CredentialId);

impl SecretStore for OneDamaged {
    fn kind(&self) -> StoreKind {
        self.0.kind()
    }

    fn get(&self, id: &CredentialId) -> Result<Secret, StoreError> {
        if *id == self.1 {
            return Err(StoreError::Damaged { what: "that file".into(), why: "it was cut".into() });
        }
        self.0.get(id)
    }

    fn put(&self, id: &CredentialId, secret: &Secret) -> Result<(), StoreError> {
        self.0.put(id, secret)
    }

    fn delete(&self, id: &CredentialId) -> Result<(), StoreError> {
        self.0.delete(id)
    }

    fn list(&self) -> Result<Vec<CredentialId>, StoreError> {
        self.0.list()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_secret_that_cannot_be_read_keeps_no_other_from_being_checked() {
    let scene = many(8).await;
    let bad = scene.core().by_label("more-3").unwrap().id;
    let core = scene.core_over(Arc::new(OneDamaged(DirStore::open(scene.path()), bad.clone())));
    let summary = check(&core, CheckOptions::default(), &CancellationToken::new(), |_| {}, |_| {}).await.unwrap();
    assert_eq!(summary.done, 10);
    for standing in core.rack.standings().unwrap() {
        if standing.credential == bad {
            assert_eq!(standing.verdict, Verdict::Unchecked);
            assert!(standing.reason.contains("it was cut"), "{}", standing.reason);
        } else {
            assert_eq!(standing.verdict, Verdict::Valid);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_that_is_stopped_finishes_the_one_it_is_at() {
    let scene = Scene::new(Verb::RevokeItself).await;
    let core = scene.core();
    let ids = [TARGET, OTHER].map(|label| core.by_label(label).unwrap().id);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    // Stopped while the first order is out.
    scene.site.arm(0, When::Before, HostStrike::HoldOrder);
    let site = Arc::clone(&scene.site);
    let watcher = async move {
        while site.first_order().is_none() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        site.disarm();
    };
    let (results, ()) = tokio::join!(core.revoke(&ids, None::<&Using>, &cancel, |_| {}), watcher);
    let results = results.unwrap();
    let ends: Vec<_> = results.iter().map(|r| word(r.end)).collect();
    assert_eq!(ends, ["revoked", "cancelled"]);
    assert_eq!(scene.site.orders().len(), 1);
    assert!(is_present(&core.by_label(OTHER).unwrap()));
    aftermath::check(&scene, Some("revoked"), "stopped").await;
}

/// A task that is dropped, or panics, leaves what it had begun to whoever settles the journal next, in the same process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dropped_in_the_middle_is_settled_by_the_same_process() {
    for verb in [Verb::RevokeItself, Verb::RotateInPlace, Verb::RotateTwinByKey, Verb::CreateByKey] {
        let scene = Scene::new(verb).await;
        let core = scene.core();
        scene.site.arm(0, When::Before, HostStrike::Hold);
        tokio::select! {
            told = run(&core, verb, &scene.target) => panic!("{verb:?}: {told:?}"),
            () = scene.site.is_asked() => {}
        }
        scene.site.disarm();
        assert_eq!(core.rack.open_entries().unwrap().len(), 1, "{verb:?}");
        let settled = core.recover().await.unwrap();
        assert!(settled.len() == 1 && settled[0].done, "{verb:?}: {settled:?}");
        assert_eq!(core.rack.open_entries().unwrap(), [], "{verb:?}");
        let known = core.rack.credential_by_label(TARGET).unwrap();
        assert!(known.is_none_or(|c| is_present(&c)), "{verb:?}");
    }
}
