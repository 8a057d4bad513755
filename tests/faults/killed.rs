//! Killed at every step: before and after each call of the secret store and each request, and before each commit of the
//! rack.

use crate::aftermath;
use crate::child::{Inside, play};
use crate::scene::{Scene, Verb, for_each_verb};
use crate::store::{BOTH, When};
use crate::watched::HostStrike;

/// What an undisturbed run does.
pub struct Undisturbed {
    pub calls: usize,
    pub requests: usize,
    /// Sizes of the rack's log after each of its commits.
    pub commits: Vec<u64>,
    pub told: String,
}

pub async fn undisturbed(verb: Verb) -> Undisturbed {
    let scene = Scene::new(verb).await;
    let before = scene.site.requests();
    let ended = play(&scene, Inside::Nowhere).await;
    assert!(ended.status.success(), "{verb:?}: {ended:?}");
    let log = std::fs::read(scene.path().join("log-at-the-end")).unwrap();
    let known = Undisturbed {
        calls: ended.calls,
        requests: scene.site.requests() - before,
        commits: commits(&log),
        told: ended.told.unwrap(),
    };
    aftermath::check(&scene, Some(&known.told), &format!("{verb:?} undisturbed")).await;
    known
}

/// Ends of the transactions in a log of SQLite: a frame that ends one says how large the file is then.
/// <https://www.sqlite.org/fileformat.html#the_write_ahead_log>
fn commits(log: &[u8]) -> Vec<u64> {
    const HEADER: usize = 32;
    const FRAME: usize = 24;
    let word = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let page = usize::try_from(word(8)).unwrap();
    let mut ends = vec![0];
    let mut at = HEADER;
    while at + FRAME + page <= log.len() {
        let ends_transaction = word(at + 4) != 0;
        at += FRAME + page;
        if ends_transaction {
            ends.push(at as u64);
        }
    }
    ends
}

async fn killed_everywhere(verb: Verb) {
    let known = undisturbed(verb).await;
    for n in 0..known.calls {
        for when in BOTH {
            let scene = Scene::new(verb).await;
            let ended = play(&scene, Inside::Store(n, when)).await;
            let what = format!("{verb:?}, killed {when:?} call {n} of the store");
            assert!(!ended.status.success(), "{what}: {ended:?}");
            aftermath::check(&scene, ended.told.as_deref(), &what).await;
        }
    }
    for n in 0..known.requests {
        for when in BOTH {
            let scene = Scene::new(verb).await;
            scene.site.arm(n, when, HostStrike::KillAsker);
            let ended = play(&scene, Inside::Nowhere).await;
            let what = format!("{verb:?}, killed {when:?} request {n}");
            assert!(!ended.status.success(), "{what}: {ended:?}");
            aftermath::check(&scene, ended.told.as_deref(), &what).await;
        }
    }
    let mut struck = 0;
    for limit in &known.commits[..known.commits.len() - 1] {
        let scene = Scene::new(verb).await;
        // The lock that tells that a process lives is a file too, of no bytes; the log's first header needs some.
        let ended = play(&scene, Inside::RackKill(*limit)).await;
        let what = format!("{verb:?}, killed writing the rack's log at {limit}");
        struck += usize::from(!ended.status.success());
        aftermath::check(&scene, ended.told.as_deref(), &what).await;
    }
    assert!(struck + 1 >= known.commits.len() - 1, "{verb:?}: only {struck} of {:?}", known.commits);
}

for_each_verb! {
    killed_everywhere:
    add: Add,
    revoking_itself: RevokeItself,
    revoking_with_a_key: RevokeByKey,
    revoking_with_a_password: RevokeByPassword,
    forget: Forget,
    rotating_in_place: RotateInPlace,
    rotating_by_swap: RotateSwap,
    rotating_by_twin: RotateTwin,
    rotating_by_twin_with_a_password: RotateTwinByPassword,
    rotating_by_twin_with_a_key: RotateTwinByKey,
    creating_with_a_token: CreateByToken,
    creating_with_a_password: CreateByPassword,
    creating_with_a_key: CreateByKey,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_patterns_are_what_they_are_said_to_be() {
    let told: Vec<_> = futures_util::future::join_all(Verb::ALL.map(undisturbed)).await;
    for (verb, known) in Verb::ALL.into_iter().zip(&told) {
        let word = match verb {
            Verb::Add => "added",
            Verb::Forget => "forgotten",
            verb if verb.is_revoke() => "revoked",
            verb if verb.is_create() => "created",
            _ => "rotated",
        };
        assert_eq!(known.told, word, "{verb:?}");
    }
    // An order that was carried out and whose process was killed before it could know.
    let scene = Scene::new(Verb::RevokeItself).await;
    let last = told[1].requests - 1;
    scene.site.arm(last, When::After, HostStrike::KillAsker);
    play(&scene, Inside::Nowhere).await;
    assert_eq!(scene.site.orders().len(), 1);
}
