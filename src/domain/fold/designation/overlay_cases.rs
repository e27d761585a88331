//! Cases of challenges and exemptions: several at a time, and acts that end none.

use super::notation::check;

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
