//! Messages late, twice, in any order, with stale job ids: none of them may confuse the model.

use keyrack::domain::{CredentialId, HostId, Stage, StageReport, Validation, Verdict};
use keyrack::error::Error;
use keyrack::ui::effect::Effect;
use keyrack::ui::msg::{
    AddMsg, CheckMsg, DiagnoseMsg, HostMsg, JobId, LogMsg, Msg, Passphrase, RackData, RackMsg, RevokeMsg, StoreMsg,
};

use crate::harness::{Ui, fixture, now};

fn every_closing(job: JobId) -> Vec<Msg> {
    let error = || Error::data("stale");
    let id = || CredentialId("1".to_owned());
    vec![
        Msg::Rack(RackMsg::Loaded { job, result: Ok(Box::new(RackData::default())) }),
        Msg::Rack(RackMsg::Detail { job, id: id(), result: Err(error()) }),
        Msg::Rack(RackMsg::Saved { job, result: Err(error()) }),
        Msg::Rack(RackMsg::Forgotten { job, result: Err(error()) }),
        Msg::Add(AddMsg::Identified { job, result: Err(error()) }),
        Msg::Add(AddMsg::Checked { job, result: Err(error()) }),
        Msg::Add(AddMsg::Kept { job, result: Err(error()) }),
        Msg::Check(CheckMsg::Checked {
            job,
            credential: id(),
            host: HostId(1),
            validation: Box::new(Validation::new(Verdict::Revoked, "stale", now())),
        }),
        Msg::Check(CheckMsg::Done { job, result: Err(error()) }),
        Msg::Revoke(RevokeMsg::Planned { job, result: Err(error()) }),
        Msg::Revoke(RevokeMsg::Done { job, result: Err(error()) }),
        Msg::Hosts(HostMsg::Saved { job, result: Err(error()) }),
        Msg::Hosts(HostMsg::Removed { job, result: Err(error()) }),
        Msg::Hosts(HostMsg::Tested { job, result: Err(error()) }),
        Msg::Diagnose(DiagnoseMsg::Stage { job, host: 0, report: Box::new(StageReport::waiting(Stage::Store)) }),
        Msg::Diagnose(DiagnoseMsg::Done { job, result: Err(error()) }),
        Msg::Diagnose(DiagnoseMsg::Exported { job, result: Err(error()) }),
        Msg::Log(LogMsg::Loaded { job, result: Err(error()) }),
        Msg::Store(StoreMsg::Unlocked { job, result: Err(error()) }),
    ]
}

#[test]
fn stale_jobs_change_nothing_on_any_screen() {
    for keys in ["", "/pro", "?", "a", "H", "He", "L", ":", ",", "e", "F", "x", "<enter>", "c", "d"] {
        let mut ui = Ui::new();
        ui.keys(keys).take();
        let before = ui.screen();
        for msg in every_closing(JobId(1)).into_iter().chain(every_closing(JobId(999))) {
            ui.send(msg.clone());
            assert_eq!(ui.screen(), before, "{msg:?} on `{keys}`");
        }
        assert_eq!(ui.take(), [], "on `{keys}`");
    }
}

#[test]
fn answers_twice_count_once() {
    let mut ui = Ui::new();
    ui.keys("c");
    let job = ui.job();
    ui.checked(job, "1", 1, Verdict::Limited).check_done(job).check_done(job);
    let before = ui.screen();
    ui.checked(job, "1", 1, Verdict::Revoked).check_done(job);
    assert_eq!(ui.screen(), before);
}

#[test]
fn results_for_what_is_gone_are_dropped() {
    let mut ui = Ui::new();
    ui.keys("C");
    let job = ui.job();
    ui.keys("<ctrl-r>").load(RackData::default());
    ui.checked(job, "1", 1, Verdict::Valid).checked(job, "1", 99, Verdict::Valid).check_done(job);
    ui.sees("The rack is empty");
}

#[test]
fn a_result_for_a_host_that_the_credential_does_not_use_is_dropped() {
    let mut ui = Ui::new();
    ui.keys("c");
    let job = ui.job();
    ui.checked(job, "1", 3, Verdict::Revoked).sees("● ci-release").sees("checking 0/1");
}

#[test]
fn loads_answered_out_of_order_end_with_what_came_last() {
    let mut ui = Ui::new();
    ui.keys("<ctrl-r>");
    let first = ui.job();
    ui.keys("<ctrl-r>");
    let second = ui.job();
    assert_ne!(first, second);
    let loaded = |job, data| Msg::Rack(RackMsg::Loaded { job, result: Ok(Box::new(data)) });
    ui.send(loaded(second, RackData::default())).send(loaded(first, fixture()));
    ui.sees("ci-release");
}

#[test]
fn two_runs_share_one_bar() {
    let mut ui = Ui::new();
    ui.keys("c");
    let first = ui.job();
    ui.keys("jjc");
    let second = ui.job();
    ui.sees("checking 0/3").checked(second, "2", 2, Verdict::Valid).sees("checking 1/3");
    ui.check_done(first).sees("checking 1/2").check_done(second).sees_not("checking");
}

/// A cat on the keyboard while answers of every kind come in: nothing may panic, and the way out still works.
#[test]
fn no_sequence_of_keys_and_answers_breaks_it() {
    const KEYS: &[&str] = &[
        "j",
        "k",
        "G",
        "g",
        "<space>",
        "*",
        "/",
        "p",
        "<enter>",
        "<enter>",
        "<esc>",
        "<tab>",
        "<shift-tab>",
        "s",
        "S",
        "c",
        "C",
        "B",
        "x",
        "F",
        "e",
        "a",
        "H",
        "L",
        "?",
        ":",
        ",",
        "q",
        "n",
        "t",
        "d",
        "o",
        "v",
        "K",
        "<ctrl-n>",
        "<ctrl-u>",
        "<ctrl-x>",
        "<ctrl-r>",
        "<page-down>",
        "<left>",
        "<right>",
        "<backspace>",
        "y",
        "E",
        "]",
        "[",
    ];
    for seed in 0..6_u64 {
        let mut ui = Ui::with(if seed % 2 == 0 { (80, 24) } else { (120, 30) }, fixture());
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut roll = |n: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % n as u64).unwrap()
        };
        for step in 0..400_i64 {
            ui.keys(KEYS[roll(KEYS.len())]);
            match roll(12) {
                0 => ui.paste("NotARealToken"),
                1 => ui.click(u16::try_from(roll(120)).unwrap(), u16::try_from(roll(30)).unwrap()),
                2 => ui.wheel(roll(2) == 0),
                3 => {
                    let open: Vec<JobId> = ui.effects.iter().filter_map(Effect::job).collect();
                    if !open.is_empty() {
                        let job = open[roll(open.len())];
                        for msg in every_closing(job) {
                            ui.send(msg);
                        }
                    }
                    &mut ui
                }
                4 => ui.resize(u16::try_from(40 + roll(100)).unwrap(), u16::try_from(8 + roll(40)).unwrap()),
                5 => ui.tick(step),
                _ => &mut ui,
            };
            if step % 8 == 0 {
                ui.buffer();
            }
        }
        ui.take();
        ui.keys("<ctrl-c>");
        assert!(ui.take().contains(&Effect::System(keyrack::ui::effect::SystemFx::Quit)));
    }
}

#[test]
fn every_effect_with_a_job_has_its_own() {
    let mut ui = Ui::wide();
    ui.keys("cjcjCjx<esc>LjH<esc><esc>HtHt<esc>");
    let jobs: Vec<JobId> =
        ui.take().iter().filter(|e| !matches!(e, Effect::Cancel(_))).filter_map(Effect::job).collect();
    let mut unique = jobs.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), jobs.len());
}

/// Whatever waits for a store that stays locked is given up, so that nothing turns for ever.
#[test]
fn every_act_that_waits_for_the_store_ends_when_it_stays_locked() {
    for keys in ["c", "p", "d", "HjjN", "/lab-runner<enter>i"] {
        let mut ui = Ui::bare((80, 24), false);
        ui.store(Passphrase::Open);
        ui.send(Msg::Start).load(fixture());
        ui.keys(keys);
        match keys {
            "HjjN" => ui.keys("nightly<enter>"),
            "c" | "p" | "d" => &mut ui,
            _ => ui.keys("<enter>"),
        };
        ui.sees("assphrase").keys("<esc>");
        let model = format!("{:?}", ui.model);
        let jobs = model.split("jobs: Jobs {").nth(1).unwrap();
        assert!(jobs.split('}').next().unwrap().trim_end().ends_with("open: {"), "{keys}: {}", ui.screen());
    }
}
