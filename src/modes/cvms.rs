//! `cvmtail cvms`: what the flags, the environment and the config resolve to. No CVM is asked.

use serde::Serialize;

use crate::cluster::address;
use crate::cluster::cvm::{Address, Cvm};
use crate::exit::Exit;
use crate::human::Table;
use crate::modes::print::{print, push_object};
use crate::modes::stop::Stop;
use crate::options::ListForm;
use crate::plan::CvmsPlan;

/// The port ssh takes if neither cvmtail nor the user's ssh config says otherwise.
const SSH_PORT: u16 = 22;

/// Prints the CVMs as a table, or as one object each.
pub fn run(plan: &CvmsPlan) -> Result<Exit, Stop> {
    if let ListForm::Json { terminal } = plan.form {
        let mut out = Vec::new();
        for cvm in &plan.cvms {
            push_object(&mut out, terminal, &ResolvedCvm::new(cvm));
        }
        return print(&out);
    }
    let mut table = Table::new(["CVM", "HOST", "PORT", "USER", "SOURCE"]);
    for cvm in &plan.cvms {
        let (host, port, user) = parts(&cvm.address);
        let port = port.map_or("-".to_owned(), |port| port.to_string());
        table.row([&cvm.name, host, &port, user.unwrap_or("-"), &cvm.source]);
    }
    print(table.text().as_bytes())
}

/// The `cvm` object of NDJSON.
#[derive(Serialize)]
struct ResolvedCvm<'a> {
    /// Always `cvm`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name it is shown by.
    cvm: &'a str,
    /// The host as ssh gets it.
    host: &'a str,
    /// The port; `None` is this machine.
    port: Option<u16>,
    /// The user; `None`: ssh decides.
    user: Option<&'a str>,
    /// Who named it.
    source: &'a str,
}

impl<'a> ResolvedCvm<'a> {
    fn new(cvm: &'a Cvm) -> Self {
        let (host, port, user) = parts(&cvm.address);
        Self { kind: "cvm", cvm: &cvm.name, host, port, user, source: &cvm.source }
    }
}

/// Host, port and user; this machine has neither port nor user.
fn parts(address: &Address) -> (&str, Option<u16>, Option<&str>) {
    match address {
        Address::Local => (address::LOCAL, None, None),
        Address::Ssh { host, port, user, .. } => (host, Some(port.unwrap_or(SSH_PORT)), user.as_deref()),
    }
}
