//! The simulated tokens: obviously fake, well-formed, routable ones with the right checksum.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::domain::{Kind, Verdict};

/// What state a token is in, apart from what is revoked while the site runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Good,
    Expired,
    Revoked,
    /// The account is blocked.
    Blocked,
    /// The account has used up its requests.
    RateLimited,
    /// A gateway fails in front of GitLab.
    BadGateway,
}

/// The account a token acts as.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) bot: bool,
}

/// What a fine-grained token may do within one boundary.
#[derive(Debug, Clone)]
pub(super) struct Permission {
    pub(super) access: String,
    pub(super) project: Option<u64>,
    pub(super) group: Option<u64>,
    pub(super) names: Vec<String>,
}

/// The boundaries that a request for a new token names.
pub(super) fn permissions(wanted: &Value) -> Vec<Permission> {
    let mut found = Vec::new();
    for scope in wanted.as_array().into_iter().flatten() {
        let access = scope["access"].as_str().unwrap_or_default();
        let names: Vec<&str> =
            scope["permissions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let ids = |field: &str| -> Vec<u64> {
            scope[field].as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
        };
        let (projects, groups) = (ids("project_ids"), ids("group_ids"));
        if projects.is_empty() && groups.is_empty() {
            found.push(within(access, None, None, &names));
        }
        found.extend(projects.into_iter().map(|id| within(access, Some(id), None, &names)));
        found.extend(groups.into_iter().map(|id| within(access, None, Some(id), &names)));
    }
    found
}

fn within(access: &str, project: Option<u64>, group: Option<u64>, names: &[&str]) -> Permission {
    let names = names.iter().map(|n| (*n).to_owned()).collect();
    Permission { access: access.to_owned(), project, group, names }
}

/// A token of the site.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) label: String,
    pub(super) kind: Kind,
    pub(super) secret: String,
    pub(super) id: u64,
    /// Name at GitLab.
    pub(super) name: String,
    pub(super) user: User,
    /// Who may revoke it by number.
    pub(super) owner: u64,
    /// Role of a project or group token.
    pub(super) access_level: Option<u64>,
    pub(super) scopes: Vec<String>,
    pub(super) granular: bool,
    pub(super) oauth: bool,
    pub(super) permissions: Vec<Permission>,
    /// Days until the date it ends on; none for a token that does not end.
    pub(super) ends_in_days: Option<i64>,
    pub(super) age_days: i64,
    pub(super) life: Life,
    pub(super) tags: &'static [&'static str],
    pub(super) note: &'static str,
    pub(super) expect: Verdict,
    /// It is on the demo rack; the others are strangers that only GitLab's own list shows.
    pub(super) on_rack: bool,
}

impl Token {
    pub(super) fn has(&self, scopes: &[&str]) -> bool {
        self.scopes.iter().any(|s| scopes.contains(&s.as_str()))
    }

    pub(super) fn permits(&self, permission: &str) -> bool {
        self.permissions.iter().any(|p| p.names.iter().any(|name| name == permission))
    }

    /// The project or group whose bot it acts as: `projects` or `groups`, and the number.
    pub(super) fn resource(&self) -> Option<(&'static str, u64)> {
        let (sort, rest) = self.user.login.split_once('_').filter(|_| self.user.bot)?;
        let sort = match sort {
            "project" => "projects",
            "group" => "groups",
            _ => return None,
        };
        Some((sort, rest.split_once('_')?.0.parse().ok()?))
    }

    /// Any legacy scope is enough; a fine-grained token needs the permission.
    pub(super) fn may_revoke(&self) -> bool {
        !self.granular || self.permits("revoke_personal_access_token")
    }

    pub(super) fn scoped(label: &str, id: u64, user: User, scopes: &[&str], secret: String) -> Self {
        Self {
            label: label.to_owned(),
            kind: Kind::Pat,
            secret,
            id,
            name: label.to_owned(),
            owner: user.id,
            user,
            access_level: None,
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
            granular: false,
            oauth: false,
            permissions: Vec::new(),
            ends_in_days: Some(98),
            age_days: 61,
            life: Life::Good,
            tags: &[],
            note: "",
            expect: Verdict::Valid,
            on_rack: true,
        }
    }

    fn granular(label: &str, id: u64, user: User, permissions: &[Permission], secret: String) -> Self {
        let token = Self::scoped(label, id, user, &["granular"], secret);
        Self { kind: Kind::FineGrainedPat, granular: true, permissions: permissions.to_vec(), ..token }
    }

    fn unknown_here(self) -> Self {
        Self { on_rack: false, ..self }
    }

    fn about(self, tags: &'static [&'static str], note: &'static str) -> Self {
        Self { tags, note, ..self }
    }

    fn ends(self, ends_in_days: Option<i64>) -> Self {
        Self { ends_in_days, ..self }
    }

    fn but(self, life: Life, expect: Verdict) -> Self {
        Self { life, expect, ..self }
    }
}

pub(super) fn person(id: u64, login: &str, name: &str) -> User {
    User { id, login: login.to_owned(), name: name.to_owned(), bot: false }
}

pub(super) fn bot(id: u64, of: &str, number: u64, name: &str) -> User {
    let login = format!("{of}_{number}_bot_fake{id:012x}");
    User { id, login, name: name.to_owned(), bot: true }
}

/// The only administrator of the Self-Managed installation.
pub(super) const ADMIN: u64 = 1;

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
    ]
}

/// Numbers of spare tokens begin here.
const SPARE_ID: u64 = 500_000;

/// The first random bytes of every spare token; its number follows.
const SPARE_MARK: &[u8; 12] = b"KeyrackSpare";

/// The further valid personal tokens of a site; those of two sites differ in prefix and label.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spares {
    /// `glpat-`, or with the instance's prefix.
    pub(super) prefix: &'static str,
    /// What their labels begin with.
    pub(super) label: &'static str,
}

impl Spares {
    /// The `n`th, ending in one to eleven months.
    pub(super) fn nth(self, n: u32) -> Token {
        let id = SPARE_ID + u64::from(n);
        let member = n % 40;
        let user = person(1_000 + u64::from(member), &format!("member-{member:02}"), &format!("Member {member:02}"));
        let scopes: &[&str] = match n % 4 {
            0 => &["api"],
            1 => &["read_api"],
            2 => &["read_repository", "read_user"],
            _ => &["write_repository", "read_api", "self_rotate"],
        };
        let mut random = [0_u8; 16];
        random[..12].copy_from_slice(SPARE_MARK);
        random[12..].copy_from_slice(&n.to_be_bytes());
        let secret = routable_of(self.prefix, random, &format!("o:1\nu:{}", base36(user.id, 1)));
        Token::scoped(&format!("{}-{n:05}", self.label), id, user, scopes, secret)
            .ends(Some(30 + i64::from(n % 300)))
            .about(&["spare"], "")
    }

    /// The one with that secret.
    pub(super) fn of(self, secret: &str) -> Option<Token> {
        let encoded = secret.strip_prefix(self.prefix)?.split('.').next()?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let number = bytes.strip_prefix(SPARE_MARK)?.first_chunk::<4>()?;
        Some(self.nth(u32::from_be_bytes(*number))).filter(|token| token.secret == secret)
    }

    /// The one with that number at the site.
    pub(super) fn by_id(self, id: u64) -> Option<Token> {
        id.checked_sub(SPARE_ID).and_then(|n| u32::try_from(n).ok()).map(|n| self.nth(n))
    }
}

/// A non-routable token: prefix and 20 characters.
pub(super) fn fixed(prefix: &str, text: &str) -> String {
    format!("{prefix}{text}")
}

fn routable(n: u8, payload: &str) -> String {
    let mut random = *b"KeyrackExample00";
    random[15] = b'0' + n;
    routable_of("glpat-", random, payload)
}

/// `PREFIX B64 .01. LL CCCCCCC`: encoded random part, payload and its length; then the length of that and a CRC-32 of
/// all before it, both in base 36.
fn routable_of(prefix: &str, random: [u8; 16], payload: &str) -> String {
    let mut bytes = random.to_vec();
    bytes.extend(payload.as_bytes());
    bytes.push(u8::try_from(payload.len()).unwrap_or(u8::MAX));
    let encoded = URL_SAFE_NO_PAD.encode(&bytes);
    let front = format!("{prefix}{encoded}.01.{}", base36(encoded.len() as u64, 2));
    let crc = crc32fast::hash(front.as_bytes());
    format!("{front}{}", base36(u64::from(crc), 7))
}

fn base36(mut number: u64, width: usize) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.len() < width {
        digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize]);
        number /= 36;
    }
    digits.iter().rev().map(|d| char::from(*d)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routable_form_is_that_of_the_published_test_vector() {
        let random = std::array::from_fn(|at| at as u8);
        let vector = "glpat-AAECAwQFBgcICQoLDA0OD286MQp1OjJzCA.01.0y0wdsbqj";
        assert_eq!(routable_of("glpat-", random, "o:1\nu:2s"), vector);
    }

    #[test]
    fn spares_are_found_again_and_nothing_else_is() {
        let spares = Spares { prefix: "ACME-glpat-", label: "x" };
        for n in [0, 1, 39, 4_000_000_000] {
            let spare = spares.nth(n);
            assert_eq!(spares.of(&spare.secret).unwrap().id, spare.id);
            assert_eq!(spares.by_id(spare.id).unwrap().secret, spare.secret);
        }
        assert!(spares.of(&routable(1, "o:1\nu:2s")).is_none());
        assert!(spares.of("ACME-glpat-ExampleFakeLaptop001").is_none());
    }
}
