//! The sshd of one CVM: its config as text (`sshd_config(5)`).

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use super::grade::Grade;

/// What a CVM's sshd is told apart from what every one is told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Lines of `sshd_config`; the first mention of a keyword wins, so these stand first.
    pub lines: Vec<String>,
    /// The login shell; with ports the session script stands in for it.
    pub shell: Option<String>,
}

/// The config of the sshd in `folder`, listening on `port`, that takes the key `authorized`.
pub fn config(options: &Options, grade: Grade, folder: &Path, port: u16, authorized: &Path) -> String {
    let dir = folder.display();
    let mut text = String::new();
    for line in &options.lines {
        let _ = writeln!(text, "{line}");
    }
    let _ = write!(
        text,
        "Port {port}\nHostKey {dir}/host_key\nPidFile {dir}/sshd.pid\nAuthorizedKeysFile {}\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         UseDNS no\nPrintMotd no\nLogLevel VERBOSE\n",
        authorized.display()
    );
    if has_penalties() {
        // Since 9.8 an address that fails often is shut out; here all clients are one address.
        text.push_str("PerSourcePenalties no\n");
    }
    match grade {
        Grade::Namespaces => text.push_str("ListenAddress 0.0.0.0\nListenAddress ::\n"),
        Grade::Ports => {
            let _ = write!(
                text,
                "ListenAddress 127.0.0.1\nPermitRootLogin yes\nSetEnv HOME={dir}/home/nutanix CVMTAIL_TEST_CVM={dir}/\n"
            );
            let _ = writeln!(text, "ForceCommand exec {dir}/session");
        }
    }
    text
}

/// The script that stands in for the login shell where the user is the one who runs the tests: it
/// begins in the CVM's own home, as a login there would.
pub fn session(options: &Options) -> String {
    let shell = options.shell.as_deref().unwrap_or("/bin/sh");
    format!("#!/bin/sh\ncd \"$HOME\" || exit 1\nexec {shell} -c \"$SSH_ORIGINAL_COMMAND\"\n")
}

/// Whether the installed OpenSSH knows `PerSourcePenalties` (9.8 and later).
fn has_penalties() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        let said = Command::new("ssh").arg("-V").output().map(|output| output.stderr).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).into_owned();
        let version = said.strip_prefix("OpenSSH_").unwrap_or("0.0");
        let mut parts = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (9, 8)
    })
}
