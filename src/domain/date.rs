//! Partial dates and intervals, in the Extended Date/Time Format, level 0 (ISO 8601-2, Library of Congress).

use std::{fmt, str::FromStr};

pub use jiff::civil::Date as Day;

/// The first year a date may name.
pub const YEAR_MIN: i16 = 1000;
/// The last year a date may name.
pub const YEAR_MAX: i16 = 2999;

/// How much of a date is given. The finer orders before the coarser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// `2017-03-05`.
    Day,
    /// `2017-03`.
    Month,
    /// `2017`.
    Year,
}

/// A date of which the day, or the month too, may not be known: `2017`, `2017-03`, `2017-03-05`.
///
/// It stands for one day that lies somewhere from [`lower`](PartialDate::lower) to [`upper`](PartialDate::upper). The
/// precision is part of the value: `2017` and `2017-01-01` differ. Ordered by lower bound, then the finer first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    lower: Day,
    precision: Precision,
}

/// A date or a stretch of dates: what a fact gives as its effective date.
///
/// An interval `2017-03/2017-05-12` runs from the first possible day of its start to the last possible day of its end.
/// Ordered by start, then by end; a plain date before an interval from the same date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateSpan {
    start: PartialDate,
    end: Option<PartialDate>,
}

/// Why a text is not a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not of the form at all.
    #[error("{text:?} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD")]
    Form {
        /// What was given, cut to 40 characters.
        text: String,
    },
    /// The form is right, but the calendar has no such date.
    #[error("{text} is not in the calendar")]
    Calendar {
        /// What was given.
        text: String,
    },
    /// The year is out of range.
    #[error("the year of {text} is not between {YEAR_MIN} and {YEAR_MAX}")]
    Range {
        /// What was given.
        text: String,
    },
    /// An interval that ends before it begins.
    #[error("the interval {text} ends before it begins")]
    Reversed {
        /// What was given.
        text: String,
    },
    /// A full day was needed.
    #[error("{text} is not a full day: write YYYY-MM-DD")]
    NotADay {
        /// What was given.
        text: String,
    },
}

impl PartialDate {
    /// This day, to the day.
    pub const fn day(day: Day) -> PartialDate {
        PartialDate { lower: day, precision: Precision::Day }
    }

    /// The date of this precision that a day lies in.
    pub fn around(day: Day, precision: Precision) -> PartialDate {
        let lower = match precision {
            Precision::Day => day,
            Precision::Month => day.first_of_month(),
            Precision::Year => day.first_of_year(),
        };
        PartialDate { lower, precision }
    }

    /// The first day it can be.
    pub const fn lower(self) -> Day {
        self.lower
    }

    /// The last day it can be.
    pub fn upper(self) -> Day {
        match self.precision {
            Precision::Day => self.lower,
            Precision::Month => self.lower.last_of_month(),
            Precision::Year => self.lower.last_of_year(),
        }
    }

    /// How much is given.
    pub const fn precision(self) -> Precision {
        self.precision
    }
}

impl DateSpan {
    /// This day.
    pub const fn day(day: Day) -> DateSpan {
        DateSpan { start: PartialDate::day(day), end: None }
    }

    /// From the first date to the second, which is not to lie wholly before it.
    pub const fn between(start: PartialDate, end: PartialDate) -> DateSpan {
        DateSpan { start, end: Some(end) }
    }

    /// The date it begins.
    pub const fn start(self) -> PartialDate {
        self.start
    }

    /// The date it ends, for an interval.
    pub const fn end(self) -> Option<PartialDate> {
        self.end
    }

    /// The first day it can begin: what the fold orders by.
    pub const fn lower(self) -> Day {
        self.start.lower()
    }

    /// The last day it can end.
    pub fn upper(self) -> Day {
        self.end.unwrap_or(self.start).upper()
    }

    /// The precision of its start.
    pub const fn precision(self) -> Precision {
        self.start.precision()
    }

    /// Whether the two can be the same time: their bounds overlap.
    pub fn agrees_with(self, other: DateSpan) -> bool {
        self.lower() <= other.upper() && other.lower() <= self.upper()
    }
}

impl From<PartialDate> for DateSpan {
    fn from(start: PartialDate) -> DateSpan {
        DateSpan { start, end: None }
    }
}

/// The day a text gives in full, within the range of years.
pub fn parse_day(text: &str) -> Result<Day, DateError> {
    let date: PartialDate = text.parse()?;
    match date.precision {
        Precision::Day => Ok(date.lower),
        Precision::Month | Precision::Year => Err(DateError::NotADay { text: text.to_owned() }),
    }
}

impl FromStr for PartialDate {
    type Err = DateError;

    fn from_str(text: &str) -> Result<PartialDate, DateError> {
        let form = || DateError::Form { text: text.chars().take(40).collect() };
        let number = |range: std::ops::Range<usize>| -> Result<i16, DateError> {
            let digits = text.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|digits| digits.parse().ok()).ok_or_else(form)
        };
        let dashes = |at: &[usize]| at.iter().all(|&index| text.as_bytes().get(index) == Some(&b'-'));
        let (year, month, day, precision) = match text.len() {
            4 => (number(0..4)?, 1, 1, Precision::Year),
            7 if dashes(&[4]) => (number(0..4)?, number(5..7)?, 1, Precision::Month),
            10 if dashes(&[4, 7]) => (number(0..4)?, number(5..7)?, number(8..10)?, Precision::Day),
            _ => return Err(form()),
        };
        if !(YEAR_MIN..=YEAR_MAX).contains(&year) {
            return Err(DateError::Range { text: text.to_owned() });
        }
        let lower = i8::try_from(month)
            .ok()
            .zip(i8::try_from(day).ok())
            .and_then(|(month, day)| Day::new(year, month, day).ok())
            .ok_or_else(|| DateError::Calendar { text: text.to_owned() })?;
        Ok(PartialDate { lower, precision })
    }
}

impl FromStr for DateSpan {
    type Err = DateError;

    fn from_str(text: &str) -> Result<DateSpan, DateError> {
        let Some((start, end)) = text.split_once('/') else { return Ok(text.parse::<PartialDate>()?.into()) };
        let span = DateSpan { start: start.parse()?, end: Some(end.parse()?) };
        if span.upper() < span.lower() {
            return Err(DateError::Reversed { text: text.to_owned() });
        }
        Ok(span)
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.lower.year(), self.lower.month());
        match self.precision {
            Precision::Day => write!(f, "{}", self.lower),
            Precision::Month => write!(f, "{year:04}-{month:02}"),
            Precision::Year => write!(f, "{year:04}"),
        }
    }
}

impl fmt::Display for DateSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end {
            Some(end) => write!(f, "{}/{end}", self.start),
            None => self.start.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(&str, &str), &str>) {
        let found = text.parse::<DateSpan>();
        match expected {
            Ok((lower, upper)) => {
                let span = found.unwrap();
                assert_eq!(
                    (span.lower().to_string().as_str(), span.upper().to_string().as_str()),
                    (lower, upper)
                );
                assert_eq!(span.to_string(), text, "prints as it was read");
            }
            Err(part) => {
                let message = found.unwrap_err().to_string();
                assert!(message.contains(part), "{text:?}: {message}");
            }
        }
    }

    #[test]
    fn dates() {
        check("2017", Ok(("2017-01-01", "2017-12-31")));
        check("2016-02", Ok(("2016-02-01", "2016-02-29")));
        check("2017-03-05", Ok(("2017-03-05", "2017-03-05")));
        check("2017-03/2017-05-12", Ok(("2017-03-01", "2017-05-12")));
        check("2017/2017", Ok(("2017-01-01", "2017-12-31")));
        check("1000", Ok(("1000-01-01", "1000-12-31")));
        check("2999-12-31", Ok(("2999-12-31", "2999-12-31")));
        check("0000-13-99", Err("not between"));
        check("0999", Err("not between"));
        check("99999", Err("not a date"));
        check("2017-13", Err("not in the calendar"));
        check("2017-02-29", Err("not in the calendar"));
        check("2017-2-9", Err("not a date"));
        check("2017-+3", Err("not a date"));
        check("2017-03-5é", Err("not a date"));
        check("", Err("not a date"));
        check("2018/2017", Err("ends before"));
        check("2017/", Err("not a date"));
        check("2017/2018/2019", Err("not a date"));
    }

    #[test]
    fn finer_first_at_equal_bounds() {
        let mut dates: Vec<PartialDate> = ["2017", "2017-01-02", "2017-01", "2017-01-01"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        dates.sort();
        let texts: Vec<String> = dates.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["2017-01-01", "2017-01", "2017", "2017-01-02"]);
    }

    #[test]
    fn a_day_is_given_in_full() {
        assert!(parse_day("2025-07-08").is_ok());
        assert_eq!(
            parse_day("2025-07").unwrap_err().to_string(),
            "2025-07 is not a full day: write YYYY-MM-DD"
        );
    }
}
