//! Projects out to folders and zip files, and back; hostile ones refused.

use super::*;
use proptest::prelude::*;
use std::io::Cursor;
use std::os::unix::fs::symlink;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn store() -> (TempDir, Store) {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).unwrap();
    (data, store)
}

fn project(store: &Store, tests: &[(&str, Kind, &str)]) -> i64 {
    let project = store.create_project("My PBX", Time(1.0)).unwrap().id;
    for (name, kind, text) in tests {
        let new = NewTest { name, kind: *kind, text, author: None };
        store.create_test(project, new, Time(1.0)).unwrap();
    }
    project
}

fn texts(store: &Store, project: i64) -> Vec<(String, Kind, String)> {
    let text = |test: saved::Test| (test.name, test.kind, store.text(test.id).unwrap().text);
    store.tests(project).unwrap().into_iter().map(text).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn into(project: &str) -> Import<'_> {
    Import { project, author: None, existing: Existing::Update }
}

fn left_out(imported: &Imported) -> Vec<&str> {
    imported.left_out.iter().map(|(name, _)| name.as_str()).collect()
}

fn zip_of(files: &[(&str, &[u8])]) -> Cursor<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap()
}

fn refused(store: &Store, zip: Cursor<Vec<u8>>) -> String {
    let problem = store.import_zip(into("evil"), zip, Time(1.0)).unwrap_err();
    assert!(matches!(problem, Problem::Invalid(_)), "{problem:?}");
    // all of it or nothing
    assert!(store.project_named("evil").is_err());
    problem.diagnostic().message
}

#[test]
fn a_folder_is_written_and_only_what_changed_is_written_again() {
    let (data, store) = store();
    let id = project(&store, &[("call", Kind::Classic, "a\r\n"), ("v1.2 größe", Kind::Rhai, "b")]);
    let folder = data.path().join("git/tests");
    let exported = store.export_folder(id, &folder).unwrap();
    assert_eq!(exported, Exported { written: names(&["call", "v1.2 größe.rhai"]), same: 0, others: vec![] });
    assert_eq!(fs::read(folder.join("call")).unwrap(), b"a\r\n");
    assert_eq!(fs::metadata(folder.join("call")).unwrap().permissions().mode() & 0o777, 0o644);
    let outside = data.path().join("outside");
    fs::write(&outside, "untouched").unwrap();
    fs::remove_file(folder.join("call")).unwrap();
    symlink(&outside, folder.join("call")).unwrap();
    for other in ["old", "README", "sound.wav"] {
        fs::write(folder.join(other), "").unwrap();
    }
    let exported = store.export_folder(id, &folder).unwrap();
    assert_eq!(exported, Exported { written: names(&["call"]), same: 1, others: names(&["old"]) });
    assert_eq!(fs::read_to_string(&outside).unwrap(), "untouched");
    assert!(matches!(store.export_folder(id, &outside), Err(Problem::Invalid(_))));
}

#[test]
fn a_folder_is_read_and_what_is_there_already_gets_a_new_version() {
    let (data, store) = store();
    let id = project(&store, &[("call", Kind::Classic, "old"), ("same", Kind::Rhai, "s"), ("mine", Kind::Rhai, "m")]);
    let folder = data.path().join("tests");
    fs::create_dir_all(folder.join("lib")).unwrap();
    for (name, text) in [
        ("CALL", "new"),
        ("same.rhai", "s"),
        ("more", "x"),
        ("a.wav", ""),
        ("a.flow", ""),
        (".hidden", ""),
        ("README", ""),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    symlink("/etc/passwd", folder.join("passwd")).unwrap();
    let imported = store.import_folder(Import { author: Some("ann"), ..into("my pbx") }, &folder, Time(5.0)).unwrap();
    assert_eq!((imported.project.id, imported.project.tests), (id, 4));
    assert_eq!(left_out(&imported), ["README", "a.flow", "a.wav", "lib/", "passwd"]);
    let why: Vec<_> = imported.left_out.iter().map(|(_, why)| why.split([' ', ':']).next().unwrap()).collect();
    assert_eq!(why, ["no", "a", "no", "a", "a"]);
    assert_eq!((imported.created, imported.changed), (names(&["more"]), names(&["call"])));
    assert_eq!((imported.same, imported.absent, imported.removed), (names(&["same"]), names(&["mine"]), vec![]));
    let call = store.test_named(id, "call").unwrap();
    assert_eq!((call.version, store.version(call.id, 1).unwrap().text.as_str()), (2, "old"));
    assert_eq!(store.text(call.id).unwrap().author.as_deref(), Some("ann"));
    // all or nothing
    for (name, bytes) in [
        ("zz", &b"\xff"[..]),
        ("ZZ top.rhai.rhai", b""),
        ("same", b""),
        ("x*", b""),
        ("big", &[b'x'; saved::LONGEST + 1]),
    ] {
        fs::write(folder.join(name), bytes).unwrap();
        fs::write(folder.join("CALL"), name).unwrap();
        assert!(matches!(store.import_folder(into("My PBX"), &folder, Time(6.0)), Err(Problem::Invalid(_))), "{name}");
        fs::remove_file(folder.join(name)).unwrap();
    }
    assert_eq!(store.test(call.id).unwrap().version, 2);
    let nowhere = store.import_folder(into("x"), &folder.join("none"), Time(1.0)).unwrap_err().diagnostic();
    assert!(nowhere.message.contains("tests/none: "), "{nowhere:?}");
    let empty = store.import_folder(into("x"), &folder.join("lib"), Time(1.0)).unwrap_err().diagnostic();
    assert!(empty.message.starts_with("there is no test in "), "{empty:?}");
}

#[test]
fn a_file_of_the_other_kind_does_not_take_a_tests_place() {
    let (data, store) = store();
    project(&store, &[("call", Kind::Classic, "")]);
    fs::write(data.path().join("call.rhai"), "").unwrap();
    let problem = store.import_folder(into("My PBX"), data.path(), Time(1.0)).unwrap_err().diagnostic();
    assert_eq!(problem.message, "the test `call` of the project `My PBX` is a testfile, and the file is not");
    let other = store.project_named("My PBX").unwrap();
    let more = NewTest { name: "more", kind: Kind::Rhai, text: "", author: None };
    store.create_test(other.id, more, Time(1.0)).unwrap();
    let replaced =
        store.import_folder(Import { existing: Existing::Mirror, ..into("My PBX") }, data.path(), Time(2.0)).unwrap();
    assert_eq!((replaced.removed, replaced.created), (names(&["call", "more.rhai"]), names(&["call"])));
    assert_eq!(texts(&store, other.id), [("call".to_string(), Kind::Rhai, String::new())]);
}

#[test]
fn a_zip_file_has_its_tests_at_the_top_or_in_one_folder() {
    let (_data, store) = store();
    let files: &[(&str, &[u8])] = &[("p/call", b"1"), ("p/b.rhai", b"2"), ("p/lib/c.rhai", b"3"), ("p/.git", b"4")];
    let one = store.import_zip(into("one"), zip_of(files), Time(1.0)).unwrap();
    assert_eq!((left_out(&one), one.created.as_slice()), (vec!["lib/c.rhai"], &names(&["b", "call"])[..]));
    let two = store.import_zip(into("two"), zip_of(&[("call", b"1"), ("lib/d.rhai", b"")]), Time(1.0)).unwrap();
    assert_eq!((left_out(&two), two.created.as_slice()), (vec!["lib/d.rhai"], &names(&["call"])[..]));
}

#[test]
fn zip_files_that_mean_harm_are_refused_whole() {
    let (_data, store) = store();
    for path in ["../call", "a/../../call", "/etc/passwd", "..\\call", "C:\\call", "a/..", "p\0q"] {
        let message = refused(&store, zip_of(&[("good", b""), (path, b"")]));
        assert!(message.contains("leads out of it: `"), "{path:?}: {message}");
    }
    let bomb = vec![b' '; 50 * 1024 * 1024];
    let zip = zip_of(&[("bomb", &bomb)]);
    assert!(zip.get_ref().len() < 100_000);
    assert_eq!(refused(&store, zip), "the file `bomb` has more than 1048576 bytes");
    let many: Vec<(String, &[u8])> = (0..65).map(|n| (format!("part{n}"), &bomb[..saved::LONGEST])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    assert_eq!(refused(&store, zip_of(&many)), "the tests have more than 67108864 bytes in all");
    let names: Vec<String> = (0..10_001).map(|n| format!("t{n}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(refused(&store, zip_of(&files)), "there are more than 10000 files");
    assert!(refused(&store, zip_of(&[("a", b""), ("A", b"")])).contains("another one is the test `A` already"));
    assert!(refused(&store, zip_of(&[("a\u{202e}b", b"")])).contains("`U+202E` can't be in a name"));
    assert!(refused(&store, Cursor::new(b"no zip file".to_vec())).starts_with("the zip file can't be read: "));
    let mut torn = zip_of(&[("call", &[b'x'; 5000])]).into_inner();
    torn[40..45].fill(0xff);
    assert!(refused(&store, Cursor::new(torn)).starts_with("the file `call` can't be read: "));
    let mut link = ZipWriter::new(Cursor::new(vec![]));
    link.add_symlink("call", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    assert_eq!(refused(&store, link.finish().unwrap()), "there is no test in the zip file");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn what_goes_out_comes_back_the_same(
        tests in prop::collection::btree_map("[a-zäß 0-9()+-]{1,8}", (any::<bool>(), "[^\0]{0,40}"), 1..6)
    ) {
        let (data, store) = store();
        let id = project(&store, &[]);
        for (name, (rhai, text)) in &tests {
            let kind = if *rhai { Kind::Rhai } else { Kind::Classic };
            // a name that is refused, or taken in another case, is none
            let _ = store.create_test(id, NewTest { name, kind, text, author: None }, Time(1.0));
        }
        let before = texts(&store, id);
        prop_assume!(!before.is_empty());
        let folder = data.path().join("out");
        store.export_folder(id, &folder).unwrap();
        let [mut one, mut two] = [(); 2].map(|()| Cursor::new(vec![]));
        store.export_zip(id, &mut one).unwrap();
        store.export_zip(id, &mut two).unwrap();
        prop_assert_eq!(one.get_ref(), two.get_ref());
        let unzipped = store.import_zip(into("zip"), one, Time(2.0)).unwrap();
        prop_assert_eq!(&texts(&store, unzipped.project.id), &before);
        let read = store.import_folder(into("folder"), &folder, Time(2.0)).unwrap();
        prop_assert_eq!(&texts(&store, read.project.id), &before);
        prop_assert_eq!(store.import_folder(into("My PBX"), &folder, Time(3.0)).unwrap().same.len(), before.len());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..200) {
        let (_data, store) = store();
        let _ = store.import_zip(into("a"), Cursor::new(bytes.clone()), Time(1.0));
        let mut zip = zip_of(&[("p/call", b"text text text"), ("p/b.rhai", b"")]).into_inner();
        let at = at % zip.len();
        let end = (at + bytes.len()).min(zip.len());
        zip[at..end].copy_from_slice(&bytes[..end - at]);
        let _ = store.import_zip(into("b"), Cursor::new(zip), Time(1.0));
    }
}
