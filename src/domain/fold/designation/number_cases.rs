//! Cases of the numbers of entries, court cases and exemptions.

use super::notation::check;

/// The number of an entry is that of the act that listed it or amended it; court cases and exemptions have their own.
#[test]
fn numbers() {
    let exempt = "2018-01-01 LISTED ref NP-33; 2019-01-01 EXEMPTION_GRANTED ref EX-A; \
                  2020-02-01 EXEMPTION_GRANTED ref EX-B";
    check(
        exempt,
        "2020-02-01",
        "ACTIVE; ref NP-33; exempt 2019-01-01 to open; EX-A is of 2019-01-01; exempt 2020-02-01 to open; \
         EX-B is of 2020-02-01",
    );
    let ended = format!("{exempt}; 2020-02-15 EXEMPTION_ENDED ref EX-A");
    check(&ended, "2020-03-01", "ACTIVE; ref NP-33; exempt 2020-02-01 to open; EX-B is of 2020-02-01");
    let court = "2001-12-27 LISTED ref 2001/931; 2010-09-12 CHALLENGED ref T-400/10; \
                 2014-12-17 ANNULLED_EFFECTS_MAINTAINED ref T-400/10; 2017-07-26 ANNULMENT_REVERSED ref C-79/15; \
                 2018-01-01 AMENDED ref 2018/1; 2019-01-01 MAINTAINED ref 2019/5; 2020-01-01 DELISTED ref 2020/7; \
                 2021-01-01 AMENDED ref 2021/1; 2022-01-01 LISTED; 2023-01-01 ANNULLED ref T-1/22";
    for (on, expected) in [
        (
            "2012-01-01",
            "ACTIVE; ref 2001/931; case T-400/10; challenged 2010-09-12; review overdue 2006-12-27",
        ),
        ("2015-01-01", "ANNULLED_STAYED; ref 2001/931; case T-400/10; review overdue 2006-12-27"),
        ("2017-12-31", "ACTIVE; ref 2001/931; case C-79/15; review overdue 2006-12-27"),
        ("2018-01-01", "ACTIVE; ref 2018/1; review overdue 2006-12-27"),
        ("2019-01-01", "ACTIVE; ref 2018/1; review due 2024-01-01"),
        ("2020-01-01", "DELISTED; ref 2018/1"),
        ("2021-01-01", "DELISTED; ref 2018/1; anomaly ACT_WITHOUT_EFFECT by 8,7"),
        ("2022-01-01", "ACTIVE; ref -; anomaly ACT_WITHOUT_EFFECT by 8,7"),
        ("2023-01-01", "ANNULLED; ref -; case T-1/22; anomaly ACT_WITHOUT_EFFECT by 8,7"),
    ] {
        check(court, on, expected);
    }
    check(
        "2015-01-01 OBSERVED_PRESENT ref QDe.1; 2016-01-01 CHALLENGED ref C-1",
        "2015-06-01",
        "ACTIVE; ref QDe.1; inferred OBSERVATION",
    );
    check(
        "2015-01-01 MAINTAINED ref QDe.1",
        "2015-06-01",
        "ACTIVE; ref QDe.1; anomaly ACT_WITHOUT_LISTING by 1",
    );
    check("2015-01-01 LISTED ref 1; 2016-01-01 DELISTED; 2017-01-01 RESUMED", "2017-01-01", "ACTIVE; ref 1");
}

/// While the state rests on a judgment, and no challenge is open, its case is the one in which it was given.
#[test]
fn judgments() {
    let annulled = "2019-03-01 LISTED ref L; 2022-01-15 ANNULLED ref C-9/21";
    let reversed = format!("{annulled}; 2022-09-01 ANNULMENT_REVERSED ref C-9/21-RX");
    check(&reversed, "2022-02-01", "ANNULLED; ref L; case C-9/21");
    check(&reversed, "2022-10-01", "ACTIVE; ref L; case C-9/21-RX");
    check(
        &format!("{reversed}; 2023-01-01 CHALLENGED ref T-1"),
        "2023-01-01",
        "ACTIVE; challenged 2023-01-01; T-1 is of 2023-01-01; case T-1",
    );
    check(&format!("{reversed}; 2023-01-01 DELISTED"), "2023-01-01", "DELISTED; case -");
    let kept = "2019-03-01 LISTED; 2022-01-15 ANNULLED_EFFECTS_MAINTAINED ref C-9/21; 2023-01-01 OBSERVED_ABSENT; \
                2023-01-10 OBSERVED_ABSENT; 2023-01-20 OBSERVED_PRESENT ref QDe.1";
    check(kept, "2023-01-20", "ANNULLED_STAYED; case C-9/21; by 5,2,1");
    let mooted = "2019-03-01 LISTED; 2022-01-15 ANNULLED_EFFECTS_MAINTAINED ref C-9/21; 2023-01-01 SUSPENDED";
    check(mooted, "2023-01-01", "SUSPENDED; case -");
}
