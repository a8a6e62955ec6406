//! API keys: each of 256 random bits, of which only the SHA-256 is kept, with what it may be used for.

use super::database::{Store, all, change, insert, one};
use super::name::name;
use super::problem::Problem;
use super::secret::{Secret, hash, random};
use super::sessions::MINUTE;
use crate::event::Time;
use rusqlite::Row;

/// What each key begins with, so that it is known where it is found.
const MARK: &str = "tlf_";
/// How much of a key is shown, to tell it by.
const SHOWN: usize = 10;

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// To see tests and runs.
    Read,
    /// To run tests.
    Run,
    /// To change tests, schedules and all else.
    Write,
}

impl Scope {
    pub const ALL: [Scope; 3] = [Scope::Read, Scope::Run, Scope::Write];

    pub fn word(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Run => "run",
            Scope::Write => "write",
        }
    }
}

/// A key without what makes it one.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    pub id: i64,
    pub name: String,
    /// How it begins.
    pub prefix: String,
    pub scopes: Vec<Scope>,
    pub created: Time,
    /// When it was used last.
    pub used: Option<Time>,
}

const KEY: &str = "SELECT id, name, prefix, scopes, created, used FROM api_keys";

fn api_key(row: &Row) -> rusqlite::Result<ApiKey> {
    let scopes: String = row.get(3)?;
    let scopes = Scope::ALL.into_iter().filter(|scope| scopes.split(',').any(|word| word == scope.word())).collect();
    Ok(ApiKey {
        id: row.get(0)?,
        name: row.get(1)?,
        prefix: row.get(2)?,
        scopes,
        created: row.get(4)?,
        used: row.get(5)?,
    })
}

impl Store {
    /// Makes a key. The key itself is given only here.
    ///
    /// # Errors
    /// The name is not allowed.
    pub fn create_api_key(&self, text: &str, scopes: &[Scope], now: Time) -> Result<(ApiKey, Secret), Problem> {
        let name = name(text)?;
        let key = format!("{MARK}{}", random()?);
        let words: Vec<&str> = Scope::ALL.into_iter().filter(|scope| scopes.contains(scope)).map(Scope::word).collect();
        let made =
            "INSERT INTO api_keys (name, prefix, hash, scopes, created) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id";
        let values = (&name, &key[..SHOWN], hash(&key), words.join(","), now);
        self.write(|transaction| {
            let id = insert(transaction, made, values)?;
            let kept = one(transaction, &format!("{KEY} WHERE id = ?1"), (id,), api_key)?;
            kept.ok_or_else(|| Problem::missing("key", id)).map(|kept| (kept, Secret::new(&key)))
        })
    }

    /// All keys, the oldest first.
    pub fn api_keys(&self) -> Result<Vec<ApiKey>, Problem> {
        self.read(|connection| all(connection, &format!("{KEY} ORDER BY id"), (), api_key))
    }

    /// The key that this is, if it is one; and notes, to the minute, that it was used.
    pub fn use_api_key(&self, key: &str, now: Time) -> Result<Option<ApiKey>, Problem> {
        let found =
            self.read(|connection| one(connection, &format!("{KEY} WHERE hash = ?1"), (hash(key),), api_key))?;
        let Some(mut kept) = found else { return Ok(None) };
        if kept.used.is_none_or(|used| now - used >= MINUTE) {
            kept.used = Some(now);
            self.write(|transaction| {
                change(transaction, "UPDATE api_keys SET used = ?2 WHERE id = ?1", (kept.id, now))
            })?;
        }
        Ok(Some(kept))
    }

    /// From now on the key opens nothing.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn delete_api_key(&self, id: i64) -> Result<(), Problem> {
        self.write(|transaction| match change(transaction, "DELETE FROM api_keys WHERE id = ?1", (id,))? {
            0 => Err(Problem::missing("key", id)),
            _ => Ok(()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_what_its_scopes_say_until_it_is_deleted() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let (kept, key) = store.create_api_key("ci", &[Scope::Run, Scope::Read], Time(1.0)).unwrap();
        assert_eq!(kept.scopes, [Scope::Read, Scope::Run]);
        assert_eq!((key.reveal().len(), &key.reveal()[..SHOWN]), (MARK.len() + 43, kept.prefix.as_str()));
        let used = store.use_api_key(key.reveal(), Time(2.0)).unwrap().unwrap();
        assert_eq!(used, ApiKey { used: Some(Time(2.0)), ..kept.clone() });
        assert_eq!(store.api_keys().unwrap(), [used]);
        for wrong in ["", kept.prefix.as_str(), &key.reveal().to_uppercase()] {
            assert_eq!(store.use_api_key(wrong, Time(3.0)).unwrap(), None);
        }
        assert!(matches!(store.create_api_key("a/b", &[], Time(1.0)), Err(Problem::Invalid(_))));
        store.delete_api_key(kept.id).unwrap();
        assert_eq!(store.use_api_key(key.reveal(), Time(4.0)).unwrap(), None);
        assert!(matches!(store.delete_api_key(kept.id), Err(Problem::Missing(_))));
    }
}
