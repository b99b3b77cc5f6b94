//! The only reader of what surrounds the process: arguments, variables, terminals, clock zone, and the user's files.

use std::cell::RefCell;
use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, IsTerminal as _, Read as _};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use rustix::fs::Access;

use crate::cluster::glob;
use crate::config::{self, Config};
use crate::plan::{ColorVariables, Surroundings};
use crate::usage::Usage;

/// The longest path, in bytes, of a directory in which control sockets still fit.
///
/// A socket's path has at most 108 bytes (`sun_path`, unix(7)). ssh uses 18 of them for the random name that it binds
/// first; the other 90 hold this path, a private directory in it, and the socket's own name.
const MAX_SOCKET_FOLDER: usize = 40;

/// The process and its surroundings, read once at the start.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The command line, the program's own name first.
    pub arguments: Vec<OsString>,
    pub config: ConfigFile,
    /// `CVMTAIL_LOG`: where the trace goes.
    pub trace: Option<PathBuf>,
    /// The shell that asks for completions: `COMPLETE` names it.
    pub shell: Option<OsString>,
    /// The user's ssh config; `None` without a home directory.
    pub ssh_config: Option<PathBuf>,
    /// All that a plan depends on.
    pub surroundings: Surroundings,
}

/// Where the config is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFile {
    /// `--config` or `CVMTAIL_CONFIG` names it: it must exist.
    Named(PathBuf),
    /// The default path: it may exist.
    Usual(PathBuf),
    /// There is no default path: neither `XDG_CONFIG_HOME` nor `HOME` is set.
    Nowhere,
}

impl ConfigFile {
    /// Reads the config; one at the default path may be missing, which is an empty config.
    ///
    /// Fails on a file that cannot be read, and on a mistake in it with its line and column.
    pub fn read(&self) -> Result<Config, Usage> {
        let (path, may_be_missing) = match self {
            Self::Named(path) => (path, false),
            Self::Usual(path) => (path, true),
            Self::Nowhere => return Ok(Config::default()),
        };
        match fs::read_to_string(path) {
            Ok(text) => config::parse(path, &text),
            Err(error)
                if may_be_missing
                    && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(Config::default())
            }
            Err(error) => Err(Usage::new(format!("cannot read the config file {}: {error}", path.display()))
                .hint("a config is optional: omit --config and CVMTAIL_CONFIG, or name an existing file")),
        }
    }
}

impl Environment {
    /// Reads the surroundings of this process.
    pub fn read() -> Self {
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        Self {
            arguments: env::args_os().collect(),
            config: config_file(&variable),
            trace: variable("CVMTAIL_LOG").map(PathBuf::from),
            shell: variable("COMPLETE").filter(|shell| shell != "0"),
            ssh_config: base_folder(&variable, "HOME", "").map(|home| home.join(".ssh/config")),
            surroundings: Surroundings {
                cvms: variable("CVMTAIL_CVMS"),
                color: color(&variable),
                stdout_is_terminal: io::stdout().is_terminal(),
                stderr_is_terminal: io::stderr().is_terminal(),
                socket_folder: socket_folder(variable("XDG_RUNTIME_DIR"), env::temp_dir()),
                askpass: askpass(&variable),
                cache_folder: cache_folder(&variable),
                unicode: unicode(&variable),
                now: Timestamp::now(),
                zone: TimeZone::system(),
            },
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
/// Relative directories are ignored, as the XDG base directory specification demands.
fn config_file(variable: &impl Fn(&str) -> Option<OsString>) -> ConfigFile {
    if let Some(file) = variable("CVMTAIL_CONFIG") {
        return ConfigFile::Named(file.into());
    }
    base_folder(variable, "XDG_CONFIG_HOME", ".config")
        .map_or(ConfigFile::Nowhere, |folder| ConfigFile::Usual(folder.join("cvmtail/config.toml")))
}

/// The directory in the variable `name`, else `usual` in the home directory, else none.
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
fn color(variable: &impl Fn(&str) -> Option<OsString>) -> ColorVariables {
    if variable("NO_COLOR").is_some() {
        ColorVariables::Never
    } else if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        ColorVariables::Always
    } else if variable("TERM").is_some_and(|term| term == "dumb") {
        ColorVariables::Never
    } else {
        ColorVariables::OnTerminal
    }
}

/// The first of runtime directory, temporary directory and `/tmp` that is short enough and writable.
fn socket_folder(runtime: Option<OsString>, temporary: PathBuf) -> PathBuf {
    let is_fit = |folder: &PathBuf| {
        folder.is_absolute()
            && folder.as_os_str().as_bytes().len() <= MAX_SOCKET_FOLDER
            && fs::metadata(folder).is_ok_and(|found| found.is_dir())
            && rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    };
    runtime.map(PathBuf::from).into_iter().chain([temporary]).find(is_fit).unwrap_or_else(|| "/tmp".into())
}

/// The working directory, if it still exists.
pub fn working_folder() -> Option<PathBuf> {
    env::current_dir().ok()
}

/// The texts of an ssh config and of the files it includes, as `includes` finds them in a text.
///
/// Unreadable files are skipped: this is for completion only. Relative paths are resolved against the directory of the
/// config (`ssh_config(5)`: `~/.ssh`), and a glob in the last part of a path is expanded.
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

/// The most files of an ssh config that are read: one may include itself.
const SSH_CONFIGS: usize = 64;

/// The files of `--cvm-file`, each read only once: stdin cannot be read again when the plan is made again.
#[derive(Debug, Default)]
pub struct CvmFiles(RefCell<HashMap<PathBuf, String>>);

impl CvmFiles {
    /// The text of a `--cvm-file`, `-` being stdin. Fails if it cannot be read or is not UTF-8.
    pub fn read(&self, path: &Path) -> Result<String, Usage> {
        if let Some(text) = self.0.borrow().get(path) {
            return Ok(text.clone());
        }
        let text = cvm_file(path)?;
        self.0.borrow_mut().insert(path.to_owned(), text.clone());
        Ok(text)
    }
}

/// The text of a `--cvm-file`, `-` being stdin. Fails if it cannot be read or is not UTF-8.
fn cvm_file(path: &Path) -> Result<String, Usage> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        fs::read(path).map(|read| bytes = read)
    };
    let shown = path.display();
    read.map_err(|error| {
        Usage::new(format!("cannot read the CVM file {shown}: {error}"))
            .hint("name a file with one CVM per line, or - for stdin")
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let line = memchr::memchr_iter(b'\n', &error.as_bytes()[..error.utf8_error().valid_up_to()]).count();
        Usage::new("not valid UTF-8").at(format_args!("{shown}:{}", line + 1))
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::{ConfigFile, cache_folder, color, config_file, socket_folder, unicode};
    use crate::plan::ColorVariables;

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
    fn a_config_may_be_missing_at_the_default_path_only() {
        let nowhere = PathBuf::from("/nonexistent/config.toml");
        assert!(ConfigFile::Usual(nowhere.clone()).read().is_ok());
        assert!(ConfigFile::Usual("/dev/null/config.toml".into()).read().is_ok());
        let wrong = ConfigFile::Named(nowhere).read().expect_err("named").to_string();
        assert!(wrong.contains("/nonexistent/config.toml"), "{wrong}");
        assert!(ConfigFile::Named("/dev/null".into()).read().is_ok(), "an empty file is an empty config");
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
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")][..], ColorVariables::Never),
            (&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], ColorVariables::Always),
            (&[("CLICOLOR_FORCE", "0"), ("TERM", "xterm")], ColorVariables::OnTerminal),
            (&[("TERM", "dumb")], ColorVariables::Never),
            (&[], ColorVariables::OnTerminal),
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
