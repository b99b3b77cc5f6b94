//! Which CVMs the run connects to, each once, and under which name.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::cli::CvmFlags;
use crate::cluster::address::{self, CvmEntry};
use crate::cluster::cvm::{Address, Cvm};
use crate::config::Cluster;
use crate::options::SshOptions;
use crate::plan::discover::{Ask, Obstacle};
use crate::plan::inputs::Inputs;
use crate::usage::Usage;

/// The CVMs of the run, in the order named; at least one.
///
/// `typed` are the flags of the command line, `flags` the same with the config's defaults, `typed_jump` is the jump host
/// of the command line. Dropped duplicates and exclusions that match nothing are added to `notes`. CVMs that have to be
/// asked for their cluster first are asked with `ssh`.
pub fn cvms(
    inputs: &Inputs<'_>,
    typed: &CvmFlags,
    flags: &CvmFlags,
    typed_jump: Option<&str>,
    ssh: &SshOptions,
    notes: &mut Vec<String>,
) -> Result<Vec<Cvm>, Obstacle> {
    let chooser = Chooser { inputs, typed, typed_jump, unasked: RefCell::default() };
    if let Some(user) = &flags.user {
        address::checked_user(user).map_err(|why| Usage::new(why).at("--user"))?;
    }
    let mut chosen = chooser.chosen(flags)?;
    let excluded = chooser.excluded(flags)?;
    let unasked = chooser.unasked.into_inner();
    if !unasked.is_empty() {
        return Err(Obstacle::Ask(Box::new(Ask {
            seeds: unasked.into_iter().map(Arc::new).collect(),
            ssh: ssh.clone(),
            refresh: flags.refresh,
            cache: inputs.surroundings.cache_folder.clone(),
        })));
    }
    if chosen.is_empty() {
        return Err(none_named().into());
    }
    drop_duplicates(&mut chosen, flags.port, notes);
    exclude(&mut chosen, &excluded, flags.port, notes);
    if chosen.is_empty() {
        let usage = Usage::new("every CVM is excluded").hint("omit --exclude-cvm, or name more CVMs");
        return Err(usage.into());
    }
    assign_names(&mut chosen, flags.port);
    Ok(chosen)
}

fn none_named() -> Usage {
    Usage::new("no CVM given: use -c, --discover, --cvm-file, CVMTAIL_CVMS or the config").hint(
        "for example:\n    cvmtail -c '10.0.0.[1-4]' genesis\n    cvmtail -c nutanix@cvm-a,cvm-b genesis\n    \
         cvmtail -c local genesis        (on a CVM itself)",
    )
}

/// Resolves entries of CVM lists.
struct Chooser<'a> {
    inputs: &'a Inputs<'a>,
    /// Flags of the command line take precedence over a cluster's settings.
    typed: &'a CvmFlags,
    /// The jump host of the command line, likewise.
    typed_jump: Option<&'a str>,
    /// The CVMs that have to be asked for their cluster first.
    unasked: RefCell<Vec<Cvm>>,
}

impl Chooser<'_> {
    /// The CVMs of the first of these that has any: the command line, `CVMTAIL_CVMS`, the default flags of the config, its
    /// default cluster.
    fn chosen(&self, flags: &CvmFlags) -> Result<Vec<Cvm>, Usage> {
        if self.typed.names_any() {
            return self.flagged(self.typed);
        }
        if let Some(cvms) = &self.inputs.surroundings.cvms {
            const NAME: &str = "CVMTAIL_CVMS";
            let cvms = cvms.to_str().ok_or_else(|| Usage::new("not valid UTF-8").at(NAME))?;
            return self.listed(cvms, NAME).map_err(|usage| usage.at(NAME));
        }
        if flags.names_any() {
            return self.flagged(flags);
        }
        match &self.inputs.config.default_cluster {
            Some(cluster) => self.cluster(&cluster.value),
            None => Ok(Vec::new()),
        }
    }

    /// The CVMs of `-c`, `--discover` and `--cvm-file`.
    fn flagged(&self, flags: &CvmFlags) -> Result<Vec<Cvm>, Usage> {
        let mut cvms = Vec::new();
        for text in &flags.cvm {
            cvms.extend(self.listed(text, "--cvm")?);
        }
        for text in &flags.discover {
            cvms.extend(self.discovered(text, "--discover").map_err(|usage| usage.at("--discover"))?);
        }
        for file in &flags.cvm_file {
            let text = (self.inputs.cvm_file)(file)?;
            let file = file.display().to_string();
            for (index, line) in text.lines().enumerate() {
                // Whole lines of `svmips` are spaces between addresses.
                for entry in without_comment(line.trim_start_matches('\u{feff}')).split_whitespace() {
                    let place = format!("{file}:{}", index + 1);
                    cvms.extend(self.listed(entry, &file).map_err(|usage| usage.at(place))?);
                }
            }
        }
        Ok(cvms)
    }

    /// The CVMs of a list, still without names.
    fn listed(&self, text: &str, source: &str) -> Result<Vec<Cvm>, Usage> {
        let mut cvms = Vec::new();
        for named in address::list(text)? {
            match named {
                CvmEntry::Cluster(cluster) => cvms.extend(self.cluster(&cluster)?),
                CvmEntry::Cvms(addresses) => {
                    cvms.extend(addresses.into_iter().map(|address| unnamed(address, source)));
                }
            }
        }
        Ok(cvms)
    }

    /// The CVMs of a cluster of the config, with its user, port and jump host unless the command line sets them.
    fn cluster(&self, name: &str) -> Result<Vec<Cvm>, Usage> {
        let config = self.inputs.config;
        let cluster = config.clusters.get(name).ok_or_else(|| config.unknown_cluster(name))?;
        let mut cvms = Vec::new();
        for entry in &cluster.cvms {
            cvms.extend(
                self.listed(&entry.value, &format!("@{name}")).map_err(|usage| usage.at(&entry.place))?,
            );
        }
        for cvm in &mut cvms {
            self.apply_cluster(&mut cvm.address, cluster);
        }
        if let Some(seed) = &cluster.discover {
            for mut address in addresses(&seed.value).map_err(|usage| usage.at(&seed.place))? {
                self.apply_cluster(&mut address, cluster);
                cvms.extend(self.answered(address, &format!("@{name}")));
            }
        }
        Ok(cvms)
    }

    /// Adds the settings of the cluster to an address, unless the command line or the entry itself sets them.
    fn apply_cluster(&self, address: &mut Address, cluster: &Cluster) {
        if let Address::Ssh { port, user, jump, .. } = address {
            if self.typed.port.is_none() {
                *port = port.or(cluster.port);
            }
            if self.typed.user.is_none() && user.is_none() {
                user.clone_from(&cluster.user);
            }
            if self.typed_jump.is_none() {
                jump.clone_from(&cluster.jump);
            }
        }
    }

    /// The CVMs of the clusters of the CVMs in `text`.
    fn discovered(&self, text: &str, source: &str) -> Result<Vec<Cvm>, Usage> {
        Ok(addresses(text)?.into_iter().flat_map(|seed| self.answered(seed, source)).collect())
    }

    /// The CVMs that `seed` answered with, reached like itself. If it has not been asked yet: none, and it will be.
    fn answered(&self, seed: Address, source: &str) -> Vec<Cvm> {
        let Some(answer) = self.inputs.discovered.get(&seed) else {
            let mut unasked = self.unasked.borrow_mut();
            if unasked.iter().all(|cvm| cvm.address != seed) {
                unasked.push(Cvm { name: shown(&seed, false), address: seed, source: source.to_owned() });
            }
            return Vec::new();
        };
        let (port, user, jump) = match seed {
            Address::Local => (None, None, None),
            Address::Ssh { port, user, jump, .. } => (port, user, jump),
        };
        let address = |host: String| Address::Ssh { host, port, user: user.clone(), jump: jump.clone() };
        answer.iter().map(|cvm| unnamed(address(cvm.to_string()), source)).collect()
    }

    /// The CVMs that each `--exclude-cvm` names, with its text.
    fn excluded<'f>(&self, flags: &'f CvmFlags) -> Result<Vec<(&'f str, Vec<Cvm>)>, Usage> {
        let entry = |text: &'f String| {
            let out = self.listed(text, "--exclude-cvm").map_err(|usage| usage.at("--exclude-cvm"))?;
            Ok((text.as_str(), out))
        };
        flags.exclude_cvm.iter().map(entry).collect()
    }
}

/// The CVMs in `text` as addresses. Fails on a cluster.
fn addresses(text: &str) -> Result<Vec<Address>, Usage> {
    let mut addresses = Vec::new();
    for named in address::list(text)? {
        match named {
            CvmEntry::Cvms(some) => addresses.extend(some),
            CvmEntry::Cluster(name) => {
                let name = name.escape_debug();
                return Err(Usage::new(format!("@{name} is a cluster, not a CVM"))
                    .hint(format!("use -c @{name}; if it has `discover` in the config, that CVM is asked")));
            }
        }
    }
    Ok(addresses)
}

/// A line of a CVM file without its comment, which starts with a `#` at the start or after a space.
fn without_comment(line: &str) -> &str {
    let comment =
        line.char_indices().find(|&(at, c)| c == '#' && !line[..at].ends_with(|c: char| !c.is_whitespace()));
    comment.map_or(line, |(at, _)| &line[..at])
}

/// A CVM whose name is not decided yet.
fn unnamed(address: Address, source: &str) -> Cvm {
    Cvm { name: String::new(), address, source: source.to_owned() }
}

/// What makes two CVMs the same: host and port; `None` is this machine.
type CvmKey = Option<(String, Option<u16>)>;

/// The key of a CVM, where `--port` is the port of those without one.
fn key(cvm: &Cvm, default_port: Option<u16>) -> CvmKey {
    match &cvm.address {
        Address::Local => None,
        Address::Ssh { host, port, .. } => Some((host.clone(), port.or(default_port))),
    }
}

/// Keeps the first of each CVM, and notes the others.
fn drop_duplicates(cvms: &mut Vec<Cvm>, default_port: Option<u16>, notes: &mut Vec<String>) {
    let mut seen: HashMap<CvmKey, usize> = HashMap::new();
    let mut order = Vec::new();
    cvms.retain(|cvm| {
        let key = key(cvm, default_port);
        let times = seen.entry(key).or_insert(0);
        *times += 1;
        if *times == 2 {
            order.push(cvm.clone());
        }
        *times == 1
    });
    for cvm in order {
        let times = seen[&key(&cvm, default_port)];
        let times = if times == 2 { "twice".to_owned() } else { format!("{times} times") };
        let with_port = matches!(&cvm.address, Address::Ssh { port: Some(_), .. });
        notes.push(format!("CVM {} is given {times}; the first one is used", shown(&cvm.address, with_port)));
    }
}

/// Removes what `--exclude-cvm` names, and notes what matches nothing.
fn exclude(
    cvms: &mut Vec<Cvm>,
    excluded: &[(&str, Vec<Cvm>)],
    default_port: Option<u16>,
    notes: &mut Vec<String>,
) {
    for (text, out) in excluded {
        let before = cvms.len();
        cvms.retain(|cvm| !out.iter().any(|out| covers(&out.address, &cvm.address, default_port)));
        if cvms.len() == before {
            notes.push(format!("--exclude-cvm {} excludes nothing", text.escape_debug()));
        }
    }
}

/// Whether an exclusion applies to a CVM: same host, and same port if the exclusion has one.
fn covers(out: &Address, cvm: &Address, default_port: Option<u16>) -> bool {
    match (out, cvm) {
        (Address::Local, Address::Local) => true,
        (Address::Ssh { host: out_host, port: out_port, .. }, Address::Ssh { host, port, .. }) => {
            out_host == host && (out_port.is_none() || *out_port == port.or(default_port))
        }
        _ => false,
    }
}

/// Names each CVM after its host, or host and port if several share the host.
fn assign_names(cvms: &mut [Cvm], default_port: Option<u16>) {
    let mut seen = HashSet::new();
    let mut shared = HashSet::new();
    for cvm in &*cvms {
        let host = shown(&cvm.address, false);
        if !seen.insert(host.clone()) {
            shared.insert(host);
        }
    }
    for cvm in cvms {
        let host = shown(&cvm.address, false);
        cvm.name = match &mut cvm.address {
            Address::Ssh { port, .. } if shared.contains(&host) => {
                *port = port.or(default_port);
                shown(&cvm.address, true)
            }
            _ => host,
        };
    }
}

/// An address for people: without the user, with the port if wanted and known.
fn shown(address: &Address, with_port: bool) -> String {
    match address {
        Address::Local => address::LOCAL.to_owned(),
        Address::Ssh { host, port: Some(port), .. } if with_port && host.contains(':') => {
            format!("[{host}]:{port}")
        }
        Address::Ssh { host, port: Some(port), .. } if with_port => format!("{host}:{port}"),
        Address::Ssh { host, .. } => host.clone(),
    }
}
