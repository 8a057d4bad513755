//! The account's state: whose keys there are and what became of them.

use std::collections::BTreeMap;

use data_encoding::BASE32_NOPAD;

/// AWS's example account number.
pub const ACCOUNT: &str = "123456789012";

pub const ALICE: &str = "AKIARZPUZDIKAAISEM2E";
pub const BOB: &str = "AKIARZPUZDIKEXAMPBOB";
pub const PAUSED: &str = "AKIARZPUZDIKEXAPAUSE";
pub const INACTIVE: &str = "AKIARZPUZDIKEXAMPOFF";
pub const GONE: &str = "AKIARZPUZDIKEXAMGONE";
pub const SESSION: &str = "ASIARZPUZDIKEXAMPSSO";
pub const SESSION_OVER: &str = "ASIARZPUZDIKEXAMPOLD";
pub const ROOT: &str = "AKIARZPUZDIKEXAMROOT";
pub const BUSY: &str = "AKIARZPUZDIKEXAMBUSY";

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    /// Deactivated so lately that STS still accepts it, while IAM already lists it as inactive.
    Pausing,
    Inactive,
    Deleted,
    SessionOver,
    Busy,
}

/// What its owner may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// CodeCommit and IAM.
    All,
    /// CodeCommit, not IAM.
    CodeCommit,
    Nothing,
}

#[derive(Debug, Clone)]
pub struct Key {
    pub id: String,
    pub secret: String,
    pub session: Option<String>,
    pub arn: String,
    pub user_id: String,
    /// IAM user name; the account itself for root.
    pub user: String,
    pub state: State,
    pub rights: Rights,
}

#[derive(Debug, Clone)]
pub struct Git {
    pub id: String,
    pub service_user: String,
    pub user: String,
    pub status: String,
    pub password: String,
}

/// Most keys, and most Git credentials, of a user.
pub const MOST: usize = 2;

pub struct Account {
    /// Only what differs from [`origin`]: spare keys need no room.
    changed: BTreeMap<String, State>,
    git: Vec<Git>,
    made: Vec<Key>,
    /// Requests by a new key that are still refused, by its id.
    young: BTreeMap<String, u32>,
    /// How many requests of a new key are refused before AWS knows it everywhere.
    pub lag: u32,
}

impl Account {
    pub fn new() -> Self {
        let git = Git {
            id: "ACCAEXAMPLE000000001".into(),
            service_user: format!("alice-at-{ACCOUNT}"),
            user: "alice".into(),
            status: "Active".into(),
            password: git_password(1),
        };
        Self { changed: BTreeMap::new(), git: vec![git], made: Vec::new(), young: BTreeMap::new(), lag: 0 }
    }

    /// Makes a key for the user of another one. None where two are there.
    pub fn make_key(&mut self, like: &Key) -> Option<Key> {
        if self.keys_of(&like.user).len() >= MOST {
            return None;
        }
        let n = self.made.len() + 1;
        let mut key = spare_key(usize::try_from(u32::MAX).unwrap_or(usize::MAX) - n);
        key.secret = format!("KeyrackMadeOnly{n:013}/EXAMPLEKEYS");
        key.arn.clone_from(&like.arn);
        key.user_id.clone_from(&like.user_id);
        key.user.clone_from(&like.user);
        key.rights = like.rights;
        self.young.insert(key.id.clone(), self.lag);
        self.made.push(key.clone());
        Some(key)
    }

    /// Whether a key is too new to be known here; each asking brings the moment nearer.
    pub fn is_young(&mut self, id: &str) -> bool {
        match self.young.get_mut(id) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Some key of a user, whatever its state, to know the user by.
    pub fn user(&self, name: &str) -> Option<Key> {
        let fixed = [ALICE, BOB, PAUSED, INACTIVE, ROOT, BUSY].iter().filter_map(|id| roster_key(id));
        let spare = name.strip_prefix("spare-").and_then(|n| n.parse().ok()).map(spare_key);
        fixed.chain(spare).find(|k| k.user == name)
    }

    /// Makes a Git credential. None where two are there.
    pub fn make_git(&mut self, user: &str) -> Option<Git> {
        let have = self.git_of(user).len();
        if have >= MOST {
            return None;
        }
        let n = self.git.len() + 1;
        // That a second set has a suffix is said and unconfirmed.
        let taken = |name: &str| self.git.iter().any(|g| g.service_user == name);
        let first = format!("{user}-at-{ACCOUNT}");
        let git = Git {
            id: format!("ACCAEXAMPLE{:09}", n + self.made.len() * 100 + 1),
            service_user: if taken(&first) { format!("{first}+1") } else { first },
            user: user.to_owned(),
            status: "Active".into(),
            password: git_password(n),
        };
        self.git.push(git.clone());
        Some(git)
    }

    /// The Git credential that a user name and password belong to.
    pub fn git_login(&self, name: &str, password: &str) -> Option<&Git> {
        self.git.iter().find(|g| g.service_user == name && g.password == password && g.status == "Active")
    }

    /// The key of that id, unless deleted.
    pub fn key(&self, id: &str) -> Option<Key> {
        let mut key = self.made.iter().find(|k| k.id == id).cloned().or_else(|| origin(id))?;
        key.state = self.changed.get(id).copied().unwrap_or(key.state);
        (key.state != State::Deleted).then_some(key)
    }

    pub fn keys_of(&self, user: &str) -> Vec<Key> {
        let fixed = [ALICE, BOB, PAUSED, INACTIVE, ROOT, BUSY].iter().map(|id| (*id).to_owned());
        let spare = user.strip_prefix("spare-").and_then(|n| n.parse().ok()).map(|n| spare_key(n).id);
        let made = self.made.iter().map(|k| k.id.clone());
        fixed.chain(spare).chain(made).filter_map(|id| self.key(&id)).filter(|k| k.user == user).collect()
    }

    pub fn set(&mut self, id: &str, state: State) {
        self.changed.insert(id.to_owned(), state);
    }

    pub fn git_of(&self, user: &str) -> Vec<Git> {
        self.git.iter().filter(|g| g.user == user).cloned().collect()
    }

    pub fn set_git(&mut self, user: &str, id: &str, status: &str) -> bool {
        let found = self.git.iter_mut().find(|g| g.user == user && g.id == id);
        found.map(|g| g.status = status.to_owned()).is_some()
    }

    pub fn delete_git(&mut self, user: &str, id: &str) -> bool {
        let before = self.git.len();
        self.git.retain(|g| !(g.user == user && g.id == id));
        self.git.len() < before
    }
}

/// Password of the `n`th Git credential, in the likeness of a generated one.
pub fn git_password(n: usize) -> String {
    format!("KEYRACK-FAKE-git-password-{n:04}-EXAMPLE=")
}

fn origin(id: &str) -> Option<Key> {
    roster_key(id).or_else(|| {
        let bytes = BASE32_NOPAD.decode(id.get(4..)?.as_bytes()).ok()?;
        let n = u32::from_be_bytes(bytes.get(6..)?.try_into().ok()?);
        let key = spare_key(usize::try_from(n).ok()?);
        (key.id == id).then_some(key)
    })
}

/// A key of the roster as it is at the beginning.
pub fn roster_key(id: &str) -> Option<Key> {
    let (user, state, rights) = match id {
        ALICE => ("alice", State::Active, Rights::All),
        BOB => ("bob", State::Active, Rights::Nothing),
        PAUSED => ("carol", State::Pausing, Rights::All),
        INACTIVE => ("dave", State::Inactive, Rights::All),
        GONE => ("erin", State::Deleted, Rights::All),
        SESSION => ("ci-deploy", State::Active, Rights::CodeCommit),
        SESSION_OVER => ("ci-deploy", State::SessionOver, Rights::CodeCommit),
        ROOT => ("root", State::Active, Rights::All),
        BUSY => ("frank", State::Busy, Rights::All),
        _ => return None,
    };
    let (arn, user_id) = match id {
        SESSION | SESSION_OVER => {
            (format!("arn:aws:sts::{ACCOUNT}:assumed-role/{user}/build-42"), "AROAEXAMPLEDEPLOY001:build-42".to_owned())
        }
        ROOT => (format!("arn:aws:iam::{ACCOUNT}:root"), ACCOUNT.to_owned()),
        _ => (format!("arn:aws:iam::{ACCOUNT}:user/dev/{user}"), format!("AIDAEXAMPLE{:0>9}", user.to_uppercase())),
    };
    // Forty characters, like every secret, with words that say it is none.
    let secret = format!("KeyrackDemoOnly/{:+<9}/bPxEXAMPLEKEYS", user.replace('-', ""));
    let session = id.starts_with("ASIA").then(|| format!("FwoGZXIvYXdzEXAMPLE{id}NotARealSessionToken/+=="));
    Some(Key { id: id.into(), secret, session, arn, user_id, user: user.into(), state, rights })
}

/// The `n`th further key, of a user of its own. Its id carries the account, like a real one.
pub fn spare_key(n: usize) -> Key {
    let n = u32::try_from(n).unwrap_or(u32::MAX);
    // Bit 47 keeps the first character clear of `I` and `J`, which mark keys without an account in them.
    let account: u64 = 1 << 47 | 123_456_789_012 << 7;
    let mut bytes = account.to_be_bytes()[2..].to_vec();
    bytes.extend_from_slice(&n.to_be_bytes());
    Key {
        id: format!("AKIA{}", BASE32_NOPAD.encode(&bytes)),
        secret: format!("KeyrackExampleOnly{n:010}/EXAMPLEKEYS"),
        session: None,
        arn: format!("arn:aws:iam::{ACCOUNT}:user/spare-{n}"),
        user_id: format!("AIDASPARE{n:011}"),
        user: format!("spare-{n}"),
        state: State::Active,
        rights: Rights::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_made_up_secret_has_the_form_of_a_real_one() {
        let roster = [ALICE, BOB, PAUSED, INACTIVE, GONE, SESSION, SESSION_OVER, ROOT, BUSY];
        let keys = roster.iter().filter_map(|id| roster_key(id)).chain([0, 1, 9999].map(spare_key));
        for key in keys {
            assert_eq!((key.id.len(), key.secret.len()), (20, 40), "{}", key.id);
            assert!(key.secret.contains("EXAMPLE"), "{}", key.secret);
            assert!(key.id.bytes().skip(4).all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b)), "{}", key.id);
        }
        assert_eq!(origin(&spare_key(7).id).map(|k| k.user), Some("spare-7".into()));
        assert!(origin("AKIAIOSFODNN7EXAMPLE").is_none());
    }
}
