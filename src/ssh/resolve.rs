//! The route to a CVM by the user's own ssh config: `ssh -G`.

use std::io;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use crate::cluster::cvm::Address;
use crate::cluster::hop::{Hop, joined};
pub use crate::diagnosis::route::Route;
use crate::diagnosis::{self, Endpoint, table};
use crate::failure::Failure;
use crate::options::SshOptions;
use crate::ssh::child_guard::ChildGuard;
use crate::ssh::children::Children;
use crate::ssh::command::{destination, ssh_command};
use crate::ssh::jump::proxy_command;

/// The most jump hosts on one route; more are taken for a circle.
const MOST_HOPS: usize = 8;

/// Everything that is needed to dial a CVM.
#[derive(Clone, Debug)]
pub struct DialPlan {
    /// The CVM itself.
    pub route: Route,
    /// All jump hosts, the nearest first, including those that the config has for jump hosts.
    pub hops: Vec<Hop>,
    /// The server that is dialled first: a jump host, else the CVM, as `host:port`.
    pub server: String,
    /// The `ProxyCommand` over the jump hosts; `None` without any.
    pub proxy_command: Option<String>,
}

/// Plans how to dial a CVM.
pub async fn plan(
    address: &Address,
    ssh: &SshOptions,
    endpoint: &Endpoint,
    children: &Arc<Children>,
) -> Result<DialPlan, Failure> {
    let target = route(address, ssh, endpoint, children, ssh.connect_timeout).await?;
    let mut hops = target.jump.clone();
    let mut first = target.clone();
    let hop_ssh = for_hops(ssh);
    while !first.jump.is_empty() {
        first = route(&hops[0].address(), &hop_ssh, endpoint, children, ssh.connect_timeout).await?;
        let known = hops.len();
        hops.splice(0..0, first.jump.iter().cloned());
        let (new, old) = hops.split_at(hops.len() - known);
        if hops.len() > MOST_HOPS || new.iter().any(|hop| old.contains(hop)) {
            return Err(diagnosis::because(&table::CIRCLE, endpoint, &joined(&hops)));
        }
    }
    let server = format!("{}:{}", first.host, first.port);
    let proxy_command = proxy_command(&hops, ssh.config.as_deref());
    Ok(DialPlan { route: target, hops, server, proxy_command })
}

/// The routes of jump hosts, as far as ssh resolves them within `limit`.
pub async fn hop_routes(
    hops: &[Hop],
    ssh: &SshOptions,
    endpoint: &Endpoint,
    children: &Arc<Children>,
    limit: Duration,
) -> Vec<Option<Route>> {
    let hop_ssh = for_hops(ssh);
    join_all(
        hops.iter().map(async |hop| route(&hop.address(), &hop_ssh, endpoint, children, limit).await.ok()),
    )
    .await
}

/// How ssh is called for a jump host: the CVM's flags do not apply to it, except `-F`.
fn for_hops(ssh: &SshOptions) -> SshOptions {
    SshOptions { config: ssh.config.clone(), askpass: ssh.askpass.clone(), ..SshOptions::default() }
}

/// Has ssh resolve the route to `address`, for at most `limit`. Nothing is sent to the CVM.
pub async fn route(
    address: &Address,
    ssh: &SshOptions,
    endpoint: &Endpoint,
    children: &Arc<Children>,
    limit: Duration,
) -> Result<Route, Failure> {
    let mut command = ssh_command(ssh);
    command.arg("-G").args(destination(address, ssh)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = match timeout(limit, output(&mut command, children)).await {
        // A `Match exec` of the user's config may take its time.
        Err(_) => return Err(diagnosis::because(&table::CONFIG_SLOW, endpoint, "")),
        Ok(Err(error)) => return Err(diagnosis::because(&table::NO_SSH, endpoint, &error.to_string())),
        Ok(Ok(output)) => output,
    };
    let called = match address {
        Address::Ssh { host, .. } => host.as_str(),
        Address::Local => "localhost",
    };
    let route =
        Route::parse(&String::from_utf8_lossy(&output.stdout), called).filter(|_| output.status.success());
    route.ok_or_else(|| diagnosis::ssh_failure(&output.stderr, endpoint))
}

/// What `command` writes, and its status.
async fn output(command: &mut Command, children: &Arc<Children>) -> io::Result<Output> {
    let mut process = ChildGuard::start(command, children)?;
    let (stdout, stderr) = (process.child.stdout.take(), process.child.stderr.take());
    // What it left behind ends with it, and with that its pipes.
    let (status, stdout, stderr) = tokio::join!(process.wait(), read_all(stdout), read_all(stderr));
    Ok(Output { status: status?, stdout: stdout?, stderr: stderr? })
}

async fn read_all(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}
