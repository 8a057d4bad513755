//! `keyrack host add`.

use clap::Args;
use serde_json::json;

use super::reach::{Reach, absolute};
use super::show::host_json;
use crate::cli::context::Context;
use crate::domain::FamilyId;
use crate::error::Result;
use crate::ops::hosts::HostInput;
use crate::sanitize;

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    /// Name to call it by
    name: String,
    /// Its URL; one of a web page or a repository there will do
    url: String,
    #[command(flatten)]
    reach: Reach,
    /// Family, where the URL does not tell
    #[arg(long)]
    family: Option<String>,
}

pub(super) async fn run(context: &mut Context<'_>, args: AddArgs) -> Result<u8> {
    let input = HostInput {
        name: Some(args.name),
        url: args.url,
        family: args.family.map(FamilyId::new),
        region: args.reach.region,
        endpoints: args.reach.endpoints.into_iter().filter(|(_, url)| !url.is_empty()).collect(),
        ca_file: args.reach.ca_file.as_deref().map(absolute).transpose()?,
        client_cert: args.reach.client_cert.as_deref().map(absolute).transpose()?,
        proxy: args.reach.proxy,
        allow_http: args.reach.allow_http,
    };
    let (host, notes) = context.core()?.host_add(&input).await?;
    notes.iter().for_each(|note| context.note(note));
    if context.json() {
        let value = host_json(context, &host)?;
        context.out_json(&json!({ "schema": 1, "host": value, "notes": notes }))?;
        return Ok(0);
    }
    let what = match (&host.product, &host.version) {
        (Some(product), Some(version)) => format!("{product} {version}"),
        (Some(product), None) => product.clone(),
        _ => host.family.to_string(),
    };
    let (name, url) = (sanitize::line(&host.name), sanitize::line(&host.url));
    context.out(&format!("added the host `{name}`: {} at {url}", sanitize::line(&what)))?;
    Ok(0)
}
