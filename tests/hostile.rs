//! Hostile input: whatever a client sends, the answer is a usable refusal, and nothing changes.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use bytes::{Buf as _, BufMut as _, Bytes};
use chancery::wire::{
    sealed,
    v1::{
        self, history_service_client::HistoryServiceClient, query_service_client::QueryServiceClient,
        submission_service_client::SubmissionServiceClient,
    },
};
use common::{Server, events};
use prost::Message as _;
use tonic::{
    Code, Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};

/// Sends bytes as they are.
#[derive(Clone, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

struct Office {
    server: Server,
    channel: Channel,
    _data: tempfile::TempDir,
}

/// us, hts, us-fto219, and a meeting: positions 1 to 4.
async fn office() -> Office {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let channel = Channel::from_shared(server.url().to_owned()).unwrap().connect().await.unwrap();
    let office = Office { server, channel, _data: data };
    let events = vec![
        events::actor(1, "us"),
        events::group(2, "hts"),
        events::regime(3, "us-fto219", "us"),
        events::meeting(4, "2025-05-14", "us", "hts"),
    ];
    office.submit(events).await.unwrap();
    office
}

impl Office {
    async fn submit(&self, events: Vec<v1::Event>) -> Result<(), Status> {
        let mut client =
            SubmissionServiceClient::new(self.channel.clone()).max_encoding_message_size(64 << 20);
        client.submit(v1::SubmitRequest { events, checks: Vec::new() }).await.map(|_| ())
    }

    async fn raw(&self, method: &'static str, bytes: Vec<u8>) -> Result<(), Status> {
        let mut client = tonic::client::Grpc::new(self.channel.clone()).max_encoding_message_size(64 << 20);
        client.ready().await.unwrap();
        let path = tonic::codegen::http::uri::PathAndQuery::from_static(method);
        client.unary(tonic::Request::new(Bytes::from(bytes)), path, Raw).await.map(|_| ())
    }

    /// The record is what it was, and the server answers.
    async fn is_unharmed(&self) {
        let mut history = HistoryServiceClient::new(self.channel.clone());
        let tail = history.get_tail(v1::GetTailRequest {}).await.unwrap().into_inner();
        assert_eq!(tail.position, 4);
        let mut query = QueryServiceClient::new(self.channel.clone());
        let request = v1::GetRelationshipRequest {
            actor: "us".to_owned(),
            group: "hts".to_owned(),
            ..Default::default()
        };
        assert_eq!(
            query.get_relationship(request).await.unwrap().into_inner().status.unwrap().engagements,
            1
        );
    }
}

#[track_caller]
fn check(what: &str, found: Result<(), Status>, code: Code, part: &str) {
    let status = match found {
        Ok(()) => panic!("{what}: accepted"),
        Err(status) => status,
    };
    assert_eq!(status.code(), code, "{what}: {}", status.message());
    assert!(status.message().contains(part), "{what}: {:?} does not say {part:?}", status.message());
}

/// The meeting at another id, changed.
fn changed(change: impl FnOnce(&mut v1::Fact)) -> Vec<v1::Event> {
    let mut event = events::meeting(99, "2025-05-14", "us", "hts");
    if let Some(v1::event::Body::Fact(fact)) = &mut event.body {
        change(fact);
    }
    vec![event]
}

fn engagement(fact: &mut v1::Fact) -> &mut v1::Engagement {
    match &mut fact.statement {
        Some(v1::fact::Statement::Engagement(engagement)) => engagement,
        _ => panic!("a meeting is an engagement"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn submissions() {
    use Code::{InvalidArgument, NotFound, ResourceExhausted};
    let office = office().await;
    let many =
        |count: u64| (0..count).map(|number| events::actor(1_000 + number, &format!("a{number}"))).collect();
    let long = "x".repeat(40_000);
    let cases: Vec<(&str, Vec<v1::Event>, Code, &str)> = vec![
        ("an empty commit", vec![], InvalidArgument, "events: is empty"),
        ("an empty event", vec![v1::Event::default()], InvalidArgument, "events[0]"),
        ("too many events", many(1_001), InvalidArgument, "events: has 1001 events"),
        (
            "month 13",
            changed(|fact| fact.effective_on = "0000-13-99".to_owned()),
            InvalidArgument,
            "effective_on",
        ),
        (
            "year 99999",
            changed(|fact| fact.effective_on = "99999".to_owned()),
            InvalidArgument,
            "effective_on",
        ),
        (
            "year 99999 to the day",
            changed(|fact| fact.effective_on = "99999-01-01".to_owned()),
            InvalidArgument,
            "effective_on",
        ),
        ("no date", changed(|fact| fact.effective_on.clear()), InvalidArgument, "effective_on"),
        ("a fact of nobody's", changed(|fact| fact.sources.clear()), InvalidArgument, "sources"),
        ("no statement", changed(|fact| fact.statement = None), InvalidArgument, "statement"),
        ("an unknown assertion", changed(|fact| fact.assertion = 77), InvalidArgument, "assertion"),
        ("a negative label", changed(|fact| fact.label = -1), InvalidArgument, "label"),
        ("an unknown kind", changed(|fact| engagement(fact).kind = i32::MAX), InvalidArgument, "kind"),
        (
            "a slug with a slash",
            changed(|fact| {
                engagement(fact).participants[1].party = Some(v1::participant::Party::Group("a/b".to_owned()))
            }),
            InvalidArgument,
            "participants[1]",
        ),
        (
            "a group nobody knows",
            changed(|fact| {
                engagement(fact).participants[1].party =
                    Some(v1::participant::Party::Group("nobody".to_owned()))
            }),
            NotFound,
            "participants[1].group: group/nobody is not registered",
        ),
        (
            "ten thousand subjects",
            changed(|fact| {
                let one = engagement(fact).participants[1].clone();
                engagement(fact).participants.extend(std::iter::repeat_n(one, 10_000));
            }),
            InvalidArgument,
            "",
        ),
        ("a long summary", changed(|fact| fact.summary = "x".repeat(501)), InvalidArgument, "summary"),
        (
            "an event of 40 kB",
            changed(|fact| fact.sources[0].locator = long.clone()),
            InvalidArgument,
            "32768",
        ),
        ("a line break", changed(|fact| fact.summary = "a\nb".to_owned()), InvalidArgument, "summary"),
        (
            "a bad credibility",
            changed(|fact| fact.credibility = "Z9".to_owned()),
            InvalidArgument,
            "credibility",
        ),
        (
            "a bad claim",
            changed(|fact| fact.claim_of = "../../etc/passwd".to_owned()),
            InvalidArgument,
            "claim_of",
        ),
        (
            "a bad event id",
            vec![v1::Event { event_id: "1/2".to_owned(), ..changed(|_| ()).remove(0) }],
            InvalidArgument,
            "event_id",
        ),
        (
            "the nil id",
            vec![v1::Event {
                event_id: "00000000-0000-0000-0000-000000000000".to_owned(),
                ..changed(|_| ()).remove(0)
            }],
            InvalidArgument,
            "event_id",
        ),
        (
            "a commit of 3 MB",
            (0..120)
                .map(|number| {
                    let mut event = events::actor(5_000 + number, &format!("b{number}"));
                    if let Some(v1::event::Body::Fact(fact)) = &mut event.body {
                        let source = v1::Source { locator: "x".repeat(2_000), ..fact.sources[0].clone() };
                        fact.sources = vec![source; 13];
                    }
                    event
                })
                .collect(),
            ResourceExhausted,
            "divide",
        ),
        (
            "a request of 20 MB",
            changed(|fact| fact.summary = "x".repeat(20 << 20)),
            ResourceExhausted,
            "divide",
        ),
    ];
    for (what, events, code, part) in cases {
        check(what, office.submit(events).await, code, part);
    }
    office.is_unharmed().await;
    office.server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes() {
    let office = office().await;
    const SUBMIT: &str = "/chancery.v1.SubmissionService/Submit";
    // An event with an id that is not UTF-8: field 1 (events) of the request, field 1 (event_id) of the event.
    let not_utf8 = vec![0x0a, 0x04, 0x0a, 0x02, 0xff, 0xfe];
    check(
        "invalid UTF-8",
        office.raw(SUBMIT, not_utf8).await,
        Code::InvalidArgument,
        "not a message of this method",
    );
    check(
        "noise",
        office.raw(SUBMIT, vec![0xff; 64]).await,
        Code::InvalidArgument,
        "not a message of this method",
    );
    check(
        "a cut message",
        office.raw(SUBMIT, vec![0x0a, 0x7f, 0x01]).await,
        Code::InvalidArgument,
        "not a message of this method",
    );
    check(
        "a commit with an event that is noise",
        office.raw(SUBMIT, vec![0x0a, 3, 0xff, 0xff, 0xff]).await,
        Code::InvalidArgument,
        "events[0] is not an event",
    );
    // Groups within groups of an unknown field: what a decoder without a limit would follow to its end.
    let nested = vec![0x7b; 100_000];
    check(
        "deep nesting",
        office.raw(SUBMIT, nested).await,
        Code::InvalidArgument,
        "not a message of this method",
    );
    // The same event, encoded as no generated code does: its id behind what it says, and a field that nobody knows.
    let meeting = events::meeting(4, "2025-05-14", "us", "hts").encode_to_vec();
    let (id, body) = meeting.split_at(2 + events::id(4).len());
    for encoded in [[id, body].concat(), [body, id].concat(), [id, body, &[0x78, 1]].concat()] {
        let request = sealed::SubmitRequest { events: vec![encoded.into()], checks: Vec::new() };
        office.raw(SUBMIT, request.encode_to_vec()).await.unwrap();
    }
    let unknown = office.raw("/chancery.v1.SubmissionService/Drop", Vec::new()).await;
    check("an unknown method", unknown, Code::Unimplemented, "");
    office.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions() {
    use Code::{InvalidArgument, NotFound, OutOfRange};
    let office = office().await;
    let as_of = |valid_at: &str| Some(v1::AsOf { valid_at: valid_at.to_owned(), ..v1::AsOf::default() });
    let known = |position| {
        let point = Some(v1::known_at::Point::Position(position));
        Some(v1::AsOf { known_at: Some(v1::KnownAt { point }), ..v1::AsOf::default() })
    };
    let group =
        |group: &str, as_of| v1::GetGroupRequest { group: group.to_owned(), as_of, ..Default::default() };
    let cases: Vec<(&str, v1::GetGroupRequest, Code, &str)> = vec![
        ("no group", group("", None), InvalidArgument, "group"),
        ("a slash", group("a/b", None), InvalidArgument, "group"),
        ("an unknown group", group("nobody", None), NotFound, "group/nobody"),
        ("an absurd date", group("hts", as_of("0000-13-99")), InvalidArgument, "as_of.valid_at"),
        ("a partial date", group("hts", as_of("2025-07")), InvalidArgument, "as_of.valid_at"),
        ("the future of the record", group("hts", known(5)), OutOfRange, "ends at 4"),
        ("before the record", group("hts", known(0)), NotFound, "group/hts"),
        (
            "an unknown regime",
            v1::GetGroupRequest { regimes: vec!["nothing".to_owned()], ..group("hts", None) },
            NotFound,
            "regime/nothing",
        ),
        (
            "too many regimes",
            v1::GetGroupRequest { regimes: vec!["us-fto219".to_owned(); 101], ..group("hts", None) },
            InvalidArgument,
            "regimes",
        ),
    ];
    let mut query = QueryServiceClient::new(office.channel.clone());
    for (what, request, code, part) in cases {
        check(what, query.get_group(request).await.map(|_| ()), code, part);
    }
    let mut history = HistoryServiceClient::new(office.channel.clone());
    let read = |filter| v1::ReadRequest { filter: Some(filter), ..Default::default() };
    let filters: Vec<(&str, v1::RecordFilter, &str)> = vec![
        (
            "ten thousand subjects",
            v1::RecordFilter { subjects: vec!["group/hts".to_owned(); 10_000], ..Default::default() },
            "subjects",
        ),
        (
            "a bad subject",
            v1::RecordFilter { subjects: vec!["group/a/b".to_owned()], ..Default::default() },
            "subjects[0]",
        ),
        (
            "an unknown kind",
            v1::RecordFilter { kinds: vec!["nothing".to_owned()], ..Default::default() },
            "kinds[0]",
        ),
        (
            "an absurd day",
            v1::RecordFilter { effective_from: "99999".to_owned(), ..Default::default() },
            "effective_from",
        ),
    ];
    for (what, filter, part) in filters {
        check(what, history.read(read(filter)).await.map(|_| ()), InvalidArgument, part);
    }
    let order = v1::ReadRequest { order: 9, ..Default::default() };
    check("an unknown order", history.read(order).await.map(|_| ()), InvalidArgument, "order");
    let beyond = v1::SubscribeRequest { after_position: 5, ..Default::default() };
    check("beyond the tail", history.subscribe(beyond).await.map(|_| ()), OutOfRange, "ends at 4");
    let event = |id: &str| v1::GetEventRequest { event_id: id.to_owned() };
    check("a bad event id", history.get_event(event("x")).await.map(|_| ()), InvalidArgument, "event_id");
    check(
        "an unknown event",
        history.get_event(event(&events::id(77))).await.map(|_| ()),
        NotFound,
        "event_id",
    );
    check(
        "no time",
        history.position_at(v1::PositionAtRequest { time: None }).await.map(|_| ()),
        InvalidArgument,
        "time",
    );
    let absurd = prost_types::Timestamp { seconds: i64::MAX, nanos: -1 };
    let absurd = history.position_at(v1::PositionAtRequest { time: Some(absurd) }).await.map(|_| ());
    check("an absurd time", absurd, InvalidArgument, "time");
    let page = v1::ListGroupsRequest { page_size: 1_001, ..Default::default() };
    check("a huge page", query.list_groups(page).await.map(|_| ()), InvalidArgument, "page_size");
    let token = v1::ListGroupsRequest { page_token: "x.y.z".to_owned(), ..Default::default() };
    check("a foreign token", query.list_groups(token).await.map(|_| ()), InvalidArgument, "page_token");
    let state = v1::ListGroupsRequest { states: vec![99], ..Default::default() };
    check("an unknown state", query.list_groups(state).await.map(|_| ()), InvalidArgument, "states[0]");
    let timeline = v1::GetTimelineRequest { subject: "hts".to_owned(), ..Default::default() };
    check("no subject", query.get_timeline(timeline).await.map(|_| ()), InvalidArgument, "subject");
    office.is_unharmed().await;
}

/// However much is wrong, the status fits what gRPC clients take for headers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_fit_their_headers() {
    let office = office().await;
    let wrong: Vec<v1::Event> =
        (0..900).map(|_| changed(|fact| fact.credibility = "Z9".repeat(200)).remove(0)).collect();
    let status = office.submit(wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.details().len() < 5_000, "{} bytes", status.details().len());
    office.is_unharmed().await;
}
