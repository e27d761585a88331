//! Overviews and search: the docket, contradictions, matrices, engagement while designated, over the seeds.

use chancery::{
    domain::vocabulary::{self as words, Vocabulary},
    wire::v1,
};
use tonic::Code;

use crate::{Office, check_refusal};

fn on(valid_at: &str) -> Option<v1::AsOf> {
    Some(v1::AsOf { valid_at: valid_at.to_owned(), ..v1::AsOf::default() })
}

fn name<V: Vocabulary>(number: i32) -> &'static str {
    V::from_number(number).map_or("?", V::name)
}

fn docket(from: &str, until: &str) -> v1::ListDocketRequest {
    v1::ListDocketRequest { from: from.to_owned(), until: until.to_owned(), ..Default::default() }
}

/// The entries of a docket over all pages, a line each.
async fn docket_lines(office: &Office, mut request: v1::ListDocketRequest) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let page = office.query().list_docket(request.clone()).await.unwrap().into_inner();
        lines.extend(page.entries.iter().map(|it| {
            let group = it.subject.split('/').nth(1).unwrap_or_default();
            format!("{} {} {group}: {}", it.date, name::<words::DueKind>(it.kind), it.what)
        }));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return lines;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_in_a_period() {
    let office = Office::seeded().await;
    let july = docket("2025-07-01", "2025-07-31");
    let delisted = "2025-07-08 TAKES_EFFECT hts: us-fto219: DELISTED takes effect";
    assert_eq!(docket_lines(&office, july.clone()).await, [delisted]);
    // A reader of 7 July knows of it, one of 22 June does not.
    for (stands, expected) in [("2025-07-07", vec![delisted]), ("2025-06-22", vec![])] {
        let request = v1::ListDocketRequest { as_of: on(stands), ..july.clone() };
        assert_eq!(docket_lines(&office, request).await, expected, "{stands}");
    }
    let autumn = docket("2025-10-01", "2025-10-31");
    let exemption = "2025-10-16 EXPIRES muttaqi: un-sc1988: exemption TAi.026 expires";
    let lines = docket_lines(&office, autumn.clone()).await;
    assert!(lines.iter().any(|line| line == exemption), "{lines:#?}");
    let pages = v1::ListDocketRequest { page_size: 1, ..autumn.clone() };
    assert_eq!(docket_lines(&office, pages).await, lines);
    let expiring = v1::ListDocketRequest { kinds: vec![v1::DueKind::Expires.into()], ..autumn.clone() };
    assert_eq!(docket_lines(&office, expiring).await, [exemption]);
    for (groups, regimes, expected) in [
        (vec!["muttaqi"], vec![], 2),
        (vec!["muttaqi"], vec!["us-fto219"], 0),
        (vec![], vec!["gb-ta2000"], 1),
    ] {
        let owned = |slugs: &[&str]| slugs.iter().map(ToString::to_string).collect();
        let request =
            v1::ListDocketRequest { groups: owned(&groups), regimes: owned(&regimes), ..autumn.clone() };
        assert_eq!(docket_lines(&office, request).await.len(), expected, "{groups:?} {regimes:?}");
    }
    // The review of an FTO that nobody did by its day is on the docket of that day.
    let reviews = v1::ListDocketRequest {
        kinds: vec![v1::DueKind::Review.into()],
        groups: vec!["hts".to_owned()],
        ..docket("2019-05-01", "2019-05-31")
    };
    let found = office.query().list_docket(reviews.clone()).await.unwrap().into_inner();
    assert_eq!(docket_lines(&office, reviews).await, ["2019-05-15 REVIEW hts: us-fto219: review falls due"]);
    // It names the act that it is counted from.
    assert!(found.entries.iter().all(|it| !it.event_id.is_empty()), "{found:?}");
}

async fn listings(office: &Office, matrix: v1::ListingMatrix, valid_at: &str) -> Vec<v1::ListingRow> {
    let mut request = v1::GetMatrixRequest {
        matrix: Some(v1::get_matrix_request::Matrix::Listings(matrix)),
        as_of: on(valid_at),
        page_size: 7,
        ..Default::default()
    };
    let mut rows = Vec::new();
    loop {
        let page = office.query().get_matrix(request.clone()).await.unwrap().into_inner();
        rows.extend(page.listing_rows);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return rows;
        }
    }
}

/// Every cell of a matrix says what the status of its group says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_by_regimes() {
    let office = Office::seeded().await;
    let all = listings(&office, v1::ListingMatrix::default(), "2025-07-07").await;
    assert!(30 < all.len(), "{}", all.len());
    for row in &all {
        let request =
            v1::GetGroupRequest { group: row.group.clone(), as_of: on("2025-07-07"), ..Default::default() };
        let status = office.query().get_group(request).await.unwrap().into_inner().status.unwrap();
        let own = row.cells.iter().filter(|cell| cell.inherited_from.is_empty());
        let found: Vec<_> =
            own.map(|it| (&it.regime, &it.component, it.state, it.basis, &it.alias_of)).collect();
        let listed = status.designations.iter().filter(|it| it.state() != v1::DesignationState::None);
        let expected: Vec<_> =
            listed.map(|it| (&it.regime, &it.component, it.state, it.basis, &it.alias_of)).collect();
        assert_eq!(found, expected, "{}", row.group);
        let through = row.cells.iter().filter(|cell| !cell.inherited_from.is_empty()).count();
        let reached = status.inherited.iter().filter(|it| it.bound_actor.is_empty()).count();
        assert_eq!((&row.name, &row.flags, through), (&status.name, &status.flags, reached), "{}", row.group);
    }
    let hts = v1::ListingMatrix { groups: vec!["hts".to_owned()], ..Default::default() };
    let cells = listings(&office, hts, "2025-07-07").await.remove(0).cells;
    let fto = cells.iter().find(|cell| cell.regime == "us-fto219").unwrap();
    assert_eq!(fto.pending, [i32::from(v1::Act::Delisted)]);
    let in_force = v1::ListingMatrix {
        regimes: vec!["us-fto219".to_owned()],
        states: vec![v1::DesignationState::Active.into()],
        ..Default::default()
    };
    for (valid_at, listed) in [("2025-07-07", true), ("2025-07-08", false)] {
        let rows = listings(&office, in_force.clone(), valid_at).await;
        assert_eq!(rows.iter().any(|row| row.group == "hts"), listed, "{valid_at}");
        assert!(rows.iter().all(|row| row.cells.iter().all(|cell| cell.regime == "us-fto219")));
    }
}

/// Every cell of a matrix says what the status of its relationship says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actors_by_groups() {
    let office = Office::seeded().await;
    let ask = async |matrix: v1::RelationMatrix| {
        let request = v1::GetMatrixRequest {
            matrix: Some(v1::get_matrix_request::Matrix::Relations(matrix)),
            as_of: on("2025-07-08"),
            page_size: 1_000,
            ..Default::default()
        };
        office.query().get_matrix(request).await.unwrap().into_inner().relation_rows
    };
    let groups = vec!["taliban".to_owned(), "hamas".to_owned()];
    let rows = ask(v1::RelationMatrix { groups, ..Default::default() }).await;
    assert!(10 < rows.len(), "{}", rows.len());
    for (row, cell) in rows.iter().flat_map(|row| row.cells.iter().map(move |cell| (row, cell))) {
        let request = v1::GetRelationshipRequest {
            actor: row.actor.clone(),
            group: cell.group.clone(),
            as_of: on("2025-07-08"),
            min_position: 0,
        };
        let status = office.query().get_relationship(request).await.unwrap().into_inner().status.unwrap();
        let what = format!("{} {}", row.actor, cell.group);
        assert_eq!(
            (cell.headline, &cell.flags, cell.engagements),
            (status.headline, &status.flags, status.engagements),
            "{what}"
        );
        assert_eq!(row.name, status.actor_name, "{what}");
    }
    let russia = rows.iter().find(|row| row.actor == "ru").unwrap();
    assert_eq!(russia.cells[0].headline(), v1::Headline::Recognised);
    let listed = ask(v1::RelationMatrix { listed: true, ..Default::default() }).await;
    assert!(listed.iter().flat_map(|row| &row.cells).all(|cell| cell.listed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn engaging_while_designated() {
    let office = Office::seeded().await;
    let request = v1::ListEngagingWhileDesignatedRequest {
        from: "2025-01-01".to_owned(),
        until: "2025-12-31".to_owned(),
        actors: vec!["us".to_owned(), "gb".to_owned()],
        ..Default::default()
    };
    let stretches =
        office.query().list_engaging_while_designated(request).await.unwrap().into_inner().stretches;
    let line = |it: &v1::EngagingWhileDesignated| {
        let regimes: Vec<&str> = it.listings.iter().map(|it| it.regime.as_str()).collect();
        assert!(!it.engagement_ids.is_empty());
        let marks = (if it.began_before { "<" } else { "" }, if it.goes_on { ">" } else { "" });
        format!(
            "{} {} {}{} {}{} {}",
            it.actor,
            it.group,
            marks.0,
            it.from,
            it.until,
            marks.1,
            regimes.join(",")
        )
    };
    let found: Vec<String> = stretches.iter().map(line).collect();
    for expected in [
        "gb hts 2025-07-01 2025-10-20 gb-ta2000",
        "us ansarallah 2025-05-06 2025-12-31> us-fto219,us-sdgt",
        "us hamas 2025-02-01 2025-12-31> us-fto219,us-sdgt",
    ] {
        assert!(found.iter().any(|line| line == expected), "{expected}: {found:#?}");
    }
    // Every day of a stretch has the flag, and the days around it have not.
    for stretch in &stretches {
        let day = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
        let mut days = vec![(day(&stretch.from), true), (day(&stretch.until), true)];
        if !stretch.began_before {
            days.push((day(&stretch.from).yesterday().unwrap(), false));
        }
        if !stretch.goes_on {
            days.push((day(&stretch.until).tomorrow().unwrap(), false));
        }
        for (date, flagged) in days {
            let request = v1::GetRelationshipRequest {
                actor: stretch.actor.clone(),
                group: stretch.group.clone(),
                as_of: on(&date.to_string()),
                min_position: 0,
            };
            let status = office.query().get_relationship(request).await.unwrap().into_inner().status.unwrap();
            let flag = i32::from(v1::RelationshipFlag::EngagingWhileDesignated);
            assert_eq!(status.flags.contains(&flag), flagged, "{date} {stretch:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contradictions_of_the_seeds() {
    let office = Office::seeded().await;
    for (subject, expected) in [
        ("", 5),
        ("group/hts", 2),
        // The scope of a ceasefire.
        ("relationship/us/ansarallah", 1),
        ("regime/un-scisil", 1),
        ("designation/hts/ca-cc8305", 1),
        ("actor/cn", 0),
        ("relationship/cn/taliban", 0),
        ("group/pkk", 0),
    ] {
        let request = v1::ListAnomaliesRequest {
            subject: subject.to_owned(),
            as_of: on("2026-12-31"),
            ..Default::default()
        };
        let found = office.query().list_anomalies(request).await.unwrap().into_inner().anomalies;
        assert_eq!(found.len(), expected, "{subject}: {found:#?}");
        for entry in found {
            assert_eq!(entry.state(), v1::AnomalyState::Open);
            assert_eq!(entry.settled_by, "");
            assert!(1 < entry.anomaly.unwrap().event_ids.len());
        }
    }
}

/// What is looked for, on which day, and the first hit with what it was found by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search() {
    let office = Office::seeded().await;
    for (query, valid_at, expected) in [
        ("nusra", "2026-01-01", "group/hts ALIAS"),
        ("Hezbolla", "2026-01-01", "group/hezbollah"),
        ("hizballah", "2026-01-01", "group/hezbollah"),
        ("houthi", "2026-01-01", "group/ansarallah"),
        ("alqaida", "2026-01-01", "group/aq"),
        ("QDe.137", "2026-01-01", "group/hts"),
        // A number that is no longer in use is found as a former name is.
        ("QDe.137", "2026-11-22", "group/hts"),
        ("qde 137", "2026-01-01", "group/hts"),
        ("talban", "2026-01-01", "group/taliban PRIMARY"),
        ("norway", "2026-01-01", "actor/no"),
        ("us", "2026-01-01", "actor/us"),
    ] {
        let request =
            v1::SearchRequest { query: query.to_owned(), as_of: on(valid_at), ..Default::default() };
        let hits = office.query().search(request).await.unwrap().into_inner().hits;
        let first = hits.first().map(|it| {
            let kind = if it.name_kind == 0 { "" } else { name::<words::NameKind>(it.name_kind) };
            format!("{} {kind}", it.subject)
        });
        assert!(first.is_some_and(|first| first.starts_with(expected)), "{query}: {hits:#?}");
        assert!(hits.windows(2).all(|pair| pair[1].likeness <= pair[0].likeness));
    }
    let nobody = v1::SearchRequest { query: "Xyzzyqwert".to_owned(), ..Default::default() };
    assert_eq!(office.query().search(nobody).await.unwrap().into_inner().hits, []);
    let request = v1::GetGroupRequest { group: "hizballah".to_owned(), ..Default::default() };
    let status = office.query().get_group(request).await.unwrap_err();
    check_refusal(
        "hizballah",
        &status,
        Code::NotFound,
        "NOT_ON_RECORD",
        &["group"],
        "did you mean hezbollah (",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals() {
    let office = Office::small().await;
    let (invalid, malformed) = (Code::InvalidArgument, "MALFORMED");
    for (request, fields) in [
        (docket("", ""), &["from", "until"][..]),
        (docket("2025-07", "x"), &["from", "until"]),
        (docket("2025-07-02", "2025-07-01"), &["until"]),
        (
            v1::ListDocketRequest { groups: vec!["A".to_owned()], ..docket("2025-07-01", "2025-07-02") },
            &["groups[0]"],
        ),
    ] {
        let status = office.query().list_docket(request.clone()).await.unwrap_err();
        check_refusal(&format!("{request:?}"), &status, invalid, malformed, fields, "");
    }
    let status = office.query().get_matrix(v1::GetMatrixRequest::default()).await.unwrap_err();
    check_refusal("no matrix", &status, invalid, malformed, &["matrix"], "");
    // What is not on record would find nothing, which would read as an answer.
    let owned = |slug: &str| vec![slug.to_owned()];
    let due = || docket("2025-07-01", "2025-07-02");
    for (request, field) in [
        (v1::ListDocketRequest { groups: owned("htx"), ..due() }, "groups[0]"),
        (v1::ListDocketRequest { regimes: owned("us-fto"), ..due() }, "regimes[0]"),
    ] {
        let status = office.query().list_docket(request).await.unwrap_err();
        check_refusal(field, &status, Code::NotFound, "NOT_ON_RECORD", &[field], "");
    }
    for subject in ["group/htx", "relationship/ru/hts", "designation/hts/us-fto", "regime/x", "actor/x"] {
        let request = v1::ListAnomaliesRequest { subject: subject.to_owned(), ..Default::default() };
        let status = office.query().list_anomalies(request).await.unwrap_err();
        check_refusal(subject, &status, Code::NotFound, "NOT_ON_RECORD", &["subject"], "");
    }
    for (groups, actors, fields) in [
        (owned("htx"), vec![], &["groups[0]"][..]),
        (owned("hts"), owned("ru"), &["actors[0]"]),
        (vec!["hts".to_owned(), "htx".to_owned()], owned("ru"), &["actors[0]", "groups[1]"]),
    ] {
        let request = v1::ListEngagingWhileDesignatedRequest {
            from: "2025-07-01".to_owned(),
            until: "2025-07-02".to_owned(),
            groups: groups.clone(),
            actors: actors.clone(),
            ..Default::default()
        };
        let status = office.query().list_engaging_while_designated(request).await.unwrap_err();
        check_refusal("stretches", &status, Code::NotFound, "NOT_ON_RECORD", fields, "");
        let matrix = v1::RelationMatrix { groups, actors, ..Default::default() };
        let matrix = Some(v1::get_matrix_request::Matrix::Relations(matrix));
        let request = v1::GetMatrixRequest { matrix, ..Default::default() };
        let status = office.query().get_matrix(request).await.unwrap_err();
        let fields: Vec<String> = fields.iter().map(|field| format!("relations.{field}")).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        check_refusal("matrix", &status, Code::NotFound, "NOT_ON_RECORD", &fields, "");
    }
    for subject in ["x", "event/0197f0a2-6c1d-7b5e-9a6b-2d8f4f0c1e11"] {
        let request = v1::ListAnomaliesRequest { subject: subject.to_owned(), ..Default::default() };
        let status = office.query().list_anomalies(request).await.unwrap_err();
        check_refusal(subject, &status, invalid, malformed, &["subject"], "");
    }
    for (query, limit, field) in [("", 0, "query"), ("hts", 101, "limit")] {
        let request = v1::SearchRequest { query: query.to_owned(), limit, ..Default::default() };
        let status = office.query().search(request).await.unwrap_err();
        check_refusal(query, &status, invalid, malformed, &[field], "");
    }
}
