//! The wizard's form: what was recognised, what the user says, and the draft made of both.

use crate::domain::{Draft, Expiry, FamilyId, Identified, Kind, LookAt, Owner};
use crate::hosts::facts::KindFacts;

use super::super::super::overlays::edit::{tags, words};
use super::super::super::shared::Shared;
use super::super::super::widgets::form::Form;
use super::super::super::{places, time};

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
    Profiles,
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
            .text(Name::Note, "Note", "", "anything worth knowing; never the secret")
            .text(Name::Profiles, "Profiles", "", "its jobs: ids, with commas between");
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
        let facts_of = family.as_ref().and_then(|f| s.facts(f));
        let mut offered = places::names(family.as_ref(), s);
        // The family's public host, by its name where it is on the rack.
        let public = facts_of.map(|f| f.default_url.as_str()).filter(|url| !url.is_empty());
        let public = public.map(|url| places::at(url, family.as_ref(), s).map_or(url.to_owned(), |h| h.name.clone()));
        let proposal = match (&self.identified.url, offered.as_slice()) {
            (Some(url), _) => places::at(url, family.as_ref(), s).map_or(url.clone(), |h| h.name.clone()),
            (None, [only]) if family.is_some() => only.clone(),
            _ => public.clone().unwrap_or_default(),
        };
        if let Some(public) = public.filter(|public| !offered.contains(public)) {
            offered.push(public);
        }
        if self.form.value(Name::Host) == self.proposed {
            self.form.set(Name::Host, &proposal);
            self.proposed = proposal;
        }
        let example = facts_of.map_or("https://git.example.com", |f| f.url_example.as_str());
        let help = format!("name or URL like {example}. Several are possible: a, b; with roles: a=source, b=target");
        self.form.explain(Name::Host, &help);
        self.form.offer(Name::Host, offered);
        let jobs = family.iter().flat_map(|f| s.profiles.concerning(f, Some(kind))).map(|p| p.id.clone()).collect();
        self.form.offer(Name::Profiles, jobs);
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
        let hosts = match places::parse(self.form.value(Name::Host), family.as_ref(), s) {
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
            profiles: words(self.form.value(Name::Profiles)),
            look_at: LookAt::default(),
            hosts,
        })
    }
}

fn facts(s: &Shared, family: &FamilyId, kind: Kind) -> Option<&'static KindFacts> {
    s.facts(family).and_then(|f| f.kind(kind))
}
