//! What is told of a relationship, fact by fact: where each stands, and from when on it was known, without what it means.

use super::{dealings::Dealings, packed::Packed};
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        fold::{Order, Standing},
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
    /// Who may see it.
    label: Label,
}

/// A fact that stands, by its place in valid-time order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    order: Order,
    /// The first day it was known to be coming, or was in effect.
    pub heralded: Day,
}

impl Told {
    /// Whether it is about the time up to a day, and the asker may see it.
    pub fn is_before(&self, day: Day, as_of: AsOf) -> bool {
        self.label <= as_of.clearance && self.heralded <= day
    }
}

impl Place {
    /// The first day on which it can have taken effect.
    pub const fn effective(&self) -> Day {
        self.order.0
    }

    /// The fact that its claims are claims of.
    pub const fn root(&self) -> Position {
        self.order.4
    }
}

impl Dealings {
    /// The engagements that nobody contests.
    pub fn plain(&self) -> impl Iterator<Item = Told> {
        let told = self.line.moves().filter_map(Packed::telling);
        told.map(|it| Told { position: it.position, heralded: it.heralded, label: it.label })
    }

    /// The places of the engagements that stand under the cuts, in order. The valid date does not cut.
    pub fn places(&self, as_of: AsOf) -> Vec<Place> {
        let known = self.line.moves().filter(|it| it.is_known(as_of)).filter_map(Packed::telling);
        let plain = known.map(|it| Place { order: Standing::sole(&it).order(), heralded: it.heralded });
        let families = self.families.values().filter_map(|family| family.standing(as_of));
        let contested = families.map(|it| Place { order: it.order(), heralded: it.heralded });
        let mut places: Vec<Place> = plain.chain(contested).collect();
        places.sort_unstable();
        places
    }
}
