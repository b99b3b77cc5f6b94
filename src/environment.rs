//! The only reader of the world around the process: arguments, variables, terminals, the runtime folder.

use std::cell::RefCell;
use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use rustix::fs::Access;

use crate::cluster::glob;
use crate::usage::Usage;

/// The longest folder, in bytes, in which control sockets still have room.
///
/// A socket's path has at most 108 bytes (`sun_path`, unix(7)), of which ssh takes 18 for the random name
/// it binds to first; in the 88 left stand a private folder and the socket's own name below this one.
const MAX_SOCKET_FOLDER: usize = 40;

/// What the surroundings say, read once.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The command line, the program's own name first.
    pub arguments: Vec<OsString>,
    /// `CVMTAIL_CVMS`, if it names any.
    pub cvms: Option<OsString>,
    /// Where the config is looked for.
    pub config: ConfigFile,
    /// What the variables say about colour.
    pub color: Color,
    /// stdout is a terminal.
    pub stdout_terminal: bool,
    /// stderr is a terminal.
    pub stderr_terminal: bool,
    /// Where control sockets may live.
    pub socket_folder: PathBuf,
    /// The variables that keep an ssh from asking anybody.
    pub askpass: Vec<(&'static str, OsString)>,
    /// Where answers are kept that are worth keeping; `None`: nowhere.
    pub cache_folder: Option<PathBuf>,
    /// The locale has more than ASCII.
    pub unicode: bool,
    /// The shell that asks for completion: `COMPLETE` names it.
    pub shell: Option<OsString>,
    /// The user's ssh config, if there is a home for it.
    pub ssh_config: Option<PathBuf>,
    /// What time it is.
    pub now: Timestamp,
    /// The zone of this machine.
    pub zone: TimeZone,
}

/// Where the config is looked for, unless `--config` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFile {
    /// `CVMTAIL_CONFIG` names it: it must be there.
    Named(PathBuf),
    /// Its usual place: it may be there.
    Usual(PathBuf),
    /// There is no usual place: neither `XDG_CONFIG_HOME` nor `HOME` is set.
    Nowhere,
}

/// What `NO_COLOR`, `CLICOLOR_FORCE` and `TERM` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// `NO_COLOR`, or a terminal that has none.
    Never,
    /// `CLICOLOR_FORCE`.
    Always,
    /// Nothing: a terminal gets colours.
    OnTerminal,
}

impl Environment {
    /// Reads the surroundings of this process.
    pub fn read() -> Self {
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        Self {
            arguments: env::args_os().collect(),
            cvms: variable("CVMTAIL_CVMS"),
            config: config_file(&variable),
            color: color(&variable),
            stdout_terminal: io::stdout().is_terminal(),
            stderr_terminal: io::stderr().is_terminal(),
            socket_folder: socket_folder(variable("XDG_RUNTIME_DIR"), env::temp_dir()),
            askpass: askpass(&variable),
            cache_folder: cache_folder(&variable),
            unicode: unicode(&variable),
            shell: variable("COMPLETE").filter(|shell| shell != "0"),
            ssh_config: base_folder(&variable, "HOME", "").map(|home| home.join(".ssh/config")),
            now: Timestamp::now(),
            zone: TimeZone::system(),
        }
    }
}

/// Set for this program where an ssh starts it to ask for a secret.
const ASKED: &str = "CVMTAIL_ASKED_BY_SSH";

/// The variables that have ssh ask this very program for secrets, and no other.
fn askpass(variable: &impl Fn(&str) -> Option<OsString>) -> Vec<(&'static str, OsString)> {
    let Ok(program) = env::current_exe() else {
        return vec![("SSH_ASKPASS", "/bin/false".into()), ("SSH_ASKPASS_REQUIRE", "never".into())];
    };
    let mut variables =
        vec![("SSH_ASKPASS", program.into()), ("SSH_ASKPASS_REQUIRE", "force".into()), (ASKED, "1".into())];
    // Before 8.4 ssh asks only where there is a display, and does not care which.
    if variable("DISPLAY").is_none() {
        variables.push(("DISPLAY", "none".into()));
    }
    variables
}

/// The question of the ssh that started this program to ask it; empty if it only has something to say.
pub fn asked_by_ssh() -> Option<String> {
    env::var_os(ASKED)?;
    let mut arguments = env::args_os().skip(1);
    let (question, None) = (arguments.next()?, arguments.next()) else { return None };
    let is_notice = env::var_os("SSH_ASKPASS_PROMPT").is_some_and(|kind| kind == "none");
    Some(if is_notice { String::new() } else { question.to_string_lossy().into_owned() })
}

/// `CVMTAIL_CONFIG`, else `cvmtail/config.toml` in `XDG_CONFIG_HOME`, else in `~/.config`.
///
/// Folders that are not absolute do not count, as the XDG base directory specification has it.
fn config_file(variable: &impl Fn(&str) -> Option<OsString>) -> ConfigFile {
    if let Some(file) = variable("CVMTAIL_CONFIG") {
        return ConfigFile::Named(file.into());
    }
    base_folder(variable, "XDG_CONFIG_HOME", ".config")
        .map_or(ConfigFile::Nowhere, |folder| ConfigFile::Usual(folder.join("cvmtail/config.toml")))
}

/// The folder that `name` has, else `usual` in the home folder, else none.
fn base_folder(variable: &impl Fn(&str) -> Option<OsString>, name: &str, usual: &str) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    absolute(name).or_else(|| absolute("HOME").map(|home| home.join(usual)))
}

/// `cvmtail` in `XDG_CACHE_HOME`, else in `~/.cache`; none without a home.
fn cache_folder(variable: &impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    base_folder(variable, "XDG_CACHE_HOME", ".cache").map(|folder| folder.join("cvmtail"))
}

/// Whether the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set (locale(7)) names UTF-8.
fn unicode(variable: &impl Fn(&str) -> Option<OsString>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// `NO_COLOR` before `CLICOLOR_FORCE` before `TERM=dumb` (no-color.org, bixense.com/clicolors); empty is unset.
fn color(variable: &impl Fn(&str) -> Option<OsString>) -> Color {
    if variable("NO_COLOR").is_some() {
        Color::Never
    } else if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        Color::Always
    } else if variable("TERM").is_some_and(|term| term == "dumb") {
        Color::Never
    } else {
        Color::OnTerminal
    }
}

/// The first folder of: the runtime folder, the temporary one, `/tmp`, that is short and can be written to.
fn socket_folder(runtime: Option<OsString>, temporary: PathBuf) -> PathBuf {
    let is_fit = |folder: &PathBuf| {
        folder.is_absolute()
            && folder.as_os_str().as_bytes().len() <= MAX_SOCKET_FOLDER
            && fs::metadata(folder).is_ok_and(|found| found.is_dir())
            && rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    };
    runtime.map(PathBuf::from).into_iter().chain([temporary]).find(is_fit).unwrap_or_else(|| "/tmp".into())
}

/// The working folder, if it is still there.
pub fn working_folder() -> Option<PathBuf> {
    env::current_dir().ok()
}

/// The texts of an ssh config and of the files it includes, as `includes` finds them in a text.
///
/// What cannot be read is passed over: this is for completion only. Included files are looked for beside the config
/// (`ssh_config(5)`: in `~/.ssh`); a `*` or `?` in the last part of their path is followed.
pub fn ssh_configs(file: &Path, includes: &impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let (mut texts, mut files, mut next) = (Vec::new(), vec![file.to_owned()], 0);
    while let Some(file) = files.get(next).filter(|_| next < SSH_CONFIGS) {
        next += 1;
        let Ok(text) = fs::read_to_string(file) else { continue };
        for include in includes(&text) {
            let include = folder.join(include.strip_prefix("~/.ssh/").unwrap_or(&include));
            let name = include.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let folder = include.parent().unwrap_or(folder);
            if glob::is_glob(name.as_bytes()) {
                let entries = fs::read_dir(folder).into_iter().flatten().flatten();
                let matching = |path: &PathBuf| {
                    path.file_name().and_then(|it| it.to_str()).is_some_and(|it| glob::matches(name, it))
                };
                files.extend(entries.map(|entry| entry.path()).filter(matching));
            } else {
                files.push(include);
            }
        }
        texts.push(text);
    }
    texts
}

/// How many files of an ssh config are read; one may include itself.
const SSH_CONFIGS: usize = 64;

/// The files of `--cvm-file`, each read once: stdin has its text only once.
#[derive(Debug, Default)]
pub struct CvmFiles(RefCell<HashMap<PathBuf, String>>);

impl CvmFiles {
    /// The text of a `--cvm-file`, `-` being stdin; fails if it cannot be read or is not text.
    pub fn read(&self, path: &Path) -> Result<String, Usage> {
        if let Some(text) = self.0.borrow().get(path) {
            return Ok(text.clone());
        }
        let text = cvm_file(path)?;
        self.0.borrow_mut().insert(path.to_owned(), text.clone());
        Ok(text)
    }
}

/// The text of a `--cvm-file`, `-` being stdin; fails if it cannot be read or is not text.
fn cvm_file(path: &Path) -> Result<String, Usage> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        fs::read(path).map(|read| bytes = read)
    };
    let shown = path.display();
    read.map_err(|error| {
        Usage::new(format!("the CVM file {shown} cannot be read: {error}"))
            .hint("name a file with one CVM per line, or - for stdin")
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let line = memchr::memchr_iter(b'\n', &error.as_bytes()[..error.utf8_error().valid_up_to()]).count();
        Usage::new("this is not text").at(format_args!("{shown}:{}", line + 1))
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::{Color, ConfigFile, cache_folder, color, config_file, socket_folder, unicode};

    /// Variables from a table.
    fn variables<'a>(table: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| table.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
    }

    #[test]
    fn the_config_is_where_xdg_puts_it() {
        for (table, wanted) in [
            (&[("CVMTAIL_CONFIG", "x.toml"), ("HOME", "/h")][..], ConfigFile::Named("x.toml".into())),
            (
                &[("XDG_CONFIG_HOME", "/c"), ("HOME", "/h")],
                ConfigFile::Usual("/c/cvmtail/config.toml".into()),
            ),
            (
                &[("XDG_CONFIG_HOME", "c"), ("HOME", "/h")],
                ConfigFile::Usual("/h/.config/cvmtail/config.toml".into()),
            ),
            (&[], ConfigFile::Nowhere),
        ] {
            assert_eq!(config_file(&variables(table)), wanted);
        }
    }

    #[test]
    fn the_cache_is_where_xdg_puts_it_and_nowhere_without_a_home() {
        assert_eq!(cache_folder(&variables(&[("HOME", "/h")])), Some("/h/.cache/cvmtail".into()));
        assert_eq!(
            cache_folder(&variables(&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")])),
            Some("/c/cvmtail".into())
        );
        assert_eq!(cache_folder(&variables(&[("HOME", "relative")])), None);
    }

    #[test]
    fn the_locale_is_the_first_variable_that_is_set() {
        assert!(unicode(&variables(&[("LANG", "en_US.UTF-8")])));
        assert!(unicode(&variables(&[("LC_ALL", "C.utf8"), ("LANG", "C")])));
        assert!(!unicode(&variables(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")])));
        assert!(!unicode(&variables(&[])));
    }

    #[test]
    fn no_color_outranks_force_which_outranks_a_dumb_terminal() {
        for (table, wanted) in [
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")][..], Color::Never),
            (&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], Color::Always),
            (&[("CLICOLOR_FORCE", "0"), ("TERM", "xterm")], Color::OnTerminal),
            (&[("TERM", "dumb")], Color::Never),
            (&[], Color::OnTerminal),
        ] {
            assert_eq!(color(&variables(table)), wanted);
        }
    }

    #[test]
    fn sockets_live_in_a_short_folder_that_is_there() {
        let folder = tempfile::Builder::new().prefix("s").tempdir_in("/tmp").expect("a folder");
        let short = folder.path().to_path_buf();
        let long = short.join("x".repeat(60));
        std::fs::create_dir(&long).expect("a folder");
        let chosen =
            |runtime: &PathBuf, temporary: &PathBuf| socket_folder(Some(runtime.into()), temporary.clone());
        assert_eq!(chosen(&short, &"/tmp".into()), short);
        assert_eq!(chosen(&long, &short), short, "too long");
        assert_eq!(chosen(&"/nonexistent".into(), &short), short, "not there");
        assert_eq!(chosen(&"relative".into(), &long), PathBuf::from("/tmp"));
        assert_eq!(socket_folder(None, short.clone()), short);
    }
}
