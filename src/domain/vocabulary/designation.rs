//! Acts about listings and the states they lead to.

use super::vocabulary;

vocabulary! {
    /// What a competent authority, a court or an observer did about a listing.
    Act {
        /// A process that may end in a listing was begun.
        Initiated = 1 "INITIATED",
        /// It was listed.
        Listed = 2 "LISTED",
        /// It was listed as an alias of another group's listing (`scope.alias_of`).
        ListedAsAlias = 3 "LISTED_AS_ALIAS",
        /// What was an alias got its own listing; coverage is continuous.
        SplitToOwnListing = 4 "SPLIT_TO_OWN_LISTING",
        /// Its listing was merged into another group's (`scope.alias_of`); coverage is continuous.
        MergedIntoListing = 5 "MERGED_INTO_LISTING",
        /// The entry was amended: names, identifiers, grounds.
        Amended = 6 "AMENDED",
        /// What part of the group the listing covers was changed.
        ScopeChanged = 7 "SCOPE_CHANGED",
        /// The listing was reviewed and kept.
        Maintained = 8 "MAINTAINED",
        /// The listing was suspended.
        Suspended = 9 "SUSPENDED",
        /// A suspended or ended listing was put back in force.
        Resumed = 10 "RESUMED",
        /// The listing was revoked.
        Delisted = 11 "DELISTED",
        /// The listing ran out.
        Expired = 12 "EXPIRED",
        /// A court annulled the acts that list it.
        Annulled = 13 "ANNULLED",
        /// A court annulled the acts and kept their effects for the time being.
        AnnulledEffectsMaintained = 14 "ANNULLED_EFFECTS_MAINTAINED",
        /// A higher court set the annulment aside.
        AnnulmentReversed = 15 "ANNULMENT_REVERSED",
        /// The listing was challenged before a court or reviewer.
        Challenged = 16 "CHALLENGED",
        /// The challenge ended without changing the listing.
        ChallengeClosed = 17 "CHALLENGE_CLOSED",
        /// An exemption from the effects was granted, until `expires_on` if given.
        ExemptionGranted = 18 "EXEMPTION_GRANTED",
        /// The exemption ended.
        ExemptionEnded = 19 "EXEMPTION_ENDED",
        /// The entry was seen in a list. Evidence, not an act.
        ObservedPresent = 20 "OBSERVED_PRESENT",
        /// The entry was missing from a list. Evidence, not an act.
        ObservedAbsent = 21 "OBSERVED_ABSENT",
    }
}

vocabulary! {
    /// Where the listing of one group under one regime stands, for one scope.
    DesignationState {
        /// Not listed, and nothing pending.
        None = 1 "NONE",
        /// A process has begun, or a listing is announced; nothing is in force.
        Proposed = 2 "PROPOSED",
        /// Listed; the effects are in force.
        Active = 3 "ACTIVE",
        /// Listed, with the effects suspended.
        Suspended = 4 "SUSPENDED",
        /// Annulled by a court that kept the effects in force.
        AnnulledStayed = 5 "ANNULLED_STAYED",
        /// Was listed; the authority revoked it.
        Delisted = 6 "DELISTED",
        /// Was listed; a court annulled it.
        Annulled = 7 "ANNULLED",
        /// Was listed; the listing ran out or the regime ended. Nobody delisted it.
        Lapsed = 8 "LAPSED",
        /// Was listed; it is missing from the lists since, and no act is known.
        InferredEnded = 9 "INFERRED_ENDED",
    }
}

vocabulary! {
    /// On what footing a group is covered.
    Basis {
        /// Its own listing.
        Own = 1 "OWN",
        /// As an alias of another group's listing.
        AliasOf = 2 "ALIAS_OF",
        /// A component of it is listed, not the whole.
        Component = 3 "COMPONENT",
    }
}
