//! The store or the rack fails at every step, and keyrack lives on.

use std::sync::Arc;

use crate::aftermath;
use crate::child::{Inside, play};
use crate::killed::undisturbed;
use crate::scene::{Scene, Verb, for_each_verb, run};
use crate::store::{BOTH, DirStore, Failure, Faulty, Strike, When};
use crate::watched::HostStrike;

async fn store_fails_everywhere(verb: Verb) {
    let calls = {
        let scene = Scene::new(verb).await;
        let store = Arc::new(Faulty::new(DirStore::open(scene.path()), None));
        run(&scene.core_over(Arc::clone(&store) as _), verb, &scene.target).await.unwrap();
        store.calls()
    };
    for n in 0..calls {
        for when in BOTH {
            for strike in [Strike::Fail(Failure::DiskFull), Strike::FailFromHere(Failure::Locked)] {
                for same_process in [true, false] {
                    let scene = Scene::new(verb).await;
                    let store = Arc::new(Faulty::new(DirStore::open(scene.path()), Some((n, when, strike))));
                    let core = scene.core_over(Arc::clone(&store) as _);
                    let told = run(&core, verb, &scene.target).await.unwrap_or_else(|_| "error".into());
                    store.disarm();
                    let who = if same_process { "the same process" } else { "the next process" };
                    let what = format!("{verb:?}, store: {strike:?} {when:?} call {n} (told: {told}), {who}");
                    if same_process {
                        aftermath::settle_and_check(&scene, &core, Some(&told), &what).await;
                    } else {
                        drop(core);
                        aftermath::check(&scene, Some(&told), &what).await;
                    }
                }
            }
        }
    }
}

async fn rack_is_full_everywhere(verb: Verb) {
    let known = undisturbed(verb).await;
    for limit in &known.commits[..known.commits.len() - 1] {
        let scene = Scene::new(verb).await;
        let ended = play(&scene, Inside::RackFull(*limit)).await;
        let what = format!("{verb:?}, the rack is full at {limit} (told: {:?})", ended.told);
        assert!(ended.told.is_some(), "{what}: {ended:?}");
        aftermath::check(&scene, ended.told.as_deref(), &what).await;
    }
}

for_each_verb! {
    store_fails_everywhere:
    add_over_a_failing_store: Add,
    revoking_itself_over_a_failing_store: RevokeItself,
    revoking_with_a_key_over_a_failing_store: RevokeByKey,
    revoking_with_a_password_over_a_failing_store: RevokeByPassword,
    forget_over_a_failing_store: Forget,
    rotating_in_place_over_a_failing_store: RotateInPlace,
    rotating_by_swap_over_a_failing_store: RotateSwap,
    rotating_by_twin_over_a_failing_store: RotateTwin,
    rotating_with_a_password_over_a_failing_store: RotateTwinByPassword,
    rotating_with_a_key_over_a_failing_store: RotateTwinByKey,
    creating_with_a_token_over_a_failing_store: CreateByToken,
    creating_with_a_password_over_a_failing_store: CreateByPassword,
    creating_with_a_key_over_a_failing_store: CreateByKey,
}

for_each_verb! {
    rack_is_full_everywhere:
    add_to_a_full_rack: Add,
    revoking_itself_on_a_full_rack: RevokeItself,
    revoking_with_a_key_on_a_full_rack: RevokeByKey,
    revoking_with_a_password_on_a_full_rack: RevokeByPassword,
    forget_on_a_full_rack: Forget,
    rotating_in_place_on_a_full_rack: RotateInPlace,
    rotating_by_swap_on_a_full_rack: RotateSwap,
    rotating_by_twin_on_a_full_rack: RotateTwin,
    rotating_with_a_password_on_a_full_rack: RotateTwinByPassword,
    rotating_with_a_key_on_a_full_rack: RotateTwinByKey,
    creating_with_a_token_on_a_full_rack: CreateByToken,
    creating_with_a_password_on_a_full_rack: CreateByPassword,
    creating_with_a_key_on_a_full_rack: CreateByKey,
}

/// What was taken back at the host is not said to be at large there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_kept_and_was_revoked_again_is_said_to_be_so() {
    let verb = Verb::CreateByPassword;
    let mut seen = 0;
    for n in 0..8 {
        let scene = Scene::new(verb).await;
        let store = Arc::new(Faulty::new(
            DirStore::open(scene.path()),
            Some((n, When::Before, Strike::FailFromHere(Failure::Locked))),
        ));
        let told = run(&scene.core_over(store), verb, &scene.target).await;
        let taken_back = scene.site.orders().iter().any(|o| o.contains("DELETE"));
        if !taken_back {
            continue;
        }
        seen += 1;
        assert_eq!(told.unwrap(), "failed");
        let settled = scene.core().recover().await.unwrap();
        assert!(settled.iter().all(|s| s.what.contains("was revoked at the host again")), "{settled:?}");
        assert_eq!(settled.len(), 1, "the store did not let go of it");
    }
    assert!(seen > 0, "the store never failed at the right moment");
}

/// A store that fails to forget what was rehearsed does not hide what came of the order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_is_unknown_also_where_the_store_fails_after_it() {
    for (verb, when) in [(Verb::RotateInPlace, When::Before), (Verb::RotateTwinByKey, When::Before)] {
        let order = {
            let scene = Scene::new(verb).await;
            let before = scene.site.requests();
            run(&scene.core(), verb, &scene.target).await.unwrap();
            scene.site.first_order().unwrap() - before
        };
        let scene = Scene::new(verb).await;
        scene.site.arm(order, when, HostStrike::DropFromHere);
        // It reads the old one, rehearses, asks; what comes then fails.
        let store =
            Faulty::new(DirStore::open(scene.path()), Some((2, When::Before, Strike::FailFromHere(Failure::Locked))));
        let core = scene.core_over(Arc::new(store));
        assert_eq!(run(&core, verb, &scene.target).await.unwrap(), "unknown", "{verb:?}");
        assert_eq!(core.rack.open_entries().unwrap().len(), 1, "{verb:?}: what is left in the store is found by it");
        drop(core);
        aftermath::check(&scene, Some("unknown"), &format!("{verb:?}, the store fails after the answer was lost"))
            .await;
    }
}
