//! The config: clusters, more names of logs, default CVMs and logs, defaults of flags, thresholds. Parses text only;
//! `environment` reads the file.

mod place;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Spanned, Value};

use crate::cluster::{address, glob, nearest};
use crate::usage::Usage;
pub use place::Located;
use place::SourceText;
pub use snapshot::{SnapshotConfig, ThresholdConfig};

/// A parsed config; empty without a file.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The cluster to use if no CVM is given.
    pub default_cluster: Option<Located<String>>,
    /// The logs to use if none is given.
    pub default_logs: Vec<Located<String>>,
    /// By the name that `@name` has.
    pub clusters: BTreeMap<String, Cluster>,
    /// Paths of logs by name, in addition to the catalogue.
    pub logs: BTreeMap<String, String>,
    /// Values of flags, by the flag's long name with dashes; not yet checked against the flags.
    pub defaults: Vec<(Located<String>, Value)>,
    /// Thresholds of a snapshot; the names of logs in it are not yet checked.
    pub snapshot: SnapshotConfig,
}

#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Each entry in any form of `-c` except `@cluster`.
    pub cvms: Vec<Located<String>>,
    /// A CVM to ask for the others; a cluster has `cvms`, this, or both.
    pub discover: Option<Located<String>>,
    /// For its CVMs without a user of their own.
    pub user: Option<String>,
    /// For its CVMs without a port of their own.
    pub port: Option<u16>,
    pub jump: Option<String>,
}

/// The file as serde reads it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigToml {
    /// `default_cluster = "lab"`
    default_cluster: Option<Spanned<String>>,
    /// `default_logs = ["genesis"]`
    #[serde(default)]
    default_logs: Vec<Spanned<String>>,
    /// `[clusters.lab]`
    #[serde(default)]
    clusters: BTreeMap<Spanned<String>, ClusterToml>,
    /// `[logs]`
    #[serde(default)]
    logs: BTreeMap<Spanned<String>, Spanned<String>>,
    /// `[defaults]`
    #[serde(default)]
    defaults: BTreeMap<Spanned<String>, Value>,
    /// `[snapshot]`
    #[serde(default)]
    snapshot: snapshot::SnapshotToml,
}

/// `[clusters.NAME]` as serde reads it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterToml {
    /// `cvms = ["10.0.0.[1-4]"]`
    #[serde(default)]
    cvms: Vec<Spanned<String>>,
    /// `discover = "10.0.0.1"`
    discover: Option<Spanned<String>>,
    /// `user = "nutanix"`
    user: Option<Spanned<String>>,
    /// `port = 22`
    port: Option<Spanned<i64>>,
    /// `jump = "bastion"`
    jump: Option<Spanned<String>>,
}

/// Parses the `text` of the config `file`. Fails on a mistake with its line and column.
pub fn parse(file: &Path, text: &str) -> Result<Config, Usage> {
    let text = SourceText { file, text };
    let typed: ConfigToml = toml::from_str(text.text)
        .map_err(|error| Usage::new(error.message()).at(text.place(error.span().unwrap_or(0..0))))?;
    let mut config = Config {
        default_cluster: typed.default_cluster.map(|name| text.located(name)),
        default_logs: typed.default_logs.into_iter().map(|log| text.located(log)).collect(),
        defaults: typed.defaults.into_iter().map(|(key, value)| (text.located(key), value)).collect(),
        snapshot: typed.snapshot.checked(&text)?,
        ..Config::default()
    };
    for (key, value) in &mut config.defaults {
        key.value = key.value.replace('_', "-");
        absolutise(file, &key.value, value);
    }
    for (name, cluster) in typed.clusters {
        let name = text.located(name);
        let cluster = cluster.checked(&text, &name.place)?;
        config.clusters.insert(name.value, cluster);
    }
    for (name, path) in typed.logs {
        let (name, path) = (text.located(name), text.located(path));
        if let Err(usage) = checked_log(&name.value, &path.value) {
            return Err(usage.at(&name.place));
        }
        config.logs.insert(name.value, path.value);
    }
    if let Some(name) = &config.default_cluster
        && !config.clusters.contains_key(&name.value)
    {
        return Err(config.unknown_cluster(&name.value).at(&name.place));
    }
    Ok(config)
}

impl Config {
    pub fn unknown_cluster(&self, name: &str) -> Usage {
        let usage = Usage::new(format!("no cluster `{}` in the config", name.escape_debug()));
        match nearest::did_you_mean(name, self.clusters.keys().map(String::as_str)) {
            Some(hint) => usage.hint(hint),
            None => usage.hint(format!(
                "add it to the config: [clusters.{}] with cvms = [\"10.0.0.[1-4]\"]",
                name.escape_debug()
            )),
        }
    }
}

impl ClusterToml {
    /// Checks that ssh can take each value, and that the cluster, at `place`, has a CVM.
    fn checked(self, text: &SourceText<'_>, place: &str) -> Result<Cluster, Usage> {
        let cvms: Vec<_> = self.cvms.into_iter().map(|cvm| text.located(cvm)).collect();
        let discover = self.discover.map(|seed| text.located(seed));
        if cvms.is_empty() && discover.is_none() {
            return Err(Usage::new("a cluster needs `cvms` or `discover`").at(place));
        }
        for cvm in cvms.iter().chain(&discover) {
            let named = address::list(&cvm.value).map_err(|usage| usage.at(&cvm.place))?;
            if named.iter().any(|named| matches!(named, address::CvmEntry::Cluster(_))) {
                return Err(Usage::new("a cluster cannot contain another cluster")
                    .hint("list its CVMs here")
                    .at(&cvm.place));
            }
        }
        let port = self.port.map(|port| text.located(port));
        let port = port.map(|port| {
            address::checked_port(&port.value.to_string()).map_err(|why| Usage::new(why).at(&port.place))
        });
        Ok(Cluster {
            cvms,
            discover,
            user: checked(text, self.user, address::checked_user)?,
            port: port.transpose()?,
            jump: checked(text, self.jump, address::checked_jump)?,
        })
    }
}

/// The value if `check` accepts it; fails with its place.
fn checked(
    text: &SourceText<'_>,
    value: Option<Spanned<String>>,
    check: impl Fn(&str) -> Result<String, &'static str>,
) -> Result<Option<String>, Usage> {
    value
        .map(|value| {
            let value = text.located(value);
            check(&value.value).map_err(|why| Usage::new(why).at(&value.place))
        })
        .transpose()
}

/// Refuses a name that could not be given on the command line, and a path that is not absolute.
fn checked_log(name: &str, path: &str) -> Result<(), Usage> {
    if name.is_empty()
        || name.starts_with('-')
        || name.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control())
        || glob::is_glob(name.as_bytes())
    {
        return Err(Usage::new(format!("`{}` cannot be the name of a log", name.escape_debug()))
            .hint("use letters, digits, `_`, `-` and `.`"));
    }
    if !path.starts_with('/') || path.ends_with('/') || path.contains('\0') {
        return Err(Usage::new(format!(
            "the path of log `{name}` must be the absolute path of a file, not `{}`",
            path.escape_debug()
        )));
    }
    Ok(())
}

/// The flags whose values are files of this machine.
const FILES: [&str; 3] = ["cvm-file", "identity", "ssh-config"];

/// Resolves a relative file name against the directory of the config, wherever cvmtail is started.
///
/// `-` is stdin, and a leading `~` is expanded by ssh.
fn absolutise(config: &Path, key: &str, value: &mut Value) {
    let from_folder = |text: &mut String| {
        let folder = config.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|_| text != "-" && !text.starts_with('~')) {
            let path: PathBuf = folder.join(&*text);
            *text = path.to_string_lossy().into_owned();
        }
    };
    match value {
        _ if !FILES.contains(&key) => {}
        Value::String(text) => from_folder(text),
        Value::Array(all) => all.iter_mut().for_each(|value| {
            if let Value::String(text) = value {
                from_folder(text);
            }
        }),
        _ => {}
    }
}
