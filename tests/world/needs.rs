//! The programs that must be installed beside cargo: as root on Debian they are installed, else one message names the
//! command that does it.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Each program with its package, as `.ci/run` reads them too.
const PACKAGES: &str = include_str!("packages");

/// What a world cannot do without.
const WORLD: [&str; 3] = ["sshd", "ssh", "ssh-keygen"];

/// Where programs are looked for: the sbin directories are not on every PATH.
const DIRECTORIES: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Installs what is missing before the first world of this process; where that is impossible, prints the one message
/// and ends the process, instead of letting every test fail in its own way.
pub fn ensure() {
    static ENSURED: OnceLock<()> = OnceLock::new();
    // The test suite runs every program of the list; the demo, the faults and the benchmark only need a world.
    let wanted = |program: &str| env!("CARGO_CRATE_NAME") == "e2e" || WORLD.contains(&program);
    ENSURED.get_or_init(|| {
        if let Err(message) = install(wanted) {
            // Not `eprintln!`, which the test harness captures.
            let _ = writeln!(std::io::stderr(), "\n{message}\n");
            std::process::exit(1);
        }
    });
}

/// Installs the programs a world needs; the error names the command that does it.
pub fn install_for_a_world() -> Result<(), String> {
    install(|program| WORLD.contains(&program))
}

/// Whether the program is installed.
fn is_installed(program: &str) -> bool {
    DIRECTORIES.iter().any(|directory| Path::new(directory).join(program).exists())
}

/// The packages of those wanted programs that are not installed.
fn missing(wanted: impl Fn(&str) -> bool) -> BTreeSet<&'static str> {
    let pairs =
        PACKAGES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let absent = pairs.filter(|(program, _)| wanted(program) && !is_installed(program));
    absent.map(|(_, package)| package).collect()
}

/// Installs the packages of those wanted programs that are missing.
fn install(wanted: impl Fn(&str) -> bool) -> Result<(), String> {
    let packages = missing(&wanted);
    if packages.is_empty() {
        return Ok(());
    }
    let names = packages.iter().copied().collect::<Vec<_>>().join(" ");
    let command = format!("apt-get update && apt-get install -y --no-install-recommends {names}");
    if !Path::new("/etc/debian_version").exists() {
        return Err(format!("please install first (these are the names of Debian's packages): {names}"));
    }
    if !rustix::process::geteuid().is_root() {
        return Err(format!("some programs are missing; this installs them:\n    sudo sh -c '{command}'"));
    }
    let _ = writeln!(std::io::stderr(), "installing: {names}");
    let installed = Command::new("sh")
        .args(["-c", &format!("{{ {command}; }} >&2")])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if installed && missing(wanted).is_empty() {
        Ok(())
    } else {
        Err(format!("some programs are missing, and this did not install them:\n    {command}"))
    }
}
