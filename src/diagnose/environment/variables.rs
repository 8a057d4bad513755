//! Variables that the tools of a family take instead of any stored credential.

use super::sight::{Sight, length};
use crate::diagnose::facts::{Holds, VariableFacts, facts};
use crate::diagnose::held::Held;
use crate::diagnose::viewpoint::{Viewpoint, host_of};
use crate::sanitize;
use crate::secret::SecretText;

/// Looks at every variable that tools of this family read, and at those that change git.
pub(super) fn look(view: &Viewpoint<'_>) -> Sight {
    let mut sight = Sight::default();
    let mut seen = Vec::new();
    for group in facts().variables.iter().filter(|g| concerns(view, g)) {
        let set = group.names.iter().filter_map(|n| Some((n.as_str(), view.around.var(n)?)));
        for (place, (name, value)) in set.enumerate() {
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            one(view, group, name, value, place == 0, &mut sight);
        }
    }
    if view.has_git() {
        for switch in &facts().switches {
            if view.around.var(&switch.name).is_some() {
                sight.fact(switch.name.clone(), format!("set: {}", switch.about));
            }
        }
    }
    sight
}

fn concerns(view: &Viewpoint<'_>, group: &VariableFacts) -> bool {
    let host = view.host();
    let among = |names: &[String]| names.iter().any(|pattern| is_like(pattern, &host));
    group.families.contains(&view.patient.host.family)
        && (group.kinds.is_empty() || group.kinds.contains(&view.patient.kind))
        && (group.at.is_empty() || among(&group.at))
        && !among(&group.elsewhere)
}

/// `*.example.com` for every name below it.
fn is_like(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(tail) => host.ends_with(tail),
        None => host == pattern,
    }
}

fn one(view: &Viewpoint<'_>, group: &VariableFacts, name: &str, value: &SecretText, wins: bool, sight: &mut Sight) {
    let text = value.reveal();
    let args = [("name", name), ("tools", group.tools.as_str())];
    let held = match group.holds {
        Holds::Secret => Held::of(text, view.secret),
        Holds::Second => match view.secret {
            // A session token beside a key that has none makes another credential of it.
            Some(secret) => secret.session.as_ref().map_or(Held::Other, |s| Held::of_part(text, Some(s))),
            None => Held::Untold,
        },
        Holds::User => {
            let own = view.patient.username.as_deref();
            let (words, other) = match own {
                Some(own) if own == text => ("the same as this credential's", false),
                Some(_) => ("another one than this credential's", true),
                None => ("not compared", false),
            };
            sight.fact(name, words);
            if other {
                sight.misleads("env.other-user", &args);
            }
            return;
        }
        Holds::Place => {
            let host = host_of(text).unwrap_or_default();
            let place = if view.is_ours(&host) { "this host".to_owned() } else { sanitize::short(&host, 80) };
            return sight.fact(name, format!("{} goes to {place}", group.tools));
        }
        Holds::Choice => return sight.fact(name, sanitize::short(text, 80)),
    };
    sight.secrets.push(value.clone());
    let elsewhere = group.place.iter().filter_map(|p| host_of(view.around.var(p)?.reveal())).find(|h| !view.is_ours(h));
    let note = match (&elsewhere, wins) {
        (Some(host), _) => format!("; meant for {}", sanitize::short(host, 80)),
        (None, false) => "; not used, since another variable comes before it".to_owned(),
        (None, true) => String::new(),
    };
    sight.fact(name, format!("{}, {}{note}", length(text), held.words()));
    if wins && elsewhere.is_none() {
        match held {
            Held::Other => sight.misleads("env.shadowed", &args),
            Held::Dressed => sight.misleads("env.dressed", &args),
            Held::Same | Held::Untold => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::tests::{codes, fact, patient, view};
    use crate::domain::Kind;
    use crate::secret::Secret;

    fn seen(family: &str, url: &str, kind: Kind, vars: &[(&str, &str)]) -> Sight {
        let patient = patient(family, url, kind, Some("AKIAFAKE"));
        let secret = Secret::token("the-secret-itself".into());
        look(&view(&patient, vars, Some(&secret)))
    }

    #[test]
    fn another_secret_in_the_variable_that_wins_is_a_warning() {
        let vars = [("GH_TOKEN", "someone-elses-token"), ("GITHUB_TOKEN", "the-secret-itself")];
        let sight = seen("github", "https://github.com", Kind::ClassicPat, &vars);
        assert_eq!(codes(&sight.misleads), ["env.shadowed"]);
        assert!(sight.misleads[0].title.contains("GH_TOKEN"), "{:?}", sight.misleads);
        assert_eq!(fact(&sight, "GH_TOKEN"), "19 characters, another secret");
        assert!(fact(&sight, "GITHUB_TOKEN").contains("this credential's secret; not used"), "{:?}", sight.facts);
        assert!(!format!("{sight:?}").contains("someone-elses"), "{sight:?}");
    }

    #[test]
    fn the_same_secret_is_a_fact_and_one_with_a_line_end_a_warning() {
        let sight = seen("gitlab", "https://gitlab.com", Kind::Pat, &[("GITLAB_TOKEN", "the-secret-itself")]);
        assert!(sight.misleads.is_empty() && sight.breaks.is_empty(), "{sight:?}");
        let sight = seen("gitlab", "https://gitlab.com", Kind::Pat, &[("GITLAB_TOKEN", "the-secret-itself\r")]);
        assert_eq!(codes(&sight.misleads), ["env.dressed"]);
    }

    #[test]
    fn a_variable_for_other_hosts_says_nothing() {
        let ghes = |vars: &[_]| seen("github", "https://github.acme.example", Kind::ClassicPat, vars);
        assert!(ghes(&[("GH_TOKEN", "someone-elses-token")]).facts.is_empty());
        assert_eq!(codes(&ghes(&[("GH_ENTERPRISE_TOKEN", "someone-elses-token")]).misleads), ["env.shadowed"]);
        let vars = [("GITLAB_TOKEN", "someone-elses-token"), ("GITLAB_HOST", "gitlab.acme.example")];
        let sight = seen("gitlab", "https://gitlab.com", Kind::Pat, &vars);
        assert!(sight.misleads.is_empty(), "{sight:?}");
        assert!(fact(&sight, "GITLAB_TOKEN").ends_with("meant for gitlab.acme.example"), "{:?}", sight.facts);
        let sight = seen("gitlab", "https://gitlab.acme.example", Kind::Pat, &vars);
        assert_eq!(codes(&sight.misleads), ["env.shadowed"]);
    }

    #[test]
    fn the_parts_of_a_key_are_compared_each() {
        let aws =
            |vars: &[_]| seen("codecommit", "https://git-codecommit.us-east-1.amazonaws.com", Kind::AccessKey, vars);
        let same = [("AWS_ACCESS_KEY_ID", "AKIAFAKE"), ("AWS_SECRET_ACCESS_KEY", "the-secret-itself")];
        assert!(aws(&same).misleads.is_empty());
        assert_eq!(codes(&aws(&[("AWS_ACCESS_KEY_ID", "AKIAOTHER")]).misleads), ["env.other-user"]);
        let session = [same[0], same[1], ("AWS_SESSION_TOKEN", "a-session-token")];
        assert_eq!(codes(&aws(&session).misleads), ["env.shadowed"]);
        let sight = aws(&[("AWS_PROFILE", "build")]);
        assert_eq!(fact(&sight, "AWS_PROFILE"), "build");
    }
}
