//! What a typed or pasted address of CodeCommit means. Sends nothing.

use url::Url;

use super::names::{GitHost, aws_labels, is_region};
use super::place::Place;
use crate::hosts::{HostUrl, HostUrlError};

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
    let url = parsed(typed)?;
    let mut notes = left_out(&url);
    let name = url.host_str().unwrap_or("").to_owned();
    if let Some(git) = GitHost::of_name(&name) {
        return of_git_host(&url, &git, notes);
    }
    if let Some(region) = console_region(&url, &name) {
        notes.push("read from a page of the AWS console".into());
        return match region {
            Some(region) => of_region(&region, false, notes),
            None => Err(needs_region("this page of the AWS console tells no region")),
        };
    }
    if let Some(labels) = aws_labels(&name) {
        return of_service(&name, &labels, notes);
    }
    if !typed.contains("://") && !name.contains('.') && name != "localhost" {
        return Err(HostUrlError {
            message: format!("`{typed}` is neither a URL nor an AWS region"),
            hint: "type a region such as `us-east-1`".into(),
        });
    }
    mirror(url, notes)
}

/// A URL by which CodeCommit can be reached; https where no scheme was typed.
fn parsed(typed: &str) -> Result<Url, HostUrlError> {
    let bare = !typed.contains("://");
    let url = Url::parse(&if bare { format!("https://{typed}") } else { typed.to_owned() });
    let url = url.ok().filter(|u| u.has_host()).ok_or_else(|| HostUrlError {
        message: "this is neither a URL nor an AWS region".into(),
        hint: "type a region such as `us-east-1`, or a clone URL such as \
               `https://git-codecommit.us-east-1.amazonaws.com/v1/repos/demo`"
            .into(),
    })?;
    if matches!(url.scheme(), "https" | "http" | "ssh") {
        return Ok(url);
    }
    Err(HostUrlError {
        message: format!("`{}` is not a scheme that CodeCommit is reached by", url.scheme()),
        hint: "use the https clone URL".into(),
    })
}

/// What of a URL is no part of the host, a sentence each.
fn left_out(url: &Url) -> Vec<String> {
    let mut notes = Vec::new();
    if !url.username().is_empty() || url.password().is_some() {
        notes.push("user name and password in the URL are left out".into());
    }
    if let Some(repository) = repository(url) {
        notes.push(format!("the repository `{repository}` is left out: the host is the whole region"));
    }
    notes
}

/// Git's endpoint of a region, also the one of a VPC.
fn of_git_host(url: &Url, git: &GitHost, mut notes: Vec<String>) -> Result<HostUrl, HostUrlError> {
    if url.scheme() == "ssh" {
        notes.push("read as the https address of the same region".into());
    }
    let mut found = of_region(&git.region, git.fips, notes)?;
    if git.vpce {
        found.url = format!("https://{}", url.host_str().unwrap_or(""));
        found.name = format!("codecommit-{}-vpce", git.region);
    }
    Ok(found)
}

/// Another address of AWS: an API of ours in a region, one of ours that serves them all, or another service.
fn of_service(name: &str, labels: &[&str], mut notes: Vec<String>) -> Result<HostUrl, HostUrlError> {
    match labels {
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
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
