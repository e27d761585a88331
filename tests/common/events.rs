//! Events for tests, as a client would send them.

use chancery::wire::v1;

/// An event with this id that says this.
pub fn event(id: &str, effective_on: &str, statement: v1::fact::Statement) -> v1::Event {
    let source = v1::Source {
        publisher: "Gazette".to_owned(),
        title: "No 1".to_owned(),
        kind: v1::SourceKind::LegalAct.into(),
        ..v1::Source::default()
    };
    let fact = v1::Fact {
        effective_on: effective_on.to_owned(),
        sources: vec![source],
        statement: Some(statement),
        ..v1::Fact::default()
    };
    v1::Event { event_id: id.to_owned(), body: Some(v1::event::Body::Fact(fact)) }
}

/// An id made of a number.
pub fn id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// A state is entered in the registry.
pub fn actor(number: u64, slug: &str) -> v1::Event {
    let registered = v1::ActorRegistered {
        actor: slug.to_owned(),
        kind: v1::ActorKind::State.into(),
        name: format!("State of {slug}"),
        memberships: Vec::new(),
    };
    event(&id(number), "1974", v1::fact::Statement::ActorRegistered(registered))
}

/// A group is entered in the registry.
pub fn group(number: u64, slug: &str) -> v1::Event {
    let name =
        v1::Name { text: format!("Group {slug}"), kind: v1::NameKind::Primary.into(), ..v1::Name::default() };
    let registered = v1::GroupRegistered {
        group: slug.to_owned(),
        kind: v1::GroupKind::Organisation.into(),
        names: vec![name],
        external_ids: Vec::new(),
    };
    event(&id(number), "1990", v1::fact::Statement::GroupRegistered(registered))
}

/// A regime is entered in the registry.
pub fn regime(number: u64, slug: &str, authority: &str) -> v1::Event {
    let registered = v1::RegimeRegistered {
        regime: slug.to_owned(),
        authority: authority.to_owned(),
        title: format!("Act of {authority}"),
        legal_effects: vec![v1::LegalEffect::AssetFreeze.into()],
        ..v1::RegimeRegistered::default()
    };
    event(&id(number), "1996", v1::fact::Statement::RegimeRegistered(registered))
}

/// An act about the listing of a whole group.
pub fn act(number: u64, date: &str, group: &str, regime: &str, act: v1::Act) -> v1::Event {
    let act = v1::DesignationAct {
        group: group.to_owned(),
        regime: regime.to_owned(),
        act: act.into(),
        ..v1::DesignationAct::default()
    };
    event(&id(number), date, v1::fact::Statement::DesignationAct(act))
}

/// A meeting of an actor with a group.
pub fn meeting(number: u64, date: &str, actor: &str, group: &str) -> v1::Event {
    let party = |party| v1::Participant { party: Some(party), ..v1::Participant::default() };
    let engagement = v1::Engagement {
        kind: v1::EngagementKind::Meeting.into(),
        participants: vec![
            party(v1::participant::Party::Actor(actor.to_owned())),
            party(v1::participant::Party::Group(group.to_owned())),
        ],
        channel: v1::Channel::DirectInPerson.into(),
        ..v1::Engagement::default()
    };
    event(&id(number), date, v1::fact::Statement::Engagement(engagement))
}
