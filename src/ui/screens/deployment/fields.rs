//! The form of a deployment: its fields, which of them an act has, and what is read from them.

use crate::domain::{
    DEFAULT_ENVIRONMENT, DEFAULT_PIPELINE, DeploymentAct, DeploymentInput, DeploymentState, EnvironmentType, Host,
};

use super::super::super::widgets::form::Form;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Act,
    Site,
    Issues,
    Title,
    Url,
    Description,
    State,
    Environment,
    Type,
    Pipeline,
    Sequence,
}

/// What only submitting and updating say.
const SAID: [Name; 5] = [Name::Title, Name::Url, Name::Description, Name::State, Name::Type];

const NOT_SAID: &str = "not said";

/// The empty form. The site is asked for where there are several.
pub(super) fn form(hosts: &[Host]) -> Form<Name> {
    let acts = DeploymentAct::ALL.iter().map(|a| a.slug().to_owned()).collect();
    let sites = hosts.iter().map(|h| h.name.clone()).collect();
    let or_not = |words: &mut dyn Iterator<Item = &'static str>| {
        std::iter::once(NOT_SAID).chain(words).map(str::to_owned).collect::<Vec<_>>()
    };
    let states = or_not(&mut DeploymentState::ALL.iter().map(|s| s.slug()));
    let types = or_not(&mut EnvironmentType::ALL.iter().map(|t| t.slug()));
    let mut form = Form::new()
        .choice(Name::Act, "Act", acts, 0, "what to do about the deployment")
        .choice(Name::Site, "Site", sites, 0, "the Jira site; the client is bound to several")
        .text(Name::Issues, "Issues", "", "")
        .text(Name::Title, "Name", "", "shown in Jira; empty: as Jira has it, else pipeline and environment")
        .text(Name::Url, "Page", "", "a page about the deployment; empty: as Jira has it, else the issue")
        .text(Name::Description, "What", "", "what it brings; empty: as Jira has it, else the name")
        .choice(Name::State, "State", states, 0, "how far it is; not said: as Jira has it, else successful")
        .text(Name::Environment, "Environment", DEFAULT_ENVIRONMENT, "id of the environment")
        .choice(Name::Type, "Type", types, 0, "what it is for; not said: as Jira has it, else by its id")
        .text(Name::Pipeline, "Pipeline", DEFAULT_PIPELINE, "id of the pipeline that deploys")
        .text(Name::Sequence, "Number", "", "");
    form.show(Name::Site, hosts.len() > 1);
    form
}

pub(super) fn act(form: &Form<Name>) -> DeploymentAct {
    DeploymentAct::ALL.get(form.chosen(Name::Act)).copied().unwrap_or(DeploymentAct::Show)
}

/// Shows the fields that the act has, and explains those that mean something else with it.
pub(super) fn fit(form: &mut Form<Name>) {
    let act = act(form);
    let says = matches!(act, DeploymentAct::Submit | DeploymentAct::Update);
    for name in SAID {
        form.show(name, says);
    }
    let issues = if says {
        "keys like ACME-1, with commas between; at least one"
    } else {
        "a key like ACME-1; may be empty: it only says where to look in Jira"
    };
    form.explain(Name::Issues, issues);
    let number = match act {
        DeploymentAct::Submit => "empty: the next number of its pipeline and environment",
        _ => "empty: the last one that this rack knows of",
    };
    form.explain(Name::Sequence, number);
}

/// What the form says; where something is wrong its field is marked.
pub(super) fn read(form: &mut Form<Name>) -> Result<DeploymentInput, ()> {
    let says = matches!(act(form), DeploymentAct::Submit | DeploymentAct::Update);
    let issues: Vec<String> = form
        .value(Name::Issues)
        .split([',', ' '])
        .map(str::trim)
        .filter(|key| !key.is_empty())
        .map(str::to_owned)
        .collect();
    if says && issues.is_empty() {
        return refuse(form, Name::Issues, "name the issue that it belongs to, like ACME-1");
    }
    for (name, why) in
        [(Name::Environment, "which environment? its id, like production"), (Name::Pipeline, "which pipeline? its id")]
    {
        if form.value(name).is_empty() {
            return refuse(form, name, why);
        }
    }
    let sequence = match form.value(Name::Sequence) {
        "" => None,
        text => match text.parse::<i64>() {
            Ok(number) if number > 0 => Some(number),
            _ => return refuse(form, Name::Sequence, "a whole number above 0, or nothing"),
        },
    };
    // What the act does not say stays unsaid, also where it was typed before another act was chosen.
    let text = |name| Some(form.value(name).to_owned()).filter(|t| says && !t.is_empty());
    let url = text(Name::Url);
    if url.as_ref().is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
        return refuse(form, Name::Url, "the address of a web page: https://…");
    }
    let chosen = |name| form.chosen(name).checked_sub(1).filter(|_| says);
    Ok(DeploymentInput {
        issues,
        pipeline: form.value(Name::Pipeline).to_owned(),
        environment: form.value(Name::Environment).to_owned(),
        environment_kind: chosen(Name::Type).and_then(|n| EnvironmentType::ALL.get(n).copied()),
        sequence,
        name: text(Name::Title),
        url,
        description: text(Name::Description),
        state: chosen(Name::State).and_then(|n| DeploymentState::ALL.get(n).copied()),
        ..DeploymentInput::default()
    })
}

fn refuse<T>(form: &mut Form<Name>, name: Name, why: &str) -> Result<T, ()> {
    form.refuse(name, why);
    Err(())
}
