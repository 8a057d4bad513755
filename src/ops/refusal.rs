//! Whether a "no" is the host's own. The verdict speaks of the token that was looked at, and a refusal of whoever signs
//! says nothing of it; the exit code has to tell the two apart all the same.

use crate::domain::Validation;
use crate::error::ErrorKind;
use crate::hosts::facts::common;

/// Answers with which a host says no to an act; a place that is not there may be a wrong address.
const NO: [u16; 7] = [400, 401, 403, 405, 409, 413, 422];

/// The host answered, in the vendor's own way, and said no. Not so what the network, a proxy or a gateway said, what nobody
/// can read, and what was not sent at all.
pub(crate) fn is_the_hosts(validation: &Validation) -> bool {
    let own = |code: &str| !common().findings.iter().any(|f| f.name == code);
    let answered = validation.evidence.last().and_then(|e| e.status);
    validation.verdict.is_real()
        || validation.findings.iter().any(|f| own(&f.code)) && answered.is_some_and(|status| NO.contains(&status))
}

/// The kind of error that it is.
pub(crate) fn kind(validation: &Validation) -> ErrorKind {
    if is_the_hosts(validation) { ErrorKind::Refused } else { ErrorKind::Unreachable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Evidence, Finding, Verdict};

    fn said(verdict: Verdict, code: &str, status: Option<u16>) -> Validation {
        let mut validation = Validation::new(verdict, "no", jiff::Timestamp::UNIX_EPOCH);
        validation.findings.push(Finding { code: code.to_owned(), ..common().finding(code, &[]).1 });
        validation.evidence.push(Evidence { request: "GET x".to_owned(), status, ms: 1, detail: String::new() });
        validation
    }

    #[test]
    fn a_signer_that_the_host_refuses_is_refused_and_the_way_there_is_not() {
        for (verdict, code, status, expected) in [
            (Verdict::Rejected, "gitlab.refused", Some(401), true),
            (Verdict::Unreachable, "bitbucket-datacenter.wrong-password", Some(401), true),
            (Verdict::Unreachable, "bamboo.signer-not-permitted", Some(403), true),
            (Verdict::Unreachable, "http.html", Some(403), false),
            (Verdict::Unreachable, "http.unavailable", Some(503), false),
            (Verdict::Unreachable, "bamboo.wrong-path", Some(404), false),
            (Verdict::Unreachable, "open-devops.deployment-unread", Some(202), false),
            (Verdict::Unreachable, "net.refused", None, false),
        ] {
            assert_eq!(is_the_hosts(&said(verdict, code, status)), expected, "{code} {status:?}");
        }
    }
}
