//! `history`: the record itself, event by event, to its end or for ever.

use clap::{Args, builder::FalseyValueParser};
use unicode_width::UnicodeWidthStr as _;

use super::{
    arguments::{Day, Extent, Moment, Subject, kind},
    connection::Session,
    event_reference::whole_subject,
    failure::Failure,
    identities,
    output::{Format, Printer, note},
    page::{Look, Page, Text, Tone, clean, cut, paint},
    statement, words,
};
use crate::wire::v1::{self, subscribe_response::Signal};

/// Show the record itself, in order of position
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery history\n  \
    chancery history --backwards --limit 10\n  \
    chancery history relationship/us/hts --kind engagement,correction\n  \
    chancery history --recorded-from 2026-11-01 --recorded-until 2026-11-30\n  \
    chancery history --follow --output jsonl")]
pub struct History {
    /// Only these subjects (group/hts, actor/us, relationship/us/hts …; a word alone is a group); of several: any
    #[arg(value_name = "SUBJECT")]
    subject: Vec<Subject>,
    /// Only this kind; of several: any
    #[arg(long, env = "CHANCERY_HISTORY_KIND", value_name = "KIND", value_delimiter = ',', value_parser = kind())]
    kind: Vec<String>,
    /// From this position on
    #[arg(
        long,
        env = "CHANCERY_FROM",
        value_name = "POSITION",
        default_value_t = 1,
        hide_default_value = true
    )]
    from: u64,
    /// Up to this position
    #[arg(long, env = "CHANCERY_TO", value_name = "POSITION")]
    to: Option<u64>,
    /// Recorded at or after this time (RFC 3339, or a day: from its start in UTC)
    #[arg(long, env = "CHANCERY_RECORDED_FROM", value_name = "TIME")]
    recorded_from: Option<Moment>,
    /// Recorded before this time (RFC 3339, or a day: up to and including it in UTC)
    #[arg(long, env = "CHANCERY_RECORDED_UNTIL", value_name = "TIME")]
    recorded_until: Option<Moment>,
    /// Facts that may have taken effect on or after this day
    #[arg(long, env = "CHANCERY_EFFECTIVE_FROM", value_name = "DATE")]
    effective_from: Option<Day>,
    /// Facts that may have taken effect on or before this day
    #[arg(long, env = "CHANCERY_EFFECTIVE_UNTIL", value_name = "DATE")]
    effective_until: Option<Day>,
    /// From the last position to the first
    #[arg(long, env = "CHANCERY_BACKWARDS", value_parser = FalseyValueParser::new())]
    backwards: bool,
    /// Go on with what is recorded from now on, until interrupted; --to, --backwards and --limit do not apply
    #[arg(long, env = "CHANCERY_FOLLOW", value_parser = FalseyValueParser::new())]
    follow: bool,
    #[command(flatten)]
    extent: Extent,
}

impl History {
    /// Reads, or follows, and prints.
    pub async fn run(mut self, session: &mut Session) -> Result<(), Failure> {
        for subject in &mut self.subject {
            subject.0 = whole_subject(session, std::mem::take(&mut subject.0)).await?;
        }
        self.head(session).await?;
        if self.follow { self.follow(session).await } else { self.read(session).await }
    }

    /// Says above the table what the subjects were merged with: their records stay apart.
    async fn head(&self, session: &mut Session) -> Result<(), Failure> {
        if session.printer.format() != Format::Table {
            return Ok(());
        }
        let mut identities: Vec<v1::Record> = Vec::new();
        for subject in &self.subject {
            for merge in identities::of_subject(session, &subject.0).await? {
                if !identities.contains(&merge) {
                    identities.push(merge);
                }
            }
        }
        let mut page = Page::new(session.printer.look());
        page.paragraph(Text::toned(identities::merged(&identities), Tone::Warning));
        session.printer.text(&page.finish())
    }

    fn filter(&self) -> v1::RecordFilter {
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        v1::RecordFilter {
            subjects: self.subject.iter().map(|subject| subject.0.clone()).collect(),
            kinds: self.kind.clone(),
            recorded_from: self.recorded_from.map(Moment::start),
            recorded_until: self.recorded_until.map(Moment::after),
            effective_from: day(self.effective_from),
            effective_until: day(self.effective_until),
        }
    }

    async fn read(self, session: &mut Session) -> Result<(), Failure> {
        let most = self.extent.most();
        if most == Some(0) {
            return Ok(());
        }
        let order = if self.backwards { v1::ReadOrder::Backwards } else { v1::ReadOrder::Forwards };
        let request = session.request(v1::ReadRequest {
            filter: Some(self.filter()),
            from_position: self.from,
            to_position: self.to.unwrap_or(0),
            order: order.into(),
            // One more than is shown says whether there is more.
            limit: most.map_or(0, |most| most.saturating_add(1)),
        });
        let stream = session.history().await?.read(request).await;
        let mut stream = stream.map_err(|status| session.refused(status))?.into_inner();
        let mut whole = v1::ReadResponse::default();
        let mut left = most.unwrap_or(u64::MAX);
        let mut more = false;
        let mut printed = false;
        while let Some(batch) = session.next(&mut stream).await? {
            let mut records = batch.records;
            more |= left < records.len() as u64;
            records.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left -= records.len() as u64;
            whole.position = batch.position;
            match session.printer.format() {
                Format::Json => whole.records.append(&mut records),
                Format::Table | Format::Jsonl => show(&mut session.printer, &records, &mut printed)?,
            }
            if more {
                break;
            }
        }
        if session.printer.format() == Format::Json {
            session.printer.message(&whole)?;
        }
        session.printer.flush()?;
        if more {
            let shown = most.unwrap_or_default();
            note(&format!("There are more than these {shown}: see --limit and --all."));
        }
        if whole.position < self.from {
            note(&format!("The record ends at position {}.", whole.position));
        }
        Ok(())
    }

    async fn follow(self, session: &mut Session) -> Result<(), Failure> {
        // Without the time limit of the session: a subscription lives as long as it is wanted.
        let request =
            v1::SubscribeRequest { filter: Some(self.filter()), after_position: self.from.saturating_sub(1) };
        let mut seen = request.after_position;
        let mut history = session.history().await?;
        let stream = session.begun(history.subscribe(request)).await;
        let mut stream = stream.map_err(|status| session.refused(status))?;
        let mut printed = false;
        loop {
            let answer = match stream.message().await {
                Ok(Some(answer)) => answer,
                Ok(None) => {
                    note(&format!("The server ended the subscription. Go on with --from {}.", seen + 1));
                    return Ok(());
                }
                Err(status) => {
                    note(&format!(
                        "Everything up to position {seen} was shown. Go on with --from {}.",
                        seen + 1
                    ));
                    return Err(session.refused(status));
                }
            };
            seen = match &answer.signal {
                Some(Signal::Batch(batch)) => batch.records.last().map_or(seen, |record| record.position),
                Some(Signal::CaughtUp(v1::CaughtUp { position })) => *position,
                Some(Signal::FellBehind(v1::FellBehind { position, .. })) => *position,
                Some(Signal::Heartbeat(v1::Heartbeat { position })) => *position,
                None => seen,
            }
            .max(seen);
            match (session.printer.format(), &answer.signal) {
                (Format::Json, _) => session.printer.message(&answer)?,
                (_, Some(Signal::Batch(batch))) => show(&mut session.printer, &batch.records, &mut printed)?,
                (Format::Table, Some(Signal::CaughtUp(_))) => {
                    note(&format!("All up to position {seen}; waiting."))
                }
                _ => {}
            }
            session.printer.flush()?;
        }
    }
}

/// Prints records, a line each, with the header of the table before the first.
fn show(printer: &mut Printer, records: &[v1::Record], printed: &mut bool) -> Result<(), Failure> {
    if printer.format() == Format::Jsonl {
        return printer.lines(records);
    }
    let look = printer.look();
    if !*printed && !records.is_empty() {
        *printed = true;
        let header = row("position", "recorded (UTC)", "effective", "event", "what", look);
        printer.text(&paint(header.trim_end(), Tone::Faint, look))?;
        printer.text("\n")?;
    }
    for record in records {
        let line = row(
            &record.position.to_string(),
            &words::second(record.recorded_at.as_ref()),
            statement::effective_on(record),
            &words::short_id(statement::event_id(record)),
            &statement::record_line(record),
            look,
        );
        printer.text(&line)?;
        printer.text("\n")?;
    }
    Ok(())
}

/// A row of fixed columns, so that rows can be printed as they come; the last column is cut to the width.
fn row(position: &str, recorded: &str, effective: &str, event: &str, what: &str, look: Look) -> String {
    let start = format!(
        "{position:>8}  {recorded:<19}  {:<10}  {:<8}  ",
        cut(&clean(effective), 10),
        cut(&clean(event), 8)
    );
    let left = look.width.saturating_sub(start.width());
    format!("{start}{}", cut(&clean(what), left.max(10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_to_the_width() {
        let look = Look { width: 80, coloured: false };
        let line = row(
            "432",
            "2026-11-22 14:40:05",
            "2025-07-08",
            "aaaaaaaa",
            "hts DELISTED under us-fto219, revoked",
            look,
        );
        assert_eq!(line, "     432  2026-11-22 14:40:05  2025-07-08  aaaaaaaa  hts DELISTED under us-fto2…");
        assert_eq!(line.width(), 80);
    }
}
