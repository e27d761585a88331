//! The rules a fold decides by and the contradictions it notices.

use super::vocabulary;

vocabulary! {
    /// How a claim that lost stands to the one that won (fold rule 4).
    ClaimStance {
        /// It agrees all the same: neither is it of another date, beyond its precision, nor does it say what cannot be so as
        /// well. What it leaves unsaid is no difference.
        Agrees = 1 "AGREES",
        /// It says otherwise, and does not make the winner disputed: its source is too far below that of the winner, or what it
        /// says is neither of another date nor opposed, such as another name or level.
        Differs = 2 "DIFFERS",
        /// It contradicts the winner, and is of nearly the same rank: the winner is disputed.
        Disputes = 3 "DISPUTES",
    }
}

vocabulary! {
    /// The rule that decided between facts, or made a value.
    FoldRule {
        /// One fact speaks to it; nothing contradicts it.
        Sole = 1 "SOLE",
        /// The latest in effect at the date wins.
        LatestEffective = 2 "LATEST_EFFECTIVE",
        /// The claim with the better source rank won.
        SourceRank = 3 "SOURCE_RANK",
        /// Of claims with equal source rank the more credible won.
        Credibility = 4 "CREDIBILITY",
        /// Of claims equal in rank and credibility the first recorded won.
        EarliestPosition = 5 "EARLIEST_POSITION",
        /// The highest level within 365 days counts.
        HighestLevel = 6 "HIGHEST_LEVEL",
        /// Time changed it: a last day that a fact gave has passed, or it is inferred from time alone. Never stored.
        ElapsedTime = 7 "ELAPSED_TIME",
        /// List snapshots are evidence of it; no act is known.
        Observation = 8 "OBSERVATION",
        /// It follows from other facets.
        Derived = 9 "DERIVED",
    }
}

vocabulary! {
    /// What contradiction was noticed. The record keeps it and shows it.
    AnomalyRule {
        /// An act presumes a listing that is not on record; the listing is taken to have begun on an unknown day before.
        ActWithoutListing = 1 "ACT_WITHOUT_LISTING",
        /// An act cannot apply in the state the listing was in; the state did not change;
        /// or it ends a challenge or an exemption that is not on record.
        ActWithoutEffect = 2 "ACT_WITHOUT_EFFECT",
        /// A list still shows an entry after the listing ended.
        PresentAfterEnd = 3 "PRESENT_AFTER_END",
        /// Claims of sources of nearly the same rank disagree.
        ClaimsDisagree = 4 "CLAIMS_DISAGREE",
        /// An act lists, keeps, changes, begins or exempts under a regime that had ended.
        ActUnderEndedRegime = 5 "ACT_UNDER_ENDED_REGIME",
        /// An entry is in force as an alias of a listing that has ended under the same regime.
        AliasOutlivesListing = 6 "ALIAS_OUTLIVES_LISTING",
    }
}

vocabulary! {
    /// Whether a contradiction stands.
    AnomalyState {
        /// It stands.
        Open = 1 "OPEN",
        /// It stood on the record once; what was recorded since has removed it.
        Settled = 2 "SETTLED",
    }
}
