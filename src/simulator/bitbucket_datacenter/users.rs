//! The users of the site.

use serde_json::{Value, json};

#[derive(Debug)]
pub(super) struct User {
    pub name: &'static str,
    pub slug: &'static str,
    pub display_name: &'static str,
    pub id: u32,
    /// What the user may do in the project; a token never has more.
    pub level: &'static [&'static str],
    /// On the allow list of Basic authentication.
    pub basic: bool,
}

pub(super) const ADMINISTRATOR: &[&str] =
    &["PROJECT_ADMIN", "PROJECT_WRITE", "PROJECT_READ", "REPO_ADMIN", "REPO_WRITE", "REPO_READ"];
pub(super) const WRITER: &[&str] = &["PROJECT_WRITE", "PROJECT_READ", "REPO_WRITE", "REPO_READ"];

const USERS: &[User] = &[
    User { name: "jdoe", slug: "jdoe", display_name: "Jo Doe", id: 101, level: ADMINISTRATOR, basic: true },
    User { name: "Build.Bot", slug: "build.bot", display_name: "Build Bot", id: 102, level: WRITER, basic: true },
    User {
        name: "svc-release",
        slug: "svc-release",
        display_name: "Release",
        id: 103,
        level: ADMINISTRATOR,
        basic: false,
    },
    User { name: "kim", slug: "kim", display_name: "Kim Locked", id: 104, level: WRITER, basic: true },
    User { name: "remote", slug: "remote", display_name: "Remote Worker", id: 105, level: WRITER, basic: true },
];

pub(super) fn users() -> std::slice::Iter<'static, User> {
    USERS.iter()
}

impl User {
    /// As the REST interface shows one.
    pub(super) fn json(&self) -> Value {
        json!({
            "name": self.name, "emailAddress": format!("{}@acme.example", self.slug), "id": self.id,
            "displayName": self.display_name, "active": true, "slug": self.slug, "type": "NORMAL",
        })
    }
}
