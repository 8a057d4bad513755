//! What must hold after a creation that anything happened to: the host was asked once, and what it made is on the rack
//! whole or is said to be lost.

use keyrack::ops::Core;

use crate::aftermath::{healthy, invariants};
use crate::rotated::lives;
use crate::scene::{Scene, TARGET, is_present, run};
use crate::watched::makes;

pub async fn check(scene: &Scene, core: &Core, orders: &[String], told: Option<&str>, what: &str) {
    let asked = orders.iter().filter(|o| makes(o)).count();
    assert!(asked <= 1, "{what}: it was asked for twice: {orders:?}");
    let kept = core.rack.credential_by_label(TARGET).unwrap();
    if let Some(kept) = &kept {
        assert!(is_present(kept), "{what}: a record without a secret");
        // With the user name and kind of its own record.
        assert!(lives(scene, kept).await, "{what}: what is on the rack does not open the host: {kept:?}");
    }
    if told == Some("unknown") {
        assert!(kept.is_none(), "{what}: said to be unknown, and is on the rack");
    }

    // Once more, as the user would: it is made, or is there already.
    match run(core, scene.verb, &scene.target).await {
        Ok(word) => {
            assert!(kept.is_none(), "{what}: a second one of the same label: {word}");
            // One that was lost may have taken the last place there is.
            let full = word == "refused" && scene.site.made() > 0;
            assert!(full || word == "created", "{what}: a second run: {word}");
        }
        Err(error) => assert!(kept.is_some() && error.message.contains("taken"), "{what}: a second run: {error}"),
    }
    healthy(core, what).await;
    invariants(scene, core, what).await;
}
