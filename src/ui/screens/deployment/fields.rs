//! The form of a deployment: its fields, which of them an act has, and what is read from them.

use jiff::Timestamp;

use crate::domain::{
    CommitRef, DEFAULT_ENVIRONMENT, DEFAULT_PIPELINE, DeploymentAct, DeploymentInput, DeploymentState, EnvironmentType,
    Host,
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
    Label,
    EnvironmentTitle,
    PipelineTitle,
    PipelineUrl,
    IssuesAs,
    Services,
    Commits,
    Repositories,
    Updated,
    Update,
}

/// What only submitting and updating say.
const SAID: [Name; 15] = [
    Name::Title,
    Name::Url,
    Name::Description,
    Name::State,
    Name::Type,
    Name::Label,
    Name::EnvironmentTitle,
    Name::PipelineTitle,
    Name::PipelineUrl,
    Name::IssuesAs,
    Name::Services,
    Name::Commits,
    Name::Repositories,
    Name::Updated,
    Name::Update,
];

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
        .text(Name::Sequence, "Number", "", "")
        .text(Name::Label, "Label", "", "a short one, like that of a release; may be empty")
        .text(Name::EnvironmentTitle, "Env. name", "", "the environment for people; empty: as Jira has it, else its id")
        .text(Name::PipelineTitle, "Pipe name", "", "the pipeline for people; empty: as Jira has it, else its id")
        .text(Name::PipelineUrl, "Pipe page", "", "a page about the pipeline; empty: as Jira has it, else that above")
        .choice(
            Name::IssuesAs,
            "Issues as",
            vec!["keys or ids".to_owned(), "keys (issueKeys)".to_owned()],
            0,
            "issueKeys is the older association; only where Jira refuses the other one",
        )
        .text(Name::Services, "Services", "", "services that it belongs to, by id or key, with commas between")
        .text(Name::Commits, "Commits", "", "commits that it brings, as REPOSITORY@HASH, with commas between")
        .text(Name::Repositories, "Repos", "", "repositories that it comes from, by their ids in Jira")
        .text(Name::Updated, "Changed", "", "when it changed last, like 2026-11-23T04:00:00Z; empty: now")
        .text(Name::Update, "Update", "", "number of this telling; empty: the next one");
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
    let issues = match act {
        DeploymentAct::Submit => "keys like ACME-1, with commas between; or services, commits, repositories below",
        DeploymentAct::Update => "keys like ACME-1, with commas between; empty: as Jira has it",
        _ => "a key like ACME-1; may be empty: it only says where to look in Jira",
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
    let act = act(form);
    let says = matches!(act, DeploymentAct::Submit | DeploymentAct::Update);
    let issues = list(form, Name::Issues);
    // What the act does not say stays unsaid, also where it was typed before another act was chosen.
    let said = |name| if says { list(form, name) } else { Vec::new() };
    let (services, commits, repositories) = (said(Name::Services), said(Name::Commits), said(Name::Repositories));
    let tied = [&issues, &services, &commits, &repositories].iter().filter(|all| !all.is_empty()).count();
    if act == DeploymentAct::Submit && tied == 0 {
        return refuse(form, Name::Issues, "name the issue that it belongs to, like ACME-1");
    }
    if let Some(Err(error)) = commits.iter().map(|c| c.parse::<CommitRef>()).find(Result::is_err) {
        return refuse(form, Name::Commits, &error.to_string());
    }
    if says && tied > 3 {
        return refuse(form, Name::Repositories, "Jira takes three of issues, services, commits and repositories");
    }
    for (name, why) in
        [(Name::Environment, "which environment? its id, like production"), (Name::Pipeline, "which pipeline? its id")]
    {
        if form.value(name).is_empty() {
            return refuse(form, name, why);
        }
    }
    let sequence = number(form, Name::Sequence)?;
    let update_sequence = if says { number(form, Name::Update)? } else { None };
    let last_updated = match form.value(Name::Updated).parse::<Timestamp>() {
        Ok(at) if says => Some(at),
        Err(_) if says && !form.value(Name::Updated).is_empty() => {
            return refuse(form, Name::Updated, "a date and time like 2026-11-23T04:00:00Z, or nothing");
        }
        _ => None,
    };
    let page =
        |url: &Option<String>| url.as_ref().is_none_or(|url| url.starts_with("https://") || url.starts_with("http://"));
    let text = |name| Some(form.value(name).to_owned()).filter(|t| says && !t.is_empty());
    let (url, pipeline_url) = (text(Name::Url), text(Name::PipelineUrl));
    for (name, url) in [(Name::Url, &url), (Name::PipelineUrl, &pipeline_url)] {
        if !page(url) {
            return refuse(form, name, "the address of a web page: https://…");
        }
    }
    let text = |name| Some(form.value(name).to_owned()).filter(|t| says && !t.is_empty());
    let chosen = |name| form.chosen(name).checked_sub(1).filter(|_| says);
    Ok(DeploymentInput {
        issues,
        older_issue_keys: says && form.chosen(Name::IssuesAs) == 1,
        services,
        commits,
        repositories,
        pipeline_name: text(Name::PipelineTitle),
        pipeline_url,
        environment_name: text(Name::EnvironmentTitle),
        label: text(Name::Label),
        update_sequence,
        last_updated,
        pipeline: form.value(Name::Pipeline).to_owned(),
        environment: form.value(Name::Environment).to_owned(),
        environment_kind: chosen(Name::Type).and_then(|n| EnvironmentType::ALL.get(n).copied()),
        sequence,
        name: text(Name::Title),
        url,
        description: text(Name::Description),
        state: chosen(Name::State).and_then(|n| DeploymentState::ALL.get(n).copied()),
    })
}

/// The words of a field, with commas or blanks between them.
fn list(form: &Form<Name>, name: Name) -> Vec<String> {
    form.value(name).split([',', ' ']).map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// A number above 0, or nothing.
fn number(form: &mut Form<Name>, name: Name) -> Result<Option<i64>, ()> {
    match form.value(name) {
        "" => Ok(None),
        text => match text.parse::<i64>() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => refuse(form, name, "a whole number above 0, or nothing"),
        },
    }
}

fn refuse<T>(form: &mut Form<Name>, name: Name, why: &str) -> Result<T, ()> {
    form.refuse(name, why);
    Err(())
}
