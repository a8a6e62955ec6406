//! The database file: opened, locked, checked; transactions. The rest of the store knows its SQL, only this file how SQLite works.

use super::problem::{Problem, damaged};
use super::schema;
use crate::diagnostic::Diagnostic;
use crate::event::lock;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Params, Row, Transaction, TransactionBehavior};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// The file's name, below the data directory.
const FILE: &str = "telefonist.db";
/// How long one host waits for another that is writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Projects, tests, runs, users and what belongs to them, in `<data_dir>/telefonist.db`. Several hosts, and several of these in one
/// host, may have the same file open at once.
pub struct Store {
    writer: Mutex<Connection>,
    /// Reads while the other writes.
    reader: Mutex<Connection>,
    data_dir: PathBuf,
}

impl Store {
    /// Opens the database of a data directory, makes it where there is none, and brings an older one up to date.
    ///
    /// # Errors
    /// It can't be read or written, is damaged, comes from a newer version of the program, or is another program's.
    pub fn open(data_dir: &Path) -> Result<Store, Diagnostic> {
        let path = data_dir.join(FILE);
        let wrong = |problem: Problem| {
            let problem = problem.diagnostic();
            Diagnostic { message: format!("{}: {}", path.display(), problem.message), ..problem }
        };
        // while it is held, nobody else makes or changes the tables; where the file system knows no locks, SQLite's own remain
        let one = prepare(data_dir, &path).map_err(|error| wrong(unusable(&error)))?;
        let _ = one.lock();
        let mut writer = connect(&path).map_err(|error| wrong(error.into()))?;
        schema::update(&mut writer).map_err(wrong)?;
        let reader = connect(&path).and_then(|reader| {
            reader.pragma_update(None, "query_only", true)?;
            Ok(Mutex::new(reader))
        });
        let reader = reader.map_err(|error| wrong(error.into()))?;
        Ok(Store { writer: Mutex::new(writer), reader, data_dir: data_dir.to_path_buf() })
    }

    /// Where the runs' folders lie, and all else.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// How many bytes its files have.
    pub(super) fn size(&self) -> u64 {
        let sizes = ["", "-wal"].map(|end| fs::metadata(self.data_dir.join(format!("{FILE}{end}"))));
        sizes.into_iter().flatten().map(|file| file.len()).sum()
    }

    /// Gives room on the disk back, and what the log of changes holds to the file.
    pub fn vacuum(&self) -> Result<(), Problem> {
        lock(&self.writer).execute_batch("VACUUM; PRAGMA optimize; PRAGMA wal_checkpoint (TRUNCATE);")?;
        Ok(())
    }

    /// Takes what the log of changes holds to the file, and empties it: what was erased is in none of them then, unless another host
    /// reads on. What does not work now works the next time.
    pub(super) fn settle(&self) {
        let _ = lock(&self.writer).execute_batch("PRAGMA wal_checkpoint (TRUNCATE);");
    }

    /// All that is read is of one moment.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Problem> {
        let reader = lock(&self.reader);
        work(&*reader.unchecked_transaction()?)
    }

    /// What would come of it: nothing of it is done.
    pub(super) fn trial<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Problem> {
        let mut writer = lock(&self.writer);
        // which is rolled back at its end
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        work(&transaction)
    }

    /// All of it is done, or nothing. Whoever else writes waits meanwhile.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Transaction) -> Result<T, Problem>) -> Result<T, Problem> {
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

/// Makes the folder and an empty file where they are missing, which only this user may read; gives the folder, to be locked.
fn prepare(data_dir: &Path, path: &Path) -> io::Result<File> {
    fs::create_dir_all(data_dir)?;
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    File::open(data_dir)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    // deleted texts may hold secrets: they are overwritten. A saved test outlasts a power cut (FULL).
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;",
    )?;
    Ok(connection)
}

/// All rows that a query gives.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnMut(&Row) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Problem> {
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(values, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first row, where there is one.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnOnce(&Row) -> rusqlite::Result<T>,
) -> Result<Option<T>, Problem> {
    Ok(connection.prepare_cached(sql)?.query_row(values, read).optional()?)
}

/// Gives how many rows it changed.
pub(super) fn change(connection: &Connection, sql: &str, values: impl Params) -> Result<usize, Problem> {
    Ok(connection.prepare_cached(sql)?.execute(values)?)
}

/// A statement that ends with `RETURNING id`.
pub(super) fn insert(connection: &Connection, sql: &str, values: impl Params) -> Result<i64, Problem> {
    Ok(connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

fn unusable(error: &io::Error) -> Problem {
    Problem::Broken(
        Diagnostic::error(format!("the database can't be opened: {error}"))
            .advice("name another data directory with --data-dir, or make this one writable"),
    )
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Problem {
        let broken = |what: &str, advice: &str| {
            Problem::Broken(Diagnostic::error(format!("the database {what}: {error}")).advice(advice))
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(&error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                broken("is being written by another program for too long", "try again when that is done")
            }
            Some(ErrorCode::DiskFull) => broken("can't be written", "make room on the disk"),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                broken("can't be written", "see that the data directory and all in it may be written")
            }
            _ => broken("can't be used", "try again; `telefonist` with another --data-dir begins with an empty one"),
        }
    }
}

#[cfg(test)]
mod tests;
