//! How the database keeps times: as numbers.

use crate::event::Time;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, Value, ValueRef};

impl FromSql for Time {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Time> {
        f64::column_result(value).map(Time)
    }
}

impl ToSql for Time {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Value {
        Value::Real(time.0)
    }
}
