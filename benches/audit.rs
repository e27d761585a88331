//! What it costs to be asked why, what changed, and where many stand, in a record of a million events: whole requests
//! through a server in this process, connection included, one after the other.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "audit/record.rs"]
mod record;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use chancery::{
    log::sled::Sizes,
    service::{Config, Server},
    wire::{
        json::event_from_json,
        v1::{
            self, audit_service_client::AuditServiceClient, get_matrix_request::Matrix,
            query_service_client::QueryServiceClient, submission_service_client::SubmissionServiceClient,
        },
    },
};
use criterion::{Criterion, criterion_group, criterion_main};
use hdrhistogram::Histogram;
use record::{ACTORS, EVENTS, GROUPS, MET, REGIMES, actor, day, drawn, fact, group, regime};
use tokio::runtime::Runtime;
use tonic::{Response, Status, transport::Channel};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The largest answer that is taken.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// What decisions, and the first of two answers, knew.
const MIDDLE: u64 = EVENTS / 2;
/// The valid date of decisions, in the middle of what happened.
const DECIDED_ON: &str = "2012-06-30";

/// A server, and a connection to it.
struct Office {
    runtime: Runtime,
    audit: AuditServiceClient<Channel>,
    query: QueryServiceClient<Channel>,
    channel: Channel,
    server: Option<Server>,
    _data: tempfile::TempDir,
}

impl Office {
    fn open() -> Office {
        let runtime = Runtime::new().unwrap();
        let data = tempfile::tempdir().unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let config = Config { data: data.path().to_owned(), listen, origin: None, journal: Sizes::default() };
        let (server, channel) = runtime.block_on(async {
            let server = Server::start(config).await.unwrap();
            let address = format!("http://{}", server.address());
            (server, Channel::from_shared(address).unwrap().connect().await.unwrap())
        });
        let audit = AuditServiceClient::new(channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX);
        let query = QueryServiceClient::new(channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX);
        Office { runtime, audit, query, channel, server: Some(server), _data: data }
    }

    fn submit(&self, events: Vec<v1::Event>) {
        let request = v1::SubmitRequest { events, checks: Vec::new() };
        self.runtime.block_on(SubmissionServiceClient::new(self.channel.clone()).submit(request)).unwrap();
    }

    /// The answer to a query.
    fn asked<T>(
        &self,
        ask: impl AsyncFnOnce(QueryServiceClient<Channel>) -> Result<Response<T>, Status>,
    ) -> T {
        self.runtime.block_on(ask(self.query.clone())).unwrap().into_inner()
    }

    /// Waits until the read models have come to the end.
    fn settle(&self) {
        self.runtime.block_on(self.server.as_ref().unwrap().holdings());
    }

    fn explain(&self, subject: &str, field: &str) -> v1::ExplainResponse {
        let request =
            v1::ExplainRequest { subject: subject.to_owned(), field: field.to_owned(), ..Default::default() };
        self.runtime.block_on(self.audit.clone().explain(request)).unwrap().into_inner()
    }

    /// How many fields differ.
    fn diff(&self, subject: &str) -> usize {
        let from = Some(as_of(MIDDLE, DECIDED_ON));
        let request = v1::DiffRequest { subject: subject.to_owned(), from, to: None, min_position: 0 };
        self.runtime.block_on(async {
            let mut answers = self.audit.clone().diff(request).await.unwrap().into_inner();
            let mut count = 0;
            while let Some(answer) = answers.message().await.unwrap() {
                if let Some(v1::diff_response::Part::Subject(it)) = answer.part {
                    count += it.changes.len();
                }
            }
            count
        })
    }

    /// Records a decision that rests on what these subjects were in the middle.
    fn decide(&self, slug: &str, subjects: &[String]) {
        let request = v1::DigestViewRequest {
            subjects: subjects.to_vec(),
            as_of: Some(as_of(MIDDLE, DECIDED_ON)),
            min_position: 0,
        };
        let seen = self.runtime.block_on(self.audit.clone().digest_view(request)).unwrap().into_inner();
        let view = seen.view.unwrap();
        let decision = v1::DecisionRecorded {
            decision: slug.to_owned(),
            title: "Wait".to_owned(),
            subjects: subjects.to_vec(),
            basis: Some(v1::DecisionBasis {
                valid_at: view.valid_at,
                known_at: view.known_position,
                disclosed_by: String::new(),
            }),
            digest: seen.digest,
            ruleset: view.ruleset,
            rationale: "Nothing is pressing.".to_owned(),
        };
        let body = fact("2024-12-31".to_owned(), v1::fact::Statement::DecisionRecorded(decision));
        let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, slug.as_bytes());
        self.submit(vec![v1::Event { event_id: id.to_string(), body: Some(v1::event::Body::Fact(body)) }]);
    }

    fn audited(&self, decision: &str) -> v1::AuditDecisionResponse {
        let request = v1::AuditDecisionRequest { decision: decision.to_owned(), ..Default::default() };
        self.runtime.block_on(self.audit.clone().audit_decision(request)).unwrap().into_inner()
    }

    /// All pages of a matrix: how many cells.
    fn matrix(&self, matrix: Matrix) -> usize {
        let mut request =
            v1::GetMatrixRequest { matrix: Some(matrix), page_size: 1_000, ..Default::default() };
        let mut cells = 0;
        loop {
            let page = self.asked(async |mut query| query.get_matrix(request.clone()).await);
            cells += page.listing_rows.iter().map(|row| row.cells.len()).sum::<usize>();
            cells += page.relation_rows.iter().map(|row| row.cells.len()).sum::<usize>();
            if page.next_page_token.is_empty() {
                return cells;
            }
            request.page_token = page.next_page_token;
        }
    }

    fn timeline(&self, subject: &str) -> usize {
        let request = v1::GetTimelineRequest { subject: subject.to_owned(), ..Default::default() };
        self.asked(async |mut query| query.get_timeline(request).await).entries.len()
    }

    fn anomalies(&self, subject: &str, state: v1::AnomalyState) -> usize {
        let states = vec![state.into()];
        let request = v1::ListAnomaliesRequest { subject: subject.to_owned(), states, ..Default::default() };
        self.asked(async |mut query| query.list_anomalies(request).await).anomalies.len()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop()).unwrap();
        }
    }
}

fn as_of(position: u64, valid_at: &str) -> v1::AsOf {
    let point = Some(v1::known_at::Point::Position(position));
    v1::AsOf {
        valid_at: valid_at.to_owned(),
        known_at: Some(v1::KnownAt { point }),
        disclosed_by: String::new(),
    }
}

/// Measures requests, and says their percentiles besides. `ask` is told how many were asked before, and answers how much
/// it was told.
fn measure(criterion: &mut Criterion, name: &str, mut ask: impl FnMut(u64) -> usize) {
    let mut times = Histogram::<u64>::new(3).unwrap();
    let (mut asked, mut told) = (0, 0);
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|count| {
            let mut all = Duration::ZERO;
            for _ in 0..count {
                let begun = Instant::now();
                told = ask(asked);
                let took = begun.elapsed();
                asked += 1;
                all += took;
                times.record(took.as_micros().try_into().unwrap()).unwrap();
            }
            all
        });
    });
    if 0 < asked {
        let ms = |quantile: f64| times.value_at_quantile(quantile) as f64 / 1e3;
        let (p50, p99, max) = (ms(0.5), ms(0.99), ms(1.0));
        println!(
            "{name}: p50 {p50:.2} ms, p99 {p99:.2} ms, most {max:.2} ms of {asked}; the last told {told}"
        );
    }
}

/// Some relationship with a history of ordinary length.
fn relationship(number: u64) -> String {
    format!(
        "relationship/{}/{}",
        actor(drawn(number) % ACTORS),
        group(drawn(number) / ACTORS % (MET - 1) + 1)
    )
}

fn some_group(number: u64) -> String {
    format!("group/{}", group(drawn(number) % (MET - 1) + 1))
}

const LONG_RELATIONSHIP: &str = "relationship/actor-001/group-0000";
const LONG_GROUP: &str = "group/group-0000";

fn subjects(criterion: &mut Criterion, office: &Office) {
    let told = |answer: v1::ExplainResponse| answer.evidence.len() + answer.lost.len();
    measure(criterion, "explain, a relationship", |it| told(office.explain(&relationship(it), "headline")));
    measure(criterion, "explain, a relationship of 10^4", |_| {
        told(office.explain(LONG_RELATIONSHIP, "headline"))
    });
    let field = |it: u64| format!("designations[{}]", regime(it % REGIMES));
    measure(criterion, "explain, a group", |it| told(office.explain(&some_group(it), &field(it))));
    measure(criterion, "explain, a group of 10^3 acts", |it| told(office.explain(LONG_GROUP, &field(it))));

    measure(criterion, "diff, a relationship", |it| office.diff(&relationship(it)));
    measure(criterion, "diff, a relationship of 10^4", |_| office.diff(LONG_RELATIONSHIP));
    measure(criterion, "diff, a group", |it| office.diff(&some_group(it)));
    measure(criterion, "diff, a group of 10^3 acts", |_| office.diff(LONG_GROUP));

    let later = |answer: v1::AuditDecisionResponse| {
        assert_eq!(answer.reproduction(), v1::Reproduction::Reproduced);
        answer.hindsight.len() + (answer.left_out + answer.events_after) as usize
    };
    measure(criterion, "audit, a decision", |it| later(office.audited(&format!("usual-{}", it % DECISIONS))));
    measure(criterion, "audit, a decision on long histories", |_| later(office.audited("long")));
}

fn past(criterion: &mut Criterion, office: &Office) {
    let known = |it: u64| Some(as_of(MIDDLE + drawn(it) % MIDDLE, &day(drawn(it) >> 20)));
    measure(criterion, "as of, a relationship of 10^4", |it| {
        let request = v1::GetRelationshipRequest {
            actor: actor(1),
            group: group(0),
            as_of: known(it),
            min_position: 0,
        };
        let answer = office.asked(async |mut query| query.get_relationship(request).await);
        answer.status.unwrap().engagements as usize
    });
    measure(criterion, "as of, a group met 10^4 times", |it| {
        let request = v1::GetGroupRequest { group: group(0), as_of: known(it), ..Default::default() };
        let answer = office.asked(async |mut query| query.get_group(request).await);
        answer.status.unwrap().designations.len()
    });
}

fn overviews(criterion: &mut Criterion, office: &Office) {
    measure(criterion, "matrix, 10^4 listings", |_| office.matrix(Matrix::Listings(Default::default())));
    measure(criterion, "matrix, 100 actors and 2000 groups", |_| {
        office.matrix(Matrix::Relations(Default::default()))
    });
    measure(criterion, "search", |it| {
        let query = format!("muvement of the vallee {}", drawn(it) % GROUPS);
        let asked = v1::SearchRequest { query, ..Default::default() };
        office.asked(async |mut query| query.search(asked).await).hits.len()
    });
    measure(criterion, "docket of a year", |it| {
        let year = 2005 + it % 10;
        let (from, until) = (format!("{year}-01-01"), format!("{year}-12-31"));
        let asked = v1::ListDocketRequest { from, until, ..Default::default() };
        office.asked(async |mut query| query.list_docket(asked).await).entries.len()
    });
    measure(criterion, "anomalies, all that are open", |_| office.anomalies("", v1::AnomalyState::Open));
    measure(criterion, "anomalies, settled, of a group", |it| {
        office.anomalies(&some_group(it), v1::AnomalyState::Settled)
    });
    measure(criterion, "anomalies, settled, of a group of 10^3 acts", |_| {
        office.anomalies(LONG_GROUP, v1::AnomalyState::Settled)
    });
    measure(criterion, "timeline page, a relationship", |it| office.timeline(&relationship(it)));
    measure(criterion, "timeline page, a relationship of 10^4", |_| office.timeline(LONG_RELATIONSHIP));
}

/// How many decisions on ordinary subjects are audited in turn.
const DECISIONS: u64 = 20;

fn million(criterion: &mut Criterion) {
    let office = Office::open();
    let begun = Instant::now();
    let tail = office.runtime.block_on(record::load(office.channel.clone()));
    for number in 0..DECISIONS {
        let listed = format!("designation/{}/{}", group(drawn(number) % MET), regime(number % REGIMES));
        office.decide(&format!("usual-{number}"), &[relationship(number), some_group(number), listed]);
    }
    office.decide("long", &[LONG_RELATIONSHIP.to_owned(), LONG_GROUP.to_owned()]);
    office.settle();
    println!("{tail} events after {:.1} s", begun.elapsed().as_secs_f64());
    subjects(criterion, &office);
    past(criterion, &office);
    overviews(criterion, &office);
}

fn seeds(criterion: &mut Criterion) {
    let office = Office::open();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "jsonl"));
    files.sort();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        office.submit(text.lines().map(|line| event_from_json(line).unwrap()).collect());
    }
    office.settle();
    measure(criterion, "matrix of the seeds, groups by regimes", |_| {
        office.matrix(Matrix::Listings(Default::default()))
    });
    measure(criterion, "matrix of the seeds, actors by groups", |_| {
        office.matrix(Matrix::Relations(Default::default()))
    });
}

fn config() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
}

criterion_group! { name = benches; config = config(); targets = seeds, million }
criterion_main!(benches);
