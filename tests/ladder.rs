//! Drawn ladders: `tests/golden/ladder/<case>.jsonl` is a record, `<case>.<width>.txt` its drawing with that number of columns, and
//! `<case>.verdict.json`, if it exists, its verdict. `UPDATE=1 cargo test` rewrites the drawings.

use crate::support::golden::{agree, compare};
use std::path::PathBuf;
use telefonist::record::Record;
use telefonist::report::ladder::{Ladder, page};
use telefonist::verdict::Verdict;

#[test]
fn ladders_are_drawn_as_before() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ladder");
    let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let cases: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    assert!(cases.len() >= 3);
    let mut wrong = vec![];
    for case in cases {
        let mut record = Record::open(&case).unwrap();
        let events: Vec<_> = record.by_ref().map(Result::unwrap).collect();
        let verdict = std::fs::read_to_string(case.with_extension("verdict.json")).ok();
        let verdict = verdict.map(|json| Verdict::from_json(&json).unwrap());
        for width in [80, 120] {
            let drawn = page(&record.header, verdict.as_ref(), &Ladder::of(&events), width, false);
            wrong.extend(compare(&case.with_extension(format!("{width}.txt")), &drawn));
        }
    }
    agree(wrong);
}
