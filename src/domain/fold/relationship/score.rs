//! The score: what happened, weighed by how long ago it was.

use super::window::days_between;
use crate::domain::{date::Day, status::relationship::Score};

/// After so many days a score counts half.
const HALF_LIFE_DAYS: usize = 180;

/// 2^(−1/180): what a day takes away.
const DAY: f64 = 0.996_156_587_220_575_2;

/// 2^(−n/180) for n from 0 to 179. Multiplied out, not asked of the machine's mathematics library: libraries differ in
/// the last bit, and the same record must give the same score everywhere.
const WEIGHTS: [f64; HALF_LIFE_DAYS] = {
    let mut weights = [1.0; HALF_LIFE_DAYS];
    let mut n = 1;
    while n < HALF_LIFE_DAYS {
        weights[n] = weights[n - 1] * DAY;
        n += 1;
    }
    weights
};

/// The sum so far, as it weighed on the day of the last score.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct State {
    sum: f64,
    on: Option<Day>,
    count: u64,
    lowest: f64,
    highest: f64,
}

impl State {
    /// Adds what happened on `day`, which is not before the last one. A score of 0 is none.
    pub(super) fn apply(&mut self, score: f64, day: Day) {
        if score == 0.0 {
            return;
        }
        self.sum = self.sum_at(day) + score;
        let first = self.count == 0;
        self.lowest = if first { score } else { self.lowest.min(score) };
        self.highest = if first { score } else { self.highest.max(score) };
        self.on = Some(day);
        self.count += 1;
    }

    /// The score at a date.
    pub(super) fn finish(&self, date: Day) -> Score {
        let rounded = (self.sum_at(date) * 10_000.0).round() / 10_000.0;
        // Adding 0 turns the −0 of a small negative sum into 0.
        Score { value: rounded + 0.0, count: self.count, lowest: self.lowest, highest: self.highest }
    }

    fn sum_at(&self, date: Day) -> f64 {
        self.on.map_or(0.0, |on| self.sum * weight(days_between(on, date)))
    }
}

/// 2^(−days/180); 1 for a day that has not come.
fn weight(days: i64) -> f64 {
    let days = usize::try_from(days).unwrap_or(0);
    let mut weight = WEIGHTS.get(days % HALF_LIFE_DAYS).copied().unwrap_or(1.0);
    for _ in 0..days / HALF_LIFE_DAYS {
        weight *= 0.5;
        if weight == 0.0 {
            break;
        }
    }
    weight
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{date::parse_day, fold::relationship::window::plus_days};

    #[test]
    fn weights_are_right_to_twelve_digits() {
        for days in [0, 1, 90, 179, 180, 181, 360, 365, 10_000] {
            let expected = (-(f64::from(days)) / 180.0).exp2();
            assert!((weight(days.into()) / expected - 1.0).abs() < 1e-12, "{days}");
        }
        assert_eq!(weight(i64::MAX), 0.0);
        assert_eq!(weight(-1), 1.0);
    }

    fn check(scores: &[(f64, i64)], after: i64, expected: (f64, u64, f64, f64)) {
        let start = parse_day("2025-01-01").unwrap();
        let mut state = State::default();
        for &(score, day) in scores {
            state.apply(score, plus_days(start, day));
        }
        let found = state.finish(plus_days(start, after));
        assert_eq!((found.value, found.count, found.lowest, found.highest), expected, "{scores:?}");
        assert!(found.value.is_sign_positive() || found.value < 0.0, "no −0");
    }

    #[test]
    fn sums() {
        check(&[], 0, (0.0, 0, 0.0, 0.0));
        check(&[(7.5, 0)], 0, (7.5, 1, 7.5, 7.5));
        check(&[(7.5, 0)], 180, (3.75, 1, 7.5, 7.5));
        check(&[(7.5, 0)], 1, (7.4712, 1, 7.5, 7.5));
        check(&[(4.0, 0), (-9.0, 180)], 360, (-3.5, 2, -9.0, 4.0));
        check(&[(-9.0, 0), (0.0, 10)], 0, (-9.0, 1, -9.0, -9.0));
        check(&[(-9.0, 0)], 36_000, (0.0, 1, -9.0, -9.0));
    }
}
