//! A family: a fact, its claims, and the record events about any of them. They are folded as one fact.

use super::telling::{Content, Lost, Standing, Telling};
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
    fn position(&self) -> Position {
        match self {
            Member::Claim(telling) | Member::Correction { telling, .. } => telling.position,
            Member::Retraction { position, .. } | Member::Reinstatement { position, .. } => *position,
        }
    }
}

/// A fact or claim with what it says as it stands.
struct Candidate<'a, C> {
    fact: Position,
    telling: &'a Telling<Option<C>>,
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

    /// What stands of it under the cuts of record time, label and disclosure, in that order: a correction counts from
    /// its own position on, whatever it says about the day of disclosure.
    pub fn standing(&self, as_of: AsOf) -> Option<Standing<'_, C>> {
        let root = self.members.first()?.position();
        let mut candidates: Vec<Candidate<'_, C>> = self
            .known(as_of)
            .filter_map(|member| match member {
                Member::Claim(telling) => self.candidate(telling, as_of),
                Member::Correction { .. } | Member::Retraction { .. } | Member::Reinstatement { .. } => None,
            })
            .collect();
        candidates.sort_by_key(|it| (it.telling.source, it.telling.credibility, it.fact));
        let (winner, losers) = candidates.split_first()?;
        // Between claims of which neither says anything of the subject nothing of it is contested.
        let concerns =
            |it: &&Candidate<'_, C>| winner.telling.content.is_some() || it.telling.content.is_some();
        let losers: Vec<&Candidate<'_, C>> = losers.iter().filter(concerns).collect();
        let lost: Vec<Lost> = losers.iter().map(|loser| lose(winner.telling, loser.telling)).collect();
        let said = losers.iter().map(|loser| {
            let denied = loser.telling.assertion == Assertion::Denied;
            let moves = !denied && loser.telling.source != SourceKind::MachineCoded;
            loser.telling.content.as_ref().filter(|_| moves)
        });
        let telling = winner.telling;
        let (content, assertion) = match &telling.content {
            Some(content) => (content, telling.assertion),
            None => {
                let told = losers.iter().find_map(|loser| loser.telling.content.as_ref());
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

    fn candidate<'a>(&'a self, claim: &'a Telling<Option<C>>, as_of: AsOf) -> Option<Candidate<'a, C>> {
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
        public.then_some(Candidate { fact: claim.position, telling })
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

fn lose<C: Content>(winner: &Telling<Option<C>>, loser: &Telling<Option<C>>) -> Lost {
    let rule = if winner.source != loser.source {
        FoldRule::SourceRank
    } else if winner.credibility != loser.credibility {
        FoldRule::Credibility
    } else {
        FoldRule::EarliestPosition
    };
    let ranks = (loser.source as u8).abs_diff(winner.source as u8);
    let stance = match contradicts(loser, winner) {
        true if ranks <= DISPUTE_RANKS => ClaimStance::Disputes,
        true => ClaimStance::Differs,
        false if says_otherwise(loser, winner) => ClaimStance::Differs,
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
fn contradicts<C: Content>(loser: &Telling<Option<C>>, winner: &Telling<Option<C>>) -> bool {
    let opposed = (loser.assertion == Assertion::Denied) != (winner.assertion == Assertion::Denied);
    let differ = match (&loser.content, &winner.content) {
        (Some(a), Some(b)) => a.contradicts(b),
        (None, None) => false,
        (Some(_), None) => true,
        (None, Some(won)) => won.is_disputed_by_silence(),
    };
    opposed || differ || !loser.effective.agrees_with(winner.effective)
}

/// Whether the loser says something else than the winner without contradicting it: also of others than the subject.
fn says_otherwise<C: Content>(loser: &Telling<Option<C>>, winner: &Telling<Option<C>>) -> bool {
    match (&loser.content, &winner.content) {
        (Some(a), Some(b)) => a.says_otherwise(b),
        (Some(_), None) | (None, Some(_)) => true,
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{date::parse_day, fold::Direction, source::Credibility, vocabulary::Label};

    #[derive(Debug, PartialEq, Eq)]
    struct Word(&'static str);

    impl Content for Word {
        fn act_rank(&self) -> u8 {
            0
        }

        fn direction(&self) -> Direction {
            match self.0 {
                "ends" => Direction::Down,
                "begins" => Direction::Up,
                _ => Direction::Level,
            }
        }

        fn is_denied_by_silence(&self) -> bool {
            self.0 != "is"
        }

        fn is_disputed_by_silence(&self) -> bool {
            self.0 != "met"
        }
    }

    fn telling(position: u64, date: &str, source: SourceKind, word: &'static str) -> Telling<Option<Word>> {
        let effective: crate::domain::date::DateSpan = date.parse().unwrap();
        Telling {
            position: Position::new(position),
            effective,
            heralded: effective.lower(),
            disclosed: effective.lower(),
            source,
            credibility: Credibility::UNKNOWN,
            assertion: Assertion::Confirmed,
            label: Label::Public,
            content: (word != "elsewhere").then_some(Word(word)),
        }
    }

    fn fact(position: u64, date: &str, source: SourceKind, word: &'static str) -> Member<Word> {
        Member::Claim(telling(position, date, source, word))
    }

    fn correction(position: u64, target: u64, date: &str, word: &'static str) -> Member<Word> {
        let telling = telling(position, date, SourceKind::EstablishedMedia, word);
        Member::Correction { target: Position::new(target), telling }
    }

    fn retraction(position: u64, target: u64) -> Member<Word> {
        Member::Retraction { target: Position::new(target), position: Position::new(position) }
    }

    fn reinstatement(position: u64, target: u64) -> Member<Word> {
        Member::Reinstatement { target: Position::new(target), position: Position::new(position) }
    }

    fn known(position: u64) -> AsOf {
        AsOf { known_at: Position::new(position), ..AsOf::at(parse_day("2025-01-01").unwrap()) }
    }

    /// What stands, as `word date` with the losers and a mark for a dispute.
    fn check(members: Vec<Member<Word>>, as_of: AsOf, expected: &str) {
        let family = Family::new(members);
        let found = family.standing(as_of).map_or_else(
            || "nothing".to_owned(),
            |it| {
                let lost: Vec<String> =
                    it.lost.iter().map(|lost| format!("{}:{}", lost.position, lost.rule)).collect();
                let disputed = if it.disputed { " disputed" } else { "" };
                let denied = if it.assertion == Assertion::Denied { "not " } else { "" };
                format!(
                    "{denied}{} {} @{} {}[{}]{disputed}",
                    it.content.0,
                    it.effective,
                    it.position,
                    it.decided_by,
                    lost.join(" ")
                )
            },
        );
        assert_eq!(found, expected);
    }

    #[test]
    fn record_events_apply_from_their_position_on() {
        let members = || {
            vec![
                fact(1, "2025-02-10", SourceKind::EstablishedMedia, "a"),
                correction(2, 1, "2025-03-10", "b"),
                correction(3, 1, "2025-03-11", "c"),
                retraction(4, 3),
                retraction(5, 1),
                reinstatement(6, 1),
                reinstatement(7, 3),
            ]
        };
        check(members(), known(0), "nothing");
        check(members(), known(1), "a 2025-02-10 @1 SOLE[]");
        check(members(), known(2), "b 2025-03-10 @2 SOLE[]");
        check(members(), known(3), "c 2025-03-11 @3 SOLE[]");
        check(members(), known(4), "b 2025-03-10 @2 SOLE[]");
        check(members(), known(5), "nothing");
        check(members(), known(6), "b 2025-03-10 @2 SOLE[]");
        check(members(), known(9), "c 2025-03-11 @3 SOLE[]");
    }

    #[test]
    fn claims_contend() {
        use SourceKind::{Aggregator, EstablishedMedia, LegalAct, OfficialStatement};
        let two =
            |first, second| vec![fact(1, "2025-02-10", first, "ends"), fact(2, "2025-03-10", second, "ends")];
        check(two(EstablishedMedia, LegalAct), known(1), "ends 2025-02-10 @1 SOLE[]");
        check(two(EstablishedMedia, LegalAct), known(2), "ends 2025-03-10 @2 SOURCE_RANK[1:SOURCE_RANK]");
        check(
            two(EstablishedMedia, Aggregator),
            known(2),
            "ends 2025-02-10 @1 SOURCE_RANK[2:SOURCE_RANK] disputed",
        );
        check(
            two(Aggregator, Aggregator),
            known(2),
            "ends 2025-02-10 @1 EARLIEST_POSITION[2:EARLIEST_POSITION] disputed",
        );
        let same_time =
            vec![fact(1, "2025", Aggregator, "ends"), fact(2, "2025-03-10", EstablishedMedia, "ends")];
        check(same_time, known(2), "ends 2025-03-10 @2 SOURCE_RANK[1:SOURCE_RANK]");
        let opposed = vec![fact(1, "2025", OfficialStatement, "begins"), fact(2, "2025", LegalAct, "ends")];
        check(opposed, known(2), "ends 2025 @2 SOURCE_RANK[1:SOURCE_RANK] disputed");
        let retracted = vec![
            fact(1, "2025-02-10", Aggregator, "ends"),
            fact(2, "2025-03-10", LegalAct, "ends"),
            retraction(3, 2),
        ];
        check(retracted, known(3), "ends 2025-02-10 @1 SOLE[]");
        let elsewhere =
            |word, source| vec![fact(1, "2025", source, word), fact(2, "2025", LegalAct, "elsewhere")];
        check(elsewhere("is", Aggregator), known(2), "nothing");
        check(elsewhere("ends", Aggregator), known(2), "not ends 2025 @2 SOURCE_RANK[1:SOURCE_RANK]");
        check(
            elsewhere("ends", OfficialStatement),
            known(2),
            "not ends 2025 @2 SOURCE_RANK[1:SOURCE_RANK] disputed",
        );
        let left_out =
            vec![fact(1, "2025", LegalAct, "ends"), fact(2, "2025", OfficialStatement, "elsewhere")];
        check(left_out, known(2), "ends 2025 @1 SOURCE_RANK[2:SOURCE_RANK] disputed");
        let unsaid =
            |date| vec![fact(1, "2025", LegalAct, "met"), fact(2, date, OfficialStatement, "elsewhere")];
        check(unsaid("2025"), known(2), "met 2025 @1 SOURCE_RANK[2:SOURCE_RANK]");
        check(unsaid("2024"), known(2), "met 2025 @1 SOURCE_RANK[2:SOURCE_RANK] disputed");
        // Neither what won nor the second claim says anything of the subject.
        let others = vec![
            fact(1, "2025", LegalAct, "elsewhere"),
            fact(2, "2024", LegalAct, "elsewhere"),
            fact(3, "2025", OfficialStatement, "met"),
        ];
        check(others, known(3), "not met 2025 @1 SOURCE_RANK[3:SOURCE_RANK] disputed");
    }

    #[test]
    fn disclosure_cuts_what_stands() {
        let disclosed = |day: &str| AsOf { disclosed_by: parse_day(day).ok(), ..known(9) };
        let members = || {
            vec![
                fact(1, "2025-02-10", SourceKind::EstablishedMedia, "a"),
                correction(2, 1, "2025-03-10", "b"),
            ]
        };
        check(members(), disclosed("2025-03-09"), "nothing");
        check(members(), disclosed("2025-03-10"), "b 2025-03-10 @2 SOLE[]");
    }

    #[test]
    fn hidden_members_leave_no_trace() {
        let hide = |member: Member<Word>| match member {
            Member::Claim(telling) => Member::Claim(Telling { label: Label::Internal, ..telling }),
            Member::Correction { target, telling } => {
                Member::Correction { target, telling: Telling { label: Label::Internal, ..telling } }
            }
            other => other,
        };
        let public = AsOf { clearance: Label::Public, ..known(9) };
        let root = || fact(1, "2025-02-10", SourceKind::Aggregator, "a");
        check(vec![root(), hide(correction(2, 1, "2025-03-10", "b"))], public, "a 2025-02-10 @1 SOLE[]");
        let claim = hide(fact(2, "2025-03-10", SourceKind::LegalAct, "b"));
        check(vec![root(), claim], public, "a 2025-02-10 @1 SOLE[]");
        check(vec![hide(root())], public, "nothing");
    }
}
