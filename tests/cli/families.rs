//! What the table of families and verbs promises, kept at the command line: every family, every verb, one rack.

use std::sync::Arc;
use std::time::Duration;

use keyrack::domain::Kind;
use keyrack::hosts::facts::How;
use keyrack::hosts::{Family, families};
use keyrack::simulator::server::{self, Running};
use keyrack::simulator::{Site, sites};

use crate::support::{Home, Ran, clock, now};

/// Password of every simulated account.
const PASSWORD: &str = "keyrack-demo";

/// What a family's verbs are tried with: labels of its site's roster, and who signs.
struct Try {
    family: &'static str,
    /// The credential that is checked, looked into and rotated.
    label: &'static str,
    /// One more that signs where the first does not.
    signer: Option<&'static str>,
    /// Arguments of `inventory`, of `create` and of `rotate`, where the host does it.
    inventory: &'static str,
    create: &'static str,
    rotate: &'static str,
}

const fn row(family: &'static str, label: &'static str) -> Try {
    Try { family, label, signer: None, inventory: "", create: "", rotate: "" }
}

const TRIES: [Try; 14] = [
    Try {
        signer: Some("platform-installation"),
        inventory: "--using platform-installation",
        ..row("github", "ci-release")
    },
    Try {
        inventory: "--using acme-deploy",
        create: "--using acme-deploy --scope self_rotate",
        ..row("gitlab", "acme-deploy")
    },
    Try {
        signer: Some("azure-entra"),
        inventory: "--using azure-entra",
        create: "--using azure-entra --scope vso.code",
        rotate: "--using azure-entra",
        ..row("azure-devops", "azure-global")
    },
    row("bitbucket-cloud", "bitbucket-laptop"),
    Try { signer: Some("org-admin"), inventory: "--using org-admin", ..row("jira-cloud", "configuration-manager") },
    row("open-devops", "jira-deployments"),
    Try {
        inventory: "--using ask:jdoe",
        create: "--using ask:jdoe --permission REPO_READ",
        rotate: "--using ask:jdoe",
        ..row("bitbucket-datacenter", "bitbucket-read")
    },
    Try { inventory: "--using jira-sync", create: "--using ask:svc-sync", ..row("jira-datacenter", "jira-sync") },
    Try { inventory: "--using wiki-bot", create: "--using ask:wiki-bot", ..row("confluence-datacenter", "wiki-bot") },
    Try {
        inventory: "--using ask:jdoe",
        create: "--using ask:jdoe --permission READ",
        rotate: "--using ask:jdoe",
        ..row("bamboo", "bamboo-nightly")
    },
    Try { inventory: "--using aws-alice", create: "--using aws-alice", ..row("codecommit", "aws-alice") },
    Try {
        inventory: "--using ask:mara",
        create: "--using ask:mara --scope read:user",
        rotate: "--using ask:mara",
        ..row("forgejo", "forge-laptop")
    },
    row("fecru", "fisheye-admin"),
    row("generic", "service-metrics"),
];

/// The site of that family whose roster has the label, running.
async fn site_of(all: &[Arc<dyn Site>], one: &Try) -> Running {
    let has = |site: &&Arc<dyn Site>| {
        site.family().as_str() == one.family && site.roster(now()).iter().any(|c| c.label == one.label)
    };
    let site = all.iter().find(has).unwrap_or_else(|| panic!("no site has {}", one.label));
    server::start(Arc::clone(site), Duration::ZERO, clock()).await.unwrap()
}

async fn signed(home: &Home, line: &str) -> Ran {
    home.pipe(PASSWORD, line).await
}

/// Steps to follow, by number.
#[track_caller]
fn guides(ran: &Ran) {
    assert!(ran.out.contains("  1. ") || ran.err.contains("  1. "), "no steps in\n{ran}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_does_for_every_family_what_the_table_says() {
    let all = sites();
    let mut tried: Vec<&str> = TRIES.iter().map(|t| t.family).collect();
    let mut known: Vec<&str> = families().iter().map(|f| f.facts().id.as_str()).collect();
    tried.sort_unstable();
    known.sort_unstable();
    assert_eq!(tried, known, "every family has its line here");
    for one in &TRIES {
        let family = families().iter().find(|f| f.facts().id.as_str() == one.family).unwrap();
        let running = site_of(&all, one).await;
        let home = Home::new();
        home.host("here", &running).await;
        for label in one.signer.into_iter().chain([one.label]) {
            home.add(&running, label, "here").await;
        }
        walk(&home, one, *family).await;
    }
}

async fn walk(home: &Home, one: &Try, family: &dyn Family) {
    let verbs = &family.facts().verbs;
    let (id, label) = (one.family, one.label);

    let checked = home.run(&format!("check {label} --json")).await;
    assert!(checked.code <= 1, "{id} check: {checked}");
    let verdict = checked.json()["results"][0]["verdict"].as_str().unwrap_or_default().to_owned();
    assert!(["valid", "expiring", "limited"].contains(&verdict.as_str()), "{id} check: {checked}");

    let ran = home.run(&format!("permissions {label}")).await;
    assert!(ran.code <= 1 && !ran.out.is_empty(), "{id} permissions: {ran}");

    let ran = home.run(&format!("guide {id}")).await.exits(0);
    guides(&ran);

    let ran = signed(home, &format!("inventory here {}", one.inventory)).await;
    match verbs.inventory {
        How::AtHost => assert!(ran.code == 0 && ran.out.contains("listed"), "{id} inventory: {ran}"),
        _ => assert!(ran.code == 5 && ran.err.contains("has no list that can be read"), "{id} inventory: {ran}"),
    }

    let ran = home.run(&format!("revoke {label} --dry-run")).await.exits(0);
    match verbs.revoke {
        How::Guided => guides(&ran),
        _ => assert!(!ran.out.is_empty(), "{id} revoke: {ran}"),
    }

    let ran = home.run(&format!("token {label}")).await;
    let kind = home.rack().credential_by_label(label).unwrap().unwrap().kind;
    match family.minter() {
        Some(_) if kind == Kind::OauthClient => {
            assert!(ran.code == 0 && ran.out.starts_with("eyJ"), "{id} token: {ran}")
        }
        _ => {
            ran.exits(2).says("gives no short-lived tokens");
        }
    }

    let secret = || home.rack().credential_by_label(label).unwrap().unwrap().fingerprint;
    let before = secret();
    let stdin = if verbs.rotate == How::AtHost { PASSWORD } else { "" };
    let ran = home.pipe(stdin, &format!("rotate {label} --yes {}", one.rotate)).await;
    let after = secret();
    match verbs.rotate {
        // The old one may live on where the host does not say which of its lines it is; that is told, and exits 5.
        How::AtHost => {
            assert!(ran.code == 0 || ran.code == 5 && ran.out.contains("the old one lives"), "{id} rotate: {ran}");
            assert!(ran.out.contains(": rotated"), "{id} rotate: {ran}");
            assert_ne!(before, after, "{id}: {ran}");
        }
        _ => {
            assert!(ran.code == 5 && ran.out.contains("by hand"), "{id} rotate: {ran}");
            guides(&ran);
            assert_eq!(before, after, "{id}: {ran}");
        }
    }

    // Last: some hosts let an account have two at most.
    let ran = signed(home, &format!("create --label made --host here {}", one.create)).await;
    match verbs.create {
        How::AtHost => {
            assert!(ran.code == 0 && ran.out.contains("made: created"), "{id} create: {ran}");
            home.run("show made").await.exits(0);
        }
        _ => {
            assert!(ran.code == 5 && ran.out.contains("made: by hand"), "{id} create: {ran}");
            guides(&ran);
            home.run("show made").await.exits(2);
        }
    }
}
