//! The cases from reality: the seeds in a real server, asked through the real API.

#![allow(clippy::unwrap_used)]

mod common;

use std::{collections::BTreeMap, path::Path};

use chancery::{
    domain::vocabulary::Vocabulary,
    wire::v1::{self, query_service_client::QueryServiceClient},
};
use common::Server;
use tonic::transport::Channel;

/// A server that holds the seeds, and a client.
struct Office {
    client: QueryServiceClient<Channel>,
    _server: Server,
    _data: tempfile::TempDir,
}

async fn office() -> Office {
    let data = tempfile::tempdir().unwrap();
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let server = Server::start(data.path(), &["--seeds", seeds.to_str().unwrap()]);
    let client = QueryServiceClient::connect(server.url().to_owned()).await.unwrap();
    Office { client, _server: server, _data: data }
}

/// `valid`, or `valid / disclosed`.
fn as_of(times: &str) -> v1::AsOf {
    let (valid_at, disclosed_by) = times.split_once(" / ").unwrap_or((times, ""));
    v1::AsOf { valid_at: valid_at.to_owned(), known_at: None, disclosed_by: disclosed_by.to_owned() }
}

fn name<V: Vocabulary>(number: i32) -> &'static str {
    V::from_number(number).map_or("?", V::name)
}

use chancery::domain::vocabulary as words;

/// One listing in a line: `STATE [BASIS(of)] [pending ACT date]… [challenged] [disputed] [inferred]`.
fn designation(it: &v1::Designation) -> String {
    let mut text = name::<words::DesignationState>(it.state).to_owned();
    if !it.alias_of.is_empty() {
        text += &format!(" alias of {}", it.alias_of);
    }
    for pending in &it.pending {
        text += format!(" pending {} {}", name::<words::Act>(pending.act), pending.effective_on).trim_end();
    }
    for exemption in &it.exemptions {
        text += &format!(" exempt until {}", exemption.expires_on);
    }
    text
}

async fn group(office: &Office, slug: &str, regimes: &[&str], times: &str) -> v1::GroupStatus {
    let request = v1::GetGroupRequest {
        group: slug.to_owned(),
        regimes: regimes.iter().map(ToString::to_string).collect(),
        as_of: Some(as_of(times)),
        min_position: 0,
    };
    office.client.clone().get_group(request).await.unwrap().into_inner().status.unwrap()
}

/// What `expected` names of the listings of a group: `regime` or `regime/component` to a line of `designation`.
async fn check_group(office: &Office, slug: &str, times: &str, expected: &[(&str, &str)]) {
    let regimes: Vec<&str> = expected.iter().map(|(listing, _)| listing.split('/').next().unwrap()).collect();
    let status = group(office, slug, &regimes, times).await;
    let found: BTreeMap<String, String> = status
        .designations
        .iter()
        .map(|it| {
            let component =
                if it.component.is_empty() { String::new() } else { format!("/{}", it.component) };
            (format!("{}{component}", it.regime), designation(it))
        })
        .collect();
    for (listing, line) in expected {
        assert_eq!(
            found.get(*listing).map(String::as_str),
            Some(*line),
            "{slug} {listing} on {times}: {found:#?}"
        );
    }
}

async fn relationship(office: &Office, actor: &str, group: &str, times: &str) -> v1::RelationshipStatus {
    let request = v1::GetRelationshipRequest {
        actor: actor.to_owned(),
        group: group.to_owned(),
        as_of: Some(as_of(times)),
        min_position: 0,
    };
    office.client.clone().get_relationship(request).await.unwrap().into_inner().status.unwrap()
}

/// The headline, and the flags that must be among those of the relationship.
async fn check_relationship(
    office: &Office,
    actor: &str,
    group: &str,
    times: &str,
    headline: &str,
    flags: &[&str],
) {
    let status = relationship(office, actor, group, times).await;
    assert_eq!(name::<words::Headline>(status.headline), headline, "{actor} {group} on {times}: {status:#?}");
    let found: Vec<&str> = status.flags.iter().map(|flag| name::<words::RelationshipFlag>(*flag)).collect();
    for flag in flags {
        assert!(found.contains(flag), "{actor} {group} on {times}: {flag} is not among {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hts_and_the_united_states() {
    let office = &office().await;
    check_group(office, "hts", "2012-12-10", &[("us-fto219", "NONE")]).await;
    check_group(office, "hts", "2012-12-11", &[("us-fto219", "ACTIVE alias of isis")]).await;
    check_group(office, "hts", "2014-05-15", &[("us-fto219", "ACTIVE")]).await;
    let kept = |state| {
        [
            ("us-fto219", state),
            ("un-scisil", "ACTIVE"),
            ("gb-ta2000", "ACTIVE alias of aq"),
            ("ca-cc8305", "ACTIVE"),
        ]
    };
    check_group(office, "hts", "2025-06-22", &kept("ACTIVE")).await;
    check_group(office, "hts", "2025-07-07", &kept("ACTIVE pending DELISTED 2025-07-08")).await;
    check_group(office, "hts", "2025-07-08", &kept("DELISTED")).await;
    // Coverage was continuous: the alias listing, the own listing and the amendments are one episode.
    let status = group(office, "hts", &["us-fto219"], "2025-07-08").await;
    assert_eq!(status.designations[0].episodes.len(), 1, "{:#?}", status.designations);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hts_and_the_united_nations() {
    let office = &office().await;
    check_group(office, "hts", "2025-11-06", &[("un-scisil", "ACTIVE")]).await;
    check_group(office, "hts", "2026-02-26", &[("un-scisil", "ACTIVE")]).await;
    check_group(office, "hts", "2026-02-27", &[("un-scisil", "DELISTED")]).await;
    // The claim that resolution 2799 delisted it lost, and is shown.
    let status = group(office, "hts", &["un-scisil"], "2026-02-27").await;
    let lost: Vec<&str> =
        status.designations[0].alternatives.iter().map(|it| it.effective_on.as_str()).collect();
    assert_eq!(lost, ["2025-11-06"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_act_belongs_to_its_own_regime() {
    let office = &office().await;
    check_group(
        office,
        "al-sharaa",
        "2025-11-08",
        &[("us-sdgt", "DELISTED"), ("us-sdn", "ACTIVE"), ("un-scisil", "DELISTED")],
    )
    .await;
    check_group(office, "al-sharaa", "2025-11-09", &[("us-sdn", "DELISTED")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn farc_and_its_successors() {
    let office = &office().await;
    check_group(office, "farc", "2021-11-30", &[("us-fto219", "ACTIVE pending DELISTED 2021-12-01")]).await;
    check_group(office, "farc", "2021-12-01", &[("us-fto219", "DELISTED"), ("us-sdgt", "DELISTED")]).await;
    for successor in ["farc-ep", "segunda-marquetalia"] {
        check_group(office, successor, "2021-11-30", &[("us-fto219", "PROPOSED pending LISTED 2021-12-01")])
            .await;
        check_group(office, successor, "2021-12-01", &[("us-fto219", "ACTIVE"), ("us-sdgt", "ACTIVE")]).await;
        let status = group(office, successor, &[], "2021-12-01").await;
        assert!(status.inherited.is_empty(), "no continuity is presumed: {:#?}", status.inherited);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_regime_of_a_state_may_let_go_and_another_hold() {
    let office = &office().await;
    for slug in ["eta", "aum", "gamaa", "kach", "msc"] {
        check_group(office, slug, "2022-05-19", &[("us-fto219", "ACTIVE"), ("us-sdgt", "ACTIVE")]).await;
        check_group(office, slug, "2022-05-20", &[("us-fto219", "DELISTED"), ("us-sdgt", "ACTIVE")]).await;
        let effects = |status: v1::GroupStatus| {
            let of_us = status.legal_effects.into_iter().find(|it| it.jurisdiction == "us");
            of_us.map_or(0, |it| it.legal_effects.len())
        };
        let (before, after) =
            (group(office, slug, &[], "2022-05-19").await, group(office, slug, &[], "2022-05-20").await);
        assert!(effects(after) < effects(before), "{slug}: the effects shrink");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn houthis() {
    let office = &office().await;
    check_group(office, "ansarallah", "2021-01-18", &[("us-fto219", "PROPOSED pending LISTED 2021-01-19")])
        .await;
    check_group(office, "ansarallah", "2021-01-19", &[("us-fto219", "ACTIVE")]).await;
    check_group(office, "ansarallah", "2021-02-16", &[("us-fto219", "DELISTED")]).await;
    check_group(
        office,
        "ansarallah",
        "2025-01-22",
        &[("us-fto219", "PROPOSED"), ("us-sdgt", "ACTIVE"), ("un-sc2140", "ACTIVE")],
    )
    .await;
    check_group(office, "ansarallah", "2025-03-04", &[("us-fto219", "ACTIVE"), ("un-scisil", "NONE")]).await;
    let status = group(office, "ansarallah", &["us-fto219"], "2025-03-04").await;
    assert_eq!(status.designations[0].episodes.len(), 2, "{:#?}", status.designations);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hamas_and_the_courts() {
    let office = &office().await;
    check_group(office, "hamas", "2014-12-16", &[("eu-terr", "ACTIVE")]).await;
    check_group(office, "hamas", "2014-12-17", &[("eu-terr", "ANNULLED_STAYED")]).await;
    check_group(office, "hamas", "2017-07-25", &[("eu-terr", "ANNULLED_STAYED")]).await;
    check_group(office, "hamas", "2017-07-26", &[("eu-terr", "ACTIVE")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pkk_dissolved_and_listed() {
    let office = &office().await;
    let status = group(office, "pkk", &[], "2026-03-01").await;
    assert_eq!(name::<words::LifecycleState>(status.lifecycle.unwrap().state), "DISSOLVED_DECLARED");
    let flags: Vec<&str> = status.flags.iter().map(|flag| name::<words::GroupFlag>(*flag)).collect();
    assert_eq!(flags, ["LISTED_BUT_DISSOLVED"]);
    check_group(office, "pkk", "2026-03-01", &[("eu-terr", "ACTIVE"), ("us-fto219", "ACTIVE")]).await;
    // That it stands in a consolidated text is an observation, and no review.
    let listing = group(office, "pkk", &["eu-terr"], "2026-03-01").await.designations.remove(0);
    assert_eq!(
        (listing.last_present_on.as_str(), listing.review_due_on.as_str(), listing.review_overdue),
        ("2026-02-27", "2002-11-02", true)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn us_and_hamas_by_what_was_disclosed() {
    let office = &office().await;
    let before = relationship(office, "us", "hamas", "2025-02-20 / 2025-03-01").await;
    assert_ne!(name::<words::Headline>(before.headline), "DIRECT_CONTACT");
    assert_eq!(name::<words::ContactLevel>(before.contact.unwrap().level), "NONE");
    check_relationship(
        office,
        "us",
        "hamas",
        "2025-02-20 / 2025-03-04",
        name::<words::Headline>(before.headline),
        &[],
    )
    .await;
    check_relationship(office, "us", "hamas", "2025-02-20 / 2025-03-05", "DIRECT_CONTACT", &["SECRET_ONLY"])
        .await;
    check_relationship(office, "us", "hamas", "2025-02-20", "DIRECT_CONTACT", &["ENGAGING_WHILE_DESIGNATED"])
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn russia_recognises() {
    let office = &office().await;
    check_group(office, "taliban", "2025-05-01", &[("ru-terror", "SUSPENDED")]).await;
    let before = relationship(office, "ru", "taliban", "2025-07-02").await;
    assert_ne!(name::<words::Headline>(before.headline), "RECOGNISED");
    check_relationship(office, "ru", "taliban", "2025-07-03", "RECOGNISED", &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn india_upgrades_without_recognition() {
    let office = &office().await;
    let level = |status: &v1::RelationshipStatus| {
        name::<words::RepresentationLevel>(status.representation_of_actor.as_ref().unwrap().level)
    };
    let recognition = |status: &v1::RelationshipStatus| {
        name::<words::Recognition>(status.recognition.as_ref().unwrap().value)
    };
    let before = relationship(office, "in", "taliban", "2022-07-01").await;
    assert_eq!((level(&before), recognition(&before)), ("TECHNICAL_MISSION", "NONE"));
    let after = relationship(office, "in", "taliban", "2025-10-21").await;
    assert_eq!((level(&after), recognition(&after)), ("EMBASSY_CHARGE", "DE_FACTO_DEALINGS"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn us_and_the_houthis() {
    let office = &office().await;
    check_relationship(office, "us", "ansarallah", "2025-05-05", "HOSTILE", &[]).await;
    check_relationship(office, "us", "ansarallah", "2025-05-06", "CEASEFIRE", &["ENGAGING_WHILE_DESIGNATED"])
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announced_is_not_in_force() {
    let office = &office().await;
    check_group(office, "irgc", "2026-01-28", &[("eu-terr", "NONE")]).await;
    check_group(office, "irgc", "2026-01-29", &[("eu-terr", "PROPOSED")]).await;
    check_group(office, "irgc", "2026-02-19", &[("eu-terr", "ACTIVE")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes_are_never_flattened() {
    let office = &office().await;
    check_group(
        office,
        "hezbollah",
        "2010-01-01",
        &[("gb-ta2000/External Security Organisation", "ACTIVE"), ("gb-ta2000/Military Wing", "ACTIVE")],
    )
    .await;
    let whole = |status: v1::GroupStatus| {
        let whole = status.designations.into_iter().find(|it| it.component.is_empty());
        whole.map_or("NONE", |it| name::<words::DesignationState>(it.state))
    };
    assert_eq!(whole(group(office, "hezbollah", &["gb-ta2000"], "2019-02-28").await), "NONE");
    assert_eq!(whole(group(office, "hezbollah", &["gb-ta2000"], "2019-03-01").await), "ACTIVE");
    check_group(office, "hezbollah", "2020-01-01", &[("eu-terr/Military Wing", "ACTIVE")]).await;
    assert_eq!(whole(group(office, "hezbollah", &["eu-terr"], "2020-01-01").await), "NONE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_taliban_are_not_an_fto() {
    let office = &office().await;
    check_group(office, "taliban", "2024-01-01", &[("us-fto219", "NONE"), ("us-sdgt", "ACTIVE")]).await;
    check_group(office, "haqqani", "2024-01-01", &[("us-fto219", "ACTIVE")]).await;
}
