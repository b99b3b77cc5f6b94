//! One Controller VM: how the user named it and what ssh is told.

use std::fmt;

/// A host whose logs are followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cvm {
    /// The name shown everywhere: what the user wrote, without user and with the port only where two
    /// CVMs of this run would else share a name.
    pub name: String,
    /// How it is reached.
    pub address: Address,
    /// Who named it, for `cvmtail cvms`: `--cvm`, a file, `CVMTAIL_CVMS`, `@cluster` of the config.
    pub source: String,
}

/// Where a CVM is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// This machine: the remote script runs under a local `sh`, without ssh.
    Local,
    /// A host name, an address or an alias of the ssh config.
    Ssh {
        /// As given to ssh, without brackets.
        host: String,
        /// `None`: ssh decides.
        port: Option<u16>,
        /// `None`: ssh decides.
        user: Option<String>,
        /// The jump host of this CVM's cluster; `None`: the one of the run, if there is one.
        jump: Option<String>,
    },
}

impl fmt::Display for Cvm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
