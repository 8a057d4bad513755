//! `keyrack deployment`: deployment data in Jira for an issue key.

mod print;

use std::str::FromStr;

use jiff::Timestamp;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::domain::{
    CommitRef, DEFAULT_ENVIRONMENT, DEFAULT_PIPELINE, DeploymentAct, DeploymentDone, DeploymentInput, DeploymentState,
    EnvironmentType,
};
use crate::error::Result;

/// Show in Jira what was deployed where (Open DevOps)
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  keyrack deployment submit jira-deployments --site https://acme.atlassian.net --issue ACME-1 --name v2.0\n  keyrack deployment submit jira-deployments --issue ACME-1 --service ari:cloud:graph::service/1 --commit acme/api@51e16759cdac67b0d2a94e0674c9603b75a840f6\n  keyrack deployment update jira-deployments --state failed\n  keyrack deployment show jira-deployments --issue ACME-1\n\nIt is seen in Jira at the issue: Releases in the right panel, tab Deployments."
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
    #[arg(long, value_name = "ID", default_value = DEFAULT_PIPELINE)]
    pipeline: String,
    /// Where to, and what that is for: unmapped, development, testing, staging or production
    #[arg(long, value_name = "ID:TYPE", default_value = DEFAULT_ENVIRONMENT)]
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
    /// Send the issues as `issueKeys`, the older association, which takes at most 100 keys and no ids
    #[arg(long)]
    older_issue_keys: bool,
    /// A service that it belongs to, by id or key. May be repeated
    #[arg(long = "service", value_name = "ID")]
    services: Vec<String>,
    /// A commit that it brings, its repository by the id that Jira has of it. May be repeated
    #[arg(long = "commit", value_name = "REPOSITORY@HASH")]
    commits: Vec<CommitRef>,
    /// A repository that it comes from, by the id that Jira has of it. May be repeated
    #[arg(long = "repository", value_name = "ID")]
    repositories: Vec<String>,
    /// When it changed last, e.g. 2026-11-23T04:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    last_updated: Option<Timestamp>,
    /// Number of this telling; Jira ignores one that is not above the last [default: the next]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    update_sequence: Option<i64>,
}

/// `ID:TYPE`, or the id alone.
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
            None => Ok(Self { id: text.to_owned(), kind: None }),
        }
    }
}

pub(super) async fn run(context: &mut Context<'_>, verb: DeploymentVerb) -> Result<u8> {
    let (act, args) = match verb {
        DeploymentVerb::Submit(args) => (DeploymentAct::Submit, args),
        DeploymentVerb::Update(args) => (DeploymentAct::Update, args),
        DeploymentVerb::Show(key) => (DeploymentAct::Show, TellArgs::only(key)),
        DeploymentVerb::Delete(key) => (DeploymentAct::Delete, TellArgs::only(key)),
    };
    let core = context.core()?;
    let credential = core.by_label(&args.key.label)?;
    let host = core.site_of(&credential, args.key.site.as_deref())?;
    let mut input = args.input();
    if act == DeploymentAct::Delete {
        let key = core.deployment_key(&host, &input)?;
        // What is confirmed is what is deleted, whatever another keyrack submits meanwhile.
        input.sequence = Some(key.sequence);
        let what = format!("Deployment {key} is deleted at {}, for everybody who sees the issue", host.name);
        context.confirm(&what, &key.sequence.to_string())?;
    }
    match context.core()?.deployment(act, &credential, &host, &input).await? {
        DeploymentDone::Told(told) => print::told(context, &host, &input, &told),
        DeploymentDone::Shown { place, shown } => print::shown(context, &host, &input, &place, &shown),
        DeploymentDone::Deleted(key) => print::deleted(context, &host, &key),
    }
}

impl TellArgs {
    fn only(key: KeyArgs) -> Self {
        Self {
            key,
            state: None,
            name: None,
            url: None,
            description: None,
            short_label: None,
            pipeline_name: None,
            pipeline_url: None,
            environment_name: None,
            older_issue_keys: false,
            services: Vec::new(),
            commits: Vec::new(),
            repositories: Vec::new(),
            last_updated: None,
            update_sequence: None,
        }
    }

    fn input(self) -> DeploymentInput {
        let key = self.key;
        DeploymentInput {
            issues: key.issues,
            older_issue_keys: self.older_issue_keys,
            services: self.services,
            commits: self.commits.iter().map(ToString::to_string).collect(),
            repositories: self.repositories,
            pipeline: key.pipeline,
            pipeline_name: self.pipeline_name,
            pipeline_url: self.pipeline_url,
            environment: key.environment.id,
            environment_name: self.environment_name,
            environment_kind: key.environment.kind,
            sequence: key.sequence,
            update_sequence: self.update_sequence,
            last_updated: self.last_updated,
            name: self.name,
            url: self.url,
            description: self.description,
            state: self.state,
            label: self.short_label,
        }
    }
}
