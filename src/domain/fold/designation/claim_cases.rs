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
