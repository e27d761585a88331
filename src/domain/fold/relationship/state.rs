//! The state of a relationship after some of its moves, and the status it comes to at a date.

use super::{
    conflict, contact,
    contest::Contests,
    headline::{self, Facets},
    process, recognition, score,
    step::{Mark, Step},
    window,
};
use crate::domain::{
    date::Day,
    fold::{Lost, Provenance},
    status::relationship::{LegalFacet, RelationshipStatus},
    vocabulary::{ClaimStance, Direction, RelationshipFlag},
};

/// What the moves so far come to. Small, so that it can be kept at many points of a long line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    engagements: u64,
    last: Option<Mark>,
    /// The last move with a score above 0.
    last_friendly: Option<Mark>,
    recognition: recognition::State,
    pub(super) contact: contact::State,
    process: process::State,
    conflict: conflict::State,
    score: score::State,
}

impl State {
    /// Takes the next step, in valid-time order.
    pub(super) fn apply(&mut self, step: &Step) {
        let score = step.what.score();
        self.engagements += 1;
        self.last = Some(step.mark);
        if 0.0 < score {
            self.last_friendly = Some(step.mark);
        }
        self.score.apply(score, step.day());
        self.recognition.apply(step);
        self.contact.apply(step);
        self.process.apply(step);
        self.conflict.apply(step);
    }

    /// The status at a date at or after the last step.
    pub(super) fn finish(
        &self,
        contests: &Contests,
        counts: contact::Counts,
        legal: Vec<LegalFacet>,
        date: Day,
    ) -> RelationshipStatus {
        let facets = Facets {
            recognition: self.recognition.recognition(contests),
            of_actor: self.recognition.representation(Direction::OfActor, contests),
            of_group: self.recognition.representation(Direction::OfGroup, contests),
            contact: self.contact.finish(contests, counts, date),
            process: self.process.finish(contests, date),
            conflict: self.conflict.finish(contests, date),
            legal,
            last: self.last,
        };
        let (headline, provenance) = headline::headline(&facets, contests, date);
        let friendly = self.friendly(contests, date);
        let mut flags = headline::flags(&facets, &friendly);
        let engaging = flags.contains(&RelationshipFlag::EngagingWhileDesignated).then_some(&friendly);
        let grounds = || facets.provenances().chain([&provenance]).chain(engaging);
        if grounds().flat_map(|it| &it.lost).any(|lost| lost.stance == ClaimStance::Disputes) {
            flags.push(RelationshipFlag::Disputed);
        }
        if self.contact.is_secret_only(date) {
            flags.push(RelationshipFlag::SecretOnly);
        }
        let mut alternatives: Vec<Lost> = Vec::new();
        for lost in grounds().flat_map(|it| &it.lost) {
            if !alternatives.contains(lost) {
                alternatives.push(*lost);
            }
        }
        let Facets { recognition, of_actor, of_group, contact, process, conflict, legal, .. } = facets;
        RelationshipStatus {
            headline,
            flags,
            recognition,
            representation_of_actor: of_actor,
            representation_of_group: of_group,
            contact,
            process,
            conflict,
            legal,
            score: self.score.finish(date),
            engagements: self.engagements,
            alternatives,
            provenance,
            friendly,
            leads: Vec::new(),
        }
    }

    /// Where it comes from that they engaged within 365 days: the last move with a score above 0, if it is among those.
    fn friendly(&self, contests: &Contests, date: Day) -> Provenance {
        let recent = self.last_friendly.filter(|mark| window::YEAR.covers(mark.day(), date));
        recent.map_or_else(Provenance::default, |mark| contests.latest(mark.position))
    }
}
