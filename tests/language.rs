//! docs/language.md: every block in it is a test that passes and of which the checker says nothing.

use crate::support::{Telefonist, repository};

#[test]
fn every_block_of_the_page_runs() {
    let page = std::fs::read_to_string(repository().join("docs/language.md")).expect("the page");
    let blocks: Vec<&str> = page.split("```rhai\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 10, "{}", blocks.len());
    assert_eq!(page.matches("```").count(), blocks.len() * 2, "another kind of block is not run");
    let mut test = Telefonist::new("run page --jobs 4 --timeout 10s");
    for (n, block) in blocks.iter().enumerate() {
        test = test.file(&format!("page/{n:02}.rhai"), block);
    }
    // one of them has three tests in it
    test.run().exits(0).says(&format!("{} passed", blocks.len() + 2)).never_says("warning");
    let check = test.command_with(&["check", "page"]).output().expect("the program starts");
    let said = String::from_utf8_lossy(&check.stderr).into_owned();
    assert!(check.status.success() && said.is_empty(), "{said}");
}
