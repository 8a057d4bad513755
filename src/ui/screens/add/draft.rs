//! The wizard's form: what was recognised, what the user says, and the draft made of both.

use crate::domain::{Draft, Expiry, FamilyId, HostChoice, Identified, Kind, Owner};
use crate::hosts::facts::KindFacts;

use super::super::super::overlays::edit::tags;
use super::super::super::shared::Shared;
use super::super::super::time;
use super::super::super::widgets::form::Form;

/// The fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Label,
    Kind,
    Host,
    Username,
    Second,
    Expires,
    Owner,
    Tags,
    Note,
}

/// What was recognised, and the form.
#[derive(Debug)]
pub(super) struct Details {
    pub(super) identified: Identified,
    /// What the kind may be: recognised ones first, then all others.
    kinds: Vec<(Option<FamilyId>, Kind)>,
    pub(super) form: Form<Name>,
    /// The host filled in here; replaced with the kind as long as the user left it as it is.
    proposed: String,
    /// The user chose the kind.
    chosen: bool,
}

impl Details {
    pub(super) fn new(identified: Identified, s: &Shared) -> Self {
        let mut kinds: Vec<(Option<FamilyId>, Kind)> =
            identified.candidates.iter().map(|c| (Some(c.family.clone()), c.kind)).collect();
        if kinds.is_empty() {
            kinds.push((None, Kind::Unknown));
        }
        let known = s.families.iter().flat_map(|f| f.kinds.iter().map(|k| (Some(f.id.clone()), k.kind)));
        for kind in known {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let words = kinds.iter().map(|(family, kind)| match family {
            Some(family) => format!("{} · {}", s.family_name(family), s.kind_name(family, *kind)),
            None => "not known: the host tells".to_owned(),
        });
        let form = Form::new()
            .text(Name::Label, "Label", "", "what you will call it; unique on the rack")
            .choice(Name::Kind, "Kind", words.collect(), 0, "")
            .text(Name::Host, "Host", "", "")
            .text(Name::Username, "User name", identified.username.as_deref().unwrap_or(""), "");
        let wants_second = |(family, kind): &(Option<FamilyId>, Kind)| {
            family.as_ref().and_then(|f| facts(s, f, *kind)).is_some_and(|k| k.second.is_some())
        };
        let recognised = identified.candidates.len().max(1);
        let form = if identified.secret.session.is_none() && kinds.iter().take(recognised).any(wants_second) {
            form.secret(Name::Second, "Second part", "the session token of temporary credentials; empty otherwise")
        } else {
            form
        };
        let form = form
            .text(Name::Expires, "Expires", "", "only where the host does not tell: 2027-01-23, 90d, never")
            .choice(Name::Owner, "Owner", ["not said", "a person", "a service"].map(str::to_owned).to_vec(), 0, "")
            .text(Name::Tags, "Tags", "", "words to group by, separated by commas")
            .text(Name::Note, "Note", "", "anything worth knowing; never the secret");
        let mut details = Self { identified, kinds, form, proposed: String::new(), chosen: false };
        details.propose(s);
        details
    }

    /// Follows what the user changed.
    pub(super) fn changed(&mut self, name: Name, s: &Shared) {
        if name == Name::Kind {
            self.chosen = true;
            self.propose(s);
        }
    }

    fn kind(&self) -> (Option<FamilyId>, Kind) {
        self.kinds.get(self.form.chosen(Name::Kind)).cloned().unwrap_or((None, Kind::Unknown))
    }

    /// Fills in the likeliest host of the kind and says what it needs.
    fn propose(&mut self, s: &Shared) {
        let (family, kind) = self.kind();
        let of_family = |f: &FamilyId| family.as_ref().is_none_or(|family| f == family);
        let names: Vec<String> =
            s.rows.hosts().iter().filter(|h| of_family(&h.family)).map(|h| h.name.clone()).collect();
        let facts_of = family.as_ref().and_then(|f| s.facts(f));
        let from_paste = self.identified.url.as_deref().map(|url| {
            let at_url = |h: &&crate::domain::Host| url.trim_end_matches('/').starts_with(h.url.as_str());
            s.rows.hosts().iter().find(at_url).map_or(url.to_owned(), |h| h.name.clone())
        });
        let proposal = from_paste.unwrap_or_else(|| match (names.as_slice(), facts_of) {
            ([only], _) if family.is_some() => only.clone(),
            (_, Some(facts)) if names.is_empty() => facts.default_url.clone(),
            _ => String::new(),
        });
        if self.form.value(Name::Host) == self.proposed {
            self.form.set(Name::Host, &proposal);
            self.proposed = proposal;
        }
        let example = facts_of.map_or("https://git.example.com", |f| f.url_example.as_str());
        let help = format!("name or URL like {example}; several: a, b; with a role: a=source, b=target");
        self.form.explain(Name::Host, &help);
        self.form.offer(Name::Host, names);
        let username = family.as_ref().and_then(|f| facts(s, f, kind)).and_then(|k| k.username.as_deref());
        self.form.explain(Name::Username, username.unwrap_or("not needed for this kind"));
    }

    /// The draft, or nothing and the field that is wrong marked.
    pub(super) fn draft(&mut self, s: &Shared) -> Option<Draft> {
        let label = self.form.value(Name::Label).to_owned();
        if label.is_empty() {
            self.form.refuse(Name::Label, "give it a label");
            return None;
        }
        if s.rows.labelled(&label).is_some() {
            self.form.refuse(Name::Label, "another credential on the rack has this label");
            return None;
        }
        let (family, kind) = self.kind();
        let hosts = match hosts(self.form.value(Name::Host), family.as_ref(), s) {
            Ok(hosts) => hosts,
            Err(why) => {
                self.form.refuse(Name::Host, why);
                return None;
            }
        };
        let username = Some(self.form.value(Name::Username).to_owned()).filter(|u| !u.is_empty());
        let needs = family.as_ref().and_then(|f| facts(s, f, kind)).and_then(|k| k.username.as_deref());
        if let (Some(what), None) = (needs, &username) {
            self.form.refuse(Name::Username, format!("this kind needs the {what}"));
            return None;
        }
        let expires = match time::parse_expiry(self.form.value(Name::Expires), s.now) {
            Ok(Expiry::At(at)) => Some(at),
            Ok(Expiry::Never | Expiry::Unknown) => None,
            Err(why) => {
                self.form.refuse(Name::Expires, why);
                return None;
            }
        };
        let mut secret = self.identified.secret.clone();
        if let Some(second) = self.form.secret_copy(Name::Second) {
            secret.session = Some(second);
        }
        Some(Draft {
            label,
            secret,
            kind: (self.chosen && kind != Kind::Unknown).then_some(kind),
            username,
            owner: match self.form.chosen(Name::Owner) {
                1 => Some(Owner::Person),
                2 => Some(Owner::Service),
                _ => None,
            },
            expires,
            tags: tags(self.form.value(Name::Tags)),
            note: self.form.value(Name::Note).to_owned(),
            hosts,
        })
    }
}

fn facts(s: &Shared, family: &FamilyId, kind: Kind) -> Option<&'static KindFacts> {
    s.facts(family).and_then(|f| f.kind(kind))
}

/// Reads `NAME|URL[=ROLE]`, separated by commas, as the command line does.
fn hosts(text: &str, family: Option<&FamilyId>, s: &Shared) -> Result<Vec<HostChoice>, String> {
    let mut hosts = Vec::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let role_like = |role: &str| !role.is_empty() && role.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let (place, role) = match part.rsplit_once('=') {
            Some((place, role)) if role_like(role) && !place.contains('?') => (place, Some(role.to_owned())),
            _ => (part, None),
        };
        let known = s.rows.hosts().iter().find(|h| h.name == place || h.url == place.trim_end_matches('/'));
        hosts.push(match known {
            Some(host) => HostChoice::Known { host: host.id, role },
            None if place.contains('.') || place.contains("://") => {
                HostChoice::New { url: place.to_owned(), family: family.cloned(), role }
            }
            None => return Err(format!("there is no host {place}: give its URL to add it")),
        });
    }
    if hosts.is_empty() {
        return Err("say where it is used: a host's name or URL".to_owned());
    }
    Ok(hosts)
}
