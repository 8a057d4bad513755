//! What has to be said before anything is sent: the new secret where it is made by hand, when it is to end, who signs, and
//! the words that confirm.

use crate::domain::{CredentialId, Expiry, RotatePattern, RotatePlan, Way};

use super::super::super::effect::Rotation;
use super::super::super::shared::Shared;
use super::super::super::time;
use super::super::super::widgets::form::Form;
use super::super::super::widgets::signing::Signing;
use super::super::super::widgets::typed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Pasted,
    Expires,
    Using,
    User,
    Password,
    Code,
    Confirm,
}

const SIGNING: Signing<Name> =
    Signing { using: Name::Using, user: Name::User, password: Name::Password, code: Name::Code };

/// The plans, and what was said about them so far.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) plans: Vec<RotatePlan>,
    pub(super) phrase: String,
    pub(super) form: Form<Name>,
    pub(super) top: usize,
    /// What the hosts made doubtful about the pasted one; shown, and then it may go on.
    pub(super) doubts: Vec<String>,
}

impl Asked {
    /// Asks for what these plans need, nothing said yet.
    pub(super) fn new(plans: Vec<RotatePlan>, ids: &[CredentialId], s: &Shared) -> Self {
        let labels: Vec<&str> = plans.iter().map(|p| p.label.as_str()).collect();
        let phrase = typed::phrase("rotate", &labels);
        let ways = || plans.iter().flat_map(|p| std::iter::once(&p.new).chain(p.old.as_ref()));
        let needs =
            |wanted: bool| ways().any(|w| matches!(w, Way::NeedsAuthority { password, .. } if *password == wanted));
        let mut form = Form::new();
        if let [plan] = plans.as_slice()
            && plan.pattern == RotatePattern::Swap
        {
            form = form.secret(
                Name::Pasted,
                "New token",
                "made by hand as above, then pasted here; it is checked before it counts",
            );
        }
        form = form.text(Name::Expires, "Ends", "", "a day as 2027-01-23, or 90d; empty asks for the same life again");
        if needs(true) {
            let accounts = ids.iter().filter_map(|id| s.rows.get(id)).map(|r| r.account.clone()).collect();
            form = SIGNING.add_code(SIGNING.add_account(form, accounts));
        }
        if needs(true) || needs(false) {
            form = SIGNING.add_using(form, "", &s.rows, |c| !ids.contains(&c.id) && s.rows.meets(c, ids));
        }
        let form = form.text(Name::Confirm, "Confirm", "", "");
        Self { plans, phrase, form, top: 0, doubts: Vec::new() }
    }

    /// How to rotate by what was said, the secrets taken out of their fields; none where a field has to be mended first.
    pub(super) fn rotation(&mut self, s: &Shared) -> Option<Rotation> {
        let form = &mut self.form;
        let expires = match time::parse_expiry(form.value(Name::Expires), s.now) {
            Ok(Expiry::At(at)) => Some(at),
            Ok(Expiry::Unknown) => None,
            Ok(Expiry::Never) => {
                form.refuse(Name::Expires, "leave it empty where it shall not end");
                return None;
            }
            Err(why) => {
                form.refuse(Name::Expires, why);
                return None;
            }
        };
        let by_hand = |p: &RotatePlan| p.pattern == RotatePattern::Swap && matches!(p.new, Way::Guided { .. });
        if self.plans.len() == 1 && self.plans.iter().all(by_hand) && form.secret_copy(Name::Pasted).is_none() {
            form.refuse(Name::Pasted, "its host has no API for this: make the new one as above and paste it here");
            return None;
        }
        if form.value(Name::Confirm) != self.phrase {
            form.refuse(Name::Confirm, typed::mistyped(&self.phrase));
            return None;
        }
        let signer = SIGNING.read(form, &s.rows).ok()?;
        let pasted = form.secret_mut(Name::Pasted).filter(|p| !p.is_empty()).map(|p| p.take());
        Some(Rotation { expires, signer, pasted, accept_doubts: !self.doubts.is_empty() })
    }

    /// What was taken out goes back into its fields: it is not asked for twice.
    pub(super) fn put_back(&mut self, rotation: Rotation) {
        if let (Some(text), Some(field)) = (rotation.pasted, self.form.secret_mut(Name::Pasted)) {
            let _ = field.paste(&text);
        }
        SIGNING.put_back(&mut self.form, rotation.signer);
    }

    /// The hosts made the pasted one doubtful: the words that confirm are asked for once more.
    pub(super) fn doubt(&mut self, doubts: &[String]) {
        self.doubts = doubts.to_vec();
        self.form.set(Name::Confirm, "");
        self.form.focus(Name::Confirm);
    }
}
