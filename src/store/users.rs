//! Users and their passwords, of which only argon2id hashes are kept.

use super::database::{Store, all, change, insert, one};
use super::name::{key, name};
use super::problem::Problem;
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rusqlite::{Connection, Row};

/// The longest password in bytes: hashing takes time.
const LONGEST: usize = 1024;

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub created: Time,
}

const USER: &str = "SELECT id, name, created FROM users";

fn user(row: &Row) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, created: row.get(2)? })
}

impl Store {
    /// All users in alphabetical order.
    pub fn users(&self) -> Result<Vec<User>, Problem> {
        self.read(|connection| all(connection, &format!("{USER} ORDER BY key"), (), user))
    }

    /// # Errors
    /// The name is not allowed, or taken; the password is empty or too long.
    pub fn create_user(&self, text: &str, password: &str, now: Time) -> Result<User, Problem> {
        let name = name(text)?;
        let hash = hash(password)?;
        self.write(|transaction| {
            if by_name(transaction, &name)?.is_some() {
                return Err(Problem::taken("user", &name));
            }
            let made = "INSERT INTO users (name, key, hash, created) VALUES (?1, ?2, ?3, ?4) RETURNING id";
            let id = insert(transaction, made, (&name, key(&name), &hash, now))?;
            Ok(User { id, name: name.clone(), created: now })
        })
    }

    /// Gives a user another password, and ends all of the user's sessions.
    ///
    /// # Errors
    /// There is no such user; the password is empty or too long.
    pub fn set_password(&self, user: i64, password: &str) -> Result<(), Problem> {
        let hash = hash(password)?;
        self.write(|transaction| {
            let changed = change(transaction, "UPDATE users SET hash = ?2 WHERE id = ?1", (user, hash))?;
            if changed == 0 {
                return Err(Problem::missing("user", user));
            }
            change(transaction, "DELETE FROM sessions WHERE account = ?1", (user,)).map(drop)
        })
    }

    /// The user of that name and password; none where one of them is wrong, which takes the same time. It takes long: some ten
    /// milliseconds, on purpose.
    pub fn verify_password(&self, text: &str, password: &str) -> Result<Option<User>, Problem> {
        let found = self.read(|connection| {
            let query = "SELECT id, name, created, hash FROM users WHERE key = ?1";
            one(connection, query, (key(text),), |row| Ok((user(row)?, row.get::<_, String>(3)?)))
        })?;
        let (user, kept) = match found {
            Some((user, kept)) => (Some(user), kept),
            None => (None, NOBODY.into()),
        };
        let kept = PasswordHash::new(&kept).map_err(unusable)?;
        let right = password.len() <= LONGEST && Argon2::default().verify_password(password.as_bytes(), &kept).is_ok();
        Ok(user.filter(|_| right))
    }

    /// Deletes a user with all sessions.
    ///
    /// # Errors
    /// There is no such user.
    pub fn delete_user(&self, user: i64) -> Result<(), Problem> {
        self.write(|transaction| match change(transaction, "DELETE FROM users WHERE id = ?1", (user,))? {
            0 => Err(Problem::missing("user", user)),
            _ => Ok(()),
        })
    }
}

/// A hash that no user has, with the default costs.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3NzYWx0IQ$4bHpS0vBHPMbCLSBhbSWrMCqK4NxXGmNqgbYAkCxZkY";

fn by_name(connection: &Connection, name: &str) -> Result<Option<User>, Problem> {
    one(connection, &format!("{USER} WHERE key = ?1"), (key(name),), user)
}

fn hash(password: &str) -> Result<String, Problem> {
    let wrong = |message: &str, advice: &str| Err(Problem::Invalid(Diagnostic::error(message).advice(advice)));
    if password.is_empty() {
        return wrong("the password is empty", "give one");
    }
    if password.len() > LONGEST {
        return wrong("the password is longer than 1024 bytes", "take a shorter one");
    }
    // argon2id with a random salt, 19 MiB, two passes: what OWASP recommends
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).map_err(unusable)?;
    Ok(hash.to_string())
}

fn unusable(error: impl std::fmt::Display) -> Problem {
    Problem::Broken(Diagnostic::error(format!("a password can't be hashed: {error}")).advice("set the password again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_lets_its_user_in_and_is_kept_nowhere() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let ann = store.create_user("Ann", "correct horse", Time(1.0)).unwrap();
        assert!(matches!(store.create_user("ANN", "x", Time(1.0)), Err(Problem::Taken(_))));
        let long = "x".repeat(LONGEST + 1);
        for bad in ["", &long] {
            assert!(matches!(store.create_user("bob", bad, Time(1.0)), Err(Problem::Invalid(_))));
            assert_eq!(store.verify_password("ann", bad).unwrap(), None);
        }
        assert_eq!(store.verify_password("ann", "correct horse").unwrap(), Some(ann.clone()));
        for (name, password) in [("ann", "correct Horse"), ("bob", "correct horse"), ("", "")] {
            assert_eq!(store.verify_password(name, password).unwrap(), None);
        }
        store.set_password(ann.id, "better").unwrap();
        assert_eq!(store.verify_password("ann", "correct horse").unwrap(), None);
        assert_eq!(store.verify_password("ann", "better").unwrap(), Some(ann.clone()));
        let query = "SELECT hash FROM users";
        let kept = store.read(|connection| all(connection, query, (), |row| row.get::<_, String>(0))).unwrap();
        assert!(kept[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept:?}");
        store.delete_user(ann.id).unwrap();
        assert_eq!(store.users().unwrap(), []);
        assert!(matches!(store.set_password(ann.id, "x"), Err(Problem::Missing(_))));
    }

    #[test]
    fn an_unknown_user_costs_the_same_work() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let known = PasswordHash::new(&hash("x").unwrap()).unwrap();
        let costs = |hash: &PasswordHash| (hash.algorithm.to_string(), hash.version, hash.params.to_string());
        assert_eq!(costs(&nobody), costs(&known));
        let length = |hash: &PasswordHash| hash.hash.as_ref().map(|hash| hash.as_bytes().len());
        assert_eq!(length(&nobody), length(&known));
    }
}
