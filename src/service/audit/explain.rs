//! Explain over gRPC.

use super::{Audit, read_matter, unknown};
use crate::{
    audit::{explain, field_of},
    domain::vocabulary::Label,
    service::{history::record, query::asked::When, refusal::Refusal},
    wire::{
        Field, Findings,
        as_of::read_times,
        status::field::{positions_of, write_fields, write_ground, write_lost_claim},
        v1,
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
        let (explained, title, as_of) = {
            let store = self.query.projection.store();
            let as_of = asked.as_of(&store);
            let fields =
                matter.fields_for(&store, as_of, &path).map_err(|error| unknown("subject", &error))?;
            let mut explained =
                field_of(&fields, &path).map_err(|error| Refusal::field("field", error.to_string()))?;
            explained.rests_on_counted(|path| matter.counted(&store, as_of, path));
            let ledger = &self.query.ledger;
            explained.left = matter.left(&store, ledger, as_of, &explained.path, &explained.provenance);
            let title = matter.title(&store, as_of).map_err(|error| unknown("subject", &error))?;
            (explained, title, as_of)
        };
        let explained = explain(&self.query.ledger, explained, as_of).await?;
        let names = self.query.names(positions_of(&explained.below)).await?;
        let (rule, inferred) = write_ground(&explained.provenance);
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
            view: Some(self.query.view(as_of).await?),
            checkpoint: self.checkpoint(as_of.known_at).await?,
        })
    }
}
