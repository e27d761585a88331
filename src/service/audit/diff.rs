//! Diff over gRPC.

use std::collections::BTreeSet;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{ANSWERS_WAITING_MAX, Answers, Audit, changes::write_changes, read_matter, unknown};
use crate::{
    audit::{Compared, DIFF_EVENTS_MAX, Matter, Terms, Withheld, may_differ},
    domain::{as_of::AsOf, vocabulary::Label},
    position::Position,
    service::{query::asked::When, refusal::Refusal},
    wire::{
        Field, Findings,
        as_of::{KnownAt, read_times},
        v1::{self, diff_response::Part},
    },
};

type Sender = mpsc::Sender<Result<v1::DiffResponse, Status>>;

impl Audit {
    pub(super) async fn differences(
        &self,
        request: v1::DiffRequest,
        clearance: Label,
    ) -> Result<Answers<v1::DiffResponse>, Refusal> {
        let v1::DiffRequest { subject, from, to, min_position } = request;
        let mut found = Findings::default();
        let matter = match subject.is_empty() {
            true => None,
            false => read_matter(&Field::root("subject"), &subject, &mut found),
        };
        let mut first = read_times(from.as_ref(), &Field::root("from"), &mut found);
        let second = read_times(to.as_ref(), &Field::root("to"), &mut found);
        if first.known_at == KnownAt::Tail {
            found.add(&Field::root("from").child("known_at"), "is required: from which record on");
        }
        found.finish(Some(()), "").map_err(Refusal::Malformed)?;
        first.valid_at = first.valid_at.or(second.valid_at);
        first.disclosed_by = first.disclosed_by.or(second.disclosed_by);
        let second = self.query.ask(When { times: second, min_position, pinned: None }, clearance).await?;
        let first = self.query.ask(When { times: first, min_position, pinned: None }, clearance).await?;
        let (from, to) = {
            let store = self.query.projection.store();
            (first.as_of(&store), second.as_of(&store))
        };
        if to.known_at < from.known_at {
            let message = format!("is {}, before the first, {}", to.known_at, from.known_at);
            return Err(Refusal::field("to.known_at", message));
        }
        let (terms, matters) = match matter {
            Some(matter) => {
                // What is on record at neither view is refused before the first answer.
                {
                    let store = self.query.projection.store();
                    let earlier = |unknown| matter.fields(&store, from).map_err(|_| unknown);
                    matter.fields(&store, to).or_else(earlier).map_err(|error| unknown("subject", &error))?;
                }
                (Terms::Named, vec![matter])
            }
            None => {
                let events = to.known_at.get() - from.known_at.get();
                if DIFF_EVENTS_MAX < events {
                    let message = format!(
                        "{events} events lie between the two, more than the {DIFF_EVENTS_MAX} allowed; name a subject, or \
                         narrow the range"
                    );
                    return Err(Refusal::TooLarge(message));
                }
                let store = self.query.projection.store();
                let mut matters = may_differ(&store, &self.query.ledger, from, to);
                // What is one with another group at the second view is told under that one.
                let redirects = store.redirects(to);
                matters.retain(|matter| !redirects.is_merged(matter.group()));
                (Terms::OneOfAll, matters)
            }
        };
        let (sender, receiver) = mpsc::channel(ANSWERS_WAITING_MAX);
        let audit = self.clone();
        tokio::spawn(async move {
            if let Err(refusal) = audit.tell_differences(terms, matters, from, to, &sender).await {
                // A client that is gone needs no telling.
                let _ = sender.send(Err(refusal.into())).await;
            }
        });
        Ok(Box::pin(ReceiverStream::new(receiver)))
    }

    async fn tell_differences(
        &self,
        terms: Terms,
        matters: Vec<Matter>,
        from: AsOf,
        to: AsOf,
        sender: &Sender,
    ) -> Result<(), Refusal> {
        let views =
            v1::DiffViews { from: Some(self.query.view(from).await?), to: Some(self.query.view(to).await?) };
        let part = async |part: Part| sender.send(Ok(v1::DiffResponse { part: Some(part) })).await;
        if part(Part::Views(views)).await.is_err() {
            return Ok(());
        }
        let mut left_out = v1::DiffLeftOut::default();
        for matter in matters {
            let changes = self.changes_of(&matter, terms, from, to).await?;
            if changes.changes.is_empty() {
                continue;
            }
            if terms == Terms::OneOfAll && is_divergence_alone(&changes) {
                left_out.divergence_only += 1;
            } else if part(Part::Subject(changes)).await.is_err() {
                return Ok(());
            }
        }
        if left_out != v1::DiffLeftOut::default() {
            // A client that is gone needs no telling.
            let _ = part(Part::LeftOut(left_out)).await;
        }
        Ok(())
    }

    /// How the answers about one subject differ; nothing when it is on record at neither view.
    pub(super) async fn changes_of(
        &self,
        matter: &Matter,
        terms: Terms,
        from: AsOf,
        to: AsOf,
    ) -> Result<v1::SubjectChanges, Refusal> {
        let places = match from.disclosed_by {
            Some(_) if from.disclosed_by != to.disclosed_by => {
                let store = self.query.projection.store();
                let range = (Position::START, from.known_at);
                let events = matter.ever_moving(&store, &self.query.ledger, range);
                Withheld::places(matter, &store, from, events)
            }
            Some(_) | None => BTreeSet::new(),
        };
        let withheld = Withheld::of(&Withheld::read(&self.query.ledger, places, from).await?);
        let (compared, title) = {
            let store = self.query.projection.store();
            let title = matter.title(&store, to).or_else(|_| matter.title(&store, from));
            let ledger = &self.query.ledger;
            (Compared::disclosing(matter, terms, (&store, ledger), (from, to), &withheld), title)
        };
        let changes = match compared {
            Ok(compared) => compared.changes(&self.query.ledger, from).await?,
            Err(_) => Vec::new(),
        };
        let names = self.names_of(changes.iter()).await?;
        Ok(v1::SubjectChanges {
            subject: matter.to_string(),
            title: title.unwrap_or_default(),
            changes: write_changes(&changes, &names),
        })
    }
}

/// Whether nothing about the subject differs but how the tracked regimes divide over it.
fn is_divergence_alone(changes: &v1::SubjectChanges) -> bool {
    changes.changes.iter().all(|change| change.field.starts_with("divergence."))
}
