//! How something is done at a host, for people: the steps by hand, and who has to sign.

use super::context::Context;
use crate::domain::Way;
use crate::error::Result;
use crate::sanitize;

/// What to say on the command line so that somebody signs.
pub(super) fn signer(way: &Way) -> String {
    let password = matches!(way, Way::NeedsAuthority { password: true, .. });
    let who = if password { "--using ask:USER (that account's password), or --using LABEL" } else { "--using LABEL" };
    format!("say who signs: {who}")
}

/// The steps, or who has to sign.
pub(super) fn print_way(context: &mut Context<'_>, way: &Way) -> Result<()> {
    print_steps(context, way)?;
    if let Way::NeedsAuthority { .. } = way {
        context.out(&format!("  {}", signer(way)))?;
    }
    Ok(())
}

/// The steps, where it has to be done by hand.
pub(super) fn print_steps(context: &mut Context<'_>, way: &Way) -> Result<()> {
    step_lines(way).iter().try_for_each(|line| context.out(line))
}

/// Page and steps of what has to be done by hand.
pub(super) fn step_lines(way: &Way) -> Vec<String> {
    let Way::Guided { page, steps, .. } = way else { return Vec::new() };
    let open = (!page.is_empty()).then(|| format!("  open {}", sanitize::line(page)));
    let steps = steps.iter().enumerate().map(|(n, step)| format!("  {}. {}", n + 1, sanitize::line(step)));
    open.into_iter().chain(steps).collect()
}
