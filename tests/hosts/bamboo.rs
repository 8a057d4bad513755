//! Bamboo alone: the permissions of a token, from its own record. The rest is in `atlassian_datacenter`.

use keyrack::domain::{Expiry, Grant, GrantSource, Verdict};

use super::atlassian_datacenter::{BAMBOO, to};

fn list(records: &str) -> String {
    format!(r#"{{"values":[{records}]}}"#)
}

#[tokio::test]
async fn permissions_of_the_only_token_are_told_with_what_they_include() {
    let found = BAMBOO.answered(BAMBOO.good()).await;
    let implied = Grant { name: "READ".into(), source: GrantSource::Implied };
    assert_eq!(found.grants, [Grant::told("TRIGGER"), implied]);
    assert!(found.all_grants_told);
}

#[tokio::test]
async fn of_several_tokens_only_what_all_have_is_claimed() {
    let (one, two) =
        (r#"{"id":"1","name":"a","permissions":["USER"]}"#, r#"{"id":"2","name":"b","permissions":["READ"]}"#);
    let both = list(&format!("{one},{two}"));
    let found = BAMBOO.answered([to("jdoe", 200, &both), to("jdoe", 200, BAMBOO.whoami), to("jdoe", 200, &both)]).await;
    assert_eq!(found.grants, [Grant { name: "READ".into(), source: GrantSource::Probed }]);
    assert!(!found.all_grants_told);
    let alike = list(&format!("{two},{}", two.replace("\"2\"", "\"3\"")));
    let found =
        BAMBOO.answered([to("jdoe", 200, &alike), to("jdoe", 200, BAMBOO.whoami), to("jdoe", 200, &alike)]).await;
    assert_eq!((found.grants.as_slice(), found.all_grants_told), (&[Grant::told("READ")][..], true));
}

#[tokio::test]
async fn an_end_that_is_not_told_stays_unknown() {
    let silent = list(r#"{"id":"1","name":"a","permissions":["READ"]}"#);
    let found = BAMBOO.answered([to("jdoe", 200, &silent), to("jdoe", 200, BAMBOO.whoami)]).await;
    assert_eq!((found.verdict, found.expiry), (Verdict::Valid, Expiry::Unknown));
}
