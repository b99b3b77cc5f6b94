//! How the user's `ssh` is called.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use crate::cluster::cvm::Address;
use crate::options::SshOptions;

/// The user's ssh, without a terminal, and in English, because its messages are parsed. Neither it nor an ssh
/// that its config starts asks anybody for a secret.
pub fn ssh_command(ssh: &SshOptions) -> Command {
    let mut command = Command::new("ssh");
    command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::null());
    command.envs(ssh.askpass.iter().map(|(name, value)| (name, value)));
    command
}

/// The arguments that say which host to connect to, and how the user wants it done; the last two are `--` and
/// the host.
pub fn destination(address: &Address, ssh: &SshOptions) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    let mut add = |flag: &str, value: OsString| arguments.extend([flag.into(), value]);
    let (host, port, user) = match address {
        Address::Local => ("localhost", None, None),
        Address::Ssh { host, port, user, .. } => (host.as_str(), *port, user.as_deref()),
    };
    if let Some(config) = &ssh.config {
        add("-F", config.into());
    }
    if let Some(user) = user.or(ssh.user.as_deref()) {
        add("-l", user.into());
    }
    if let Some(port) = port.or(ssh.port) {
        add("-p", port.to_string().into());
    }
    for identity in &ssh.identities {
        add("-i", PathBuf::from(identity).into());
    }
    if let Some(jump) = &ssh.jump {
        add("-J", jump.into());
    }
    for option in &ssh.options {
        add("-o", option.into());
    }
    add("--", host.into());
    arguments
}
