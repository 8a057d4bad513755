//! Fills a guide's texts and the address of its page.

use jiff::{Timestamp, Unit};

use crate::hosts::facts::GuideFacts;
use crate::ops::exchange::date;

/// What a guide is filled with.
pub(crate) struct Fill<'a> {
    /// Base URL of the host.
    pub(crate) web: &'a str,
    /// Name for the token.
    pub(crate) name: &'a str,
    /// What to tick.
    pub(crate) scopes: &'a [String],
    /// When it shall end.
    pub(crate) expires: Option<Timestamp>,
    /// Now.
    pub(crate) now: Timestamp,
}

impl Fill<'_> {
    /// A text of the guide, its placeholders filled. What is filled in is not looked at again.
    pub(crate) fn text(&self, guide: &GuideFacts, text: &str) -> String {
        let scopes = if self.scopes.is_empty() { "what your job needs".to_owned() } else { self.scopes.join(", ") };
        let expires = self.expires.map_or_else(|| "the date you choose".to_owned(), date);
        let page = guide.page.replace("{web}", self.web);
        once(
            text,
            &[("web", self.web), ("name", self.name), ("scopes", &scopes), ("expires", &expires), ("page", &page)],
        )
    }

    /// The page with everything filled in by its address. None where the host does not allow that, or the page is no URL.
    pub(crate) fn prefilled(&self, guide: &GuideFacts) -> Option<String> {
        let prefill = guide.prefill.as_ref()?;
        let mut url = url::Url::parse(&guide.page.replace("{web}", self.web)).ok()?;
        let days = self.expires.and_then(|at| at.since((Unit::Hour, self.now)).ok()).map(|s| (s.get_hours() + 23) / 24);
        let days = days.map(|d| d.to_string()).unwrap_or_default();
        let end = self.expires.map(date).unwrap_or_default();
        let (comma, space) = (self.scopes.join(","), self.scopes.join(" "));
        {
            let mut query = url.query_pairs_mut();
            for (name, value) in &prefill.parameters {
                let value = once(
                    value,
                    &[
                        ("name", self.name),
                        ("scopes_comma", &comma),
                        ("scopes_space", &space),
                        ("days", &days),
                        ("date", &end),
                    ],
                );
                if !value.is_empty() {
                    query.append_pair(name, &value);
                }
            }
            if let Some((name, value)) = &prefill.each_scope {
                for scope in self.scopes {
                    let (scope_name, level) = scope.split_once(':').unwrap_or((scope, ""));
                    let args = [("scope", scope.as_str()), ("scope_name", scope_name), ("scope_level", level)];
                    query.append_pair(&once(name, &args), &once(value, &args));
                }
            }
        }
        if url.query() == Some("") {
            url.set_query(None);
        }
        // A form's `+` is a blank to some pages and a plus to others; `%20` is a blank to all.
        let (base, query) = match url.as_str().split_once('?') {
            Some((base, query)) => (base.to_owned(), Some(query.replace('+', "%20"))),
            None => (url.to_string(), None),
        };
        Some(query.map_or(base.clone(), |query| format!("{base}?{query}")))
    }
}

/// Replaces `{name}` by its value, each place once: a value that looks like a placeholder stays as it is.
fn once(text: &str, args: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find('}');
        let value = end.and_then(|end| args.iter().find(|(name, _)| *name == &rest[1..end])).map(|(_, value)| value);
        match (value, end) {
            (Some(value), Some(end)) => {
                out.push_str(value);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_looks_like_a_placeholder_is_left_alone() {
        assert_eq!(once("a {name} {nope} {", &[("name", "{web}"), ("web", "x")]), "a {web} {nope} {");
    }
}
