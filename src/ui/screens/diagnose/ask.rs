//! Asks for what is to be diagnosed that is not on the rack: a token, which is used and kept nowhere, or an exchange that
//! failed, as a tool printed it, about which nobody is asked anything. The answers stay until the question is left, so that
//! a diagnosis that shows a slip is one key away from mending it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::config::{Action, Context};
use crate::domain::{FamilyId, HostChoice, Kind};
use crate::error::{Error, ErrorKind};

use super::super::super::effect::{GivenToken, PastedExchange, Whom};
use super::super::super::layer::{Hints, Pane};
use super::super::super::overlays::edit::words;
use super::super::super::overlays::toast::Level;
use super::super::super::shared::{Cx, Input, Shared};
use super::super::super::widgets::form::{Event, Form};
use super::super::super::widgets::panel;
use super::super::super::{places, text};
use super::Diagnose;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    What,
    Exchange,
    Host,
    Username,
    Token,
    Product,
    Kind,
    Profiles,
    GitUrl,
}

/// What was answered so far.
#[derive(Debug)]
pub struct Ask {
    form: Form<Name>,
    /// The products to choose from, behind the choice not to say.
    families: Vec<FamilyId>,
}

impl Ask {
    /// Asks, nothing answered.
    #[must_use]
    pub fn new(s: &Shared) -> Self {
        let what = ["a token, which is not kept", "a failing exchange, pasted"].map(str::to_owned).to_vec();
        let products = std::iter::once("as the host tells").chain(s.families.iter().map(|f| f.name.as_str()));
        let mut form = Form::new()
            .choice(Name::What, "What", what, 0, "")
            .pasted(
                Name::Exchange,
                "Exchange",
                "paste what `curl -v` or git printed (GIT_TRACE_CURL=1 tells most), or an answer with its status line",
            )
            .text(Name::Host, "Host", "", "")
            .text(Name::Username, "User name", "", "")
            .secret(Name::Token, "Token", "used for this, never shown and kept nowhere; an AWS session token below it")
            .choice(Name::Product, "Product", products.map(str::to_owned).collect(), 0, "")
            .text(Name::Kind, "Kind", "", "only where its form does not tell")
            .text(Name::Profiles, "Jobs", "", "what it is to be good for: profiles, with commas between")
            .text(Name::GitUrl, "Repository", "", "its https URL: what git would be answered there");
        form.offer(Name::Host, places::names(None, s));
        let mut ask = Self { form, families: s.families.iter().map(|f| f.id.clone()).collect() };
        ask.adapt(s);
        ask
    }

    fn is_exchange(&self) -> bool {
        self.form.chosen(Name::What) == 1
    }

    /// The product: as chosen, else as the record of the host says.
    fn family(&self, s: &Shared) -> Option<FamilyId> {
        self.chosen().or_else(|| places::named(self.form.value(Name::Host), s).map(|h| h.family.clone()))
    }

    fn chosen(&self) -> Option<FamilyId> {
        self.families.get(self.form.chosen(Name::Product).checked_sub(1)?).cloned()
    }

    /// Shows the fields that belong to what is asked about, and what they take.
    fn adapt(&mut self, s: &Shared) {
        let exchange = self.is_exchange();
        self.form.show(Name::Exchange, exchange);
        for name in [Name::Token, Name::Profiles, Name::GitUrl] {
            self.form.show(name, !exchange);
        }
        let (host, username) = match exchange {
            true => ("only where it does not tell: name on the rack, or URL", "only where it does not tell"),
            false => ("name on the rack, or URL", "user name, e-mail or access key id, where its kind needs one"),
        };
        self.form.explain(Name::Host, host);
        self.form.explain(Name::Username, username);
        let family = self.family(s);
        let mut kinds: Vec<&str> = match family.as_ref().and_then(|f| s.facts(f)) {
            Some(facts) => facts.kinds.iter().map(|k| k.kind.slug()).collect(),
            None => s.families.iter().flat_map(|f| &f.kinds).map(|k| k.kind.slug()).collect(),
        };
        kinds.sort_unstable();
        kinds.dedup();
        self.form.offer(Name::Kind, kinds.into_iter().map(str::to_owned).collect());
        let jobs: Vec<String> = match &family {
            Some(family) => s.profiles.concerning(family, None).map(|p| p.id.clone()).collect(),
            None => s.profiles.ids().into_iter().map(str::to_owned).collect(),
        };
        self.form.offer(Name::Profiles, jobs);
    }

    /// Nothing could be made of what was answered.
    pub fn refused(&mut self, error: &Error) {
        if error.kind == ErrorKind::Cancelled {
            return;
        }
        let about = |word| error.message.contains(word);
        let at = match () {
            () if self.is_exchange() => Name::Exchange,
            () if about("URL for git") => Name::GitUrl,
            () if about("paste") || about("token") || about("secret") => Name::Token,
            () => Name::Host,
        };
        let mut text = error.to_string();
        if !error.hints.is_empty() {
            text = format!("{}. {}", text.trim_end_matches('.'), error.hints.join(" "));
        }
        self.form.refuse(at, text);
    }

    /// The host as it was answered.
    fn host(&mut self, s: &Shared) -> Option<String> {
        let refused = match places::parse(self.form.value(Name::Host), None, s).as_deref() {
            Ok([HostChoice::Known { host, .. }]) => return s.rows.host(*host).map(|h| h.name.clone()),
            Ok([HostChoice::New { url, .. }]) => return Some(url.clone()),
            Ok(_) => "one host at a time".to_owned(),
            Err(why) => why.clone(),
        };
        self.form.refuse(Name::Host, refused);
        None
    }

    /// The kind as it was answered; refused where there is none of that name.
    fn kind(&mut self) -> Result<Option<Kind>, ()> {
        let typed = self.form.value(Name::Kind);
        if typed.is_empty() {
            return Ok(None);
        }
        typed.parse().map(Some).map_err(|unknown| self.form.refuse(Name::Kind, format!("{unknown}")))
    }

    fn whom(&mut self, s: &Shared) -> Option<Whom> {
        let username = Some(self.form.value(Name::Username).to_owned()).filter(|u| !u.is_empty());
        let family = self.chosen();
        if self.is_exchange() {
            let Some(text) = self.form.pasted_copy(Name::Exchange) else {
                self.form.refuse(Name::Exchange, "paste the exchange here: use your terminal's paste");
                return None;
            };
            let host = if self.form.value(Name::Host).is_empty() { None } else { Some(self.host(s)?) };
            let kind = self.kind().ok()?;
            return Some(Whom::Told(Box::new(PastedExchange { text, host, family, kind, username })));
        }
        let host = self.host(s)?;
        let kind = self.kind().ok()?;
        let profiles = words(self.form.value(Name::Profiles));
        if let Some(unknown) = profiles.iter().find(|p| s.profiles.get(p).is_none()) {
            self.form.refuse(Name::Profiles, format!("there is no profile {unknown}"));
            return None;
        }
        let Some(token) = self.form.secret_copy(Name::Token) else {
            self.form.refuse(Name::Token, "paste or type the token here");
            return None;
        };
        let git_url = Some(self.form.value(Name::GitUrl).to_owned()).filter(|u| !u.is_empty());
        Some(Whom::Given(Box::new(GivenToken { host, family, kind, username, token, profiles, git_url })))
    }

    fn submit(&mut self, cx: &mut Cx<'_>) {
        self.form.forgive();
        if let Some(diagnose) = self.whom(cx.s).and_then(|whom| Diagnose::of(whom, cx)) {
            cx.open(diagnose.into());
        }
    }
}

impl Pane for Ask {
    fn contexts(&self, _s: &Shared) -> Vec<Context> {
        self.form.contexts()
    }

    fn hints(&self, _s: &Shared) -> Hints {
        let go = if self.is_exchange() { "judge it, send nothing" } else { "diagnose" };
        let mut hints = vec![(Action::Submit, go), (Action::NextField, ""), (Action::NextChoice, "")];
        if self.form.has_suggestions() {
            hints.push((Action::Suggest, ""));
        }
        if self.form.focused() == Some(Name::Exchange) {
            hints.push((Action::DeleteToStart, "start over"));
        }
        hints.push((Action::Back, "cancel"));
        hints
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        // On the choice a paste can only be what was chosen.
        if let (Some(Name::What), Input::Paste(_)) = (self.form.focused(), input) {
            self.form.focus(if self.is_exchange() { Name::Exchange } else { Name::Token });
        }
        match self.form.input(input) {
            Event::Submit => self.submit(cx),
            Event::Back => cx.back(),
            Event::Changed(Name::What | Name::Host | Name::Product) => self.adapt(cx.s),
            Event::TooLong => cx.say(Level::Warn, "that is far too long; paste only the exchange that fails"),
            Event::NotTyped(_) => {
                cx.say(Level::Info, "an exchange is pasted here, not typed: use your terminal's paste")
            }
            Event::Changed(_) | Event::None => {}
        }
    }

    fn closed(&mut self, _cx: &mut Cx<'_>) {
        self.form.wipe();
    }

    fn view(&self, s: &Shared, frame: &mut Frame<'_>, area: Rect) {
        let inner = panel::window(frame, panel::middle(area, 76, 18), "Diagnose what is not on the rack", &s.theme);
        let width = usize::from(inner.width);
        let about = if self.is_exchange() {
            "It is judged here by what it says, as a live answer would be. Nothing is sent to anybody; secrets in it are \
             masked at once, and it is kept nowhere."
        } else {
            "The way to the host and its word on the token, stage by stage. The token is sent to that host alone, once it \
             is seen to be the right product, and kept nowhere."
        };
        let mut lines: Vec<Line<'static>> =
            text::wrap(about, width).into_iter().map(|l| Line::styled(l, s.theme.text)).collect();
        lines.push(Line::default());
        let used = u16::try_from(lines.len()).unwrap_or(0).min(inner.height);
        panel::lines(frame, inner, lines);
        self.form.view(frame, Rect { y: inner.y + used, height: inner.height - used, ..inner }, &s.theme);
    }
}
