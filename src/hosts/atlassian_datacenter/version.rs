//! Versions of products, compared as numbers.

/// Whether a version lies before major and minor. What is not a version is taken for a new one.
pub fn is_older(version: &str, than: (u32, u32)) -> bool {
    let mut parts = version.split('.').map_while(|p| p.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => (major, minor) < than,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, older) in
            [("5.4.9", true), ("4.14.0", true), ("5.5.0", false), ("9.4.3", false), ("10.0", false), ("x", false)]
        {
            assert_eq!(is_older(version, (5, 5)), older, "{version}");
        }
        assert!(is_older("8.9.1", (8, 14)), "not as text");
    }
}
