//! Every shipped file, read strictly.

use super::embedded::ASSETS;
use super::*;

#[test]
fn every_shipped_file_parses_and_is_consistent() {
    let findings: CommonFindings = toml::from_str(read("findings.toml").unwrap()).unwrap();
    for kind in crate::net::NetErrorKind::ALL {
        assert!(findings.findings.iter().any(|f| f.name == kind.code()), "{} has no finding", kind.code());
    }
    for file in ASSETS.get_dir("hosts").map(|d| d.files()).into_iter().flatten() {
        let path = file.path().display().to_string();
        let facts: Facts = toml::from_str(file.contents_utf8().unwrap()).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert_eq!(path, format!("hosts/{}.toml", facts.id));
        for kind in &facts.kinds {
            assert!(!kind.revoke_steps.is_empty(), "{path}: {} has no revoke steps", kind.kind);
            for pattern in &kind.patterns {
                regex::Regex::new(&pattern.regex).unwrap_or_else(|e| panic!("{path}: {e}"));
            }
        }
        for scope in &facts.scopes {
            for implied in &scope.implies {
                assert!(facts.scopes.iter().any(|s| s.name == *implied), "{path}: `{implied}` is not a scope");
            }
        }
        for table in &facts.tables {
            assert_eq!(table.cells.len(), table.rows.len() * table.columns.len(), "{path}: `{}`", table.title);
            for (row, column) in table.rows.iter().flat_map(|r| table.columns.iter().map(move |c| (r, c))) {
                assert!(table.cell(&[row, column]).is_some(), "{path}: no cell for {row} and {column}");
                for scope in [row, column] {
                    assert!(facts.scopes.iter().any(|s| s.name == *scope), "{path}: `{scope}` is not a scope");
                }
            }
        }
        let mut names: Vec<_> = facts.findings.iter().map(|f| &f.name).collect();
        names.sort();
        let before = names.len();
        names.dedup();
        assert_eq!(before, names.len(), "{path}: a finding stands twice");
        for finding in facts.findings.iter().chain(&findings.findings) {
            assert!(!finding.title.is_empty() && !finding.remedy.is_empty(), "{path}: {} is thin", finding.name);
        }
    }
}
