//! Sessions: a browser's token lets its user in until it expires or is revoked. Only what a token hashes to is kept.

use super::database::{Store, all, change, insert, one};
use super::problem::Problem;
use super::secret::{Secret, hash, random};
use super::users::User;
use crate::event::Time;
use rusqlite::{Connection, Row};

/// The most characters of what a browser calls itself that are kept.
const LONGEST: usize = 200;

/// How exactly it is kept when a session was used last, in milliseconds: not each request writes.
pub(super) const MINUTE: f64 = 60_000.0;

/// A login of a browser.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub id: i64,
    /// The id of its user.
    pub user: i64,
    /// What the browser calls itself.
    pub browser: String,
    pub created: Time,
    /// When it was used last.
    pub seen: Time,
    /// When it ends by itself.
    pub expires: Time,
}

fn session(row: &Row) -> rusqlite::Result<Session> {
    Ok(Session {
        id: row.get(0)?,
        user: row.get(1)?,
        browser: row.get(2)?,
        created: row.get(3)?,
        seen: row.get(4)?,
        expires: row.get(5)?,
    })
}

impl Store {
    /// Begins one that ends by itself after `lasts` milliseconds without use. Its token is given only here.
    ///
    /// # Errors
    /// There is no such user.
    pub fn create_session(&self, user: i64, browser: &str, lasts: f64, now: Time) -> Result<Secret, Problem> {
        let token = random()?;
        let browser: String = browser.chars().take(LONGEST).collect();
        self.write(|transaction| {
            if one(transaction, "SELECT id FROM users WHERE id = ?1", (user,), |row| row.get::<_, i64>(0))?.is_none() {
                return Err(Problem::missing("user", user));
            }
            let made = "INSERT INTO sessions (account, hash, browser, created, seen, expires)
                VALUES (?1, ?2, ?3, ?4, ?4, ?5) RETURNING id";
            insert(transaction, made, (user, hash(&token), browser, now, now + lasts))
        })?;
        Ok(Secret::new(token))
    }

    /// Whom a token lets in, and by which session, which then lasts as long again, to the minute; none where it is unknown, expired or
    /// revoked.
    pub fn use_session(&self, token: &str, now: Time) -> Result<Option<(User, Session)>, Problem> {
        let query =
            "SELECT sessions.id, account, browser, sessions.created, seen, expires, users.id, name, users.created
            FROM sessions JOIN users ON users.id = account WHERE sessions.hash = ?1 AND expires > ?2";
        let found = self.read(|connection| {
            one(connection, query, (hash(token), now), |row| {
                Ok((User { id: row.get(6)?, name: row.get(7)?, created: row.get(8)? }, session(row)?))
            })
        })?;
        let Some((user, mut session)) = found else { return Ok(None) };
        if now - session.seen >= MINUTE {
            session.expires += now - session.seen;
            session.seen = now;
            let used = "UPDATE sessions SET seen = ?2, expires = ?3 WHERE id = ?1 AND seen < ?2";
            self.write(|transaction| change(transaction, used, (session.id, now, session.expires)))?;
        }
        Ok(Some((user, session)))
    }

    /// The sessions of a user that have not expired, the one last used first.
    pub fn sessions(&self, user: i64, now: Time) -> Result<Vec<Session>, Problem> {
        let query = "SELECT id, account, browser, created, seen, expires FROM sessions
            WHERE account = ?1 AND expires > ?2 ORDER BY seen DESC, id DESC";
        self.read(|connection| all(connection, query, (user, now), session))
    }

    /// Ends a session: its token lets nobody in any more.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn revoke_session(&self, id: i64) -> Result<(), Problem> {
        self.write(|transaction| match change(transaction, "DELETE FROM sessions WHERE id = ?1", (id,))? {
            0 => Err(Problem::missing("session", id)),
            _ => Ok(()),
        })
    }

    /// Ends all sessions of a user.
    pub fn revoke_sessions(&self, user: i64) -> Result<usize, Problem> {
        self.write(|transaction| change(transaction, "DELETE FROM sessions WHERE account = ?1", (user,)))
    }

    /// Forgets those that have expired; gives how many.
    pub fn forget_sessions(&self, now: Time) -> Result<usize, Problem> {
        self.write(|transaction| forget(transaction, now))
    }
}

pub(super) fn forget(connection: &Connection, now: Time) -> Result<usize, Problem> {
    change(connection, "DELETE FROM sessions WHERE expires <= ?1", (now,))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lets_in_until_it_expires_is_revoked_or_the_password_changes() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let ann = store.create_user("ann", "x", Time(0.0)).unwrap();
        let begin = |browser: &str| store.create_session(ann.id, browser, 10.0 * MINUTE, Time(0.0)).unwrap();
        let [one, two] = [begin("Firefox"), begin(&"ä".repeat(500))];
        assert_ne!(one, two);
        assert_eq!((one.reveal().len(), format!("{one:?}").as_str()), (43, "Secret(***)"));
        let used = |token: &Secret, minute: f64| store.use_session(token.reveal(), Time(minute * MINUTE)).unwrap();
        let (user, session) = used(&one, 9.5).unwrap();
        assert_eq!((user, session.browser.as_str()), (ann.clone(), "Firefox"));
        assert_eq!((session.seen, session.expires), (Time(9.5 * MINUTE), Time(19.5 * MINUTE)));
        // not each use is written, and a clock that goes back makes none longer
        for minute in [10.0, 1.0] {
            assert_eq!(used(&one, minute).unwrap().1, session);
        }
        assert_eq!((used(&two, 10.0), used(&Secret::new("x"), 1.0)), (None, None));
        assert_eq!(store.sessions(ann.id, Time(10.0 * MINUTE)).unwrap(), std::slice::from_ref(&session));
        assert_eq!(store.forget_sessions(Time(10.0 * MINUTE)).unwrap(), 1);
        store.revoke_session(session.id).unwrap();
        assert_eq!(used(&one, 10.0), None);
        assert!(matches!(store.revoke_session(session.id), Err(Problem::Missing(_))));
        let [three, four] = [begin("a"), begin("b")];
        assert_eq!(store.revoke_sessions(ann.id).unwrap(), 2);
        assert_eq!((used(&three, 1.0), used(&four, 1.0)), (None, None));
        let five = begin("c");
        store.set_password(ann.id, "y").unwrap();
        assert_eq!(used(&five, 1.0), None);
        let six = begin("d");
        store.delete_user(ann.id).unwrap();
        assert_eq!(used(&six, 1.0), None);
        assert!(matches!(store.create_session(ann.id, "e", 1.0, Time(1.0)), Err(Problem::Missing(_))));
    }

    #[test]
    fn no_token_is_in_the_file() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let ann = store.create_user("ann", "pass word", Time(0.0)).unwrap();
        let token = store.create_session(ann.id, "Firefox", 1.0, Time(1.0)).unwrap();
        let (_, api) = store.create_api_key("ci", &[], Time(1.0)).unwrap();
        for file in ["telefonist.db", "telefonist.db-wal"] {
            let bytes = std::fs::read(data.path().join(file)).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            for secret in [token.reveal(), api.reveal(), "pass word"] {
                assert!(!text.contains(secret), "{file}");
            }
            assert!(file == "telefonist.db" || text.contains("Firefox"));
        }
    }
}
