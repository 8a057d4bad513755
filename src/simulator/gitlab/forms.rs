//! The forms of simulated tokens: obviously fake, well-formed, routable ones with the right checksum.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A non-routable token: prefix and 20 characters.
pub(super) fn fixed(prefix: &str, text: &str) -> String {
    format!("{prefix}{text}")
}

pub(super) fn routable(n: u8, payload: &str) -> String {
    let mut random = *b"KeyrackExample00";
    random[15] = b'0' + n;
    routable_of("glpat-", random, payload)
}

/// `PREFIX B64 .01. LL CCCCCCC`: encoded random part, payload and its length; then the length of that and a CRC-32 of
/// all before it, both in base 36.
pub(super) fn routable_of(prefix: &str, random: [u8; 16], payload: &str) -> String {
    let mut bytes = random.to_vec();
    bytes.extend(payload.as_bytes());
    bytes.push(u8::try_from(payload.len()).unwrap_or(u8::MAX));
    let encoded = URL_SAFE_NO_PAD.encode(&bytes);
    let front = format!("{prefix}{encoded}.01.{}", base36(encoded.len() as u64, 2));
    let crc = crc32fast::hash(front.as_bytes());
    format!("{front}{}", base36(u64::from(crc), 7))
}

pub(super) fn base36(mut number: u64, width: usize) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.len() < width {
        digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize]);
        number /= 36;
    }
    digits.iter().rev().map(|d| char::from(*d)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routable_form_is_that_of_the_published_test_vector() {
        let random = std::array::from_fn(|at| at as u8);
        let vector = "glpat-AAECAwQFBgcICQoLDA0OD286MQp1OjJzCA.01.0y0wdsbqj";
        assert_eq!(routable_of("glpat-", random, "o:1\nu:2s"), vector);
    }
}
