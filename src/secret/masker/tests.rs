//! Every spelling that a host may give a secret.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::needle::hex;
use super::*;

/// With every character that some encoding treats specially.
const FAKE: &str = "glpat-Not/A+Real=Tok%en&12\"3";

fn masked(secret: &str, text: &str) -> String {
    Masker::new([&SecretText::from(secret)]).mask(text)
}

fn is_gone(secret: &str, form: &str) {
    for (before, after) in [("", ""), ("token ", " was refused"), ("ä%", "%ä"), ("\\", "\\"), ("&", "&")] {
        let out = masked(secret, &format!("{before}{form}{after}"));
        if before == "\\" && form.starts_with('\\') {
            // Two escapes in a row may be read either way: one more character may go, never one too few.
            assert!(out.trim_start_matches('\\') == format!("{MASK}{after}"), "{form}");
            continue;
        }
        assert_eq!(out, format!("{before}{MASK}{after}"), "{form}");
    }
}

fn each(secret: &str, spell: impl Fn(char) -> String) -> String {
    secret.chars().map(spell).collect()
}

fn special(c: char, spell: impl Fn(char) -> String) -> String {
    if c.is_ascii_alphanumeric() { c.to_string() } else { spell(c) }
}

#[test]
fn every_spelling_of_its_characters_is_masked() {
    let percent = utf8_percent_encode(FAKE, NON_ALPHANUMERIC).to_string();
    is_gone(FAKE, FAKE);
    is_gone(FAKE, &percent);
    is_gone(FAKE, &percent.replace('%', "%25"));
    is_gone(FAKE, &percent.replace('%', "%2525"));
    is_gone(FAKE, &each(FAKE, |c| special(c, |c| format!("%{:02x}", u32::from(c)))));
    for only in ['+', '/', '=', '%', '&', '-'] {
        is_gone(FAKE, &each(FAKE, |c| if c == only { format!("%{:02X}", u32::from(c)) } else { c.to_string() }));
        is_gone(FAKE, &each(FAKE, |c| if c == only { format!("\\u{:04X}", u32::from(c)) } else { c.to_string() }));
    }
    is_gone(FAKE, &each(FAKE, |c| format!("%{:02X}", u32::from(c))));
    is_gone(FAKE, &each(FAKE, |c| format!("\\u{:04x}", u32::from(c))));
    is_gone(FAKE, &each(FAKE, |c| format!("\\\\u{:04x}", u32::from(c))));
    is_gone(FAKE, &each(FAKE, |c| format!("\\x{:02x}", u32::from(c))));
    is_gone(FAKE, &each(FAKE, |c| special(c, |c| format!("&#{};", u32::from(c)))));
    is_gone(FAKE, &each(FAKE, |c| special(c, |c| format!("&#x{:X};", u32::from(c)))));
    is_gone(FAKE, &each(FAKE, |c| special(c, |c| format!("&#0{};", u32::from(c)))));
    is_gone(FAKE, &FAKE.replace('&', "&amp;").replace('"', "&quot;"));
    is_gone(FAKE, &FAKE.replace('/', "\\/").replace('"', "\\\""));
    is_gone(FAKE, &FAKE.replace('/', "\\\\\\/"));
    let written = serde_json::to_string(FAKE).unwrap();
    is_gone(FAKE, written.trim_matches('"').trim_end_matches('"'));
}

#[test]
fn characters_beyond_ascii_are_masked_too() {
    let secret = "pässwörd-日本";
    is_gone(secret, secret);
    is_gone(secret, &utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
    is_gone(secret, &each(secret, |c| format!("\\u{:04x}", u32::from(c))));
    is_gone(secret, &each(secret, |c| format!("&#{};", u32::from(c))));
}

#[test]
fn hex_in_either_case_is_masked() {
    let low = String::from_utf8(hex(FAKE.as_bytes())).unwrap();
    is_gone(FAKE, &low);
    is_gone(FAKE, &low.to_uppercase());
}

#[test]
fn base64_is_masked_at_every_alignment_wrapped_and_escaped() {
    for secret in [FAKE, "glpat-NotARealTok>>>???0", "eight888"] {
        is_gone(secret, &STANDARD.encode(secret));
        is_gone(secret, &URL_SAFE_NO_PAD.encode(secret));
        for user in ["", "a", "an", "ana", "anna", "ünï"] {
            for tail in ["", "x", "xy", "\n"] {
                let pair = format!("{user}:{secret}{tail}");
                for text in [STANDARD.encode(&pair), URL_SAFE_NO_PAD.encode(&pair)] {
                    let wrapped: Vec<&str> =
                        (0..text.len()).step_by(7).map(|n| &text[n..(n + 7).min(text.len())]).collect();
                    for form in [
                        text.clone(),
                        wrapped.join("\n"),
                        wrapped.join("\r\n"),
                        wrapped.join("\r\n  "),
                        wrapped.join("\\n"),
                        utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string(),
                        text.replace('/', "\\/"),
                    ] {
                        let out = masked(secret, &form);
                        assert!(out.contains(MASK), "{secret} {pair}: {form} -> {out}");
                        // What is left over may tell at most the last two or first two bytes.
                        let left: String = out.replace(MASK, "").chars().filter(char::is_ascii_alphanumeric).collect();
                        assert!(left.len() <= user.len() * 2 + tail.len() * 2 + 14, "{left}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_secret_broken_over_lines_and_utf16_is_masked() {
    is_gone("glpat-NotARealToken12345", "glpat-NotARe\r\n   alToken12345");
    is_gone("glpat-NotARealToken12345", "glpat-NotARe\\nalToken12345");
    let wide: String = "glpat-NotARealToken12345".chars().flat_map(|c| [c, '\0']).collect();
    assert_eq!(masked("glpat-NotARealToken12345", &wide), format!("{MASK}\0"));
}

#[test]
fn several_secrets_and_several_places() {
    let parts = [SecretText::from("first-secret"), SecretText::from("first-secret-longer"), SecretText::from("short")];
    let masker = Masker::new(&parts);
    assert_eq!(masker.mask("first-secretfirst-secret-longer short"), format!("{MASK}{MASK} short"));
    assert!(masker.finds("xfirst-secretx") && !masker.finds("first-secre"));
}

#[test]
fn what_is_no_secret_stays_as_it_is() {
    for text in
        ["", "%", "%2", "%25%25%25%25", "\\\\\\\\\\", "&#;", "&#x;", "&#99999999;", "\\u12", "\\ud800", "ä\u{1f600}"]
    {
        assert_eq!(masked(FAKE, text), text);
        assert_eq!(masked("%%%%%%%", &format!("{text}x")), format!("{text}x").replace("%%%%%%%", MASK));
    }
    assert_eq!(masked(".*.*.*.*", "anything"), "anything");
    assert_eq!(masked("", "anything"), "anything");
}

#[test]
fn what_is_made_to_be_slow_is_masked_all_the_same() {
    // A search that tries every way through each escape would not end here in a lifetime.
    let secret = format!("{}x", "%25".repeat(20));
    let masker = Masker::new([&SecretText::new(secret)]);
    for text in ["%25".repeat(10_000), "\\".repeat(30_000), "glpat-Not".repeat(4_000)] {
        assert_eq!(masker.mask(&text), text);
    }
}
