//! Entries of a timeline: facts as they stand.

use super::{EventNames, Mentioned, Names, positions_asked, write_alternatives};
use crate::{
    domain::{date::Day, fold::Standing, vocabulary::SourceKind},
    wire::v1,
};

/// The positions of the events that an entry for this standing fact names beside its own record, ascending.
pub fn positions_of<C>(standing: &Standing<'_, C>) -> Mentioned {
    positions_asked(|names| (corrected_by(standing, names), write_alternatives(&standing.lost, names)))
}

/// The entry for a standing fact at a valid date.
///
/// `record` is that of the event at `standing.fact`, `says` what the fact states as it stands (that of the event at
/// `standing.position`), and `names` has the events at its [positions](positions_of).
pub fn write_timeline_entry<C>(
    standing: &Standing<'_, C>,
    valid_at: Day,
    record: v1::Record,
    says: v1::Fact,
    names: &EventNames,
) -> v1::TimelineEntry {
    v1::TimelineEntry {
        record: Some(record),
        standing: Some(says),
        pending: standing.heralded <= valid_at && valid_at < standing.effective.lower(),
        disputed: standing.disputed,
        alternatives: write_alternatives(&standing.lost, names),
        corrected_by: corrected_by(standing, names),
        lead: standing.source == SourceKind::MachineCoded,
    }
}

/// The id of the correction that a fact stands as; empty when it stands as recorded.
fn corrected_by<C>(standing: &Standing<'_, C>, names: &dyn Names) -> String {
    if standing.position == standing.fact { String::new() } else { names.id(standing.position) }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{id, lost, names},
        *,
    };
    use crate::{
        domain::{
            date::parse_day,
            vocabulary::{Assertion, FoldRule},
        },
        position::Position,
    };

    fn check(correction: u64, valid_at: &str, pending: bool) {
        let standing = Standing {
            root: Position::new(3),
            fact: Position::new(4),
            position: Position::new(correction),
            effective: "2026-03".parse().unwrap(),
            heralded: parse_day("2025-07-01").unwrap(),
            source: SourceKind::LegalAct,
            assertion: Assertion::Confirmed,
            content: &(),
            lost: vec![lost(3)],
            said: vec![None],
            decided_by: FoldRule::SourceRank,
            disputed: true,
        };
        let positions = positions_of(&standing).all();
        let corrected = (correction != 4).then_some(correction);
        assert_eq!(
            positions,
            [Some(3), Some(4), corrected].into_iter().flatten().map(Position::new).collect::<Vec<_>>()
        );
        let record = v1::Record { position: 4, ..v1::Record::default() };
        let valid_at = parse_day(valid_at).unwrap();
        let entry = write_timeline_entry(
            &standing,
            valid_at,
            record.clone(),
            v1::Fact::default(),
            &names(&positions),
        );
        assert_eq!(entry.record, Some(record));
        assert_eq!((entry.pending, entry.disputed), (pending, true));
        assert_eq!(entry.corrected_by, corrected.map(id).unwrap_or_default());
        assert_eq!(entry.alternatives[0].event_id, id(3));
    }

    #[test]
    fn entries() {
        check(4, "2025-06-30", false);
        check(4, "2025-07-01", true);
        check(9, "2026-02-28", true);
        check(9, "2026-03-01", false);
    }
}
