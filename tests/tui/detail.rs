//! One credential in full: how it stands to its jobs, from what the checks left alone.

use keyrack::domain::{HostId, Validation, Verdict};
use keyrack::ui::msg::{Msg, RackData, RackMsg};

use crate::harness::{Ui, ago, fixture, history};
use crate::snapshot;

const JOBS: [&str; 4] = ["git-read", "git-write", "pull-requests", "git-integration-for-jira"];

/// The fixture, with jobs for `ci-release`.
fn rack() -> RackData {
    let mut data = fixture();
    data.credentials[0].profiles = JOBS.map(str::to_owned).to_vec();
    data
}

/// One met, one missed, one that could not be told; the last was added after the check.
fn measured() -> Vec<(HostId, Validation)> {
    let mut entries = history();
    let newest = &mut entries[0].1;
    newest.met = vec!["git-read".to_owned()];
    newest.missing.insert("git-write".to_owned(), vec!["contents:write".to_owned()]);
    newest.untold.insert("pull-requests".to_owned(), vec!["pull_requests:write".to_owned()]);
    entries
}

fn shown(size: (u16, u16), data: RackData, entries: Vec<(HostId, Validation)>) -> Ui {
    let mut ui = Ui::with(size, data);
    if size.0 < 100 {
        ui.keys("<enter>");
    }
    let (job, id) = ui.last_detail().unwrap();
    ui.send(Msg::Rack(RackMsg::Detail { job, id, result: Ok(entries) }));
    ui
}

#[test]
fn each_job_has_its_sign_and_what_is_missing_beside_the_list() {
    snapshot!(shown((140, 45), rack(), measured()));
}

#[test]
fn each_job_has_its_sign_and_what_is_missing_at_80_columns() {
    snapshot!(shown((80, 24), rack(), measured()));
}

#[test]
fn while_the_history_is_read_no_sign_is_guessed() {
    let mut ui = Ui::with((140, 45), rack());
    ui.sees("git-write").sees_not("git-write ✓").sees_not("git-write ✗").sees_not("cannot tell");
}

#[test]
fn an_answer_that_says_nothing_of_the_token_leaves_the_signs() {
    let mut entries = measured();
    entries.insert(0, (HostId(1), Validation::new(Verdict::Unreachable, "the connection was refused", ago(1))));
    shown((140, 45), rack(), entries).sees("git-read ✓").sees("git-write ✗ missing contents:write");
}

#[test]
fn a_dead_token_does_no_job_and_is_not_said_to() {
    let entries = vec![(HostId(1), Validation::new(Verdict::Expired, "expired", ago(1)))];
    shown((140, 45), rack(), entries).sees("git-read ? cannot tell: expired").sees_not("✓");
}

#[test]
fn of_several_places_the_worst_counts_and_is_named() {
    let mut data = fixture();
    data.credentials[1].profiles = vec!["jira-users-and-issues".to_owned()];
    let mut good = Validation::new(Verdict::Valid, "accepted", ago(2));
    good.met = vec!["jira-users-and-issues".to_owned()];
    let mut bad = Validation::new(Verdict::Limited, "misses", ago(2));
    bad.missing.insert("jira-users-and-issues".to_owned(), vec!["USER_PICKER".to_owned()]);
    let mut ui = Ui::with((140, 45), data);
    ui.answer_detail().keys("/jira-sync<enter>");
    let (job, id) = ui.last_detail().unwrap();
    ui.send(Msg::Rack(RackMsg::Detail { job, id, result: Ok(vec![(HostId(2), good), (HostId(4), bad)]) }));
    ui.sees("jira-users-and-issues ✗ missing").sees("USER_PICKER at beta.atlassian.net");
    ui.sees("9 days left (as you said)");
}
