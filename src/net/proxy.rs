//! Proxy settings from the environment, checked before use.
