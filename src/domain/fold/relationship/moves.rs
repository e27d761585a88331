//! Moves: what one engagement says about one pair of an actor and a group.

use std::num::NonZeroU32;

use sha2::{Digest as _, Sha256};

use super::contact;
use crate::domain::{
    date::{DateSpan, Day, PartialDate},
    fold::{
        registry::Redirects,
        telling::{Content, Direction},
    },
    id::{ActorId, GroupId},
    plover,
    statement::{Ceasefire, Engagement, Representation},
    vocabulary::{AgreementStage, CeasefireClass, Channel, Disclosure, EngagementKind, Level},
};

/// What one engagement says about one pair of a PRINCIPAL actor and a PRINCIPAL group. Twenty bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// What happened.
    pub kind: EngagementKind,
    /// How they were in touch.
    pub channel: Channel,
    /// How it became known.
    pub disclosure: Disclosure,
    /// At what level the actor was represented.
    pub actor_level: Level,
    /// At what level the group was represented.
    pub group_level: Level,
    /// What belongs to its kind alone.
    pub detail: Detail,
}

/// What belongs to some kinds of engagement only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// How far the agreement goes.
    Agreement(AgreementStage),
    /// The ceasefire.
    Truce(Truce),
    /// The mission.
    Mission(Representation),
}

/// A ceasefire, as far as the pair goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truce {
    /// Who of the two holds its fire.
    pub held_by: HeldBy,
    /// How far it goes.
    pub class: CeasefireClass,
    /// Its last day by its terms; `None`: open-ended. Of a fact that nobody contests only the last day it can be is kept: how
    /// exactly it is given matters to claims.
    pub ends_on: Option<PartialDate>,
    /// What it covers; `None`: not said. Of a fact that nobody contests it is not kept: only claims are held against it.
    pub scope: Option<Scope>,
}

/// What a ceasefire covers, as far as telling one scope from another goes: the first bytes of the SHA-256 of the words, in
/// lower case with single spaces and without a full stop at the end. Two that are worded otherwise are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope(NonZeroU32);

impl Scope {
    /// That of these words; `None`: there are none.
    pub fn of(coverage: &str) -> Option<Scope> {
        let words: Vec<String> = coverage.split_whitespace().map(str::to_lowercase).collect();
        let text = words.join(" ");
        let text = text.trim_end_matches('.');
        let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let [a, b, c, d, ..] = hash;
        // The lowest bit is given up, so that no text comes to nought.
        let number = u32::from_be_bytes([a, b, c, d]) | 1;
        (!text.is_empty()).then(|| NonZeroU32::new(number).map(Scope)).flatten()
    }

    /// As a number that is not 0.
    pub(super) const fn number(self) -> NonZeroU32 {
        self.0
    }

    /// The scope of that number.
    pub(super) const fn from_number(number: NonZeroU32) -> Scope {
        Scope(number)
    }
}

/// Who of the pair holds its fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeldBy {
    /// Neither is named among the sides: the ceasefire is between others.
    Neither,
    /// One of them: it is unilateral.
    One,
    /// Both.
    Both,
}

impl Move {
    /// Stands where a move is to be written and there is none.
    pub(super) const NOTHING: Move = Move {
        kind: EngagementKind::ContactRemote,
        channel: Channel::Unknown,
        disclosure: Disclosure::Public,
        actor_level: Level::Unknown,
        group_level: Level::Unknown,
        detail: Detail::None,
    };

    /// What the engagement says about this pair; `None` unless both took part as principals.
    pub fn of(engagement: &Engagement, actor: &ActorId, group: &GroupId) -> Option<Move> {
        let (_, of_actor) = engagement.principal_actors().find(|(id, _)| *id == actor)?;
        let (_, of_group) = engagement.principal_groups().find(|(id, _)| *id == group)?;
        let detail = if let Some(agreement) = &engagement.agreement {
            Detail::Agreement(agreement.stage)
        } else if let Some(ceasefire) = &engagement.ceasefire {
            Detail::Truce(Truce::of(ceasefire, actor, group))
        } else {
            engagement.representation.map_or(Detail::None, Detail::Mission)
        };
        Some(Move {
            kind: engagement.kind,
            channel: engagement.channel,
            disclosure: engagement.disclosure,
            actor_level: of_actor.level,
            group_level: of_group.level,
            detail,
        })
    }

    /// The same of a group with several identities.
    pub fn of_any<'a>(
        engagement: &Engagement,
        actor: &ActorId,
        names: impl IntoIterator<Item = &'a GroupId>,
    ) -> Option<Move> {
        let told = names.into_iter().filter_map(|group| Move::of(engagement, actor, group));
        told.reduce(|one, other| if other.goes_further(&one) { other } else { one })
    }

    /// Its score on the scale of PLOVER; 0: it has none.
    pub fn score(&self) -> f64 {
        plover::coding(self.kind).score
    }
}

impl Truce {
    fn of(ceasefire: &Ceasefire, actor: &ActorId, group: &GroupId) -> Truce {
        let is_side = |slug: &str| ceasefire.sides.iter().any(|side| side == slug);
        let held_by = match (is_side(actor.as_str()), is_side(group.as_str())) {
            (true, true) => HeldBy::Both,
            (false, false) => HeldBy::Neither,
            (true, false) | (false, true) => HeldBy::One,
        };
        let (class, ends_on) = (ceasefire.class, ceasefire.ends_on);
        Truce { held_by, class, ends_on, scope: Scope::of(&ceasefire.coverage) }
    }

    /// Whether the two are not the same ceasefire: others hold their fire, it covers other things, or it has another last
    /// day. What one of them leaves unsaid is no difference.
    fn differs(self, other: Truce) -> bool {
        let is_said = |truce: Truce| truce.held_by != HeldBy::Neither;
        let scopes = self.scope.zip(other.scope);
        let last = self.ends_on.zip(other.ends_on);
        is_said(self) && is_said(other) && self.held_by != other.held_by
            || scopes.is_some_and(|(a, b)| a != b)
            || last.is_some_and(|(a, b)| !DateSpan::from(a).agrees_with(b.into()))
    }

    /// The last day it can last.
    pub fn last(self) -> Option<Day> {
        self.ends_on.map(PartialDate::upper)
    }
}

impl Content for Move {
    /// Force first: a strike on the day a ceasefire takes effect was most likely before it, and the day should not end
    /// in a violation that nobody reported. Then ends and refusals: what ends and begins anew on one day goes on.
    fn act_rank(&self) -> u8 {
        use EngagementKind as Kind;
        match self.kind {
            Kind::Strike | Kind::CeasefireViolated => 0,
            Kind::TalksRejected
            | Kind::TalksHalted
            | Kind::CeasefireEnded
            | Kind::RecognitionDenied
            | Kind::RecognitionWithdrawn
            | Kind::MissionClosed
            | Kind::EnvoyExpelled => 1,
            _ => 2,
        }
    }

    fn direction(&self) -> Direction {
        let score = self.score();
        if 0.0 < score {
            Direction::Up
        } else if score < 0.0 {
            Direction::Down
        } else {
            Direction::Level
        }
    }

    /// One that denies the scope of a ceasefire denies the ceasefire that the other tells of. Missions of two levels, or of
    /// two directions, are two; so are agreements of two stages; and who was recognised was not only met.
    fn contradicts(&self, other: &Move, _: &Redirects) -> bool {
        let details = match (self.detail, other.detail) {
            (Detail::Truce(one), Detail::Truce(another)) => one.differs(another),
            (Detail::Mission(one), Detail::Mission(another)) => one != another,
            (Detail::Agreement(one), Detail::Agreement(another)) => one != another,
            _ => false,
        };
        let said = self.says_of_recognition() || other.says_of_recognition();
        details || said && self.kind != other.kind || self.direction().is_opposite(other.direction())
    }

    /// What happened was something else, at another level, or a truce that goes further or has a last day. Meetings bear each
    /// other out, of whatever kind they are.
    fn says_otherwise(&self, won: &Move, _: &Redirects) -> bool {
        let kinds = self.kind != won.kind && !(self.is_meeting() && won.is_meeting());
        let truces = match (self.detail, won.detail) {
            (Detail::Truce(claim), Detail::Truce(won)) => {
                claim.class != won.class || claim.ends_on.is_some() && won.ends_on.is_none()
            }
            _ => false,
        };
        kinds || truces || contact::is_of_another_level(self, won)
    }

    /// Of a ceasefire between three, of whom two are one, more may be said under one name than under the other.
    fn goes_further(&self, other: &Move) -> bool {
        match (self.detail, other.detail) {
            (Detail::Truce(one), Detail::Truce(another)) => another.held_by < one.held_by,
            _ => false,
        }
    }

    fn is_denied_by_silence(&self) -> bool {
        true
    }

    fn is_disputed_by_silence(&self) -> bool {
        false
    }
}

impl Move {
    /// Whether the two met, wherever and with whomever else.
    fn is_meeting(&self) -> bool {
        let moves = plover::coding(self.kind).moves;
        moves == plover::Moves::Contact && self.kind != EngagementKind::ContactRemote
    }

    /// Whether it says what the two call each other.
    fn says_of_recognition(&self) -> bool {
        matches!(
            self.kind,
            EngagementKind::Recognition
                | EngagementKind::RecognitionDenied
                | EngagementKind::RecognitionWithdrawn
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fold::Telling,
        statement::{Participant, Party},
        vocabulary::Role,
    };

    fn engagement(sides: &[&str]) -> Engagement {
        let participant = |party, role, level| Participant {
            party,
            role,
            level,
            person: String::new(),
            office: String::new(),
        };
        let actor =
            |slug: &str, role| participant(Party::Actor(slug.parse().unwrap()), role, Level::SpecialEnvoy);
        let group =
            |slug: &str| participant(Party::Group(slug.parse().unwrap()), Role::Principal, Level::Leader);
        let ceasefire = Ceasefire {
            sides: sides.iter().map(ToString::to_string).collect(),
            class: CeasefireClass::Preliminary,
            coverage: String::new(),
            ends_on: Some("2025-02".parse().unwrap()),
        };
        Engagement {
            kind: EngagementKind::CeasefireInForce,
            participants: vec![
                actor("us", Role::Principal),
                actor("il", Role::Principal),
                actor("qa", Role::Mediator),
                group("hamas"),
            ],
            channel: Channel::Unknown,
            track: None,
            disclosure: Disclosure::Public,
            venue: String::new(),
            pillars: Vec::new(),
            process: String::new(),
            agreement: None,
            ceasefire: Some(ceasefire),
            representation: None,
        }
    }

    fn check(sides: &[&str], pair: (&str, &str), expected: Option<HeldBy>) {
        let (actor, group) = (pair.0.parse().unwrap(), pair.1.parse().unwrap());
        let found = Move::of(&engagement(sides), &actor, &group);
        let held_by = found.map(|found| {
            assert_eq!((found.actor_level, found.group_level), (Level::SpecialEnvoy, Level::Leader));
            match found.detail {
                Detail::Truce(truce) => {
                    assert_eq!(truce.last(), Day::new(2025, 2, 28).ok());
                    truce.held_by
                }
                other => panic!("{other:?}"),
            }
        });
        assert_eq!(held_by, expected, "{sides:?} {pair:?}");
    }

    #[test]
    fn of_a_pair() {
        check(&["il", "hamas"], ("il", "hamas"), Some(HeldBy::Both));
        check(&["il", "hamas"], ("us", "hamas"), Some(HeldBy::One));
        check(&["il"], ("us", "hamas"), Some(HeldBy::Neither));
        check(&["hamas"], ("il", "hamas"), Some(HeldBy::One));
        check(&["il", "hamas"], ("qa", "hamas"), None);
        check(&["il", "hamas"], ("il", "pij"), None);
        check(&["il", "hamas"], ("eg", "hamas"), None);
    }

    #[test]
    fn of_a_group_with_two_identities() {
        for (sides, expected) in [
            (&["il", "hamas"][..], HeldBy::Both),
            (&["il", "qassam"], HeldBy::Both),
            (&["qassam"], HeldBy::One),
            (&["hamas", "qassam"], HeldBy::One),
            (&["us"], HeldBy::Neither),
        ] {
            let mut engagement = engagement(sides);
            let hamas = engagement.participants.last().cloned().unwrap();
            let qassam = Participant { party: Party::Group("qassam".parse().unwrap()), ..hamas };
            engagement.participants.push(qassam);
            let il = "il".parse().unwrap();
            for names in [["hamas", "qassam"], ["qassam", "hamas"]] {
                let names: Vec<GroupId> = names.iter().map(|name| name.parse().unwrap()).collect();
                let found = Move::of_any(&engagement, &il, &names).unwrap();
                let Detail::Truce(truce) = found.detail else { panic!("{found:?}") };
                assert_eq!(truce.held_by, expected, "{sides:?} {names:?}");
            }
        }
    }

    #[test]
    fn long_histories_fit_in_memory() {
        assert!(size_of::<Move>() <= 20, "{}", size_of::<Move>());
        assert!(size_of::<Telling<Move>>() <= 60, "{}", size_of::<Telling<Move>>());
    }
}
