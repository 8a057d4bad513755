//! The store or the rack fails at every step, and keyrack lives on.

use std::sync::Arc;

use crate::aftermath;
use crate::child::{Inside, play};
use crate::killed::undisturbed;
use crate::scene::{Scene, Verb, run};
use crate::store::{BOTH, DirStore, Failure, Faulty, Strike};

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

macro_rules! everywhere {
    ($($store:ident, $rack:ident: $verb:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $store() {
            store_fails_everywhere(Verb::$verb).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $rack() {
            rack_is_full_everywhere(Verb::$verb).await;
        }
    )+};
}

everywhere! {
    add_over_a_failing_store, add_to_a_full_rack: Add,
    revoking_itself_over_a_failing_store, revoking_itself_on_a_full_rack: RevokeItself,
    revoking_with_a_key_over_a_failing_store, revoking_with_a_key_on_a_full_rack: RevokeByKey,
    revoking_with_a_password_over_a_failing_store, revoking_with_a_password_on_a_full_rack: RevokeByPassword,
    forget_over_a_failing_store, forget_on_a_full_rack: Forget,
    rotating_in_place_over_a_failing_store, rotating_in_place_on_a_full_rack: RotateInPlace,
    rotating_by_swap_over_a_failing_store, rotating_by_swap_on_a_full_rack: RotateSwap,
    rotating_by_twin_over_a_failing_store, rotating_by_twin_on_a_full_rack: RotateTwin,
    rotating_with_a_password_over_a_failing_store, rotating_with_a_password_on_a_full_rack: RotateTwinByPassword,
    rotating_with_a_key_over_a_failing_store, rotating_with_a_key_on_a_full_rack: RotateTwinByKey,
    creating_with_a_token_over_a_failing_store, creating_with_a_token_on_a_full_rack: CreateByToken,
    creating_with_a_password_over_a_failing_store, creating_with_a_password_on_a_full_rack: CreateByPassword,
    creating_with_a_key_over_a_failing_store, creating_with_a_key_on_a_full_rack: CreateByKey,
}
