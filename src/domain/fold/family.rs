//! A family: a fact, its claims, and the record events about any of them. They are folded as one fact.

use std::collections::BTreeMap;

use super::{
    registry::Redirects,
    telling::{Content, Lost, Standing, Telling},
};
use crate::{
    domain::{
        as_of::AsOf,
        vocabulary::{Assertion, ClaimStance, FoldRule, SourceKind},
    },
    position::Position,
};

/// How close in rank a losing claim must be to make the winner disputed.
const DISPUTE_RANKS: u8 = 2;

/// A fact with its claims and the record events about them, by position. The first member is the fact.
///
/// Content is `None` where a member does not concern the subject whose history the family stands in: it takes part in
/// the contest all the same. When it wins, the subject has no such fact, or has it denied by the winner, which says it of
/// others only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family<C> {
    members: Vec<Member<C>>,
}

/// One event of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member<C> {
    /// The fact, or a claim of it.
    Claim(Telling<Option<C>>),
    /// A correction of the fact or claim at `target`.
    Correction {
        /// The fact or claim.
        target: Position,
        /// What it says from then on.
        telling: Telling<Option<C>>,
    },
    /// A retraction of the fact, claim or correction at `target`.
    Retraction {
        /// What is taken back.
        target: Position,
        /// Its own position.
        position: Position,
    },
    /// A reinstatement of the fact, claim or correction at `target`.
    Reinstatement {
        /// What is put back.
        target: Position,
        /// Its own position.
        position: Position,
    },
}

impl<C> Member<C> {
    /// Where it stands in the record.
    pub fn position(&self) -> Position {
        match self {
            Member::Claim(telling) | Member::Correction { telling, .. } => telling.position,
            Member::Retraction { position, .. } | Member::Reinstatement { position, .. } => *position,
        }
    }

    const fn told(&self) -> Option<&C> {
        match self {
            Member::Claim(telling) | Member::Correction { telling, .. } => telling.content.as_ref(),
            Member::Retraction { .. } | Member::Reinstatement { .. } => None,
        }
    }
}

/// A fact or claim with what it says as it stands.
struct Candidate<'a, C> {
    fact: Position,
    telling: &'a Telling<Option<C>>,
    /// What it says of the subject, under whichever of its identities.
    content: Option<&'a C>,
}

impl<C: Content> Family<C> {
    /// The family of these events, in whatever order they come.
    pub fn new(mut members: Vec<Member<C>>) -> Family<C> {
        members.sort_by_key(Member::position);
        Family { members }
    }

    /// The position of the fact that it is the family of; `None` when it is empty.
    pub fn root(&self) -> Option<Position> {
        self.members.first().map(Member::position)
    }

    /// The fact itself, as it was first told.
    pub fn fact(&self) -> Option<&Telling<Option<C>>> {
        match self.members.first()? {
            Member::Claim(telling) => Some(telling),
            Member::Correction { .. } | Member::Retraction { .. } | Member::Reinstatement { .. } => None,
        }
    }

    /// The events of it, by position.
    pub fn members(&self) -> &[Member<C>] {
        &self.members
    }

    /// What its members ever told of the subject.
    pub fn told(&self) -> impl Iterator<Item = &C> {
        self.members.iter().filter_map(Member::told)
    }

    /// What stands of it under the cuts of record time, label and disclosure, in that order: a correction counts from
    /// its own position on, whatever it says about the day of disclosure.
    pub fn standing(&self, as_of: AsOf) -> Option<Standing<'_, C>> {
        Family::united(&[self], &Redirects::NONE, as_of)
    }

    /// The same of a subject that has several identities: `seen` is the one family as it stands in the history of each of them,
    /// and what is told of any is told of the subject. Whatever else the members name is compared as the identities that answer
    /// for it.
    pub fn united<'a>(
        seen: &[&'a Family<C>],
        identities: &Redirects,
        as_of: AsOf,
    ) -> Option<Standing<'a, C>> {
        let (family, others) = seen.split_first()?;
        let root = family.root()?;
        let mut candidates: Vec<Candidate<'a, C>> = family
            .known(as_of)
            .filter_map(|member| match member {
                Member::Claim(telling) => family.candidate(telling, others, as_of),
                Member::Correction { .. } | Member::Retraction { .. } | Member::Reinstatement { .. } => None,
            })
            .collect();
        candidates.sort_by_key(|it| (it.telling.source, it.telling.credibility, it.fact));
        let (winner, losers) = candidates.split_first()?;
        // Between claims of which neither says anything of the subject nothing of it is contested.
        let concerns = |it: &&Candidate<'_, C>| winner.content.is_some() || it.content.is_some();
        let losers: Vec<&Candidate<'_, C>> = losers.iter().filter(concerns).collect();
        let lost: Vec<Lost> = losers.iter().map(|loser| lose(winner, loser, identities)).collect();
        let said = losers.iter().map(|loser| {
            let denied = loser.telling.assertion == Assertion::Denied;
            let moves = !denied && loser.telling.source != SourceKind::MachineCoded;
            loser.content.filter(|_| moves)
        });
        let telling = winner.telling;
        let (content, assertion) = match winner.content {
            Some(content) => (content, telling.assertion),
            None => {
                let told = losers.iter().find_map(|loser| loser.content);
                (told.filter(|content| content.is_denied_by_silence())?, Assertion::Denied)
            }
        };
        Some(Standing {
            root,
            fact: winner.fact,
            position: telling.position,
            effective: telling.effective,
            heralded: telling.heralded,
            source: telling.source,
            assertion,
            content,
            decided_by: lost.first().map_or(FoldRule::Sole, |runner_up| runner_up.rule),
            disputed: lost.iter().any(|it| it.stance == ClaimStance::Disputes),
            said: said.collect(),
            lost,
        })
    }

    /// Where its members stand in the record, ascending.
    pub fn positions(&self) -> Vec<Position> {
        self.members.iter().map(Member::position).collect()
    }

    fn known(&self, as_of: AsOf) -> impl DoubleEndedIterator<Item = &Member<C>> {
        self.members.iter().filter(move |member| member.position() <= as_of.known_at)
    }

    fn candidate<'a>(
        &'a self,
        claim: &'a Telling<Option<C>>,
        others: &[&'a Family<C>],
        as_of: AsOf,
    ) -> Option<Candidate<'a, C>> {
        if self.is_retracted(claim.position, as_of) || as_of.clearance < claim.label {
            return None;
        }
        let correction = self.known(as_of).rev().find_map(|member| match member {
            Member::Correction { target, telling } if *target == claim.position => {
                let holds = telling.label <= as_of.clearance && !self.is_retracted(telling.position, as_of);
                holds.then_some(telling)
            }
            Member::Claim(_) | Member::Correction { .. } => None,
            Member::Retraction { .. } | Member::Reinstatement { .. } => None,
        });
        let telling = correction.unwrap_or(claim);
        let public = as_of.disclosed_by.is_none_or(|day| telling.disclosed <= day);
        let told = others.iter().filter_map(|other| other.told_at(telling.position));
        let further = |one: &'a C, other: &'a C| if other.goes_further(one) { other } else { one };
        let content = telling.content.as_ref().into_iter().chain(told).reduce(further);
        public.then_some(Candidate { fact: claim.position, telling, content })
    }

    /// What the event at a position tells the subject in whose history this stands.
    fn told_at(&self, position: Position) -> Option<&C> {
        let index = self.members.binary_search_by_key(&position, Member::position).ok()?;
        self.members.get(index)?.told()
    }

    /// Whether the last word on it is a retraction.
    fn is_retracted(&self, position: Position, as_of: AsOf) -> bool {
        let last = self.known(as_of).rev().find_map(|member| match member {
            Member::Retraction { target, .. } if *target == position => Some(true),
            Member::Reinstatement { target, .. } if *target == position => Some(false),
            Member::Claim(_) | Member::Correction { .. } => None,
            Member::Retraction { .. } | Member::Reinstatement { .. } => None,
        });
        last.unwrap_or(false)
    }
}

/// The families in the histories of identities that are one, by the position of the fact: of each how it stands in every
/// history that has it.
pub(super) fn by_fact<'a, C: 'a>(
    histories: impl IntoIterator<Item = &'a BTreeMap<Position, Family<C>>>,
) -> BTreeMap<Position, Vec<&'a Family<C>>> {
    let mut found: BTreeMap<Position, Vec<&'a Family<C>>> = BTreeMap::new();
    for (root, family) in histories.into_iter().flatten() {
        found.entry(*root).or_default().push(family);
    }
    found
}

fn lose<C: Content>(won: &Candidate<'_, C>, lost: &Candidate<'_, C>, identities: &Redirects) -> Lost {
    let (winner, loser) = (won.telling, lost.telling);
    let rule = if winner.source != loser.source {
        FoldRule::SourceRank
    } else if winner.credibility != loser.credibility {
        FoldRule::Credibility
    } else {
        FoldRule::EarliestPosition
    };
    let ranks = (loser.source as u8).abs_diff(winner.source as u8);
    let stance = match contradicts(lost, won, identities) {
        true if ranks <= DISPUTE_RANKS => ClaimStance::Disputes,
        true => ClaimStance::Differs,
        false if says_otherwise(lost, won, identities) => ClaimStance::Differs,
        false => ClaimStance::Agrees,
    };
    Lost {
        position: loser.position,
        effective: loser.effective,
        source: loser.source,
        rule,
        against: winner.position,
        stance,
    }
}

/// Whether the two differ in date beyond its precision, or in what they say. A winner that says nothing of the subject
/// contradicts a loser that does.
fn contradicts<C: Content>(lost: &Candidate<'_, C>, won: &Candidate<'_, C>, identities: &Redirects) -> bool {
    let (winner, loser) = (won.telling, lost.telling);
    let opposed = (loser.assertion == Assertion::Denied) != (winner.assertion == Assertion::Denied);
    let differ = match (lost.content, won.content) {
        (Some(a), Some(b)) => a.contradicts(b, identities),
        (None, None) => false,
        (Some(_), None) => true,
        (None, Some(won)) => won.is_disputed_by_silence(),
    };
    opposed || differ || !loser.effective.agrees_with(winner.effective)
}

/// Whether the loser says something else than the winner without contradicting it: also of others than the subject.
fn says_otherwise<C: Content>(
    lost: &Candidate<'_, C>,
    won: &Candidate<'_, C>,
    identities: &Redirects,
) -> bool {
    match (lost.content, won.content) {
        (Some(a), Some(b)) => a.says_otherwise(b, identities),
        (Some(_), None) | (None, Some(_)) => true,
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests;
