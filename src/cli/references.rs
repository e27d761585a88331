//! What an event refers to: which earlier lines of a file a line needs in order to be judged.

use std::collections::{BTreeSet, HashMap};

use crate::wire::v1::{self, event::Body, fact::Statement, participant::Party, scope::Coverage};

/// Lines that are not on record, by what they would put there.
#[derive(Debug, Default)]
pub struct Pending {
    places: HashMap<String, usize>,
}

impl Pending {
    /// Remembers that the line at `place` would register an identity or record an event.
    pub fn add(&mut self, event: &v1::Event, place: usize) {
        if let Some(identity) = registers(event) {
            self.places.entry(identity).or_insert(place);
        }
        self.places.insert(format!("event/{}", event.event_id), place);
    }

    /// The places of the lines that these events need, directly or through one another, in order.
    pub fn needed<'a>(
        &self,
        events: impl IntoIterator<Item = &'a v1::Event>,
        at: impl Fn(usize) -> Option<&'a v1::Event>,
    ) -> BTreeSet<usize> {
        let mut needed = BTreeSet::new();
        let mut open: Vec<&v1::Event> = events.into_iter().collect();
        while let Some(event) = open.pop() {
            for reference in refers_to(event) {
                if let Some(place) = self.places.get(&reference)
                    && needed.insert(*place)
                {
                    open.extend(at(*place));
                }
            }
        }
        needed
    }
}

fn registers(event: &v1::Event) -> Option<String> {
    let Some(Body::Fact(fact)) = &event.body else { return None };
    match &fact.statement {
        Some(Statement::ActorRegistered(actor)) => Some(format!("actor/{}", actor.actor)),
        Some(Statement::GroupRegistered(group)) => Some(format!("group/{}", group.group)),
        Some(Statement::RegimeRegistered(regime)) => Some(format!("regime/{}", regime.regime)),
        _ => None,
    }
}

fn refers_to(event: &v1::Event) -> Vec<String> {
    match &event.body {
        Some(Body::Fact(fact)) => fact_refers_to(fact),
        Some(Body::Correction(correction)) => {
            let mut references = correction.replacement.as_ref().map(fact_refers_to).unwrap_or_default();
            references.push(format!("event/{}", correction.target));
            references
        }
        Some(Body::Retraction(retraction)) => vec![format!("event/{}", retraction.target)],
        Some(Body::Reinstatement(reinstatement)) => vec![format!("event/{}", reinstatement.target)],
        None => Vec::new(),
    }
}

fn fact_refers_to(fact: &v1::Fact) -> Vec<String> {
    let group = |slug: &str| format!("group/{slug}");
    let regime = |slug: &str| format!("regime/{slug}");
    let actor = |slug: &str| format!("actor/{slug}");
    let mut references = match &fact.statement {
        Some(Statement::GroupNamed(named)) => vec![group(&named.group)],
        Some(Statement::LineageRecorded(lineage)) => vec![group(&lineage.group), group(&lineage.other)],
        Some(Statement::LifecycleChanged(change)) => vec![group(&change.group)],
        Some(Statement::IdentityMerged(merge)) => vec![group(&merge.group), group(&merge.into)],
        Some(Statement::IdentityUnmerged(merge)) => vec![group(&merge.group)],
        Some(Statement::RegimeRegistered(registered)) => vec![actor(&registered.authority)],
        Some(Statement::RegimeTerminated(terminated)) => vec![regime(&terminated.regime)],
        Some(Statement::DesignationAct(act)) => {
            let mut references = vec![group(&act.group), regime(&act.regime)];
            if let Some(Coverage::AliasOf(other)) =
                act.scope.as_ref().and_then(|scope| scope.coverage.as_ref())
            {
                references.push(group(other));
            }
            references
        }
        Some(Statement::Engagement(engagement)) => engagement
            .participants
            .iter()
            .filter_map(|participant| match &participant.party {
                Some(Party::Actor(slug)) => Some(actor(slug)),
                Some(Party::Group(slug)) => Some(group(slug)),
                None => None,
            })
            .collect(),
        Some(Statement::DecisionRecorded(decision)) => decision
            .subjects
            .iter()
            .flat_map(|subject| match subject.split('/').collect::<Vec<_>>()[..] {
                ["relationship", first, second] => vec![actor(first), group(second)],
                ["designation", first, second] => vec![group(first), regime(second)],
                _ => vec![subject.clone()],
            })
            .collect(),
        Some(Statement::ActorRegistered(_) | Statement::GroupRegistered(_)) | None => Vec::new(),
    };
    if !fact.claim_of.is_empty() {
        references.push(format!("event/{}", fact.claim_of));
    }
    references
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::event_from_json;

    #[test]
    fn lines_need_what_they_refer_to_and_what_that_needs() {
        let lines = [
            r#"{"eventId":"e0","fact":{"actorRegistered":{"actor":"us"}}}"#,
            r#"{"eventId":"e1","fact":{"groupRegistered":{"group":"hts"}}}"#,
            r#"{"eventId":"e2","fact":{"regimeRegistered":{"regime":"us-fto219","authority":"us"}}}"#,
            r#"{"eventId":"e3","fact":{"groupRegistered":{"group":"aqi"}}}"#,
            r#"{"eventId":"e4","fact":{"designationAct":{"group":"hts","regime":"us-fto219","act":"ACT_LISTED"}}}"#,
            r#"{"eventId":"e5","retraction":{"target":"e4"}}"#,
            r#"{"eventId":"e6","reinstatement":{"target":"e4"}}"#,
            r#"{"eventId":"e7","fact":{"engagement":{"participants":[{"actor":"us"},{"group":"aqi"},{"group":"x"}]}}}"#,
            r#"{"eventId":"e8","fact":{"claimOf":"e7"}}"#,
        ];
        let events: Vec<v1::Event> = lines.iter().map(|line| event_from_json(line).unwrap()).collect();
        let mut pending = Pending::default();
        for (place, event) in events.iter().enumerate() {
            pending.add(event, place);
        }
        let needed = |place: usize| -> Vec<usize> {
            pending.needed([&events[place]], |place| events.get(place)).into_iter().collect()
        };
        for (place, expected) in
            [(0, &[][..]), (2, &[0]), (4, &[0, 1, 2]), (5, &[0, 1, 2, 4]), (8, &[0, 3, 7])]
        {
            assert_eq!(needed(place), expected, "{}", lines[place]);
        }
    }
}
