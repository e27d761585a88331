//! The status of a group: everything the other files of the folder find, put together.

use super::{
    Groups,
    alias::{outlived, redirect},
    disputes::{claimed, disputes},
    effects::{divergence, flags, legal_effects},
    identity::identity,
    inherited::{Bearing, inherited, reaching},
    leads::leads,
    life::{lifecycle, lineage},
};
use crate::domain::{
    as_of::AsOf,
    fold::{
        designation::{Designations, Machine, designations},
        registry::Regimes,
    },
    id::{GroupId, RegimeId},
    status::group::{Anomaly, Designation, EngagementCounts, GroupCounts, GroupStatus},
    vocabulary::GroupFlag,
};

/// A question for the status of a group.
#[derive(Debug)]
pub struct GroupQuestion<'a, G: ?Sized> {
    /// The group.
    pub group: &'a GroupId,
    /// Where its history is found, and those of the groups it is a wing of.
    pub groups: &'a G,
    /// The regimes under the same cuts.
    pub regimes: &'a Regimes,
    /// The regimes whose listings are to be shown, NONE included; empty: all with something on record. Nothing but
    /// the listings shown depends on it.
    pub asked: &'a [RegimeId],
    /// What its relationships count.
    pub engagements: EngagementCounts,
    /// The cuts.
    pub as_of: AsOf,
}

/// The status of a group; `None` when no registration of it stands under the cuts.
pub fn group_status<G: Groups + ?Sized>(question: &GroupQuestion<'_, G>) -> Option<GroupStatus> {
    let GroupQuestion { group, groups, regimes, asked, engagements, as_of } = *question;
    let valid_at = as_of.valid_at;
    let standing = groups.standing(group, as_of)?;
    let identity = identity(group, &standing, valid_at)?;
    let lifecycle = lifecycle(&standing, valid_at);
    let Designations { mut listings, mut upcoming, mut anomalies, acts, .. } =
        designations(&standing, regimes, valid_at);
    redirect(&mut listings, groups, as_of);
    let reaching = reaching(group, &standing, groups, regimes, as_of);
    // What is alike in both stays in valid-time order.
    upcoming.sort_by(|a, b| (a.date, &a.what).cmp(&(b.date, &b.what)));
    anomalies.extend(disputes(group, &standing, valid_at));
    anomalies.extend(outlived(group, &standing, &listings, groups, regimes, as_of));
    for listing in &listings {
        let ends = regimes.get(&listing.regime).into_iter().flat_map(|terms| &terms.disputes);
        let bears =
            |it: &&Anomaly| listing.alternatives.iter().any(|lost| it.events.contains(&lost.position));
        for it in ends.filter(bears) {
            if !anomalies.contains(it) {
                anomalies.push(it.clone());
            }
        }
    }
    anomalies.iter_mut().for_each(|anomaly| anomaly.claim_for(group));
    // Of one date they stay as they were found: by listing, in valid-time order.
    anomalies.sort_by_key(|anomaly| anomaly.date);
    let mut lineage = lineage(&standing, valid_at);
    // Identities that proved to be one have no descent from each other.
    lineage.retain(|it| {
        let other = it.other.as_ref().map(|other| groups.survivor(other, as_of));
        other.is_none_or(|other| other != groups.survivor(&it.group, as_of))
    });
    Some(GroupStatus {
        group: group.clone(),
        kind: identity.kind,
        name: identity.name,
        names: identity.names,
        external_ids: identity.external_ids,
        inherited: inherited(group, &listings, &reaching, groups, regimes, as_of),
        legal_effects: legal_effects(listings.iter().map(|it| (it, None)), regimes),
        inherited_effects: legal_effects(
            reaching.iter().map(|it| (&it.designation, it.through.as_ref())),
            regimes,
        ),
        lineage,
        flags: flags(&listings, lifecycle.as_ref()),
        lifecycle,
        divergence: divergence(&listings, &reaching, regimes, valid_at),
        designations: shown(listings, asked, question),
        upcoming,
        anomalies,
        counts: GroupCounts { engagements, designation_acts: acts },
        leads: leads(&standing, valid_at),
        claimed: claimed(&standing, valid_at),
    })
}

/// What a group shows in a matrix: a part of its status.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The primary name at the date.
    pub name: String,
    /// Its own listings, by regime and component.
    pub listings: Vec<Designation>,
    /// Listings that reach it through other groups.
    pub reaching: Vec<Bearing>,
    /// What deserves notice.
    pub flags: Vec<GroupFlag>,
}

/// The part of the status of a group that a matrix shows, without the cost of the rest.
pub fn listed<G: Groups + ?Sized>(question: &GroupQuestion<'_, G>) -> Option<Listed> {
    let GroupQuestion { group, groups, regimes, as_of, .. } = *question;
    let valid_at = as_of.valid_at;
    let standing = groups.standing(group, as_of)?;
    let name = identity(group, &standing, valid_at)?.name;
    let mut listings = designations(&standing, regimes, valid_at).listings;
    redirect(&mut listings, groups, as_of);
    let flags = flags(&listings, lifecycle(&standing, valid_at).as_ref());
    Some(Listed { name, reaching: reaching(group, &standing, groups, regimes, as_of), listings, flags })
}

/// The listings under the regimes asked for. What is listed of the group as a whole is told of each, even where the act is
/// about a part of it.
fn shown<G: ?Sized>(
    mut listings: Vec<Designation>,
    asked: &[RegimeId],
    question: &GroupQuestion<'_, G>,
) -> Vec<Designation> {
    if asked.is_empty() {
        return listings;
    }
    listings.retain(|it| asked.contains(&it.regime));
    for regime in asked {
        if listings.iter().all(|it| it.regime != *regime || it.component.is_some()) {
            let blank = Machine::new(question.group, regime, None, question.regimes.get(regime));
            listings.push(blank.finish(question.as_of.valid_at).designation);
        }
    }
    listings.sort_by(|a, b| (&a.regime, &a.component).cmp(&(&b.regime, &b.component)));
    listings
}
