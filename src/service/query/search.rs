//! Search over gRPC, and what to say of a name that is not on record.

use super::{Query, When, finish};
use crate::{
    domain::{as_of::AsOf, vocabulary::Label},
    projection::{Designator, Hit, Store, UnknownError},
    service::refusal::Refusal,
    wire::{Field, Findings, as_of::read_times, v1, vocabulary},
};

/// The longest query, in characters.
const QUERY_CHARACTERS_MAX: usize = 300;
/// Hits when the request does not say.
const LIMIT_DEFAULT: usize = 10;
/// Hits at most.
const LIMIT_MAX: usize = 100;
/// How many near names are named where one is not on record.
const NEAR_MAX: usize = 3;

impl Query {
    /// Who goes by a name.
    pub(super) async fn hits(
        &self,
        request: v1::SearchRequest,
        clearance: Label,
    ) -> Result<v1::SearchResponse, Refusal> {
        let mut found = Findings::default();
        found.required_text(&Field::root("query"), &request.query, QUERY_CHARACTERS_MAX);
        let limit = match request.limit as usize {
            0 => LIMIT_DEFAULT,
            limit => limit,
        };
        if LIMIT_MAX < limit {
            found.add(&Field::root("limit"), format_args!("is {limit}; 1 to {LIMIT_MAX} are allowed"));
        }
        let times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        finish(found, Some(()))?;
        let when = When { times, min_position: request.min_position, pinned: None };
        let asked = self.ask(when, clearance).await?;
        let (hits, as_of) = {
            let store = self.projection.store();
            let as_of = asked.as_of(&store);
            (store.search(&request.query, as_of), as_of)
        };
        Ok(v1::SearchResponse {
            hits: hits.iter().take(limit).map(write).collect(),
            view: Some(self.view(as_of).await?),
        })
    }
}

fn write(hit: &Hit) -> v1::SearchHit {
    let (kind, scheme) = match hit.matched.what {
        Designator::Name(kind) => (Some(kind), None),
        Designator::ExternalId(scheme) => (None, Some(scheme)),
        Designator::Slug | Designator::ActorName => (None, None),
    };
    let date = |date: Option<crate::domain::date::PartialDate>| {
        date.map(|date| date.to_string()).unwrap_or_default()
    };
    v1::SearchHit {
        subject: hit.subject.to_string(),
        name: hit.name.clone(),
        matched: hit.matched.text.clone(),
        name_kind: vocabulary::write_optional(kind),
        scheme: vocabulary::write_optional(scheme),
        from: date(hit.matched.from),
        until: date(hit.matched.until),
        likeness: hit.likeness,
    }
}

/// The refusal of a question about somebody who is not on record, with those who have names like it.
pub(super) fn unknown(store: &Store, unknown: UnknownError, as_of: AsOf) -> Refusal {
    let field = match &unknown {
        UnknownError::Actor(_) => "actor",
        UnknownError::Group(_) => "group",
        UnknownError::Regime(_) => "regime",
    };
    Refusal::unknown(field, said(store, &unknown, as_of))
}

/// That somebody is not on record, with those who have names like it.
pub(super) fn said(store: &Store, unknown: &UnknownError, as_of: AsOf) -> String {
    let near = |slug: &str, kind: &str| -> Vec<String> {
        let hits = store.search(slug, as_of).into_iter();
        let of_kind = hits.filter(|hit| hit.subject.to_string().starts_with(kind));
        let named = of_kind.map(|hit| {
            let slug = hit.subject.to_string().split_off(kind.len());
            format!("{slug} ({})", hit.matched.text)
        });
        named.take(NEAR_MAX).collect()
    };
    let near = match unknown {
        UnknownError::Actor(actor) => near(actor.as_str(), "actor/"),
        UnknownError::Group(group) => near(group.as_str(), "group/"),
        UnknownError::Regime(_) => Vec::new(),
    };
    match near.is_empty() {
        true => unknown.to_string(),
        false => format!("{unknown}; did you mean {}?", near.join(" or ")),
    }
}
