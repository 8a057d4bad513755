//! Answers in AWS's forms: XML for STS and IAM, JSON 1.1 for CodeCommit.

use jiff::Timestamp;
use serde_json::json;

use super::account::{Git, Key, State};
use crate::simulator::SimResponse;

/// Which service a request is for; a path prefix here, a host of its own at AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Sts,
    Iam,
    CodeCommit,
}

impl Service {
    pub fn of_path(path: &str) -> Option<Self> {
        match path.trim_end_matches('/') {
            "/sts" => Some(Self::Sts),
            "/iam" => Some(Self::Iam),
            "/codecommit" => Some(Self::CodeCommit),
            _ => None,
        }
    }

    pub fn signing_name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::CodeCommit => "codecommit",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            _ => "https://iam.amazonaws.com/doc/2010-05-08/",
        }
    }
}

/// The fields of a form body, decoded.
pub fn fields(body: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body.as_bytes()).map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
}

pub fn error(service: Service, status: u16, code: &str, message: &str, now: Timestamp) -> SimResponse {
    if service == Service::CodeCommit {
        // JSON services answer refused credentials with 400 and names of their own.
        let code = match code {
            "InvalidClientTokenId" => "UnrecognizedClientException".to_owned(),
            "SignatureDoesNotMatch" => "InvalidSignatureException".to_owned(),
            code if code.ends_with("Exception") => code.to_owned(),
            code => format!("{code}Exception"),
        };
        let status = if status == 403 { 400 } else { status };
        return dressed(SimResponse::json(status, &json!({"__type": code, "message": message})), now);
    }
    let body = format!(
        "<ErrorResponse xmlns=\"{}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error>\
         <RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>",
        service.namespace(),
        escaped(message)
    );
    xml(status, body, now)
}

pub fn caller(arn: &str, user_id: &str, account: &str, now: Timestamp) -> SimResponse {
    let result = format!("<Arn>{arn}</Arn><UserId>{user_id}</UserId><Account>{account}</Account>");
    result_of(Service::Sts, "GetCallerIdentity", &result, now)
}

pub fn keys(keys: &[Key], now: Timestamp) -> SimResponse {
    let members: String = keys
        .iter()
        .map(|key| {
            let status = if matches!(key.state, State::Inactive | State::Pausing) { "Inactive" } else { "Active" };
            format!(
                "<member><UserName>{}</UserName><AccessKeyId>{}</AccessKeyId><Status>{status}</Status>\
                 <CreateDate>2026-01-15T09:00:00Z</CreateDate></member>",
                key.user, key.id
            )
        })
        .collect();
    let result = format!("<IsTruncated>false</IsTruncated><AccessKeyMetadata>{members}</AccessKeyMetadata>");
    result_of(Service::Iam, "ListAccessKeys", &result, now)
}

pub fn new_key(key: &Key, now: Timestamp) -> SimResponse {
    let result = format!(
        "<AccessKey><UserName>{}</UserName><AccessKeyId>{}</AccessKeyId><Status>Active</Status>\
         <SecretAccessKey>{}</SecretAccessKey><CreateDate>{now}</CreateDate></AccessKey>",
        key.user, key.id, key.secret
    );
    result_of(Service::Iam, "CreateAccessKey", &result, now)
}

pub fn new_git(git: &Git, now: Timestamp) -> SimResponse {
    let result = format!(
        "<ServiceSpecificCredential><ServiceName>codecommit.amazonaws.com</ServiceName><UserName>{}</UserName>\
         <ServiceUserName>{}</ServiceUserName><ServicePassword>{}</ServicePassword>\
         <ServiceSpecificCredentialId>{}</ServiceSpecificCredentialId><Status>Active</Status><CreateDate>{now}</CreateDate>\
         </ServiceSpecificCredential>",
        git.user, git.service_user, git.password, git.id
    );
    result_of(Service::Iam, "CreateServiceSpecificCredential", &result, now)
}

/// A key that was never used has no date.
pub fn never_used(user: &str, now: Timestamp) -> SimResponse {
    let result = format!(
        "<UserName>{user}</UserName><AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region>\
         </AccessKeyLastUsed>"
    );
    result_of(Service::Iam, "GetAccessKeyLastUsed", &result, now)
}

/// What git's own endpoint says to whoever may pull.
pub fn refs(now: Timestamp) -> SimResponse {
    let response = SimResponse { status: 200, headers: Vec::new(), body: "001e# service=git-upload-pack\n0000".into() };
    dressed(response.with("Content-Type", "application/x-git-upload-pack-advertisement"), now)
}

/// What git's own endpoint says to anybody else.
pub fn git_refused(now: Timestamp) -> SimResponse {
    dressed(SimResponse { status: 403, headers: Vec::new(), body: String::new() }, now)
}

pub fn last_used(user: &str, now: Timestamp) -> SimResponse {
    let result = format!(
        "<UserName>{user}</UserName><AccessKeyLastUsed><LastUsedDate>2026-11-20T09:15:00Z</LastUsedDate>\
         <ServiceName>codecommit</ServiceName><Region>us-east-1</Region></AccessKeyLastUsed>"
    );
    result_of(Service::Iam, "GetAccessKeyLastUsed", &result, now)
}

pub fn git_credentials(all: &[Git], now: Timestamp) -> SimResponse {
    let members: String = all
        .iter()
        .map(|git| {
            format!(
                "<member><UserName>{}</UserName><Status>{}</Status><ServiceUserName>{}</ServiceUserName>\
                 <CreateDate>2026-03-02T10:00:00Z</CreateDate><ServiceSpecificCredentialId>{}</ServiceSpecificCredentialId>\
                 <ServiceName>codecommit.amazonaws.com</ServiceName></member>",
                git.user, git.status, git.service_user, git.id
            )
        })
        .collect();
    let result = format!("<ServiceSpecificCredentials>{members}</ServiceSpecificCredentials>");
    result_of(Service::Iam, "ListServiceSpecificCredentials", &result, now)
}

pub fn simulation(actions: &[&str], allows: impl Fn(&str) -> bool, now: Timestamp) -> SimResponse {
    let members: String = actions
        .iter()
        .map(|action| {
            let decision = if allows(action) { "allowed" } else { "implicitDeny" };
            format!(
                "<member><EvalActionName>{}</EvalActionName><EvalDecision>{decision}</EvalDecision>\
                 <MatchedStatements/></member>",
                escaped(action)
            )
        })
        .collect();
    let result = format!("<IsTruncated>false</IsTruncated><EvaluationResults>{members}</EvaluationResults>");
    result_of(Service::Iam, "SimulatePrincipalPolicy", &result, now)
}

/// An action whose result is empty: AWS leaves the result element out.
pub fn done(action: &str, now: Timestamp) -> SimResponse {
    let body = format!(
        "<{action}Response xmlns=\"{}\"><ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId>\
         </ResponseMetadata></{action}Response>",
        Service::Iam.namespace()
    );
    xml(200, body, now)
}

pub fn repositories(now: Timestamp) -> SimResponse {
    let body = json!({"repositories": [
        {"repositoryId": "00000000-0000-4000-8000-000000000001", "repositoryName": "demo"},
        {"repositoryId": "00000000-0000-4000-8000-000000000002", "repositoryName": "website"},
    ]});
    dressed(SimResponse::json(200, &body), now)
}

fn result_of(service: Service, action: &str, result: &str, now: Timestamp) -> SimResponse {
    let body = format!(
        "<{action}Response xmlns=\"{}\"><{action}Result>{result}</{action}Result><ResponseMetadata>\
         <RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata></{action}Response>",
        service.namespace()
    );
    xml(200, body, now)
}

fn xml(status: u16, body: String, now: Timestamp) -> SimResponse {
    dressed(SimResponse { status, headers: vec![("Content-Type".into(), "text/xml".into())], body }, now)
}

fn dressed(response: SimResponse, now: Timestamp) -> SimResponse {
    response
        .with("x-amzn-RequestId", "00000000-0000-4000-8000-000000000000")
        .with("Date", now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
