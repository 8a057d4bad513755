//! Where AWS is: partitions, regions, endpoints, and what a typed or pasted address means.
//!
//! Knows the forms of AWS host names; sends nothing. A region becomes part of a host name that gets signed requests, so
//! nothing but a well-formed region is ever let through.

use url::Url;

use crate::domain::Host;
use crate::hosts::{Endpoints, HostUrl, HostUrlError};

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
    fn new(region: &str, fips: bool) -> Result<Self, HostUrlError> {
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

    fn git_url(&self) -> String {
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

/// Understands what a user typed: a region, a clone URL in any of its forms, a console page, an API host, or the
/// address of a mirror.
///
/// # Errors
/// [`HostUrlError`] where it is no address, is another AWS service, or lacks the region.
pub fn read(typed: &str) -> Result<HostUrl, HostUrlError> {
    let typed = typed.trim();
    if is_region(typed) {
        return of_region(typed, false, vec![format!("`{typed}` is read as an AWS region")]);
    }
    if let Some(rest) = typed.strip_prefix("codecommit::") {
        let (region, _) = rest.split_once("://").unwrap_or((rest, ""));
        return of_region(region, false, vec!["read from a git-remote-codecommit address".into()]);
    }
    if typed.starts_with("codecommit://") {
        return Err(needs_region("a `codecommit://` address takes its region from an AWS profile"));
    }
    let bare = !typed.contains("://");
    let parsed = Url::parse(&if bare { format!("https://{typed}") } else { typed.to_owned() });
    let url = parsed.ok().filter(|u| u.has_host()).ok_or_else(|| HostUrlError {
        message: "this is neither a URL nor an AWS region".into(),
        hint: "type a region such as `us-east-1`, or a clone URL such as \
               `https://git-codecommit.us-east-1.amazonaws.com/v1/repos/demo`"
            .into(),
    })?;
    if !matches!(url.scheme(), "https" | "http" | "ssh") {
        return Err(HostUrlError {
            message: format!("`{}` is not a scheme that CodeCommit is reached by", url.scheme()),
            hint: "use the https clone URL".into(),
        });
    }
    let mut notes = Vec::new();
    if !url.username().is_empty() || url.password().is_some() {
        notes.push("user name and password in the URL are left out".into());
    }
    if let Some(repository) = repository(&url) {
        notes.push(format!("the repository `{repository}` is left out: the host is the whole region"));
    }
    let name = url.host_str().unwrap_or("").to_owned();
    if let Some(git) = GitHost::of_name(&name) {
        if url.scheme() == "ssh" {
            notes.push("read as the https address of the same region".into());
        }
        let mut found = of_region(&git.region, git.fips, notes)?;
        if git.vpce {
            found.url = format!("https://{name}");
            found.name = format!("codecommit-{}-vpce", git.region);
        }
        return Ok(found);
    }
    if let Some(region) = console_region(&url, &name) {
        notes.push("read from a page of the AWS console".into());
        return match region {
            Some(region) => of_region(&region, false, notes),
            None => Err(needs_region("this page of the AWS console tells no region")),
        };
    }
    if let Some(labels) = aws_labels(&name) {
        return match labels.as_slice() {
            [service, region] if is_region(region) && is_ours(service) => {
                notes.push("read from the address of an API".into());
                of_region(region, service.ends_with("-fips"), notes)
            }
            [service] | [service, _] if is_ours(service) => {
                Err(needs_region("this endpoint serves many regions, repositories live in one"))
            }
            _ => Err(HostUrlError {
                message: format!("`{name}` is another AWS service"),
                hint: "CodeCommit is at `git-codecommit.REGION.amazonaws.com`".into(),
            }),
        };
    }
    if bare && !name.contains('.') && name != "localhost" {
        return Err(HostUrlError {
            message: format!("`{typed}` is neither a URL nor an AWS region"),
            hint: "type a region such as `us-east-1`".into(),
        });
    }
    mirror(url, notes)
}

/// An address that is not AWS's own: kept as it is, for mirrors, gateways and tests. Its region has to be told.
fn mirror(mut url: Url, notes: Vec<String>) -> Result<HostUrl, HostUrlError> {
    if url.scheme() == "ssh" {
        return Err(HostUrlError {
            message: "this is not an address of AWS CodeCommit".into(),
            hint: "use the https clone URL".into(),
        });
    }
    let path = url.path().split("/v1/repos").next().unwrap_or("").trim_end_matches('/').to_owned();
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    // Neither fails on a URL that has a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let name = url.host_str().unwrap_or("aws").to_owned();
    Ok(HostUrl { url: url.as_str().trim_end_matches('/').to_owned(), name, region: None, certain: false, notes })
}

fn of_region(region: &str, fips: bool, notes: Vec<String>) -> Result<HostUrl, HostUrlError> {
    let place = Place::new(region, fips)?;
    Ok(HostUrl {
        url: place.git_url(),
        name: format!("codecommit-{region}{}", if fips { "-fips" } else { "" }),
        region: Some(region.to_owned()),
        certain: true,
        notes,
    })
}

fn needs_region(message: &str) -> HostUrlError {
    HostUrlError {
        message: message.to_owned(),
        hint: "type the region itself, such as `us-east-1`, or give `--region`".into(),
    }
}

fn is_ours(service: &str) -> bool {
    matches!(service, "codecommit" | "codecommit-fips" | "sts" | "sts-fips" | "iam" | "iam-fips")
}

/// What the name of a git host tells.
struct GitHost {
    region: String,
    fips: bool,
    vpce: bool,
}

impl GitHost {
    fn of_url(url: &str) -> Option<Self> {
        Self::of_name(Url::parse(url).ok()?.host_str()?)
    }

    fn of_name(name: &str) -> Option<Self> {
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
fn aws_labels(name: &str) -> Option<Vec<&str>> {
    let front = [".amazonaws.com.cn", ".amazonaws.com", ".amazonaws.eu"].iter().find_map(|s| name.strip_suffix(s))?;
    Some(front.split('.').collect())
}

/// `Some` where the URL is a console page; inside, the region where the page tells one.
fn console_region(url: &Url, name: &str) -> Option<Option<String>> {
    let front = ["console.aws.amazon.com", "console.amazonaws-us-gov.com", "console.amazonaws.cn"]
        .iter()
        .find_map(|c| name.strip_suffix(c))?;
    if !(front.is_empty() || front.ends_with('.')) {
        return None;
    }
    let asked = url.query_pairs().find(|(n, _)| n == "region").map(|(_, v)| v.into_owned());
    let label = front.split('.').find(|l| is_region(l)).map(str::to_owned);
    Some(asked.filter(|r| is_region(r)).or(label))
}

fn repository(url: &Url) -> Option<&str> {
    let (_, after) = url.path().split_once("/v1/repos/")?;
    after.split('/').next().filter(|r| !r.is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FamilyId;

    fn region(typed: &str) -> String {
        read(typed).unwrap_or_else(|e| panic!("{typed}: {e}")).region.unwrap_or_default()
    }

    #[test]
    fn every_form_of_address_gives_its_region() {
        for (typed, expected) in [
            ("us-east-1", "us-east-1"),
            ("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/demo", "eu-west-1"),
            ("https://alice-at-123456789012@git-codecommit.eu-west-1.amazonaws.com/v1/repos/demo/", "eu-west-1"),
            ("git-codecommit.us-west-2.amazonaws.com", "us-west-2"),
            ("https://git-codecommit-fips.us-gov-west-1.amazonaws.com/v1/repos/x", "us-gov-west-1"),
            ("https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/x", "cn-north-1"),
            ("https://vpce-0a1b2c-d3e4.git-codecommit.us-east-2.vpce.amazonaws.com/v1/repos/x", "us-east-2"),
            ("ssh://APKAEXAMPLEEXAMPLE12@git-codecommit.us-east-1.amazonaws.com/v1/repos/x", "us-east-1"),
            ("codecommit::ap-south-1://team@demo", "ap-south-1"),
            ("codecommit::ap-south-1://demo", "ap-south-1"),
            (
                "https://us-east-2.console.aws.amazon.com/codesuite/codecommit/repositories?region=us-east-2",
                "us-east-2",
            ),
            ("https://console.aws.amazon.com/codesuite/codecommit/repositories/x/browse?region=sa-east-1", "sa-east-1"),
            ("https://console.amazonaws.cn/codecommit?region=cn-northwest-1", "cn-northwest-1"),
            ("https://us-gov-east-1.console.amazonaws-us-gov.com/codesuite", "us-gov-east-1"),
            ("https://codecommit.me-south-1.amazonaws.com", "me-south-1"),
            ("sts.eu-north-1.amazonaws.com", "eu-north-1"),
        ] {
            assert_eq!(region(typed), expected, "{typed}");
            assert!(read(typed).unwrap().certain, "{typed}");
        }
    }

    #[test]
    fn the_base_url_leaves_out_repository_user_and_password() {
        let found = read("https://alice:pw@git-codecommit.us-east-1.amazonaws.com/v1/repos/demo?x=1").unwrap();
        assert_eq!(found.url, "https://git-codecommit.us-east-1.amazonaws.com");
        assert_eq!(found.name, "codecommit-us-east-1");
        assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
        assert!(!found.notes.concat().contains("pw"));
    }

    #[test]
    fn what_lacks_a_region_or_is_another_service_is_refused_with_advice() {
        for typed in [
            "codecommit://demo",
            "https://iam.amazonaws.com",
            "https://sts.amazonaws.com/",
            "https://console.aws.amazon.com/codesuite/codecommit/repositories",
        ] {
            assert!(read(typed).unwrap_err().hint.contains("--region"), "{typed}");
        }
        for typed in
            ["https://bucket.s3.us-east-1.amazonaws.com", "us-iso-east-1", "demo", "", "ftp://x.example", "https://"]
        {
            let error = read(typed).unwrap_err();
            assert!(!error.message.is_empty() && !error.hint.is_empty(), "{typed}");
        }
    }

    #[test]
    fn a_mirror_is_kept_as_it_is_and_lacks_a_region() {
        let found = read("http://127.0.0.1:5000/aws/v1/repos/demo").unwrap();
        assert_eq!((found.url.as_str(), found.region, found.certain), ("http://127.0.0.1:5000/aws", None, false));
    }

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
