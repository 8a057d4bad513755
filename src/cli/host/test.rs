//! `keyrack host test`.

use std::path::Path;

use serde_json::json;

use crate::cli::check::{exit_code, result_json};
use crate::cli::context::Context;
use crate::cli::output::{explain, finding_json};
use crate::domain::Verdict;
use crate::error::Result;
use crate::hosts::facts::advice::Addressee;
use crate::ops::hosts::HostTest;
use crate::sanitize;

pub(super) async fn run(
    context: &mut Context<'_>,
    name: &str,
    using: Option<&str>,
    record: Option<&Path>,
) -> Result<u8> {
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
        Some(verdict) => exit_code([verdict], &[]),
        None if result.found => 0,
        None => exit_code([Verdict::Unreachable], &[]),
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
