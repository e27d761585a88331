//! `diff`: how two answers differ, and whether the world changed, or we learned, or the record was wrong.

use clap::Args;

use super::{
    arguments::{Day, Known, Times},
    changes::changes,
    connection::Session,
    failure::Failure,
    listing::{collect, print_parts},
    matter,
    page::{Look, Page, Text, Tone},
    words,
};
use crate::wire::v1::{self, diff_response::Part};

/// Show how two answers differ, and why: the world changed, we learned, or the record was corrected
#[derive(Debug, Args)]
#[command(
    after_help = "WORLD_CHANGED: a fact took effect after the first answer, or time passed. LEARNED: it had been so. \
    CORRECTED: the record had it wrong.\n\n\
    Examples:\n  \
    chancery diff --from 120 --to 178 --on 2025-07-08\n  \
    chancery diff --from 433 --on 2025-11-20 relationship sy sdf\n  \
    chancery diff --from 434 --from-on 2025-07-07 --on 2025-07-08 hts"
)]
pub struct Diff {
    /// The subject: a group, relationship ACTOR GROUP, or designation GROUP REGIME. Everything, when it is not given
    #[arg(value_name = "SUBJECT", num_args = 0..=3)]
    subject: Vec<String>,
    /// The record of the first answer: a position, a time or a day
    #[arg(long, env = "CHANCERY_DIFF_FROM", value_name = "POSITION|TIME")]
    from: Known,
    /// The record of the second answer. Default: everything
    #[arg(long, env = "CHANCERY_DIFF_TO", value_name = "POSITION|TIME")]
    to: Option<Known>,
    /// The day in the world that is asked about. Default: today in UTC
    #[arg(long, env = "CHANCERY_ON", value_name = "DATE")]
    on: Option<Day>,
    /// The day that the first answer was about. Default: the same
    #[arg(long, env = "CHANCERY_FROM_ON", value_name = "DATE")]
    from_on: Option<Day>,
    /// Only what was public by the end of this day. Default: everything
    #[arg(long, env = "CHANCERY_DISCLOSED", value_name = "DATE")]
    disclosed: Option<Day>,
    /// For the first answer, only what was public by the end of this day. Default: as for the second
    #[arg(long, env = "CHANCERY_FROM_DISCLOSED", value_name = "DATE")]
    from_disclosed: Option<Day>,
}

impl Diff {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let subject = if self.subject.is_empty() { String::new() } else { matter::subject(&self.subject)? };
        let first = Times {
            on: self.from_on.or(self.on),
            known: Some(self.from),
            disclosed: self.from_disclosed.or(self.disclosed),
            min_position: 0,
        };
        let second = Times { on: self.on, known: self.to, disclosed: self.disclosed, min_position: 0 };
        let request = v1::DiffRequest { subject, from: first.as_of(), to: second.as_of(), min_position: 0 };
        let answer = session.audit().await?.diff(session.request(request)).await;
        let told = collect(session, answer).await?;
        print_parts(&mut session.printer, &told, |told, look| Ok(page(told, look)))
    }
}

fn page(told: &[v1::DiffResponse], look: Look) -> String {
    let mut page = Page::new(look);
    let (mut differing, mut left_out) = (0_u64, 0_u64);
    for part in told.iter().filter_map(|answer| answer.part.as_ref()) {
        match part {
            Part::Views(views) => {
                page.title("What the answers say");
                page.labelled("then", Text::toned(words::view(views.from.as_ref()), Tone::Faint));
                page.labelled("now", Text::toned(words::view(views.to.as_ref()), Tone::Faint));
            }
            Part::Subject(subject) => {
                differing += 1;
                page.heading(&format!("{} ({})", subject.title, subject.subject));
                changes(&mut page, "", &subject.changes);
            }
            Part::LeftOut(it) => left_out += it.divergence_only,
        }
    }
    page.heading(&match differing {
        0 if left_out == 0 => "Nothing differs.".to_owned(),
        0 => "Nothing else differs.".to_owned(),
        1 => "1 subject differs.".to_owned(),
        more => format!("{} differ.", words::count(more, "subject", "subjects")),
    });
    if 0 < left_out {
        let groups = words::count(left_out, "group differs", "groups differ");
        page.item(format!(
            "{groups} only in how many of the tracked regimes list them, and not shown: name one to see it."
        ));
    }
    page.finish()
}
