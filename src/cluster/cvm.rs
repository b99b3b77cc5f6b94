//! One Controller VM: its name and its address.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cvm {
    /// The name in all output: the host as the user wrote it, with the port only if several CVMs of this run would
    /// otherwise share the name.
    pub name: String,
    pub address: Address,
    /// Where it comes from: `--cvm`, a file, `CVMTAIL_CVMS`, `@cluster` of the config.
    pub source: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// This machine: the agent runs under a local `sh`, without ssh.
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
