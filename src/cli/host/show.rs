//! `keyrack host show`, and a host as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::domain::Host;
use crate::error::Result;
use crate::net::proxy::without_password;
use crate::sanitize;

pub(super) fn run(context: &mut Context<'_>, name: &str) -> Result<u8> {
    let host = context.core()?.host_by_name(name)?;
    let value = host_json(context, &host)?;
    if context.json() {
        context.out_json(&json!({ "schema": 1, "host": value }))?;
        return Ok(0);
    }
    let palette = context.palette();
    context.out(&palette.strong(&sanitize::line(&host.name)))?;
    let mut fields = vec![("family", host.family.to_string()), ("url", host.url.clone())];
    for (name, value) in [
        ("product", product(&host)),
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

/// Product and version, as far as they are known.
pub(super) fn product(host: &Host) -> Option<String> {
    let known: Vec<&str> = [host.product.as_deref(), host.version.as_deref()].into_iter().flatten().collect();
    (!known.is_empty()).then(|| known.join(" "))
}

/// A host as JSON, with the endpoints that requests really go to.
pub(super) fn host_json(context: &mut Context<'_>, host: &Host) -> Result<Value> {
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
