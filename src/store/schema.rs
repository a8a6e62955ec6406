//! The tables, and how those of an older version become those of this one.

use super::problem::{Problem, damaged};
use crate::diagnostic::Diagnostic;
use rusqlite::{Connection, TransactionBehavior};

/// What makes each version of the tables from the one before; never changed once released.
const STEPS: [&str; 7] = [
    include_str!("schema/1_tests.sql"),
    include_str!("schema/2_runs.sql"),
    include_str!("schema/3_access.sql"),
    include_str!("schema/4_automation.sql"),
    include_str!("schema/5_deliveries.sql"),
    include_str!("schema/6_job_reports.sql"),
    include_str!("schema/7_tests_runs.sql"),
];
/// How a database says that it is ours: `tlph`.
const OURS: i32 = 0x746c_7068;

/// Brings the tables up to date, a transaction for each version.
///
/// # Errors
/// The database is not ours, damaged, or of a newer version; or a step fails, which then has changed nothing.
pub fn update(connection: &mut Connection) -> Result<(), Problem> {
    update_by(connection, &STEPS)
}

/// The same with other steps.
pub(super) fn update_by(connection: &mut Connection, steps: &[&str]) -> Result<(), Problem> {
    let found: String = connection.query_row("PRAGMA quick_check (1)", (), |row| row.get(0))?;
    if found != "ok" {
        return Err(damaged(&found));
    }
    // who finds all up to date waits for nobody that writes
    while version_of(connection)? != steps.len() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // another host may have been faster
        let version = version_of(&transaction)?;
        let Some(step) = steps.get(version) else {
            return if version == steps.len() { Ok(()) } else { Err(newer(version, steps.len())) };
        };
        transaction.execute_batch(step)?;
        transaction.execute_batch(&format!("PRAGMA user_version = {}; PRAGMA application_id = {OURS}", version + 1))?;
        transaction.commit()?;
    }
    Ok(())
}

/// 0 for an empty database.
fn version_of(connection: &Connection) -> Result<usize, Problem> {
    let query = "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
        FROM pragma_user_version, pragma_application_id";
    let (version, program, tables): (i32, i32, u32) =
        connection.query_row(query, (), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if tables > 0 && program != OURS {
        return Err(Problem::Broken(
            Diagnostic::error("this is the database of another program").advice("name another --data-dir"),
        ));
    }
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn newer(version: usize, known: usize) -> Problem {
    let message = format!("the database has version {version}; this program knows those up to {known}");
    Problem::Broken(Diagnostic::error(message).advice("use the telefonist that wrote it, or a newer one"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::config::DbConfig;

    fn version(connection: &Connection) -> usize {
        connection.query_row("PRAGMA user_version", (), |row| row.get::<_, u32>(0)).unwrap() as usize
    }

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true).unwrap();
        connection
    }

    #[test]
    fn each_older_version_becomes_the_newest_and_keeps_what_it_holds() {
        for old in 1..STEPS.len() {
            let mut connection = database();
            update_by(&mut connection, &STEPS[..old]).unwrap();
            assert_eq!(version(&connection), old);
            connection.execute("INSERT INTO projects VALUES (7, 'Old', 'old', 1.5, 2.5)", ()).unwrap();
            update(&mut connection).unwrap();
            assert_eq!(version(&connection), STEPS.len());
            let name: String =
                connection.query_row("SELECT name FROM projects WHERE id = 7", (), |row| row.get(0)).unwrap();
            assert_eq!(name, "Old");
            update(&mut connection).unwrap();
        }
    }

    #[test]
    fn a_step_that_fails_changes_nothing_and_those_before_it_stay() {
        let mut connection = database();
        let bad = "CREATE TABLE half (id INTEGER); INSERT INTO half VALUES (1); INSERT INTO nowhere VALUES (1);";
        let problem = update_by(&mut connection, &[STEPS[0], bad]).unwrap_err();
        assert!(problem.diagnostic().message.contains("nowhere"), "{problem:?}");
        assert_eq!(version(&connection), 1);
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'half'", (), |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
        update(&mut connection).unwrap();
    }

    #[test]
    fn a_newer_version_and_another_programs_database_are_refused_untouched() {
        let mut connection = database();
        update(&mut connection).unwrap();
        connection.execute_batch("PRAGMA user_version = 99").unwrap();
        let problem = update(&mut connection).unwrap_err().diagnostic();
        assert_eq!(problem.message, "the database has version 99; this program knows those up to 7");
        assert_eq!(version(&connection), 99);
        let mut connection = database();
        connection.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
        let problem = update(&mut connection).unwrap_err().diagnostic();
        assert_eq!(problem.message, "this is the database of another program");
        assert_eq!(version(&connection), 0);
    }
}
