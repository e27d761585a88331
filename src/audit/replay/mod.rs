//! Replays: the changes of a status one after the other, through valid time or through record time.
//!
//! Cost, for a relationship with n moves and g acts about its group: in valid time n · (a fold from the nearest kept state) and
//! g · (a fold of the g acts); in record time, for n events, n · (an insertion, and a fold from the nearest kept state before
//! the valid date). For a group with g acts: g · (a fold of the g acts) both ways. The read models are asked a few moments at a
//! time, so that what is recorded meanwhile does not wait.

mod record;
mod stay;
mod valid;

pub use record::RecordReplay;
pub use stay::{Stay, recently};
pub use valid::ValidReplay;

use jiff::Timestamp;

use super::{Caused, Matter, NoFieldError};
use crate::{
    domain::{
        date::Day,
        status::field::{Field, Part, canonical, is_below, name_in},
    },
    position::Position,
    projection::UnknownError,
};

/// Moments of a replay at which something can change.
pub const MOMENTS_MAX: usize = 20_000;
/// Moments between which the read models are let go.
pub const MOMENTS_AT_ONCE: usize = 64;

/// Why a replay does not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It is not on record.
    #[error(transparent)]
    Unknown(#[from] UnknownError),
    /// Too much can change in the range.
    #[error(
        "the status can change at {moments} moments of the range, more than the {MOMENTS_MAX} allowed; narrow it"
    )]
    TooLong {
        /// How many.
        moments: usize,
    },
}

/// What changed at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The valid date.
    pub valid_on: Day,
    /// The position.
    pub position: Position,
    /// When that was recorded, in record time.
    pub recorded_at: Option<Timestamp>,
    /// What changed, by path.
    pub changes: Vec<Caused>,
}

/// The fields that a replay follows: those named and below them, or all that say where the subject stands.
#[derive(Clone, Debug, Default)]
pub struct Wanted(Vec<String>);

impl Wanted {
    /// Those at these paths; none: all that say where the subject stands. Refused is the first that no status of the kind has,
    /// with its index; one that merely has no value yet is not.
    pub fn new(matter: &Matter, paths: &[String]) -> Result<Wanted, (usize, NoFieldError)> {
        let known = matter.field_names();
        match paths.iter().position(|path| !known.contains(&name_in(path))) {
            None => Ok(Wanted(paths.iter().map(|path| canonical(path).to_owned()).collect())),
            Some(index) => {
                let path = paths.get(index).map(|path| path.chars().take(100).collect()).unwrap_or_default();
                Err((index, NoFieldError { path, known: known.iter().map(ToString::to_string).collect() }))
            }
        }
    }

    /// Drops the fields that are not followed.
    pub fn keep(&self, mut fields: Vec<Field>) -> Vec<Field> {
        fields.retain(|field| match self.0.as_slice() {
            [] => field.part == Part::Standing,
            named => named.iter().any(|path| field.path == *path || is_below(&field.path, path)),
        });
        fields
    }
}

fn bounded<T>(moments: Vec<T>) -> Result<std::collections::VecDeque<T>, ReplayError> {
    match moments.len() {
        few if few <= MOMENTS_MAX => Ok(moments.into()),
        moments => Err(ReplayError::TooLong { moments }),
    }
}
