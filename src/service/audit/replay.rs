//! ReplayTransitions over gRPC.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{ANSWERS_WAITING_MAX, Answers, Audit, changes::write_changes, read_matter, read_wanted, unknown};
use crate::{
    audit::{
        Matter,
        replay::{Moment, RecordReplay, ReplayError, ValidReplay},
    },
    domain::{as_of::AsOf, date::Day, status::field::Field, vocabulary::Label},
    position::Position,
    service::{query::asked::When, refusal::Refusal},
    wire::{
        self, Field as At, Findings,
        as_of::read_times,
        status::field::write_values,
        v1::{self, replay_transitions_response::Part},
    },
};

type Sender = mpsc::Sender<Result<v1::ReplayTransitionsResponse, Status>>;

/// A replay either way.
enum Replay {
    Valid(Box<ValidReplay>),
    Record(Box<RecordReplay>),
}

impl From<ReplayError> for Refusal {
    fn from(error: ReplayError) -> Refusal {
        match error {
            ReplayError::Unknown(error) => unknown("subject", &error),
            ReplayError::TooLong { .. } => Refusal::TooLarge(error.to_string()),
        }
    }
}

impl Audit {
    pub(super) async fn replay(
        &self,
        request: v1::ReplayTransitionsRequest,
        clearance: Label,
    ) -> Result<Answers<v1::ReplayTransitionsResponse>, Refusal> {
        let mut found = Findings::default();
        let matter = read_matter(&At::root("subject"), &request.subject, &mut found);
        let axis = v1::ReplayAxis::try_from(request.axis).ok();
        if axis.is_none() {
            found.add(&At::root("axis"), format!("{} is not a value of ReplayAxis", request.axis));
        }
        let wanted = matter.as_ref().map(|matter| read_wanted(matter, &request.fields, &mut found));
        let from_day = found.day(&At::root("from_day"), &request.from_day);
        let times = read_times(request.as_of.as_ref(), &At::root("as_of"), &mut found);
        let read = matter.zip(wanted).zip(axis);
        let ((matter, wanted), axis) = found.finish(read, "").map_err(Refusal::Malformed)?;
        let when = When { times, min_position: request.min_position, pinned: None };
        let asked = self.query.ask(when, clearance).await?;
        let (replay, title) = {
            let store = self.query.projection.store();
            let as_of = asked.as_of(&store);
            let title = matter.title(&store, as_of).map_err(|error| unknown("subject", &error))?;
            begins_before(axis, request.from_position, from_day, as_of)?;
            let replay = match axis {
                v1::ReplayAxis::RecordTime => {
                    let from = Position::new(request.from_position);
                    let ledger = &self.query.ledger;
                    let replay = RecordReplay::new(matter.clone(), &store, ledger, as_of, from, wanted)?;
                    Replay::Record(Box::new(replay))
                }
                v1::ReplayAxis::ValidTime | v1::ReplayAxis::Unspecified => Replay::Valid(Box::new(
                    ValidReplay::new(matter.clone(), &store, as_of, from_day, wanted)?,
                )),
            };
            (replay, title)
        };
        let (sender, receiver) = mpsc::channel(ANSWERS_WAITING_MAX);
        tokio::spawn(self.clone().tell(replay, matter, title, sender));
        Ok(Box::pin(ReceiverStream::new(receiver)))
    }

    async fn tell(self, mut replay: Replay, matter: Matter, title: String, sender: Sender) {
        if let Err(refusal) = self.tell_all(&mut replay, &matter, &title, &sender).await {
            // A client that is gone needs no telling.
            let _ = sender.send(Err(refusal.into())).await;
        }
    }

    async fn tell_all(
        &self,
        replay: &mut Replay,
        matter: &Matter,
        title: &str,
        sender: &Sender,
    ) -> Result<(), Refusal> {
        let part =
            async |part: Part| sender.send(Ok(v1::ReplayTransitionsResponse { part: Some(part) })).await;
        let (fields, as_of) = replay.state();
        let start = self.end_of(matter, title, fields, as_of).await?;
        if part(Part::Start(start)).await.is_err() {
            return Ok(());
        }
        while let Some(moments) = self.advance(replay).await? {
            let names = self.names_of(moments.iter().flat_map(|moment| &moment.changes)).await?;
            for moment in &moments {
                let transition = v1::Transition {
                    valid_on: moment.valid_on.to_string(),
                    position: moment.position.get(),
                    recorded_at: moment.recorded_at.map(wire::timestamp::write),
                    changes: write_changes(&moment.changes, &names),
                };
                if part(Part::Transition(transition)).await.is_err() {
                    return Ok(());
                }
            }
        }
        let (fields, as_of) = replay.state();
        let end = self.end_of(matter, title, fields, as_of).await?;
        // A client that is gone needs no telling.
        let _ = part(Part::End(end)).await;
        Ok(())
    }

    async fn advance(&self, replay: &mut Replay) -> Result<Option<Vec<Moment>>, Refusal> {
        match replay {
            Replay::Valid(replay) => Ok(replay.advance(&self.query.projection.store())),
            Replay::Record(replay) => {
                let events = replay.fetch(&self.query.ledger).await?;
                if events.is_empty() {
                    return Ok(None);
                }
                Ok(Some(replay.advance(&self.query.projection.store(), &events)))
            }
        }
    }

    async fn end_of(
        &self,
        matter: &Matter,
        title: &str,
        fields: &[Field],
        as_of: AsOf,
    ) -> Result<v1::ReplayState, Refusal> {
        Ok(v1::ReplayState {
            subject: matter.to_string(),
            title: title.to_owned(),
            fields: write_values(fields),
            view: Some(self.query.view(as_of).await?),
        })
    }
}

/// Refuses a replay that would begin after it ends: there is nothing to tell, and surely something else was meant.
fn begins_before(
    axis: v1::ReplayAxis,
    from_position: u64,
    from_day: Option<Day>,
    as_of: AsOf,
) -> Result<(), Refusal> {
    match (axis, from_day) {
        (v1::ReplayAxis::RecordTime, _) if as_of.known_at.get() < from_position => {
            let message =
                format!("is {from_position}, and the record that is asked about ends at {}", as_of.known_at);
            Err(Refusal::field("from_position", message))
        }
        (v1::ReplayAxis::ValidTime | v1::ReplayAxis::Unspecified, Some(day)) if as_of.valid_at < day => {
            let message = format!("is {day}, after the day that is asked about, {}", as_of.valid_at);
            Err(Refusal::field("from_day", message))
        }
        _ => Ok(()),
    }
}

impl Replay {
    fn state(&self) -> (&[Field], AsOf) {
        match self {
            Replay::Valid(replay) => replay.state(),
            Replay::Record(replay) => replay.state(),
        }
    }
}
