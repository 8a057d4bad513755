//! What stands behind `Basic` in a header.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::secret::SecretText;

/// User name and password; none where it is no such pair.
pub(crate) fn pair(encoded: &str) -> Option<(String, SecretText)> {
    let bytes = STANDARD.decode(encoded.trim()).ok()?;
    let text = Zeroizing::new(String::from_utf8(bytes).ok()?);
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.into()))
}
