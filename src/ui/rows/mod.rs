//! The rack as rows: what a row says, how rows are filtered, sorted and counted. Owns no screen state.
//!
//! While results stream in, rows keep their places: nothing jumps away from under the cursor. They are put in order
//! again when the user filters or sorts, and when a run is over.

mod row;
mod sort;

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::{Credential, CredentialId, Expiry, Host, HostId, Standing, Validation, Verdict};

use super::filter::{Fuzzy, Haystack, Query, Words};
use super::msg::RackData;
use super::time;

pub use row::Row;
use row::haystack;
pub use sort::Sort;

/// All rows, those shown, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    hosts: Vec<Host>,
    /// Place of each host in `hosts`, and how many credentials are used there.
    at_host: HashMap<HostId, (usize, usize)>,
    all: Vec<Row>,
    /// What the filter looks through, in step with `all`; apart from it, since a row is large.
    haystacks: Vec<Haystack>,
    words: Words,
    index: HashMap<CredentialId, usize>,
    counts: [usize; Verdict::ALL.len()],
    /// All rows in the order of the sort.
    order: Vec<u32>,
    /// Those that the filter lets through, in the order of the sort.
    matched: Vec<u32>,
    /// The same in the order shown.
    shown: Vec<u32>,
    filter: String,
    sort: Sort,
    reversed: bool,
    /// Best match first, until the user sorts.
    by_match: bool,
    generation: u64,
    warn_days: i64,
    fuzzy: Fuzzy,
}

impl Rows {
    /// No rows yet; `warn_days` is how long before its end a credential counts as expiring.
    #[must_use]
    pub fn new(warn_days: i64) -> Self {
        Self { warn_days, ..Self::default() }
    }

    /// Replaces everything by what was read, keeping filter and sort.
    pub fn load(&mut self, data: RackData, now: Timestamp) {
        let mut standings: HashMap<CredentialId, Vec<Standing>> = HashMap::new();
        for standing in data.standings {
            standings.entry(standing.credential.clone()).or_default().push(standing);
        }
        self.hosts = data.hosts;
        self.at_host = self.hosts.iter().enumerate().map(|(place, host)| (host.id, (place, 0))).collect();
        for credential in &data.credentials {
            for (at, binding) in credential.bindings.iter().enumerate() {
                let again = credential.bindings[..at].iter().any(|b| b.host == binding.host);
                if let Some((_, uses)) = self.at_host.get_mut(&binding.host).filter(|_| !again) {
                    *uses += 1;
                }
            }
        }
        self.all.clear();
        self.all.reserve(data.credentials.len());
        self.words = Words::default();
        self.haystacks.clear();
        for credential in data.credentials {
            let standings = standings.remove(&credential.id).unwrap_or_default();
            let row = self.row_of(credential, standings, now);
            self.haystacks.push(haystack(&row, &mut self.words));
            self.all.push(row);
        }
        self.index = self.all.iter().enumerate().map(|(i, r)| (r.credential.id.clone(), i)).collect();
        self.recount();
        self.arrange();
    }

    /// Takes in one validation; false where that credential is not on the rack or has no such binding.
    pub fn apply(&mut self, id: &CredentialId, host: HostId, found: &Validation, now: Timestamp) -> bool {
        let Some(&at) = self.index.get(id) else { return false };
        if !self.all[at].credential.bindings.iter().any(|b| b.host == host) {
            return false;
        }
        let mut row = std::mem::take(&mut self.all[at].standings);
        let before = row.iter().position(|s| s.host == host).map(|i| row.swap_remove(i));
        // A network fault never turns a good token bad: the last real verdict stays beside it.
        let real = if found.verdict.is_real() {
            Some((found.verdict, found.checked_at))
        } else {
            before.as_ref().and_then(|s| s.real)
        };
        let login = found.identity.as_ref().map(|i| i.account().to_owned()).or(before.and_then(|s| s.login));
        row.push(Standing {
            credential: id.clone(),
            host,
            verdict: found.verdict,
            reason: found.reason.clone(),
            checked_at: found.checked_at,
            real,
            login,
        });
        let mut credential = self.all[at].credential.clone();
        if found.expiry != Expiry::Unknown {
            credential.expiry = found.expiry;
            credential.expiry_by_user = false;
        }
        self.counts[self.all[at].verdict.severity()] -= 1;
        self.all[at] = self.row_of(credential, row, now);
        self.haystacks[at] = haystack(&self.all[at], &mut self.words);
        self.counts[self.all[at].verdict.severity()] += 1;
        true
    }

    /// Verdicts anew as time passes: what was valid may be expiring by now.
    pub fn age(&mut self, now: Timestamp) {
        for at in 0..self.all.len() {
            if !matches!(self.all[at].verdict, Verdict::Valid | Verdict::Expiring) {
                continue;
            }
            let verdict = self.aged(&self.all[at].credential, self.all[at].verdict, now);
            if verdict != self.all[at].verdict {
                let standings = std::mem::take(&mut self.all[at].standings);
                self.all[at] = self.row_of(self.all[at].credential.clone(), standings, now);
                self.haystacks[at] = haystack(&self.all[at], &mut self.words);
            }
        }
        self.recount();
    }

    /// Filters; narrowing what was typed looks only at the rows that are left.
    pub fn set_filter(&mut self, text: &str) {
        if text == self.filter {
            return;
        }
        let narrower = !self.filter.trim().is_empty() && text.starts_with(&self.filter);
        if self.filter.is_empty() {
            self.by_match = true;
        }
        text.clone_into(&mut self.filter);
        self.select(narrower);
    }

    /// Sorts by the next column.
    pub fn sort_next(&mut self) {
        // While the best match comes first, the first press asks for the sort that was in force before.
        if self.filter.is_empty() || !self.by_match {
            self.sort = self.sort.next();
        }
        self.by_match = false;
        self.arrange();
    }

    /// Sorts the other way round.
    pub fn sort_reverse(&mut self) {
        self.reversed = !self.reversed;
        self.by_match = false;
        self.arrange();
    }

    /// Puts the rows in order again, after results came in.
    pub fn arrange(&mut self) {
        let all = &self.all;
        let mut order: Vec<u32> = (0..u32::try_from(all.len()).unwrap_or(u32::MAX)).collect();
        let row = |i: u32| &all[i as usize];
        order.sort_unstable_by(|a, b| {
            let ordering = self.sort.compare(row(*a), row(*b));
            if self.reversed { ordering.reverse() } else { ordering }
        });
        self.order = order;
        self.select(false);
    }

    fn select(&mut self, narrower: bool) {
        self.generation += 1;
        let mut query = Query::new(&self.filter);
        if query.is_empty() {
            self.shown.clone_from(&self.order);
            return;
        }
        // What did not match a part of the query cannot match more of it.
        let from = if narrower { &self.matched } else { &self.order };
        let mut found: Vec<(u32, u32)> = Vec::with_capacity(from.len());
        for &at in from {
            if let Some(score) = self.fuzzy.score(&mut query, &self.haystacks[at as usize], &self.words) {
                found.push((score, at));
            }
        }
        self.matched = found.iter().map(|(_, at)| *at).collect();
        if self.by_match {
            found.sort_by_key(|(score, _)| Reverse(*score));
        }
        self.shown = found.into_iter().map(|(_, at)| at).collect();
    }

    fn row_of(&self, credential: Credential, standings: Vec<Standing>, now: Timestamp) -> Row {
        let standing = |host: HostId| standings.iter().find(|s| s.host == host);
        let worst = credential
            .bindings
            .iter()
            .map(|b| standing(b.host).map_or(Verdict::Unchecked, |s| s.verdict))
            .max_by_key(|v| v.severity())
            .unwrap_or(Verdict::Unchecked);
        let verdict = self.aged(&credential, worst, now);
        let last_real =
            if verdict.is_real() { None } else { standings.iter().filter_map(|s| s.real).max_by_key(|(_, at)| *at) };
        let names: Vec<&str> =
            credential.bindings.iter().map(|b| self.host(b.host).map_or("?", |h| h.name.as_str())).collect();
        let account = standings
            .iter()
            .find_map(|s| s.login.clone().filter(|l| !l.is_empty()))
            .or_else(|| credential.username.clone())
            .unwrap_or_default();
        let hosts = names.join(", ");
        let checked_at = standings.iter().filter(|s| s.verdict != Verdict::Unchecked).map(|s| s.checked_at).max();
        Row { verdict, last_real, checked_at, hosts, account, credential, standings }
    }

    fn aged(&self, credential: &Credential, verdict: Verdict, now: Timestamp) -> Verdict {
        match (verdict, credential.expiry) {
            (Verdict::Valid | Verdict::Expiring, Expiry::At(at)) if time::days_until(at, now) < self.warn_days => {
                Verdict::Expiring
            }
            (Verdict::Valid | Verdict::Expiring, Expiry::At(_) | Expiry::Never) => Verdict::Valid,
            (verdict, _) => verdict,
        }
    }

    fn recount(&mut self) {
        self.counts = [0; Verdict::ALL.len()];
        for row in &self.all {
            self.counts[row.verdict.severity()] += 1;
        }
    }

    /// How many of all rows have that verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.counts[verdict.severity()]
    }

    /// All rows, in no order.
    #[must_use]
    pub fn all(&self) -> &[Row] {
        &self.all
    }

    /// How many are shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether none is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// A row shown.
    #[must_use]
    pub fn shown(&self, at: usize) -> Option<&Row> {
        self.shown.get(at).and_then(|i| self.all.get(*i as usize))
    }

    /// The rows shown, from one on.
    pub fn shown_from(&self, at: usize) -> impl Iterator<Item = &Row> {
        self.shown.get(at..).unwrap_or_default().iter().filter_map(|i| self.all.get(*i as usize))
    }

    /// Where a credential is shown.
    #[must_use]
    pub fn place(&self, id: &CredentialId) -> Option<usize> {
        let at = self.index.get(id)?;
        self.shown.iter().position(|i| *i as usize == *at)
    }

    /// The row of a credential, shown or not.
    #[must_use]
    pub fn get(&self, id: &CredentialId) -> Option<&Row> {
        self.index.get(id).and_then(|at| self.all.get(*at))
    }

    /// Whether a credential is used at a host at which one of these is used.
    #[must_use]
    pub fn meets(&self, credential: &Credential, others: &[CredentialId]) -> bool {
        let places = others.iter().filter_map(|id| self.get(id)).flat_map(|r| &r.credential.bindings);
        places.into_iter().any(|b| credential.is_used_at(b.host))
    }

    /// The row of that label.
    #[must_use]
    pub fn labelled(&self, label: &str) -> Option<&Row> {
        self.all.iter().find(|r| r.credential.label == label)
    }

    /// Every host.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// A host.
    #[must_use]
    pub fn host(&self, id: HostId) -> Option<&Host> {
        self.at_host.get(&id).and_then(|(place, _)| self.hosts.get(*place))
    }

    /// How many credentials are used at a host.
    #[must_use]
    pub fn uses(&self, host: HostId) -> usize {
        self.at_host.get(&host).map_or(0, |(_, uses)| *uses)
    }

    /// What is typed as filter.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// The order in words, e.g. `label`, `expires, reversed`, `match`.
    #[must_use]
    pub fn order_word(&self) -> String {
        let by = if self.by_match && !self.filter.is_empty() { "best match" } else { self.sort.word() };
        if self.reversed && !self.by_match { format!("{by}, reversed") } else { by.to_owned() }
    }

    /// The column that rows are sorted by, and whether it is reversed; none while the best match comes first.
    #[must_use]
    pub fn sorted_by(&self) -> Option<(Sort, bool)> {
        (!self.by_match || self.filter.is_empty()).then_some((self.sort, self.reversed))
    }

    /// Changes whenever rows may have changed places.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }
}
