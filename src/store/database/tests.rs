//! The file: made, shared, damaged, of another.

use super::*;
use crate::event::Time;
use std::os::unix::fs::PermissionsExt;

fn message(data_dir: &Path) -> String {
    Store::open(data_dir).err().expect("it is refused").message
}

#[test]
fn it_is_made_for_this_user_only_and_found_again() {
    let data = tempfile::tempdir().unwrap();
    let data_dir = data.path().join("new/data");
    let store = Store::open(&data_dir).unwrap();
    store.create_project("pbx", Time(1.0)).unwrap();
    for file in [FILE, "telefonist.db-wal", "telefonist.db-shm"] {
        let mode = fs::metadata(data_dir.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    drop(store);
    assert_eq!(Store::open(&data_dir).unwrap().projects().unwrap().len(), 1);
}

#[test]
fn many_open_it_at_once_where_there_is_none_yet() {
    let data = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let data_dir = data.path();
            scope.spawn(move || Store::open(data_dir).unwrap().create_project(&format!("p{n}"), Time(1.0)).unwrap());
        }
    });
    assert_eq!(Store::open(data.path()).unwrap().projects().unwrap().len(), 8);
}

#[test]
fn one_reads_while_another_writes() {
    let data = tempfile::tempdir().unwrap();
    let [writer, reader] = [(); 2].map(|()| Store::open(data.path()).unwrap());
    let written: Result<(), Problem> = writer.write(|transaction| {
        super::super::projects::create(transaction, "half", Time(1.0))?;
        // nobody sees anything of it, and nobody who reads waits
        for store in [&reader, &writer, &Store::open(data.path()).unwrap()] {
            assert_eq!(store.projects().unwrap(), []);
        }
        Err(Problem::missing("reason", "to go on"))
    });
    assert!(matches!(written, Err(Problem::Missing(_))));
    assert_eq!(writer.projects().unwrap(), []);
    writer.create_project("whole", Time(1.0)).unwrap();
    assert_eq!(reader.projects().unwrap().len(), 1);
}

#[test]
fn a_damaged_file_is_refused_wherever_the_damage_is() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).unwrap();
    for n in 0..200 {
        store.create_project(&format!("project {n}"), Time(1.0)).unwrap();
    }
    store.vacuum().unwrap();
    drop(store);
    let path = data.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    assert!(!data.path().join("telefonist.db-wal").exists());
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let message = message(data.path());
        assert!(message.contains("telefonist.db: the database is damaged: "), "{message}");
    };
    refused(b"no database at all, but a text that is long enough to have a header");
    refused(&whole[..whole.len() / 2]);
    let mut torn = whole.clone();
    torn[..100].fill(0xff);
    refused(&torn);
    let mut torn = whole.clone();
    let page = 4096;
    // all pages but the first, which has the header
    torn[page..].fill(0x5a);
    refused(&torn);
    fs::write(&path, &whole).unwrap();
    assert_eq!(Store::open(data.path()).unwrap().projects().unwrap().len(), 200);
}

#[test]
fn a_newer_file_and_a_folder_that_can_not_be_written_are_named() {
    let data = tempfile::tempdir().unwrap();
    drop(Store::open(data.path()).unwrap());
    Connection::open(data.path().join(FILE)).unwrap().execute_batch("PRAGMA user_version = 5000").unwrap();
    assert!(
        message(data.path()).contains("telefonist.db: the database has version 5000; this program knows those up to")
    );
    let file = data.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(message(&file).contains("file/telefonist.db: the database can't be opened: "), "{}", message(&file));
}
