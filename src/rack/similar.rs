//! Which of the known names somebody may have meant.

/// How many are worth naming.
const SHOWN: usize = 3;

/// Longer texts are not compared: nobody types them by hand, and the work grows with the square of the length.
const LONGEST: usize = 128;

/// The names that look like `given`, the closest first, at most three.
pub(super) fn similar(given: &str, known: impl IntoIterator<Item = String>) -> Vec<String> {
    let wanted: Vec<char> = given.trim().to_lowercase().chars().collect();
    if wanted.is_empty() || wanted.len() > LONGEST {
        return Vec::new();
    }
    let mut found: Vec<(usize, String)> =
        known.into_iter().filter_map(|name| Some((distance_of(&wanted, &name)?, name))).collect();
    found.sort();
    found.truncate(SHOWN);
    found.into_iter().map(|(_, name)| name).collect()
}

/// How far `name` is from what is wanted; none where it is something else altogether.
fn distance_of(wanted: &[char], name: &str) -> Option<usize> {
    let name: Vec<char> = name.to_lowercase().chars().take(LONGEST + 1).collect();
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let allowed = (wanted.len().max(name.len()) / 3).max(1);
    let edits = edits(wanted, &name);
    if edits <= allowed {
        return Some(edits);
    }
    // A part of a name: after everything that could be a slip of the finger.
    let (short, long) = if wanted.len() < name.len() { (wanted, &name[..]) } else { (&name[..], wanted) };
    (short.len() >= 3 && long.windows(short.len()).any(|w| w == short)).then_some(LONGEST + edits)
}

/// Insertions, deletions, replacements and swaps of neighbours between two texts (optimal string alignment).
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &str) -> Vec<String> {
        similar(given, ["ci-release", "ci-rebase", "jira-sync", "azure-build", "CI"].map(str::to_owned))
    }

    #[test]
    fn slips_case_and_parts_are_found_closest_first() {
        assert_eq!(of("ci-relaese"), ["ci-release", "ci-rebase"]);
        assert_eq!(of("CI-RELEASE")[0], "ci-release");
        assert_eq!(of("jira"), ["jira-sync"]);
        assert_eq!(of("ci"), ["CI"]);
    }

    #[test]
    fn what_is_nothing_like_it_is_not_named() {
        assert!(of("wiki-bot").is_empty());
        assert!(of("").is_empty());
        assert!(of(&"x".repeat(100_000)).is_empty());
    }

    #[test]
    fn edits_counts_each_slip_once() {
        let count = |a: &str, b: &str| edits(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(count("abcd", "abdc"), 1);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("kitten", "sitting"), 3);
    }
}
