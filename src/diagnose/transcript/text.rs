//! A transcript as its tool wrote it: without what terminals, editors and shells put in between.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::command;
use super::lines::{Way, marked, status};
use super::places::ends_in_secret_header;

/// Most lines that one command may go over.
const LONGEST_COMMAND: usize = 50;

/// Without colours and control characters, with commands and folded headers in one line each, and the debug lines of
/// Python's HTTP client in the form of curl's.
pub(super) fn plain(text: &str) -> Zeroizing<String> {
    let text = without_colours(text);
    let lines: Vec<&str> = unquoted(text.split('\n').collect()).into_iter().map(without_time).collect();
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut at = 0;
    while at < lines.len() {
        let (line, used) =
            if command::start(lines[at]).is_some() { command_lines(&lines[at..]) } else { folded(&lines[at..]) };
        at += used;
        match of_python(&line) {
            Some(pieces) => pieces.iter().for_each(|piece| push(&mut out, piece)),
            None => push(&mut out, &line),
        }
    }
    out
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

/// Escape sequences are dropped, carriage returns end a line, other control characters mean nothing.
fn without_colours(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => out.push('\n'),
            '\u{1b}' => match chars.next() {
                // `ESC [ … m`, ended by a letter or one of `@ ~`.
                Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                // `ESC ] … BEL`, a window's title.
                Some(']') => while chars.next().is_some_and(|c| !matches!(c, '\u{7}' | '\u{1b}' | '\n')) {},
                _ => {}
            },
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Without what a mail, a ticket or Markdown puts before every line: `> `, or the same blanks.
fn unquoted(mut lines: Vec<&str>) -> Vec<&str> {
    let written = |line: &&&str| !line.trim().is_empty();
    loop {
        let all = |fits: &dyn Fn(&str) -> bool| lines.iter().filter(written).all(|line| fits(line));
        // A request alone has curl's own mark before every line.
        let inside = ["> < ", "> * ", "> HTTP/"];
        let is_mail = all(&|l| l.starts_with('>')) && lines.iter().any(|l| inside.iter().any(|i| l.starts_with(i)));
        let is_indented = all(&|l| l.starts_with([' ', '\t'])) && lines.iter().any(|l| !l.trim().is_empty());
        if !is_mail && !is_indented {
            return lines;
        }
        for line in &mut lines {
            let rest = line.strip_prefix(['>', ' ', '\t']).unwrap_or(line);
            *line = if is_mail { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
        }
    }
}

/// Without the time that curl writes with `--trace-time`.
fn without_time(line: &str) -> &str {
    let is_time = |text: &str| text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'));
    match line.split_once(' ') {
        Some((time, rest)) if is_time(time) && rest.starts_with(['>', '<', '*', '{', '}']) => rest,
        _ => line,
    }
}

/// A command with the lines that go on with it: behind `\`, in cmd.exe `^`, in PowerShell a backtick, or inside quotes.
fn command_lines<'a>(lines: &[&'a str]) -> (Cow<'a, str>, usize) {
    let mut joined = String::new();
    for (n, line) in lines.iter().take(LONGEST_COMMAND).enumerate() {
        let line = line.trim_end();
        if n > 0 && (marked(line).0 != Way::Plain || status(line).is_some()) {
            break;
        }
        let part = line.strip_suffix(['\\', '^', '`']);
        joined.push_str(part.unwrap_or(line));
        if part.is_none() && shlex::split(&joined).is_some() {
            return (Cow::Owned(joined), n + 1);
        }
        joined.push(' ');
    }
    (Cow::Borrowed(lines[0]), 1)
}

/// A line with what the width of a terminal broke off a secret in a header: a secret has no blanks, and what follows it in
/// a transcript has.
fn folded<'a>(lines: &[&'a str]) -> (Cow<'a, str>, usize) {
    let first = lines[0];
    let goes_on = |line: &&&str| {
        marked(line).0 == Way::Plain
            && !line.is_empty()
            && line.bytes().all(|b| {
                b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_' | b'.' | b'~' | b'%')
            })
    };
    let more = if ends_in_secret_header(first) { lines[1..].iter().take_while(goes_on).count() } else { 0 };
    match more {
        0 => (Cow::Borrowed(first), 1),
        more => (Cow::Owned(lines[..=more].concat()), more + 1),
    }
}

/// `send: b'GET / HTTP/1.1\r\nHost: x\r\n\r\n'`, `reply: 'HTTP/1.1 401 No\r\n'`, `header: Name: value`: what Python's
/// `http.client` prints at debug level 1.
fn of_python(line: &str) -> Option<Vec<Zeroizing<String>>> {
    let quoted = |text: &str| {
        let text = text.strip_prefix('b').unwrap_or(text);
        let sign = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        text.strip_prefix(sign)?.strip_suffix(sign).map(str::to_owned).map(Zeroizing::new)
    };
    let with = |mark: &str, text: &str| Zeroizing::new(format!("{mark} {text}"));
    if let Some(sent) = line.strip_prefix("send: ").and_then(|rest| quoted(rest.trim())) {
        return Some(sent.split("\\r\\n").map(|piece| with(">", piece)).collect());
    }
    if let Some(reply) = line.strip_prefix("reply: ").and_then(|rest| quoted(rest.trim())) {
        return Some(vec![with("<", reply.trim_end_matches("\\r\\n").trim())]);
    }
    let header = line.strip_prefix("header: ").filter(|rest| rest.contains(": "))?;
    Some(vec![with("<", header)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_line_ends_are_no_part_of_it() {
        assert_eq!(*plain("\u{feff}< \u{1b}[1mserver\u{1b}[0m: x\r\na\u{0}b\rc"), "< server: x\nab\nc\n");
    }

    #[test]
    fn what_stands_before_every_line_is_no_part_of_it() {
        assert_eq!(*plain("> > GET / HTTP/1.1\n>\n> < HTTP/1.1 401\n> <"), "> GET / HTTP/1.1\n\n< HTTP/1.1 401\n<\n");
        assert_eq!(*plain("    > GET / HTTP/1.1\n\n    < HTTP/1.1 401"), "> GET / HTTP/1.1\n\n< HTTP/1.1 401\n");
        assert_eq!(*plain("> GET / HTTP/1.1\n> Host: x"), "> GET / HTTP/1.1\n> Host: x\n");
        assert_eq!(*plain("10:20:30.123456 < HTTP/1.1 401\n10:20 x"), "< HTTP/1.1 401\n10:20 x\n");
    }

    #[test]
    fn a_command_is_one_line() {
        assert_eq!(
            *plain("$ curl -v \\\n  -u a:b \\\n  https://x\n> GET / HTTP/1.1"),
            "$ curl -v    -u a:b    https://x\n> GET / HTTP/1.1\n"
        );
        assert_eq!(*plain("curl x -d '{\n\"a\": 1}'\nb"), "curl x -d '{ \"a\": 1}'\nb\n");
        // One that never ends takes nothing with it.
        assert_eq!(*plain("curl it's\nb"), "curl it's\nb\n");
        assert_eq!(*plain("curl: (6) Could not resolve host: it's\nb"), "curl: (6) Could not resolve host: it's\nb\n");
    }

    #[test]
    fn a_secret_broken_at_the_width_of_the_terminal_is_whole_again() {
        let text = "> Authorization: Bearer abcdef\nghijkl\n> Accept: */*";
        assert_eq!(*plain(text), "> Authorization: Bearer abcdefghijkl\n> Accept: */*\n");
        let text = "Authorization: Bearer abcdef\n\nghijkl";
        assert_eq!(*plain(text), "Authorization: Bearer abcdef\n\nghijkl\n");
    }

    #[test]
    fn python_s_debug_lines_are_curl_s() {
        let text = "send: b'GET /x HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'\nreply: 'HTTP/1.1 401 \\r\\n'\nheader: Server: y";
        assert_eq!(*plain(text), "> GET /x HTTP/1.1\n> Host: a\n> \n> \n< HTTP/1.1 401\n< Server: y\n");
    }
}
