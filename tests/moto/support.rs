//! A moto server of one's own, set up and then enforcing authentication; keyrack's real transport leads to it.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use keyrack::domain::{CreateRequest, CreatedToken, FamilyId, Host, Kind, RemoteList, Validation};
use keyrack::hosts::codecommit::CodeCommit;
use keyrack::hosts::{Act, Authority, Family, Outcome, Revocation, Session, Wire};
use keyrack::net::client::{Network, Timeouts};
use keyrack::net::proxy::ProxyEnv;
use keyrack::net::{NetSettings, Request, Transport};
use keyrack::secret::{Masker, Secret};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Generous: python starts slowly on a busy machine. Nothing waits this long when all is well.
const START: Duration = Duration::from_secs(120);

#[derive(Clone)]
pub struct Key {
    pub id: String,
    pub secret: Secret,
}

/// A running server with an account: alice may do everything in IAM and CodeCommit, bob nothing.
pub struct Moto {
    _server: Child,
    host: Host,
    http: Arc<dyn Transport>,
    pub alice: Key,
    pub alice_inactive: Key,
    pub bob: Key,
}

impl Moto {
    /// Starts a server and sets it up; none where the machine's tools are left out knowingly.
    pub async fn start() -> Option<Self> {
        if std::env::var_os("KEYRACK_SKIP_SYSTEM").is_some_and(|v| v == "1") {
            return None;
        }
        let program = std::env::var_os("KEYRACK_MOTO").unwrap_or_else(|| "moto_server".into());
        let mut server = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            // So many calls are taken from anybody; the first one after them has to be signed and allowed.
            .env("INITIAL_NO_AUTH_ACTION_COUNT", SETUP_CALLS.to_string())
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{} does not start ({error}): tests/run installs moto; KEYRACK_SKIP_SYSTEM=1 leaves these tests out", program.display())
            });
        let url = listening_at(&mut server).await;
        let mut host = Host::new("moto", FamilyId::new("codecommit"), url.clone());
        host.region = Some("us-east-1".into());
        host.endpoints = ["git", "sts", "iam", "codecommit"].iter().map(|n| ((*n).to_owned(), url.clone())).collect();
        // Under an empty environment: no proxy of this machine comes between.
        let timeouts = Timeouts { total: START, read: START, ..Timeouts::default() };
        let network = Network::new(ProxyEnv::default(), timeouts, "keyrack-tests");
        let http = network.transport(&NetSettings::default()).unwrap();
        let setup = Setup { http: &*http, url: &url };
        setup.act("CreateUser", &[("UserName", "alice")]).await;
        setup.act("CreateUser", &[("UserName", "bob")]).await;
        let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","codecommit:*"],"Resource":"*"}]}"#;
        let policy = [("UserName", "alice"), ("PolicyName", "all"), ("PolicyDocument", all)];
        setup.act("PutUserPolicy", &policy).await;
        let alice = setup.key("alice").await;
        let alice_inactive = setup.key("alice").await;
        let bob = setup.key("bob").await;
        let off = [("UserName", "alice"), ("AccessKeyId", alice_inactive.id.as_str()), ("Status", "Inactive")];
        setup.act("UpdateAccessKey", &off).await;
        Some(Self { _server: server, host, http, alice, alice_inactive, bob })
    }

    pub async fn validate(&self, key: &Key) -> Validation {
        CodeCommit.validate(&self.session(key, &[])).await
    }

    pub async fn revoke(&self, key: &Key, using: Option<&Authority>) -> Revocation {
        let others: Vec<&Secret> = using.iter().map(|u| &u.secret).collect();
        CodeCommit.revoker().unwrap().revoke(&self.session(key, &others), None, using).await
    }

    pub async fn create(&self, request: &CreateRequest, using: &Authority) -> Outcome<CreatedToken> {
        CodeCommit.creator().unwrap().create(&self.act(using), request).await
    }

    pub async fn list(&self, using: &Authority) -> Outcome<RemoteList> {
        CodeCommit.lister().unwrap().list(&self.act(using)).await
    }

    fn act<'a>(&'a self, using: &'a Authority) -> Act<'a> {
        let mut endpoints = CodeCommit.endpoints(&self.host).unwrap();
        endpoints.extend(self.host.endpoints.clone());
        let wire = Wire::new(&*self.http, endpoints, Masker::of(&using.secret), Timestamp::now());
        Act { wire, host: &self.host, using }
    }

    fn session<'a>(&'a self, key: &'a Key, others: &[&Secret]) -> Session<'a> {
        let mut endpoints = CodeCommit.endpoints(&self.host).unwrap();
        endpoints.extend(self.host.endpoints.clone());
        let secrets = others.iter().copied().chain([&key.secret]);
        let masker = Masker::new(secrets.map(|s| &s.token));
        Session {
            wire: Wire::new(&*self.http, endpoints, masker, Timestamp::now()),
            host: &self.host,
            kind: Kind::AccessKey,
            username: Some(&key.id),
            secret: &key.secret,
        }
    }
}

/// Reads the server's words until it says where it listens.
async fn listening_at(server: &mut Child) -> String {
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let deadline = Instant::now() + START;
    let mut said = String::new();
    while Instant::now() < deadline {
        let line = tokio::time::timeout(START, lines.next_line()).await.expect("moto_server says nothing").unwrap();
        let Some(line) = line else { panic!("moto_server ended: {said}") };
        if let Some((_, url)) = line.split_once("Running on ") {
            // It must be able to go on writing.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return url.trim().trim_end_matches('/').to_owned();
        }
        said.push_str(&line);
        said.push('\n');
    }
    panic!("moto_server does not come up: {said}")
}

/// Calls of [`Moto::start`] that need no signature.
const SETUP_CALLS: usize = 7;

struct Setup<'a> {
    http: &'a dyn Transport,
    url: &'a str,
}

impl Setup<'_> {
    async fn act(&self, action: &str, params: &[(&str, &str)]) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2010-05-08").extend_pairs(params);
        // moto finds the service by the scope; the signature is not looked at yet.
        let scope =
            "AWS4-HMAC-SHA256 Credential=setup/20261123/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0";
        let request = Request::post(format!("{}/", self.url))
            .header("Authorization", scope)
            .text_body("application/x-www-form-urlencoded", form.finish());
        let response = self.http.send(request).await.unwrap();
        assert_eq!(response.status, 200, "{action}: {}", response.body);
        response.body
    }

    async fn key(&self, user: &str) -> Key {
        let body = self.act("CreateAccessKey", &[("UserName", user)]).await;
        let part = |name: &str| {
            let (_, rest) = body.split_once(&format!("<{name}>")).unwrap();
            rest.split('<').next().unwrap().to_owned()
        };
        Key { id: part("AccessKeyId"), secret: Secret::token(part("SecretAccessKey").as_str().into()) }
    }
}
