//! What answers at a site, asked without a credential: `serverInfo` tells Jira and whether it is the Cloud's, the cloud id
//! tells a site without Jira.

use serde::Deserialize;

use super::FACTS;
use crate::domain::Finding;
use crate::hosts::answer::foreign;
use crate::hosts::atlassian::tenant::{Tenant, ask};
use crate::hosts::atlassian::{WEB, signature};
use crate::hosts::{Detection, Wire};
use crate::net::{Request, Response};
use crate::sanitize::short;

/// Longest version that is taken, in characters.
const VERSION_CAP: usize = 40;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ServerInfo {
    deployment_type: String,
    version: String,
}

/// Asks the site what it is.
pub(super) async fn detect(wire: &Wire<'_>) -> Detection {
    let web = wire.url(WEB, "");
    let request = Request::get(wire.url(WEB, "/rest/api/3/serverInfo")).header("Accept", "application/json");
    let answer = match wire.send(request).await {
        Ok(answer) => answer,
        Err(error) => return Detection::Unreachable(error),
    };
    let info: Option<ServerInfo> = answer.parse().filter(|_| answer.status == 200);
    if let Some(other) = info.as_ref().filter(|i| !i.deployment_type.is_empty() && i.deployment_type != "Cloud") {
        let args = [("web", web.as_str()), ("deployment", &short(&other.deployment_type, VERSION_CAP))];
        return Detection::NotThis(Box::new(FACTS.finding("wrong-product", &args).1));
    }
    let cloud = info.filter(|i| i.deployment_type == "Cloud");
    match ask(wire).await {
        Tenant::Found(_) => {}
        // A site that says it is the Cloud's needs no further proof.
        _ if cloud.is_some() => {}
        Tenant::Lost(error) => return Detection::Unreachable(error),
        Tenant::NoId(second) => return Detection::NotThis(Box::new(nothing(wire, &web, &answer, &second))),
    }
    let (product, version) = match cloud {
        Some(info) => ("Jira Cloud", Some(short(&info.version, VERSION_CAP)).filter(|v| !v.is_empty())),
        None => ("Confluence Cloud or another product of the site", None),
    };
    Detection::Found { product: product.to_owned(), version }
}

/// Neither answer shows a site: a proxy or an overload says more than "no such site".
fn nothing(wire: &Wire<'_>, web: &str, first: &Response, second: &Response) -> Finding {
    let telling = |answer: &&Response| !matches!(answer.status, 200 | 404);
    let verdict = [first, second]
        .into_iter()
        .find(telling)
        .and_then(|answer| foreign(wire, &FACTS, answer, signature::is_vendor(answer)));
    let finding = verdict.and_then(|v| v.findings.into_iter().next());
    finding.unwrap_or_else(|| FACTS.finding("no-such-site", &[("web", web)]).1)
}
