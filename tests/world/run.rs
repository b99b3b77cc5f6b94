//! A program about to run where cvmtail runs: sealed surroundings, chosen ends.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::capture::Capture;
use super::client::{self, MARK};
use super::ground::Ground;
use super::running::Running;

/// A run that is described but not started.
#[derive(Debug)]
pub struct Run {
    /// The world it runs in.
    ground: Arc<Ground>,
    /// The program.
    program: PathBuf,
    /// Its arguments.
    arguments: Vec<OsString>,
    /// Its whole environment.
    environment: BTreeMap<OsString, OsString>,
    /// Its working folder.
    folder: PathBuf,
    /// What it reads; nothing if not given.
    stdin: Option<Vec<u8>>,
    /// Stdin stays open and empty until the run's end.
    stdin_open: bool,
    /// Its stdout is not read until `resume_reading`.
    stalled: bool,
    /// Its stdout goes to this file.
    file: Option<PathBuf>,
    /// Columns and rows of its terminal; without, it has none.
    terminal: Option<(u16, u16)>,
    /// With a terminal: stdout is a pipe all the same.
    piped: bool,
}

impl Run {
    /// A run of `program` with an environment of its own.
    pub(super) fn new<S: AsRef<OsStr>>(ground: &Arc<Ground>, program: &Path, arguments: &[S]) -> Self {
        let home = ground.home();
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let folder = |name: &str| ground.folder.join(name).into_os_string();
        let environment = [
            ("HOME", home.clone().into_os_string()),
            ("USER", "root".into()),
            ("LOGNAME", "root".into()),
            ("SHELL", "/bin/sh".into()),
            ("PATH", format!("{}:{path}", ground.folder.join("bin").display()).into()),
            ("LANG", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
            ("TERM", "xterm-256color".into()),
            ("TMPDIR", folder("tmp")),
            ("XDG_RUNTIME_DIR", folder("run")),
            ("XDG_CONFIG_HOME", home.join(".config").into()),
            ("XDG_STATE_HOME", home.join(".local/state").into()),
            ("XDG_CACHE_HOME", home.join(".cache").into()),
            (MARK, ground.folder.clone().into_os_string()),
        ];
        Self {
            ground: Arc::clone(ground),
            program: program.to_owned(),
            arguments: arguments.iter().map(|argument| argument.as_ref().to_owned()).collect(),
            environment: environment.into_iter().map(|(key, value)| (key.into(), value)).collect(),
            folder: home,
            stdin: None,
            stdin_open: false,
            stalled: false,
            file: None,
            terminal: None,
            piped: false,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.insert(key.into(), value.as_ref().to_owned());
        self
    }

    /// Removes an environment variable.
    pub fn no_env(mut self, key: &str) -> Self {
        self.environment.remove(OsStr::new(key));
        self
    }

    /// Runs it in that folder instead of the home.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Lets it read these bytes, then the end.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Leaves its stdin open and empty.
    pub const fn stdin_open(mut self) -> Self {
        self.stdin_open = true;
        self
    }

    /// Does not read its stdout until told to.
    pub const fn stalled(mut self) -> Self {
        self.stalled = true;
        self
    }

    /// Sends its stdout to a file.
    pub fn stdout_to(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Gives it a terminal of that size for stdin, stdout and stderr, captured together as stdout.
    pub const fn terminal(mut self, columns: u16, rows: u16) -> Self {
        self.terminal = Some((columns, rows));
        self
    }

    /// With a terminal: stdout is a pipe all the same, and stdin and stderr, captured as stderr, are
    /// the terminal.
    pub const fn piped(mut self) -> Self {
        self.piped = true;
        self
    }

    /// The command as it is started, with nothing said yet about its ends; the pid is the program's own.
    pub fn command(&self) -> Command {
        // Whoever runs the tests in the background has them ignore Ctrl-C, and ignoring is inherited.
        let mut words: Vec<OsString> =
            ["env", "--default-signal=INT,QUIT,HUP,TERM"].map(OsString::from).to_vec();
        if self.terminal.is_some() {
            words.extend(["setsid", "--ctty"].map(OsString::from));
        }
        if let Some(holder) = self.ground.holder {
            // Entering a file tree leaves the working folder behind, so it is entered again inside.
            let holder = holder.to_string();
            words.extend(["nsenter", "-t", &holder, "--net", "--mount", "--"].map(OsString::from));
            words.extend(["/bin/sh", "-c", "cd \"$0\" && exec \"$@\""].map(OsString::from));
            words.push(self.folder.clone().into());
        }
        words.push(self.full_path());
        words.extend(self.arguments.iter().cloned());
        let mut command = Command::new(client::find("env"));
        command.args(&words[1..]).env_clear().envs(&self.environment).current_dir(&self.folder);
        command
    }

    /// Starts it.
    pub fn start(self) -> Running {
        let mut command = self.command();
        let stdin = self.stdin.is_some() || self.stdin_open;
        command.stdin(if stdin { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(file) = &self.file {
            command.stdout(File::create(file).expect("a file for stdout"));
        }
        let terminal = self.terminal.map(|size| self.lend_terminal(size, &mut command));
        if terminal.is_none() {
            // A group of its own, as a shell gives it: what the test binary gets does not reach it.
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let started = Instant::now();
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{} starts: {error}", self.program.display()));
        drop(command);
        let mut input = child.stdin.take();
        if let (Some(bytes), Some(mut pipe)) = (self.stdin, input.take_if(|_| !self.stdin_open)) {
            std::thread::spawn(move || std::io::Write::write_all(&mut pipe, &bytes));
        }
        let screen = || terminal.as_ref().map(|fd| File::from(fd.try_clone().expect("a terminal")));
        let stdout = match child.stdout.take() {
            Some(pipe) => Some(Capture::start(pipe, self.stalled)),
            None if self.file.is_none() => screen().map(|file| Capture::start(file, self.stalled)),
            None => None,
        };
        let stderr = match child.stderr.take() {
            Some(pipe) => Some(Capture::start(pipe, false)),
            None if self.piped || self.file.is_some() => screen().map(|file| Capture::start(file, false)),
            None => None,
        };
        let keys = screen();
        Running { child, input, keys, stdout, stderr, started, status: None }
    }

    /// Starts it and waits for its end.
    pub fn finish(self, within: std::time::Duration) -> super::running::Finished {
        self.start().finish(within)
    }

    /// The program's path: of the world's own `bin`, of the system, or as given.
    fn full_path(&self) -> OsString {
        match self.program.to_str() {
            Some(name) if !name.contains('/') => {
                let own = self.ground.folder.join("bin").join(name);
                if own.exists() { own.into() } else { client::find(name).into() }
            }
            _ => self.program.clone().into(),
        }
    }

    /// Makes a terminal the command's own; gives the other end of it.
    fn lend_terminal(&self, (columns, rows): (u16, u16), command: &mut Command) -> OwnedFd {
        let ours =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&ours).expect("a terminal");
        unlockpt(&ours).expect("a terminal");
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let theirs = ioctl_tiocgptpeer(&ours, flags).expect("the other end of a terminal");
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&theirs, size).expect("the size of a terminal");
        let end = || Stdio::from(theirs.try_clone().expect("a terminal"));
        command.stdin(end()).stderr(end());
        if !self.piped && self.file.is_none() {
            command.stdout(end());
        }
        ours
    }
}

/// The cvmtail that cargo built for this test, or the one beside this example.
pub fn binary() -> PathBuf {
    option_env!("CARGO_BIN_EXE_cvmtail").map_or_else(
        || {
            let own = std::env::current_exe().expect("this program has a path");
            own.ancestors().nth(2).expect("target/<profile>").join("cvmtail")
        },
        PathBuf::from,
    )
}
