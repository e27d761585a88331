//! `watch`: the changes of one status as they are recorded.

use clap::{Args, Subcommand};

use super::{
    arguments::{Day, slug},
    changes::changes,
    connection::Session,
    failure::Failure,
    output::{Format, note},
    page::Page,
    words,
};
use crate::wire::v1;

/// Follow where a group or a relationship stands: each change with its cause, as it is recorded
#[derive(Debug, Args)]
#[command(
    after_help = "Ctrl-c ends it. Go on later with --from and the last position seen.\n\nExamples:\n  \
    chancery watch group hts\n  \
    chancery watch relationship us hts --from 432\n  \
    chancery watch group hts --from 0 --output jsonl"
)]
pub struct Watch {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Follow a group
    Group {
        /// The short name of the group
        #[arg(value_parser = slug)]
        group: String,
        #[command(flatten)]
        how: How,
    },
    /// Follow the relationship of an actor with a group
    Relationship {
        /// The short name of the actor
        #[arg(value_parser = slug)]
        actor: String,
        /// The short name of the group
        #[arg(value_parser = slug)]
        group: String,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Debug, Args)]
struct How {
    /// Changes by the events after this position. Default: from now on
    #[arg(long, env = "CHANCERY_FROM", value_name = "POSITION")]
    from: Option<u64>,
    /// The day in the world that is watched. Default: today in UTC
    #[arg(long, env = "CHANCERY_ON", value_name = "DATE")]
    on: Option<Day>,
    /// Only these fields and those below them
    #[arg(long, env = "CHANCERY_FIELD", value_name = "FIELD", value_delimiter = ',')]
    field: Vec<String>,
    /// End when everything recorded so far is told
    #[arg(long, env = "CHANCERY_ONCE", value_parser = clap::builder::FalseyValueParser::new())]
    once: bool,
}

impl Watch {
    /// Follows and prints until it is interrupted.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        use v1::{
            watch_group_response::Signal as OfGroup, watch_relationship_response::Signal as OfRelationship,
        };
        let (What::Group { how, .. } | What::Relationship { how, .. }) = &self.what;
        let (valid_at, fields) = (how.on.map(|day| day.to_string()).unwrap_or_default(), how.field.clone());
        let once = how.once;
        let after_position = match how.from {
            Some(position) => position,
            None => {
                let tail = session.history().await?.get_tail(session.request(v1::GetTailRequest {})).await;
                tail.map_err(|status| session.refused(status))?.into_inner().position
            }
        };
        let mut seen = after_position;
        let mut queries = session.queries().await?;
        match self.what {
            What::Group { group, .. } => {
                let request = v1::WatchGroupRequest { group, after_position, valid_at, fields };
                let stream = session.begun(queries.watch_group(request)).await;
                let mut stream = stream.map_err(|status| session.refused(status))?;
                while let Some(told) = stream.message().await.map_err(|status| cut(session, seen, status))? {
                    match told.signal {
                        Some(OfGroup::Transition(transition)) => {
                            show(session, &transition)?;
                            seen = transition.position;
                        }
                        Some(OfGroup::CaughtUp(it)) if once => return caught_up(&it),
                        Some(OfGroup::CaughtUp(it)) => seen = it.position,
                        None => {}
                    }
                }
            }
            What::Relationship { actor, group, .. } => {
                let request = v1::WatchRelationshipRequest { actor, group, after_position, valid_at, fields };
                let stream = session.begun(queries.watch_relationship(request)).await;
                let mut stream = stream.map_err(|status| session.refused(status))?;
                while let Some(told) = stream.message().await.map_err(|status| cut(session, seen, status))? {
                    match told.signal {
                        Some(OfRelationship::Transition(transition)) => {
                            show(session, &transition)?;
                            seen = transition.position;
                        }
                        Some(OfRelationship::CaughtUp(it)) if once => return caught_up(&it),
                        Some(OfRelationship::CaughtUp(it)) => seen = it.position,
                        None => {}
                    }
                }
            }
        }
        Ok(())
    }
}

/// Says from where to go on when the server has ended it.
fn cut(session: &Session, seen: u64, status: tonic::Status) -> Failure {
    note(&format!("Everything up to position {seen} was told. Go on with --from {seen}."));
    session.refused(status)
}

fn caught_up(it: &v1::CaughtUp) -> Result<(), Failure> {
    note(&format!("Everything up to position {} is told.", it.position));
    Ok(())
}

fn show(session: &mut Session, transition: &v1::Transition) -> Result<(), Failure> {
    match session.printer.format() {
        Format::Table => {
            let mut page = Page::new(session.printer.look());
            let when = words::minute(transition.recorded_at.as_ref());
            page.paragraph(format!("Position {} ({when})", transition.position));
            changes(&mut page, "", &transition.changes);
            let text = page.finish();
            session.printer.text(&text)?;
        }
        Format::Json | Format::Jsonl => session.printer.lines([transition])?,
    }
    session.printer.flush()
}
