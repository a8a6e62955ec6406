//! Stored settings of a server: names and values.

use super::database::{Store, all, change, one};
use super::problem::Problem;

impl Store {
    /// None where it was never set.
    pub fn setting(&self, name: &str) -> Result<Option<String>, Problem> {
        self.read(|connection| one(connection, "SELECT value FROM settings WHERE name = ?1", (name,), |row| row.get(0)))
    }

    /// All names and values, in alphabetical order.
    pub fn settings(&self) -> Result<Vec<(String, String)>, Problem> {
        let query = "SELECT name, value FROM settings ORDER BY name";
        self.read(|connection| all(connection, query, (), |row| Ok((row.get(0)?, row.get(1)?))))
    }

    /// Sets a value; none unsets it.
    pub fn set_setting(&self, name: &str, value: Option<&str>) -> Result<(), Problem> {
        let set = "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.write(|transaction| match value {
            Some(value) => change(transaction, set, (name, value)).map(drop),
            None => change(transaction, "DELETE FROM settings WHERE name = ?1", (name,)).map(drop),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_what_was_set_last() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        assert_eq!(store.setting("keep_runs").unwrap(), None);
        for (name, value) in [("keep_runs", Some("5")), ("b", Some("")), ("keep_runs", Some("7")), ("c", None)] {
            store.set_setting(name, value).unwrap();
        }
        let other = Store::open(data.path()).unwrap();
        assert_eq!(other.settings().unwrap(), [("b".into(), String::new()), ("keep_runs".into(), "7".into())]);
        store.set_setting("b", None).unwrap();
        assert_eq!(other.setting("b").unwrap(), None);
    }
}
