//! Tallies: the events by which one of two views counts what the other does not.

use std::collections::{BTreeMap, BTreeSet};

use super::{Matter, cause::BEHIND_MAX, turning::Answers};
use crate::{domain::as_of::AsOf, ledger::Ledger, position::Position, projection::Store};

/// How many families are looked at, the last of which something was recorded.
const FAMILIES_MAX: usize = 256;

/// The families of which something was recorded between two views.
pub(super) struct Tallied<'a> {
    matter: &'a Matter,
    store: &'a Store,
    views: (AsOf, AsOf),
    /// The last event of each between the views, with the fact that it goes back to, the last recorded first.
    last: Vec<(Position, Position)>,
    /// The fact that each of their events goes back to.
    roots: BTreeMap<Position, Position>,
}

impl<'a> Tallied<'a> {
    /// Of a subject. The views have the same valid date.
    pub fn new(matter: &'a Matter, store: &'a Store, ledger: &Ledger, views: (AsOf, AsOf)) -> Tallied<'a> {
        let range = (views.0.known_at, views.1.known_at);
        let (mut last, mut known) = (Vec::new(), BTreeSet::new());
        for event in matter.ever_moving(store, ledger, range).into_iter().rev() {
            let root = ledger.family_root(event);
            if known.insert(root) {
                last.push((event, root));
            }
            if last.len() == FAMILIES_MAX {
                break;
            }
        }
        let members = |root: Position| ledger.family(root).into_iter().map(move |member| (member, root));
        let roots = known.into_iter().flat_map(members).collect();
        Tallied { matter, store, views, last, roots }
    }

    /// The events besides the first one by which the second view counts in a field what the first does not, or no longer
    /// what the first does; one for each fact, the last recorded first, and then, where identities were merged on the way, facts
    /// that count now under another name.
    pub fn others(
        &self,
        answers: &mut Answers<'_>,
        path: &str,
        first: Position,
        merges: &[Position],
    ) -> Vec<Position> {
        let (from, to) = self.views;
        let counted = |as_of| self.matter.counted(self.store, as_of, path).events;
        let (was, is) = (counted(from), counted(to));
        let of_families = |events: &[Position]| -> BTreeMap<Position, Position> {
            events.iter().filter_map(|event| Some((*self.roots.get(event)?, *event))).collect()
        };
        let (before, after) = (of_families(&was), of_families(&is));
        let mut found: Vec<Position> = Vec::new();
        for (last, root) in &self.last {
            if BEHIND_MAX <= found.len() {
                break;
            }
            let event = match (before.get(root), after.get(root)) {
                (None, Some(event)) if from.known_at < *event => *event,
                (None, Some(_)) | (Some(_), None) => *last,
                // The fact counts before and after: what was said about it may weigh otherwise.
                (Some(was), Some(is)) if was != is && answers.moves(path, *is, to.valid_at) => *is,
                (Some(_), Some(_)) | (None, None) => continue,
            };
            found.push(event);
        }
        found.retain(|event| *event != first);
        if !merges.is_empty() || !self.store.merging((first.previous(), first)).is_empty() {
            let known: BTreeSet<Position> = was.into_iter().collect();
            let came = is.into_iter().filter(|event| *event <= from.known_at && !known.contains(event));
            found.extend(came.take(BEHIND_MAX));
        }
        found
    }
}
