//! Overviews of a period or of the whole record: the docket, contradictions, and engagement while designated.

use std::{fmt, str::FromStr};

use super::{Page, Query, conditions::Conditions, finish};
use crate::{
    domain::{
        date::Day,
        subject::Subject,
        vocabulary::{AnomalyState, Label},
    },
    projection::{AnomalyQuestion, DocketQuestion, StretchQuestion},
    service::refusal::Refusal,
    wire::{Field, Findings, as_of::read_times, status::overview, v1},
};

/// Slugs in a condition of a question.
const SLUGS_MAX: usize = 100;

/// Reads the slugs of a condition.
pub(super) fn slugs<T: FromStr<Err: fmt::Display>>(
    found: &mut Findings,
    at: &Field<'_>,
    name: &str,
    texts: &[String],
) -> Vec<T> {
    let texts = found.list(&at.child(name), texts, 0..=SLUGS_MAX);
    let slug = |(index, text): (usize, &String)| found.required(&at.entry(name, index), text);
    texts.iter().enumerate().filter_map(slug).collect()
}

/// Reads the first and the last day of a period.
fn period(found: &mut Findings, from: &str, until: &str) -> Option<(Day, Day)> {
    let mut day = |name: &str, text: &str| {
        let field = Field::root(name);
        if text.is_empty() {
            found.add(&field, "is required: a full day");
        }
        found.day(&field, text)
    };
    let (from, until) = day("from", from).zip(day("until", until))?;
    if until < from {
        found.add(&Field::root("until"), format_args!("is before `from`, {from}"));
        return None;
    }
    Some((from, until))
}

impl Query {
    /// What takes effect, expires or falls due in a period.
    pub(super) async fn docket(
        &self,
        mut request: v1::ListDocketRequest,
        clearance: Label,
    ) -> Result<v1::ListDocketResponse, Refusal> {
        let page = Page::of(&mut request)?;
        let mut found = Findings::default();
        let root = Field::root("");
        let period = period(&mut found, &request.from, &request.until);
        let groups = slugs(&mut found, &root, "groups", &request.groups);
        let regimes = slugs(&mut found, &root, "regimes", &request.regimes);
        let kinds = found.vocabularies(&root, "kinds", &request.kinds);
        let mut times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        let (from, until) = finish(found, period)?;
        times.valid_at = times.valid_at.or(Some(until));
        let asked = self.ask(page.when(times), clearance).await?;
        let (entries, as_of) = {
            let store = self.projection.store();
            let as_of = asked.as_of(&store);
            let mut conditions = Conditions::new(&store, as_of);
            let groups = conditions.groups(&root, "groups", &groups);
            conditions.regimes(&root, "regimes", &regimes);
            conditions.finish()?;
            let (groups, regimes, kinds) = (&groups, &regimes, &kinds);
            (store.docket(DocketQuestion { from, until, groups, regimes, kinds, as_of }), as_of)
        };
        let (shown, next) = page.part(&entries);
        let names = self.names(overview::positions_of_docket(shown)).await?;
        Ok(v1::ListDocketResponse {
            entries: overview::write_docket_entries(shown, &names),
            view: Some(self.view(as_of).await?),
            next_page_token: page.next_part(as_of, next),
        })
    }

    /// The contradictions on record.
    pub(super) async fn anomalies(
        &self,
        mut request: v1::ListAnomaliesRequest,
        clearance: Label,
    ) -> Result<v1::ListAnomaliesResponse, Refusal> {
        let page = Page::of(&mut request)?;
        let mut found = Findings::default();
        let root = Field::root("");
        let rules = found.vocabularies(&root, "rules", &request.rules);
        let mut states = found.vocabularies(&root, "states", &request.states);
        if states.is_empty() {
            states.push(AnomalyState::Open);
        }
        let subject: Option<Subject> = found.optional(&Field::root("subject"), &request.subject);
        if let Some(Subject::Event(_)) = subject {
            found.add(&Field::root("subject"), "is an event: name what it is about");
        }
        let times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        finish(found, Some(()))?;
        let asked = self.ask(page.when(times), clearance).await?;
        let (entries, as_of) = {
            let store = self.projection.store();
            let as_of = asked.as_of(&store);
            let mut conditions = Conditions::new(&store, as_of);
            let at = Field::root("subject");
            let subject = subject.as_ref().map(|subject| conditions.subject(&at, subject));
            conditions.finish()?;
            let (rules, states, subject) = (&rules, &states, subject.as_ref());
            (store.anomalies(AnomalyQuestion { rules, subject, states, as_of }), as_of)
        };
        let (shown, next) = page.part(&entries);
        let names = self.names(overview::positions_of_anomalies(shown)).await?;
        Ok(v1::ListAnomaliesResponse {
            anomalies: overview::write_anomaly_entries(shown, &names),
            view: Some(self.view(as_of).await?),
            next_page_token: page.next_part(as_of, next),
        })
    }

    /// When actors dealt with groups that they list themselves.
    pub(super) async fn stretches(
        &self,
        mut request: v1::ListEngagingWhileDesignatedRequest,
        clearance: Label,
    ) -> Result<v1::ListEngagingWhileDesignatedResponse, Refusal> {
        let page = Page::of(&mut request)?;
        let mut found = Findings::default();
        let root = Field::root("");
        let period = period(&mut found, &request.from, &request.until);
        let actors = slugs(&mut found, &root, "actors", &request.actors);
        let groups = slugs(&mut found, &root, "groups", &request.groups);
        let times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        let (from, until) = finish(found, period)?;
        let asked = self.ask(page.when(times), clearance).await?;
        let (stretches, as_of) = {
            let store = self.projection.store();
            let as_of = asked.as_of(&store);
            let mut conditions = Conditions::new(&store, as_of);
            conditions.actors(&root, "actors", &actors);
            let groups = conditions.groups(&root, "groups", &groups);
            conditions.finish()?;
            let (actors, groups) = (&actors, &groups);
            (store.stretches(StretchQuestion { from, until, actors, groups, as_of }), as_of)
        };
        let (shown, next) = page.part(&stretches);
        let names = self.names(overview::positions_of_stretches(shown)).await?;
        Ok(v1::ListEngagingWhileDesignatedResponse {
            stretches: overview::write_stretches(shown, &names),
            view: Some(self.view(as_of).await?),
            next_page_token: page.next_part(as_of, next),
        })
    }
}
