//! One access token, and how the API shows it.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answers::Words;

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub id: u64,
    pub owner: &'static str,
    pub name: String,
    pub secret: String,
    pub scopes: Vec<String>,
    pub repositories: Option<Vec<(String, String)>>,
    /// Days since it was made.
    pub age: i64,
}

impl Token {
    pub(super) fn new(id: u64, owner: &'static str, name: &str, secret: String, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        Self { id, owner, name: name.to_owned(), secret, scopes, repositories: None, age: 90 }
    }

    /// Behind an OAuth token: every scope, and no line in any list.
    pub(super) fn oauth() -> Self {
        Self::new(0, "mara", "", String::new(), &["all"])
    }

    /// Write includes read, `all` everything.
    pub(super) fn holds(&self, scope: &str) -> bool {
        let write = scope.strip_prefix("read:").map(|category| format!("write:{category}"));
        self.scopes.iter().any(|held| held == "all" || held == scope || Some(held) == write.as_ref())
    }

    /// As the API shows it; the secret only where it was just made.
    pub(super) fn json(&self, words: Words, now: Timestamp, secret: Option<&str>) -> Value {
        let mut row = json!({
            "id": self.id, "name": self.name, "sha1": secret.unwrap_or(""), "scopes": self.scopes,
            "token_last_eight": self.secret.get(self.secret.len().saturating_sub(8)..),
        });
        if words.limits_repositories() {
            let full = |(owner, name): &(String, String)| json!({"id": 3, "owner": owner, "name": name, "full_name": format!("{owner}/{name}")});
            row["repositories"] = self.repositories.as_ref().map(|all| all.iter().map(full).collect::<Value>()).into();
        }
        if words.tells_dates() {
            // Gitea writes the zero time into the answer to making one.
            let made = if secret.is_some() && !words.forgejo {
                "0001-01-01T00:00:00Z".to_owned()
            } else {
                days_ago(now, self.age)
            };
            row["created_at"] = json!(made);
            if !words.forgejo {
                row["last_used_at"] = json!(if secret.is_some() { made } else { days_ago(now, 1) });
            }
        }
        row
    }
}

/// Dates are whole days, so that they do not move between two requests.
fn days_ago(now: Timestamp, days: i64) -> String {
    let midnight = now.to_zoned(TimeZone::UTC).start_of_day().map_or(now, |day| day.timestamp());
    midnight.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(midnight).to_string()
}
