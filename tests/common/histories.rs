//! Random histories of a small world: facts, claims and record events, with what each must arrive after.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt,
    sync::Arc,
};

use chancery::{
    domain::{
        date::{DateSpan, Day, PartialDate, Precision},
        event::Event,
        fact::{Fact, FactParts},
        id::{EventId, GroupId, RegimeId},
        source::Credibility,
        statement::Statement,
        subject::Subject,
        vocabulary::{Label, SourceKind, Vocabulary as _},
    },
    wire::{
        event::write_event,
        json::{Layout, to_json},
    },
};
use proptest::{array::uniform32, collection::vec, prelude::*};
use uuid::Uuid;

pub use telling::parts;
use telling::{Choices, actor, drop_early_end, group, regime, telling};

#[path = "histories/telling.rs"]
mod telling;

/// The actors of the world.
pub const ACTORS: [&str; 4] = ["us", "un", "eu", "fr"];
/// Its groups.
pub const GROUPS: [&str; 4] = ["a", "b", "c", "d"];
/// Its regimes, each with its authority.
const REGIMES: [(&str, &str); 3] = [("us-fto", "us"), ("un-sc", "un"), ("eu-terr", "eu")];
/// How many registrations make the world.
const WORLD: usize = ACTORS.len() + GROUPS.len() + REGIMES.len();
/// The kinds of statements, some more often than others; the simplest first.
const KINDS: [&str; 20] = [
    "designation_act",
    "designation_act",
    "designation_act",
    "designation_act",
    "designation_act",
    "designation_act",
    "engagement",
    "engagement",
    "engagement",
    "engagement",
    "engagement",
    "engagement",
    "group_named",
    "lifecycle_changed",
    "lineage_recorded",
    "lineage_recorded",
    "regime_terminated",
    "regime_registered",
    "group_registered",
    "actor_registered",
];

/// The rank of a step in each of two orders of arrival.
type Ranks = [u16; 2];

/// An event, and those of the history before it that must arrive before it: what it refers to, and the record event
/// about the same target before it.
pub struct Step {
    /// Its id, the same in whatever order it arrives.
    pub id: EventId,
    /// What it says.
    pub event: Event,
    /// The indexes of earlier steps.
    pub after: BTreeSet<usize>,
    /// Its ranks in the orders of arrival.
    ranks: Ranks,
    /// What others choose it by.
    tag: u8,
}

/// What is said about the world, in one order in which it may arrive.
///
/// No two tellings have the same first day, precision and source rank, and no two of one family the same source rank
/// and credibility, so that position decides nothing (decision 4).
pub struct History {
    /// The events; the registrations of the world first.
    pub steps: Vec<Step>,
}

/// Shown as the JSON Lines that a client would submit.
impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            let line = to_json(&write_event(Some(step.id), &step.event), Layout::Compact);
            writeln!(f, "\n{index} after {:?}: {}", step.after, line.map_err(|_| fmt::Error)?)?;
        }
        Ok(())
    }
}

/// Any history of about `size` events besides the registrations of the world.
pub fn history(size: std::ops::Range<usize>) -> impl Strategy<Value = History> {
    let form = prop_oneof![
        6 => Just(Form::Fact),
        2 => Just(Form::Claim),
        3 => Just(Form::Correction),
        2 => Just(Form::Retraction),
        1 => Just(Form::Reinstatement),
    ];
    let entry = (form, any::<Ranks>(), any::<[u8; 2]>(), uniform32(any::<u8>()));
    (vec(any::<Ranks>(), WORLD), vec(entry, size)).prop_map(|(registrations, entries)| {
        let mut draft = Draft::world(&registrations);
        for (form, ranks, [tag, about], bytes) in entries {
            draft.begin(ranks, tag);
            draft.say(form, about, &mut Choices::new(&bytes));
        }
        History { steps: draft.steps }
    })
}

impl History {
    /// The indexes of the steps in one of the orders of arrival: of those that may arrive next the lowest in rank.
    pub fn order(&self, which: usize) -> Vec<usize> {
        let rank = |index: usize| (self.steps[index].ranks[which], index);
        let mut order = Vec::with_capacity(self.steps.len());
        let mut waiting: BTreeSet<usize> = (0..self.steps.len()).collect();
        while !waiting.is_empty() {
            let free = waiting.iter().filter(|index| self.steps[**index].after.is_disjoint(&waiting));
            let next = *free.min_by_key(|index| rank(**index)).expect("steps come after earlier ones");
            waiting.remove(&next);
            order.push(next);
        }
        order
    }

    /// The events in this order.
    pub fn events(&self, order: &[usize]) -> Vec<(EventId, Event)> {
        order.iter().map(|index| (self.steps[*index].id, self.steps[*index].event.clone())).collect()
    }

    /// What is left in this order of arrival without the events that `clearance` does not reach, and without what
    /// corrects or takes back such an event. Claims of a hidden fact remain, as claims of the first of them.
    pub fn visible(&self, order: &[usize], clearance: Label) -> Vec<(EventId, Event)> {
        let mut visible: Vec<(EventId, Event)> = Vec::new();
        let mut seen: HashSet<EventId> = HashSet::new();
        // The root of every fact, and the first visible fact of every family whose root is hidden.
        let mut roots: BTreeMap<EventId, EventId> = BTreeMap::new();
        let mut heirs: BTreeMap<EventId, EventId> = BTreeMap::new();
        for (id, event) in self.events(order) {
            let root = match &event {
                Event::Fact(fact) => fact.claim_of.and_then(|claimed| roots.get(&claimed).copied()),
                _ => None,
            };
            let root = root.unwrap_or(id);
            roots.insert(id, root);
            let label = event.fact().map_or(Label::Public, |fact| fact.label);
            let event = match event {
                Event::Fact(fact) if label <= clearance => match fact.claim_of {
                    Some(_) => {
                        let heir = *heirs.entry(root).or_insert(id);
                        let claim_of = (heir != id).then_some(heir);
                        Event::Fact(again(&fact, claim_of))
                    }
                    None => {
                        heirs.insert(root, id);
                        Event::Fact(fact)
                    }
                },
                Event::Correction { target, .. } | Event::Retraction { target, .. }
                    if label <= clearance && seen.contains(&target) =>
                {
                    event
                }
                Event::Reinstatement { target, .. } if seen.contains(&target) => event,
                _ => continue,
            };
            seen.insert(id);
            visible.push((id, event));
        }
        visible
    }
}

/// The same fact as a claim of another one, or of none.
fn again(fact: &Fact, claim_of: Option<EventId>) -> Arc<Fact> {
    let parts = FactParts { claim_of, ..FactParts::clone(fact) };
    Arc::new(Fact::new(parts).expect("a claim may be of anything"))
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Fact,
    Claim,
    Correction,
    Retraction,
    Reinstatement,
}

/// A history while it is being made.
struct Draft {
    steps: Vec<Step>,
    /// The ranks and tag of the next step.
    next: (Ranks, u8),
    /// The steps that register the world, by what they register.
    registrations: BTreeMap<Subject, usize>,
    /// Facts that may be claimed and corrected, with their family.
    families: BTreeMap<usize, usize>,
    /// Facts and corrections that may be retracted.
    retractable: Vec<usize>,
    /// The last record event about a step.
    last_about: BTreeMap<usize, usize>,
    /// What would tie.
    places: HashSet<(Day, Precision, SourceKind)>,
    ranks: HashSet<(usize, SourceKind, Credibility)>,
}

impl Draft {
    /// The registrations of the world, public and far back. Some of them may be corrected and retracted.
    fn world(ranks: &[Ranks]) -> Draft {
        let mut draft = Draft {
            steps: Vec::new(),
            next: ([0; 2], 0),
            registrations: BTreeMap::new(),
            families: BTreeMap::new(),
            retractable: Vec::new(),
            last_about: BTreeMap::new(),
            places: HashSet::new(),
            ranks: HashSet::new(),
        };
        let mut zeroes = Choices::new(&[0]);
        let actors = ACTORS.map(|slug| actor(slug.parse().unwrap(), &mut zeroes));
        let groups = GROUPS.map(|slug| group(slug.parse().unwrap(), &mut zeroes));
        let regimes = REGIMES
            .map(|(slug, authority)| regime(slug.parse().unwrap(), authority.parse().unwrap(), &mut zeroes));
        for statement in actors.into_iter().chain(groups).chain(regimes) {
            let index = draft.steps.len();
            draft.begin(ranks[index], 24 * index as u8);
            let registered = statement.subjects().swap_remove(0);
            let since: PartialDate = format!("19{:02}", 70 + index).parse().unwrap();
            let telling = parts(since.into(), statement);
            draft.settle(index, index, telling, None);
            draft.registrations.insert(registered, index);
        }
        // Of each kind one may be lost.
        draft.families.retain(|index, _| [3, 6, 10].contains(index));
        draft.retractable = draft.families.keys().copied().collect();
        draft
    }

    /// Sets the ranks and the tag of the next step.
    fn begin(&mut self, ranks: Ranks, tag: u8) {
        self.next = (ranks, tag);
    }

    /// Of these steps the one with the next higher tag: leaving others out of a history does not change who is meant.
    fn meant(&self, steps: impl Iterator<Item = usize>, about: u8) -> usize {
        steps
            .min_by_key(|index| self.steps[*index].tag.wrapping_sub(about))
            .expect("the world may be corrected")
    }

    fn say(&mut self, form: Form, about: u8, choices: &mut Choices<'_>) {
        let index = self.steps.len();
        match form {
            Form::Fact => {
                let kind = choices.one(&KINDS);
                let telling = telling(choices, kind, None);
                self.settle(index, index, telling, None);
            }
            Form::Claim => {
                let target = self.meant(self.families.keys().copied(), about);
                let family = self.families[&target];
                let mut telling = telling(choices, self.kind(target), self.listing(target));
                telling.claim_of = Some(self.steps[target].id);
                self.settle(index, family, telling, Some(target));
            }
            Form::Correction => {
                let target = self.meant(self.families.keys().copied(), about);
                let family = self.families[&target];
                // Half of the corrections of listings change the listing.
                let listing = self.listing(target).filter(|_| choices.sometimes(8));
                let telling = telling(choices, self.kind(target), listing);
                let replacement = self.place(family, telling);
                let mut after = self.references(&replacement);
                after.extend(self.last_about.insert(target, index));
                after.insert(target);
                let (target, reason) = (self.steps[target].id, "misread".to_owned());
                self.push(after, Event::Correction { target, reason, replacement });
                self.retractable.push(index);
            }
            Form::Retraction | Form::Reinstatement => {
                let target = self.meant(self.retractable.iter().copied(), about);
                let mut after = BTreeSet::from([target]);
                after.extend(self.last_about.insert(target, index));
                let (target, reason) = (self.steps[target].id, "withdrawn".to_owned());
                let event = match form {
                    Form::Retraction => Event::Retraction { target, reason },
                    _ => Event::Reinstatement { target, reason },
                };
                self.push(after, event);
            }
        }
    }

    /// Adds a fact, or a claim of one, that is told without ties.
    fn settle(&mut self, index: usize, family: usize, telling: FactParts, claimed: Option<usize>) {
        let fact = self.place(family, telling);
        let mut after = self.references(&fact);
        after.extend(claimed);
        self.push(after, Event::Fact(fact));
        self.families.insert(index, family);
        self.retractable.push(index);
    }

    /// The fact with its source, credibility, or even date moved until it ties with none.
    fn place(&mut self, family: usize, mut telling: FactParts) -> Arc<Fact> {
        let kinds = SourceKind::ALL.len();
        let mut tries = 0;
        loop {
            let (when, source) = (telling.effective_on, telling.sources[0].kind);
            if self.places.insert((when.lower(), when.precision(), source)) {
                break;
            }
            tries += 1;
            telling.sources[0].kind = SourceKind::ALL[usize::from(source.number()) % kinds];
            if tries % kinds == 0 {
                telling.effective_on = DateSpan::day(when.lower().tomorrow().unwrap());
            }
        }
        let codes = (b'A'..=b'F').flat_map(|letter| (b'1'..=b'6').map(move |digit| [letter, digit]));
        let mut codes = codes.map(|code| std::str::from_utf8(&code).unwrap().parse::<Credibility>().unwrap());
        while !self.ranks.insert((family, telling.sources[0].kind, telling.credibility)) {
            telling.credibility = codes.next().expect("families are small");
        }
        drop_early_end(&mut telling);
        Arc::new(Fact::new(telling).unwrap_or_else(|found| panic!("the generator breaks rules: {found:?}")))
    }

    fn references(&self, fact: &Fact) -> BTreeSet<usize> {
        let mut references = BTreeSet::new();
        fact.statement.references(|_, identity| {
            references.insert(self.registrations[&identity]);
        });
        references
    }

    fn push(&mut self, after: BTreeSet<usize>, event: Event) {
        let id = EventId::new(Uuid::from_u128(self.steps.len() as u128 + 1)).unwrap();
        let (ranks, tag) = self.next;
        self.steps.push(Step { id, event, after, ranks, tag });
    }

    fn statement(&self, fact: usize) -> &Statement {
        &self.steps[fact].event.fact().expect("a fact").statement
    }

    fn kind(&self, fact: usize) -> &'static str {
        self.statement(fact).kind()
    }

    /// The group and regime of an act, which its claims must share.
    fn listing(&self, fact: usize) -> Option<(GroupId, RegimeId)> {
        match self.statement(fact) {
            Statement::DesignationAct(act) => Some((act.group.clone(), act.regime.clone())),
            _ => None,
        }
    }
}
