//! In which ways something can be due.

use super::vocabulary;

vocabulary! {
    /// In which way something is due.
    DueKind {
        /// An act takes effect.
        TakesEffect = 1 "TAKES_EFFECT",
        /// A listing, suspension, exemption or ceasefire has its last day.
        Expires = 2 "EXPIRES",
        /// A review is due by that day.
        Review = 3 "REVIEW",
    }
}
