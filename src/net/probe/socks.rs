//! Asking a SOCKS proxy for a connection: versions 4 and 4a, and 5 (RFC 1928) with user name and password (RFC 1929).

use std::net::{IpAddr, Ipv4Addr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Host;
use zeroize::Zeroizing;

use super::{Line, Probe, Tunnel};
use crate::net::classify::classify_step;
use crate::net::detail::add;
use crate::net::{NetError, NetErrorKind};

/// What the proxy is to connect to.
enum Far {
    Address(IpAddr),
    Name(String),
}

/// Asks, in the version that the proxy's URL names. A failure is of kind `Socks`, or `Dns` where the name is looked up
/// here and has no address.
pub(super) async fn ask(probe: &Probe, line: &mut Line, tunnel: &mut Tunnel) -> Result<(), NetError> {
    let scheme = probe.proxy.as_ref().map(|p| p.url().scheme().to_owned()).unwrap_or_default();
    let far = far(probe, scheme == "socks4a" || scheme == "socks5h").await?;
    let port = probe.target.url.port_or_known_default().unwrap_or(0);
    let said = match scheme.as_str() {
        "socks4" | "socks4a" => version_4(probe, line, far, port).await,
        _ => version_5(probe, line, far, port, tunnel).await,
    };
    said.map_err(|detail| {
        let mut error = NetError::new(NetErrorKind::Socks, tunnel.proxy.clone(), detail.clone());
        tunnel.said = detail;
        add(&mut error.detail, &format!("on the way to {}", probe.target.address));
        error
    })
}

async fn far(probe: &Probe, by_proxy: bool) -> Result<Far, NetError> {
    Ok(match probe.target.url.host() {
        Some(Host::Ipv4(ip)) => Far::Address(ip.into()),
        Some(Host::Ipv6(ip)) => Far::Address(ip.into()),
        Some(Host::Domain(name)) if by_proxy => Far::Name(name.to_owned()),
        Some(Host::Domain(name)) => {
            let started = std::time::Instant::now();
            let found = probe.addresses_of(name).await;
            let found = found.map_err(|e| classify_step(&e, true, started.elapsed(), &probe.route()))?;
            let v4 = found.iter().find(|ip| ip.is_ipv4()).or(found.first()).copied();
            Far::Address(v4.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
        }
        None => Far::Name(String::new()),
    })
}

async fn version_5(probe: &Probe, line: &mut Line, far: Far, port: u16, tunnel: &mut Tunnel) -> Result<(), String> {
    let stream = &mut line.0;
    let log_in = probe.proxy_log_in();
    let methods: &[u8] = if log_in.is_some() { &[5, 2, 0, 2] } else { &[5, 1, 0] };
    stream.write_all(methods).await.map_err(lost)?;
    let mut choice = [0; 2];
    stream.read_exact(&mut choice).await.map_err(lost)?;
    match (choice, &log_in) {
        ([5, 0], _) => {}
        ([5, 2], Some((user, password))) => {
            let lengths = u8::try_from(user.len()).ok().zip(u8::try_from(password.len()).ok());
            let Some((user_len, password_len)) = lengths else { return Err("its log-in is too long".to_owned()) };
            let mut request = Zeroizing::new(Vec::with_capacity(520));
            request.extend_from_slice(&[1, user_len]);
            request.extend_from_slice(user.as_bytes());
            request.push(password_len);
            request.extend_from_slice(password.as_bytes());
            stream.write_all(&request).await.map_err(lost)?;
            stream.read_exact(&mut choice).await.map_err(lost)?;
            if choice[1] != 0 {
                return Err("it refuses the user name and password that it was given".to_owned());
            }
        }
        ([5, _], _) => return Err("it wants a log-in of a kind that it was not given".to_owned()),
        _ => return Err("what answers there is no SOCKS 5 proxy".to_owned()),
    }
    let mut request = vec![5, 1, 0];
    match &far {
        Far::Address(IpAddr::V4(ip)) => {
            request.push(1);
            request.extend_from_slice(&ip.octets());
        }
        Far::Address(IpAddr::V6(ip)) => {
            request.push(4);
            request.extend_from_slice(&ip.octets());
        }
        Far::Name(name) => {
            let length = u8::try_from(name.len()).map_err(|_| "the name is too long for SOCKS".to_owned())?;
            request.extend_from_slice(&[3, length]);
            request.extend_from_slice(name.as_bytes());
        }
    }
    request.extend_from_slice(&port.to_be_bytes());
    stream.write_all(&request).await.map_err(lost)?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.map_err(lost)?;
    if head[0] != 5 {
        return Err("what answers there is no SOCKS 5 proxy".to_owned());
    }
    if head[1] != 0 {
        // Many proxies give 4 for a name that they cannot look up.
        tunnel.name_unknown = head[1] == 4 && matches!(far, Far::Name(_));
        return Err(reply_5(head[1]).to_owned());
    }
    let bound = match head[3] {
        1 => 4,
        4 => 16,
        _ => usize::from(stream.read_u8().await.map_err(lost)?),
    };
    stream.read_exact(&mut vec![0; bound + 2]).await.map_err(lost)?;
    Ok(())
}

async fn version_4(probe: &Probe, line: &mut Line, far: Far, port: u16) -> Result<(), String> {
    let stream = &mut line.0;
    let (ip, name) = match far {
        Far::Address(IpAddr::V4(ip)) => (ip, String::new()),
        Far::Address(IpAddr::V6(_)) => return Err("SOCKS 4 knows no IPv6".to_owned()),
        Far::Name(name) => (Ipv4Addr::new(0, 0, 0, 1), name),
    };
    let mut request = Zeroizing::new(vec![4, 1]);
    request.extend_from_slice(&port.to_be_bytes());
    request.extend_from_slice(&ip.octets());
    if let Some((user, _)) = probe.proxy_log_in() {
        request.extend_from_slice(user.as_bytes());
    }
    request.push(0);
    if !name.is_empty() {
        request.extend_from_slice(name.as_bytes());
        request.push(0);
    }
    stream.write_all(&request).await.map_err(lost)?;
    let mut reply = [0; 8];
    stream.read_exact(&mut reply).await.map_err(lost)?;
    match reply[1] {
        0x5a => Ok(()),
        0x5b => Err("it refuses the connection, or the host is unreachable for it".to_owned()),
        0x5c | 0x5d => Err("it wants a user name that an ident service confirms".to_owned()),
        _ => Err("what answers there is no SOCKS 4 proxy".to_owned()),
    }
}

/// The proxy's reason (RFC 1928, section 6).
fn reply_5(code: u8) -> &'static str {
    match code {
        1 => "it failed in a way that it does not name",
        2 => "its rules do not allow this connection",
        3 => "the network is unreachable for it",
        4 => "the host is unreachable for it, or it does not know the name",
        5 => "the host refused its connection",
        6 => "its connection attempt took too long",
        7 => "it does not know the command",
        8 => "it cannot reach addresses of that kind",
        _ => "it answered with a code that SOCKS does not know",
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn lost(error: std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "it closed the connection without an answer".to_owned(),
        _ => error.to_string(),
    }
}
