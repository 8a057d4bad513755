//! Where AWS is: partitions, regions, and the endpoints that follow from them.
//!
//! A region becomes part of a host name that gets signed requests, so nothing but a well-formed region is ever let through.

use url::Url;

use super::names::{GitHost, is_region};
use crate::domain::Host;
use crate::hosts::{Endpoints, HostUrlError};

/// Part of AWS with accounts of its own. A key belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// AWS GovCloud (US).
    UsGov,
    /// China.
    China,
    /// The European Sovereign Cloud; AWS lists no CodeCommit there, its IAM endpoint is (unconfirmed).
    EuSovereign,
}

impl Partition {
    /// The partition of a well-formed region.
    fn of(region: &str) -> Result<Self, HostUrlError> {
        match region.split('-').next().unwrap_or("") {
            _ if region.contains("-iso") => Err(HostUrlError {
                message: format!("AWS lists no CodeCommit in `{region}`"),
                hint: "use a region of the commercial, GovCloud or China partition".into(),
            }),
            "us" if region.starts_with("us-gov-") => Ok(Self::UsGov),
            "cn" => Ok(Self::China),
            "eusc" => Ok(Self::EuSovereign),
            _ => Ok(Self::Aws),
        }
    }

    /// The word in its ARNs.
    #[must_use]
    pub fn arn(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::UsGov => "aws-us-gov",
            Self::China => "aws-cn",
            Self::EuSovereign => "aws-eusc",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::UsGov => "amazonaws.com",
            Self::China => "amazonaws.com.cn",
            Self::EuSovereign => "amazonaws.eu",
        }
    }
}

/// A region, with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `us-east-1`, …
    pub region: String,
    /// Its partition.
    pub partition: Partition,
    /// The git host is the FIPS one, so the other endpoints are too where AWS has them.
    fips: bool,
}

impl Place {
    pub(super) fn new(region: &str, fips: bool) -> Result<Self, HostUrlError> {
        if !is_region(region) {
            return Err(HostUrlError {
                message: format!("`{region}` is not an AWS region"),
                hint: "a region looks like `us-east-1`: give it with `--region`".into(),
            });
        }
        Ok(Self { region: region.to_owned(), partition: Partition::of(region)?, fips })
    }

    /// Where a host record is: its region, else the one in its URL.
    ///
    /// # Errors
    /// [`HostUrlError`] where neither tells a region, or the region is none.
    pub fn of(host: &Host) -> Result<Self, HostUrlError> {
        let read = GitHost::of_url(&host.url);
        let fips = read.as_ref().is_some_and(|g| g.fips);
        match (&host.region, read) {
            (Some(region), _) => Self::new(region, fips),
            (None, Some(git)) => Self::new(&git.region, fips),
            (None, None) => Err(HostUrlError {
                message: format!("the AWS region of `{}` is not known", host.name),
                hint: format!("give it: `keyrack host edit {} --region us-east-1`", host.name),
            }),
        }
    }

    /// The region that IAM requests are signed for: IAM is one service for a whole partition.
    #[must_use]
    pub fn iam_region(&self) -> &str {
        match self.partition {
            Partition::Aws => "us-east-1",
            Partition::UsGov => "us-gov-west-1",
            Partition::China => "cn-north-1",
            Partition::EuSovereign => &self.region,
        }
    }

    /// The region that STS requests to that endpoint are signed for. The old global endpoint wants `us-east-1`; every
    /// other one, overridden or not, the region itself.
    #[must_use]
    pub fn sts_region(&self, sts_url: &str) -> &str {
        let global = Url::parse(sts_url).is_ok_and(|u| u.host_str() == Some("sts.amazonaws.com"));
        if global { "us-east-1" } else { &self.region }
    }

    pub(super) fn git_url(&self) -> String {
        let fips = if self.fips { "-fips" } else { "" };
        format!("https://git-codecommit{fips}.{}.{}", self.region, self.partition.suffix())
    }

    fn sts_url(&self) -> String {
        // In GovCloud the normal host is a FIPS one.
        let fips = self.fips && matches!(self.region.as_str(), "us-east-1" | "us-east-2" | "us-west-1" | "us-west-2");
        format!("https://sts{}.{}.{}", if fips { "-fips" } else { "" }, self.region, self.partition.suffix())
    }

    fn iam_url(&self) -> String {
        match self.partition {
            Partition::Aws if self.fips => "https://iam-fips.amazonaws.com".into(),
            Partition::Aws => "https://iam.amazonaws.com".into(),
            Partition::UsGov => "https://iam.us-gov.amazonaws.com".into(),
            Partition::China => "https://iam.cn-north-1.amazonaws.com.cn".into(),
            Partition::EuSovereign => format!("https://iam.{}.amazonaws.eu", self.region),
        }
    }

    fn codecommit_url(&self) -> String {
        let fips = self.fips
            && matches!(
                self.region.as_str(),
                "ca-central-1"
                    | "us-east-1"
                    | "us-east-2"
                    | "us-west-1"
                    | "us-west-2"
                    | "us-gov-east-1"
                    | "us-gov-west-1"
            );
        format!("https://codecommit{}.{}.{}", if fips { "-fips" } else { "" }, self.region, self.partition.suffix())
    }
}

/// The named endpoints of a host record. The region of the record wins over the one in its URL; a URL that is not
/// AWS's own (a mirror, a gateway) stays the git endpoint as it is.
///
/// # Errors
/// [`HostUrlError`] where no region is known.
pub fn endpoints(host: &Host) -> Result<Endpoints, HostUrlError> {
    let place = Place::of(host)?;
    let git = match GitHost::of_url(&host.url) {
        Some(git) if git.region != place.region => place.git_url(),
        _ => host.url.trim_end_matches('/').to_owned(),
    };
    Ok([("git", git), ("sts", place.sts_url()), ("iam", place.iam_url()), ("codecommit", place.codecommit_url())]
        .into_iter()
        .map(|(name, url)| (name.to_owned(), url))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FamilyId;

    fn host(url: &str, region: Option<&str>) -> Host {
        let mut host = Host::new("aws", FamilyId::new("codecommit"), url);
        host.region = region.map(str::to_owned);
        host
    }

    fn urls(url: &str, region: Option<&str>) -> [String; 4] {
        let all = endpoints(&host(url, region)).unwrap();
        ["git", "sts", "iam", "codecommit"].map(|n| all[n].trim_start_matches("https://").to_owned())
    }

    #[test]
    fn endpoints_follow_partition_and_region() {
        assert_eq!(
            urls("https://git-codecommit.eu-west-1.amazonaws.com", None),
            [
                "git-codecommit.eu-west-1.amazonaws.com",
                "sts.eu-west-1.amazonaws.com",
                "iam.amazonaws.com",
                "codecommit.eu-west-1.amazonaws.com"
            ]
        );
        assert_eq!(
            urls("https://git-codecommit.us-gov-west-1.amazonaws.com", None)[1..],
            ["sts.us-gov-west-1.amazonaws.com", "iam.us-gov.amazonaws.com", "codecommit.us-gov-west-1.amazonaws.com"]
        );
        assert_eq!(
            urls("https://git-codecommit.cn-northwest-1.amazonaws.com.cn", None)[1..],
            [
                "sts.cn-northwest-1.amazonaws.com.cn",
                "iam.cn-north-1.amazonaws.com.cn",
                "codecommit.cn-northwest-1.amazonaws.com.cn"
            ]
        );
        assert_eq!(
            urls("https://git-codecommit-fips.us-east-2.amazonaws.com", None)[1..],
            ["sts-fips.us-east-2.amazonaws.com", "iam-fips.amazonaws.com", "codecommit-fips.us-east-2.amazonaws.com"]
        );
    }

    #[test]
    fn the_region_of_the_record_wins_and_a_mirror_stays() {
        assert_eq!(
            urls("https://git-codecommit.eu-west-1.amazonaws.com", Some("us-east-1"))[0],
            "git-codecommit.us-east-1.amazonaws.com"
        );
        let mirrored = endpoints(&host("http://127.0.0.1:5000", Some("us-east-1"))).unwrap();
        assert_eq!(mirrored["git"], "http://127.0.0.1:5000");
        assert_eq!(mirrored["sts"], "https://sts.us-east-1.amazonaws.com");
        assert!(endpoints(&host("http://127.0.0.1:5000", None)).unwrap_err().hint.contains("--region"));
    }

    #[test]
    fn a_region_can_never_change_the_host_that_is_signed_for() {
        for region in ["evil.example/", "us-east-1.evil.example", "us-east-1@evil", "US-EAST-1", "-", "us--1", ""] {
            assert!(endpoints(&host("http://127.0.0.1:1", Some(region))).is_err(), "{region}");
        }
    }

    #[test]
    fn signing_regions() {
        let of = |url: &str| Place::of(&host(url, None)).unwrap();
        assert_eq!(of("https://git-codecommit.eu-west-1.amazonaws.com").iam_region(), "us-east-1");
        assert_eq!(of("https://git-codecommit.us-gov-east-1.amazonaws.com").iam_region(), "us-gov-west-1");
        assert_eq!(of("https://git-codecommit.cn-northwest-1.amazonaws.com.cn").iam_region(), "cn-north-1");
        let place = of("https://git-codecommit.eu-west-1.amazonaws.com");
        assert_eq!(place.sts_region("https://sts.amazonaws.com"), "us-east-1");
        assert_eq!(place.sts_region("http://127.0.0.1:5000"), "eu-west-1");
    }
}
