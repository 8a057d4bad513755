//! IAM: access keys and service-specific credentials of the account's users, and what a policy would allow.

use jiff::Timestamp;

use super::super::SimResponse;
use super::account::{Account, Key, Rights, State};
use super::reply::{self, Service};

/// A call: its action and form.
pub(super) struct Call<'a> {
    pub action: &'a str,
    pub form: &'a [(String, String)],
    pub now: Timestamp,
}

impl Call<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn error(&self, status: u16, code: &str, message: &str) -> SimResponse {
        reply::error(Service::Iam, status, code, message, self.now)
    }

    fn missing(&self, what: &str) -> SimResponse {
        self.error(404, "NoSuchEntity", &format!("{what} cannot be found."))
    }
}

impl Account {
    pub(super) fn iam(&mut self, key: &Key, call: &Call<'_>) -> SimResponse {
        if key.rights != Rights::All {
            let message = format!(
                "User: {} is not authorized to perform: iam:{1} on resource: user {2} because no identity-based policy \
                 allows the iam:{1} action",
                key.arn, call.action, key.user
            );
            return call.error(403, "AccessDenied", &message);
        }
        if call.action == "SimulatePrincipalPolicy" {
            return simulate(call);
        }
        // The user may be left out: then it is the one whose key signs.
        let user = call.field("UserName").unwrap_or(&key.user).to_owned();
        match call.action.contains("ServiceSpecificCredential") {
            true => self.git_credentials(&user, call),
            false => self.access_keys(key, &user, call),
        }
    }

    fn access_keys(&mut self, key: &Key, user: &str, call: &Call<'_>) -> SimResponse {
        let now = call.now;
        match call.action {
            "ListAccessKeys" if key.session.is_some() && call.field("UserName").is_none() => {
                call.error(400, "ValidationError", "Must specify userName when calling with non-User credentials")
            }
            "ListAccessKeys" => reply::keys(&self.keys_of(user), now),
            "GetAccessKeyLastUsed" => match call.field("AccessKeyId").and_then(|id| self.key(id)) {
                Some(target) if target.secret.starts_with("KeyrackMade") => reply::never_used(&target.user, now),
                Some(target) => reply::last_used(&target.user, now),
                None => call.missing("The Access Key"),
            },
            "CreateAccessKey" => match self.user(user) {
                None => call.missing("The user"),
                Some(like) => match self.make_key(&like) {
                    Some(key) => reply::new_key(&key, now),
                    None => call.error(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"),
                },
            },
            "UpdateAccessKey" | "DeleteAccessKey" => {
                let target = call.field("AccessKeyId").and_then(|id| self.key(id)).filter(|t| t.user == user);
                let Some(target) = target else { return call.missing("The Access Key") };
                let state = match (call.action, call.field("Status")) {
                    ("DeleteAccessKey", _) => State::Deleted,
                    (_, Some("Inactive")) => State::Inactive,
                    (_, Some("Active")) => State::Active,
                    _ => return call.error(400, "InvalidInput", "Status must be Active or Inactive"),
                };
                self.set(&target.id, state);
                reply::done(call.action, now)
            }
            action => call.error(400, "InvalidAction", &format!("Could not find operation {action}")),
        }
    }

    fn git_credentials(&mut self, user: &str, call: &Call<'_>) -> SimResponse {
        let id = call.field("ServiceSpecificCredentialId").unwrap_or("");
        let done = match (call.action, call.field("Status")) {
            ("ListServiceSpecificCredentials", _) => return reply::git_credentials(&self.git_of(user), call.now),
            ("CreateServiceSpecificCredential", _) => return self.create_git(user, call),
            ("DeleteServiceSpecificCredential", _) => self.delete_git(user, id),
            ("UpdateServiceSpecificCredential", Some(status)) => self.set_git(user, id, status),
            _ => false,
        };
        if done { reply::done(call.action, call.now) } else { call.missing("The service specific credential") }
    }

    fn create_git(&mut self, user: &str, call: &Call<'_>) -> SimResponse {
        if call.field("ServiceName") != Some("codecommit.amazonaws.com") {
            return call.error(404, "NotSupportedService", "The service is not supported.");
        }
        match self.user(user) {
            None => call.missing("The user"),
            Some(_) => match self.make_git(user) {
                Some(git) => reply::new_git(&git, call.now),
                None => call.error(409, "LimitExceeded", "Two credentials are there."),
            },
        }
    }
}

/// Every user of this account that has rights has CodeCommit's power user policy.
fn simulate(call: &Call<'_>) -> SimResponse {
    let source = call.field("PolicySourceArn").unwrap_or("");
    if !source.contains(":user/") && !source.contains(":role/") {
        return call.error(400, "InvalidInput", "Invalid principal ARN");
    }
    let names = call.form.iter().filter(|(name, _)| name.starts_with("ActionNames.member."));
    let wanted: Vec<&str> = names.map(|(_, action)| action.as_str()).collect();
    reply::simulation(&wanted, |action| action != "codecommit:DeleteRepository", call.now)
}
