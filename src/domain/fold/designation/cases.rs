//! Cases of the machine, in a notation of their own: what is on record, a date, and what shows.

use super::notation::{check, fold};
use crate::domain::{
    statement::is_same_component,
    status::group::Since,
    vocabulary::{Act, Vocabulary},
};

#[test]
fn from_reality() {
    let hts = "2012-12-11 LISTED_AS_ALIAS alias isis ref AQI; 2014-05-15 SPLIT_TO_OWN_LISTING; 2016-11-14 AMENDED; \
               2018-06-01 AMENDED; 2025-07-08 DELISTED decided 2025-06-23 announced 2025-07-07 ref FR";
    check(hts, "2012-12-10", "—");
    check(hts, "2014-05-14", "ACTIVE; ALIAS_OF isis; #1 2012-12-11..; rule SOLE; by 1; ref AQI");
    check(
        hts,
        "2014-05-15",
        "ACTIVE; OWN; since 2012-12-11; #1 2012-12-11..; rule LATEST_EFFECTIVE; by 2,1; review due 2019-05-15",
    );
    check(hts, "2025-06-22", "ACTIVE; OWN; by 2,1; review overdue 2019-05-15");
    check(hts, "2025-06-23", "ACTIVE; pending DELISTED 2025-07-08; review overdue 2019-05-15; ref AQI");
    check(hts, "2025-07-07", "ACTIVE; pending DELISTED 2025-07-08; review overdue 2019-05-15");
    check(
        hts,
        "2025-07-08",
        "DELISTED; OWN; since 2025-07-08; #1 2012-12-11..2025-07-08 DELISTED; by 5; ref AQI",
    );

    let hts_un = "2013-05-30 LISTED_AS_ALIAS alias isis; 2014-05-14 SPLIT_TO_OWN_LISTING; 2026-02-27 DELISTED; \
                  2025-11-06 DELISTED by OFFICIAL_STATEMENT claim 3; 2025-11-06 DELISTED by AGGREGATOR claim 3";
    check(hts_un, "2025-11-05", "ACTIVE; by 2,1; review overdue 2019-05-14");
    check(hts_un, "2025-12-01", "ACTIVE; by 2,1; disputed; lost 4,5; review overdue 2019-05-14");
    check(hts_un, "2026-02-27", "DELISTED; since 2026-02-27; by 3; disputed; lost 4,5; rule SOURCE_RANK");

    let houthis = "2021-01-19 LISTED announced 2021-01-10; 2021-02-16 DELISTED; 2025-01-22 INITIATED; 2025-03-04 LISTED";
    check(houthis, "2021-01-09", "—");
    check(houthis, "2021-01-10", "PROPOSED; since 2021-01-10; pending LISTED 2021-01-19; by 1");
    check(houthis, "2021-02-15", "ACTIVE; #1 2021-01-19..");
    check(houthis, "2025-01-21", "DELISTED; since 2021-02-16");
    check(houthis, "2025-01-22", "PROPOSED; since 2025-01-22; #1 2021-01-19..2021-02-16 DELISTED; by 3");
    check(
        houthis,
        "2025-03-04",
        "ACTIVE; since 2025-03-04; #1 2021-01-19..2021-02-16 DELISTED; #2 2025-03-04..; by 4",
    );

    let hamas = "2001-12-27 LISTED; 2010-09 CHALLENGED; 2014-12-17 ANNULLED_EFFECTS_MAINTAINED; 2017-07-26 ANNULMENT_REVERSED";
    check(hamas, "2010-09-01", "ACTIVE; challenged 2010-09; review overdue 2006-12-27");
    check(hamas, "2014-12-17", "ANNULLED_STAYED; since 2014-12-17; by 3,1; review overdue 2006-12-27");
    check(
        hamas,
        "2017-07-26",
        "ACTIVE; since 2017-07-26; #1 2001-12-27..; by 4,1; review overdue 2006-12-27",
    );

    let irgc = "2026-01-29 INITIATED; 2026-02-19 LISTED";
    check(irgc, "2026-02-18", "PROPOSED; since 2026-01-29");
    check(irgc, "2026-02-19", "ACTIVE; since 2026-02-19");
    check(
        "2026-02-19 LISTED decided 2026-01-29",
        "2026-02-18",
        "PROPOSED; since 2026-01-29; pending LISTED 2026-02-19",
    );

    let hezbollah = "2001 LISTED part ESO; 2008-07 LISTED part Military; 2019-03-01 LISTED";
    check(hezbollah, "2001-01-01", "ESO: ACTIVE; COMPONENT; since 2001");
    check(hezbollah, "2008-07-01", "ESO: ACTIVE; review overdue 2006-01-01 & Military: ACTIVE; COMPONENT");
    check(
        hezbollah,
        "2019-03-01",
        "ACTIVE; OWN & ESO: ACTIVE; review overdue 2006-01-01 & Military: ACTIVE; review overdue 2013-07-01",
    );
    check(
        "2025-11-07 DELISTED; 2018-01-01 LISTED; 2025-11-09 DELISTED under sdn; 2018-01-01 LISTED under sdn",
        "2025-11-08",
        "DELISTED & ACTIVE",
    );
    let taliban = "2001-01-01 LISTED by OFFICIAL_STATEMENT denied; 2001-01-01 LISTED by COURT_REPORT claim 1";
    check(taliban, "2010-01-01", "NONE; disputed; lost 2");
}

#[test]
fn daggers() {
    check(
        "2010-05 AMENDED",
        "2011-01-01",
        "ACTIVE; since ≤2010-05; OWN; #1 ≤2010-05..; anomaly ACT_WITHOUT_LISTING by 1",
    );
    check(
        "2010-05-01 SUSPENDED",
        "2011-01-01",
        "SUSPENDED; since ≤2010-05-01; #1 ≤2010-05-01..; anomaly ACT_WITHOUT_LISTING by 1",
    );
    check(
        "2010-05-01 MAINTAINED part W; 2011-05-01 LISTED part W",
        "2012-01-01",
        "W: ACTIVE; since ≤2010-05-01; #1 ≤2010-05-01..; COMPONENT; review due 2016-05-01; anomaly ACT_WITHOUT_LISTING by 1",
    );
    check("2010-05-01 DELISTED", "2011-01-01", "NONE; since ?; anomaly ACT_WITHOUT_EFFECT by 1");
    check(
        "2009-01-01 LISTED; 2010-05-01 DELISTED; 2011-05-01 DELISTED",
        "2012-01-01",
        "DELISTED; since 2010-05-01; by 2; anomaly ACT_WITHOUT_EFFECT by 3,2",
    );
    check("2010-05-01 EXPIRED", "2011-01-01", "NONE");
    check("2010-05-01 INITIATED; 2010-06-01 DELISTED", "2011-01-01", "NONE; since 2010-06-01; by 2");
}

#[test]
fn episodes() {
    let twice = "2009-01-01 LISTED; 2010-05-01 DELISTED; 2011-05-01 RESUMED";
    check(twice, "2010-05-01", "DELISTED; episodes by 1,2; basis by 1");
    check(twice, "2011-05-01", "ACTIVE; episodes by 1,2,3; basis by 3");
    check(
        "2009-01-01 LISTED; 2010-05-01 ANNULLED; 2011-05-01 ANNULMENT_REVERSED; 2012-01-01 SUSPENDED",
        "2012-01-01",
        "SUSPENDED; episodes by 1; basis by 1",
    );
    check(
        "2009-01-01 LISTED expires 2009-12-31; 2010-05-01 LISTED; 2011-05-01 SPLIT_TO_OWN_LISTING",
        "2011-05-01",
        "ACTIVE; episodes by 1,1,2; basis by 2",
    );
    check(twice, "2011-05-01", "ACTIVE; #1 2009-01-01..2010-05-01 DELISTED; #2 2011-05-01..; OWN");
    check(
        "2009-01-01 LISTED; 2010-05-01 ANNULLED; 2011-05-01 RESUMED",
        "2012-01-01",
        "ACTIVE; #1 2009-01-01..2010-05-01 ANNULLED; #2 2011-05-01..; by 3",
    );
    check(
        "2009-01-01 LISTED; 2010-05-01 DELISTED; 2011-05-01 INITIATED; 2012-01-01 DELISTED",
        "2013-01-01",
        "NONE; #1 2009-01-01..2010-05-01 DELISTED",
    );
    check(
        "2009-01-01 LISTED; 2010-05-01 MERGED_INTO_LISTING alias x",
        "2011-01-01",
        "ACTIVE; ALIAS_OF x; #1 2009-01-01..; by 2,1",
    );
    check(
        "2009-01-01 LISTED; 2010-05-01 SUSPENDED; 2011-01-01 RESUMED",
        "2012-01-01",
        "ACTIVE; since 2011-01-01; #1 2009-01-01..; by 3,1",
    );
    check(
        "2009-01-01 LISTED; 2010-05-01 LISTED",
        "2012-01-01",
        "ACTIVE; since 2009-01-01; by 1; review due 2015-05-01",
    );
}

#[test]
fn a_reversed_annulment_never_was() {
    let annulled = "2009-01-01 LISTED ref a; 2010-05-01 ANNULLED";
    check(annulled, "2011-04-30", "ANNULLED; since 2010-05-01; #1 2009-01-01..2010-05-01 ANNULLED; by 2");
    let reversed = |rest: &str| format!("{annulled}; 2011-05-01 ANNULMENT_REVERSED{rest}");
    check(
        &reversed(""),
        "2011-05-01",
        "ACTIVE; OWN; since 2011-05-01; #1 2009-01-01..; by 3,1; review due 2014-01-01",
    );
    // What it rested on comes back with it: its limit in time, and what was exempt from it.
    let limited = "2009-01-01 LISTED expires 2011-12-31; 2009-02-01 EXEMPTION_GRANTED; 2010-05-01 ANNULLED";
    check(limited, "2011-01-01", "ANNULLED");
    let again = format!("{limited}; 2011-05-01 ANNULMENT_REVERSED");
    check(&again, "2011-12-31", "ACTIVE; exempt 2009-02-01 to open; by 4,1");
    check(
        &again,
        "2012-01-01",
        "LAPSED; since 2012-01-01; #1 2009-01-01..2012-01-01 LAPSED; rule ELAPSED_TIME; by 1",
    );
    // What ran out before the reversal does so with it.
    check(
        &format!("{limited}; 2012-05-01 ANNULMENT_REVERSED"),
        "2012-05-01",
        "LAPSED; since 2012-05-01; #1 2009-01-01..2012-05-01 LAPSED; rule ELAPSED_TIME; by 1",
    );
    // A listing after the annulment is another one: what was exempt from the first is not from it.
    let anew = format!("{limited}; 2011-01-01 LISTED");
    check(&anew, "2012-05-01", "ACTIVE; #1 2009-01-01..2010-05-01 ANNULLED; #2 2011-01-01..; by 4");
    check(&format!("{anew}; 2012-01-01 ANNULMENT_REVERSED"), "2012-05-01", "ACTIVE; #2 2011-01-01..; by 4");
    let twice = reversed("; 2012-01-01 ANNULLED; 2013-01-01 ANNULMENT_REVERSED");
    check(&twice, "2013-06-01", "ACTIVE; since 2013-01-01; #1 2009-01-01..; by 5,1; review due 2014-01-01");
}

#[test]
fn one_component_in_several_spellings() {
    check(
        "2001 LISTED part Wing; 2008-07 AMENDED part wING; 2010-01-01 LISTED part Win",
        "2010-01-01",
        "Win: ACTIVE & Wing: ACTIVE; since 2001; #1 2001..; review overdue 2006-01-01",
    );
    let parts = |names: [&str; 2]| {
        let acts = names.map(|name| format!("2001-01-01 LISTED part {name}")).join("; ");
        fold(&acts, "2002-01-01").listings.len()
    };
    assert_eq!(parts(["ÉCOLE", "école"]), 1);
    assert_eq!(parts(["ecole", "école"]), 2);
    for (one, other, same) in [
        ("Military Wing", " military \u{a0} wing", true),
        ("Military Wing", "MilitaryWing", false),
        ("Military Wing", "Military-Wing", false),
    ] {
        assert_eq!(is_same_component(one, other), same, "{one} {other}");
    }
}

#[test]
fn one_day() {
    // Recorded in the wrong order: the end of the old listing still comes before the new one.
    let turn = "2009-01-01 LISTED; 2021-12-01 LISTED; 2021-12-01 DELISTED";
    check(turn, "2021-12-01", "ACTIVE; #1 2009-01-01..2021-12-01 DELISTED; #2 2021-12-01..");
    check("2021-12-01 AMENDED; 2021-12-01 LISTED", "2021-12-01", "ACTIVE; since 2021-12-01");
    check("2021-12-01 OBSERVED_PRESENT; 2021-12-01 LISTED", "2021-12-01", "ACTIVE; by 2; seen 2021-12-01");
    check(
        "2021-12 LISTED; 2021-12-01 OBSERVED_PRESENT",
        "2021-12-01",
        "ACTIVE; since 2021-12; #1 2021-12..; by 1,2",
    );
    // A year counts from its first day.
    check("2021 LISTED", "2020-12-31", "—");
    check("2021 LISTED", "2021-01-01", "ACTIVE; since 2021");
}

#[test]
fn observations() {
    check(
        "2015-03 OBSERVED_PRESENT by LIST_SNAPSHOT",
        "2015-03-01",
        "ACTIVE; since ≤2015-03; inferred OBSERVATION; seen 2015-03",
    );
    check(
        "2015-03-01 OBSERVED_PRESENT; 2014-01-01 LISTED",
        "2016-01-01",
        "ACTIVE; since 2014-01-01; by 2; seen 2015-03-01",
    );
    check(
        "2015-03-01 OBSERVED_PRESENT; 2016-01-01 LISTED",
        "2016-01-01",
        "ACTIVE; since ≤2015-03-01; by 2,1",
    );
    check(
        "2015-03-01 OBSERVED_PRESENT; 2016-01-01 AMENDED",
        "2016-01-01",
        "ACTIVE; since ≤2015-03-01; by 2,1",
    );
    check("2015-03-01 OBSERVED_ABSENT", "2016-01-01", "NONE");
    let after = "2014-01-01 LISTED; 2015-01-01 DELISTED; 2015-03-01 OBSERVED_PRESENT";
    check(
        after,
        "2015-03-01",
        "DELISTED; since 2015-01-01; seen 2015-03-01; anomaly PRESENT_AFTER_END by 3,2",
    );

    let missing = "2014-01-01 LISTED; 2014-06-01 OBSERVED_PRESENT; 2015-03-01 OBSERVED_ABSENT";
    check(missing, "2015-03-30", "ACTIVE; seen 2014-06-01");
    let gone = "INFERRED_ENDED; since 2014-06-01/2015-03-01; seen 2014-06-01; gone 2015-03-01; OWN; \
                #1 2014-01-01..2014-06-01/2015-03-01 INFERRED_ENDED";
    check(missing, "2015-03-31", &format!("{gone}; inferred ELAPSED_TIME; by 3,2"));
    let second = format!("{missing}; 2015-03-08 OBSERVED_ABSENT");
    check(&second, "2015-03-07", "ACTIVE");
    check(&second, "2015-03-08", &format!("{gone}; inferred OBSERVATION; by 4,3,2"));
    check(&second, "2025-03-08", &format!("{gone}; inferred OBSERVATION"));
    check(&format!("{missing}; 2015-03-01 OBSERVED_ABSENT"), "2015-03-02", "ACTIVE");
    // Acts and presence after an absence show that the listing goes on.
    let back = format!("{second}; 2015-04-01 OBSERVED_PRESENT");
    check(&back, "2015-04-01", "ACTIVE; since 2014-01-01; #1 2014-01-01..; by 5,1; seen 2015-04-01");
    // However long it was missing, and as often as it is; what it was before comes back, a suspension too.
    check(
        &format!("{second}; 2022-04-01 OBSERVED_PRESENT"),
        "2022-04-01",
        "ACTIVE; #1 2014-01-01..; by 5,1; review overdue 2019-01-01",
    );
    let again = format!("{back}; 2016-01-01 OBSERVED_ABSENT; 2016-02-01 OBSERVED_ABSENT");
    check(
        &again,
        "2016-02-01",
        "INFERRED_ENDED; since 2015-04-01/2016-01-01; seen 2015-04-01; gone 2016-01-01; inferred ELAPSED_TIME",
    );
    check(
        &format!("{again}; 2016-03-01 OBSERVED_PRESENT"),
        "2016-03-01",
        "ACTIVE; #1 2014-01-01..; by 8,5,1",
    );
    check(
        "2014-01-01 LISTED; 2014-06-01 SUSPENDED; 2015-01-01 OBSERVED_ABSENT; 2015-03-01 OBSERVED_PRESENT",
        "2015-03-01",
        "SUSPENDED; since 2014-06-01; #1 2014-01-01..; by 4,2,1",
    );
    // An act has the last word: what it ended does not come back by being seen.
    check(
        &format!("{second}; 2015-03-20 DELISTED; 2015-04-01 OBSERVED_PRESENT"),
        "2015-04-01",
        "DELISTED; seen 2015-04-01; anomaly PRESENT_AFTER_END by 6,5",
    );
    check(&format!("{missing}; 2015-03-15 MAINTAINED"), "2016-01-01", "ACTIVE; by 1");
    let acted = |act: &str| format!("{second}; 2016-01-01 {act}");
    check(&acted("LISTED"), "2016-01-01", "ACTIVE; since 2014-01-01; #1 2014-01-01..; by 5,1");
    check(&acted("INITIATED"), "2016-01-01", "PROPOSED; #1 2014-01-01..2014-06-01/2015-03-01 INFERRED_ENDED");
    check(&acted("SUSPENDED"), "2016-01-01", "SUSPENDED; since 2016-01-01; #1 2014-01-01..; by 5,1");
    check(&acted("DELISTED"), "2016-01-01", "DELISTED; #1 2014-01-01..2016-01-01 DELISTED; by 5");
    check(&acted("ANNULMENT_REVERSED"), "2016-01-01", "ACTIVE; #1 2014-01-01..");
    check(&acted("EXPIRED"), "2016-01-01", "LAPSED; #1 2014-01-01..2016-01-01 LAPSED");
}

#[test]
fn time() {
    let year = "2014-01-01 LISTED expires 2014-12-31";
    check(year, "2014-12-31", "ACTIVE");
    check(
        year,
        "2015-01-01",
        "LAPSED; since 2015-01-01; #1 2014-01-01..2015-01-01 LAPSED; rule ELAPSED_TIME; by 1",
    );
    check("2014-01-01 LISTED expires 2014", "2014-12-31", "ACTIVE");
    let renewed = format!("{year}; 2015-01-01 MAINTAINED expires 2015-06-30");
    check(&renewed, "2015-06-30", "ACTIVE; since 2014-01-01; #1 2014-01-01..; by 1,2");
    check(&renewed, "2015-07-01", "LAPSED; since 2015-07-01; rule ELAPSED_TIME; by 2");
    check(&format!("{year}; 2014-12-01 MAINTAINED"), "2016-01-01", "ACTIVE");
    check(
        &format!("{year}; 2015-02-01 MAINTAINED"),
        "2015-02-01",
        "LAPSED; rule ELAPSED_TIME; anomaly ACT_WITHOUT_EFFECT by 2,1",
    );
    check(&format!("{year}; 2015-02-01 LISTED"), "2016-02-01", "ACTIVE; #2 2015-02-01..");
    let suspended = "2014-01-01 LISTED; 2014-03-01 SUSPENDED expires 2014-06";
    check(suspended, "2014-06-30", "SUSPENDED; since 2014-03-01; by 2,1");
    check(suspended, "2014-07-01", "ACTIVE; since 2014-07-01; rule ELAPSED_TIME; by 2,1; #1 2014-01-01..");
    check(&format!("{suspended}; 2014-07-01 SUSPENDED"), "2015-01-01", "SUSPENDED; since 2014-03-01");
    check(
        &format!("{suspended}; 2014-05-01 RESUMED; 2014-05-05 AMENDED"),
        "2015-01-01",
        "ACTIVE; since 2014-05-01; by 3,1",
    );
}

#[test]
fn overlays() {
    let listed = |rest: &str| format!("2014-01-01 LISTED; {rest}");
    check(&listed("2015-01-01 INITIATED"), "2015-01-01", "ACTIVE; pending INITIATED undated; by 1");
    check(
        &listed("2015-01-01 INITIATED; 2015-02-01 OBSERVED_PRESENT"),
        "2015-02-01",
        "ACTIVE; pending INITIATED undated",
    );
    check(&listed("2015-01-01 INITIATED; 2015-02-01 MAINTAINED"), "2015-02-01", "ACTIVE");
    check(
        &listed("2015-01-01 CHALLENGED; 2015-02-01 CHALLENGED"),
        "2015-03-01",
        "ACTIVE; challenged 2015-01-01; challenged 2015-02-01",
    );
    check(&listed("2015-01-01 CHALLENGED; 2015-02-01 CHALLENGE_CLOSED"), "2015-03-01", "ACTIVE");
    check(&listed("2015-01-01 CHALLENGED; 2015-02-01 ANNULLED"), "2015-03-01", "ANNULLED");
    let exempt =
        listed("2015-01-01 EXEMPTION_GRANTED expires 2015-01-31 ref a; 2015-01-02 EXEMPTION_GRANTED ref b");
    check(&exempt, "2015-01-31", "ACTIVE; exempt 2015-01-01 to 2015-01-31; exempt 2015-01-02 to open");
    check(&exempt, "2015-02-01", "ACTIVE; exempt 2015-01-02 to open");
    check(
        &format!("{exempt}; 2015-01-03 EXEMPTION_ENDED ref b"),
        "2015-01-03",
        "ACTIVE; exempt 2015-01-01 to 2015-01-31",
    );
    check(&format!("{exempt}; 2015-01-03 EXEMPTION_ENDED"), "2015-01-03", "ACTIVE");
    check(&format!("{exempt}; 2015-01-03 DELISTED"), "2015-01-03", "DELISTED");
    check(&format!("{exempt}; 2015-01-03 SUSPENDED"), "2015-02-03", "SUSPENDED; exempt 2015-01-02 to open");
    check(&listed("2014-06-01 AMENDED"), "2019-01-01", "ACTIVE; review due 2019-01-01");
    check(&listed("2014-06-01 AMENDED"), "2019-01-02", "ACTIVE; review overdue 2019-01-01");
    check(&listed("2018-06-01 MAINTAINED"), "2019-01-02", "ACTIVE; review due 2023-06-01");
}

#[test]
fn what_moves_nothing() {
    check("2014-01-01 LISTED denied", "2015-01-01", "—");
    check("2014-01-01 LISTED by MACHINE_CODED", "2015-01-01", "—");
    check(
        "2014-01-01 LISTED; 2015-01-01 DELISTED by MACHINE_CODED; 2015-01-01 DELISTED denied",
        "2016-01-01",
        "ACTIVE",
    );
    check("2014-01-01 LISTED; 2016-01-01 DELISTED denied announced 2015-01-01", "2015-06-01", "ACTIVE");
    check("2016-01-01 OBSERVED_PRESENT announced 2015-01-01", "2015-06-01", "—");
}

#[test]
fn pending_acts() {
    let both = "2014-01-01 LISTED; 2016-01-01 DELISTED announced 2015-01-01; 2016-02-01 LISTED announced 2015-03-01; 2016-03-01 AMENDED";
    check(both, "2014-12-31", "ACTIVE");
    check(both, "2015-01-01", "ACTIVE; pending DELISTED 2016-01-01");
    check(both, "2015-03-01", "ACTIVE; pending DELISTED 2016-01-01; pending LISTED 2016-02-01");
    check(
        both,
        "2016-01-01",
        "PROPOSED; since 2015-03-01; pending LISTED 2016-02-01; #1 2014-01-01..2016-01-01 DELISTED; by 3",
    );
    check("2016-01-01 DELISTED announced 2015-01-01", "2015-06-01", "NONE; pending DELISTED 2016-01-01");
    check(
        "2014-01-01 LISTED; 2014-02-01 ANNULLED; 2016-01-01 RESUMED decided 2015-01",
        "2015-01-01",
        "PROPOSED; pending RESUMED 2016-01-01",
    );
}

#[test]
fn upcoming() {
    let shown = |record, valid_at| -> Vec<String> {
        let found = fold(record, valid_at);
        found.upcoming.iter().map(|it| format!("{} {}", it.date, it.what)).collect()
    };
    assert_eq!(
        shown(
            "2014-01-01 LISTED expires 2020; 2014-02-01 SUSPENDED expires 2014-12; 2016-01-01 DELISTED announced 2014-03-01; \
             2014-02-01 EXEMPTION_GRANTED expires 2014-06-30; 2014-01-01 LISTED part W",
            "2014-06-30"
        ),
        [
            "2016-01-01 r: DELISTED takes effect",
            "2014-12 r: suspension expires",
            "2014-06-30 r: exemption expires",
            "2019-01-01 r (W): review falls due",
        ]
    );
    assert_eq!(
        shown(
            "2014-01-01 LISTED; 2014-01-01 LISTED part W; 2014-02-01 EXEMPTION_GRANTED expires 2015-05-05 ref 1; \
             2014-02-01 EXEMPTION_GRANTED expires 2015-05-04 ref 2; r ends 2015-05-05 announced 2015-03-01",
            "2015-03-01"
        ),
        [
            "2015-05-05 r: the regime ends",
            "2015-05-04 r: exemption 2 expires",
            "2015-05-05 r (W): the regime ends",
        ]
    );
    // What may not apply says so.
    let twice = "2014-01-01 LISTED; 2016-01-01 DELISTED decided 2015-01-01; 2016-02-01 SUSPENDED decided 2015-01-01; \
                 2016-03-01 LISTED decided 2015-01-01; 2016-04-01 SUSPENDED decided 2015-01-01";
    assert_eq!(
        shown(twice, "2015-06-01"),
        [
            "2016-01-01 r: DELISTED takes effect",
            "2016-02-01 r: SUSPENDED takes effect, but may not apply: by what is on record the listing will not be one that it \
             can change",
            "2016-03-01 r: LISTED takes effect",
            "2016-04-01 r: SUSPENDED takes effect"
        ]
    );
    let again = "2014-01-01 LISTED; 2015-01-01 DELISTED; 2016-01-01 DELISTED decided 2015-01-01";
    assert!(shown(again, "2015-06-01")[0].contains("may not apply"));
    assert!(shown("2014-01-01 LISTED; 2015-01-01 DELISTED", "2016-01-01").is_empty());
}

#[test]
fn acts_are_counted_once_heralded() {
    let record = "2014-01-01 LISTED; 2016-01-01 DELISTED announced 2015-01-01; 2017-01-01 OBSERVED_PRESENT";
    let counts = ["2013-01-01", "2014-01-01", "2015-01-01", "2017-01-01"].map(|day| fold(record, day).acts);
    assert_eq!(counts, [0, 1, 2, 3]);
}

proptest::proptest! {
    /// Whatever is on record, on every date: an episode is open exactly while a listing is in force, episodes are
    /// numbered, and every state but the first one has a ground.
    #[test]
    fn whatever_is_on_record(
        acts in proptest::collection::vec((0..120_u32, 0..Act::ALL.len(), 0..4_usize), 0..14),
        ends in proptest::option::of(0..120_u32),
        valid_at in 0..140_u32,
    ) {
        let day = |number: u32| format!("20{:02}-{:02}-01", 10 + number / 12, 1 + number % 12);
        let words = acts.iter().map(|&(number, act, extra)| {
            let act = Act::ALL[act];
            let alias = matches!(act, Act::ListedAsAlias | Act::MergedIntoListing);
            let limited = matches!(act, Act::Listed | Act::Maintained | Act::Suspended | Act::ExemptionGranted);
            let extra = match extra {
                0 if limited => format!("expires {}", day(number + 5)),
                1 => format!("announced {}", day(number.saturating_sub(3))),
                2 if !alias => "part W".to_owned(),
                _ => String::new(),
            };
            format!("{} {act} {} {extra};", day(number), if alias { "alias x" } else { "" })
        });
        let mut record: String = words.collect();
        record.extend(ends.map(|number| format!("r ends {}", day(number))));
        let found = fold(&record, &day(valid_at));
        for it in &found.listings {
            let open = it.episodes.iter().filter(|episode| episode.end.is_none()).count();
            let last_is_open = it.episodes.last().is_some_and(|episode| episode.end.is_none());
            assert_eq!((open, last_is_open), (usize::from(it.state.is_in_force()), it.state.is_in_force()), "{record}\n{it:#?}");
            assert!((1..).zip(&it.episodes).all(|(number, episode)| episode.number == number), "{record}");
            let untouched = it.since == Since::Unknown;
            assert_eq!(it.provenance.events.is_empty(), untouched, "{record}\n{it:#?}");
            assert!(it.state.is_in_force() || it.exemptions.is_empty() && it.review_due_on.is_none(), "{record}");
            assert!(it.basis.is_some() || !it.state.is_in_force(), "{record}");
        }
    }
}
