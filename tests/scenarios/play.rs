//! Sets a scenario up, for real.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keyrack::domain::{Credential, FamilyId, Host, StoreKind};
use keyrack::rack::RackError;
use keyrack::secret::{Secret, SecretText};
use keyrack::simulator::server::Running;
use keyrack::simulator::{self, SimCredential, Site};
use keyrack::store::SecretStore as _;
use keyrack::store::age_file::AgeFileStore;

use crate::front::Front;
use crate::home::{Home, PASSPHRASE, Ran, chmod, clock, now};
use crate::scenario::{Broken, Scenario, Server};
use crate::server::{self, Listening};

/// What is never meant to be seen, where a scenario brings no secret of its own.
pub const MARKED: &str = "KEYRACK-FAKE-Mark0fTheSecret-7Q4z";

/// A scenario that was set up.
pub struct SetUp {
    pub home: Home,
    pub label: String,
    /// Name of the host record.
    pub host: String,
    pub username: Option<String>,
    /// What no output may hold.
    pub secrets: Vec<String>,
    options: String,
    _site: Option<Running>,
    _server: Option<Listening>,
}

/// What stands for the run's own places in the texts of a scenario.
struct Places {
    listen: String,
    home: String,
    host: String,
    label: String,
}

impl Places {
    fn fill(&self, text: &str) -> String {
        let port = self.listen.rsplit(':').next().unwrap_or("");
        let path = std::env::var("PATH").unwrap_or_default();
        let pairs = [
            ("{path}", path.as_str()),
            ("{listen}", self.listen.as_str()),
            ("{port}", port),
            ("{home}", &self.home),
            ("{host}", &self.host),
            ("{label}", &self.label),
        ];
        pairs.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

fn has(site: &dyn Site, label: &str) -> bool {
    site.roster(now()).iter().any(|c| c.label == label)
}

/// The site that a scenario plays at, with something in front of it.
fn site_of(scenario: &Scenario, up: &Arc<AtomicBool>) -> Option<Arc<dyn Site>> {
    let wanted = |site: &Arc<dyn Site>| match (&scenario.site, &scenario.label) {
        (Some(name), _) => site.name() == *name,
        (None, Some(label)) => has(&**site, label),
        (None, None) => false,
    };
    let behind = simulator::sites().into_iter().find(wanted);
    let named = scenario.site.is_some() || scenario.label.is_some() && scenario.server.is_none();
    assert!(behind.is_some() || !named, "{}: there is no such site or label", scenario.name);
    let is_needed = behind.is_some() || scenario.server == Some(Server::Answers);
    is_needed.then(|| Arc::new(Front { behind, answers: scenario.answers.clone(), up: Arc::clone(up) }) as _)
}

impl SetUp {
    pub async fn of(scenario: &Scenario) -> Self {
        let mut home = Home::new();
        home.set("NO_PROXY", "127.0.0.1,localhost");
        if let Some(config) = &scenario.config {
            home.configure(config);
        }
        let up = Arc::new(AtomicBool::new(false));
        let site = match site_of(scenario, &up) {
            Some(site) => {
                let delay = Duration::from_millis(scenario.delay);
                Some(simulator::server::start(site, delay, clock()).await.unwrap())
            }
            None => None,
        };
        let server = match scenario.server {
            Some(what) if what != Server::Answers => Some(server::start(what, scenario.says_back.clone()).await),
            _ => None,
        };
        let listen = match (&site, &server) {
            (Some(site), _) => site.listen.clone(),
            (None, Some(server)) => format!("http://127.0.0.1:{}", server.port),
            (None, None) => "http://127.0.0.1:1".to_owned(),
        };
        if let Some(server) = &server {
            std::fs::write(home.dir.path().join("authority.pem"), &server.authority).unwrap();
        }
        let seed = seed(scenario, site.as_ref());
        let places = Places {
            listen,
            home: home.dir.path().display().to_string(),
            host: site.as_ref().map_or_else(|| "acme-host".to_owned(), |s| s.site.name().replace('/', "-")),
            label: seed.label.clone(),
        };
        for (name, content) in &scenario.files {
            let path = home.dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, places.fill(content)).unwrap();
            chmod(&path, 0o600);
        }
        add_host(&home, scenario, site.as_ref(), &places).await;
        add(&home, scenario, &seed, &places).await;
        if scenario.was_checked {
            home.args("", &["check", &seed.label]).await;
        }
        up.store(true, Ordering::SeqCst);
        for line in &scenario.then {
            let ran = home.run(&places.fill(line)).await;
            assert!(ran.code != 2, "{}: {line}\n{ran}", scenario.name);
        }
        damage(&mut home, scenario, &seed);
        for (name, value) in &scenario.env {
            match value.is_empty() {
                true => drop(home.env.remove(name)),
                false => home.set(name, &places.fill(value)),
            }
        }
        home.later(scenario.ahead);
        let secrets = seed.secret.lines().map(str::to_owned).collect();
        Self {
            options: places.fill(&scenario.options),
            host: places.host,
            label: seed.label,
            username: seed.username,
            secrets,
            home,
            _site: site,
            _server: server,
        }
    }

    /// Runs `diagnose` on it.
    pub async fn diagnose(&self, options: &str) -> Ran {
        let mut args = vec!["diagnose".to_owned(), self.label.clone()];
        args.extend(shlex::split(&self.options).unwrap());
        args.extend(shlex::split(options).unwrap());
        self.home.args("", &args.iter().map(String::as_str).collect::<Vec<_>>()).await
    }
}

/// The credential that a scenario is about.
fn seed(scenario: &Scenario, site: Option<&Running>) -> SimCredential {
    let label = scenario.label.as_deref();
    let known = site.and_then(|s| s.site.roster(now()).into_iter().find(|c| Some(c.label.as_str()) == label));
    let family = scenario.family.clone().map(FamilyId::new).or_else(|| site.map(|s| s.site.family()));
    let facts = family.as_ref().and_then(keyrack::hosts::family).map(|f| f.facts());
    let mut seed = known.unwrap_or_else(|| SimCredential {
        label: "sync-job".to_owned(),
        kind: facts.and_then(|f| f.kinds.first()).map_or(keyrack::domain::Kind::Pat, |k| k.kind),
        username: None,
        secret: MARKED.to_owned(),
        tags: Vec::new(),
        note: String::new(),
        expect: keyrack::domain::Verdict::Unreachable,
    });
    if let Some(secret) = &scenario.secret {
        seed.secret.clone_from(secret);
    }
    if let Some(kind) = &scenario.kind {
        seed.kind = kind.parse().unwrap_or_else(|e| panic!("{}: {e}", scenario.name));
    }
    if let Some(name) = &scenario.username {
        seed.username = Some(name.clone()).filter(|n| !n.is_empty());
    }
    seed
}

async fn add_host(home: &Home, scenario: &Scenario, site: Option<&Running>, places: &Places) {
    let url = match (&scenario.url, site) {
        (Some(url), _) => places.fill(url),
        (None, Some(site)) => site.site.url(&site.listen),
        (None, None) => places.listen.clone(),
    };
    let family = scenario.family.clone().or_else(|| site.map(|s| s.site.family().to_string()));
    let mut args = vec!["host".to_owned(), "add".into(), places.host.clone(), url];
    args.extend(["--family".to_owned(), family.unwrap_or_else(|| panic!("{}: no family", scenario.name))]);
    if let Some(site) = site.filter(|_| scenario.family.is_none()) {
        args.extend(site.site.region().into_iter().flat_map(|r| ["--region".to_owned(), r]));
        if !scenario.no_endpoints && scenario.url.is_none() {
            for (name, url) in site.site.endpoints(&site.listen) {
                args.extend(["--endpoint".into(), format!("{name}={url}")]);
            }
        }
    }
    args.extend(scenario.host.iter().map(|word| places.fill(word)));
    let ran = home.args("", &args.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(home.rack().host_by_name(&places.host).unwrap().is_some(), "{}: {ran}", scenario.name);
}

async fn add(home: &Home, scenario: &Scenario, seed: &SimCredential, places: &Places) {
    let mut args: Vec<String> =
        ["add", "--yes", "--no-check", "--label", &seed.label, "--host", &places.host].map(str::to_owned).to_vec();
    args.extend(["--kind".to_owned(), seed.kind.slug().to_owned()]);
    args.extend(seed.username.iter().flat_map(|name| ["--username".to_owned(), name.clone()]));
    args.extend(scenario.add.iter().map(|word| places.fill(word)));
    let ran = home.args(&seed.secret, &args.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(home.rack().credential_by_label(&seed.label).unwrap().is_some(), "{}: {ran}", scenario.name);
}

fn record(home: &Home, seed: &SimCredential) -> Credential {
    home.rack().credential_by_label(&seed.label).unwrap().unwrap()
}

/// Breaks rack and store.
fn damage(home: &mut Home, scenario: &Scenario, seed: &SimCredential) {
    let credential = record(home, seed);
    let secrets = home.data().join("secrets");
    let file = secrets.join(format!("{}.age", credential.id));
    if let Some(plant) = &scenario.plant {
        let store = AgeFileStore::open(&home.data(), &SecretText::new(PASSPHRASE.to_owned())).unwrap();
        let text = plant.replace("{secret}", &seed.secret);
        store.put(&credential.id, &Secret::token(SecretText::new(text))).unwrap();
    }
    match scenario.store {
        None => {}
        Some(Broken::WrongPassphrase) => {
            std::fs::write(home.dir.path().join("passphrase"), "not the passphrase\n").unwrap();
        }
        Some(Broken::NoPassphrase) => drop(home.env.remove("KEYRACK_PASSPHRASE_FILE")),
        Some(Broken::NeverSetUp) => std::fs::remove_dir_all(secrets).unwrap(),
        Some(Broken::SecretGone) => std::fs::remove_file(file).unwrap(),
        Some(Broken::Damaged) => {
            let whole = std::fs::read(&file).unwrap();
            std::fs::write(file, &whole[..whole.len() / 2]).unwrap();
        }
        Some(Broken::NoUsername) => {
            edit(home, &credential, |record| record.username = None);
        }
        Some(Broken::NoPlainHttp) => {
            let host = home.rack().host(credential.bindings[0].host).unwrap();
            home.rack().update_host(&Host { allow_http: false, ..host }).unwrap();
        }
        Some(Broken::OtherStore) => {
            let store = AgeFileStore::open(&home.data(), &SecretText::new(PASSPHRASE.to_owned())).unwrap();
            store.delete(&credential.id).unwrap();
            edit(home, &credential, |record| record.store = StoreKind::Keyring);
        }
    }
}

fn edit(home: &Home, credential: &Credential, change: impl FnOnce(&mut Credential)) {
    let edited = home.rack().edit_credential(&credential.id, |record| {
        change(record);
        Ok::<_, RackError>(())
    });
    edited.unwrap();
}
