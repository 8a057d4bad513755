//! The families against the simulated installations: every verb from end to end.

use std::sync::Arc;

use keyrack::domain::{CreateRequest, CreatedToken, Kind, Predecessor, RemoteList, Validation, Verdict};
use keyrack::hosts::{Act, Authority, Detection, Outcome, Revocation};
use keyrack::simulator::jira_datacenter::PASSWORD;
use keyrack::simulator::{SimCredential, Site};

use super::{ALL, BAMBOO, CONFLUENCE, JIRA, Product};
use crate::support::{self, Direct, host_of, now, token, wire};

struct Demo {
    product: Product,
    site: Arc<dyn Site>,
}

impl Demo {
    fn new(product: Product) -> Self {
        let site = (product.site)();
        Self { product, site }
    }

    fn credential(&self, label: &str) -> SimCredential {
        self.site.roster(now()).into_iter().find(|c| c.label == label).unwrap_or_else(|| panic!("no {label}"))
    }

    async fn check(&self, c: &SimCredential) -> Validation {
        self.check_secret(c.kind, c.username.as_deref(), &c.secret).await
    }

    async fn check_secret(&self, kind: Kind, username: Option<&str>, secret: &str) -> Validation {
        let transport = Direct(Arc::clone(&self.site));
        support::validate(self.product.family, &host_of(&*self.site), &transport, kind, username, &token(secret)).await
    }

    async fn revoke(&self, c: &SimCredential, remote_id: Option<&str>, using: Option<&Authority>) -> Revocation {
        let transport = Direct(Arc::clone(&self.site));
        let (host, secret) = (host_of(&*self.site), token(&c.secret));
        let name = c.username.as_deref();
        support::revoke(self.product.family, &host, &transport, c.kind, name, &secret, remote_id, using).await
    }

    async fn create(&self, using: &Authority, request: &CreateRequest) -> Outcome<CreatedToken> {
        let (transport, host) = (Direct(Arc::clone(&self.site)), host_of(&*self.site));
        let act = Act { wire: wire(self.product.family, &host, &transport, &[&using.secret]), host: &host, using };
        self.product.family.creator().unwrap().create(&act, request).await
    }

    async fn list(&self, using: &Authority) -> RemoteList {
        let (transport, host) = (Direct(Arc::clone(&self.site)), host_of(&*self.site));
        let act = Act { wire: wire(self.product.family, &host, &transport, &[&using.secret]), host: &host, using };
        match self.product.family.lister().unwrap().list(&act).await {
            Outcome::Done(list) => list,
            other => panic!("{other:?}"),
        }
    }

    async fn revoke_ids(&self, using: &Authority, ids: &[String]) -> Vec<Revocation> {
        let (transport, host) = (Direct(Arc::clone(&self.site)), host_of(&*self.site));
        let act = Act { wire: wire(self.product.family, &host, &transport, &[&using.secret]), host: &host, using };
        self.product.family.lister().unwrap().revoke(&act, ids).await
    }

    /// The label of the first credential, whose user has this one token.
    fn first(&self) -> SimCredential {
        self.site.roster(now()).remove(0)
    }
}

fn password(user: &str) -> Authority {
    Authority { one_time_code: None, kind: None, username: Some(user.into()), secret: token(PASSWORD) }
}

fn signed_by(c: &SimCredential) -> Authority {
    Authority { one_time_code: None, kind: Some(c.kind), username: c.username.clone(), secret: token(&c.secret) }
}

#[tokio::test]
async fn every_roster_entry_gives_its_verdict() {
    for product in ALL {
        let demo = Demo::new(product);
        let roster = demo.site.roster(now());
        assert!(roster.len() >= 8);
        for credential in roster {
            let found = demo.check(&credential).await;
            assert_eq!(found.verdict, credential.expect, "{}: {found:#?}", credential.label);
            assert!(!format!("{found:?}").contains(&credential.secret), "{}", credential.label);
        }
    }
}

#[tokio::test]
async fn the_sites_are_detected_and_told_apart() {
    for product in ALL {
        let demo = Demo::new(product);
        let (host, transport) = (host_of(&*demo.site), Direct(Arc::clone(&demo.site)));
        for other in ALL {
            let wire = wire(other.family, &host, &transport, &[]);
            let found = other.family.detect(&wire).await;
            assert_eq!(matches!(found, Detection::Found { .. }), other.name == demo.product.name, "{found:?}");
        }
    }
}

#[tokio::test]
async fn a_context_path_that_was_left_out_is_found_at_the_site() {
    for product in ALL {
        let demo = Demo::new(product);
        let credential = demo.first();
        let mut host = host_of(&*demo.site);
        let right = host.url.clone();
        let root = "http://127.0.0.1:1".to_owned();
        host.endpoints = [("web".to_owned(), root)].into();
        let transport = Direct(Arc::clone(&demo.site));
        let secret = token(&credential.secret);
        let found = support::validate(demo.product.family, &host, &transport, Kind::Pat, None, &secret).await;
        demo.product.assert_found(&found, Verdict::Unreachable, "context-path-found");
        assert!(found.findings[0].remedy.contains(&right));
    }
}

#[tokio::test]
async fn spare_credentials_are_valid_distinct_and_stable() {
    for product in ALL {
        let demo = Demo::new(product);
        let spares: Vec<_> = (0..3).map(|n| demo.site.spare(n, now())).collect();
        assert_eq!(demo.site.spare(2, now()).secret, spares[2].secret);
        assert!(spares[0].secret != spares[1].secret && spares[0].label != spares[1].label);
        for spare in &spares {
            let found = demo.check(spare).await;
            assert_eq!((found.verdict, found.remote_id), (Verdict::Valid, None), "{}", spare.label);
        }
    }
}

#[tokio::test]
async fn rotating_makes_a_twin_and_then_the_old_one_dies() {
    for product in [JIRA, CONFLUENCE] {
        let demo = Demo::new(product);
        let old = demo.first();
        let before = demo.check(&old).await;
        let id = before.remote_id.clone().expect("the only one of its user");
        let predecessor = Predecessor {
            label: &old.label,
            kind: old.kind,
            username: old.username.as_deref(),
            last: Some(&before),
            expires: None,
            now: now(),
        };
        let wish = demo.product.family.creator().unwrap().successor(&host_of(&*demo.site), &predecessor);
        assert_eq!(wish.name, old.label);
        let Outcome::Done(new) = demo.create(&signed_by(&old), &wish).await else { panic!() };
        let fresh = new.secret.token.reveal().to_owned();
        let seen = demo.check_secret(Kind::Pat, old.username.as_deref(), &fresh).await;
        assert_eq!(seen.verdict, Verdict::Valid);
        assert_eq!(demo.revoke(&old, Some(&id), None).await, Revocation::Accepted);
        assert!(demo.check(&old).await.verdict.is_dead());
        let alone = demo.check_secret(Kind::Pat, old.username.as_deref(), &fresh).await;
        assert_eq!((alone.verdict, alone.remote_id), (Verdict::Valid, new.remote_id));
        assert!(alone.expiry.at().is_some());
    }
}

#[tokio::test]
async fn bamboo_tokens_rotate_by_password_with_their_permissions() {
    let demo = Demo::new(BAMBOO);
    let old = demo.credential("bamboo-deploy");
    let before = demo.check(&old).await;
    let names: Vec<&str> = before.grants.iter().map(|g| g.name.as_str()).collect();
    assert_eq!((names.as_slice(), before.all_grants_told), (&["TRIGGER", "READ"][..], true));
    let predecessor = Predecessor {
        label: &old.label,
        kind: old.kind,
        username: old.username.as_deref(),
        last: Some(&before),
        expires: None,
        now: now(),
    };
    let wish = BAMBOO.family.creator().unwrap().successor(&host_of(&*demo.site), &predecessor);
    // A token that only triggers manages no tokens.
    let Outcome::Refused(said) = demo.create(&signed_by(&old), &wish).await else { panic!() };
    BAMBOO.assert_found(&said, Verdict::Unreachable, "signer-not-permitted");
    let Outcome::Done(new) = demo.create(&password("deployer"), &wish).await else { panic!() };
    assert_eq!(new.grants.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["TRIGGER"]);
    let done = demo.revoke(&old, before.remote_id.as_deref(), Some(&password("deployer"))).await;
    assert_eq!(done, Revocation::Accepted);
    assert!(demo.check(&old).await.verdict.is_dead());
    let seen = demo.check_secret(Kind::Pat, Some("deployer"), new.secret.token.reveal()).await;
    assert_eq!((seen.verdict, seen.remote_id), (Verdict::Valid, new.remote_id));
}

#[tokio::test]
async fn one_of_several_is_hinted_at_by_its_use() {
    let demo = Demo::new(JIRA);
    let admin = demo.credential("jira-admin");
    let found = demo.check(&admin).await;
    JIRA.assert_found(&found, Verdict::Valid, "own-record-likely");
    assert!(found.findings[0].title.contains("jira-admin"), "{found:#?}");
    let Revocation::Unsupported(said) = demo.revoke(&admin, None, None).await else { panic!() };
    JIRA.assert_found(&said, Verdict::Unreachable, "which-token");
    assert_eq!(demo.check(&admin).await.verdict, Verdict::Valid, "nothing was deleted");
}

#[tokio::test]
async fn an_inventory_by_password_lists_the_users_own() {
    for (product, user) in [(JIRA, "reporter"), (CONFLUENCE, "jdoe"), (BAMBOO, "jdoe")] {
        let demo = Demo::new(product);
        let list = demo.list(&password(user)).await;
        assert!(!list.tokens.is_empty() && list.of == user, "{list:?}");
        assert!(list.tokens.iter().all(|t| t.owner == user && t.created_at.is_some()));
    }
}

#[tokio::test]
async fn a_system_administrator_revokes_a_strangers_token_by_its_id() {
    for (product, stranger) in [(JIRA, "jira-sync"), (CONFLUENCE, "wiki-bot")] {
        let demo = Demo::new(product);
        let list = demo.list(&password("ana")).await;
        assert!(list.of.contains("every user"), "{}", list.of);
        let theirs = list.tokens.iter().find(|t| t.name == stranger).unwrap();
        let others: Vec<_> = list.tokens.iter().filter(|t| t.id != theirs.id).map(|t| t.id.clone()).collect();
        let done = demo.revoke_ids(&password("ana"), std::slice::from_ref(&theirs.id)).await;
        assert_eq!(done, [Revocation::Accepted]);
        assert!(demo.check(&demo.credential(stranger)).await.verdict.is_dead());
        let after: Vec<_> = demo.list(&password("ana")).await.tokens.into_iter().map(|t| t.id).collect();
        assert_eq!(after, others, "and no other");
        // Somebody else may not.
        let done = demo.revoke_ids(&password("jdoe"), &others[..1]).await.remove(0);
        let Revocation::Refused(said) = done else { panic!("{done:?}") };
        demo.product.assert_found(&said, Verdict::Unreachable, "not-yours");
    }
}

#[tokio::test]
async fn the_limit_of_ten_is_met_and_told() {
    for product in [JIRA, CONFLUENCE] {
        let demo = Demo::new(product);
        let user = demo.first().username.unwrap();
        let wish = |n: usize| CreateRequest { name: format!("t{n}"), ..CreateRequest::default() };
        for n in 0..9 {
            assert!(matches!(demo.create(&password(&user), &wish(n)).await, Outcome::Done(_)), "{n}");
        }
        let Outcome::Refused(said) = demo.create(&password(&user), &wish(9)).await else { panic!() };
        demo.product.assert_found(&said, Verdict::Unreachable, "token-limit");
    }
}

#[tokio::test]
async fn wrong_passwords_lead_to_a_captcha_and_tokens_go_on() {
    for product in ALL {
        let demo = Demo::new(product);
        let first = demo.first();
        let wrong = Authority { secret: token("not-the-password"), ..password(first.username.as_deref().unwrap()) };
        for expected in ["wrong-password", "wrong-password", "wrong-password", "captcha"] {
            let done = demo.revoke(&first, Some("1"), Some(&wrong)).await;
            let Revocation::Refused(said) = done else { panic!("{done:?}") };
            assert_eq!(said.findings[0].code, format!("{}.{expected}", demo.product.name));
        }
        assert_eq!(demo.check(&first).await.verdict, Verdict::Valid, "tokens are not passwords");
    }
}

#[tokio::test]
async fn a_user_without_basic_is_sent_to_the_browser() {
    for product in ALL {
        let demo = Demo::new(product);
        let wish = CreateRequest { name: "x".into(), ..CreateRequest::default() };
        let Outcome::Unsupported(said) = demo.create(&password("remote"), &wish).await else { panic!() };
        demo.product.assert_found(&said, Verdict::Blocked, "basic-disabled");
    }
}
