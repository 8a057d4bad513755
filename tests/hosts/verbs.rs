//! What each family says it can do, held against what it can do: no cell of the table is empty or untrue.

use keyrack::domain::FamilyId;
use keyrack::hosts::facts::How;
use keyrack::hosts::{Family, family};

/// What a family must offer; `git` is none where a log-in for git is not what the family is for.
struct Row {
    id: &'static str,
    inventory: How,
    create: How,
    rotate: How,
    revoke: How,
    git: Option<How>,
}

const fn row(id: &'static str, inventory: How, create: How, rotate: How, revoke: How, git: Option<How>) -> Row {
    Row { id, inventory, create, rotate, revoke, git }
}

/// Every family there is to be, in order. One that does not exist yet is passed over.
const TABLE: &[Row] = {
    use How::{AtHost, Guided, None as Nothing};
    &[
        row("github", AtHost, Guided, Guided, AtHost, Some(AtHost)),
        row("gitlab", AtHost, AtHost, AtHost, AtHost, Some(AtHost)),
        row("azure-devops", AtHost, AtHost, AtHost, AtHost, Some(AtHost)),
        row("bitbucket-cloud", Nothing, Guided, Guided, Guided, Some(AtHost)),
        row("jira-cloud", AtHost, Guided, Guided, AtHost, Some(Nothing)),
        row("open-devops", Nothing, Guided, Guided, Guided, Some(Nothing)),
        row("bitbucket-datacenter", AtHost, AtHost, AtHost, AtHost, Some(AtHost)),
        row("jira-datacenter", AtHost, AtHost, AtHost, AtHost, Some(Nothing)),
        row("confluence-datacenter", AtHost, AtHost, AtHost, AtHost, Some(Nothing)),
        row("bamboo", AtHost, AtHost, AtHost, AtHost, Some(Nothing)),
        row("codecommit", AtHost, AtHost, AtHost, AtHost, Some(AtHost)),
        row("forgejo", AtHost, AtHost, AtHost, AtHost, Some(AtHost)),
        row("fecru", Nothing, Guided, Guided, Guided, Some(Nothing)),
        row("generic", Nothing, Guided, Guided, Guided, None),
    ]
};

/// Families whose verbs are not all built yet. To be emptied; one that keeps its word may not stand here.
const UNFINISHED: &[&str] = &[];

fn known() -> impl Iterator<Item = (&'static Row, &'static dyn Family)> {
    TABLE.iter().filter_map(|row| family(&FamilyId::new(row.id)).map(|family| (row, family)))
}

/// What a family does not keep of its word.
fn broken(row: &Row, family: &dyn Family) -> Vec<String> {
    let facts = family.facts();
    let (verbs, id) = (&facts.verbs, &facts.id);
    let mut broken = Vec::new();
    let mut claim = |verb: &str, said: How, wanted: How| {
        if said != wanted {
            broken.push(format!("{id}: {verb} is {said:?}, and should be {wanted:?}"));
        }
    };
    claim("inventory", verbs.inventory, row.inventory);
    claim("create", verbs.create, row.create);
    claim("rotate", verbs.rotate, row.rotate);
    claim("revoke", verbs.revoke, row.revoke);
    if let Some(git) = row.git {
        claim("git", verbs.git, git);
    }
    let (creates, revokes) = (family.creator().is_some(), family.revoker().is_some());
    let rotates = family.replacer().is_some() || (creates && revokes);
    for (verb, said, can) in [
        ("inventory", verbs.inventory, family.lister().is_some()),
        ("create", verbs.create, creates),
        ("rotate", verbs.rotate, rotates),
        ("revoke", verbs.revoke, revokes),
    ] {
        match said {
            How::AtHost if !can => broken.push(format!("{id}: {verb} is said to be done at the host, and is not")),
            How::Guided | How::None if can => {
                broken.push(format!("{id}: {verb} is done at the host, and not said to be"))
            }
            How::Guided if facts.guides.is_empty() => {
                broken.push(format!("{id}: {verb} is guided, and there is no guide"))
            }
            _ => {}
        }
    }
    broken
}

#[test]
fn every_family_does_what_it_says() {
    let broken: Vec<String> = known()
        .filter(|(row, _)| !UNFINISHED.contains(&row.id))
        .flat_map(|(row, family)| broken(row, family))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn what_is_said_to_be_unfinished_is() {
    for (row, family) in known().filter(|(row, _)| UNFINISHED.contains(&row.id)) {
        assert!(!broken(row, family).is_empty(), "{} keeps its word: take it from the list", row.id);
    }
}

#[test]
fn every_family_is_in_the_table_and_in_its_order() {
    let order: Vec<&str> = keyrack::hosts::families().iter().map(|f| f.facts().id.as_str()).collect();
    let wanted: Vec<&str> = TABLE.iter().map(|row| row.id).filter(|id| order.contains(id)).collect();
    assert_eq!(order, wanted);
}

/// A guide is for a kind of its family, and its texts hold no placeholder that nobody fills.
#[test]
fn guides_are_whole() {
    for family in keyrack::hosts::families() {
        let facts = family.facts();
        for guide in &facts.guides {
            let here = format!("{}: {}", facts.id, guide.title);
            assert!(facts.kind(guide.kind).is_some(), "{here}: no kind {}", guide.kind);
            assert!(!guide.need.is_empty() && !guide.steps.is_empty(), "{here} is thin");
            assert!(guide.page.starts_with("{web}") || guide.page.starts_with("https://"), "{here}: {}", guide.page);
            assert!(guide.link.starts_with("https://"), "{here}: {}", guide.link);
            let texts = [&guide.need, &guide.steps, &guide.rotate_steps, &guide.notes];
            for text in texts.into_iter().flatten().chain([&guide.title, &guide.page]) {
                let bare = ["{web}", "{name}", "{scopes}", "{expires}", "{page}"]
                    .iter()
                    .fold(text.clone(), |text, placeholder| text.replace(placeholder, ""));
                assert!(!bare.contains(['{', '}']), "{here}: {text}");
            }
            for (name, value) in guide.prefill.iter().flat_map(|p| p.parameters.iter().chain(&p.each_scope)) {
                let fills = [
                    "{name}",
                    "{scopes_comma}",
                    "{scopes_space}",
                    "{days}",
                    "{date}",
                    "{scope}",
                    "{scope_name}",
                    "{scope_level}",
                ];
                for text in [name, value] {
                    let bare = fills.iter().fold(text.clone(), |text, placeholder| text.replace(placeholder, ""));
                    assert!(!bare.contains(['{', '}']), "{here}: {text}");
                }
            }
        }
    }
}
