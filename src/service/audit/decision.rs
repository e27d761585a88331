//! Digests of views and decisions over gRPC.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{Audit, read_matter, unknown};
use crate::{
    audit::{Decision, Matter, ViewText},
    domain::{as_of::AsOf, id::DecisionId, vocabulary::Label},
    service::{history::record, query::asked::When, refusal::Refusal},
    wire::{Field, Findings, as_of::read_times, event::write_decision, v1, vocabulary},
};

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
            (ViewText::of(&matters, &store, as_of), as_of)
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
        let v1::AuditDecisionRequest { decision, known_at, min_position } = request;
        let mut found = Findings::default();
        let id: Option<DecisionId> = found.required(&Field::root("decision"), &decision);
        let times = v1::AsOf { known_at, ..v1::AsOf::default() };
        let times = read_times(Some(&times), &Field::root(""), &mut found);
        let id = found.finish(id, "").map_err(Refusal::Malformed)?;
        let asked = self.query.ask(When { times, min_position, pinned: None }, clearance).await?;
        let now = asked.as_of(&self.query.projection.store());
        let ledger = &self.query.ledger;
        let decision = Decision::read(ledger, &id, now).await?.ok_or_else(|| {
            Refusal::unknown("decision", format!("decision/{id} is not on record at this view"))
        })?;
        let cuts = decision.cuts(now);
        let later = AsOf { known_at: now.known_at, disclosed_by: None, ..cuts };
        let (reproduction, digest, since) = {
            let store = self.query.projection.store();
            let (reproduction, digest) = decision.reproduce(&store, now);
            (reproduction, digest, decision.since(&store, ledger, later))
        };
        let hindsight = decision.hindsight(ledger, &since, later).await?;
        let mut changes = Vec::new();
        for matter in decision.matters() {
            let of_matter = self.changes_of(&matter, cuts, later).await?;
            if !of_matter.changes.is_empty() {
                changes.push(of_matter);
            }
        }
        let events = hindsight.before.iter().map(|later| {
            Ok(v1::LaterEvent {
                record: Some(record(&later.recorded)?),
                kind: vocabulary::write(later.kind),
                knowable: later.knowable,
            })
        });
        Ok(v1::AuditDecisionResponse {
            decision: Some(write_decision(&decision.stands)),
            records: decision.events.iter().map(record).collect::<Result<_, _>>()?,
            reproduction: vocabulary::write(reproduction),
            digest: Bytes::copy_from_slice(&digest),
            view: Some(self.query.view(cuts).await?),
            checkpoint: self.checkpoint(cuts.known_at).await?,
            hindsight: events.collect::<Result<_, Refusal>>()?,
            left_out: hindsight.left_out,
            events_after: hindsight.after,
            changes,
            hindsight_view: Some(self.query.view(later).await?),
        })
    }
}
