//! Recognition and representation: what the two call each other, and the missions they keep.

use super::{
    contest::{Contests, Ground},
    moves::Detail,
    step::{Held, Mark, Step},
};
use crate::domain::{
    fold::Provenance,
    status::relationship::{RecognitionFacet, RepresentationFacet},
    vocabulary::{Direction, EngagementKind, Recognition, RepresentationLevel},
};

/// Recognition, and the missions both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// What was said expressly.
    explicit: Option<Held<Recognition>>,
    /// The mission event with which dealings at embassy level began that stand against what was said: nothing, or an
    /// earlier refusal or withdrawal.
    dealings: Option<Mark>,
    of_actor: Option<Held<RepresentationLevel>>,
    of_group: Option<Held<RepresentationLevel>>,
}

impl State {
    pub(super) fn apply(&mut self, step: &Step) {
        let said = match step.what.kind {
            EngagementKind::Recognition => Some(Recognition::DeJure),
            EngagementKind::RecognitionDenied => Some(Recognition::Denied),
            EngagementKind::RecognitionWithdrawn => Some(Recognition::Withdrawn),
            _ => None,
        };
        if let Some(value) = said {
            self.explicit = Some(Held::after(self.explicit, value, step.mark));
            self.dealings = None;
        }
        if let Detail::Mission(mission) = step.what.detail {
            let held = match mission.direction {
                Direction::OfActor => &mut self.of_actor,
                Direction::OfGroup => &mut self.of_group,
            };
            *held = Some(Held::after(*held, mission.level, step.mark));
            let recognised = self.explicit.is_some_and(|it| it.value == Recognition::DeJure);
            if self.embassies().next().is_none() {
                self.dealings = None;
            } else if is_embassy(mission.level) && !recognised {
                self.dealings = self.dealings.or(Some(step.mark));
            }
        }
    }

    /// Recognition. A mission never makes it DE_JURE, and an express refusal after the mission's last event stands.
    pub(super) fn recognition(&self, contests: &Contests) -> RecognitionFacet {
        if let Some(began) = self.dealings {
            // The mission with which they began may have become another since.
            let events =
                std::iter::once(began.position).chain(self.embassies().flat_map(|held| held.events()));
            return RecognitionFacet {
                value: Recognition::DeFactoDealings,
                since: Some(began.effective),
                provenance: contests.provenance(events, Ground::Derived),
            };
        }
        let Some(held) = self.explicit else {
            return RecognitionFacet {
                value: Recognition::None,
                since: None,
                provenance: Provenance::default(),
            };
        };
        RecognitionFacet {
            value: held.value,
            since: Some(held.set.effective),
            provenance: contests.provenance(held.events(), Ground::Stated { heard: held.heard }),
        }
    }

    /// Representation in one direction: the last level given.
    pub(super) fn representation(&self, direction: Direction, contests: &Contests) -> RepresentationFacet {
        let held = match direction {
            Direction::OfActor => self.of_actor,
            Direction::OfGroup => self.of_group,
        };
        let level = held.map_or(RepresentationLevel::None, |it| it.value);
        let since = held.filter(|_| level != RepresentationLevel::None).map(|it| it.set.effective);
        let provenance = held.map_or_else(Provenance::default, |it| {
            contests.provenance(it.events(), Ground::Stated { heard: it.heard })
        });
        RepresentationFacet { level, since, provenance }
    }

    /// The missions at embassy level.
    fn embassies(&self) -> impl Iterator<Item = Held<RepresentationLevel>> {
        [self.of_actor, self.of_group].into_iter().flatten().filter(|held| is_embassy(held.value))
    }
}

/// Whether a mission is an embassy, whoever heads it.
pub(super) fn is_embassy(level: RepresentationLevel) -> bool {
    (RepresentationLevel::EmbassyCharge..=RepresentationLevel::EmbassyAmbassador).contains(&level)
}
