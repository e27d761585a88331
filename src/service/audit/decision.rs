//! Digests of views and decisions over gRPC.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{Audit, read_matter, unknown};
use crate::{
    audit::{Decision, HINDSIGHT_MAX, KeptView, Matter, Terms, Unlike, Unlikeness, ViewText, Withheld},
    domain::{as_of::AsOf, fold::RULESET, id::DecisionId, vocabulary::Label},
    position::Position,
    service::{history::record, query::asked::When, refusal::Refusal},
    wire::{Field, Findings, as_of::read_times, event::write_decision, v1, vocabulary},
};

/// The longest text of a view that an audit is given, in bytes: a request has room for it.
const VIEW_TEXT_BYTES_MAX: usize = 3 << 20;
/// Subjects of a view that is digested.
const SUBJECTS_MAX: usize = 100;

impl Audit {
    pub(super) async fn digest(
        &self,
        request: v1::DigestViewRequest,
        clearance: Label,
    ) -> Result<v1::DigestViewResponse, Refusal> {
        let mut found = Findings::default();
        let root = Field::root("");
        let listed = found.list(&Field::root("subjects"), &request.subjects, 1..=SUBJECTS_MAX);
        let read: Vec<Matter> = (0..)
            .zip(listed)
            .filter_map(|(index, text)| read_matter(&root.entry("subjects", index), text, &mut found))
            .collect();
        let matters: BTreeSet<Matter> = read.iter().cloned().collect();
        if matters.len() < read.len() {
            found.add(&Field::root("subjects"), "has an entry twice");
        }
        let times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        found.finish(Some(()), "").map_err(Refusal::Malformed)?;
        let when = When { times, min_position: request.min_position, pinned: None };
        let asked = self.query.ask(when, clearance).await?;
        let (view, as_of) = {
            let store = self.query.projection.store();
            let as_of = asked.as_of(&store);
            for (index, matter) in read.iter().enumerate() {
                matter
                    .fields(&store, as_of)
                    .map_err(|error| unknown(&format!("subjects[{index}]"), &error))?;
            }
            (ViewText::of(&matters, &store, as_of, RULESET), as_of)
        };
        Ok(v1::DigestViewResponse {
            digest: Bytes::copy_from_slice(&view.digest()),
            text: view.text,
            view: Some(self.query.view(as_of).await?),
            checkpoint: self.checkpoint(as_of.known_at).await?,
        })
    }

    pub(super) async fn audit(
        &self,
        request: v1::AuditDecisionRequest,
        clearance: Label,
    ) -> Result<v1::AuditDecisionResponse, Refusal> {
        let v1::AuditDecisionRequest { decision, known_at, min_position, view_text } = request;
        let mut found = Findings::default();
        let id: Option<DecisionId> = found.required(&Field::root("decision"), &decision);
        let times = v1::AsOf { known_at, ..v1::AsOf::default() };
        let times = read_times(Some(&times), &Field::root(""), &mut found);
        let id = found.finish(id, "").map_err(Refusal::Malformed)?;
        let asked = self.query.ask(When { times, min_position, pinned: None }, clearance).await?;
        let now = asked.as_of(&self.query.projection.store());
        let ledger = &self.query.ledger;
        let Some(decision) = Decision::read(ledger, &id, now).await? else {
            let whole = AsOf { known_at: self.query.projection.store().position(), ..now };
            let later = Decision::read(ledger, &id, whole).await?;
            return Err(unrecorded(&id, later.as_ref()));
        };
        let kept = match view_text.as_str() {
            "" => None,
            text if VIEW_TEXT_BYTES_MAX < text.len() => {
                let message =
                    format!("has {} bytes, more than the {VIEW_TEXT_BYTES_MAX} allowed", text.len());
                return Err(Refusal::field("view_text", message));
            }
            text => {
                let kept = KeptView::read(text, &decision.stands);
                Some(kept.map_err(|error| Refusal::field("view_text", error.to_string()))?)
            }
        };
        let cuts = decision.cuts(now);
        let later = AsOf { known_at: now.known_at, disclosed_by: None, ..cuts };
        let still = cuts.disclosed_by.map(|_| AsOf { known_at: now.known_at, ..cuts });
        let changes = self.changes_since(&decision, cuts, later).await?;
        let still_changes = match still {
            Some(still) => self.changes_since(&decision, cuts, still).await?,
            None => Vec::new(),
        };
        let moved = changes.iter().chain(&still_changes).flat_map(|it| &it.changes);
        let behind: BTreeSet<Position> = moved.map(|it| Position::new(it.event_position)).collect();
        let (rebuilt, since, places) = {
            let store = self.query.projection.store();
            let rebuilt = decision.rebuild(&store, now, RULESET);
            let places = decision.withheld(&store, ledger, cuts, &behind);
            (rebuilt, decision.since(&store, ledger, later, &behind), places)
        };
        let mut undisclosed = Withheld::read(ledger, places, cuts).await?;
        undisclosed.retain(|recorded| {
            let fact = recorded.event.fact();
            behind.contains(&recorded.position) || fact.is_some_and(|it| it.heralded() <= cuts.valid_at)
        });
        let left_out = undisclosed.len().saturating_sub(HINDSIGHT_MAX);
        undisclosed.truncate(HINDSIGHT_MAX);
        let unlikeness = kept.map(|kept| kept.beside(&rebuilt)).transpose();
        let unlikeness = unlikeness.map_err(|error| Refusal::field("view_text", error.to_string()))?;
        let hindsight = decision.hindsight(ledger, &since, later).await?;
        let events = hindsight.before.iter().map(|later| {
            Ok(v1::LaterEvent {
                record: Some(record(&later.recorded)?),
                kind: vocabulary::write(later.kind),
                knowable: later.knowable,
                knowable_when_recorded: later.knowable_when_recorded,
            })
        });
        Ok(v1::AuditDecisionResponse {
            decision: Some(write_decision(&decision.stands)),
            records: decision.events.iter().map(record).collect::<Result<_, _>>()?,
            reproduction: vocabulary::write(decision.reproduction(&rebuilt, RULESET)),
            digest: Bytes::copy_from_slice(&rebuilt.digest()),
            view: Some(self.query.view(cuts).await?),
            checkpoint: self.checkpoint(cuts.known_at).await?,
            hindsight: events.collect::<Result<_, Refusal>>()?,
            left_out: hindsight.left_out,
            events_after: hindsight.after,
            changes,
            hindsight_view: Some(self.query.view(later).await?),
            kept_view: unlikeness.as_ref().map(write_unlikeness),
            recorded_on: decision.recorded_on().to_string(),
            events_after_recording: hindsight.after_recording,
            changes_still_undisclosed: still_changes,
            still_undisclosed_view: match still {
                Some(still) => Some(self.query.view(still).await?),
                None => None,
            },
            undisclosed: undisclosed.iter().map(record).collect::<Result<_, _>>()?,
            undisclosed_left_out: left_out as u64,
            retracted_by: decision.retracted_by.as_ref().map(record).transpose()?,
        })
    }

    /// How the answers about what a decision concerns differ, for each subject that does.
    async fn changes_since(
        &self,
        decision: &Decision,
        from: AsOf,
        to: AsOf,
    ) -> Result<Vec<v1::SubjectChanges>, Refusal> {
        let mut changes = Vec::new();
        for matter in decision.matters() {
            let of_matter = self.changes_of(&matter, Terms::Named, from, to).await?;
            if !of_matter.changes.is_empty() {
                changes.push(of_matter);
            }
        }
        Ok(changes)
    }
}

/// The message for how a kept view differs.
fn write_unlikeness(it: &Unlikeness) -> v1::KeptViewComparison {
    let difference = |unlike: &Unlike| v1::KeptViewDifference {
        subject: unlike.subject.clone(),
        field: unlike.path.clone(),
        was: unlike.was.clone().unwrap_or_default(),
        is: unlike.is.clone().unwrap_or_default(),
        cause: vocabulary::write_optional(it.cause),
        was_ground: unlike.was_ground.clone(),
        is_ground: unlike.is_ground.clone(),
    };
    v1::KeptViewComparison { same: it.same, differences: it.unlike.iter().map(difference).collect() }
}

/// The refusal to audit a decision that is not on record at a view; `later`: it is at another.
fn unrecorded(id: &DecisionId, later: Option<&Decision>) -> Refusal {
    let later = later.map(|it| {
        let (position, day) = (it.position(), it.recorded_on());
        format!(": it was recorded at position {position}, on {day}, and can be audited from there on")
    });
    let later = later.unwrap_or_default();
    Refusal::unknown("decision", format!("decision/{id} is not on record at this view{later}"))
}
