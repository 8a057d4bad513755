//! Files that hold a secret.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::secret::SecretText;

/// Longest file that is read for a secret.
pub(super) const CAP: usize = 64 * 1024;

/// First line of a file.
pub(super) fn first_line_of(path: &Path, what: &str) -> Result<SecretText> {
    let text = read(path, what)?;
    let line = text.split('\n').next().unwrap_or("").trim_end_matches('\r');
    if line.is_empty() {
        return Err(Error::usage(format!("the {what} {} is empty", path.display())));
    }
    Ok(SecretText::from(line))
}

/// The whole text of a file.
///
/// # Errors
/// Where it cannot be read, is longer than 64 KiB, or is not UTF-8.
pub(super) fn read(path: &Path, what: &str) -> Result<Zeroizing<String>> {
    let bytes = bytes(path, what, CAP)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Error::usage(format!("the {what} {} is not UTF-8 text", path.display()))),
    }
}

/// The bytes of a file, up to `cap`.
///
/// # Errors
/// Where it cannot be read or is longer.
pub(super) fn bytes(path: &Path, what: &str, cap: usize) -> Result<Zeroizing<Vec<u8>>> {
    let fail = |e: &std::io::Error| Error::usage(format!("the {what} {} cannot be read", path.display())).because(e);
    let file = File::open(path).map_err(|e| fail(&e))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 * 1024));
    file.take(cap as u64 + 1).read_to_end(&mut bytes).map_err(|e| fail(&e))?;
    if bytes.len() > cap {
        return Err(Error::usage(format!("the {what} {} is longer than {} KiB", path.display(), cap / 1024)));
    }
    Ok(bytes)
}

/// Bytes as text: UTF-16 where they say so, as PowerShell writes files; what is no character is replaced.
pub(super) fn decoded(bytes: &[u8]) -> Zeroizing<String> {
    let wide = |of: fn([u8; 2]) -> u16, bytes: &[u8]| {
        let units = Zeroizing::new(bytes.chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect::<Vec<_>>());
        Zeroizing::new(String::from_utf16_lossy(&units))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => wide(u16::from_be_bytes, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => Zeroizing::new(String::from_utf8_lossy(rest).into_owned()),
        _ => Zeroizing::new(String::from_utf8_lossy(bytes).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_powershell_are_text_too() {
        let wide: Vec<u8> = "é\u{1f511}x".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(*decoded(&[&[0xff, 0xfe][..], &wide].concat()), "é\u{1f511}x");
        let wide: Vec<u8> = "éx".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(*decoded(&[&[0xfe, 0xff][..], &wide].concat()), "éx");
        assert_eq!(*decoded(b"\xef\xbb\xbfa\xffb"), "a\u{fffd}b");
    }
}
