//! Places in a line where a secret stands: behind the name of a header, a parameter, a field.

/// Headers whose value is a secret whatever its form, lower case.
const HEADERS: [&str; 14] = [
    "proxy-authorization",
    "authorization",
    "set-cookie",
    "cookie",
    "private-token",
    "job-token",
    "deploy-token",
    "x-api-key",
    "x-auth-token",
    "x-amz-security-token",
    "x-token-auth",
    "x-vault-token",
    "x-gitlab-token",
    "ocp-apim-subscription-key",
];

/// Parameters, fields and variables whose value is a secret, lower case.
const FIELDS: [&str; 16] = [
    "access_token",
    "refresh_token",
    "private_token",
    "job_token",
    "id_token",
    "client_secret",
    "client_assertion",
    "api_key",
    "apikey",
    "api_token",
    "auth_token",
    "oauth_token",
    "password",
    "passwd",
    "secret",
    "token",
];

/// A value at such a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The name, lower case.
    pub(super) name: &'static str,
    /// It is a header's.
    pub(super) is_header: bool,
    /// It stands in a URL's query.
    pub(super) in_query: bool,
    pub(super) value: &'a str,
}

/// Whether the line is a header with a secret, and nothing but the secret follows the name.
pub(super) fn ends_in_secret_header(line: &str) -> bool {
    let bare = line.trim_start_matches(['>', '<', '*', ' ']);
    let name = bare.split(':').next().unwrap_or("").to_ascii_lowercase();
    HEADERS.contains(&name.as_str()) && !name.contains("cookie")
}

/// Every such place of a line.
pub(super) fn of(line: &str) -> Vec<Place<'_>> {
    let lower = line.to_ascii_lowercase();
    let mut found = Vec::new();
    for (names, is_header) in [(&HEADERS[..], true), (&FIELDS[..], false)] {
        for name in names {
            for (at, _) in lower.match_indices(name) {
                let before = line[..at].chars().next_back();
                if before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
                    continue;
                }
                let Some(value) = value(line, at, at + name.len(), is_header) else { continue };
                let in_query = matches!(before, Some('?' | '&'));
                found.push(Place { name, is_header, in_query, value });
            }
        }
    }
    found
}

/// The value behind a name that stands from `at` to `end`.
fn value(line: &str, at: usize, end: usize, is_header: bool) -> Option<&str> {
    let rest = &line[end..];
    let is_quote = |c: char| matches!(c, '"' | '\'' | '\\');
    // `"name": "Authorization", "value": "Bearer x"`, as browsers export what they sent.
    let exported = rest.trim_start_matches(is_quote).trim_start().strip_prefix(',').and_then(|r| {
        let (_, r) = r.split_once("value").filter(|(between, _)| between.trim().trim_matches('"').is_empty())?;
        r.trim_start_matches(is_quote).trim_start().strip_prefix(':')
    });
    let direct = || {
        let rest = rest.trim_start_matches(is_quote).trim_start();
        let rest = rest.strip_prefix("=>").or_else(|| rest.strip_prefix([':', '=']))?;
        Some(rest.strip_prefix('=').unwrap_or(rest))
    };
    let rest = exported.or_else(direct)?.trim_start();
    let rest = rest.strip_prefix('\\').unwrap_or(rest);
    let rest = rest.strip_prefix("b'").map_or(rest, |r| &rest[rest.len() - r.len() - 1..]);
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        return Some(until_quote(&rest[1..], quote));
    }
    let value = match is_header {
        true => {
            // Inside quotes, as an argument, or in the brackets in which curl shows HTTP/2.
            let before = &line[..at];
            let open = ['"', '\''].into_iter().find(|q| before.matches(*q).count() % 2 == 1);
            let value = open.map_or(rest, |quote| until_quote(rest, quote));
            let bracket = before.trim_end().ends_with('[').then(|| value.trim_end().strip_suffix(']')).flatten();
            bracket.unwrap_or(value)
        }
        false => rest.split(|c: char| c.is_whitespace() || "&'\"`,;(){}<>\\]".contains(c)).next().unwrap_or(""),
    };
    Some(value.trim()).filter(|v| !v.is_empty())
}

/// Up to the next quote that is not escaped.
fn until_quote(text: &str, quote: char) -> &str {
    let mut escaped = false;
    let end = text.char_indices().find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    let value = end.map_or(text, |(at, _)| &text[..at]);
    // `\"` ends what is quoted inside a quoted text.
    value.split("\\\"").next().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_wherever_its_name_stands() {
        for (line, value) in [
            ("> Authorization: Bearer abc.def", "Bearer abc.def"),
            ("authorization:Bearer abc", "Bearer abc"),
            ("* [HTTP/2] [1] [authorization: Bearer abc]", "Bearer abc"),
            ("  -H 'Authorization: Bearer abc' https://x \\", "Bearer abc"),
            ("+ Invoke-RestMethod https://x -Headers @{ \"PRIVATE-TOKEN\" = \"abc\" }", "abc"),
            ("{'Authorization': 'Basic YTpi', 'Accept': '*/*'}", "Basic YTpi"),
            ("{'Authorization': b'Basic YTpi'}", "Basic YTpi"),
            (r#"{"headers": {"Authorization": "Bearer abc", "X": "y"}}"#, "Bearer abc"),
            (r#"{\"Authorization\": \"Bearer abc\", \"X\": 1}"#, "Bearer abc"),
            (r#"{ "name": "Authorization", "value": "Bearer abc" }"#, "Bearer abc"),
            ("GET /x?private_token=abc&y=1 HTTP/1.1", "abc"),
            ("-d grant_type=client_credentials&client_secret=abc", "abc"),
            (r#"{"client_secret": "a\/b", "id": 1}"#, r"a\/b"),
            ("Max retries exceeded with url: /x?access_token=abc (Caused by", "abc"),
            ("WWW-Authenticate: Bearer token=\"abc\"", "abc"),
        ] {
            assert_eq!(of(line).iter().map(|p| p.value).collect::<Vec<_>>(), [value], "{line}");
        }
        for line in [
            "token expired",
            "< x-authorization: no",
            "the password is wrong",
            "/personal_access_tokens/self",
            "cookie",
        ] {
            assert_eq!(of(line), [], "{line}");
        }
    }

    #[test]
    fn what_stands_in_a_query_is_known_as_such() {
        assert!(of("/x?access_token=abc")[0].in_query && !of("{\"access_token\":\"abc\"}")[0].in_query);
    }
}
