//! Search: who goes, or went, by a name at a date.

use super::Store;
use crate::domain::{
    as_of::AsOf,
    date::PartialDate,
    fold::{
        group::{Groups as _, identity},
        registry::ActorStatus,
    },
    id::GroupId,
    spelling::Spelling,
    subject::Subject,
    vocabulary::{ExternalIdScheme, NameKind},
};

/// Less alike than this is not found.
const LIKENESS_MIN: f64 = 0.6;

/// A group or actor, and the name by which it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Who.
    pub subject: Subject,
    /// Its primary name at the date.
    pub name: String,
    /// What matched.
    pub matched: Matched,
    /// How alike the two are, from 0 to 1.
    pub likeness: f64,
}

/// What matched a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The name, short name or number.
    pub text: String,
    /// What it is.
    pub what: Designator,
    /// Its first day.
    pub from: Option<PartialDate>,
    /// Its last day.
    pub until: Option<PartialDate>,
}

/// What a text that stands for somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Designator {
    /// The short name, or one that has been merged into it.
    Slug,
    /// The name of an actor.
    ActorName,
    /// A name of a group, with its kind at the date.
    Name(NameKind),
    /// A number or key.
    ExternalId(ExternalIdScheme),
}

impl Matched {
    fn plain(text: &str, what: Designator) -> Matched {
        Matched { text: text.to_owned(), what, from: None, until: None }
    }
}

impl Store {
    /// The groups and actors that go, or went by the date, by a name like this, the best first.
    pub fn search(&self, query: &str, as_of: AsOf) -> Vec<Hit> {
        let query = Spelling::of(query);
        let groups = self.group_ids(as_of).filter_map(|group| self.group_hit(group, &query, as_of));
        let actors = self.actors.values().filter_map(|history| {
            let actor = ActorStatus::fold(history, as_of)?;
            let names = vec![
                Matched::plain(&actor.name, Designator::ActorName),
                Matched::plain(actor.actor.as_str(), Designator::Slug),
            ];
            best(Subject::Actor(actor.actor), actor.name, names, &query)
        });
        let mut hits: Vec<Hit> = groups.chain(actors).collect();
        hits.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then_with(|| a.subject.cmp(&b.subject)));
        hits
    }

    fn group_hit(&self, group: &GroupId, query: &Spelling, as_of: AsOf) -> Option<Hit> {
        let standing = self.standing(group, as_of)?;
        let identity = identity(group, &standing, as_of.valid_at)?;
        let redirects = self.redirects(as_of);
        let slugs = std::iter::once(group).chain(redirects.merged_into(group));
        let names = identity.names.iter().map(|name| Matched {
            text: name.text.clone(),
            what: Designator::Name(name.kind),
            from: name.from,
            until: name.until,
        });
        let ids = identity.external_ids.iter().chain(&identity.former_ids).map(|id| Matched {
            text: id.value.clone(),
            what: Designator::ExternalId(id.scheme),
            from: id.from,
            until: id.until,
        });
        let slugs = slugs.map(|slug| Matched::plain(slug.as_str(), Designator::Slug));
        best(Subject::Group(group.clone()), identity.name, names.chain(slugs).chain(ids).collect(), query)
    }
}

/// The name that is most like what is looked for; of several, a name in good use before others.
fn best(subject: Subject, name: String, names: Vec<Matched>, query: &Spelling) -> Option<Hit> {
    let mut found: Option<(f64, Matched)> = None;
    for matched in names {
        let spelled = Spelling::of(&matched.text);
        let alike = match matched.what {
            // A number is the same or another one.
            Designator::ExternalId(_) => query.likeness(&spelled).floor(),
            Designator::Slug | Designator::ActorName | Designator::Name(_) => query.likeness(&spelled),
        };
        let worth = match matched.what {
            Designator::Name(NameKind::WeakAlias) => alike * 0.98,
            Designator::Name(NameKind::Former) => alike * 0.99,
            _ => alike,
        };
        if LIKENESS_MIN <= worth && found.as_ref().is_none_or(|(best, _)| *best < worth) {
            found = Some((worth, matched));
        }
    }
    found.map(|(likeness, matched)| Hit { subject, name, matched, likeness })
}
