//! `repair`: what can be done about a damaged data directory, and, when told to, the doing of it.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::{
    connection::Session,
    failure::Failure,
    output::note,
    page::clean,
    verify::{aside, finished},
    words,
};
use crate::{
    log::sled::Contradiction,
    position::Position,
    service::{Range, RepairError, Repaired, Survey, Testimony, Witness, finish, look_at_key, repair, tidy},
};

/// Say what is left of a damaged data directory, and make it open again when told to
#[derive(Debug, Args)]
#[command(
    after_help = "Restoring a backup comes first: a repair only keeps what is sound before the first fault. Without --remove-from\n\
    nothing is changed. With it the old directory is kept, whole, beside the new one.\n\n\
    Examples:\n  \
    chancery repair --data chancery-data\n  \
    chancery repair --data chancery-data --remove-from 4711"
)]
pub struct Repair {
    /// The data directory, which no server may be using
    #[arg(long, env = "CHANCERY_DATA", value_name = "DIR")]
    data: PathBuf,
    /// Remove the record from this position on, and keep what was removed beside it
    // Without a variable: what was left in the environment must not remove anything.
    #[arg(long, value_name = "POSITION", value_parser = position)]
    remove_from: Option<Position>,
}

impl Repair {
    /// Looks, says, and does what it was told.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        if let Some(kept) = finish(&self.data)? {
            note(&finished(&kept));
        }
        let survey = Survey::of(&self.data).map_err(|error| Box::new(RepairError::from(error)))?;
        tidy(survey.path());
        session.printer.text(&found(&survey))?;
        let Some(from) = self.remove_from else {
            let key = look_at_key(&survey);
            let advice = match (survey.set_aside(), &key) {
                (Some(mark), _) => aside(&mark) + "\n",
                (None, Ok(())) => self.advice(&survey),
                (None, Err(_)) => withheld(&survey).to_owned(),
            };
            session.printer.text(&advice)?;
            return Ok(key.map_err(Box::new)?);
        };
        session.printer.flush()?;
        let broken = broken(&survey, from);
        let repaired = repair(survey, from, Timestamp::now()).await.map_err(Box::new)?;
        session.printer.done(&done(&repaired, &broken))
    }

    fn advice(&self, survey: &Survey) -> String {
        let from = survey.sound.next();
        let data = self.data.display();
        if survey.is_complete() {
            return format!(
                "Every record is there. If a server does not start with it all the same, this builds the directory anew:\n  \
                 chancery repair --data {data} --remove-from {from}\n"
            );
        }
        format!(
            "Nothing was changed. Restore a backup if there is one; what is newer than it is in the files that a repair \
             leaves.\nTo remove everything from position {from} on:\n  chancery repair --data {data} --remove-from {from}\n"
        )
    }
}

/// What to say instead of the advice when the key would stop a repair: what is wrong with that follows.
fn withheld(survey: &Survey) -> &'static str {
    match survey.is_complete() {
        true => "Every record is there.\n",
        false => {
            "Nothing was changed. Restore a backup if there is one. Before a repair, the key has to be put right:\n"
        }
    }
}

/// A position from which something can be removed.
fn position(text: &str) -> Result<Position, String> {
    match text.parse() {
        Ok(0) => Err("positions begin at 1".to_owned()),
        Ok(position) => Ok(Position::new(position)),
        Err(_) => Err(format!("a position such as 4711 is expected, not '{text}'")),
    }
}

fn found(survey: &Survey) -> String {
    let mut text = format!("Sound: {}\n", words::count(survey.sound.get(), "event", "events"));
    if let Some(fault) = &survey.fault {
        text += &format!("Position {} is not: {}\n", survey.sound.next(), clean(fault));
    }
    if !survey.gone.is_empty() {
        text += &format!("Gone: {}\n", ranges(&survey.gone));
    }
    if !survey.readable.is_empty() {
        text += &format!("Behind the fault, and still to be read: {}\n", ranges(&survey.readable));
    }
    if let Some(Witness { file, position, testimony }) = &survey.witness {
        let found = match testimony {
            Testimony::Cut => "the log was cut, or put back from an older copy",
            Testimony::Exchanged => {
                "the log has others up to there, so that its files are those of another record. Each event in them is whole; \
                 those of the record that the snapshot is of are gone where they are not the same"
            }
        };
        text += &format!("{} was made when there were {position} events: {found}.\n", file.display());
    }
    if let Some(Contradiction { position, file, reason }) = survey.contradiction() {
        text += &format!(
            "Position {position}, {}: {reason}: the files are not of one record. Each event before position {} is whole, and \
             others may be gone: nothing says which.\n",
            file.display(),
            survey.sound.next()
        );
    }
    if survey.named.is_none() {
        text += "The file `tail` cannot be read: nothing says whether there were more.\n";
    }
    text
}

/// All of them: nothing else says which positions are gone.
fn ranges(ranges: &[Range]) -> String {
    let one = |Range { first, last }: &Range| match first == last {
        true => format!("position {first}"),
        false => format!("positions {first} to {last}"),
    };
    ranges.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What the key has signed that the record does not bear out when it is cut before `from`.
fn broken(survey: &Survey, from: Position) -> String {
    let left = Position::new(from.get() - 1);
    let ended = survey.ended();
    let had = if left < ended { format!(" (the record had {ended})") } else { String::new() };
    match survey.is_exchanged() {
        true => "checkpoints of the record that the missing events were in cannot be continued".to_owned(),
        false => format!(
            "checkpoints of more than {} cannot be continued{had}",
            words::count(left.get(), "event", "events")
        ),
    }
}

fn done(repaired: &Repaired, broken: &str) -> String {
    let Repaired { tail, root, removed, unreadable, kept, signs_on } = repaired;
    let mut text = format!(
        "The record has {} now: root {root}\nKept in {}: the old directory (data)",
        words::count(tail.get(), "event", "events"),
        kept.display(),
    );
    if 0 < *removed {
        text += &format!(
            ", and {} that were removed: events.jsonl for `chancery submit`, records.jsonl with their old positions",
            words::count(*removed, "event", "events")
        );
    }
    text.push('\n');
    if 0 < *unreadable {
        text += &format!(
            "{} that were removed make no sense any more.\n",
            words::count(*unreadable, "record", "records")
        );
    }
    text += &match signs_on {
        true => "Nothing was lost: it goes on signing with its key.\n".to_owned(),
        false => format!(
            "WARNING: {broken}. The old key is retired: the next start makes a new one, with a new\norigin, and whoever remembers \
             a checkpoint has to learn it.\n",
        ),
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stretch_is_named() {
        let stretches = |count: u64| -> Vec<Range> {
            let range =
                |at: u64| Range { first: Position::new(3 * at), last: Position::new(3 * at + at % 2) };
            (1..=count).map(range).collect()
        };
        for (count, expected) in [
            (0, String::new()),
            (2, "positions 3 to 4, position 6".to_owned()),
            (40, {
                let pair =
                    |at: u64| format!("positions {} to {}, position {}", 6 * at - 3, 6 * at - 2, 6 * at);
                (1..=20).map(pair).collect::<Vec<_>>().join(", ")
            }),
        ] {
            assert_eq!(ranges(&stretches(count)), expected);
        }
    }
}
