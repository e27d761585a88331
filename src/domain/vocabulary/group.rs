//! What deserves notice about a group.

use super::vocabulary;

vocabulary! {
    /// What deserves notice about a group.
    GroupFlag {
        /// It has dissolved itself and a listing is still in force.
        ListedButDissolved = 1 "LISTED_BUT_DISSOLVED",
        /// It governs and a listing is still in force.
        GoverningButListed = 2 "GOVERNING_BUT_LISTED",
    }
}
