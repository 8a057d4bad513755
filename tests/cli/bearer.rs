//! How long a minted token serves: within one process, over a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use keyrack::domain::{Clock, Credential, DeploymentAct, DeploymentInput, Draft, Host, HostChoice, Kind, LookAt};
use keyrack::error::{Error, ErrorKind};
use keyrack::net::client::{Network, Timeouts};
use keyrack::net::proxy::ProxyEnv;
use keyrack::ops::{Core, Settings, Vault};
use keyrack::rack::Rack;
use keyrack::secret::{Secret, SecretText};
use keyrack::simulator::Site as _;
use keyrack::simulator::open_devops::OpenDevOps;
use keyrack::simulator::server::{self, Running};
use keyrack::store::SecretStore;
use keyrack::store::memory::MemoryStore;

use crate::support::{clock, now, seed};

const LABEL: &str = "jira-deployments";

/// One process with the client on its rack, and the site. The site's own clock stands still.
struct Scene {
    core: Core,
    site: Arc<OpenDevOps>,
    host: Host,
    client: Credential,
    _running: Running,
    _dir: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let site = Arc::new(OpenDevOps::new());
        let running = server::start(Arc::clone(&site) as Arc<_>, Duration::ZERO, clock()).await.unwrap();
        let network = Network::new(ProxyEnv::from_vars(|_| None), Timeouts::default(), "test");
        let vault = Vault::over(Arc::new(MemoryStore::default()) as Arc<dyn SecretStore>, "a test's");
        let rack = Rack::open(&dir.path().join("rack.db")).unwrap();
        let core = Core { rack, vault, network, clock: clock(), settings: Settings::default(), user: "ana".to_owned() };
        let mut host = Host::new("acme", site.family(), site.url(&running.listen));
        host.endpoints = site.endpoints(&running.listen).into_iter().collect();
        host.id = core.rack.add_host(&host).unwrap();
        let seed = seed(&running, LABEL);
        let draft = Draft {
            label: LABEL.to_owned(),
            secret: Secret::token(SecretText::new(seed.secret)),
            kind: Some(Kind::OauthClient),
            username: seed.username,
            owner: None,
            expires: None,
            tags: Vec::new(),
            note: String::new(),
            profiles: Vec::new(),
            look_at: LookAt::default(),
            hosts: vec![HostChoice::Known { host: host.id, role: None }],
        };
        let client = core.keep(&core.resolve(draft).unwrap(), &[]).await.unwrap();
        Self { core, site, host, client, _running: running, _dir: dir }
    }

    /// Now it is so many seconds after the start.
    fn at(&mut self, seconds: i64) -> &mut Self {
        self.core.clock = Clock::Fixed(now() + SignedDuration::from_secs(seconds));
        self
    }

    /// Asks for a token; how many the site has given out since the start.
    async fn token(&self) -> u64 {
        let bearer = self.core.bearer(&self.client, &self.host).await.unwrap();
        assert!(bearer.minted.expires_at > self.core.clock.now(), "one that has ended is never handed out");
        self.site.tokens_given()
    }

    async fn submit(&self) -> Result<(), Error> {
        let input = DeploymentInput {
            issues: vec!["ACME-1".to_owned()],
            pipeline: "api".to_owned(),
            environment: "production".to_owned(),
            ..DeploymentInput::default()
        };
        self.core.deployment(DeploymentAct::Submit, &self.client, &self.host, &input).await.map(|_| ())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_serves_a_process_until_a_minute_before_its_end() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.token().await, 1);
    assert_eq!(scene.at(16 * 60).token().await, 1, "fifteen minutes are not its life where the answer says an hour");
    assert_eq!(scene.at(3600 - 61).token().await, 1);
    assert_eq!(scene.at(3600 - 59).token().await, 2, "renewed before `expires_in` ends");
    assert_eq!(scene.at(3600 + 1).token().await, 2, "and the new one counts from when it was got");
    assert_eq!(scene.at(2 * 3600 - 59 - 61).token().await, 2);
    assert_eq!(scene.at(2 * 3600 - 59 - 59).token().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn expires_in_decides_also_where_it_is_short_or_the_claim_says_more() {
    let mut scene = Scene::new().await;
    scene.site.set_life(120);
    assert_eq!(scene.token().await, 1);
    assert_eq!(scene.at(100).token().await, 1, "even a short one is used more than once");
    assert_eq!(scene.at(109).token().await, 2, "a tenth of its life before its end");

    let mut scene = Scene::new().await;
    scene.site.set_life(4 * 3600);
    assert_eq!(scene.token().await, 1);
    assert_eq!(scene.at(3 * 3600).token().await, 1, "beyond the hour of its `exp` claim");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_before_its_end_is_renewed_once_and_the_act_is_done() {
    let scene = Scene::new().await;
    scene.submit().await.unwrap();
    scene.submit().await.unwrap();
    assert_eq!((scene.site.tokens_given(), scene.site.tokens_refused()), (1, 0));
    scene.site.withdraw_tokens();
    scene.submit().await.unwrap();
    assert_eq!((scene.site.tokens_given(), scene.site.tokens_refused()), (2, 1));
    scene.submit().await.unwrap();
    assert_eq!((scene.site.tokens_given(), scene.site.tokens_refused()), (2, 1), "the new one serves on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_new_tokens_is_told_after_one_renewal_never_in_a_loop() {
    let scene = Scene::new().await;
    scene.submit().await.unwrap();
    scene.site.set_refusing(true);
    let error = scene.submit().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error:?}");
    assert_eq!((scene.site.tokens_given(), scene.site.tokens_refused()), (2, 2), "the old one, and one new one");
    scene.submit().await.unwrap_err();
    assert_eq!((scene.site.tokens_given(), scene.site.tokens_refused()), (3, 3), "a refused one is not tried again");
    scene.site.set_refusing(false);
    scene.submit().await.unwrap();
    assert_eq!((scene.site.tokens_given(), scene.site.tokens_refused()), (4, 3));
}
