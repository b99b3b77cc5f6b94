//! Pure: which CVMs, each once, with the name it is shown by.

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
/// `typed` is what the command line says, `flags` the same with the config's defaults, `typed_jump` a jump host
/// of the command line. What was folded or excluded in vain is told in `notes`. Who has to be asked for their
/// cluster first is reached by `ssh`.
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
    fold(&mut chosen, flags.port, notes);
    exclude(&mut chosen, &excluded, flags.port, notes);
    if chosen.is_empty() {
        let usage = Usage::new("every CVM is excluded").hint("omit --exclude-cvm, or name more CVMs");
        return Err(usage.into());
    }
    name(&mut chosen, flags.port);
    Ok(chosen)
}

/// The mistake of naming no CVM.
fn none_named() -> Usage {
    Usage::new("no CVM given: use -c, --discover, --cvm-file, CVMTAIL_CVMS or the config").hint(
        "for example:\n    cvmtail -c '10.0.0.[1-4]' genesis\n    cvmtail -c nutanix@cvm-a,cvm-b genesis\n    \
         cvmtail -c local genesis        (on a CVM itself)",
    )
}

/// What entries are read with.
struct Chooser<'a> {
    /// The config and the surroundings.
    inputs: &'a Inputs<'a>,
    /// What the command line says: it outranks a cluster.
    typed: &'a CvmFlags,
    /// The jump host of the command line: it outranks a cluster's.
    typed_jump: Option<&'a str>,
    /// Who has to be asked first.
    unasked: RefCell<Vec<Cvm>>,
}

impl Chooser<'_> {
    /// The CVMs named by the first of these that names any: the command line, `CVMTAIL_CVMS`, the config's
    /// default flags, its default cluster.
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

    /// The CVMs of a list, not yet named.
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

    /// The CVMs of a cluster of the config, with its user, port and jump host where nothing typed says otherwise.
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
            self.dress(&mut cvm.address, cluster);
        }
        if let Some(seed) = &cluster.discover {
            for mut address in addresses(&seed.value).map_err(|usage| usage.at(&seed.place))? {
                self.dress(&mut address, cluster);
                cvms.extend(self.answered(address, &format!("@{name}")));
            }
        }
        Ok(cvms)
    }

    /// Gives an address of a cluster what the cluster has and nothing typed outranks.
    fn dress(&self, address: &mut Address, cluster: &Cluster) {
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

    /// The CVMs that `seed` named, reached as it is; none, and `seed` is to be asked, if it was not asked yet.
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

    /// What each `--exclude-cvm` names, with its inputs.
    fn excluded<'f>(&self, flags: &'f CvmFlags) -> Result<Vec<(&'f str, Vec<Cvm>)>, Usage> {
        let entry = |text: &'f String| {
            let out = self.listed(text, "--exclude-cvm").map_err(|usage| usage.at("--exclude-cvm"))?;
            Ok((text.as_str(), out))
        };
        flags.exclude_cvm.iter().map(entry).collect()
    }
}

/// The CVMs in `text` as addresses; a cluster is none.
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

/// A line of a CVM file without its comment: from a `#` at the start or behind a space.
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

/// The key of a CVM, `--port` being the port of those that name none.
fn key(cvm: &Cvm, default_port: Option<u16>) -> CvmKey {
    match &cvm.address {
        Address::Local => None,
        Address::Ssh { host, port, .. } => Some((host.clone(), port.or(default_port))),
    }
}

/// Keeps the first of each CVM, and tells of the others.
fn fold(cvms: &mut Vec<Cvm>, default_port: Option<u16>, notes: &mut Vec<String>) {
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

/// Takes out what `--exclude-cvm` names, and tells of what it names in vain.
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

/// True if an exclusion means a CVM: the same host, and the same port where the exclusion names one.
fn covers(out: &Address, cvm: &Address, default_port: Option<u16>) -> bool {
    match (out, cvm) {
        (Address::Local, Address::Local) => true,
        (Address::Ssh { host: out_host, port: out_port, .. }, Address::Ssh { host, port, .. }) => {
            out_host == host && (out_port.is_none() || *out_port == port.or(default_port))
        }
        _ => false,
    }
}

/// LogNames each CVM by its host, and by host and port those that would else share a name.
fn name(cvms: &mut [Cvm], default_port: Option<u16>) {
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

/// An address as it is shown: without user, with the port if asked for and known.
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
