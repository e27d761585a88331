//! Explain over gRPC.

use super::{Audit, changes::write_changes, read_matter, unknown};
use crate::{
    audit::{
        Explanation, Matter, explain, field_of,
        replay::{Moment, RecordReplay, Stay, ValidReplay, Wanted, recently},
    },
    domain::{as_of::AsOf, vocabulary::Label},
    position::Position,
    service::{
        history::record,
        query::{asked::When, redirected},
        refusal::Refusal,
    },
    wire::{
        Field, Findings,
        as_of::read_times,
        status::field::{positions_of, write_fields, write_ground, write_lost_claim},
        timestamp, v1,
    },
};

/// The longest path of a field, in characters.
const PATH_CHARACTERS_MAX: usize = 500;

impl Audit {
    pub(super) async fn explain_field(
        &self,
        request: v1::ExplainRequest,
        clearance: Label,
    ) -> Result<v1::ExplainResponse, Refusal> {
        let v1::ExplainRequest { subject, field: path, as_of, min_position } = request;
        let mut found = Findings::default();
        let matter = read_matter(&Field::root("subject"), &subject, &mut found);
        found.required_text(&Field::root("field"), &path, PATH_CHARACTERS_MAX);
        let times = read_times(as_of.as_ref(), &Field::root("as_of"), &mut found);
        let matter = found.finish(matter, "").map_err(Refusal::Malformed)?;
        let asked = self.query.ask(When { times, min_position, pinned: None }, clearance).await?;
        let (explained, title, as_of, group, merges, between, identities) = {
            let store = self.query.projection.store();
            let as_of = asked.as_of(&store);
            let fields =
                matter.fields_for(&store, as_of, &path).map_err(|error| unknown("subject", &error))?;
            let mut explained = field_of(&fields, &path);
            if let Ok(explained) = &mut explained {
                explained.rests_on_counted(|path| matter.counted(&store, as_of, path));
                let ledger = &self.query.ledger;
                explained.left = matter.left(&store, ledger, as_of, &explained.path, &explained.provenance);
            }
            let title = matter.title(&store, as_of).map_err(|error| unknown("subject", &error))?;
            let redirects = store.redirects(as_of);
            let group = redirects.survivor(matter.group()).clone();
            let merges: Vec<Position> = redirects.events(&group).into_iter().collect();
            let between = matter.pair(&redirects);
            (explained, title, as_of, group, merges, between, redirects)
        };
        let (explained, came, gone) = match explained {
            Ok(explained) => (explained, None, None),
            Err(error) => {
                let (came, gone) = match self.last_change(&matter, as_of, &path).await {
                    Some(last) => (None, Some(last)),
                    None => self.last_stay(&matter, as_of, &path).await?.unzip(),
                };
                if gone.is_none() {
                    return Err(Refusal::field("field", error.to_string()));
                }
                (Explanation::of_gone(&path, gone.iter().chain(&came)), came, gone)
            }
        };
        let explained = explain(&self.query.ledger, explained, between.as_ref(), &identities, as_of).await?;
        let names = self.query.names(positions_of(&explained.below)).await?;
        let (rule, inferred) = if gone.is_none() { write_ground(&explained.provenance) } else { (0, false) };
        let came = self.transition(came).await?;
        let gone = self.transition(gone).await?;
        let identities = self.query.ledger.fetch(&merges).await?;
        let lost = explained.lost.iter().map(|claim| {
            let won_by = claim.winner.as_ref().map(record).transpose()?;
            Ok(write_lost_claim(&claim.lost, record(&claim.recorded)?, won_by))
        });
        Ok(v1::ExplainResponse {
            subject: matter.to_string(),
            title,
            field: explained.path.clone(),
            value: explained.value.clone(),
            rule,
            inferred,
            follows_from: explained.follows_from.clone(),
            evidence: explained.evidence.iter().map(record).collect::<Result<_, _>>()?,
            lost: lost.collect::<Result<_, Refusal>>()?,
            revisions: explained.revisions.iter().map(record).collect::<Result<_, _>>()?,
            below: write_fields(&explained.below, &names),
            view: Some(redirected(self.query.view(as_of).await?, matter.group(), &group)),
            checkpoint: self.checkpoint(as_of.known_at).await?,
            identities: identities.iter().map(record).collect::<Result<_, _>>()?,
            gone,
            came,
        })
    }

    /// The message of a moment.
    async fn transition(&self, moment: Option<Moment>) -> Result<Option<v1::Transition>, Refusal> {
        let Some(moment) = moment else { return Ok(None) };
        let names = self.names_of(moment.changes.iter()).await?;
        Ok(Some(v1::Transition {
            valid_on: moment.valid_on.to_string(),
            position: moment.position.get(),
            recorded_at: moment.recorded_at.map(timestamp::write),
            changes: write_changes(&moment.changes, &names),
        }))
    }

    /// Where on the record a field came last that had a value at the valid date, and where it went; `None`: no record up to
    /// the view took one away lately, or too much is on record to look for where it came.
    async fn last_stay(
        &self,
        matter: &Matter,
        as_of: AsOf,
        path: &str,
    ) -> Result<Option<(Moment, Moment)>, Refusal> {
        let recently = recently(matter, &self.query.projection.store(), &self.query.ledger, as_of);
        let mut stay = self.stay_after(recently, matter, as_of, path).await?;
        if stay.is_cut() {
            stay = self.stay_after(Position::START, matter, as_of, path).await?;
        }
        Ok(stay.ends())
    }

    /// The last stay of a field on the record after a position.
    async fn stay_after(
        &self,
        from: Position,
        matter: &Matter,
        as_of: AsOf,
        path: &str,
    ) -> Result<Stay, Refusal> {
        let ledger = &self.query.ledger;
        let Ok(wanted) = Wanted::new(matter, &[path.to_owned()]) else { return Ok(Stay::default()) };
        let replay = {
            let store = self.query.projection.store();
            RecordReplay::new(matter.clone(), &store, ledger, as_of, from, wanted)
        };
        let Ok(mut replay) = replay else { return Ok(Stay::default()) };
        let mut stay = Stay::of(replay.state().0);
        loop {
            let events = replay.fetch(ledger).await?;
            if events.is_empty() {
                return Ok(stay);
            }
            let moments = replay.advance(&self.query.projection.store(), &events);
            moments.iter().for_each(|moment| stay.take(moment));
            // Others are answered in between.
            tokio::task::yield_now().await;
        }
    }

    /// The last change of a field up to the valid date; `None`: it never had a value there, or too much is on record to look
    /// for one.
    async fn last_change(&self, matter: &Matter, as_of: AsOf, path: &str) -> Option<Moment> {
        let wanted = Wanted::new(matter, &[path.to_owned()]).ok()?;
        let mut replay = {
            let store = self.query.projection.store();
            ValidReplay::new(matter.clone(), &store, as_of, None, wanted).ok()?
        };
        let mut last = None;
        loop {
            let moments = replay.advance(&self.query.projection.store());
            let Some(moments) = moments else { return last };
            last = moments.into_iter().next_back().or(last);
            // Others are answered in between.
            tokio::task::yield_now().await;
        }
    }
}
