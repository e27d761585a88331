//! Identity: the kind, names and external ids of a group at a date.

use std::collections::{BTreeMap, BTreeSet};

use super::GroupFact;
use crate::domain::{
    date::{Day, PartialDate},
    fold::{
        Provenance, Standing,
        registry::{entry_at, is_within},
    },
    id::GroupId,
    statement::{ExternalId, Name},
    status::group::NameStatus,
    vocabulary::{GroupKind, NameKind},
};

/// Who a group is at a date.
pub struct Identity {
    /// What kind of group.
    pub kind: GroupKind,
    /// The primary name; before the first one was borne, that one. One that has none goes by its id.
    pub name: String,
    /// Every name borne by the date, with its kind at the date.
    pub names: Vec<NameStatus>,
    /// External ids valid at the date.
    pub external_ids: Vec<ExternalId>,
    /// External ids that had been valid before.
    pub former_ids: Vec<ExternalId>,
}

/// A name on record.
struct Borne<'a> {
    name: &'a Name,
    /// What it is to the group: a primary name of an identity that was merged into it is an alias.
    kind: NameKind,
    /// The first day; `None`: always.
    from: Option<PartialDate>,
    fact: &'a Standing<'a, GroupFact>,
}

impl Borne<'_> {
    fn has_begun(&self, valid_at: Day) -> bool {
        is_within(valid_at, self.from, None)
    }

    fn is_in_use(&self, valid_at: Day) -> bool {
        is_within(valid_at, self.from, self.name.until)
    }
}

/// Who the group is, from what stands of its history and those of the identities that were merged into it; `None` when no
/// registration of its own does.
pub fn identity(group: &GroupId, standing: &[Standing<'_, GroupFact>], valid_at: Day) -> Option<Identity> {
    let entries = entries(standing, valid_at);
    let it = entries.get(group)?.content.registration()?;
    let kind_of = |of: &GroupId, name: &Name| match name.kind {
        NameKind::Primary if of != group => NameKind::Alias,
        kind => kind,
    };
    // Its own names first: of several that began together, the first on record is the primary one.
    let others = entries.iter().filter(|(of, _)| **of != group);
    let registered = entries.get(group).map(|entry| (group, entry)).into_iter();
    let registered = registered.chain(others.map(|(of, entry)| (*of, entry)));
    let registered = registered.flat_map(|(of, entry)| {
        let names = entry.content.registration().into_iter().flat_map(|it| &it.names);
        names.map(move |name| Borne { name, kind: kind_of(of, name), from: name.from, fact: entry })
    });
    let named = standing.iter().filter(|fact| fact.moves()).filter_map(|fact| {
        let naming = fact.content.naming()?;
        let name = &naming.name;
        let from = name.from.or(Some(fact.effective.start()));
        Some(Borne { name, kind: kind_of(&naming.group, name), from, fact })
    });
    let all: Vec<Borne<'_>> = registered.chain(named).collect();
    let primary = primary_at(&all, valid_at);
    let begun = all.iter().filter(|borne| borne.has_begun(valid_at));
    let ids = external_ids(&entries, valid_at).into_iter();
    let (external_ids, former_ids) = ids.partition(|id| is_within(valid_at, id.from, id.until));
    Some(Identity {
        kind: it.kind,
        name: primary.map_or_else(|| group.to_string(), |primary| primary.name.text.clone()),
        names: begun.map(|borne| status_of(borne, primary, valid_at)).collect(),
        external_ids,
        former_ids,
    })
}

/// The registration that counts at the date, of each identity that has one.
fn entries<'a, 's>(
    standing: &'a [Standing<'s, GroupFact>],
    valid_at: Day,
) -> BTreeMap<&'a GroupId, &'a Standing<'s, GroupFact>> {
    let registered: BTreeSet<&GroupId> =
        standing.iter().filter_map(|fact| Some(&fact.content.registration()?.group)).collect();
    let entry = |group: &'a GroupId| {
        let own =
            standing.iter().filter(|fact| fact.content.registration().is_some_and(|it| it.group == *group));
        Some((group, entry_at(own, valid_at)?))
    };
    registered.into_iter().filter_map(entry).collect()
}

/// The external ids that were valid by the date, each once.
fn external_ids(entries: &BTreeMap<&GroupId, &Standing<'_, GroupFact>>, valid_at: Day) -> Vec<ExternalId> {
    let mut found: Vec<ExternalId> = Vec::new();
    let registered = entries.values().filter_map(|entry| entry.content.registration());
    for id in registered.flat_map(|it| &it.external_ids) {
        if is_within(valid_at, id.from, None) && !found.contains(id) {
            found.push(id.clone());
        }
    }
    found
}

/// The primary name that counts: of those in use the one that began last; with none in use the last that had begun; and
/// before any has begun, the first to come. Of several that began together, the first on record.
fn primary_at<'b, 'a>(all: &'b [Borne<'a>], valid_at: Day) -> Option<&'b Borne<'a>> {
    let primaries = || all.iter().filter(|borne| borne.kind == NameKind::Primary);
    let last = |last: &'b Borne<'a>, next: &'b Borne<'a>| if last.from < next.from { next } else { last };
    let in_use = primaries().filter(|borne| borne.is_in_use(valid_at)).reduce(last);
    let begun = || primaries().filter(|borne| borne.has_begun(valid_at)).reduce(last);
    in_use.or_else(begun).or_else(|| primaries().min_by_key(|borne| borne.from))
}

fn status_of(borne: &Borne<'_>, primary: Option<&Borne<'_>>, valid_at: Day) -> NameStatus {
    let earlier = |primary: &&Borne<'_>| borne.from < primary.from;
    let replaced = primary.filter(|_| borne.kind == NameKind::Primary).filter(earlier);
    let given_up = !borne.is_in_use(valid_at);
    NameStatus {
        text: borne.name.text.clone(),
        kind: if replaced.is_some() || given_up { NameKind::Former } else { borne.kind },
        language: borne.name.language.clone(),
        script: borne.name.script.clone(),
        from: borne.from,
        until: borne.name.until,
        provenance: Provenance::of(borne.fact),
        replaced_by: replaced.map(|primary| primary.fact.position),
    }
}
