//! Queries over gRPC: statuses at any valid, record and disclosed time.

pub mod asked;
mod conditions;
mod matrix;
mod names;
mod overview;
mod page;
mod search;
mod selection;
mod status;
mod timeline;
mod watch;

use std::{pin::Pin, sync::Arc};

use tokio_stream::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::refusal::Refusal;
use crate::{
    audit::Matter,
    domain::id::{ActorId, GroupId},
    ledger::Ledger,
    projection::{Projection, UnknownError},
    wire::{
        Field, Findings,
        as_of::read_times,
        sealed,
        status::{group, relationship},
        v1,
    },
};
use asked::{When, clearance};
use page::Page;
use selection::{GroupSelection, RelationshipSelection};
use watch::{Signal, Watch};

/// The query service.
#[derive(Clone)]
pub struct Query {
    /// The record.
    pub ledger: Ledger,
    /// The read models.
    pub projection: Arc<Projection>,
    /// Tells watchers that the server stops.
    pub stopping: CancellationToken,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The view of an answer about another group than was asked for, whose identity was merged into it.
pub(in crate::service) fn redirected(view: v1::View, asked: &GroupId, answers: &GroupId) -> v1::View {
    let redirected_from = if asked == answers { String::new() } else { asked.to_string() };
    v1::View { redirected_from, ..view }
}

impl From<UnknownError> for Refusal {
    fn from(unknown: UnknownError) -> Refusal {
        let field = match unknown {
            UnknownError::Actor(_) => "actor",
            UnknownError::Group(_) => "group",
            UnknownError::Regime(_) => "regime",
        };
        Refusal::unknown(field, unknown.to_string())
    }
}

/// What was read, unless something was wrong with the request.
fn finish<T>(found: Findings, read: Option<T>) -> Result<T, Refusal> {
    found.finish(read, "").map_err(Refusal::Malformed)
}

#[tonic::async_trait]
impl sealed::query_service_server::QueryService for Query {
    async fn get_group(
        &self,
        request: Request<v1::GetGroupRequest>,
    ) -> Result<Response<sealed::GetGroupResponse>, Status> {
        Ok(Response::new(self.group(request).await?))
    }

    async fn list_groups(
        &self,
        request: Request<v1::ListGroupsRequest>,
    ) -> Result<Response<v1::ListGroupsResponse>, Status> {
        let clearance = clearance(&request);
        let mut request = request.into_inner();
        let page = Page::of(&mut request)?;
        let mut found = Findings::default();
        let selection = GroupSelection::read(&request, &mut found);
        let times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        let selection = finish(found, Some(selection))?;
        let asked = self.ask(page.when(times), clearance).await?;
        let (groups, more, as_of) = {
            let store = self.projection.store();
            let as_of = asked.as_of(&store);
            let regimes = store.regimes(as_of);
            selection.check(&regimes)?;
            let after = page.before.as_ref().map_or("", |before| before.key.as_str());
            let redirects = store.redirects(as_of);
            let mut matching = store
                .groups_after(after)
                .filter(|group| !redirects.is_merged(group))
                .filter_map(|group| store.group(group, &[], &regimes, as_of).ok())
                .filter(|status| selection.holds(status));
            let groups: Vec<v1::GroupSummary> =
                matching.by_ref().take(page.size).map(|status| group::write_group_summary(&status)).collect();
            (groups, matching.next().is_some(), as_of)
        };
        let last = groups.last().filter(|_| more);
        let next_page_token =
            last.map(|last| page.next(as_of.known_at, as_of.valid_at, &last.group)).unwrap_or_default();
        Ok(Response::new(v1::ListGroupsResponse {
            groups,
            view: Some(self.view(as_of).await?),
            next_page_token,
        }))
    }

    async fn get_relationship(
        &self,
        request: Request<v1::GetRelationshipRequest>,
    ) -> Result<Response<sealed::GetRelationshipResponse>, Status> {
        Ok(Response::new(self.relationship(request).await?))
    }

    async fn list_relationships(
        &self,
        request: Request<v1::ListRelationshipsRequest>,
    ) -> Result<Response<v1::ListRelationshipsResponse>, Status> {
        let clearance = clearance(&request);
        let mut request = request.into_inner();
        let page = Page::of(&mut request)?;
        let mut found = Findings::default();
        let selection = RelationshipSelection::read(&request, &mut found);
        let times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        let selection = finish(found, Some(selection))?;
        let after = page.before.as_ref().and_then(|before| {
            let (actor, group) = before.key.split_once('/')?;
            Some((actor.parse().ok()?, group.parse().ok()?))
        });
        let asked = self.ask(page.when(times), clearance).await?;
        let (relationships, more, as_of) = {
            let store = self.projection.store();
            let as_of = asked.as_of(&store);
            selection.check(&store, as_of)?;
            let regimes = store.regimes(as_of);
            let redirects = store.redirects(as_of);
            let group = selection.group.as_ref().map(|group| redirects.survivor(group));
            let pairs: Box<dyn Iterator<Item = (&ActorId, &GroupId)>> = match redirects.is_empty() {
                true => Box::new(store.relationships_after(selection.actor.as_ref(), group, after.as_ref())),
                false => Box::new(store.pairs(as_of).into_iter().filter(|(actor, with)| {
                    selection.actor.as_ref().is_none_or(|wanted| wanted == *actor)
                        && group.is_none_or(|wanted| wanted == *with)
                        && after.as_ref().is_none_or(|(last, of)| (last, of) < (*actor, *with))
                })),
            };
            let mut matching = pairs
                .filter_map(|(actor, group)| {
                    let view = store.relationship(actor, group, &regimes, as_of).ok()?;
                    Some((actor, group, view.status))
                })
                .filter(|(_, _, status)| 0 < status.engagements && selection.holds(status));
            let relationships: Vec<v1::RelationshipSummary> = matching
                .by_ref()
                .take(page.size)
                .map(|(actor, group, status)| relationship::write_relationship_summary(actor, group, &status))
                .collect();
            (relationships, matching.next().is_some(), as_of)
        };
        let key = relationships.last().filter(|_| more).map(|last| format!("{}/{}", last.actor, last.group));
        let next_page_token =
            key.map(|key| page.next(as_of.known_at, as_of.valid_at, &key)).unwrap_or_default();
        let view = Some(self.view(as_of).await?);
        Ok(Response::new(v1::ListRelationshipsResponse { relationships, view, next_page_token }))
    }

    async fn get_timeline(
        &self,
        request: Request<v1::GetTimelineRequest>,
    ) -> Result<Response<v1::GetTimelineResponse>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.timeline(request.into_inner(), clearance).await?))
    }

    type WatchGroupStream = Answers<v1::WatchGroupResponse>;
    type WatchRelationshipStream = Answers<v1::WatchRelationshipResponse>;

    async fn watch_group(
        &self,
        request: Request<v1::WatchGroupRequest>,
    ) -> Result<Response<Self::WatchGroupStream>, Status> {
        use v1::watch_group_response::Signal as Told;
        let clearance = clearance(&request);
        let request = request.into_inner();
        let mut found = Findings::default();
        let group: Option<GroupId> = found.required(&Field::root("group"), &request.group);
        let matter = Matter::Group(finish(found, group)?);
        let (after, valid_at, fields) = (request.after_position, request.valid_at, request.fields);
        let told = self.watch(Watch { matter, after, valid_at, fields, clearance }).await?;
        let answers = told.map(|signal| {
            let signal = match signal? {
                Signal::Transition(transition) => Told::Transition(transition),
                Signal::CaughtUp(caught_up) => Told::CaughtUp(caught_up),
            };
            Ok(v1::WatchGroupResponse { signal: Some(signal) })
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn watch_relationship(
        &self,
        request: Request<v1::WatchRelationshipRequest>,
    ) -> Result<Response<Self::WatchRelationshipStream>, Status> {
        use v1::watch_relationship_response::Signal as Told;
        let clearance = clearance(&request);
        let request = request.into_inner();
        let mut found = Findings::default();
        let actor: Option<ActorId> = found.required(&Field::root("actor"), &request.actor);
        let group: Option<GroupId> = found.required(&Field::root("group"), &request.group);
        let (actor, group) = finish(found, actor.zip(group))?;
        let matter = Matter::Relationship(actor, group);
        let (after, valid_at, fields) = (request.after_position, request.valid_at, request.fields);
        let told = self.watch(Watch { matter, after, valid_at, fields, clearance }).await?;
        let answers = told.map(|signal| {
            let signal = match signal? {
                Signal::Transition(transition) => Told::Transition(transition),
                Signal::CaughtUp(caught_up) => Told::CaughtUp(caught_up),
            };
            Ok(v1::WatchRelationshipResponse { signal: Some(signal) })
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn search(
        &self,
        request: Request<v1::SearchRequest>,
    ) -> Result<Response<v1::SearchResponse>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.hits(request.into_inner(), clearance).await?))
    }

    async fn list_docket(
        &self,
        request: Request<v1::ListDocketRequest>,
    ) -> Result<Response<v1::ListDocketResponse>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.docket(request.into_inner(), clearance).await?))
    }

    async fn list_anomalies(
        &self,
        request: Request<v1::ListAnomaliesRequest>,
    ) -> Result<Response<v1::ListAnomaliesResponse>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.anomalies(request.into_inner(), clearance).await?))
    }

    async fn get_matrix(
        &self,
        request: Request<v1::GetMatrixRequest>,
    ) -> Result<Response<v1::GetMatrixResponse>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.matrix(request.into_inner(), clearance).await?))
    }

    async fn list_engaging_while_designated(
        &self,
        request: Request<v1::ListEngagingWhileDesignatedRequest>,
    ) -> Result<Response<v1::ListEngagingWhileDesignatedResponse>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.stretches(request.into_inner(), clearance).await?))
    }
}
