//! docs/language.md, docs/flow.md and docs/media.md: every block of Rhai in them is a test that passes and of which the checker says nothing.

use crate::support::{Telefonist, repository};

/// The blocks of a page, as files of a folder.
pub fn blocks_of(page: &str) -> Vec<String> {
    let page = std::fs::read_to_string(repository().join("docs").join(page)).expect("the page");
    page.split("```rhai\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_string()).collect()
}

/// Runs a page, whose blocks hold this number of tests.
fn runs(page: &str, tests: usize) -> Telefonist {
    let mut test = Telefonist::new("run page --jobs 4 --timeout 10s");
    for (n, block) in blocks_of(page).iter().enumerate() {
        test = test.file(&format!("page/{n:02}.rhai"), block);
    }
    test.run().exits(0).says(&format!("{tests} passed")).never_says("warning");
    let check = test.command_with(&["check", "page"]).output().expect("the program starts");
    let said = String::from_utf8_lossy(&check.stderr).into_owned();
    assert!(check.status.success() && said.is_empty(), "{said}");
    test
}

#[test]
fn every_block_of_the_language_runs() {
    let blocks = blocks_of("language.md");
    assert!(blocks.len() >= 10, "{}", blocks.len());
    let page = std::fs::read_to_string(repository().join("docs/language.md")).expect("the page");
    assert_eq!(page.matches("```").count(), blocks.len() * 2, "another kind of block is not run");
    // one of them has three tests in it
    runs("language.md", blocks.len() + 2);
}

#[test]
fn every_block_of_the_flow_runs_and_the_flow_is_the_one_that_stands_there() {
    let blocks = blocks_of("flow.md");
    assert_eq!(blocks.len(), 3);
    runs("flow.md", blocks.len() + 1);
    let test = Telefonist::new("run flow.rhai").file("flow.rhai", &blocks[0]);
    test.run().exits(0);
    let page = std::fs::read_to_string(repository().join("docs/flow.md")).expect("the page");
    let flow = std::fs::read_to_string(test.run_folder().join("flow.txt")).expect("the flow");
    assert!(page.contains(&format!("```\n{flow}```")), "{flow}");
}

#[test]
fn every_block_of_the_page_on_media_runs() {
    let blocks = blocks_of("media.md");
    let page = std::fs::read_to_string(repository().join("docs/media.md")).expect("the page");
    assert_eq!(page.matches("```").count(), blocks.len() * 2, "another kind of block is not run");
    runs("media.md", blocks.len());
}
