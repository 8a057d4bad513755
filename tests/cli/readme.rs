//! The README says of every family what the data say.

use keyrack::hosts::verb_table::{MARKS, markdown};

/// `KEYRACK_UPDATE_README=1` writes the table; without it, one that differs fails.
#[test]
fn the_families_in_the_readme_are_those_of_the_data() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(MARKS.0).unwrap();
    let (shown, after) = rest.split_once(MARKS.1).unwrap();
    let table = markdown();
    assert!(!table.contains("|  |"), "a cell is empty:\n{table}");
    if std::env::var_os("KEYRACK_UPDATE_README").is_some() {
        let text = format!("{before}{}\n{table}{}{after}", MARKS.0, MARKS.1);
        std::fs::write(path, text).unwrap();
        return;
    }
    assert_eq!(
        shown.trim(),
        table.trim(),
        "the README differs: KEYRACK_UPDATE_README=1 cargo nextest run --test cli readme"
    );
}
