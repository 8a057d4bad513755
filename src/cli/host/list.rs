//! `keyrack host list`.

use serde_json::json;

use super::show::{host_json, product};
use crate::cli::context::Context;
use crate::cli::table::columns;
use crate::error::Result;
use crate::sanitize;

pub(super) fn run(context: &mut Context<'_>) -> Result<u8> {
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
        rows.push(vec![
            sanitize::short(&host.name, 40),
            sanitize::short(host.family.as_str(), 20),
            sanitize::short(&host.url, 80),
            product(host).map_or_else(|| "-".to_owned(), |product| sanitize::short(&product, 40)),
            users.to_string(),
        ]);
    }
    for line in columns(&rows) {
        context.out(&line)?;
    }
    Ok(0)
}
