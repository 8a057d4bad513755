//! Whether a session has a D-Bus that can be used as it is. Looks only; starts and connects to nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Whether this session has a D-Bus, and if not, why.
pub(super) fn present() -> Result<(), String> {
    session_bus(|name| std::env::var_os(name), Path::exists)
}

fn session_bus(env: impl Fn(&str) -> Option<OsString>, exists: impl Fn(&Path) -> bool) -> Result<(), String> {
    if let Some(address) = env("DBUS_SESSION_BUS_ADDRESS") {
        let address = address.to_string_lossy();
        // Both of these start a program.
        return match address.split(':').next().unwrap_or_default() {
            "" => Err("DBUS_SESSION_BUS_ADDRESS is set to nothing, so there is no D-Bus session".to_owned()),
            scheme @ ("autolaunch" | "unixexec") => {
                Err(format!("DBUS_SESSION_BUS_ADDRESS is `{scheme}:`, which would start a new D-Bus session"))
            }
            _ => Ok(()),
        };
    }
    let runtime = env("XDG_RUNTIME_DIR").map(PathBuf::from).or_else(own_runtime_dir);
    let Some(socket) = runtime.map(|dir| dir.join("bus")) else {
        return Err("there is no D-Bus session".to_owned());
    };
    if exists(&socket) {
        return Ok(());
    }
    Err(format!(
        "there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set and {} is not there)",
        socket.display()
    ))
}

/// Where systemd puts the session's socket also for programs started outside it, such as a cron job.
#[cfg(unix)]
fn own_runtime_dir() -> Option<PathBuf> {
    Some(PathBuf::from(format!("/run/user/{}", rustix::process::geteuid().as_raw())))
}

#[cfg(not(unix))]
fn own_runtime_dir() -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bus(vars: &[(&str, &str)], sockets: &[&str]) -> Result<(), String> {
        session_bus(
            |name| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value)),
            |path| sockets.iter().any(|s| Path::new(s) == path),
        )
    }

    #[test]
    fn a_bus_is_used_only_where_nothing_has_to_be_started() {
        assert_eq!(bus(&[("DBUS_SESSION_BUS_ADDRESS", "unix:path=/x")], &[]), Ok(()));
        assert_eq!(bus(&[("XDG_RUNTIME_DIR", "/run/x")], &["/run/x/bus"]), Ok(()));
        assert!(bus(&[("XDG_RUNTIME_DIR", "/run/x")], &[]).unwrap_err().contains("/run/x/bus"));
        assert!(bus(&[], &[]).is_err());
        for spawns in ["autolaunch:", "autolaunch:scope=x", "unixexec:path=/bin/sh", ""] {
            assert!(bus(&[("DBUS_SESSION_BUS_ADDRESS", spawns)], &["/run/x/bus"]).is_err(), "{spawns}");
        }
    }
}
