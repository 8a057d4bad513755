//! The host's answer is lost, at every request.

use keyrack::domain::Verdict;

use crate::aftermath;
use crate::scene::{Scene, TARGET, Verb, for_each_verb, is_present, run};
use crate::store::{BOTH, When};
use crate::watched::HostStrike;

async fn requests(verb: Verb) -> usize {
    let scene = Scene::new(verb).await;
    let before = scene.site.requests();
    run(&scene.core(), verb, &scene.target).await.unwrap();
    scene.site.requests() - before
}

async fn lost_everywhere(verb: Verb) {
    for n in 0..requests(verb).await {
        for when in BOTH {
            for strike in [HostStrike::Drop, HostStrike::DropFromHere] {
                let scene = Scene::new(verb).await;
                scene.site.arm(n, when, strike);
                let told = run(&scene.core(), verb, &scene.target).await.unwrap_or_else(|_| "error".into());
                let what = format!("{verb:?}, {strike:?} {when:?} request {n} (told: {told})");
                aftermath::check(&scene, Some(&told), &what).await;
            }
        }
    }
}

for_each_verb! {
    lost_everywhere:
    add: Add,
    revoking_itself: RevokeItself,
    revoking_with_a_key: RevokeByKey,
    revoking_with_a_password: RevokeByPassword,
    rotating_in_place: RotateInPlace,
    rotating_by_swap: RotateSwap,
    rotating_by_twin: RotateTwin,
    rotating_by_twin_with_a_password: RotateTwinByPassword,
    rotating_by_twin_with_a_key: RotateTwinByKey,
    creating_with_a_token: CreateByToken,
    creating_with_a_password: CreateByPassword,
    creating_with_a_key: CreateByKey,
}

/// The request of the order, counted from 0.
async fn place_of_the_order(verb: Verb) -> usize {
    let scene = Scene::new(verb).await;
    let before = scene.site.requests();
    run(&scene.core(), verb, &scene.target).await.unwrap();
    scene.site.first_order().unwrap() - before
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_is_unknown_and_the_secret_is_kept() {
    let verb = Verb::RevokeItself;
    let order = place_of_the_order(verb).await;
    for when in BOTH {
        let scene = Scene::new(verb).await;
        scene.site.arm(order, when, HostStrike::DropFromHere);
        let core = scene.core();
        assert_eq!(run(&core, verb, &scene.target).await.unwrap(), "unknown");
        let record = core.by_label(TARGET).unwrap();
        assert!(is_present(&record));
        assert_eq!(core.rack.open_entries().unwrap(), [], "the user was told: nothing is left to settle");
        scene.site.disarm();
        // It was carried out or not; either way a check tells.
        assert_eq!(scene.verdict().await.verdict.is_dead(), when == When::After);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_is_not_needed_where_the_host_is_seen_to_refuse() {
    let verb = Verb::RevokeItself;
    let order = place_of_the_order(verb).await;
    let scene = Scene::new(verb).await;
    scene.site.arm(order, When::After, HostStrike::Drop);
    assert_eq!(run(&scene.core(), verb, &scene.target).await.unwrap(), "revoked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_while_its_order_was_under_way_leaves_word_of_it() {
    let verb = Verb::RevokeItself;
    let order = place_of_the_order(verb).await;
    let scene = Scene::new(verb).await;
    scene.site.arm(order, When::After, HostStrike::KillAsker);
    crate::child::play(&scene, crate::child::Inside::Nowhere).await;
    let core = scene.core();
    let settled = core.recover().await.unwrap();
    assert!(settled.iter().any(|s| s.label == TARGET && s.what.contains("check it")), "{settled:?}");
    // Whoever did not see that message finds it on the rack.
    let record = core.by_label(TARGET).unwrap();
    let standing = core.rack.standings().unwrap().into_iter().find(|s| s.credential == record.id).unwrap();
    assert_eq!(standing.verdict, Verdict::Unchecked);
    assert!(standing.reason.contains("revoke"), "{}", standing.reason);
}
