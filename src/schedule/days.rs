//! The days that the two day fields of a cron expression name, with what the crate `cron` does not know: `L`, `15W`, `mon#1`, `friL`.

use jiff::civil::{Date, Weekday};

/// What the field `day of month` names.
#[derive(Debug, Clone, Default)]
pub struct MonthDays {
    /// Days by their numbers.
    pub named: Vec<u32>,
    /// `L`
    pub last: bool,
    /// `LW`
    pub last_workday: bool,
    /// `15W`: the day from Monday to Friday nearest to it, in the same month.
    pub nearest: Vec<u32>,
}

impl MonthDays {
    /// It names days by their numbers alone.
    pub fn is_plain(&self) -> bool {
        !self.last && !self.last_workday && self.nearest.is_empty()
    }

    pub fn name(&self, date: Date) -> bool {
        let day = date.day();
        self.named.contains(&(day as u32))
            || (self.last && day == date.days_in_month())
            || (self.last_workday && day == nearest_workday(date.last_of_month()).day())
            || self.nearest.iter().any(|wanted| is_nearest(*wanted, date))
    }
}

/// Whether `date` is the workday nearest to the day `wanted` of its month.
fn is_nearest(wanted: u32, date: Date) -> bool {
    let wanted = Date::new(date.year(), date.month(), wanted as i8);
    wanted.is_ok_and(|wanted| nearest_workday(wanted) == date)
}

/// The day from Monday to Friday nearest to `date`, in the same month.
fn nearest_workday(date: Date) -> Date {
    let by = match date.weekday() {
        Weekday::Saturday if date.day() == 1 => 2,
        Weekday::Saturday => -1,
        Weekday::Sunday if date == date.last_of_month() => -2,
        Weekday::Sunday => 1,
        _ => 0,
    };
    date.saturating_add(jiff::Span::new().days(by))
}

/// What the field `day of week` names; 0 is Sunday.
#[derive(Debug, Clone, Default)]
pub struct Weekdays {
    pub named: Vec<u32>,
    /// `mon#1`: the weekday, and which one of the month it is.
    pub nth: Vec<(u32, u32)>,
    /// `friL`
    pub last: Vec<u32>,
}

impl Weekdays {
    /// It names weekdays, each of every week.
    pub fn is_plain(&self) -> bool {
        self.nth.is_empty() && self.last.is_empty()
    }

    pub fn name(&self, date: Date) -> bool {
        let weekday = date.weekday().to_sunday_zero_offset() as u32;
        let nth = (date.day() as u32 - 1) / 7 + 1;
        self.named.contains(&weekday)
            || self.nth.contains(&(weekday, nth))
            || (self.last.contains(&weekday) && date.day() + 7 > date.days_in_month())
    }
}
