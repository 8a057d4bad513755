//! Help, palette, settings, edit, forget, unlock, log.

use keyrack::domain::{
    AuditEntry, Binding, Complaint, CredentialId, Expiry, Health, HostId, LookAt, Owner, Profile, Profiles,
};
use keyrack::error::{Error, ErrorKind};
use keyrack::secret::SecretText;
use keyrack::ui::effect::{AddFx, DoctorFx, Edit, Effect, LogFx, RackFx, StoreFx};
use keyrack::ui::msg::{DoctorMsg, LogMsg, Msg, Passphrase, RackMsg, StoreMsg};

use crate::harness::{Ui, ago, days, fixture};
use crate::snapshot;

#[test]
fn help_for_the_rack() {
    snapshot!(Ui::new().keys("?"));
}

#[test]
fn help_has_every_key_of_every_context() {
    let mut ui = Ui::new();
    ui.resize(120, 300).keys("?");
    let screen = ui.screen();
    for action in keyrack::config::Action::ALL {
        assert!(screen.contains(action.about()), "{action:?} is not in the help");
    }
}

#[test]
fn every_screen_says_how_to_leave_it() {
    for keys in
        ["<enter>", "d", "p", "i", "N", "r", "x", "F", "e", "a", "H", "Ha", "L", "M", "w", "I", "T", "!", ",", "?", ":"]
    {
        for size in [(60, 12), (80, 24), (120, 40)] {
            let mut ui = Ui::with(size, fixture());
            ui.keys(keys);
            let screen = ui.screen();
            let footer = screen.trim_end().lines().last().unwrap_or_default().to_owned();
            assert!(footer.contains("esc "), "{keys} at {size:?} does not:\n{screen}");
        }
    }
}

#[test]
fn the_line_under_the_cursor_is_in_sight_on_the_smallest_screen() {
    for keys in ["H", "L", "!"] {
        let mut ui = Ui::with((60, 12), fixture());
        ui.keys(keys);
        for effect in ui.take() {
            match effect {
                Effect::Log(LogFx::Load { job, .. }) => {
                    let entry = AuditEntry {
                        at: ago(1),
                        user: "ana".to_owned(),
                        verb: "check".to_owned(),
                        label: "ci-release".to_owned(),
                        host: "github.com".to_owned(),
                        outcome: "done".to_owned(),
                        detail: String::new(),
                    };
                    ui.send(Msg::Log(LogMsg::Loaded { job, result: Ok(vec![entry]) }));
                }
                Effect::Doctor(DoctorFx::Examine { job, .. }) => {
                    let good = Complaint {
                        health: Health::Good,
                        about: "rack".to_owned(),
                        text: "fine".to_owned(),
                        fix: String::new(),
                    };
                    ui.send(Msg::Doctor(DoctorMsg::Examined { job, result: Ok(vec![good]) }));
                }
                _ => {}
            }
        }
        ui.sees("▸");
    }
}

#[test]
fn help_returns_to_where_it_came_from() {
    let mut ui = Ui::new();
    let before = ui.screen();
    ui.keys("?<esc>");
    assert_eq!(ui.screen(), before);
}

#[test]
fn palette_finds_a_command_and_does_it() {
    let mut ui = Ui::new();
    ui.keys(":");
    snapshot!(ui);
    ui.keys("chkall");
    ui.sees("▸ check-all").take();
    ui.keys("<enter>").sees("checking 0/6");
}

#[test]
fn palette_offers_only_what_works_here() {
    let mut ui = Ui::with((80, 24), Default::default());
    ui.keys(":").sees("add").sees_not("check-all").sees_not("revoke");
    ui.keys("zzzz").sees("no such command").keys("<enter>").sees("The rack is empty");
}

#[test]
fn settings_say_which_store_and_why() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Open).keys(",");
    snapshot!(ui);
}

#[test]
fn edit_and_save() {
    let mut ui = Ui::new();
    ui.keys("jje");
    snapshot!(ui);
    ui.keys("<ctrl-u>jira-main<tab>b a,b<tab><ctrl-u>mine<tab><ctrl-u>2027-02-01").take();
    ui.keys("<enter>");
    let edit = Edit {
        id: CredentialId("2".to_owned()),
        label: "jira-main".to_owned(),
        tags: vec!["a".to_owned(), "b".to_owned()],
        note: "mine".to_owned(),
        expiry: Some(Expiry::At("2027-02-01T00:00:00Z".parse().unwrap())),
        username: Some("ana@acme.example".to_owned()),
        owner: None,
        bindings: None,
        profiles: None,
        look_at: LookAt::default(),
    };
    let job = ui.job();
    assert_eq!(ui.take(), [Effect::Rack(RackFx::Save { job, edit: Box::new(edit) })]);
    ui.send(Msg::Rack(RackMsg::Saved { job, result: Ok(()) }));
    ui.sees("saved jira-main").sees("┏ Rack");
    assert!(matches!(ui.take()[..], [Effect::Rack(RackFx::Load { .. })]));
}

/// Opens the edit form of jira-sync, whose hosts have roles.
fn editing() -> Ui {
    let mut ui = Ui::new();
    ui.keys("jje").sees("Edit jira-sync").sees("=source").take();
    ui
}

fn kept(ui: &mut Ui) -> Edit {
    match ui.take().pop() {
        Some(Effect::Rack(RackFx::Save { edit, .. })) => *edit,
        other => panic!("nothing was saved: {other:?}\n{}", ui.screen()),
    }
}

#[test]
fn profiles_and_what_they_look_at_can_be_edited() {
    let mut data = fixture();
    data.credentials[0].profiles = vec!["git-read".to_owned()];
    let profile: Profile =
        toml::from_str("id = \"ci\"\ntitle = \"CI\"\nabout = \"\"\n[[entries]]\nfamily = \"github\"\nneeds = []\n")
            .unwrap();
    data.profiles = Profiles(vec![profile]);
    let mut ui = Ui::with((80, 24), data);
    ui.sees("ci-release").keys("/ci-release<enter><enter>").sees("Profiles  git-read").keys("e");
    for _ in 0..4 {
        ui.keys("<shift-tab>");
    }
    ui.keys("acme/web").sees("acme/web");
    for _ in 0..3 {
        ui.keys("<shift-tab>");
    }
    ui.keys(", <down>");
    snapshot!(ui);
    ui.take();
    ui.keys("<enter>");
    let edit = kept(&mut ui);
    assert_eq!(edit.profiles, Some(vec!["git-read".to_owned(), "ci".to_owned()]));
    assert_eq!(edit.look_at, LookAt { repository: Some("acme/web".to_owned()), ..LookAt::default() });
}

#[test]
fn owner_user_name_and_hosts_can_be_edited() {
    let mut ui = editing();
    ui.keys("<shift-tab><ctrl-u>acme.atlassian.net=target<shift-tab><ctrl-u>bo@acme.example<shift-tab><space><space>");
    ui.keys("<enter>");
    let edit = kept(&mut ui);
    assert_eq!((edit.username.as_deref(), edit.owner), (Some("bo@acme.example"), Some(Owner::Service)));
    let expected = Binding::new(HostId(2), Some("target".to_owned()));
    assert_eq!(edit.bindings, Some(vec![expected]));
}

#[test]
fn hosts_that_cannot_be_are_refused() {
    for (typed, why) in [
        ("", "say where it is used"),
        ("nowhere", "there is no host nowhere"),
        ("https://new.example", "is no host on the rack"),
        ("github.com", "github.com is a host of GitHub"),
        ("acme.atlassian.net, acme.atlassian.net=target", "is named twice"),
    ] {
        let mut ui = editing();
        ui.keys(&format!("<shift-tab><ctrl-u>{typed}<enter>")).sees(why);
        assert!(!ui.take().iter().any(|e| matches!(e, Effect::Rack(RackFx::Save { .. }))), "{typed}");
    }
}

#[test]
fn edit_refuses_what_cannot_be() {
    let mut ui = Ui::new();
    ui.keys("jje<ctrl-u><enter>").sees("a label cannot be empty");
    ui.keys("ci-release<enter>").sees("another credential has this label");
    ui.keys("<ctrl-u>jira-sync<tab><tab><tab><ctrl-u>soon<enter>").sees("give a day as");
    assert!(!ui.take().iter().any(|e| matches!(e, Effect::Rack(RackFx::Save { .. }))));
}

#[test]
fn an_expiry_that_the_host_tells_cannot_be_typed() {
    let mut ui = Ui::new();
    ui.keys("e").sees("Edit ci-release").sees_not("Expires  ");
}

#[test]
fn a_save_that_fails_keeps_the_form_open() {
    let mut ui = Ui::new();
    ui.keys("e<ctrl-u>new<enter>");
    let (job, error) = (ui.job(), Error::data("the rack is read-only"));
    ui.send(Msg::Rack(RackMsg::Saved { job, result: Err(error) }));
    ui.sees("Edit ci-release").sees("the rack is read-only").sees("new");
}

#[test]
fn forget_is_confirmed_in_words() {
    let mut ui = Ui::new();
    ui.keys("F");
    snapshot!(ui);
    ui.take();
    ui.keys("ci-releas<enter>").sees("not done: type exactly ci-release");
    assert_eq!(ui.take(), []);
    ui.keys("e<enter>");
    let job = ui.job();
    let ids = vec![CredentialId("1".to_owned())];
    assert_eq!(ui.take(), [Effect::Rack(RackFx::Forget { job, ids: ids.clone() })]);
    ui.send(Msg::Rack(RackMsg::Forgotten { job, result: Ok(ids) })).sees("1 credential off the rack");
}

#[test]
fn forgetting_many_asks_for_the_number() {
    let mut ui = Ui::new();
    ui.keys("*F").sees("… and 2 more").sees("forget 6");
    ui.take();
    ui.keys("forget 5<enter>").sees("not done");
    ui.keys("<backspace>6<enter>");
    assert!(matches!(&ui.take()[..], [Effect::Rack(RackFx::Forget { ids, .. })] if ids.len() == 6));
}

#[test]
fn the_passphrase_is_asked_when_a_secret_is_needed_and_what_waited_goes_on() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Open).take();
    ui.keys("c");
    assert_eq!(ui.take(), []);
    ui.keys("NotARealPassphrase");
    snapshot!(ui);
    ui.keys("<enter>");
    let unlock = ui.job();
    let passphrase = SecretText::from("NotARealPassphrase");
    assert_eq!(ui.take(), [Effect::Store(StoreFx::Unlock { job: unlock, passphrase, create: false })]);
    ui.send(Msg::Store(StoreMsg::Unlocked { job: unlock, result: Ok(()) }));
    assert!(matches!(ui.take()[..], [Effect::Check { .. }]), "what waited goes on");
    ui.sees("checking 0/1").sees_not("Passphrase");
    ui.keys("jjc");
    assert!(matches!(ui.take()[..], [Effect::Check { .. }]), "asked only once");
}

#[test]
fn a_wrong_passphrase_can_be_typed_again() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Open).keys("cNotIt<enter>");
    let job = ui.job();
    let error = Error::new(ErrorKind::Store, "wrong passphrase for the file store");
    ui.send(Msg::Store(StoreMsg::Unlocked { job, result: Err(error) }));
    ui.sees("wrong passphrase").take();
    ui.keys("Again<enter>");
    assert!(matches!(ui.take()[..], [Effect::Store(StoreFx::Unlock { .. })]));
}

#[test]
fn not_unlocking_gives_up_what_waited() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Open).take();
    ui.keys("c<esc>");
    assert_eq!(ui.take(), []);
    ui.sees("nothing was done").sees_not("checking");
    ui.keys("q");
    assert!(ui.take().contains(&Effect::System(keyrack::ui::effect::SystemFx::Quit)), "no job is left open");
}

#[test]
fn a_store_opened_elsewhere_lets_what_waits_go_on() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Open).keys("c").sees("Open the secret store").take();
    ui.store(Passphrase::None).sees_not("Open the secret store");
    assert!(matches!(ui.take()[..], [Effect::Check { .. }]));
}

#[test]
fn a_new_store_asks_twice() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Create).keys("c");
    ui.sees("Make the secret store").take();
    ui.keys("one<enter>two<enter>").sees("the two differ");
    assert_eq!(ui.take(), []);
    ui.keys("one<tab>one<enter>");
    assert!(
        matches!(&ui.take()[..], [Effect::Store(StoreFx::Unlock { create: true, passphrase, .. })] if passphrase.reveal() == "one")
    );
}

#[test]
fn checking_a_draft_needs_no_store() {
    let mut ui = Ui::new();
    ui.store(Passphrase::Open).take();
    ui.paste(crate::harness::FAKE);
    assert!(matches!(ui.take()[..], [Effect::Add(AddFx::Identify { .. })]));
    ui.sees_not("Passphrase");
}

#[test]
fn log_shows_entries_and_the_one_under_the_cursor() {
    let mut ui = Ui::new();
    ui.keys("L");
    let job = ui.job();
    assert!(ui.take().contains(&Effect::Log(LogFx::Load { job, limit: 5_000 })));
    ui.sees("reading the log");
    let entry = |minutes, verb: &str, outcome: &str, detail: &str| AuditEntry {
        at: ago(minutes),
        user: "ana".to_owned(),
        verb: verb.to_owned(),
        label: "ci-release".to_owned(),
        host: "github.com".to_owned(),
        outcome: outcome.to_owned(),
        detail: detail.to_owned(),
    };
    let entries = vec![
        entry(1, "revoke", "unknown", "sent, and no answer came"),
        entry(60, "check", "done", "valid"),
        entry(90, "add", "refused", "the rack has this secret already"),
    ];
    ui.send(Msg::Log(LogMsg::Loaded { job, result: Ok(entries) })).keys("j");
    snapshot!(ui);
}

#[test]
fn toasts_go_by_themselves() {
    let mut ui = Ui::new();
    ui.send(Msg::Failed(Error::data("the browser did not open").hint("open the page by hand")));
    ui.sees("the browser did not open").sees("→ open the page by hand");
    ui.tick(30).sees_not("browser");
    ui.send(Msg::Failed(Error::data("once more"))).keys("<esc>").sees_not("once more");
}

#[test]
fn messages_can_be_read_again_in_full() {
    let mut ui = Ui::new();
    ui.keys("M").sees("Nothing was said yet").keys("<esc>");
    let long = "the host said something that takes many lines to tell ".repeat(8);
    ui.send(Msg::Failed(Error::data(long.trim()).hint("what to do about it")));
    ui.sees("M shows all of it").sees_not("what to do about it");
    ui.tick(60).keys("M").sees("✗ the host said something").sees("→ what to do about it");
    ui.keys("<esc>").sees("┏ Rack");
}

#[test]
fn the_demo_says_what_it_is_and_how_to_leave() {
    Ui::demo().sees("keyrack demo ▏").sees("made up, q leaves");
    Ui::new().sees_not("demo").sees_not("made up");
}

#[test]
fn the_users_keys_are_the_ones_shown_and_obeyed() {
    use keyrack::config::keymap::{DEFAULT, Keymap};
    let keymap = Keymap::load(DEFAULT, Some("[rack]\nadd = [\"ctrl-o\"]\n")).unwrap();
    let mut ui = Ui::with_keymap((80, 24), Default::default(), keymap);
    ui.sees("ctrl-o  add a token").keys("a").sees("The rack is empty").keys("<ctrl-o>").sees("Add a credential");
}

#[test]
fn another_process_changing_the_rack_is_followed() {
    let mut ui = Ui::new();
    ui.take();
    ui.send(Msg::Rack(RackMsg::Changed));
    let mut data = fixture();
    data.credentials[0].label = "renamed".to_owned();
    data.credentials[0].expiry = Expiry::At(days(3));
    ui.load(data).sees("◐ renamed");
}
