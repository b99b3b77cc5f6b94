//! Ways in which a CVM or a log is out of reach, each made for real.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::World;
use super::cvm::Cvm;
use super::grade::Grade;
use super::poll::SOON;
use super::writer::Log;

/// An address that is known to be near and is not there: what is sent to it vanishes (namespaces only).
pub const SWALLOWING: &str = "10.20.254.253";

/// That world with a CVM that is well, and that log on it.
pub fn beside_good(world: World, log: &str) -> (World, Cvm) {
    let good = world.cvm("good").start();
    good.log(log).put("fine\n");
    (world, good)
}

/// Makes `SWALLOWING` swallow what is sent to it.
pub fn swallow(world: &World) {
    let neighbour = ["neigh", "add", SWALLOWING, "lladdr", "02:00:00:00:00:99", "dev", "cvms"];
    world.run("ip", &neighbour).finish(SOON).expect(0);
}

/// Has the CVM know nobody's key.
pub fn lock_out(cvm: &Cvm) {
    fs::write(cvm.folder().join("authorized_keys"), "").expect("no keys");
}

/// Lets the client forget a CVM's host key; gives the line it was in.
pub fn forget(world: &World, cvm: &Cvm) -> String {
    let known = world.home().join(".ssh/known_hosts");
    let text = fs::read_to_string(&known).expect("known hosts");
    let is_its = |line: &str| match cvm.port() {
        22 => line.starts_with(&format!("{},", cvm.address())),
        port => line.starts_with(&format!("[{}]:{port} ", cvm.address())),
    };
    let (its, others): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| is_its(line));
    assert_eq!(its.len(), 1, "{text}");
    fs::write(&known, others.join("\n") + "\n").expect("known hosts");
    its[0].to_owned()
}

/// Has the client know another CVM's host key for this one.
pub fn mistake(world: &World, cvm: &Cvm, other: &Cvm) {
    let line = forget(world, cvm);
    let place = line.split(' ').next().expect("a name");
    let other = fs::read_to_string(other.folder().join("host_key.pub")).expect("a key");
    let known = world.home().join(".ssh/known_hosts");
    let text = fs::read_to_string(&known).expect("known hosts");
    fs::write(&known, format!("{text}{place} {other}")).expect("known hosts");
}

/// A menu for a `ForceCommand`, and the file where it keeps what it is fed.
pub fn menu(world: &World) -> (PathBuf, PathBuf) {
    let fed = world.folder().join("fed");
    fs::write(&fed, "").expect("a file");
    fs::set_permissions(&fed, fs::Permissions::from_mode(0o666)).expect("chmod");
    let menu = world.folder().join("menu");
    let script = format!(
        "#!/bin/sh\necho '1) status'; echo '2) reboot'\nwhile read -r it; do printf '%s\\n' \"$it\" >>{}; echo \"what is $it?\"; done\n",
        fed.display()
    );
    fs::write(&menu, script).expect("a menu");
    fs::set_permissions(&menu, fs::Permissions::from_mode(0o755)).expect("chmod");
    (menu, fed)
}

/// Has nobody but root read the log; false where root is the one who reads it.
pub fn close(world: &World, log: &Log) -> bool {
    fs::set_permissions(&log.file, fs::Permissions::from_mode(0o000)).expect("chmod");
    world.grade() == Grade::Namespaces || !rustix::process::geteuid().is_root()
}

/// The command in backquotes of a text that begins so.
#[track_caller]
pub fn command(text: &str, beginning: &str) -> String {
    let from = text.find(&format!("`{beginning}")).unwrap_or_else(|| panic!("`{beginning}: {text}")) + 1;
    text[from..].split('`').next().expect("a closing backquote").to_owned()
}
