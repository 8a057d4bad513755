//! The tokens of the two simulated installations.

use super::forms::{fixed, routable};
use super::tokens::{ADMIN, Life, Token, bot, person, within};
use crate::domain::{Kind, Verdict};

/// Those of gitlab.com.
pub(super) fn com() -> Vec<Token> {
    let mara = || person(100, "mara.lindqvist", "Mara Lindqvist");
    vec![
        Token::scoped("release-train", 8150, mara(), &["api", "self_rotate"], routable(1, "o:1\nu:2s"))
            .about(&["prod", "release"], "tags releases and writes their notes"),
        Token::scoped("docs-preview", 8151, mara(), &["read_api", "self_rotate"], routable(2, "o:1\nu:2s"))
            .ends(Some(5))
            .about(&["docs"], "renders merge requests; replace it before it ends")
            .but(Life::Good, Verdict::Expiring),
        Token {
            kind: Kind::ProjectToken,
            owner: 100,
            access_level: Some(40),
            ..Token::scoped(
                "mirror-bot",
                8152,
                bot(9001, "project", 4711, "mirror"),
                &["read_api", "write_repository"],
                routable(3, "o:1\np:3mv\nu:6y1"),
            )
            .about(&["prod", "mirror"], "pushes the public mirror of acme/app")
        },
        Token {
            kind: Kind::GroupToken,
            owner: 100,
            access_level: Some(30),
            ..Token::scoped(
                "image-sync",
                8153,
                bot(9002, "group", 322, "image sync"),
                &["read_registry", "write_registry"],
                routable(4, "g:8y\no:1\nu:6y2"),
            )
            .about(&["registry"], "copies container images; its scopes hide who it is")
        },
        Token::granular(
            "triage-fine",
            8154,
            mara(),
            &[
                within(
                    "user",
                    None,
                    None,
                    &["read_personal_access_token", "revoke_personal_access_token", "read_user"],
                ),
                within("selected_memberships", Some(6), None, &["read_job", "download_code"]),
                within("selected_memberships", None, Some(322), &["read_issue"]),
            ],
            fixed("glpat-", "ExampleFakeTriage001"),
        )
        .ends(Some(41))
        .about(&["bots"], "fine-grained: jobs and code of one project, issues of a group"),
        Token::scoped("old-laptop", 8155, mara(), &["api"], fixed("glpat-", "ExampleFakeLaptop001"))
            .ends(Some(-12))
            .about(&["laptop"], "from the laptop before last")
            .but(Life::Expired, Verdict::Expired),
        Token::scoped("pasted-in-chat", 8156, mara(), &["read_repository"], fixed("glpat-", "ExampleFakeInChat001"))
            .about(&["incident"], "leaked in a chat and revoked on the web")
            .but(Life::Revoked, Verdict::Revoked),
        Token::scoped(
            "intern-summer",
            8157,
            person(177, "jonas.weber", "Jonas Weber"),
            &["api"],
            fixed("glpat-", "ExampleFakeIntern001"),
        )
        .about(&["people"], "the account was blocked when the internship ended")
        .but(Life::Blocked, Verdict::Blocked),
        Token::scoped(
            "metrics-crawler",
            8158,
            person(211, "acme-metrics", "Acme Metrics"),
            &["read_api"],
            fixed("glpat-", "ExampleFakeCrawler01"),
        )
        .about(&["metrics"], "asks far too often")
        .but(Life::RateLimited, Verdict::Unreachable),
        Token::scoped("forgotten script", 8160, mara(), &["api", "sudo"], fixed("glpat-", "ExampleFakeForgotten"))
            .ends(Some(300))
            .unknown_here(),
        Token {
            kind: Kind::ProjectToken,
            owner: 100,
            access_level: Some(40),
            ..Token::scoped(
                "keeper",
                8161,
                bot(9003, "project", 4711, "keeper"),
                &["api", "self_rotate"],
                routable(5, "o:1\np:3mv\nu:6y3"),
            )
            .about(&["prod", "mirror"], "a Maintainer's token of acme/app: lists and renews its project's tokens")
        },
        Token {
            kind: Kind::ServiceAccountToken,
            owner: 100,
            service_of: Some(("groups", 322)),
            ..Token::scoped(
                "release-robot",
                8162,
                person(57, "acme-release-robot", "Release Robot"),
                &["api", "self_rotate"],
                routable(6, "o:1\nu:1l"),
            )
            .ends(Some(200))
            .about(&["prod", "release"], "a service account of the group acme, which its Owner manages")
        },
    ]
}

/// Those of the Self-Managed installation.
pub(super) fn self_managed() -> Vec<Token> {
    let deploy = || person(12, "deploy", "Deploy Account");
    vec![
        Token::scoped(
            "acme-deploy",
            310,
            deploy(),
            &["api", "write_repository"],
            fixed("ACME-glpat-", "ExampleFakeDeploy001"),
        )
        .ends(None)
        .about(&["prod", "deploy"], "does not expire: the requirement is switched off there"),
        Token::granular(
            "acme-runner-watch",
            311,
            deploy(),
            &[within("instance", None, None, &["read_runner"]), within("user", None, None, &["read_user"])],
            fixed("ACME-glpat-", "ExampleFakeWatch0001"),
        )
        .about(&["runners"], "fine-grained, without the permission to look at itself"),
        Token {
            kind: Kind::OauthToken,
            oauth: true,
            ..Token::scoped(
                "acme-glab",
                312,
                person(31, "tomas", "Tomas Novak"),
                &["openid", "api"],
                "00c0ffee".repeat(8),
            )
            .about(&["laptop"], "from a browser log-in; lives for two hours")
            .but(Life::Good, Verdict::Expiring)
        },
        Token::scoped("acme-backup", 313, deploy(), &["read_api"], fixed("ACME-glpat-", "ExampleFakeBackup001"))
            .about(&["backup"], "goes through the old gateway, which fails")
            .but(Life::BadGateway, Verdict::Unreachable),
        Token::scoped(
            "acme-root",
            314,
            person(ADMIN, "root", "Administrator"),
            &["api", "admin_mode"],
            fixed("ACME-glpat-", "ExampleFakeRoot00001"),
        )
        .about(&["admin"], "the administrator's: makes, rotates and revokes tokens of others"),
        Token::scoped("old pipeline", 320, deploy(), &["read_api"], fixed("ACME-glpat-", "ExampleFakeStranger1"))
            .ends(Some(20))
            .unknown_here(),
        Token {
            kind: Kind::Unknown,
            ..Token::scoped(
                "acme-trigger",
                321,
                deploy(),
                &[],
                fixed("ACME-glptt-", "00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee"),
            )
            .about(
                &["leaked"],
                "starts pipelines; found in a public log. Says nothing of itself: an administrator revokes it",
            )
            .but(Life::Good, Verdict::Unreachable)
        },
    ]
}
