//! Windows: a number of days up to and including a date.

use jiff::SignedDuration;

use crate::domain::date::Day;

/// A date and so many days before it. A day that is exactly as many days before the date is inside: of 365 days up to
/// 2025-07-01 the first is 2024-07-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    days: i64,
}

/// The 30 days up to a date.
pub(super) const MONTH: Window = Window { days: 30 };
/// The 365 days up to a date.
pub(super) const YEAR: Window = Window { days: 365 };

impl Window {
    /// Whether `day` is in the window up to `date`. A day after the date is not.
    pub(super) fn covers(self, day: Day, date: Day) -> bool {
        (0..=self.days).contains(&days_between(day, date))
    }

    /// The last day before the window up to `date`.
    pub(super) fn eve(self, date: Day) -> Day {
        plus_days(date, -self.days - 1)
    }

    /// The first date whose window `day` has dropped out of.
    pub(super) fn end_of(self, day: Day) -> Day {
        plus_days(day, self.days + 1)
    }
}

/// How many days later `to` is than `from`.
pub(super) fn days_between(from: Day, to: Day) -> i64 {
    to.duration_since(from).as_hours() / 24
}

/// The date so many days later, held within the calendar of [`Day`].
pub(super) fn plus_days(day: Day, days: i64) -> Day {
    day.saturating_add(SignedDuration::from_hours(24 * days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::parse_day;

    fn check(day: &str, date: &str, days: i64, covered: bool) {
        let (day, date) = (parse_day(day).unwrap(), parse_day(date).unwrap());
        assert_eq!(days_between(day, date), days);
        assert_eq!(YEAR.covers(day, date), covered, "{day} up to {date}");
        assert_eq!(day <= YEAR.eve(date) || date < day, !covered);
        assert_eq!(date < YEAR.end_of(day) && day <= date, covered);
    }

    #[test]
    fn edges() {
        check("2025-07-01", "2025-07-01", 0, true);
        check("2025-07-02", "2025-07-01", -1, false);
        check("2024-07-02", "2025-07-01", 364, true);
        check("2024-07-01", "2025-07-01", 365, true);
        check("2024-06-30", "2025-07-01", 366, false);
        check("2024-02-29", "2025-02-27", 364, true);
        check("2024-02-29", "2025-02-28", 365, true);
        check("2024-02-29", "2025-03-01", 366, false);
        check("1000-01-01", "2999-12-31", 730_484, false);
        assert_eq!(plus_days(Day::MAX, 365), Day::MAX);
        assert_eq!(plus_days(Day::MIN, -365), Day::MIN);
    }
}
