//! The hosts screen: list, add, edit, remove, test.

use keyrack::domain::HostId;
use keyrack::error::{Error, ErrorKind};
use keyrack::ui::effect::{Effect, HostFx};
use keyrack::ui::msg::{HostMsg, HostReport, Msg, RackData};

use crate::harness::{Ui, fixture, host};
use crate::snapshot;

fn saved(ui: &mut Ui) -> keyrack::domain::Host {
    match ui.take().pop() {
        Some(Effect::Hosts(HostFx::Save { host, .. })) => *host,
        other => panic!("nothing was saved: {other:?}\n{}", ui.screen()),
    }
}

#[test]
fn hosts_and_the_one_under_the_cursor_are_in_sight_on_the_smallest_screen() {
    let mut ui = Ui::new();
    ui.resize(60, 12).keys("H").sees("▸ github.com").keys("j").sees("▸ acme.atlassian.net").keys("G");
    ui.sees("▸ beta.atlassian.net");
}

#[test]
fn hosts_with_the_one_under_the_cursor() {
    let mut data = fixture();
    data.hosts[0].product = Some("GitHub".to_owned());
    data.hosts[2].product = Some("GitLab Enterprise Edition".to_owned());
    data.hosts[2].version = Some("18.5.1".to_owned());
    data.hosts[2].ca_file = Some("/etc/ssl/acme.pem".to_owned());
    let mut ui = Ui::with((80, 24), data);
    ui.keys("Hjj");
    snapshot!(ui);
}

#[test]
fn no_hosts_says_what_to_do() {
    Ui::with((80, 24), RackData::default()).keys("H").sees("No hosts yet").sees("a adds one by hand");
}

#[test]
fn add_a_host() {
    let mut ui = Ui::new();
    ui.keys("Ha");
    snapshot!(ui);
    ui.keys("lab<tab>https://git.lab.example/<tab><space><tab><tab>/ca.pem<tab><tab>http://proxy:3128<enter>");
    let job = ui.job();
    let host = saved(&mut ui);
    assert_eq!((host.id, host.name.as_str(), host.url.as_str()), (HostId(0), "lab", "https://git.lab.example"));
    assert_eq!(host.family.as_str(), "gitlab");
    assert_eq!((host.ca_file.as_deref(), host.proxy.as_deref()), (Some("/ca.pem"), Some("http://proxy:3128")));
    ui.send(Msg::Hosts(HostMsg::Saved { job, result: Ok(HostId(9)) })).sees("host lab saved").sees("┏ Hosts");
}

#[test]
fn a_host_that_cannot_be_is_refused() {
    let mut ui = Ui::new();
    ui.keys("Ha<enter>").sees("a name is needed");
    ui.keys("github.com<enter>").sees("another host has this name");
    ui.keys("2<enter>").sees("give a URL like https://github.com");
    ui.keys("http://git.lab.example<enter>").sees("plain http would send secrets unprotected");
    ui.take();
    ui.keys("<shift-tab><shift-tab><space><enter>");
    assert!(saved(&mut ui).allow_http);
}

#[test]
fn plain_http_on_loopback_needs_no_leave() {
    let mut ui = Ui::new();
    ui.keys("Hademo<tab>http://127.0.0.1:9001<enter>");
    assert!(!saved(&mut ui).allow_http);
}

#[test]
fn changing_where_secrets_go_is_confirmed_in_words() {
    let mut ui = Ui::new();
    ui.keys("He<tab><ctrl-u>https://evil.example<enter>").sees("the secrets of 2 credentials");
    snapshot!(ui);
    ui.keys("yes<enter>").sees("type github.com");
    assert!(!ui.take().iter().any(|e| matches!(e, Effect::Hosts(_))));
    ui.keys("<ctrl-u>github.com<enter>");
    assert_eq!(saved(&mut ui).url, "https://evil.example");
}

#[test]
fn renaming_needs_no_confirmation_and_keeps_the_rest() {
    let mut data = fixture();
    data.hosts[0].version = Some("3.19".to_owned());
    data.hosts[0].endpoints.insert("api".to_owned(), "https://api.example".to_owned());
    let mut ui = Ui::with((80, 24), data.clone());
    ui.keys("He<ctrl-u>gh<enter>");
    let mut expected = data.hosts[0].clone();
    expected.name = "gh".to_owned();
    assert_eq!(saved(&mut ui), expected);
}

#[test]
fn a_failed_save_is_shown_at_the_form() {
    let mut ui = Ui::new();
    ui.keys("Ha").keys("x<tab>https://x.example<enter>");
    let (job, error) = (ui.job(), Error::usage("that is no GitHub address").hint("use the base URL"));
    ui.send(Msg::Hosts(HostMsg::Saved { job, result: Err(error) }));
    ui.sees("that is no GitHub address; use the base URL");
}

#[test]
fn a_host_in_use_is_not_removed() {
    let mut ui = Ui::new();
    ui.take();
    ui.keys("Hd").sees("github.com is used by 2 credentials");
    assert_eq!(ui.take(), []);
}

#[test]
fn an_unused_host_is_removed_after_a_question() {
    let mut data = fixture();
    data.hosts.push(host(7, "spare", "github", "https://spare.example"));
    let mut ui = Ui::with((80, 24), data);
    ui.take();
    ui.keys("HGd").sees("Remove the host spare").keys("n");
    assert_eq!(ui.take(), []);
    ui.keys("dy");
    let job = ui.job();
    assert_eq!(ui.take(), [Effect::Hosts(HostFx::Remove { job, id: HostId(7) })]);
    ui.send(Msg::Hosts(HostMsg::Removed { job, result: Ok(()) })).sees("host removed");
}

#[test]
fn a_host_is_asked_what_it_is() {
    let mut ui = Ui::new();
    ui.keys("Ht").sees("asking …");
    let job = ui.job();
    let report = HostReport { product: "GitHub Enterprise Server".to_owned(), version: Some("3.19.1".to_owned()) };
    ui.send(Msg::Hosts(HostMsg::Tested { job, result: Ok(report) })).sees("✓ answers: GitHub Enterprise Server 3.19.1");
    ui.keys("jt");
    let error = Error::new(ErrorKind::Unreachable, "the certificate is not trusted").hint("give its CA file");
    let job = ui.job();
    ui.send(Msg::Hosts(HostMsg::Tested { job, result: Err(error) }));
    ui.sees("✗ the certificate is not trusted").sees("→ give its CA file").keys("k").sees("✓ answers");
}

#[test]
fn endpoints_are_typed_on_one_line_and_read_back() {
    let mut ui = Ui::new();
    ui.keys("Halab<tab>https://git.lab.example<shift-tab><shift-tab><shift-tab>").sees("Endpoints");
    ui.keys("api=https://api.lab.example/v3/, web = https://git.lab.example<enter>");
    let host = saved(&mut ui);
    let endpoints: Vec<_> = host.endpoints.iter().map(|(n, u)| (n.as_str(), u.as_str())).collect();
    assert_eq!(endpoints, [("api", "https://api.lab.example/v3"), ("web", "https://git.lab.example")]);
    let mut data = fixture();
    data.hosts[0].endpoints = host.endpoints;
    let mut ui = Ui::with((120, 40), data);
    ui.keys("He").sees("api=https://api.lab.example/v3, web=https://git.lab");
}

#[test]
fn endpoints_that_cannot_be_are_refused() {
    for (typed, why) in
        [("api", "api is none"), ("api=lab", "api=lab is none"), ("a=x://y,a=x://z", "a is given twice")]
    {
        let mut ui = Ui::new();
        ui.keys("Halab<tab>https://git.lab.example<shift-tab><shift-tab><shift-tab>").keys(typed).keys("<enter>");
        ui.sees(why);
    }
}

#[test]
fn an_endpoint_changed_where_secrets_go_is_confirmed_too() {
    let mut ui = Ui::new();
    ui.keys("He<shift-tab><shift-tab>api=https://evil.example<enter>").sees("the secrets of 2 credentials");
}

#[test]
fn a_proxy_that_is_none_is_refused_before_it_is_kept() {
    let mut ui = Ui::new();
    ui.keys("Halab<tab>https://git.lab.example<shift-tab><shift-tab><shift-tab><shift-tab>proxy:3128<enter>");
    ui.sees("write it as http://HOST:PORT");
    assert!(!ui.take().iter().any(|e| matches!(e, Effect::Hosts(_))));
}
