//! Pure: which CVMs, each once, with the name it is shown by.

use std::collections::{HashMap, HashSet};

use crate::cli::Choosing;
use crate::cluster::address::{self, Named};
use crate::cluster::cvm::{Address, Cvm};
use crate::plan::resolve::Words;
use crate::usage::Usage;

/// The CVMs of the run, in the order named; at least one.
///
/// `typed` is what the command line says, `flags` the same with the config's defaults, `typed_jump` a jump host
/// of the command line. What was folded or excluded in vain is told in `notes`.
pub fn cvms(
    words: &Words<'_>,
    typed: &Choosing,
    flags: &Choosing,
    typed_jump: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<Vec<Cvm>, Usage> {
    let chooser = Chooser { words, typed, typed_jump };
    if let Some(user) = &flags.user {
        address::checked_user(user).map_err(|why| Usage::new(why).at("--user"))?;
    }
    let mut chosen = chooser.chosen(flags)?;
    if chosen.is_empty() {
        return Err(none_named());
    }
    fold(&mut chosen, flags.port, notes);
    exclude(&mut chosen, &chooser, flags, notes)?;
    if chosen.is_empty() {
        return Err(Usage::new("every CVM is excluded").hint("leave out --exclude-cvm, or name more CVMs"));
    }
    name(&mut chosen, flags.port);
    Ok(chosen)
}

/// The mistake of naming no CVM.
fn none_named() -> Usage {
    Usage::new("no CVM is named: neither by -c or --cvm-file, nor by CVMTAIL_CVMS or the config").hint(
        "name one or more, for example:\n    cvmtail -c '10.0.0.[1-4]' genesis\n    cvmtail -c nutanix@cvm-a,cvm-b genesis\n    \
         cvmtail -c local genesis        (on a CVM itself)",
    )
}

/// What entries are read with.
struct Chooser<'a> {
    /// The config and the environment.
    words: &'a Words<'a>,
    /// What the command line says: it outranks a cluster.
    typed: &'a Choosing,
    /// The jump host of the command line: it outranks a cluster's.
    typed_jump: Option<&'a str>,
}

impl Chooser<'_> {
    /// The CVMs named by the first of these that names any: the command line, `CVMTAIL_CVMS`, the config's
    /// default flags, its default cluster.
    fn chosen(&self, flags: &Choosing) -> Result<Vec<Cvm>, Usage> {
        let names_any = |flags: &Choosing| !(flags.cvm.is_empty() && flags.cvm_file.is_empty());
        if names_any(self.typed) {
            return self.flagged(self.typed);
        }
        if let Some(cvms) = &self.words.environment.cvms {
            const NAME: &str = "CVMTAIL_CVMS";
            let cvms = cvms.to_str().ok_or_else(|| Usage::new("this is not text").at(NAME))?;
            return self.listed(cvms, NAME).map_err(|usage| usage.at(NAME));
        }
        if names_any(flags) {
            return self.flagged(flags);
        }
        match &self.words.config.default_cluster {
            Some(cluster) => self.cluster(&cluster.value),
            None => Ok(Vec::new()),
        }
    }

    /// The CVMs of `-c` and `--cvm-file`.
    fn flagged(&self, flags: &Choosing) -> Result<Vec<Cvm>, Usage> {
        let mut cvms = Vec::new();
        for text in &flags.cvm {
            cvms.extend(self.listed(text, "--cvm")?);
        }
        for file in &flags.cvm_file {
            let text = (self.words.cvm_file)(file)?;
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
                Named::Cluster(cluster) => cvms.extend(self.cluster(&cluster)?),
                Named::Cvms(addresses) => {
                    cvms.extend(addresses.into_iter().map(|address| unnamed(address, source)));
                }
            }
        }
        Ok(cvms)
    }

    /// The CVMs of a cluster of the config, with its user, port and jump host where nothing typed says otherwise.
    fn cluster(&self, name: &str) -> Result<Vec<Cvm>, Usage> {
        let config = self.words.config;
        let cluster = config.clusters.get(name).ok_or_else(|| config.unknown_cluster(name))?;
        let mut cvms = Vec::new();
        for entry in &cluster.cvms {
            cvms.extend(
                self.listed(&entry.value, &format!("@{name}")).map_err(|usage| usage.at(&entry.place))?,
            );
        }
        for cvm in &mut cvms {
            if let Address::Ssh { port, user, jump, .. } = &mut cvm.address {
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
        Ok(cvms)
    }
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
type Key = Option<(String, Option<u16>)>;

/// The key of a CVM, `--port` being the port of those that name none.
fn key(cvm: &Cvm, default_port: Option<u16>) -> Key {
    match &cvm.address {
        Address::Local => None,
        Address::Ssh { host, port, .. } => Some((host.clone(), port.or(default_port))),
    }
}

/// Keeps the first of each CVM, and tells of the others.
fn fold(cvms: &mut Vec<Cvm>, default_port: Option<u16>, notes: &mut Vec<String>) {
    let mut seen: HashMap<Key, usize> = HashMap::new();
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
        notes.push(format!(
            "CVM {} is named {times}; it is followed once, as first named",
            shown(&cvm.address, with_port)
        ));
    }
}

/// Takes out what `--exclude-cvm` names, and tells of what it names in vain.
fn exclude(
    cvms: &mut Vec<Cvm>,
    chooser: &Chooser<'_>,
    flags: &Choosing,
    notes: &mut Vec<String>,
) -> Result<(), Usage> {
    for text in &flags.exclude_cvm {
        let out = chooser.listed(text, "--exclude-cvm").map_err(|usage| usage.at("--exclude-cvm"))?;
        let before = cvms.len();
        cvms.retain(|cvm| !out.iter().any(|out| covers(&out.address, &cvm.address, flags.port)));
        if cvms.len() == before {
            notes.push(format!("--exclude-cvm {} leaves out nothing", text.escape_debug()));
        }
    }
    Ok(())
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

/// Names each CVM by its host, and by host and port those that would else share a name.
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
