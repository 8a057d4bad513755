//! keyrack: every access token you hold, on one rack.
//!
//! ```text
//!  keyrack ▏ 128 credentials   97 valid  14 expiring  5 dead       ⟳ checking 41/128  ui::widgets::header
//! ┌ Rack ───────────────────────────────────┐┌ ci-release ──────────────────────┐
//! │ ● ci-release    github.com    in 61 d   ││ GitHub · fine-grained PAT        │  ui::screens
//! │ ✖ old-deploy    gitlab.acme   expired   ││ ● valid · 200 GET /user · 84 ms  │
//! └─────────────────────────────────────────┘└──────────────────────────────────┘
//!  a add  c check  x revoke  / filter  ? help                                       ui::widgets::footer
//! ```
//!
//! How data flows in the screens; the command line calls `ops` directly:
//!
//! ```text
//!  terminal ──key──▶ config::keymap ──Action──┐
//!                                             ▼
//!  worker ────────────JobDone───────▶ ui::update(&mut Model, Msg) ──▶ Vec<Effect>
//!    ▲                                        │                           │
//!    │                                        ▼                           │
//!    │                              ui::view(&Model, Frame)               │
//!    └── ops (hosts · net · store · rack) ◀── runtime::worker ◀───────────┘
//! ```
//!
//! Which module may use which is written down, and checked, in `tests/architecture.rs`.

pub mod cli;
pub mod config;
pub mod diagnose;
pub mod domain;
pub mod error;
pub mod hosts;
pub mod net;
pub mod ops;
pub mod rack;
pub mod runtime;
pub mod sanitize;
pub mod secret;
pub mod simulator;
pub mod store;
pub mod ui;
