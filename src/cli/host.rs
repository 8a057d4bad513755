//! `keyrack host`: records of the installations that credentials are used at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::check::result_json;
use super::context::Context;
use super::output::{columns, explain, finding_json};
use crate::domain::{FamilyId, Host, Verdict};
use crate::error::{Error, Result};
use crate::hosts::facts::advice::Addressee;
use crate::ops::hosts::{HostInput, HostTest};
use crate::sanitize;

/// Add, list, show, edit, remove and test hosts
#[derive(Debug, Subcommand)]
pub(super) enum HostVerb {
    /// Put a host on the rack; it is asked what product and version it is
    #[command(
        after_help = "Examples:\n  keyrack host add work https://gitlab.example.com\n  keyrack host add ghes https://git.example.com --family github --ca-file company-ca.pem"
    )]
    Add(AddArgs),
    /// List the hosts on the rack
    List,
    /// Show one host with the endpoints that requests go to
    Show {
        /// Name
        name: String,
    },
    /// Change a host
    Edit(EditArgs),
    /// Take a host off the rack; refused while a credential uses it
    Rm {
        /// Name
        name: String,
    },
    /// Ask a host what it is, and how it answers a credential
    Test {
        /// Name
        name: String,
        /// Label of a credential to try there
        #[arg(long, value_name = "LABEL")]
        using: Option<String>,
        /// Write a redacted transcript of requests and answers to this file, with what differs from what keyrack expects
        #[arg(long, value_name = "FILE", requires = "using")]
        record: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
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

#[derive(Debug, Args)]
pub(super) struct EditArgs {
    /// Name
    name: String,
    /// New name
    #[arg(long = "name", value_name = "NEW")]
    new_name: Option<String>,
    /// New URL
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    reach: Reach,
    /// Do not allow plain http any more
    #[arg(long, conflicts_with = "allow_http")]
    no_allow_http: bool,
}

#[derive(Debug, Args)]
struct Reach {
    /// AWS region
    #[arg(long)]
    region: Option<String>,
    /// Send requests for a named endpoint to this URL; an empty URL goes back to the default. May be repeated
    #[arg(long = "endpoint", value_name = "NAME=URL", value_parser = parse_endpoint)]
    endpoints: Vec<(String, String)>,
    /// PEM file with certificate authorities to trust besides the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// PEM file with a client certificate and its key
    #[arg(long, value_name = "FILE")]
    client_cert: Option<String>,
    /// Proxy for this host (http://, https://, socks5:// or socks5h://)
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Allow plain http although the host is not on this machine: secrets travel readable
    #[arg(long)]
    allow_http: bool,
}

pub(super) async fn run(context: &mut Context<'_>, verb: HostVerb) -> Result<u8> {
    match verb {
        HostVerb::Add(args) => add(context, args).await,
        HostVerb::List => list(context),
        HostVerb::Show { name } => show(context, &name),
        HostVerb::Edit(args) => edit(context, args),
        HostVerb::Rm { name } => {
            context.core()?.host_remove(&name)?;
            if context.json() {
                context.out_json(&json!({ "schema": 1, "removed": name }))?;
            } else {
                context.out(&format!("removed the host `{}`", sanitize::line(&name)))?;
            }
            Ok(0)
        }
        HostVerb::Test { name, using, record } => test(context, &name, using.as_deref(), record.as_deref()).await,
    }
}

async fn add(context: &mut Context<'_>, args: AddArgs) -> Result<u8> {
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
    for note in &notes {
        context.remark(&format!("note: {}", sanitize::line(note)));
    }
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

fn list(context: &mut Context<'_>) -> Result<u8> {
    let hosts = context.core()?.rack.hosts()?;
    if context.json() {
        let mut items = Vec::new();
        for host in &hosts {
            items.push(host_json(context, host)?);
        }
        context.out_json(&json!({ "schema": 1, "hosts": items }))?;
        return Ok(0);
    }
    if hosts.is_empty() {
        context.remark(
            "there are no hosts on the rack; `keyrack host add NAME URL` adds one, and `keyrack add` does it by itself",
        );
        return Ok(0);
    }
    let mut rows = vec![["NAME", "FAMILY", "URL", "PRODUCT", "USED BY"].map(str::to_owned).to_vec()];
    for host in &hosts {
        let users = context.core()?.users_of(host.id)?.len();
        let product =
            [host.product.as_deref(), host.version.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        rows.push(vec![
            sanitize::short(&host.name, 40),
            sanitize::short(host.family.as_str(), 20),
            sanitize::short(&host.url, 80),
            if product.is_empty() { "-".to_owned() } else { sanitize::short(&product, 40) },
            users.to_string(),
        ]);
    }
    for line in columns(&rows) {
        context.out(&line)?;
    }
    Ok(0)
}

fn show(context: &mut Context<'_>, name: &str) -> Result<u8> {
    let host = context.core()?.host_by_name(name)?;
    let value = host_json(context, &host)?;
    if context.json() {
        context.out_json(&json!({ "schema": 1, "host": value }))?;
        return Ok(0);
    }
    let palette = context.palette();
    context.out(&palette.strong(&sanitize::line(&host.name)))?;
    let product =
        [host.product.as_deref(), host.version.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut fields = vec![("family", host.family.to_string()), ("url", host.url.clone())];
    for (name, value) in [
        ("product", Some(product).filter(|p| !p.is_empty())),
        ("region", host.region.clone()),
        ("ca file", host.ca_file.clone()),
        ("client certificate", host.client_cert.clone()),
        ("proxy", host.proxy.as_deref().map(without_password)),
        ("plain http", host.allow_http.then(|| "allowed".to_owned())),
    ] {
        fields.extend(value.map(|v| (name, v)));
    }
    for (name, value) in fields {
        context.out(&format!("  {name:<19}{}", sanitize::line(&value)))?;
    }
    if let Some(endpoints) = value["endpoints"].as_object() {
        for (name, url) in endpoints {
            let own = if host.endpoints.contains_key(name) { " (set here)" } else { "" };
            let name = sanitize::line(name);
            context.out(&format!("  endpoint {name:<10}{}{own}", sanitize::line(url.as_str().unwrap_or(""))))?;
        }
    }
    Ok(0)
}

fn edit(context: &mut Context<'_>, args: EditArgs) -> Result<u8> {
    let mut host = context.core()?.host_by_name(&args.name)?;
    let before = host.clone();
    if let Some(name) = args.new_name {
        host.name = name;
    }
    if let Some(url) = &args.url {
        let (_, understood) = crate::ops::hosts::understand(url, Some(&host.family))?;
        host.url = understood.url;
        host.region = understood.region.or(host.region);
        (host.product, host.version) = (None, None);
    }
    let reach = args.reach;
    for (name, url) in reach.endpoints {
        if url.is_empty() {
            host.endpoints.remove(&name);
        } else {
            host.endpoints.insert(name, url);
        }
    }
    host.region = reach.region.or(host.region);
    host.ca_file = change(reach.ca_file, host.ca_file, absolute)?;
    host.client_cert = change(reach.client_cert, host.client_cert, absolute)?;
    host.proxy = change(reach.proxy, host.proxy, |p| Ok(p.to_owned()))?;
    host.allow_http = (host.allow_http || reach.allow_http) && !args.no_allow_http;
    if host == before {
        return Err(Error::usage("nothing to change was given").hint("See `keyrack host edit --help`."));
    }
    let yes = context.yes();
    let changed = match context.core()?.host_edit(host.clone(), yes) {
        Err(error) if !yes && error.message.contains("where, or how protected") => {
            let (message, typed) = (error.message.clone(), host.name.clone());
            context.confirm_or(&message, &typed, error)?;
            context.core()?.host_edit(host, true)?
        }
        other => other?,
    };
    if context.json() {
        let value = host_json(context, &changed)?;
        context.out_json(&json!({ "schema": 1, "host": value }))?;
    } else {
        context.out(&format!("changed the host `{}`", sanitize::line(&changed.name)))?;
    }
    Ok(0)
}

async fn test(context: &mut Context<'_>, name: &str, using: Option<&str>, record: Option<&Path>) -> Result<u8> {
    let host = context.core()?.host_by_name(name)?;
    let credential = using.map(|label| context.core()?.by_label(label)).transpose()?;
    if let Some(stranger) = credential.as_ref().filter(|c| c.bindings.iter().all(|b| b.host != host.id)) {
        let what = format!("`{}` is not used at {}: testing sends its secret there", stranger.label, host.name);
        context.confirm(&what, &host.name)?;
    }
    let result = match (record, &credential) {
        (Some(file), Some(credential)) => {
            let (test, transcript) = context.core()?.host_record(&host, credential).await?;
            crate::ops::report_file::write(file, &transcript.markdown())?;
            let said = match transcript.differences.len() {
                0 => "the host answers as keyrack expects".to_owned(),
                n => format!("{n} differences from what keyrack expects"),
            };
            context.remark(&format!(
                "wrote a redacted transcript to {}: {said}. Read it before you pass it on.",
                file.display()
            ));
            test
        }
        _ => context.core()?.host_test(&host, credential.as_ref()).await?,
    };
    if context.json() {
        let validation = credential.as_ref().zip(result.validation.as_ref()).map(|(c, v)| result_json(c, &host, v));
        let value = json!({
            "schema": 1, "host": result.host, "family": result.family, "endpoints": result.endpoints, "found": result.found,
            "product": result.product, "version": result.version,
            "finding": result.finding.as_ref().map(finding_json), "result": validation,
        });
        context.out_json(&value)?;
    } else {
        print_test(context, &result)?;
    }
    let verdict = result.validation.as_ref().map(|v| v.verdict);
    Ok(match verdict {
        Some(verdict) => super::check::exit_code([verdict], &[]),
        None if result.found => 0,
        None => super::check::exit_code([Verdict::Unreachable], &[]),
    })
}

fn print_test(context: &mut Context<'_>, test: &HostTest) -> Result<()> {
    let palette = context.palette();
    for (name, url) in &test.endpoints {
        context.out(&palette.faint(&format!("  endpoint {name:<10}{}", sanitize::line(url))))?;
    }
    if test.found {
        let version = test.version.as_deref().unwrap_or("(version not told without a log-in)");
        let product = test.product.as_deref().unwrap_or("");
        context.out(&format!(
            "{} answers: {} {}",
            sanitize::line(&test.host),
            sanitize::line(product),
            sanitize::line(version)
        ))?;
    }
    if let Some(finding) = &test.finding {
        let finding = Addressee { host: Some(&test.host), ..Addressee::default() }.finding(finding);
        context.out(&format!("{}: {}", sanitize::line(&test.host), sanitize::line(&finding.title)))?;
        for (name, text) in [("why", &finding.cause), ("remedy", &finding.remedy), ("see", &finding.link)] {
            if !text.is_empty() {
                context.out(&format!("  {name:<8}{}", sanitize::line(text)))?;
            }
        }
    }
    if let Some(v) = &test.validation {
        let sign = palette.verdict(v.verdict, &format!("{} {}", v.verdict.symbol(), v.verdict));
        context.out(&format!("{sign}: {}", sanitize::line(&v.reason)))?;
        for line in explain(palette, v) {
            context.out(&line)?;
        }
    }
    Ok(())
}

/// A host as JSON, with the endpoints that requests really go to.
fn host_json(context: &mut Context<'_>, host: &Host) -> Result<Value> {
    let endpoints: BTreeMap<String, String> =
        crate::ops::exchange::endpoints(host).unwrap_or_else(|_| host.endpoints.clone());
    let users = context.core()?.users_of(host.id)?;
    Ok(json!({
        "name": host.name, "family": host.family, "url": host.url, "region": host.region, "endpoints": endpoints,
        "overridden": host.endpoints.keys().collect::<Vec<_>>(),
        "ca_file": host.ca_file, "client_cert": host.client_cert, "proxy": host.proxy.as_deref().map(without_password),
        "allow_http": host.allow_http, "product": host.product, "version": host.version, "used_by": users,
    }))
}

/// A given value replaces, an empty one removes, none keeps.
fn change(
    given: Option<String>,
    before: Option<String>,
    make: impl Fn(&str) -> Result<String>,
) -> Result<Option<String>> {
    match given {
        None => Ok(before),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => make(&text).map(Some),
    }
}

fn absolute(path: &str) -> Result<String> {
    std::path::absolute(Path::new(path))
        .map(|p| p.display().to_string())
        .map_err(|e| Error::usage(format!("the path `{path}` cannot be used")).because(&e))
}

fn without_password(proxy: &str) -> String {
    match url::Url::parse(proxy) {
        Ok(mut url) if url.password().is_some() => {
            if url.set_password(Some("***")).is_ok() {
                url.to_string()
            } else {
                "***".to_owned()
            }
        }
        _ => proxy.to_owned(),
    }
}

fn parse_endpoint(text: &str) -> std::result::Result<(String, String), String> {
    let (name, url) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=URL"))?;
    Ok((name.to_owned(), url.to_owned()))
}
