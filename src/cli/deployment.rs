//! `keyrack deployment`: deployment data in Jira for an issue key.

mod print;

use std::str::FromStr;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::domain::{
    Association, AssociationType, Credential, Deployment, DeploymentKey, DeploymentShown, DeploymentState, Environment,
    EnvironmentType, Host, Pipeline,
};
use crate::error::{Error, ErrorKind, Result};

/// Pipeline where none is named.
const PIPELINE: &str = "keyrack";
/// Environment where none is named: that of Jira's own tutorial.
const ENVIRONMENT: &str = "production";

/// Show in Jira what was deployed where (Open DevOps)
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  keyrack deployment submit jira-deployments --site https://acme.atlassian.net --issue ACME-1 --name v2.0\n  keyrack deployment update jira-deployments --issue ACME-1 --state failed\n  keyrack deployment show jira-deployments --issue ACME-1\n\nIt is seen in Jira at the issue: Releases in the right panel, tab Deployments."
)]
pub(super) enum DeploymentVerb {
    /// Submit a deployment under the next number of its pipeline and environment
    Submit(TellArgs),
    /// Tell Jira something new of a deployment: another state, another name
    Update(TellArgs),
    /// Show a deployment as Jira has it
    Show(KeyArgs),
    /// Delete a deployment from Jira
    Delete(KeyArgs),
}

/// Which deployment.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// Label of the OAuth client
    label: String,
    /// The Jira site: URL, or its name on the rack. Needed where the client is used at several
    #[arg(long, value_name = "URL")]
    site: Option<String>,
    /// Issue key, e.g. ACME-1. May be repeated
    #[arg(long = "issue", value_name = "KEY")]
    issues: Vec<String>,
    /// The pipeline that deploys
    #[arg(long, value_name = "ID", default_value = PIPELINE)]
    pipeline: String,
    /// Where to, and what that is for: unmapped, development, testing, staging or production
    #[arg(long, value_name = "ID:TYPE", default_value = ENVIRONMENT)]
    environment: EnvironmentArg,
    /// Number of the deployment; without it the next one, or for the other verbs the last
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    sequence: Option<i64>,
}

/// What to say of it.
#[derive(Debug, Args)]
pub(super) struct TellArgs {
    #[command(flatten)]
    key: KeyArgs,
    /// How far it is [default: successful]
    #[arg(long, value_name = "STATE")]
    state: Option<DeploymentState>,
    /// Name shown in Jira [default: the pipeline and the environment]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// A page about the deployment [default: the issue]
    #[arg(long)]
    url: Option<String>,
    /// What it brings [default: the name]
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// A short label, e.g. of a release
    #[arg(long = "label", value_name = "TEXT")]
    short_label: Option<String>,
    /// Name of the pipeline for people [default: its id]
    #[arg(long, value_name = "TEXT")]
    pipeline_name: Option<String>,
    /// A page about the pipeline [default: that of the deployment]
    #[arg(long, value_name = "URL")]
    pipeline_url: Option<String>,
    /// Name of the environment for people [default: its id]
    #[arg(long, value_name = "TEXT")]
    environment_name: Option<String>,
    /// A service that it belongs to, by id or key. May be repeated
    #[arg(long = "service", value_name = "ID")]
    services: Vec<String>,
}

/// `ID:TYPE`; where no type is named, an id that is the name of one has it.
#[derive(Debug, Clone)]
pub(super) struct EnvironmentArg {
    id: String,
    kind: Option<EnvironmentType>,
}

impl FromStr for EnvironmentArg {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.rsplit_once(':') {
            Some((id, kind)) => match kind.parse() {
                Ok(kind) => Ok(Self { id: id.to_owned(), kind: Some(kind) }),
                Err(error) => Err(format!("the type of an environment: {error}")),
            },
            None => Ok(Self { id: text.to_owned(), kind: text.parse().ok() }),
        }
    }
}

pub(super) async fn run(context: &mut Context<'_>, verb: DeploymentVerb) -> Result<u8> {
    match verb {
        DeploymentVerb::Submit(args) => submit(context, args).await,
        DeploymentVerb::Update(args) => update(context, args).await,
        DeploymentVerb::Show(args) => show(context, args).await,
        DeploymentVerb::Delete(args) => delete(context, args).await,
    }
}

async fn submit(context: &mut Context<'_>, args: TellArgs) -> Result<u8> {
    let (credential, host) = place(context, &args.key)?;
    let deployment = build(context, &args, &host, None)?;
    let submitted = context.core()?.deployment_submit(&credential, &host, deployment).await?;
    print::submitted(context, &host, &args.key.issues, &submitted)
}

async fn update(context: &mut Context<'_>, args: TellArgs) -> Result<u8> {
    let (credential, host) = place(context, &args.key)?;
    let key = key(context, &args.key, &host)?;
    let core = context.core()?;
    let Some(shown) = core.deployment_show(&credential, &host, &key).await?.shown else {
        return Err(unknown(&key, &host));
    };
    let seen = shown.update_sequence;
    let mut deployment = build(context, &args, &host, Some(shown))?;
    deployment.sequence = key.sequence;
    let submitted = context.core()?.deployment_update(&credential, &host, deployment, seen).await?;
    print::submitted(context, &host, &args.key.issues, &submitted)
}

async fn show(context: &mut Context<'_>, args: KeyArgs) -> Result<u8> {
    let (credential, host) = place(context, &args)?;
    let key = key(context, &args, &host)?;
    let seen = context.core()?.deployment_show(&credential, &host, &key).await?;
    match &seen.shown {
        Some(shown) => print::shown(context, &host, &args.issues, &seen.place, shown),
        None => Err(unknown(&key, &host)),
    }
}

async fn delete(context: &mut Context<'_>, args: KeyArgs) -> Result<u8> {
    let (credential, host) = place(context, &args)?;
    let key = key(context, &args, &host)?;
    let what = format!("Deployment {key} is deleted at {}, for everybody who sees the issue", host.name);
    context.confirm(&what, &key.sequence.to_string())?;
    context.core()?.deployment_delete(&credential, &host, &key).await?;
    print::deleted(context, &host, &key)
}

fn place(context: &mut Context<'_>, args: &KeyArgs) -> Result<(Credential, Host)> {
    let core = context.core()?;
    let credential = core.by_label(&args.label)?;
    let host = core.site_of(&credential, args.site.as_deref())?;
    Ok((credential, host))
}

fn key(context: &mut Context<'_>, args: &KeyArgs, host: &Host) -> Result<DeploymentKey> {
    let (pipeline, environment) = (args.pipeline.clone(), args.environment.id.clone());
    let sequence = match args.sequence {
        Some(sequence) => sequence,
        None => context.core()?.last_sequence(host, &pipeline, &environment)?,
    };
    Ok(DeploymentKey { pipeline, environment, sequence })
}

fn unknown(key: &DeploymentKey, host: &Host) -> Error {
    Error::new(ErrorKind::Refused, format!("Jira shows no deployment {key} at {}", host.name)).hint(
        "What was just submitted takes a moment to be processed: try again. Otherwise it was rejected, or deleted.",
    )
}

/// The deployment that the arguments describe, over what Jira shows of it where it is there already.
fn build(context: &Context<'_>, args: &TellArgs, host: &Host, shown: Option<DeploymentShown>) -> Result<Deployment> {
    let key = &args.key;
    let mut associations = Vec::new();
    for (kind, values) in
        [(AssociationType::IssueIdOrKeys, &key.issues), (AssociationType::ServiceIdOrKeys, &args.services)]
    {
        if !values.is_empty() {
            associations.push(Association { kind, values: values.clone() });
        }
    }
    let Some(first) = key.issues.first().or(args.services.first()) else {
        return Err(
            Error::usage("nothing says which issue the deployment belongs to").hint("Name one: --issue ACME-1.")
        );
    };
    let (pipeline, environment) = (&key.pipeline, &key.environment);
    let (mut name, mut url, mut description, mut state, mut label) = (None, None, None, None, None);
    let (mut pipeline_told, mut environment_told) = ((None, None), (None, None));
    if let Some(shown) = shown {
        (name, url, description, state, label) = (shown.name, shown.url, shown.description, shown.state, shown.label);
        (pipeline_told, environment_told) = (shown.pipeline, shown.environment);
    }
    let name = args.name.clone().or(name).unwrap_or_else(|| format!("{pipeline} to {}", environment.id));
    let url = args.url.clone().or(url).unwrap_or_else(|| issue_url(host, first));
    Ok(Deployment {
        sequence: key.sequence.unwrap_or(0),
        update_sequence: 1,
        associations,
        description: args.description.clone().or(description).unwrap_or_else(|| name.clone()),
        last_updated: context.io.clock.now(),
        state: args.state.or(state).unwrap_or(DeploymentState::Successful),
        pipeline: Pipeline {
            id: pipeline.clone(),
            name: args.pipeline_name.clone().or(pipeline_told.0).unwrap_or_else(|| pipeline.clone()),
            url: args.pipeline_url.clone().or(pipeline_told.1).unwrap_or_else(|| url.clone()),
        },
        environment: Environment {
            id: environment.id.clone(),
            name: args.environment_name.clone().or(environment_told.0).unwrap_or_else(|| environment.id.clone()),
            kind: environment.kind.or(environment_told.1).unwrap_or(EnvironmentType::Unmapped),
        },
        label: args.short_label.clone().or(label),
        name,
        url,
    })
}

/// The issue's page. What is no key is left out: it would lead nowhere.
fn issue_url(host: &Host, issue: &str) -> String {
    let fits = !issue.is_empty() && issue.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    match fits {
        true => format!("{}/browse/{issue}", host.url),
        false => host.url.clone(),
    }
}
