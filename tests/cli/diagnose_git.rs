//! What `diagnose` says of git: a real git with helpers of all sorts, and a repository that git itself serves behind a
//! log-in.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;

use keyrack::simulator::bamboo::Bamboo;
use keyrack::simulator::bitbucket_cloud::BitbucketCloud;
use keyrack::simulator::codecommit::CodeCommit;

use crate::diagnose_environment::{codes, stage, write};
use crate::support::{Home, Ran, STRANGER, Seen, Server, http, json, seed, serve, start};

/// Another secret, which no output may hold and the host refuses.
const OTHER: &str = "glpat-SomebodyElses0000001";

const SELF_OK: &str = r#"{"id": 7, "name": "n", "revoked": false, "active": true, "created_at": "2026-01-01T00:00:00Z",
    "scopes": ["api"], "user_id": 5, "expires_at": "2027-06-01"}"#;
const USER_OK: &str = r#"{"id": 5, "username": "ana", "name": "Ana", "state": "active", "bot": false}"#;
const REFUSED: &[u8] =
    b"HTTP Basic: Access denied. If a password was provided for Git authentication, the password was \
    incorrect or you're required to use a token instead of a password.";

struct Scene {
    home: Home,
    server: Server,
    url: String,
}

/// What the host does with git.
#[derive(Clone, Copy, PartialEq)]
enum Host {
    Private,
    Open,
    ReadOnly,
}

async fn scene(host: Host) -> Scene {
    let mut home = Home::new();
    home.set("PATH", &std::env::var("PATH").unwrap());
    home.set("GIT_CONFIG_NOSYSTEM", "1");
    let root = home.dir.path().join("repositories");
    let repository = root.join("acme/web.git");
    git(&["init", "--quiet", "--bare", repository.to_str().unwrap()]);
    git(&["-C", repository.to_str().unwrap(), "config", "http.receivepack", "true"]);
    std::fs::create_dir_all(home.dir.path().join("home")).unwrap();
    let server = serve(move |seen| match seen.path() {
        p if p.contains("/info/refs") => served(seen, &root, host),
        p if p.contains("personal_access_tokens/self") => json(200, SELF_OK),
        p if p.ends_with("/user") => json(200, USER_OK),
        _ => json(200, r#"{"version": "19.6.0-ee", "enterprise": true}"#),
    })
    .await;
    home.run(&format!("host add lab {} --family gitlab", server.url)).await.exits(0);
    home.pipe(STRANGER, "add --label bot --host lab --no-check").await.exits(0);
    let url = format!("{}/acme/web.git", server.url);
    Scene { home, server, url }
}

fn git(args: &[&str]) {
    let done =
        Command::new("git").args(args).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", "/nonexistent").status().unwrap();
    assert!(done.success(), "git {args:?}");
}

/// GitLab's log-in in front of `git http-backend`.
fn served(seen: &Seen, root: &Path, host: Host) -> Vec<u8> {
    let (path, query) = seen.path().split_once('?').unwrap();
    let push = query.ends_with("git-receive-pack");
    let password = seen.header("authorization").and_then(|h| h.strip_prefix("Basic ")).map(|b| {
        let pair = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(b).unwrap()).unwrap();
        pair.split_once(':').unwrap().1.to_owned()
    });
    let known = password.as_deref() == Some(STRANGER);
    if !known && (push || host != Host::Open || password.is_some()) {
        return http(401, &[("WWW-Authenticate", "Basic realm=\"GitLab\""), ("Content-Type", "text/plain")], REFUSED);
    }
    if push && host == Host::ReadOnly {
        return http(403, &[("Content-Type", "text/plain")], b"You are not allowed to push code to this project.");
    }
    let out = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", "GET")
        .env("REMOTE_USER", "ana")
        .output()
        .unwrap();
    let end = out.stdout.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&out.stdout[..end]).into_owned();
    let kind = head.lines().find_map(|l| l.strip_prefix("Content-Type: ")).unwrap_or("text/plain").to_owned();
    http(200, &[("Content-Type", &kind)], &out.stdout[end + 4..])
}

impl Scene {
    /// A helper that notes what it is told to do and prints this.
    fn helper(&self, name: &str, prints: &str) -> String {
        let path = self.home.dir.path().join("home").join(name);
        let log = self.home.dir.path().join("helpers.log");
        let text = format!("#!/bin/sh\ncat > /dev/null\necho \"{name} $1\" >> {}\nprintf '{prints}'\n", log.display());
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    fn answering(&self, name: &str, user: &str, secret: &str) -> String {
        self.helper(name, &format!("username={user}\\npassword={secret}\\n"))
    }

    fn settings(&self, text: &str) -> PathBuf {
        PathBuf::from(write(&self.home, ".gitconfig", text))
    }

    async fn diagnose(&self, more: &str) -> Ran {
        let ran = self.home.run(&format!("diagnose bot --git-url {} {more} --json", self.url)).await;
        ran.lacks(STRANGER).lacks(OTHER);
        ran
    }

    /// What git's endpoint was asked.
    fn asked(&self) -> Vec<String> {
        let seen = self.server.seen.lock().unwrap();
        seen.iter().map(|s| s.path().to_owned()).filter(|p| p.contains("/info/refs")).collect()
    }
}

#[tokio::test]
async fn a_helper_with_the_right_answer_works() {
    let scene = scene(Host::Private).await;
    let place = scene.server.url.trim_start_matches("http://").to_owned();
    write(&scene.home, ".git-credentials", &format!("http://ana:{STRANGER}@{place}\n"));
    scene.settings("[credential]\n helper = store\n");
    let ran = scene.diagnose("").await.exits(0);
    let stage = stage(&ran, "git");
    assert_eq!(stage["state"], "passed", "{ran}");
    assert_eq!(stage["summary"], "git may fetch, answered by the helper store as ana", "{ran}");
    // As git begins, then with the one log-in there is.
    assert_eq!(scene.asked(), vec!["/acme/web.git/info/refs?service=git-upload-pack"; 2]);
}

#[tokio::test]
async fn helpers_are_asked_in_order_and_only_to_get() {
    let scene = scene(Host::Private).await;
    let first = scene.helper("first", "");
    let second = scene.answering("second", "ana", OTHER);
    let third = scene.answering("third", "ana", STRANGER);
    scene.settings(&format!("[credential]\n helper = {first}\n helper = {second}\n helper = {third}\n"));
    let ran = scene.diagnose("").await.exits(1);
    let stage = stage(&ran, "git");
    assert_eq!(stage["state"], "failed", "{ran}");
    let codes = codes(&stage);
    assert_eq!(codes[..2], ["git.answer-refused", "git.gitlab-refused"], "{ran}");
    assert!(codes.contains(&"git.other-secret".to_owned()), "{ran}");
    let facts = stage["facts"].to_string();
    assert!(
        facts.contains("nothing") && facts.contains("another secret") && facts.contains("this credential's"),
        "{facts}"
    );
    let log = std::fs::read_to_string(scene.home.dir.path().join("helpers.log")).unwrap();
    let mut told: Vec<&str> = log.lines().collect();
    told.sort_unstable();
    assert_eq!(told, ["first get", "second get", "third get"]);
}

#[tokio::test]
async fn nothing_that_answers_is_a_warning_where_the_credential_works() {
    let scene = scene(Host::Private).await;
    let ran = scene.diagnose("").await.exits(0);
    let stage = stage(&ran, "git");
    assert_eq!((stage["state"].as_str(), codes(&stage)), (Some("warned"), vec!["git.no-answer".to_owned()]), "{ran}");
    assert!(stage["findings"][0]["remedy"].as_str().unwrap().contains("user name ana"), "{ran}");
}

#[tokio::test]
async fn expired_and_missing_helpers_are_told_apart() {
    let scene = scene(Host::Private).await;
    let text = format!("username=ana\\npassword={OTHER}\\npassword_expiry_utc=1700000000\\n");
    let expired = scene.helper("expired", &text);
    let plain = scene.home.dir.path().join("home/plain");
    std::fs::write(&plain, "no program").unwrap();
    let config = format!(
        "[credential]\n helper = {expired}\n helper = nonesuch\n helper = /nowhere/helper\n helper = {}\n helper = oauth\n \
         helper = \"!f() {{ exit 3; }}; f\"\n",
        plain.display()
    );
    scene.settings(&config);
    let ran = scene.diagnose("").await;
    let stage = stage(&ran, "git");
    let count = |code: &str| codes(&stage).iter().filter(|c| *c == code).count();
    assert_eq!((count("git.expired-answer"), count("git.helper-missing")), (1, 3), "{ran}");
    let facts = stage["facts"].to_string();
    for said in ["which ended", "there is no such program", "cannot be run", "not asked, since", "ended with code 3"] {
        assert!(facts.contains(said), "no `{said}` in {facts}");
    }
    // The expired password is not sent: git does not either.
    assert_eq!(scene.asked().len(), 2, "{ran}");
}

#[tokio::test]
async fn a_job_that_pushes_asks_for_a_push() {
    let scene = scene(Host::ReadOnly).await;
    let helper = scene.answering("helper", "ana", STRANGER);
    scene.settings(&format!("[credential]\n helper = {helper}\n"));
    let ran = scene.diagnose("").await;
    assert_eq!(stage(&ran, "git")["state"], "passed", "{ran}");
    let ran = scene.diagnose("--profile git-write").await.exits(1);
    assert_eq!(codes(&stage(&ran, "git"))[0], "git.forbidden", "{ran}");
    assert!(scene.asked().iter().any(|p| p.ends_with("service=git-receive-pack")), "{:?}", scene.asked());
}

#[tokio::test]
async fn an_open_repository_proves_nothing_and_needs_nothing() {
    let scene = scene(Host::Open).await;
    let helper = scene.answering("helper", "ana", OTHER);
    scene.settings(&format!("[credential]\n helper = {helper}\n"));
    let ran = scene.diagnose("").await.exits(0);
    let stage = stage(&ran, "git");
    assert_eq!(codes(&stage), ["git.other-secret"], "{ran}");
    // The helper's answer was not sent, as git does not send it.
    let seen = scene.server.seen.lock().unwrap();
    let other = base64::engine::general_purpose::STANDARD.encode(format!("ana:{OTHER}"));
    assert!(seen.iter().all(|s| !s.head.contains(&other)));
}

#[tokio::test]
async fn netrc_comes_before_any_helper() {
    let scene = scene(Host::Private).await;
    write(&scene.home, ".netrc", &format!("machine 127.0.0.1 login bob password {OTHER}\n"));
    let helper = scene.answering("helper", "ana", STRANGER);
    scene.settings(&format!("[credential]\n helper = {helper}\n"));
    let ran = scene.diagnose("").await.exits(0);
    let stage = stage(&ran, "git");
    // Refused first, then git goes on to the helper, and that works.
    assert!(stage["facts"]["git takes 1"].as_str().unwrap().contains(".netrc"), "{ran}");
    assert_eq!(codes(&stage), ["git.other-secret"], "{ran}");
    assert_eq!(scene.asked().len(), 3, "{ran}");
}

#[tokio::test]
async fn nothing_is_sent_elsewhere_or_in_another_way() {
    let scene = scene(Host::Private).await;
    let helper = scene.answering("helper", "ana", STRANGER);
    let ask = async |url: &str, settings: &str| {
        scene.settings(&format!("[credential]\n helper = {helper}\n{settings}"));
        let ran = scene.home.run(&format!("diagnose bot --json --git-url {url}")).await.exits(0);
        ran.lacks(STRANGER);
        stage(&ran, "git")
    };
    let elsewhere = ask("http://127.0.0.1:1/acme/web.git", "").await;
    assert!(elsewhere["facts"]["at the host"].as_str().unwrap().contains("not below"), "{elsewhere}");
    assert_eq!(codes(&elsewhere)[0], "git.elsewhere", "{elsewhere}");
    let ssh = format!("[url \"ssh://git@lab.example.invalid/\"]\n insteadOf = {}/\n", scene.server.url);
    assert_eq!(codes(&ask(&scene.url, &ssh).await), ["git.not-https"]);
    assert_eq!(scene.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn without_a_repository_only_this_machine_is_looked_at() {
    let scene = scene(Host::Private).await;
    let helper = scene.answering("helper", "ana", STRANGER);
    scene.settings(&format!("[credential]\n helper = {helper}\n"));
    let ran = scene.home.run("diagnose bot --json").await.exits(0);
    let git = stage(&ran, "git");
    assert_eq!(git["state"], "passed", "{ran}");
    assert!(git["summary"].as_str().unwrap().contains("no repository is named"), "{ran}");
    assert_eq!(scene.asked(), Vec::<String>::new());
    let ran = scene.home.run("diagnose bot --json --repository acme/web").await.exits(0);
    assert_eq!(stage(&ran, "git")["state"], "passed", "{ran}");
    assert_eq!(scene.asked().len(), 2);
}

#[tokio::test]
async fn a_password_in_the_url_is_refused_and_not_repeated() {
    let scene = scene(Host::Private).await;
    let url = scene.url.replace("http://", &format!("http://ana:{OTHER}@"));
    let ran = scene.home.run(&format!("diagnose bot --git-url {url}")).await.exits(2);
    ran.lacks(OTHER);
    assert_eq!(scene.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn the_users_e_mail_is_no_user_name_for_git_at_bitbucket() {
    let site = start(BitbucketCloud::new()).await;
    let mut home = Home::new();
    home.set("PATH", &std::env::var("PATH").unwrap());
    home.set("GIT_CONFIG_NOSYSTEM", "1");
    home.host("bitbucket", &site).await;
    home.add(&site, "bitbucket-reader", "bitbucket").await;
    let secret = seed(&site, "bitbucket-reader").secret;
    let place = site.listen.trim_start_matches("http://").to_owned();
    let user = |user: &str| {
        write(&home, ".git-credentials", &format!("http://{user}:{}@{place}\n", secret.replace('=', "%3D")));
        write(&home, ".gitconfig", "[credential]\n helper = store\n");
    };
    let diagnose = "diagnose bitbucket-reader --json --repository acme/web";
    user("reader%40acme.example");
    let ran = home.run(diagnose).await.exits(1);
    ran.lacks(&secret);
    let git = stage(&ran, "git");
    assert_eq!(codes(&git)[..2], ["git.wrong-user", "git.bitbucket-refused"], "{ran}");
    assert!(git["findings"][0]["remedy"].as_str().unwrap().contains("x-bitbucket-api-token-auth"), "{ran}");
    user("x-bitbucket-api-token-auth");
    let ran = home.run(diagnose).await.exits(0);
    assert_eq!(stage(&ran, "git")["state"], "passed", "{ran}");
}

#[tokio::test]
async fn a_family_without_repositories_is_passed_over() {
    let site = start(Bamboo::default()).await;
    let home = Home::new();
    home.host("bamboo", &site).await;
    let label = site.site.roster(crate::support::now())[0].label.clone();
    home.add(&site, &label, "bamboo").await;
    let ran = home.run(&format!("diagnose {label} --json")).await;
    assert_eq!(stage(&ran, "git")["state"], "skipped", "{ran}");
}

#[tokio::test]
async fn a_helper_that_signs_the_path_is_told_where_git_leaves_it_out() {
    let mut home = Home::new();
    home.set("PATH", &std::env::var("PATH").unwrap());
    home.set("GIT_CONFIG_NOSYSTEM", "1");
    let site = start(CodeCommit::default()).await;
    home.host("aws", &site).await;
    home.add(&site, "aws-alice", "aws").await;
    let helper = write(&home, "aws-helper", "#!/bin/sh\ncat > /dev/null\n");
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let found = async |settings: &str| {
        write(&home, ".gitconfig", &format!("[credential]\n helper = {helper}\n{settings}"));
        home.run("diagnose aws-alice --repository web --json").await
    };
    let ran = found("").await;
    assert!(codes(&stage(&ran, "git")).contains(&"git.needs-path".to_owned()), "{ran}");
    let ran = found(" useHttpPath = true\n").await;
    assert!(!codes(&stage(&ran, "git")).contains(&"git.needs-path".to_owned()), "{ran}");
}
