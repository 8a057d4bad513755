use super::*;

fn facts() -> Facts {
    let mut facts = Facts::embedded("bitbucket-datacenter");
    let guide = |title: &str, product: Option<&str>, since: Option<&str>, before: Option<&str>| GuideFacts {
        kind: Kind::HttpAccessToken,
        title: title.to_owned(),
        product: product.map(str::to_owned),
        since: since.map(str::to_owned),
        before: before.map(str::to_owned),
        need: vec![],
        page: "{web}/tokens".to_owned(),
        prefill: None,
        steps: vec!["Open {page}, name it {name}, tick {scopes}, end it on {expires}.".to_owned()],
        rotate_steps: vec![],
        notes: vec![],
        link: "https://vendor.example".to_owned(),
    };
    facts.guides = vec![
        guide("new", Some("Server"), Some("7.20"), None),
        guide("old", Some("Server"), Some("5.5"), Some("7.20")),
        guide("cloud", Some("Cloud"), None, None),
    ];
    facts
}

fn titles(product: Option<&str>, version: Option<&str>) -> Vec<String> {
    let facts = facts();
    fitting(&facts, Kind::HttpAccessToken, product, version).iter().map(|g| g.title.clone()).collect()
}

#[test]
fn the_guide_is_that_of_product_and_version() {
    assert_eq!(titles(Some("server"), Some("9.4.3")), ["new"]);
    assert_eq!(titles(Some("Server"), Some("7.20")), ["new"]);
    assert_eq!(titles(Some("Server"), Some("7.9.1")), ["old"]);
    assert_eq!(titles(Some("Server"), Some("4.14")), Vec::<String>::new());
    assert_eq!(titles(None, Some("7.19")), ["old", "cloud"]);
    // Without a version, what holds today; so too where the version says nothing.
    assert_eq!(titles(None, None), ["new", "cloud"]);
    assert_eq!(titles(Some("Server"), Some("unknown")), ["new"]);
}

fn fill<'a>(scopes: &'a [String], expires: Option<Timestamp>) -> Fill<'a> {
    let now = "2026-11-23T04:00:00Z".parse().unwrap();
    Fill { web: "https://git.example/x", name: "a & b{web}", scopes, expires, now }
}

#[test]
fn texts_are_filled_once() {
    let facts = facts();
    let scopes = ["REPO_READ".to_owned(), "REPO_WRITE".to_owned()];
    let end = "2027-02-21T04:00:00Z".parse().ok();
    assert_eq!(
        fill(&scopes, end).text(&facts.guides[0], &facts.guides[0].steps[0]),
        "Open https://git.example/x/tokens, name it a & b{web}, tick REPO_READ, REPO_WRITE, end it on 2027-02-21."
    );
}

#[test]
fn the_page_is_filled_in_and_percent_encoded() {
    let mut guide = facts().guides.remove(0);
    let parameters = [("name", "{name}"), ("scopes", "{scopes_comma}"), ("in", "{days}"), ("on", "{date}")];
    guide.prefill = Some(crate::hosts::facts::PrefillFacts {
        parameters: parameters.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
        each_scope: Some(("{scope_name}".to_owned(), "{scope_level}".to_owned())),
    });
    let scopes = ["contents:write".to_owned(), "a+b".to_owned()];
    let end = "2026-11-30T00:00:00Z".parse().ok();
    assert_eq!(
        fill(&scopes, end).prefilled(&guide).unwrap(),
        "https://git.example/x/tokens?name=a%20%26%20b%7Bweb%7D&scopes=contents%3Awrite%2Ca%2Bb&in=7&on=2026-11-30\
         &contents=write&a%2Bb="
    );
    // Nothing to say is not said.
    assert_eq!(fill(&[], None).prefilled(&guide).unwrap(), "https://git.example/x/tokens?name=a%20%26%20b%7Bweb%7D");
}
