//! A pasted transcript full of secrets, of the form of every family: none comes back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::canary::leak;
use crate::home::{Home, now};

/// `curl -v` with a secret everywhere that one is ever seen.
fn pasted(secret: &str, user: &str) -> String {
    let basic = STANDARD.encode(format!("{user}:{secret}"));
    format!(
        "$ curl -v -u {user}:{secret} -H 'PRIVATE-TOKEN: {secret}' https://{user}:{secret}@git.acme.dev/api\n\
         * Connected to git.acme.dev (10.0.0.7) port 443 (#0)\n* Server auth using Basic with user '{user}'\n\
         > GET /api?access_token={secret}&private_token={secret} HTTP/1.1\n> Host: git.acme.dev\n\
         > Authorization: Basic {basic}\n> Authorization: Bearer {secret}\n> PRIVATE-TOKEN: {secret}\n\
         > X-Api-Key: {secret}\n> Cookie: session=Mark0fTheCookie; JSESSIONID=Mark0fTheCookie\n\
         > Proxy-Authorization: Basic {basic}\n>\n< HTTP/1.1 401 Unauthorized\n< Set-Cookie: a=Mark0fTheCookie\n\
         < WWW-Authenticate: Bearer token=\"{secret}\"\n< Content-Type: application/json\n<\n\
         {{\"message\": \"token {secret} is wrong\", \"access_token\": \"{secret}\", \"echo\": \"{basic}\"}}\n"
    )
}

#[tokio::test]
async fn secrets_of_every_family_are_taken_out_of_a_transcript() {
    let mut found = Vec::new();
    let mut families = std::collections::BTreeSet::new();
    for site in keyrack::simulator::sites() {
        families.insert(site.family().to_string());
        let home = Home::new();
        let mut seeds = site.roster(now());
        seeds.truncate(4);
        for seed in seeds {
            let secret = seed.secret.lines().next().unwrap().to_owned();
            let user = seed.username.clone().unwrap_or_else(|| "ana".to_owned());
            let text = pasted(&secret, &user);
            for options in ["-v", "--json", "--report -", "--report - --mask"] {
                let family = site.family();
                let ran = home.pipe(&text, &format!("diagnose --transcript - --family {family} {options}")).await;
                let leaked = leak(&ran, std::slice::from_ref(&secret), Some(&user));
                found.extend(leaked.map(|what| format!("{} of {family}: {options}: {what}\n{ran}", seed.label)));
            }
            assert!(!home.files().contains(&secret), "{}", seed.label);
        }
    }
    assert_eq!(families.len(), 14, "{families:?}");
    assert!(found.is_empty(), "{} outputs:\n{}", found.len(), found.join("\n"));
}
