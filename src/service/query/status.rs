//! Where a group or a relationship stands: computed, or as it was answered before when nothing has changed.

use bytes::Bytes;
use prost::Message as _;
use tonic::Request;

use super::{Query, When, clearance, finish, redirected, search};
use crate::{
    domain::{
        id::{ActorId, GroupId},
        subject::Subject,
        violation::Violation,
    },
    service::refusal::Refusal,
    wire::{
        Field, Findings,
        as_of::read_times,
        sealed,
        status::{group, relationship},
        v1,
    },
};

/// Regimes in a question about one group.
const REGIMES_MAX: usize = 100;

/// What the store has to say.
enum Told<T> {
    /// The same as before.
    Again(Bytes),
    /// Something to be written.
    Anew(T),
}

impl Query {
    /// The status of a group. One with chosen regimes is not kept.
    pub(super) async fn group(
        &self,
        request: Request<v1::GetGroupRequest>,
    ) -> Result<sealed::GetGroupResponse, Refusal> {
        let clearance = clearance(&request);
        let request = request.into_inner();
        let mut found = Findings::default();
        let slug: Option<GroupId> = found.required(&Field::root("group"), &request.group);
        let regimes = found.list(&Field::root("regimes"), &request.regimes, 0..=REGIMES_MAX);
        let root = Field::root("");
        let read = regimes
            .iter()
            .enumerate()
            .filter_map(|(index, regime)| found.required(&root.entry("regimes", index), regime));
        let asked_regimes: Vec<_> = read.collect();
        let times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        let slug = finish(found, slug)?;
        let asked =
            self.ask(When { times, min_position: request.min_position, pinned: None }, clearance).await?;
        let subject = asked_regimes.is_empty().then(|| Subject::Group(slug.clone()));
        let (told, as_of) = {
            let store = self.projection.store();
            let as_of = asked.as_of(&store);
            let told = match subject.as_ref().and_then(|subject| store.answer(subject, as_of)) {
                Some(kept) => Told::Again(kept),
                None => {
                    let regimes = store.regimes(as_of);
                    let unknown: Vec<Violation> = (0..)
                        .zip(&asked_regimes)
                        .filter(|(_, regime)| !regimes.contains_key(*regime))
                        .map(|(index, regime): (usize, _)| Violation {
                            field: format!("regimes[{index}]"),
                            message: format!("regime/{regime} is not on record at this view"),
                        })
                        .collect();
                    let status = store
                        .group(&slug, &asked_regimes, &regimes, as_of)
                        .map_err(|error| search::unknown(&store, error, as_of))?;
                    if !unknown.is_empty() {
                        return Err(Refusal::NotFound(unknown));
                    }
                    Told::Anew(status)
                }
            };
            (told, as_of)
        };
        let (status, answers) = match told {
            Told::Again(status) => (status, slug.clone()),
            Told::Anew(status) => {
                let names = self.names(group::positions_of(&status)).await?;
                let written = Bytes::from(group::write_group_status(&status, &names).encode_to_vec());
                if let Some(subject) = subject {
                    self.projection.store().keep_answer(subject, as_of, written.clone());
                }
                (written, status.group)
            }
        };
        let view = redirected(self.view(as_of).await?, &slug, &answers);
        Ok(sealed::GetGroupResponse { status, view: Some(view) })
    }

    /// The status of a relationship.
    pub(super) async fn relationship(
        &self,
        request: Request<v1::GetRelationshipRequest>,
    ) -> Result<sealed::GetRelationshipResponse, Refusal> {
        let clearance = clearance(&request);
        let request = request.into_inner();
        let mut found = Findings::default();
        let actor: Option<ActorId> = found.required(&Field::root("actor"), &request.actor);
        let group: Option<GroupId> = found.required(&Field::root("group"), &request.group);
        let times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        let (actor, group) = finish(found, actor.zip(group))?;
        let asked =
            self.ask(When { times, min_position: request.min_position, pinned: None }, clearance).await?;
        let subject = Subject::Relationship(actor.clone(), group.clone());
        let (told, as_of) = {
            let store = self.projection.store();
            let as_of = asked.as_of(&store);
            let told = match store.answer(&subject, as_of) {
                Some(kept) => Told::Again(kept),
                None => Told::Anew(
                    store
                        .relationship(&actor, &group, &store.regimes(as_of), as_of)
                        .map_err(|error| search::unknown(&store, error, as_of))?,
                ),
            };
            (told, as_of)
        };
        let (status, answers) = match told {
            Told::Again(status) => (status, group.clone()),
            Told::Anew(view) => {
                let names = self.names(relationship::positions_of(&view.status)).await?;
                let parties = relationship::Parties {
                    actor: &actor,
                    actor_name: &view.actor_name,
                    group: &view.group,
                    group_name: &view.group_name,
                };
                let status = relationship::write_relationship_status(parties, &view.status, &names);
                let written = Bytes::from(status.encode_to_vec());
                self.projection.store().keep_answer(subject, as_of, written.clone());
                (written, view.group)
            }
        };
        let view = redirected(self.view(as_of).await?, &group, &answers);
        Ok(sealed::GetRelationshipResponse { status, view: Some(view) })
    }
}
