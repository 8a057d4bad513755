//! How a host is reached: the options that `add` and `edit` share.

use std::path::Path;

use clap::Args;

use crate::error::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct Reach {
    /// AWS region
    #[arg(long)]
    pub(super) region: Option<String>,
    /// Send requests for a named endpoint to this URL; an empty URL goes back to the default. May be repeated
    #[arg(long = "endpoint", value_name = "NAME=URL", value_parser = parse_endpoint)]
    pub(super) endpoints: Vec<(String, String)>,
    /// PEM file with certificate authorities to trust besides the system's
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<String>,
    /// PEM file with a client certificate and its key
    #[arg(long, value_name = "FILE")]
    pub(super) client_cert: Option<String>,
    /// Proxy for this host (http://, https://, socks5:// or socks5h://)
    #[arg(long, value_name = "URL")]
    pub(super) proxy: Option<String>,
    /// Allow plain http although the host is not on this machine: secrets travel readable
    #[arg(long)]
    pub(super) allow_http: bool,
}

/// A path that holds wherever keyrack is started.
///
/// # Errors
/// Where it cannot be used.
pub(super) fn absolute(path: &str) -> Result<String> {
    std::path::absolute(Path::new(path))
        .map(|p| p.display().to_string())
        .map_err(|e| Error::usage(format!("the path `{path}` cannot be used")).because(&e))
}

fn parse_endpoint(text: &str) -> std::result::Result<(String, String), String> {
    let (name, url) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=URL"))?;
    Ok((name.to_owned(), url.to_owned()))
}
