//! What a world stands on: its folder, its keys, its network, and the reaper that ends all of it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::client;
use super::grade::Grade;
use super::poll::eventually;

/// The script that outlives the test process and cleans up after it.
const REAPER: &str = include_str!("reaper.sh");
/// The script that holds the world's namespaces.
const HOLDER: &str = include_str!("holder.sh");

/// Numbers for users and ports: all worlds of this process count in one row, so none meets another.
static SERIAL: AtomicU32 = AtomicU32::new(0);

/// The shared ground of one world.
#[derive(Debug)]
pub struct Ground {
    /// How real this world is.
    pub grade: Grade,
    /// `/tmp/cw.XXXXXX`: short, because socket paths within it must stay under 88 bytes.
    pub folder: PathBuf,
    /// The pid of the init of the world's own namespaces.
    pub holder: Option<i32>,
    /// The reaper; ends when its stdin is closed.
    reaper: Mutex<Option<Child>>,
    /// How many addresses were given out.
    addresses: AtomicU32,
    /// How many cables were drawn.
    cables: AtomicU32,
    /// Held while the known hosts, the ssh config or the hosts file grow.
    books: Mutex<()>,
}

impl Ground {
    /// Lays the ground: folder, keys, config, and with namespaces the network.
    pub fn new(grade: Grade) -> Self {
        let folder =
            tempfile::Builder::new().prefix("cw.").tempdir_in("/tmp").expect("a folder in /tmp").keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("chmod");
        for name in ["home/.ssh", "run", "tmp", "etc", "bin", "c"] {
            fs::create_dir_all(folder.join(name)).expect("a folder of the world");
        }
        for private in ["home/.ssh", "run"] {
            fs::set_permissions(folder.join(private), fs::Permissions::from_mode(0o700)).expect("chmod");
        }
        let (reaper, holder) = raise(&folder, grade);
        let ground = Self {
            grade,
            folder,
            holder,
            reaper: Mutex::new(Some(reaper)),
            addresses: AtomicU32::new(0),
            cables: AtomicU32::new(0),
            books: Mutex::new(()),
        };
        client::settle(&ground);
        ground
    }

    /// The home folder of the person who runs cvmtail.
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// The ssh config of that person.
    pub fn ssh_config(&self) -> PathBuf {
        self.folder.join("home/.ssh/config")
    }

    /// The next free address of the world's network, as its place in 10.20.0.0/16: the 41st host of
    /// each third octet onwards, as clusters have it.
    pub fn next_address(&self) -> Ipv4Addr {
        let n = self.addresses.fetch_add(1, Ordering::Relaxed);
        let octet = |n: u32| u8::try_from(n).expect("fewer than 40,000 addresses");
        Ipv4Addr::new(10, 20, octet(30 + n / 200), octet(41 + n % 200))
    }

    /// A name for a cable's end that was never used in this world.
    pub fn next_cable(&self) -> String {
        format!("v{}", self.cables.fetch_add(1, Ordering::Relaxed))
    }

    /// A port of 127.0.0.1 below the ephemeral ones that nobody listens on now.
    pub fn free_port() -> u16 {
        loop {
            let n = next_serial().wrapping_add(std::process::id().wrapping_mul(131)) % 20_000;
            let port = 11_000 + u16::try_from(n).unwrap_or(0);
            if std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return port;
            }
        }
    }

    /// Writes a line at the end of one of the world's own files (known hosts, ssh config, hosts).
    pub fn book(&self, file: &str, line: &str) {
        let _turn = self.books.lock().expect("the books");
        let mut file = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.folder.join(file))
            .expect("a file of the world");
        file.write_all(line.as_bytes()).expect("room in /tmp");
    }

    /// A command that runs in the world's own network and file tree, or plainly where it has none.
    pub fn command(&self, program: &str) -> Command {
        let Some(holder) = self.holder else { return Command::new(program) };
        let mut command = Command::new("nsenter");
        command.args(["-t", &holder.to_string(), "--net", "--mount", "--", program]);
        command
    }

    /// Ends everything: the reaper's stdin closes, and the reaper does the rest.
    pub fn end(&self) {
        let Ok(mut reaper) = self.reaper.lock() else { return };
        let Some(mut child) = reaper.take() else { return };
        drop(child.stdin.take());
        if !eventually(Duration::from_secs(30), || !matches!(child.try_wait(), Ok(None))) {
            eprintln!("the reaper of {} does not end", self.folder.display());
        }
    }
}

/// A number no other world of this process got.
pub fn next_serial() -> u32 {
    SERIAL.fetch_add(1, Ordering::Relaxed)
}

/// Starts the reaper and under it the holder; gives the reaper and the holder's init.
fn raise(folder: &Path, grade: Grade) -> (Child, Option<i32>) {
    let log = fs::File::create(folder.join("holder.log")).expect("a log of the holder");
    let mut command = Command::new("sh");
    command.args(["-c", REAPER, "reaper"]).arg(folder);
    match grade {
        Grade::Namespaces => {
            accounts(folder);
            command.args([
                "unshare",
                "--net",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                HOLDER,
            ]);
            command.arg("holder").arg(folder);
        }
        Grade::Ports => {
            command.args(["sh", "-c", "echo 0; read -r _"]);
        }
    }
    // A group of its own: Ctrl-C on the terminal ends the demo, and the reaper only after it.
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
    let mut child = command.spawn().expect("sh");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped"))
        .read_line(&mut line)
        .expect("the holder's first word");
    let told = fs::read_to_string(folder.join("holder.log")).unwrap_or_default();
    let pid: i32 = line.trim().parse().unwrap_or_else(|_| panic!("the world did not come up: {told}"));
    (child, (pid != 0).then_some(pid))
}

/// Writes the accounts, the names and the network of a world of namespaces.
fn accounts(folder: &Path) {
    let etc = folder.join("etc");
    let write = |name: &str, text: &str| fs::write(etc.join(name), text).expect("a file of the world");
    write("passwd", &passwd(&format!("root:x:0:0:root:{}:/bin/bash", folder.join("home").display())));
    write("group", "root:x:0:\nnogroup:x:65534:\n");
    write("shadow", "root:*:19000:0:99999:7:::\nnutanix:*:19000:0:99999:7:::\n");
    write("nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n");
    write("hosts", "127.0.0.1 localhost\n::1 localhost\n");
    // A bridge without an address of its own takes the lowest of its ports': it would have another one when a CVM
    // comes or goes, and the other CVMs would send to the old one for ten seconds and more.
    let bridge = "link add name cvms address 02:00:0a:14:00:01 type bridge";
    let mut network = format!("link set lo up\n{bridge}\naddr add 10.20.0.1/16 dev cvms\n");
    if six() {
        network.push_str("addr add fd20::1/64 dev cvms nodad\n");
    }
    network.push_str("link set cvms up\n");
    write("network", &network);
}

/// A passwd file with this first line and the accounts sshd and tools expect.
pub fn passwd(first: &str) -> String {
    format!(
        "{first}\nsshd:x:102:65534::/run/sshd:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
    )
}

/// Whether this kernel speaks IPv6.
pub fn six() -> bool {
    Path::new("/proc/sys/net/ipv6").exists()
}
