//! The tokens of a site: those it begins with, those made since, those revoked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The rest of every token, after its number and a colon.
const TAIL: &str = "KEYRACK-FAKE-TOKEN-0";
/// Spare tokens: how many each site has.
const SPARES: u64 = 1_000_000;
/// `lastAccessedAt` moves once in so many seconds.
const UPDATE_SECONDS: i64 = 60;

/// What is special about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Fate {
    /// It works until its end.
    Alive,
    /// It was revoked long ago.
    Deleted,
    /// Requests with it come from outside the network, where single sign-on answers.
    Sso,
}

/// A token that a site begins with.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulator) struct Seed {
    /// Id in the list; has nothing to do with the number.
    pub id: u64,
    /// The 12 digits inside.
    pub number: u64,
    /// Log-in name of its user.
    pub owner: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Days between creation and today.
    pub age: i64,
    /// Life in days; none for ever.
    pub days: Option<i64>,
    /// Bamboo's permissions.
    pub permissions: &'static [&'static str],
    /// What is special about it.
    pub fate: Fate,
}

impl Seed {
    /// A token without end, made 120 days ago.
    pub(in crate::simulator) const fn new(id: u64, number: u64, owner: &'static str, name: &'static str) -> Self {
        Self { id, number, owner, name, age: 120, days: None, permissions: &[], fate: Fate::Alive }
    }
}

/// A token as it is kept.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Token {
    /// Id in the list.
    pub id: u64,
    number: u64,
    /// Log-in name of its user.
    pub owner: &'static str,
    /// Its name.
    pub name: String,
    made: Made,
    days: Option<i64>,
    /// Bamboo's permissions.
    pub permissions: Vec<String>,
    /// What is special about it.
    pub fate: Fate,
    used: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
enum Made {
    DaysAgo(i64),
    At(Timestamp),
}

impl Token {
    /// When it was made. Seeds begin at midnight, so that their dates do not move between two requests.
    pub(in crate::simulator) fn created(&self, now: Timestamp) -> Timestamp {
        match self.made {
            Made::DaysAgo(days) => plus_days(midnight(now), -days),
            Made::At(at) => at,
        }
    }

    /// When it ends.
    pub(in crate::simulator) fn end(&self, now: Timestamp) -> Option<Timestamp> {
        self.days.map(|days| plus_days(self.created(now), days))
    }

    /// When it was last used.
    pub(in crate::simulator) fn last_used(&self, now: Timestamp) -> Option<Timestamp> {
        match (self.used, self.made) {
            (Some(used), _) => Some(used),
            (None, Made::DaysAgo(_)) => Some(midnight(now)),
            (None, Made::At(_)) => None,
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.end(now).is_some_and(|end| end <= now)
    }
}

/// A wish for a token that was found to be in order.
#[derive(Debug)]
pub(in crate::simulator) struct NewToken {
    /// Its name.
    pub name: String,
    /// Life in days.
    pub days: Option<i64>,
    /// Bamboo's permissions.
    pub permissions: Vec<String>,
}

/// All tokens of a site.
#[derive(Debug)]
pub(in crate::simulator) struct Store {
    tokens: Vec<Token>,
    next: u64,
    /// Number of the first spare token, and whose they are.
    spare: (u64, &'static str),
}

impl Store {
    pub(super) fn new(seeds: &[Seed], spare_owner: &'static str) -> Self {
        let tokens: Vec<Token> = seeds
            .iter()
            .filter(|s| s.fate != Fate::Deleted)
            .map(|s| Token {
                id: s.id,
                number: s.number,
                owner: s.owner,
                name: s.name.to_owned(),
                made: Made::DaysAgo(s.age),
                days: s.days,
                permissions: s.permissions.iter().map(|&p| p.to_owned()).collect(),
                fate: s.fate,
                used: None,
            })
            .collect();
        let spare = (seeds.first().map_or(0, |s| spare_number(s.number, 0)), spare_owner);
        Self { next: seeds.iter().map(|s| s.id).max().unwrap_or(0) + 100, tokens, spare }
    }

    /// The living token of that secret.
    pub(super) fn find(&self, secret: &str, now: Timestamp) -> Option<Token> {
        let text = STANDARD.decode(secret).ok().and_then(|b| String::from_utf8(b).ok())?;
        let (digits, tail) = text.split_once(':')?;
        let number: u64 = digits.parse().ok().filter(|_| tail == TAIL && digits.len() == 12)?;
        let known = self.tokens.iter().find(|t| t.number == number && !t.is_over(now)).cloned();
        known.or_else(|| self.find_spare(number))
    }

    /// Spare tokens work and are on nobody's list: a real site has not a million of one user.
    fn find_spare(&self, number: u64) -> Option<Token> {
        let (first, owner) = self.spare;
        (first..first + SPARES).contains(&number).then(|| Token {
            id: number,
            number,
            owner,
            name: "spare".to_owned(),
            made: Made::DaysAgo(30),
            days: None,
            permissions: vec!["READ".to_owned()],
            fate: Fate::Alive,
            used: None,
        })
    }

    /// The tokens of one user, expired ones too for 30 days.
    pub(in crate::simulator) fn of(&self, owner: &str, now: Timestamp) -> Vec<Token> {
        self.all(now).into_iter().filter(|t| t.owner == owner).collect()
    }

    /// The tokens of everybody.
    pub(in crate::simulator) fn all(&self, now: Timestamp) -> Vec<Token> {
        let listed = |t: &&Token| t.end(now).is_none_or(|end| plus_days(end, 30) > now);
        self.tokens.iter().filter(listed).cloned().collect()
    }

    /// The token of that id.
    pub(in crate::simulator) fn by_id(&self, id: &str) -> Option<Token> {
        let id: u64 = id.parse().ok()?;
        self.tokens.iter().find(|t| t.id == id).cloned()
    }

    /// Notes a use, once a minute.
    pub(in crate::simulator) fn touch(&mut self, id: u64, now: Timestamp) {
        if let Some(token) = self.tokens.iter_mut().find(|t| t.id == id)
            && token.last_used(now).is_none_or(|used| now.as_second() - used.as_second() >= UPDATE_SECONDS)
        {
            token.used = Some(now);
        }
    }

    /// Makes one; its id, and its secret, which is told this once.
    pub(in crate::simulator) fn make(&mut self, owner: &'static str, new: NewToken, now: Timestamp) -> (Token, String) {
        let id = self.next;
        self.next += 1;
        let number = 900_000_000_000 + id;
        let token = Token {
            id,
            number,
            owner,
            name: new.name,
            made: Made::At(now),
            days: new.days,
            permissions: new.permissions,
            fate: Fate::Alive,
            used: None,
        };
        self.tokens.push(token.clone());
        (token, secret(number))
    }

    /// Forgets one.
    pub(in crate::simulator) fn remove(&mut self, id: u64) {
        self.tokens.retain(|t| t.id != id);
    }
}

/// The secret that carries this number.
pub(in crate::simulator) fn secret(number: u64) -> String {
    STANDARD.encode(format!("{number:012}:{TAIL}"))
}

/// Number of the `n`th spare token of the site whose first token has this number.
pub(in crate::simulator) fn spare_number(first: u64, n: usize) -> u64 {
    first / 100_000_000_000 * 100_000_000_000 + 50_000_000_000 + u64::try_from(n).unwrap_or(0) % SPARES
}

fn midnight(now: Timestamp) -> Timestamp {
    now.to_zoned(TimeZone::UTC).start_of_day().map_or(now, |day| day.timestamp())
}

fn plus_days(at: Timestamp, days: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(at)
}
