//! Engagements: what happened, who took part, how, at what level.

use super::vocabulary;

vocabulary! {
    /// What happened between state actors and groups. Each kind has a PLOVER event and mode, a CAMEO code and a score from −10 to +10.
    EngagementKind {
        /// They spoke at a distance. PLOVER CONSULT-phone, CAMEO 041, score 1.5.
        ContactRemote = 1 "CONTACT_REMOTE",
        /// They met. PLOVER CONSULT, CAMEO 040, score 2.5.
        Meeting = 2 "MEETING",
        /// The actor visited the group. PLOVER CONSULT-visit, CAMEO 042, score 4.
        VisitToGroup = 3 "VISIT_TO_GROUP",
        /// The group visited the actor. PLOVER CONSULT-visit, CAMEO 043, score 4.
        VisitByGroup = 4 "VISIT_BY_GROUP",
        /// They met in a third country. PLOVER CONSULT-third-party, CAMEO 044, score 1.
        ThirdCountryTalks = 5 "THIRD_COUNTRY_TALKS",
        /// They met among others. PLOVER CONSULT-multilateral, CAMEO 040, score 4.
        MultilateralMeeting = 6 "MULTILATERAL_MEETING",
        /// A round of negotiation. PLOVER CONSULT, CAMEO 046, score 2.5.
        Negotiation = 7 "NEGOTIATION",
        /// A round of mediated talks. PLOVER CONSULT, CAMEO 045, score 2.5.
        Mediation = 8 "MEDIATION",
        /// Talks were offered. PLOVER AGREE, CAMEO 036, score 2.5.
        TalksOffered = 9 "TALKS_OFFERED",
        /// Talks were rejected. PLOVER REJECT-meet, CAMEO 125, score −2.
        TalksRejected = 10 "TALKS_REJECTED",
        /// Talks were broken off. PLOVER SANCTION-withdraw, CAMEO 164, score −6.
        TalksHalted = 11 "TALKS_HALTED",
        /// A side committed itself to a step. PLOVER CONCEDE, CAMEO 03x, score 4.5.
        Commitment = 12 "COMMITMENT",
        /// An agreement was signed. PLOVER SUPPORT, CAMEO 057, score 5.
        AgreementSigned = 13 "AGREEMENT_SIGNED",
        /// A ceasefire was declared. PLOVER CONCEDE, CAMEO 0871, score 4.5.
        CeasefireDeclared = 14 "CEASEFIRE_DECLARED",
        /// A ceasefire entered into force. PLOVER RETREAT-ceasefire, CAMEO 0871, score 7.5.
        CeasefireInForce = 15 "CEASEFIRE_IN_FORCE",
        /// A ceasefire was violated. PLOVER ASSAULT, CAMEO 196, score −9.
        CeasefireViolated = 16 "CEASEFIRE_VIOLATED",
        /// A ceasefire was ended. No PLOVER event, CAMEO 196, score 0.
        CeasefireEnded = 17 "CEASEFIRE_ENDED",
        /// Prisoners or hostages were released. PLOVER RETREAT-release, CAMEO 0841, score 6.5.
        PrisonerRelease = 18 "PRISONER_RELEASE",
        /// Humanitarian access was given. PLOVER RETREAT-access, CAMEO 0863, score 6.5.
        HumanitarianAccess = 19 "HUMANITARIAN_ACCESS",
        /// Aid was given. PLOVER AID, CAMEO 073, score 10.
        Aid = 20 "AID",
        /// Security cooperation. PLOVER COOPERATE, CAMEO 062, score 9.5.
        SecurityCooperation = 21 "SECURITY_COOPERATION",
        /// Intelligence was shared. PLOVER COOPERATE, CAMEO 064, score 9.5.
        IntelligenceSharing = 22 "INTELLIGENCE_SHARING",
        /// An economic deal. PLOVER COOPERATE, CAMEO 061, score 9.5.
        EconomicDeal = 23 "ECONOMIC_DEAL",
        /// Judicial cooperation. PLOVER COOPERATE, CAMEO 063, score 9.5.
        JudicialCooperation = 24 "JUDICIAL_COOPERATION",
        /// Weapons were laid down. PLOVER RETREAT-disarm, CAMEO 0873, score 10.
        Disarmament = 25 "DISARMAMENT",
        /// Forces were withdrawn. PLOVER RETREAT-withdraw, CAMEO 0872, score 8.
        Withdrawal = 26 "WITHDRAWAL",
        /// Recognition was given. PLOVER SUPPORT, CAMEO 054, score 5.
        Recognition = 27 "RECOGNITION",
        /// Recognition was refused. PLOVER REJECT, no CAMEO code, score −2.
        RecognitionDenied = 28 "RECOGNITION_DENIED",
        /// Recognition was withdrawn. PLOVER SANCTION-withdraw, CAMEO 161, score −6.
        RecognitionWithdrawn = 29 "RECOGNITION_WITHDRAWN",
        /// A mission was opened (`representation`). PLOVER SUPPORT, CAMEO 050, score 5.
        MissionOpened = 30 "MISSION_OPENED",
        /// A mission's level was changed (`representation`). PLOVER SUPPORT, CAMEO 050, score 5.
        MissionLevelChanged = 31 "MISSION_LEVEL_CHANGED",
        /// A mission was closed (`representation`). PLOVER SANCTION-withdraw, CAMEO 161, score −6.
        MissionClosed = 32 "MISSION_CLOSED",
        /// An envoy was accredited (`representation`). PLOVER SUPPORT, CAMEO 050, score 5.
        EnvoyAccredited = 33 "ENVOY_ACCREDITED",
        /// An envoy was expelled (`representation`). PLOVER SANCTION-expel, CAMEO 166, score −5.5.
        EnvoyExpelled = 34 "ENVOY_EXPELLED",
        /// Support was voiced in public. PLOVER SUPPORT, CAMEO 051, score 5.
        PublicSupport = 35 "PUBLIC_SUPPORT",
        /// Criticism was voiced. PLOVER ACCUSE, CAMEO 111, score −2.
        Criticism = 36 "CRITICISM",
        /// A threat was made. PLOVER THREATEN, CAMEO 13x, score −3.5.
        Threat = 37 "THREAT",
        /// Sanctions other than listings were eased. PLOVER CONCEDE, CAMEO 085, score 4.5.
        SanctionsEased = 38 "SANCTIONS_EASED",
        /// Sanctions other than listings were imposed. PLOVER SANCTION, CAMEO 163, score −6.
        SanctionsImposed = 39 "SANCTIONS_IMPOSED",
        /// Force was used. PLOVER ASSAULT, CAMEO 190, score −9.
        Strike = 40 "STRIKE",
        /// Arrests were made. PLOVER COERCE-arrest, CAMEO 173, score −7.
        Arrest = 41 "ARREST",
        /// People were expelled. PLOVER COERCE-deport, CAMEO 174, score −7.
        Expulsion = 42 "EXPULSION",
        /// A step in the actor's own institutions. PLOVER CONCEDE, CAMEO 083, score 4.5.
        DomesticProcessStep = 43 "DOMESTIC_PROCESS_STEP",
    }
}

vocabulary! {
    /// What a participant did. Dyads are formed of PRINCIPAL actors and PRINCIPAL groups.
    Role {
        /// Took part on its own behalf.
        Principal = 1 "PRINCIPAL",
        /// Mediated.
        Mediator = 2 "MEDIATOR",
        /// Hosted.
        Host = 3 "HOST",
        /// Guaranteed the result.
        Guarantor = 4 "GUARANTOR",
        /// Witnessed.
        Witness = 5 "WITNESS",
        /// Observed.
        Observer = 6 "OBSERVER",
        /// Carried messages.
        Messenger = 7 "MESSENGER",
    }
}

vocabulary! {
    /// At what level a participant was represented; the first part is for actors, in order, the second for groups.
    Level {
        /// A head of state.
        HeadOfState = 1 "HEAD_OF_STATE",
        /// A head of government.
        HeadOfGovernment = 2 "HEAD_OF_GOVERNMENT",
        /// A foreign minister.
        ForeignMinister = 3 "FOREIGN_MINISTER",
        /// Another minister.
        Minister = 4 "MINISTER",
        /// A deputy minister.
        DeputyMinister = 5 "DEPUTY_MINISTER",
        /// A special envoy.
        SpecialEnvoy = 6 "SPECIAL_ENVOY",
        /// An ambassador.
        Ambassador = 7 "AMBASSADOR",
        /// A chargé d'affaires.
        Charge = 8 "CHARGE",
        /// A senior official.
        SeniorOfficial = 9 "SENIOR_OFFICIAL",
        /// Officials at working level.
        Technical = 10 "TECHNICAL",
        /// Military officers.
        Military = 11 "MILITARY",
        /// Intelligence officers.
        Intelligence = 12 "INTELLIGENCE",
        /// Members of parliament.
        Parliament = 13 "PARLIAMENT",
        /// Local authorities.
        LocalAuthority = 14 "LOCAL_AUTHORITY",
        /// Officials of an intergovernmental organisation.
        IgoOfficial = 15 "IGO_OFFICIAL",
        /// People of a non-governmental organisation.
        Ngo = 16 "NGO",
        /// Not known.
        Unknown = 17 "UNKNOWN",
        /// The group's leader.
        Leader = 18 "LEADER",
        /// Members of the group's political bureau.
        PoliticalBureau = 19 "POLITICAL_BUREAU",
        /// The group's negotiators.
        Negotiator = 20 "NEGOTIATOR",
        /// Commanders of the group.
        Commander = 21 "COMMANDER",
        /// A spokesperson of the group.
        Spokesperson = 22 "SPOKESPERSON",
        /// Another representative of the group.
        Representative = 23 "REPRESENTATIVE",
    }
}

vocabulary! {
    /// How they were in touch.
    Channel {
        /// Directly, face to face.
        DirectInPerson = 1 "DIRECT_IN_PERSON",
        /// Directly, at a distance.
        DirectRemote = 2 "DIRECT_REMOTE",
        /// Through somebody who went back and forth.
        Shuttle = 3 "SHUTTLE",
        /// Through another state.
        IntermediaryState = 4 "INTERMEDIARY_STATE",
        /// Through an intergovernmental organisation.
        IntermediaryIgo = 5 "INTERMEDIARY_IGO",
        /// Through a non-governmental organisation.
        IntermediaryNgo = 6 "INTERMEDIARY_NGO",
        /// Through local people.
        IntermediaryLocal = 7 "INTERMEDIARY_LOCAL",
        /// By letter.
        Letter = 8 "LETTER",
        /// Through signals in the media.
        MediaSignal = 9 "MEDIA_SIGNAL",
        /// Not known; counted as direct for kinds that are contact by nature.
        Unknown = 10 "UNKNOWN",
    }
}

vocabulary! {
    /// The diplomatic track.
    Track {
        /// Track 1: officials.
        One = 1 "ONE",
        /// Track 1.5: officials and others, unofficially.
        OneAndAHalf = 2 "ONE_AND_A_HALF",
        /// Track 2: non-officials.
        Two = 3 "TWO",
        /// Track 3: people to people.
        Three = 4 "THREE",
        /// A back channel.
        Backchannel = 5 "BACKCHANNEL",
        /// A local arrangement.
        Local = 6 "LOCAL",
    }
}

vocabulary! {
    /// How the engagement became known.
    Disclosure {
        /// In public from the start.
        Public = 1 "PUBLIC",
        /// Confirmed by one side.
        ConfirmedByOne = 2 "CONFIRMED_BY_ONE",
        /// Leaked.
        Leaked = 3 "LEAKED",
        /// Denied by those concerned.
        Denied = 4 "DENIED",
        /// Secret at the time, disclosed later.
        SecretLaterDisclosed = 5 "SECRET_LATER_DISCLOSED",
    }
}

vocabulary! {
    /// What matters an engagement was about.
    Pillar {
        /// Military.
        Military = 1 "MILITARY",
        /// Legal.
        Legal = 2 "LEGAL",
        /// Political.
        Political = 3 "POLITICAL",
        /// Social and economic.
        SocioEconomic = 4 "SOCIO_ECONOMIC",
    }
}

vocabulary! {
    /// How far an agreement goes.
    AgreementStage {
        /// About talks to come.
        PreNegotiation = 1 "PRE_NEGOTIATION",
        /// A ceasefire agreement.
        Ceasefire = 2 "CEASEFIRE",
        /// Some of the substance.
        Partial = 3 "PARTIAL",
        /// The whole of the substance.
        Comprehensive = 4 "COMPREHENSIVE",
        /// About carrying out an earlier one.
        Implementation = 5 "IMPLEMENTATION",
        /// Renews an earlier one.
        Renewal = 6 "RENEWAL",
    }
}

vocabulary! {
    /// How far a ceasefire goes.
    CeasefireClass {
        /// A cessation of hostilities, without machinery.
        Cessation = 1 "CESSATION",
        /// A preliminary ceasefire, with some machinery.
        Preliminary = 2 "PRELIMINARY",
        /// A definitive ceasefire: the end of the armed conflict.
        Definitive = 3 "DEFINITIVE",
    }
}

vocabulary! {
    /// The level of a mission, in order.
    RepresentationLevel {
        /// No mission.
        None = 1 "NONE",
        /// An interests section.
        InterestsSection = 2 "INTERESTS_SECTION",
        /// A liaison office.
        LiaisonOffice = 3 "LIAISON_OFFICE",
        /// A technical mission.
        TechnicalMission = 4 "TECHNICAL_MISSION",
        /// A consulate.
        Consulate = 5 "CONSULATE",
        /// An embassy under a chargé d'affaires.
        EmbassyCharge = 6 "EMBASSY_CHARGE",
        /// An embassy under a minister or envoy.
        EmbassyMinister = 7 "EMBASSY_MINISTER",
        /// An embassy under an ambassador.
        EmbassyAmbassador = 8 "EMBASSY_AMBASSADOR",
        /// There was a mission; it was withdrawn.
        Withdrawn = 9 "WITHDRAWN",
    }
}

vocabulary! {
    /// Whose mission it is.
    Direction {
        /// The actor's, with the group.
        OfActor = 1 "OF_ACTOR",
        /// The group's, with the actor.
        OfGroup = 2 "OF_GROUP",
    }
}
