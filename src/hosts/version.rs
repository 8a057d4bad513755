//! Versions of products, compared by the numbers that they begin with.

/// `19.6.0-ee` gives 19, 6, 0; nothing where it does not begin with a number.
fn numbers(version: &str) -> Vec<u32> {
    version
        .trim()
        .trim_start_matches(['v', 'V'])
        .split('.')
        .map_while(|part| {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            part.get(..digits)?.parse().ok()
        })
        .collect()
}

/// Whether `version` comes before `limit`, a missing number counting as 0. None where one of them begins with no
/// number: then nothing is known.
#[must_use]
pub fn is_before(version: &str, limit: &str) -> Option<bool> {
    let (mut version, mut limit) = (numbers(version), numbers(limit));
    if version.is_empty() || limit.is_empty() {
        return None;
    }
    let length = version.len().max(limit.len());
    version.resize(length, 0);
    limit.resize(length, 0);
    Some(version < limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_and_not_letters() {
        for (version, limit, before) in [
            ("9.4.3", "10.0", Some(true)),
            ("16.0", "16", Some(false)),
            ("16", "16.0.1", Some(true)),
            ("19.6.0-ee", "19.6", Some(false)),
            ("3.18.2", "3.19", Some(true)),
            ("v1.2", "1.10", Some(true)),
            ("13.0.3+gitea-1.22.0", "13.1", Some(true)),
            ("unknown", "16.0", None),
            ("", "16.0", None),
        ] {
            assert_eq!(is_before(version, limit), before, "{version} and {limit}");
        }
    }
}
