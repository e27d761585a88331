//! Aliases: entries that stand as aliases of a listing which has ended.

use super::{GroupFact, Groups};
use crate::domain::{
    as_of::AsOf,
    fold::{Standing, designation::designations, registry::Regimes},
    id::GroupId,
    status::group::{Anomaly, Designation, Since},
    subject::Subject,
    vocabulary::AnomalyRule,
};

/// Names the groups that aliases lead to by the identities that answer for them.
pub(super) fn redirect<G: Groups + ?Sized>(listings: &mut [Designation], groups: &G, as_of: AsOf) {
    for alias in listings.iter_mut().filter_map(|listing| listing.alias_of.as_mut()) {
        *alias = groups.survivor(alias, as_of);
    }
}

/// An anomaly for every entry in force as an alias of a group whose own listing under that regime has ended. The entry
/// stays as recorded: some lists strike the aliases with their main entry, others keep them apart. `listings` are the
/// group's own, redirected, and `standing` what they were folded from.
pub(super) fn outlived<G: Groups + ?Sized>(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    listings: &[Designation],
    groups: &G,
    regimes: &Regimes,
    as_of: AsOf,
) -> Vec<Anomaly> {
    let outlived = |alias: &Designation| {
        let main = alias.alias_of.as_ref().filter(|main| *main != group && alias.state.is_in_force())?;
        let own = designations(&groups.standing(main, as_of)?, regimes, as_of.valid_at).listings;
        let mut own = own.into_iter().filter(|it| it.regime == alias.regime && it.component.is_none());
        let ended = own.find(|it| !it.state.is_in_force())?;
        let end = ended.episodes.last()?.end?;
        let entered = standing.iter().find(|fact| Some(fact.position) == alias.details.basis)?;
        let since = match alias.since {
            Since::On(date) if end.on.lower() < date.lower() => date,
            _ => end.on,
        };
        let ends = match ended.state == end.state {
            true => ended.provenance.events,
            // It has been proposed anew since.
            false => ended.details.episodes.last().copied().into_iter().collect(),
        };
        Some(Anomaly {
            rule: AnomalyRule::AliasOutlivesListing,
            subject: Subject::Designation(group.clone(), alias.regime.clone()),
            date: since,
            message: format!(
                "in force as an alias of {main}, whose own listing ended {} ({})",
                end.on, end.state
            ),
            events: std::iter::once(entered.position).chain(ends).collect(),
            root: entered.root,
        })
    };
    listings.iter().filter_map(outlived).collect()
}
