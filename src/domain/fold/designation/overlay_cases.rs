//! Cases of challenges and exemptions: several at a time, and acts that end none.

use super::notation::{check, fold};

fn checks(record: &str, cases: &[(&str, &str, &str)]) {
    for (more, on, expected) in cases {
        check(&format!("{record}; {more}"), on, expected);
    }
}

#[test]
fn several_challenges() {
    let two = "2020-01-01 LISTED; 2020-03-01 CHALLENGED ref T-1; 2020-04-01 CHALLENGED ref T-2";
    let both =
        "challenged 2020-03-01; T-1 is of 2020-03-01; challenged 2020-04-01; T-2 is of 2020-04-01; case T-1";
    let second = "challenged 2020-04-01; T-2 is of 2020-04-01; case T-2";
    let first = "challenged 2020-03-01; T-1 is of 2020-03-01; case T-1";
    check(two, "2020-03-31", &format!("ACTIVE; {first}"));
    check(two, "2020-04-01", &format!("ACTIVE; {both}"));
    let closed = |rest: &str| format!("2020-05-01 {rest}");
    checks(
        two,
        &[
            (&closed("CHALLENGE_CLOSED ref T-1"), "2020-05-01", &format!("ACTIVE; {second}")),
            (&closed("CHALLENGE_CLOSED ref T-2"), "2020-05-01", &format!("ACTIVE; {first}")),
            (&closed("CHALLENGE_CLOSED"), "2020-05-01", "ACTIVE; case -"),
            // A judgment is one in the case that it names; that on an appeal has a number of its own.
            (&closed("ANNULLED ref T-1"), "2020-05-01", &format!("ANNULLED; {second}")),
            (&closed("ANNULLED ref C-1"), "2020-05-01", "ANNULLED; case C-1"),
            (&closed("ANNULLED_EFFECTS_MAINTAINED"), "2020-05-01", "ANNULLED_STAYED; case -"),
            // What ended with the judgment may be said to be closed.
            (
                &closed("ANNULLED ref T-1; 2020-05-02 CHALLENGE_CLOSED ref T-1"),
                "2020-05-02",
                &format!("ANNULLED; {second}"),
            ),
            (
                &closed("CHALLENGE_CLOSED ref T-9"),
                "2020-05-01",
                &format!("ACTIVE; {both}; anomaly ACT_WITHOUT_EFFECT by 4,1"),
            ),
            (
                &closed("CHALLENGE_CLOSED ref T-1; 2020-06-01 CHALLENGE_CLOSED ref T-1"),
                "2020-06-01",
                &format!("ACTIVE; {second}; anomaly ACT_WITHOUT_EFFECT by 5,1"),
            ),
        ],
    );
}

#[test]
fn exemptions_by_number() {
    let two = "2020-01-01 LISTED; 2020-02-01 EXEMPTION_GRANTED ref EA; \
               2020-03-01 EXEMPTION_GRANTED expires 2020-12-31 ref EB";
    let first = "exempt 2020-02-01 to open; EA is of 2020-02-01";
    let second = "exempt 2020-03-01 to 2020-12-31; EB is of 2020-03-01";
    checks(
        two,
        &[
            ("2020-05-01 EXEMPTION_ENDED ref EA", "2020-05-02", &format!("ACTIVE; {second}")),
            ("2020-05-01 EXEMPTION_ENDED", "2020-05-02", "ACTIVE"),
            (
                "2020-05-01 EXEMPTION_ENDED ref EZ",
                "2020-05-02",
                &format!("ACTIVE; {first}; {second}; anomaly ACT_WITHOUT_EFFECT by 4,1"),
            ),
            // What has run out, or has ended with the listing, may be said to have ended.
            ("2021-01-01 EXEMPTION_ENDED ref EB", "2021-01-01", &format!("ACTIVE; {first}")),
            ("2020-05-01 DELISTED; 2020-05-01 EXEMPTION_ENDED ref EB", "2020-05-02", "DELISTED"),
            ("2020-05-01 DELISTED; 2020-05-01 EXEMPTION_ENDED", "2020-05-02", "DELISTED"),
            (
                "2020-05-01 DELISTED; 2020-06-01 LISTED; 2020-07-01 EXEMPTION_ENDED ref EB",
                "2020-07-01",
                "ACTIVE; anomaly ACT_WITHOUT_EFFECT by 6,5",
            ),
        ],
    );
}

/// A number that nothing has is that of the only thing that is open and may have it.
#[test]
fn numbers_on_one_side_only() {
    let listed = "2020-01-01 LISTED";
    let vain = "anomaly ACT_WITHOUT_EFFECT by";
    checks(
        listed,
        &[
            ("2020-05-01 EXEMPTION_ENDED", "2020-05-02", &format!("ACTIVE; {vain} 2,1")),
            ("2020-05-01 EXEMPTION_ENDED ref EA", "2020-05-02", &format!("ACTIVE; {vain} 2,1")),
            ("2020-05-01 CHALLENGE_CLOSED", "2020-05-02", &format!("ACTIVE; {vain} 2,1")),
            ("2020-02-01 EXEMPTION_GRANTED; 2020-05-01 EXEMPTION_ENDED ref EA", "2020-05-02", "ACTIVE"),
            ("2020-02-01 CHALLENGED; 2020-05-01 CHALLENGE_CLOSED ref T-1", "2020-05-02", "ACTIVE"),
            (
                "2020-02-01 CHALLENGED; 2020-03-01 CHALLENGED ref T-2; 2020-05-01 CHALLENGE_CLOSED ref T-1",
                "2020-05-02",
                &format!(
                    "ACTIVE; challenged 2020-02-01; challenged 2020-03-01; T-2 is of 2020-03-01; case -; {vain} 4,1"
                ),
            ),
            // A case that is referred back has another number; an exemption keeps its own.
            (
                "2020-02-01 CHALLENGED ref T-1; 2020-05-01 CHALLENGE_CLOSED ref T-1-RENV",
                "2020-05-02",
                "ACTIVE",
            ),
            (
                "2020-02-01 CHALLENGED ref T-1; 2020-03-01 ANNULLED_EFFECTS_MAINTAINED ref T-1; \
                 2020-04-01 ANNULMENT_REVERSED ref C-1; 2020-05-01 CHALLENGE_CLOSED ref T-1-RENV",
                "2020-05-02",
                "ACTIVE; case C-1",
            ),
            (
                "2020-02-01 EXEMPTION_GRANTED ref EA; 2020-05-01 EXEMPTION_ENDED ref EZ",
                "2020-05-02",
                &format!("ACTIVE; exempt 2020-02-01 to open; EA is of 2020-02-01; {vain} 3,1"),
            ),
            (
                "2020-02-01 EXEMPTION_GRANTED; 2020-03-01 EXEMPTION_GRANTED; 2020-05-01 EXEMPTION_ENDED ref EA",
                "2020-05-02",
                &format!("ACTIVE; exempt 2020-02-01 to open; exempt 2020-03-01 to open; {vain} 4,1"),
            ),
            (
                "2020-02-01 EXEMPTION_GRANTED expires 2020-03-31; 2020-03-01 EXEMPTION_GRANTED; \
                 2020-05-01 EXEMPTION_ENDED ref EA",
                "2020-05-02",
                "ACTIVE",
            ),
        ],
    );
}

/// What a heralded act ends or does before its day does not run out or fall due any more; what it gives another last day may.
#[test]
fn what_a_heralded_act_forestalls() {
    let told = |record: &str, expected: &[&str]| {
        let found = fold(&format!("2020-01-01 LISTED; {record}"), "2020-09-10").upcoming.into_iter();
        let mut found: Vec<String> = found.map(|it| format!("{} {}", it.date, it.what)).collect();
        found.sort();
        assert_eq!(found, expected, "{record}");
    };
    let announced = |act: &str| format!("2020-10-01 {act} announced 2020-09-01");
    let review = "2025-01-01 r: review falls due";
    let exempt = "2020-02-01 EXEMPTION_GRANTED ref E1 expires 2020-12-31; \
                  2020-02-01 EXEMPTION_GRANTED ref E2 expires 2020-11-30";
    let ended = "2020-10-01 r: EXEMPTION_ENDED takes effect";
    let (first, second) = ("2020-12-31 r: exemption E1 expires", "2020-11-30 r: exemption E2 expires");
    told(exempt, &[second, first, review]);
    told(&format!("{exempt}; {}", announced("EXEMPTION_ENDED ref E1")), &[ended, second, review]);
    told(&format!("{exempt}; {}", announced("EXEMPTION_ENDED")), &[ended, review]);
    // Too late: it has expired by then.
    let late = "2021-02-01 EXEMPTION_ENDED ref E1 announced 2020-09-01";
    let of_late = "2021-02-01 r: EXEMPTION_ENDED takes effect";
    told(&format!("{exempt}; {late}"), &[second, first, of_late, review]);
    let suspended = "2020-02-01 SUSPENDED expires 2020-12-31";
    let expires = "2020-12-31 r: suspension expires";
    told(suspended, &[expires, review]);
    let resumed = "2020-10-01 r: RESUMED takes effect";
    told(&format!("{suspended}; {}", announced("RESUMED")), &[resumed, review]);
    let longer = "2020-12-31 r: suspension expires, unless it is renewed as announced";
    told(
        &format!("{suspended}; {}", announced("SUSPENDED expires 2021-12-31")),
        &["2020-10-01 r: SUSPENDED takes effect", longer, review],
    );
    let maintained = "2020-10-01 r: MAINTAINED takes effect";
    told(&announced("MAINTAINED"), &[maintained]);
    told("2025-01-02 MAINTAINED announced 2020-09-01", &[review, "2025-01-02 r: MAINTAINED takes effect"]);
    told(&announced("AMENDED"), &["2020-10-01 r: AMENDED takes effect", review]);
}
