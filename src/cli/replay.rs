//! `replay`: the changes of a status one after the other, with a drawing of them.

use clap::{Args, ValueEnum};

use super::{
    arguments::{Day, Times},
    band::{Band, draw},
    changes::changes,
    connection::Session,
    failure::Failure,
    listing::{collect, print_parts},
    matter,
    page::{Look, Page, Text, Tone},
    words,
};
use crate::wire::v1::{self, replay_transitions_response::Part};

/// A way through time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Axis {
    /// What was so on one day after the other.
    Valid,
    /// What the record said of one day, event after event.
    Record,
}

/// Replay how a status came about, change by change, each with its cause
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery replay relationship us taliban\n  \
    chancery replay group hts --field designations --since 2012-01-01\n  \
    chancery replay relationship us hamas --in record --on 2025-02-20\n  \
    chancery replay relationship us hamas --disclosed 2025-03-01 --output jsonl")]
pub struct Replay {
    /// The subject: a group, relationship ACTOR GROUP, or designation GROUP REGIME
    #[arg(value_name = "SUBJECT", num_args = 1..=3, required = true)]
    subject: Vec<String>,
    /// Through valid time (what was so, day by day) or record time (what the record said, event by event)
    #[arg(long = "in", env = "CHANCERY_IN", value_enum, value_name = "TIME", default_value_t = Axis::Valid)]
    axis: Axis,
    /// Only these fields and what is below them, such as headline or designations
    #[arg(long, env = "CHANCERY_FIELD", value_name = "FIELD", value_delimiter = ',')]
    field: Vec<String>,
    /// In valid time: from this day on. Default: the first on which anything is on record
    #[arg(long, env = "CHANCERY_SINCE", value_name = "DATE")]
    since: Option<Day>,
    /// In record time: after this position. Default: from an empty record on
    #[arg(
        long,
        env = "CHANCERY_AFTER",
        value_name = "POSITION",
        default_value_t = 0,
        hide_default_value = true
    )]
    after: u64,
    #[command(flatten)]
    times: Times,
}

impl Replay {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let fields = self.field;
        let axis = match self.axis {
            Axis::Valid => v1::ReplayAxis::ValidTime,
            Axis::Record => v1::ReplayAxis::RecordTime,
        };
        let request = v1::ReplayTransitionsRequest {
            subject: matter::subject(&self.subject)?,
            axis: axis.into(),
            fields: fields.clone(),
            from_day: self.since.map(|day| day.to_string()).unwrap_or_default(),
            from_position: self.after,
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
        };
        let answer = session.audit().await?.replay_transitions(session.request(request)).await;
        let told = collect(session, answer).await?;
        print_parts(&mut session.printer, &told, |told, look| page(told, self.axis, &fields, look))
    }
}

fn page(
    told: &[v1::ReplayTransitionsResponse],
    axis: Axis,
    fields: &[String],
    look: Look,
) -> Result<String, Failure> {
    let mut parts = told.iter().filter_map(|answer| answer.part.as_ref());
    let Some(Part::Start(start)) = parts.next() else { return Err(Failure::Incomplete { part: "start" }) };
    let transitions: Vec<&v1::Transition> = parts
        .clone()
        .filter_map(|part| if let Part::Transition(it) = part { Some(it) } else { None })
        .collect();
    let end = parts.find_map(|part| if let Part::End(it) = part { Some(it) } else { None });
    let end = end.ok_or(Failure::Incomplete { part: "end" })?;
    let mut page = Page::new(look);
    page.title(format!("{} ({})", end.title, end.subject));
    page.paragraph(Text::toned(words::view(end.view.as_ref()), Tone::Faint));
    let bands = bands(start, &transitions, axis);
    let last = end.view.as_ref().map(|view| match axis {
        Axis::Valid => days(&view.valid_at),
        Axis::Record => i64::try_from(view.known_position).unwrap_or(i64::MAX),
    });
    for line in draw(&bands, last.unwrap_or_default(), look.width, |at| label(axis, at)) {
        page.line(&line);
    }
    page.heading(&words::count(transitions.len() as u64, "change", "changes"));
    if !fields.is_empty() && transitions.is_empty() && end.fields.is_empty() {
        page.item(format!("Nothing on record ever gave {} a value.", fields.join(", ")));
    }
    for transition in transitions {
        let at = match axis {
            Axis::Valid => transition.valid_on.clone(),
            Axis::Record => format!("at {}", transition.position),
        };
        changes(&mut page, &at, &transition.changes);
    }
    Ok(page.finish())
}

/// A band for every field that changes and has no details of its own in its path. The score has none: it fades from day to
/// day, and a band would say that it stands still.
fn bands(start: &v1::ReplayState, transitions: &[&v1::Transition], axis: Axis) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    let is_whole = |path: &str| path != "score" && !path.rsplit(']').next().unwrap_or(path).contains('.');
    let first = transitions.first().map_or(0, |it| at(it, axis));
    let mut set = |path: &str, at: i64, value: &str| {
        let known = bands.iter().position(|band| band.name == path);
        let index = known.unwrap_or_else(|| {
            bands.push(Band { name: path.to_owned(), values: Vec::new() });
            bands.len() - 1
        });
        if let Some(band) = bands.get_mut(index) {
            band.values.push((at, value.to_owned()));
        }
    };
    for field in start.fields.iter().filter(|field| is_whole(&field.field)) {
        set(&field.field, first, &field.value);
    }
    for transition in transitions {
        for change in transition.changes.iter().filter(|change| is_whole(&change.field)) {
            set(&change.field, at(transition, axis), &change.is);
        }
    }
    // What never changed is said by the status itself.
    bands.retain(|band| {
        transitions.iter().any(|it| it.changes.iter().any(|change| change.field == band.name))
    });
    bands.sort_by(|a, b| a.name.cmp(&b.name));
    together(bands)
}

/// The bands of a listing that binds many actors alike as one.
fn together(bands: Vec<Band>) -> Vec<Band> {
    let mut rows: Vec<(Band, Vec<String>)> = Vec::new();
    for band in bands {
        let bound = words::bound(&band.name).map(|(listing, actor)| (listing.to_owned(), actor.to_owned()));
        let same = rows.iter_mut().find(|(first, _)| {
            let listing = words::bound(&first.name).map(|(listing, _)| listing);
            first.values == band.values
                && listing.is_some()
                && listing == bound.as_ref().map(|it| it.0.as_str())
        });
        match (same, bound) {
            (Some((_, actors)), Some((_, actor))) => actors.push(actor),
            (_, bound) => rows.push((band, bound.into_iter().map(|(_, actor)| actor).collect())),
        }
    }
    let one = |(band, actors): (Band, Vec<String>)| {
        let actors: Vec<&str> = actors.iter().map(String::as_str).collect();
        Band { name: words::binding(&band.name, &actors), ..band }
    };
    rows.into_iter().map(one).collect()
}

fn at(transition: &v1::Transition, axis: Axis) -> i64 {
    match axis {
        Axis::Valid => days(&transition.valid_on),
        Axis::Record => i64::try_from(transition.position).unwrap_or(i64::MAX),
    }
}

/// A date as days since 1970.
fn days(date: &str) -> i64 {
    let date: Option<jiff::civil::Date> = date.parse().ok();
    date.map_or(0, |date| jiff::civil::date(1970, 1, 1).duration_until(date).as_hours() / 24)
}

/// What stands above a place of the drawing.
fn label(axis: Axis, at: i64) -> String {
    match axis {
        Axis::Valid => {
            let epoch = jiff::civil::date(1970, 1, 1);
            epoch.saturating_add(jiff::SignedDuration::from_hours(24 * at)).strftime("%Y-%m").to_string()
        }
        Axis::Record => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_of_one_listing_are_one() {
        let band =
            |name: &str, value: &str| Band { name: name.to_owned(), values: vec![(3, value.to_owned())] };
        let bands = vec![
            band("contact", "ENVOY"),
            band("inherited[eu-terr from d1 binding de]", "ACTIVE"),
            band("inherited[eu-terr from d1 binding fr]", "ACTIVE"),
            band("inherited[eu-terr from d1 binding it]", "SUSPENDED"),
            band("inherited[un-terr from d1 binding fr]", "ACTIVE"),
        ];
        assert_eq!(
            together(bands),
            [
                band("contact", "ENVOY"),
                band("inherited[eu-terr from d1 binding 2 members]", "ACTIVE"),
                band("inherited[eu-terr from d1 binding it]", "SUSPENDED"),
                band("inherited[un-terr from d1 binding fr]", "ACTIVE"),
            ]
        );
    }
}
