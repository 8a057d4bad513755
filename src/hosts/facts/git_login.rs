//! The user name that goes with a token when git asks for one, as data of its kind.

use serde::Deserialize;

/// How the user name of a kind is found, as `git_username` in a family's file says it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GitLoginFacts {
    /// This very name and no other.
    Fixed(String),
    /// The log-in of the account where it is known, else this: the host looks at the password alone.
    LoginOr(String),
    /// Any name will do; this is the customary one.
    Any(String),
    /// The log-in of the account; no other name will do.
    Login,
    /// The user name that is kept with the credential.
    Own,
    /// User name and password are computed for each request.
    PerRequest,
    /// None: git sends the token as `Authorization: Bearer`.
    Bearer,
}

/// What git is to be answered, as far as its user name goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitLogin<'a> {
    /// This user name, with the secret as password.
    User(&'a str),
    /// The user name has to be known, and is not.
    UserUnknown,
    /// User name and password are computed from the secret for each request.
    PerRequest,
    /// No user name: the token goes as `Authorization: Bearer` (`http.extraHeader`, or `authtype=Bearer` of git 2.46).
    Bearer,
    /// The vendor's documents name no way by which git takes this kind.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Kind;
    use crate::hosts::facts::{Facts, How};
    use crate::hosts::families;

    #[test]
    fn every_kind_answers_git_as_its_vendor_says() {
        use GitLogin::{Bearer, Never, PerRequest, User, UserUnknown};
        let table: &[(&str, Kind, GitLogin<'_>, GitLogin<'_>)] = &[
            // Family, kind, with nothing known, and with user name `own` and log-in `mara` known.
            ("github", Kind::ClassicPat, User("x-access-token"), User("mara")),
            ("github", Kind::FineGrainedPat, User("x-access-token"), User("mara")),
            ("github", Kind::OauthToken, User("x-access-token"), User("mara")),
            ("github", Kind::AppToken, User("x-access-token"), User("x-access-token")),
            ("gitlab", Kind::Pat, User("oauth2"), User("mara")),
            ("gitlab", Kind::FineGrainedPat, User("oauth2"), User("mara")),
            ("gitlab", Kind::ProjectToken, User("oauth2"), User("mara")),
            ("gitlab", Kind::GroupToken, User("oauth2"), User("mara")),
            ("gitlab", Kind::ServiceAccountToken, User("oauth2"), User("mara")),
            ("gitlab", Kind::OauthToken, User("oauth2"), User("oauth2")),
            ("gitlab", Kind::GitCredential, UserUnknown, User("own")),
            ("gitlab", Kind::OauthClient, Never, Never),
            ("azure-devops", Kind::Pat, User("pat"), User("pat")),
            ("azure-devops", Kind::OauthToken, User("pat"), User("pat")),
            ("azure-devops", Kind::EntraToken, Never, Never),
            ("codecommit", Kind::AccessKey, PerRequest, PerRequest),
            ("codecommit", Kind::SessionKey, PerRequest, PerRequest),
            ("codecommit", Kind::GitCredential, UserUnknown, User("own")),
            (
                "bitbucket-cloud",
                Kind::ScopedApiToken,
                User("x-bitbucket-api-token-auth"),
                User("x-bitbucket-api-token-auth"),
            ),
            ("bitbucket-cloud", Kind::RepositoryToken, User("x-token-auth"), User("x-token-auth")),
            ("bitbucket-cloud", Kind::ProjectToken, User("x-token-auth"), User("x-token-auth")),
            ("bitbucket-cloud", Kind::WorkspaceToken, User("x-token-auth"), User("x-token-auth")),
            ("bitbucket-cloud", Kind::OauthToken, User("x-token-auth"), User("x-token-auth")),
            ("bitbucket-cloud", Kind::AppPassword, UserUnknown, User("own")),
            ("bitbucket-cloud", Kind::ApiToken, Never, Never),
            ("bitbucket-cloud", Kind::OauthClient, Never, Never),
            ("bitbucket-datacenter", Kind::HttpAccessToken, UserUnknown, User("mara")),
            ("bitbucket-datacenter", Kind::ProjectToken, Bearer, Bearer),
            ("bitbucket-datacenter", Kind::RepositoryToken, Bearer, Bearer),
            ("forgejo", Kind::Pat, User("oauth2"), User("mara")),
            ("forgejo", Kind::OauthToken, User("oauth2"), User("oauth2")),
            ("forgejo", Kind::OauthClient, Never, Never),
            ("generic", Kind::Pat, Never, Never),
            ("generic", Kind::GitCredential, UserUnknown, User("own")),
        ];
        for (family, kind, unknown, known) in table {
            let facts = Facts::embedded(family);
            let found = facts.kind(*kind).unwrap_or_else(|| panic!("{family} has no {kind}"));
            assert_eq!(found.git_login(None, Some(" ")), *unknown, "{family} {kind}");
            assert_eq!(found.git_login(Some("own"), Some("mara")), *known, "{family} {kind}");
        }
        // The table is whole, and families without git have none.
        for facts in families().iter().map(|f| f.facts()) {
            let with = facts.kinds.iter().filter(|k| k.git_username.is_some());
            for kind in with.clone() {
                assert!(table.iter().any(|(f, k, ..)| facts.id.as_str() == *f && kind.kind == *k), "{}", kind.name);
            }
            assert_eq!(with.count() > 0, facts.verbs.git != How::None, "{}", facts.id);
        }
    }

    #[test]
    fn an_email_address_is_no_log_in() {
        let facts = Facts::embedded("bitbucket-datacenter");
        let kind = facts.kind(Kind::HttpAccessToken).unwrap();
        assert_eq!(kind.git_login(Some("mara@example.com"), None), GitLogin::UserUnknown);
        assert_eq!(kind.git_login(Some("group:acme/service_accounts/57"), None), GitLogin::UserUnknown);
        assert_eq!(kind.git_login(Some("mara"), None), GitLogin::User("mara"));
    }
}
