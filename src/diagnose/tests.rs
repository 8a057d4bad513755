//! What the tests of the stages about this machine share.

use std::path::PathBuf;

use super::environment::sight::Sight;
use super::viewpoint::Viewpoint;
use crate::diagnose::Surroundings;
use crate::diagnose::git::program::Program;
use crate::diagnose::patient::{Origin, Patient};
use crate::domain::{Expiry, FamilyId, Finding, Host, Kind, LookAt};
use crate::ops::exchange;
use crate::secret::Secret;

pub(crate) fn patient(family: &str, url: &str, kind: Kind, username: Option<&str>) -> Patient {
    let mut host = Host::new("the-host", FamilyId::new(family), url);
    host.region = (family == "codecommit").then(|| "us-east-1".to_owned());
    Patient {
        origin: Origin::Given(Secret::token("unused".into())),
        host,
        kind,
        username: username.map(str::to_owned),
        expiry: Expiry::Unknown,
        expiry_by_user: false,
        profiles: Vec::new(),
        look_at: LookAt::default(),
        git_url: None,
    }
}

pub(crate) fn around(vars: &[(&str, &str)]) -> Surroundings {
    let vars = vars.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    Surroundings::new(vars, PathBuf::from("/"))
}

pub(crate) fn view<'a>(patient: &'a Patient, vars: &[(&str, &str)], secret: Option<&'a Secret>) -> Viewpoint<'a> {
    let around: &'static Surroundings = Box::leak(Box::new(around(vars)));
    Viewpoint { around, patient, secret, endpoints: exchange::endpoints(&patient.host).unwrap() }
}

pub(crate) fn program() -> Program {
    Program::at("/usr/bin/git")
}

pub(crate) fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|f| f.code.as_str()).collect()
}

#[track_caller]
pub(crate) fn fact<'a>(sight: &'a Sight, name: &str) -> &'a str {
    let found = sight.facts.iter().find(|(n, _)| n == name);
    found.map_or_else(|| panic!("no {name} in {:?}", sight.facts), |(_, v)| v)
}
