//! Windows on top of a screen. State in the model like any screen; none reads events by itself.

pub mod dialog;
pub mod edit;
pub mod forget;
pub mod host_form;
pub mod palette;
pub mod settings;
pub mod toast;
pub mod unlock;
