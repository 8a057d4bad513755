//! Words that are known to be some host's or program's, whatever was being done when they came.

use crate::domain::{FamilyId, Finding, Stage, Verdict};
use crate::hosts::signatures::{When, told_by};
use crate::hosts::{self, Family};

/// What known words say.
pub(super) struct Words {
    /// Whose they are.
    pub(super) family: FamilyId,
    /// Where they stand in the way.
    pub(super) stage: Stage,
    /// What they say of the credential.
    pub(super) verdict: Verdict,
    /// What they mean.
    pub(super) finding: Finding,
    /// The same in a sentence.
    pub(super) about: String,
}

/// The family's own words, else those that any host, or git itself, may have; another vendor's only where it is not known
/// whose host it is.
pub(super) fn known(text: &str, family: Option<&'static dyn Family>, base: Option<&str>) -> Option<Words> {
    let first = |id: Option<&FamilyId>| told_by(text, id).into_iter().next();
    let (id, signature) = match family {
        Some(family) => first(Some(&family.facts().id)).or_else(|| first(Some(&FamilyId::new("generic")))),
        None => first(None),
    }?;
    let name = signature.finding.strip_prefix(&format!("{id}.")).unwrap_or(&signature.finding);
    let facts = hosts::family(id)?.facts();
    let (verdict, mut finding) = facts.finding(name, &[("web", base.unwrap_or("the host"))]);
    for (place, told) in [("{scopes}", scopes_in(text)), ("{permissions}", permissions_in(text))] {
        let Some(told) = told else { continue };
        for part in [&mut finding.title, &mut finding.cause, &mut finding.remedy] {
            *part = part.replace(place, &told);
        }
    }
    for text in [&mut finding.title, &mut finding.cause, &mut finding.remedy, &mut finding.link] {
        *text = without_placeholders(text);
    }
    let stage = if signature.when == When::Git { Stage::Git } else { facts.stage_of(&finding.code) };
    Some(Words { family: id.clone(), stage, verdict, finding, about: signature.about.clone() })
}

/// The scopes that a refusal names as RFC 6750 has it: `"scope": "api read_api"`.
fn scopes_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("\"scope\"")?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?.split('"').next()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "_:.- ".contains(c);
    let names: Vec<&str> = value.split_whitespace().collect();
    (!names.is_empty() && value.len() < 400 && value.chars().all(fits)).then(|| names.join(", "))
}

/// The permissions that a refusal of GitLab's names: `… permissions: [Access Token: Create]`.
fn permissions_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("permissions: [")?;
    let value = rest.split(']').next()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "_:,.- ".contains(c);
    (!value.trim().is_empty() && value.len() < 400 && value.chars().all(fits)).then(|| value.to_owned())
}

/// What a transcript does not tell stays open.
fn without_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, behind)) if name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
                out.push('…');
                rest = behind;
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}
