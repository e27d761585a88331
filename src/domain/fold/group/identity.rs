//! Identity: the kind, names and external ids of a group at a date.

use super::GroupFact;
use crate::domain::{
    date::{Day, PartialDate},
    fold::{
        Provenance, Standing,
        registry::{entry_at, is_within},
    },
    statement::{ExternalId, Name},
    status::group::NameStatus,
    vocabulary::{Assertion, GroupKind, NameKind},
};

/// Who a group is at a date.
pub struct Identity {
    /// What kind of group.
    pub kind: GroupKind,
    /// The primary name; before the first one was borne, that one.
    pub name: String,
    /// Every name borne by the date, with its kind at the date.
    pub names: Vec<NameStatus>,
    /// External ids valid at the date.
    pub external_ids: Vec<ExternalId>,
}

/// A name on record.
struct Borne<'a> {
    name: &'a Name,
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

/// Who the group is, from what stands of its history; `None` when no registration does.
pub fn identity(standing: &[Standing<'_, GroupFact>], valid_at: Day) -> Option<Identity> {
    let registrations = standing.iter().filter(|fact| fact.content.registration().is_some());
    let entry = entry_at(registrations, valid_at)?;
    let it = entry.content.registration()?;
    let registered = it.names.iter().map(|name| Borne { name, from: name.from, fact: entry });
    let moving = standing.iter().filter(|fact| fact.assertion != Assertion::Denied);
    let named = moving.filter_map(|fact| {
        let name = &fact.content.naming()?.name;
        Some(Borne { name, from: name.from.or(Some(fact.effective.start())), fact })
    });
    let all: Vec<Borne<'_>> = registered.chain(named).collect();
    let primary = primary_at(&all, valid_at)?;
    let begun = all.iter().filter(|borne| borne.has_begun(valid_at));
    Some(Identity {
        kind: it.kind,
        name: primary.name.text.clone(),
        names: begun.map(|borne| status_of(borne, primary, valid_at)).collect(),
        external_ids: it
            .external_ids
            .iter()
            .filter(|id| is_within(valid_at, id.from, id.until))
            .cloned()
            .collect(),
    })
}

/// The primary name that counts: of those in use the one that began last; with none in use the last that had begun; and
/// before any has begun, the first to come. Of several that began together, the first on record.
fn primary_at<'b, 'a>(all: &'b [Borne<'a>], valid_at: Day) -> Option<&'b Borne<'a>> {
    let primaries = || all.iter().filter(|borne| borne.name.kind == NameKind::Primary);
    let last = |last: &'b Borne<'a>, next: &'b Borne<'a>| if last.from < next.from { next } else { last };
    let in_use = primaries().filter(|borne| borne.is_in_use(valid_at)).reduce(last);
    let begun = || primaries().filter(|borne| borne.has_begun(valid_at)).reduce(last);
    in_use.or_else(begun).or_else(|| primaries().min_by_key(|borne| borne.from))
}

fn status_of(borne: &Borne<'_>, primary: &Borne<'_>, valid_at: Day) -> NameStatus {
    let replaced = borne.name.kind == NameKind::Primary && borne.from < primary.from;
    let given_up = !borne.is_in_use(valid_at);
    NameStatus {
        text: borne.name.text.clone(),
        kind: if replaced || given_up { NameKind::Former } else { borne.name.kind },
        language: borne.name.language.clone(),
        script: borne.name.script.clone(),
        from: borne.from,
        until: borne.name.until,
        provenance: Provenance::of(borne.fact),
    }
}
