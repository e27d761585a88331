//! Cases of claims that contradict acts, whether those move the listing or not.

use super::notation::check;

/// A claim that contradicts what moved nothing disputes the listing, until something moves it.
#[test]
fn claims_against_what_moves_nothing() {
    let told = "2020-01-01 LISTED; 2021-01-01 MAINTAINED by OFFICIAL_STATEMENT";
    let claimed = |act: &str, source: &str| format!("{told}; 2021-01-01 {act} by {source} claim 2");
    let delisted = claimed("DELISTED", "COUNTERPARTY_STATEMENT");
    let due = "review due 2026-01-01";
    check(&delisted, "2020-12-31", "ACTIVE; by 1");
    check(&delisted, "2021-02-01", &format!("ACTIVE; by 1; disputed; lost 3; {due}"));
    check(&claimed("DELISTED", "AGGREGATOR"), "2021-02-01", &format!("ACTIVE; by 1; lost 3; {due}"));
    // It was not maintained, says another, only amended: that is no dispute.
    let amended = claimed("AMENDED", "COUNTERPARTY_STATEMENT");
    check(&amended, "2021-02-01", &format!("ACTIVE; by 1; lost 3; stances DIFFERS; {due}"));
    let moved = format!("{delisted}; 2022-01-01 SUSPENDED");
    check(&moved, "2022-01-01", "SUSPENDED; by 4,1");
    // A listing that a court keeps in force is not one that it ends.
    let court = "2020-01-01 LISTED; 2023-01-10 ANNULLED by ESTABLISHED_MEDIA; 2023-01-10 ANNULLED_EFFECTS_MAINTAINED claim 2";
    check(court, "2023-02-01", "ANNULLED_STAYED; by 3,1; lost 2; stances DIFFERS; review due 2025-01-01");
}

/// A contest opens with what won, or with a claim that says otherwise; each claim is shown from its own date on.
#[test]
fn claims_that_open_a_contest() {
    let told = "2018-01-01 LISTED; 2024-05-12 DELISTED; 2024-05-11 DELISTED by OFFICIAL_STATEMENT claim 2";
    let vague = format!("{told}; 2024-05 DELISTED by AGGREGATOR claim 2");
    let overdue = "review overdue 2023-01-01";
    check(&vague, "2024-05-01", &format!("ACTIVE; by 1; {overdue}"));
    check(&vague, "2024-05-10", &format!("ACTIVE; by 1; {overdue}"));
    check(&vague, "2024-05-11", &format!("ACTIVE; by 1; disputed; lost 3; {overdue}"));
    check(&vague, "2024-05-12", "DELISTED; by 2; disputed; lost 3,4");
    // One of a much lower rank is shown, and disputes nothing.
    let low = format!("{told}; 2024-05-10 DELISTED by AGGREGATOR claim 2");
    check(&low, "2024-05-10", &format!("ACTIVE; by 1; lost 4; {overdue}"));
    check(&low, "2024-05-11", &format!("ACTIVE; by 1; disputed; lost 3,4; {overdue}"));
    let alone = "2018-01-01 LISTED; 2024-05-12 DELISTED; 2024-05 DELISTED by AGGREGATOR claim 2";
    check(alone, "2024-05-01", &format!("ACTIVE; by 1; {overdue}"));
    check(alone, "2024-05-12", "DELISTED; by 2; lost 3");
}
