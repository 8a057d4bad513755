//! Which record of a list is that of the token that asked. The product does not say: its ids have nothing to do with
//! the number inside a token (where they are equal after all, that is proof).

use jiff::Timestamp;

use super::record::Record;
use crate::domain::Expiry;

/// What could be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Own<'a> {
    /// There can be no other.
    Certain(&'a Record),
    /// It alone was used during this check. Another token can have been used in the same minute, so this is a hint.
    Likely(&'a Record),
    /// It is one of several.
    OneOf(Vec<&'a Record>),
    /// It is not on the list.
    Absent,
}

impl Own<'_> {
    /// When the token ends: known too where all that it can be end alike.
    pub fn expiry(&self) -> Expiry {
        match self {
            Self::Certain(record) => record.expiry,
            Self::OneOf(all) if all.iter().all(|r| r.expiry == all[0].expiry) => all[0].expiry,
            _ => Expiry::Unknown,
        }
    }
}

/// Finds the record. `before` and `after` are the list at the beginning and the end of a check: a use moves
/// `lastAccessedAt`, once a minute at most.
pub fn own<'a>(before: &'a [Record], after: &[Record], number: Option<&str>, now: Timestamp) -> Own<'a> {
    if let Some(record) = before.iter().find(|r| number == Some(r.id.as_str())) {
        return Own::Certain(record);
    }
    // The token was accepted, so it is not one whose time is over.
    let living: Vec<&Record> = before.iter().filter(|r| !r.is_over(now)).collect();
    match living.as_slice() {
        [] => return Own::Absent,
        [only] => return Own::Certain(only),
        _ => {}
    }
    let moved: Vec<&&Record> = living
        .iter()
        .filter(|r| after.iter().any(|a| a.id == r.id && a.last_used.is_some() && a.last_used > r.last_used))
        .collect();
    match moved.as_slice() {
        [one] => Own::Likely(one),
        _ => Own::OneOf(living),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, last_used: Option<&str>, end: Option<&str>) -> Record {
        Record {
            id: id.to_owned(),
            name: id.to_owned(),
            owner: None,
            permissions: Vec::new(),
            created_at: None,
            last_used: last_used.map(|t| t.parse().unwrap()),
            expiry: end.map_or(Expiry::Never, |t| Expiry::At(t.parse().unwrap())),
        }
    }

    fn now() -> Timestamp {
        "2026-11-23T04:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_only_living_one_is_certain() {
        let list = [record("1", None, Some("2026-01-01T00:00:00Z")), record("2", None, None)];
        assert_eq!(own(&list, &[], None, now()), Own::Certain(&list[1]));
        assert_eq!(own(&list[..1], &[], None, now()), Own::Absent);
    }

    #[test]
    fn the_only_one_that_moved_is_a_hint() {
        let before = [record("1", Some("2026-11-20T00:00:00Z"), None), record("2", None, None)];
        let after = [record("1", Some("2026-11-20T00:00:00Z"), None), record("2", Some("2026-11-23T04:00:00Z"), None)];
        assert_eq!(own(&before, &after, None, now()), Own::Likely(&before[1]));
        assert_eq!(own(&before, &before, None, now()), Own::OneOf(before.iter().collect()));
        let both = [record("1", Some("2026-11-23T04:00:00Z"), None), after[1].clone()];
        assert_eq!(own(&before, &both, None, now()), Own::OneOf(before.iter().collect()));
    }

    #[test]
    fn an_id_that_is_the_tokens_number_is_proof() {
        let list = [record("1", None, None), record("123456789012", None, None)];
        assert_eq!(own(&list, &[], Some("123456789012"), now()), Own::Certain(&list[1]));
    }

    #[test]
    fn an_end_that_all_have_in_common_is_known() {
        let end = Some("2027-01-01T00:00:00Z");
        let (one, two, other) = (record("1", None, end), record("2", None, end), record("3", None, None));
        assert_eq!(Own::OneOf(vec![&one, &two]).expiry(), one.expiry);
        assert_eq!(Own::OneOf(vec![&one, &other]).expiry(), Expiry::Unknown);
        assert_eq!(Own::Likely(&one).expiry(), Expiry::Unknown);
    }
}
