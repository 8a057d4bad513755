//! The real [`Transport`](super::Transport), over reqwest.
