//! keyrack's own variables, which lead it to another store or rack than the settings say.

use super::sight::Sight;
use crate::diagnose::facts::facts;
use crate::diagnose::viewpoint::Viewpoint;
use crate::sanitize;

/// Which are set.
pub(super) fn look(view: &Viewpoint<'_>) -> Sight {
    let mut sight = Sight::default();
    for variable in &facts().own {
        if let Some(value) = view.around.var(&variable.name) {
            sight.fact(variable.name.clone(), format!("{} ({})", sanitize::short(value.reveal(), 200), variable.about));
        }
    }
    sight
}
