//! The state of a relationship after some of its moves, and the status it comes to at a date.

use std::collections::BTreeSet;

use super::{
    conflict, contact,
    contest::Contests,
    headline::{self, Facets},
    process, recognition, score,
    step::{Mark, Step},
    window,
};
use crate::domain::{
    date::{DateSpan, Day},
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
        let facets = self.contested(contests, counts, legal, date);
        let (headline, provenance) = headline::headline(&facets, contests, date);
        let friendly = self.friendly(contests, date);
        let mut flags = headline::flags(&facets, &friendly);
        let engaging = flags.contains(&RelationshipFlag::EngagingWhileDesignated).then_some(&friendly);
        let grounds = || facets.provenances().chain([&provenance]).chain(engaging);
        let mut alternatives: Vec<Lost> = Vec::new();
        let mut known = BTreeSet::new();
        // In whatever order they were recorded.
        let mut shown: Vec<Lost> = contests.shown(date).collect();
        shown.sort_by_key(|lost| (lost.effective, lost.source as u8));
        let of_listings = facets.legal.iter().flat_map(|listing| &listing.contested);
        for lost in grounds().flat_map(|it| &it.lost).chain(of_listings).copied().chain(shown) {
            if known.insert((lost.position, lost.against)) {
                alternatives.push(lost);
            }
        }
        if alternatives.iter().any(|lost| lost.stance == ClaimStance::Disputes) {
            flags.push(RelationshipFlag::Disputed);
        }
        if self.contact.is_secret_only(date) {
            flags.push(RelationshipFlag::SecretOnly);
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

    /// The facets, each with the claims that lost without anything of the fact being in effect, and that would have moved it.
    fn contested(
        &self,
        contests: &Contests,
        counts: contact::Counts,
        legal: Vec<LegalFacet>,
        date: Day,
    ) -> Facets {
        let without = self.facets(contests, counts, legal, date);
        let mut claimed = contests.claimed(date).peekable();
        if claimed.peek().is_none() {
            return without;
        }
        let mut facets = without.clone();
        for (lost, what) in claimed {
            let mut state = self.clone();
            // What it would have moved is asked at the end: in its place it might have been moved again.
            let day = self.last.map(Mark::day).filter(|last| lost.effective.lower() < *last);
            let mark = Mark { effective: day.map_or(lost.effective, DateSpan::day), position: lost.position };
            state.apply(&Step { root: lost.position, mark, what });
            facets.note(lost, &without, &state.facets(contests, counts, Vec::new(), date));
        }
        facets
    }

    fn facets(
        &self,
        contests: &Contests,
        counts: contact::Counts,
        legal: Vec<LegalFacet>,
        date: Day,
    ) -> Facets {
        Facets {
            recognition: self.recognition.recognition(contests),
            of_actor: self.recognition.representation(Direction::OfActor, contests),
            of_group: self.recognition.representation(Direction::OfGroup, contests),
            contact: self.contact.finish(contests, counts, date),
            process: self.process.finish(contests, date),
            conflict: self.conflict.finish(contests, date),
            legal,
            last: self.last,
            claimed: Vec::new(),
        }
    }

    /// Where it comes from that they engaged within 365 days: the last move with a score above 0, if it is among those.
    fn friendly(&self, contests: &Contests, date: Day) -> Provenance {
        let recent = self.last_friendly.filter(|mark| window::YEAR.covers(mark.day(), date));
        recent.map_or_else(Provenance::default, |mark| contests.latest(mark.position))
    }
}
