//! The way to a CVM as the user's own ssh understands it: `ssh -G`.

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
use crate::diagnosis::{self, About, table};
use crate::failure::Failure;
use crate::options;
use crate::ssh::child_guard::ChildGuard;
use crate::ssh::children::Children;
use crate::ssh::jump::proxy_command;
use crate::ssh::master::{destination, ssh_command};

/// The most jump hosts on one way; more are taken for a circle.
const MOST_HOPS: usize = 8;

/// The whole way to a CVM.
#[derive(Clone, Debug)]
pub struct Way {
    /// Where it ends.
    pub route: Route,
    /// All jump hosts on it, the nearest first: those that the config has for jump hosts are among them.
    pub hops: Vec<Hop>,
    /// The server that is dialled first: a jump host, else the CVM, as `host:port`.
    pub server: String,
    /// The `ProxyCommand` over the jump hosts; `None` without any.
    pub proxy_command: Option<String>,
}

/// Finds the way to a CVM; `about` words the failure.
pub async fn find(
    address: &Address,
    ssh: &options::SshOptions,
    about: &About,
    children: &Arc<Children>,
) -> Result<Way, Failure> {
    let route = ask(address, ssh, about, children, ssh.connect_timeout).await?;
    let mut hops = route.jump.clone();
    let mut first = route.clone();
    let of_hop = for_hops(ssh);
    while !first.jump.is_empty() {
        first = ask(&hops[0].address(), &of_hop, about, children, ssh.connect_timeout).await?;
        let known = hops.len();
        hops.splice(0..0, first.jump.iter().cloned());
        let (new, old) = hops.split_at(hops.len() - known);
        if hops.len() > MOST_HOPS || new.iter().any(|hop| old.contains(hop)) {
            return Err(diagnosis::because(&table::CIRCLE, about, &joined(&hops)));
        }
    }
    let server = format!("{}:{}", first.host, first.port);
    let proxy_command = proxy_command(&hops, ssh.config.as_deref());
    Ok(Way { route, hops, server, proxy_command })
}

/// The routes of jump hosts, as far as ssh tells them within `limit`: what their names are made into.
pub async fn of_hops(
    hops: &[Hop],
    ssh: &options::SshOptions,
    about: &About,
    children: &Arc<Children>,
    limit: Duration,
) -> Vec<Option<Route>> {
    let of_hop = for_hops(ssh);
    join_all(hops.iter().map(async |hop| ask(&hop.address(), &of_hop, about, children, limit).await.ok()))
        .await
}

/// How ssh is called for a jump host: the flags of the CVM are not its, except `-F`.
fn for_hops(ssh: &options::SshOptions) -> options::SshOptions {
    options::SshOptions {
        config: ssh.config.clone(),
        askpass: ssh.askpass.clone(),
        ..options::SshOptions::default()
    }
}

/// Asks ssh, for at most `limit`. Nothing is sent over the network.
pub async fn ask(
    address: &Address,
    ssh: &options::SshOptions,
    about: &About,
    children: &Arc<Children>,
    limit: Duration,
) -> Result<Route, Failure> {
    let mut command = ssh_command(ssh);
    command.arg("-G").args(destination(address, ssh)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = match timeout(limit, output(&mut command, children)).await {
        // A `Match exec` of the user's config may take its time.
        Err(_) => return Err(diagnosis::because(&table::CONFIG_SLOW, about, "")),
        Ok(Err(error)) => return Err(diagnosis::because(&table::NO_SSH, about, &error.to_string())),
        Ok(Ok(output)) => output,
    };
    let called = match address {
        Address::Ssh { host, .. } => host.as_str(),
        Address::Local => "localhost",
    };
    let route =
        Route::parse(&String::from_utf8_lossy(&output.stdout), called).filter(|_| output.status.success());
    route.ok_or_else(|| diagnosis::connecting(&output.stderr, about))
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
