//! Which numbers a host has seen of deployments. They rise for each pipeline and environment, and an update that does
//! not go beyond the last is ignored at the host, so a number is taken before anything is sent: a lost answer then never
//! makes two deployments share one.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::error::Fault;
use super::{Durability, Rack, RackError};
use crate::domain::HostId;

/// The last deployment of a pipeline to an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastDeployment {
    /// Its number.
    pub sequence: i64,
    /// Number of the last telling of it.
    pub update_sequence: i64,
}

impl Rack {
    /// The last one whose number was taken; none before the first.
    ///
    /// # Errors
    /// The ways in which reading fails.
    pub fn last_deployment(
        &self,
        host: HostId,
        pipeline: &str,
        environment: &str,
    ) -> Result<Option<LastDeployment>, RackError> {
        self.read(|c| last(c, host, pipeline, environment))
    }

    /// Takes the number for a new deployment: the next, or `wanted`, which stays the last only where it is the highest.
    /// `update` is the number of its first telling.
    ///
    /// # Errors
    /// The ways in which reading and writing fail; then no number was taken.
    pub fn take_deployment(
        &self,
        host: HostId,
        pipeline: &str,
        environment: &str,
        wanted: Option<i64>,
        update: i64,
    ) -> Result<LastDeployment, RackError> {
        self.write(Durability::Full, |tx| {
            let before = last(tx, host, pipeline, environment)?;
            let next = before.map_or(1, |b| b.sequence.saturating_add(1));
            let taken = LastDeployment { sequence: wanted.unwrap_or(next), update_sequence: update };
            if before.is_none_or(|b| taken.sequence > b.sequence) {
                keep(tx, host, pipeline, environment, taken)?;
            }
            Ok(taken)
        })
    }

    /// Takes the number for a further telling of a deployment, higher than any that the rack knows of and than `seen`,
    /// which the host told; or the one `wanted`, which the caller has held against `seen`.
    ///
    /// # Errors
    /// The ways in which reading and writing fail; then no number was taken.
    pub fn take_update(
        &self,
        host: HostId,
        pipeline: &str,
        environment: &str,
        sequence: i64,
        seen: Option<i64>,
        wanted: Option<i64>,
    ) -> Result<LastDeployment, RackError> {
        self.write(Durability::Full, |tx| {
            let before = last(tx, host, pipeline, environment)?;
            let known = before.filter(|b| b.sequence == sequence).map_or(1, |b| b.update_sequence);
            let update_sequence = wanted.unwrap_or_else(|| known.max(seen.unwrap_or(0)).saturating_add(1));
            let taken = LastDeployment { sequence, update_sequence };
            if before.is_none_or(|b| sequence >= b.sequence) {
                // The count is never turned back.
                let last = LastDeployment { sequence, update_sequence: update_sequence.max(known) };
                keep(tx, host, pipeline, environment, last)?;
            }
            Ok(taken)
        })
    }
}

fn last(
    c: &rusqlite::Connection,
    host: HostId,
    pipeline: &str,
    environment: &str,
) -> Result<Option<LastDeployment>, Fault> {
    let found = c
        .prepare_cached(
            "SELECT sequence, update_sequence FROM deployment WHERE host = ?1 AND pipeline = ?2 AND environment = ?3",
        )?
        .query_row(params![host.0, pipeline, environment], |row| {
            Ok(LastDeployment { sequence: row.get(0)?, update_sequence: row.get(1)? })
        })
        .optional()?;
    Ok(found)
}

fn keep(
    tx: &Transaction<'_>,
    host: HostId,
    pipeline: &str,
    environment: &str,
    taken: LastDeployment,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO deployment (host, pipeline, environment, sequence, update_sequence) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (host, pipeline, environment)
         DO UPDATE SET sequence = excluded.sequence, update_sequence = excluded.update_sequence",
    )?
    .execute(params![host.0, pipeline, environment, taken.sequence, taken.update_sequence])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FamilyId, Host};

    #[test]
    fn numbers_rise_for_each_pipeline_and_environment_and_survive_a_restart() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("rack.db");
        let rack = Rack::open(&path).unwrap();
        let host = rack.add_host(&Host::new("acme", FamilyId::new("open-devops"), "https://acme")).unwrap();
        let take = |rack: &Rack, pipeline: &str, to: &str, n| rack.take_deployment(host, pipeline, to, n, 1).unwrap();
        assert_eq!(rack.last_deployment(host, "api", "prod").unwrap(), None);
        assert_eq!(take(&rack, "api", "prod", None).sequence, 1);
        assert_eq!(take(&rack, "api", "prod", None).sequence, 2);
        assert_eq!(take(&rack, "api", "test", None).sequence, 1, "another environment counts for itself");
        assert_eq!(take(&rack, "web", "prod", None).sequence, 1, "and another pipeline");
        drop(rack);
        let rack = Rack::open(&path).unwrap();
        assert_eq!(take(&rack, "api", "prod", Some(10)).sequence, 10);
        assert_eq!(take(&rack, "api", "prod", None).sequence, 11);
        assert_eq!(take(&rack, "api", "prod", Some(4)).sequence, 4, "an older one again");
        assert_eq!(take(&rack, "api", "prod", None).sequence, 12, "does not turn the count back");
    }

    #[test]
    fn updates_go_beyond_what_rack_and_host_have_seen() {
        let temp = tempfile::tempdir().unwrap();
        let rack = Rack::open(&temp.path().join("rack.db")).unwrap();
        let host = rack.add_host(&Host::new("acme", FamilyId::new("open-devops"), "https://acme")).unwrap();
        rack.take_deployment(host, "api", "prod", None, 1).unwrap();
        let update =
            |sequence, seen| rack.take_update(host, "api", "prod", sequence, seen, None).unwrap().update_sequence;
        assert_eq!(update(1, None), 2);
        assert_eq!(update(1, Some(9)), 10, "another tool has told it since");
        assert_eq!(update(1, Some(3)), 11, "an old answer of the host does not turn it back");
        rack.take_deployment(host, "api", "prod", None, 1).unwrap();
        assert_eq!(update(1, Some(11)), 12, "an earlier deployment counts by what the host has");
        let last = rack.last_deployment(host, "api", "prod").unwrap().unwrap();
        assert_eq!((last.sequence, last.update_sequence), (2, 1));
        let chosen = rack.take_update(host, "api", "prod", 2, None, Some(40)).unwrap();
        assert_eq!(chosen.update_sequence, 40);
        assert_eq!(rack.take_update(host, "api", "prod", 2, None, None).unwrap().update_sequence, 41);
    }
}
