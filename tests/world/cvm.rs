//! One CVM: a real sshd with a host key, files and processes of its own.

use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use super::client::{self, find};
use super::grade::Grade;
use super::ground::{Ground, next_serial, passwd, six};
use super::poll::{SOON, must, poll};
use super::process::{self, Process};
use super::relay::Relay;
use super::sshd::{self, Options};
use super::writer::Log;

/// The script that becomes a CVM's init.
const BOOT: &str = include_str!("boot.sh");
/// Enters the namespaces a CVM needs; the world's network stays at hand as descriptor 9.
const ENTER: &str = "exec 9</proc/self/ns/net; \
    exec unshare --net --mount --uts --pid --fork --kill-child sh -c \"$0\" boot \"$@\"";

/// A CVM that is described but not started.
#[derive(Debug)]
pub struct CvmBuilder {
    /// The world it will stand in.
    ground: Arc<Ground>,
    /// Its name: host name, ssh alias and folder.
    name: String,
    /// Where its sshd will listen: taken now, so that addresses follow the order of description.
    place: (Ipv4Addr, u16),
    /// What its sshd is told.
    options: Options,
    /// Whether all connections go through a relay that can misbehave.
    relayed: bool,
}

impl CvmBuilder {
    /// A plain CVM of that name.
    pub(super) fn new(ground: &Arc<Ground>, name: &str) -> Self {
        let place = match ground.grade {
            Grade::Namespaces => (ground.next_address(), 22),
            Grade::Ports => (Ipv4Addr::LOCALHOST, Ground::free_port()),
        };
        let (ground, name) = (Arc::clone(ground), name.to_owned());
        Self { ground, name, place, options: Options::default(), relayed: false }
    }

    /// Adds a line of `sshd_config`, such as `MaxSessions 1` or `ClientAliveInterval 5`.
    pub fn option(mut self, line: &str) -> Self {
        self.options.lines.push(line.to_owned());
        self
    }

    /// Gives the user this login shell (a path, with arguments for none).
    pub fn login_shell(mut self, shell: &str) -> Self {
        self.options.shell = Some(shell.to_owned());
        self
    }

    /// Puts a relay in front: the CVM is reached only through it.
    pub const fn relayed(mut self) -> Self {
        self.relayed = true;
        self
    }

    /// Starts it; gives it when its sshd listens.
    pub fn start(self) -> Cvm {
        let Self { ground, name, place: (address, port), options, relayed } = self;
        let folder = ground.folder.join("c").join(&name);
        for part in ["home/nutanix/data/logs", "home/nutanix/.ssh", "home/log", "local/nutanix/cluster/bin"] {
            fs::create_dir_all(folder.join(part)).expect("a folder of the CVM");
        }
        let host_key = folder.join("host_key");
        client::make_key(&host_key);
        let authorized = folder.join("authorized_keys");
        fs::copy(ground.home().join(".ssh/id_ed25519.pub"), &authorized).expect("the user's key");
        let config = sshd::config(&options, ground.grade, &folder, port, &authorized);
        fs::write(folder.join("sshd_config"), config).expect("room in /tmp");
        script(&folder.join("session"), &sshd::session(&options));
        let uid = 41_000 + next_serial() % 20_000;
        if ground.grade == Grade::Namespaces {
            // A user number of its own: the kernel counts inotify instances per user, not per CVM.
            let shell = options.shell.as_deref().unwrap_or("/bin/bash");
            let accounts =
                format!("root:x:0:0:root:/root:/bin/sh\nnutanix:x:{uid}:65534::/home/nutanix:{shell}");
            fs::write(folder.join("passwd"), passwd(&accounts)).expect("room in /tmp");
            for part in ["home/nutanix", "home/nutanix/data", "home/nutanix/data/logs", "home/nutanix/.ssh"] {
                chown(folder.join(part), Some(uid), Some(65534)).expect("chown");
            }
        }
        let mut cvm =
            Cvm(Arc::new(Inner { ground, name, folder, address, port, relay: None, init: Mutex::new(None) }));
        cvm.boot();
        if relayed {
            let relay = Relay::start(&cvm.0.ground, (address, port).into());
            let inner = Arc::get_mut(&mut cvm.0).expect("nobody else holds a CVM that is just starting");
            inner.relay = Some(relay);
        }
        let (address, port) = cvm.reached_at();
        client::introduce(&cvm.0.ground, &cvm.0.name, address, port, &host_key);
        cvm
    }
}

/// A running CVM; clones are the same CVM.
#[derive(Clone, Debug)]
pub struct Cvm(pub(super) Arc<Inner>);

/// What makes a CVM.
#[derive(Debug)]
pub(super) struct Inner {
    /// The world it stands in.
    pub(super) ground: Arc<Ground>,
    /// Its name.
    pub(super) name: String,
    /// Its folder on this machine, which outlasts a reboot.
    pub(super) folder: PathBuf,
    /// Its own address.
    address: Ipv4Addr,
    /// The port its sshd listens on.
    port: u16,
    /// The relay in front of it.
    relay: Option<Relay>,
    /// Its init while it runs, and the process of this machine that waits for it.
    pub(super) init: Mutex<Option<(i32, Child, String)>>,
}

impl Cvm {
    /// Its host name, which is also an alias of the user's ssh config.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Where connections must go: the relay if it has one.
    fn reached_at(&self) -> (Ipv4Addr, u16) {
        self.0.relay.as_ref().map_or((self.0.address, self.0.port), |relay| (relay.address(), relay.port()))
    }

    /// The address to connect to.
    pub fn address(&self) -> Ipv4Addr {
        self.reached_at().0
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.reached_at().1
    }

    /// What `-c` takes for it: `10.20.30.41`, or `127.0.0.1:11022` where only ports tell CVMs apart.
    pub fn target(&self) -> String {
        match self.reached_at() {
            (address, 22) => address.to_string(),
            (address, port) => format!("{address}:{port}"),
        }
    }

    /// Its IPv6 address; `None` without namespaces or IPv6.
    pub fn address6(&self) -> Option<String> {
        let [_, _, c, d] = self.0.address.octets();
        (self.0.ground.grade == Grade::Namespaces && six()).then(|| format!("fd20::{c}:{d}"))
    }

    /// The relay in front of it; there must be one (`CvmBuilder::relayed`).
    pub fn relay(&self) -> &Relay {
        self.0.relay.as_ref().expect("this CVM was not started with a relay")
    }

    /// Its folder on this machine: `sshd.log`, `authorized_keys`, `host_key`, and `local/`, its `/usr/local`.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The home of its user, as a path of this machine.
    pub fn home(&self) -> PathBuf {
        self.0.folder.join("home/nutanix")
    }

    /// A log in its log folder, whose name may hold folders (`cassandra/system.log`); the file need not exist.
    pub fn log(&self, name: &str) -> Log {
        self.place(name, "nutanix/data/logs", "/home/nutanix/data/logs")
    }

    /// A log in its `/var/log`, which is also `/home/log`.
    pub fn system_log(&self, name: &str) -> Log {
        self.place(name, "log", "/var/log")
    }

    /// A log by its place here and its place there.
    fn place(&self, name: &str, here: &str, there: &str) -> Log {
        let file = self.0.folder.join("home").join(here).join(name);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).expect("a folder for the log");
        }
        let path = match self.0.ground.grade {
            Grade::Namespaces => format!("{there}/{name}"),
            // Sessions begin in the CVM's home, so one path names another file on each CVM here too.
            Grade::Ports => format!(
                "{}/{name}",
                there.replace("/var/log", "/proc/self/cwd/../log").replace("/home/nutanix", "/proc/self/cwd")
            ),
        };
        Log { cvm: self.target(), name: name.to_owned(), file, path }
    }

    /// Puts an executable script at `/usr/local/<path>` of the CVM (namespaces only), such as
    /// `nutanix/cluster/bin/svmips`.
    pub fn install(&self, path: &str, text: &str) {
        let file = self.0.folder.join("local").join(path);
        script(&file, text);
    }

    /// Runs a command on the CVM as its root (namespaces), or beside it (ports).
    pub fn exec(&self, arguments: &[&str]) -> Output {
        let init = self.0.init.lock().expect("the CVM").as_ref().map(|(pid, ..)| pid.to_string());
        let mut command = Command::new("nsenter");
        match (self.0.ground.grade, init) {
            (Grade::Namespaces, Some(init)) => {
                command.args(["-t", &init, "--net", "--mount", "--uts", "--pid", "--"]);
            }
            (Grade::Namespaces, None) => panic!("{} is down", self.0.name),
            (Grade::Ports, _) => command = Command::new("env"),
        }
        command.args(arguments).stdin(Stdio::null()).output().expect("a command on the CVM")
    }

    /// Starts it: namespaces and all, or only its sshd. Its files are as they were left.
    pub fn boot(&self) {
        let folder = &self.0.folder;
        let _ = fs::remove_file(folder.join("init"));
        if self.0.ground.grade == Grade::Ports {
            self.start_sshd();
            return;
        }
        let cable = self.0.ground.next_cable();
        fs::write(folder.join("network"), self.network(&cable)).expect("room in /tmp");
        let _ = fs::remove_file(folder.join("sshd.pid"));
        let holder = self.0.ground.holder.expect("a world of namespaces has a holder").to_string();
        let log =
            fs::OpenOptions::new().append(true).create(true).open(folder.join("boot.log")).expect("a log");
        let mut child = Command::new("nsenter")
            .args(["-t", &holder, "--net", "--mount", "--pid", "--", "sh", "-c", ENTER, BOOT])
            .arg(folder)
            .args([&self.0.name, &cable])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("nsenter");
        let up = poll(SOON, || match child.try_wait() {
            Ok(None) if folder.join("sshd.pid").exists() => Some(true),
            Ok(None) => None,
            _ => Some(false),
        });
        assert!(up == Some(true), "{} did not come up: {}", self.0.name, self.words());
        let init = fs::read_to_string(folder.join("init")).expect("the CVM's init");
        let init = init.trim().parse().expect("a pid");
        *self.0.init.lock().expect("the CVM") = Some((init, child, cable));
    }

    /// The lines for `ip -batch` that draw its cable. The hardware address stays the same over reboots.
    fn network(&self, cable: &str) -> String {
        let [a, b, c, d] = self.0.address.octets();
        let mut text = format!(
            "link set lo up\nlink add name eth0 address 02:00:{a:02x}:{b:02x}:{c:02x}:{d:02x} type veth \
             peer name {cable} netns /proc/self/fd/9\naddr add {}/16 dev eth0\n",
            self.0.address
        );
        if let Some(six) = self.address6() {
            let _ = writeln!(text, "addr add {six}/64 dev eth0 nodad");
        }
        text.push_str("link set eth0 up\n");
        text
    }

    /// Starts its sshd, which must not be running; gives back when it listens.
    pub fn start_sshd(&self) {
        let folder = &self.0.folder;
        let sshd = find("sshd").display().to_string();
        let (config, log) = (folder.join("sshd_config"), folder.join("sshd.log"));
        let arguments = [&sshd, "-f", &config.display().to_string(), "-E", &log.display().to_string()];
        let _ = fs::remove_file(folder.join("sshd.pid"));
        if self.0.ground.grade == Grade::Ports && rustix::process::geteuid().is_root() {
            // A root's sshd insists on /run/sshd; a private /run leaves the machine as it is.
            let script = "private='mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec \"$@\"'\n\
                unshare --mount true 2>/dev/null && exec unshare --mount sh -c \"$private\" sh \"$@\"\n\
                mkdir -p /run/sshd && exec \"$@\"";
            let mut command = Command::new("sh");
            let status = command.args(["-c", script, "sh"]).args(arguments).stdin(Stdio::null()).status();
            assert!(status.is_ok_and(|status| status.success()), "sshd starts: {}", self.words());
        } else {
            let output = self.exec(&arguments);
            assert!(output.status.success(), "sshd starts: {}", String::from_utf8_lossy(&output.stderr));
        }
        must(SOON, "sshd listens", || folder.join("sshd.pid").exists());
    }

    /// What its boot and its sshd said, for a failure's message.
    pub fn words(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.0.folder.join(name)).unwrap_or_default();
        format!("{}\n{}", read("boot.log"), read("sshd.log"))
    }

    /// All its living processes, sshd and init included.
    pub fn all_processes(&self) -> Vec<Process> {
        let all = process::all();
        let init = self.0.init.lock().expect("the CVM").as_ref().map(|(pid, ..)| *pid);
        match self.0.ground.grade {
            Grade::Namespaces => {
                let space = |pid| all.iter().find(|p| p.pid == pid).and_then(|p| p.namespace("pid"));
                let Some(own) = init.and_then(space) else { return Vec::new() };
                all.into_iter().filter(|process| process.namespace("pid").as_ref() == Some(&own)).collect()
            }
            Grade::Ports => {
                let (config, mark) = (format!("{}/sshd_config", self.0.folder.display()), self.mark());
                let roots: Vec<i32> = all
                    .iter()
                    .filter(|p| (p.is_sshd() && p.command.contains(&config)) || p.environment_has(&mark))
                    .map(|p| p.pid)
                    .collect();
                process::descendants(&all, roots)
            }
        }
    }

    /// What stands in the environment of every command run through its sshd (ports only).
    fn mark(&self) -> String {
        format!("CVMTAIL_TEST_CVM={}/", self.0.folder.display())
    }

    /// Its living processes, without its init and its sshd's listener: sessions, shells, tails, sleeps.
    pub fn processes(&self) -> Vec<Process> {
        let init = self.0.init.lock().expect("the CVM").as_ref().map(|(pid, ..)| *pid);
        let idle = |process: &Process| Some(process.pid) == init || process.is_listener();
        self.all_processes().into_iter().filter(|process| !idle(process)).collect()
    }

    /// Its commands: `processes` without those of sshd.
    pub fn commands(&self) -> Vec<Process> {
        self.processes().into_iter().filter(|process| !process.is_sshd()).collect()
    }
}

/// Writes an executable script.
fn script(file: &Path, text: &str) {
    fs::write(file, text).expect("room in /tmp");
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("chmod");
}
