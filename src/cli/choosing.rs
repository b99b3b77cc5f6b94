//! Which CVMs.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "the help is written for a terminal: brackets mean what may be left out"
)]

use std::path::PathBuf;

use clap::Args;

/// The flags that choose CVMs.
#[derive(Clone, Debug, Default, Args)]
pub struct CvmFlags {
    /// CVMs, by comma: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable
    ///
    /// An entry is [user@]host[:port], a host of your ssh config, an IPv6 address (with a port: `[v6::addr]:port`), a
    /// folded set (10.0.0.[1-4,7], n[001-010/3], ntnx-[a-d]-cvm), @cluster from the config, or local (this machine,
    /// without ssh). Without -c, --discover and --cvm-file, the variable `CVMTAIL_CVMS` is used; without that, the default cluster
    /// of the config.
    #[arg(short = 'c', long, value_name = "CVM")]
    pub cvm: Vec<String>,
    /// Ask this CVM who its cluster is, and take them all; repeatable
    ///
    /// The CVM's own `svmips` answers. The others are reached as this one is: same user, port and jump host. The
    /// answer is kept for an hour in the cache folder.
    #[arg(long, value_name = "CVM")]
    pub discover: Vec<String>,
    /// Ask again who is in a cluster, instead of taking the answer of the last hour
    #[arg(long)]
    pub refresh: bool,
    /// Read CVMs from a file, one per line, `#` comments; - is stdin; repeatable
    #[arg(long, value_name = "FILE")]
    pub cvm_file: Vec<PathBuf>,
    /// Leave these CVMs out, in the forms of -c; repeatable
    ///
    /// Without a port, the CVM is left out whatever its port is; a user does not count.
    #[arg(long, value_name = "CVM")]
    pub exclude_cvm: Vec<String>,
    /// User for CVMs that name none
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Port for CVMs that name none
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
}

impl CvmFlags {
    /// True if a CVM is named here.
    pub fn names_any(&self) -> bool {
        !(self.cvm.is_empty() && self.discover.is_empty() && self.cvm_file.is_empty())
    }
}
