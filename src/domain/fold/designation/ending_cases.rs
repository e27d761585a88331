//! Cases of listings whose regime ends, or is known to be ending.

use super::notation::{check, fold};

#[test]
fn the_end_of_a_regime() {
    // A regime ends with what is under it, and none of it is delisted.
    check("2014-01-01 LISTED; r ends 2015-05-05", "2015-05-04", "ACTIVE");
    check(
        "2014-01-01 LISTED; r ends 2015-05-05",
        "2015-05-05",
        "LAPSED; since 2015-05-05; #1 2014-01-01..2015-05-05 LAPSED; by 1002; rule DERIVED",
    );
    check("2014-01-01 LISTED; 2015-05-05 DELISTED; r ends 2015-05-05", "2016-01-01", "DELISTED; by 2");
    check(
        "2014-01-01 LISTED; 2015-01-01 DELISTED; r ends 2015-05-05; 2015-05-06 MAINTAINED",
        "2016-01-01",
        "DELISTED; episodes by 1,2; basis by 1; anomaly ACT_UNDER_ENDED_REGIME by 4,2,1003",
    );
    check("2014-01-01 LISTED; r ends 2015-05-05", "2015-05-05", "LAPSED; episodes by 1,1002; basis by 1");
    // With it ends what was begun under it.
    let begun = "2014-01-01 LISTED; 2015-03-01 INITIATED; r ends 2015-05-05";
    check(begun, "2015-05-04", "ACTIVE; pending INITIATED undated");
    check(begun, "2015-05-05", "LAPSED");
    check("2014-01-01 INITIATED; r ends 2015-05-05", "2016-01-01", "NONE; since 2015-05-05");
    check(
        "2014-01-01 LISTED; 2014-06-01 DELISTED; 2014-08-01 INITIATED; r ends 2015-05-05",
        "2016-01-01",
        "NONE; #1 2014-01-01..2014-06-01 DELISTED",
    );
    check(
        "2014-01-01 LISTED; r ends 2015-05-05; 2015-06-01 LISTED",
        "2016-01-01",
        "ACTIVE; #2 2015-06-01..; anomaly ACT_UNDER_ENDED_REGIME by 3,1002",
    );
    check(
        "2014-01-01 LISTED; r ends 2015-05-05; 2015-05-05 LISTED; 2015-06-01 DELISTED",
        "2016-01-01",
        "LAPSED; anomaly ACT_WITHOUT_EFFECT by 4",
    );
}

#[test]
fn the_announced_end_of_a_regime() {
    let end = "r ends 2015-05-05 announced 2015-03-01";
    let listed = format!("2014-01-01 LISTED; {end}");
    check(&listed, "2015-02-28", "ACTIVE");
    check(&listed, "2015-03-01", "ACTIVE; r ends 2015-05-05; since 2014-01-01; by 1");
    check(&listed, "2015-05-04", "ACTIVE; r ends 2015-05-05");
    check(&listed, "2015-05-05", "LAPSED; since 2015-05-05; by 1002; rule DERIVED");
    check(&format!("{listed}; 2015-04-01 SUSPENDED"), "2015-04-01", "SUSPENDED; r ends 2015-05-05");
    // A proposal comes to nothing with the regime; what has ended already does not end again.
    check(&format!("2014-01-01 INITIATED; {end}"), "2015-03-01", "PROPOSED; r ends 2015-05-05");
    check(&format!("{listed}; 2015-04-01 DELISTED"), "2015-04-01", "DELISTED");
    check(&format!("{end}; 2015-05-01 OBSERVED_ABSENT"), "2015-05-01", "NONE");
    // Of two ends the first counts.
    check(
        &format!("{listed}; r ends 2015-04-04 announced 2015-03-15"),
        "2015-03-14",
        "ACTIVE; r ends 2015-05-05",
    );
    check(
        &format!("{listed}; r ends 2015-04-04 announced 2015-03-15"),
        "2015-03-15",
        "ACTIVE; r ends 2015-04-04",
    );
    check(
        &format!("{listed}; r ends 2015-04-04 announced 2015-03-15"),
        "2015-04-04",
        "LAPSED; since 2015-04-04",
    );
}

#[test]
fn acts_under_a_regime_that_had_ended() {
    let lapsed = |act: &str| format!("2014-01-01 LISTED; r ends 2015-05-05; 2015-06-01 {act}");
    for act in ["MAINTAINED", "AMENDED", "SCOPE_CHANGED", "SUSPENDED"] {
        check(&lapsed(act), "2016-01-01", "LAPSED; anomaly ACT_UNDER_ENDED_REGIME by 3,1002");
    }
    check(&lapsed("INITIATED"), "2016-01-01", "PROPOSED; anomaly ACT_UNDER_ENDED_REGIME by 3,1002");
    check(&lapsed("EXEMPTION_GRANTED"), "2016-01-01", "LAPSED; anomaly ACT_UNDER_ENDED_REGIME by 3,1002");
    check(&lapsed("RESUMED"), "2016-01-01", "ACTIVE; anomaly ACT_UNDER_ENDED_REGIME by 3,1002");
    // Winding up is no act under it, and a court may still speak.
    check(&lapsed("EXPIRED"), "2016-01-01", "LAPSED");
    check(&lapsed("CHALLENGED"), "2016-01-01", "LAPSED; challenged 2015-06-01");
    for (begun, ended) in [("CHALLENGED", "CHALLENGE_CLOSED"), ("EXEMPTION_GRANTED", "EXEMPTION_ENDED")] {
        let record = format!("2014-01-01 LISTED; 2014-02-01 {begun}; r ends 2015-05-05; 2015-06-01 {ended}");
        check(&record, "2016-01-01", "LAPSED");
    }
    // It is said in so many words, however vague the date.
    let vague = fold("2014-01-01 LISTED; r ends 2015; 2015-06-01 MAINTAINED", "2016-01-01");
    let messages: Vec<&str> = vague.anomalies.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages, ["MAINTAINED under a regime that had ended in 2015"]);
    check(&lapsed("ANNULLED"), "2016-01-01", "LAPSED; anomaly ACT_WITHOUT_EFFECT by 3");
    check(
        "r ends 2015-05-05; 2015-06-01 OBSERVED_PRESENT",
        "2016-01-01",
        "ACTIVE; inferred OBSERVATION; anomaly ACT_UNDER_ENDED_REGIME by 2,1001",
    );
}

/// A claim against the end of a regime is shown with what is listed under it from its own date or that of the end on,
/// whichever comes first; what has ended by another act it does not concern.
#[test]
fn the_disputed_end_of_a_regime() {
    let early = "2014-01-01 LISTED; r ends 2015-06-01; r ends 2015-03-01 claim 2";
    check(early, "2015-02-28", "ACTIVE");
    check(early, "2015-03-01", "ACTIVE; disputed; lost 1003; by 1");
    check(early, "2015-06-01", "LAPSED; disputed; lost 1003; by 1002");
    check(&format!("{early}; 2015-02-01 DELISTED"), "2015-04-01", "DELISTED");
    check(&early.replace("LISTED", "INITIATED"), "2015-04-01", "PROPOSED; disputed; lost 1003");
    check(&format!("{early} by AGGREGATOR"), "2015-04-01", "ACTIVE; lost 1003");
    // Who denies the end says that it goes on.
    let denied = "2014-01-01 LISTED; r ends 2015-06-01 announced 2015-01-01; \
                  r ends 2015-06-01 denied by OFFICIAL_STATEMENT claim 2";
    check(denied, "2015-02-01", "ACTIVE; r ends 2015-06-01, disputed");
    check(denied, "2015-06-01", "LAPSED; disputed; lost 1003");
    let ended =
        "2014-01-01 LISTED; r ends 2015-06-01 denied; r ends 2015-06-01 by OFFICIAL_STATEMENT claim 2";
    check(ended, "2015-05-31", "ACTIVE");
    check(ended, "2015-06-01", "ACTIVE; disputed; lost 1003");
    let told =
        |record: &str| fold(record, "2015-02-01").upcoming.into_iter().map(|it| it.what).collect::<Vec<_>>();
    assert_eq!(told(denied), ["r: the regime ends, which is disputed"]);
    // Of two ends the first counts, and with it the claims against it.
    let other = "2014-01-01 LISTED; r ends 2015-01-01; r ends 2015-06-01; r ends 2015-03-01 claim 3";
    check(other, "2015-07-01", "LAPSED; by 1002");
}
