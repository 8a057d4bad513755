//! The lines of a transcript without what the tool put in front of them.

/// Which way a line went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A line of the request.
    Sent,
    /// A line of the answer's head.
    Received,
    /// What the tool says of the connection.
    Said,
    /// Neither: a body, or a transcript without marks.
    Plain,
}

/// A line and which way it went. Knows curl's `-v` (`> `, `< `, `* `) and git's `GIT_TRACE_CURL`
/// (`=> Send header: `, `<= Recv header: `, `== Info: `), with or without a time in front.
pub(crate) fn marked(line: &str) -> (Way, &str) {
    for (mark, way) in [("=> Send header: ", Way::Sent), ("<= Recv header: ", Way::Received), ("== Info: ", Way::Said)]
    {
        if let Some((_, rest)) = line.split_once(mark) {
            return (way, rest.trim_end());
        }
    }
    match line.as_bytes() {
        [b'>', b' ', ..] => (Way::Sent, line[2..].trim_end()),
        [b'<', b' ', ..] => (Way::Received, line[2..].trim_end()),
        [b'*', b' ', ..] => (Way::Said, line[2..].trim_end()),
        [b'>'] => (Way::Sent, ""),
        [b'<'] => (Way::Received, ""),
        [b'{' | b'}', b' ', b'[', ..] if line.ends_with("data]") => (Way::Said, ""),
        _ => (Way::Plain, line.trim_end_matches('\r')),
    }
}

/// `HTTP/1.1 401 Unauthorized`, `HTTP/2 401`; wget indents it.
pub(crate) fn status(line: &str) -> Option<u16> {
    let rest = line.trim_start().strip_prefix("HTTP/")?;
    let code = rest.split_whitespace().nth(1)?;
    code.parse().ok().filter(|c| (100..=599).contains(c))
}

/// What a proxy says to CONNECT once the way is open, which is no answer of the host.
pub(crate) fn is_tunnel(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    ["connection established", "tunnel established", "connection made"]
        .iter()
        .any(|words| lower.trim_end().ends_with(words))
}

/// `GET /rest/api/2/myself HTTP/1.1`.
pub(crate) fn request(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    let (method, path, version) = (words.next()?, words.next()?, words.next()?);
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"].contains(&method);
    (known && version.starts_with("HTTP/")).then_some((method, path))
}

/// `Name: value`; names of header fields hold no space.
pub(crate) fn header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    fits.then(|| (name, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_of_curl_and_git_are_known() {
        assert_eq!(marked("> GET / HTTP/1.1\r"), (Way::Sent, "GET / HTTP/1.1"));
        assert_eq!(marked("<"), (Way::Received, ""));
        assert_eq!(marked("* Connected to x"), (Way::Said, "Connected to x"));
        let git = "12:00:01.000000 http.c:725              <= Recv header: HTTP/2 401";
        assert_eq!(marked(git), (Way::Received, "HTTP/2 401"));
        assert_eq!(marked("{\"message\":\"no\"}"), (Way::Plain, "{\"message\":\"no\"}"));
        assert_eq!((status("HTTP/2 401"), status("HTTP/1.1 99 x"), status("http")), (Some(401), None, None));
        assert_eq!(status("  HTTP/1.1 401 Unauthorized"), Some(401));
        assert!(is_tunnel("HTTP/1.1 200 Connection established") && !is_tunnel("HTTP/1.1 200 OK"));
        assert_eq!(request("GET /x HTTP/1.1"), Some(("GET", "/x")));
        assert_eq!(header("X-A: b: c"), Some(("X-A", "b: c")));
        assert_eq!(header("not a header"), None);
    }
}
