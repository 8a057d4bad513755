//! The family against a simulated Forgejo 16 and Gitea 1.27, and older ones of both.

use std::collections::BTreeSet;
use std::sync::Arc;

use keyrack::domain::{CreateRequest, CreatedToken, Kind, Predecessor, Validation, Verdict};
use keyrack::hosts::forgejo::Forgejo;
use keyrack::hosts::recognise::recognise;
use keyrack::hosts::{Act, Authority, Detection, Family, Outcome, Revocation};
use keyrack::secret::SecretText;
use keyrack::simulator::forgejo::{ForgejoSite, ONE_TIME_CODE, PASSWORD};
use keyrack::simulator::{SimCredential, Site};

use crate::support::{self, Direct, host_of, now, token, wire};

struct Demo(Arc<dyn Site>);

impl Demo {
    fn new(site: ForgejoSite) -> Self {
        Self(Arc::new(site))
    }

    fn held(&self, label: &str) -> SimCredential {
        self.0.roster(now()).into_iter().find(|c| c.label == label).unwrap_or_else(|| panic!("{label}"))
    }

    async fn check(&self, held: &SimCredential) -> Validation {
        let (host, secret, direct) = (host_of(&*self.0), token(&held.secret), Direct(Arc::clone(&self.0)));
        let found = support::validate(&Forgejo, &host, &direct, held.kind, held.username.as_deref(), &secret).await;
        assert!(!format!("{found:?}").contains(&held.secret), "{}: {found:#?}", held.label);
        found
    }

    async fn create(&self, using: &Authority, request: &CreateRequest) -> Outcome<CreatedToken> {
        let (host, direct) = (host_of(&*self.0), Direct(Arc::clone(&self.0)));
        let act = Act { wire: wire(&Forgejo, &host, &direct, &[&using.secret]), host: &host, using };
        Forgejo.creator().unwrap().create(&act, request).await
    }

    async fn revoke(&self, held: &SimCredential, id: Option<&str>, using: Option<&Authority>) -> Revocation {
        let (host, secret, direct) = (host_of(&*self.0), token(&held.secret), Direct(Arc::clone(&self.0)));
        let user = held.username.as_deref();
        support::revoke(&Forgejo, &host, &direct, held.kind, user, &secret, id, using).await
    }
}

fn sites() -> [Demo; 2] {
    [Demo::new(ForgejoSite::forgejo()), Demo::new(ForgejoSite::gitea())]
}

fn password(user: &str, code: bool) -> Authority {
    Authority {
        kind: None,
        username: Some(user.into()),
        secret: token(PASSWORD),
        one_time_code: code.then(|| SecretText::from(ONE_TIME_CODE)),
    }
}

fn signed_by(held: &SimCredential) -> Authority {
    Authority {
        kind: Some(held.kind),
        username: held.username.clone(),
        secret: token(&held.secret),
        one_time_code: None,
    }
}

fn wish(name: &str, scopes: &[&str]) -> CreateRequest {
    let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
    CreateRequest { name: name.into(), scopes, ..CreateRequest::default() }
}

fn code<T: std::fmt::Debug>(outcome: Outcome<T>) -> String {
    match outcome {
        Outcome::Refused(found) | Outcome::Unsupported(found) => found.findings[0].code.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_roster_entry_gives_its_verdict() {
    for demo in sites() {
        for held in demo.0.roster(now()) {
            let found = demo.check(&held).await;
            assert_eq!(found.verdict, held.expect, "{}: {found:#?}", held.label);
            if let Some(who) = &found.identity {
                assert_eq!(Some(&who.login), held.username.as_ref(), "{}", held.label);
            }
        }
    }
}

#[test]
fn the_rosters_show_every_verdict_that_the_family_can_give() {
    let seen: BTreeSet<Verdict> = sites().iter().flat_map(|d| d.0.roster(now())).map(|c| c.expect).collect();
    let all = [
        Verdict::Valid,
        Verdict::Unreachable,
        Verdict::Limited,
        Verdict::Blocked,
        Verdict::Rejected,
        Verdict::Expired,
        Verdict::Revoked,
    ];
    assert_eq!(seen, BTreeSet::from(all));
}

#[test]
fn fake_tokens_are_well_formed_and_distinct() {
    let mut secrets = BTreeSet::new();
    for demo in sites() {
        for held in demo.0.roster(now()).into_iter().chain((0..50).map(|n| demo.0.spare(n, now()))) {
            assert!(secrets.insert(held.secret.clone()), "{}", held.label);
            assert!(recognise(&held.secret).iter().any(|c| c.family.as_str() == "forgejo"), "{}", held.label);
        }
    }
}

#[tokio::test]
async fn spare_credentials_are_valid_and_both_hosts_are_detected() {
    for (demo, product, version) in
        sites().into_iter().zip([("Forgejo", "16.0.1"), ("Gitea", "1.27.1")]).map(|(d, (p, v))| (d, p, v))
    {
        for n in [0, 7, 4_711] {
            let found = demo.check(&demo.0.spare(n, now())).await;
            assert!(found.verdict == Verdict::Valid && found.all_grants_told, "{found:#?}");
        }
        let (host, direct) = (host_of(&*demo.0), Direct(Arc::clone(&demo.0)));
        let found = Forgejo.detect(&wire(&Forgejo, &host, &direct, &[])).await;
        assert_eq!(found, Detection::Found { product: product.into(), version: Some(version.into()) });
    }
}

#[tokio::test]
async fn what_each_product_tells_of_a_token() {
    let [forgejo, gitea] = sites();
    let laptop = forgejo.check(&forgejo.held("forge-laptop")).await;
    assert!(laptop.all_grants_told && laptop.remote_id.is_some() && laptop.created_at.is_some(), "{laptop:#?}");
    let ci = forgejo.check(&forgejo.held("forge-ci")).await;
    assert_eq!(ci.findings[0].code, "forgejo.user-scope-missing");
    let ci = gitea.check(&gitea.held("gitea-ci")).await;
    assert!(ci.identity.is_some() && ci.last_used.is_some() && ci.all_grants_told, "{ci:#?}");
}

#[tokio::test]
async fn a_token_is_made_by_password_works_and_is_deleted_again() {
    for demo in sites() {
        for (user, needs_code) in [("mara", false), ("coda", true)] {
            let Outcome::Done(made) = demo.create(&password(user, needs_code), &wish("new", &["read:user"])).await
            else {
                panic!("{user}")
            };
            let held = SimCredential {
                secret: made.secret.token.reveal().to_owned(),
                username: Some(user.into()),
                kind: Kind::Pat,
                ..demo.0.spare(0, now())
            };
            let found = demo.check(&held).await;
            assert_eq!((found.verdict, found.remote_id), (Verdict::Valid, made.remote_id.clone()));
            let done = demo.revoke(&held, made.remote_id.as_deref(), Some(&password(user, needs_code))).await;
            assert_eq!(done, Revocation::Accepted);
            assert_eq!(demo.check(&held).await.verdict, Verdict::Rejected);
        }
    }
}

#[tokio::test]
async fn refusals_come_in_each_products_words() {
    let [forgejo, gitea] = sites();
    let request = wish("new", &["read:user"]);
    assert_eq!(code(forgejo.create(&password("coda", false), &request).await), "forgejo.otp-wrong");
    assert_eq!(code(gitea.create(&password("coda", false), &request).await), "forgejo.wrong-password");
    for demo in [&forgejo, &gitea] {
        assert_eq!(code(demo.create(&password("kiki", false), &request).await), "forgejo.security-key");
        let wrong = Authority { secret: token("not-the-password"), ..password("mara", false) };
        let refused = demo.create(&wrong, &request).await;
        assert!(!format!("{refused:?}").contains("not-the-password"));
        assert_eq!(code(refused), "forgejo.wrong-password");
        let taken = wish(if demo.0.name().starts_with("forge") { "forge-laptop" } else { "gitea-laptop" }, &["all"]);
        assert_eq!(code(demo.create(&password("mara", false), &taken).await), "forgejo.name-taken");
    }
    let mut nowhere = wish("new", &["read:repository"]);
    nowhere.at = Some("mara/nope".into());
    assert_eq!(code(forgejo.create(&password("mara", false), &nowhere).await), "forgejo.bad-repositories");
}

#[tokio::test]
async fn a_token_in_the_place_of_the_password_goes_by_the_version() {
    let request = wish("new", &["read:user"]);
    let gitea = Demo::new(ForgejoSite::gitea());
    let laptop = signed_by(&gitea.held("gitea-laptop"));
    assert!(matches!(gitea.create(&laptop, &request).await, Outcome::Done(_)));
    assert_eq!(code(gitea.create(&laptop, &wish("more", &["all"])).await), "forgejo.broader-scope");
    let reader = signed_by(&gitea.held("gitea-codes"));
    assert_eq!(code(gitea.create(&reader, &wish("other", &["read:user"])).await), "forgejo.signer-scope-missing");
    let old = Demo::new(ForgejoSite::forgejo_at(10, 0));
    let held = old.held("forge-laptop");
    assert_eq!(code(old.create(&signed_by(&held), &request).await), "forgejo.signer-scope-missing");
    let strict = Demo::new(ForgejoSite::forgejo_at(15, 0));
    assert_eq!(code(strict.create(&signed_by(&held), &request).await), "forgejo.authority-unfit");
}

#[tokio::test]
async fn a_site_administrator_replaces_a_limited_token_with_all_its_limits() {
    let demo = Demo::new(ForgejoSite::forgejo());
    let admin = signed_by(&demo.held("forge-admin"));
    // The limits of the old one, as its account's password shows them.
    let held = demo.held("forge-site-only");
    let mut last = demo.check(&held).await;
    assert_eq!(last.findings[0].code, "forgejo.user-scope-missing", "such a token cannot see its account");
    last.grants = ["write:repository", "read:issue"].map(keyrack::domain::Grant::told).to_vec();
    last.limited_to = vec!["mara/site".to_owned()];
    let host = host_of(&*demo.0);
    let old = Predecessor {
        label: &held.label,
        kind: Kind::Pat,
        username: Some("mara"),
        last: Some(&last),
        expires: None,
        now: now(),
    };
    let request = Forgejo.creator().unwrap().successor(&host, &old);
    let Outcome::Done(made) = demo.create(&admin, &request).await else { panic!("{request:?}") };
    assert_eq!(made.username.as_deref(), Some("mara"));
    let Outcome::Done(list) = list(&demo, &password("mara", false)).await else { panic!() };
    let row = list.tokens.iter().find(|t| Some(&t.id) == made.remote_id.as_ref()).unwrap();
    assert_eq!(row.notes, ["limited to mara/site"]);
    assert_eq!(demo.revoke(&held, None, Some(&admin)).await, Revocation::Accepted);
    assert_eq!(demo.check(&held).await.verdict, Verdict::Rejected);
}

async fn list(demo: &Demo, using: &Authority) -> Outcome<keyrack::domain::RemoteList> {
    let (host, direct) = (host_of(&*demo.0), Direct(Arc::clone(&demo.0)));
    let act = Act { wire: wire(&Forgejo, &host, &direct, &[&using.secret]), host: &host, using };
    Forgejo.lister().unwrap().list(&act).await
}

#[tokio::test]
async fn lists_are_given_by_whom_each_version_lets() {
    let [forgejo, gitea] = sites();
    let Outcome::Done(own) = list(&forgejo, &signed_by(&forgejo.held("forge-laptop"))).await else { panic!() };
    assert!(own.of == "mara" && own.tokens.iter().any(|t| t.name == "forge-laptop"));
    let Outcome::Done(own) = list(&gitea, &signed_by(&gitea.held("gitea-laptop"))).await else { panic!() };
    assert!(own.tokens.iter().any(|t| t.name == "gitea-before-scopes" && !t.notes.is_empty()), "{own:#?}");
    assert!(matches!(list(&gitea, &password("mara", false)).await, Outcome::Done(_)));
}

#[tokio::test]
async fn on_gitea_a_token_deletes_itself() {
    let demo = Demo::new(ForgejoSite::gitea());
    let held = demo.held("gitea-key");
    assert_eq!(demo.revoke(&held, None, None).await, Revocation::Accepted);
    assert_eq!(demo.check(&held).await.verdict, Verdict::Rejected);
    // Before 1.27 it takes the password, and for an account with a security key the browser.
    let old = Demo::new(ForgejoSite::gitea_at(1, 26));
    let done = old.revoke(&held, None, Some(&password("kiki", false))).await;
    assert!(
        matches!(&done, Revocation::Unsupported(found) if found.findings[0].code == "forgejo.security-key"),
        "{done:?}"
    );
}

#[tokio::test]
async fn older_versions_are_validated_too() {
    for (demo, label) in [
        (Demo::new(ForgejoSite::forgejo_at(7, 0)), "forge-laptop"),
        (Demo::new(ForgejoSite::forgejo_at(14, 0)), "forge-laptop"),
        (Demo::new(ForgejoSite::gitea_at(1, 22)), "gitea-laptop"),
        (Demo::new(ForgejoSite::gitea_at(1, 26)), "gitea-laptop"),
    ] {
        let found = demo.check(&demo.held(label)).await;
        assert_eq!(found.verdict, Verdict::Valid, "{label}: {found:#?}");
        let old = demo.held(if label.starts_with("forge") { "forge-old" } else { "gitea-old" });
        assert_eq!(demo.check(&old).await.verdict, Verdict::Rejected);
    }
}
