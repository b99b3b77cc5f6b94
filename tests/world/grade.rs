//! How real the world can be on this machine.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The two kinds of world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Needs root: each CVM has a network, a file tree, a host name and processes of its own.
    Namespaces,
    /// Needs nothing: each CVM is an sshd of this user on a port of 127.0.0.1, with a home of its own.
    Ports,
}

/// Does once, and undoes by ending, all that a world of namespaces needs from the kernel.
const PROBE: &str = "ip link add name v0 type bridge && ip link add name v1 type veth peer name v2 \
    && mount -t tmpfs tmpfs /run && mount --bind /etc/group /etc/passwd";

impl Grade {
    /// The best grade this machine allows; the environment variable `CVMTAIL_TEST_GRADE=ports` asks for less.
    pub fn best() -> Self {
        static BEST: OnceLock<Grade> = OnceLock::new();
        *BEST.get_or_init(|| {
            let less = std::env::var_os("CVMTAIL_TEST_GRADE").is_some_and(|value| value == "ports");
            if !less && Self::namespaces_work() { Self::Namespaces } else { Self::Ports }
        })
    }

    /// Tries the namespaces out.
    fn namespaces_work() -> bool {
        rustix::process::geteuid().is_root()
            && Command::new("unshare")
                .args(["--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "sh", "-c", PROBE])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
    }
}
