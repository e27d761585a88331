//! Timelines over gRPC: the facts about a subject as they stand, a page at a time.

use std::collections::BTreeMap;

use super::{Page, Query, finish};
use crate::{
    domain::{
        as_of::AsOf,
        fold::{Place, Standing},
        subject::Subject,
        vocabulary::Label,
    },
    ledger::Recorded,
    position::Position,
    projection::{
        KnownPlaces,
        timeline::{Future, Timeline, Whole},
    },
    service::{
        history::{as_it_stands, record},
        refusal::Refusal,
    },
    wire::{Field, Findings, as_of::read_times, status::timeline, v1},
};

impl Query {
    /// The facts about a subject, in valid-time order.
    pub(super) async fn timeline(
        &self,
        mut request: v1::GetTimelineRequest,
        clearance: Label,
    ) -> Result<v1::GetTimelineResponse, Refusal> {
        let page = Page::of(&mut request)?;
        let mut found = Findings::default();
        let subject: Option<Subject> = found.required(&Field::root("subject"), &request.subject);
        let times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        let subject = finish(found, subject)?;
        let future = if times.valid_at.is_some() { Future::Heralded } else { Future::Everything };
        let asked = self.ask(page.when(times), clearance).await?;
        let (as_of, subjects, places, known, merges, redirects) = {
            let store = self.projection.store();
            let as_of = asked.as_of(&store);
            let subjects = store.told_of(&subject, as_of);
            let places = store.places(&subject, as_of);
            let known = match places {
                Some(_) => KnownPlaces::new(),
                None => store.known_places(&subjects, as_of),
            };
            let redirects = store.redirects(as_of);
            let group = subject.group().map(|group| redirects.survivor(group));
            let merges: Vec<Position> = group.into_iter().flat_map(|group| redirects.events(group)).collect();
            (as_of, subjects, places, known, merges, redirects)
        };
        let places = match places {
            Some(_) if self.ledger.positions(&subjects, Position::START, as_of.known_at).is_empty() => None,
            Some(places) => Some(places),
            None => Timeline::places(&self.ledger, &subjects, &known, as_of).await?,
        };
        let mut places = places.ok_or_else(|| {
            Refusal::unknown("subject", format!("nothing is on record about {subject} at this view"))
        })?;
        // The order is known, and only what is shown is read.
        places.retain(|it| future.takes(it.effective(), it.heralded, as_of.valid_at));
        let roots: Vec<Position> = places.iter().map(Place::root).collect();
        let (shown, next) = page.part(&roots);
        let shown = shown.iter().copied().collect();
        let read = Timeline::read_facts(&self.ledger, &subjects, shown, as_of).await?;
        let entries = self.entries(&read.standing(as_of, future, &redirects), as_of).await?;
        let next_page_token = page.next_part(as_of, next);
        let identities = self.ledger.fetch(&merges).await?;
        Ok(v1::GetTimelineResponse {
            entries,
            view: Some(self.view(as_of).await?),
            next_page_token,
            identities: identities.iter().map(record).collect::<Result<_, _>>()?,
        })
    }

    async fn entries(
        &self,
        shown: &[Standing<'_, Whole>],
        as_of: AsOf,
    ) -> Result<Vec<v1::TimelineEntry>, Refusal> {
        let names = self.names(shown.iter().map(timeline::positions_of).collect()).await?;
        let mut facts: Vec<Position> = shown.iter().map(|it| it.fact).collect();
        facts.sort_unstable();
        let facts = self.ledger.fetch(&facts).await?;
        let facts: BTreeMap<Position, &Recorded> = facts.iter().map(|it| (it.position, it)).collect();
        let mut entries = Vec::with_capacity(shown.len());
        for it in shown {
            let Some(event) = facts.get(&it.fact) else { continue };
            let record = record(event)?;
            let says = as_it_stands(&record, it.position, it.content.fact());
            entries.push(timeline::write_timeline_entry(it, as_of.valid_at, record, says, &names));
        }
        Ok(entries)
    }
}
