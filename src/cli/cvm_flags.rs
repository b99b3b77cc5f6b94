//! The flags that choose CVMs.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "the brackets of the help are syntax of CVM names, not links"
)]

use std::path::PathBuf;

use clap::Args;

#[derive(Clone, Debug, Default, Args)]
pub struct CvmFlags {
    /// CVMs to connect to, comma-separated: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable
    ///
    /// Each is [user@]host[:port], a host alias of your ssh config, an IPv6 address (with a port: `[v6::addr]:port`), a
    /// folded set (10.0.0.[1-4,7], n[001-010/3], ntnx-[a-d]-cvm), @cluster from the config, or local (this machine,
    /// without ssh). Without -c, --discover and --cvm-file, the variable `CVMTAIL_CVMS` is used; if that is unset, the
    /// default cluster of the config.
    #[arg(short = 'c', long, value_name = "CVM")]
    pub cvm: Vec<String>,
    /// Ask this CVM which CVMs its cluster has, and connect to all of them; repeatable
    ///
    /// The CVM's own `svmips` answers. The others are reached like this one: same user, port and jump host. The answer
    /// is cached for an hour.
    #[arg(long, value_name = "CVM")]
    pub discover: Vec<String>,
    /// Ask for the CVMs of a cluster again instead of using the answer of the last hour
    #[arg(long)]
    pub refresh: bool,
    /// Read CVMs from a file, one per line, with `#` comments; - is stdin; repeatable
    #[arg(long, value_name = "FILE")]
    pub cvm_file: Vec<PathBuf>,
    /// Exclude these CVMs, in the forms of -c; repeatable
    ///
    /// Without a port, the CVM is excluded whatever its port is; the user is ignored.
    #[arg(long, value_name = "CVM")]
    pub exclude_cvm: Vec<String>,
    /// Login user for CVMs given without one
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Port for CVMs given without one
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
}

impl CvmFlags {
    /// Whether any of these flags names a CVM.
    pub fn names_any(&self) -> bool {
        !(self.cvm.is_empty() && self.discover.is_empty() && self.cvm_file.is_empty())
    }
}
