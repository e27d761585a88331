//! History over gRPC: the record itself, event by event.

mod reading;
mod subscription;

use std::{collections::BTreeSet, pin::Pin};

use tokio_stream::{Stream, wrappers::ReceiverStream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::refusal::Refusal;
use crate::{
    domain::{
        fact::Fact,
        id::{EventId, EventIdBeginning},
        subject::Subject,
    },
    ledger::{Ledger, Recorded},
    position::Position,
    projection::timeline,
    wire::{
        self, Field, Findings,
        batch::Batch,
        filter::{Filter, read_filter},
        record::write_record,
        sealed, v1,
    },
};
use reading::Reading;

/// Events that are found by the beginning of their ids.
const FOUND_MAX: usize = 20;
/// How many answers may wait for a client that reads slowly.
const ANSWERS_WAITING_MAX: usize = 4;

/// The history service.
pub struct History {
    /// The record.
    pub ledger: Ledger,
    /// Tells subscriptions that the server stops.
    pub stopping: CancellationToken,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl sealed::history_service_server::HistoryService for History {
    type ReadStream = Answers<Batch>;
    type SubscribeStream = Answers<sealed::SubscribeResponse>;

    async fn read(&self, request: Request<v1::ReadRequest>) -> Result<Response<Self::ReadStream>, Status> {
        let request = request.into_inner();
        let filter = filter(request.filter.as_ref())?;
        let order = v1::ReadOrder::try_from(request.order)
            .map_err(|_| Refusal::field("order", format!("{} is not a ReadOrder", request.order)))?;
        let tail = self.ledger.tail();
        let to = match request.to_position {
            0 => tail,
            position => tail.min(Position::new(position)),
        };
        let reading = Reading {
            ledger: self.ledger.clone(),
            filter,
            from: Position::new(request.from_position.max(1)),
            to,
            order,
            limit: if request.limit == 0 { u64::MAX } else { request.limit },
            tail,
        };
        let (sender, receiver) = tokio::sync::mpsc::channel(ANSWERS_WAITING_MAX);
        tokio::spawn(reading.run(sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let request = request.into_inner();
        let filter = filter(request.filter.as_ref())?;
        let after = Position::new(request.after_position);
        let tail = self.ledger.tail();
        if tail < after {
            return Err(Refusal::BeyondTail { position: after, tail }.into());
        }
        let subscription = subscription::Subscription {
            ledger: self.ledger.clone(),
            filter,
            after,
            stopping: self.stopping.clone(),
        };
        let (sender, receiver) = tokio::sync::mpsc::channel(ANSWERS_WAITING_MAX);
        tokio::spawn(subscription.run(sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn get_event(
        &self,
        request: Request<v1::GetEventRequest>,
    ) -> Result<Response<v1::GetEventResponse>, Status> {
        let text = request.into_inner().event_id;
        let id: EventId = text
            .parse()
            .map_err(|error: crate::domain::id::IdError| Refusal::field("event_id", error.to_string()))?;
        let unknown = || Refusal::unknown("event_id", format!("event {id} is not on record"));
        let tail = self.ledger.tail();
        let position = self.ledger.find(id).filter(|position| *position <= tail).ok_or_else(unknown)?;
        let mut positions = vec![position];
        positions.extend(self.ledger.positions(&[Subject::Event(id)], position.next(), tail));
        let mut events = self.ledger.fetch(&positions).await.map_err(Refusal::from)?;
        keep_related(&mut events, position);
        let standing = timeline::standing_fact(&events);
        let itself = events.first().ok_or_else(unknown)?;
        let subjects = self.ledger.touched(itself).await.map_err(Refusal::from)?;
        let mut records = events.iter().map(record).collect::<Result<Vec<_>, _>>()?.into_iter();
        let record = records.next().ok_or_else(unknown)?;
        let standing = standing.map(|(told_at, fact)| as_it_stands(&record, told_at, &fact));
        Ok(Response::new(v1::GetEventResponse {
            record: Some(record),
            related: records.collect(),
            standing,
            subjects: subjects.iter().map(ToString::to_string).collect(),
            position: tail.get(),
        }))
    }

    async fn find_events(
        &self,
        request: Request<v1::FindEventsRequest>,
    ) -> Result<Response<v1::FindEventsResponse>, Status> {
        let beginning = request.into_inner().beginning.parse::<EventIdBeginning>();
        let beginning = beginning.map_err(|error| Refusal::field("beginning", error.to_string()))?;
        let found = self.ledger.beginning(beginning, FOUND_MAX).await;
        let (positions, left_out) = found.map_err(Refusal::from)?;
        let events = self.ledger.fetch(&positions).await.map_err(Refusal::from)?;
        let records = events.iter().map(record).collect::<Result<_, _>>()?;
        Ok(Response::new(v1::FindEventsResponse { records, left_out }))
    }

    async fn get_tail(
        &self,
        _request: Request<v1::GetTailRequest>,
    ) -> Result<Response<v1::GetTailResponse>, Status> {
        let tail = self.ledger.tail();
        let recorded_at = self.recorded_at(tail).await?;
        Ok(Response::new(v1::GetTailResponse { position: tail.get(), recorded_at }))
    }

    async fn position_at(
        &self,
        request: Request<v1::PositionAtRequest>,
    ) -> Result<Response<v1::PositionAtResponse>, Status> {
        let time = request.into_inner().time.ok_or_else(|| Refusal::field("time", "is required"))?;
        let mut found = Findings::default();
        let time = wire::timestamp::read(&time, &Field::root("time"), &mut found);
        let time = found.finish(time, "").map_err(Refusal::Malformed)?;
        let position = self.ledger.position_at(time).await.map_err(Refusal::from)?;
        let recorded_at = self.recorded_at(position).await?;
        Ok(Response::new(v1::PositionAtResponse {
            position: position.get(),
            recorded_at,
            tail: self.ledger.tail().get(),
        }))
    }
}

impl History {
    async fn recorded_at(&self, position: Position) -> Result<Option<prost_types::Timestamp>, Refusal> {
        Ok(self.ledger.recorded_at(position).await?.map(wire::timestamp::write))
    }
}

fn filter(message: Option<&v1::RecordFilter>) -> Result<Filter, Refusal> {
    let mut found = Findings::default();
    let filter = read_filter(message, &Field::root("filter"), &mut found);
    found.finish(Some(filter), "").map_err(Refusal::Malformed)
}

/// What a recorded fact says as it stands, told by the event at `told_at`: in the very form in which it was admitted,
/// unless a correction tells it.
pub fn as_it_stands(record: &v1::Record, told_at: Position, fact: &Fact) -> v1::Fact {
    match record.event.as_ref().and_then(|event| event.body.as_ref()) {
        Some(v1::event::Body::Fact(admitted)) if record.position == told_at.get() => admitted.clone(),
        _ => wire::event::write_fact(fact),
    }
}

/// Keeps the event at `position`, and what goes back to it through the events that each names: a correction shares its
/// subjects with the rest of its family, which is not about it.
fn keep_related(events: &mut Vec<Recorded>, position: Position) {
    let mut kept = BTreeSet::from([position]);
    events.retain(|event| {
        if event.concern.is_some_and(|it| kept.contains(&it.target)) {
            kept.insert(event.position);
        }
        kept.contains(&event.position)
    });
}

/// The message of a recorded event.
pub fn record(recorded: &Recorded) -> Result<v1::Record, Refusal> {
    let event = prost::Message::decode(recorded.content.clone()).map_err(|error: prost::DecodeError| {
        crate::log::ReadError::Damaged { position: recorded.position, reason: error.to_string() }
    })?;
    Ok(write_record(recorded.envelope(), event))
}
