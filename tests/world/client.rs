//! The person who runs cvmtail: keys, known hosts and ssh config of their own, and what they leave behind.

use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::grade::Grade;
use super::ground::Ground;
use super::process::{self, Process};

/// Marks in its environment whatever a run of this world starts on the client's side.
pub const MARK: &str = "CVMTAIL_TEST_WORLD";

/// What runs left on the client's side.
#[derive(Clone, Debug)]
pub struct Left {
    /// Living processes.
    pub processes: Vec<Process>,
    /// Entries of the folders for sockets and temporary files.
    pub entries: Vec<PathBuf>,
}

impl Left {
    /// Whether that is nothing at all.
    pub const fn is_nothing(&self) -> bool {
        self.processes.is_empty() && self.entries.is_empty()
    }
}

/// Gives the person a key, an ssh config, and, where plain `ssh` would read the real user's config, an
/// `ssh` that does not.
pub fn settle(ground: &Ground) {
    let ssh = ground.home().join(".ssh");
    make_key(&ssh.join("id_ed25519"));
    let user = match ground.grade {
        Grade::Namespaces => "nutanix".to_owned(),
        Grade::Ports => user(),
    };
    let folder = ssh.display();
    let config = format!(
        "Host *\n  User {user}\n  IdentityFile {folder}/id_ed25519\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
         UserKnownHostsFile {folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n  \
         StrictHostKeyChecking yes\n  UpdateHostKeys no\n\n"
    );
    ground.book("home/.ssh/config", &config);
    ground.book("home/.ssh/known_hosts", "");
    if ground.grade == Grade::Ports {
        // ssh looks for ~/.ssh in the passwd file, whatever HOME says; the last -F wins.
        let wrapper = ground.folder.join("bin/ssh");
        let text = format!("#!/bin/sh\nexec {} -F {folder}/config \"$@\"\n", find("ssh").display());
        fs::write(&wrapper, text).expect("a file of the world");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("chmod");
    }
}

/// Makes an ed25519 key pair without a passphrase at `path` and `path.pub`.
pub fn make_key(path: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "cvmtail-test", "-f"])
        .arg(path)
        .status()
        .is_ok_and(|status| status.success());
    assert!(made, "ssh-keygen makes {}", path.display());
}

/// Lets the person know a CVM: its host key under its address, and its name as an alias.
pub fn introduce(ground: &Ground, name: &str, address: Ipv4Addr, port: u16, host_key: &Path) {
    let public = fs::read_to_string(host_key.with_extension("pub")).expect("a public key");
    let key = public.rsplit_once(' ').map_or(public.as_str(), |(key, _)| key);
    let mut alias = format!("Host {name}\n  HostName {address}\n");
    if port == 22 {
        ground.book("home/.ssh/known_hosts", &format!("{address},{name} {key}\n"));
        ground.book("etc/hosts", &format!("{address} {name}\n"));
    } else {
        ground.book("home/.ssh/known_hosts", &format!("[{address}]:{port} {key}\n"));
        let _ = writeln!(alias, "  Port {port}");
    }
    ground.book("home/.ssh/config", &alias);
}

/// The name of the user this process runs as, by the passwd file.
pub fn user() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = passwd.lines().find(|line| line.split(':').nth(2) == Some(&uid)).map(str::to_owned);
    line.and_then(|line| line.split(':').next().map(str::to_owned)).expect("this user has a name")
}

/// Where a program of the system stands; the sbin folders are not on every PATH.
pub fn find(program: &str) -> PathBuf {
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("{program} is not installed (its package is in tests/world/packages)"))
}

/// Living processes on the client's side: by the mark, by the network they are in, or by their words,
/// because ssh overwrites its environment with its title.
pub fn processes(ground: &Ground) -> Vec<Process> {
    let folder = format!("{}/", ground.folder.display());
    let mark = format!("{MARK}={}", ground.folder.display());
    let cvms = format!("{folder}c/");
    let all = process::all();
    let of = |pid: i32| all.iter().find(|process| process.pid == pid);
    let holder = ground.holder.and_then(of);
    let network = holder.and_then(|holder| holder.namespace("net"));
    let inside = holder.and_then(|holder| holder.namespace("pid"));
    let ours = |process: &&Process| {
        let theirs = process.command.contains(&cvms) || process.is_sshd();
        let in_network = network.is_some()
            && process.namespace("net") == network
            && process.namespace("pid") != inside
            && !process.command.contains("holder");
        let named = in_network || process.command.contains(&format!("{folder}run"));
        process.environment_has(&mark) || (named && !theirs)
    };
    all.iter().filter(ours).cloned().collect()
}

/// What runs of this world left on the client's side.
pub fn left(ground: &Ground) -> Left {
    let entries = ["run", "tmp"]
        .iter()
        .filter_map(|name| fs::read_dir(ground.folder.join(name)).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .collect();
    Left { processes: processes(ground), entries }
}
