//! The fold of a relationship between an actor and a group: facets, headline, flags and score at any valid date.
//!
//! [`Move::of`] takes from an engagement what concerns one pair. [`Dealings`] hold all that is on record about the pair,
//! and what stands of it makes a [`Line`], which answers at every date. There is one fold: the line that is kept current
//! and the line made for an as-of question run the same.

mod chunks;
mod conflict;
mod contact;
mod contest;
mod dealings;
mod dealt;
mod growth;
mod headline;
mod line;
mod moves;
mod packed;
mod process;
mod recognition;
mod score;
mod state;
mod step;
mod told;
mod window;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod grounds;
#[cfg(test)]
mod notation;

pub use dealings::{Dealings, Effect};
pub use dealt::Dealt;
pub use growth::{Growth, Tally};
pub use line::Line;
pub use moves::{Detail, HeldBy, Move, Truce};
pub use packed::Packed;
pub use told::Told;
