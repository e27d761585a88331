//! What is told of a relationship, fact by fact: where each stands, and from when on it was known, without what it means.

use super::{dealings::Dealings, packed::Packed};
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        fold::{Place, Standing},
        vocabulary::Label,
    },
    position::Position,
};

/// What an engagement that nobody contests says of when it was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its event.
    pub position: Position,
    /// The first day it was known to be coming, or was in effect.
    heralded: Day,
    /// The first day it may have been public.
    disclosed: Day,
    /// Who may see it.
    label: Label,
}

impl Told {
    /// Whether it is about the time up to a day, and the asker may see it.
    pub fn is_before(&self, day: Day, as_of: AsOf) -> bool {
        self.label <= as_of.clearance && self.heralded <= day
    }

    /// Whether it was public by the end of a day.
    pub fn is_public(&self, day: Day) -> bool {
        self.disclosed <= day
    }
}

impl Dealings {
    /// The engagements that nobody contests.
    pub fn plain(&self) -> impl Iterator<Item = Told> {
        let told = self.line.moves().filter_map(Packed::telling);
        told.map(|it| Told {
            position: it.position,
            heralded: it.heralded,
            disclosed: it.disclosed,
            label: it.label,
        })
    }

    /// The engagements that nobody contests, each with its place, in no particular order; `None`: it does not count under the
    /// cuts.
    pub fn plain_places(&self, as_of: AsOf) -> impl Iterator<Item = (Position, Option<Place>)> {
        self.line.moves().filter_map(move |it| {
            let telling = it.telling()?;
            let place = it.is_known(as_of).then(|| Place::of(&Standing::sole(&telling)));
            Some((telling.position, place))
        })
    }

    /// The places of the engagements that stand under the cuts, in order. The valid date does not cut.
    pub fn places(&self, as_of: AsOf) -> Vec<Place> {
        let known = self.line.moves().filter(|it| it.is_known(as_of)).filter_map(Packed::telling);
        let plain = known.map(|it| Place::of(&Standing::sole(&it)));
        let families = self.families.values().filter_map(|family| family.standing(as_of));
        let contested = families.map(|it| Place::of(&it));
        let mut places: Vec<Place> = plain.chain(contested).collect();
        places.sort_unstable();
        places
    }
}
