//! What `diagnose` says of the machine around it, with a real git and real files.

use std::os::unix::fs::PermissionsExt as _;

use keyrack::simulator::gitlab::GitLabSite;
use keyrack::simulator::server::Running;

use crate::support::{Home, Ran, seed, start};

/// Secrets of other programs, which no output may hold.
const OTHERS: [&str; 5] = [
    "glpat-SomeoneElses00000001",
    "netrc-password-of-others",
    "stored-password-of-others",
    "header-of-others",
    "hunter2proxy",
];

/// A credential that its host accepts, in a home with git and settings of its own.
async fn scene() -> (Home, Running, String) {
    let (mut home, site) = (Home::new(), start(GitLabSite::com()).await);
    home.set("PATH", &std::env::var("PATH").unwrap());
    home.set("GIT_CONFIG_NOSYSTEM", "1");
    std::fs::create_dir_all(home.dir.path().join("home")).unwrap();
    home.host("gitlab", &site).await;
    let label = site.site.roster(crate::support::now())[0].label.clone();
    home.add(&site, &label, "gitlab").await;
    (home, site, label)
}

pub fn write(home: &Home, name: &str, text: &str) -> String {
    let path = home.dir.path().join("home").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

pub fn stage(ran: &Ran, name: &str) -> serde_json::Value {
    let json = ran.json();
    let stages = json["diagnoses"][0]["stages"].as_array().unwrap().clone();
    stages.into_iter().find(|s| s["stage"] == name).unwrap_or_else(|| panic!("no {name}: {ran}"))
}

pub fn codes(stage: &serde_json::Value) -> Vec<String> {
    let findings = stage["findings"].as_array().unwrap();
    findings.iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_quiet_machine_passes_and_says_what_was_looked_at() {
    let (home, _site, label) = scene().await;
    let ran = home.run(&format!("diagnose {label} --json")).await.exits(0);
    let environment = stage(&ran, "environment");
    assert_eq!(environment["state"], "passed", "{ran}");
    for fact in ["git", "git: helpers", ".netrc", "KEYRACK_STORE", "NO_PROXY"] {
        assert!(environment["facts"][fact].is_string(), "no {fact}: {ran}");
    }
}

#[tokio::test]
async fn everything_that_shadows_the_credential_is_named_and_nothing_of_it_shown() {
    let (mut home, site, label) = scene().await;
    let web = site.listen.clone();
    home.set("GITLAB_TOKEN", OTHERS[0]);
    home.set("https_proxy", &format!("http://ana:{}@127.0.0.1:1", OTHERS[4]));
    let place = web.trim_start_matches("http://");
    write(&home, ".netrc", &format!("machine 127.0.0.1 login ana password {}\n", OTHERS[1]));
    let stored = write(&home, ".git-credentials", &format!("http://ana:{}@{place}\n", OTHERS[2]));
    let config = write(
        &home,
        ".gitconfig",
        &format!(
            "[credential]\n helper = store\n[http \"{web}\"]\n extraHeader = \"Authorization: Bearer {}\"\n sslVerify = false\n\
             [url \"https://mirror.example.invalid/\"]\n insteadOf = {web}/\n",
            OTHERS[3]
        ),
    );
    let ran = home.run(&format!("diagnose {label} --json")).await;
    let environment = stage(&ran, "environment");
    assert_eq!(environment["state"], "warned", "{ran}");
    let codes = codes(&environment);
    for code in [
        "env.shadowed",
        "env.proxy-differs",
        "env.git-rewrite",
        "env.git-header",
        "env.no-verify",
        "env.git-credentials",
        "env.netrc",
    ] {
        assert!(codes.iter().any(|c| c == code), "no {code} in {codes:?}\n{ran}");
    }
    let text = environment.to_string();
    assert!(text.contains(&format!("git config --file {config} --unset-all http.{web}.extraheader")), "{text}");
    assert!(text.contains(&stored) && text.contains("`unset GITLAB_TOKEN`"), "{text}");
    for format in ["", "-v", "--json", "--report -", "--report - --mask"] {
        let ran = home.run(&format!("diagnose {label} {format}")).await;
        for secret in OTHERS.iter().chain([&seed(&site, &label).secret.as_str()]) {
            ran.lacks(secret);
        }
    }
}

#[tokio::test]
async fn the_same_secret_elsewhere_is_a_fact() {
    let (mut home, site, label) = scene().await;
    let secret = seed(&site, &label).secret;
    home.set("GITLAB_TOKEN", &secret);
    write(&home, ".netrc", &format!("machine 127.0.0.1 login oauth2 password {secret}\n"));
    let ran = home.run(&format!("diagnose {label} --json")).await.exits(0);
    let environment = stage(&ran, "environment");
    assert_eq!(environment["state"], "passed", "{ran}");
    assert!(environment["facts"]["GITLAB_TOKEN"].as_str().unwrap().ends_with("this credential's secret"), "{ran}");
    ran.lacks(&secret);
}

#[tokio::test]
async fn what_breaks_keyracks_own_requests_decides() {
    let (mut home, _site, label) = scene().await;
    // A host that is not on loopback, so that the proxy would be used.
    home.run("host edit gitlab --yes --endpoint web=https://gitlab.example.invalid").await.exits(0);
    home.set("HTTPS_PROXY", "htp://proxy.example.invalid:3128");
    let ran = home.run(&format!("diagnose {label} --json")).await;
    assert_eq!(codes(&stage(&ran, "environment")), ["env.bad-proxy"], "{ran}");
    assert_eq!(ran.json()["diagnoses"][0]["decides"], "environment", "{ran}");
    home.set("HTTPS_PROXY", "http://127.0.0.1:1");
    home.set("SSL_CERT_FILE", "/nowhere/ca.pem");
    let ran = home.run(&format!("diagnose {label} --json")).await;
    assert_eq!(codes(&stage(&ran, "environment")), ["env.bad-ca"], "{ran}");
}

#[tokio::test]
async fn settings_that_git_cannot_read_are_named() {
    let (home, _site, label) = scene().await;
    let path = write(&home, ".gitconfig", "[credential\nhelper = store\n");
    let ran = home.run(&format!("diagnose {label} --json")).await;
    let environment = stage(&ran, "environment");
    assert_eq!(codes(&environment), ["env.git-settings"], "{ran}");
    assert!(environment["findings"][0].to_string().contains(&path), "{ran}");
}

#[tokio::test]
async fn a_machine_without_git_is_no_failure() {
    let (mut home, _site, label) = scene().await;
    home.set("PATH", "/nowhere");
    let ran = home.run(&format!("diagnose {label} --json")).await.exits(0);
    assert_eq!(stage(&ran, "environment")["facts"]["git"], "there is none in PATH", "{ran}");
}
