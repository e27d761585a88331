//! Identities: actors, groups, names, lineage, life, regimes.

use super::vocabulary;

vocabulary! {
    /// What kind of actor it is.
    ActorKind {
        /// A state, by its ISO 3166-1 alpha-2 code.
        State = 1 "STATE",
        /// An intergovernmental organisation.
        Igo = 2 "IGO",
        /// An authority of a state or organisation that acts in its own name.
        Authority = 3 "AUTHORITY",
        /// Any other body that acts as a state does, such as an administration in control of territory.
        Other = 4 "OTHER",
    }
}

vocabulary! {
    /// What kind of group it is.
    GroupKind {
        /// An organisation.
        Organisation = 1 "ORGANISATION",
        /// A part of an organisation that is treated as a group of its own.
        Wing = 2 "WING",
        /// Several groups acting under one name.
        Alliance = 3 "ALLIANCE",
        /// An organ of a state.
        StateOrgan = 4 "STATE_ORGAN",
        /// A listed person, who goes through the same machine as a group.
        Individual = 5 "INDIVIDUAL",
    }
}

vocabulary! {
    /// What a name is to its bearer.
    NameKind {
        /// The name it goes by.
        Primary = 1 "PRIMARY",
        /// Another name in good use; the lists' "strong" or "good quality" a.k.a.
        Alias = 2 "ALIAS",
        /// A name too vague to identify by itself; the lists' "weak" or "low quality" a.k.a.
        WeakAlias = 3 "WEAK_ALIAS",
        /// A name it has given up; the lists' f.k.a.
        Former = 4 "FORMER",
    }
}

vocabulary! {
    /// Whose numbering an external id belongs to.
    ExternalIdScheme {
        /// The permanent reference number of the UN consolidated list, such as `QDe.137`.
        UnReference = 1 "UN_REFERENCE",
        /// The entity number of the OFAC SDN list.
        OfacEntity = 2 "OFAC_ENTITY",
        /// The entry in the list of an EU act, such as `II.B.10`.
        EuEntry = 3 "EU_ENTRY",
        /// The actor id of the Uppsala Conflict Data Program.
        UcdpActor = 4 "UCDP_ACTOR",
        /// A Wikidata item, such as `Q38799`.
        Wikidata = 5 "WIKIDATA",
    }
}

vocabulary! {
    /// How one group comes from, or belongs to, another.
    LineageKind {
        /// The same group under another name: both ends may be the same group.
        Renamed = 1 "RENAMED",
        /// It broke away from the other.
        SplinteredFrom = 2 "SPLINTERED_FROM",
        /// It broke away from the other for a time.
        TemporarySplit = 3 "TEMPORARY_SPLIT",
        /// It came back to the other.
        Reunited = 4 "REUNITED",
        /// It and others formed the other.
        MergedIntoNew = 5 "MERGED_INTO_NEW",
        /// The other took it in.
        AbsorbedBy = 6 "ABSORBED_BY",
        /// It is the umbrella of the other.
        UmbrellaOf = 7 "UMBRELLA_OF",
        /// It is a wing of the other, and shares what the other as a whole is subject to.
        WingOf = 8 "WING_OF",
        /// It is a member of the other, an alliance.
        MemberOf = 9 "MEMBER_OF",
        /// It has pledged itself to the other.
        AffiliatedTo = 10 "AFFILIATED_TO",
        /// It has left the other.
        Disaffiliated = 11 "DISAFFILIATED",
        /// It became the other, a political party; the other end may be left out.
        BecameParty = 12 "BECAME_PARTY",
        /// It became the government; the other end may be left out.
        BecameGovernment = 13 "BECAME_GOVERNMENT",
    }
}

vocabulary! {
    /// The life of the organisation, apart from what anybody's list says.
    LifecycleState {
        /// It acts.
        Active = 1 "ACTIVE",
        /// It exists and does not act.
        Dormant = 2 "DORMANT",
        /// It governs a state, in law or in fact.
        Governing = 3 "GOVERNING",
        /// It is a political party.
        PoliticalParty = 4 "POLITICAL_PARTY",
        /// It says that it has dissolved itself.
        DissolvedDeclared = 5 "DISSOLVED_DECLARED",
        /// Its dissolution has been verified by others.
        DissolvedVerified = 6 "DISSOLVED_VERIFIED",
        /// It is back after having dissolved.
        Reconstituted = 7 "RECONSTITUTED",
        /// It was defeated and has ceased to act.
        Defeated = 8 "DEFEATED",
    }
}

vocabulary! {
    /// What being listed under a regime brings about in law.
    LegalEffect {
        /// Funds and economic resources are frozen.
        AssetFreeze = 1 "ASSET_FREEZE",
        /// Entry and transit are refused.
        TravelBan = 2 "TRAVEL_BAN",
        /// Arms may not be supplied.
        ArmsEmbargo = 3 "ARMS_EMBARGO",
        /// Financial services may not be provided.
        FinancialServicesBan = 4 "FINANCIAL_SERVICES_BAN",
        /// Giving material support is a crime.
        MaterialSupportCrime = 5 "MATERIAL_SUPPORT_CRIME",
        /// Membership is a crime.
        MembershipCrime = 6 "MEMBERSHIP_CRIME",
        /// Inviting or expressing support is a crime.
        SupportCrime = 7 "SUPPORT_CRIME",
        /// Members are inadmissible as immigrants or visitors.
        Inadmissibility = 8 "INADMISSIBILITY",
        /// Third parties who deal with it risk sanctions themselves.
        SecondarySanctionsRisk = 9 "SECONDARY_SANCTIONS_RISK",
        /// Its claims are not satisfied.
        ClaimsBar = 10 "CLAIMS_BAR",
        /// Only police and judicial cooperation is stepped up.
        PoliceCooperationOnly = 11 "POLICE_COOPERATION_ONLY",
        /// A reward is offered for information.
        RewardOffered = 12 "REWARD_OFFERED",
    }
}

vocabulary! {
    /// Whether listings under a regime also bind others than its authority.
    Inheritance {
        /// They bind in the authority's own jurisdiction only.
        None = 1 "NONE",
        /// They bind every member of the authority, from the day of its membership.
        Members = 2 "MEMBERS",
    }
}
