//! What AWS's own host names tell: service, region, FIPS, private endpoint.

use url::Url;

/// What the name of a git host tells.
pub(super) struct GitHost {
    pub(super) region: String,
    pub(super) fips: bool,
    pub(super) vpce: bool,
}

impl GitHost {
    pub(super) fn of_url(url: &str) -> Option<Self> {
        Self::of_name(Url::parse(url).ok()?.host_str()?)
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        let labels = aws_labels(name)?;
        let (service, region, vpce) = match labels.as_slice() {
            [service, region] => (*service, *region, false),
            [endpoint, service, region, "vpce"] if endpoint.starts_with("vpce-") => (*service, *region, true),
            _ => return None,
        };
        let fips = match service {
            "git-codecommit" => false,
            "git-codecommit-fips" => true,
            _ => return None,
        };
        is_region(region).then(|| Self { region: region.to_owned(), fips, vpce })
    }
}

/// The labels before AWS's DNS suffix; none where the name is not AWS's.
pub(super) fn aws_labels(name: &str) -> Option<Vec<&str>> {
    let front = [".amazonaws.com.cn", ".amazonaws.com", ".amazonaws.eu"].iter().find_map(|s| name.strip_suffix(s))?;
    Some(front.split('.').collect())
}

/// Whether the text has the form of a region (`us-east-1`, `us-gov-west-1`). Unknown ones pass: AWS adds some each
/// year, and the host name is built from them all alike.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return false };
    text.len() <= 32
        && (2..=4).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && !middle.is_empty()
        && middle.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
        && (1..=2).contains(&last.len())
        && last.bytes().all(|b| b.is_ascii_digit())
}
