//! The registry: what is known of actors and regimes at a date.
//!
//! An identity is known whatever the valid date: of several registrations the last in effect by the date counts, and
//! before the first of them, that one.

mod actor;
mod merge;
mod regime;

pub use actor::{ActorFact, ActorStatus, MembershipTurn};
pub use merge::{MergeFact, Redirects};
pub use regime::{RegimeFact, RegimeStatus, Regimes, Termination};

use super::telling::{Content, Standing};
use crate::domain::{
    date::{Day, PartialDate},
    vocabulary::Assertion,
};

/// The registration that counts at the date, of those in valid-time order.
pub(super) fn entry_at<'a, 's: 'a, C: Content + 'a>(
    registrations: impl Iterator<Item = &'a Standing<'s, C>>,
    valid_at: Day,
) -> Option<&'a Standing<'s, C>> {
    let mut entry = None;
    for registration in registrations.filter(|it| it.assertion != Assertion::Denied) {
        if entry.is_some() && valid_at < registration.effective.lower() {
            break;
        }
        entry = Some(registration);
    }
    entry
}

/// Whether the day lies in the period, by its outermost bounds; an open end has none.
pub(super) fn is_within(day: Day, from: Option<PartialDate>, until: Option<PartialDate>) -> bool {
    from.is_none_or(|from| from.lower() <= day) && until.is_none_or(|until| day <= until.upper())
}
